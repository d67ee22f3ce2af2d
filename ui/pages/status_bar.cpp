#include "ui/pages/status_bar.h"

#include "ui/backend/endpoint.h"
#include "ui/backend/jobs.h"
#include "ui/backend/uploads.h"
#include "ui/backend/windows.h"
#include "ui/charts/traffic_charts.h"
#include "ui/pages/logger_card.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"
#include "ui/widgets/job_popover.h"
#include "ui/widgets/status_button.h"

#include <QHBoxLayout>

#include <cmath>

namespace tepal::ui {

StatusBar::StatusBar(Context *context, QWidget *parent)
    : QWidget(parent)
    , m_context(context)
    , m_endpoint(new StatusButton(tr("Endpoint"), this))
    , m_logger(new StatusButton(tr("Logger"), this))
    , m_dropped(new StatusButton(tr("Dropped records"), this))
    , m_outbox(new StatusButton(tr("Outbox"), this))
    , m_jobs(new StatusButton(tr("Jobs"), this))
    , m_store(new StatusButton(tr("Store"), this))
    , m_zone(new StatusButton(tr("Time zone"), this))
{
    setObjectName(QStringLiteral("statusBar"));
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(kStatusHeight);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(kGap, 1, kGap, 0);
    row->setSpacing(4);
    for (StatusButton *button : {m_endpoint, m_logger, m_dropped, m_outbox, m_jobs})
        row->addWidget(button);
    row->addStretch();
    row->addWidget(m_store);
    row->addWidget(m_zone);
    m_zone->setToolTip(tr("Switch between local time and UTC"));

    connect(m_endpoint, &StatusButton::clicked, this,
            [this] { Q_EMIT pageWanted(QStringLiteral("live")); });
    connect(m_logger, &StatusButton::clicked, this,
            [this] { Q_EMIT pageWanted(QStringLiteral("log")); });
    connect(m_dropped, &StatusButton::clicked, this,
            [this] { Q_EMIT pageWanted(QStringLiteral("log")); });
    connect(m_outbox, &StatusButton::clicked, this,
            [this] { Q_EMIT pageWanted(QStringLiteral("uploads")); });
    connect(m_store, &StatusButton::clicked, this,
            [this] { Q_EMIT pageWanted(QStringLiteral("settings")); });
    connect(m_jobs, &StatusButton::clicked, this, &StatusBar::jobsWanted);
    connect(m_zone, &StatusButton::clicked, this, &StatusBar::zoneWanted);

    Backend *b = context->backend();
    connect(&b->endpoint(), &Endpoint::endpointChanged, this, &StatusBar::updateEndpoint);
    connect(&b->endpoint(), &Endpoint::liveStatsChanged, this, &StatusBar::updateEndpoint);
    connect(&b->endpoint(), &Endpoint::loggerChanged, this, &StatusBar::updateLogger);
    connect(&b->uploads(), &Uploads::outboxChanged, this, &StatusBar::updateOutbox);
    connect(&b->windows(), &Windows::storeChanged, this, &StatusBar::updateOutbox);
    connect(&b->jobs(), &Jobs::jobsChanged, this, &StatusBar::updateJobs);
    m_tick.setInterval(1000);
    connect(&m_tick, &QTimer::timeout, this, &StatusBar::updateAll);
    m_tick.start();
    updateAll();
}

void StatusBar::updateAll()
{
    updateEndpoint();
    updateLogger();
    updateOutbox();
    updateJobs();
    m_zone->setPlain(format::zoneName(m_context->backend()->now()));
}

void StatusBar::updateEndpoint()
{
    const EndpointState s = m_context->backend()->endpoint().state();
    if (s.isAnswering()) {
        const auto stats = m_context->backend()->endpoint().liveStats();
        m_endpoint->setState(
            Symbol::Disc, Role::Ok,
            std::isnan(stats->p95Ms)
                ? tr("serving, %1 req/s").arg(format::rate(stats->requestsPerSecond))
                : tr("serving, %1 req/s, p95 %2")
                      .arg(format::rate(stats->requestsPerSecond),
                           format::latency(stats->p95Ms,
                                           format::latencyUnit(largestLatencyMs(*stats)))));
    } else if (s.phase == EndpointPhase::Failed) {
        m_endpoint->setState(Symbol::Octagon, Role::Alarm, tr("endpoint failed"));
    } else if (s.phase == EndpointPhase::Starting) {
        m_endpoint->setState(Symbol::Half, Role::Accent, tr("endpoint starting"));
    } else {
        m_endpoint->setState(Symbol::Ring, Role::Muted, tr("endpoint stopped"));
    }
    m_endpoint->setToolTip(s.problem.text.toHtmlEscaped());
}

void StatusBar::updateLogger()
{
    const LoggerState s = m_context->backend()->endpoint().logger();
    const QString behind =
        s.lagRecords == 0
            ? tr("logger up to date")
            : tr("logger %1 behind").arg(format::shortCount(static_cast<double>(s.lagRecords)));
    switch (s.phase) {
    case LoggerPhase::Running:
        m_logger->setState(
            s.lagSeconds > LoggerCard::kLateSeconds ? Symbol::Triangle : Symbol::Disc,
            s.lagSeconds > LoggerCard::kLateSeconds ? Role::Warn : Role::Ok,
            s.lastCommit == 0
                ? behind
                : tr("%1, saved %2")
                      .arg(behind, format::age(s.lastCommit, m_context->backend()->now())));
        break;
    case LoggerPhase::Starting:
        m_logger->setState(Symbol::Half, Role::Accent, tr("logger starting"));
        break;
    case LoggerPhase::Restarting:
        m_logger->setState(Symbol::Triangle, Role::Warn,
                           tr("logger restarting (%1)").arg(s.restarts));
        break;
    case LoggerPhase::Failed:
        m_logger->setState(Symbol::Octagon, Role::Alarm, tr("logger failed"));
        break;
    case LoggerPhase::Off:
        m_logger->setState(Symbol::Ring, Role::Muted, tr("logger off"));
        break;
    }
    m_logger->setToolTip(s.problem ? s.problem.text.toHtmlEscaped()
                                   : tr("Turns the journal of requests into profiles"));
    m_dropped->setVisible(s.dropped > 0 || s.quarantined > 0);
    m_dropped->setState(Symbol::Octagon, Role::Alarm,
                        s.quarantined > 0
                            ? tr("%1 dropped, %2 quarantined")
                                  .arg(format::count(s.dropped), format::count(s.quarantined))
                            : tr("%1 dropped").arg(format::count(s.dropped)));
}

void StatusBar::updateOutbox()
{
    const OutboxTotals totals = m_context->backend()->uploads().totals();
    if (totals.failed > 0)
        m_outbox->setState(
            Symbol::Octagon, Role::Alarm,
            format::counted(totals.failed, tr("1 upload refused"), tr("%1 uploads refused")));
    else if (totals.asks > 0)
        m_outbox->setState(
            Symbol::Triangle, Role::Warn,
            format::counted(totals.asks, tr("1 upload asks you"), tr("%1 uploads ask you")));
    else if (totals.waiting > 0)
        m_outbox->setState(Symbol::Ring, Role::Muted,
                           tr("outbox %1 waiting").arg(format::count(totals.waiting)));
    else
        m_outbox->setPlain(tr("outbox empty"));
    const StoreState store = m_context->backend()->windows().store();
    m_store->setPlain(store.readOnly ? tr("%1, read-only").arg(format::bytes(store.bytes))
                                     : format::bytes(store.bytes));
    m_store->setToolTip(store.home.toHtmlEscaped());
}

void StatusBar::updateJobs()
{
    const QList<JobInfo> jobs = m_context->backend()->jobs().list();
    const QString summary = JobPopover::summary(jobs);
    m_jobs->setVisible(!jobs.isEmpty());
    bool active = false;
    bool failed = false;
    for (const JobInfo &job : jobs) {
        active = active || job.isActive();
        failed = failed || job.phase == JobPhase::Failed;
    }
    if (active)
        m_jobs->setState(Symbol::Half, Role::Accent, summary);
    else if (failed)
        m_jobs->setState(Symbol::Octagon, Role::Alarm, summary);
    else
        m_jobs->setState(Symbol::Disc, Role::Ok, tr("jobs done"));
}

} // namespace tepal::ui
