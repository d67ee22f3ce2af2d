/// Features × profile windows: where and since when.
#pragma once

#include "ui/backend/drift_values.h"
#include "ui/charts/chart_source.h"
#include "ui/charts/heat_cells.h"

#include <QAbstractScrollArea>
#include <QHash>
#include <QStaticText>

namespace tepal::ui {

/// Colour is effect ÷ threshold; undecided and low-evidence cells are hatched; a window without
/// data is a gap. Windows that would be narrower than a few pixels are united (HeatColumns): such a
/// cell shows the worst of its windows and stands for its whole span. Only visible rows are looked
/// at, so thousands of features cost nothing.
/// Keyboard: arrows move the cell, Return activates it, Escape clears.
class HeatMap final : public QAbstractScrollArea, public ChartSource
{
    Q_OBJECT

public:
    explicit HeatMap(QWidget *parent = nullptr);

    void setOverview(const std::shared_ptr<const DriftOverview> &overview);
    void setSelection(const QString &feature, std::optional<TimeRange> window);
    QSize sizeHint() const override;

    QWidget *widget() override { return this; }
    ChartTable table() const override;
    QString describe() const override;
    bool isEmpty() const override { return !m_overview || m_overview->features.isEmpty(); }

Q_SIGNALS:
    /// A feature's name was chosen: the whole range.
    void featureActivated(const QString &feature);
    /// One window, or the span of several that share a cell.
    void cellActivated(const QString &feature, tepal::TimeRange window);
    void cleared();

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool viewportEvent(QEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    static constexpr int kRow = 26;
    static constexpr int kAxis = 36;
    static constexpr int kVerdictWidth = 118;
    static constexpr int kRamp = 64; ///< Steps of the colour ramp; more are not told apart.

    struct Hit
    {
        qsizetype row = -1;
        qsizetype column = -1; ///< −1: on the name.
    };

    Hit hitTest(const QPointF &pos) const;
    QRectF grid() const;
    double xOf(TimeMs time) const;
    QRectF spanRect(qsizetype row, TimeRange span) const;
    /// What a cell selects: its only window, or all of it.
    TimeRange spanOf(qsizetype row, qsizetype column) const;
    const QList<HeatCell> &cells(qsizetype row) const;
    /// The columns that hold the selected window; {0, -1}: none.
    std::pair<qsizetype, qsizetype> chosenColumns() const;
    void layoutColumns();
    void paintRow(QPainter &painter, qsizetype row, const QRectF &line) const;
    void paintCells(QPainter &painter, qsizetype row) const;
    void drawLabel(QPainter &painter, const QString &text, Type type, double left, double top,
                   int width) const;
    double rowTop(qsizetype row) const;
    void paintScale(QPainter &painter) const;
    void paintKey(QPainter &painter) const;
    QString tooltip(const Hit &hit) const;
    void moveBy(int rows, int columns);
    void updateScroll();
    void measureNames();
    int labelWidth() const;

    std::shared_ptr<const DriftOverview> m_overview;
    HeatColumns m_columns;
    mutable QHash<qsizetype, QList<HeatCell>> m_cells; ///< Rows that were looked at.
    mutable QHash<std::pair<QString, int>, QStaticText> m_labels;
    QList<std::pair<double, double>> m_pixels; ///< Left and width of each column.
    bool m_utc = false;                        ///< The zone that the columns were made for.
    QList<QColor> m_ramp;
    int m_namesWidth = 90;
    QString m_feature;
    std::optional<TimeRange> m_window;
    Hit m_hover;
};

} // namespace tepal::ui
