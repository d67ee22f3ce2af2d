/// Base of the charts that sit on Qt Charts: series come from there; axes, grid, crosshair, tooltip
/// and zoom are ours, because the stock axes know neither round local times nor 1-2-5 steps with
/// labels that fit.
#pragma once

#include "ui/charts/chart_source.h"
#include "ui/charts/ticks.h"

#include <QChartView>
#include <QPointer>

class QAbstractSeries;
class QAreaSeries;
class QLineSeries;
class QValueAxis;

namespace tepal::ui {

struct HoverRow
{
    QColor color; ///< Invalid: no marker.
    QString name;
    QString value;
};

struct HoverInfo
{
    QString title;
    QList<HoverRow> rows;
    double y = 0; ///< Where the point is, to keep the tooltip off it. NaN: nowhere.
};

class Plot : public QChartView, public ChartSource
{
    Q_OBJECT

public:
    enum class XAxis : std::uint8_t { Value, Time, None };

    explicit Plot(XAxis kind, QWidget *parent = nullptr);
    ~Plot() override;

    QWidget *widget() override { return this; }

    /// Short unit above the y axis, e.g. "share of rows".
    void setYTitle(const QString &title);
    void setXTitle(const QString &title);
    /// Shown in the middle while isEmpty().
    void setEmptyText(const QString &text);

    /// The whole range; keeps the zoom when the view had been zoomed and still lies inside.
    void setXExtent(double low, double high);
    void setXView(double low, double high);
    std::pair<double, double> xView() const { return {m_xLow, m_xHigh}; }
    bool isZoomed() const { return m_zoomed; }

public Q_SLOTS:
    /// Shows the crosshair at the nearest real point without reporting it back.
    void showCrosshair(double x);
    void hideCrosshair();
    void zoomBack();
    void zoomFit();

Q_SIGNALS:
    void crosshairMoved(double x);
    void crosshairLeft();
    void xViewChanged(double low, double high);
    /// Click or Return on a point.
    void activated(double x);

protected:
    // What a chart tells its base.
    /// Ascending x of the real points; the crosshair snaps to them.
    virtual QList<double> points() const = 0;
    /// The point meant by a pointer at x: the nearest. NaN: none.
    virtual double pointAt(double x) const;
    virtual HoverInfo hoverAt(double x) const = 0;
    /// Values to be seen within the x range; widened to round numbers. NaN: nothing there.
    virtual std::pair<double, double> yExtent(double xLow, double xHigh) const = 0;
    virtual QList<Tick> xTicks(int most) const;
    /// Behind and before the series, clipped to the plot area.
    virtual void paintBehind(QPainter &painter) { Q_UNUSED(painter) }
    virtual void paintBefore(QPainter &painter) { Q_UNUSED(painter) }
    /// Sets pens and brushes from the theme.
    virtual void restyle() = 0;
    /// The lowest y that the axis always includes; drift scores and counts start at 0.
    virtual bool startsAtZero() const { return true; }

    /// Call after the data changed.
    void refresh();
    QLineSeries *addLine();
    /// Area between two lines; both are owned by it.
    QAreaSeries *addArea();
    void removeAll();
    QPointF at(double x, double y) const;
    double xAt(double pixel) const;
    QRectF area() const { return m_area; }
    void setBottomExtra(int pixels); ///< Room below the x axis, e.g. for a strip.
    int bottomExtra() const { return m_bottomExtra; }
    void dashedLine(QPainter &painter, double y, const QString &label, const QColor &color) const;

    void drawBackground(QPainter *painter, const QRectF &rect) override;
    void drawForeground(QPainter *painter, const QRectF &rect) override;
    void resizeEvent(QResizeEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void changeEvent(QEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;
    QSize sizeHint() const override { return {320, 180}; }

private:
    static constexpr int kTop = 22;
    static constexpr int kClickSlop = 4;

    void layoutArea();
    void attach(QAbstractSeries *series);
    void applyRanges();
    void drawAxes(QPainter &painter) const;
    void drawTooltip(QPainter &painter) const;
    bool snap(double x);
    void pushZoom();

    enum class Drag : std::uint8_t { None, Zoom, Pan };

    XAxis m_xKind;
    QValueAxis *m_xAxis;
    QValueAxis *m_yAxis;
    QString m_yTitle;
    QString m_xTitle;
    QString m_emptyText;
    double m_extentLow = 0;
    double m_extentHigh = 1;
    double m_xLow = 0;
    double m_xHigh = 1;
    double m_yLow = 0;
    double m_yHigh = 1;
    QList<Tick> m_yTicks;
    QList<Tick> m_xTicks;
    QRectF m_area;
    int m_bottomExtra = 0;
    bool m_zoomed = false;
    QList<std::pair<double, double>> m_zoomStack;
    Drag m_drag = Drag::None;
    QPointF m_dragFrom;
    QPointF m_dragTo;
    double m_dragLow = 0;
    double m_dragHigh = 0;
    bool m_crosshair = false;
    double m_crosshairX = 0;
    bool m_ownTooltip = false; ///< The pointer or keyboard is here, not on a sibling chart.
};

} // namespace tepal::ui
