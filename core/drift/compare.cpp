#include "noise.h"
#include "pair.h"
#include "peers.h"

#include <tepal/drift/compare.h>
#include <tepal/drift/measures.h>
#include <tepal/drift/probability.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>

namespace tepal::drift {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kFewestValues = 5;
constexpr double kFewValues = 30;

struct BandOf
{
    std::string_view key;
    double possible;
    double drift;
};
/// From which effect on a measure is "possible drift" and "drift".
constexpr std::array<BandOf, 9> kBands{{{"ks", 0.1, 0.2},
                                        {"w1_norm", 0.1, 0.25},
                                        {"psi", 0.1, 0.25},
                                        {"js", 0.1, 0.2},
                                        {"hellinger", 0.15, 0.4},
                                        {"tvd", 0.1, 0.2},
                                        {"linf", 0.1, 0.1},
                                        {"cramers_v", 0.1, 0.2},
                                        {"kl", kNaN, kNaN}}};

Measure make(std::string key, double value)
{
    Measure measure;
    measure.value = measure.bandLow = measure.bandHigh = value;
    for (const BandOf &band : kBands) {
        if (band.key == key) {
            measure.possible = band.possible;
            measure.threshold = band.drift;
        }
    }
    measure.key = std::move(key);
    return measure;
}

void addKs(ColumnDrift &drift, const Pair &pair)
{
    const KsResult ks = kolmogorovSmirnov(pair.reference, pair.target);
    Measure measure = make("ks", ks.d);
    const double error = pair.referenceError + pair.targetError;
    measure.exact = error == 0;
    measure.bandLow = std::max(0.0, ks.d - error);
    measure.bandHigh = std::min(1.0, ks.d + error);
    measure.floor = ksFloor(pair);
    if (measure.exact) {
        measure.p = ksP(pair.reference.n, pair.target.n, ks.d);
        measure.method = pair.n * pair.m <= 1e7 ? "full scan of all values; exact p"
                                                : "full scan of all values; limit form of p";
    } else {
        // The sketches' own noise is counted in, or large windows would alarm without drift.
        measure.p = ksLimitP(pair.effectiveN(), pair.effectiveM(), ks.d);
        measure.method =
            fmt::format("full scan of the sketches; p at effective sizes {:.0f} and {:.0f}",
                        pair.effectiveN(), pair.effectiveM());
    }
    drift.ksX = ks.x;
    drift.measures.push_back(std::move(measure));
}

void addWasserstein(ColumnDrift &drift, const Pair &pair)
{
    const double w = wasserstein1(pair.reference, pair.target);
    const double range = std::max(pair.reference.max, pair.target.max) -
                         std::min(pair.reference.min, pair.target.min);
    const double error = (pair.referenceError + pair.targetError) * range;
    Measure measure = make("w1", w);
    measure.exact = error == 0;
    measure.bandLow = std::max(0.0, w - error);
    measure.bandHigh = w + error;
    measure.floor = wassersteinFloor(pair);
    measure.method = "area between the distributions, in units of the feature";
    if (pair.sigma > 0) {
        Measure norm = make("w1_norm", w / pair.sigma);
        norm.exact = measure.exact;
        norm.bandLow = measure.bandLow / pair.sigma;
        norm.bandHigh = measure.bandHigh / pair.sigma;
        norm.floor = measure.floor / pair.sigma;
        norm.method = "average move of a value, in standard deviations of the reference";
        drift.measures.push_back(std::move(norm));
    } else {
        measure.note = "the reference is constant, so there is no scale to compare the move with";
    }
    drift.measures.push_back(std::move(measure));
}

void addBinned(ColumnDrift &drift, const Pair &pair, const Options &options)
{
    struct Entry
    {
        const char *key;
        BinnedMeasure measure;
        const char *method;
    };
    constexpr std::array<Entry, 6> entries{
        {{"tvd", totalVariation, "share of values that would have to change cell"},
         {"hellinger", hellinger, "distance of the square roots of the shares"},
         {"psi", psi, "symmetric divergence in nats, half a count added to every cell"},
         {"js", jensenShannonDistance, "root of the Jensen-Shannon divergence in bits"},
         {"kl", klDivergence,
          "surprise of the target under the reference in nats, half a count added"},
         {"linf", maxDifference, "largest change of one cell's share"}}};
    for (const Entry &entry : entries) {
        Measure measure =
            make(entry.key, entry.measure(pair.binning.reference, pair.binning.target));
        measure.exact = pair.exact();
        measure.binning = pair.binning.text;
        measure.method = entry.method;
        measure.floor = binnedFloor(entry.key, entry.measure, pair, options.seed);
        if (!measure.exact && options.simulateBands) {
            const Band band = simulatedBand(entry.measure, pair, measure.value, options.seed);
            measure.bandLow = band.low;
            measure.bandHigh = band.high;
            measure.bandEstimated = true;
        }
        drift.measures.push_back(std::move(measure));
    }
}

void addChiSquare(ColumnDrift &drift, const Pair &pair)
{
    const ChiSquare chi = chiSquareHomogeneity(pair.binning.reference, pair.binning.target);
    Measure measure = make("chi2", chi.statistic);
    measure.exact = pair.exact();
    measure.p = chi.p;
    measure.binning = pair.binning.text;
    measure.floor = chi.dof > 0 ? chiSquareQuantile(0.05, chi.dof) : 0;
    measure.method = chi.simulated
                         ? "two-sample homogeneity; p from shuffled labels, the cells are small"
                         : fmt::format("two-sample homogeneity, {} degrees of freedom", chi.dof);
    if (chi.pooled > 0)
        measure.note = fmt::format("{} rare categories were put together", chi.pooled + 1);
    Measure v = make("cramers_v", chi.cramersV);
    v.exact = measure.exact;
    v.binning = measure.binning;
    v.floor = std::sqrt(measure.floor / (pair.n + pair.m));
    v.method = "chi-square as an effect size";
    drift.measures.push_back(std::move(measure));
    drift.measures.push_back(std::move(v));
}

void addCells(ColumnDrift &drift, const Pair &pair)
{
    const Binning &binning = pair.binning;
    const auto terms = psiTerms(binning.reference, binning.target);
    for (std::size_t i = 0; i < binning.size(); ++i) {
        Cell cell;
        cell.reference = binning.reference[i];
        cell.target = binning.target[i];
        if (pair.numeric) {
            cell.low = i == 0 ? -HUGE_VAL : binning.edges[i - 1];
            cell.high = i == binning.edges.size() ? HUGE_VAL : binning.edges[i];
            cell.contribution = terms[i];
        } else {
            cell.label = binning.labels[i];
            cell.contribution = std::abs(cell.reference / pair.n - cell.target / pair.m) / 2;
        }
        drift.cells.push_back(std::move(cell));
    }
}

/// Missing values are a signal of their own and never enter the distances.
void addMissing(ColumnDrift &drift, const ColumnProfile &reference, const ColumnProfile &target)
{
    const auto n = static_cast<double>(reference.counts.n);
    const auto m = static_cast<double>(target.counts.n);
    if (n <= 0 || m <= 0)
        return;
    const auto a = static_cast<double>(reference.counts.null);
    const auto b = static_cast<double>(target.counts.null);
    drift.missingReference = a / n;
    drift.missingTarget = b / m;
    const double pooled = (a + b) / (n + m);
    if (pooled <= 0 || pooled >= 1)
        return;
    if (std::min({pooled, 1 - pooled}) * std::min(n, m) < 5) {
        // Fisher's exact test, two-sided by probability: sum of all tables no likelier than ours.
        const double k = a + b;
        const auto logChoose = [](double x, double y) {
            return std::lgamma(x + 1) - std::lgamma(y + 1) - std::lgamma(x - y + 1);
        };
        const auto logP = [&](double x) {
            return logChoose(n, x) + logChoose(m, k - x) - logChoose(n + m, k);
        };
        const double ours = logP(a);
        double p = 0;
        for (double x = std::max(0.0, k - m); x <= std::min(k, n); ++x) {
            if (logP(x) <= ours + 1e-9)
                p += std::exp(logP(x));
        }
        drift.missingP = std::min(1.0, p);
        return;
    }
    const double z = (a / n - b / m) / std::sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
    drift.missingP = normalTwoSidedP(z);
}

/// About how many more target rows would make this effect significant if it stays as it is.
std::int64_t rowsNeeded(const ColumnDrift &drift, const Measure &evidence, const Pair &pair,
                        double alpha)
{
    double factor = 0; // by which nm/(n+m) has to grow
    if (drift.evidenceKey == "ks") {
        const double critical = std::sqrt(-std::log(alpha / 2) / 2);
        const double now = evidence.value * std::sqrt(pair.n * pair.m / (pair.n + pair.m));
        factor = now > 0 ? (critical / now) * (critical / now) : 0;
    } else if (evidence.value > 0) {
        factor = evidence.floor / evidence.value;
    }
    if (!(factor > 1))
        return 0;
    const double c = (1 / pair.n + 1 / pair.m) / factor;
    if (c <= 1 / pair.n)
        return 0; // the reference is the bottleneck
    return static_cast<std::int64_t>(std::ceil(1 / (c - 1 / pair.n) - pair.m));
}

/// Section "from number to verdict": effect × evidence.
void decide(ColumnDrift &drift, double p, double alpha, const Pair *pair)
{
    const Measure *effect = drift.find(drift.effectKey);
    const Measure *evidence = drift.find(drift.evidenceKey);
    if (!effect || !evidence)
        return;
    const bool real = p < alpha;
    const auto straddles = [&](double threshold) {
        return !effect->exact && !effect->bandEstimated && effect->bandLow < threshold &&
               effect->bandHigh >= threshold;
    };
    drift.rowsNeeded = 0;
    const std::string_view label = measureLabel(effect->key);
    const std::string pText = p < 0.001 ? "p < 0.001" : fmt::format("p = {:.3f}", p);
    if (real && straddles(effect->threshold)) {
        drift.verdict = Verdict::Undecided;
        drift.reason =
            fmt::format("the profile's resolution cannot tell: {} lies between {:.3g} and "
                        "{:.3g} around the threshold {:g}",
                        label, effect->bandLow, effect->bandHigh, effect->threshold);
        return;
    }
    const bool big = effect->value >= effect->threshold;
    const bool middling = effect->value >= effect->possible;
    if (big && real) {
        drift.verdict = Verdict::Drift;
        drift.reason = fmt::format("{} {:.3g} is above {:g} and real ({})", label, effect->value,
                                   effect->threshold, pText);
    } else if (middling && real) {
        drift.verdict = Verdict::PossibleDrift;
        drift.reason = fmt::format("{} {:.3g} is between {:g} and {:g} and real ({})", label,
                                   effect->value, effect->possible, effect->threshold, pText);
    } else if (middling) {
        drift.verdict = Verdict::Undecided;
        drift.rowsNeeded = pair ? rowsNeeded(drift, *evidence, *pair, alpha) : 0;
        // Above its own floor an effect may still not convince: the p-value pays for all columns.
        drift.reason =
            effect->value <= effect->floor
                ? fmt::format("{} {:.3g} may be chance at this size ({}; without drift it reaches "
                              "{:.3g})",
                              label, effect->value, pText, effect->floor)
                : fmt::format("{} {:.3g} is not sure at this size ({} after adjusting for all "
                              "columns)",
                              label, effect->value, pText);
        if (drift.rowsNeeded > 0)
            drift.reason += fmt::format("; about {} more rows would tell", drift.rowsNeeded);
    } else if (real) {
        drift.verdict = Verdict::Negligible;
        drift.reason = fmt::format("real ({}), but {} {:.3g} is too small to matter", pText, label,
                                   effect->value);
    } else {
        drift.verdict = Verdict::NoDrift;
        drift.reason = fmt::format("{} {:.3g} is below {:g} and may be chance ({})", label,
                                   effect->value, effect->possible, pText);
    }
}

struct Compared
{
    ColumnDrift drift;
    std::optional<Pair> pair;
};

/// Everything but the verdict that needs the adjusted p.
Compared measureColumn(const std::string &name, const ColumnProfile *reference,
                       const ColumnProfile *target, const Options &options)
{
    Compared result;
    ColumnDrift &drift = result.drift;
    drift.name = name;
    const auto settle = [&](Verdict verdict, std::string reason) {
        drift.verdict = verdict;
        drift.reason = std::move(reason);
        return std::move(result);
    };
    if (!reference || !target) {
        const ColumnProfile *only = reference ? reference : target;
        (reference ? drift.n : drift.m) = only ? only->present() : 0;
        return settle(Verdict::SchemaChange, reference ? "the target does not have this column"
                                                       : "the reference does not have this column");
    }
    drift.n = reference->present();
    drift.m = target->present();
    addMissing(drift, *reference, *target);
    if (drift.n == 0 || drift.m == 0)
        return settle(Verdict::NoData, drift.n == 0 ? "the reference has no value here"
                                                    : "the target has no value here");
    const ValueKind r = reference->dominantKind();
    const ValueKind t = target->dominantKind();
    if (r != t && !(isNumericKind(r) && isNumericKind(t)))
        return settle(Verdict::TypeChange, "the values are of another type than in the reference");
    const Shape shape = shapeOf(*reference, *target);
    if (shape == Shape::Neither)
        return settle(Verdict::NoData, "values of this type have no distribution to compare");
    drift.numeric = shape == Shape::Numeric;
    if (const auto forced = options.categorical.find(name);
        forced != options.categorical.end() && r != ValueKind::String)
        drift.numeric = !forced->second;
    result.pair = makePair(*reference, *target, drift.numeric);
    const Pair &pair = *result.pair;
    drift.n = static_cast<std::int64_t>(pair.n);
    drift.m = static_cast<std::int64_t>(pair.m);
    const double fewest = std::min(pair.n, pair.m);
    if (fewest < 1)
        return settle(Verdict::NoData, "a side has no finite value");
    if (fewest < kFewestValues)
        return settle(Verdict::LowEvidence,
                      fmt::format("{:g} values are too few to compare; {:g} are needed", fewest,
                                  kFewestValues));
    drift.lowEvidence = fewest < kFewValues;
    if (drift.numeric) {
        addKs(drift, pair);
        addWasserstein(drift, pair);
        drift.effectKey = pair.sigma > 0 ? "w1_norm" : "ks";
        drift.evidenceKey = "ks";
    } else {
        addChiSquare(drift, pair);
        drift.effectKey = "tvd";
        drift.evidenceKey = "chi2";
    }
    addBinned(drift, pair, options);
    addCells(drift, pair);
    drift.adjustedP = drift.find(drift.evidenceKey)->p.value_or(1);
    return result;
}

} // namespace

std::string_view verdictName(Verdict verdict)
{
    constexpr std::string_view names[]{"no data",    "low evidence",  "no drift",
                                       "negligible", "undecided",     "possible drift",
                                       "drift",      "schema change", "type change"};
    return names[static_cast<std::size_t>(verdict)];
}

std::string_view measureLabel(std::string_view key)
{
    constexpr std::pair<std::string_view, std::string_view> kLabels[]{{"ks", "KS"},
                                                                      {"w1", "W₁"},
                                                                      {"w1_norm", "W₁/σ"},
                                                                      {"psi", "PSI"},
                                                                      {"js", "JS distance"},
                                                                      {"hellinger", "Hellinger"},
                                                                      {"kl", "KL"},
                                                                      {"tvd", "TVD"},
                                                                      {"linf", "L∞"},
                                                                      {"chi2", "χ²"},
                                                                      {"cramers_v", "Cramér’s V"}};
    for (const auto &[name, label] : kLabels) {
        if (name == key)
            return label;
    }
    return key;
}

std::string_view presetName(Preset preset)
{
    constexpr std::string_view names[]{"tepal",     "whylogs", "whylabs",
                                       "evidently", "nannyml", "deepchecks"};
    return names[static_cast<std::size_t>(preset)];
}

Result<Preset> parsePreset(std::string_view text)
{
    for (const Preset preset : kPresets) {
        if (presetName(preset) == text)
            return preset;
    }
    return fail(ErrorCode::InvalidArgument, fmt::format("there is no preset \"{}\"", text),
                "use tepal, whylogs, whylabs, evidently, nannyml or deepchecks");
}

const Measure *ColumnDrift::find(std::string_view key) const
{
    const auto it = std::find_if(measures.begin(), measures.end(),
                                 [&](const Measure &measure) { return measure.key == key; });
    return it == measures.end() ? nullptr : &*it;
}

ColumnDrift compareColumn(const std::string &name, const ColumnProfile *reference,
                          const ColumnProfile *target, const Options &options)
{
    if (options.preset != Preset::Tepal)
        return comparePeer(name, reference, target, options.preset);
    Compared compared = measureColumn(name, reference, target, options);
    decide(compared.drift, compared.drift.adjustedP, options.alpha,
           compared.pair ? &*compared.pair : nullptr);
    return std::move(compared.drift);
}

DatasetDrift compare(const DatasetProfile &reference, const DatasetProfile &target,
                     const Options &options)
{
    DatasetDrift result;
    result.preset = options.preset;
    std::set<std::string> names;
    for (const auto &[name, column] : reference.columns)
        names.insert(name);
    for (const auto &[name, column] : target.columns)
        names.insert(name);
    const auto columnOf = [](const DatasetProfile &profile, const std::string &name) {
        const auto it = profile.columns.find(name);
        return it == profile.columns.end() ? nullptr : &it->second;
    };
    if (options.preset != Preset::Tepal) {
        for (const std::string &name : names)
            result.columns.push_back(comparePeer(name, columnOf(reference, name),
                                                 columnOf(target, name), options.preset));
        return result;
    }
    std::vector<Compared> compared;
    for (const std::string &name : names)
        compared.push_back(
            measureColumn(name, columnOf(reference, name), columnOf(target, name), options));

    // Benjamini-Hochberg: p·d/rank, made monotone from the largest downwards.
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < compared.size(); ++i) {
        if (!std::isnan(compared[i].drift.adjustedP))
            order.push_back(i);
    }
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return compared[a].drift.adjustedP > compared[b].drift.adjustedP;
    });
    double smallest = 1;
    for (std::size_t i = 0; i < order.size(); ++i) {
        double &p = compared[order[i]].drift.adjustedP;
        const auto rank = static_cast<double>(order.size() - i);
        smallest = std::min(smallest, p * static_cast<double>(order.size()) / rank);
        p = smallest;
    }
    for (Compared &column : compared) {
        decide(column.drift, column.drift.adjustedP, options.alpha,
               column.pair ? &*column.pair : nullptr);
        result.columns.push_back(std::move(column.drift));
    }
    return result;
}

} // namespace tepal::drift
