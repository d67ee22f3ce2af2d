#include "store_impl.h"

#include <tepal/store/summary.h>

#include <array>
#include <limits>

namespace tepal {

ColumnSummary summarize(const std::string &name, const ColumnProfile &column)
{
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    ColumnSummary s;
    s.column = name;
    s.kind = column.dominantKind();
    s.n = column.counts.n;
    s.nulls = column.counts.null;
    s.mean = s.stddev = s.min = s.q05 = s.q25 = s.median = s.q75 = s.q95 = s.max = nan;
    if (column.distribution && !column.distribution->kll.empty()) {
        const KllSketch &kll = column.distribution->kll;
        s.mean = column.distribution->mean;
        s.stddev = column.distribution->stddev();
        s.min = kll.min();
        const auto quantiles = kll.quantiles(std::array{0.05, 0.25, 0.5, 0.75, 0.95});
        s.q05 = quantiles[0];
        s.q25 = quantiles[1];
        s.median = quantiles[2];
        s.q75 = quantiles[3];
        s.q95 = quantiles[4];
        s.max = kll.max();
    }
    s.distinct = s.distinctLower = s.distinctUpper = nan;
    if (column.cardinality) {
        s.distinct = column.cardinality->estimate();
        s.distinctLower = column.cardinality->lower(1);
        s.distinctUpper = column.cardinality->upper(1);
    }
    if (column.frequentStrings && s.kind == ValueKind::String) {
        const auto top = column.frequentStrings->listNoFalsePositives();
        if (!top.empty()) {
            s.topValue = top.front().value;
            s.topCount = static_cast<std::int64_t>(top.front().estimate);
        }
    }
    return s;
}

void Store::Impl::readFigures(const sqlite::Statement &statement, int first, ColumnSummary &s)
{
    s.kind = static_cast<ValueKind>(statement.integer(first));
    s.n = statement.integer(first + 1);
    s.nulls = statement.integer(first + 2);
    int index = first + 3;
    for (double *value : {&s.mean, &s.stddev, &s.min, &s.q05, &s.q25, &s.median, &s.q75, &s.q95,
                          &s.max, &s.distinct, &s.distinctLower, &s.distinctUpper})
        *value = statement.real(index++);
    s.topValue = statement.text(index);
    s.topCount = statement.integer(index + 1);
}

} // namespace tepal
