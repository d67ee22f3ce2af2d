#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace tepal {
namespace {

/// The code point of a well-formed sequence.
std::uint32_t codePoint(std::string_view sequence)
{
    const auto first = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 1)
        return first;
    std::uint32_t point = first & (0xFFu >> (sequence.size() + 1));
    for (const char c : sequence.substr(1))
        point = point << 6 | (static_cast<unsigned char>(c) & 0x3Fu);
    return point;
}

/// Whether a terminal would obey it or show what follows elsewhere.
bool isUnsafe(std::uint32_t point)
{
    const auto in = [&](std::uint32_t low, std::uint32_t high) {
        return point >= low && point <= high;
    };
    return point < 0x20 || in(0x7F, 0x9F) || point == 0x061C || in(0x200E, 0x200F) ||
           in(0x2028, 0x202E) || in(0x2066, 0x2069);
}

struct SizeUnit
{
    std::string_view suffix; ///< Lower case.
    std::uint64_t bytes;
};
constexpr std::array<SizeUnit, 10> kSizeUnits{{{"", 1},
                                               {"b", 1},
                                               {"kib", 1ull << 10},
                                               {"mib", 1ull << 20},
                                               {"gib", 1ull << 30},
                                               {"tib", 1ull << 40},
                                               {"kb", 1'000},
                                               {"mb", 1'000'000},
                                               {"gb", 1'000'000'000},
                                               {"tb", 1'000'000'000'000}}};

} // namespace

std::optional<double> parseDouble(std::string_view text)
{
    if (text.size() > 1 && text.front() == '+' && text[1] != '-' && text[1] != '+')
        text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || text.empty())
        return std::nullopt;
    // from_chars does not say whether it was too large or too small; strtod does.
    if (error == std::errc::result_out_of_range)
        return std::strtod(std::string(text).c_str(), nullptr);
    if (error != std::errc())
        return std::nullopt;
    return value;
}

std::optional<std::int64_t> parseInt64(std::string_view text)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return value;
}

std::string formatDouble(double value)
{
    if (std::isnan(value))
        return "nan";
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    return error == std::errc() ? std::string(buffer, end) : std::string();
}

std::size_t utf8SequenceLength(std::string_view s, std::size_t at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[at + i]); };
    const auto continues = [&](std::size_t i, unsigned lo = 0x80, unsigned hi = 0xBF) {
        return at + i < s.size() && byte(i) >= lo && byte(i) <= hi;
    };
    const unsigned first = byte(0);
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return continues(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned lo = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned hi = first == 0xED ? 0x9F : 0xBF;
        return continues(1, lo, hi) && continues(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned lo = first == 0xF0 ? 0x90 : 0x80;
        const unsigned hi = first == 0xF4 ? 0x8F : 0xBF;
        return continues(1, lo, hi) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

void appendUtf8(std::string &out, std::uint32_t code)
{
    const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
        out.push_back(static_cast<char>(code));
    } else if (code < 0x800) {
        out.push_back(static_cast<char>(0xC0 | (code >> 6)));
        out.push_back(tail(0));
    } else if (code < 0x10000) {
        out.push_back(static_cast<char>(0xE0 | (code >> 12)));
        out.push_back(tail(6));
        out.push_back(tail(0));
    } else {
        out.push_back(static_cast<char>(0xF0 | (code >> 18)));
        out.push_back(tail(12));
        out.push_back(tail(6));
        out.push_back(tail(0));
    }
}

bool isUtf8(std::string_view bytes)
{
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t length = utf8SequenceLength(bytes, i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

std::string toUtf8(std::string_view bytes)
{
    std::string out;
    out.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t length = utf8SequenceLength(bytes, i);
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            ++i;
        } else {
            out.append(bytes, i, length);
            i += length;
        }
    }
    return out;
}

std::string_view utf8Prefix(std::string_view text, std::size_t codePoints)
{
    if (text.size() <= codePoints)
        return text;
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        // Every byte that is not a continuation byte starts a code point.
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && ++seen > codePoints)
            return text.substr(0, i);
    }
    return text;
}

std::string terminalText(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8SequenceLength(text, i);
        const std::string_view sequence = text.substr(i, std::max<std::size_t>(length, 1));
        i += sequence.size();
        const std::uint32_t point =
            length > 0 ? codePoint(sequence) : static_cast<unsigned char>(sequence[0]);
        if (length > 0 && !isUnsafe(point))
            out += sequence;
        else if (point == '\n')
            out += "\\n";
        else if (point == '\r')
            out += "\\r";
        else if (point == '\t')
            out += "\\t";
        else
            out += length < 2 ? fmt::format("\\x{:02x}", point) : fmt::format("\\u{:04x}", point);
    }
    return out;
}

Result<std::uint64_t> parseSize(std::string_view text)
{
    std::uint64_t count = 0;
    const char *const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, count);
    std::string suffix(end, last);
    if (!suffix.empty() && suffix.front() == ' ')
        suffix.erase(0, 1);
    for (char &c : suffix)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (error == std::errc() && end != text.data()) {
        constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        for (const SizeUnit &unit : kSizeUnits) {
            if (unit.suffix == suffix && count <= most / unit.bytes)
                return count * unit.bytes;
        }
    }
    return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not a size", terminalText(text)),
                "write it like 64MiB, 512KiB or 1GiB");
}

std::string formatSize(std::uint64_t bytes)
{
    constexpr std::array<std::string_view, 4> units{"KiB", "MiB", "GiB", "TiB"};
    std::string_view unit;
    for (std::size_t i = 0; i < units.size() && bytes > 0 && bytes % 1024 == 0; ++i) {
        bytes /= 1024;
        unit = units[i];
    }
    return unit.empty() ? fmt::format("{} bytes", bytes) : fmt::format("{} {}", bytes, unit);
}

} // namespace tepal
