#include "risk_forms.h"

#include <tepal/base/text.h>
#include <tepal/upload/risk.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace tepal {
namespace forms {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isAlnum(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool allDigits(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), isDigit);
}

std::string compact(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c != ' ' && c != '-' && c != '.')
            out += c;
    }
    return out;
}

namespace {

int digitOf(char c)
{
    return c - '0';
}

/// The number that the first digits make.
int leading(std::string_view digits, std::size_t count)
{
    int value = 0;
    for (std::size_t i = 0; i < count && i < digits.size(); ++i)
        value = 10 * value + digitOf(digits[i]);
    return value;
}

bool between(int value, int least, int most)
{
    return value >= least && value <= most;
}

/// The remainder by 97 of a number with letters as 10 to 35.
int modulo97(std::string_view text)
{
    int rest = 0;
    for (const char c : text) {
        if (isDigit(c))
            rest = (10 * rest + digitOf(c)) % 97;
        else
            rest = (100 * rest + (c - 'A' + 10)) % 97;
    }
    return rest;
}

std::size_t ibanLength(std::string_view country)
{
    // The registry's lengths; countries without one in it are not taken for any.
    static constexpr std::pair<std::string_view, std::size_t> lengths[]{
        {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16},
        {"BG", 22}, {"BH", 22}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28},
        {"CZ", 24}, {"DE", 22}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24},
        {"FI", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18},
        {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23},
        {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32},
        {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"MC", 27}, {"MD", 24}, {"ME", 22},
        {"MK", 19}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NL", 18}, {"NO", 15}, {"PK", 24},
        {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"SA", 24},
        {"SC", 31}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"TN", 24}, {"TR", 26},
        {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}};
    for (const auto &[name, length] : lengths) {
        if (name == country)
            return length;
    }
    return 0;
}

} // namespace

bool luhn(std::string_view digits)
{
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const int digit = digitOf(digits[digits.size() - 1 - i]);
        sum += i % 2 == 0 ? digit : 2 * digit - (digit > 4 ? 9 : 0);
    }
    return sum % 10 == 0;
}

bool isCard(std::string_view digits)
{
    if (!allDigits(digits) || digits.size() < 13 || digits.size() > 19 || !luhn(digits))
        return false;
    const int two = leading(digits, 2);
    const int three = leading(digits, 3);
    const int four = leading(digits, 4);
    switch (digits.size()) {
    case 14: // Diners Club
        return between(three, 300, 305) || two == 36 || two == 38 || two == 39;
    case 15: // American Express
        return two == 34 || two == 37;
    case 16: // Visa, Mastercard, Discover, JCB, Maestro, UnionPay
        return digits[0] == '4' || between(two, 51, 55) || between(four, 2221, 2720) ||
               four == 6011 || two == 65 || between(three, 644, 649) || between(four, 3528, 3589) ||
               two == 62 || between(two, 56, 58) || two == 67;
    case 13:
    case 19: // old and new Visa; Maestro, UnionPay
        return digits[0] == '4' || (digits.size() == 19 && (two == 62 || two == 67));
    default:
        return false;
    }
}

bool isIban(std::string_view text)
{
    if (text.size() < 15 || !std::all_of(text.begin(), text.end(), [](char c) {
            return isDigit(c) || (c >= 'A' && c <= 'Z');
        }))
        return false;
    if (text.size() != ibanLength(text.substr(0, 2)) || !allDigits(text.substr(2, 2)))
        return false;
    return modulo97(std::string(text.substr(4)) + std::string(text.substr(0, 4))) == 1;
}

bool isArticleNumber(std::string_view digits)
{
    const std::size_t size = digits.size();
    if ((size != 8 && size != 12 && size != 13 && size != 14) || !allDigits(digits))
        return false;
    int sum = 0;
    for (std::size_t i = 0; i < size; ++i)
        sum += digitOf(digits[size - 1 - i]) * (i % 2 == 0 ? 1 : 3);
    return sum % 10 == 0;
}

bool isTimeNumber(std::string_view digits)
{
    if (!allDigits(digits))
        return false;
    const std::size_t size = digits.size();
    // Seconds of 1990 to 2100 have 9 or 10 digits, then three more for each finer unit.
    for (std::size_t extra = 0; extra <= 9; extra += 3) {
        if (size == 9 + extra && leading(digits, 9) >= 631'152'000)
            return true;
        if (size == 10 + extra && leading(digits, 9) <= 410'244'480 && digits[0] != '0')
            return true;
    }
    // yyyyMMdd and yyyyMMddHHmm, with seconds and milliseconds.
    if (size != 8 && size != 10 && size != 12 && size != 14 && size != 17)
        return false;
    return between(leading(digits, 4), 1900, 2100) &&
           between(leading(digits.substr(4), 2), 1, 12) &&
           between(leading(digits.substr(6), 2), 1, 31) &&
           (size < 10 || between(leading(digits.substr(8), 2), 0, 23));
}

namespace {

/// The form of a text: 9 for digits, A for capitals, the rest as it is.
std::string formOf(std::string_view text)
{
    std::string form;
    for (const char c : text)
        form += isDigit(c) ? '9' : c >= 'A' && c <= 'Z' ? 'A' : c;
    return form;
}

/// Sweden: a date and four digits, with a check digit over all ten.
bool isSwedish(std::string_view text)
{
    const std::string digits = compact(text.substr(text.size() - 11));
    return between(leading(std::string_view(digits).substr(2), 2), 1, 12) &&
           between(leading(std::string_view(digits).substr(4), 2), 1, 31) && luhn(digits);
}

} // namespace

bool isNationalId(std::string_view text)
{
    const std::string form = formOf(text);
    if (form == "999-99-9999") // United States: areas that were never given are left out
        return leading(text, 3) != 0 && leading(text, 3) != 666 && text[0] != '9' &&
               text.substr(4, 2) != "00" && text.substr(7) != "0000";
    if (form == "999999-9999" || form == "99999999-9999")
        return isSwedish(text);
    if (form == "AA999999A" || form == "AA 99 99 99 A") // United Kingdom
        return text.back() <= 'D' && std::string_view("DFIQUV").find(text[0]) == text.npos &&
               std::string_view("DFIOQUV").find(text[1]) == text.npos;
    if (form == "99999999A") // Spain
        return "TRWAGMYFPDXBNJZSQVHLCKE"[leading(text, 8) % 23] == text.back();
    if (form == "AAAAAA99A99A999A") // Italy
        return std::string_view("ABCDEHLMPRST").find(text[8]) != text.npos;
    if (form == "999999999999999" && (text[0] == '1' || text[0] == '2')) // France
        return between(leading(text.substr(3), 2), 1, 12) &&
               97 - modulo97(text.substr(0, 13)) == leading(text.substr(13), 2);
    return false;
}

bool isIpv4(std::string_view text, bool &sure)
{
    std::array<int, 4> parts{};
    std::size_t at = 0;
    for (std::size_t part = 0; part < parts.size(); ++part) {
        const std::size_t end = part == 3 ? text.size() : text.find('.', at);
        if (end == text.npos || end <= at || end - at > 3)
            return false;
        const std::string_view digits = text.substr(at, end - at);
        if (!allDigits(digits) || (digits.size() > 1 && digits[0] == '0'))
            return false;
        parts[part] = leading(digits, 3);
        if (parts[part] > 255)
            return false;
        at = end + 1;
    }
    if (parts[0] == 0 || parts[0] == 127 || parts[0] == 255)
        return false;
    const auto large =
        std::count_if(parts.begin(), parts.end(), [](int value) { return value >= 20; });
    sure = large >= 2 || *std::max_element(parts.begin(), parts.end()) >= 100;
    return true;
}

bool isIpv6(std::string_view text)
{
    if (text.size() < 6 || text.size() > 39)
        return false;
    int groups = 0;
    int digits = 0;
    int size = 0;
    for (const char c : text) {
        const bool hex = isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (c != ':' && !hex)
            return false;
        digits += isDigit(c) ? 1 : 0;
        size = hex ? size + 1 : 0;
        groups += size == 1 ? 1 : 0;
        if (size > 4)
            return false;
    }
    const std::size_t gap = text.find("::");
    if (gap == text.npos)
        return groups == 8 && text.front() != ':' && text.back() != ':' &&
               !isMac(text.substr(0, 17));
    // Words with two colons between them have no digits.
    return digits > 0 && groups >= 3 && groups <= 7 && text.find("::", gap + 1) == text.npos;
}

bool isMac(std::string_view text)
{
    if (text.size() != 17)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool hex = isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (i % 3 == 2 ? c != text[2] || (c != ':' && c != '-') : !hex)
            return false;
    }
    return true;
}

} // namespace forms

namespace {

/// The digits of a whole number that a double holds exactly; empty for others.
std::string wholeDigits(double value)
{
    constexpr double exact = 9007199254740992.0; // 2^53
    if (!(value >= 0 && value <= exact) || value != std::floor(value))
        return {};
    return fmt::format("{:.0f}", value);
}

} // namespace

std::optional<RiskFinding> riskOfNumbers(std::span<const double> values, double distinct, double n)
{
    std::size_t cards = 0;
    std::size_t longIds = 0;
    for (const double value : values) {
        const std::string digits = wholeDigits(value);
        cards += forms::isCard(digits) ? 1 : 0;
        longIds += digits.size() >= 9 && !forms::isTimeNumber(digits) ? 1 : 0;
    }
    const std::size_t count = values.size();
    // One number in ten has a right check digit by chance.
    if (cards > 0 && cards * 10 >= count * 8)
        return RiskFinding{RiskKind::PaymentCard,
                           count >= 5 ? RiskLevel::Certain : RiskLevel::Likely};
    // Measurements repeat, or are not whole; what is long, whole and different each time is given.
    if (count >= 5 && longIds * 10 >= count * 9 && n > 0 && distinct >= 0.9 * n)
        return RiskFinding{RiskKind::NationalId, RiskLevel::Possible};
    return std::nullopt;
}

} // namespace tepal
