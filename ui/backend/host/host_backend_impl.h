/// The backend over the real core. Internal: the rest of the program knows makeHostBackend() only.
///
/// Threads: this object and its parts live on the UI thread; the others are HostCore's.
#pragma once

#include "ui/backend/backend.h"
#include "ui/backend/host/host_comparison.h"
#include "ui/backend/host/host_core.h"
#include "ui/backend/host/live_monitor.h"
#include "ui/backend/host_backend.h"

#include <tepal/model/store.h>
#include <tepal/traffic/simulator.h>
#include <tepal/upload/settings.h>

#include <QNetworkAccessManager>
#include <QSet>
#include <QTimer>

#include <functional>
#include <memory>

namespace tepal::ui {

class KeychainSecrets;

class HostBackend final : public Backend
{
    Q_OBJECT

public:
    explicit HostBackend(const HostBackendOptions &options);
    ~HostBackend() override;

    TimeMs now() const override { return HostCore::now(); }
    Comparison &comparison() override { return m_comparison; }

    EndpointState endpoint() const override { return m_endpoint; }
    std::shared_ptr<const LiveStats> liveStats() const override { return m_stats; }
    QList<RequestRow> recentRequests() const override { return m_requests; }
    ModelSchema schema() const override { return m_schema; }
    void startEndpoint(const EndpointOptions &options) override;
    void stopEndpoint() override;
    void predict(Generation generation, const QList<double> &features) override;

    LoggerState logger() const override { return m_logger; }
    StoreState store() const override { return m_store; }
    QList<DatasetInfo> datasets() const override { return m_datasets; }
    void importProfiles(const QStringList &files) override;
    void exportProfile(const QString &dataset, TimeRange range, const QString &file) override;

    void requestDatasetSettings(Generation generation, const QString &dataset) override;
    void saveDatasetSettings(Generation generation, const DatasetSettings &settings) override;
    void setRetention(DurationMs keep) override;
    void deleteWindows(const QString &dataset, TimeRange range) override;
    void restoreWindows(const QString &dataset, TimeRange range) override;

    void requestWindows(Generation generation, const QString &dataset) override;
    void requestColumns(Generation generation, const QString &dataset, TimeRange range) override;
    void requestColumnDetail(Generation generation, const ColumnQuery &query) override;

    QList<Destination> destinations() const override { return m_destinations; }
    QList<OutboxItem> outbox() const override { return m_outbox; }
    void requestDestinationSettings(Generation generation, const QString &id) override;
    void saveDestination(Generation generation, const DestinationChange &change) override;
    void testDestination(Generation generation, const QString &id) override;
    void upload(Generation generation, const UploadRequest &request) override;
    void retryOutbox(const QList<qint64> &ids) override;
    void dropOutbox(const QList<qint64> &ids) override;

    QList<ModelInfo> models() const override;
    void trainIris(int k) override;
    void serveModel(const QString &tag) override;
    void deleteModel(const QString &tag) override;
    void undoDeleteModel(const QString &tag) override;
    void exportModel(const QString &tag, const QString &file) override;
    void importModel(const QString &file) override;

    QList<Scenario> scenarios() const override;
    SimulationState simulation() const override { return m_simulation; }
    void startSimulation(const SimulationOptions &options) override;
    void stopSimulation() override;
    void backfill(int days, const QString &scenario, quint64 seed) override;
    void tryWithIris() override;

    QList<JobInfo> jobs() const override { return m_core.jobs.list(); }
    void cancelJob(quint64 id) override { m_core.jobs.cancel(id); }
    void dismissJob(quint64 id) override { m_core.jobs.dismiss(id); }

private:
    void open();
    void setEndpoint(const EndpointState &state);
    void startHost(const EndpointOptions &options, std::function<void(const Problem &)> done);
    void takeHost(std::shared_ptr<Host> host, const QString &tag);
    void poll();
    void onLogger(const LoggerStatus &status);
    void onStoreChanged();
    void refreshStore();
    void refreshModels();
    void refreshSchema();
    void refreshDestinations();
    void refreshOutbox();
    void refreshHistory(const DatasetInfo &dataset, qint64 finishedRows);
    void showScoring(const QString &dataset, std::size_t done, std::size_t total);
    void trainThen(int k, std::function<void(const QString &tag)> done);
    void runBackfill(int days, const QString &scenario, quint64 seed, double driftDays, quint64 job,
                     std::function<void(const Problem &)> done);

    HostCore m_core;
    HostComparison m_comparison;
    QNetworkAccessManager m_network;

    EndpointState m_endpoint;
    LoggerState m_logger;
    StoreState m_store;
    LiveMonitor m_monitor;
    std::shared_ptr<const LiveStats> m_stats = std::make_shared<const LiveStats>();
    QList<RequestRow> m_requests;
    quint64 m_lastRequest = 0;
    ModelSchema m_schema;
    std::shared_ptr<const Model> m_model;
    QList<DatasetInfo> m_datasets;
    QList<ModelInfo> m_models;
    QHash<QString, double> m_accuracy; ///< By tag; NaN where it was not measured.
    QSet<QString> m_hiddenModels;      ///< Deleted, but still to be undone.
    QList<Destination> m_destinations;
    QList<OutboxItem> m_outbox;
    SimulationState m_simulation;
    std::unique_ptr<traffic::Simulator> m_simulator; ///< While it runs.
    std::unique_ptr<KeychainSecrets> m_secrets;
    std::unique_ptr<LayeredSecrets> m_layered; ///< The environment on top of the keychain.
    QTimer m_pollTimer;
    QTimer m_storeTimer; ///< Puts the changes of a second together.
    /// A dataset's finished windows being scored.
    struct Scoring
    {
        using OnStop = std::stop_callback<std::function<void()>>;
        std::stop_source stop;
        quint64 job = 0; ///< 0 while it is not worth showing.
        std::shared_ptr<OnStop> cancelled;
    };
    QHash<QString, Scoring> m_scoring;
    /// Per dataset: reference and rows for which every finished window has its score.
    QHash<QString, std::pair<QString, qint64>> m_scoredHistory;
};

} // namespace tepal::ui
