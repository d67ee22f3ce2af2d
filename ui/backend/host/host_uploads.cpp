// Destinations: what is set up, what could be, and how it stands.

#include "ui/backend/host/host_uploads.h"

#include "ui/backend/host/secrets.h"

#include <tepal/base/log.h>
#include <tepal/store/windows.h>

#include <QLatin1String>

#include <algorithm>

namespace tepal::ui {

namespace {

constexpr int kSoonMs = 250;
constexpr DurationMs kEndBudget = 10 * kSecondMs;

QString textOf(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// The home's record of this id, or a fresh one of the kind that is named so.
Result<DestinationRecord> recordOf(Store &store, const QString &id)
{
    const std::string name = id.toStdString();
    const auto known = homeDestinations(store, true);
    if (!known)
        return tl::unexpected(known.error());
    for (const DestinationRecord &record : *known) {
        if (record.name == name)
            return record;
    }
    if (const auto *kind = findDestinationKind(name))
        return environmentDestination(*kind);
    return tepal::fail(ErrorCode::NotFound, "there is no destination \"" + name + "\"",
                       "it may have been removed elsewhere");
}

DestinationPhase phaseOf(const GateRecord &gate)
{
    switch (gate.state) {
    case GateState::Closed:
        return DestinationPhase::Unreachable;
    case GateState::Refused:
        return DestinationPhase::Denied;
    case GateState::Open:
        break;
    }
    return gate.lastSent != 0 ? DestinationPhase::Reachable : DestinationPhase::Unknown;
}

Destination describe(const DestinationRecord &record, const UploadStatus *status,
                     const SecretStore &secrets)
{
    Destination shown;
    shown.id = QString::fromStdString(record.name);
    const auto *kind = findDestinationKind(record.kind);
    shown.kind = QString::fromStdString(record.kind);
    shown.name = !kind ? shown.id : record.name == kind->name ? textOf(kind->title) : shown.id;
    shown.summary = kind ? textOf(kind->summary) : QString();
    shown.enabled = record.enabled;
    shown.paused = record.paused;
    shown.stored = status != nullptr;
    const auto outlet = makeOutlet(record, secrets);
    const Status ready =
        outlet ? outlet->destination->configured() : Status(tl::unexpected(outlet.error()));
    if (!ready) {
        shown.stateText = QString::fromStdString(ready.error().message);
        shown.next = QString::fromStdString(ready.error().next);
    } else {
        shown.phase = phaseOf(record.gate);
        shown.target = QString::fromStdString(outlet->destination->target());
        shown.stateText = QString::fromStdString(record.gate.reason);
        shown.next = QString::fromStdString(record.gate.next);
        shown.nextTry = record.gate.state == GateState::Closed ? record.gate.until : 0;
    }
    shown.lastSuccess = record.gate.lastSent;
    if (status) {
        shown.waiting = status->waiting;
        shown.failed = status->failed;
        shown.asks = status->asks;
        shown.sent = status->sent;
        shown.oldest = status->oldest;
    }
    return shown;
}

Result<QList<Destination>> describeAll(Store &store, const SecretStore &secrets)
{
    const auto records = homeDestinations(store, true);
    const auto statuses = uploadStatus(store);
    if (!records || !statuses)
        return tl::unexpected(records ? statuses.error() : records.error());
    QList<Destination> list;
    for (const DestinationRecord &record : *records) {
        const auto status =
            std::find_if(statuses->begin(), statuses->end(),
                         [&](const UploadStatus &one) { return one.name == record.name; });
        list.append(describe(record, status == statuses->end() ? nullptr : &*status, secrets));
    }
    // Kinds that nothing is set up of: what else there could be.
    for (const tepal::DestinationKind &kind : destinationKinds()) {
        const bool known =
            std::any_of(records->begin(), records->end(),
                        [&](const DestinationRecord &record) { return record.kind == kind.name; });
        if (!known)
            list.append(describe(environmentDestination(kind), nullptr, secrets));
    }
    return list;
}

DestinationField::Kind fieldKind(FieldType type)
{
    switch (type) {
    case FieldType::Secret:
        return DestinationField::Kind::Secret;
    case FieldType::Folder:
        return DestinationField::Kind::Folder;
    case FieldType::File:
        return DestinationField::Kind::File;
    case FieldType::Choice:
        return DestinationField::Kind::Choice;
    case FieldType::Switch:
        return DestinationField::Kind::Toggle;
    case FieldType::Text:
    case FieldType::Url:
        break;
    }
    return DestinationField::Kind::Text;
}

DestinationSettings settingsOf(const DestinationRecord &record, const SecretStore &secrets)
{
    DestinationSettings settings;
    settings.id = QString::fromStdString(record.name);
    settings.enabled = record.enabled;
    const auto *kind = findDestinationKind(record.kind);
    if (!kind)
        return settings;
    settings.segments = QString::fromStdString(formatSegmentList(record.segments));
    if (const auto rules = redactionByDataset(record)) {
        for (const auto &[dataset, text] : *rules)
            settings.redaction.insert(QString::fromStdString(dataset),
                                      QString::fromStdString(text));
    }
    const FieldValues values = effectiveValues(record);
    const SecretReader secret = secretReader(record, secrets);
    for (const tepal::DestinationField &from : kind->fields) {
        DestinationField field;
        field.key = textOf(from.key);
        field.label = textOf(from.label);
        field.help = textOf(from.help);
        field.placeholder = textOf(from.placeholder);
        field.kind = fieldKind(from.type);
        field.required = from.required;
        for (const std::string_view choice : from.choices)
            field.choices.append(textOf(choice));
        if (from.type == FieldType::Secret) {
            const auto stored = secret(from.key);
            field.secretStored = stored && !stored->empty();
        } else if (const auto value = values.find(std::string(from.key)); value != values.end()) {
            field.value = QString::fromStdString(value->second);
        }
        settings.fields.append(field);
    }
    return settings;
}

/// The record with what a form says, checked.
Result<DestinationRecord> changedRecord(Store &store, const DestinationChange &change)
{
    auto record = recordOf(store, change.id);
    if (!record)
        return record;
    record->settings.clear();
    for (auto it = change.values.begin(); it != change.values.end(); ++it) {
        if (!it.value().isEmpty())
            record->settings[it.key().toStdString()] = it.value().toStdString();
    }
    if (auto fine = checkDestination(*record, true); !fine)
        return tl::unexpected(fine.error());
    auto segments = parseSegmentList(change.segments.toStdString());
    if (!segments)
        return tl::unexpected(segments.error());
    record->segments = std::move(*segments);
    for (auto it = change.redaction.begin(); it != change.redaction.end(); ++it) {
        const auto rules = parseRedaction(it.value().toStdString());
        if (!rules)
            return tl::unexpected(rules.error());
        setRedactionRules(*record, it.key().toStdString(), *rules);
    }
    return record;
}

Status save(Store &store, const DestinationChange &change)
{
    auto record = changedRecord(store, change);
    if (!record)
        return tl::unexpected(record.error());
    const bool begins = change.enabled && !record->enabled;
    record->enabled = change.enabled && !begins;
    if (auto put = Destinations(store).put(*record, SystemClock::instance().nowMs()); !put)
        return put;
    return begins ? enableDestination(store, record->name, change.everything) : Status();
}

} // namespace

HostUploads::HostUploads(HostCore &core)
    : m_core(core)
    , m_secrets(std::make_unique<KeychainSecrets>())
{
    m_soon.setSingleShot(true);
    m_soon.setInterval(kSoonMs);
    connect(&m_soon, &QTimer::timeout, this, &HostUploads::refreshDestinations);
    connect(m_secrets.get(), &KeychainSecrets::changed, this, [this] {
        if (m_service)
            m_service->wake();
        changed();
    });
    connect(m_secrets.get(), &KeychainSecrets::failed, this, [this](const QString &text) {
        m_core.notify(NoticeLevel::Warning, QStringLiteral("keychain"),
                      tr("The key could not be stored in the system keychain: %1").arg(text),
                      tr("it is kept until the program ends"));
    });
}

HostUploads::~HostUploads() = default;

void HostUploads::begin()
{
    OutboxServiceOptions options;
    options.home = m_core.home;
    options.secrets = m_secrets.get();
    options.changed = [this] {
        QMetaObject::invokeMethod(this, &HostUploads::changed, Qt::QueuedConnection);
    };
    m_service = std::make_unique<OutboxService>(options);
    refreshDestinations();
}

void HostUploads::look()
{
    if (m_service)
        m_service->wake();
    changed();
}

void HostUploads::finish()
{
    if (!m_service)
        return;
    if (const auto left = m_service->finish(kEndBudget); left > 0)
        logWarning("upload", std::to_string(left) + " finished pieces wait for the next start");
    m_service.reset();
}

void HostUploads::changed()
{
    if (!m_core.closing && !m_soon.isActive())
        m_soon.start();
}

void HostUploads::refreshDestinations()
{
    auto pool = m_core.stores;
    const SecretStore *secrets = m_secrets.get();
    m_core.runOn(
        m_core.control,
        [pool, secrets, database = m_core.home.database()]() -> Result<QList<Destination>> {
            auto store = Store::open(database);
            if (!store)
                return tl::unexpected(store.error());
            // Names of secrets that have not been asked for are learned here.
            return describeAll(**store, *secrets);
        },
        [this](Result<QList<Destination>> described) {
            if (!described) {
                m_core.fail(QStringLiteral("destinations"), described.error());
                return;
            }
            for (const Destination &destination : *described)
                m_secrets->want(destination.id, destination.kind);
            m_destinations = std::move(*described);
            Q_EMIT destinationsChanged();
            refreshOutbox();
        });
}

void HostUploads::requestDestinationSettings(Generation generation, const QString &id)
{
    const SecretStore *secrets = m_secrets.get();
    m_core.runOn(
        m_core.control,
        [id, secrets, database = m_core.home.database()]() -> Result<DestinationSettings> {
            auto store = Store::open(database);
            if (!store)
                return tl::unexpected(store.error());
            const auto record = recordOf(**store, id);
            if (!record)
                return tl::unexpected(record.error());
            auto settings = settingsOf(*record, *secrets);
            const auto datasets = tepal::Windows(**store).datasets();
            if (datasets) {
                for (const tepal::DatasetInfo &dataset : *datasets)
                    settings.datasets.append(QString::fromStdString(dataset.name));
            }
            const auto stored = Outbox(**store).rehearse(record->name, 0);
            settings.stored = stored ? static_cast<qint64>(stored->size()) : 0;
            return settings;
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
        const std::string name = QString(change.id + QLatin1Char('/') + it.key()).toStdString();
        if (it.value().isEmpty())
            std::ignore = m_secrets->remove(name);
        else
            std::ignore = m_secrets->write(name, it.value().trimmed().toStdString());
    }
    m_core.runOn(
        m_core.control,
        [change, database = m_core.home.database()]() -> Status {
            auto store = Store::open(database);
            return store ? save(**store, change) : Status(tl::unexpected(store.error()));
        },
        [this, generation, id = change.id](const Status &saved) {
            look();
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
    const SecretStore *secrets = m_secrets.get();
    m_core.runOn(
        m_core.queries,
        [id, secrets, database = m_core.home.database()]() -> Result<DestinationTest> {
            auto store = Store::open(database);
            if (!store)
                return tl::unexpected(store.error());
            const auto record = recordOf(**store, id);
            if (!record)
                return tl::unexpected(record.error());
            const auto outlet = makeOutlet(*record, *secrets);
            if (!outlet)
                return tl::unexpected(outlet.error());
            DestinationTest test{id, true, {}, {}};
            for (const DestinationCheck &check : outlet->destination->test({})) {
                const QString text = QString::fromStdString(outlet->destination->scrub(check.text));
                test.text += (test.text.isEmpty() ? QString() : QStringLiteral("\n")) + text;
                test.ok = test.ok && check.ok;
                if (!check.ok)
                    test.next = QString::fromStdString(check.next);
            }
            // What works now is to be asked again.
            if (test.ok && record->gate.state != GateState::Open)
                std::ignore = tepal::Destinations(**store).openGate(record->name);
            return test;
        },
        [this, generation](Result<DestinationTest> test) {
            Answer<DestinationTest> answer;
            answer.generation = generation;
            if (test)
                answer.value = std::make_shared<const DestinationTest>(std::move(*test));
            else
                answer.problem = Problem::fromError(test.error());
            look();
            Q_EMIT destinationTested(answer);
        });
}

void HostUploads::changeStore(std::function<Status(Store &)> work)
{
    m_core.change(QStringLiteral("outbox"), std::move(work), [this] { look(); });
}

void HostUploads::setPaused(const QString &id, bool paused)
{
    changeStore([name = id.toStdString(), paused](Store &store) {
        return tepal::Destinations(store).setPaused(name, paused);
    });
}

void HostUploads::removeDestination(const QString &id)
{
    changeStore([name = id.toStdString(), time = HostCore::now()](Store &store) {
        return tepal::Destinations(store).remove(name, time);
    });
}

} // namespace tepal::ui
