#include "ui/widgets/elided_label.h"

#include <QFontMetrics>
#include <QPainter>

namespace tepal::ui {

ElidedLabel::ElidedLabel(const QString &text, QWidget *parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setText(text);
}

void ElidedLabel::setText(const QString &text)
{
    const QString line = text.simplified();
    if (line == m_text)
        return;
    m_text = line;
    setAccessibleName(line);
    updateGeometry();
    update();
    setToolTip(isElided() ? m_text.toHtmlEscaped() : QString());
}

void ElidedLabel::setFontType(Type type)
{
    m_type = type;
    updateGeometry();
    update();
}

void ElidedLabel::setRole(Role role)
{
    m_role = role;
    update();
}

void ElidedLabel::setElideMode(Qt::TextElideMode mode)
{
    m_mode = mode;
    update();
}

void ElidedLabel::setAlignment(Qt::Alignment alignment)
{
    m_alignment = alignment;
    update();
}

void ElidedLabel::setKeepWhole(int width)
{
    m_keepWhole = width;
    updateGeometry();
}

bool ElidedLabel::isElided() const
{
    return QFontMetrics(themeFont(m_type)).horizontalAdvance(m_text) > width();
}

QSize ElidedLabel::sizeHint() const
{
    const QFontMetrics metrics(themeFont(m_type));
    return {metrics.horizontalAdvance(m_text) + 2, metrics.height() + 2};
}

QSize ElidedLabel::minimumSizeHint() const
{
    const QFontMetrics metrics(themeFont(m_type));
    return {std::min(metrics.horizontalAdvance(m_text) + 2, m_keepWhole), metrics.height() + 2};
}

void ElidedLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setFont(themeFont(m_type));
    painter.setPen(themeColor(isEnabled() ? m_role : Role::Faint));
    painter.drawText(rect(), static_cast<int>(m_alignment),
                     QFontMetrics(painter.font()).elidedText(m_text, m_mode, width()));
}

void ElidedLabel::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    setToolTip(isElided() ? m_text.toHtmlEscaped() : QString());
}

} // namespace tepal::ui
