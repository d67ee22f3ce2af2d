/// What an observer sees of the endpoint. Plain values.
#pragma once

#include <tepal/base/time.h>
#include <tepal/serving/refusals.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// Latencies in logarithmic buckets, eight per octave (at most 9 % wide), from 1 µs to about 17
/// min.
class LatencyHistogram
{
public:
    static constexpr std::size_t kBuckets = 248;

    static std::size_t bucketOf(std::uint64_t nanoseconds);
    /// Upper bound of a bucket in microseconds.
    static double upperUs(std::size_t bucket);

    void add(std::size_t bucket, std::uint64_t count) { m_counts[bucket] += count; }
    std::uint64_t count() const;
    /// Upper bound, in microseconds, of the bucket that holds the quantile; 0 when empty.
    double quantileUs(double q) const;

private:
    std::array<std::uint64_t, kBuckets> m_counts{};
};

/// What the logger, which empties the journal, says about itself.
struct ConsumerStats
{
    bool running = false;
    std::uint64_t lagRecords = 0; ///< Not read yet.
    DurationMs lagMs = 0;         ///< Age of the oldest of them, at most.
    TimeMs lastCommit = 0;        ///< 0 = none yet.
    std::uint64_t quarantined = 0;
    std::uint64_t skipped = 0; ///< Places of the journal that could not be read.
    std::uint64_t future = 0;  ///< Rows whose time lay ahead of the clock.
    std::uint64_t restarts = 0;
};

/// How one destination of finished profiles stands.
struct UploadStats
{
    std::string destination;
    bool enabled = false;
    std::int64_t waiting = 0;
    std::int64_t failed = 0;
    std::int64_t asks = 0; ///< Somebody has to say whether they are to be sent again.
    std::int64_t sent = 0;
    double oldestSeconds = 0; ///< Since the start of the oldest waiting window.
    std::string_view gate;    ///< `open`, `closed` for a while, or `refused`.
};

struct RouteStats
{
    std::string route; ///< The route's template, or `other`.
    std::uint64_t requests = 0;
    std::map<int, std::uint64_t> byStatus;
    double totalSeconds = 0; ///< Sum of latencies.
};

/// Two versions of a model side by side.
struct RolloutStats
{
    std::string model;
    std::string primary;   ///< Version.
    std::string candidate; ///< Version.
    bool shadow = false;
    double share = 0; ///< Of the requests, for the candidate; 0 in the shadow.
    std::uint64_t primaryRows = 0;
    std::uint64_t candidateRows = 0;
    /// Of the candidate in the shadow: rows with the primary's answer, with another one, with none.
    std::uint64_t agreeing = 0;
    std::uint64_t differing = 0;
    std::uint64_t unanswered = 0;
};

struct ServerStats
{
    std::uint64_t requests = 0;
    std::map<int, std::uint64_t> byStatus;
    std::vector<RouteStats> routes;
    std::uint64_t inFlight = 0;
    std::uint64_t connections = 0;
    std::uint64_t appendedRows = 0;        ///< Rows that are in the journal.
    std::uint64_t droppedRows = 0;         ///< Answered without a record (WhenFull::Drop).
    std::uint64_t refusedRows = 0;         ///< Answered 503 because the journal was full.
    std::vector<RefusalCount> refused;     ///< Those that happened, in the order of the table.
    std::vector<RolloutStats> rollouts;    ///< That requests met so far and are still under way.
    std::vector<std::string> foreignHosts; ///< Named by refused requests: the first few.
    /// Finished requests of the last `recentSeconds` full seconds, and their latencies from the
    /// arrival of the whole request to the moment its answer is handed to the socket.
    double recentSeconds = 10;
    std::uint64_t recentRequests = 0;
    LatencyHistogram latency;
    /// Requests finished in each of the last 60 full seconds, oldest first.
    std::vector<std::uint32_t> perSecond;
};

struct RecentRequest
{
    std::uint64_t id = 0; ///< From 1, in order of finishing.
    TimeMs time = 0;
    std::string_view route;
    int status = 0;
    std::uint32_t latencyUs = 0;
    std::vector<double> features; ///< At most 8; empty for routes without a model.
    std::string predictedClass;   ///< At most 31 bytes.
    double probability = 0;       ///< Of the predicted class.
    std::uint32_t rows = 0;       ///< Rows recorded in the journal.
    bool predicts = false; ///< Asked the model for a class; log, frame and explanations do not.
};

} // namespace tepal
