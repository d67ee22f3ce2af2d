/// What charts draw of a column, as data. Pure; everything is read from profiles.
#pragma once

#include <tepal/drift/compare.h>
#include <tepal/profile/column.h>

#include <limits>
#include <string>
#include <vector>

namespace tepal::monitor {

/// Both sides in the same cells. Numeric: one edge more than cells, left-closed, the last cell
/// closed; an outer edge may be infinite. Categorical: labels.
struct Histogram
{
    std::vector<double> edges;
    std::vector<std::string> labels;
    std::vector<double> target;    ///< Shares, summing to 1.
    std::vector<double> reference; ///< Empty without a reference.
    std::string binning;           ///< "30 equal-width bins over the joint range"
};
/// Equal-width bins for numbers, the heaviest values for text. `reference` may be null.
Histogram makeHistogram(const ColumnProfile &target, const ColumnProfile *reference, int bins);
/// The cells of a comparison, so that contributions lie under the cells that carry them.
Histogram cellHistogram(const drift::ColumnDrift &drift);

/// P(X ≤ x) at different values in ascending order, thinned to about a thousand where the curve
/// rises least.
struct Cdf
{
    std::vector<double> x;
    std::vector<double> f;
    double rankError = 0; ///< 99 %; 0 while every value is held.
};
Cdf makeCdf(const ColumnProfile &column);

/// "12 → 38 % of rows now have petal width below 0.4; that explains 72 % of the change."
struct Explanation
{
    static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    bool below = true;    ///< Side of the cut; numbers.
    double cut = kNone;   ///< Numbers.
    std::string category; ///< The category that moved most.
    double referenceShare = kNone;
    double targetShare = kNone;
    double explains = kNone; ///< Share of the whole change, 0–1.
};
/// Nothing is explained (kNone) where nothing differs.
Explanation explain(const drift::ColumnDrift &drift, const ColumnProfile &reference,
                    const ColumnProfile &target);

} // namespace tepal::monitor
