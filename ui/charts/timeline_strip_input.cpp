// Brushing with mouse and keys.

#include "ui/charts/timeline_strip.h"

#include <QKeyEvent>
#include <QMouseEvent>

#include <algorithm>
#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kReach = 6; ///< How near to an end of a brush one has to be to take it.

} // namespace

TimelineStrip::Drag TimelineStrip::dragAt(double x, const std::optional<TimeRange> &range) const
{
    if (!range)
        return Drag::New;
    const double a = xOf(range->start);
    const double b = xOf(range->end);
    if (std::abs(x - a) <= kReach)
        return Drag::Left;
    if (std::abs(x - b) <= kReach)
        return Drag::Right;
    const bool all = range->start <= extent().start && range->end >= extent().end;
    return x > a && x < b && !all ? Drag::Move : Drag::New;
}

void TimelineStrip::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || isEmpty())
        return;
    const double x = event->position().x();
    m_dragsB = event->modifiers().testFlag(Qt::ControlModifier);
    m_dragRange = m_dragsB ? m_rangeB : std::optional(m_range);
    m_drag = dragAt(x, m_dragRange);
    m_dragFrom = timeOf(x);
    m_preview =
        m_drag == Drag::New || !m_dragRange ? snapped(m_dragFrom, m_dragFrom + 1) : *m_dragRange;
    update();
}

void TimelineStrip::mouseMoveEvent(QMouseEvent *event)
{
    if (isEmpty())
        return;
    const double x = event->position().x();
    const TimeMs time = timeOf(x);
    const TimeRange before = m_preview;
    const TimeRange start = m_dragRange.value_or(m_preview);
    switch (m_drag) {
    case Drag::None: {
        const bool b = event->modifiers().testFlag(Qt::ControlModifier);
        const Drag would = dragAt(x, b ? m_rangeB : std::optional(m_range));
        setCursor(would == Drag::Left || would == Drag::Right ? Qt::SizeHorCursor
                  : would == Drag::Move                       ? Qt::OpenHandCursor
                                                              : Qt::CrossCursor);
        return;
    }
    case Drag::New:
        m_preview = snapped(m_dragFrom, time);
        break;
    case Drag::Left:
        m_preview = snapped(time, start.end);
        break;
    case Drag::Right:
        m_preview = snapped(start.start, time);
        break;
    case Drag::Move: {
        const TimeRange e = extent();
        const TimeMs span = start.end - start.start;
        const TimeMs from =
            std::clamp(start.start + time - m_dragFrom, e.start, std::max(e.start, e.end - span));
        m_preview = snapped(from, from + span);
        break;
    }
    }
    if (m_preview != before) {
        if (m_dragsB)
            Q_EMIT rangeBDragged(m_preview);
        else
            Q_EMIT rangeDragged(m_preview);
    }
    update();
}

void TimelineStrip::mouseReleaseEvent(QMouseEvent *)
{
    if (isDragging())
        finishDrag();
}

void TimelineStrip::finishDrag()
{
    const auto now = m_dragsB ? m_rangeB : std::optional(m_range);
    // Whoever followed is told where it ended, even if it is where it began.
    const bool told = now != m_dragRange || m_preview != m_dragRange;
    m_drag = Drag::None;
    update();
    if (m_dragsB)
        setRangeB(m_preview);
    else
        setRange(m_preview);
    if (told && m_dragsB)
        Q_EMIT rangeBChosen(m_preview);
    else if (told)
        Q_EMIT rangeChosen(m_preview);
}

void TimelineStrip::cancelDrag()
{
    m_drag = Drag::None;
    if (m_dragsB)
        setRangeB(m_dragRange);
    else
        setRange(*m_dragRange);
    Q_EMIT dragCancelled();
}

void TimelineStrip::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (isEmpty() || event->modifiers().testFlag(Qt::ControlModifier))
        return;
    m_drag = Drag::None;
    setRange(extent());
    Q_EMIT rangeChosen(m_range);
}

/// False for keys that move nothing.
bool TimelineStrip::moveByKey(int key, bool resize, TimeRange &to) const
{
    const Granularity g = m_windows->granularity;
    const TimeRange e = extent();
    switch (key) {
    case Qt::Key_Left:
        if (resize) {
            to.end = std::max(nextWindowStart(to.start, g), windowStart(to.end - 1, g));
        } else if (to.start > e.start) {
            to = {windowStart(to.start - 1, g), windowStart(to.end - 1, g)};
        }
        return true;
    case Qt::Key_Right:
        if (to.end < e.end) {
            to.end = nextWindowStart(to.end, g);
            if (!resize)
                to.start = nextWindowStart(to.start, g);
        }
        return true;
    case Qt::Key_Home:
        to.start = e.start;
        return true;
    case Qt::Key_End:
        to.end = e.end;
        return true;
    default:
        return false;
    }
}

void TimelineStrip::keyPressEvent(QKeyEvent *event)
{
    const bool b = event->modifiers().testFlag(Qt::ControlModifier);
    if (isEmpty()) {
        QWidget::keyPressEvent(event);
    } else if (event->key() == Qt::Key_Escape && isDragging()) {
        cancelDrag();
    } else if (event->key() == Qt::Key_Escape && m_rangeB) {
        setRangeB(std::nullopt);
        Q_EMIT rangeBCleared();
    } else if (event->key() == Qt::Key_A && b) {
        setRange(extent());
        Q_EMIT rangeChosen(m_range);
    } else {
        // The first key makes a B: the time before A, as long as A.
        const TimeMs span = m_range.end - m_range.start;
        const TimeRange from =
            !b ? m_range
               : m_rangeB.value_or(
                     snapped(m_range.start - span, std::max(m_range.start, extent().start + 1)));
        TimeRange to = from;
        if (!moveByKey(event->key(), event->modifiers().testFlag(Qt::ShiftModifier), to)) {
            QWidget::keyPressEvent(event);
            return;
        }
        if (b && !m_rangeB)
            to = from;
        if (b && m_rangeB != to) {
            setRangeB(to);
            Q_EMIT rangeBChosen(to);
        } else if (!b && m_range != to) {
            setRange(to);
            Q_EMIT rangeChosen(to);
        }
    }
}

} // namespace tepal::ui
