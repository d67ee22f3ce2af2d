#include "ui/backend/host/live_monitor.h"

#include <algorithm>
#include <cmath>

namespace tepal::ui {

namespace {

constexpr DurationMs kKept = 5 * kMinuteMs;
constexpr std::size_t kRateSeconds = 10;
constexpr std::size_t kLatencySeconds = 60;

double quantile(std::vector<float> &values, double q)
{
    if (values.empty())
        return kMissing;
    const auto at = static_cast<std::ptrdiff_t>(
        std::min(static_cast<double>(values.size() - 1), q * static_cast<double>(values.size())));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return static_cast<double>(values[static_cast<std::size_t>(at)]);
}

} // namespace

void LiveMonitor::reset(const QStringList &classes)
{
    m_classes = classes;
    m_seconds.clear();
    m_lastTotal = 0;
    m_errors = 0;
    m_lastSecond = 0;
    m_primed = false;
}

LiveMonitor::Second &LiveMonitor::secondOf(TimeMs time)
{
    const TimeMs start = time / kSecondMs * kSecondMs;
    for (auto it = m_seconds.rbegin(); it != m_seconds.rend(); ++it) {
        if (it->start == start)
            return *it;
        if (it->start < start) {
            Second second;
            second.start = start;
            second.byClass.fill(0, m_classes.size());
            return *m_seconds.insert(it.base(), std::move(second));
        }
    }
    Second second;
    second.start = start;
    second.byClass.fill(0, m_classes.size());
    m_seconds.push_front(std::move(second));
    return m_seconds.front();
}

QList<RequestRow> LiveMonitor::add(const std::vector<RecentRequest> &requests)
{
    QList<RequestRow> rows;
    rows.reserve(static_cast<qsizetype>(requests.size()));
    for (const RecentRequest &request : requests) {
        Second &second = secondOf(request.time);
        if (request.status >= 400)
            second.errors += 1;
        if (!request.predicts)
            continue; // Logged rows and health checks count in the rates alone.
        RequestRow row;
        row.id = QString::number(request.id);
        row.time = request.time;
        row.features = QList<double>(request.features.begin(), request.features.end());
        row.predictedClass = QString::fromStdString(request.predictedClass);
        row.probability = row.predictedClass.isEmpty() ? kMissing : request.probability;
        row.status = request.status;
        row.durationMs = request.latencyUs / 1000.0;

        second.latenciesMs.push_back(static_cast<float>(row.durationMs));
        const auto index = m_classes.indexOf(row.predictedClass);
        if (index >= 0)
            second.byClass[index] += 1;
        rows.append(std::move(row));
    }
    return rows;
}

bool LiveMonitor::tick(TimeMs now, const ServerStats &stats)
{
    const TimeMs second = now / kSecondMs * kSecondMs;
    if (!m_primed) {
        m_primed = true;
        m_lastTotal = stats.requests;
        m_lastSecond = second;
        secondOf(now);
        return true;
    }
    if (stats.requests > m_lastTotal) {
        secondOf(now).requests += static_cast<double>(stats.requests - m_lastTotal);
        m_lastTotal = stats.requests;
    }
    if (second == m_lastSecond)
        return false;
    secondOf(now); // a quiet second is a second with zero requests, not a gap
    m_lastSecond = second;
    while (!m_seconds.empty() && m_seconds.front().start < second - kKept)
        m_seconds.pop_front();
    return true;
}

LiveStats LiveMonitor::snapshot(TimeMs now) const
{
    LiveStats stats;
    stats.classes = m_classes;
    stats.asOf = now;
    const TimeMs current = now / kSecondMs * kSecondMs;
    std::vector<float> recent;
    double rate = 0;
    std::size_t rateSeconds = 0;
    for (const Second &second : m_seconds) {
        if (second.start >= current)
            continue; // not over yet
        StatsSecond out;
        out.second = second.start;
        out.requests = second.requests;
        out.errors = second.errors;
        out.byClass = second.byClass;
        std::vector<float> latencies = second.latenciesMs;
        out.p50Ms = quantile(latencies, 0.5);
        out.p95Ms = quantile(latencies, 0.95);
        out.p99Ms = quantile(latencies, 0.99);
        stats.seconds.append(out);
        stats.errors += second.errors;
        if (second.start >= current - static_cast<TimeMs>(kLatencySeconds) * kSecondMs)
            recent.insert(recent.end(), second.latenciesMs.begin(), second.latenciesMs.end());
        if (second.start >= current - static_cast<TimeMs>(kRateSeconds) * kSecondMs) {
            rate += second.requests;
            ++rateSeconds;
        }
    }
    stats.requestsPerSecond = rateSeconds == 0 ? kMissing : rate / static_cast<double>(rateSeconds);
    stats.p50Ms = quantile(recent, 0.5);
    stats.p95Ms = quantile(recent, 0.95);
    stats.p99Ms = quantile(recent, 0.99);
    stats.totalRequests = static_cast<qint64>(m_lastTotal);
    return stats;
}

} // namespace tepal::ui
