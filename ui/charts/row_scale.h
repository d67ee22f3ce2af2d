/// How high the bars of a row count are drawn when one of them dwarfs the others. Pure functions.
#pragma once

#include <QList>

namespace tepal::ui {

/// A linear scale that ends at `top`; what is larger is cut, drawn with a break and named by its
/// number. Linear with a break rather than a root or a logarithm, because twice as high then still
/// means twice as many for all bars but the few that say their number, and no axis is needed to
/// read it.
struct RowScale
{
    qint64 top = 1;
    bool cuts = false;

    /// Share of the height, 0–1; nothing that has rows is invisible, so callers draw one pixel.
    double share(qint64 rows) const;
    bool isCut(qint64 rows) const { return cuts && rows > top; }
};

/// Cuts only what is far above the rest: days against nights, or a week of growth, stay whole.
RowScale rowScale(const QList<qint64> &rows);

} // namespace tepal::ui
