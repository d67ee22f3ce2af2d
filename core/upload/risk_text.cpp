#include "risk_forms.h"
#include "risk_names.h"
#include "text.h"

#include <tepal/base/text.h>
#include <tepal/upload/risk.h>

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tepal {
namespace {

using Found = std::optional<RiskFinding>;
constexpr std::size_t kLookedAt = 4096;

RiskFinding found(RiskKind kind, RiskLevel level)
{
    return {kind, level};
}

re2::StringPiece piece(std::string_view text)
{
    return {text.data(), text.size()};
}

std::string_view view(const re2::StringPiece &text)
{
    return {text.data(), text.size()};
}

bool contains(std::string_view text, const RE2 &pattern)
{
    return RE2::PartialMatch(piece(text), pattern);
}

std::size_t countDigits(std::string_view text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), forms::isDigit));
}

/// The first match of the pattern's only group for which `test` says something.
template <typename Test>
Found search(std::string_view text, const RE2 &pattern, Test test)
{
    re2::StringPiece rest = piece(text);
    re2::StringPiece match;
    while (RE2::FindAndConsume(&rest, pattern, &match)) {
        if (const Found result = test(view(match)))
            return result;
    }
    return std::nullopt;
}

// ---------------------------------------------------------------- addresses of people

Found email(std::string_view text)
{
    static const RE2 pattern(
        R"(([\pL\pN._%+'\-]+@(?:[\pL\pN](?:[\pL\pN\-]*[\pL\pN])?\.)+\pL{2,}))");
    return search(text, pattern, [&](std::string_view match) -> Found {
        // The user of a web address is another matter.
        if (text.substr(0, static_cast<std::size_t>(match.data() - text.data())).ends_with("//"))
            return std::nullopt;
        // Pictures for dense screens are called icon@2x.png.
        static const RE2 file(R"((?i)\.(?:png|jpe?g|gif|svg|webp|js|css|py)$)");
        if (contains(match, file))
            return std::nullopt;
        return found(RiskKind::Email, RiskLevel::Certain);
    });
}

Found urlCredentials(std::string_view text)
{
    static const RE2 password(R"((?i)\b[a-z][a-z0-9+.\-]*://[^/\s:@?#]*:[^/\s@]+@[^\s/])");
    static const RE2 user(R"((?i)\b[a-z][a-z0-9+.\-]*://([^/\s:@?#]+)@[^\s/])");
    if (contains(text, password))
        return found(RiskKind::UrlCredentials, RiskLevel::Certain);
    return search(text, user, [](std::string_view name) -> Found {
        if (name == "git") // everybody's user at places for source code
            return std::nullopt;
        return found(RiskKind::UrlCredentials, RiskLevel::Likely);
    });
}

bool isDate(std::string_view text)
{
    static const RE2 pattern(
        R"(^(?:\d{1,2}[\-/. ]\d{1,2}[\-/. ](?:\d{2}|\d{4})(?:$|[T,]| \d{1,2}:)|)"
        R"((?:19|20)\d\d[\-/. ]\d))");
    return contains(text, pattern);
}

Found phone(std::string_view text, bool hinted)
{
    static const RE2 international(
        R"((?:^|[^\w+.])(\+[1-9][\d ()/.\-]{5,18}\d)(?:$|[^\w.]|\.(?:\s|$)))");
    const Found abroad = search(text, international, [](std::string_view match) -> Found {
        const std::size_t digits = countDigits(match);
        const bool bare = match.find_first_of(" ()/.-") == match.npos;
        if (digits < (bare ? 10u : 8u) || digits > 15)
            return std::nullopt;
        if (!bare && parseDouble(match.substr(1))) // a number with a sign
            return std::nullopt;
        return found(RiskKind::Phone, RiskLevel::Likely);
    });
    if (abroad)
        return abroad;
    const std::size_t digits = countDigits(text);
    if (digits < 7 || digits > 15 || isDate(text))
        return std::nullopt;
    static const RE2 dialled(R"(^00[1-9]\d?[ ()/\-][\d ()/.\-]+\d$)");
    static const RE2 american(
        R"(^(?:1[ .\-])?(?:\([2-9]\d\d\) ?\d{3}|[2-9]\d\d[ .\-][2-9]\d\d)[ .\-]\d{4}$)");
    static const RE2 national(R"(^\(?0\d{1,5}\)?(?: ?/ ?| |\))[\d \-]*\d{2}$)");
    if (contains(text, dialled) || contains(text, american) || contains(text, national))
        return found(RiskKind::Phone, RiskLevel::Likely);
    static const RE2 dashed(R"(^(?:0[1-9]\d{1,3}-\d{3,4}-?\d{3,5}|0[1-9]\d{8,10})$)");
    if (contains(text, dashed))
        return found(RiskKind::Phone, RiskLevel::Possible);
    static const RE2 any(R"(^[\d ()/.+\-]+$)");
    if (hinted && contains(text, any))
        return found(RiskKind::Phone, RiskLevel::Likely);
    return std::nullopt;
}

// ---------------------------------------------------------------- numbers that are given

Found card(std::string_view text)
{
    static const RE2 pattern(
        R"((?:^|[^\d.+\-\w])(\d(?:[ \-]?\d){12,18})(?:$|[^\d.\-\w]|\.(?:\s|$)))");
    return search(text, pattern, [](std::string_view match) -> Found {
        const std::string digits = forms::compact(match);
        if (!forms::isCard(digits) || (digits.size() == 13 && forms::isArticleNumber(digits)))
            return std::nullopt;
        static const RE2 groups(R"(^(?:\d{4}([ \-])\d{4}[ \-]\d{4}[ \-]\d{4}(?:[ \-]\d{3})?|)"
                                R"(\d{4}[ \-]\d{6}[ \-]\d{4,5})$)");
        return found(RiskKind::PaymentCard,
                     contains(match, groups) ? RiskLevel::Certain : RiskLevel::Likely);
    });
}

Found iban(std::string_view text)
{
    std::string capitals(text);
    for (char &c : capitals)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    static const RE2 pattern(R"(\b([A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,36}))");
    return search(capitals, pattern, [](std::string_view match) -> Found {
        const std::string all = forms::compact(match);
        for (std::size_t size = 15; size <= std::min<std::size_t>(34, all.size()); ++size) {
            if (forms::isIban(std::string_view(all).substr(0, size)))
                return found(RiskKind::Iban, RiskLevel::Certain);
        }
        return std::nullopt;
    });
}

Found nationalId(std::string_view text)
{
    if (forms::isNationalId(text))
        return found(RiskKind::NationalId, RiskLevel::Likely);
    static const RE2 social(R"((?:^|[^\w\-])(\d{3}-\d{2}-\d{4})(?:$|[^\w\-]))");
    if (const Found inside = search(text, social, [](std::string_view match) -> Found {
            if (!forms::isNationalId(match))
                return std::nullopt;
            return found(RiskKind::NationalId, RiskLevel::Likely);
        }))
        return inside;
    if (text.size() >= 9 && forms::allDigits(text) && !forms::isTimeNumber(text) &&
        !forms::isArticleNumber(text) && text.find_first_not_of('0') != text.npos)
        return found(RiskKind::NationalId, RiskLevel::Possible);
    return std::nullopt;
}

Found ipAddress(std::string_view text, bool hinted)
{
    static const RE2 v4(R"((?:^|[^\w.\-])(\d{1,3}(?:\.\d{1,3}){3})(?:$|[^\w.\-]|\.(?:\s|$)))");
    static const RE2 v6(R"((?:^|[\s\[])([0-9a-fA-F:]{6,39})(?:$|[\s\]/%]))");
    if (const Found four = search(text, v4, [&](std::string_view match) -> Found {
            bool sure = false;
            if (!forms::isIpv4(match, sure) || (!sure && !hinted))
                return std::nullopt;
            return found(RiskKind::IpAddress, RiskLevel::Likely);
        }))
        return four;
    return search(text, v6, [](std::string_view match) -> Found {
        if (!forms::isIpv6(match))
            return std::nullopt;
        return found(RiskKind::IpAddress, RiskLevel::Likely);
    });
}

// ---------------------------------------------------------------- keys and identifiers

double entropy(std::string_view text)
{
    std::array<int, 256> counts{};
    for (const char c : text)
        ++counts[static_cast<unsigned char>(c)];
    double bits = 0;
    for (const int count : counts) {
        if (count > 0) {
            const double share = count / static_cast<double>(text.size());
            bits -= share * std::log2(share);
        }
    }
    return bits;
}

int classOf(char c)
{
    return forms::isDigit(c) ? 0 : c >= 'a' && c <= 'z' ? 1 : 2;
}

/// Drawn at random rather than made of words: letters of both cases and digits change often in a
/// long piece without separators.
bool looksRandom(std::string_view text)
{
    if (text.size() < 20 || text.size() > 512 || entropy(text) < 3.5)
        return false;
    std::size_t begin = 0;
    while (begin < text.size()) {
        std::size_t end = begin;
        int changes = 0;
        std::array<int, 3> seen{};
        for (; end < text.size() && forms::isAlnum(text[end]); ++end) {
            ++seen[static_cast<std::size_t>(classOf(text[end]))];
            changes += end > begin && classOf(text[end]) != classOf(text[end - 1]) ? 1 : 0;
        }
        const auto size = static_cast<int>(end - begin);
        if (size >= 16 && seen[0] >= 2 && seen[1] >= 2 && seen[2] >= 2 && 3 * changes >= size)
            return true;
        if (end < text.size() && std::string_view("+/=_-").find(text[end]) == text.npos)
            return false;
        begin = end + 1;
    }
    return false;
}

Found secret(std::string_view text, bool hinted)
{
    static const RE2 known(
        R"((?:^|[^A-Za-z0-9])(?:sk-[A-Za-z0-9_\-]{16,}|[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|)"
        R"(gh[opsur]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_\-]{16,}|)"
        R"(xox[abeprs]-[A-Za-z0-9\-]{10,}|A[KS]IA[0-9A-Z]{16}|AIza[0-9A-Za-z_\-]{30,}|)"
        R"(ya29\.[0-9A-Za-z_\-]{16,}|hf_[A-Za-z]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_\-]{16,}|)"
        R"(eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*))");
    static const RE2 block(R"(-----BEGIN [A-Z ]*PRIVATE KEY)");
    if (contains(text, known) || contains(text, block))
        return found(RiskKind::Secret, RiskLevel::Certain);
    static const RE2 bearer(
        R"((?i)\bbearer [a-z0-9._~+/\-]{16,}|)"
        R"((?:[?&;\s]|^)(?:access_token|api_?key|token|passw(?:or)?d|pwd|secret|sig|signature)=[^&\s]{6,})");
    if (contains(text, bearer))
        return found(RiskKind::Secret, RiskLevel::Likely);
    if (text.find_first_of(" \t\n") != text.npos)
        return std::nullopt;
    if (hinted && text.size() >= 6)
        return found(RiskKind::Secret, RiskLevel::Likely);
    if (looksRandom(text))
        return found(RiskKind::Secret, RiskLevel::Possible);
    return std::nullopt;
}

Found identifier(std::string_view text)
{
    static const RE2 uuid(
        R"((?i)^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$)");
    if (forms::isMac(text))
        return found(RiskKind::Identifier, RiskLevel::Likely);
    if (contains(text, uuid))
        return found(RiskKind::Identifier, RiskLevel::Possible);
    static const RE2 hash(R"(^(?:[0-9a-f]{24,128}|[0-9A-F]{24,128})$)");
    static const RE2 letter(R"([A-Fa-f].*\d|\d.*[A-Fa-f])");
    if (contains(text, hash) && contains(text, letter))
        return found(RiskKind::Identifier, RiskLevel::Possible);
    return std::nullopt;
}

Found personalName(std::string_view text, bool hinted)
{
    const NameForm form = nameForm(text);
    if (form == NameForm::Titled || (hinted && form != NameForm::None))
        return found(RiskKind::PersonalName, RiskLevel::Likely);
    if (form == NameForm::Given)
        return found(RiskKind::PersonalName, RiskLevel::Possible);
    return std::nullopt;
}

} // namespace

Found riskOfText(std::string_view whole, std::optional<RiskKind> hint)
{
    const std::string_view text = trimmed(whole.substr(0, kLookedAt));
    if (text.size() < 4)
        return std::nullopt;
    // Bytes that are no UTF-8 would end the search for what stands behind them.
    const std::string repaired = isUtf8(text) ? std::string() : toUtf8(text);
    const std::string_view readable = repaired.empty() ? text : std::string_view(repaired);
    // The gravest first: of equal levels the first one counts.
    const std::array<Found, 10> all{
        secret(readable, hint == RiskKind::Secret),
        urlCredentials(readable),
        card(readable),
        iban(readable),
        email(readable),
        phone(readable, hint == RiskKind::Phone),
        nationalId(readable),
        ipAddress(readable, hint == RiskKind::IpAddress),
        personalName(readable, hint == RiskKind::PersonalName),
        identifier(readable),
    };
    Found best;
    for (const Found &one : all) {
        if (one && (!best || one->level > best->level))
            best = one;
    }
    if (best && hint == best->kind && best->level == RiskLevel::Possible)
        best->level = RiskLevel::Likely;
    return best;
}

} // namespace tepal
