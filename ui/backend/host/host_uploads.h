/// Destinations, outbox and uploads over the real core. UI thread; `control` reads and writes
/// destinations, `queries` reads the outbox and sends what somebody asks for. What goes by itself
/// is sent by a service of its own, whether the endpoint runs or not.
#pragma once

#include "ui/backend/host/host_core.h"
#include "ui/backend/uploads.h"

#include <tepal/service/outbox_service.h>
#include <tepal/upload/outlets.h>
#include <tepal/upload/upload_run.h>

#include <QTimer>

#include <memory>

namespace tepal::ui {

class KeychainSecrets;

class HostUploads final : public Uploads
{
    Q_OBJECT

public:
    explicit HostUploads(HostCore &core);
    ~HostUploads() override;

    QList<Destination> destinations() const override { return m_destinations; }
    QList<OutboxItem> outbox() const override { return m_outbox; }
    OutboxTotals totals() const override { return m_totals; }
    void requestDestinationSettings(Generation generation, const QString &id) override;
    void saveDestination(Generation generation, const DestinationChange &change) override;
    void testDestination(Generation generation, const QString &id) override;
    void setPaused(const QString &id, bool paused) override;
    void removeDestination(const QString &id) override;
    void requestXray(Generation generation, qint64 item) override;
    void requestPlannedXray(Generation generation, const PlannedUpload &planned) override;
    void requestFileXray(Generation generation, const QString &path) override;
    void upload(Generation generation, const UploadRequest &request) override;
    void retryOutbox(const QList<qint64> &ids) override;
    void dropOutbox(const QList<qint64> &ids) override;

    /// Once the home is ready: begins to send what is enabled.
    void begin();
    /// Something may have been finished.
    void look();
    /// Sends what waits, for a moment, and ends. What was hosted here has been stopped.
    void finish();
    void refreshDestinations();
    void refreshOutbox();

private:
    void changed();
    void answerXray(Generation generation, std::function<Result<XrayReport>(Store &)> make);
    void changeStore(std::function<Status(Store &)> work);
    void showRuns(const std::vector<UploadRun> &runs, Generation generation, quint64 job);

    HostCore &m_core;
    QList<Destination> m_destinations;
    QList<OutboxItem> m_outbox;
    OutboxTotals m_totals;
    std::unique_ptr<KeychainSecrets> m_secrets;
    std::unique_ptr<OutboxService> m_service; ///< Null before the home is ready.
    QTimer m_soon;                            ///< Gathers what changes many times a second.
};

} // namespace tepal::ui
