/// The distributions behind the p-values. Pure, thread-safe.
#pragma once

#include <cstdint>

namespace tepal::drift {

/// Exact two-sided p of the two-sample Kolmogorov-Smirnov statistic: the share of lattice paths
/// from (0,0) to (n,m) that leave the corridor of half-width D, by the recursion over path
/// probabilities V(i,j) = (i·V(i−1,j) + j·V(i,j−1))/(i+j). Time as the corridor's area, D·n·m at
/// most twice; conservative with ties.
double ksExactP(std::uint64_t n, std::uint64_t m, double d);

/// Limit form: λ = D·√(nm/(n+m)), both theta series. n and m may be effective sizes.
double ksLimitP(double n, double m, double d);

/// Exact while n·m ≤ 10⁷, else (and where it is below 1e-13) the limit form.
double ksP(std::uint64_t n, std::uint64_t m, double d);

/// P(D_n ≥ d) of the one-sample statistic, two-sided, computed as scipy does: Marsaglia, Tsang,
/// Wang (2003) for small n, Pelz and Good (1976) for large ones, Smirnov's one-sided sum in the
/// tail.
double kolmogorovSf(std::uint64_t n, double d);

// The following stand on Boost.Math's gamma and beta functions.

/// P(X ≥ x) of chi-square with `dof` degrees of freedom; infinity gives 0.
double chiSquareSf(double x, double dof);
/// The x that chiSquareSf gives `p` at, 0 < p < 1.
double chiSquareQuantile(double p, double dof);
/// The non-centrality at which a chi-square test of level `alpha` rejects with probability `power`.
double chiSquareNonCentrality(double alpha, double power, int dof);

/// Two-sided p of a standard normal.
double normalTwoSidedP(double z);
/// Two-sided p of Student's t.
double studentTwoSidedP(double t, double dof);
/// Two-sided p of Welch's test: a difference of two means with their standard errors, from nA and
/// nB values (Welch and Satterthwaite's degrees of freedom).
double welchP(double gap, double errorA, double nA, double errorB, double nB);
/// Two-sided p of the z-test of two shares, a of n against b of m, with the pooled variance; 1
/// where that is none.
double pooledSharesP(double a, double n, double b, double m);
/// Fisher's exact test of a of n against b of m: the tables no likelier than this one together.
double fisherP(double a, double n, double b, double m);

} // namespace tepal::drift
