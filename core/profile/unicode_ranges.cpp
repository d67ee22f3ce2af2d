// Characters per unicode range, as whylogs counts them.

#include <tepal/profile/column.h>

#include <utf8proc.h>

#include <array>
#include <cstdlib>
#include <memory>

namespace tepal {
namespace {

struct Range
{
    const char *name;
    utf8proc_int32_t first;
    utf8proc_int32_t last;
};

/// In order of the names, as the profile keeps them. Ranges overlap; what is in none of them is
/// UNKNOWN, and so is U+0000, which whylogs counts there besides.
constexpr std::size_t kUnknown = 0;
constexpr std::size_t kStringLength = 8;
constexpr std::array<Range, 9> kRanges{{
    {"UNKNOWN", 0, 0},
    {"basic-latin", 0x00, 0x7F},
    {"control", 0x00, 0x1F},
    {"digits", 0x30, 0x39},
    {"emoticon", 0x1F600, 0x1F64F},
    {"extended-latin", 0x80, 0x2AF},
    {"latin-lower", 0x61, 0x7A},
    {"latin-upper", 0x41, 0x5A},
    {"string_length", -1, -1},
}};
constexpr std::uint16_t kRangeK = 256; ///< Smaller sketches than a column's own.

std::int64_t codePoints(std::string_view text)
{
    std::int64_t count = 0;
    for (const char c : text)
        count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    return count;
}

using Buffer = std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)>;

/// Decomposed (NFD) and then put in lower case; the text itself where it is not UTF-8.
Buffer normalised(std::string_view text, std::size_t &size)
{
    utf8proc_uint8_t *out = nullptr;
    const auto length =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t *>(text.data()),
                     static_cast<utf8proc_ssize_t>(text.size()), &out,
                     static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE));
    size = length < 0 ? 0 : static_cast<std::size_t>(length);
    return {out, &std::free};
}

} // namespace

std::vector<UnicodeRange> emptyUnicodeRanges()
{
    std::vector<UnicodeRange> ranges;
    for (const Range &range : kRanges) {
        ColumnProfile profile;
        profile.distribution.emplace().kll = KllSketch(kRangeK);
        profile.ints.emplace();
        profile.cardinality.emplace();
        ranges.push_back({range.name, std::move(profile)});
    }
    return ranges;
}

void trackUnicodeRanges(std::vector<UnicodeRange> &ranges, std::string_view text,
                        std::uint64_t count)
{
    if (ranges.size() != kRanges.size())
        return; // read from a file that was made with other ranges
    std::array<std::int64_t, kRanges.size()> counts{};
    std::size_t size = 0;
    const Buffer decomposed = normalised(text, size);
    for (std::size_t at = 0; at < size;) {
        utf8proc_int32_t point = 0;
        const auto read = utf8proc_iterate(decomposed.get() + at,
                                           static_cast<utf8proc_ssize_t>(size - at), &point);
        if (read <= 0)
            break;
        at += static_cast<std::size_t>(read);
        point = utf8proc_tolower(point);
        bool known = false;
        for (std::size_t i = 1; i < kStringLength; ++i) {
            const bool inside = point >= kRanges[i].first && point <= kRanges[i].last;
            counts[i] += inside ? 1 : 0;
            known = known || inside;
        }
        counts[kUnknown] += !known || point == 0 ? 1 : 0;
    }
    counts[kStringLength] = codePoints(text);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        const CountedInteger found{counts[i], count};
        if (count == 1)
            ranges[i].profile.track(Value::integral(found.value));
        else
            ranges[i].profile.trackCounted(std::span(&found, 1));
    }
}

} // namespace tepal
