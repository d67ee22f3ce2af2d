/// A slider over a feature's values with the reference's quantiles on its track.
#pragma once

#include "ui/backend/values.h"

#include <QAbstractSlider>

namespace tepal::ui {

class ReferenceSlider final : public QAbstractSlider
{
    Q_OBJECT

public:
    explicit ReferenceSlider(QWidget *parent = nullptr);

    /// The track reaches a quarter beyond the reference's range on both sides.
    void setSpec(const FeatureSpec &spec);
    void setReal(double value);
    double real() const;
    double step() const { return m_step; }
    double low() const { return m_low; }
    double high() const { return m_high; }
    QSize sizeHint() const override { return {160, 26}; }

Q_SIGNALS:
    void realChanged(double value);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;

private:
    double xOf(double real) const;
    void moveTo(double x);

    FeatureSpec m_spec;
    double m_low = 0;
    double m_high = 10;
    double m_step = 0.1;
};

} // namespace tepal::ui
