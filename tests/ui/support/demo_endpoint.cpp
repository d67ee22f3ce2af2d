#include "demo_endpoint.h"

#include "demo_backend.h"

#include <tepal/base/random.h>

#include <cmath>

namespace tepal::ui::test {

void DemoEndpoint::fill()
{
    m_state.phase = EndpointPhase::Serving;
    m_state.port = 3000;
    m_state.url = QStringLiteral("http://127.0.0.1:3000");
    m_state.predictUrl = QStringLiteral("http://127.0.0.1:3000/classify");
    m_state.modelTag = QLatin1String(DemoData::kTag);
    m_state.dataset = QLatin1String(DemoData::kDataset);
    m_state.since = m_demo.data().now() - 7 * kDayMs;
    m_logger.phase = LoggerPhase::Running;
    m_logger.lastCommit = m_demo.data().now() - 400;
    auto stats = std::make_shared<LiveStats>();
    stats->classes = DemoData::classes();
    m_stats = stats;
    m_demo.setMoved(-300 * kSecondMs);
    SplitMix64 random(7);
    const bool was = blockSignals(true);
    for (int s = 0; s < 300; ++s) {
        const double wave = 190 + 35 * std::sin(s / 40.0) + 12 * random.normal();
        playSecond(std::max(20, static_cast<int>(wave)));
    }
    blockSignals(was);
    m_demo.setMoved(0);
}

void DemoEndpoint::playSecond(int requests)
{
    m_demo.setMoved(m_demo.moved() + kSecondMs);
    SplitMix64 random(static_cast<quint64>(m_demo.now()));
    auto stats = std::make_shared<LiveStats>(*m_stats);
    StatsSecond s;
    s.second = m_demo.now() - kSecondMs;
    s.requests = requests;
    s.p50Ms = 0.21 + 0.01 * random.uniform();
    s.p95Ms = s.p50Ms + 0.12 + 0.06 * random.uniform();
    s.p99Ms = s.p95Ms + 0.1 + 0.25 * random.uniform() * random.uniform();
    s.errors = random.below(60) == 0 ? 1 : 0;
    s.byClass = {0, 0, 0};
    QList<RequestRow> added;
    const auto &rows = m_demo.data().rows();
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
    stats->window = windowOf(m_demo.data().now(), Granularity::Hour);
    stats->windowRows = static_cast<qint64>(m_demo.data().rowsIn(stats->window).size());
    stats->asOf = m_demo.now();
    m_stats = stats;
    m_requests.append(added);
    if (m_requests.size() > 2000)
        m_requests.remove(0, m_requests.size() - 2000);
    Q_EMIT liveStatsChanged();
    Q_EMIT requestsAdded(added);
}

void DemoEndpoint::setEndpoint(const EndpointState &state)
{
    m_state = state;
    Q_EMIT endpointChanged();
}

void DemoEndpoint::setLogger(const LoggerState &state)
{
    m_logger = state;
    Q_EMIT loggerChanged();
}

void DemoEndpoint::predict(Generation generation, const QList<double> &features)
{
    m_demo.call(QStringLiteral("predict"));
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
    m_demo.answer(generation, this, &Endpoint::predicted, p);
}

ModelSchema DemoEndpoint::schema() const
{
    ModelSchema schema;
    if (!m_demo.isFull())
        return schema;
    schema.modelTag = m_state.modelTag;
    schema.classes = DemoData::classes();
    for (int f = 0; f < kFeatures; ++f)
        schema.features.append(m_demo.data().featureSpec(f));
    return schema;
}

void DemoEndpoint::startEndpoint(const EndpointOptions &options)
{
    m_demo.call(QStringLiteral("startEndpoint %1").arg(options.port));
    m_state.phase = EndpointPhase::Serving;
    m_state.port = options.port == 0 ? 3000 : options.port;
    m_state.url = QStringLiteral("http://127.0.0.1:%1").arg(m_state.port);
    m_state.predictUrl = m_state.url + QStringLiteral("/classify");
    Q_EMIT endpointChanged();
}

void DemoEndpoint::stopEndpoint()
{
    m_demo.call(QStringLiteral("stopEndpoint"));
    m_state.phase = EndpointPhase::Stopped;
    m_state.port = 0;
    m_state.url.clear();
    m_state.predictUrl.clear();
    Q_EMIT endpointChanged();
}

} // namespace tepal::ui::test
