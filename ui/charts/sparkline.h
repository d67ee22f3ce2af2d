/// A distribution in the size of a word.
#pragma once

#include <QColor>
#include <QList>

class QPainter;
class QRectF;

namespace tepal::ui {

/// Bars from zero, the highest fills the height. Values that are not finite are skipped.
void paintSparkline(QPainter &painter, const QRectF &rect, const QList<double> &values,
                    const QColor &color);

} // namespace tepal::ui
