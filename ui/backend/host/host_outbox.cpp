// The outbox, and uploading because somebody asks.

#include "ui/backend/host/host_uploads.h"
#include "ui/backend/host/secrets.h"
#include "ui/backend/host/xray_report.h"

#include <tepal/base/file.h>
#include <tepal/profile/file.h>

#include <QLocale>

#include <algorithm>

namespace tepal::ui {

namespace {

OutboxPhase phaseOf(const tepal::OutboxItem &item)
{
    switch (item.state) {
    case OutboxState::Waiting:
        return item.attempts > 0 ? OutboxPhase::Retrying : OutboxPhase::Waiting;
    case OutboxState::Sending:
        return OutboxPhase::Sending;
    case OutboxState::Sent:
        return OutboxPhase::Sent;
    case OutboxState::Asks:
        return OutboxPhase::Asks;
    case OutboxState::Failed:
    case OutboxState::Dropped:
        break;
    }
    return OutboxPhase::Failed;
}

struct Read
{
    std::vector<tepal::OutboxItem> items;
    std::vector<OutboxCounts> counts;
};

/// Name and segment.
QString subjectOf(const std::string &subject, const SegmentTags &segment)
{
    QString text = QString::fromStdString(subject);
    for (const auto &[key, value] : segment)
        text += (text.isEmpty() ? QString() : QStringLiteral(", ")) +
                QString::fromStdString(key + "=" + value);
    return text;
}

OutboxItem itemOf(const tepal::OutboxItem &from)
{
    OutboxItem item;
    item.id = from.id;
    item.dataset = QString::fromStdString(from.dataset);
    item.subject = subjectOf(from.subject, from.segment);
    item.window = {from.start, from.end};
    item.rows = from.rows;
    item.bytes = from.bytes;
    item.destination = item.destinationName = QString::fromStdString(from.destination);
    item.phase = phaseOf(from);
    item.attempts = from.attempts;
    item.updated = from.updated;
    item.nextTry = from.nextTry;
    item.objectName = QString::fromStdString(from.place);
    if (!from.error.empty())
        item.problem = {ErrorCode::Unavailable, QString::fromStdString(from.error),
                        QString::fromStdString(from.nextStep)};
    return item;
}

/// Which destinations an upload that somebody asks for goes to.
Result<std::vector<Outlet>> outletsOf(Store &store, const std::string &id,
                                      const SecretStore &secrets)
{
    const auto records = homeDestinations(store, true);
    if (!records)
        return tl::unexpected(records.error());
    std::vector<Outlet> outlets;
    for (const DestinationRecord &record : *records) {
        if (id.empty() ? !record.enabled || record.paused : record.name != id)
            continue;
        auto outlet = makeOutlet(record, secrets);
        if (!outlet)
            return tl::unexpected(outlet.error());
        outlets.push_back(std::move(*outlet));
    }
    // What the environment alone sets up, when nothing else says so.
    for (Outlet &outlet : environmentOutlets(*records, secrets)) {
        if (id.empty() ? outlets.empty() && records->empty() : outlet.record.name == id)
            outlets.push_back(std::move(outlet));
    }
    // Nothing goes by itself, but there is only one place that could be meant.
    if (outlets.empty() && id.empty() && records->size() == 1)
        return outletsOf(store, records->front().name, secrets);
    if (outlets.empty())
        return tepal::fail(ErrorCode::NotFound,
                           records->empty() ? "no destination is set up"
                                            : "no destination is switched on",
                           "choose one on the Uploads page");
    return outlets;
}

/// The exact bytes of an item, looked into.
Result<XrayReport> reportOf(Store &store, const tepal::OutboxItem &item,
                            const DestinationRecord &destination)
{
    const auto file = uploadFile(store, item, destination, false);
    if (!file)
        return tl::unexpected(file.error());
    const auto profile = parseProfile(file->bytes);
    if (!profile)
        return tl::unexpected(profile.error());
    XrayReport report = xrayReport(xray(*profile, file->bytes.size()));
    report.redacted = QString::fromStdString(file->redaction);
    for (const std::string &rule : file->unmatched)
        report.unmatched.append(QString::fromStdString(rule));
    const bool left = item.state == OutboxState::Sent || item.mayHaveArrived;
    report.differsFromSent = left && !item.sha256.empty() && item.sha256 != file->sha256;
    return report;
}

PlannedUpload plannedOf(const UploadedItem &from, const std::string &destination)
{
    PlannedUpload planned;
    planned.item = from.id;
    planned.chunk = from.chunkId;
    planned.destination = QString::fromStdString(destination);
    planned.dataset = QString::fromStdString(from.dataset);
    planned.subject = subjectOf(from.subject, from.segment);
    planned.window = {from.start, from.end};
    planned.rows = from.rows;
    planned.bytes = from.bytes;
    planned.objectName = QString::fromStdString(from.place);
    planned.redacted = QString::fromStdString(from.redaction);
    planned.risks = from.content ? static_cast<int>(from.content->riskCount()) : 0;
    if (!from.error.empty())
        planned.problem = {ErrorCode::Unavailable, QString::fromStdString(from.error),
                           QString::fromStdString(from.nextStep)};
    return planned;
}

Result<std::vector<UploadRun>> rehearse(Store &store, const std::vector<Outlet> &outlets,
                                        const std::stop_token &stop)
{
    std::vector<UploadRun> runs;
    for (const Outlet &outlet : outlets) {
        auto run = rehearseUpload(store, outlet, false, stop);
        if (!run)
            return tl::unexpected(run.error());
        runs.push_back(std::move(*run));
    }
    return runs;
}

} // namespace

void HostUploads::refreshOutbox()
{
    auto pool = m_core.stores;
    m_core.runOn(
        m_core.queries,
        [pool] {
            return pool->with<Read>([](Store &store) -> Result<Read> {
                OutboxFilter filter;
                filter.limit = kOutboxShown;
                filter.states = {OutboxState::Waiting, OutboxState::Sending, OutboxState::Sent,
                                 OutboxState::Failed, OutboxState::Asks};
                auto items = Outbox(store).list(filter);
                auto counts = Outbox(store).counts();
                if (!items || !counts)
                    return tl::unexpected(items ? counts.error() : items.error());
                return Read{std::move(*items), std::move(*counts)};
            });
        },
        [this](const Result<Read> &read) {
            if (!read)
                return;
            m_outbox.clear();
            for (const tepal::OutboxItem &from : read->items) {
                OutboxItem item = itemOf(from);
                for (const Destination &destination : std::as_const(m_destinations)) {
                    if (destination.id == item.destination)
                        item.destinationName = destination.name;
                }
                m_outbox.append(item);
            }
            m_totals = {};
            for (const OutboxCounts &counts : read->counts) {
                m_totals.waiting += counts.waiting;
                m_totals.failed += counts.failed;
                m_totals.asks += counts.asks;
                m_totals.sent += counts.sent;
            }
            Q_EMIT outboxChanged();
        });
}

void HostUploads::answerXray(Generation generation, std::function<Result<XrayReport>(Store &)> make)
{
    m_core.ask<XrayReport>(generation, static_cast<Uploads *>(this), &Uploads::xrayReady,
                           std::move(make));
}

void HostUploads::requestXray(Generation generation, qint64 item)
{
    answerXray(generation, [item](Store &store) -> Result<XrayReport> {
        const auto found = Outbox(store).find(item);
        if (!found)
            return tl::unexpected(found.error());
        if (!*found)
            return tepal::fail(ErrorCode::NotFound, "the item is no longer there",
                               "look at the list again");
        const auto record = tepal::Destinations(store).find((*found)->destination);
        if (!record)
            return tl::unexpected(record.error());
        return reportOf(store, **found, record->value_or(DestinationRecord{}));
    });
}

void HostUploads::requestPlannedXray(Generation generation, const PlannedUpload &planned)
{
    if (planned.item != 0)
        return requestXray(generation, planned.item);
    answerXray(generation,
               [name = planned.destination.toStdString(),
                chunk = planned.chunk](Store &store) -> Result<XrayReport> {
                   const auto record = tepal::Destinations(store).find(name);
                   if (!record)
                       return tl::unexpected(record.error());
                   const auto items = Outbox(store).rehearse(name, 0);
                   if (!items)
                       return tl::unexpected(items.error());
                   for (const tepal::OutboxItem &item : *items) {
                       if (item.kind == OutboxKind::Chunk && item.chunkId == chunk)
                           return reportOf(store, item, record->value_or(DestinationRecord{}));
                   }
                   return tepal::fail(ErrorCode::NotFound, "the piece is no longer to be sent",
                                      "make the dry run again");
               });
}

void HostUploads::requestFileXray(Generation generation, const QString &path)
{
    answerXray(generation, [name = path.toStdString()](Store &) -> Result<XrayReport> {
        const auto bytes = readFile(name);
        if (!bytes)
            return tl::unexpected(bytes.error());
        const auto profile = parseProfile(*bytes);
        if (!profile)
            return failWith(name, profile.error());
        return xrayReport(xray(*profile, bytes->size()));
    });
}

void HostUploads::upload(Generation generation, const UploadRequest &request)
{
    const quint64 job = m_core.jobs.add(request.dryRun ? tr("Looking what would be uploaded")
                                                       : tr("Uploading profiles"),
                                        true, m_core.now());
    auto host = m_core.host;
    const SecretStore *secrets = m_secrets.get();
    UploadRunOptions options;
    options.sender.lockDirectory = senderDirectory(m_core.home.root);
    options.progress = [this, job](const UploadProgress &at) {
        QMetaObject::invokeMethod(
            this,
            [this, job, at] {
                m_core.jobs.update(job, at.total > 0 ? static_cast<double>(at.done) / at.total : -1,
                                   QString::fromStdString(at.text));
            },
            Qt::QueuedConnection);
    };
    m_core.runOn(
        m_core.queries,
        [=, stop = m_core.jobs.token(job), dryRun = request.dryRun,
         id = request.destination.toStdString(),
         database = m_core.home.database()]() -> Result<std::vector<UploadRun>> {
            auto store = Store::open(database);
            if (!store)
                return tl::unexpected(store.error());
            auto outlets = outletsOf(**store, id, *secrets);
            if (!outlets)
                return tl::unexpected(outlets.error());
            if (dryRun)
                return rehearse(**store, *outlets, stop);
            // What has been recorded so far belongs to what the user wants to send now.
            if (host) {
                if (auto flushed = host->logger().flush(true); !flushed)
                    return tl::unexpected(flushed.error());
            }
            return uploadNow(**store, std::move(*outlets), options, stop);
        },
        [this, generation, job](const Result<std::vector<UploadRun>> &runs) {
            if (runs)
                return showRuns(*runs, generation, job);
            Answer<UploadReport> answer;
            answer.generation = generation;
            answer.problem = Problem::fromError(runs.error());
            m_core.jobs.finish(job, answer.problem);
            refreshDestinations();
            Q_EMIT uploadFinished(answer);
        });
}

/// One report of all destinations together.
void HostUploads::showRuns(const std::vector<UploadRun> &runs, Generation generation, quint64 job)
{
    auto report = std::make_shared<UploadReport>();
    qint64 waiting = 0;
    bool cancelled = false;
    Problem problem;
    for (const UploadRun &run : runs) {
        report->dryRun = run.dryRun;
        if (run.dryRun) {
            for (const UploadedItem &item : run.items)
                report->planned.append(plannedOf(item, run.destination));
        }
        for (const std::string &rule : run.unmatched)
            report->unmatched.append(QString::fromStdString(rule));
        for (const std::string &segment : run.unseenSegments)
            report->unseenSegments.append(QString::fromStdString(segment));
        report->items += run.dryRun ? run.waiting : run.sent;
        report->bytes += run.bytes;
        report->failed += run.failed + run.asks;
        waiting += run.dryRun ? 0 : run.waiting;
        cancelled = cancelled || run.cancelled;
        if (run.stopped)
            problem = Problem::fromError(*run.stopped);
    }
    const QString size = QLocale::c().formattedDataSize(report->bytes);
    if (report->dryRun)
        report->text =
            report->items == 0
                ? tr("Nothing would be sent: everything that is finished has been")
                : tr("%n profile(s) would be sent, %1", nullptr, report->items).arg(size);
    else if (report->items > 0)
        report->text = tr("%n profile(s) sent, %1", nullptr, report->items).arg(size);
    else if (report->failed == 0 && waiting == 0)
        report->text = tr("Nothing to send: everything that is finished has been");
    else
        report->text = tr("Nothing could be sent");
    if (report->failed > 0)
        report->text +=
            QStringLiteral("; ") + tr("%n refused, see the list", nullptr, report->failed);
    if (waiting > 0)
        report->text += QStringLiteral("; ") + tr("%n wait(s)", nullptr, static_cast<int>(waiting));
    report->problem = problem;
    report->failed += static_cast<int>(waiting);
    m_core.jobs.finish(job, problem, cancelled);
    refreshDestinations();
    Answer<UploadReport> answer;
    answer.generation = generation;
    answer.value = std::move(report);
    Q_EMIT uploadFinished(answer);
}

void HostUploads::retryOutbox(const QList<qint64> &ids)
{
    changeStore([ids = std::vector<std::int64_t>(ids.begin(), ids.end()),
                 time = m_core.now()](Store &store) {
        const auto changed = Outbox(store).retry(ids, time);
        return changed ? Status() : Status(tl::unexpected(changed.error()));
    });
}

void HostUploads::dropOutbox(const QList<qint64> &ids)
{
    changeStore([ids = std::vector<std::int64_t>(ids.begin(), ids.end()),
                 time = m_core.now()](Store &store) {
        const auto changed = Outbox(store).drop(ids, time);
        return changed ? Status() : Status(tl::unexpected(changed.error()));
    });
}

} // namespace tepal::ui
