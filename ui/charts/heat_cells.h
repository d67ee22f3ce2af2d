/// Which windows share a cell of the heat map, and what the cell then says. Pure functions.
#pragma once

#include "ui/backend/drift_values.h"

#include <array>

namespace tepal::ui {

/// The columns of a heat map: windows one by one while each has room, else united by hours, days,
/// weeks … of the shown zone.
struct HeatColumns
{
    QList<TimeMs> edges; ///< Ascending, one more than columns; first and last are the range's.
    bool united = false; ///< A column may hold several windows.
    QString unit;        ///< "day"; what a column stands for.

    qsizetype size() const { return std::max<qsizetype>(0, edges.size() - 1); }
    TimeRange span(qsizetype column) const { return {edges[column], edges[column + 1]}; }
    /// −1: outside.
    qsizetype at(TimeMs time) const;
};

/// Columns of the smallest unit that is at least `atLeast` pixels wide on `pixels` of them. Their
/// edges lie on edges of windows, so that the span of a column is a range of whole windows.
HeatColumns heatColumns(TimeRange range, Granularity granularity, double pixels,
                        double atLeast = 4);

/// One feature in one column.
struct HeatCell
{
    Verdict worst = Verdict::NoData;
    qsizetype first = -1;      ///< Index of its first score, −1: no window here, a gap.
    qsizetype worstScore = -1; ///< The one that is shown: largest value of the worst verdict.
    /// How far the colour goes, 0–1; NaN: it has no value to show. 0.5 is the threshold. Kept here,
    /// for the scores of a screenful of cells lie far apart in memory.
    float shade = std::numeric_limits<float>::quiet_NaN();
    int windows = 0;
    qint64 rows = 0;
    bool open = false;             ///< One of them is still filling.
    std::array<int, 9> verdicts{}; ///< Windows by verdict.

    bool isGap() const { return windows == 0; }
};

QList<HeatCell> heatCells(const FeatureDrift &feature, const HeatColumns &columns);

} // namespace tepal::ui
