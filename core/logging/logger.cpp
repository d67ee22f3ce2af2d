#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/base/text.h>
#include <tepal/journal/reader.h>
#include <tepal/logging/logger.h>
#include <tepal/store/store.h>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

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
/// How often journal files whose records are safely in the database are deleted.
constexpr DurationMs kCleanEvery = 5 * kSecondMs;

std::int64_t processId()
{
#ifdef _WIN32
    return _getpid();
#else
    return ::getpid();
#endif
}

/// One window (of one segment) in memory.
struct Window
{
    std::string dataset;
    SegmentTags segment;
    Granularity granularity = Granularity::Hour;
    TimeRange range;
    DatasetProfile open; ///< Profile of the open chunk.
    std::int64_t openRows = 0;
    std::int64_t chunkId = 0; ///< 0 until the open chunk was committed once.
    /// What closed chunks of the window hold; the summaries are of both together.
    std::optional<DatasetProfile> closed;
    bool dirty = false;
    std::uint64_t lastUse = 0;
};

struct WindowKey
{
    std::string dataset;
    TimeMs start = 0;
    std::string segment;
    auto operator<=>(const WindowKey &) const = default;
};

/// What follows from a schema for a run of rows in the same window. Pointers stay valid while the
/// window is in memory: both maps are node-based.
struct Binding
{
    std::string dataset;
    Granularity granularity = Granularity::Hour;
    std::vector<std::size_t> segmentColumns;
    TimeRange range;
    Window *window = nullptr;
    std::vector<ColumnProfile *> columns;
};

std::string segmentText(Value value)
{
    switch (value.kind()) {
    case ValueKind::Boolean:
        return value.asBoolean() ? "True" : "False";
    case ValueKind::Integral:
        return std::to_string(value.asIntegral());
    case ValueKind::Fractional:
        return formatDouble(value.asFractional());
    case ValueKind::String:
        return std::string(value.asString());
    default:
        return "nan";
    }
}

} // namespace

struct Logger::Impl
{
    Home home;
    LoggerOptions options;
    const Clock &clock;
    FileLock lock;
    std::unique_ptr<Store> store;
    std::unique_ptr<JournalReader> reader;
    std::map<WindowKey, Window> windows;
    std::unordered_map<std::uint64_t, Binding> bindings;
    std::size_t dirtyWindows = 0;
    std::uint64_t useCounter = 0;
    LoggerHeartbeat heartbeat;
    Cursors committedCursors;
    TimeMs lastCommit = 0;
    TimeMs lastClean = 0;
    std::int64_t lastTick = 0;
    bool uncommitted = false;
    std::optional<Error> failure; ///< From inside the journal callback, which cannot return one.

    Impl(Home h, LoggerOptions o, const Clock &c)
        : home(std::move(h))
        , options(std::move(o))
        , clock(c)
    {}

    const DatasetOptions &datasetOptions(const std::string &dataset) const
    {
        const auto it = options.datasets.find(dataset);
        return it == options.datasets.end() ? options.defaults : it->second;
    }

    Binding &bindingOf(const RowsView &rows)
    {
        const auto [it, added] = bindings.try_emplace(rows.schemaId);
        Binding &binding = it->second;
        if (added) {
            const DatasetOptions &dataset = datasetOptions(rows.schema->dataset);
            binding.dataset = rows.schema->dataset;
            binding.granularity = dataset.aggregateBy;
            const auto &names = rows.schema->columns;
            for (const std::string &column : dataset.segmentBy) {
                const auto at = std::find(names.begin(), names.end(), column);
                if (at != names.end())
                    binding.segmentColumns.push_back(static_cast<std::size_t>(at - names.begin()));
            }
        }
        return binding;
    }

    /// The window from memory, from the store (it left memory earlier), or a new one.
    Result<Window *> window(const std::string &dataset, Granularity granularity, TimeRange range,
                            const SegmentTags &segment)
    {
        WindowKey key{dataset, range.start, segmentKey(segment)};
        if (const auto it = windows.find(key); it != windows.end())
            return &it->second;
        Window window;
        window.dataset = dataset;
        window.segment = segment;
        window.granularity = granularity;
        window.range = range;
        auto open = store->openChunk(dataset, segment, granularity, range.start);
        if (!open)
            return tl::unexpected(open.error());
        if (*open) {
            window.open = std::move((*open)->profile);
            window.openRows = (*open)->rows;
            window.chunkId = (*open)->chunkId;
        } else {
            startChunk(window);
        }
        auto closed = store->closedProfile(dataset, segment, granularity, range.start);
        if (!closed)
            return tl::unexpected(closed.error());
        window.closed = std::move(*closed);
        return &windows.emplace(std::move(key), std::move(window)).first->second;
    }

    void startChunk(Window &window) const
    {
        window.open = DatasetProfile{};
        window.open.datasetTimestamp = window.range.start;
        window.open.creationTimestamp = clock.nowMs();
        window.open.segment = window.segment;
        window.openRows = 0;
        window.chunkId = 0;
    }

    static void trackRow(Binding &binding, const JournalSchema &schema, std::span<const Value> row)
    {
        Window &window = *binding.window;
        for (std::size_t i = 0; i < row.size(); ++i) {
            ColumnProfile *&column = binding.columns[i];
            if (!column) {
                auto &columns = window.open.columns;
                auto it = columns.find(schema.columns[i]);
                if (it == columns.end()) {
                    it = columns
                             .emplace(schema.columns[i],
                                      ColumnProfile::forFirstValue(row[i].kind(), Semantics::Table))
                             .first;
                }
                column = &it->second;
            }
            column->track(row[i]);
        }
        ++window.openRows;
    }

    void touch(Window &window)
    {
        if (!window.dirty) {
            window.dirty = true;
            ++dirtyWindows;
        }
        window.lastUse = ++useCounter;
    }

    void take(const RowsView &rows)
    {
        if (failure)
            return;
        Binding &binding = bindingOf(rows);
        ++heartbeat.recordsRead;
        heartbeat.rowsLogged += static_cast<std::int64_t>(rows.rows);
        uncommitted = true;
        const bool segmented = !binding.segmentColumns.empty();
        for (std::size_t i = 0; i < rows.rows; ++i) {
            const auto row = rows.row(i);
            if (segmented || !binding.window || !binding.range.contains(rows.time)) {
                if (auto bound = bind(binding, rows, row); !bound) {
                    failure = bound.error();
                    return;
                }
            }
            trackRow(binding, *rows.schema, row);
        }
        touch(*binding.window);
    }

    Status bind(Binding &binding, const RowsView &rows, std::span<const Value> row)
    {
        SegmentTags segment;
        for (const std::size_t column : binding.segmentColumns)
            segment.emplace_back(rows.schema->columns[column], segmentText(row[column]));
        binding.range = windowOf(rows.time, binding.granularity);
        if (binding.window && binding.window->range == binding.range &&
            binding.window->segment == segment)
            return {};
        if (binding.window)
            touch(*binding.window);
        const auto found = window(binding.dataset, binding.granularity, binding.range, segment);
        if (!found)
            return tl::unexpected(found.error());
        binding.window = *found;
        binding.columns.assign(rows.schema->columns.size(), nullptr);
        touch(*binding.window);
        return {};
    }

    /// Multiples of writeEvery that have passed.
    std::int64_t tick() const
    {
        return options.writeEvery == 0 ? 0 : clock.nowMs() / options.writeEvery;
    }

    std::vector<ColumnSummary> summariesOf(const Window &window) const
    {
        std::vector<ColumnSummary> result;
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

    Status commit(bool closeChunks)
    {
        CommitBatch batch;
        std::vector<Window *> committed;
        for (auto &[key, window] : windows) {
            const bool close = closeChunks && (window.openRows > 0);
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
        auto ids = store->commit(batch);
        if (!ids)
            return tl::unexpected(ids.error());
        committedCursors = reader->cursors();
        for (std::size_t i = 0; i < committed.size(); ++i) {
            committed[i]->dirty = false;
            committed[i]->chunkId = (*ids)[i];
            if (batch.chunks[i].close)
                afterClose(*committed[i]);
        }
        if (closeChunks) {
            // Chunks of windows that have left memory.
            if (auto closed = store->closeOpenChunks(); !closed)
                return tl::unexpected(closed.error());
            bindings.clear();
        }
        dirtyWindows = 0;
        uncommitted = false;
        lastCommit = heartbeat.committedAt;
        dropOldWindows();
        cleanJournal();
        return {};
    }

    void afterClose(Window &window) const
    {
        if (window.closed)
            window.closed->merge(window.open);
        else
            window.closed = std::move(window.open);
        startChunk(window);
    }

    /// Everything is committed here, so any window may leave memory; the least used go first.
    void dropOldWindows()
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
    /// power loss: after the write-ahead log was forced into the database file.
    void cleanJournal()
    {
        const TimeMs now = clock.nowMs();
        if (now - lastClean < kCleanEvery && now >= lastClean)
            return;
        lastClean = now;
        if (const auto done = store->checkpoint(); done)
            reader->removeConsumed(committedCursors);
    }

    void noteSkips()
    {
        for (const JournalSkip &skip : reader->takeSkips()) {
            ++heartbeat.skipped;
            logWarning("logger",
                       fmt::format("journal lane {}, file {}: skipped from byte {} on ({})",
                                   skip.lane, skip.segment, skip.offset, skip.reason));
        }
    }
};

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
    if (auto closed = impl->store->closeOpenChunks(); !closed)
        return tl::unexpected(closed.error());
    auto stored = impl->store->cursors();
    if (!stored)
        return tl::unexpected(stored.error());
    Cursors cursors;
    for (const auto &[lane, at] : *stored)
        cursors[lane] = {at.segment, at.offset, at.sequence};
    auto reader = JournalReader::open(home.journal(), cursors);
    if (!reader)
        return tl::unexpected(reader.error());
    impl->reader = std::move(*reader);
    impl->committedCursors = cursors;
    impl->heartbeat.pid = processId();
    impl->heartbeat.startedAt = clock.nowMs();
    if (auto before = impl->store->heartbeat(); before && *before) {
        impl->heartbeat.skipped = (*before)->skipped;
        impl->heartbeat.quarantined = (*before)->quarantined;
    }
    impl->lastCommit = clock.nowMs();
    impl->lastTick = impl->tick();
    return std::unique_ptr<Logger>(new Logger(std::move(impl)));
}

Result<std::size_t> Logger::work(std::size_t maxRecords)
{
    Impl &impl = *m_impl;
    std::size_t read = 0;
    // Small polls, so that a backfill over thousands of windows commits before memory grows.
    while (read < maxRecords && impl.dirtyWindows < kMaxDirtyWindows && !impl.failure) {
        const std::size_t got = impl.reader->poll(std::min<std::size_t>(maxRecords - read, 256),
                                                  [&](const RowsView &rows) { impl.take(rows); });
        read += got;
        if (got == 0)
            break;
    }
    impl.noteSkips();
    if (impl.failure) {
        // The windows in memory no longer match the cursors. Start over from the last commit.
        return tl::unexpected(*impl.failure);
    }
    const TimeMs now = impl.clock.nowMs();
    const std::int64_t tick = impl.tick();
    const bool due = now - impl.lastCommit >= impl.options.commitEvery || now < impl.lastCommit;
    if (tick != impl.lastTick) {
        if (auto done = impl.commit(true); !done)
            return tl::unexpected(done.error());
        impl.lastTick = tick;
    } else if ((due && impl.uncommitted) || impl.dirtyWindows >= kMaxDirtyWindows) {
        if (auto done = impl.commit(false); !done)
            return tl::unexpected(done.error());
    } else if (due) {
        impl.lastCommit = now;
        impl.cleanJournal();
    }
    return read;
}

Status Logger::commit(bool closeChunks)
{
    return m_impl->commit(closeChunks);
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
    report.committed = impl.heartbeat.committedAt;
    report.skipped = static_cast<std::uint64_t>(impl.heartbeat.skipped);
    report.quarantined = static_cast<std::uint64_t>(impl.heartbeat.quarantined);
    return report;
}

TimeMs Logger::committedAt() const
{
    return m_impl->heartbeat.committedAt;
}

std::vector<std::string> loggerArguments(const LoggerOptions &options)
{
    std::vector<std::string> arguments{
        "--aggregate-by", std::string(granularityName(options.defaults.aggregateBy)),
        "--write-every",  formatDuration(options.writeEvery),
        "--commit-every", formatDuration(options.commitEvery)};
    for (const std::string &column : options.defaults.segmentBy) {
        arguments.push_back("--segment-by");
        arguments.push_back(column);
    }
    for (const auto &[name, dataset] : options.datasets) {
        arguments.push_back("--dataset");
        arguments.push_back(name);
        arguments.push_back("--aggregate-by");
        arguments.emplace_back(granularityName(dataset.aggregateBy));
        for (const std::string &column : dataset.segmentBy) {
            arguments.push_back("--segment-by");
            arguments.push_back(column);
        }
    }
    return arguments;
}

Result<LoggerOptions> parseLoggerArguments(const std::vector<std::string> &arguments)
{
    LoggerOptions options;
    DatasetOptions *dataset = &options.defaults; // what follows "--dataset" is about that one
    for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
        const std::string &name = arguments[i];
        const std::string &value = arguments[i + 1];
        if (name == "--aggregate-by") {
            const auto granularity = parseGranularity(value);
            if (!granularity)
                return tl::unexpected(granularity.error());
            dataset->aggregateBy = *granularity;
        } else if (name == "--segment-by") {
            dataset->segmentBy.push_back(value);
        } else if (name == "--dataset") {
            dataset = &options.datasets[value];
        } else if (name == "--write-every" || name == "--commit-every") {
            const auto duration = parseDuration(value);
            if (!duration)
                return tl::unexpected(duration.error());
            (name == "--write-every" ? options.writeEvery : options.commitEvery) = *duration;
        } else {
            return fail(ErrorCode::InvalidArgument, fmt::format("unknown option {}", name));
        }
    }
    if (arguments.size() % 2 != 0)
        return fail(ErrorCode::InvalidArgument, fmt::format("{} needs a value", arguments.back()));
    return options;
}

} // namespace tepal
