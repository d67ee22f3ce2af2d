/// What measures read without any drift, and how far sketch error can move them. Internal.
#pragma once

#include "pair.h"

#include <functional>
#include <span>

namespace tepal::drift {

using BinnedMeasure = double (*)(std::span<const double>, std::span<const double>);

/// The 95 % null level of a measure over cells. Closed forms (c·χ² and its kin) where cells are
/// well filled, else 500 seeded multinomial draws from the pooled shares.
double binnedFloor(const std::string &key, BinnedMeasure measure, const Pair &pair,
                   std::uint64_t seed);
double ksFloor(const Pair &pair);
/// In units of the feature: 1.7 × the mean √(2/π)·√c·∫√(F(1−F)).
double wassersteinFloor(const Pair &pair);

struct Band
{
    double low = 0;
    double high = 0;
};
/// 2.5–97.5 % of 200 seeded draws in which every edge's cumulative share (or every category's
/// share) moves within the sketches' error. An estimate, not a guarantee.
Band simulatedBand(BinnedMeasure measure, const Pair &pair, double value, std::uint64_t seed);

} // namespace tepal::drift
