#include "ui/charts/sparkline.h"

#include <QPainter>
#include <QRectF>

#include <cmath>

namespace tepal::ui {

void paintSparkline(QPainter &painter, const QRectF &rect, const QList<double> &values,
                    const QColor &color)
{
    double high = 0;
    for (const double v : values)
        high = std::isfinite(v) ? std::max(high, v) : high;
    if (values.isEmpty() || high <= 0)
        return;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(Qt::NoPen);
    const double step = std::min(12.0, rect.width() / static_cast<double>(values.size()));
    double x = rect.left();
    for (const double v : values) {
        const double left = std::round(x);
        x += step;
        if (!std::isfinite(v) || v <= 0)
            continue;
        // A bin that is not empty shows at least one pixel.
        const double height = std::max(1.0, std::round(v / high * rect.height()));
        const double width = std::max(1.0, std::round(x) - left - (step >= 4 ? 1 : 0));
        painter.fillRect(QRectF(left, rect.bottom() - height, width, height), color);
    }
    painter.restore();
}

} // namespace tepal::ui
