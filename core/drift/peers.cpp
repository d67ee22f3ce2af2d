#include "peers.h"

#include "pair.h"

#include <tepal/drift/measures.h>
#include <tepal/drift/probability.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace tepal::drift {
namespace {

Measure &add(ColumnDrift &drift, const char *key, double value, std::string method)
{
    Measure measure;
    measure.key = key;
    measure.value = measure.bandLow = measure.bandHigh = value;
    measure.method = std::move(method);
    drift.effectKey = drift.evidenceKey = key;
    return drift.measures.emplace_back(std::move(measure));
}

/// A peer that knows one number and one line: below it nothing, from it on drift.
void alarmFrom(ColumnDrift &drift, Measure &measure, double threshold)
{
    measure.possible = measure.threshold = threshold;
    const bool alarm = measure.value >= threshold;
    drift.verdict = alarm ? Verdict::Drift : Verdict::NoDrift;
    drift.reason = fmt::format("{} {:.3g} is {} {:g}", measureLabel(measure.key), measure.value,
                               alarm ? "at or above" : "below", threshold);
}

void alarmBelowP(ColumnDrift &drift, Measure &measure, double p, double alpha)
{
    measure.p = p;
    drift.adjustedP = p; // these peers adjust nothing
    drift.verdict = p < alpha ? Verdict::Drift : Verdict::NoDrift;
    drift.reason = fmt::format("p {} {:g}", p < alpha ? "is below" : "is not below", alpha);
}

double total(const std::vector<double> &counts)
{
    return std::accumulate(counts.begin(), counts.end(), 0.0);
}

std::size_t cellsInUse(const Binning &binning)
{
    std::size_t used = 0;
    for (std::size_t i = 0; i < binning.size(); ++i)
        used += binning.reference[i] > 0 || binning.target[i] > 0 ? 1 : 0;
    return used;
}

// ---------------------------------------------------------------- Evidently

/// z-test of two shares with the pooled variance.
double sharesP(const Binning &binning)
{
    return pooledSharesP(binning.reference[0], total(binning.reference), binning.target[0],
                         total(binning.target));
}

/// Fit of the target to the reference scaled to its size; a category that the reference never saw
/// makes the statistic infinite.
void evidentlyFit(ColumnDrift &drift, const Binning &binning)
{
    const double scale = total(binning.target) / total(binning.reference);
    double statistic = 0;
    for (std::size_t i = 0; i < binning.size(); ++i) {
        const double expected = binning.reference[i] * scale;
        const double gap = binning.target[i] - expected;
        if (gap != 0)
            statistic += gap * gap / expected;
    }
    const double dof = static_cast<double>(cellsInUse(binning)) - 1;
    Measure &measure = add(drift, "chi2", statistic, "fit to the scaled reference");
    if (std::isinf(statistic))
        measure.note = "infinite: the target has categories that the reference has not";
    alarmBelowP(drift, measure, dof < 1 ? 1 : chiSquareSf(statistic, dof), 0.05);
}

void evidently(ColumnDrift &drift, const Pair &pair)
{
    constexpr double kSmallReference = 1000;
    constexpr double kDistance = 0.1;
    if (pair.n() <= kSmallReference) {
        if (pair.numeric()) {
            const double d = pair.gap.ks;
            Measure &measure = add(drift, "ks", d, "two-sample test, p from 0.05 down alarms");
            alarmBelowP(drift, measure, ksP(pair.reference.view.n, pair.target.view.n, d), 0.05);
        } else if (cellsInUse(pair.binning) <= 2 && pair.binning.size() > 0) {
            const double gap = std::abs(pair.binning.reference[0] / total(pair.binning.reference) -
                                        pair.binning.target[0] / total(pair.binning.target));
            Measure &measure = add(drift, "tvd", gap, "z-test of the two shares");
            alarmBelowP(drift, measure, sharesP(pair.binning), 0.05);
        } else {
            evidentlyFit(drift, pair.binning);
        }
        return;
    }
    if (pair.numeric()) {
        constexpr double kLeastSigma = 0.001;
        const double w = pair.gap.area;
        alarmFrom(drift,
                  add(drift, "w1_norm", w / std::max(pair.reference.sd, kLeastSigma),
                      "average move in standard deviations of the reference"),
                  kDistance);
        return;
    }
    // The natural logarithm: at most 0.8326 instead of 1.
    const double nats = jensenShannonDistance(pair.binning.reference, pair.binning.target) *
                        std::sqrt(std::numbers::ln2);
    alarmFrom(drift, add(drift, "js", nats, "Jensen-Shannon distance with natural logarithms"),
              kDistance);
}

// ---------------------------------------------------------------- NannyML

/// Number of equal-width bins by Doane's rule for the reference: 1 + log2 n + log2(1 + |g1|/σ_g1).
std::size_t doaneBins(const KllView &view)
{
    const auto n = static_cast<double>(view.n);
    if (view.values.size() < 2 || n < 3)
        return 1;
    const auto moment = [&](double centre, int power) {
        double sum = 0;
        std::uint64_t before = 0;
        for (std::size_t i = 0; i < view.values.size(); ++i) {
            sum += static_cast<double>(view.cumulative[i] - before) *
                   std::pow(view.values[i] - centre, power);
            before = view.cumulative[i];
        }
        return sum / n;
    };
    const double mean = moment(0, 1);
    const double sigma = std::sqrt(moment(mean, 2));
    if (!(sigma > 0))
        return 1;
    const double skew = moment(mean, 3) / (sigma * sigma * sigma);
    const double sigmaSkew = std::sqrt(6 * (n - 2) / ((n + 1) * (n + 3)));
    const double bins = 1 + std::log2(n) + std::log2(1 + std::abs(skew) / sigmaSkew);
    constexpr double kMost = 10'000;
    return static_cast<std::size_t>(std::ceil(std::clamp(bins, 1.0, kMost)));
}

/// Shares of both sides in the reference's bins and one cell for what lies outside them.
double nannymlNumeric(const Pair &pair, std::string &binning)
{
    const KllView &r = pair.reference.view;
    const std::size_t bins = doaneBins(r);
    std::vector<double> splits;
    for (std::size_t i = 0; i <= bins; ++i)
        splits.push_back(r.min +
                         (r.max - r.min) * static_cast<double>(i) / static_cast<double>(bins));
    // The last bin is closed: its upper edge belongs to it.
    splits.back() = std::nextafter(r.max, HUGE_VAL);
    splits.erase(std::unique(splits.begin(), splits.end()), splits.end());
    const auto shares = [&](const KllView &view) {
        std::vector<double> cells = view.pmf(splits);
        cells.back() += cells.front();
        cells.erase(cells.begin());
        return cells;
    };
    binning = fmt::format("{} equal-width bins of the reference by Doane's rule, and one for the "
                          "rest",
                          bins);
    return jensenShannonDistance(shares(r), shares(pair.target.view));
}

void nannyml(ColumnDrift &drift, const Pair &pair)
{
    std::string binning = pair.binning.text;
    const double distance =
        pair.numeric() ? nannymlNumeric(pair, binning)
                       : jensenShannonDistance(pair.binning.reference, pair.binning.target);
    Measure &measure = add(drift, "js", distance, "Jensen-Shannon distance with base 2");
    measure.binning = std::move(binning);
    drift.verdict = Verdict::Undecided;
    drift.reason = "its threshold is learnt from the reference in chunks; this reference is a "
                   "single profile";
}

// ---------------------------------------------------------------- Deepchecks

/// Categories below one per cent of the reference are put together.
Binning withoutRare(const Binning &binning)
{
    constexpr double kRare = 0.01;
    const double n = total(binning.reference);
    Binning result;
    double restReference = 0;
    double restTarget = 0;
    for (std::size_t i = 0; i < binning.size(); ++i) {
        if (binning.reference[i] < kRare * n) {
            restReference += binning.reference[i];
            restTarget += binning.target[i];
        } else {
            result.reference.push_back(binning.reference[i]);
            result.target.push_back(binning.target[i]);
        }
    }
    if (restReference > 0 || restTarget > 0) {
        result.reference.push_back(restReference);
        result.target.push_back(restTarget);
    }
    return result;
}

/// Cramér's V with the correction for bias, after the larger side was scaled down to the smaller.
double correctedCramersV(Binning binning)
{
    const double n = total(binning.reference);
    const double m = total(binning.target);
    const double smaller = std::min(n, m);
    for (std::size_t i = 0; i < binning.size(); ++i) {
        binning.reference[i] *= smaller / n;
        binning.target[i] *= smaller / m;
    }
    const double size = 2 * smaller;
    double statistic = 0;
    for (std::size_t i = 0; i < binning.size(); ++i) {
        const double expected = (binning.reference[i] + binning.target[i]) / 2;
        if (expected <= 0)
            continue;
        for (const double seen : {binning.reference[i], binning.target[i]})
            statistic += (seen - expected) * (seen - expected) / expected;
    }
    const auto cells = static_cast<double>(cellsInUse(binning));
    const double phi = std::max(0.0, statistic / size - (cells - 1) / (size - 1));
    const double rows = 2 - 1 / (size - 1);
    const double columns = cells - (cells - 1) * (cells - 1) / (size - 1);
    const double least = std::min(rows - 1, columns - 1);
    return least > 0 ? std::sqrt(phi / least) : 0;
}

void deepchecks(ColumnDrift &drift, const Pair &pair)
{
    constexpr double kFewest = 10;
    constexpr double kAlarm = 0.2;
    if (std::min(pair.n(), pair.m()) < kFewest) {
        drift.verdict = Verdict::LowEvidence;
        drift.reason = fmt::format("fewer than {:g} values on a side", kFewest);
        return;
    }
    if (pair.numeric()) {
        alarmFrom(drift, add(drift, "ks", pair.gap.ks, "largest gap of the two distributions"),
                  kAlarm);
        return;
    }
    Measure &measure = add(drift, "cramers_v", correctedCramersV(withoutRare(pair.binning)),
                           "corrected for bias; categories under 1 % put together");
    alarmFrom(drift, measure, kAlarm);
}

/// These peers look at both sides before they decide what a column is.
void compareByPair(ColumnDrift &drift, const ColumnProfile &reference, const ColumnProfile &target,
                   void (*recipe)(ColumnDrift &, const Pair &))
{
    drift.numeric = !isCategorical(reference) || !isCategorical(target);
    const Reading reading =
        common(readingOf(reference, drift.numeric), readingOf(target, drift.numeric));
    if (reading == Reading::Nothing)
        return;
    const Side r = makeSide(reference, reading);
    const Side t = makeSide(target, reading);
    const Pair pair = makePair(r, t, true);
    drift.n = static_cast<std::int64_t>(r.n);
    drift.m = static_cast<std::int64_t>(t.n);
    if (r.n < 1 || t.n < 1 || pair.binning.size() == 0)
        return;
    recipe(drift, pair);
    for (Measure &measure : drift.measures) {
        measure.exact = pair.exact();
        if (!measure.exact)
            measure.bandLow = measure.bandHigh = std::numeric_limits<double>::quiet_NaN();
    }
}

} // namespace

void compareEvidently(ColumnDrift &drift, const ColumnProfile &reference,
                      const ColumnProfile &target)
{
    compareByPair(drift, reference, target, evidently);
}

void compareNannyml(ColumnDrift &drift, const ColumnProfile &reference, const ColumnProfile &target)
{
    compareByPair(drift, reference, target, nannyml);
}

void compareDeepchecks(ColumnDrift &drift, const ColumnProfile &reference,
                       const ColumnProfile &target)
{
    compareByPair(drift, reference, target, deepchecks);
}

ColumnDrift comparePeer(const std::string &name, const ColumnProfile *reference,
                        const ColumnProfile *target, Preset preset)
{
    ColumnDrift drift;
    drift.name = name;
    drift.n = reference ? reference->present() : 0;
    drift.m = target ? target->present() : 0;
    if (!reference || !target) {
        drift.verdict = drift.valuesVerdict = Verdict::SchemaChange;
        drift.reason = "only columns of both sides are compared";
        return drift;
    }
    drift.reason = "neither numbers nor tracked strings on both sides";
    presetRow(preset).compare(drift, *reference, *target);
    drift.valuesVerdict = drift.verdict;
    return drift;
}

} // namespace tepal::drift
