// Stored form of a KLL sketch of doubles. All integers little-endian.
//
//   offset  empty   one value   more values
//   0       2       2           6 (upstream: 5, without the padding at 20)
//   1       1       2           1            serial version
//   2       15 (family)                3: flags 1 empty, 2 level zero sorted, 4 single value
//   4       k uint16, 6: m = 8, 7: 0
//   8       -       double      n uint64
//   16                          min_k uint16, levels uint8, zero padding up to 24 (upstream: 20)
//   24                          levels × uint32 offsets, min, max, values from level 0 upwards
//
// A level's values span offset[h]..offset[h+1]; the end of the last is the total capacity. Level 0
// lies there newest first.

#include "bytes.h"

#include <tepal/sketch/kll.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace tepal {
namespace {

constexpr std::uint8_t kFamily = 15;
constexpr std::uint8_t kFlagEmpty = 1;
constexpr std::uint8_t kFlagSorted = 2;
constexpr std::uint8_t kFlagSingle = 4;
constexpr std::size_t kDataStart = 24;
constexpr std::size_t kUpstreamDataStart = 20;
constexpr std::size_t kMaxLevels = 61;

auto corrupt(const char *what)
{
    return fail(ErrorCode::Corrupt, std::string("the KLL sketch is damaged: ") + what);
}

/// No NaN among them; without branches on the data, as the check runs over everything that is read.
bool isAscending(std::span<const double> values)
{
    bool wrong = values.size() == 1 && values[0] != values[0];
    for (std::size_t i = 1; i < values.size(); ++i)
        wrong |= !(values[i - 1] <= values[i]);
    return !wrong;
}

bool isWithin(std::span<const double> values, double min, double max)
{
    bool wrong = false;
    for (const double value : values)
        wrong |= !(value >= min) || !(value <= max);
    return !wrong;
}

} // namespace

void KllSketch::serialize(std::string &out) const
{
    const bool single = m_n == 1;
    const std::uint8_t sorted = m_levelZeroSorted ? kFlagSorted : 0;
    const std::uint8_t flags =
        empty() ? kFlagEmpty : static_cast<std::uint8_t>(sorted | (single ? kFlagSingle : 0));
    const bool small = m_n <= 1;
    bytes::put<std::uint8_t>(out, small ? 2 : 6);
    bytes::put<std::uint8_t>(out, single ? 2 : 1);
    bytes::put<std::uint8_t>(out, kFamily);
    bytes::put<std::uint8_t>(out, flags);
    bytes::put(out, m_k);
    bytes::put<std::uint8_t>(out, kMinLevelWidth);
    bytes::put<std::uint8_t>(out, 0);
    if (single)
        bytes::put(out, m_items.back());
    if (small)
        return;
    bytes::put(out, m_n);
    bytes::put(out, m_minK);
    bytes::put(out, static_cast<std::uint8_t>(levels()));
    out.append(5, '\0');
    // Free space lies in front of level 0; in the stored form all of the capacity is there.
    const std::size_t missing = m_capacity - m_items.size();
    for (std::size_t at = 0; at < levels(); ++at)
        bytes::put(out, static_cast<std::uint32_t>(levelBegin(at) + missing));
    bytes::put(out, m_min);
    bytes::put(out, m_max);
    out.append(reinterpret_cast<const char *>(m_items.data() + m_begin),
               retained() * sizeof(double));
}

Result<KllSketch> KllSketch::parse(std::string_view input)
{
    bytes::Cursor in(input);
    const auto preamble = in.get<std::uint8_t>();
    const auto version = in.get<std::uint8_t>();
    const auto family = in.get<std::uint8_t>();
    const auto flags = in.get<std::uint8_t>();
    const auto k = in.get<std::uint16_t>();
    const auto m = in.get<std::uint8_t>();
    in.skip(1);
    if (!in.ok())
        return corrupt("it is cut short");
    if (family != kFamily)
        return corrupt("it is of another kind");
    if (m != kMinLevelWidth || k < kMinLevelWidth)
        return corrupt("its parameters are out of range");
    if ((version != 1 && version != 2) || (preamble != 2 && preamble != 5 && preamble != 6))
        return fail(ErrorCode::Unsupported, "the KLL sketch has an unknown version");

    KllSketch sketch(k);
    sketch.m_levelZeroSorted = (flags & kFlagSorted) != 0;
    if ((flags & kFlagEmpty) != 0) {
        sketch.m_levelZeroSorted = false;
        return sketch;
    }
    if ((flags & kFlagSingle) != 0) {
        const auto value = in.get<double>();
        if (!in.ok() || std::isnan(value))
            return corrupt("its single value is missing");
        const bool sorted = sketch.m_levelZeroSorted;
        sketch.update(value);
        sketch.m_levelZeroSorted = sorted;
        return sketch;
    }
    if (preamble == 2)
        return corrupt("its flags contradict its length");

    sketch.m_n = in.get<std::uint64_t>();
    sketch.m_minK = in.get<std::uint16_t>();
    const std::size_t levels = in.get<std::uint8_t>();
    in.skip(preamble == 6 ? kDataStart - 19 : kUpstreamDataStart - 19);
    if (sketch.m_n > bytes::kMaxCount)
        return corrupt("its weights do not add up");
    if (!in.ok() || levels == 0 || levels > kMaxLevels)
        return corrupt("its number of levels is out of range");
    const std::uint32_t capacity = kllTotalCapacity(k, levels);
    std::vector<std::uint32_t> offsets(levels + 1);
    for (std::size_t i = 0; i < levels; ++i)
        offsets[i] = in.get<std::uint32_t>();
    offsets[levels] = capacity;
    sketch.m_min = in.get<double>();
    sketch.m_max = in.get<double>();
    if (!in.ok())
        return corrupt("it is cut short");
    if (!std::is_sorted(offsets.begin(), offsets.end()))
        return corrupt("its levels overlap");
    if (std::isnan(sketch.m_min) || std::isnan(sketch.m_max) || sketch.m_min > sketch.m_max)
        return corrupt("its minimum and maximum contradict each other");

    const std::size_t retained = capacity - offsets[0];
    if (in.remaining() < retained * sizeof(double))
        return corrupt("it is cut short");
    sketch.m_capacity = capacity;
    in.getAll(sketch.m_items, retained);
    sketch.m_ends.resize(levels);
    std::uint64_t weight = 0;
    for (std::size_t at = 0; at < levels; ++at) {
        sketch.m_ends[at] = offsets[at + 1] - offsets[0];
        const std::span<const double> values = sketch.level(at);
        if (values.size() > sketch.m_n >> at)
            return corrupt("its weights do not add up");
        weight += static_cast<std::uint64_t>(values.size()) << at;
        if (at > 0 || sketch.m_levelZeroSorted) {
            if (!isAscending(values))
                return corrupt("a level is not sorted");
            if (!values.empty() &&
                !(values.front() >= sketch.m_min && values.back() <= sketch.m_max))
                return corrupt("a value lies outside its range");
        } else if (!isWithin(values, sketch.m_min, sketch.m_max)) {
            return corrupt("a value lies outside its range");
        }
    }
    if (weight != sketch.m_n || sketch.m_n < 2 || sketch.m_minK < kMinLevelWidth)
        return corrupt("its weights do not add up");
    return sketch;
}

} // namespace tepal
