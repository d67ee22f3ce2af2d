/// What measures read without any drift, and how far sketch error can move them. Internal.
///
/// Everything random here is drawn once per process from fixed seeds: the same pair has the same
/// floors and bands always.
#pragma once

#include "pair.h"

#include <span>

namespace tepal::drift {

using BinnedMeasure = double (*)(std::span<const double>, std::span<const double>);

/// The 95 % null level of PSI, KL, Hellinger and JS over cells: c·χ² and its kin (drift measures,
/// §7) where cells are well filled, else of 200 seeded deals of what both sides hold together.
double binnedFloor(std::string_view key, BinnedMeasure measure, const Pair &pair,
                   std::uint64_t seed);
/// Of TVD and L∞. Where cells are well filled: over 400 draws of what the multinomial law tends to,
/// d = √c·(√p·z − p·Σ√p·z) with independent normal z, p the pooled shares; else dealt likewise.
ShareFloors shareFloors(const Pair &pair, std::uint64_t seed);
double ksFloor(const Pair &pair);
/// In units of the feature: 95th percentile of ∫|B(F(x))|·σ(F(x)) dx over 400 Brownian bridges B of
/// unit variance, F the pooled distribution, σ² = F(1−F)·(1/n + 1/m) and what the sketches add. It
/// agrees within 3 % with resampling both sizes from the pooled values, at 30 to 20,000 rows of
/// normal, lognormal, Pareto, tied and zero-inflated data.
double wassersteinFloor(const Pair &pair);
/// ∫ 2·√(F(1−F)) dx of one side: what its sketch's rank noise does to W₁.
double spreadIntegral(const KllView &view);
/// Largest share of one retained value.
double heaviestShare(const KllView &view);

struct Band
{
    double low = 0;
    double high = 0;
};
/// 2.5–97.5 % of 200 seeded draws in which every edge's cumulative share (or every category's
/// share) moves within the sketches' error. An estimate, not a guarantee.
Band simulatedBand(BinnedMeasure measure, const Pair &pair, double value, std::uint64_t seed);

/// KS distance that is found in about four of five cases: 1.30·√(1/n + 1/m) at effective sizes.
double visibleKs(const Pair &pair);
/// Any change of TVD at least this large is found by the chi-square test (level 0.05) in at least
/// four of five cases: ½·√(λ·c), λ the non-centrality at which the test has that power. For
/// Σ(p−q)²/p̄ ≥ (Σ|p−q|)² by Cauchy and Schwarz.
double visibleTotalVariation(const Pair &pair, int dof);

} // namespace tepal::drift
