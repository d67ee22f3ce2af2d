/// Where profiles are sent to, what waits to be sent, and the sending. Threads and kinds of calls:
/// backend_part.h. Settings are read and written one after the other; tests and uploads run on
/// worker threads.
#pragma once

#include "ui/backend/backend_part.h"
#include "ui/backend/upload_values.h"
#include "ui/backend/xray_values.h"

namespace tepal::ui {

class Uploads : public BackendPart
{
    Q_OBJECT

public:
    using BackendPart::BackendPart;

    virtual QList<Destination> destinations() const = 0;
    virtual OutboxTotals totals() const = 0;
    /// Newest first; of a longer outbox the newest kOutboxShown.
    virtual QList<OutboxItem> outbox() const = 0;
    static constexpr int kOutboxShown = 2000;
    virtual void requestDestinationSettings(Generation generation, const QString &id) = 0;
    /// Answered by destinationSaved().
    virtual void saveDestination(Generation generation, const DestinationChange &change) = 0;
    virtual void testDestination(Generation generation, const QString &id) = 0;
    virtual void setPaused(const QString &id, bool paused) = 0;
    /// What waits for it waits for another one.
    virtual void removeDestination(const QString &id) = 0;
    /// What exactly an item contains, as it leaves or left; answered by xrayReady().
    virtual void requestXray(Generation generation, qint64 item) = 0;
    /// The same of what a dry run tells of; answered by xrayReady().
    virtual void requestPlannedXray(Generation generation, const PlannedUpload &planned) = 0;
    /// The same of a profile file.
    virtual void requestFileXray(Generation generation, const QString &path) = 0;
    /// Answered by uploadFinished(); progress shows as a job.
    virtual void upload(Generation generation, const UploadRequest &request) = 0;
    virtual void retryOutbox(const QList<qint64> &ids) = 0;
    virtual void dropOutbox(const QList<qint64> &ids) = 0;

Q_SIGNALS:
    void destinationsChanged();
    void outboxChanged();
    void destinationSettingsReady(const tepal::ui::Answer<tepal::ui::DestinationSettings> &answer);
    void destinationSaved(const tepal::ui::Answer<tepal::ui::Destination> &answer);
    void destinationTested(const tepal::ui::Answer<tepal::ui::DestinationTest> &answer);
    void xrayReady(const tepal::ui::Answer<tepal::ui::XrayReport> &answer);
    void uploadFinished(const tepal::ui::Answer<tepal::ui::UploadReport> &answer);
};

} // namespace tepal::ui
