#include "ui/pages/reference_slider.h"

#include "ui/charts/ticks.h"
#include "ui/theme/theme.h"

#include <QMouseEvent>
#include <QPainter>

#include <cmath>

namespace tepal::ui {

namespace {

constexpr double kPad = 9;

} // namespace

ReferenceSlider::ReferenceSlider(QWidget *parent)
    : QAbstractSlider(parent)
{
    setOrientation(Qt::Horizontal);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setMinimumSize(80, 26);
    connect(this, &QAbstractSlider::valueChanged, this, [this] {
        update();
        Q_EMIT realChanged(real());
    });
}

void ReferenceSlider::setSpec(const FeatureSpec &spec)
{
    const double before = real();
    m_spec = spec;
    double low = std::isnan(spec.min) ? 0 : spec.min;
    double high = std::isnan(spec.max) ? low + 10 : spec.max;
    if (!(high > low))
        high = low + 1;
    const double room = (high - low) / 4;
    // Quantities that are never negative in the reference do not start below zero here.
    m_low = low >= 0 ? std::max(0.0, low - room) : low - room;
    m_high = high + room;
    m_step = niceStep(m_high - m_low, 80);
    m_low = std::floor(m_low / m_step) * m_step;
    m_high = std::ceil(m_high / m_step) * m_step;
    const QSignalBlocker block(this);
    setRange(0, static_cast<int>(std::lround((m_high - m_low) / m_step)));
    setSingleStep(1);
    setPageStep(10);
    setReal(before);
    update();
}

double ReferenceSlider::real() const
{
    return m_low + value() * m_step;
}

void ReferenceSlider::setReal(double value)
{
    setValue(static_cast<int>(std::lround((value - m_low) / m_step)));
}

double ReferenceSlider::xOf(double real) const
{
    return kPad + (real - m_low) / (m_high - m_low) * (width() - 2 * kPad);
}

void ReferenceSlider::moveTo(double x)
{
    const double share = std::clamp((x - kPad) / (width() - 2 * kPad), 0.0, 1.0);
    setSliderPosition(static_cast<int>(std::lround(share * maximum())));
}

void ReferenceSlider::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const double y = height() / 2.0;
    const auto bar = [&](double a, double b, double h, const QColor &color) {
        if (std::isnan(a) || std::isnan(b))
            return;
        painter.setBrush(color);
        painter.drawRoundedRect(QRectF(xOf(a), y - h / 2, std::max(1.0, xOf(b) - xOf(a)), h), h / 2,
                                h / 2);
    };
    const Theme &theme = Theme::instance();
    bar(m_low, m_high, 4, theme.color(Role::Surface2));
    bar(m_spec.min, m_spec.max, 4, theme.color(Role::Surface3));
    bar(m_spec.q05, m_spec.q95, 8, theme.color(Role::Reference, 0.35));
    bar(m_spec.q25, m_spec.q75, 8, theme.color(Role::Reference, 0.55));
    if (!std::isnan(m_spec.q50)) {
        painter.setBrush(theme.color(Role::Surface1));
        painter.drawRect(QRectF(xOf(m_spec.q50) - 1, y - 4, 2, 8));
    }
    const bool outside = real() < m_spec.min || real() > m_spec.max;
    const double x = xOf(real());
    const double radius = isSliderDown() ? 8 : 7;
    painter.setBrush(theme.color(Role::Surface1));
    painter.setPen(QPen(theme.color(!isEnabled() ? Role::Faint
                                    : outside    ? Role::Warn
                                                 : Role::Accent),
                        2.5));
    painter.drawEllipse(QPointF(x, y), radius, radius);
    if (hasFocus()) {
        painter.setBrush(theme.color(outside ? Role::Warn : Role::Accent));
        painter.drawEllipse(QPointF(x, y), 3, 3);
    }
}

void ReferenceSlider::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    setSliderDown(true);
    moveTo(event->position().x());
}

void ReferenceSlider::mouseMoveEvent(QMouseEvent *event)
{
    if (isSliderDown())
        moveTo(event->position().x());
}

void ReferenceSlider::mouseReleaseEvent(QMouseEvent *)
{
    setSliderDown(false);
    update();
}

} // namespace tepal::ui
