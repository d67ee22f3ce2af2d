#include "ui/widgets/banner.h"

#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace tepal::ui {

namespace {

constexpr int kPassingMs = 5000;
constexpr qsizetype kMostBanners = 4;

struct Look
{
    const char *icon;
    Role role;
    Role soft;
};

Look lookOf(NoticeLevel level)
{
    switch (level) {
    case NoticeLevel::Success:
        return {"circle-check", Role::Ok, Role::OkSoft};
    case NoticeLevel::Warning:
        return {"triangle-alert", Role::Warn, Role::WarnSoft};
    case NoticeLevel::Error:
        return {"octagon-alert", Role::Alarm, Role::AlarmSoft};
    case NoticeLevel::Info:
        break;
    }
    return {"info", Role::Accent, Role::AccentSoft};
}

} // namespace

Banner::Banner(const Notice &notice, QWidget *parent)
    : QFrame(parent)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
    , m_action(new QPushButton(this))
    , m_close(new QToolButton(this))
{
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_text->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    m_close->setIcon(icon(QStringLiteral("x"), Role::Muted));
    m_close->setProperty("class", QStringLiteral("icon"));
    m_close->setToolTip(tr("Close"));
    m_close->setAccessibleName(tr("Close message"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(kMargin, 6, kGap, 6);
    row->setSpacing(kGap);
    row->addWidget(m_icon);
    row->addWidget(m_text, 1);
    row->addWidget(m_action);
    row->addWidget(m_close);
    connect(m_action, &QPushButton::clicked, this, [this] {
        Q_EMIT actionWanted(m_notice.actionId);
        Q_EMIT closeWanted();
    });
    connect(m_close, &QToolButton::clicked, this, &Banner::closeWanted);
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Banner::closeWanted);
    connect(&Theme::instance(), &Theme::changed, this, [this] { setNotice(m_notice); });
    m_count = 0;
    setNotice(notice);
}

void Banner::setNotice(const Notice &notice)
{
    if (m_notice.text != notice.text || m_count == 0)
        m_count = 0;
    m_notice = notice;
    ++m_count;
    const Look look = lookOf(notice.level);
    m_icon->setPixmap(iconPixmap(QLatin1String(look.icon), 18, look.role, devicePixelRatioF()));
    QString text = notice.text;
    if (m_count > 1)
        text += tr(" (%1 times)").arg(m_count);
    if (!notice.next.isEmpty())
        text += QLatin1Char('\n') + notice.next;
    m_text->setText(text);
    m_action->setText(notice.actionText);
    m_action->setVisible(!notice.actionId.isEmpty() && !notice.actionText.isEmpty());
    setAccessibleName(notice.text);
    if (notice.passing)
        m_timer.start(kPassingMs);
    else
        m_timer.stop();
    update();
}

void Banner::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Look look = lookOf(m_notice.level);
    painter.setPen(Qt::NoPen);
    painter.setBrush(themeColor(look.soft));
    painter.drawRoundedRect(rect(), kRadius, kRadius);
    painter.setBrush(themeColor(look.role));
    painter.drawRoundedRect(QRectF(0, 0, 4, height()), 2, 2);
}

void Banner::enterEvent(QEnterEvent *event)
{
    m_timer.stop();
    QFrame::enterEvent(event);
}

void Banner::leaveEvent(QEvent *event)
{
    if (m_notice.passing)
        m_timer.start(kPassingMs);
    QFrame::leaveEvent(event);
}

BannerArea::BannerArea(QWidget *parent)
    : QWidget(parent)
    , m_column(new QVBoxLayout(this))
{
    m_column->setContentsMargins(kPageMargin, kGap, kPageMargin, 0);
    m_column->setSpacing(4);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    hide();
}

Banner *BannerArea::banner(const QString &key) const
{
    for (Banner *b : m_banners) {
        if (b->notice().key == key)
            return b;
    }
    return nullptr;
}

void BannerArea::show(const Notice &notice)
{
    if (Banner *known = notice.key.isEmpty() ? nullptr : banner(notice.key)) {
        known->setNotice(notice);
        return;
    }
    // The oldest passing or least serious one makes room; errors are not pushed out by news.
    while (m_banners.size() >= kMostBanners) {
        Banner *least = m_banners.first();
        for (Banner *b : std::as_const(m_banners)) {
            if (b->notice().level < least->notice().level)
                least = b;
        }
        remove(least);
    }
    auto *added = new Banner(notice, this);
    m_banners.append(added);
    m_column->addWidget(added);
    connect(added, &Banner::actionWanted, this, &BannerArea::actionWanted);
    connect(added, &Banner::closeWanted, this, [this, added] { remove(added); });
    setVisible(true);
}

void BannerArea::clear(const QString &key)
{
    if (Banner *b = banner(key))
        remove(b);
}

void BannerArea::remove(Banner *banner)
{
    m_banners.removeOne(banner);
    m_column->removeWidget(banner);
    banner->hide();
    banner->deleteLater();
    setVisible(!m_banners.isEmpty());
}

} // namespace tepal::ui
