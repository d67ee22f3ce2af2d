/// Sorting and merging of doubles, the hot part of the KLL sketch. Internal to the room.
#pragma once

#include <cstddef>

namespace tepal {

/// Columns that are sorted side by side: a row of eight doubles is one AVX-512 register, two of
/// AVX2, four of SSE2 or NEON.
inline constexpr std::size_t kSortLanes = 8;

/// Sorts every lane of `rows` rows of eight doubles on its own: lane c is values[c], values[c+8],
/// …. No NaN.
void sortLanes(double *values, std::size_t rows);

/// Sorts; no NaN. `scratch` has room for `size` rounded up to eight, as has `values` only `size`.
void sortDoubles(double *values, std::size_t size, double *scratch);

/// Merges the sorted lanes 0 and 1, 2 and 3, … of `rows` rows into four runs of 2·rows each.
void mergeLanes(const double *values, std::size_t rows, double *out);

/// Widens min and max to what is among the values; false, with min and max as they were, when one
/// of them is NaN. `size` is a multiple of eight.
bool scanRange(const double *values, std::size_t size, double &min, double &max);

/// Merges two sorted runs of any length into `out`, which overlaps neither. Elements of `a` come
/// first among equals.
void mergeRuns(const double *a, std::size_t sizeA, const double *b, std::size_t sizeB, double *out);

} // namespace tepal
