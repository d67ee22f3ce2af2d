/// Two sorted views, walked together. Internal.
#pragma once

#include <tepal/sketch/kll.h>

#include <limits>

namespace tepal::drift {

/// Calls visit(x, a, b) for every different value x of either view in ascending order, with the
/// weights of values ≤ x on both sides. Ties are taken together.
template <typename Visit>
void walkTogether(const KllView &a, const KllView &b, Visit visit)
{
    constexpr double kEnd = std::numeric_limits<double>::infinity();
    const std::size_t sizeA = a.values.size();
    const std::size_t sizeB = b.values.size();
    std::size_t i = 0;
    std::size_t j = 0;
    double weightA = 0;
    double weightB = 0;
    while (i < sizeA || j < sizeB) {
        const double nextA = i < sizeA ? a.values[i] : kEnd;
        const double nextB = j < sizeB ? b.values[j] : kEnd;
        const double x = nextA < nextB ? nextA : nextB;
        std::size_t lastA = i;
        while (lastA < sizeA && a.values[lastA] <= x)
            ++lastA;
        std::size_t lastB = j;
        while (lastB < sizeB && b.values[lastB] <= x)
            ++lastB;
        if (lastA > i)
            weightA = static_cast<double>(a.cumulative[lastA - 1]);
        if (lastB > j)
            weightB = static_cast<double>(b.cumulative[lastB - 1]);
        i = lastA;
        j = lastB;
        visit(x, weightA, weightB);
    }
}

} // namespace tepal::drift
