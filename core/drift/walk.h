/// Two sorted views, walked together. Internal.
#pragma once

#include <tepal/drift/measures.h>
#include <tepal/sketch/kll.h>

#include <vector>

namespace tepal::drift {

/// The values of both views in ascending order, and beside each the weights of the values up to it
/// on both sides. Of equal values only the last one's weights are those of values ≤ x; before it
/// lies no room, so that an integral over x needs not look.
struct PooledValues
{
    std::vector<double> x;
    std::vector<double> reference;
    std::vector<double> target;
    double n = 0; ///< All weight of the reference …
    double m = 0; ///< … and of the target.
};

PooledValues pool(const KllView &reference, const KllView &target);
/// Both must have had values.
Gap distributionGap(const PooledValues &pooled);

} // namespace tepal::drift
