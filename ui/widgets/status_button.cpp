#include "ui/widgets/status_button.h"

#include "ui/theme/metrics.h"

#include <QPainter>

namespace tepal::ui {

StatusButton::StatusButton(const QString &accessibleName, QWidget *parent)
    : QAbstractButton(parent)
{
    setAccessibleName(accessibleName);
    setAttribute(Qt::WA_Hover);
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Minimum, QSizePolicy::Fixed);
    setFixedHeight(kStatusHeight - 4);
}

void StatusButton::setState(Symbol shape, Role role, const QString &text)
{
    m_hasShape = true;
    m_shape = shape;
    m_role = role;
    setText(text);
    setAccessibleDescription(text);
    updateGeometry();
    update();
}

void StatusButton::setPlain(const QString &text)
{
    m_hasShape = false;
    setText(text);
    setAccessibleDescription(text);
    updateGeometry();
    update();
}

QSize StatusButton::sizeHint() const
{
    const QFontMetrics metrics(themeFont(Type::Caption));
    return {metrics.horizontalAdvance(text()) + 18 + (m_hasShape ? 15 : 0), kStatusHeight - 4};
}

void StatusButton::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (underMouse() || hasFocus()) {
        painter.setPen(hasFocus() ? QPen(themeColor(Role::Accent), 2) : QPen(Qt::NoPen));
        painter.setBrush(underMouse() ? QBrush(themeColor(Role::Surface2)) : QBrush(Qt::NoBrush));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
    }
    int left = 9;
    if (m_hasShape) {
        paintSymbol(painter, QRectF(left, height() / 2.0 - 4.5, 9, 9), m_shape, themeColor(m_role));
        left += 15;
    }
    painter.setFont(themeFont(Type::Caption));
    painter.setPen(themeColor(Role::Muted));
    painter.drawText(rect().adjusted(left, 0, -4, 0), Qt::AlignVCenter | Qt::AlignLeft, text());
}

} // namespace tepal::ui
