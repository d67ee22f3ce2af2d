/// A backend of made-up data for tests and screenshots. Deterministic: time stands still unless a
/// test moves it. Answers come after the event loop turned once, like a real backend's.
#pragma once

#include "demo_comparison.h"
#include "demo_data.h"
#include "ui/backend/backend.h"

#include <QHash>
#include <QMap>

#include <type_traits>
#include <utility>

namespace tepal::ui::test {

/// What a test wants to know about the verbs it provoked.
struct VerbLog
{
    QStringList calls; ///< "startEndpoint iris_knn:… 3000"
    bool contains(const QString &start) const;
};

class DemoBackend final : public Backend
{
    Q_OBJECT

public:
    enum class Start { Empty, Full };
    explicit DemoBackend(Start start = Start::Full, QObject *parent = nullptr);

    VerbLog verbs;
    /// Answers are held until release() when true.
    bool hold = false;
    void release();
    /// The next questions fail with this.
    Problem nextProblem;

    /// One more second of traffic with so many requests.
    void playSecond(int requests);
    void setEndpoint(const EndpointState &state);
    void setJobs(const QList<JobInfo> &jobs);
    void setLogger(const LoggerState &state);
    void addOutboxFailure();
    void fill(); ///< From Empty to Full.
    /// Adds a second dataset, of which all rows are years old.
    void addOldDataset();
    /// What was asked for, oldest first.
    QList<DriftQuery> driftQueries;
    QList<ColumnQuery> columnQueries;

    TimeMs now() const override { return m_data.now() + m_moved; }
    DemoComparison &comparison() override { return m_comparison; }
    EndpointState endpoint() const override { return m_endpoint; }
    std::shared_ptr<const LiveStats> liveStats() const override { return m_stats; }
    QList<RequestRow> recentRequests() const override { return m_requests; }
    ModelSchema schema() const override;
    void startEndpoint(const EndpointOptions &options) override;
    void stopEndpoint() override;
    void predict(Generation generation, const QList<double> &features) override;
    LoggerState logger() const override { return m_logger; }
    StoreState store() const override;
    QList<DatasetInfo> datasets() const override;
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
    QList<ModelInfo> models() const override { return m_models; }
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
    QList<JobInfo> jobs() const override { return m_jobs; }
    void cancelJob(quint64 id) override;
    void dismissJob(quint64 id) override;

    // ------------------------------------------------------------ for the parts
    DemoData &data() { return m_data; }
    void call(const QString &text) { verbs.calls << text; }
    void later(std::function<void()> deliver);
    /// Answers a question to a part by its signal, or fails it with nextProblem.
    template <typename T, typename Part>
    void answer(Generation generation, std::type_identity_t<Part> *part,
                void (Part::*signal)(const Answer<T> &), std::type_identity_t<T> value)
    {
        Answer<T> a;
        a.generation = generation;
        if (nextProblem)
            a.problem = std::exchange(nextProblem, {});
        else
            a.value = std::make_shared<const T>(std::move(value));
        later([part, signal, a] { Q_EMIT(part->*signal)(a); });
    }
    template <typename T, typename Part>
    bool failsUnknown(Generation generation, const QString &column,
                      std::type_identity_t<Part> *part, void (Part::*signal)(const Answer<T> &))
    {
        if (DemoData::columnIndex(column) >= 0)
            return false;
        nextProblem = {ErrorCode::NotFound, QStringLiteral("There is no such column"), {}};
        answer(generation, part, signal, T{});
        return true;
    }
    /// A file that is no profile.
    template <typename T, typename Part>
    bool failsFile(Generation generation, const Against &against, std::type_identity_t<Part> *part,
                   void (Part::*signal)(const Answer<T> &))
    {
        if (against.file.isEmpty() || against.file.endsWith(QStringLiteral(".bin")))
            return false;
        nextProblem = {ErrorCode::Corrupt, QStringLiteral("This file is no profile"),
                       QStringLiteral("Compare with another profile file")};
        answer(generation, part, signal, T{});
        return true;
    }

private:
    void makeModels();
    void makeUploads();
    void makeTraffic();

    DemoData m_data;
    DemoComparison m_comparison{*this};
    DurationMs m_moved = 0;
    bool m_full;
    bool m_oldDataset = false;
    EndpointState m_endpoint;
    std::shared_ptr<const LiveStats> m_stats;
    QList<RequestRow> m_requests;
    LoggerState m_logger;
    QList<Destination> m_destinations;
    QHash<QString, QHash<QString, QString>> m_settings;
    QHash<QString, DatasetSettings> m_datasetSettings;
    StoreState m_store; ///< What was chosen and deleted.
    QList<OutboxItem> m_outbox;
    QList<ModelInfo> m_models;
    QMap<QString, ModelInfo> m_deleted;
    SimulationState m_simulation;
    QList<JobInfo> m_jobs;
    QList<std::function<void()>> m_held;
};

} // namespace tepal::ui::test
