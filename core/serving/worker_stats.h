/// Counters of one serving thread: written by it alone with plain stores, read by anybody.
#pragma once

#include "routes.h"

#include <tepal/serving/refusals.h>
#include <tepal/serving/stats.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tepal::serving {

inline constexpr std::array<int, 18> kStatuses{200, 204, 304, 307, 400, 401, 403, 404, 405,
                                               408, 413, 415, 429, 431, 500, 503, 504, 0};
/// Index of a status; unknown ones share the last place.
std::size_t statusIndex(int status);

/// Seconds; the last bucket is +Inf. From 5 ms on those that BentoML has.
inline constexpr std::array<double, 25> kDurationBuckets{
    0.000001, 0.000002, 0.000005, 0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005,
    0.001,    0.0025,   0.005,    0.01,    0.025,   0.05,    0.075,  0.1,    0.25,
    0.5,      0.75,     1.0,      2.5,     5.0,     7.5,     10.0};

using Counter = std::atomic<std::uint64_t>;
inline void bump(Counter &counter, std::uint64_t by = 1)
{
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}
inline std::uint64_t value(const Counter &counter)
{
    return counter.load(std::memory_order_relaxed);
}

struct WorkerStats
{
    struct Series
    {
        std::array<Counter, kDurationBuckets.size() + 1> buckets{};
        Counter nanoseconds{0};
    };
    std::array<std::array<Series, kStatuses.size()>, kRoutes> series;

    Counter inFlight{0};
    Counter connections{0};
    Counter yielded{0}; ///< Idle connections that made room for new ones.
    Counter appendedRows{0};
    Counter droppedRows{0};
    Counter refusedRows{0};
    std::array<Counter, kRefusals> refused{}; ///< Requests, by reason.
    /// The route whose handler runs now; kRoutes = none.
    std::atomic<std::size_t> currentRoute{kRoutes};

    /// One per second, in a ring.
    struct Second
    {
        Counter second{0};
        std::atomic<std::uint32_t> count{0};
        std::array<std::atomic<std::uint32_t>, LatencyHistogram::kBuckets> buckets{};
    };
    static constexpr std::size_t kSeconds = 64;
    std::array<Second, kSeconds> seconds;

    void refuse(Refusal why) { bump(refused[static_cast<std::size_t>(why)]); }
    void finished(Route route, int status, std::uint64_t nanoseconds, std::uint64_t nowNs);
    /// Adds this thread's share.
    void addTo(ServerStats &stats, std::uint64_t nowNs) const;
};

/// What is kept of one request in the ring.
struct RecentData
{
    std::int64_t time = 0;
    double probability = 0;
    std::array<double, 8> features{};
    std::uint32_t latencyUs = 0;
    std::uint32_t rows = 0;
    std::uint16_t status = 0;
    std::uint8_t route = 0;
    std::uint8_t featureCount = 0;
    char predicted[32] = {};
    std::uint32_t explains = 0; ///< 1: asked why, which is no prediction.
};
static_assert(sizeof(RecentData) % 8 == 0);

/// The last requests of all threads. Writers never wait; a reader leaves out what is being written.
class RecentRing
{
public:
    static constexpr std::size_t kSize = 4096;

    void add(const RecentData &data);
    std::vector<RecentRequest> after(std::uint64_t id, std::size_t limit) const;

private:
    struct Slot
    {
        /// 2·id + 1 while request `id` is being written, 2·id + 2 when it stands.
        std::atomic<std::uint64_t> version{0};
        std::array<std::atomic<std::uint64_t>, sizeof(RecentData) / 8> words{};
    };
    std::atomic<std::uint64_t> m_last{0};
    std::array<Slot, kSize> m_slots;
};

} // namespace tepal::serving
