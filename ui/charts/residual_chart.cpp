#include "ui/charts/residual_chart.h"

#include "ui/charts/ticks.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace tepal::ui {

namespace {

constexpr double kSide = 24;
constexpr double kAxis = 44;
constexpr double kBox = 44;

} // namespace

ResidualChart::ResidualChart(QWidget *parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Residuals"));
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ResidualChart::setQuality(const RegressionQuality &quality)
{
    m_quality = quality;
    setAccessibleDescription(describe());
    update();
}

void ResidualChart::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (isEmpty()) {
        painter.setPen(themeColor(Role::Muted));
        painter.drawText(rect(), Qt::AlignCenter, tr("No rows were answered"));
        return;
    }
    // Zero is always in sight: it is what the answers are measured by.
    double low = std::min(0.0, value(0));
    double high = std::max(0.0, value(6));
    if (low == high)
        high = low + 1;
    const double pad = (high - low) * 0.04;
    low -= pad;
    high += pad;
    const QRectF area(kSide, 8, width() - 2 * kSide, std::max(kBox, height() - kAxis - 8));
    const auto x = [&](double at) {
        return area.left() + (at - low) / (high - low) * area.width();
    };
    paintScale(painter, area, low, high);
    const double middle = area.center().y();
    const QColor accent = themeColor(Role::Accent);
    painter.setPen(QPen(accent, 2));
    painter.drawLine(QPointF(x(value(1)), middle), QPointF(x(value(2)), middle));
    painter.drawLine(QPointF(x(value(4)), middle), QPointF(x(value(5)), middle));
    for (const std::size_t end : {std::size_t{1}, std::size_t{5}})
        painter.drawLine(QPointF(x(value(end)), middle - 8), QPointF(x(value(end)), middle + 8));
    painter.setBrush(Theme::instance().color(Role::Accent, 0.25));
    painter.drawRect(QRectF(x(value(2)), middle - kBox / 2, x(value(4)) - x(value(2)), kBox));
    painter.setPen(QPen(themeColor(Role::Text), 2));
    painter.drawLine(QPointF(x(value(3)), middle - kBox / 2),
                     QPointF(x(value(3)), middle + kBox / 2));
    painter.setPen(Qt::NoPen);
    painter.setBrush(accent);
    painter.drawEllipse(QPointF(x(value(0)), middle), 3, 3);
    painter.drawEllipse(QPointF(x(value(6)), middle), 3, 3);
    if (hasFocus()) {
        painter.setPen(QPen(accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
    }
}

void ResidualChart::paintScale(QPainter &painter, const QRectF &area, double low, double high) const
{
    painter.setFont(themeFont(Type::Axis));
    const QFontMetrics metrics(painter.font());
    for (const Tick &tick :
         niceTicks(low, high, std::max(2, static_cast<int>(area.width()) / 90))) {
        const double x = area.left() + (tick.at - low) / (high - low) * area.width();
        const bool zero = tick.at == 0;
        painter.setPen(QPen(themeColor(zero ? Role::Reference : Role::Grid), zero ? 1.5 : 0));
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
        painter.setPen(themeColor(Role::Muted));
        const double wide = metrics.horizontalAdvance(tick.label);
        painter.drawText(QPointF(x - wide / 2, area.bottom() + 4 + metrics.ascent()), tick.label);
    }
    painter.setPen(themeColor(Role::Muted));
    painter.drawText(
        QRectF(area.left(), area.bottom() + 4 + metrics.height(), area.width(), metrics.height()),
        Qt::AlignCenter,
        tr("answer − truth; box: middle half, whiskers: 5 to 95 %, dots: extremes"));
}

ChartTable ResidualChart::table() const
{
    ChartTable table;
    table.headers = {tr("Quantile"), tr("Answer − truth")};
    for (const Quantile &one : m_quality.residuals)
        table.rows.append({one.share, one.value});
    return table;
}

QString ResidualChart::describe() const
{
    if (isEmpty())
        return tr("No rows were answered");
    return tr("Half of the %1 answers are between %2 and %3 beside the truth, 90 % between %4 and "
              "%5; median %6")
        .arg(format::count(static_cast<qint64>(m_quality.rows)), format::number(value(2)),
             format::number(value(4)), format::number(value(1)), format::number(value(5)),
             format::number(value(3)));
}

} // namespace tepal::ui
