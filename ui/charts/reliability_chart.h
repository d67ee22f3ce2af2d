/// Whether probabilities can be believed: what was predicted against what was so, bin by bin.
#pragma once

#include "ui/backend/model_values.h"
#include "ui/charts/plot.h"

namespace tepal::ui {

/// Points with their 95 % bands; on the thin line both are equal. Under the axis: how many rows
/// each bin has.
class ReliabilityChart final : public Plot
{
    Q_OBJECT

public:
    explicit ReliabilityChart(QWidget *parent = nullptr);
    /// `what` names the event: "the answer is right", "it is setosa".
    void setCalibration(const Calibration &calibration, const QString &what);
    void clear() { setCalibration({}, {}); }

    ChartTable table() const override;
    QString describe() const override;
    QList<LegendEntry> legend() const override;
    bool isEmpty() const override { return m_calibration.rows == 0; }

protected:
    QList<double> points() const override;
    HoverInfo hoverAt(double x) const override;
    std::pair<double, double> yExtent(double, double) const override { return {0, 1}; }
    void paintBefore(QPainter &painter) override;
    void restyle() override;

private:
    const ReliabilityBin *binAt(double x) const;
    void paintCounts(QPainter &painter) const;

    Calibration m_calibration;
    QString m_what;
    QLineSeries *m_diagonal = nullptr;
};

} // namespace tepal::ui
