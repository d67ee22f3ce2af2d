#include "worker_stats.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tepal {

std::size_t LatencyHistogram::bucketOf(std::uint64_t nanoseconds)
{
    if (nanoseconds < 1024)
        return 0;
    const auto octave = static_cast<std::size_t>(std::bit_width(nanoseconds)) - 11;
    const std::size_t part = (nanoseconds >> (octave + 7)) & 7;
    return std::min(octave * 8 + part, kBuckets - 1);
}

double LatencyHistogram::upperUs(std::size_t bucket)
{
    const double octave = std::ldexp(1.024, static_cast<int>(bucket / 8));
    return octave * (1 + static_cast<double>(bucket % 8 + 1) / 8);
}

std::uint64_t LatencyHistogram::count() const
{
    std::uint64_t sum = 0;
    for (const std::uint64_t one : m_counts)
        sum += one;
    return sum;
}

double LatencyHistogram::quantileUs(double q) const
{
    const std::uint64_t all = count();
    if (all == 0)
        return 0;
    const auto rank = static_cast<std::uint64_t>(
        std::max(1.0, std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(all))));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
        seen += m_counts[bucket];
        if (seen >= rank)
            return upperUs(bucket);
    }
    return upperUs(kBuckets - 1);
}

} // namespace tepal

namespace tepal::serving {

std::size_t statusIndex(int status)
{
    for (std::size_t i = 0; i + 1 < kStatuses.size(); ++i) {
        if (kStatuses[i] == status)
            return i;
    }
    return kStatuses.size() - 1;
}

void WorkerStats::finished(Route route, int status, std::uint64_t nanoseconds, std::uint64_t nowNs)
{
    // Scrapes of the metrics are not requests of anybody.
    if (route == Route::Metrics)
        return;
    Series &one = series[static_cast<std::size_t>(route)][statusIndex(status)];
    std::size_t bucket = 0;
    while (bucket < kDurationBuckets.size() &&
           static_cast<double>(nanoseconds) > kDurationBuckets[bucket] * 1e9)
        ++bucket;
    bump(one.buckets[bucket]);
    bump(one.nanoseconds, nanoseconds);

    const std::uint64_t now = nowNs / 1'000'000'000;
    Second &second = seconds[now % kSeconds];
    if (value(second.second) != now) {
        second.second.store(0, std::memory_order_relaxed);
        second.count.store(0, std::memory_order_relaxed);
        for (auto &each : second.buckets)
            each.store(0, std::memory_order_relaxed);
        second.second.store(now, std::memory_order_release);
    }
    auto &latency = second.buckets[LatencyHistogram::bucketOf(nanoseconds)];
    latency.store(latency.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    second.count.store(second.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void WorkerStats::addTo(ServerStats &stats, std::uint64_t nowNs) const
{
    for (std::size_t route = 0; route < kRoutes; ++route) {
        RouteStats &total = stats.routes[route];
        for (std::size_t code = 0; code < kStatuses.size(); ++code) {
            const Series &one = series[route][code];
            std::uint64_t count = 0;
            for (const Counter &bucket : one.buckets)
                count += value(bucket);
            if (count == 0)
                continue;
            total.requests += count;
            total.byStatus[kStatuses[code]] += count;
            total.totalSeconds += static_cast<double>(value(one.nanoseconds)) * 1e-9;
            stats.byStatus[kStatuses[code]] += count;
            stats.requests += count;
        }
    }
    stats.inFlight += value(inFlight);
    stats.connections += value(connections);
    stats.appendedRows += value(appendedRows);
    stats.droppedRows += value(droppedRows);
    stats.refusedRows += value(refusedRows);
    for (RefusalCount &one : stats.refused)
        one.count += value(refused[static_cast<std::size_t>(one.reason)]);
    const std::uint64_t now = nowNs / 1'000'000'000;
    const auto recent = static_cast<std::uint64_t>(stats.recentSeconds);
    for (const Second &second : seconds) {
        const std::uint64_t at = second.second.load(std::memory_order_acquire);
        if (at == 0 || at >= now || now - at > stats.perSecond.size())
            continue;
        const std::uint32_t count = second.count.load(std::memory_order_relaxed);
        stats.perSecond[stats.perSecond.size() - (now - at)] += count;
        if (now - at > recent)
            continue;
        stats.recentRequests += count;
        for (std::size_t bucket = 0; bucket < second.buckets.size(); ++bucket)
            stats.latency.add(bucket, second.buckets[bucket].load(std::memory_order_relaxed));
    }
}

void RecentRing::add(const RecentData &data)
{
    const std::uint64_t id = m_last.fetch_add(1, std::memory_order_relaxed) + 1;
    Slot &slot = m_slots[id % kSize];
    std::uint64_t words[sizeof(RecentData) / 8];
    std::memcpy(words, &data, sizeof data);
    slot.version.store(2 * id + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 0; i < std::size(words); ++i)
        slot.words[i].store(words[i], std::memory_order_relaxed);
    slot.version.store(2 * id + 2, std::memory_order_release);
}

std::vector<RecentRequest> RecentRing::after(std::uint64_t id, std::size_t limit) const
{
    std::vector<RecentRequest> found;
    const std::uint64_t last = m_last.load(std::memory_order_acquire);
    std::uint64_t at = std::max(id + 1, last >= kSize ? last - kSize + 1 : 1);
    for (; at <= last && found.size() < limit; ++at) {
        const Slot &slot = m_slots[at % kSize];
        const std::uint64_t version = slot.version.load(std::memory_order_acquire);
        // Not finished yet: stop, so that the caller asks for it again.
        if (version < 2 * at + 2)
            break;
        std::uint64_t words[sizeof(RecentData) / 8];
        for (std::size_t i = 0; i < std::size(words); ++i)
            words[i] = slot.words[i].load(std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_acquire);
        if (version != 2 * at + 2 || slot.version.load(std::memory_order_relaxed) != version)
            continue;
        RecentData data;
        std::memcpy(&data, words, sizeof data);
        RecentRequest &request = found.emplace_back();
        request.id = at;
        request.time = data.time;
        request.route = routeLabel(static_cast<Route>(data.route));
        request.predicts = static_cast<Route>(data.route) == Route::Predict && data.explains == 0;
        request.status = data.status;
        request.latencyUs = data.latencyUs;
        request.features.assign(data.features.begin(), data.features.begin() + data.featureCount);
        request.predictedClass = data.predicted;
        request.probability = data.probability;
        request.rows = data.rows;
    }
    return found;
}

} // namespace tepal::serving
