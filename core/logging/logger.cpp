#include "logger_impl.h"

#include <tepal/base/log.h>
#include <tepal/logging/cursors.h>
#include <tepal/store/deletions.h>
#include <tepal/store/settings.h>
#include <tepal/store/summary.h>
#include <tepal/store/window_writer.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace tepal {
namespace {

/// More windows than this are committed at once and then leave memory; they come back when a record
/// of theirs arrives. Bounds the memory of a backfill.
constexpr std::size_t kMaxDirtyWindows = 192;
constexpr std::size_t kMaxWindows = 256;
/// After so many rows the schedule is looked at: about a tenth of a second.
constexpr std::int64_t kRowsPerRound = 100'000;
/// How often journal files whose records are safely in the database are deleted.
constexpr DurationMs kCleanEvery = 5 * kSecondMs;
constexpr DurationMs kMaintainEvery = kMinuteMs;
constexpr int kMaintainWindows = 20; ///< At once: some milliseconds.
/// A record at which this many loggers in a row died is set aside instead of being tried again.
constexpr std::uint32_t kFatalDeaths = 3;
constexpr std::uint64_t kCarefulRecords = 200'000;

std::int64_t processId()
{
#ifdef _WIN32
    return _getpid();
#else
    return ::getpid();
#endif
}

} // namespace

/// How many times the dataset's schedule has come round, by the calendar of UTC.
std::int64_t Logger::Impl::tickOf(const std::string &dataset) const
{
    const DurationMs every = datasetOptions(dataset).writeEvery.value_or(options.writeEvery);
    return every == 0 ? 0 : clock.nowMs() / every;
}

/// Datasets whose schedule has come round since they were looked at last.
std::set<std::string> Logger::Impl::dueDatasets() const
{
    std::set<std::string> due;
    for (const auto &[dataset, tick] : ticks) {
        if (tickOf(dataset) != tick)
            due.insert(dataset);
    }
    return due;
}

std::set<std::string> Logger::Impl::allDatasets() const
{
    std::set<std::string> all;
    for (const auto &[dataset, tick] : ticks)
        all.insert(dataset);
    return all;
}

std::vector<ColumnSummary> Logger::Impl::summariesOf(const Window &window) const
{
    std::vector<ColumnSummary> result;
    if (window.closedDamaged)
        return result;
    for (const auto &[name, column] : window.open.columns) {
        if (window.closed) {
            if (const auto before = window.closed->columns.find(name);
                before != window.closed->columns.end()) {
                ColumnProfile both = before->second;
                both.merge(column);
                result.push_back(summarize(name, both));
                continue;
            }
        }
        result.push_back(summarize(name, column));
    }
    return result;
}

/// Windows in memory know what their closed chunks hold. Somebody may have deleted some of those,
/// or taken that back; rows that come later belong to a new window.
Status Logger::Impl::noticeDeletions()
{
    const auto count = Deletions(*store).count();
    if (!count)
        return tl::unexpected(count.error());
    if (*count == deletions)
        return {};
    for (auto &[key, window] : windows) {
        if (auto read = readClosed(window); !read)
            return read;
    }
    deletions = *count;
    return {};
}

/// Commits everything; the open chunks of the datasets in `closing` go to the outbox.
Status Logger::Impl::commit(const std::set<std::string> &closing)
{
    profileAll();
    if (auto done = noticeDeletions(); !done)
        return done;
    CommitBatch batch;
    batch.deletions = deletions;
    std::vector<Window *> committed;
    for (auto &[key, window] : windows) {
        const bool close = window.openRows > 0 && closing.count(window.dataset) > 0;
        if (!window.dirty && !close)
            continue;
        ChunkCommit chunk;
        chunk.dataset = window.dataset;
        chunk.segment = window.segment;
        chunk.granularity = window.granularity;
        chunk.start = window.range.start;
        chunk.end = window.range.end;
        chunk.chunkId = window.chunkId;
        chunk.profile = &window.open;
        chunk.rows = window.openRows;
        chunk.close = close;
        chunk.summaries = summariesOf(window);
        batch.chunks.push_back(std::move(chunk));
        committed.push_back(&window);
    }
    for (const auto &[lane, cursor] : reader->cursors())
        batch.cursors[lane] = {cursor.segment, cursor.offset, cursor.sequence};
    heartbeat.committedAt = clock.nowMs();
    batch.heartbeat = heartbeat;
    batch.quarantine = quarantine;
    auto ids = WindowWriter(*store).commit(batch);
    if (!ids && ids.error().code == ErrorCode::Busy) {
        // Either the database is locked, or windows were deleted in this very moment.
        const auto count = Deletions(*store).count();
        if (count && *count != deletions)
            return commit(closing);
    }
    if (!ids)
        return tl::unexpected(ids.error());
    committedCursors = reader->cursors();
    if (!quarantine.empty()) {
        quarantine.clear();
        mark.acquit();
        poison.reset();
    }
    for (const std::string &dataset : closing) {
        if (auto read = readSchema(dataset); !read)
            return read;
    }
    for (std::size_t i = 0; i < committed.size(); ++i) {
        committed[i]->dirty = false;
        committed[i]->chunkId = (*ids)[i];
        if (batch.chunks[i].close)
            afterClose(*committed[i]);
    }
    for (const std::string &dataset : closing) {
        // Chunks of windows that have left memory.
        if (auto closed = WindowWriter(*store).closeOpenChunks(dataset); !closed)
            return tl::unexpected(closed.error());
        ticks[dataset] = tickOf(dataset);
    }
    if (!closing.empty())
        bindings.clear();
    for (auto &[key, window] : windows) {
        if (window.openRows == 0) // its chunk has not begun
            window.open.schema = schemas.at(window.dataset).schema;
    }
    dirtyWindows = 0;
    uncommitted = false;
    lastCommit = heartbeat.committedAt;
    dropOldWindows();
    cleanJournal();
    return {};
}

void Logger::Impl::afterClose(Window &window) const
{
    if (window.closed)
        window.closed->merge(window.open);
    else
        window.closed = std::move(window.open);
    startChunk(window);
}

/// Everything is committed here, so any window may leave memory; the least used go first.
void Logger::Impl::dropOldWindows()
{
    if (windows.size() <= kMaxWindows / 2)
        return;
    std::vector<std::uint64_t> uses;
    for (const auto &[key, window] : windows)
        uses.push_back(window.lastUse);
    const auto keep = uses.end() - static_cast<std::ptrdiff_t>(kMaxWindows / 4);
    std::nth_element(uses.begin(), keep, uses.end());
    const std::uint64_t oldest = *keep;
    std::erase_if(windows, [&](const auto &entry) { return entry.second.lastUse < oldest; });
    bindings.clear();
}

/// Journal files may go only when what was read from them cannot be lost any more, not even by
/// power loss: after what was committed was forced to the device.
void Logger::Impl::cleanJournal()
{
    const TimeMs now = clock.nowMs();
    if (now - lastClean < kCleanEvery && now >= lastClean)
        return;
    lastClean = now;
    if (const auto done = WindowWriter(*store).makeDurable(); done)
        reader->removeConsumed(committedCursors);
}

/// Housekeeping while there is nothing to read.
void Logger::Impl::maintain()
{
    const TimeMs present = clock.nowMs();
    if (std::abs(present - lastMaintained) < kMaintainEvery)
        return;
    Result<int> done = WindowWriter(*store).compact(present, kMaintainWindows);
    if (done) {
        const auto rolledUp = WindowWriter(*store).rollUp(present, kMaintainWindows);
        done = rolledUp ? Result<int>(std::max(*done, *rolledUp)) : rolledUp;
    }
    const auto keep = Settings(*store).get(Settings::kRetention);
    const auto span = keep && *keep ? parseDuration(**keep) : Result<DurationMs>(DurationMs{0});
    if (done && span && *span > 0) {
        if (auto expired = WindowWriter(*store).expire(present - *span, present, kMaintainWindows);
            !expired)
            done = expired;
        else
            done = std::max(*done, *expired);
    }
    if (done) {
        const auto purged =
            Deletions(*store).purge(present - Deletions::kPurgeAfter, present, kMaintainWindows);
        done = purged ? Result<int>(std::max(*done, *purged)) : purged;
    }
    if (!done)
        logWarning("logger", done.error().text());
    // With more to do, it goes on at the next idle moment.
    if (!done || *done < kMaintainWindows)
        lastMaintained = present;
}

void Logger::Impl::noteSkips()
{
    for (JournalSkip &skip : reader->takeSkips()) {
        uncommitted = true;
        if (!skip.payload.empty()) {
            setAside({0,
                      {},
                      0,
                      clock.nowMs(),
                      skip.lane,
                      skip.sequence,
                      std::move(skip.reason),
                      std::move(skip.payload)});
            continue;
        }
        ++heartbeat.skipped;
        logWarning("logger", fmt::format("journal lane {}, file {}: skipped from byte {} on ({})",
                                         skip.lane, skip.segment, skip.offset, skip.reason));
    }
}

Logger::Logger(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}
Logger::~Logger() = default;

Result<std::unique_ptr<Logger>> Logger::open(const Home &home, const LoggerOptions &options,
                                             const Clock &clock)
{
    auto impl = std::make_unique<Impl>(home, options, clock);
    auto lock = FileLock::acquire(home.loggerLock(), fmt::format("logger {}", processId()));
    if (!lock)
        return tl::unexpected(lock.error());
    impl->lock = std::move(*lock);
    auto store = Store::open(home.database());
    if (!store)
        return tl::unexpected(store.error());
    impl->store = std::move(*store);
    if (auto closed = WindowWriter(*impl->store).closeOpenChunks(); !closed)
        return tl::unexpected(closed.error());
    auto cursors = committedCursors(*impl->store);
    if (!cursors)
        return tl::unexpected(cursors.error());
    auto reader = JournalReader::open(home.journal(), *cursors);
    if (!reader)
        return tl::unexpected(reader.error());
    impl->reader = std::move(*reader);
    if (auto noticed = impl->noticeDeletions(); !noticed)
        return tl::unexpected(noticed.error());
    impl->committedCursors = std::move(*cursors);
    impl->heartbeat.pid = processId();
    impl->heartbeat.startedAt = clock.nowMs();
    if (auto before = WindowWriter(*impl->store).heartbeat(); before && *before) {
        impl->heartbeat.skipped = (*before)->skipped;
        impl->heartbeat.quarantined = (*before)->quarantined;
        impl->heartbeat.future = (*before)->future;
        impl->heartbeat.caughtUpAt = (*before)->caughtUpAt;
    }
    if (const auto suspect = impl->mark.examine()) {
        impl->carefulRecords = kCarefulRecords;
        if (suspect->deaths >= kFatalDeaths)
            impl->poison = suspect;
    }
    impl->lastCommit = clock.nowMs();
    return std::unique_ptr<Logger>(new Logger(std::move(impl)));
}

Result<std::size_t> Logger::work(std::size_t maxRecords)
{
    Impl &impl = *m_impl;
    std::size_t read = 0;
    bool caughtUp = false;
    // Small polls, so that a backfill over thousands of windows commits before memory grows; and by
    // rows, because a record may hold a thousand of them and the schedule has to be looked at.
    const std::int64_t until = impl.heartbeat.rowsLogged + kRowsPerRound;
    while (read < maxRecords && !caughtUp && impl.heartbeat.rowsLogged < until &&
           impl.dirtyWindows < kMaxDirtyWindows && !impl.failure) {
        const std::size_t got = impl.reader->poll(std::min<std::size_t>(maxRecords - read, 256),
                                                  [&](const RowsView &rows) { impl.take(rows); });
        read += got;
        caughtUp = got == 0;
    }
    impl.noteSkips();
    if (caughtUp && !impl.failure)
        impl.heartbeat.caughtUpAt = impl.clock.nowMs();
    if (impl.failure) {
        // The windows in memory no longer match the cursors. Start over from the last commit.
        return tl::unexpected(*impl.failure);
    }
    const TimeMs now = impl.lookedAt = impl.clock.nowMs();
    const auto closing = impl.dueDatasets();
    const bool due = now - impl.lastCommit >= impl.options.commitEvery || now < impl.lastCommit;
    if (!closing.empty()) {
        if (auto done = impl.commit(closing); !done)
            return tl::unexpected(done.error());
    } else if ((due && impl.uncommitted) || impl.dirtyWindows >= kMaxDirtyWindows) {
        if (auto done = impl.commit({}); !done)
            return tl::unexpected(done.error());
    } else if (due) {
        impl.lastCommit = now;
        impl.cleanJournal();
        if (read == 0)
            impl.maintain();
    }
    return read;
}

Status Logger::commit(bool closeChunks)
{
    return m_impl->commit(closeChunks ? m_impl->allDatasets() : std::set<std::string>{});
}

Status Logger::drain(bool closeChunks)
{
    for (;;) {
        const auto read = work();
        if (!read)
            return tl::unexpected(read.error());
        if (*read == 0)
            return commit(closeChunks);
    }
}

LoggerReport Logger::report()
{
    Impl &impl = *m_impl;
    const JournalLag lag = impl.reader->lag();
    LoggerReport report;
    report.records = static_cast<std::uint64_t>(impl.heartbeat.recordsRead);
    report.rows = static_cast<std::uint64_t>(impl.heartbeat.rowsLogged);
    report.lagRecords = lag.records;
    report.lagBytes = lag.bytes;
    report.lagOldest = lag.oldest.value_or(0);
    report.lagMs = lagTime(lag.records, lag.oldest, lag.notBefore, impl.heartbeat.caughtUpAt,
                           impl.clock.nowMs());
    report.future = static_cast<std::uint64_t>(impl.heartbeat.future);
    report.committed = impl.heartbeat.committedAt;
    report.skipped = static_cast<std::uint64_t>(impl.heartbeat.skipped);
    report.quarantined = static_cast<std::uint64_t>(impl.heartbeat.quarantined);
    return report;
}

TimeMs Logger::committedAt() const
{
    return m_impl->heartbeat.committedAt;
}

} // namespace tepal
