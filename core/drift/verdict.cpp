#include "verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tepal::drift {
namespace {

std::string pText(double p)
{
    return p < 0.001 ? "p < 0.001" : fmt::format("p = {:.3f}", p);
}

std::string percent(double share)
{
    return fmt::format("{:.3g} %", 100 * share);
}

/// About how many more target rows would make this effect significant if it stays as it is.
std::int64_t rowsNeeded(const ColumnDrift &drift, const Sizes &sizes, double alpha)
{
    double factor = HUGE_VAL; // by which nm/(n+m) has to grow
    if (drift.numeric) {
        const double size = std::sqrt(sizes.n * sizes.m / (sizes.n + sizes.m));
        // Each of the two tests has half of alpha.
        if (const Measure *ks = drift.find("ks"); ks && ks->value > 0) {
            const double critical = std::sqrt(-std::log(alpha / 4) / 2);
            factor = std::min(factor, std::pow(critical / (ks->value * size), 2));
        }
        if (const Measure *mean = drift.find("mean_shift"); mean && mean->p && mean->value != 0) {
            constexpr double kCritical = 2.24;
            const double deviations = std::abs(mean->value) / (mean->floor / 1.96);
            factor = std::min(factor, std::pow(kCritical / deviations, 2));
        }
    } else if (const Measure *chi = drift.find("chi2"); chi && chi->value > 0) {
        factor = chi->floor / chi->value;
    }
    if (!(factor > 1) || !std::isfinite(factor))
        return 0;
    const double c = (1 / sizes.n + 1 / sizes.m) / factor;
    if (c <= 1 / sizes.n)
        return 0; // the reference is the bottleneck
    const double rows = std::ceil(1 / (c - 1 / sizes.n) - sizes.m);
    constexpr double kBeyondReach = 1e15;
    return rows < kBeyondReach ? static_cast<std::int64_t>(rows) : 0;
}

/// What would have been seen, had it been there.
std::string visibleText(const ColumnDrift &drift)
{
    if (drift.numeric && std::isfinite(drift.visibleShift))
        return fmt::format("a shift of {:.2g} σ would have been seen", drift.visibleShift);
    if (!drift.numeric && std::isfinite(drift.visible))
        return fmt::format("a change of {} of the rows would have been seen",
                           percent(drift.visible));
    return {};
}

bool straddles(const Measure &effect, double threshold)
{
    // Bands of the binned measures are simulated and only shown.
    const bool known = effect.key == "w1_norm" || effect.key == "ks";
    return known && !effect.exact && effect.bandLow < threshold && effect.bandHigh >= threshold;
}

struct Decision
{
    Verdict verdict;
    std::string reason;
};

Decision decideValues(ColumnDrift &drift, const Measure &effect, double alpha, const Sizes &sizes)
{
    const double p = drift.adjustedP;
    const bool real = p < alpha;
    const std::string_view label = measureLabel(effect.key);
    const std::string text = pText(p);
    if (effect.value == 0 && !(drift.p < 1))
        return {Verdict::NoDrift, "no difference at all"};
    if (real && straddles(effect, effect.threshold))
        return {Verdict::Undecided,
                fmt::format("the profile's resolution cannot tell: {} lies between {:.3g} and "
                            "{:.3g} around the threshold {:g}",
                            label, effect.bandLow, effect.bandHigh, effect.threshold)};
    const bool big = effect.value >= effect.threshold;
    const bool middling = effect.value >= effect.possible;
    if (big && real)
        return {Verdict::Drift, fmt::format("{} {:.3g} is above {:g} and real ({})", label,
                                            effect.value, effect.threshold, text)};
    if (middling && real)
        return {Verdict::PossibleDrift,
                fmt::format("{} {:.3g} is between {:g} and {:g} and real ({})", label, effect.value,
                            effect.possible, effect.threshold, text)};
    if (real)
        return {Verdict::Negligible, fmt::format("real ({}), but {} {:.3g} is too small to matter",
                                                 text, label, effect.value)};
    if (big) {
        drift.rowsNeeded = rowsNeeded(drift, sizes, alpha);
        // Above its own floor an effect may still not convince: the p-value pays for all columns.
        std::string reason =
            effect.value <= effect.floor
                ? fmt::format("{} {:.3g} may be chance at this size ({}; without drift it reaches "
                              "{:.3g})",
                              label, effect.value, text, effect.floor)
                : fmt::format("{} {:.3g} is not sure at this size ({} after adjusting for all "
                              "columns)",
                              label, effect.value, text);
        if (drift.rowsNeeded > 0)
            reason += fmt::format("; about {} more rows would tell", drift.rowsNeeded);
        return {Verdict::Undecided, std::move(reason)};
    }
    std::string reason =
        fmt::format("no drift shown: {} {:.3g} may be chance ({})", label, effect.value, text);
    if (const std::string visible = visibleText(drift); !visible.empty())
        reason += "; " + visible;
    return {Verdict::NoDrift, std::move(reason)};
}

std::string shareText(const ShareDrift &drift, std::string_view what)
{
    return fmt::format("{} {} → {} ({})", what, percent(drift.reference), percent(drift.target),
                       pText(drift.adjustedP));
}

std::string categoriesText(const std::vector<CategoryShare> &categories, std::string_view what)
{
    if (categories.empty())
        return {};
    return fmt::format("{} \"{}\" ({}){}", what, categories.front().label,
                       percent(categories.front().share),
                       categories.size() == 1 ? std::string()
                                              : fmt::format(" and {} more", categories.size() - 1));
}

} // namespace

void decide(ColumnDrift &drift, double alpha, const Sizes &sizes)
{
    if (const Measure *effect = drift.find(drift.effectKey);
        effect && !std::isnan(drift.adjustedP)) {
        Decision decision = decideValues(drift, *effect, alpha, sizes);
        drift.valuesVerdict = decision.verdict;
        drift.reason = std::move(decision.reason);
        if (const std::string fresh = categoriesText(drift.newCategories, "new category");
            !fresh.empty())
            drift.reason += "; " + fresh;
    }
    decideShare(drift.missing, alpha);
    decideShare(drift.foreign, alpha);
    drift.verdict = drift.valuesVerdict;
    const auto outweigh = [&](const ShareDrift &share, Cause cause, std::string_view what) {
        if (share.verdict <= Verdict::Negligible)
            return;
        const std::string text = shareText(share, what);
        if (share.verdict > drift.verdict) {
            drift.verdict = share.verdict;
            drift.cause = cause;
            drift.reason = drift.reason.empty() ? text : text + "; values: " + drift.reason;
        } else {
            drift.reason += "; " + text;
        }
    };
    outweigh(drift.missing, Cause::Missing, "missing");
    outweigh(drift.foreign, Cause::ForeignType, "values of another type");
}

void adjust(std::vector<double *> &p, Adjust how)
{
    std::erase_if(p, [](const double *value) { return std::isnan(*value); });
    if (how == Adjust::None)
        return;
    const auto count = static_cast<double>(p.size());
    const bool holm = how == Adjust::Holm;
    // Benjamini-Hochberg: p·d/rank, made monotone from the largest down; Holm: p·(d − rank + 1),
    // made monotone from the smallest up.
    std::sort(p.begin(), p.end(),
              [&](const double *a, const double *b) { return holm ? *a < *b : *a > *b; });
    double running = holm ? 0 : 1;
    for (std::size_t i = 0; i < p.size(); ++i) {
        const double left = count - static_cast<double>(i);
        running = holm ? std::max(running, *p[i] * left) : std::min(running, *p[i] * count / left);
        *p[i] = std::min(1.0, running);
    }
}

} // namespace tepal::drift
