#include "demo_backend.h"

#include <tepal/base/random.h>

#include <QTimer>

#include <cmath>

namespace tepal::ui::test {

namespace {

// Thursday, 12 March 2026, 14:22:30 UTC.
constexpr TimeMs kNow = 1'773'325'350'000;

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
    m_uploads.make(m_full);
    if (m_full) {
        m_models.fill();
        m_comparison.fill();
        makeTraffic();
    }
}

void DemoBackend::fill()
{
    m_full = true;
    m_models.fill();
    m_comparison.fill();
    makeTraffic();
    Q_EMIT m_models.modelsChanged();
    Q_EMIT m_windows.datasetsChanged();
    Q_EMIT schemaChanged();
    Q_EMIT endpointChanged();
    Q_EMIT requestsReset();
    Q_EMIT liveStatsChanged();
    Q_EMIT loggerChanged();
    Q_EMIT m_comparison.referencesChanged(QLatin1String(DemoData::kDataset));
    Q_EMIT m_windows.windowsChanged(QLatin1String(DemoData::kDataset));
}

void DemoBackend::makeTraffic()
{
    m_endpoint.phase = EndpointPhase::Serving;
    m_endpoint.port = 3000;
    m_endpoint.url = QStringLiteral("http://127.0.0.1:3000");
    m_endpoint.predictUrl = QStringLiteral("http://127.0.0.1:3000/classify");
    m_endpoint.modelTag = QLatin1String(DemoData::kTag);
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

void DemoBackend::setLogger(const LoggerState &state)
{
    m_logger = state;
    Q_EMIT loggerChanged();
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

} // namespace tepal::ui::test
