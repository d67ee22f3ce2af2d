#include "ui/pages/destination_card.h"

#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/verdict.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace tepal::ui {

QString destinationIcon(DestinationKind kind)
{
    switch (kind) {
    case DestinationKind::WhyLabs:
        return QStringLiteral("cloud-upload");
    case DestinationKind::Folder:
        return QStringLiteral("folder");
    case DestinationKind::S3:
        return QStringLiteral("database");
    case DestinationKind::MLflow:
        return QStringLiteral("flask-conical");
    case DestinationKind::HttpPut:
        return QStringLiteral("globe");
    }
    return {};
}

namespace {

QString whatItIs(DestinationKind kind)
{
    switch (kind) {
    case DestinationKind::WhyLabs:
        return DestinationCard::tr("the API of a WhyLabs server");
    case DestinationKind::Folder:
        return DestinationCard::tr("a directory here or on a share");
    case DestinationKind::S3:
        return DestinationCard::tr("S3-compatible object storage");
    case DestinationKind::MLflow:
        return DestinationCard::tr("artifacts of a tracking server");
    case DestinationKind::HttpPut:
        return DestinationCard::tr("any address that takes a PUT");
    }
    return {};
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
    , m_upload(new QPushButton(tr("Upload now"), this))
{
    setProperty("class", QStringLiteral("card"));
    setMinimumWidth(236);
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
}

void DestinationCard::setDestination(const Destination &d)
{
    m_id = d.id;
    m_icon->setPixmap(iconPixmap(destinationIcon(d.kind), 22,
                                 d.isConfigured() ? Role::Accent : Role::Faint,
                                 devicePixelRatioF()));
    m_name->setText(d.name);
    m_target->setText(d.isConfigured() ? d.target : whatItIs(d.kind));
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
    // A sentence does not fit beside the symbol: the state is a word, the reason stands below it.
    const bool bare = d.phase == DestinationPhase::NotConfigured;
    m_state->setState(shape, role,
                      bare                    ? tr("Not set up")
                      : d.stateText.isEmpty() ? tr("Not tried yet")
                                              : d.stateText);
    QString next = d.next;
    if (bare && !d.stateText.isEmpty())
        next = next.isEmpty() ? d.stateText : tr("%1; %2").arg(d.stateText, next);
    if (next.isEmpty() && d.isConfigured()) {
        next = d.waiting > 0
                   ? format::counted(d.waiting, tr("1 upload waits"), tr("%1 uploads wait"))
                   : tr("nothing waits");
        if (!d.enabled)
            next += tr(", automatic uploads are off");
    }
    m_next->setText(next);
    m_setUp->setText(d.isConfigured() ? tr("Settings") : tr("Set up"));
    m_setUp->setAccessibleName(tr("Set up %1").arg(d.name));
    m_upload->setAccessibleName(tr("Upload to %1 now").arg(d.name));
    m_upload->setVisible(d.isConfigured());
    setAccessibleName(d.name);
}

} // namespace tepal::ui
