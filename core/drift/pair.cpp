#include "pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace tepal::drift {
namespace {

constexpr std::size_t kMaxCategories = 50;
constexpr double kFewDistinct = 20;
constexpr double kFewDistinctShare = 0.05;
/// ε is a 99 % bound; a normal deviate reaches 2.576 deviations at 99 %.
constexpr double kDeviationsAt99 = 2.576;

double distinctOf(const ColumnProfile &column)
{
    return column.cardinality ? column.cardinality->estimate() : 0;
}

double effective(double n, double error)
{
    const double s = error / kDeviationsAt99;
    return n / (1 + 4 * n * s * s);
}

using Counts2 = std::map<std::string, std::pair<double, double>>;

/// The heaviest categories, the rest as one.
Binning binCategories(const Counts2 &counts, double n, double m)
{
    std::vector<std::pair<std::string, std::pair<double, double>>> sorted(counts.begin(),
                                                                          counts.end());
    std::stable_sort(sorted.begin(), sorted.end(), [&](const auto &a, const auto &b) {
        const auto weight = [&](const auto &entry) {
            return std::max(entry.second.first / n, entry.second.second / m);
        };
        return weight(a) > weight(b);
    });
    Binning binning;
    double listedReference = 0;
    double listedTarget = 0;
    for (std::size_t i = 0; i < sorted.size() && i < kMaxCategories; ++i) {
        binning.labels.push_back(sorted[i].first);
        binning.reference.push_back(sorted[i].second.first);
        binning.target.push_back(sorted[i].second.second);
        listedReference += sorted[i].second.first;
        listedTarget += sorted[i].second.second;
    }
    const double restReference = std::max(0.0, n - listedReference);
    const double restTarget = std::max(0.0, m - listedTarget);
    if (restReference > 0.5 || restTarget > 0.5) {
        binning.labels.emplace_back("Other");
        binning.reference.push_back(restReference);
        binning.target.push_back(restTarget);
    }
    binning.text = fmt::format("{} categories", binning.labels.size());
    return binning;
}

Binning stringCategories(const ColumnProfile &reference, const ColumnProfile &target, double n,
                         double m)
{
    Counts2 counts;
    for (const auto &item : reference.frequentStrings->listNoFalseNegatives())
        counts[item.value].first = static_cast<double>(item.lower);
    for (const auto &item : target.frequentStrings->listNoFalseNegatives())
        counts[item.value].second = static_cast<double>(item.lower);
    Binning binning = binCategories(counts, n, m);
    binning.referenceShareError =
        static_cast<double>(reference.frequentStrings->maximumError()) / n;
    binning.targetShareError = static_cast<double>(target.frequentStrings->maximumError()) / m;
    return binning;
}

Binning numberCategories(const Pair &pair)
{
    Counts2 counts;
    std::map<double, std::string> names;
    const auto add = [&](const KllView &view, bool isReference) {
        std::uint64_t before = 0;
        for (std::size_t i = 0; i < view.values.size(); ++i) {
            auto &name = names[view.values[i]];
            if (name.empty())
                name = fmt::format("{:g}", view.values[i]);
            auto &cell = counts[name];
            (isReference ? cell.first : cell.second) +=
                static_cast<double>(view.cumulative[i] - before);
            before = view.cumulative[i];
        }
    };
    add(pair.reference, true);
    add(pair.target, false);
    Binning binning = binCategories(counts, pair.n, pair.m);
    // A category's count is a difference of two ranks.
    binning.referenceShareError = 2 * pair.referenceError;
    binning.targetShareError = 2 * pair.targetError;
    return binning;
}

void count(Binning &binning, const KllView &reference, const KllView &target)
{
    for (const bool isReference : {true, false}) {
        const KllView &view = isReference ? reference : target;
        auto &counts = isReference ? binning.reference : binning.target;
        counts.clear();
        for (const double share : view.pmf(binning.edges))
            counts.push_back(share * static_cast<double>(view.n));
    }
}

} // namespace

double Pair::effectiveN() const
{
    return effective(n, referenceError);
}

double Pair::effectiveM() const
{
    return effective(m, targetError);
}

bool isNumericKind(ValueKind kind)
{
    return kind == ValueKind::Integral || kind == ValueKind::Fractional;
}

Shape shapeOf(const ColumnProfile &reference, const ColumnProfile &target)
{
    const ValueKind r = reference.dominantKind();
    const ValueKind t = target.dominantKind();
    if (isNumericKind(r) && isNumericKind(t)) {
        const double distinct = std::max(distinctOf(reference), distinctOf(target));
        const auto rows = static_cast<double>(std::max(reference.present(), target.present()));
        const bool few = distinct <= kFewDistinct && distinct < kFewDistinctShare * rows;
        return few ? Shape::Categorical : Shape::Numeric;
    }
    if (r == ValueKind::Boolean && t == ValueKind::Boolean)
        return Shape::Categorical;
    if (r == ValueKind::String && t == ValueKind::String && reference.frequentStrings &&
        target.frequentStrings)
        return Shape::Categorical;
    return Shape::Neither;
}

KllView finiteView(const KllView &view)
{
    if (view.empty() || (std::isfinite(view.min) && std::isfinite(view.max)))
        return view;
    KllView finite;
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < view.values.size(); ++i) {
        const std::uint64_t weight = view.cumulative[i] - before;
        before = view.cumulative[i];
        if (!std::isfinite(view.values[i]))
            continue;
        finite.n += weight;
        finite.values.push_back(view.values[i]);
        finite.cumulative.push_back(finite.n);
    }
    finite.min = finite.empty() ? view.min : finite.values.front();
    finite.max = finite.empty() ? view.max : finite.values.back();
    return finite;
}

Binning quantileBins(const KllView &reference, const KllView &target, double distinct)
{
    const auto n = static_cast<double>(reference.n);
    const int bins = std::max(2, static_cast<int>(std::min({10.0, n / 5, distinct})));
    std::vector<double> edges;
    for (int i = 1; i < bins; ++i)
        edges.push_back(reference.quantile(static_cast<double>(i) / bins));
    // An atom keeps to itself: [a, next double).
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < reference.values.size(); ++i) {
        const std::size_t first = i;
        while (i + 1 < reference.values.size() &&
               reference.values[i + 1] == reference.values[first])
            ++i;
        if (static_cast<double>(reference.cumulative[i] - before) > n / bins) {
            edges.push_back(reference.values[first]);
            edges.push_back(std::nextafter(reference.values[first], HUGE_VAL));
        }
        before = reference.cumulative[i];
    }
    std::sort(edges.begin(), edges.end());
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    // An edge at the smallest value would make an empty first cell.
    if (edges.size() > 1 && edges.front() <= std::min(reference.min, target.min))
        edges.erase(edges.begin());
    Binning binning;
    binning.edges = std::move(edges);
    count(binning, reference, target);
    binning.text = fmt::format("{} bins by quantiles of the reference", binning.size());
    return binning;
}

std::vector<double> equalWidthEdges(const KllView &reference, const KllView &target, int maxBins)
{
    if (reference.empty() && target.empty())
        return {};
    const double start = reference.empty() ? target.min
                         : target.empty()  ? reference.min
                                           : std::min(reference.min, target.min);
    double end = reference.empty() ? target.max
                 : target.empty()  ? reference.max
                                   : std::max(reference.max, target.max);
    if (!std::isfinite(start) || !std::isfinite(end) || !std::isfinite(end - start))
        return {};
    end += end == 0 ? 1e-7 : std::abs(end) * 1e-7;
    const auto n = static_cast<double>(reference.n + target.n);
    double buckets = std::max(std::min<double>(std::ceil(n / 4), maxBins), 2.0);
    double width = (end - start) / buckets;
    // Narrower bins than float32 can tell apart at this magnitude would be an illusion.
    const double largest = std::max(std::abs(start), std::abs(end));
    const double least = std::exp2(std::floor(std::log2(largest)) - 23);
    if (width < least) {
        buckets = std::max(std::floor((end - start) / least), 1.0);
        width = (end - start) / buckets;
    }
    std::vector<double> edges;
    for (int i = 0; i <= static_cast<int>(buckets); ++i)
        edges.push_back(start + i * width);
    return edges;
}

Binning equalWidthBins(const KllView &reference, const KllView &target, int maxBins)
{
    Binning binning;
    binning.edges = equalWidthEdges(reference, target, maxBins);
    count(binning, reference, target);
    binning.text = fmt::format("{} equal-width bins over both", binning.edges.size() - 1);
    return binning;
}

Pair makePair(const ColumnProfile &reference, const ColumnProfile &target, bool numeric)
{
    Pair pair;
    pair.numeric = numeric;
    const bool numbers =
        reference.distribution && target.distribution &&
        (!reference.distribution->kll.empty() || !target.distribution->kll.empty());
    if (numbers) {
        pair.reference = finiteView(reference.distribution->kll.view());
        pair.target = finiteView(target.distribution->kll.view());
        pair.n = static_cast<double>(pair.reference.n);
        pair.m = static_cast<double>(pair.target.n);
        pair.referenceError = reference.distribution->kll.rankError();
        pair.targetError = target.distribution->kll.rankError();
        pair.sigma = reference.distribution->stddev();
        if (pair.n < 1 || pair.m < 1)
            return pair;
        pair.binning = numeric ? quantileBins(pair.reference, pair.target, distinctOf(reference))
                               : numberCategories(pair);
    } else if (reference.frequentStrings && target.frequentStrings) {
        pair.n = static_cast<double>(reference.present());
        pair.m = static_cast<double>(target.present());
        if (pair.n < 1 || pair.m < 1)
            return pair;
        pair.binning = stringCategories(reference, target, pair.n, pair.m);
    }
    return pair;
}

} // namespace tepal::drift
