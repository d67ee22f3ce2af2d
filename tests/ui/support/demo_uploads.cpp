#include "demo_uploads.h"

#include "demo_backend.h"

namespace tepal::ui::test {

void DemoUploads::make(bool full)
{
    const auto destination = [](const char *id, const char *name, const char *summary) {
        Destination d;
        d.id = QLatin1String(id);
        d.kind = QLatin1String(id);
        d.summary = QLatin1String(summary);
        d.name = QLatin1String(name);
        d.stateText = QStringLiteral("no address is set");
        return d;
    };
    m_destinations = {destination("whylabs", "WhyLabs", "A WhyLabs server of one's own"),
                      destination("folder", "Folder", "A directory here or on a share"),
                      destination("s3", "S3 bucket", "S3-compatible object storage"),
                      destination("mlflow", "MLflow", "Artifacts of a tracking server")};
    if (!full)
        return;
    m_destinations[0].phase = DestinationPhase::Unreachable;
    m_destinations[0].target = QStringLiteral("whylabs.example.org, org-0, model-1");
    m_destinations[0].stored = m_destinations[1].stored = true;
    m_destinations[0].stateText =
        QStringLiteral("no answer from https://whylabs.example.org: it took too long");
    m_destinations[0].next = QStringLiteral("check that the server runs and can be reached");
    m_destinations[0].enabled = true;
    m_destinations[0].waiting = 2;
    m_destinations[1].phase = DestinationPhase::Reachable;
    m_destinations[1].target = QStringLiteral("/home/ada/profiles");
    m_destinations[1].stateText.clear();
    m_destinations[1].enabled = true;
    m_destinations[1].lastSuccess = m_demo.data().now() - 22 * kMinuteMs;
    qint64 id = 400;
    for (int h = 1; h <= 24; ++h) {
        const TimeMs start = windowStart(m_demo.data().now(), Granularity::Hour) - h * kHourMs;
        for (const int to : {0, 1}) {
            OutboxItem item;
            item.id = id--;
            item.dataset = QLatin1String(DemoData::kDataset);
            item.window = {start, start + kHourMs};
            item.rows = static_cast<qint64>(m_demo.data().rowsIn(item.window).size());
            item.bytes = 9'200 + item.rows * 11;
            item.destination = m_destinations[to].id;
            item.destinationName = m_destinations[to].name;
            item.attempts = 1;
            item.updated = start + kHourMs + 4 * kSecondMs;
            item.phase = OutboxPhase::Sent;
            item.objectName = to == 0 ? QStringLiteral("log-%1").arg(item.id)
                                      : QStringLiteral("model-1/2026-03-12/profile.bin");
            if (to == 0 && h <= 2) {
                item.phase = h == 1 ? OutboxPhase::Waiting : OutboxPhase::Retrying;
                item.attempts = h == 1 ? 0 : 3;
                item.objectName.clear();
                if (h == 2) {
                    item.nextTry = m_demo.data().now() + 40 * kSecondMs;
                    item.problem = {ErrorCode::Unavailable,
                                    QStringLiteral("whylabs.example.org did not answer in 10 s"),
                                    QStringLiteral("It is tried again by itself")};
                }
            }
            m_outbox.append(item);
        }
    }
}

void DemoUploads::addOutboxFailure()
{
    OutboxItem &item = m_outbox.front();
    item.phase = OutboxPhase::Failed;
    item.problem = {ErrorCode::Denied, QStringLiteral("WhyLabs refused the key (403)"),
                    QStringLiteral("Enter another key under Settings")};
    Q_EMIT outboxChanged();
}

OutboxTotals DemoUploads::totals() const
{
    OutboxTotals totals;
    for (const OutboxItem &item : m_outbox) {
        ++(item.phase == OutboxPhase::Failed ? totals.failed
           : item.phase == OutboxPhase::Asks ? totals.asks
           : item.phase == OutboxPhase::Sent ? totals.sent
                                             : totals.waiting);
    }
    return totals;
}

void DemoUploads::setPaused(const QString &id, bool paused)
{
    m_demo.call(QStringLiteral("setPaused %1 %2").arg(id).arg(paused));
    for (Destination &d : m_destinations) {
        if (d.id == id)
            d.paused = paused;
    }
    Q_EMIT destinationsChanged();
}

void DemoUploads::removeDestination(const QString &id)
{
    m_demo.call(QStringLiteral("removeDestination %1").arg(id));
    Q_EMIT destinationsChanged();
}

void DemoUploads::requestDestinationSettings(Generation generation, const QString &id)
{
    DestinationSettings s;
    s.id = id;
    s.stored = 24;
    s.segments = m_segments;
    s.redaction = m_redaction;
    s.datasets = {QLatin1String(DemoData::kDataset), QStringLiteral("orders")};
    for (const Destination &d : m_destinations)
        s.enabled = s.enabled || (d.id == id && d.enabled);
    const auto field = [&](const char *key, const char *label, DestinationField::Kind kind,
                           bool required, const char *help) {
        DestinationField f;
        f.key = QLatin1String(key);
        f.label = QLatin1String(label);
        f.kind = kind;
        f.required = required;
        f.help = QLatin1String(help);
        f.value = m_settings.value(id).value(f.key);
        s.fields.append(f);
    };
    using Kind = DestinationField::Kind;
    if (id == QStringLiteral("folder")) {
        field("path", "Folder", Kind::Folder, true, "Created when it does not exist");
        field("whylogsNames", "Name files as whylogs does", Kind::Toggle, false, "");
    } else {
        field("endpoint", "Address", Kind::Text, true, "");
        field("organization", "Organisation", Kind::Text, true, "");
        field("key", "API key", Kind::Secret, true, "Kept in the system keychain");
    }
    m_demo.answer(generation, this, &Uploads::destinationSettingsReady, s);
}

void DemoUploads::saveDestination(Generation generation, const DestinationChange &change)
{
    QStringList secrets = change.secrets.keys();
    m_demo.call(QStringLiteral("saveDestination %1 secrets=%2")
                    .arg(change.id, secrets.join(QLatin1Char(','))));
    m_settings[change.id] = change.values;
    m_segments = change.segments;
    m_redaction = change.redaction;
    Destination saved;
    for (Destination &d : m_destinations) {
        if (d.id != change.id)
            continue;
        d.phase = DestinationPhase::Unknown;
        d.target = change.values.value(QStringLiteral("path"),
                                       change.values.value(QStringLiteral("endpoint")));
        d.stateText.clear();
        d.stored = true;
        d.enabled = change.enabled;
        saved = d;
    }
    m_demo.answer(generation, this, &Uploads::destinationSaved, saved);
    Q_EMIT destinationsChanged();
}

void DemoUploads::testDestination(Generation generation, const QString &id)
{
    m_demo.answer(generation, this, &Uploads::destinationTested,
                  DestinationTest{id, true, QStringLiteral("It can be written"), {}});
}

void DemoUploads::requestXray(Generation generation, qint64 item)
{
    m_demo.call(QStringLiteral("requestXray %1").arg(item));
    XrayReport report;
    report.bytes = 10'000;
    report.rows = 420;
    XrayColumn column;
    column.name = column.maskedName = QStringLiteral("petal width");
    column.kind = ColumnKind::Fractional;
    column.rows = 420;
    column.min = 0.1;
    column.max = 2.5;
    column.leaves = {QStringLiteral("The smallest and the largest number"),
                     QStringLiteral("Counts of values, types and missing values")};
    report.columns.append(column);
    for (const OutboxItem &one : std::as_const(m_outbox))
        report.differsFromSent =
            report.differsFromSent || (one.id == item && one.phase == OutboxPhase::Sent);
    report.redacted = QStringLiteral("email: dropped; name: 12 texts hashed");
    report.unmatched << QStringLiteral("emial:drop-column");
    m_demo.answer(generation, this, &Uploads::xrayReady, report);
}

void DemoUploads::requestPlannedXray(Generation generation, const PlannedUpload &planned)
{
    m_demo.call(QStringLiteral("requestPlannedXray %1").arg(planned.chunk));
    m_demo.answer(generation, this, &Uploads::xrayReady, XrayReport{});
}

void DemoUploads::requestFileXray(Generation generation, const QString &path)
{
    m_demo.call(QStringLiteral("requestFileXray %1").arg(path));
    m_demo.answer(generation, this, &Uploads::xrayReady, XrayReport{});
}

void DemoUploads::upload(Generation generation, const UploadRequest &request)
{
    m_demo.call(QStringLiteral("upload %1%2")
                    .arg(request.destination, request.dryRun ? QStringLiteral(" dry") : QString()));
    UploadReport report;
    report.dryRun = request.dryRun;
    report.items = 2;
    report.text = request.dryRun ? QStringLiteral("Would send 2 uploads, 21.4 kB, to WhyLabs")
                                 : QStringLiteral("Sent 2 uploads to WhyLabs");
    if (request.dryRun) {
        for (int i = 0; i < 2; ++i) {
            PlannedUpload planned;
            planned.chunk = 70 + i;
            planned.destination = QStringLiteral("whylabs");
            planned.dataset = QLatin1String(DemoData::kDataset);
            planned.window = m_outbox[2 * i].window;
            planned.rows = m_outbox[2 * i].rows;
            planned.bytes = m_outbox[2 * i].bytes;
            planned.objectName = QStringLiteral("model-1/2026-03-12/profile.bin");
            planned.risks = i;
            if (i == 1)
                planned.redacted = QStringLiteral("email: 12 texts hashed");
            report.planned.append(planned);
        }
        report.unmatched << QStringLiteral("emial:drop-column");
    }
    m_demo.answer(generation, this, &Uploads::uploadFinished, report);
}

void DemoUploads::retryOutbox(const QList<qint64> &ids)
{
    m_demo.call(QStringLiteral("retryOutbox %1").arg(ids.size()));
    for (OutboxItem &item : m_outbox) {
        if (ids.contains(item.id)) {
            item.phase = OutboxPhase::Waiting;
            item.problem = {};
        }
    }
    Q_EMIT outboxChanged();
}

void DemoUploads::dropOutbox(const QList<qint64> &ids)
{
    m_demo.call(QStringLiteral("dropOutbox %1").arg(ids.size()));
    m_outbox.removeIf([&](const OutboxItem &item) { return ids.contains(item.id); });
    Q_EMIT outboxChanged();
}

} // namespace tepal::ui::test
