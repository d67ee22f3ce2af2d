/// From measures to a verdict and its words. Internal.
#pragma once

#include "pair.h"

#include <vector>

namespace tepal::drift {

ShareDrift missingDrift(const ColumnProfile &reference, const ColumnProfile &target);
ShareDrift foreignDrift(const ColumnProfile &reference, const ColumnProfile &target);
/// By effect and adjusted p.
void decideShare(ShareDrift &drift, double alpha);

/// What a verdict on the values needs of their pair.
struct Sizes
{
    double n = 0;
    double m = 0;
};

/// Verdict, cause and reason of a column whose measures and adjusted p are there.
void decide(ColumnDrift &drift, double alpha, const Sizes &sizes);

/// Adjusts every p of a comparison that is not NaN, in place.
void adjust(std::vector<double *> &p, Adjust how);

} // namespace tepal::drift
