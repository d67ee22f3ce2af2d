/// How a column's distribution moved: quantile bands over the profile windows.
#pragma once

#include "ui/backend/profile_values.h"
#include "ui/charts/plot.h"

namespace tepal::ui {

class HistoryChart final : public Plot
{
    Q_OBJECT

public:
    explicit HistoryChart(QWidget *parent = nullptr);
    void setHistory(const QList<ColumnPoint> &history, const QString &column, TimeRange range);
    void clear() { setHistory({}, {}, {0, 1}); }

    ChartTable table() const override;
    QString describe() const override;
    QList<LegendEntry> legend() const override;
    bool isEmpty() const override { return m_history.isEmpty(); }

protected:
    QList<double> points() const override { return m_centres; }
    HoverInfo hoverAt(double x) const override;
    std::pair<double, double> yExtent(double xLow, double xHigh) const override;
    void paintBefore(QPainter &painter) override;
    void restyle() override;
    bool startsAtZero() const override { return false; }

private:
    QString m_column;
    QList<ColumnPoint> m_history;
    QList<double> m_centres;
    QList<QAreaSeries *> m_outer;
    QList<QAreaSeries *> m_inner;
    QList<QLineSeries *> m_medians;
    QList<qsizetype> m_lone; ///< Points without a neighbour.
};

} // namespace tepal::ui
