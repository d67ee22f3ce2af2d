/// Destinations and an outbox of made-up data.
#pragma once

#include "ui/backend/uploads.h"

#include <QHash>

namespace tepal::ui::test {

class DemoBackend;

class DemoUploads final : public Uploads
{
    Q_OBJECT

public:
    explicit DemoUploads(DemoBackend &demo)
        : m_demo(demo)
    {}

    QList<Destination> destinations() const override { return m_destinations; }
    QList<OutboxItem> outbox() const override { return m_outbox; }
    OutboxTotals totals() const override;
    void setPaused(const QString &id, bool paused) override;
    void removeDestination(const QString &id) override;
    void requestDestinationSettings(Generation generation, const QString &id) override;
    void saveDestination(Generation generation, const DestinationChange &change) override;
    void testDestination(Generation generation, const QString &id) override;
    void requestXray(Generation generation, qint64 item) override;
    void requestPlannedXray(Generation generation, const PlannedUpload &planned) override;
    void requestFileXray(Generation generation, const QString &path) override;
    void upload(Generation generation, const UploadRequest &request) override;
    void retryOutbox(const QList<qint64> &ids) override;
    void dropOutbox(const QList<qint64> &ids) override;

    /// With destinations that were used, or with none set up.
    void make(bool full);
    void addOutboxFailure();

private:
    DemoBackend &m_demo;
    QList<Destination> m_destinations;
    QHash<QString, QHash<QString, QString>> m_settings;
    QString m_segments;
    QHash<QString, QString> m_redaction;
    QList<OutboxItem> m_outbox;
};

} // namespace tepal::ui::test
