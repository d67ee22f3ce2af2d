/// Many points on few pixels without losing a spike.
#pragma once

#include <QList>
#include <QPointF>

class QPainter;
class QRectF;

namespace tepal::ui {

struct PixelColumn
{
    int column = 0;
    double low = 0;
    double high = 0;
    double first = 0;
    double last = 0;
};

/// One entry per pixel column that has points; `points` ascending in x, NaN in y is a gap and is
/// skipped. [xLow, xHigh) is mapped on `columns` columns. Linear in the visible points.
QList<PixelColumn> minMaxColumns(const QList<QPointF> &points, double xLow, double xHigh,
                                 int columns);

/// Vertical one-pixel lines, joined where neighbours touch; a column without points stays empty.
void paintColumns(QPainter &painter, const QList<PixelColumn> &columns, const QRectF &area,
                  double yLow, double yHigh);

} // namespace tepal::ui
