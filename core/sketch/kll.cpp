#include <tepal/sketch/kll.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace tepal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// compress() makes room for k/kRoomShare values.
constexpr int kRoomShare = 32;

/// round(k·(2/3)^depth) in integers, as the format prescribes it; depth ≤ 30.
std::uint32_t shrink(std::uint32_t k, std::size_t depth)
{
    std::uint64_t power = 1;
    for (std::size_t i = 0; i < depth; ++i)
        power *= 3;
    const std::uint64_t doubled = static_cast<std::uint64_t>(k) << 1;
    return static_cast<std::uint32_t>((((doubled << depth) / power) + 1) >> 1);
}

std::uint64_t seedFrom(std::uint64_t seed)
{
    if (seed != 0)
        return seed;
    // One system call for the process; the golden-ratio step keeps the sketches' streams apart.
    static const std::uint64_t processSeed = systemEntropy();
    thread_local std::uint64_t counter = systemEntropy();
    counter += 0x9E3779B97F4A7C15ull;
    return processSeed ^ counter;
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
    , m_levels(1)
    , m_random(seedFrom(seed))
{
    assert(k >= kMinLevelWidth);
}

double KllSketch::min() const
{
    return empty() ? kNaN : m_min;
}

double KllSketch::max() const
{
    return empty() ? kNaN : m_max;
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

bool KllSketch::randomBit()
{
    if (m_bitsLeft == 0) {
        m_bits = m_random.next();
        m_bitsLeft = 64;
    }
    --m_bitsLeft;
    const bool bit = (m_bits & 1) != 0;
    m_bits >>= 1;
    return bit;
}

void KllSketch::addLevel()
{
    m_levels.emplace_back();
    m_capacity = kllTotalCapacity(m_k, m_levels.size());
}

/// Halves a level: sorts it, keeps every second value from a random start, and merges those, now of
/// twice the weight, into the level above. With an odd count the first value stays behind, so that
/// the weights always add up to n.
void KllSketch::compactLevel(std::size_t level)
{
    if (level + 1 == m_levels.size())
        addLevel();
    std::vector<double> &below = m_levels[level];
    std::vector<double> &above = m_levels[level + 1];
    if (level == 0 && !m_levelZeroSorted)
        std::sort(below.begin(), below.end());
    const std::size_t odd = below.size() & 1;
    const std::size_t half = below.size() / 2;
    const std::size_t offset = odd + (randomBit() ? 1 : 0);

    // Merge from the back, in place: `above` grows by `half` and is filled from its end.
    std::size_t a = above.size();
    std::size_t b = half;
    above.resize(a + half);
    std::size_t out = above.size();
    while (b > 0) {
        const double candidate = below[offset + 2 * (b - 1)];
        if (a > 0 && above[a - 1] > candidate) {
            above[--out] = above[--a];
        } else {
            above[--out] = candidate;
            --b;
        }
    }
    below.resize(odd);
    m_retained -= half;
}

/// Makes room. Holding on to values is what keeps the error small, so only the lowest level that is
/// over its capacity is halved, and again only until a batch of new values fits.
void KllSketch::compress()
{
    const std::size_t room = std::max<std::size_t>(1, m_k / kRoomShare);
    // A new level brings capacity of its own, so m_capacity changes inside the loop.
    while (m_retained + room > m_capacity) {
        std::size_t level = 0;
        while (m_levels[level].size() < 2 ||
               m_levels[level].size() < kllLevelCapacity(m_k, m_levels.size(), level)) {
            if (++level == m_levels.size()) {
                // Full without a level over its capacity: cannot be with room of one, can with
                // more.
                level = fullestLevel();
                break;
            }
        }
        compactLevel(level);
    }
    m_levelZeroSorted = false;
}

std::size_t KllSketch::fullestLevel() const
{
    std::size_t best = 0;
    double most = 0;
    for (std::size_t level = 0; level < m_levels.size(); ++level) {
        const double fill = static_cast<double>(m_levels[level].size()) /
                            kllLevelCapacity(m_k, m_levels.size(), level);
        if (m_levels[level].size() >= 2 && fill > most) {
            most = fill;
            best = level;
        }
    }
    return best;
}

void KllSketch::update(std::span<const double> values)
{
    for (const double value : values)
        update(value);
}

void KllSketch::update(double value, std::uint64_t weight)
{
    if (value != value || weight == 0)
        return;
    if (weight == 1) {
        update(value);
        return;
    }
    if (m_levels.size() == 1 && m_retained + weight <= m_capacity) {
        // Stay exact as long as all copies fit.
        for (std::uint64_t i = 0; i < weight; ++i)
            update(value);
        return;
    }
    m_n += weight;
    m_min = std::min(m_min, value);
    m_max = std::max(m_max, value);
    for (std::uint64_t rest = weight; rest != 0; rest &= rest - 1) {
        const auto level = static_cast<std::size_t>(std::countr_zero(rest));
        while (m_levels.size() <= level)
            addLevel();
        std::vector<double> &values = m_levels[level];
        if (level == 0)
            values.push_back(value);
        else
            values.insert(std::upper_bound(values.begin(), values.end(), value), value);
        ++m_retained;
    }
    m_levelZeroSorted = false;
    if (m_retained > m_capacity)
        compress();
}

void KllSketch::merge(const KllSketch &other)
{
    if (other.empty())
        return;
    m_n += other.m_n;
    m_min = std::min(m_min, other.m_min);
    m_max = std::max(m_max, other.m_max);
    if (!other.isExact())
        m_minK = std::min(m_minK, other.m_minK);
    while (m_levels.size() < other.m_levels.size())
        addLevel();
    for (std::size_t level = 0; level < other.m_levels.size(); ++level) {
        const std::vector<double> &from = other.m_levels[level];
        std::vector<double> &to = m_levels[level];
        const auto middle = static_cast<std::ptrdiff_t>(to.size());
        to.insert(to.end(), from.begin(), from.end());
        if (level > 0)
            std::inplace_merge(to.begin(), to.begin() + middle, to.end());
        m_retained += from.size();
    }
    m_levelZeroSorted = false;
    if (m_retained > m_capacity)
        compress();
}

KllView KllSketch::view() const
{
    KllView view;
    view.n = m_n;
    view.min = min();
    view.max = max();
    std::vector<std::pair<double, std::uint64_t>> all;
    all.reserve(m_retained);
    for (std::size_t level = 0; level < m_levels.size(); ++level) {
        const std::size_t begin = all.size();
        for (const double value : m_levels[level])
            all.emplace_back(value, std::uint64_t{1} << level);
        const auto first = all.begin();
        const auto middle = first + static_cast<std::ptrdiff_t>(begin);
        const auto byValue = [](const auto &a, const auto &b) { return a.first < b.first; };
        if (level == 0)
            std::sort(middle, all.end(), byValue);
        std::inplace_merge(first, middle, all.end(), byValue);
    }
    view.values.reserve(all.size());
    view.cumulative.reserve(all.size());
    std::uint64_t total = 0;
    for (const auto &[value, weight] : all) {
        total += weight;
        view.values.push_back(value);
        view.cumulative.push_back(total);
    }
    return view;
}

double KllView::quantile(double rank) const
{
    assert(rank >= 0 && rank <= 1);
    if (n == 0)
        return kNaN;
    if (rank <= 0)
        return min;
    if (rank >= 1)
        return max;
    const auto weight = static_cast<std::uint64_t>(rank * static_cast<double>(n));
    // The weight before entry i is cumulative[i-1] (0 for the first); find the first that is ≥
    // weight.
    if (weight == 0)
        return values.front();
    const auto it = std::lower_bound(cumulative.begin(), cumulative.end(), weight);
    const auto index = static_cast<std::size_t>(it - cumulative.begin()) + 1;
    return values[std::min(index, values.size() - 1)];
}

std::uint64_t KllView::weightBelow(double x) const
{
    const auto it = std::lower_bound(values.begin(), values.end(), x);
    const auto index = static_cast<std::size_t>(it - values.begin());
    return index == 0 ? 0 : cumulative[index - 1];
}

double KllView::rank(double x) const
{
    if (n == 0)
        return kNaN;
    return static_cast<double>(weightBelow(x)) / static_cast<double>(n);
}

std::vector<double> KllView::pmf(std::span<const double> splits) const
{
    std::vector<double> masses;
    masses.reserve(splits.size() + 1);
    std::uint64_t before = 0;
    for (const double split : splits) {
        const std::uint64_t below = weightBelow(split);
        masses.push_back(n == 0 ? 0 : static_cast<double>(below - before) / static_cast<double>(n));
        before = below;
    }
    masses.push_back(n == 0 ? 0 : static_cast<double>(n - before) / static_cast<double>(n));
    return masses;
}

} // namespace tepal
