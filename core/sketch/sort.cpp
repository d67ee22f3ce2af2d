#include "sort.h"

#include "multiversion.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

namespace tepal {
namespace {

#if defined(__GNUC__)
#define TEPAL_VECTOR_MERGE 1

using Row = double __attribute__((vector_size(kSortLanes * sizeof(double))));

TEPAL_INLINE void exchange(double *upper, double *lower)
{
    Row a;
    Row b;
    __builtin_memcpy(&a, upper, sizeof a);
    __builtin_memcpy(&b, lower, sizeof b);
    const Row least = a < b ? a : b;
    const Row most = a < b ? b : a;
    __builtin_memcpy(upper, &least, sizeof least);
    __builtin_memcpy(lower, &most, sizeof most);
}

/// Sorts a row that rises and then falls, or the other way round (Batcher's bitonic merge).
TEPAL_INLINE void sortBitonic(Row &row)
{
    Row other = __builtin_shufflevector(row, row, 4, 5, 6, 7, 0, 1, 2, 3);
    Row least = row < other ? row : other;
    Row most = other < row ? row : other;
    row = __builtin_shufflevector(least, most, 0, 1, 2, 3, 12, 13, 14, 15);
    other = __builtin_shufflevector(row, row, 2, 3, 0, 1, 6, 7, 4, 5);
    least = row < other ? row : other;
    most = other < row ? row : other;
    row = __builtin_shufflevector(least, most, 0, 1, 10, 11, 4, 5, 14, 15);
    other = __builtin_shufflevector(row, row, 1, 0, 3, 2, 5, 4, 7, 6);
    least = row < other ? row : other;
    most = other < row ? row : other;
    row = __builtin_shufflevector(least, most, 0, 9, 2, 11, 4, 13, 6, 15);
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

/// Without branches on the data and from both ends at once, as far as neither run can end on the
/// way; then as far again.
void mergeShort(const double *a, std::size_t sizeA, const double *b, std::size_t sizeB, double *out)
{
    double *back = out + sizeA + sizeB;
    while (std::min(sizeA, sizeB) >= 2) {
        const std::size_t steps = std::min(sizeA, sizeB) / 2;
        const double *lastA = a + sizeA - 1;
        const double *lastB = b + sizeB - 1;
        for (std::size_t i = 0; i < steps; ++i) {
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
        sizeA = static_cast<std::size_t>(lastA + 1 - a);
        sizeB = static_cast<std::size_t>(lastB + 1 - b);
    }
    std::merge(a, a + sizeA, b, b + sizeB, out);
}

} // namespace

#if TEPAL_VECTOR_MERGE

namespace {

/// Two runs on their way into one, eight values at a time: of the eight that are carried and the
/// eight that come next from the run with the smaller head, the smaller eight go out and the others
/// are carried on.
struct VectorMerge
{
    const double *a;
    const double *b;
    const double *endA;
    const double *endB;
    double *out;
    Row carried;

    TEPAL_INLINE VectorMerge(const double *runA, std::size_t sizeA, const double *runB,
                             std::size_t sizeB, double *to)
        : a(runA + kSortLanes)
        , b(runB)
        , endA(runA + sizeA)
        , endB(runB + sizeB)
        , out(to)
    {
        __builtin_memcpy(&carried, runA, sizeof carried);
    }
    TEPAL_INLINE bool canStep() const { return a + kSortLanes <= endA && b + kSortLanes <= endB; }
    TEPAL_INLINE void step()
    {
        const std::size_t takeB = stepIf(*b < *a);
        const double *const from = takeB != 0 ? b : a;
        a += kSortLanes - kSortLanes * takeB;
        b += kSortLanes * takeB;
        Row next;
        __builtin_memcpy(&next, from, sizeof next);
        next = __builtin_shufflevector(next, next, 7, 6, 5, 4, 3, 2, 1, 0);
        Row least = carried < next ? carried : next;
        carried = next < carried ? carried : next;
        sortBitonic(least);
        sortBitonic(carried);
        __builtin_memcpy(out, &least, sizeof least);
        out += kSortLanes;
    }
    /// One run has fewer than eight left: they and the carried ones, then the rest of the other.
    TEPAL_INLINE void finish()
    {
        while (canStep())
            step();
        double rest[2 * kSortLanes];
        double head[kSortLanes];
        __builtin_memcpy(head, &carried, sizeof head);
        const bool restOfA = a + kSortLanes > endA;
        double *const restEnd =
            std::merge(head, head + kSortLanes, restOfA ? a : b, restOfA ? endA : endB, rest);
        std::merge(restOfA ? b : a, restOfA ? endB : endA, rest, restEnd, out);
    }
};

} // namespace

TEPAL_CLONES void mergeRuns(const double *a, std::size_t sizeA, const double *b, std::size_t sizeB,
                            double *out)
{
    if (sizeA < 2 * kSortLanes || sizeB < 2 * kSortLanes) {
        mergeShort(a, sizeA, b, sizeB, out);
        return;
    }
    // Lower and upper half on their own: two chains of steps that do not wait for each other.
    const std::size_t halfA = sizeA / 2;
    const auto halfB = static_cast<std::size_t>(std::lower_bound(b, b + sizeB, a[halfA]) - b);
    if (halfB < kSortLanes || sizeB - halfB < kSortLanes) {
        VectorMerge(a, sizeA, b, sizeB, out).finish();
        return;
    }
    VectorMerge lower(a, halfA, b, halfB, out);
    VectorMerge upper(a + halfA, sizeA - halfA, b + halfB, sizeB - halfB, out + halfA + halfB);
    while (lower.canStep() && upper.canStep()) {
        lower.step();
        upper.step();
    }
    lower.finish();
    upper.finish();
}

#else

void mergeRuns(const double *a, std::size_t sizeA, const double *b, std::size_t sizeB, double *out)
{
    mergeShort(a, sizeA, b, sizeB, out);
}

#endif

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
