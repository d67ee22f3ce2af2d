/// The logger's inside. Internal to the room: intake.cpp takes records in, logger.cpp commits.
#pragma once

#include "record_mark.h"
#include "window.h"

#include <tepal/base/file.h>
#include <tepal/base/text_arena.h>
#include <tepal/journal/reader.h>
#include <tepal/logging/logger.h>
#include <tepal/store/commit_batch.h>
#include <tepal/store/store.h>
#include <tepal/store/summary.h>

#include <map>
#include <set>
#include <span>
#include <unordered_map>

namespace tepal {

/// A dataset's setting and what it says.
struct StoredSchema
{
    std::string text; ///< Empty for none.
    DatasetSchemaPtr schema;
};

struct Logger::Impl
{
    Home home;
    LoggerOptions options;
    const Clock &clock;
    FileLock lock;
    std::unique_ptr<Store> store;
    std::unique_ptr<JournalReader> reader;
    std::map<WindowKey, Window> windows;
    /// As of the beginning of the datasets' chunks.
    std::map<std::string, StoredSchema> schemas;
    std::unordered_map<std::uint64_t, Binding> bindings;
    std::size_t dirtyWindows = 0;
    std::uint64_t useCounter = 0;
    LoggerHeartbeat heartbeat;
    Cursors committedCursors;
    TimeMs lookedAt = 0; ///< The latest look at the clock.
    TimeMs lastCommit = 0;
    TimeMs lastClean = 0;
    TimeMs lastMaintained = 0;
    /// Datasets that have been logged, and how often their schedule had come round then.
    std::map<std::string, std::int64_t> ticks;
    bool uncommitted = false;
    std::int64_t deletions = 0; ///< Deletions::count() that the windows in memory know of.
    RecordMark mark;
    /// The record that ended several loggers.
    std::optional<RecordMark::Suspect> poison;
    std::vector<QuarantinedRecord> quarantine; ///< Goes with the next commit.
    bool warnedFuture = false;
    RecordMark::Suspect position; ///< Of the record that is being taken.
    /// After a logger died while profiling, so many records are profiled one by one: if there is a
    /// fatal one among them, the mark names it exactly.
    std::uint64_t carefulRecords = 0;

    // --- rows that wait to be profiled column by column
    std::vector<Window *> gathering;
    TextArena texts; ///< Of the rows that are gathered.
    std::size_t gatheredRows = 0;
    std::optional<Error> failure; ///< From inside the journal callback, which cannot return one.

    Impl(Home h, LoggerOptions o, const Clock &c)
        : home(std::move(h))
        , options(std::move(o))
        , clock(c)
        , mark(home.root / "logger.mark")
    {}

    // --- intake.cpp
    const DatasetOptions &datasetOptions(const std::string &dataset) const;
    Binding &bindingOf(const RowsView &rows);
    /// The window from memory, from the store (it left memory earlier), or a new one.
    Result<Window *> window(const std::string &dataset, Granularity granularity, TimeRange range,
                            const SegmentTags &segment);
    /// The dataset's schema must have been read.
    void startChunk(Window &window) const;
    Status readSchema(const std::string &dataset);
    Status readClosed(Window &window) const;
    void touch(Window &window);
    void gather(Window &window, Binding &binding, std::span<const Value> row);
    void profile(Window &window);
    /// Nothing waits any more when this returns. Before anything else is done with windows.
    void profileAll();
    void take(const RowsView &rows);
    Status bind(Binding &binding, const RowsView &rows, std::span<const Value> row);
    void setAside(QuarantinedRecord record);
    /// Records from the future are logged where they say; that they came is worth knowing.
    void noteFuture(const RowsView &rows);

    // --- logger.cpp
    std::int64_t tickOf(const std::string &dataset) const;
    std::set<std::string> dueDatasets() const;
    std::set<std::string> allDatasets() const;
    std::vector<ColumnSummary> summariesOf(const Window &window) const;
    Status noticeDeletions();
    Status commit(const std::set<std::string> &closing);
    void afterClose(Window &window) const;
    void dropOldWindows();
    void cleanJournal();
    void maintain();
    void noteSkips();
};

} // namespace tepal
