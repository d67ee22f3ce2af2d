#include "risk_forms.h"

#include <tepal/base/text.h>
#include <tepal/upload/risk.h>

#include <algorithm>
#include <array>

namespace tepal {
namespace {

struct KindWords
{
    RiskKind kind;
    std::string_view name;
    std::string_view text;
};

constexpr std::array<KindWords, 12> kKinds{{
    {RiskKind::Email, "email", "an e-mail address"},
    {RiskKind::Phone, "phone", "a phone number"},
    {RiskKind::PaymentCard, "payment-card", "a payment card's number"},
    {RiskKind::Iban, "iban", "a bank account"},
    {RiskKind::NationalId, "national-id", "a number that a person is known by"},
    {RiskKind::IpAddress, "ip-address", "an IP address"},
    {RiskKind::Secret, "secret", "a key or password"},
    {RiskKind::UrlCredentials, "url-credentials", "a web address with a user in it"},
    {RiskKind::PersonalName, "personal-name", "a person's name"},
    {RiskKind::Address, "address", "a place where somebody lives or is"},
    {RiskKind::BirthDate, "birth-date", "a date of birth"},
    {RiskKind::Identifier, "identifier", "an identifier"},
}};

const KindWords &words(RiskKind kind)
{
    return *std::find_if(kKinds.begin(), kKinds.end(),
                         [&](const KindWords &entry) { return entry.kind == kind; });
}

/// The first character, whole.
std::string_view first(std::string_view text)
{
    return text.substr(0, std::max<std::size_t>(1, utf8SequenceLength(text, 0)));
}

constexpr std::string_view kEllipsis = "…";

std::string maskWord(std::string_view word)
{
    std::string out;
    if (word.empty())
        return out;
    out += first(word);
    out += kEllipsis;
    // The end helps to tell numbers apart, and gives away little of a long one.
    if (word.size() >= 12 && forms::allDigits(word.substr(word.size() - 2)))
        out += word.substr(word.size() - 2);
    return out;
}

} // namespace

std::string_view riskKindName(RiskKind kind)
{
    return words(kind).name;
}

std::string_view riskKindText(RiskKind kind)
{
    return words(kind).text;
}

std::string_view riskLevelName(RiskLevel level)
{
    switch (level) {
    case RiskLevel::Certain:
        return "certain";
    case RiskLevel::Likely:
        return "likely";
    case RiskLevel::Possible:
        break;
    }
    return "possible";
}

std::string maskText(std::string_view text)
{
    const std::size_t at = text.find('@');
    const std::size_t dot = text.rfind('.');
    if (at != text.npos && at > 0 && dot != text.npos && dot > at + 1 && dot + 1 < text.size() &&
        text.size() - dot <= 8 && text.find_first_of(" /:") == text.npos) {
        std::string out(first(text));
        out += kEllipsis;
        out += '@';
        out += kEllipsis;
        out += text.substr(dot + 1);
        return out;
    }
    // Words of letters keep their initials; all else is one word.
    const auto digit = std::any_of(text.begin(), text.end(), forms::isDigit);
    if (digit)
        return maskWord(text);
    std::string out;
    std::size_t begin = 0;
    for (int word = 0; begin < text.size(); ++word) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        if (word == 3) { // how many words there are tells no more
            out += ' ';
            out += kEllipsis;
            break;
        }
        if (end > begin) {
            if (!out.empty())
                out += ' ';
            out += maskWord(text.substr(begin, end - begin));
        }
        begin = end + 1;
    }
    return out;
}

} // namespace tepal
