#include "ui/backend/host/host_endpoint.h"

#include <tepal/assets.h>
#include <tepal/model/store.h>
#include <tepal/service/train.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QLatin1String>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QUrl>

#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kPollMs = 100;
constexpr int kStoreDelayMs = 250;
constexpr qsizetype kKeptRequests = 4000;
constexpr int kPredictTimeoutMs = 5000;

class SwaggerAssets final : public AssetProvider
{
public:
    std::optional<Asset> find(std::string_view path) const override
    {
        for (const tepal::Asset &asset : swaggerAssets()) {
            if (asset.path == path)
                return Asset{asset.bytes, asset.contentType};
        }
        return std::nullopt;
    }
};

LoggerPhase phaseOf(tepal::LoggerState state)
{
    switch (state) {
    case tepal::LoggerState::Stopped:
        return LoggerPhase::Off;
    case tepal::LoggerState::Starting:
        return LoggerPhase::Starting;
    case tepal::LoggerState::Running:
        return LoggerPhase::Running;
    case tepal::LoggerState::Restarting:
        return LoggerPhase::Restarting;
    case tepal::LoggerState::Failed:
        return LoggerPhase::Failed;
    }
    return LoggerPhase::Off;
}

} // namespace

HostEndpoint::HostEndpoint(HostCore &core)
    : m_core(core)
{
    m_endpoint.port = core.options.port;
    m_endpoint.dataset = QLatin1String(kPredictDataset);
    m_logger.thread = core.options.thread;
    m_pollTimer.setInterval(kPollMs);
    connect(&m_pollTimer, &QTimer::timeout, this, &HostEndpoint::poll);
    m_storeTimer.setInterval(kStoreDelayMs);
    m_storeTimer.setSingleShot(true);
    connect(&m_storeTimer, &QTimer::timeout, this, &HostEndpoint::logged);
}

void HostEndpoint::attach()
{
    const auto running = runningHost(m_core.home);
    if (!running || m_core.host)
        return;
    EndpointState state = m_endpoint;
    state.phase = EndpointPhase::Attached;
    state.url = QString::fromStdString(running->url);
    state.predictUrl = state.url + QLatin1String("/v1/models/iris/predict");
    state.port = QUrl(state.url).port();
    state.modelTag = QString::fromStdString(running->model);
    state.since = running->started;
    setEndpoint(state);
    showWarnings(running->warnings);
    refreshSchema();
    m_pollTimer.start();
}

void HostEndpoint::showWarnings(const std::vector<std::string> &warnings)
{
    QStringList texts; // "what is so, because …; what to do"
    for (const std::string &warning : warnings)
        texts << QString::fromStdString(warning);
    if (texts.isEmpty())
        Q_EMIT m_core.noticeCleared(QStringLiteral("endpoint.open"));
    else
        m_core.notify(NoticeLevel::Warning, QStringLiteral("endpoint.open"),
                      m_endpoint.url % QStringLiteral(": ") % texts.first(),
                      texts.mid(1).join(QLatin1Char('\n')));
}

void HostEndpoint::setEndpoint(const EndpointState &state)
{
    m_endpoint = state;
    Q_EMIT endpointChanged();
}

void HostEndpoint::startEndpoint(const EndpointOptions &options)
{
    startHost(options, {});
}

void HostEndpoint::startHost(const EndpointOptions &options,
                             const std::function<void(const Problem &)> &done)
{
    if (m_core.host || m_endpoint.phase == EndpointPhase::Starting) {
        if (done)
            done({});
        return;
    }
    EndpointState state = m_endpoint;
    state.phase = EndpointPhase::Starting;
    state.host = options.host;
    state.problem = {};
    state.since = m_core.now();
    setEndpoint(state);
    Q_EMIT m_core.noticeCleared(QStringLiteral("endpoint"));

    HostOptions host;
    host.home = m_core.home;
    host.server.host = options.host.toStdString();
    host.server.port = static_cast<std::uint16_t>(options.port);
    host.server.commit = m_core.options.commit.toStdString();
    host.loggerThread = m_core.options.thread;
    host.scoreWindows = false; // done here, as a job that one can see and cancel
    host.upload = false;       // goes on without an endpoint
    host.loggerProgram = m_core.options.loggerProgram.toStdString();
    if (!options.modelTag.isEmpty())
        host.model = options.modelTag.toStdString();
    static const SwaggerAssets assets;
    host.assets = &assets;
    host.loggerListener = [this](const LoggerStatus &status) {
        QMetaObject::invokeMethod(
            this, [this, status] { onLogger(status); }, Qt::QueuedConnection);
    };
    m_core.runOn(
        m_core.control, [host] { return Host::start(host); },
        [this, done](Result<std::unique_ptr<Host>> started) {
            if (!started) {
                EndpointState failed = m_endpoint;
                failed.phase = EndpointPhase::Failed;
                failed.problem = Problem::fromError(started.error());
                setEndpoint(failed);
                m_core.fail(QStringLiteral("endpoint"), started.error());
            } else {
                const QString tag = QString::fromStdString((*started)->modelTag());
                takeHost(std::move(*started), tag);
            }
            if (done)
                done(m_endpoint.problem);
        });
}

void HostEndpoint::takeHost(std::shared_ptr<Host> host, const QString &tag)
{
    m_core.host = std::move(host);
    EndpointState state = m_endpoint;
    state.phase = EndpointPhase::Serving;
    state.url = QString::fromStdString(m_core.host->url());
    state.predictUrl = state.url + QLatin1String("/v1/models/iris/predict");
    state.port = m_core.host->server().port();
    state.modelTag = tag;
    state.since = m_core.now();
    m_lastRequest = 0;
    m_requests.clear();
    Q_EMIT requestsReset();
    setEndpoint(state);
    showWarnings(m_core.host->server().warnings());
    onLogger(m_core.host->logger().status());
    refreshSchema();
    Q_EMIT modelSwitched();
    m_pollTimer.start();
    if (tag.isEmpty())
        m_core.notify(NoticeLevel::Warning, QStringLiteral("model"),
                      tr("The endpoint runs, but no model is being served"),
                      tr("train iris or import a model"));
}

void HostEndpoint::stopEndpoint()
{
    if (!m_core.host) {
        if (m_endpoint.phase == EndpointPhase::Attached)
            m_core.notify(NoticeLevel::Info, QStringLiteral("endpoint"),
                          tr("This endpoint belongs to another process"), tr("stop it there"),
                          true);
        return;
    }
    EndpointState state = m_endpoint;
    state.phase = EndpointPhase::Stopping;
    setEndpoint(state);
    Q_EMIT stopping();
    m_pollTimer.stop();
    auto host = std::move(m_core.host);
    m_core.host.reset();
    m_core.runOn(
        m_core.control, [host] { return host->stop(); },
        [this](const Status &stopped) {
            EndpointState ended = m_endpoint;
            ended.phase = EndpointPhase::Stopped;
            ended.url.clear();
            ended.predictUrl.clear();
            showWarnings({});
            ended.since = m_core.now();
            setEndpoint(ended);
            m_logger.phase = LoggerPhase::Off;
            Q_EMIT loggerChanged();
            Q_EMIT modelSwitched();
            Q_EMIT logged();
            if (!stopped)
                m_core.fail(QStringLiteral("endpoint"), stopped.error());
        });
}

void HostEndpoint::predict(Generation generation, const QList<double> &features)
{
    const auto answer = [this, generation](std::shared_ptr<const Prediction> value,
                                           const Problem &problem) {
        Q_EMIT predicted(Answer<Prediction>{generation, std::move(value), problem});
    };
    if (!m_endpoint.isAnswering()) {
        answer(nullptr,
               {ErrorCode::Unavailable, tr("The endpoint is not running"), tr("start it first")});
        return;
    }
    QJsonArray row;
    for (const double feature : features)
        row.append(feature);
    QNetworkRequest request{QUrl(m_endpoint.predictUrl)};
    request.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/json"));
    request.setTransferTimeout(kPredictTimeoutMs);
    const qint64 begun = SystemClock::instance().monotonicNs();
    QNetworkReply *reply =
        m_network.post(request, QJsonDocument(QJsonArray{row}).toJson(QJsonDocument::Compact));
    connect(reply, &QNetworkReply::finished, this, [this, reply, answer, features, begun] {
        reply->deleteLater();
        const QByteArray body = reply->readAll();
        const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
        if (status != 200) {
            const QString message = QJsonDocument::fromJson(body)[QLatin1String("msg")].toString();
            answer(
                nullptr,
                {ErrorCode::Unavailable, message.isEmpty() ? reply->errorString() : message, {}});
            return;
        }
        auto value = std::make_shared<Prediction>();
        value->requestId = QString::fromLatin1(reply->rawHeader("X-BentoML-Request-ID"));
        value->predictedClass = QString::fromUtf8(body);
        value->status = status;
        value->durationMs =
            static_cast<double>(SystemClock::instance().monotonicNs() - begun) / 1e6;
        // The route answers with the class alone; the votes come from the same model here.
        if (m_model) {
            const std::vector<double> values(features.begin(), features.end());
            if (const auto local = m_model->predict(values);
                local && QString::fromUtf8(local->label.data(),
                                           static_cast<qsizetype>(local->label.size())) ==
                             value->predictedClass) {
                for (const std::string &name : m_model->classNames())
                    value->classes.append(QString::fromStdString(name));
                value->probabilities =
                    QList<double>(local->probabilities.begin(), local->probabilities.end());
                for (const auto &[key, text] : m_model->parameters()) {
                    if (key == "k") {
                        const double k = QString::fromStdString(text).toDouble();
                        value->explanation = tr("%1 of %2 neighbours")
                                                 .arg(std::lround(local->maxProbability() * k))
                                                 .arg(k);
                    }
                }
            }
        }
        answer(std::move(value), {});
    });
}

/// Whoever mirrors traffic never sees an answer: without this nobody would know that its rows are
/// not counted.
void HostEndpoint::tellForeignHosts(const ServerStats &stats)
{
    for (const RefusalCount &one : stats.refused) {
        if (one.reason != Refusal::ForeignHost || one.count == m_foreignHosts)
            continue;
        m_foreignHosts = one.count;
        const QString sentence = QString::fromStdString(refusalSentence(one, stats.foreignHosts));
        m_core.notify(NoticeLevel::Warning, QStringLiteral("foreign-host"),
                      sentence.section(QLatin1Char(':'), 0, 0),
                      tr("Serve it with “tepal serve --allow-host” and that name"));
    }
}

/// Ten times a second: new requests; once a second: the figures.
void HostEndpoint::poll()
{
    if (!m_core.host) {
        // Another process serves: its windows still change.
        if (m_endpoint.phase == EndpointPhase::Attached && !m_storeTimer.isActive())
            m_storeTimer.start(1000);
        return;
    }
    const auto fresh = m_core.host->server().recentRequests(m_lastRequest, 4096);
    if (!fresh.empty()) {
        m_lastRequest = fresh.back().id;
        const QList<RequestRow> rows = m_monitor.add(fresh);
        m_requests.append(rows);
        if (m_requests.size() > kKeptRequests)
            m_requests.remove(0, m_requests.size() - kKeptRequests);
        if (!rows.isEmpty())
            Q_EMIT requestsAdded(rows);
    }
    const ServerStats counted = m_core.host->server().stats();
    if (!m_monitor.tick(m_core.now(), counted))
        return;
    tellForeignHosts(counted);
    // A logger that is stuck says nothing: the host knows how far it is behind.
    if (const LoggerStatus logger = m_core.host->loggerStatus(); logger.error)
        onLogger(logger);
    auto stats = std::make_shared<LiveStats>(m_monitor.snapshot(m_core.now()));
    for (const RefusalCount &one : counted.refused)
        stats->refused.append(QString::fromStdString(refusalSentence(one, counted.foreignHosts)));
    stats->window = windowOf(m_core.now(), m_granularity);
    stats->windowRows = m_stats->window == stats->window ? m_stats->windowRows : 0;
    m_stats = std::move(stats);
    Q_EMIT liveStatsChanged();
}

void HostEndpoint::showWindow(Granularity granularity, qint64 rows)
{
    m_granularity = granularity;
    auto stats = std::make_shared<LiveStats>(*m_stats);
    stats->windowRows = rows;
    m_stats = std::move(stats);
}

void HostEndpoint::onLogger(const LoggerStatus &status)
{
    if (m_core.closing)
        return;
    const TimeMs committed = m_logger.lastCommit;
    m_logger.phase = phaseOf(status.state);
    m_logger.lagRecords = static_cast<qint64>(status.report.lagRecords);
    m_logger.lagSeconds = static_cast<double>(status.report.lagMs) / 1000;
    m_logger.lastCommit = status.report.committed;
    m_logger.restarts = static_cast<int>(status.restarts);
    m_logger.quarantined = static_cast<qint64>(status.report.quarantined);
    m_logger.dropped = m_core.host ? static_cast<qint64>(m_core.host->server().stats().droppedRows)
                                   : m_logger.dropped;
    m_logger.problem = status.error ? Problem::fromError(*status.error) : Problem();
    Q_EMIT loggerChanged();
    if (status.state == tepal::LoggerState::Restarting) {
        m_core.notify(NoticeLevel::Warning, QStringLiteral("logger"),
                      tr("The logger ended and is started again"), tr("no record is lost"));
    } else if (status.state == tepal::LoggerState::Running) {
        Q_EMIT m_core.noticeCleared(QStringLiteral("logger"));
    }
    if (m_logger.lastCommit != committed && !m_storeTimer.isActive())
        m_storeTimer.start(kStoreDelayMs);
}

} // namespace tepal::ui
