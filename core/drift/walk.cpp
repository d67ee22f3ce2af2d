#include "walk.h"

#include <cmath>
#include <cstdint>

namespace tepal::drift {

PooledValues pool(const KllView &reference, const KllView &target)
{
    const std::size_t sizeR = reference.values.size();
    const std::size_t sizeT = target.values.size();
    PooledValues pooled;
    pooled.n = static_cast<double>(reference.n);
    pooled.m = static_cast<double>(target.n);
    for (std::vector<double> *each : {&pooled.x, &pooled.reference, &pooled.target})
        each->resize(sizeR + sizeT);
    std::size_t r = 0;
    std::size_t t = 0;
    std::uint64_t before[2]{};
    const auto put = [&](double x) {
        pooled.x[r + t] = x;
        pooled.reference[r + t] = static_cast<double>(before[0]);
        pooled.target[r + t] = static_cast<double>(before[1]);
    };
    // Which side comes next is anybody's guess, a processor's too: chosen by index, not by a
    // branch.
    const double *const values[2]{reference.values.data(), target.values.data()};
    const std::uint64_t *const weights[2]{reference.cumulative.data(), target.cumulative.data()};
    while (r < sizeR && t < sizeT) {
        const std::size_t side = values[1][t] < values[0][r] ? 1 : 0;
        const std::size_t at = side == 1 ? t : r;
        before[side] = weights[side][at];
        put(values[side][at]);
        r += 1 - side;
        t += side;
    }
    for (; r < sizeR; ++r) {
        before[0] = weights[0][r];
        put(values[0][r]);
    }
    for (; t < sizeT; ++t) {
        before[1] = weights[1][t];
        put(values[1][t]);
    }
    return pooled;
}

Gap distributionGap(const PooledValues &pooled)
{
    Gap result;
    result.ksX = pooled.x.front();
    // At the last value both have all their weight: no gap is left.
    for (std::size_t i = 0; i + 1 < pooled.x.size(); ++i) {
        const double room = pooled.x[i + 1] - pooled.x[i];
        const double gap = std::abs(pooled.reference[i] / pooled.n - pooled.target[i] / pooled.m);
        // Equal values count together; and the room may be infinite where there is no gap.
        if (!(room > 0) || !(gap > 0))
            continue;
        result.area += gap * room;
        if (gap > result.ks) {
            result.ks = gap;
            result.ksX = pooled.x[i];
        }
    }
    return result;
}

} // namespace tepal::drift
