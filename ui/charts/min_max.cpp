#include "ui/charts/min_max.h"

#include <QLineF>
#include <QPainter>
#include <QRectF>

#include <cmath>

namespace tepal::ui {

QList<PixelColumn> minMaxColumns(const QList<QPointF> &points, double xLow, double xHigh,
                                 int columns)
{
    QList<PixelColumn> out;
    if (columns < 1 || !(xHigh > xLow))
        return out;
    const double scale = columns / (xHigh - xLow);
    auto from = std::lower_bound(points.begin(), points.end(), xLow,
                                 [](const QPointF &p, double x) { return p.x() < x; });
    for (; from != points.end() && from->x() < xHigh; ++from) {
        const double y = from->y();
        if (std::isnan(y))
            continue;
        const int column = std::min(columns - 1, static_cast<int>((from->x() - xLow) * scale));
        if (out.isEmpty() || out.last().column != column) {
            out.append({column, y, y, y, y});
            continue;
        }
        PixelColumn &c = out.last();
        c.low = std::min(c.low, y);
        c.high = std::max(c.high, y);
        c.last = y;
    }
    return out;
}

void paintColumns(QPainter &painter, const QList<PixelColumn> &columns, const QRectF &area,
                  double yLow, double yHigh)
{
    const auto py = [&](double y) {
        return area.bottom() - (y - yLow) / (yHigh - yLow) * area.height();
    };
    QList<QLineF> lines;
    lines.reserve(columns.size());
    for (qsizetype i = 0; i < columns.size(); ++i) {
        const PixelColumn &c = columns[i];
        double low = c.low;
        double high = c.high;
        if (i > 0 && columns[i - 1].column == c.column - 1) {
            low = std::min(low, columns[i - 1].last);
            high = std::max(high, columns[i - 1].last);
        }
        const double x = std::floor(area.left()) + c.column + 0.5;
        const double top = py(high);
        lines.append(QLineF(x, top, x, std::max(py(low), top + 1)));
        // One pixel with nothing beside it would not be seen.
        const bool alone = (i == 0 || columns[i - 1].column < c.column - 1) &&
                           (i + 1 == columns.size() || columns[i + 1].column > c.column + 1);
        if (alone && py(low) - top < 3) {
            for (const double dx : {-1.0, 0.0, 1.0})
                lines.append(QLineF(x + dx, top - 1, x + dx, top + 2));
        }
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.drawLines(lines);
    painter.restore();
}

} // namespace tepal::ui
