#include "ui/pages/destination_card.h"

#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/verdict.h"

#include <QHBoxLayout>
#include <QHash>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace tepal::ui {

QString destinationIcon(const QString &kind)
{
    static const QHash<QString, QString> icons{
        {QStringLiteral("whylabs"), QStringLiteral("cloud-upload")},
        {QStringLiteral("folder"), QStringLiteral("folder")},
        {QStringLiteral("s3"), QStringLiteral("database")},
        {QStringLiteral("mlflow"), QStringLiteral("flask-conical")}};
    return icons.value(kind, QStringLiteral("globe"));
}

namespace {

/// A sentence does not fit beside the symbol: the state is a word, the reason stands below it.
QString stateWord(const Destination &d)
{
    if (!d.isConfigured())
        return d.stored ? DestinationCard::tr("Incomplete") : DestinationCard::tr("Not set up");
    if (d.paused && d.enabled)
        return DestinationCard::tr("Paused");
    switch (d.phase) {
    case DestinationPhase::Denied:
        return DestinationCard::tr("Refused");
    case DestinationPhase::Unreachable:
        return DestinationCard::tr("Asked again later");
    case DestinationPhase::Reachable:
        return d.enabled ? DestinationCard::tr("Sends by itself")
                         : DestinationCard::tr("Sends on request");
    case DestinationPhase::Unknown:
    case DestinationPhase::NotConfigured:
        break;
    }
    return d.enabled ? DestinationCard::tr("Sends by itself, nothing sent yet")
                     : DestinationCard::tr("Switched off");
}

/// What is wrong and what to do, or how much there is.
QString stateSentence(const Destination &d, TimeMs now)
{
    QStringList parts;
    if (!d.stateText.isEmpty())
        parts << d.stateText;
    if (d.phase == DestinationPhase::Unreachable && d.nextTry > now)
        parts << DestinationCard::tr("next try in %1").arg(format::duration(d.nextTry - now));
    else if (!d.next.isEmpty())
        parts << d.next;
    if (!d.isConfigured() && d.waiting == 0)
        return parts.join(QStringLiteral("; "));
    parts << (d.waiting > 0 ? format::counted(d.waiting, DestinationCard::tr("1 piece waits"),
                                              DestinationCard::tr("%1 pieces wait"))
                            : DestinationCard::tr("nothing waits"));
    if (d.failed > 0)
        parts << format::counted(d.failed, DestinationCard::tr("1 refused"),
                                 DestinationCard::tr("%1 refused"));
    if (d.asks > 0)
        parts << format::counted(d.asks, DestinationCard::tr("1 asks you"),
                                 DestinationCard::tr("%1 ask you"));
    if (d.lastSuccess != 0)
        parts << DestinationCard::tr("last sent %1").arg(format::age(d.lastSuccess, now));
    return parts.join(QStringLiteral("; "));
}

} // namespace

DestinationCard::DestinationCard(QWidget *parent)
    : QFrame(parent)
    , m_icon(new QLabel(this))
    , m_name(new ElidedLabel(QString(), this))
    , m_target(new ElidedLabel(QString(), this))
    , m_state(new StateLabel(this))
    , m_next(new QLabel(this))
    , m_setUp(new QPushButton(this))
    , m_upload(new QPushButton(tr("Upload"), this))
    , m_pause(new QPushButton(this))
{
    setProperty("class", QStringLiteral("card"));
    setMinimumWidth(252);
    setMaximumWidth(420);
    m_name->setFontType(Type::Strong);
    m_target->setRole(Role::Muted);
    m_target->setFontType(Type::Caption);
    m_next->setProperty("class", QStringLiteral("caption"));
    m_next->setTextFormat(Qt::PlainText);
    m_next->setWordWrap(true);
    m_next->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    auto *head = new QHBoxLayout;
    head->setSpacing(kGap);
    head->addWidget(m_icon);
    auto *names = new QVBoxLayout;
    names->setSpacing(0);
    names->addWidget(m_name);
    names->addWidget(m_target);
    head->addLayout(names, 1);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_setUp);
    buttons->addWidget(m_upload);
    buttons->addWidget(m_pause);
    buttons->addStretch();
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kMargin, 10, kMargin, 10);
    column->setSpacing(6);
    column->addLayout(head);
    column->addWidget(m_state);
    column->addWidget(m_next, 1);
    column->addLayout(buttons);
    connect(m_setUp, &QPushButton::clicked, this, [this] { Q_EMIT setUpWanted(m_id); });
    connect(m_upload, &QPushButton::clicked, this, [this] { Q_EMIT uploadWanted(m_id); });
    connect(m_pause, &QPushButton::clicked, this, [this] { Q_EMIT pauseWanted(m_id, !m_paused); });
}

void DestinationCard::setDestination(const Destination &d, TimeMs now)
{
    m_id = d.id;
    m_icon->setPixmap(iconPixmap(destinationIcon(d.kind), 22,
                                 d.isConfigured() ? Role::Accent : Role::Faint,
                                 devicePixelRatioF()));
    m_name->setText(d.name);
    m_target->setText(d.isConfigured() ? d.target : d.summary);
    Symbol shape = Symbol::Ring;
    Role role = Role::Muted;
    switch (d.phase) {
    case DestinationPhase::Reachable:
        shape = Symbol::Disc;
        role = Role::Ok;
        break;
    case DestinationPhase::Unreachable:
        shape = Symbol::Triangle;
        role = Role::Warn;
        break;
    case DestinationPhase::Denied:
        shape = Symbol::Octagon;
        role = Role::Alarm;
        break;
    case DestinationPhase::Unknown:
    case DestinationPhase::NotConfigured:
        break;
    }
    m_state->setState(shape, role, stateWord(d));
    m_next->setText(stateSentence(d, now));
    // The buttons stay in sight whatever the other side says; the tool tip has all of it.
    m_next->ensurePolished();
    m_next->setMaximumHeight(m_next->fontMetrics().lineSpacing() * 3);
    m_next->setToolTip(m_next->text().toHtmlEscaped());
    m_paused = d.paused;
    m_pause->setVisible(d.isConfigured() && d.enabled);
    m_pause->setText(d.paused ? tr("Resume") : tr("Pause"));
    m_pause->setAccessibleName(
        (d.paused ? tr("Resume uploads to %1") : tr("Pause uploads to %1")).arg(d.name));
    m_setUp->setText(d.isConfigured() ? tr("Settings") : tr("Set up"));
    m_setUp->setAccessibleName(tr("Set up %1").arg(d.name));
    m_upload->setAccessibleName(tr("Upload to %1 now").arg(d.name));
    m_upload->setVisible(d.isConfigured());
    setAccessibleName(d.name);
}

} // namespace tepal::ui
