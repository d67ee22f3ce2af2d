#include <tepal/monitor/views.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

namespace tepal::monitor {
namespace {

constexpr std::size_t kCdfPoints = 1000;
constexpr std::size_t kCategories = 12;

bool hasNumbers(const ColumnProfile *column)
{
    return column != nullptr && column->distribution && !column->distribution->kll.empty();
}

KllView viewOf(const ColumnProfile *column)
{
    return hasNumbers(column) ? drift::finiteView(column->distribution->kll.view()) : KllView{};
}

Histogram categoryHistogram(const ColumnProfile &target, const ColumnProfile *reference)
{
    // Union of both sides' values by weight, the rest as one cell.
    struct Shares
    {
        double target = 0;
        double reference = 0;
    };
    std::map<std::string, Shares> cells;
    const auto add = [&](const ColumnProfile &column, double Shares::*side) {
        if (!column.frequentStrings || column.present() <= 0)
            return;
        for (const auto &item : column.frequentStrings->listNoFalsePositives())
            cells[item.value].*side =
                static_cast<double>(item.lower) / static_cast<double>(column.present());
    };
    add(target, &Shares::target);
    if (reference)
        add(*reference, &Shares::reference);
    std::vector<std::pair<std::string, Shares>> sorted(cells.begin(), cells.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) {
        return std::max(a.second.target, a.second.reference) >
               std::max(b.second.target, b.second.reference);
    });
    Histogram histogram;
    double restTarget = target.present() > 0 ? 1 : 0;
    double restReference = reference && reference->present() > 0 ? 1 : 0;
    for (const auto &[text, cell] : sorted) {
        if (histogram.labels.size() == kCategories)
            break;
        histogram.labels.push_back(text);
        histogram.target.push_back(cell.target);
        restTarget -= cell.target;
        if (reference) {
            histogram.reference.push_back(cell.reference);
            restReference -= cell.reference;
        }
    }
    if (restTarget > 1e-9 || restReference > 1e-9) {
        histogram.labels.emplace_back("Other");
        histogram.target.push_back(std::max(0.0, restTarget));
        if (reference)
            histogram.reference.push_back(std::max(0.0, restReference));
    }
    histogram.binning = fmt::format("{} values", histogram.labels.size());
    return histogram;
}

Explanation explainNumbers(const drift::ColumnDrift &drift, const ColumnProfile &reference,
                           const ColumnProfile &target)
{
    Explanation result;
    // At the largest gap, which share lies at or below it.
    const double cut = std::nextafter(drift.ksX, HUGE_VAL);
    const double r = reference.distribution->kll.view().rank(cut);
    const double t = target.distribution->kll.view().rank(cut);
    if (r == t)
        return result;
    result.below = t > r;
    result.cut = drift.ksX;
    result.referenceShare = result.below ? r : 1 - r;
    result.targetShare = result.below ? t : 1 - t;
    const drift::Measure *tvd = drift.find("tvd");
    if (tvd && tvd->value > 0)
        result.explains = std::min(1.0, std::abs(t - r) / tvd->value);
    return result;
}

Explanation explainCategories(const drift::ColumnDrift &drift)
{
    Explanation result;
    const drift::Cell *most = nullptr;
    double n = 0;
    double m = 0;
    double total = 0;
    for (const drift::Cell &cell : drift.cells) {
        n += cell.reference;
        m += cell.target;
        total += cell.contribution;
        if (!most || cell.contribution > most->contribution)
            most = &cell;
    }
    if (!most || !(n > 0) || !(m > 0) || !(total > 0))
        return result;
    result.category = most->label;
    result.referenceShare = most->reference / n;
    result.targetShare = most->target / m;
    result.explains = most->contribution / total;
    return result;
}

} // namespace

Histogram makeHistogram(const ColumnProfile &target, const ColumnProfile *reference, int bins)
{
    if (!hasNumbers(&target) && !hasNumbers(reference))
        return categoryHistogram(target, reference);
    const KllView t = viewOf(&target);
    const KllView r = viewOf(reference);
    Histogram histogram;
    histogram.edges = drift::equalWidthEdges(r, t, bins);
    const std::size_t cells = histogram.edges.empty() ? 0 : histogram.edges.size() - 1;
    // The cells outside the joint range are empty by construction.
    const auto fill = [&](const KllView &view, std::vector<double> &shares) {
        if (view.empty())
            return;
        const auto masses = view.pmf(histogram.edges);
        for (std::size_t i = 1; i + 1 < masses.size(); ++i)
            shares.push_back(masses[i]);
    };
    fill(t, histogram.target);
    fill(r, histogram.reference);
    if (histogram.target.empty())
        histogram.target.assign(cells, 0);
    histogram.binning = fmt::format("{} equal-width bins over the joint range", cells);
    return histogram;
}

Histogram cellHistogram(const drift::ColumnDrift &drift)
{
    Histogram histogram;
    double n = 0;
    double m = 0;
    for (const drift::Cell &cell : drift.cells) {
        n += cell.reference;
        m += cell.target;
    }
    for (const drift::Cell &cell : drift.cells) {
        if (drift.numeric) {
            if (histogram.edges.empty())
                histogram.edges.push_back(cell.low);
            histogram.edges.push_back(cell.high);
        } else {
            histogram.labels.push_back(cell.label);
        }
        histogram.reference.push_back(n > 0 ? cell.reference / n : 0);
        histogram.target.push_back(m > 0 ? cell.target / m : 0);
    }
    if (const drift::Measure *psi = drift.find("psi"))
        histogram.binning = psi->binning;
    return histogram;
}

Cdf makeCdf(const ColumnProfile &column)
{
    Cdf cdf;
    if (!hasNumbers(&column))
        return cdf;
    const KllView view = viewOf(&column);
    cdf.rankError = column.distribution->kll.rankError();
    const auto append = [&](std::size_t i) {
        cdf.x.push_back(view.values[i]);
        cdf.f.push_back(static_cast<double>(view.cumulative[i]) / static_cast<double>(view.n));
    };
    // One point per distinct value: the last of equal ones carries F. Values are left out where the
    // curve rises by less than what a pixel shows, and never the foot of a step that is higher.
    const std::uint64_t least = view.values.size() > kCdfPoints ? view.n / kCdfPoints : 0;
    std::uint64_t shown = 0;
    const std::size_t none = view.values.size();
    std::size_t skipped = none; // the latest that was left out
    for (std::size_t i = 0; i < view.values.size(); ++i) {
        const bool last = i + 1 == view.values.size();
        if (!last && view.values[i + 1] == view.values[i])
            continue;
        if (!cdf.x.empty() && !last && view.cumulative[i] - shown <= least) {
            skipped = i;
            continue;
        }
        if (skipped != none)
            append(std::exchange(skipped, none));
        append(i);
        shown = view.cumulative[i];
    }
    return cdf;
}

Explanation explain(const drift::ColumnDrift &drift, const ColumnProfile &reference,
                    const ColumnProfile &target)
{
    if (!drift.numeric)
        return explainCategories(drift);
    if (!hasNumbers(&reference) || !hasNumbers(&target) || !std::isfinite(drift.ksX))
        return {};
    return explainNumbers(drift, reference, target);
}

} // namespace tepal::monitor
