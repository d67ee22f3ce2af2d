/// What the logger hands over in one go.
#pragma once

#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>
#include <tepal/store/summary.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tepal {

/// Position in one journal lane, stored in the transaction that stores what was read up to there.
struct StoredCursor
{
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
    std::uint64_t sequence = 0;

    bool operator==(const StoredCursor &) const = default;
};
using StoredCursors = std::map<std::uint32_t, StoredCursor>;

/// What the logger knows about itself, written with every commit.
struct LoggerHeartbeat
{
    std::int64_t pid = 0;
    TimeMs startedAt = 0;
    TimeMs committedAt = 0;
    std::int64_t recordsRead = 0; ///< Since this logger process started.
    std::int64_t rowsLogged = 0;
    std::int64_t quarantined = 0; ///< Records set aside, ever.
    std::int64_t skipped = 0;     ///< Places in the journal that could not be read, ever.
    std::int64_t future = 0; ///< Rows whose time lay ahead of the clock, ever. They are logged.
    TimeMs caughtUpAt = 0;   ///< When the journal was last seen without unread records.
};

/// A record that could not be profiled, set aside with the reason.
struct QuarantinedRecord
{
    std::int64_t id = 0;
    std::string dataset; ///< Empty when the record does not tell.
    TimeMs time = 0;     ///< The record's own.
    TimeMs noticed = 0;
    std::uint32_t lane = 0;
    std::uint64_t sequence = 0;
    std::string reason;
    std::string payload; ///< The record as text, or its bytes when it cannot be understood.
};

/// One open chunk as the logger hands it over: the chunk's own profile, and the summaries of the
/// whole window.
struct ChunkCommit
{
    std::string dataset;
    SegmentTags segment;
    Granularity granularity = Granularity::Hour;
    TimeMs start = 0;
    TimeMs end = 0;
    std::int64_t chunkId = 0; ///< 0 = new; otherwise what an earlier commit returned.
    const DatasetProfile *profile = nullptr;
    std::int64_t rows = 0;
    bool close = false; ///< The chunk is finished and goes to the outbox.
    std::vector<ColumnSummary> summaries;
};

struct CommitBatch
{
    std::vector<ChunkCommit> chunks;
    StoredCursors cursors;
    LoggerHeartbeat heartbeat;
    std::vector<QuarantinedRecord> quarantine; ///< Set aside since the last commit.
    /// Deletions::count() when the closed profiles that the summaries contain were read. Should it
    /// have grown since, nothing is committed (Busy).
    std::optional<std::int64_t> deletions;
};

} // namespace tepal
