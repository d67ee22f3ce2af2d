#include "ui/pages/logger_card.h"

#include "ui/backend/backend.h"
#include "ui/backend/endpoint.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"
#include "ui/widgets/verdict.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>

namespace tepal::ui {

namespace {

struct Shown
{
    Symbol symbol;
    Role role;
    QString text;
};

Shown shownOf(const LoggerState &state)
{
    switch (state.phase) {
    case LoggerPhase::Running:
        if (state.problem)
            return {Symbol::Triangle, Role::Warn, LoggerCard::tr("Logger does not answer")};
        if (state.lagSeconds > LoggerCard::kLateSeconds)
            return {Symbol::Triangle, Role::Warn, LoggerCard::tr("Logger is behind")};
        return {Symbol::Disc, Role::Ok,
                state.thread ? LoggerCard::tr("Logger runs in this program")
                             : LoggerCard::tr("Logger runs as a process")};
    case LoggerPhase::Starting:
        return {Symbol::Half, Role::Accent, LoggerCard::tr("Logger is starting")};
    case LoggerPhase::Restarting:
        return {Symbol::Triangle, Role::Warn, LoggerCard::tr("Logger is starting again")};
    case LoggerPhase::Failed:
        return {Symbol::Octagon, Role::Alarm, LoggerCard::tr("Logger failed")};
    case LoggerPhase::Off:
        break;
    }
    return {Symbol::Ring, Role::Muted, LoggerCard::tr("Logger is off")};
}

/// What should be zero stands out when it is not.
void setCount(QLabel *label, qint64 count, bool alarming)
{
    label->setText(format::count(count));
    label->setProperty("class",
                       alarming && count > 0 ? QStringLiteral("alarm") : QStringLiteral("strong"));
    label->style()->unpolish(label);
    label->style()->polish(label);
}

} // namespace

LoggerCard::LoggerCard(Backend *backend, QWidget *parent)
    : QFrame(parent)
    , m_backend(backend)
    , m_state(new StateLabel(this))
{
    setProperty("class", QStringLiteral("card"));
    setAccessibleName(tr("Logger"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(kMargin, kGap, kMargin, kGap);
    row->setSpacing(kGap);
    row->addWidget(m_state);
    row->addStretch();
    m_behind = addFact(tr("behind"));
    m_saved = addFact(tr("saved"));
    m_restarts = addFact(tr("restarts"));
    m_dropped = addFact(tr("dropped"));
    m_quarantined = addFact(tr("in quarantine"));
    m_dropped->setToolTip(tr("Records that could not be written to the journal and were let go "
                             "because the endpoint was told to answer all the same"));
    m_quarantined->setToolTip(tr("Records that the logger could not take in; they are kept with "
                                 "the reason, and everything else goes on"));
    connect(&backend->endpoint(), &Endpoint::loggerChanged, this, &LoggerCard::refresh);
    m_clock.setInterval(1000);
    connect(&m_clock, &QTimer::timeout, this, [this] {
        if (isVisible())
            refresh();
    });
    m_clock.start();
    refresh();
}

QLabel *LoggerCard::addFact(const QString &name)
{
    auto *row = static_cast<QHBoxLayout *>(layout());
    auto *caption = new QLabel(name, this);
    caption->setProperty("class", QStringLiteral("caption"));
    auto *value = new QLabel(this);
    value->setProperty("class", QStringLiteral("strong"));
    value->setAccessibleName(name);
    row->addSpacing(kMargin);
    row->addWidget(caption);
    row->addWidget(value);
    return value;
}

void LoggerCard::showEvent(QShowEvent *event)
{
    QFrame::showEvent(event);
    refresh();
}

void LoggerCard::refresh()
{
    const LoggerState state = m_backend->endpoint().logger();
    const Shown shown = shownOf(state);
    m_state->setState(shown.symbol, shown.role, shown.text);
    m_state->setToolTip(state.problem.text.toHtmlEscaped());
    m_behind->setText(
        state.lagRecords == 0
            ? tr("nothing")
            : tr("%1, %2").arg(
                  format::counted(state.lagRecords, tr("1 record"), tr("%1 records")),
                  format::duration(static_cast<DurationMs>(state.lagSeconds * kSecondMs))));
    m_saved->setText(state.lastCommit == 0 ? format::missing()
                                           : format::age(state.lastCommit, m_backend->now()));
    setCount(m_restarts, state.restarts, false);
    setCount(m_dropped, state.dropped, true);
    setCount(m_quarantined, state.quarantined, true);
}

} // namespace tepal::ui
