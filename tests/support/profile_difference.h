/// How two profiles of a column that should be the same differ.
#pragma once

#include <tepal/profile/column.h>

#include <QString>

#include <algorithm>
#include <cmath>

namespace tepal::test {

/// What differs first; empty for nothing. Means may differ by rounding.
inline QString difference(const ColumnProfile &a, const ColumnProfile &b)
{
    if (!(a.counts == b.counts))
        return QStringLiteral("counts n %1 %2, null %3 %4, nan %5 %6, inf %7 %8")
            .arg(a.counts.n)
            .arg(b.counts.n)
            .arg(a.counts.null)
            .arg(b.counts.null)
            .arg(a.counts.nan)
            .arg(b.counts.nan)
            .arg(a.counts.inf)
            .arg(b.counts.inf);
    if (!(a.types == b.types))
        return QStringLiteral("types int %1 %2, fraction %3 %4, text %5 %6, bool %7 %8")
            .arg(a.types.integral)
            .arg(b.types.integral)
            .arg(a.types.fractional)
            .arg(b.types.fractional)
            .arg(a.types.string)
            .arg(b.types.string)
            .arg(a.types.boolean)
            .arg(b.types.boolean);
    if (a.ints.has_value() != b.ints.has_value() ||
        (a.ints && (a.ints->min != b.ints->min || a.ints->max != b.ints->max)))
        return QStringLiteral("integers' range");
    if (a.cardinality.has_value() != b.cardinality.has_value() ||
        std::abs(a.cardinality->estimate() - b.cardinality->estimate()) > 1e-9)
        return QStringLiteral("distinct %1 %2")
            .arg(a.cardinality->estimate())
            .arg(b.cardinality->estimate());
    if (a.frequentStrings.has_value() != b.frequentStrings.has_value())
        return QStringLiteral("frequent items of one only");
    if (a.frequentStrings) {
        const auto x = a.frequentStrings->listNoFalseNegatives();
        const auto y = b.frequentStrings->listNoFalseNegatives();
        if (!std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto &p, const auto &q) {
                return p.value == q.value && p.estimate == q.estimate;
            }))
            return QStringLiteral("frequent items");
    }
    const KllView x = a.distribution->kll.view();
    const KllView y = b.distribution->kll.view();
    if (x.values != y.values || x.cumulative != y.cumulative)
        return QStringLiteral("distribution");
    const double mean = a.distribution->mean;
    if (!(mean == b.distribution->mean || (std::isnan(mean) && std::isnan(b.distribution->mean)) ||
          std::abs(mean - b.distribution->mean) <= 1e-9 * std::abs(mean)))
        return QStringLiteral("mean %1 %2").arg(mean).arg(b.distribution->mean);
    return {};
}

} // namespace tepal::test
