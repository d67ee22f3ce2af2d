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
    QString numbers;
    const auto compare = [&](const char *what, std::int64_t x, std::int64_t y) {
        if (x != y)
            numbers += QStringLiteral("%1 %2 %3 ").arg(QLatin1String(what)).arg(x).arg(y);
    };
    compare("n", a.counts.n, b.counts.n);
    compare("null", a.counts.null, b.counts.null);
    compare("nan", a.counts.nan, b.counts.nan);
    compare("inf", a.counts.inf, b.counts.inf);
    compare("integers", a.types.integral, b.types.integral);
    compare("fractions", a.types.fractional, b.types.fractional);
    compare("texts", a.types.string, b.types.string);
    compare("booleans", a.types.boolean, b.types.boolean);
    compare("objects", a.types.object, b.types.object);
    compare("tensors", a.types.tensor, b.types.tensor);
    if (!numbers.isEmpty())
        return numbers.trimmed();
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
