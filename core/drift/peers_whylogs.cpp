#include "pair.h"
#include "peers.h"

#include <tepal/drift/measures.h>
#include <tepal/drift/probability.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace tepal::drift {
namespace {

/// whylogs' categories of a p-value: 0.05 and 0.15 belong to the more alarming side.
Verdict byP(double p)
{
    if (p <= 0.05)
        return Verdict::Drift;
    return p <= 0.15 ? Verdict::PossibleDrift : Verdict::NoDrift;
}

const KllView *numbers(const ColumnProfile &column, KllView &storage)
{
    if (!column.distribution || column.distribution->kll.empty())
        return nullptr;
    storage = column.distribution->kll.view();
    return &storage;
}

/// KS from 100 quantiles of each side and the one-sample law at round(nm/(n+m)).
bool whylogsKs(ColumnDrift &drift, const ColumnProfile &reference, const ColumnProfile &target)
{
    KllView r;
    KllView t;
    if (!numbers(reference, r) || !numbers(target, t))
        return false;
    double d = 0;
    for (const KllView *from : {&t, &r}) {
        for (int i = 0; i < 100; ++i) {
            const double x = from->quantile(i / 99.0);
            d = std::max(d, std::abs(t.rank(x) - r.rank(x)));
        }
    }
    const auto n = static_cast<double>(r.n);
    const auto m = static_cast<double>(t.n);
    const double size = std::nearbyint(n * m / (n + m)); // half to even, as Python rounds
    const double p = kolmogorovSf(static_cast<std::uint64_t>(size), d);
    Measure measure;
    measure.key = "ks";
    measure.value = d;
    measure.bandLow = measure.bandHigh = std::numeric_limits<double>::quiet_NaN();
    measure.exact = false;
    measure.p = p;
    measure.method = "100 quantiles of each side; one-sample law at round(nm/(n+m))";
    drift.verdict = byP(p);
    drift.reason = fmt::format("whylogs' categories of p: {:.3g}", p);
    drift.evidenceKey = drift.effectKey = "ks";
    drift.adjustedP = p;
    drift.n = static_cast<std::int64_t>(r.n);
    drift.m = static_cast<std::int64_t>(t.n);
    drift.measures.push_back(std::move(measure));
    return true;
}

/// Goodness of fit of the target to the scaled reference: totals include nulls, expected counts are
/// cut to integers, an unseen category makes the statistic infinite.
bool whylogsChiSquare(ColumnDrift &drift, const ColumnProfile &reference,
                      const ColumnProfile &target)
{
    if (!reference.frequentStrings || !target.frequentStrings || !target.cardinality)
        return false;
    const auto nr = static_cast<double>(reference.counts.n);
    const auto nt = static_cast<double>(target.counts.n);
    if (nr <= 0 || nt <= 0)
        return false;
    std::map<std::string, std::pair<double, double>> counts;
    for (const auto &item : target.frequentStrings->listNoFalsePositives())
        counts[item.value].first = static_cast<double>(item.estimate);
    for (const auto &item : reference.frequentStrings->listNoFalsePositives())
        counts[item.value].second = static_cast<double>(item.estimate);
    double statistic = 0;
    for (const auto &[value, count] : counts) {
        const double expected = std::trunc(count.second / nr * nt);
        if (expected == 0) {
            statistic = HUGE_VAL;
            break;
        }
        statistic += (count.first - expected) * (count.first - expected) / expected;
    }
    const double dof = std::max(std::trunc(target.cardinality->estimate()) - 1, 1.0);
    Measure measure;
    measure.key = "chi2";
    measure.value = measure.bandLow = measure.bandHigh = statistic;
    measure.p = chiSquareSf(statistic, dof);
    measure.method = fmt::format("fit to the scaled reference, {:g} degrees of freedom", dof);
    if (std::isinf(statistic))
        measure.note = "infinite: a category of the target is new or too rare in the reference, "
                       "which is drift by whylogs' rule however rare it is";
    drift.numeric = false;
    drift.verdict = byP(*measure.p);
    drift.reason = std::isinf(statistic)
                       ? "a category of the target is new or too rare in the reference"
                       : fmt::format("whylogs' categories of p: {:.3g}", *measure.p);
    drift.evidenceKey = drift.effectKey = "chi2";
    drift.adjustedP = *measure.p;
    drift.measures.push_back(std::move(measure));
    return true;
}

/// H over the joint equal-width bins, the two empty outer cells included.
std::optional<double> jointHellinger(const ColumnProfile &reference, const ColumnProfile &target,
                                     int bins)
{
    KllView r;
    KllView t;
    if (!numbers(reference, r) || !numbers(target, t))
        return std::nullopt;
    const auto edges = equalWidthEdges(r, t, bins);
    if (edges.empty())
        return std::nullopt;
    return hellinger(r.pmf(edges), t.pmf(edges));
}

std::optional<double> categoryHellinger(const ColumnProfile &reference, const ColumnProfile &target)
{
    if (!reference.frequentStrings || !target.frequentStrings)
        return std::nullopt;
    const Side r = makeSide(reference, Reading::CountedTexts);
    const Side t = makeSide(target, Reading::CountedTexts);
    const Pair pair = makePair(r, t, true);
    if (pair.binning.size() == 0)
        return std::nullopt;
    return hellinger(pair.binning.reference, pair.binning.target);
}

void addHellinger(ColumnDrift &drift, double value, double possible, double threshold)
{
    Measure measure;
    measure.key = "hellinger";
    measure.value = value;
    measure.bandLow = measure.bandHigh = std::numeric_limits<double>::quiet_NaN();
    measure.exact = false;
    measure.possible = possible;
    measure.threshold = threshold;
    measure.method = "Hellinger distance";
    measure.binning = "equal-width bins over both, at most 30";
    drift.measures.push_back(std::move(measure));
}

} // namespace

void compareWhylogs(ColumnDrift &drift, const ColumnProfile &reference, const ColumnProfile &target)
{
    if (!whylogsKs(drift, reference, target))
        whylogsChiSquare(drift, reference, target);
    if (const auto h = jointHellinger(reference, target, 30))
        addHellinger(drift, *h, 0.15, 0.4);
}

void compareWhylabs(ColumnDrift &drift, const ColumnProfile &reference, const ColumnProfile &target)
{
    auto distance = jointHellinger(reference, target, 30);
    if (!distance)
        distance = categoryHellinger(reference, target);
    if (!distance)
        return;
    constexpr double kAlarm = 0.7;
    addHellinger(drift, *distance, kAlarm, kAlarm);
    drift.effectKey = "hellinger";
    drift.verdict = *distance >= kAlarm ? Verdict::Drift : Verdict::NoDrift;
    drift.reason = fmt::format("Hellinger distance {:.3g} against {:g}", *distance, kAlarm);
}

} // namespace tepal::drift
