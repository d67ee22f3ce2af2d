/// Distances between two distributions. Pure, thread-safe.
///
/// R is the reference (n values), T the target (m values). Shares and counts of both sides run over
/// the same bins or categories. Logarithms: natural for PSI and KL, base 2 for Jensen-Shannon.
#pragma once

#include <tepal/sketch/kll.h>

#include <cstdint>
#include <span>
#include <vector>

namespace tepal::drift {

/// How far two distributions lie apart, from one full scan over both sorted views (not a sample of
/// quantiles).
struct Gap
{
    double ks = 0;   ///< sup |F − G| over every retained value …
    double ksX = 0;  ///< … and the value where it occurs.
    double area = 0; ///< W₁ = ∫|F − G| dx, in units of the feature.
};
/// Both must be non-empty.
Gap distributionGap(const KllView &reference, const KllView &target);

/// Σ (q−p)·ln(q/p) with half a count added to every cell.
double psi(std::span<const double> reference, std::span<const double> target);
/// The terms of psi(), all ≥ 0: which bin says how much.
std::vector<double> psiTerms(std::span<const double> reference, std::span<const double> target);
/// KL(T‖R) = Σ q·ln(q/p) with half a count added: the surprise of new data under the old model.
double klDivergence(std::span<const double> reference, std::span<const double> target);
/// Jensen-Shannon divergence in bits and its square root, both in [0, 1]. No smoothing.
double jensenShannonDivergence(std::span<const double> reference, std::span<const double> target);
double jensenShannonDistance(std::span<const double> reference, std::span<const double> target);
/// √(1 − Σ√(pq)) in [0, 1]. No smoothing.
double hellinger(std::span<const double> reference, std::span<const double> target);
/// ½ Σ|p − q|: this share of requests would have to change category.
double totalVariation(std::span<const double> reference, std::span<const double> target);
/// max |p − q|.
double maxDifference(std::span<const double> reference, std::span<const double> target);

struct ChiSquare
{
    double statistic = 0;
    int dof = 0; ///< Non-empty cells − 1.
    double p = 1;
    double cramersV = 0;    ///< √(X²/(n+m))
    bool exactTest = false; ///< p by Fisher's exact test, because cells were too small.
    int pooled = 0;         ///< Rare cells put together before the test.
};

enum class Rare : bool { Kept, Pooled };
enum class Tail : bool { Unasked, Asked };
/// Two-sample homogeneity: expected counts from the pooled shares. Rare cells are pooled until
/// every expected count is ≥ 1 and at most a fifth are < 5; where two cells are left and that still
/// fails, p is Fisher's exact one. Counts only. `tail`: whether p is asked for, which may take
/// long.
ChiSquare chiSquareHomogeneity(std::span<const double> reference, std::span<const double> target,
                               Rare rare = Rare::Pooled, Tail tail = Tail::Asked);

} // namespace tepal::drift
