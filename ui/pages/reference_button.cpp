#include "ui/pages/reference_button.h"

#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"

#include <QKeyEvent>
#include <QPainter>

namespace tepal::ui {

namespace {

constexpr int kMark = 16;

} // namespace

ReferenceButton::ReferenceButton(const ReferenceInfo &reference, bool chosen, QWidget *parent)
    : QAbstractButton(parent)
    , m_reference(reference)
    , m_chosen(chosen)
{
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Compare with %1").arg(reference.name));
    setAccessibleDescription(facts());
    // Names are data: no line of the tooltip is to be taken for markup.
    setToolTip(QStringLiteral("<p>") + reference.name.toHtmlEscaped() + QStringLiteral("</p><p>") +
               facts().toHtmlEscaped() + QStringLiteral("</p>"));
}

QString ReferenceButton::facts() const
{
    QStringList parts;
    if (m_reference.current)
        parts << tr("current");
    parts << format::counted(m_reference.rows, tr("1 row"), tr("%1 rows"))
          << format::dateTime(m_reference.created) << m_reference.source;
    return parts.join(QStringLiteral(" · "));
}

QSize ReferenceButton::sizeHint() const
{
    const QFontMetrics name(themeFont(Type::Strong));
    const QFontMetrics caption(themeFont(Type::Caption));
    return {200, name.height() + caption.height() + 10};
}

QSize ReferenceButton::minimumSizeHint() const
{
    return {80, sizeHint().height()};
}

void ReferenceButton::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        click();
    else
        QAbstractButton::keyPressEvent(event);
}

void ReferenceButton::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF box = QRectF(rect()).adjusted(1, 1, -1, -1);
    painter.setPen(hasFocus() ? QPen(themeColor(Role::Accent), 2) : QPen(Qt::NoPen));
    painter.setBrush(m_chosen       ? themeColor(Role::AccentSoft)
                     : underMouse() ? themeColor(Role::Surface2)
                                    : QColor(Qt::transparent));
    painter.drawRoundedRect(box, kRadius, kRadius);
    const int left = 8;
    if (m_chosen)
        painter.drawPixmap(
            left, (height() - kMark) / 2,
            iconPixmap(QStringLiteral("check"), kMark, Role::Accent, devicePixelRatioF()));
    const QRect text = rect().adjusted(left + kMark + 8, 4, -6, -4);
    const QFont strong = themeFont(m_reference.current ? Type::Strong : Type::Body);
    painter.setFont(strong);
    painter.setPen(themeColor(Role::Text));
    painter.drawText(text, Qt::AlignTop | Qt::AlignLeft | Qt::TextSingleLine,
                     QFontMetrics(strong).elidedText(m_reference.name.simplified(), Qt::ElideMiddle,
                                                     text.width()));
    painter.setFont(themeFont(Type::Caption));
    painter.setPen(themeColor(Role::Muted));
    painter.drawText(text, Qt::AlignBottom | Qt::AlignLeft | Qt::TextSingleLine,
                     painter.fontMetrics().elidedText(facts(), Qt::ElideRight, text.width()));
}

} // namespace tepal::ui
