/// All profile windows of a dataset as bars, with a brush that is the time range.
#pragma once

#include "ui/backend/profile_values.h"
#include "ui/charts/chart_source.h"
#include "ui/charts/row_scale.h"

#include <QWidget>

namespace tepal::ui {

/// Bar = rows, mark below = worst verdict, hatch = still filling or endpoint down. A bar that would
/// flatten all others is cut, with a break and its number.
/// Drag draws a new range, drag inside moves it, the handles resize it, double click selects all.
/// Keyboard: arrows move the range by a window, Shift+arrows move its end, Home/End, Ctrl+A.
class TimelineStrip final : public QWidget, public ChartSource
{
    Q_OBJECT

public:
    explicit TimelineStrip(QWidget *parent = nullptr);

    void setWindows(const std::shared_ptr<const WindowList> &windows);
    void setRange(TimeRange range);
    TimeRange range() const { return m_range; }
    QSize sizeHint() const override { return {600, 104}; }

    QWidget *widget() override { return this; }
    ChartTable table() const override;
    QString describe() const override;
    bool isEmpty() const override { return !m_windows || m_windows->windows.isEmpty(); }

Q_SIGNALS:
    /// Always on window boundaries.
    void rangeChosen(tepal::TimeRange range);

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
    void paintBars(QPainter &painter, TimeRange shown) const;
    void paintVerdicts(QPainter &painter) const;
    void paintAxis(QPainter &painter) const;
    TimeRange extent() const;
    double xOf(TimeMs time) const;
    TimeMs timeOf(double x) const;
    TimeRange snapped(TimeMs a, TimeMs b) const;
    qsizetype windowAt(double x) const;
    Drag dragAt(double x) const;

    std::shared_ptr<const WindowList> m_windows;
    RowScale m_scale;
    TimeRange m_range;
    Drag m_drag = Drag::None;
    TimeMs m_dragFrom = 0;
    TimeRange m_dragRange;
    TimeRange m_preview;
};

} // namespace tepal::ui
