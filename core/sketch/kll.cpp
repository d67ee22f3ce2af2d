#include "sort.h"

#include <tepal/sketch/kll.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace tepal {
namespace {

/// Values that are sorted together in a batch.
constexpr std::size_t kBlock = 1024;
/// A sketch starts with room for so many values.
constexpr std::size_t kFirstSize = 16;
constexpr std::size_t kMaxLevels = 61;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// compress() makes room for k/kRoomShare values.
constexpr int kRoomShare = 8;

/// A batch's run is halved from so many times its level's capacity on.
constexpr std::size_t kRunShare = 2;

/// Room for sortDoubles of so many values.
std::vector<double> &sortScratch(std::size_t size)
{
    thread_local std::vector<double> scratch;
    if (scratch.size() < size + kSortLanes)
        scratch.resize(size + kSortLanes);
    return scratch;
}

/// round(k·(2/3)^depth) in integers, as the format prescribes it; depth ≤ 30.
std::uint32_t shrink(std::uint32_t k, std::size_t depth)
{
    std::uint64_t power = 1;
    for (std::size_t i = 0; i < depth; ++i)
        power *= 3;
    const std::uint64_t doubled = static_cast<std::uint64_t>(k) << 1;
    return static_cast<std::uint32_t>((((doubled << depth) / power) + 1) >> 1);
}

/// Every second value of a sorted run without the first of an odd count, from its first or second
/// on. Lies in `scratch`, which is made longer where needed.
std::span<const double> halve(std::span<const double> run, bool second,
                              std::vector<double> &scratch)
{
    const std::size_t start = (run.size() & 1) + (second ? 1 : 0);
    const std::size_t size = run.size() / 2;
    if (scratch.size() < size)
        scratch.resize(size);
    for (std::size_t i = 0; i < size; ++i)
        scratch[i] = run[start + 2 * i];
    return {scratch.data(), size};
}

/// Merges `run` into `level`, which grows downwards by as many values.
void mergeDown(std::span<const double> run, std::span<double> level)
{
    thread_local std::vector<double> copy;
    copy.assign(level.begin(), level.end());
    mergeRuns(run.data(), run.size(), copy.data(), copy.size(), level.data() - run.size());
}

/// What would be left if every level below `at` were halved into the next one. More than the
/// capacity: halving the levels below does not make room enough.
template <typename SizeOf>
std::size_t leftWithout(std::size_t at, std::size_t levels, const SizeOf &sizeOf)
{
    std::size_t left = 0;
    for (std::size_t below = 0; below <= at; ++below)
        left = left / 2 + sizeOf(below);
    for (std::size_t above = at + 1; above < levels; ++above)
        left += sizeOf(above);
    return left;
}

} // namespace

std::uint32_t kllLevelCapacity(std::uint16_t k, std::size_t levels, std::size_t level)
{
    assert(level < levels && levels <= 61);
    const std::size_t depth = levels - level - 1;
    std::uint32_t capacity = 0;
    if (depth <= 30) {
        capacity = shrink(k, depth);
    } else {
        const std::size_t half = depth / 2;
        capacity = shrink(shrink(k, half), depth - half);
    }
    return std::max<std::uint32_t>(KllSketch::kMinLevelWidth, capacity);
}

std::uint32_t kllTotalCapacity(std::uint16_t k, std::size_t levels)
{
    std::uint32_t total = 0;
    for (std::size_t level = 0; level < levels; ++level)
        total += kllLevelCapacity(k, levels, level);
    return total;
}

KllSketch::KllSketch(std::uint16_t k, std::uint64_t seed)
    : m_k(k)
    , m_minK(k)
    , m_capacity(kllTotalCapacity(k, 1))
    , m_min(kInfinity)
    , m_max(-kInfinity)
    , m_ends(1, 0)
    , m_seeded(seed != 0)
    , m_random(seed)
{
    assert(k >= kMinLevelWidth);
}

double KllSketch::min() const
{
    return empty() ? std::numeric_limits<double>::quiet_NaN() : m_min;
}

double KllSketch::max() const
{
    return empty() ? std::numeric_limits<double>::quiet_NaN() : m_max;
}

double KllSketch::rankErrorFor(std::uint16_t k)
{
    return 2.296 / std::pow(k, 0.9723);
}

double KllSketch::cellErrorFor(std::uint16_t k)
{
    return 2.446 / std::pow(k, 0.9433);
}

double KllSketch::rankError() const
{
    return isExact() ? 0 : rankErrorFor(m_minK);
}

double KllSketch::cellError() const
{
    return isExact() ? 0 : cellErrorFor(m_minK);
}

/// A hash of everything that the sketch holds, good enough to toss coins with.
std::uint64_t KllSketch::contentHash() const
{
    constexpr std::uint64_t factor = 0x9FB21C651E98DF25ull;
    const auto stir = [](std::uint64_t &lane, double item) {
        lane = std::rotl((lane ^ std::bit_cast<std::uint64_t>(item)) * factor, 29);
    };
    // Four chains that do not wait for each other, in four registers.
    std::uint64_t a = m_n * factor;
    auto b = std::bit_cast<std::uint64_t>(m_min);
    auto c = std::bit_cast<std::uint64_t>(m_max);
    std::uint64_t d = levels();
    const std::span<const double> items = std::span(m_items).subspan(m_begin);
    std::size_t i = 0;
    for (; i + 4 <= items.size(); i += 4) {
        stir(a, items[i]);
        stir(b, items[i + 1]);
        stir(c, items[i + 2]);
        stir(d, items[i + 3]);
    }
    for (std::uint64_t *lane : {&a, &b, &c}) {
        if (i < items.size())
            stir(*lane, items[i++]);
    }
    std::uint64_t hash = 0;
    for (const std::uint64_t lane : {a, b, c, d})
        hash = SplitMix64(hash ^ lane).next();
    return hash;
}

bool KllSketch::randomBit()
{
    if (m_bitsLeft == 0) {
        m_bits = m_seeded ? m_random.next() : SplitMix64(contentHash()).next();
        m_bitsLeft = 64;
    }
    --m_bitsLeft;
    const bool bit = (m_bits & 1) != 0;
    m_bits >>= 1;
    return bit;
}

void KllSketch::addLevel()
{
    m_ends.push_back(m_ends.back());
    m_capacity = kllTotalCapacity(m_k, levels());
}

/// More free space in front; the values keep their places from the end.
void KllSketch::grow(std::size_t size)
{
    const std::size_t more = size - m_items.size();
    std::vector<double> items(size);
    std::copy(m_items.begin() + m_begin, m_items.end(),
              items.begin() + static_cast<std::ptrdiff_t>(m_begin + more));
    m_items = std::move(items);
    m_begin += static_cast<std::uint32_t>(more);
    for (std::uint32_t &end : m_ends)
        end += static_cast<std::uint32_t>(more);
}

void KllSketch::makeRoom()
{
    if (m_items.size() >= m_capacity) {
        // Most of level 0 takes the way of a batch, which does not have to put all of it in order.
        const std::size_t size = level(0).size();
        const std::size_t rows = std::min(size, kBlock) / kSortLanes & ~std::size_t{1};
        if (rows > 0 && size >= kllLevelCapacity(m_k, levels(), 0)) {
            std::array<double, kBlock> block;
            std::copy_n(m_items.begin() + m_begin, rows * kSortLanes, block.begin());
            m_begin += static_cast<std::uint32_t>(rows * kSortLanes);
            insertBlock(block.data(), rows);
        }
        compress(std::max<std::size_t>(1, m_k / kRoomShare));
    }
    if (m_begin == 0) {
        const std::size_t size = std::max(kFirstSize, 2 * m_items.size());
        grow(std::min<std::size_t>(size, m_capacity));
    }
}

/// Halves a level: sorts it, keeps every second value from a random start, and merges those, now of
/// twice the weight, into the level above. With an odd count the first value stays behind, so that
/// the weights always add up to n.
void KllSketch::compactLevel(std::size_t level)
{
    if (level + 1 == levels())
        addLevel();
    double *const items = m_items.data();
    const std::size_t begin = levelBegin(level);
    const std::size_t end = m_ends[level];
    const std::size_t size = end - begin;
    if (level == 0 && !m_levelZeroSorted) {
        std::vector<double> &scratch = sortScratch(size);
        sortDoubles(items + begin, size, scratch.data());
    }
    const std::size_t odd = size & 1;
    const std::size_t half = size / 2;
    const std::size_t offset = begin + odd + (randomBit() ? 1 : 0);
    const std::size_t kept = begin + odd;
    for (std::size_t i = 0; i < half; ++i)
        items[kept + i] = items[offset + 2 * i];
    // The level above grows downwards, over the place of the values that were given up.
    mergeDown({items + kept, half}, {items + end, m_ends[level + 1] - end});
    std::copy_backward(items + m_begin, items + kept, items + kept + half);
    m_begin += static_cast<std::uint32_t>(half);
    for (std::size_t below = 0; below < level; ++below)
        m_ends[below] += static_cast<std::uint32_t>(half);
    m_ends[level] = static_cast<std::uint32_t>(kept + half);
}

/// The lowest level that is over its capacity. Holding on to values is what keeps the error small.
std::size_t KllSketch::levelToCompact() const
{
    std::size_t fullest = 0;
    double most = 0;
    for (std::size_t at = 0; at < levels(); ++at) {
        const std::size_t size = level(at).size();
        const std::uint32_t capacity = kllLevelCapacity(m_k, levels(), at);
        if (size >= 2 && size >= capacity)
            return at;
        const double fill = static_cast<double>(size) / capacity;
        if (size >= 2 && fill > most) {
            most = fill;
            fullest = at;
        }
    }
    return fullest; // full without a level over its capacity: can be when more room is asked for
}

/// Makes room for so many more values.
void KllSketch::compress(std::size_t room)
{
    // A new level brings capacity of its own, so m_capacity changes inside the loop.
    while (retained() + room > m_capacity) {
        const std::size_t at = levelToCompact();
        compactLevel(at);
        if (at == 0)
            m_levelZeroSorted = false;
    }
    m_levelZeroSorted = false;
    if (m_items.size() > m_capacity) { // merging overdraws it for a moment
        const auto less = static_cast<std::uint32_t>(m_items.size() - m_capacity);
        m_items.erase(m_items.begin(), m_items.begin() + less);
        m_begin -= less;
        for (std::uint32_t &end : m_ends)
            end -= less;
    }
}

/// Takes a sorted run of values into a level that exists. May overdraw the capacity.
void KllSketch::insertRun(std::size_t at, std::span<const double> run)
{
    const std::size_t size = run.size();
    if (size > m_begin)
        grow(m_items.size() + size - m_begin);
    double *const items = m_items.data();
    const std::size_t begin = levelBegin(at);
    std::copy(items + m_begin, items + begin, items + m_begin - size);
    if (at == 0) {
        std::copy(run.begin(), run.end(), items + begin - size);
        m_levelZeroSorted = false;
    } else {
        mergeDown(run, {items + begin, m_ends[at] - begin});
    }
    m_begin -= static_cast<std::uint32_t>(size);
    for (std::size_t below = 0; below < at; ++below)
        m_ends[below] -= static_cast<std::uint32_t>(size);
}

void KllSketch::update(std::span<const double> values)
{
    std::size_t at = 0;
    // Exact sketches stay so as long as the values fit.
    while (at < values.size() && (isExact() || values.size() - at < kBlock))
        update(values[at++]);
    std::array<double, kBlock> block;
    while (values.size() - at >= kBlock) {
        const std::span<const double> next = values.subspan(at, kBlock);
        at += kBlock;
        if (scanRange(next.data(), kBlock, m_min, m_max)) {
            std::copy(next.begin(), next.end(), block.begin());
            m_n += kBlock;
            insertBlock(block.data(), kBlock / kSortLanes);
        } else {
            for (const double value : next)
                update(value);
        }
    }
    for (; at < values.size(); ++at)
        update(values[at]);
}

/// A block goes past level 0. Its eight lanes are sorted, and then, until one sorted run is left,
/// either neighbours are merged or, as soon as the runs are as long as a compaction of their level
/// would be anyway, each is halved and weighs twice as much. So no compaction is smaller, and the
/// error no larger, than the level's capacity stands for.
void KllSketch::insertBlock(double *values, std::size_t rows)
{
    const auto mayHalve = [this](std::size_t length, std::size_t at) {
        return at + 1 < levels() && length % 2 == 0 &&
               length >= kRunShare * kllLevelCapacity(m_k, levels(), at);
    };
    sortLanes(values, rows);
    std::size_t at = 0;
    std::size_t length = rows;
    for (; mayHalve(length, at); ++at, length /= 2) {
        std::array<std::size_t, kSortLanes> start;
        for (std::size_t lane = 0; lane < kSortLanes; ++lane)
            start[lane] = lane + (randomBit() ? kSortLanes : 0);
        for (std::size_t row = 0; row < length / 2; ++row) {
            for (std::size_t lane = 0; lane < kSortLanes; ++lane)
                values[row * kSortLanes + lane] = values[row * 2 * kSortLanes + start[lane]];
        }
    }
    std::array<double, kBlock> runsOfLanes;
    double *from = runsOfLanes.data();
    double *to = values;
    mergeLanes(values, length, from);
    length *= 2;
    for (std::size_t runs = kSortLanes / 2;;) {
        if (mayHalve(length, at)) {
            for (std::size_t run = 0; run < runs; ++run) {
                const double *const source = from + run * length + (randomBit() ? 1 : 0);
                double *const kept = from + run * (length / 2);
                for (std::size_t i = 0; i < length / 2; ++i)
                    kept[i] = source[2 * i];
            }
            length /= 2;
            ++at;
        } else if (runs > 1) {
            for (std::size_t run = 0; run < runs; run += 2)
                mergeRuns(from + run * length, length, from + (run + 1) * length, length,
                          to + run * length);
            std::swap(from, to);
            runs /= 2;
            length *= 2;
        } else {
            break;
        }
    }
    if (retained() + length > m_capacity)
        compress(length);
    insertRun(at, {from, length});
}

void KllSketch::update(double value, std::uint64_t weight)
{
    if (value == value && weight > 0) {
        const WeightedValue one{value, weight};
        update(std::span(&one, 1));
    }
}

void KllSketch::update(std::span<const WeightedValue> values)
{
    if (values.empty())
        return;
    std::uint64_t total = 0;
    for (const WeightedValue &item : values)
        total += item.weight;
    if (isExact() && total <= m_capacity && retained() + total <= m_capacity) {
        for (const WeightedValue &item : values) {
            for (std::uint64_t i = 0; i < item.weight; ++i)
                update(item.value);
        }
        return;
    }
    m_n += total;
    m_min = std::min(m_min, values.front().value);
    m_max = std::max(m_max, values.back().value);
    // Levels above what so many single values would have come to would starve the lower ones of
    // capacity: what is left of a weight there goes in as copies, at most k in all.
    std::size_t top = levels() - 1;
    while (top + 1 < kMaxLevels && (m_n >> top) > m_k)
        ++top;
    while (levels() <= top)
        addLevel();
    std::vector<double> run;
    for (std::size_t at = 0; at <= top; ++at) {
        run.clear();
        for (const WeightedValue &item : values) {
            const std::uint64_t rest = item.weight >> at;
            run.insert(run.end(), static_cast<std::size_t>(at == top ? rest : rest & 1),
                       item.value);
        }
        if (!run.empty())
            insertRun(at, run);
    }
    if (retained() > m_capacity)
        compress(0);
}

/// Level by level into new space, from the top down, as they lie there. When the top level has to
/// be halved anyway, either run of it is on its own, before they are merged: half the work, and
/// each is as long as the level's capacity, as a compaction has to be. One keeps its first values
/// where the other keeps its second ones: so the errors at a rank cancel out as often as halving
/// the merged run would avoid them, and the variance is the same.
void KllSketch::joinLevels(const KllSketch &other)
{
    const std::size_t top = levels() - 1;
    const auto theirLevel = [&other](std::size_t at) {
        return at < other.levels() ? other.level(at) : std::span<const double>();
    };
    std::array<std::span<const double>, 2> runs{level(top), theirLevel(top)};
    std::array<std::span<const double>, 2> kept;
    thread_local std::array<std::vector<double>, 2> halves;
    const auto together = [&](std::size_t at) { return level(at).size() + theirLevel(at).size(); };
    std::size_t size = retained() + other.retained();
    if (top > 0 && levels() < kMaxLevels && leftWithout(top, levels(), together) > m_capacity) {
        const bool second = randomBit();
        for (std::size_t i = 0; i < 2; ++i) {
            if (runs[i].size() < m_k)
                continue;
            kept[i] = halve(runs[i], second == (i == 0), halves[i]);
            runs[i] = runs[i].first(runs[i].size() % 2); // the first of an odd count stays
            size -= kept[i].size();
        }
    }
    std::vector<double> items(size);
    std::vector<std::uint32_t> ends(levels() + (kept[0].empty() && kept[1].empty() ? 0 : 1));
    for (std::size_t at = ends.size(); at-- > 0;) {
        const auto &ofTop = at == top ? runs : kept;
        const std::span<const double> mine = at < top ? level(at) : ofTop[0];
        const std::span<const double> theirs = at < top ? theirLevel(at) : ofTop[1];
        ends[at] = static_cast<std::uint32_t>(size);
        size -= mine.size() + theirs.size();
        double *const out = items.data() + size;
        if (at == 0)
            std::copy(mine.begin(), mine.end(), std::copy(theirs.begin(), theirs.end(), out));
        else
            mergeRuns(mine.data(), mine.size(), theirs.data(), theirs.size(), out);
    }
    m_items = std::move(items);
    m_ends = std::move(ends);
    m_begin = 0;
    m_levelZeroSorted = false;
    m_capacity = kllTotalCapacity(m_k, levels());
}

void KllSketch::merge(const KllSketch &other)
{
    if (other.empty())
        return;
    if (this == &other) {
        const KllSketch copy = other;
        merge(copy);
        return;
    }
    m_n += other.m_n;
    m_min = std::min(m_min, other.m_min);
    m_max = std::max(m_max, other.m_max);
    if (!other.isExact())
        m_minK = std::min(m_minK, other.m_minK);
    while (levels() < other.levels())
        addLevel();
    if (retained() + other.retained() > m_capacity) {
        // Something will be halved. A merge tosses far fewer coins than there are bits.
        m_bits = SplitMix64(contentHash() + other.contentHash()).next();
        m_bitsLeft = 64;
    }
    joinLevels(other);
    // What has to be halved in the end is halved from the top down: so each level goes into one
    // that is nearly empty, which costs next to nothing.
    const auto sizeOf = [this](std::size_t at) { return level(at).size(); };
    for (std::size_t at = levels() - 1; at-- > 0 && retained() > m_capacity;) {
        if (level(at).size() >= kllLevelCapacity(m_k, levels(), at) &&
            leftWithout(at, levels(), sizeOf) > m_capacity)
            compactLevel(at);
    }
    if (m_items.size() > m_capacity)
        compress(0);
}

} // namespace tepal
