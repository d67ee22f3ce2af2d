// Whether a stored summary says what a profile says.

#include "store_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tepal {

namespace {

bool same(double a, double b, double tolerance)
{
    if (std::isnan(a) || std::isnan(b) || std::isinf(a) || std::isinf(b))
        return (std::isnan(a) && std::isnan(b)) || a == b;
    return std::abs(a - b) <= tolerance;
}

/// Whether `value` may be called the p-quantile. Two ways of merging the same sketches keep
/// different values, so ranks are compared, with three times the sketch's own bound for the two.
bool isQuantile(const KllView &view, double error, double value, double p)
{
    if (std::isnan(value))
        return view.empty();
    const double tolerance =
        3 * error + 1.0 / static_cast<double>(std::max<std::uint64_t>(view.n, 1));
    const double infinity = std::numeric_limits<double>::infinity();
    const double upTo = value == infinity ? 1 : view.rank(std::nextafter(value, infinity));
    return view.rank(value) - tolerance <= p && p <= upTo + tolerance;
}

/// Whether mean and deviation are those of the profile, put together in another order maybe. What
/// overflows on the way differs with it, and is no damage: infinite, not a number, or just finite.
bool sameMoments(const ColumnSummary &stored, const ColumnSummary &fresh)
{
    constexpr double nearlyOverflown = 1e153; // its square is 1e306
    const double largest = std::max(std::abs(fresh.min), std::abs(fresh.max));
    const bool finite = std::isfinite(largest);
    const auto overflown = [](double deviation) {
        return !std::isfinite(deviation) || deviation > nearlyOverflown;
    };
    const bool anyDeviation = overflown(stored.stddev) && overflown(fresh.stddev) &&
                              (!finite || largest > nearlyOverflown);
    const double spread = std::isfinite(fresh.stddev) ? fresh.stddev : finite ? largest : 0;
    const double scale = 1e-9 + 1e-9 * std::abs(fresh.mean) + 1e-9 * spread;
    // With an infinity among the values every order should say the same, older versions did not.
    const bool anyMean = !finite && !std::isfinite(stored.mean) && !std::isfinite(fresh.mean);
    return (anyMean || same(stored.mean, fresh.mean, scale)) &&
           (anyDeviation || same(stored.stddev, fresh.stddev, 1e3 * scale));
}

} // namespace

std::string disagreement(const ColumnSummary &stored, const ColumnProfile &column)
{
    const ColumnSummary fresh = summarize(stored.column, column);
    if (stored.n != fresh.n)
        return fmt::format("n is {}, the profile has {}", stored.n, fresh.n);
    if (stored.nulls != fresh.nulls)
        return fmt::format("nulls is {}, the profile has {}", stored.nulls, fresh.nulls);
    if (stored.kind != fresh.kind)
        return "the type differs from the profile's";
    if (!same(stored.min, fresh.min, 0) || !same(stored.max, fresh.max, 0))
        return "minimum or maximum differ from the profile's";
    if (!sameMoments(stored, fresh))
        return "mean or standard deviation differ from the profile's";
    if (column.distribution) {
        const KllView view = column.distribution->kll.view();
        const double error = column.distribution->kll.rankError();
        for (const auto &[value, p] : {std::pair{stored.q05, 0.05},
                                       {stored.q25, 0.25},
                                       {stored.median, 0.5},
                                       {stored.q75, 0.75},
                                       {stored.q95, 0.95}}) {
            if (!isQuantile(view, error, value, p))
                return fmt::format("the {} quantile is not the profile's", p);
        }
    }
    const double spread = fresh.distinctUpper - fresh.distinctLower;
    if (!same(stored.distinct, fresh.distinct, std::isnan(spread) ? 0 : std::max(spread, 1e-6)))
        return "the number of distinct values differs from the profile's";
    if (column.frequentStrings && !stored.topValue.empty()) {
        const FrequentString top = column.frequentStrings->lookup(stored.topValue);
        const auto error = static_cast<std::int64_t>(column.frequentStrings->maximumError());
        if (std::abs(static_cast<std::int64_t>(top.upper) - stored.topCount) > 2 * error)
            return "the most frequent text differs from the profile's";
    }
    return {};
}

} // namespace tepal
