#include <tepal/drift/probability.h>

#include <boost/math/distributions/non_central_chi_squared.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace tepal::drift {
namespace {

constexpr double kPi = std::numbers::pi;

/// Never throws: what has no value is NaN or infinite. Double precision is enough.
using Policy = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::pole_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>,
    boost::math::policies::rounding_error<boost::math::policies::ignore_error>,
    boost::math::policies::promote_double<false>>;

/// Σ over odd powers, fast for small λ; the alternating series for large λ.
double kolmogorovLimitSf(double lambda)
{
    if (lambda <= 0)
        return 1;
    if (lambda < 1.18) {
        const double t = -kPi * kPi / (8 * lambda * lambda);
        double sum = 0;
        for (int k = 1; k <= 40; k += 2)
            sum += std::exp(t * k * k);
        return 1 - std::sqrt(2 * kPi) / lambda * sum;
    }
    double sum = 0;
    for (int k = 1; k <= 100; ++k) {
        const double term = std::exp(-2.0 * k * k * lambda * lambda);
        sum += (k % 2 == 1 ? term : -term);
        if (term < 1e-320)
            break;
    }
    return std::clamp(2 * sum, 0.0, 1.0);
}

/// Square matrix with a common power of ten, as Marsaglia, Tsang and Wang keep it.
struct ScaledMatrix
{
    std::size_t size;
    std::vector<double> cells;
    int exponent = 0;

    void rescale()
    {
        const double middle = cells[size / 2 * size + size / 2];
        if (middle > 1e140) {
            for (double &cell : cells)
                cell *= 1e-140;
            exponent += 140;
        }
    }
};

ScaledMatrix multiply(const ScaledMatrix &a, const ScaledMatrix &b)
{
    ScaledMatrix c{a.size, std::vector<double>(a.size * a.size, 0), a.exponent + b.exponent};
    for (std::size_t i = 0; i < a.size; ++i) {
        for (std::size_t k = 0; k < a.size; ++k) {
            const double x = a.cells[i * a.size + k];
            if (x == 0)
                continue;
            for (std::size_t j = 0; j < a.size; ++j)
                c.cells[i * a.size + j] += x * b.cells[k * a.size + j];
        }
    }
    c.rescale();
    return c;
}

ScaledMatrix power(const ScaledMatrix &base, std::uint64_t n)
{
    if (n == 1)
        return base;
    const ScaledMatrix half = power(base, n / 2);
    ScaledMatrix square = multiply(half, half);
    return n % 2 == 0 ? square : multiply(base, square);
}

/// P(D_n < d) by the matrix H of Marsaglia, Tsang and Wang.
double kolmogorovCdfMatrix(std::uint64_t n, double d)
{
    const auto k = static_cast<std::size_t>(static_cast<double>(n) * d) + 1;
    const std::size_t m = 2 * k - 1;
    const double h = static_cast<double>(k) - static_cast<double>(n) * d;
    ScaledMatrix H{m, std::vector<double>(m * m, 0)};
    const auto at = [&](std::size_t i, std::size_t j) -> double & { return H.cells[i * m + j]; };
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < m; ++j)
            at(i, j) = i + 1 < j ? 0 : 1;
    }
    for (std::size_t i = 0; i < m; ++i) {
        at(i, 0) -= std::pow(h, static_cast<double>(i + 1));
        at(m - 1, i) -= std::pow(h, static_cast<double>(m - i));
    }
    at(m - 1, 0) += 2 * h - 1 > 0 ? std::pow(2 * h - 1, static_cast<double>(m)) : 0;
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < m; ++j) {
            for (std::size_t g = 1; i + 1 > j && g <= i + 1 - j; ++g)
                at(i, j) /= static_cast<double>(g);
        }
    }
    const ScaledMatrix Q = power(H, n);
    double s = Q.cells[(k - 1) * m + k - 1];
    int exponent = Q.exponent;
    for (std::uint64_t i = 1; i <= n; ++i) {
        s *= static_cast<double>(i) / static_cast<double>(n);
        if (s < 1e-140) {
            s *= 1e140;
            exponent -= 140;
        }
    }
    return s * std::pow(10.0, exponent);
}

/// P(D_n < d) by the expansion of Pelz and Good to order n^-3/2.
double kolmogorovCdfPelzGood(double n, double d)
{
    const double root = std::sqrt(n);
    const double z = root * d;
    const double z2 = z * z;
    const double z4 = z2 * z2;
    const double z6 = z4 * z2;
    const double z8 = z4 * z4;
    const double z10 = z8 * z2;
    const double pi2 = kPi * kPi;
    const double pi4 = pi2 * pi2;
    const double pi6 = pi4 * pi2;
    double k0 = 0;
    double k1 = 0;
    double k2a = 0;
    double k2b = 0;
    double k3a = 0;
    double k3b = 0;
    for (int i = 0; i < 60; ++i) {
        const double odd = i + 0.5;
        const double q = odd * odd;
        const double e = std::exp(-pi2 * q / (2 * z2));
        k0 += e;
        k1 += (pi2 * q - z2) * e;
        k2a += (6 * z6 + 2 * z4 + pi2 * (2 * z4 - 5 * z2) * q + pi4 * (1 - 2 * z2) * q * q) * e;
        k3a += (-30 * z6 - 90 * z8 + pi2 * (135 * z4 - 96 * z6) * q +
                pi4 * (-60 * z2 + 212 * z4) * q * q + pi6 * (5 - 30 * z2) * q * q * q) *
               e;
        if (i > 0) {
            const double whole = static_cast<double>(i) * i;
            const double f = std::exp(-pi2 * whole / (2 * z2));
            k2b += pi2 * whole * f;
            k3b += (3 * pi2 * whole * z2 - pi4 * whole * whole) * f;
        }
    }
    k0 *= std::sqrt(2 * kPi) / z;
    k1 *= std::sqrt(kPi / 2) / (3 * z4);
    k2a *= std::sqrt(kPi / 2) / (36 * z * z6);
    k2b *= std::sqrt(kPi / 2) / (18 * z * z2);
    k3a *= std::sqrt(kPi / 2) / (3240 * z10);
    k3b *= std::sqrt(kPi / 2) / (108 * z6);
    // k2b and k3b run over all integers i ≥ 1 in the paper's sums.
    return k0 + k1 / root + (k2a - k2b) / n + (k3a + k3b) / (n * root);
}

/// P(D_n⁺ ≥ d), Smirnov's exact sum; twice that is the two-sided tail where both cannot happen.
double smirnovSf(std::uint64_t n, double d)
{
    const auto size = static_cast<double>(n);
    const auto last = static_cast<std::uint64_t>(std::floor(size * (1 - d)));
    double sum = 0;
    const double logN = boost::math::lgamma(size + 1, Policy());
    for (std::uint64_t j = 0; j <= last; ++j) {
        const auto x = static_cast<double>(j);
        const double a = d + x / size;
        const double b = 1 - a;
        if (b <= 0 && j != n)
            continue;
        const double logTerm = logN - boost::math::lgamma(x + 1, Policy()) -
                               boost::math::lgamma(size - x + 1, Policy()) + (x - 1) * std::log(a) +
                               (b > 0 ? (size - x) * std::log(b) : 0);
        sum += std::exp(logTerm);
    }
    return std::clamp(d * sum, 0.0, 1.0);
}

} // namespace

double ksExactP(std::uint64_t n, std::uint64_t m, double d)
{
    if (n == 0 || m == 0 || d <= 0)
        return 1;
    const auto rows = static_cast<double>(n);
    const auto columns = static_cast<double>(m);
    const double all = rows + columns;
    // In exact arithmetic the statistic is a multiple of 1/(n·m); the slack absorbs rounding.
    const double limit = d * rows * columns - 1e-9 * rows * columns;
    // V along the diagonals s = i + j, each of which needs only the one before, and of each only
    // the part inside the corridor: outside V is 1. Index i + 1, so that i − 1 always exists.
    std::vector<double> before(n + 3, 1);
    std::vector<double> here(n + 3, 1);
    if (limit <= 0)
        return 1;
    before[1] = 0;
    for (std::uint64_t sum = 1; sum <= n + m; ++sum) {
        const auto s = static_cast<double>(sum);
        // |i·m − j·n| < limit, that is |i·(n+m) − s·n| < limit.
        const double low =
            std::max(std::floor((s * rows - limit) / all) + 1, sum > m ? s - columns : 0.0);
        const double high = std::min(std::ceil((s * rows + limit) / all) - 1, std::min(rows, s));
        if (low > high)
            return 1;
        const auto first = static_cast<std::size_t>(low);
        const auto end = static_cast<std::size_t>(high) + 1;
        const double inverse = 1 / s;
        const double *const from = before.data() + first;
        double *const to = here.data() + first + 1;
        const auto count = static_cast<std::int32_t>(end - first);
        for (std::int32_t i = 0; i < count; ++i) {
            const double x = low + i;
            to[i] = (x * from[i] + (s - x) * from[i + 1]) * inverse;
        }
        here[first] = 1;
        here[end + 1] = 1;
        std::swap(before, here);
    }
    return std::min(before[n + 1], 1.0);
}

double ksLimitP(double n, double m, double d)
{
    return kolmogorovLimitSf(d * std::sqrt(n * m / (n + m)));
}

double ksP(std::uint64_t n, std::uint64_t m, double d)
{
    constexpr double kExactCells = 1e7;
    constexpr double kCertain = 1e-13; // the exact value is as small, and takes long
    const auto rows = static_cast<double>(n);
    const auto columns = static_cast<double>(m);
    const double limit = n > 0 && m > 0 ? ksLimitP(rows, columns, d) : 1;
    return rows * columns <= kExactCells && limit > kCertain ? ksExactP(n, m, d) : limit;
}

double kolmogorovSf(std::uint64_t n, double d)
{
    if (n == 0 || d >= 1)
        return d >= 1 ? 0 : 1;
    const auto size = static_cast<double>(n);
    if (d <= 0.5 / size)
        return 1;
    if (n == 1)
        return std::clamp(2 - 2 * d, 0.0, 1.0);
    const double nd2 = size * d * d;
    if (nd2 > 370)
        return 0;
    // The choice of method is scipy's, so that our p-values are the ones that whylogs prints:
    // beyond 140 values its expansions are off by a few parts in a million, and so are we.
    constexpr std::uint64_t kExactUpTo = 140;
    const double tail = n <= kExactUpTo ? 4 : 2.2;
    if (d >= 0.5 || nd2 >= tail)
        return std::min(1.0, 2 * smirnovSf(n, d));
    if (n <= kExactUpTo || (n <= 100'000 && size * std::pow(d, 1.5) <= 1.4))
        return std::clamp(1 - kolmogorovCdfMatrix(n, d), 0.0, 1.0);
    return std::clamp(1 - kolmogorovCdfPelzGood(size, d), 0.0, 1.0);
}

double chiSquareSf(double x, double dof)
{
    if (std::isinf(x))
        return 0;
    if (!(x > 0))
        return 1;
    return boost::math::gamma_q(dof / 2, x / 2, Policy());
}

double chiSquareQuantile(double p, double dof)
{
    return 2 * boost::math::gamma_q_inv(dof / 2, p, Policy());
}

double chiSquareNonCentrality(double alpha, double power, int dof)
{
    // Asked for the same few pairs again and again; solving takes long.
    constexpr int kKept = 64;
    const auto solve = [](double level, double wanted, int freedom) {
        const double critical = chiSquareQuantile(level, freedom);
        return boost::math::non_central_chi_squared_distribution<
            double, Policy>::find_non_centrality(freedom, critical, 1 - wanted);
    };
    if (alpha != 0.05 || power != 0.8 || dof > kKept)
        return solve(alpha, power, dof);
    static const auto kept = [&] {
        std::array<double, kKept + 1> values{};
        for (int i = 1; i <= kKept; ++i)
            values[static_cast<std::size_t>(i)] = solve(0.05, 0.8, i);
        return values;
    }();
    return kept[static_cast<std::size_t>(dof)];
}

double normalTwoSidedP(double z)
{
    return std::erfc(std::abs(z) / std::numbers::sqrt2);
}

double studentTwoSidedP(double t, double dof)
{
    if (std::isinf(t))
        return 0;
    // P(|T| ≥ t) = I_x(dof/2, ½) at x = dof/(dof + t²).
    return boost::math::ibeta(dof / 2, 0.5, dof / (dof + t * t), Policy());
}

double welchP(double gap, double errorA, double nA, double errorB, double nB)
{
    const double a = errorA * errorA;
    const double b = errorB * errorB;
    const double dof = (a + b) * (a + b) / (a * a / (nA - 1) + b * b / (nB - 1));
    return studentTwoSidedP(gap / std::sqrt(a + b), dof);
}

double pooledSharesP(double a, double n, double b, double m)
{
    const double pooled = (a + b) / (n + m);
    const double variance = pooled * (1 - pooled) * (1 / n + 1 / m);
    return variance > 0 ? normalTwoSidedP((a / n - b / m) / std::sqrt(variance)) : 1;
}

double fisherP(double a, double n, double b, double m)
{
    const double k = a + b;
    // Larger counts have no neighbours among doubles, and no need of an exact test.
    constexpr double kLargest = 1e12;
    if (n + m > kLargest)
        return pooledSharesP(a, n, b, m);
    const auto logChoose = [](double x, double y) {
        return boost::math::lgamma(x + 1, Policy()) - boost::math::lgamma(y + 1, Policy()) -
               boost::math::lgamma(x - y + 1, Policy());
    };
    const double all = logChoose(n + m, k);
    const auto logP = [&](double x) { return logChoose(n, x) + logChoose(m, k - x) - all; };
    const double ours = logP(a);
    // Farther from the middle than this no table has any weight.
    const double share = n / (n + m);
    const double middle = k * share;
    const double variance = middle * (1 - share) * (1 - k / (n + m));
    const double reach = 40 * (1 + std::sqrt(std::max(0.0, variance)));
    const double last = std::min({k, n, std::floor(std::max(middle + reach, a))});
    double p = 0;
    for (double x = std::max({0.0, k - m, std::ceil(std::min(middle - reach, a))}); x <= last;
         ++x) {
        const double here = logP(x);
        if (here <= ours + 1e-9)
            p += std::exp(here);
    }
    return std::min(1.0, p);
}

} // namespace tepal::drift
