#include "noise.h"

#include <tepal/base/random.h>
#include <tepal/drift/probability.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace tepal::drift {
namespace {

constexpr int kFloorDraws = 500;
constexpr int kBandDraws = 200;
/// Below this many values per cell the chi-square limit is not to be trusted.
constexpr double kValuesPerCell = 10;
constexpr double kDeviationsAt99 = 2.576;

/// Binomial draw: exact by inversion for small variance, rounded normal for large.
double binomial(SplitMix64 &random, double n, double p)
{
    if (n <= 0 || p <= 0)
        return 0;
    if (p >= 1)
        return n;
    if (p > 0.5)
        return n - binomial(random, n, 1 - p);
    const double variance = n * p * (1 - p);
    if (variance > 25 || n > 1e6)
        return std::clamp(std::round(n * p + std::sqrt(variance) * random.normal()), 0.0, n);
    const double ratio = p / (1 - p);
    double probability = std::pow(1 - p, n);
    double u = random.uniform();
    double k = 0;
    while (u > probability && k < n) {
        u -= probability;
        probability *= ratio * (n - k) / (k + 1);
        k += 1;
    }
    return k;
}

/// A multinomial sample as a chain of binomials.
void multinomial(SplitMix64 &random, double n, std::span<const double> shares,
                 std::vector<double> &out)
{
    double rest = n;
    double mass = 1;
    out.assign(shares.size(), 0);
    for (std::size_t i = 0; i < shares.size() && rest > 0; ++i) {
        const double p = mass > 0 ? std::min(1.0, shares[i] / mass) : 1;
        out[i] = i + 1 == shares.size() ? rest : binomial(random, rest, p);
        rest -= out[i];
        mass -= shares[i];
    }
}

double percentile(std::vector<double> &values, double share)
{
    const auto at =
        static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1) + 0.5);
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[static_cast<std::size_t>(at)];
}

double total(std::span<const double> counts)
{
    return std::accumulate(counts.begin(), counts.end(), 0.0);
}

/// Moves interior cumulative shares by N(0, s²) and restores their order.
void jitterEdges(SplitMix64 &random, std::span<const double> counts, double s,
                 std::vector<double> &out)
{
    const double n = total(counts);
    std::vector<double> cumulative;
    double sum = 0;
    for (std::size_t i = 0; i + 1 < counts.size(); ++i) {
        sum += counts[i];
        cumulative.push_back(std::clamp(sum / n + s * random.normal(), 0.0, 1.0));
    }
    std::sort(cumulative.begin(), cumulative.end());
    out.resize(counts.size());
    double before = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double here = i < cumulative.size() ? cumulative[i] : 1;
        out[i] = (here - before) * n;
        before = here;
    }
}

/// Moves every category's count uniformly within [lower, lower + error].
void jitterCategories(SplitMix64 &random, std::span<const double> counts, double shareError,
                      std::vector<double> &out)
{
    const double n = total(counts);
    out.assign(counts.begin(), counts.end());
    for (double &cell : out)
        cell += random.uniform() * shareError * n;
}

} // namespace

double binnedFloor(const std::string &key, BinnedMeasure measure, const Pair &pair,
                   std::uint64_t seed)
{
    const double n = pair.effectiveN();
    const double m = pair.effectiveM();
    const auto cells = static_cast<double>(pair.binning.size());
    if (cells < 2)
        return 0;
    const double c = 1 / n + 1 / m;
    if (key != "tvd" && key != "linf" && std::min(n, m) / cells >= kValuesPerCell) {
        const double x = chiSquareQuantile(0.05, cells - 1);
        if (key == "psi")
            return c * x;
        if (key == "kl")
            return c * x / 2;
        if (key == "hellinger")
            return std::sqrt(c * x / 8);
        if (key == "js")
            return std::sqrt(c * x / (8 * std::numbers::ln2));
    }
    std::vector<double> shares(pair.binning.size());
    const double all = total(pair.binning.reference) + total(pair.binning.target);
    for (std::size_t i = 0; i < shares.size(); ++i)
        shares[i] = (pair.binning.reference[i] + pair.binning.target[i]) / all;
    SplitMix64 random(seed);
    std::vector<double> r;
    std::vector<double> t;
    std::vector<double> values;
    values.reserve(kFloorDraws);
    for (int i = 0; i < kFloorDraws; ++i) {
        multinomial(random, std::round(n), shares, r);
        multinomial(random, std::round(m), shares, t);
        values.push_back(measure(r, t));
    }
    return percentile(values, 0.95);
}

double ksFloor(const Pair &pair)
{
    return std::sqrt(-std::log(0.025) / 2) *
           std::sqrt(1 / pair.effectiveN() + 1 / pair.effectiveM());
}

double wassersteinFloor(const Pair &pair)
{
    const KllView &view = pair.reference;
    double integral = 0;
    for (std::size_t i = 0; i + 1 < view.values.size(); ++i) {
        const double f = static_cast<double>(view.cumulative[i]) / static_cast<double>(view.n);
        integral += std::sqrt(f * (1 - f)) * (view.values[i + 1] - view.values[i]);
    }
    const double c = 1 / pair.effectiveN() + 1 / pair.effectiveM();
    return 1.7 * std::sqrt(2 / std::numbers::pi) * std::sqrt(c) * integral;
}

Band simulatedBand(BinnedMeasure measure, const Pair &pair, double value, std::uint64_t seed)
{
    if (pair.exact() || pair.binning.size() < 2)
        return {value, value};
    SplitMix64 random(seed);
    std::vector<double> r;
    std::vector<double> t;
    std::vector<double> values;
    values.reserve(kBandDraws);
    for (int i = 0; i < kBandDraws; ++i) {
        if (pair.numeric) {
            jitterEdges(random, pair.binning.reference, pair.referenceError / kDeviationsAt99, r);
            jitterEdges(random, pair.binning.target, pair.targetError / kDeviationsAt99, t);
        } else {
            jitterCategories(random, pair.binning.reference, pair.binning.referenceShareError, r);
            jitterCategories(random, pair.binning.target, pair.binning.targetShareError, t);
        }
        values.push_back(measure(r, t));
    }
    const double low = percentile(values, 0.025);
    const double high = percentile(values, 0.975);
    return {std::min(low, value), std::max(high, value)};
}

} // namespace tepal::drift
