#include "ui/widgets/elided_label.h"

#include <QFontMetrics>
#include <QPainter>
#include <QTextLayout>

namespace tepal::ui {

namespace {

constexpr qsizetype kFewestLetters = 5; ///< The ellipsis among them.

} // namespace

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

void ElidedLabel::setLines(int lines)
{
    m_lines = lines;
    updateGeometry();
    update();
}

bool ElidedLabel::isElided() const
{
    return QFontMetrics(themeFont(m_type)).horizontalAdvance(m_text) > width() * m_lines;
}

QSize ElidedLabel::sizeHint() const
{
    const QFontMetrics metrics(themeFont(m_type));
    return {metrics.horizontalAdvance(m_text) + 2, metrics.height() * m_lines + 2};
}

QSize ElidedLabel::minimumSizeHint() const
{
    const QFontMetrics metrics(themeFont(m_type));
    return {std::min(metrics.horizontalAdvance(m_text) + 2, m_keepWhole),
            metrics.height() * m_lines + 2};
}

void ElidedLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setFont(themeFont(m_type));
    painter.setPen(themeColor(isEnabled() ? m_role : Role::Faint));
    if (m_lines > 1) {
        paintLines(painter);
        return;
    }
    const QString shown = QFontMetrics(painter.font()).elidedText(m_text, m_mode, width());
    if (shown != m_text && shown.size() < kFewestLetters)
        return; // "p…h" helps nobody; the tooltip has it all.
    painter.drawText(rect(), static_cast<int>(m_alignment), shown);
}

void ElidedLabel::paintLines(QPainter &painter) const
{
    const QFontMetrics metrics(painter.font());
    QTextLayout layout(m_text, painter.font());
    QList<QString> lines;
    layout.beginLayout();
    while (lines.size() < m_lines) {
        QTextLine line = layout.createLine();
        if (!line.isValid())
            break;
        line.setLineWidth(width());
        const bool last = lines.size() + 1 == m_lines;
        lines.append(last
                         ? metrics.elidedText(m_text.mid(line.textStart()), Qt::ElideRight, width())
                         : m_text.mid(line.textStart(), line.textLength()));
    }
    layout.endLayout();
    const int used = static_cast<int>(lines.size()) * metrics.height();
    int y = (height() - used) / 2;
    for (const QString &line : lines) {
        painter.drawText(QRect(0, y, width(), metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                         line);
        y += metrics.height();
    }
}

void ElidedLabel::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    setToolTip(isElided() ? m_text.toHtmlEscaped() : QString());
}

} // namespace tepal::ui
