/// Pieces of the KD-tree whose exact behaviour decides which of several equally distant points win.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace tepal {

/// Rearranges `order` so that position `nth` holds what it would hold after sorting by
/// (value, index), smaller ones before it and larger ones after it. Quickselect with the median of
/// the second, middle and last element as pivot, moved to the front, and insertion sort for three
/// or fewer elements: the arrangement within the two halves is then the one that a tree built with
/// GCC's standard library has, on every platform.
void selectNth(std::span<std::uint32_t> order, std::size_t nth, const double *values,
               std::size_t stride);

/// The k smallest distances seen, largest on top. Starts full of (infinity, row 0), so that a point
/// at infinite distance never enters.
class NeighbourHeap
{
public:
    explicit NeighbourHeap(std::size_t k)
        : m_distances(k, std::numeric_limits<double>::infinity())
        , m_rows(k, 0)
    {}
    void reset(std::size_t k)
    {
        m_distances.assign(k, std::numeric_limits<double>::infinity());
        m_rows.assign(k, 0);
    }
    double largest() const { return m_distances[0]; }
    /// Takes the place of the largest one, which must be larger (so an equal or infinite distance
    /// never enters).
    void push(double distance, std::uint32_t row);
    std::span<const double> distances() const { return m_distances; }
    std::span<const std::uint32_t> rows() const { return m_rows; }

private:
    std::vector<double> m_distances;
    std::vector<std::uint32_t> m_rows;
};

} // namespace tepal
