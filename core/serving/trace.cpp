#include "trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tepal::serving {
namespace {

constexpr std::size_t kTraceDigits = 32;

bool isHex(std::string_view text)
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool isZero(std::string_view text)
{
    return text.find_first_not_of('0') == text.npos;
}

} // namespace

std::string traceIdOf(std::string_view text)
{
    // 00-<trace>-<parent>-<flags>; later versions may have more behind a dash (W3C, 3.2.2
    // and 3.2.4).
    constexpr std::size_t kLength = 55;
    if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return {};
    const std::string_view version = text.substr(0, 2);
    const std::string_view trace = text.substr(3, kTraceDigits);
    const std::string_view parent = text.substr(36, 16);
    if (!isHex(version) || version == "ff" || !isHex(trace) || isZero(trace) || !isHex(parent) ||
        isZero(parent) || !isHex(text.substr(53, 2)))
        return {};
    if (text.size() > kLength && (version == "00" || text[kLength] != '-'))
        return {};
    return std::string(trace);
}

std::string makeTraceId(std::uint64_t high, std::uint64_t low)
{
    return fmt::format("{:016x}{:016x}", high, low | 1); // All zeros would be none.
}

std::string traceNumber(std::string_view traceId)
{
    if (traceId.size() != kTraceDigits || !isHex(traceId))
        return {};
    std::array<unsigned, 40> digits{}; // Of 2^128, lowest first.
    std::size_t used = 1;
    for (const char c : traceId) {
        unsigned carry = static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
        for (std::size_t i = 0; i < used; ++i) {
            const unsigned next = digits[i] * 16 + carry;
            digits[i] = next % 10;
            carry = next / 10;
        }
        for (; carry > 0; carry /= 10)
            digits[used++] = carry % 10;
    }
    std::string out;
    for (std::size_t i = used; i-- > 0;)
        out += static_cast<char>('0' + digits[i]);
    return out;
}

std::string_view usableRequestId(std::string_view id)
{
    constexpr std::size_t kLongest = 128;
    const bool visible =
        std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    return id.size() <= kLongest && visible ? id : std::string_view();
}

} // namespace tepal::serving
