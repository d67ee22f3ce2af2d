/// The one bridge between the pages and everything below them.
///
/// It hands out its parts, one for each subject; a page takes those that it shows. What state,
/// questions and verbs are, and on which thread: backend_part.h.
#pragma once

#include "ui/backend/backend_part.h"
#include "ui/backend/dataset_values.h"
#include "ui/backend/profile_values.h"
#include "ui/backend/upload_values.h"
#include "ui/backend/values.h"

namespace tepal::ui {

class Comparison;

class Backend : public BackendPart
{
    Q_OBJECT

public:
    using BackendPart::BackendPart;
    ~Backend() override;

    /// Wall-clock time, UTC; the demo backend's is frozen so that screenshots can be compared.
    virtual TimeMs now() const = 0;

    virtual Comparison &comparison() = 0;

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
    /// New or changed windows of a dataset: whoever shows them asks again.
    void windowsChanged(const QString &dataset);

    void datasetSettingsReady(const tepal::ui::Answer<tepal::ui::DatasetSettings> &answer);
    void datasetSettingsSaved(const tepal::ui::Answer<tepal::ui::DatasetSettings> &answer);

    void windowsReady(const tepal::ui::Answer<tepal::ui::WindowList> &answer);
    void columnsReady(const tepal::ui::Answer<tepal::ui::ColumnsSummary> &answer);
    void columnDetailReady(const tepal::ui::Answer<tepal::ui::ColumnDetail> &answer);

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
};

} // namespace tepal::ui
