#include "ui/widgets/nav_rail.h"

#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"

#include <QAbstractButton>
#include <QButtonGroup>
#include <QLabel>
#include <QPainter>
#include <QSvgRenderer>
#include <QVBoxLayout>

namespace tepal::ui {

class NavRail::Item final : public QAbstractButton
{
public:
    Item(const QString &id, const QString &icon, const QString &text, QWidget *parent)
        : QAbstractButton(parent)
        , m_id(id)
        , m_icon(icon)
    {
        setText(text);
        setCheckable(true);
        setAccessibleName(text);
        setAttribute(Qt::WA_Hover);
        setFixedSize(kRailWidth, 56);
    }
    const QString &id() const { return m_id; }
    int badge() const { return m_badge; }
    void setBadge(int count)
    {
        if (count == m_badge)
            return;
        m_badge = count;
        setAccessibleDescription(
            count > 0 ? format::counted(count, NavRail::tr("1 thing needs attention"),
                                        NavRail::tr("%1 things need attention"))
                      : QString());
        update();
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const bool on = isChecked();
        const QRectF pill(8, 3, width() - 16, height() - 6);
        if (on || underMouse()) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(themeColor(on ? Role::AccentSoft : Role::Surface2));
            painter.drawRoundedRect(pill, 8, 8);
        }
        if (hasFocus()) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(themeColor(Role::Accent), 2));
            painter.drawRoundedRect(pill.adjusted(1, 1, -1, -1), 7, 7);
        }
        const Role role = on ? Role::Accent : Role::Muted;
        painter.drawPixmap(QPointF(width() / 2.0 - 10, 9),
                           iconPixmap(m_icon, 20, role, devicePixelRatioF()));
        QFont font = themeFont(Type::Axis);
        if (on)
            font.setWeight(QFont::DemiBold);
        painter.setFont(font);
        painter.setPen(themeColor(on ? Role::Text : Role::Muted));
        painter.drawText(QRect(0, 31, width(), 18), Qt::AlignCenter, text());
        if (m_badge > 0) {
            const QString number = m_badge > 99 ? QStringLiteral("99+") : QString::number(m_badge);
            QFont small = themeFont(Type::Axis);
            small.setPixelSize(10);
            small.setWeight(QFont::DemiBold);
            const double w = std::max(15, QFontMetrics(small).horizontalAdvance(number) + 8);
            const QRectF dot(width() / 2.0 + 5, 5, w, 15);
            painter.setPen(QPen(themeColor(Role::Surface1), 1.5));
            painter.setBrush(themeColor(Role::Alarm));
            painter.drawRoundedRect(dot, 7.5, 7.5);
            painter.setFont(small);
            painter.setPen(themeColor(Role::Surface1));
            painter.drawText(dot, Qt::AlignCenter, number);
        }
    }

private:
    QString m_id;
    QString m_icon;
    int m_badge = 0;
};

NavRail::NavRail(QWidget *parent)
    : QWidget(parent)
    , m_column(new QVBoxLayout(this))
    , m_group(new QButtonGroup(this))
{
    setObjectName(QStringLiteral("rail"));
    setAttribute(Qt::WA_StyledBackground);
    setFixedWidth(kRailWidth + 1);
    setAccessibleName(tr("Pages"));
    m_column->setContentsMargins(0, 6, 1, 8);
    m_column->setSpacing(2);
    auto *logo = new QLabel(this);
    QPixmap picture(QSize(32, 32) * 2);
    picture.setDevicePixelRatio(2);
    picture.fill(Qt::transparent);
    QSvgRenderer renderer(QStringLiteral(":/tepal/icons/tepal.svg"));
    QPainter painter(&picture);
    renderer.render(&painter, QRectF(0, 0, 32, 32));
    painter.end();
    logo->setPixmap(picture);
    logo->setAlignment(Qt::AlignCenter);
    m_column->addWidget(logo);
    m_column->addSpacing(10);
}

void NavRail::addPage(const QString &id, const QString &icon, const QString &text,
                      const QString &shortcut)
{
    auto *added = new Item(id, icon, text, this);
    added->setToolTip(shortcut.isEmpty() ? text : QStringLiteral("%1 (%2)").arg(text, shortcut));
    m_items.append(added);
    m_group->addButton(added);
    m_column->addWidget(added);
    connect(added, &QAbstractButton::clicked, this, [this, id] { Q_EMIT chosen(id); });
}

void NavRail::addStretch()
{
    m_column->addStretch();
}

NavRail::Item *NavRail::item(const QString &id) const
{
    for (Item *i : m_items) {
        if (i->id() == id)
            return i;
    }
    return nullptr;
}

void NavRail::setCurrent(const QString &id)
{
    if (Item *i = item(id))
        i->setChecked(true);
}

void NavRail::setBadge(const QString &id, int count)
{
    if (Item *i = item(id))
        i->setBadge(count);
}

int NavRail::badge(const QString &id) const
{
    const Item *i = item(id);
    return i ? i->badge() : 0;
}

} // namespace tepal::ui
