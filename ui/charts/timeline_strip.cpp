#include "ui/charts/timeline_strip.h"

#include "ui/charts/ticks.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/verdict.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kAxis = 32;
constexpr int kVerdicts = 7;
constexpr int kHandle = 5;

} // namespace

TimelineStrip::TimelineStrip(QWidget *parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setMinimumHeight(84);
    setAccessibleName(tr("Time line of profile windows"));
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void TimelineStrip::setWindows(const std::shared_ptr<const WindowList> &windows)
{
    m_windows = windows;
    QList<qint64> rows;
    if (windows) {
        for (const WindowInfo &w : windows->windows)
            rows.append(w.wasDown ? 0 : w.rows);
    }
    m_scale = rowScale(rows);
    setAccessibleDescription(describe());
    update();
}

void TimelineStrip::setRange(TimeRange range)
{
    m_range = range;
    setAccessibleDescription(describe());
    update();
}

void TimelineStrip::setRangeB(const std::optional<TimeRange> &range)
{
    m_rangeB = range;
    setAccessibleDescription(describe());
    update();
}

QRectF TimelineStrip::bars() const
{
    return QRectF(kHandle, 4, width() - 2 * kHandle, height() - kAxis - kVerdicts - 6);
}

TimeRange TimelineStrip::extent() const
{
    return {m_windows->windows.first().range.start, m_windows->windows.last().range.end};
}

double TimelineStrip::xOf(TimeMs time) const
{
    const TimeRange e = extent();
    return bars().left() + static_cast<double>(time - e.start) /
                               static_cast<double>(e.end - e.start) * bars().width();
}

TimelineStrip::Column TimelineStrip::columnOf(const WindowInfo &window) const
{
    // Edges on whole pixels, so that neighbours neither overlap nor leave hairlines.
    const double left = std::round(xOf(window.range.start));
    const double right = std::round(xOf(window.range.end));
    return {left, std::max(1.0, right - left - (right - left > 4 ? 1 : 0))};
}

TimeMs TimelineStrip::timeOf(double x) const
{
    const TimeRange e = extent();
    const double share = std::clamp((x - bars().left()) / bars().width(), 0.0, 1.0);
    return e.start + static_cast<TimeMs>(share * static_cast<double>(e.end - e.start));
}

TimeRange TimelineStrip::snapped(TimeMs a, TimeMs b) const
{
    const TimeRange e = extent();
    const TimeMs low = std::clamp(std::min(a, b), e.start, e.end - 1);
    const TimeMs high = std::clamp(std::max(a, b), low + 1, e.end);
    return {windowStart(low, m_windows->granularity),
            nextWindowStart(windowStart(high - 1, m_windows->granularity), m_windows->granularity)};
}

qsizetype TimelineStrip::windowAt(double x) const
{
    const TimeMs time = timeOf(x);
    for (qsizetype i = 0; i < m_windows->windows.size(); ++i) {
        if (m_windows->windows[i].range.contains(time))
            return i;
    }
    return -1;
}

std::optional<TimeRange> TimelineStrip::shown(bool b) const
{
    if (isDragging() && m_dragsB == b)
        return m_preview;
    return b ? m_rangeB : std::optional(m_range);
}

void TimelineStrip::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    if (isEmpty()) {
        painter.setPen(themeColor(Role::Muted));
        painter.drawText(rect(), Qt::AlignCenter,
                         tr("No profile windows yet. They appear here as requests arrive"));
        return;
    }
    const QRectF area = bars();
    for (const bool b : {true, false}) {
        if (const auto range = shown(b)) {
            const double left = std::clamp(xOf(range->start), area.left(), area.right());
            const double right = std::clamp(xOf(range->end), area.left(), area.right());
            painter.fillRect(
                QRectF(left, area.top() - 3, std::max(2.0, right - left),
                       area.height() + kVerdicts + 6),
                Theme::instance().color(b ? Role::Reference : Role::Accent, b ? 0.16 : 0.10));
        }
    }
    paintBars(painter);
    paintVerdicts(painter);
    paintBrush(painter, true);
    paintBrush(painter, false);
    paintAxis(painter);
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(themeColor(Role::Accent), 2));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
    }
}

/// Ends with handles and, when there are two brushes, the letter of the side.
void TimelineStrip::paintBrush(QPainter &painter, bool b) const
{
    const auto range = shown(b);
    const QRectF area = bars();
    if (!range || (b && (range->end <= extent().start || range->start >= extent().end)))
        return; // Side B may lie before all windows: a trailing range often does.
    const Role role = b ? Role::Reference : Role::Accent;
    const double left = std::clamp(xOf(range->start), area.left(), area.right());
    const double right = std::clamp(xOf(range->end), area.left(), area.right());
    const QRectF brush(left, area.top() - 3, std::max(2.0, right - left),
                       area.height() + kVerdicts + 6);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(themeColor(role), 2));
    for (const double x : {left, right}) {
        painter.drawLine(QPointF(x, brush.top()), QPointF(x, brush.bottom()));
        painter.setBrush(themeColor(Role::Surface1));
        painter.drawRoundedRect(QRectF(x - 3, brush.center().y() - 8, 6, 16), 3, 3);
    }
    if (shown(true)) {
        // Inside at the left end; a narrow brush has it beside.
        constexpr double kLetter = 15;
        const double at = brush.width() >= kLetter + 10        ? left + 5
                          : right + 5 + kLetter < area.right() ? right + 5
                                                               : left - 5 - kLetter;
        const QRectF box(at, brush.top() + 1, kLetter, kLetter);
        painter.setPen(Qt::NoPen);
        painter.setBrush(themeColor(role));
        painter.drawRoundedRect(box, 3, 3);
        painter.setPen(themeColor(b ? Role::Surface1 : Role::OnAccent));
        painter.setFont(themeFont(Type::Axis));
        painter.drawText(box, Qt::AlignCenter, b ? QStringLiteral("B") : QStringLiteral("A"));
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void TimelineStrip::paintBars(QPainter &painter) const
{
    const QRectF area = bars();
    const auto holds = [](const std::optional<TimeRange> &range, const WindowInfo &w) {
        return range && w.range.start >= range->start && w.range.end <= range->end;
    };
    const auto rangeA = shown(false);
    const auto rangeB = shown(true);
    qint64 largestCut = 0;
    QRectF largest;
    for (const WindowInfo &w : m_windows->windows) {
        const auto [left, width] = columnOf(w);
        if (w.wasDown) {
            painter.fillRect(QRectF(left, area.top(), width, area.height()),
                             QBrush(themeColor(Role::Surface3), Qt::BDiagPattern));
            continue;
        }
        const double height =
            std::max(w.rows > 0 ? 1.0 : 0.0, m_scale.share(w.rows) * area.height());
        const QRectF bar(left, area.bottom() - height, width, height);
        const QColor color = holds(rangeA, w)   ? Theme::instance().color(Role::Accent, 0.75)
                             : holds(rangeB, w) ? themeColor(Role::Reference)
                                                : themeColor(Role::Surface3);
        if (w.open) {
            painter.fillRect(bar, Theme::instance().color(Role::Accent, 0.2));
            painter.fillRect(bar, QBrush(color, Qt::BDiagPattern));
        } else {
            painter.fillRect(bar, color);
        }
        if (!m_scale.isCut(w.rows))
            continue;
        for (const double dy : {6.0, 9.0}) { // The ground shows through: broken, not just high.
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(QPen(themeColor(Role::Surface1), 1.5));
            painter.drawLine(QPointF(left - 2, area.top() + dy + 2),
                             QPointF(left + width + 2, area.top() + dy - 2));
            painter.setRenderHint(QPainter::Antialiasing, false);
        }
        if (w.rows > largestCut) {
            largestCut = w.rows;
            largest = bar;
        }
    }
    if (largestCut == 0)
        return;
    // The largest says its number; the others have it in their tooltips.
    const QFontMetrics metrics(themeFont(Type::Axis));
    const QString text = tr("%1 rows").arg(format::shortCount(static_cast<double>(largestCut)));
    const double width = metrics.horizontalAdvance(text) + 6;
    double left = largest.left() - width - 2;
    if (left < area.left())
        left = std::min(largest.right() + 2, area.right() - width);
    const QRectF box(left, area.top() - 2, width, metrics.height());
    painter.fillRect(box, Theme::instance().color(Role::Surface1, 0.85));
    painter.setFont(themeFont(Type::Axis));
    painter.setPen(themeColor(Role::Text));
    painter.drawText(box, Qt::AlignCenter, text);
}

void TimelineStrip::paintVerdicts(QPainter &painter) const
{
    // The mild ones first: where several windows share a pixel the worst is what remains.
    QList<const WindowInfo *> order;
    for (const WindowInfo &w : m_windows->windows) {
        if (w.worst != Verdict::NoData && !w.wasDown)
            order.append(&w);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const WindowInfo *a, const WindowInfo *b) { return a->worst < b->worst; });
    const double top = bars().bottom() + 3;
    for (const WindowInfo *w : std::as_const(order)) {
        const auto [left, width] = columnOf(*w);
        QColor mark = themeColor(verdictRole(w->worst));
        if (!isAlarming(w->worst) && w->worst != Verdict::PossibleDrift)
            mark.setAlphaF(0.35f);
        const QRectF box(left, top, width, 4);
        painter.fillRect(box, themeColor(Role::Surface1));
        painter.fillRect(box, mark);
    }
}

void TimelineStrip::paintAxis(QPainter &painter) const
{
    const QRectF area = bars();
    const QFontMetrics metrics(themeFont(Type::Axis));
    painter.setFont(themeFont(Type::Axis));
    const double base = area.bottom() + kVerdicts + 4;
    double free = -1;
    double freeDate = -1;
    const TimeRange e = extent();
    for (const Tick &tick : timeTicks(e.start, e.end, std::max(2, int(area.width()) / 84))) {
        const double x = std::round(xOf(static_cast<TimeMs>(tick.at)));
        painter.setPen(QPen(themeColor(Role::Surface3), 0));
        painter.drawLine(QPointF(x, base - 2), QPointF(x, base + 2));
        painter.setPen(themeColor(Role::Muted));
        const double width = metrics.horizontalAdvance(tick.label);
        if (x > free && x + width < this->width()) {
            painter.drawText(QPointF(x, base + 2 + metrics.ascent()), tick.label);
            free = x + width + 8;
        }
        const double dateWidth = metrics.horizontalAdvance(tick.date);
        if (!tick.date.isEmpty() && x > freeDate && x + dateWidth < this->width()) {
            painter.drawText(QPointF(x, base + 1 + metrics.height() + metrics.ascent()), tick.date);
            freeDate = x + dateWidth + 12;
        }
    }
}

bool TimelineStrip::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip && !isEmpty()) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const qsizetype i = windowAt(help->pos().x());
        QString text;
        if (i >= 0) {
            const WindowInfo &w = m_windows->windows[i];
            text = format::window(w.range) % QLatin1Char('\n') %
                   (w.wasDown ? tr("endpoint was down")
                              : format::counted(w.rows, tr("1 row"), tr("%1 rows")));
            if (w.open)
                text += tr(", %1 of the window has passed").arg(format::percent(w.fill));
            if (m_scale.isCut(w.rows))
                text +=
                    QLatin1Char('\n') % tr("The bar is cut: it has far more rows than the others");
            if (!w.wasDown)
                text += QLatin1Char('\n') % verdictWord(w.worst);
            text += QLatin1Char('\n') % tr("Drag for A, Ctrl+drag for B");
        }
        QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    return QWidget::event(event);
}

ChartTable TimelineStrip::table() const
{
    ChartTable table{{tr("Start"), tr("End"), tr("Rows"), tr("Worst verdict")}, {}};
    if (m_windows) {
        for (const WindowInfo &w : m_windows->windows)
            table.rows.append({format::iso(w.range.start), format::iso(w.range.end), w.rows,
                               verdictWord(w.worst)});
    }
    return table;
}

QString TimelineStrip::describe() const
{
    if (isEmpty())
        return tr("No profile windows");
    const QString a = tr("%1 windows, selected %2")
                          .arg(format::count(m_windows->windows.size()), format::range(m_range));
    return m_rangeB ? tr("%1, compared with %2").arg(a, format::range(*m_rangeB)) : a;
}

} // namespace tepal::ui
