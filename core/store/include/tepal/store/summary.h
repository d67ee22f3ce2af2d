/// What charts draw of a column, without its profile.
#pragma once

#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tepal {

/// The numbers of one column in one window that charts draw. Quantiles are NaN without numbers.
struct ColumnSummary
{
    std::string column;
    SegmentTags segment;
    TimeMs start = 0;
    TimeMs end = 0;
    ValueKind kind = ValueKind::Null; ///< Dominant type.
    std::int64_t n = 0;               ///< Values, missing ones included.
    std::int64_t nulls = 0;
    double mean = 0;
    double stddev = 0;
    double min = 0;
    double q05 = 0;
    double q25 = 0;
    double median = 0;
    double q75 = 0;
    double q95 = 0;
    double max = 0;
    double distinct = 0;
    double distinctLower = 0; ///< One standard deviation.
    double distinctUpper = 0;
    std::string topValue;
    std::int64_t topCount = 0;
};

/// Summaries of a column over time.
struct ColumnHistory
{
    /// What the points stand for: hours, days or months where windows were too many, otherwise the
    /// windows' own. Single points may be finer.
    Granularity granularity = Granularity::Hour;
    bool rolledUp = false;             ///< Points stand for several windows.
    std::vector<ColumnSummary> points; ///< By start.
};

/// Summary of a profile's column; `start` and `end` are left to the caller.
ColumnSummary summarize(const std::string &name, const ColumnProfile &column);

} // namespace tepal
