/// The one bridge between the pages and everything below them.
///
/// Shape:
/// - *State* is pushed. A signal `xChanged()` says that the snapshot behind `x()` was replaced; the
///   getters return that snapshot (implicitly shared or shared_ptr<const T>) and never block.
///   Signals of one state come at most about ten times a second.
/// - *Questions* are asked with a generation number from nextGeneration() and answered by exactly
///   one signal carrying the same number, later, also on failure or cancellation. Callers keep the
///   number of their latest question and drop every other answer (see Asker in asker.h). A newer
///   question of the same kind may cancel the older one in the backend.
/// - *Verbs* return at once; their outcome shows as state, as a job, or as a notice. A verb that
///   fails always says so by a notice.
///
/// Everything is called, and every signal is emitted, on the UI thread.
#pragma once

#include "ui/backend/dataset_values.h"
#include "ui/backend/drift_values.h"
#include "ui/backend/profile_values.h"
#include "ui/backend/upload_values.h"
#include "ui/backend/values.h"

#include <QObject>

namespace tepal::ui {

class Backend : public QObject
{
    Q_OBJECT

public:
    explicit Backend(QObject *parent = nullptr)
        : QObject(parent)
    {}
    ~Backend() override;

    Generation nextGeneration() { return ++m_generation; }
    /// Wall-clock time, UTC; the demo backend's is frozen so that screenshots can be compared.
    virtual TimeMs now() const = 0;

    // ------------------------------------------------------------ endpoint
    virtual EndpointState endpoint() const = 0;
    virtual std::shared_ptr<const LiveStats> liveStats() const = 0; ///< Never null.
    /// Newest last, at most a few thousand.
    virtual QList<RequestRow> recentRequests() const = 0;
    virtual ModelSchema schema() const = 0;
    virtual void startEndpoint(const EndpointOptions &options) = 0;
    virtual void stopEndpoint() = 0;
    /// Sends one request over HTTP like any client. Answered by predicted().
    virtual void predict(Generation generation, const QList<double> &features) = 0;

    // ------------------------------------------------------------ logger and store
    virtual LoggerState logger() const = 0;
    virtual StoreState store() const = 0;
    virtual QList<DatasetInfo> datasets() const = 0;
    virtual QList<ReferenceInfo> references(const QString &dataset) const = 0;
    /// Makes it the current one.
    virtual void setReference(const QString &dataset, const QString &name) = 0;
    /// Stores the merged profile of a range as a new reference and makes it current. Never replaces
    /// one. Its notice undoes it.
    virtual void makeReference(const QString &dataset, TimeRange range, const QString &name) = 0;
    /// Deletes what makeReference() made; `former`, unless empty, becomes current again.
    virtual void unmakeReference(const QString &dataset, const QString &name,
                                 const QString &former) = 0;
    virtual void renameReference(const QString &dataset, const QString &from,
                                 const QString &to) = 0;
    /// After the current one the newest of the others becomes current. Its notice undoes it.
    virtual void deleteReference(const QString &dataset, const QString &name) = 0;
    /// Brings a reference back that was deleted since the program began.
    virtual void restoreReference(const QString &dataset, const QString &name) = 0;
    virtual void importProfiles(const QStringList &files) = 0;
    virtual void exportProfile(const QString &dataset, TimeRange range, const QString &file) = 0;

    virtual void requestDatasetSettings(Generation generation, const QString &dataset) = 0;
    /// Answered by datasetSettingsSaved(). With `own` false the dataset is logged as all others.
    virtual void saveDatasetSettings(Generation generation, const DatasetSettings &settings) = 0;
    /// Windows that are older are deleted once they were sent; 0 keeps all.
    virtual void setRetention(DurationMs keep) = 0;
    /// Hides the windows that lie wholly in the range; they can be restored for a week.
    virtual void deleteWindows(const QString &dataset, TimeRange range) = 0;
    /// Of all datasets when it is empty.
    virtual void restoreWindows(const QString &dataset, TimeRange range) = 0;

    // ------------------------------------------------------------ profiles
    virtual void requestWindows(Generation generation, const QString &dataset) = 0;
    virtual void requestColumns(Generation generation, const QString &dataset, TimeRange range) = 0;
    virtual void requestColumnDetail(Generation generation, const ColumnQuery &query) = 0;

    // ------------------------------------------------------------ drift
    virtual QStringList driftPresets() const = 0;
    virtual void requestDriftOverview(Generation generation, const DriftQuery &query) = 0;
    virtual void requestDriftDetail(Generation generation, const DriftDetailQuery &query) = 0;

    // ------------------------------------------------------------ uploads
    virtual QList<Destination> destinations() const = 0;
    /// Newest first; of a longer outbox the newest kOutboxShown.
    virtual QList<OutboxItem> outbox() const = 0;
    static constexpr int kOutboxShown = 2000;
    virtual void requestDestinationSettings(Generation generation, const QString &id) = 0;
    /// Answered by destinationSaved().
    virtual void saveDestination(Generation generation, const DestinationChange &change) = 0;
    virtual void testDestination(Generation generation, const QString &id) = 0;
    /// Answered by uploadFinished(); progress shows as a job.
    virtual void upload(Generation generation, const UploadRequest &request) = 0;
    virtual void retryOutbox(const QList<qint64> &ids) = 0;
    virtual void dropOutbox(const QList<qint64> &ids) = 0;

    // ------------------------------------------------------------ models
    virtual QList<ModelInfo> models() const = 0; ///< Newest first.
    virtual void trainIris(int k) = 0;
    /// Switches the endpoint to this model, starting it if need be.
    virtual void serveModel(const QString &tag) = 0;
    /// Hides the model now; its files go when the undo period of about ten seconds is over.
    virtual void deleteModel(const QString &tag) = 0;
    virtual void undoDeleteModel(const QString &tag) = 0;
    virtual void exportModel(const QString &tag, const QString &file) = 0;
    virtual void importModel(const QString &file) = 0;

    // ------------------------------------------------------------ simulation
    virtual QList<Scenario> scenarios() const = 0;
    virtual SimulationState simulation() const = 0;
    virtual void startSimulation(const SimulationOptions &options) = 0;
    virtual void stopSimulation() = 0;
    /// Fills the last `days` days with simulated records, as a job.
    virtual void backfill(int days, const QString &scenario, quint64 seed) = 0;
    /// First start: trains iris, serves it and backfills a week, as one job.
    virtual void tryWithIris() = 0;

    // ------------------------------------------------------------ jobs
    virtual QList<JobInfo> jobs() const = 0; ///< Active ones first, then the lately finished.
    virtual void cancelJob(quint64 id) = 0;
    virtual void dismissJob(quint64 id) = 0;

Q_SIGNALS:
    void endpointChanged();
    void liveStatsChanged();
    /// Batched; oldest first.
    void requestsAdded(const QList<tepal::ui::RequestRow> &rows);
    void requestsReset();
    void schemaChanged();
    void predicted(const tepal::ui::Answer<tepal::ui::Prediction> &answer);

    void loggerChanged();
    void storeChanged();
    void datasetsChanged();
    void referencesChanged(const QString &dataset);
    /// New or changed windows of a dataset: whoever shows them asks again.
    void windowsChanged(const QString &dataset);

    void datasetSettingsReady(const tepal::ui::Answer<tepal::ui::DatasetSettings> &answer);
    void datasetSettingsSaved(const tepal::ui::Answer<tepal::ui::DatasetSettings> &answer);

    void windowsReady(const tepal::ui::Answer<tepal::ui::WindowList> &answer);
    void columnsReady(const tepal::ui::Answer<tepal::ui::ColumnsSummary> &answer);
    void columnDetailReady(const tepal::ui::Answer<tepal::ui::ColumnDetail> &answer);
    void driftOverviewReady(const tepal::ui::Answer<tepal::ui::DriftOverview> &answer);
    void driftDetailReady(const tepal::ui::Answer<tepal::ui::DriftDetail> &answer);

    void destinationsChanged();
    void outboxChanged();
    void destinationSettingsReady(const tepal::ui::Answer<tepal::ui::DestinationSettings> &answer);
    void destinationSaved(const tepal::ui::Answer<tepal::ui::Destination> &answer);
    void destinationTested(const tepal::ui::Answer<tepal::ui::DestinationTest> &answer);
    void uploadFinished(const tepal::ui::Answer<tepal::ui::UploadReport> &answer);

    void modelsChanged();
    void simulationChanged();
    void jobsChanged();
    void noticed(const tepal::ui::Notice &notice);
    /// The trouble behind the notice with this key is over.
    void noticeCleared(const QString &key);

private:
    Generation m_generation = 0;
};

} // namespace tepal::ui
