#include "noise.h"

#include <tepal/base/random.h>
#include <tepal/drift/measures.h>
#include <tepal/drift/probability.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace tepal::drift {
namespace {

constexpr int kDealtDraws = 200;
constexpr int kBandDraws = 200;
/// Below this many values per cell no limit law is to be trusted.
constexpr double kValuesPerCell = 10;
constexpr int kNullDraws = 400;

/// The value that a further draw exceeds with probability 1 − share.
double percentile(std::vector<double> &values, double share)
{
    const double rank = share * static_cast<double>(values.size() + 1);
    const auto at = static_cast<std::size_t>(
        std::clamp(std::round(rank) - 1, 0.0, static_cast<double>(values.size() - 1)));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at),
                     values.end());
    return values[at];
}

double total(std::span<const double> counts)
{
    return std::accumulate(counts.begin(), counts.end(), 0.0);
}

/// |Z| at the points of a grid that is even in logit F, for Brownian bridges B = Z·√(F(1−F)): there
/// Z is the stationary process with correlation e^(−distance/2), so that tails need no finer grid.
struct Bridges
{
    static constexpr std::size_t kPoints = 128;
    static constexpr double kReach = 16; ///< Shares from 1e-7 on; farther out is taken as there.
    static constexpr double kStep = 2 * kReach / kPoints;
    std::array<double, kPoints> upper{}; ///< Largest F of each point.
    std::vector<float> size;             ///< Draw by draw.

    Bridges()
        : size(kNullDraws * kPoints)
    {
        for (std::size_t i = 0; i < kPoints; ++i) {
            const double logit = -kReach + kStep * static_cast<double>(i + 1);
            upper[i] = i + 1 == kPoints ? 2 : 1 / (1 + std::exp(-logit));
        }
        SplitMix64 random(0x5eed0001);
        const double keep = std::exp(-kStep / 2);
        const double fresh = std::sqrt(1 - keep * keep);
        for (std::size_t draw = 0; draw < kNullDraws; ++draw) {
            double z = random.normal();
            for (std::size_t i = 0; i < kPoints; ++i) {
                size[draw * kPoints + i] = static_cast<float>(std::abs(z));
                z = keep * z + fresh * random.normal();
            }
        }
    }
    static const Bridges &instance()
    {
        static const Bridges bridges;
        return bridges;
    }
};

/// Independent standard normals, draw by draw, for up to so many cells.
struct Normals
{
    static constexpr std::size_t kCells = 64;
    std::vector<float> z;

    Normals()
        : z(kNullDraws * kCells)
    {
        SplitMix64 random(0x5eed0002);
        for (float &value : z)
            value = static_cast<float>(random.normal());
    }
    static const Normals &instance()
    {
        static const Normals normals;
        return normals;
    }
};

/// Variance of F̂ − Ĝ that the sketches add. A rank's error is about the same everywhere but in the
/// outermost shares, which a single value of the top level spans; smallest and largest are exact.
class SketchNoise
{
public:
    explicit SketchNoise(const Pair &pair)
        : m_edge(std::max(pair.reference.heaviest, pair.target.heaviest))
    {
        for (const Side *side : {&pair.reference, &pair.target}) {
            const double s = side->error / kDeviationsAt99;
            m_variance += s * s;
        }
        m_slope = m_variance / m_edge;
    }
    double variance(double spread) const { return std::min(m_variance, m_slope * spread); }

private:
    double m_variance = 0;
    double m_edge = 0;
    double m_slope = 0;
};

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

std::vector<double> pooledShares(const Pair &pair)
{
    std::vector<double> shares(pair.binning.size());
    const double all = total(pair.binning.reference) + total(pair.binning.target);
    for (std::size_t i = 0; i < shares.size(); ++i)
        shares[i] = (pair.binning.reference[i] + pair.binning.target[i]) / all;
    return shares;
}

bool sparse(const Pair &pair)
{
    return std::min(pair.reference.effective(), pair.target.effective()) <
           kValuesPerCell * static_cast<double>(pair.binning.size());
}

/// What both sides hold together dealt anew to sides of the same sizes. Given the pooled counts
/// that is the exact law without drift, whatever the cells hold.
const Draws &dealt(const Pair &pair, std::uint64_t seed)
{
    if (!pair.dealt.empty())
        return pair.dealt;
    // Labels are dealt without replacement; from a very large pool it makes no difference, and the
    // pool is not written out.
    constexpr double kLargePool = 16'384;
    const std::size_t cells = pair.binning.size();
    std::vector<double> pooled(cells);
    std::vector<double> cumulative;
    double all = 0;
    for (std::size_t i = 0; i < cells; ++i) {
        pooled[i] = std::round(pair.binning.reference[i] + pair.binning.target[i]);
        cumulative.push_back(all += pooled[i]);
    }
    const bool referenceIsSmaller = pair.n() <= pair.m();
    const auto smaller =
        static_cast<std::size_t>(std::min(std::round(std::min(pair.n(), pair.m())), all));
    std::vector<std::uint16_t> labels;
    if (all <= kLargePool) {
        for (std::size_t i = 0; i < cells; ++i)
            labels.insert(labels.end(), static_cast<std::size_t>(pooled[i]),
                          static_cast<std::uint16_t>(i));
    }
    SplitMix64 random(seed);
    std::vector<double> few(cells);
    std::vector<double> rest(cells);
    for (int draw = 0; draw < kDealtDraws; ++draw) {
        std::fill(few.begin(), few.end(), 0.0);
        for (std::size_t i = 0; i < smaller; ++i) {
            if (!labels.empty()) {
                std::swap(labels[i],
                          labels[i + static_cast<std::size_t>(random.below(labels.size() - i))]);
                few[labels[i]] += 1;
            } else {
                const auto at =
                    std::upper_bound(cumulative.begin(), cumulative.end(), random.uniform() * all);
                few[std::min(cells - 1, static_cast<std::size_t>(at - cumulative.begin()))] += 1;
            }
        }
        for (std::size_t i = 0; i < cells; ++i)
            rest[i] = std::max(0.0, pooled[i] - few[i]);
        pair.dealt.push_back(referenceIsSmaller ? Draw{few, rest} : Draw{rest, few});
    }
    return pair.dealt;
}

/// Every edge's cumulative share (or every category's share) moved within the sketches' error.
const Draws &jittered(const Pair &pair, std::uint64_t seed)
{
    if (!pair.jittered.empty())
        return pair.jittered;
    SplitMix64 random(seed);
    const auto jitter = [&](const Side &side, std::span<const double> counts,
                            std::vector<double> &out) {
        if (pair.numeric())
            jitterEdges(random, counts, side.error / kDeviationsAt99, out);
        else
            jitterCategories(random, counts, side.error, out);
    };
    pair.jittered.resize(kBandDraws);
    for (Draw &draw : pair.jittered) {
        jitter(pair.reference, pair.binning.reference, draw.reference);
        jitter(pair.target, pair.binning.target, draw.target);
    }
    return pair.jittered;
}

std::vector<double> evaluate(const Draws &draws, BinnedMeasure measure)
{
    std::vector<double> values;
    values.reserve(draws.size());
    for (const Draw &draw : draws)
        values.push_back(measure(draw.reference, draw.target));
    return values;
}

} // namespace

double binnedFloor(std::string_view key, BinnedMeasure measure, const Pair &pair,
                   std::uint64_t seed)
{
    const double n = pair.reference.effective();
    const double m = pair.target.effective();
    const auto cells = static_cast<double>(pair.binning.size());
    if (cells < 2)
        return 0;
    const double c = 1 / n + 1 / m;
    if (!sparse(pair)) {
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
    std::vector<double> values = evaluate(dealt(pair, seed), measure);
    return percentile(values, 0.95);
}

namespace {

ShareFloors findShareFloors(const Pair &pair, std::uint64_t seed)
{
    const std::size_t cells = pair.binning.size();
    assert(cells <= Normals::kCells);
    if (cells < 2)
        return {};
    if (sparse(pair)) {
        std::vector<double> total = evaluate(dealt(pair, seed), totalVariation);
        std::vector<double> largest = evaluate(dealt(pair, seed), maxDifference);
        return {percentile(total, 0.95), percentile(largest, 0.95)};
    }
    std::array<float, Normals::kCells> root{};
    std::array<float, Normals::kCells> share{};
    const std::vector<double> shares = pooledShares(pair);
    for (std::size_t i = 0; i < cells; ++i) {
        share[i] = static_cast<float>(shares[i]);
        root[i] = static_cast<float>(std::sqrt(shares[i]));
    }
    const std::vector<float> &z = Normals::instance().z;
    std::vector<double> total(kNullDraws);
    std::vector<double> largest(kNullDraws);
    for (std::size_t draw = 0; draw < kNullDraws; ++draw) {
        const float *row = z.data() + draw * Normals::kCells;
        float common = 0;
        for (std::size_t i = 0; i < cells; ++i)
            common += root[i] * row[i];
        float sum = 0;
        float most = 0;
        for (std::size_t i = 0; i < cells; ++i) {
            const float d = std::abs(root[i] * row[i] - share[i] * common);
            sum += d;
            most = std::max(most, d);
        }
        total[draw] = sum / 2;
        largest[draw] = most;
    }
    const double scale = std::sqrt(pair.variance());
    return {std::min(1.0, scale * percentile(total, 0.95)),
            std::min(1.0, scale * percentile(largest, 0.95))};
}

} // namespace

ShareFloors shareFloors(const Pair &pair, std::uint64_t seed)
{
    if (!pair.shareFloors)
        pair.shareFloors = findShareFloors(pair, seed);
    return *pair.shareFloors;
}

double ksFloor(const Pair &pair)
{
    return std::min(1.0, std::sqrt(-std::log(0.025) / 2) * std::sqrt(pair.variance()));
}

namespace {

double findWassersteinFloor(const Pair &pair)
{
    const Bridges &bridges = Bridges::instance();
    const PooledValues &pooled = pair.pooled;
    const std::size_t rooms = pooled.x.empty() ? 0 : pooled.x.size() - 1;
    const double sampling = 1 / pair.n() + 1 / pair.m();
    const SketchNoise noise(pair);
    // F of the pooled values; every value weighs what its rows do.
    const double one = 1 / (pair.n() + pair.m());
    std::vector<double> moved(rooms);
    for (std::size_t i = 0; i < rooms; ++i) {
        const double f = (pooled.reference[i] + pooled.target[i]) * one;
        const double spread = std::max(0.0, f * (1 - f));
        moved[i] =
            std::sqrt(spread * sampling + noise.variance(spread)) * (pooled.x[i + 1] - pooled.x[i]);
    }
    std::array<float, Bridges::kPoints> weight{};
    std::array<double, Bridges::kPoints> sums{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < rooms; ++i) {
        while ((pooled.reference[i] + pooled.target[i]) * one > bridges.upper[at])
            ++at;
        sums[at] += moved[i];
    }
    double scale = 0;
    for (const double sum : sums)
        scale = std::max(scale, sum);
    if (!(scale > 0) || !std::isfinite(scale))
        return scale > 0 ? std::numeric_limits<double>::quiet_NaN() : 0;
    // Single precision would overflow for values beyond 1e38.
    for (std::size_t i = 0; i < sums.size(); ++i)
        weight[i] = static_cast<float>(sums[i] / scale);
    std::vector<double> areas(kNullDraws);
    for (std::size_t draw = 0; draw < kNullDraws; ++draw) {
        const float *size = bridges.size.data() + draw * Bridges::kPoints;
        std::array<float, 8> lanes{};
        for (std::size_t i = 0; i < Bridges::kPoints; i += lanes.size()) {
            for (std::size_t lane = 0; lane < lanes.size(); ++lane)
                lanes[lane] += weight[i + lane] * size[i + lane];
        }
        areas[draw] = std::accumulate(lanes.begin(), lanes.end(), 0.0);
    }
    return scale * percentile(areas, 0.95);
}

} // namespace

double wassersteinFloor(const Pair &pair)
{
    if (!pair.wassersteinFloor)
        pair.wassersteinFloor = findWassersteinFloor(pair);
    return *pair.wassersteinFloor;
}

double spreadIntegral(const KllView &view)
{
    double integral = 0;
    const double one = 1 / static_cast<double>(view.n);
    for (std::size_t i = 0; i + 1 < view.values.size(); ++i) {
        const double f = static_cast<double>(view.cumulative[i]) * one;
        integral += std::sqrt(std::max(0.0, f * (1 - f))) * (view.values[i + 1] - view.values[i]);
    }
    return 2 * integral;
}

double heaviestShare(const KllView &view)
{
    std::uint64_t most = 0;
    std::uint64_t before = 0;
    for (const std::uint64_t here : view.cumulative) {
        most = std::max(most, here - before);
        before = here;
    }
    return static_cast<double>(most) / static_cast<double>(view.n);
}

Band simulatedBand(BinnedMeasure measure, const Pair &pair, double value, std::uint64_t seed)
{
    if (pair.exact() || pair.binning.size() < 2)
        return {value, value};
    std::vector<double> values = evaluate(jittered(pair, seed), measure);
    const double low = percentile(values, 0.025);
    const double high = percentile(values, 0.975);
    return {std::min(low, value), std::max(high, value)};
}

double visibleKs(const Pair &pair)
{
    constexpr double kFourOfFive = 1.30;
    return std::min(1.0, kFourOfFive * std::sqrt(pair.variance()));
}

double visibleTotalVariation(const Pair &pair, int dof)
{
    if (dof < 1)
        return std::numeric_limits<double>::quiet_NaN();
    return std::min(1.0, std::sqrt(chiSquareNonCentrality(0.05, 0.8, dof) * pair.variance()) / 2);
}

} // namespace tepal::drift
