/// Cumulative distributions of target and reference with the gap that Kolmogorov-Smirnov measures.
#pragma once

#include "ui/backend/profile_values.h"
#include "ui/charts/plot.h"

namespace tepal::ui {

class CdfChart final : public Plot
{
    Q_OBJECT

public:
    explicit CdfChart(QWidget *parent = nullptr);

    /// `gapAt` NaN: no gap is drawn.
    void setCdfs(const Cdf &target, const Cdf &reference, const QString &column,
                 const QString &targetName, const QString &referenceName, double gapAt);
    void clear();

    ChartTable table() const override;
    QString describe() const override;
    QList<LegendEntry> legend() const override;
    void setEntryVisible(int id, bool visible) override;
    bool isEmpty() const override { return m_target.x.isEmpty(); }

    /// P(X ≤ x) of a stored distribution; 0 before its first point.
    static double valueAt(const Cdf &cdf, double x);

protected:
    QList<double> points() const override { return m_points; }
    HoverInfo hoverAt(double x) const override;
    std::pair<double, double> yExtent(double, double) const override { return {0, 1}; }
    void paintBefore(QPainter &painter) override;
    void restyle() override;

private:
    enum Entry { Target, Reference, Error };

    Cdf m_target;
    Cdf m_reference;
    QString m_column;
    QString m_targetName;
    QString m_referenceName;
    double m_gapAt = kMissing;
    QList<double> m_points;
    QAreaSeries *m_error = nullptr;
    QLineSeries *m_targetLine = nullptr;
    QLineSeries *m_referenceLine = nullptr;
    bool m_show[3] = {true, true, true};
};

} // namespace tepal::ui
