/// What about a text, a number or a name may point to a person or be a secret.
///
/// Recognised by form (an e-mail address, a card number with a right check digit) or by what a
/// column is called. Both can be wrong either way: what is found is a reason to look, and what is
/// not found is no proof. Pure and thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tepal {

enum class RiskKind : std::uint8_t {
    Email,
    Phone,
    PaymentCard,
    Iban,
    NationalId, ///< Of a person by a state: tax, social security, passport; also long digits.
    IpAddress,
    Secret,         ///< Keys, tokens, passwords.
    UrlCredentials, ///< A web address with a user in it.
    PersonalName,
    Address, ///< Where somebody lives.
    BirthDate,
    Identifier, ///< Points to one thing or person without saying to which: UUID, MAC, customer id.
};

enum class RiskLevel : std::uint8_t {
    Possible, ///< Looks like it; ordinary data may look the same.
    Likely,   ///< Ordinary data seldom looks like this.
    Certain,  ///< The form itself says so.
};

struct RiskFinding
{
    RiskKind kind = RiskKind::Identifier;
    RiskLevel level = RiskLevel::Possible;

    bool operator==(const RiskFinding &) const = default;
};

/// `email`, `payment-card`, … : stable, for JSON.
std::string_view riskKindName(RiskKind kind);
/// `certain`, `likely`, `possible`.
std::string_view riskLevelName(RiskLevel level);
/// For people, with its article: "an e-mail address".
std::string_view riskKindText(RiskKind kind);

/// The gravest of what stands in a text; texts are looked at up to 4 KiB. `hint`: what the name of
/// its column says, which makes the doubtful likely (four small numbers with dots are a version,
/// but in a column `client_ip` an address).
std::optional<RiskFinding> riskOfText(std::string_view text,
                                      std::optional<RiskKind> hint = std::nullopt);

/// What values of a column called so probably are, in English and German: `customerEmail`,
/// `Geburtsdatum`. Nothing for names about something else with the same word in it (`file_name`,
/// `email_count`, `is_phone_verified`).
std::optional<RiskFinding> riskOfColumnName(std::string_view name);

/// A column of texts that look like first and last names: most of them are two or three words with
/// capitals, and given names are among the first words. For columns of at least five texts.
std::optional<RiskFinding> riskOfTexts(std::span<const std::string_view> texts);

/// A column of numbers by their magnitude: `values` are some of them (those that a sketch holds).
/// `distinct` of `n` tells identifiers from measurements.
std::optional<RiskFinding> riskOfNumbers(std::span<const double> values, double distinct, double n);

/// A text with most of it left out: `a…@…org`, `4…11`, `J… D…`. Says nothing about its length.
std::string maskText(std::string_view text);

} // namespace tepal
