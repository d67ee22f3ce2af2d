#include "kd_tree.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace tepal {
namespace {

/// Order by (value, row): a total order, so equal values are no special case.
struct Less
{
    const double *values;
    std::size_t stride;

    bool operator()(std::uint32_t a, std::uint32_t b) const
    {
        const double x = values[a * stride];
        const double y = values[b * stride];
        return x == y ? a < b : x < y;
    }
};

using Rows = std::span<std::uint32_t>;

/// Swaps the median of rows[1], the middle and the last one to the front.
void medianToFront(Rows rows, const Less &less)
{
    const std::size_t a = 1;
    const std::size_t b = rows.size() / 2;
    const std::size_t c = rows.size() - 1;
    std::size_t median = 0;
    if (less(rows[a], rows[b]))
        median = less(rows[b], rows[c]) ? b : less(rows[a], rows[c]) ? c : a;
    else
        median = less(rows[a], rows[c]) ? a : less(rows[b], rows[c]) ? c : b;
    std::swap(rows[0], rows[median]);
}

/// Hoare's partition of everything after the pivot at the front; where the upper part begins.
std::size_t partition(Rows rows, const Less &less)
{
    const std::uint32_t pivot = rows[0];
    std::size_t low = 1;
    std::size_t high = rows.size();
    for (;;) {
        while (less(rows[low], pivot))
            ++low;
        --high;
        while (less(pivot, rows[high]))
            --high;
        if (low >= high)
            return low;
        std::swap(rows[low], rows[high]);
        ++low;
    }
}

void insertionSort(Rows rows, const Less &less)
{
    for (std::size_t i = 1; i < rows.size(); ++i) {
        for (std::size_t j = i; j > 0 && less(rows[j], rows[j - 1]); --j)
            std::swap(rows[j], rows[j - 1]);
    }
}

} // namespace

void selectNth(Rows order, std::size_t nth, const double *values, std::size_t stride)
{
    const Less less{values, stride};
    std::size_t budget = 2 * (std::bit_width(order.size()) - 1);
    while (order.size() > 3) {
        if (budget-- == 0) {
            // Only data made for it gets here. Right halves, but the arrangement within them is the
            // platform's.
            std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(nth),
                             order.end(), less);
            return;
        }
        medianToFront(order, less);
        const std::size_t cut = partition(order, less);
        if (cut <= nth) {
            order = order.subspan(cut);
            nth -= cut;
        } else {
            order = order.first(cut);
        }
    }
    insertionSort(order, less);
}

void NeighbourHeap::push(double distance, std::uint32_t row)
{
    assert(distance < m_distances[0]);
    const std::size_t size = m_distances.size();
    std::size_t at = 0;
    for (;;) {
        const std::size_t left = 2 * at + 1;
        const std::size_t right = left + 1;
        if (left >= size)
            break;
        const std::size_t child =
            right >= size || m_distances[left] >= m_distances[right] ? left : right;
        if (!(distance < m_distances[child]))
            break;
        m_distances[at] = m_distances[child];
        m_rows[at] = m_rows[child];
        at = child;
    }
    m_distances[at] = distance;
    m_rows[at] = row;
}

} // namespace tepal
