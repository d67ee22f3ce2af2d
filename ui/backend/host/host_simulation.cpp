// Simulated traffic, backfill, and the first start.

#include "ui/backend/host/host_simulation.h"

#include "ui/backend/host/host_endpoint.h"
#include "ui/backend/host/host_models.h"

#include <tepal/service/train.h>
#include <tepal/traffic/backfill.h>

namespace tepal::ui {

namespace {

constexpr int kFirstStartDays = 7;
constexpr double kFirstStartDriftDays = 2;

QString qs(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// Without a change there is nothing to play in the last days.
double driftDaysOf(const QString &scenario, int days)
{
    return scenario == QLatin1String("steady") ? 0 : std::min(kFirstStartDriftDays, days / 2.0);
}

} // namespace

QList<Scenario> HostSimulation::scenarios() const
{
    QList<Scenario> list;
    for (const traffic::ScenarioInfo &info : traffic::scenarios())
        list.append({qs(info.id), qs(info.name), qs(info.description)});
    return list;
}

void HostSimulation::startSimulation(const SimulationOptions &options)
{
    if (m_state.running)
        return;
    m_state = {};
    m_state.options = options;
    m_state.since = m_core.now();
    const auto scenario = traffic::findScenario(options.scenario.toStdString());
    if (!m_endpoint.state().isAnswering() || !scenario) {
        m_state.problem = scenario
                              ? Problem{ErrorCode::Unavailable, tr("The endpoint is not running"),
                                        tr("start it first")}
                              : Problem::fromError(scenario.error());
        m_core.notify(NoticeLevel::Error, QStringLiteral("simulation"), m_state.problem.text,
                      m_state.problem.next);
        Q_EMIT simulationChanged();
        return;
    }
    traffic::SimulatorOptions settings;
    settings.url = m_endpoint.state().url.toStdString();
    settings.scenario = scenario->kind;
    settings.rate = options.rate;
    settings.seed = options.seed;
    settings.duration = static_cast<DurationMs>(options.durationSeconds * 1000);
    settings.dataset = m_endpoint.state().dataset.toStdString();
    const QString changeText = qs(scenario->description);
    const bool steady = scenario->kind == traffic::ScenarioKind::Steady;
    auto started = traffic::Simulator::start(
        settings, [this, changeText, steady](const traffic::SimulatorReport &report) {
            QMetaObject::invokeMethod(
                this,
                [this, report, changeText, steady] {
                    m_state.running = !report.finished;
                    m_state.sent = static_cast<qint64>(report.sent);
                    m_state.failed = static_cast<qint64>(report.failed);
                    m_state.achievedRate = report.achievedRate;
                    m_state.phaseText = report.changed && !steady ? changeText : QString();
                    if (!report.lastError.empty() && report.failed > 0)
                        m_state.problem = {ErrorCode::Unavailable, qs(report.lastError), {}};
                    if (report.finished)
                        m_simulator.reset();
                    Q_EMIT simulationChanged();
                },
                Qt::QueuedConnection);
        });
    if (!started) {
        m_state.problem = Problem::fromError(started.error());
        m_core.fail(QStringLiteral("simulation"), started.error());
    } else {
        m_simulator = std::move(*started);
        m_state.running = true;
        Q_EMIT m_core.noticeCleared(QStringLiteral("simulation"));
    }
    Q_EMIT simulationChanged();
}

void HostSimulation::stopSimulation()
{
    if (m_simulator)
        m_simulator->requestStop();
}

void HostSimulation::backfill(int days, const QString &scenario, quint64 seed)
{
    const quint64 job =
        m_core.jobs.add(tr("Filling the last %n day(s)", nullptr, days), true, m_core.now());
    runBackfill(days, scenario, seed, driftDaysOf(scenario, days), job, {});
}

void HostSimulation::runBackfill(int days, const QString &scenario, quint64 seed, double driftDays,
                                 quint64 job, const std::function<void(const Problem &)> &done)
{
    const auto end = [this, job, done](const Problem &problem, bool cancelled) {
        m_core.jobs.finish(job, problem, cancelled);
        if (problem)
            m_core.notify(NoticeLevel::Error, QStringLiteral("backfill"), problem.text,
                          problem.next);
        Q_EMIT m_core.storeWritten();
        if (done)
            done(problem);
    };
    const auto kind = traffic::findScenario(scenario.toStdString());
    if (!m_endpoint.state().isAnswering() || !m_endpoint.servedModel() || !kind) {
        end(kind ? Problem{ErrorCode::Unavailable, tr("The endpoint does not serve a model"),
                           tr("start it first")}
                 : Problem::fromError(kind.error()),
            false);
        return;
    }
    traffic::BackfillOptions options;
    options.url = m_endpoint.state().url.toStdString();
    options.dataset = m_endpoint.state().dataset.toStdString();
    options.now = m_core.now();
    options.span = days * kDayMs;
    options.seed = seed;
    options.scenario = kind->kind;
    options.driftSpan = static_cast<DurationMs>(driftDays * static_cast<double>(kDayMs));
    const auto progress = [this, job](const traffic::BackfillReport &report) {
        const double share = report.totalHours == 0 ? 0
                                                    : static_cast<double>(report.hours) /
                                                          static_cast<double>(report.totalHours);
        QMetaObject::invokeMethod(
            this,
            [this, job, share, rows = report.rows] {
                m_core.jobs.update(job, share, tr("%L1 records").arg(rows));
            },
            Qt::QueuedConnection);
    };
    auto host = m_core.host;
    m_core.runOn(
        m_core.queries,
        [options, model = m_endpoint.servedModel(), progress, host,
         stop = m_core.jobs.token(job)]() -> Result<traffic::BackfillReport> {
            auto report = traffic::backfill(options, model, progress, stop);
            // What was sent should be on the charts when the job says that it is done.
            if (report && host) {
                if (auto flushed = host->logger().flush(false); !flushed)
                    return tl::unexpected(flushed.error());
            }
            return report;
        },
        [end](const Result<traffic::BackfillReport> &report) {
            end(report ? Problem() : Problem::fromError(report.error()),
                report && report->cancelled);
        });
}

void HostSimulation::tryWithIris()
{
    const quint64 job = m_core.jobs.add(tr("Setting up iris"), true, m_core.now());
    m_core.jobs.update(job, 0, tr("training"));
    const auto fill = [this, job] {
        // The model's schema arrives after the endpoint; the backfill needs the model itself.
        if (!m_endpoint.servedModel()) {
            auto *once = new QObject(this);
            connect(&m_endpoint, &Endpoint::schemaChanged, once, [this, job, once] {
                if (!m_endpoint.servedModel())
                    return;
                once->deleteLater();
                runBackfill(kFirstStartDays, QStringLiteral("petal-width-shift"), 1,
                            kFirstStartDriftDays, job, {});
            });
            return;
        }
        runBackfill(kFirstStartDays, QStringLiteral("petal-width-shift"), 1, kFirstStartDriftDays,
                    job, {});
    };
    const auto serve = [this, job, fill](const QString &tag) {
        m_core.jobs.update(job, 0.02, tr("starting the endpoint"));
        if (m_endpoint.state().isAnswering()) {
            if (m_endpoint.state().modelTag.isEmpty())
                m_models.serveModel(tag);
            fill();
            return;
        }
        EndpointOptions options;
        options.port = m_core.options.port;
        options.modelTag = tag;
        m_endpoint.startHost(options, [this, job, fill](const Problem &problem) {
            if (problem)
                m_core.jobs.finish(job, problem);
            else
                fill();
        });
    };
    const QList<ModelInfo> all = m_models.list();
    for (const ModelInfo &model : all) {
        if (model.tag.startsWith(QLatin1String("iris_knn:"))) {
            serve(model.tag);
            return;
        }
    }
    m_models.trainThen(5, serve);
}

} // namespace tepal::ui
