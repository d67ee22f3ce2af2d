/// How far a regression's answers are from the truth: its quantiles as a box on one axis.
#pragma once

#include "ui/backend/model_values.h"
#include "ui/charts/chart_source.h"

#include <QWidget>

namespace tepal::ui {

class ResidualChart final : public QWidget, public ChartSource
{
    Q_OBJECT

public:
    explicit ResidualChart(QWidget *parent = nullptr);
    void setQuality(const RegressionQuality &quality);
    void clear() { setQuality({}); }

    QWidget *widget() override { return this; }
    ChartTable table() const override;
    QString describe() const override;
    bool isEmpty() const override { return m_quality.residuals.size() != 7; }
    QSize sizeHint() const override { return {360, 160}; }
    QSize minimumSizeHint() const override { return {220, 120}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    double value(std::size_t at) const { return m_quality.residuals[at].value; }
    void paintScale(QPainter &painter, const QRectF &area, double low, double high) const;

    RegressionQuality m_quality;
};

} // namespace tepal::ui
