#include "sort.h"

#include "multiversion.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

namespace tepal {
namespace {

#if defined(__GNUC__)
// Two doubles, which every processor takes at once. A wider type is taken apart, double by double,
// for the least of the clones before the others are made of the rest.
using Pair = double __attribute__((vector_size(2 * sizeof(double))));

TEPAL_INLINE void exchange(double *upper, double *lower)
{
    for (std::size_t lane = 0; lane < kSortLanes; lane += 2) {
        Pair a;
        Pair b;
        __builtin_memcpy(&a, upper + lane, sizeof a);
        __builtin_memcpy(&b, lower + lane, sizeof b);
        const Pair least = a < b ? a : b;
        const Pair most = a < b ? b : a;
        __builtin_memcpy(upper + lane, &least, sizeof least);
        __builtin_memcpy(lower + lane, &most, sizeof most);
    }
}

#else

TEPAL_INLINE void exchange(double *upper, double *lower)
{
    for (std::size_t lane = 0; lane < kSortLanes; ++lane) {
        const double a = upper[lane];
        const double b = lower[lane];
        upper[lane] = a < b ? a : b;
        lower[lane] = a < b ? b : a;
    }
}

#endif

} // namespace

/// Batcher's merge exchange (Knuth, TAOCP 3, 5.2.2 M): a network for any number of rows, so that
/// all lanes take the same steps and nothing branches on the data.
TEPAL_CLONES void sortLanes(double *values, std::size_t rows)
{
    if (rows < 2)
        return;
    const std::size_t top = std::bit_ceil(rows) / 2;
    for (std::size_t p = top; p > 0; p /= 2) {
        std::size_t q = top;
        std::size_t r = 0;
        std::size_t d = p;
        for (;;) {
            // The rows i with (i & p) == r come in blocks of p.
            for (std::size_t block = r; block + d < rows; block += 2 * p) {
                const std::size_t end = std::min(block + p, rows - d);
                for (std::size_t i = block; i < end; ++i)
                    exchange(values + i * kSortLanes, values + (i + d) * kSortLanes);
            }
            if (q == p)
                break;
            d = q - p;
            q /= 2;
            r = p;
        }
    }
}

namespace {

/// 1 or 0 as a number that the compiler cannot turn into a jump, which would be mispredicted every
/// other time.
TEPAL_INLINE std::size_t stepIf(bool condition)
{
    std::size_t step = condition ? 1 : 0;
#if defined(__GNUC__)
    asm("" : "+r"(step));
#endif
    return step;
}

/// Merges two lanes of `size` values, from both ends at once: two chains of
/// steps that do not wait for each other, without branches on the data.
TEPAL_INLINE void mergeNeighbours(const double *a, const double *b, std::size_t size, double *out)
{
    const double *lastA = a + (size - 1) * kSortLanes;
    const double *lastB = b + (size - 1) * kSortLanes;
    double *back = out + 2 * size - 1;
    for (std::size_t i = 0; i < size; ++i) {
        const double x = *a;
        const double y = *b;
        const std::size_t takeB = stepIf(y < x);
        *out++ = y < x ? y : x;
        a += kSortLanes - kSortLanes * takeB;
        b += kSortLanes * takeB;
        const double u = *lastA;
        const double v = *lastB;
        const std::size_t takeA = stepIf(v < u);
        *back-- = v < u ? u : v;
        lastA -= kSortLanes * takeA;
        lastB -= kSortLanes - kSortLanes * takeA;
    }
}

} // namespace

void mergeLanes(const double *values, std::size_t rows, double *out)
{
    for (std::size_t lane = 0; lane < kSortLanes; lane += 2)
        mergeNeighbours(values + lane, values + lane + 1, rows, out + lane * rows);
}

TEPAL_CLONES bool scanRange(const double *values, std::size_t size, double &min, double &max)
{
    double least[kSortLanes];
    double most[kSortLanes];
    bool ordered[kSortLanes];
    for (std::size_t lane = 0; lane < kSortLanes; ++lane) {
        least[lane] = most[lane] = values[lane];
        ordered[lane] = true;
    }
    for (std::size_t i = 0; i < size; i += kSortLanes) {
        for (std::size_t lane = 0; lane < kSortLanes; ++lane) {
            const double value = values[i + lane];
            least[lane] = value < least[lane] ? value : least[lane];
            most[lane] = value > most[lane] ? value : most[lane];
            ordered[lane] &= value == value;
        }
    }
    if (!std::all_of(ordered, ordered + kSortLanes, [](bool fine) { return fine; }))
        return false;
    min = std::min(min, *std::min_element(least, least + kSortLanes));
    max = std::max(max, *std::max_element(most, most + kSortLanes));
    return true;
}

namespace {

/// A part of a merge that is worked on from both ends: two chains of steps that do not wait for
/// each other. Values of `a` come first among equals.
struct TwoEnded
{
    const double *a;
    const double *b;
    const double *lastA;
    const double *lastB;
    double *out;
    double *back;

    TEPAL_INLINE TwoEnded(const double *runA, std::size_t sizeA, const double *runB,
                          std::size_t sizeB, double *to)
        : a(runA)
        , b(runB)
        , lastA(runA + sizeA - 1)
        , lastB(runB + sizeB - 1)
        , out(to)
        , back(to + sizeA + sizeB)
    {}
    /// So many steps are safe: neither run can end on the way.
    TEPAL_INLINE std::ptrdiff_t safeSteps() const
    {
        return std::min(lastA + 1 - a, lastB + 1 - b) / 2;
    }
    TEPAL_INLINE void step()
    {
        const double x = *a;
        const double y = *b;
        const std::size_t takeB = stepIf(y < x);
        *out++ = y < x ? y : x;
        a += 1 - takeB;
        b += takeB;
        const double u = *lastA;
        const double v = *lastB;
        const std::size_t takeA = stepIf(v < u);
        *--back = v < u ? u : v;
        lastA -= takeA;
        lastB -= 1 - takeA;
    }
    TEPAL_INLINE void finish()
    {
        for (std::ptrdiff_t steps = safeSteps(); steps > 0; steps = safeSteps()) {
            for (; steps > 0; --steps)
                step();
        }
        std::merge(a, lastA + 1, b, lastB + 1, out);
    }
};

/// How many of the first `size` values of the merged run come from `a`.
std::size_t shareOfA(const double *a, std::size_t sizeA, const double *b, std::size_t sizeB,
                     std::size_t size)
{
    std::size_t low = size > sizeB ? size - sizeB : 0;
    std::size_t high = std::min(size, sizeA);
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (b[size - middle - 1] >= a[middle])
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

} // namespace

/// Without branches on the data. Long runs in two halves, so that four chains run side by side.
void mergeRuns(const double *a, std::size_t sizeA, const double *b, std::size_t sizeB, double *out)
{
    if (sizeA == 0 || sizeB == 0) {
        std::merge(a, a + sizeA, b, b + sizeB, out);
        return;
    }
    if (std::min(sizeA, sizeB) < 4 * kSortLanes) {
        TwoEnded(a, sizeA, b, sizeB, out).finish();
        return;
    }
    const std::size_t half = (sizeA + sizeB) / 2;
    const std::size_t halfA = shareOfA(a, sizeA, b, sizeB, half);
    const std::size_t halfB = half - halfA;
    TwoEnded lower(a, halfA, b, halfB, out);
    TwoEnded upper(a + halfA, sizeA - halfA, b + halfB, sizeB - halfB, out + half);
    for (auto steps = std::min(lower.safeSteps(), upper.safeSteps()); steps > 0;
         steps = std::min(lower.safeSteps(), upper.safeSteps())) {
        for (; steps > 0; --steps) {
            lower.step();
            upper.step();
        }
    }
    lower.finish();
    upper.finish();
}

void sortDoubles(double *values, std::size_t size, double *scratch)
{
    if (size <= 2 * kSortLanes) {
        for (std::size_t i = 1; i < size; ++i) {
            const double value = values[i];
            std::size_t at = i;
            for (; at > 0 && value < values[at - 1]; --at)
                values[at] = values[at - 1];
            values[at] = value;
        }
        return;
    }
    // Eight runs side by side, the last row filled up with what sorts to the end.
    const std::size_t rows = (size + kSortLanes - 1) / kSortLanes;
    std::copy(values, values + size, scratch);
    std::fill(scratch + size, scratch + rows * kSortLanes, std::numeric_limits<double>::infinity());
    sortLanes(scratch, rows);
    // Three rounds of merging; the first takes the lanes apart. The last leaves the filling out.
    thread_local std::vector<double> first;
    first.resize(2 * rows * kSortLanes);
    double *const pairs = first.data();
    double *const fours = first.data() + rows * kSortLanes;
    mergeLanes(scratch, rows, pairs);
    for (std::size_t pair = 0; pair < 4; pair += 2)
        mergeRuns(pairs + pair * 2 * rows, 2 * rows, pairs + (pair + 1) * 2 * rows, 2 * rows,
                  fours + pair * 2 * rows);
    mergeRuns(fours, 4 * rows, fours + 4 * rows, 4 * rows, scratch);
    std::copy(scratch, scratch + size, values);
}

} // namespace tepal
