/// Sends what waits in a store's outbox.
#pragma once

#include <tepal/base/clock.h>
#include <tepal/base/result.h>
#include <tepal/store/outbox.h>
#include <tepal/store/store.h>
#include <tepal/upload/destination.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace tepal {

/// One item after a run (or, in a dry run, as it would be sent).
struct UploadedItem
{
    std::int64_t id = 0; ///< 0 in a dry run for a chunk that has no item of this destination yet.
    std::string dataset;
    SegmentTags segment;
    TimeMs start = 0;
    TimeMs end = 0;
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    OutboxState state = OutboxState::Waiting;
    int attempts = 0;
    std::string place; ///< File or id at the destination.
    std::string error;
    std::string nextStep;
};

struct UploadRun
{
    std::vector<UploadedItem> items; ///< In the order of their first try.
    int sent = 0;
    int failed = 0;         ///< Will not be tried again by itself.
    int waiting = 0;        ///< Tried in vain, or not reached; will be tried again.
    std::int64_t bytes = 0; ///< Of the items that were sent (dry run: would be).
    bool dryRun = false;
    bool cancelled = false;
    /// Why the run ended before everything was tried: the destination refuses or cannot be reached.
    std::optional<Error> stopped;
};

struct UploadProgress
{
    int done = 0;
    int total = 0;
    std::string text; ///< "model-1 2026-01-31T14:00:00Z: sending", "…: next try in 4 s"
};

struct UploadRunOptions
{
    /// A person asks: items whose next try lies in the future, and failed ones, are tried now.
    /// Items that need a decision are not.
    bool ignoreNextTry = true;
    bool dryRun = false;                   ///< Nothing is sent and nothing is changed.
    int maxTries = 6;                      ///< Of one item in one run.
    DurationMs maxWaiting = 2 * kMinuteMs; ///< Waiting between tries, in all.
    /// Held during the run, so that items which a killed sender left can be taken up at once; a
    /// second sender waits for it (Busy after two minutes). Empty = leases alone keep senders
    /// apart.
    std::filesystem::path lockFile;
    std::function<void(const UploadProgress &)> progress;
    /// Sleeps between tries; false = woken by the stop token. Default: really sleeps.
    std::function<bool(DurationMs, std::stop_token)> sleep;
    std::uint64_t seed = 0; ///< Of the jitter; 0 = from the system.
};

/// Uses the store on the calling thread.
class OutboxWorker
{
public:
    /// Longer than any one try, so that a living sender's item is never taken by another.
    static constexpr DurationMs kLease = 7 * kMinuteMs;
    /// When an item is tried again that a whole run could not send.
    static constexpr DurationMs kLater = 10 * kMinuteMs;

    explicit OutboxWorker(Store &store, const Clock &clock = SystemClock::instance());

    /// Gives every closed chunk an item for this destination and sends those that are due. Errors:
    /// those of the store, Busy, and of an unconfigured destination; what happens to items is in
    /// the report.
    Result<UploadRun> runOnce(Destination &destination, const UploadRunOptions &options = {},
                              std::stop_token stop = {});

private:
    Store &m_store;
    const Clock &m_clock;
};

/// The lock file of a home for UploadRunOptions.
std::filesystem::path uploadLockFile(const std::filesystem::path &homeRoot);

/// Lower-case hexadecimal SHA-256.
std::string sha256Hex(std::string_view bytes);

} // namespace tepal
