/// The logger's side: windows are filled, merged, rolled up and given up.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>
#include <tepal/store/commit_batch.h>
#include <tepal/store/store.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tepal {

/// What an open chunk looked like when it was committed last.
struct OpenChunk
{
    std::int64_t chunkId = 0;
    std::int64_t rows = 0;
    DatasetProfile profile;
};

/// For one logger at a time, and for whoever wants to know how it is doing: cursors(), heartbeat()
/// and quarantined() only read.
class WindowWriter
{
public:
    explicit WindowWriter(Store &store)
        : m_impl(&store.impl())
    {}

    /// All or nothing. Returns the chunk ids in the order of batch.chunks.
    Result<std::vector<std::int64_t>> commit(const CommitBatch &batch);
    /// As of the last commit; empty in a new home.
    Result<StoredCursors> cursors();
    /// Of the last commit; nothing before the first.
    Result<std::optional<LoggerHeartbeat>> heartbeat();
    /// Newest first.
    Result<std::vector<QuarantinedRecord>> quarantined(std::size_t limit = 1000);
    /// Makes everything committed so far survive a power failure, so that journal files may be
    /// deleted: in the database file, or, while a long reader prevents that, in the write-ahead
    /// log.
    Status makeDurable();
    /// The open chunk of a window, if it has one.
    Result<std::optional<OpenChunk>> openChunk(const std::string &dataset,
                                               const SegmentTags &segment, Granularity granularity,
                                               TimeMs start);
    /// Closes every open chunk (of one dataset; empty = of all), handing them to the outbox.
    Result<int> closeOpenChunks(const std::string &dataset = {});
    /// Merges finished chunks of windows that have ended, where that changes nothing for any
    /// destination: chunks that all went to the same places, or that wait for a first one. At most
    /// `limit` windows; returns how many. A merged chunk's outbox item stays, without rows.
    Result<int> compact(TimeMs now, int limit);
    /// Merges the windows of every hour, day and month that has ended into one profile each, where
    /// windows are finer and that was not done or new rows came since. At most `limit`; returns how
    /// many were looked after.
    Result<int> rollUp(TimeMs now, int limit);
    /// Deletes windows that ended before this time, but for those that are being filled or have
    /// chunks that have still to be sent. At most `limit`; returns how many. They can be restored.
    Result<int> expire(TimeMs before, TimeMs now, int limit);

private:
    Store::Impl *m_impl;
};

} // namespace tepal
