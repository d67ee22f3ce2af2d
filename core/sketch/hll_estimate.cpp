// From registers to a count.

#include <tepal/sketch/hll.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tepal {
namespace {

/// Relative error of counting coupons (26-bit slots): 0.409/2^13.
constexpr double kCouponError = 0.409 / 8192;

/// Relative bounds at 1, 2, 3 standard deviations for lgK = 12, where the estimator's distribution
/// is slightly skewed: estimate/(1 + bound) is the bound. Read off stored sketches and their
/// bounds.
constexpr std::array<double, 3> kHipLower{0.012936253, 0.02613829, 0.039387631};
constexpr std::array<double, 3> kHipUpper{-0.012920332, -0.025572893, -0.037896952};
constexpr std::array<double, 3> kUnionLower{0.016155679, 0.032825719, 0.049677541};
constexpr std::array<double, 3> kUnionUpper{-0.016186662, -0.031827816, -0.046973459};

double relativeBound(bool upper, bool outOfOrder, std::uint8_t lgK, int deviations)
{
    const auto index = static_cast<std::size_t>(std::clamp(deviations, 1, 3) - 1);
    if (lgK == 12) {
        if (outOfOrder)
            return upper ? kUnionUpper[index] : kUnionLower[index];
        return upper ? kHipUpper[index] : kHipLower[index];
    }
    // Asymptotic standard errors: √(ln 2) with HIP, √(3 ln 2 − 1) without (Ting 2014).
    const double factor = outOfOrder ? std::sqrt(3 * std::log(2.0) - 1) : std::sqrt(std::log(2.0));
    const double error =
        static_cast<double>(index + 1) * factor / std::sqrt(static_cast<double>(1u << lgK));
    return upper ? -error : error;
}

/// Expected value of the harmonic estimator α·k²/Σ2^-M for `distinct` values, each register taken
/// as Poisson: P(M ≤ v) = exp(-λ·2^-v), λ = distinct/k, with the second-order term of E[1/S].
double expectedRaw(double distinct, double k)
{
    const double lambda = distinct / k;
    double mean = 0;
    double square = 0;
    double below = std::exp(-lambda);
    mean += below;
    square += below;
    for (int v = 1; v <= 63; ++v) {
        const double upTo = v == 63 ? 1.0 : std::exp(-std::ldexp(lambda, -v));
        const double p = upTo - below;
        mean += p * std::ldexp(1.0, -v);
        square += p * std::ldexp(1.0, -2 * v);
        below = upTo;
    }
    const double variance = square - mean * mean;
    const double sum = k * mean;
    return k * k / sum * (1 + variance / (k * mean * mean));
}

/// Solves expectedRaw(n)·α = raw for n. The function grows strictly, so bisection on a bracket
/// ends.
double invertRaw(double rawOverAlpha, double k)
{
    double low = 0;
    double high = k;
    while (expectedRaw(high, k) < rawOverAlpha && high < 1e18)
        high *= 2;
    for (int i = 0; i < 80 && high - low > 1e-12 * high; ++i) {
        const double middle = (low + high) / 2;
        (expectedRaw(middle, k) < rawOverAlpha ? low : high) = middle;
    }
    return (low + high) / 2;
}

/// Σ 1/i for i = 1..n.
double harmonic(std::uint32_t n)
{
    double sum = 0;
    for (std::uint32_t i = n; i > 0; --i)
        sum += 1.0 / i;
    return sum;
}

} // namespace

/// c coupons come from slightly more values, because two may share a coupon. With slots uniform
/// over 2^26 and values geometric, two values collide with probability 1/(3·2^26).
double HllSketch::couponEstimate() const
{
    const auto c = static_cast<double>(m_coupons.size());
    const double collision = 1.0 / (3.0 * 67108864.0);
    return c + c * (c - 1) / 2 * collision;
}

/// Without HIP: the harmonic estimator with its bias removed, and linear counting of empty
/// registers where few are used.
double HllSketch::compositeEstimate() const
{
    const auto k = static_cast<double>(m_registers.size());
    const double adjusted = invertRaw(k * k / (m_kxq0 + m_kxq1), k);
    const auto used = nonZeroRegisters();
    const auto empty = static_cast<std::uint32_t>(m_registers.size()) - used;
    if (empty == 0 || adjusted > 3 * k)
        return adjusted;
    // Balls into bins: to hit `used` of k slots takes k·(H(k) − H(k − used)) values on average.
    const double linear =
        k * (harmonic(static_cast<std::uint32_t>(m_registers.size())) - harmonic(empty));
    // Where the two estimators' errors cross, as a share of k.
    const double crossover = m_lgK == 4 ? 0.718 : m_lgK == 5 ? 0.672 : 0.64;
    return (adjusted + linear) / 2 > crossover * k ? adjusted : linear;
}

double HllSketch::estimate() const
{
    if (m_mode != Mode::Hll)
        return couponEstimate();
    return m_outOfOrder ? compositeEstimate() : m_hip;
}

double HllSketch::lower(int deviations) const
{
    if (m_mode != Mode::Hll)
        return std::max<double>(estimate() / (1 + deviations * kCouponError),
                                static_cast<double>(m_coupons.size()));
    const double bound = relativeBound(false, m_outOfOrder, m_lgK, deviations);
    return std::max<double>(estimate() / (1 + bound), nonZeroRegisters());
}

double HllSketch::upper(int deviations) const
{
    if (m_mode != Mode::Hll)
        return std::max<double>(estimate() / (1 - deviations * kCouponError),
                                static_cast<double>(m_coupons.size()));
    return estimate() / (1 + relativeBound(true, m_outOfOrder, m_lgK, deviations));
}

} // namespace tepal
