#include "ui/charts/row_scale.h"

#include <algorithm>

namespace tepal::ui {

namespace {

/// Times the usual largest from which on a bar is cut.
constexpr double kFar = 5;
/// A cut bar stands out above the highest whole one by this.
constexpr double kAbove = 1.35;

} // namespace

double RowScale::share(qint64 rows) const
{
    return std::clamp(static_cast<double>(rows) / static_cast<double>(top), 0.0, 1.0);
}

RowScale rowScale(const QList<qint64> &rows)
{
    QList<qint64> some;
    for (const qint64 n : rows) {
        if (n > 0)
            some.append(n);
    }
    if (some.isEmpty())
        return {};
    std::sort(some.begin(), some.end());
    // What is usual on busy times: nine of ten windows have no more rows. Of few windows the
    // largest never counts as usual, else it would excuse itself.
    const qsizetype at =
        std::min((some.size() - 1) * 9 / 10, std::max<qsizetype>(0, some.size() - 2));
    const double usual = static_cast<double>(some[at]);
    if (static_cast<double>(some.last()) <= kFar * usual)
        return {some.last(), false};
    const auto whole =
        std::upper_bound(some.begin(), some.end(), static_cast<qint64>(kFar * usual));
    const double highest = static_cast<double>(*(whole - 1));
    return {std::max<qint64>(1, static_cast<qint64>(highest * kAbove)), true};
}

} // namespace tepal::ui
