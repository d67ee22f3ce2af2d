/// Values that describe what is in the data of a time range.
#pragma once

#include "ui/backend/values.h"

namespace tepal::ui {

struct WindowInfo
{
    TimeRange range;
    qint64 rows = 0;
    bool open = false;    ///< Still filling.
    double fill = 1;      ///< Share of the window's time that has passed.
    bool wasDown = false; ///< The endpoint did not answer during it (and there are no rows).
    Verdict worst = Verdict::NoData;
};

/// All windows of a dataset, oldest first; windows without rows are absent (a gap).
struct WindowList
{
    QString dataset;
    Granularity granularity = Granularity::Hour;
    QList<WindowInfo> windows;
};

enum class ColumnKind : std::uint8_t { Unknown, Integral, Fractional, Boolean, Text, Object };

/// An estimate with its bounds; equal bounds mean exact.
struct Estimate
{
    double value = kMissing;
    double low = kMissing;
    double high = kMissing;

    bool isExact() const { return low == high; }
};

struct ColumnSummary
{
    QString name;
    ColumnKind kind = ColumnKind::Unknown;
    bool isOutput = false; ///< Predicted class or probability, not an input.
    qint64 rows = 0;
    qint64 missing = 0;
    Estimate distinct;
    double mean = kMissing;
    double stddev = kMissing;
    double min = kMissing;
    double max = kMissing;
    QString topValue;
    double topShare = kMissing;
    QList<double> shape; ///< Shares of about 16 equal bins, or of the top values.
    bool exact = false;
    Verdict verdict = Verdict::NoData; ///< Of the judgement beside it: the pages fill it in.
};

struct ColumnsSummary
{
    Slice slice;
    qint64 rows = 0;
    int windows = 0;   ///< How many were merged.
    bool open = false; ///< One of them is still being filled.
    QList<ColumnSummary> columns;
};

/// Target and reference in the same bins. Numeric: edges.size() == target.size() + 1, left-closed,
/// the last bin closed; an outer edge may be infinite. Categorical: labels.size() == target.size().
struct Histogram
{
    QList<double> edges;
    QStringList labels;
    QList<double> target;    ///< Shares of n, summing to 1.
    QList<double> reference; ///< Shares of m; empty: no reference.
    QString binning;         ///< "30 equal-width bins over the joint range"

    bool isCategorical() const { return !labels.isEmpty(); }
    qsizetype size() const { return target.size(); }
};

/// A cumulative distribution read from a sketch, at its retained values (thinned to ≤ 1,000).
struct Cdf
{
    QList<double> x;      ///< Ascending.
    QList<double> f;      ///< P(X ≤ x), parallel to x.
    double rankError = 0; ///< ε at 99 %; 0 means that every value is held.
};

struct QuantileRow
{
    double q = 0;
    Estimate value; ///< Bounds from the rank error.
    double reference = kMissing;
};

struct TopValue
{
    QString value;
    Estimate count;
    double share = kMissing;
    double referenceShare = kMissing;
};

/// One window of a column's history.
struct ColumnPoint
{
    TimeRange window;
    qint64 n = 0;
    double missingShare = kMissing;
    double mean = kMissing;
    double q05 = kMissing;
    double q25 = kMissing;
    double q50 = kMissing;
    double q75 = kMissing;
    double q95 = kMissing;
};

/// How many values met a condition of the dataset's schema.
struct ConditionRow
{
    QString name;
    qint64 met = 0;
    double share = kMissing;
    double referenceShare = kMissing;
};

struct ColumnDetail
{
    QString name;
    ColumnKind kind = ColumnKind::Unknown;
    TimeRange range;
    qint64 rows = 0; ///< Including missing ones.
    qint64 missing = 0;
    qint64 notFinite = 0;
    QString referenceName; ///< Empty: no reference.
    qint64 referenceRows = 0;
    Histogram histogram;
    Cdf target;
    Cdf reference;
    QList<QuantileRow> quantiles;
    QList<TopValue> topValues;
    QList<ConditionRow> conditions;
    Estimate distinct;
    double min = kMissing;
    double max = kMissing;
    double mean = kMissing;
    double stddev = kMissing;
    double rankError = 0; ///< 0: exact, all values held.
    QList<ColumnPoint> history;
    /// What a point of the history stands for; single ones may be finer.
    Granularity historyGranularity = Granularity::Hour;
    bool historyRolledUp = false; ///< The windows were too many to draw: points unite several.

    bool isNumeric() const { return !target.x.isEmpty(); }
};

struct ColumnQuery
{
    QString dataset;
    QString column;
    TimeRange range;
    std::optional<Segment> segment; ///< Of side A.
    Against against;
    int bins = 30;
};

} // namespace tepal::ui
