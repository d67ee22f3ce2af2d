/// Features × profile windows: where and since when.
#pragma once

#include "ui/backend/drift_values.h"
#include "ui/charts/chart_source.h"
#include "ui/charts/ticks.h"

#include <QAbstractScrollArea>

namespace tepal::ui {

/// Colour is effect ÷ threshold; undecided and low-evidence cells are hatched; a window without
/// data is a gap. Only visible rows are painted, so thousands of features cost nothing.
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
    struct Hit
    {
        qsizetype row = -1;
        qsizetype score = -1; ///< −1: on the name.
    };

    Hit hitTest(const QPointF &pos) const;
    QRectF grid() const;
    double xOf(TimeMs time) const;
    QRectF cellRect(qsizetype row, const DriftScore &score) const;
    void paintRow(QPainter &painter, qsizetype row, const QRectF &line) const;
    void paintScale(QPainter &painter) const;
    QString tooltip(const Hit &hit) const;
    void moveBy(int rows, int columns);
    void updateScroll();
    void measureNames();
    int labelWidth() const;

    std::shared_ptr<const DriftOverview> m_overview;
    int m_namesWidth = 90;
    QString m_feature;
    std::optional<TimeRange> m_window;
    Hit m_hover;
};

} // namespace tepal::ui
