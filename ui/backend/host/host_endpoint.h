/// The endpoint of this process, or the one of another process over the same home. UI thread;
/// `control` starts and stops it and loads the served model.
#pragma once

#include "ui/backend/endpoint.h"
#include "ui/backend/host/host_core.h"
#include "ui/backend/host/live_monitor.h"

#include <QNetworkAccessManager>
#include <QTimer>

#include <functional>
#include <memory>

namespace tepal {
class Model;
}

namespace tepal::ui {

class HostEndpoint final : public Endpoint
{
    Q_OBJECT

public:
    explicit HostEndpoint(HostCore &core);

    EndpointState state() const override { return m_endpoint; }
    LoggerState logger() const override { return m_logger; }
    std::shared_ptr<const LiveStats> liveStats() const override { return m_stats; }
    QList<RequestRow> recentRequests() const override { return m_requests; }
    ModelSchema schema() const override { return m_schema; }
    void startEndpoint(const EndpointOptions &options) override;
    void stopEndpoint() override;
    void predict(Generation generation, const QList<double> &features) override;

    /// Shows the endpoint of another process, if one serves this home.
    void attach();
    void startHost(const EndpointOptions &options,
                   const std::function<void(const Problem &)> &done);
    void setEndpoint(const EndpointState &state);
    void refreshSchema();
    /// The windows of what is logged, and the rows in the one that time is in.
    void showWindow(Granularity granularity, qint64 rows);
    /// Null while none is served.
    std::shared_ptr<const Model> servedModel() const { return m_model; }

Q_SIGNALS:
    /// Whoever sends requests should cease.
    void stopping();
    /// Another model is served than before, or none.
    void modelSwitched();
    /// The logger wrote into the store; at most a few times a second.
    void logged();

private:
    void takeHost(std::shared_ptr<Host> host, const QString &tag);
    /// What the endpoint's settings leave open; a lasting banner.
    void showWarnings(const std::vector<std::string> &warnings);
    void poll();
    void tellForeignHosts(const ServerStats &stats);
    void onLogger(const LoggerStatus &status);

    HostCore &m_core;
    QNetworkAccessManager m_network;
    EndpointState m_endpoint;
    LoggerState m_logger;
    LiveMonitor m_monitor;
    std::shared_ptr<const LiveStats> m_stats = std::make_shared<const LiveStats>();
    Granularity m_granularity = Granularity::Hour; ///< Of the dataset that is logged.
    QList<RequestRow> m_requests;
    quint64 m_lastRequest = 0;
    std::uint64_t m_foreignHosts = 0; ///< Requests refused for their Host that were told.
    ModelSchema m_schema;
    std::shared_ptr<const Model> m_model;
    QTimer m_pollTimer;
    QTimer m_storeTimer; ///< Puts the changes of a second together.
};

} // namespace tepal::ui
