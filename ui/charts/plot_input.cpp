/// Pointer and keyboard of a plot: crosshair, zoom, pan.
#include "ui/charts/plot.h"

#include <QAccessible>
#include <QMouseEvent>
#include <QWheelEvent>

#include <cmath>
#include <limits>

namespace tepal::ui {

namespace {

constexpr double kNowhere = std::numeric_limits<double>::quiet_NaN();

} // namespace

double Plot::pointAt(double x) const
{
    const QList<double> xs = points();
    if (xs.isEmpty())
        return kNowhere;
    auto next = std::lower_bound(xs.begin(), xs.end(), x);
    if (next == xs.end())
        --next;
    else if (next != xs.begin() && x - *(next - 1) < *next - x)
        --next;
    return *next;
}

bool Plot::snap(double x)
{
    const double to = pointAt(x);
    if (std::isnan(to))
        return false;
    const bool changed = !m_crosshair || m_crosshairX != to;
    m_crosshairX = to;
    m_crosshair = true;
    if (changed)
        viewport()->update();
    return changed;
}

void Plot::showCrosshair(double x)
{
    m_ownTooltip = false;
    snap(x);
}

void Plot::hideCrosshair()
{
    m_crosshair = false;
    viewport()->update();
}

void Plot::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || isEmpty()) {
        event->ignore();
        return;
    }
    m_drag = event->modifiers().testFlag(Qt::ShiftModifier) ? Drag::Pan : Drag::Zoom;
    m_dragFrom = m_dragTo = event->position();
    m_dragLow = m_xLow;
    m_dragHigh = m_xHigh;
    event->accept();
}

void Plot::mouseMoveEvent(QMouseEvent *event)
{
    m_dragTo = event->position();
    if (m_drag == Drag::Pan) {
        const double span = m_dragHigh - m_dragLow;
        double low = m_dragLow - (m_dragTo.x() - m_dragFrom.x()) / m_area.width() * span;
        low = std::clamp(low, m_extentLow, std::max(m_extentLow, m_extentHigh - span));
        setXView(low, low + span);
    } else if (m_drag == Drag::Zoom) {
        viewport()->update();
    } else if (m_area.adjusted(-8, -kTop, 8, 40).contains(m_dragTo) && !isEmpty()) {
        m_ownTooltip = true;
        if (snap(xAt(m_dragTo.x())))
            Q_EMIT crosshairMoved(m_crosshairX);
    }
    event->accept();
}

void Plot::mouseReleaseEvent(QMouseEvent *event)
{
    const Drag drag = m_drag;
    m_drag = Drag::None;
    event->accept();
    if (event->button() != Qt::LeftButton || drag != Drag::Zoom)
        return;
    if (std::abs(m_dragTo.x() - m_dragFrom.x()) <= kClickSlop) {
        if (!isEmpty() && m_area.adjusted(-8, -8, 8, 8).contains(event->position())) {
            snap(xAt(event->position().x()));
            Q_EMIT activated(m_crosshairX);
        }
        return;
    }
    pushZoom();
    setXView(xAt(std::min(m_dragFrom.x(), m_dragTo.x())),
             xAt(std::max(m_dragFrom.x(), m_dragTo.x())));
}

void Plot::mouseDoubleClickEvent(QMouseEvent *event)
{
    zoomFit();
    event->accept();
}

void Plot::wheelEvent(QWheelEvent *event)
{
    if (!event->modifiers().testFlag(Qt::ControlModifier) || isEmpty()) {
        event->ignore(); // The page scrolls.
        return;
    }
    const double factor = std::pow(0.85, event->angleDelta().y() / 120.0);
    const double centre = xAt(event->position().x());
    setXView(centre - (centre - m_xLow) * factor, centre + (m_xHigh - centre) * factor);
    event->accept();
}

void Plot::keyPressEvent(QKeyEvent *event)
{
    const QList<double> xs = points();
    const auto move = [&](qsizetype to) {
        m_ownTooltip = true;
        m_crosshair = true;
        m_crosshairX = xs[std::clamp<qsizetype>(to, 0, xs.size() - 1)];
        viewport()->update();
        Q_EMIT crosshairMoved(m_crosshairX);
        QString spoken = hoverAt(m_crosshairX).title;
        for (const HoverRow &row : hoverAt(m_crosshairX).rows)
            spoken += QStringLiteral(", ") + row.name + QLatin1Char(' ') + row.value;
        setAccessibleDescription(spoken);
        QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
        QAccessible::updateAccessibility(&changed);
    };
    const qsizetype here = std::lower_bound(xs.begin(), xs.end(), m_crosshairX) - xs.begin();
    const bool shown = m_crosshair;
    switch (event->key()) {
    case Qt::Key_Left:
        if (!xs.isEmpty())
            move(shown ? here - 1 : xs.size() - 1);
        return;
    case Qt::Key_Right:
        if (!xs.isEmpty())
            move(shown ? here + 1 : 0);
        return;
    case Qt::Key_Home:
        if (!xs.isEmpty())
            move(0);
        return;
    case Qt::Key_End:
        if (!xs.isEmpty())
            move(xs.size() - 1);
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (shown)
            Q_EMIT activated(m_crosshairX);
        return;
    case Qt::Key_Backspace:
        zoomBack();
        return;
    case Qt::Key_Plus:
    case Qt::Key_Minus: {
        const double factor = event->key() == Qt::Key_Plus ? 0.6 : 1 / 0.6;
        const double centre = shown ? m_crosshairX : (m_xLow + m_xHigh) / 2;
        pushZoom();
        setXView(centre - (centre - m_xLow) * factor, centre + (m_xHigh - centre) * factor);
        return;
    }
    case Qt::Key_0:
        zoomFit();
        return;
    default:
        event->ignore();
    }
}

void Plot::leaveEvent(QEvent *event)
{
    m_ownTooltip = false;
    hideCrosshair();
    Q_EMIT crosshairLeft();
    QChartView::leaveEvent(event);
}

void Plot::focusInEvent(QFocusEvent *event)
{
    QChartView::focusInEvent(event);
    viewport()->update();
}

void Plot::focusOutEvent(QFocusEvent *event)
{
    QChartView::focusOutEvent(event);
    m_ownTooltip = false;
    hideCrosshair();
}

} // namespace tepal::ui
