#include "noise.h"
#include "pair.h"

#include <tepal/drift/measure_table.h>
#include <tepal/drift/measures.h>
#include <tepal/drift/probability.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tepal::drift {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kDeviationsAt95 = 1.96;
constexpr double kValuesForMeans = 30;

void setBand(Measure &measure, double low, double high, bool estimated)
{
    measure.bandLow = low;
    measure.bandHigh = high;
    measure.bandEstimated = estimated;
}

/// No more than sketch noise is known of a measure whose error nobody has derived.
void setExactness(Measure &measure, const Pair &pair)
{
    measure.exact = pair.exact();
    if (measure.exact)
        setBand(measure, measure.value, measure.value, false);
    else
        setBand(measure, kNaN, kNaN, false);
}

bool ks(const Pair &pair, const Options &, Measure &measure)
{
    const double d = pair.gap.ks;
    const double error = pair.reference.error + pair.target.error;
    const double n = pair.reference.effective();
    const double m = pair.target.effective();
    measure.value = d;
    measure.exact = pair.exact();
    // By the triangle inequality (drift measures, §6.2).
    setBand(measure, std::max(0.0, d - error), std::min(1.0, d + error), false);
    // Massart's inequality on both sides, half of α each.
    const double reach = std::sqrt(std::log(4 / 0.05) / 2) * (1 / std::sqrt(n) + 1 / std::sqrt(m));
    measure.intervalLow = std::max(0.0, d - reach);
    measure.intervalHigh = std::min(1.0, d + reach);
    measure.floor = ksFloor(pair);
    if (measure.exact) {
        measure.p = ksP(pair.reference.view.n, pair.target.view.n, d);
        measure.method = pair.n() * pair.m() <= 1e7 ? "full scan of all values; exact p"
                                                    : "full scan of all values; limit form of p";
    } else {
        // The sketches' own noise is counted in, or large windows would alarm without drift.
        measure.p = ksLimitP(n, m, d);
        measure.method =
            fmt::format("full scan of the sketches; p at effective sizes {:.0f} and {:.0f}", n, m);
    }
    return true;
}

bool w1(const Pair &pair, const Options &, Measure &measure)
{
    const double gap = pair.meanGap();
    const double least = std::isfinite(gap) ? std::abs(gap) : 0;
    measure.exact = pair.exact();
    measure.value = pair.gap.area;
    measure.floor = wassersteinFloor(pair);
    if (measure.exact) {
        setBand(measure, measure.value, measure.value, false);
    } else {
        // W₁ cannot be less than the difference of the means, which a profile holds exactly.
        const double r = pair.reference.error / kDeviationsAt99 * pair.reference.spread;
        const double t = pair.target.error / kDeviationsAt99 * pair.target.spread;
        const double reach = 2 * kDeviationsAt99 * std::hypot(r, t);
        measure.value = std::max(measure.value, least);
        setBand(measure, std::max(least, measure.value - reach), measure.value + reach, true);
    }
    const double error = pair.meanGapError();
    measure.intervalLow = std::isfinite(error) ? std::max(0.0, least - kDeviationsAt95 * error) : 0;
    measure.intervalHigh = measure.value + measure.floor;
    measure.method = "area between the distributions, in units of the column";
    if (!(pair.reference.sd > 0))
        measure.note = "the reference is constant, so there is no scale to compare the move with";
    return true;
}

bool w1Norm(const Pair &pair, const Options &options, Measure &measure)
{
    const double sigma = pair.reference.sd;
    if (!(sigma > 0) || !std::isfinite(sigma))
        return false;
    w1(pair, options, measure);
    for (double *number : {&measure.value, &measure.bandLow, &measure.bandHigh, &measure.floor,
                           &measure.intervalLow, &measure.intervalHigh})
        *number /= sigma;
    measure.method = "average move of a value, in standard deviations of the reference";
    return true;
}

bool meanShift(const Pair &pair, const Options &, Measure &measure)
{
    const double sigma = pair.reference.sd;
    const double gap = pair.meanGap();
    if (!(sigma > 0) || !std::isfinite(sigma) || !std::isfinite(gap))
        return false;
    const double error = pair.meanGapError();
    measure.value = measure.bandLow = measure.bandHigh = gap / sigma;
    measure.intervalLow = (gap - kDeviationsAt95 * error) / sigma;
    measure.intervalHigh = (gap + kDeviationsAt95 * error) / sigma;
    measure.floor = kDeviationsAt95 * error / sigma;
    measure.method = "difference of the exact means; p by Welch's test";
    if (std::min(pair.n(), pair.m()) < kValuesForMeans)
        measure.note = "no p below 30 values on a side";
    else if (!(pair.target.sd > 0))
        measure.note = "no p where all values are equal";
    else if (std::isfinite(error))
        measure.p = welchP(gap, pair.reference.sd / std::sqrt(pair.n()), pair.n(),
                           pair.target.sd / std::sqrt(pair.m()), pair.m());
    return true;
}

bool spreadRatio(const Pair &pair, const Options &, Measure &measure)
{
    const double ratio = pair.target.sd / pair.reference.sd;
    if (!std::isfinite(ratio))
        return false;
    measure.value = measure.bandLow = measure.bandHigh = ratio;
    measure.method = "exact standard deviation of the target over that of the reference";
    return true;
}

bool chi2(const Pair &pair, const Options &, Measure &measure)
{
    // Counts at what the sketches make them worth, as for KS.
    const auto scaled = [](const Side &side, const std::vector<double> &counts) {
        std::vector<double> result(counts);
        if (!side.exact()) {
            for (double &count : result)
                count *= side.effective() / side.n;
        }
        return result;
    };
    const ChiSquare chi = chiSquareHomogeneity(scaled(pair.reference, pair.binning.reference),
                                               scaled(pair.target, pair.binning.target));
    measure.value = chi.statistic;
    setExactness(measure, pair);
    measure.p = chi.p;
    measure.floor = chi.dof > 0 ? chiSquareQuantile(0.05, chi.dof) : 0;
    measure.method = chi.exactTest
                         ? "two-sample homogeneity; p by Fisher's exact test, the cells are small"
                         : fmt::format("two-sample homogeneity, {} degrees of freedom", chi.dof);
    if (!measure.exact)
        measure.method += fmt::format("; at effective sizes {:.0f} and {:.0f}",
                                      pair.reference.effective(), pair.target.effective());
    if (chi.pooled > 0)
        measure.note = fmt::format("{} rare categories were put together", chi.pooled + 1);
    return true;
}

bool cramersV(const Pair &pair, const Options &, Measure &measure)
{
    const ChiSquare chi = chiSquareHomogeneity(pair.binning.reference, pair.binning.target,
                                               Rare::Pooled, Tail::Unasked);
    measure.value = chi.cramersV;
    setExactness(measure, pair);
    measure.floor =
        chi.dof > 0 ? std::sqrt(chiSquareQuantile(0.05, chi.dof) / (pair.n() + pair.m())) : 0;
    measure.method = "chi-square as an effect size";
    return true;
}

void setSimulatedBand(Measure &measure, const Pair &pair, const Options &options,
                      BinnedMeasure formula)
{
    measure.exact = pair.exact();
    const Band band = simulatedBand(formula, pair, measure.value, options.seed);
    setBand(measure, band.low, band.high, !measure.exact);
}

bool tvd(const Pair &pair, const Options &options, Measure &measure)
{
    measure.value = totalVariation(pair.binning.reference, pair.binning.target);
    setSimulatedBand(measure, pair, options, totalVariation);
    measure.floor = shareFloors(pair, options.seed).totalVariation;
    measure.method = "share of values that would have to change cell";
    return true;
}

bool linf(const Pair &pair, const Options &options, Measure &measure)
{
    measure.value = maxDifference(pair.binning.reference, pair.binning.target);
    setSimulatedBand(measure, pair, options, maxDifference);
    measure.floor = shareFloors(pair, options.seed).maxDifference;
    measure.method = "largest change of one cell's share";
    return true;
}

template <BinnedMeasure Formula>
bool binned(const Pair &pair, const Options &options, Measure &measure)
{
    measure.value = Formula(pair.binning.reference, pair.binning.target);
    setSimulatedBand(measure, pair, options, Formula);
    measure.floor = binnedFloor(measure.key, Formula, pair, options.seed);
    measure.method = findMeasure(measure.key)->how;
    return true;
}

constexpr std::nullopt_t kShown = std::nullopt;

constexpr std::array kTable{
    MeasureRow{"w1_norm", "W₁/σ", "Wasserstein distance over standard deviation",
               "standard deviations of the reference", "symmetric but for the scale", 0.1, 0.25,
               Fits::Numbers, Fits::Numbers, false,
               "∫|F − G| dx over the standard deviation of the reference",
               "The best single number for people: by how many standard deviations a value moved "
               "on average. Decides for numbers.",
               w1Norm},
    MeasureRow{"tvd", "TVD", "Total variation distance", "", "symmetric", 0.1, 0.2, Fits::Both,
               Fits::Categories, true, "½ Σ|p − q| over the shared cells",
               "The share of rows that would have to change category. Decides for categories.",
               tvd},
    MeasureRow{"ks", "KS", "Kolmogorov-Smirnov statistic", "", "symmetric", 0.1, 0.2, Fits::Numbers,
               Fits::Numbers, false, "largest gap between the two cumulative distributions",
               "Says where the distributions differ most and how likely that is by chance; blind "
               "in the tails.",
               ks},
    MeasureRow{"mean_shift", "Δ mean/σ", "Shift of the mean",
               "standard deviations of the reference", "target minus reference", kNaN, kNaN,
               Fits::Numbers, Fits::Numbers, false,
               "difference of the means over the standard deviation of the reference",
               "Exact, however coarse the sketches are; its p by Welch's test sees a few outliers "
               "that KS does not.",
               meanShift},
    MeasureRow{"sd_ratio", "σ ratio", "Ratio of the standard deviations", "",
               "target over reference", kNaN, kNaN, Fits::Numbers, kShown, false,
               "standard deviation of the target over that of the reference",
               "Exact; tells a wider or narrower distribution from a moved one.", spreadRatio},
    MeasureRow{"w1", "W₁", "Wasserstein distance", "units of the column", "symmetric", kNaN, kNaN,
               Fits::Numbers, kShown, false, "∫|F − G| dx",
               "By how much a value moved on average, in the column's own unit.", w1},
    MeasureRow{"chi2", "χ²", "Chi-square of homogeneity", "", "symmetric", kNaN, kNaN,
               Fits::Categories, Fits::Categories, true,
               "Σ (O − E)²/E with expected counts from both sides together",
               "How likely the difference of two tables of counts is by chance.", chi2},
    MeasureRow{"cramers_v", "Cramér’s V", "Cramér's V", "", "symmetric", 0.1, 0.2, Fits::Categories,
               kShown, true, "√(χ²/(n + m))",
               "Chi-square as an effect that does not grow with the rows.", cramersV},
    MeasureRow{"hellinger", "Hellinger", "Hellinger distance", "", "symmetric", 0.15, 0.4,
               Fits::Both, kShown, true, "distance of the square roots of the shares, over √2",
               "What WhyLabs draws over time.", binned<hellinger>},
    MeasureRow{"psi", "PSI", "Population stability index", "nats", "symmetric", 0.1, 0.25,
               Fits::Both, kShown, true, "Σ (q − p)·ln(q/p), half a count added to every cell",
               "The habit of banks; its bands mean nothing for few rows, hold it against its "
               "floor.",
               binned<psi>},
    MeasureRow{"js", "JS distance", "Jensen-Shannon distance", "√bits", "symmetric", 0.1, 0.2,
               Fits::Both, kShown, true, "root of the Jensen-Shannon divergence in bits",
               "Between 0 and 1 whatever the cells hold; needs no smoothing.",
               binned<jensenShannonDistance>},
    MeasureRow{"kl", "KL", "Kullback-Leibler divergence", "nats", "target from reference", kNaN,
               kNaN, Fits::Both, kShown, true, "Σ q·ln(q/p), half a count added to every cell",
               "The surprise of new data under the old distribution.", binned<klDivergence>},
    MeasureRow{"linf", "L∞", "Largest change of a share", "", "symmetric", 0.1, 0.1, Fits::Both,
               kShown, true, "max|p − q| over the shared cells",
               "Names the category that moved most.", linf},
};

} // namespace

std::span<const MeasureRow> measureTable()
{
    return kTable;
}

const MeasureRow *findMeasure(std::string_view key)
{
    const auto it = std::find_if(kTable.begin(), kTable.end(),
                                 [&](const MeasureRow &row) { return row.key == key; });
    return it == kTable.end() ? nullptr : &*it;
}

std::string_view measureLabel(std::string_view key)
{
    const MeasureRow *row = findMeasure(key);
    return row ? row->label : key;
}

} // namespace tepal::drift
