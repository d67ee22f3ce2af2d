/// Windows that are hidden, and had back or purged later.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/store/store.h>
#include <tepal/store/window_info.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tepal {

/// One that was deleted and not purged yet.
struct DeletedWindow
{
    WindowInfo window;
    TimeMs deletedAt = 0;
};

/// What deleting or restoring a range is about.
struct DeletionReport
{
    std::int64_t windows = 0;
    std::int64_t rows = 0;
    std::int64_t filling = 0; ///< Windows that stay because they are being filled.
    std::int64_t unsent = 0;  ///< Windows with chunks that wait to be sent.
};

/// See WindowWriter::expire() for what goes by age.
class Deletions
{
public:
    explicit Deletions(Store &store)
        : m_impl(&store.impl())
    {}

    /// How long deleted windows can be restored unless somebody purges them.
    static constexpr DurationMs kPurgeAfter = 7 * kDayMs;

    /// The visible windows (or the deleted ones) of a dataset that lie wholly in the range.
    Result<DeletionReport> deletable(const std::string &dataset, TimeRange range,
                                     bool deleted = false);
    /// Hides them from every answer, chart, comparison and upload until they are restored or
    /// purged; those that are being filled stay. Rows that come for a deleted window later make a
    /// new one.
    Result<DeletionReport> remove(const std::string &dataset, TimeRange range, TimeMs now);
    /// Takes deletions back. Rows that came for the same windows since are counted with them.
    Result<DeletionReport> restore(const std::string &dataset, TimeRange range);
    /// By dataset (empty = all) and start.
    Result<std::vector<DeletedWindow>> list(const std::string &dataset);
    /// Removes what was deleted up to this time for good, but for what is being sent right now. At
    /// most `limit` windows; returns how many.
    Result<int> purge(TimeMs deletedUpTo, TimeMs now, int limit);
    /// How often windows were deleted or restored so far; see CommitBatch.
    Result<std::int64_t> count();

private:
    Store::Impl *m_impl;
};

} // namespace tepal
