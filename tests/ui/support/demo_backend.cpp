#include "demo_backend.h"

#include <tepal/base/random.h>

#include <QTimer>

#include <cmath>

namespace tepal::ui::test {

namespace {

// Thursday, 12 March 2026, 14:22:30 UTC.
constexpr TimeMs kNow = 1'773'325'350'000;
const char kTag[] = "iris_knn:fhfsvifgrsrtjlg6";

} // namespace

bool VerbLog::contains(const QString &start) const
{
    for (const QString &c : calls) {
        if (c.startsWith(start))
            return true;
    }
    return false;
}

DemoBackend::DemoBackend(Start start, QObject *parent)
    : Backend(parent)
    , m_data(kNow)
    , m_full(start == Start::Full)
    , m_stats(std::make_shared<LiveStats>())
{
    makeUploads();
    if (m_full) {
        makeModels();
        m_comparison.fill();
        makeTraffic();
    }
}

void DemoBackend::fill()
{
    m_full = true;
    makeModels();
    m_comparison.fill();
    makeTraffic();
    Q_EMIT modelsChanged();
    Q_EMIT datasetsChanged();
    Q_EMIT schemaChanged();
    Q_EMIT endpointChanged();
    Q_EMIT requestsReset();
    Q_EMIT liveStatsChanged();
    Q_EMIT loggerChanged();
    Q_EMIT m_comparison.referencesChanged(QLatin1String(DemoData::kDataset));
    Q_EMIT windowsChanged(QLatin1String(DemoData::kDataset));
}

void DemoBackend::makeModels()
{
    const auto model = [](const char *tag, const char *kind, TimeMs created, qint64 rows,
                          double accuracy) {
        ModelInfo m;
        m.tag = QLatin1String(tag);
        m.kind = QLatin1String(kind);
        m.created = created;
        m.bytes = 6'184 + rows;
        m.rows = rows;
        m.accuracy = accuracy;
        m.accuracyMethod = QStringLiteral("leave-one-out");
        m.reference = QStringLiteral("training");
        return m;
    };
    m_models = {model(kTag, "k nearest neighbours, k = 5", kNow - 7 * kDayMs, 150, 0.967),
                model("iris_knn:c2wqnyrgrs3dkk5p", "k nearest neighbours, k = 3", kNow - 9 * kDayMs,
                      150, 0.96),
                model("churn_xgb:b5ogaicwhg5mdhaz", "XGBoost, 120 trees", kNow - 20 * kDayMs,
                      41'300, kMissing)};
    m_models[0].serving = true;
    m_models[0].latest = true;
    m_models[2].bytes = 1'284'000;
    m_models[2].reference.clear();
}

void DemoBackend::makeUploads()
{
    const auto destination = [](const char *id, DestinationKind kind, const char *name) {
        Destination d;
        d.id = QLatin1String(id);
        d.kind = kind;
        d.name = QLatin1String(name);
        d.stateText = QStringLiteral("not set up");
        return d;
    };
    m_destinations = {destination("whylabs", DestinationKind::WhyLabs, "WhyLabs"),
                      destination("folder", DestinationKind::Folder, "Folder"),
                      destination("s3", DestinationKind::S3, "S3 bucket"),
                      destination("mlflow", DestinationKind::MLflow, "MLflow")};
    if (!m_full)
        return;
    m_destinations[0].phase = DestinationPhase::Unreachable;
    m_destinations[0].target = QStringLiteral("whylabs.example.org, org-0, model-1");
    m_destinations[0].stateText = QStringLiteral("unreachable since 13:02");
    m_destinations[0].next = QStringLiteral("Next try in 40 s. Check the address or the network");
    m_destinations[0].enabled = true;
    m_destinations[0].waiting = 2;
    m_destinations[1].phase = DestinationPhase::Reachable;
    m_destinations[1].target = QStringLiteral("/home/ada/profiles");
    m_destinations[1].stateText = QStringLiteral("reachable");
    m_destinations[1].enabled = true;
    m_destinations[1].lastSuccess = kNow - 22 * kMinuteMs;
    qint64 id = 400;
    for (int h = 1; h <= 24; ++h) {
        const TimeMs start = windowStart(kNow, Granularity::Hour) - h * kHourMs;
        for (const int to : {0, 1}) {
            OutboxItem item;
            item.id = id--;
            item.dataset = QLatin1String(DemoData::kDataset);
            item.window = {start, start + kHourMs};
            item.rows = static_cast<qint64>(m_data.rowsIn(item.window).size());
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
                    item.nextTry = kNow + 40 * kSecondMs;
                    item.problem = {ErrorCode::Unavailable,
                                    QStringLiteral("whylabs.example.org did not answer in 10 s"),
                                    QStringLiteral("It is tried again by itself")};
                }
            }
            m_outbox.append(item);
        }
    }
}

void DemoBackend::makeTraffic()
{
    m_endpoint.phase = EndpointPhase::Serving;
    m_endpoint.port = 3000;
    m_endpoint.url = QStringLiteral("http://127.0.0.1:3000");
    m_endpoint.predictUrl = QStringLiteral("http://127.0.0.1:3000/classify");
    m_endpoint.modelTag = QLatin1String(kTag);
    m_endpoint.dataset = QLatin1String(DemoData::kDataset);
    m_endpoint.since = kNow - 7 * kDayMs;
    m_logger.phase = LoggerPhase::Running;
    m_logger.lastCommit = kNow - 400;
    auto stats = std::make_shared<LiveStats>();
    stats->classes = DemoData::classes();
    m_stats = stats;
    m_moved = -300 * kSecondMs;
    SplitMix64 random(7);
    const bool was = blockSignals(true);
    for (int s = 0; s < 300; ++s) {
        const double wave = 190 + 35 * std::sin(s / 40.0) + 12 * random.normal();
        playSecond(std::max(20, static_cast<int>(wave)));
    }
    blockSignals(was);
    m_moved = 0;
}

void DemoBackend::playSecond(int requests)
{
    m_moved += kSecondMs;
    SplitMix64 random(static_cast<quint64>(now()));
    auto stats = std::make_shared<LiveStats>(*m_stats);
    StatsSecond s;
    s.second = now() - kSecondMs;
    s.requests = requests;
    s.p50Ms = 0.21 + 0.01 * random.uniform();
    s.p95Ms = s.p50Ms + 0.12 + 0.06 * random.uniform();
    s.p99Ms = s.p95Ms + 0.1 + 0.25 * random.uniform() * random.uniform();
    s.errors = random.below(60) == 0 ? 1 : 0;
    s.byClass = {0, 0, 0};
    QList<RequestRow> added;
    const auto &rows = m_data.rows();
    for (int i = 0; i < requests; ++i) {
        const Row &row = rows[rows.size() - 1 - random.below(300)];
        s.byClass[row.cls] += 1;
        RequestRow r;
        r.id = QStringLiteral("%1-%2").arg(s.second).arg(i);
        r.time = s.second + i * 1000 / requests;
        r.features = QList<double>(row.features.begin(), row.features.end());
        r.predictedClass = DemoData::classes()[row.cls];
        r.probability = row.proba;
        r.durationMs = s.p50Ms * (0.7 + 0.7 * random.uniform());
        if (s.errors > 0 && i == requests / 2) {
            r.status = 400;
            r.predictedClass.clear();
            r.probability = kMissing;
        }
        added.append(r);
    }
    stats->seconds.append(s);
    while (stats->seconds.size() > 300)
        stats->seconds.removeFirst();
    double sum = 0;
    stats->errors = 0;
    for (const StatsSecond &x : std::as_const(stats->seconds)) {
        stats->errors += x.errors;
        if (x.second > s.second - 10 * kSecondMs)
            sum += x.requests;
    }
    stats->requestsPerSecond =
        sum / std::min<double>(10, static_cast<double>(stats->seconds.size()));
    stats->p50Ms = 0.214;
    stats->p95Ms = 0.371;
    stats->p99Ms = 0.462;
    stats->totalRequests += requests;
    stats->window = windowOf(m_data.now(), Granularity::Hour);
    stats->windowRows = static_cast<qint64>(m_data.rowsIn(stats->window).size());
    stats->asOf = now();
    m_stats = stats;
    m_requests.append(added);
    if (m_requests.size() > 2000)
        m_requests.remove(0, m_requests.size() - 2000);
    Q_EMIT liveStatsChanged();
    Q_EMIT requestsAdded(added);
}

void DemoBackend::setEndpoint(const EndpointState &state)
{
    m_endpoint = state;
    Q_EMIT endpointChanged();
}

void DemoBackend::setJobs(const QList<JobInfo> &jobs)
{
    m_jobs = jobs;
    Q_EMIT jobsChanged();
}

void DemoBackend::setLogger(const LoggerState &state)
{
    m_logger = state;
    Q_EMIT loggerChanged();
}

void DemoBackend::addOutboxFailure()
{
    OutboxItem &item = m_outbox.front();
    item.phase = OutboxPhase::Failed;
    item.problem = {ErrorCode::Denied, QStringLiteral("WhyLabs refused the key (403)"),
                    QStringLiteral("Enter another key under Settings")};
    Q_EMIT outboxChanged();
}

// ---------------------------------------------------------------- answers

void DemoBackend::later(std::function<void()> deliver)
{
    if (hold)
        m_held.append(std::move(deliver));
    else
        QTimer::singleShot(0, this, std::move(deliver));
}

void DemoBackend::release()
{
    hold = false;
    const auto held = std::exchange(m_held, {});
    for (const auto &deliver : held)
        deliver();
}

void DemoBackend::requestWindows(Generation generation, const QString &)
{
    answer(generation, this, &Backend::windowsReady, m_full ? m_data.windows() : WindowList{});
}

void DemoBackend::requestColumns(Generation generation, const QString &, TimeRange range)
{
    answer(generation, this, &Backend::columnsReady, m_data.columns(range));
}

void DemoBackend::requestColumnDetail(Generation generation, const ColumnQuery &query)
{
    columnQueries.append(query);
    if (failsUnknown(generation, query.column, this, &Backend::columnDetailReady) ||
        failsFile(generation, query.against, this, &Backend::columnDetailReady))
        return;
    ColumnQuery full = query;
    full.against = m_comparison.resolved(query.against);
    answer(generation, this, &Backend::columnDetailReady, m_data.columnDetail(full));
}

void DemoBackend::predict(Generation generation, const QList<double> &features)
{
    call(QStringLiteral("predict"));
    std::array<double, kFeatures> f{};
    for (std::size_t i = 0; i < kFeatures; ++i)
        f[i] = features.value(static_cast<qsizetype>(i));
    const Row row = DemoData::classify(f);
    Prediction p;
    p.classes = DemoData::classes();
    p.predictedClass = p.classes[row.cls];
    for (int c = 0; c < 3; ++c)
        p.probabilities.append(c == row.cls             ? row.proba
                               : c == (row.cls + 1) % 3 ? 1 - row.proba
                                                        : 0);
    p.explanation = QStringLiteral("%1 of 5 neighbours").arg(std::lround(row.proba * 5));
    p.durationMs = 0.23;
    p.status = 200;
    answer(generation, this, &Backend::predicted, p);
}

// ---------------------------------------------------------------- state and verbs

ModelSchema DemoBackend::schema() const
{
    ModelSchema schema;
    if (!m_full)
        return schema;
    schema.modelTag = m_endpoint.modelTag;
    schema.classes = DemoData::classes();
    for (int f = 0; f < kFeatures; ++f)
        schema.features.append(m_data.featureSpec(f));
    return schema;
}

void DemoBackend::startEndpoint(const EndpointOptions &options)
{
    call(QStringLiteral("startEndpoint %1").arg(options.port));
    m_endpoint.phase = EndpointPhase::Serving;
    m_endpoint.port = options.port == 0 ? 3000 : options.port;
    m_endpoint.url = QStringLiteral("http://127.0.0.1:%1").arg(m_endpoint.port);
    m_endpoint.predictUrl = m_endpoint.url + QStringLiteral("/classify");
    Q_EMIT endpointChanged();
}

void DemoBackend::stopEndpoint()
{
    call(QStringLiteral("stopEndpoint"));
    m_endpoint.phase = EndpointPhase::Stopped;
    m_endpoint.port = 0;
    m_endpoint.url.clear();
    m_endpoint.predictUrl.clear();
    Q_EMIT endpointChanged();
}

StoreState DemoBackend::store() const
{
    StoreState s = m_store;
    s.home = QStringLiteral("/home/ada/.local/share/tepal");
    s.bytes = m_full ? 31'200'000 : 98'304;
    return s;
}

QList<DatasetInfo> DemoBackend::datasets() const
{
    if (!m_full)
        return {};
    DatasetInfo d;
    d.id = QLatin1String(DemoData::kDataset);
    d.rows = static_cast<qint64>(m_data.rows().size());
    d.range = {windowStart(m_data.rows().front().time, Granularity::Hour),
               nextWindowStart(windowStart(m_data.now(), Granularity::Hour), Granularity::Hour)};
    d.reference = QStringLiteral("training");
    if (!m_oldDataset)
        return {d};
    DatasetInfo old;
    old.id = QStringLiteral("long ago");
    old.rows = 1200;
    old.range = {windowStart(d.range.start - 400 * kDayMs, Granularity::Hour),
                 windowStart(d.range.start - 390 * kDayMs, Granularity::Hour)};
    return {d, old};
}

void DemoBackend::addOldDataset()
{
    m_oldDataset = true;
    Q_EMIT datasetsChanged();
}

void DemoBackend::requestDatasetSettings(Generation generation, const QString &dataset)
{
    DatasetSettings settings = m_datasetSettings.value(dataset);
    settings.dataset = dataset;
    answer(generation, this, &Backend::datasetSettingsReady, settings);
}

void DemoBackend::saveDatasetSettings(Generation generation, const DatasetSettings &settings)
{
    call(QStringLiteral("saveDatasetSettings %1").arg(settings.dataset));
    if (settings.own)
        m_datasetSettings.insert(settings.dataset, settings);
    else
        m_datasetSettings.remove(settings.dataset);
    DatasetSettings saved = m_datasetSettings.value(settings.dataset);
    saved.dataset = settings.dataset;
    answer(generation, this, &Backend::datasetSettingsSaved, saved);
}

void DemoBackend::setRetention(DurationMs keep)
{
    call(QStringLiteral("setRetention %1").arg(keep));
    m_store.keep = keep;
    Q_EMIT storeChanged();
}

void DemoBackend::deleteWindows(const QString &dataset, TimeRange range)
{
    call(QStringLiteral("deleteWindows %1").arg(dataset));
    m_store.deletedWindows = 3;
    m_store.deletedRows = static_cast<qint64>(m_data.rowsIn(range).size());
    Q_EMIT storeChanged();
}

void DemoBackend::restoreWindows(const QString &dataset, TimeRange)
{
    call(QStringLiteral("restoreWindows %1").arg(dataset));
    m_store.deletedWindows = 0;
    Q_EMIT storeChanged();
}

void DemoBackend::importProfiles(const QStringList &files)
{
    call(QStringLiteral("importProfiles %1").arg(files.size()));
}

void DemoBackend::exportProfile(const QString &, TimeRange, const QString &file)
{
    call(QStringLiteral("exportProfile ") + file);
}

void DemoBackend::requestDestinationSettings(Generation generation, const QString &id)
{
    DestinationSettings s;
    s.id = id;
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
    answer(generation, this, &Backend::destinationSettingsReady, s);
}

void DemoBackend::saveDestination(Generation generation, const DestinationChange &change)
{
    QStringList secrets = change.secrets.keys();
    call(QStringLiteral("saveDestination %1 secrets=%2")
             .arg(change.id, secrets.join(QLatin1Char(','))));
    m_settings[change.id] = change.values;
    Destination saved;
    for (Destination &d : m_destinations) {
        if (d.id != change.id)
            continue;
        d.phase = DestinationPhase::Unknown;
        d.target = change.values.value(QStringLiteral("path"),
                                       change.values.value(QStringLiteral("endpoint")));
        d.stateText = QStringLiteral("never tried");
        d.enabled = change.enabled;
        saved = d;
    }
    answer(generation, this, &Backend::destinationSaved, saved);
    Q_EMIT destinationsChanged();
}

void DemoBackend::testDestination(Generation generation, const QString &id)
{
    answer(generation, this, &Backend::destinationTested,
           DestinationTest{id, true, QStringLiteral("It can be written"), {}});
}

void DemoBackend::upload(Generation generation, const UploadRequest &request)
{
    call(QStringLiteral("upload %1%2")
             .arg(request.destination, request.dryRun ? QStringLiteral(" dry") : QString()));
    UploadReport report;
    report.dryRun = request.dryRun;
    report.items = 2;
    report.text = request.dryRun ? QStringLiteral("Would send 2 uploads, 21.4 kB, to WhyLabs")
                                 : QStringLiteral("Sent 2 uploads to WhyLabs");
    answer(generation, this, &Backend::uploadFinished, report);
}

void DemoBackend::retryOutbox(const QList<qint64> &ids)
{
    call(QStringLiteral("retryOutbox %1").arg(ids.size()));
    for (OutboxItem &item : m_outbox) {
        if (ids.contains(item.id)) {
            item.phase = OutboxPhase::Waiting;
            item.problem = {};
        }
    }
    Q_EMIT outboxChanged();
}

void DemoBackend::dropOutbox(const QList<qint64> &ids)
{
    call(QStringLiteral("dropOutbox %1").arg(ids.size()));
    m_outbox.removeIf([&](const OutboxItem &item) { return ids.contains(item.id); });
    Q_EMIT outboxChanged();
}

void DemoBackend::trainIris(int k)
{
    call(QStringLiteral("trainIris %1").arg(k));
}

void DemoBackend::serveModel(const QString &tag)
{
    call(QStringLiteral("serveModel ") + tag);
    for (ModelInfo &m : m_models)
        m.serving = m.tag == tag;
    m_endpoint.modelTag = tag;
    Q_EMIT modelsChanged();
    Q_EMIT endpointChanged();
}

void DemoBackend::deleteModel(const QString &tag)
{
    call(QStringLiteral("deleteModel ") + tag);
    for (qsizetype i = 0; i < m_models.size(); ++i) {
        if (m_models[i].tag == tag) {
            m_deleted.insert(tag, m_models.takeAt(i));
            break;
        }
    }
    Q_EMIT modelsChanged();
}

void DemoBackend::undoDeleteModel(const QString &tag)
{
    call(QStringLiteral("undoDeleteModel ") + tag);
    if (m_deleted.contains(tag))
        m_models.append(m_deleted.take(tag));
    Q_EMIT modelsChanged();
}

void DemoBackend::exportModel(const QString &tag, const QString &)
{
    call(QStringLiteral("exportModel ") + tag);
}

void DemoBackend::importModel(const QString &file)
{
    call(QStringLiteral("importModel ") + file);
}

QList<Scenario> DemoBackend::scenarios() const
{
    return {{QStringLiteral("steady"), QStringLiteral("Steady"),
             QStringLiteral("Requests like the training data, with a day rhythm. Nothing drifts.")},
            {QStringLiteral("sensor-offset"), QStringLiteral("Sensor offset"),
             QStringLiteral("After a while, petal width reads 0.4 cm too high.")},
            {QStringLiteral("new-class-mix"), QStringLiteral("New class mix"),
             QStringLiteral("Virginica becomes three times as frequent.")}};
}

void DemoBackend::startSimulation(const SimulationOptions &options)
{
    call(QStringLiteral("startSimulation %1 %2").arg(options.scenario).arg(options.rate));
    m_simulation.running = true;
    m_simulation.options = options;
    m_simulation.achievedRate = options.rate * 0.99;
    m_simulation.sent = 1240;
    Q_EMIT simulationChanged();
}

void DemoBackend::stopSimulation()
{
    call(QStringLiteral("stopSimulation"));
    m_simulation.running = false;
    Q_EMIT simulationChanged();
}

void DemoBackend::backfill(int days, const QString &scenario, quint64)
{
    call(QStringLiteral("backfill %1 %2").arg(days).arg(scenario));
}

void DemoBackend::tryWithIris()
{
    call(QStringLiteral("tryWithIris"));
    fill();
}

void DemoBackend::cancelJob(quint64 id)
{
    call(QStringLiteral("cancelJob %1").arg(id));
    for (JobInfo &job : m_jobs) {
        if (job.id == id)
            job.phase = JobPhase::Cancelling;
    }
    Q_EMIT jobsChanged();
}

void DemoBackend::dismissJob(quint64 id)
{
    call(QStringLiteral("dismissJob %1").arg(id));
    m_jobs.removeIf([id](const JobInfo &job) { return job.id == id; });
    Q_EMIT jobsChanged();
}

} // namespace tepal::ui::test
