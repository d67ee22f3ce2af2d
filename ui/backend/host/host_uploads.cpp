// Destinations, outbox, uploads.

#include "ui/backend/host/host_uploads.h"

#include "ui/backend/host/secrets.h"

#include <tepal/store/outbox.h>
#include <tepal/upload/folder.h>
#include <tepal/upload/settings.h>
#include <tepal/upload/whylabs.h>
#include <tepal/upload/worker.h>

#include <QLatin1String>
#include <QLocale>

namespace tepal::ui {

namespace {

const QLatin1String kWhylabs("whylabs");
const QLatin1String kFolder("folder");

/// The destination with this id as the settings describe it. `secrets` must outlive it.
std::unique_ptr<tepal::Destination>
makeDestination(const QString &id, const UploadSettings &settings, const SecretStore &secrets)
{
    if (id == kFolder)
        return std::make_unique<FolderDestination>(settings.folder.directory);
    return std::make_unique<WhylabsDestination>(settings.whylabs, secrets);
}

/// Which of the interface's ids an outbox entry belongs to.
QString idOf(const std::string &outboxName)
{
    return QString::fromStdString(outboxName).startsWith(kFolder) ? QString(kFolder)
                                                                  : QString(kWhylabs);
}

OutboxPhase phaseOf(const tepal::OutboxItem &item)
{
    switch (item.state) {
    case OutboxState::Waiting:
        return item.attempts > 0 ? OutboxPhase::Retrying : OutboxPhase::Waiting;
    case OutboxState::Sending:
        return OutboxPhase::Sending;
    case OutboxState::Sent:
        return OutboxPhase::Sent;
    case OutboxState::Failed:
        return item.nextTry > 0 ? OutboxPhase::Retrying : OutboxPhase::Failed;
    case OutboxState::Dropped:
        break;
    }
    return OutboxPhase::Failed;
}

} // namespace

HostUploads::HostUploads(HostCore &core)
    : m_core(core)
    , m_secrets(std::make_unique<KeychainSecrets>())
    , m_layered(std::make_unique<LayeredSecrets>(*m_secrets))
{
    connect(m_secrets.get(), &KeychainSecrets::changed, this, &HostUploads::refreshDestinations);
    connect(m_secrets.get(), &KeychainSecrets::failed, this, [this](const QString &text) {
        m_core.notify(NoticeLevel::Warning, QStringLiteral("keychain"),
                      tr("The key could not be stored in the system keychain: %1").arg(text),
                      tr("it is kept until the program ends; or set WHYLABS_API_KEY"));
    });
}

HostUploads::~HostUploads() = default;

void HostUploads::refreshDestinations()
{
    struct Described
    {
        QList<Destination> list;
    };
    const LayeredSecrets *secrets = m_layered.get();
    m_core.runOn(
        m_core.control,
        [secrets]() -> Result<Described> {
            const auto read = readUploadSettings(uploadSettingsFile());
            if (!read)
                return tl::unexpected(read.error());
            const UploadSettings settings = withEnvironment(*read);
            Described described;
            for (const QString &id : {QString(kWhylabs), QString(kFolder)}) {
                const auto from = makeDestination(id, settings, *secrets);
                Destination destination;
                destination.id = id;
                destination.kind =
                    id == kFolder ? DestinationKind::Folder : DestinationKind::WhyLabs;
                destination.name =
                    id == kFolder ? QStringLiteral("Folder") : QStringLiteral("WhyLabs");
                destination.enabled =
                    id == kFolder ? settings.folder.enabled : settings.whylabs.enabled;
                if (const auto ready = from->configured(); !ready) {
                    destination.phase = DestinationPhase::NotConfigured;
                    destination.stateText = QString::fromStdString(ready.error().message);
                    destination.next = QString::fromStdString(ready.error().next);
                } else {
                    destination.phase = DestinationPhase::Unknown;
                    destination.target = QString::fromStdString(from->target());
                }
                described.list.append(destination);
            }
            return described;
        },
        [this](Result<Described> described) {
            if (!described) {
                m_core.fail(QStringLiteral("destinations"), described.error());
                return;
            }
            for (Destination &destination : described->list) {
                // What an upload or a test found out stays until the settings change.
                for (const Destination &before : m_destinations) {
                    if (before.id == destination.id && before.target == destination.target &&
                        destination.isConfigured() && before.isConfigured()) {
                        destination.phase = before.phase;
                        destination.stateText = before.stateText;
                        destination.lastSuccess = before.lastSuccess;
                    }
                }
            }
            m_destinations = std::move(described->list);
            Q_EMIT destinationsChanged();
            refreshOutbox();
        });
}

void HostUploads::refreshOutbox()
{
    auto pool = m_core.stores;
    m_core.runOn(
        m_core.queries,
        [pool] {
            return pool->with<std::vector<tepal::OutboxItem>>(
                [](Store &store) { return Outbox(store).outbox(kOutboxShown); });
        },
        [this](const Result<std::vector<tepal::OutboxItem>> &items) {
            if (!items)
                return;
            m_outbox.clear();
            QHash<QString, qint64> waiting;
            for (const tepal::OutboxItem &from : *items) {
                if (from.state == OutboxState::Dropped)
                    continue;
                OutboxItem item;
                item.id = from.id;
                item.dataset = QString::fromStdString(from.dataset);
                item.window = {from.start, from.end};
                item.rows = from.rows;
                item.bytes = from.bytes;
                if (!from.destination.empty()) {
                    item.destination = idOf(from.destination);
                    item.destinationName = item.destination == kFolder ? QStringLiteral("Folder")
                                                                       : QStringLiteral("WhyLabs");
                }
                item.phase = phaseOf(from);
                item.attempts = from.attempts;
                item.updated = from.updated;
                item.nextTry = from.nextTry;
                item.objectName = QString::fromStdString(
                    tepal::uploadObjectName(from.dataset, from.start, from.segment));
                if (!from.error.empty())
                    item.problem = {ErrorCode::Unavailable, QString::fromStdString(from.error),
                                    QString::fromStdString(from.nextStep)};
                if (item.phase != OutboxPhase::Sent)
                    ++waiting[item.destination];
                m_outbox.append(item);
            }
            for (Destination &destination : m_destinations)
                destination.waiting = waiting.value(destination.id) + waiting.value(QString());
            Q_EMIT outboxChanged();
            Q_EMIT destinationsChanged();
        });
}

void HostUploads::requestDestinationSettings(Generation generation, const QString &id)
{
    const LayeredSecrets *secrets = m_layered.get();
    m_core.runOn(
        m_core.control,
        [id, secrets]() -> Result<DestinationSettings> {
            const auto read = readUploadSettings(uploadSettingsFile());
            if (!read)
                return tl::unexpected(read.error());
            const UploadSettings settings = withEnvironment(*read);
            DestinationSettings result;
            result.id = id;
            const auto field = [&](const char *key, const QString &label, const QString &help,
                                   const std::string &value, DestinationField::Kind kind,
                                   bool required) {
                DestinationField entry;
                entry.key = QString::fromLatin1(key);
                entry.label = label;
                entry.help = help;
                entry.value = QString::fromStdString(value);
                entry.kind = kind;
                entry.required = required;
                result.fields.append(entry);
            };
            using Kind = DestinationField::Kind;
            if (id == kFolder) {
                field("directory", tr("Folder"), tr("Files are added, never overwritten"),
                      settings.folder.directory.string(), Kind::Folder, true);
                return result;
            }
            const WhylabsSettings &w = settings.whylabs;
            field("endpoint", tr("Endpoint"), tr("Address of the WhyLabs server"), w.endpoint,
                  Kind::Text, true);
            result.fields.last().placeholder = QStringLiteral("https://whylabs.example");
            field("key", tr("API key"), tr("Kept in the system keychain"), {}, Kind::Secret, true);
            const auto key = secrets->read(kWhylabsKeySecret);
            result.fields.last().secretStored = key && *key;
            field("organization", tr("Organisation"),
                  tr("Used when the key does not name one after a colon"), w.organization,
                  Kind::Text, false);
            field("dataset", tr("Dataset at WhyLabs"),
                  tr("Id for the predictions of this endpoint; empty = the same as here"),
                  w.defaultDataset, Kind::Text, false);
            field("ca_file", tr("Certificate authorities"), tr("PEM file; empty = the system's"),
                  w.caFile, Kind::File, false);
            return result;
        },
        [this, generation](Result<DestinationSettings> settings) {
            Answer<DestinationSettings> answer;
            answer.generation = generation;
            if (settings)
                answer.value = std::make_shared<const DestinationSettings>(std::move(*settings));
            else
                answer.problem = Problem::fromError(settings.error());
            Q_EMIT destinationSettingsReady(answer);
        });
}

void HostUploads::saveDestination(Generation generation, const DestinationChange &change)
{
    for (auto it = change.secrets.begin(); it != change.secrets.end(); ++it) {
        if (it.value().isEmpty())
            std::ignore = m_secrets->remove(kWhylabsKeySecret);
        else
            std::ignore = m_secrets->write(kWhylabsKeySecret, it.value().trimmed().toStdString());
    }
    m_core.runOn(
        m_core.control,
        [change]() -> Status {
            auto settings = readUploadSettings(uploadSettingsFile());
            if (!settings)
                return tl::unexpected(settings.error());
            const auto text = [&](const char *key) {
                return change.values.value(QString::fromLatin1(key)).trimmed().toStdString();
            };
            if (change.id == kFolder) {
                settings->folder.enabled = change.enabled;
                settings->folder.directory = text("directory");
            } else {
                WhylabsSettings &w = settings->whylabs;
                w.enabled = change.enabled;
                w.endpoint = text("endpoint");
                w.organization = text("organization");
                w.defaultDataset = text("dataset");
                w.caFile = text("ca_file");
            }
            return writeUploadSettings(uploadSettingsFile(), *settings);
        },
        [this, generation, id = change.id](const Status &saved) {
            refreshDestinations();
            Answer<Destination> answer;
            answer.generation = generation;
            if (!saved) {
                answer.problem = Problem::fromError(saved.error());
            } else {
                auto destination = std::make_shared<Destination>();
                destination->id = id;
                answer.value = std::move(destination);
            }
            Q_EMIT destinationSaved(answer);
        });
}

void HostUploads::testDestination(Generation generation, const QString &id)
{
    const LayeredSecrets *secrets = m_layered.get();
    m_core.runOn(
        m_core.queries,
        [id, secrets]() -> Result<std::string> {
            const auto read = readUploadSettings(uploadSettingsFile());
            if (!read)
                return tl::unexpected(read.error());
            const auto destination = makeDestination(id, withEnvironment(*read), *secrets);
            if (auto ready = destination->configured(); !ready)
                return tl::unexpected(ready.error());
            return destination->test({});
        },
        [this, generation, id](const Result<std::string> &tested) {
            auto test = std::make_shared<DestinationTest>();
            test->id = id;
            test->ok = tested.has_value();
            test->text = QString::fromStdString(tested ? *tested : tested.error().message);
            if (!tested)
                test->next = QString::fromStdString(tested.error().next);
            for (Destination &destination : m_destinations) {
                if (destination.id != id)
                    continue;
                destination.phase = test->ok ? DestinationPhase::Reachable
                                    : tested.error().code == ErrorCode::Denied
                                        ? DestinationPhase::Denied
                                        : DestinationPhase::Unreachable;
                destination.stateText = test->text;
                destination.next = test->next;
            }
            Q_EMIT destinationsChanged();
            Q_EMIT destinationTested(Answer<DestinationTest>{generation, test, {}});
        });
}

void HostUploads::upload(Generation generation, const UploadRequest &request)
{
    QString id = request.destination;
    if (id.isEmpty()) {
        // Every enabled one is what was asked for; the first configured one is what there mostly
        // is.
        for (const Destination &destination : m_destinations) {
            if (destination.isConfigured() && (id.isEmpty() || destination.enabled))
                id = destination.id;
        }
    }
    if (id.isEmpty())
        id = kWhylabs;
    const quint64 job = m_core.jobs.add(request.dryRun ? tr("Looking what would be uploaded")
                                                       : tr("Uploading profiles"),
                                        true, m_core.now());
    auto pool = m_core.stores;
    auto host = m_core.host;
    const LayeredSecrets *secrets = m_layered.get();
    const auto progress = [this, job](const UploadProgress &at) {
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
         root = m_core.home.root]() -> Result<UploadRun> {
            const auto read = readUploadSettings(uploadSettingsFile());
            if (!read)
                return tl::unexpected(read.error());
            const auto destination = makeDestination(id, withEnvironment(*read), *secrets);
            if (auto ready = destination->configured(); !ready)
                return tl::unexpected(ready.error());
            // What has been recorded so far belongs to what the user wants to send now.
            if (host && !dryRun) {
                if (auto flushed = host->logger().flush(true); !flushed)
                    return tl::unexpected(flushed.error());
            }
            UploadRunOptions options;
            options.dryRun = dryRun;
            options.progress = progress;
            options.lockFile = uploadLockFile(root);
            return pool->with<UploadRun>([&](Store &store) {
                return OutboxWorker(store).runOnce(*destination, options, stop);
            });
        },
        [this, generation, job, id](const Result<UploadRun> &run) {
            Answer<UploadReport> answer;
            answer.generation = generation;
            if (!run) {
                answer.problem = Problem::fromError(run.error());
                m_core.jobs.finish(job, answer.problem);
                m_core.notify(NoticeLevel::Error, QStringLiteral("upload"), answer.problem.text,
                              answer.problem.next);
            } else {
                auto report = std::make_shared<UploadReport>();
                report->dryRun = run->dryRun;
                report->items = run->dryRun ? static_cast<int>(run->items.size()) : run->sent;
                report->bytes = run->bytes;
                report->failed = run->failed + run->waiting;
                const QString size = QLocale::c().formattedDataSize(run->bytes);
                report->text =
                    run->dryRun
                        ? tr("%n profile(s) would be sent, %1", nullptr, report->items).arg(size)
                        : tr("%n profile(s) sent, %1", nullptr, report->items).arg(size);
                answer.value = report;
                const Problem problem =
                    run->stopped ? Problem::fromError(*run->stopped) : Problem();
                m_core.jobs.finish(job, problem, run->cancelled);
                for (Destination &destination : m_destinations) {
                    if (destination.id != id || run->dryRun)
                        continue;
                    if (run->sent > 0) {
                        destination.phase = DestinationPhase::Reachable;
                        destination.lastSuccess = m_core.now();
                        destination.stateText.clear();
                    }
                    if (problem) {
                        destination.phase = problem.code == ErrorCode::Denied
                                                ? DestinationPhase::Denied
                                                : DestinationPhase::Unreachable;
                        destination.stateText = problem.text;
                        destination.next = problem.next;
                    }
                }
                if (problem)
                    m_core.notify(NoticeLevel::Error, QStringLiteral("upload"), problem.text,
                                  problem.next);
                else
                    m_core.notify(report->failed > 0 ? NoticeLevel::Warning : NoticeLevel::Success,
                                  QStringLiteral("upload"), report->text,
                                  report->failed > 0 ? tr("%n could not be sent; see the list",
                                                          nullptr, report->failed)
                                                     : QString(),
                                  report->failed == 0);
            }
            refreshOutbox();
            Q_EMIT uploadFinished(answer);
        });
}

void HostUploads::retryOutbox(const QList<qint64> &ids)
{
    m_core.change(
        QStringLiteral("outbox"),
        [ids = std::vector<std::int64_t>(ids.begin(), ids.end()),
         time = m_core.now()](Store &store) {
            const auto changed = Outbox(store).retryItems(ids, time);
            return changed ? Status() : Status(tl::unexpected(changed.error()));
        },
        [this] { refreshOutbox(); });
}

void HostUploads::dropOutbox(const QList<qint64> &ids)
{
    m_core.change(
        QStringLiteral("outbox"),
        [ids = std::vector<std::int64_t>(ids.begin(), ids.end()),
         time = m_core.now()](Store &store) {
            const auto changed = Outbox(store).dropItems(ids, time);
            return changed ? Status() : Status(tl::unexpected(changed.error()));
        },
        [this] { refreshOutbox(); });
}

} // namespace tepal::ui
