#include "pair.h"

#include "noise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

namespace tepal::drift {
namespace {

constexpr std::size_t kMaxCategories = 50;
constexpr double kFewDistinct = 20;
constexpr double kFewDistinctShare = 0.05;

double distinctOf(const ColumnProfile &column)
{
    return column.cardinality ? column.cardinality->estimate() : 0;
}

bool hasNumbers(const ColumnProfile &column)
{
    return column.distribution && !column.distribution->kll.empty();
}

/// Integers and booleans are counted as texts too: exactly, while there are few.
bool hasCountedNumbers(const ColumnProfile &column)
{
    return column.frequentStrings && column.types.string == 0 && column.types.fractional == 0 &&
           column.types.object == 0 && column.types.tensor == 0;
}

using Counts2 = std::map<std::string, std::pair<double, double>>;

/// The heaviest categories, the rest as one. Which get a cell of their own depends on the pooled
/// counts alone: to choose those that differ most would find a difference where there is none.
Binning binCategories(const Counts2 &counts, double n, double m, double pooledError)
{
    using Entry = Counts2::value_type;
    std::vector<const Entry *> sorted;
    sorted.reserve(counts.size());
    const auto weight = [](const Entry *entry) {
        return entry->second.first + entry->second.second;
    };
    for (const Entry &entry : counts) {
        // What may be a sketch's error and nothing else is no category.
        if (weight(&entry) > pooledError)
            sorted.push_back(&entry);
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](const Entry *a, const Entry *b) { return weight(a) > weight(b); });
    if (sorted.size() > kMaxCategories)
        sorted.resize(kMaxCategories);
    Binning binning;
    double restReference = n;
    double restTarget = m;
    for (const Entry *entry : sorted) {
        binning.labels.push_back(entry->first);
        binning.reference.push_back(entry->second.first);
        binning.target.push_back(entry->second.second);
        restReference -= entry->second.first;
        restTarget -= entry->second.second;
    }
    if (restReference > 0.5 || restTarget > 0.5) {
        binning.labels.emplace_back("Other");
        binning.reference.push_back(std::max(0.0, restReference));
        binning.target.push_back(std::max(0.0, restTarget));
    }
    binning.text = fmt::format("{} categories", binning.labels.size());
    return binning;
}

void addTexts(Counts2 &counts, const ColumnProfile &column, double Counts2::mapped_type::*side)
{
    // What a full table lost it lost before a frequent text was tracked for good: of these the
    // upper bound is nearly the count.
    for (const auto &item : column.frequentStrings->listNoFalseNegatives())
        counts[item.value].*side = static_cast<double>(item.upper);
}

void addNumbers(Counts2 &counts, const KllView &view, double Counts2::mapped_type::*side)
{
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < view.values.size(); ++i) {
        if (i + 1 < view.values.size() && view.values[i + 1] == view.values[i])
            continue;
        // The shortest text that reads back as the same number: no two share one. −0 is 0.
        counts[fmt::format("{}", view.values[i] + 0.0)].*side +=
            static_cast<double>(view.cumulative[i] - before);
        before = view.cumulative[i];
    }
}

Binning categories(const Side &reference, const Side &target)
{
    Counts2 counts;
    const auto first = &Counts2::mapped_type::first;
    const auto second = &Counts2::mapped_type::second;
    if (reference.reading == Reading::CountedTexts) {
        addTexts(counts, *reference.column, first);
        addTexts(counts, *target.column, second);
    } else {
        addNumbers(counts, reference.view, first);
        addNumbers(counts, target.view, second);
    }
    return binCategories(counts, reference.n, target.n,
                         reference.error * reference.n + target.error * target.n);
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

double Side::effective() const
{
    const double s = error / kDeviationsAt99;
    return n / (1 + 4 * n * s * s);
}

double Pair::meanGapError() const
{
    return std::sqrt(reference.sd * reference.sd / n() + target.sd * target.sd / m());
}

bool isNumericKind(ValueKind kind)
{
    return kind == ValueKind::Integral || kind == ValueKind::Fractional ||
           kind == ValueKind::Unsigned;
}

bool isCategorical(const ColumnProfile &column)
{
    if (!isNumericKind(column.dominantKind()))
        return true;
    const double distinct = distinctOf(column);
    return distinct <= kFewDistinct &&
           distinct < kFewDistinctShare * static_cast<double>(column.present());
}

std::map<std::string, bool, std::less<>> decideCategorical(const DatasetProfile &profile)
{
    std::map<std::string, bool, std::less<>> decided;
    for (const auto &[name, column] : profile.columns) {
        if (isNumericKind(column.dominantKind()))
            decided.emplace(name, isCategorical(column));
    }
    return decided;
}

Reading readingOf(const ColumnProfile &column, bool numeric)
{
    const ValueKind kind = column.dominantKind();
    const bool numbers = (isNumericKind(kind) || kind == ValueKind::Boolean) && hasNumbers(column);
    if (numbers && numeric)
        return Reading::Numbers;
    if (numbers)
        return hasCountedNumbers(column) ? Reading::CountedTexts : Reading::FewNumbers;
    return kind == ValueKind::String && column.frequentStrings ? Reading::CountedTexts
                                                               : Reading::Nothing;
}

Reading common(Reading reference, Reading target)
{
    if (reference == target)
        return reference;
    const auto either = [&](Reading reading) { return reference == reading || target == reading; };
    if (either(Reading::Nothing) || either(Reading::Numbers))
        return Reading::Nothing;
    return Reading::FewNumbers; // one side's numbers were not counted as texts
}

bool isIdentifier(const Side &side)
{
    constexpr double kFewest = 100;
    constexpr double kNearlyAll = 0.95;
    return side.reading == Reading::CountedTexts &&
           side.column->dominantKind() == ValueKind::String && side.n >= kFewest &&
           distinctOf(*side.column) >= kNearlyAll * side.n;
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

Side makeSide(const ColumnProfile &column, Reading reading)
{
    Side side;
    side.column = &column;
    side.reading = reading;
    if (reading == Reading::CountedTexts) {
        side.n = static_cast<double>(column.frequentStrings->totalWeight());
        side.error =
            side.n > 0 ? static_cast<double>(column.frequentStrings->maximumError()) / side.n : 0;
    } else if (reading != Reading::Nothing && hasNumbers(column)) {
        const KllSketch &kll = column.distribution->kll;
        KllView view = kll.view();
        const bool finite = std::isfinite(view.min) && std::isfinite(view.max);
        side.view = finite ? std::move(view) : finiteView(view);
        side.n = static_cast<double>(side.view.n);
        side.mean = column.distribution->mean;
        side.sd = column.distribution->stddev();
        side.error = reading == Reading::Numbers ? kll.rankError() : kll.cellError();
        if (reading == Reading::Numbers) {
            side.spread = side.exact() ? 0 : spreadIntegral(side.view);
            side.heaviest = heaviestShare(side.view);
        }
    }
    return side;
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

Pair makePair(const Side &reference, const Side &target, bool cells)
{
    assert(reference.reading == target.reading);
    Pair pair{reference, target, {}, {}, {}, {}, {}, {}, {}};
    if (pair.n() < 1 || pair.m() < 1)
        return pair;
    if (!pair.numeric()) {
        pair.binning = categories(reference, target);
        return pair;
    }
    pair.pooled = pool(reference.view, target.view);
    pair.gap = distributionGap(pair.pooled);
    if (cells)
        pair.binning = quantileBins(reference.view, target.view, distinctOf(*reference.column));
    return pair;
}

} // namespace tepal::drift
