#include "risk_names.h"

#include <tepal/base/text.h>
#include <tepal/upload/risk.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace tepal {
namespace {

bool isUpper(char c)
{
    return c >= 'A' && c <= 'Z';
}

bool isLower(char c)
{
    return c >= 'a' && c <= 'z';
}

template <std::size_t N>
bool among(std::string_view word, const std::array<std::string_view, N> &list)
{
    return std::find(list.begin(), list.end(), word) != list.end();
}

/// The words of a name in lower case: at separators and where a capital follows a small letter.
std::vector<std::string> wordsOf(std::string_view name)
{
    std::vector<std::string> words;
    std::string word;
    const auto finish = [&] {
        if (!word.empty())
            words.push_back(std::move(word));
        word.clear();
    };
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const bool letter =
            isUpper(c) || isLower(c) || (c >= '0' && c <= '9') || static_cast<signed char>(c) < 0;
        if (!letter) {
            finish();
            continue;
        }
        // customerEmail, and the last capital of IPAddress.
        if (isUpper(c) && i > 0 &&
            (isLower(name[i - 1]) ||
             (isUpper(name[i - 1]) && i + 1 < name.size() && isLower(name[i + 1]))))
            finish();
        word += isUpper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    }
    finish();
    return words;
}

/// A word in a name of a column, alone ("name" in "customer_name") or with the one behind it
/// ("card number").
struct Word
{
    std::string_view first;
    std::string_view second; ///< Empty: the word alone.
    RiskKind kind;
    RiskLevel level;
};

using enum RiskKind;
using enum RiskLevel;

// The first that is found counts: pairs stand before their words.
constexpr Word kWords[]{
    {"email", "", Email, Likely},
    {"emails", "", Email, Likely},
    {"e", "mail", Email, Likely},
    {"mail", "", Email, Possible},
    {"emailadresse", "", Email, Likely},
    {"mailadresse", "", Email, Likely},
    {"ip", "address", IpAddress, Likely},
    {"ip", "addr", IpAddress, Likely},
    {"ip", "adresse", IpAddress, Likely},
    {"ip", "", IpAddress, Likely},
    {"ipv4", "", IpAddress, Likely},
    {"ipv6", "", IpAddress, Likely},
    {"ipaddress", "", IpAddress, Likely},
    {"mac", "address", Identifier, Likely},
    {"phone", "", Phone, Likely},
    {"phones", "", Phone, Likely},
    {"telephone", "", Phone, Likely},
    {"telefon", "", Phone, Likely},
    {"telefonnummer", "", Phone, Likely},
    {"rufnummer", "", Phone, Likely},
    {"handynummer", "", Phone, Likely},
    {"mobilnummer", "", Phone, Likely},
    {"mobile", "number", Phone, Likely},
    {"mobile", "no", Phone, Likely},
    {"tel", "", Phone, Likely},
    {"fax", "", Phone, Likely},
    {"msisdn", "", Phone, Likely},
    {"handy", "", Phone, Possible},
    {"credit", "card", PaymentCard, Likely},
    {"creditcard", "", PaymentCard, Likely},
    {"debit", "card", PaymentCard, Likely},
    {"card", "number", PaymentCard, Likely},
    {"card", "no", PaymentCard, Likely},
    {"card", "num", PaymentCard, Likely},
    {"cardnumber", "", PaymentCard, Likely},
    {"kreditkarte", "", PaymentCard, Likely},
    {"kreditkartennummer", "", PaymentCard, Likely},
    {"kartennummer", "", PaymentCard, Likely},
    {"cc", "number", PaymentCard, Likely},
    {"cvv", "", PaymentCard, Likely},
    {"iban", "", Iban, Likely},
    {"account", "number", Iban, Likely},
    {"account", "no", Iban, Likely},
    {"bank", "account", Iban, Likely},
    {"kontonummer", "", Iban, Likely},
    {"bankverbindung", "", Iban, Likely},
    {"ssn", "", NationalId, Likely},
    {"social", "security", NationalId, Likely},
    {"sozialversicherungsnummer", "", NationalId, Likely},
    {"svnr", "", NationalId, Likely},
    {"steuernummer", "", NationalId, Likely},
    {"steuer", "id", NationalId, Likely},
    {"tax", "id", NationalId, Likely},
    {"national", "id", NationalId, Likely},
    {"passport", "", NationalId, Likely},
    {"reisepass", "", NationalId, Likely},
    {"ausweisnummer", "", NationalId, Likely},
    {"personalausweis", "", NationalId, Likely},
    {"driver", "license", NationalId, Likely},
    {"insurance", "number", NationalId, Likely},
    {"password", "", Secret, Likely},
    {"passwd", "", Secret, Likely},
    {"passwort", "", Secret, Likely},
    {"kennwort", "", Secret, Likely},
    {"pwd", "", Secret, Likely},
    {"secret", "", Secret, Likely},
    {"api", "key", Secret, Likely},
    {"apikey", "", Secret, Likely},
    {"access", "token", Secret, Likely},
    {"auth", "token", Secret, Likely},
    {"refresh", "token", Secret, Likely},
    {"session", "token", Secret, Likely},
    {"private", "key", Secret, Likely},
    {"surname", "", PersonalName, Likely},
    {"lastname", "", PersonalName, Likely},
    {"firstname", "", PersonalName, Likely},
    {"fullname", "", PersonalName, Likely},
    {"forename", "", PersonalName, Likely},
    {"username", "", PersonalName, Likely},
    {"nachname", "", PersonalName, Likely},
    {"vorname", "", PersonalName, Likely},
    {"familienname", "", PersonalName, Likely},
    {"geburtsname", "", PersonalName, Likely},
    {"kundenname", "", PersonalName, Likely},
    {"benutzername", "", PersonalName, Likely},
    {"first", "name", PersonalName, Likely},
    {"last", "name", PersonalName, Likely},
    {"full", "name", PersonalName, Likely},
    {"family", "name", PersonalName, Likely},
    {"given", "name", PersonalName, Likely},
    {"middle", "name", PersonalName, Likely},
    {"maiden", "name", PersonalName, Likely},
    {"customer", "name", PersonalName, Likely},
    {"client", "name", PersonalName, Likely},
    {"user", "name", PersonalName, Likely},
    {"person", "name", PersonalName, Likely},
    {"employee", "name", PersonalName, Likely},
    {"patient", "name", PersonalName, Likely},
    {"contact", "name", PersonalName, Likely},
    {"passenger", "name", PersonalName, Likely},
    {"birthdate", "", BirthDate, Likely},
    {"birthday", "", BirthDate, Likely},
    {"birth", "date", BirthDate, Likely},
    {"birth", "day", BirthDate, Likely},
    {"of", "birth", BirthDate, Likely},
    {"dob", "", BirthDate, Likely},
    {"geburtsdatum", "", BirthDate, Likely},
    {"geburtstag", "", BirthDate, Likely},
    {"birth", "year", BirthDate, Possible},
    {"geburtsjahr", "", BirthDate, Possible},
    {"street", "", Address, Likely},
    {"strasse", "", Address, Likely},
    {"straße", "", Address, Likely},
    {"hausnummer", "", Address, Likely},
    {"anschrift", "", Address, Likely},
    {"adresse", "", Address, Likely},
    {"wohnort", "", Address, Likely},
    {"address", "", Address, Likely},
    {"postcode", "", Address, Possible},
    {"plz", "", Address, Possible},
    {"postleitzahl", "", Address, Possible},
    {"zip", "code", Address, Possible},
    {"zipcode", "", Address, Possible},
    {"latitude", "", Address, Possible},
    {"longitude", "", Address, Possible},
    {"user", "id", Identifier, Possible},
    {"customer", "id", Identifier, Possible},
    {"client", "id", Identifier, Possible},
    {"patient", "id", Identifier, Possible},
    {"account", "id", Identifier, Possible},
    {"device", "id", Identifier, Possible},
    {"session", "id", Identifier, Possible},
    {"employee", "id", Identifier, Possible},
    {"member", "id", Identifier, Possible},
    {"userid", "", Identifier, Possible},
    {"kundennummer", "", Identifier, Possible},
    {"personalnummer", "", Identifier, Possible},
    {"mitgliedsnummer", "", Identifier, Possible},
    {"patientennummer", "", Identifier, Possible},
};

/// With one of these the column is *about* what the other words say: how many, whether, of which
/// sort.
constexpr std::array<std::string_view, 37> kAbout{
    "count",  "counts",    "type",     "is",      "has",     "was",     "flag",   "length",
    "len",    "verified",  "sent",     "opened",  "clicked", "domain",  "rate",   "status",
    "num",    "score",     "provider", "brand",   "vendor",  "missing", "valid",  "age",
    "format", "frequency", "days",     "anzahl",  "typ",     "länge",   "memory", "opt",
    "ratio",  "share",     "optin",    "subject", "reply"};

} // namespace

std::optional<RiskFinding> riskOfColumnName(std::string_view name)
{
    const std::vector<std::string> words = wordsOf(name);
    if (std::any_of(words.begin(), words.end(),
                    [](const std::string &word) { return among(word, kAbout); }))
        return std::nullopt;
    for (const Word &entry : kWords) {
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (words[i] == entry.first &&
                (entry.second.empty() || (i + 1 < words.size() && words[i + 1] == entry.second)))
                return RiskFinding{entry.kind, entry.level};
        }
    }
    // Alone it may be anybody's or anything's; with a word before it, it is that thing's.
    if (words.size() == 1 && (words[0] == "name" || words[0] == "names"))
        return RiskFinding{RiskKind::PersonalName, RiskLevel::Possible};
    return std::nullopt;
}

std::optional<RiskFinding> riskOfTexts(std::span<const std::string_view> texts)
{
    std::size_t capitals = 0;
    std::size_t given = 0;
    for (const std::string_view text : texts) {
        const NameForm form = nameForm(text);
        capitals += form != NameForm::None ? 1 : 0;
        given += form == NameForm::Given || form == NameForm::Titled ? 1 : 0;
    }
    // Places and categories are written alike, but do not begin with given names.
    if (texts.size() < 5 || capitals * 10 < texts.size() * 7 || given * 10 < texts.size())
        return std::nullopt;
    return RiskFinding{RiskKind::PersonalName,
                       given * 10 >= texts.size() * 3 ? RiskLevel::Likely : RiskLevel::Possible};
}

} // namespace tepal
