#include "ui/charts/plot.h"

#include "ui/theme/metrics.h"
#include "ui/theme/theme.h"

#include <QAccessible>
#include <QApplication>
#include <QAreaSeries>
#include <QChart>
#include <QFontMetrics>
#include <QLineSeries>
#include <QMouseEvent>
#include <QPainter>
#include <QValueAxis>

#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kRight = 12;

} // namespace

Plot::Plot(XAxis kind, QWidget *parent)
    : QChartView(new QChart, parent) // else the view makes one that setChart() would leak
    , m_xKind(kind)
    , m_xAxis(new QValueAxis(this))
    , m_yAxis(new QValueAxis(this))
{
    QChart *c = chart();
    c->setBackgroundVisible(false);
    c->setPlotAreaBackgroundVisible(false);
    c->setMargins({});
    c->setContentsMargins(0, 0, 0, 0);
    c->legend()->hide();
    c->setAnimationOptions(QChart::NoAnimation);
    c->setFocusPolicy(Qt::NoFocus);
    for (QValueAxis *axis : {m_xAxis, m_yAxis}) {
        axis->setLabelsVisible(false);
        axis->setGridLineVisible(false);
        axis->setLineVisible(false);
        c->addAxis(axis, axis == m_xAxis ? Qt::AlignBottom : Qt::AlignLeft);
    }
    setFrameShape(QFrame::NoFrame);
    setBackgroundBrush(Qt::NoBrush);
    setStyleSheet(QStringLiteral("background: transparent; border: none;"));
    setRenderHint(QPainter::Antialiasing);
    setAlignment(Qt::AlignLeft | Qt::AlignTop);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setMinimumSize(160, 90);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setCacheMode(QGraphicsView::CacheNone);
    setViewportUpdateMode(QGraphicsView::FullViewportUpdate);
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        restyle();
        viewport()->update();
    });
}

Plot::~Plot() = default;

void Plot::setYTitle(const QString &title)
{
    m_yTitle = title;
    viewport()->update();
}

void Plot::setXTitle(const QString &title)
{
    m_xTitle = title;
    layoutArea();
}

void Plot::setEmptyText(const QString &text)
{
    m_emptyText = text;
    viewport()->update();
}

void Plot::setBottomExtra(int pixels)
{
    if (pixels == m_bottomExtra)
        return;
    m_bottomExtra = pixels;
    layoutArea();
}

void Plot::setXExtent(double low, double high)
{
    m_extentLow = low;
    m_extentHigh = high > low ? high : low + 1;
    if (!m_zoomed || m_xHigh <= m_extentLow || m_xLow >= m_extentHigh) {
        m_zoomed = false;
        m_zoomStack.clear();
        m_xLow = m_extentLow;
        m_xHigh = m_extentHigh;
    }
    applyRanges();
}

void Plot::setXView(double low, double high)
{
    const double smallest = (m_extentHigh - m_extentLow) * 1e-4;
    low = std::max(low, m_extentLow);
    high = std::min(high, m_extentHigh);
    if (high - low < smallest)
        return;
    m_xLow = low;
    m_xHigh = high;
    m_zoomed = low > m_extentLow || high < m_extentHigh;
    applyRanges();
    Q_EMIT xViewChanged(low, high);
}

void Plot::pushZoom()
{
    m_zoomStack.append({m_xLow, m_xHigh});
    if (m_zoomStack.size() > 50)
        m_zoomStack.removeFirst();
}

void Plot::zoomBack()
{
    if (m_zoomStack.isEmpty()) {
        setXView(m_extentLow, m_extentHigh);
        return;
    }
    const auto [low, high] = m_zoomStack.takeLast();
    setXView(low, high);
}

void Plot::zoomFit()
{
    if (m_zoomed)
        pushZoom();
    setXView(m_extentLow, m_extentHigh);
}

QLineSeries *Plot::addLine()
{
    auto *line = new QLineSeries(this);
    attach(line);
    return line;
}

QAreaSeries *Plot::addArea()
{
    auto *area = new QAreaSeries(this);
    area->setUpperSeries(new QLineSeries(area));
    area->setLowerSeries(new QLineSeries(area));
    attach(area);
    return area;
}

void Plot::attach(QAbstractSeries *series)
{
    chart()->addSeries(series);
    series->attachAxis(m_xAxis);
    series->attachAxis(m_yAxis);
}

void Plot::removeAll()
{
    chart()->removeAllSeries();
}

QList<Tick> Plot::xTicks(int most) const
{
    switch (m_xKind) {
    case XAxis::Time:
        return timeTicks(static_cast<TimeMs>(m_xLow), static_cast<TimeMs>(m_xHigh), most);
    case XAxis::Value:
        return niceTicks(m_xLow, m_xHigh, most);
    case XAxis::None:
        break;
    }
    return {};
}

void Plot::refresh()
{
    restyle();
    applyRanges();
    setAccessibleDescription(describe());
}

void Plot::applyRanges()
{
    auto [low, high] = yExtent(m_xLow, m_xHigh);
    if (!std::isfinite(low) || !std::isfinite(high)) {
        low = 0;
        high = 1;
    }
    if (startsAtZero())
        low = std::min(low, 0.0);
    const int wanted = std::clamp(static_cast<int>(m_area.height()) / 40, 2, 6);
    std::tie(m_yLow, m_yHigh) = niceRange(low, high, wanted);
    m_yTicks = niceTicks(m_yLow, m_yHigh, wanted);
    layoutArea();
}

void Plot::layoutArea()
{
    const QFontMetrics metrics(themeFont(Type::Axis));
    int left = 12;
    for (const Tick &tick : std::as_const(m_yTicks))
        left = std::max(left, metrics.horizontalAdvance(tick.label) + 10);
    int bottom = m_xKind == XAxis::None ? 6 : metrics.height() + 6;
    if (m_xKind == XAxis::Time)
        bottom += metrics.height();
    else if (!m_xTitle.isEmpty())
        bottom += metrics.height() + 2;
    bottom += m_bottomExtra;
    const QSize size = viewport()->size();
    m_area = QRectF(left, kTop, std::max(10, size.width() - left - kRight),
                    std::max(10, size.height() - kTop - bottom));
    // On the view, not only the scene: Qt Charts sets the view's own rectangle.
    setSceneRect(QRectF(QPointF(0, 0), QSizeF(size)));
    chart()->resize(QSizeF(size));
    chart()->setPlotArea(m_area);
    m_xAxis->setRange(m_xLow, m_xHigh);
    m_yAxis->setRange(m_yLow, m_yHigh);
    const int spacing = m_xKind == XAxis::Time ? 66 : 48;
    m_xTicks = xTicks(std::max(2, static_cast<int>(m_area.width()) / spacing));
    viewport()->update();
}

QPointF Plot::at(double x, double y) const
{
    return {m_area.left() + (x - m_xLow) / (m_xHigh - m_xLow) * m_area.width(),
            m_area.bottom() - (y - m_yLow) / (m_yHigh - m_yLow) * m_area.height()};
}

double Plot::xAt(double pixel) const
{
    return m_xLow + (pixel - m_area.left()) / m_area.width() * (m_xHigh - m_xLow);
}

void Plot::drawBackground(QPainter *painter, const QRectF &)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing, false);
    drawAxes(*painter);
    if (!isEmpty()) {
        painter->setClipRect(m_area);
        painter->setRenderHint(QPainter::Antialiasing);
        paintBehind(*painter);
    }
    painter->restore();
}

void Plot::drawAxes(QPainter &painter) const
{
    const QFontMetrics metrics(themeFont(Type::Axis));
    painter.setFont(themeFont(Type::Axis));
    if (!m_yTitle.isEmpty()) {
        painter.setPen(themeColor(Role::Muted));
        painter.drawText(
            QRectF(4, 0, m_area.right() - 4, kTop - 6), Qt::AlignLeft | Qt::AlignVCenter,
            metrics.elidedText(m_yTitle, Qt::ElideRight, static_cast<int>(m_area.right()) - 4));
    }
    if (isEmpty()) {
        painter.setFont(themeFont(Type::Body));
        painter.setPen(themeColor(Role::Muted));
        painter.drawText(QRectF(QPointF(0, 0), QSizeF(viewport()->size())).adjusted(16, 0, -16, 0),
                         Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    for (const Tick &tick : m_yTicks) {
        const double y = std::round(at(0, tick.at).y());
        painter.setPen(QPen(themeColor(Role::Grid), 0));
        painter.drawLine(QPointF(m_area.left(), y), QPointF(m_area.right(), y));
        painter.setPen(themeColor(Role::Muted));
        painter.drawText(QRectF(0, y - 9, m_area.left() - 6, 18), Qt::AlignRight | Qt::AlignVCenter,
                         tick.label);
    }
    painter.setPen(QPen(themeColor(Role::Surface3), 0));
    const double base = std::round(m_area.bottom());
    painter.drawLine(QPointF(m_area.left(), base), QPointF(m_area.right(), base));
    double free = -1e9;
    double freeDate = -1e9;
    for (const Tick &tick : m_xTicks) {
        const double x = std::round(at(tick.at, 0).x());
        const double width = metrics.horizontalAdvance(tick.label);
        painter.setPen(QPen(themeColor(Role::Surface3), 0));
        painter.drawLine(QPointF(x, base), QPointF(x, base + 4));
        double left = x - width / 2;
        left = std::min(left, viewport()->width() - width - 1.0);
        left = std::max(left, 0.0);
        painter.setPen(themeColor(Role::Muted));
        if (left > free) {
            painter.drawText(QRectF(left, base + 4, width + 2, metrics.height()),
                             Qt::AlignLeft | Qt::AlignVCenter, tick.label);
            free = left + width + 8;
        }
        if (!tick.date.isEmpty() && left > freeDate) {
            const double dateWidth = metrics.horizontalAdvance(tick.date);
            const double dateLeft = std::min(left, viewport()->width() - dateWidth - 1.0);
            painter.drawText(
                QRectF(dateLeft, base + 4 + metrics.height(), dateWidth + 2, metrics.height()),
                Qt::AlignLeft | Qt::AlignVCenter, tick.date);
            freeDate = dateLeft + dateWidth + 12;
        }
    }
    if (!m_xTitle.isEmpty() && m_xKind == XAxis::Value) {
        painter.setPen(themeColor(Role::Muted));
        painter.drawText(
            QRectF(m_area.left(), base + 6 + metrics.height(), m_area.width(), metrics.height()),
            Qt::AlignRight | Qt::AlignVCenter,
            metrics.elidedText(m_xTitle, Qt::ElideMiddle, static_cast<int>(m_area.width())));
    }
}

void Plot::dashedLine(QPainter &painter, double y, const QString &label, const QColor &color) const
{
    const double py = std::round(at(0, y).y()) + 0.5;
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(color, 1, Qt::DashLine));
    painter.drawLine(QPointF(m_area.left(), py), QPointF(m_area.right(), py));
    painter.setFont(themeFont(Type::Axis));
    const QFontMetrics metrics(painter.font());
    const double width = metrics.horizontalAdvance(label) + 8;
    const bool above = py - metrics.height() - 2 > m_area.top();
    const QRectF box(m_area.right() - width, above ? py - metrics.height() - 1 : py + 1, width,
                     metrics.height());
    painter.fillRect(box, Theme::instance().color(Role::Surface1, 0.8));
    painter.setPen(color);
    painter.drawText(box, Qt::AlignCenter, label);
    painter.setRenderHint(QPainter::Antialiasing);
}

void Plot::drawForeground(QPainter *painter, const QRectF &)
{
    if (isEmpty())
        return;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->save();
    painter->setClipRect(m_area.adjusted(-6, -6, 6, m_bottomExtra + 30));
    paintBefore(*painter);
    painter->restore();
    if (m_drag == Drag::Zoom && std::abs(m_dragTo.x() - m_dragFrom.x()) > kClickSlop) {
        const double a =
            std::clamp(std::min(m_dragFrom.x(), m_dragTo.x()), m_area.left(), m_area.right());
        const double b =
            std::clamp(std::max(m_dragFrom.x(), m_dragTo.x()), m_area.left(), m_area.right());
        painter->fillRect(QRectF(a, m_area.top(), b - a, m_area.height()),
                          Theme::instance().color(Role::Accent, 0.15));
    }
    if (m_crosshair && m_crosshairX >= m_xLow && m_crosshairX <= m_xHigh) {
        const double x = std::round(at(m_crosshairX, 0).x()) + 0.5;
        painter->setPen(QPen(themeColor(Role::Muted), 0));
        painter->drawLine(QPointF(x, m_area.top()), QPointF(x, m_area.bottom()));
        if (m_ownTooltip && m_drag == Drag::None)
            drawTooltip(*painter);
    }
    if (hasFocus()) {
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(themeColor(Role::Accent), 2));
        painter->drawRoundedRect(QRectF(viewport()->rect()).adjusted(1, 1, -1, -1), 4, 4);
    }
    painter->restore();
}

void Plot::drawTooltip(QPainter &painter) const
{
    const HoverInfo info = hoverAt(m_crosshairX);
    if (info.title.isEmpty() && info.rows.isEmpty())
        return;
    const QFont strong = themeFont(Type::Strong);
    QFont plain = themeFont(Type::Caption);
    const QFontMetrics title(strong);
    const QFontMetrics body(plain);
    double nameWidth = 0;
    double valueWidth = 0;
    for (const HoverRow &row : info.rows) {
        nameWidth = std::max<double>(nameWidth, body.horizontalAdvance(row.name));
        valueWidth = std::max<double>(valueWidth, body.horizontalAdvance(row.value));
    }
    const double line = body.height() + 2;
    const double width =
        std::max<double>(title.horizontalAdvance(info.title), nameWidth + valueWidth + 16 + 14) +
        20;
    const double height = title.height() + line * static_cast<double>(info.rows.size()) + 16;
    const QPointF point = at(m_crosshairX, std::isnan(info.y) ? m_yHigh : info.y);
    QRectF box(point.x() + 14, point.y() - height - 10, width, height);
    if (box.right() > viewport()->width() - 2)
        box.moveRight(point.x() - 14);
    box.moveLeft(std::max(2.0, box.left()));
    if (box.top() < 2)
        box.moveTop(std::min(point.y() + 14, viewport()->height() - height - 2.0));
    box.moveTop(std::max(2.0, box.top()));

    painter.setPen(QPen(themeColor(Role::Surface3), 1));
    painter.setBrush(themeColor(Role::Surface1));
    painter.drawRoundedRect(box, 6, 6);
    double y = box.top() + 8;
    painter.setFont(strong);
    painter.setPen(themeColor(Role::Text));
    painter.drawText(QRectF(box.left() + 10, y, box.width() - 20, title.height()), Qt::AlignLeft,
                     info.title);
    y += title.height() + 2;
    painter.setFont(plain);
    for (const HoverRow &row : info.rows) {
        if (row.color.isValid()) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(row.color);
            painter.drawRoundedRect(QRectF(box.left() + 10, y + line / 2 - 4, 8, 8), 2, 2);
        }
        painter.setPen(themeColor(Role::Muted));
        painter.drawText(QRectF(box.left() + 24, y, nameWidth + 2, line),
                         Qt::AlignLeft | Qt::AlignVCenter, row.name);
        painter.setPen(themeColor(Role::Text));
        painter.drawText(QRectF(box.left() + 24, y, box.width() - 34, line),
                         Qt::AlignRight | Qt::AlignVCenter, row.value);
        y += line;
    }
}

void Plot::resizeEvent(QResizeEvent *event)
{
    QGraphicsView::resizeEvent(event);
    // The number of y ticks depends on the height: first the new area, then ranges on it.
    layoutArea();
    applyRanges();
}

void Plot::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::FontChange)
        layoutArea();
    QChartView::changeEvent(event);
}

} // namespace tepal::ui
