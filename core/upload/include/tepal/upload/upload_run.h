/// Uploading because somebody asks: until nothing is left to be sent, or patience ends.
#pragma once

#include <tepal/upload/sender.h>
#include <tepal/upload/xray.h>

#include <cstdint>
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
    OutboxKind kind = OutboxKind::Chunk;
    std::int64_t chunkId = 0; ///< Of a chunk.
    std::string subject;
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
    /// Of a dry run: what was taken out, and what the file contains.
    std::string redaction;
    std::optional<XRay> content;
};

/// What became of one destination's items.
struct UploadRun
{
    std::string destination;
    std::vector<UploadedItem> items; ///< In the order of their first try.
    int sent = 0;
    int failed = 0;         ///< Will not be tried again by itself.
    int asks = 0;           ///< Somebody has to say whether they are to be sent again.
    int waiting = 0;        ///< Tried in vain, or not reached; will be tried again.
    std::int64_t bytes = 0; ///< Of the items that were sent (dry run: would be).
    bool dryRun = false;
    /// Of a dry run: redaction rules that no column and no segment of any item met, as text.
    std::vector<std::string> unmatched;
    /// … and segments that it is limited to although no window is of them.
    std::vector<std::string> unseenSegments;
    bool cancelled = false;
    /// Why the run ended before everything was tried: the destination refuses or cannot be reached.
    std::optional<Error> stopped;
};

struct UploadProgress
{
    int done = 0;
    int total = 0;
    std::string text; ///< "model-1 2026-01-31T14:00:00Z: sent", "…: busy; next try in 4 s"
};

struct UploadRunOptions
{
    SenderOptions sender;
    /// Also pieces from before a destination was enabled.
    bool everything = false;
    /// Failed items, and those whose next try lies in the future, are tried now. Those that ask are
    /// not.
    bool retryFailed = true;
    int tries = 6;                       ///< In vain, in a row, at one destination.
    DurationMs patience = 2 * kMinuteMs; ///< Waiting between tries, in all.
    std::function<void(const UploadProgress &)> progress;
    /// Waits while nothing is under way; false = woken by the stop token. Default: really waits.
    std::function<bool(DurationMs, std::stop_token)> wait;
};

/// Queues what the destinations do not have and sends it, in the order of outlets. Errors: those
/// of the store; what happens to items is in the reports. A destination that is not configured is
/// reported as stopped.
Result<std::vector<UploadRun>> uploadNow(Store &store, std::vector<Outlet> outlets,
                                         const UploadRunOptions &options, std::stop_token stop,
                                         const Clock &clock = SystemClock::instance());

/// What uploadNow() would send to one destination; nothing is sent and nothing is changed.
Result<UploadRun> rehearseUpload(Store &store, const Outlet &outlet, bool everything,
                                 std::stop_token stop);

} // namespace tepal
