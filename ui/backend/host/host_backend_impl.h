/// The backend over the real core. Internal: the rest of the program knows makeHostBackend() only.
///
/// Threads: this object and its parts live on the UI thread; the others are HostCore's.
#pragma once

#include "ui/backend/backend.h"
#include "ui/backend/host/host_comparison.h"
#include "ui/backend/host/host_core.h"
#include "ui/backend/host/host_jobs.h"
#include "ui/backend/host/host_models.h"
#include "ui/backend/host/host_simulation.h"
#include "ui/backend/host/host_uploads.h"
#include "ui/backend/host/host_windows.h"
#include "ui/backend/host/live_monitor.h"
#include "ui/backend/host_backend.h"

#include <tepal/model/store.h>

#include <QNetworkAccessManager>
#include <QTimer>

#include <functional>
#include <memory>

namespace tepal::ui {

class HostBackend final : public Backend
{
    Q_OBJECT

public:
    explicit HostBackend(const HostBackendOptions &options);
    ~HostBackend() override;

    TimeMs now() const override { return HostCore::now(); }
    Comparison &comparison() override { return m_comparison; }
    Windows &windows() override { return m_windows; }
    Jobs &jobs() override { return m_jobs; }
    Simulation &simulation() override { return m_simulation; }
    Models &models() override { return m_models; }
    Uploads &uploads() override { return m_uploads; }

    EndpointState endpoint() const override { return m_endpoint; }
    std::shared_ptr<const LiveStats> liveStats() const override { return m_stats; }
    QList<RequestRow> recentRequests() const override { return m_requests; }
    ModelSchema schema() const override { return m_schema; }
    void startEndpoint(const EndpointOptions &options) override;
    void stopEndpoint() override;
    void predict(Generation generation, const QList<double> &features) override;

    LoggerState logger() const override { return m_logger; }

    // What the parts need of one another.
    void setEndpoint(const EndpointState &state);
    void refreshSchema();
    /// Of the window that time is in.
    void setWindowRows(qint64 rows);
    /// Null while none is served.
    std::shared_ptr<const Model> servedModel() const { return m_model; }
    void startHost(const EndpointOptions &options, std::function<void(const Problem &)> done);

private:
    void open();
    void takeHost(std::shared_ptr<Host> host, const QString &tag);
    void poll();
    void onLogger(const LoggerStatus &status);
    void onStoreChanged();

    HostCore m_core;
    HostComparison m_comparison;
    HostUploads m_uploads;
    HostModels m_models;
    HostSimulation m_simulation;
    HostJobs m_jobs;
    HostWindows m_windows;
    QNetworkAccessManager m_network;

    EndpointState m_endpoint;
    LoggerState m_logger;
    LiveMonitor m_monitor;
    std::shared_ptr<const LiveStats> m_stats = std::make_shared<const LiveStats>();
    QList<RequestRow> m_requests;
    quint64 m_lastRequest = 0;
    ModelSchema m_schema;
    std::shared_ptr<const Model> m_model;
    QTimer m_pollTimer;
    QTimer m_storeTimer; ///< Puts the changes of a second together.
};

} // namespace tepal::ui
