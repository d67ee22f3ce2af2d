/// All profile windows of a dataset as bars, with two brushes: A is the time range, B, in the grey
/// of the reference, what it is compared with.
#pragma once

#include "ui/backend/profile_values.h"
#include "ui/charts/chart_source.h"
#include "ui/charts/row_scale.h"

#include <QWidget>

#include <optional>

namespace tepal::ui {

/// Bar = rows, mark below = worst verdict, hatch = still filling or endpoint down. A bar that would
/// flatten all others is cut, with a break and its number.
/// Drag draws a new range, drag inside moves it, the handles resize it, double click selects all.
/// The same with Ctrl for B; where there is none yet, Ctrl+drag makes it.
/// Keyboard: arrows move the range by a window, Shift+arrows move its end, Home/End, Ctrl+A; Ctrl
/// and arrows, Ctrl+Shift and arrows the same for B, Esc clears B (during a drag: takes it back).
class TimelineStrip final : public QWidget, public ChartSource
{
    Q_OBJECT

public:
    explicit TimelineStrip(QWidget *parent = nullptr);

    void setWindows(const std::shared_ptr<const WindowList> &windows);
    void setRange(TimeRange range);
    TimeRange range() const { return m_range; }
    void setRangeB(const std::optional<TimeRange> &range);
    const std::optional<TimeRange> &rangeB() const { return m_rangeB; }
    QSize sizeHint() const override { return {600, 104}; }

    QWidget *widget() override { return this; }
    ChartTable table() const override;
    QString describe() const override;
    bool isEmpty() const override { return !m_windows || m_windows->windows.isEmpty(); }

Q_SIGNALS:
    /// Always on window boundaries.
    void rangeChosen(tepal::TimeRange range);
    void rangeBChosen(tepal::TimeRange range);
    /// At every new window boundary of a drag; one of the two above follows in the end.
    void rangeDragged(tepal::TimeRange range);
    void rangeBDragged(tepal::TimeRange range);
    void rangeBCleared();
    /// Esc: everything is as before the drag.
    void dragCancelled();

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;

private:
    enum class Drag : std::uint8_t { None, New, Move, Left, Right };

    struct Column
    {
        double left = 0;
        double width = 0;
    };

    QRectF bars() const;
    Column columnOf(const WindowInfo &window) const;
    void paintBrush(QPainter &painter, bool b) const;
    void paintBars(QPainter &painter) const;
    std::optional<TimeRange> shown(bool b) const;
    void finishDrag();
    void cancelDrag();
    bool moveByKey(int key, bool resize, TimeRange &range) const;
    void paintVerdicts(QPainter &painter) const;
    void paintAxis(QPainter &painter) const;
    TimeRange extent() const;
    double xOf(TimeMs time) const;
    TimeMs timeOf(double x) const;
    TimeRange snapped(TimeMs a, TimeMs b) const;
    qsizetype windowAt(double x) const;
    Drag dragAt(double x, const std::optional<TimeRange> &range) const;
    bool isDragging() const { return m_drag != Drag::None; }

    std::shared_ptr<const WindowList> m_windows;
    RowScale m_scale;
    TimeRange m_range;
    std::optional<TimeRange> m_rangeB;
    Drag m_drag = Drag::None;
    bool m_dragsB = false;
    TimeMs m_dragFrom = 0;
    std::optional<TimeRange> m_dragRange; ///< Before the drag.
    TimeRange m_preview;
};

} // namespace tepal::ui
