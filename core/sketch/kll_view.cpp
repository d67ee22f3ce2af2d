// Answers from a sketch: its retained values in order, and quantiles without putting them in order.

#include "sort.h"

#include <tepal/sketch/kll.h>

#include <algorithm>
#include <cassert>
#include <limits>

namespace tepal {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Values in order with the level that each came from.
struct Merged
{
    std::vector<double> values;
    std::vector<std::uint8_t> levels;
    std::size_t size = 0;

    explicit Merged(std::size_t capacity)
        : values(capacity)
        , levels(capacity)
    {}
};

/// `from` and one more level into `to`; lower levels come first among equals.
void mergeLevel(const Merged &from, std::span<const double> values, std::uint8_t level, Merged &to)
{
    const double *a = from.values.data();
    const std::uint8_t *levelOfA = from.levels.data();
    const double *const endA = a + from.size;
    const double *b = values.data();
    const double *const endB = b + values.size();
    double *out = to.values.data();
    std::uint8_t *levelOut = to.levels.data();
    while (a != endA && b != endB) {
        const double x = *a;
        const double y = *b;
        const bool takeB = y < x;
        *out++ = takeB ? y : x;
        *levelOut++ = takeB ? level : *levelOfA;
        a += takeB ? 0 : 1;
        levelOfA += takeB ? 0 : 1;
        b += takeB ? 1 : 0;
    }
    out = std::copy(a, endA, out);
    levelOut = std::copy_n(levelOfA, endA - a, levelOut);
    std::copy(b, endB, out);
    std::fill_n(levelOut, endB - b, level);
    to.size = from.size + values.size();
}

} // namespace

std::vector<double> KllSketch::sortedLevelZero() const
{
    const std::span<const double> zero = level(0);
    std::vector<double> sorted(zero.begin(), zero.end());
    if (!m_levelZeroSorted) {
        std::vector<double> scratch(sorted.size() + kSortLanes);
        sortDoubles(sorted.data(), sorted.size(), scratch.data());
    }
    return sorted;
}

KllView KllSketch::view() const
{
    KllView view;
    view.n = m_n;
    view.min = min();
    view.max = max();
    Merged merged(retained());
    Merged next(levels() > 1 ? retained() : 0);
    mergeLevel(next, sortedLevelZero(), 0, merged);
    for (std::size_t at = 1; at < levels(); ++at) {
        if (level(at).empty())
            continue;
        mergeLevel(merged, level(at), static_cast<std::uint8_t>(at), next);
        std::swap(merged, next);
    }
    view.values = std::move(merged.values);
    view.cumulative.resize(view.values.size());
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < view.cumulative.size(); ++i) {
        total += std::uint64_t{1} << merged.levels[i];
        view.cumulative[i] = total;
    }
    return view;
}

namespace {

/// One level in the search for a quantile: what lies before `low` is too small, the answer is not
/// above `high`.
struct Window
{
    std::span<const double> values;
    std::uint64_t weight = 1;
    std::size_t low = 0;
    std::size_t high = 0;
    std::size_t below = 0; ///< Values smaller than the pivot.
    std::size_t upTo = 0;  ///< Values not larger than the pivot.
};

/// True when the entries up to and with `pivot` include one whose preceding weight is at least
/// `weight`. Notes where the pivot stands in every level.
bool reaches(std::vector<Window> &windows, double pivot, std::uint64_t weight)
{
    std::uint64_t total = 0;
    std::uint64_t last = 0;
    for (Window &window : windows) {
        const auto begin = window.values.begin();
        const auto low = begin + static_cast<std::ptrdiff_t>(window.low);
        const auto high = begin + static_cast<std::ptrdiff_t>(window.high);
        const auto below = std::lower_bound(low, high, pivot);
        const auto upTo = std::upper_bound(below, high, pivot);
        window.below = static_cast<std::size_t>(below - begin);
        window.upTo = static_cast<std::size_t>(upTo - begin);
        total += window.upTo * window.weight;
        // Equal values lie in order of their levels: the last of them precedes nothing of its own.
        if (window.upTo > window.below)
            last = window.weight;
    }
    return total - last >= weight;
}

/// "The first entry whose preceding weight is at least `weight`", by bisection over all levels at
/// once: the pivot is the middle of the longest window. `last` if there is none.
double findByWeight(std::vector<Window> windows, std::uint64_t weight, double last)
{
    double answer = last;
    for (;;) {
        const auto longest =
            std::max_element(windows.begin(), windows.end(), [](const Window &a, const Window &b) {
                return a.high - a.low < b.high - b.low;
            });
        if (longest->low == longest->high)
            return answer;
        const double pivot = longest->values[longest->low + (longest->high - longest->low) / 2];
        const bool enough = reaches(windows, pivot, weight);
        if (enough)
            answer = pivot;
        for (Window &window : windows) {
            if (enough)
                window.high = window.below;
            else
                window.low = window.upTo;
        }
    }
}

} // namespace

double KllSketch::quantile(double rank) const
{
    return quantiles({&rank, 1}).front();
}

std::vector<double> KllSketch::quantiles(std::span<const double> ranks) const
{
    std::vector<double> answers;
    answers.reserve(ranks.size());
    if (empty()) {
        answers.assign(ranks.size(), kNaN);
        return answers;
    }
    const std::vector<double> zero = sortedLevelZero();
    std::vector<Window> windows;
    windows.reserve(levels());
    double largest = m_min;
    for (std::size_t at = 0; at < levels(); ++at) {
        const std::span<const double> values = at == 0 ? std::span(zero) : level(at);
        if (values.empty())
            continue;
        windows.push_back({values, std::uint64_t{1} << at, 0, values.size()});
        largest = std::max(largest, values.back());
    }
    for (const double rank : ranks) {
        assert(rank >= 0 && rank <= 1);
        const auto weight = static_cast<std::uint64_t>(rank * static_cast<double>(m_n));
        answers.push_back(rank <= 0   ? m_min
                          : rank >= 1 ? m_max
                                      : findByWeight(windows, weight, largest));
    }
    return answers;
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
