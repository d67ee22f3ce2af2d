/// Destinations, outbox and uploads over the real core. UI thread; `control` reads and writes the
/// settings, `queries` reads the outbox and sends.
#pragma once

#include "ui/backend/host/host_core.h"
#include "ui/backend/uploads.h"

#include <tepal/upload/settings.h>

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
    void requestDestinationSettings(Generation generation, const QString &id) override;
    void saveDestination(Generation generation, const DestinationChange &change) override;
    void testDestination(Generation generation, const QString &id) override;
    void upload(Generation generation, const UploadRequest &request) override;
    void retryOutbox(const QList<qint64> &ids) override;
    void dropOutbox(const QList<qint64> &ids) override;

    void refreshDestinations();
    void refreshOutbox();

private:
    HostCore &m_core;
    QList<Destination> m_destinations;
    QList<OutboxItem> m_outbox;
    std::unique_ptr<KeychainSecrets> m_secrets;
    std::unique_ptr<LayeredSecrets> m_layered; ///< The environment on top of the keychain.
};

} // namespace tepal::ui
