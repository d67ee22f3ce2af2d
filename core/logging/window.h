/// Windows in memory, and what rows are as texts. Internal to the room.
#pragma once

#include <tepal/base/time.h>
#include <tepal/base/value.h>
#include <tepal/journal/record.h>
#include <tepal/logging/logger.h>
#include <tepal/profile/dataset.h>
#include <tepal/profile/growth.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tepal {

struct Window;

/// What follows from a schema for a run of rows in the same window. Pointers stay valid while the
/// window is in memory: both maps are node-based.
struct Binding
{
    std::string dataset;
    Granularity granularity = Granularity::Hour;
    MetricChoice metrics;
    std::vector<std::string> names;
    SegmentTags segment; ///< Of all its rows, before what the columns say.
    std::vector<std::size_t> segmentColumns;
    TimeRange range;
    Window *window = nullptr;
};

/// Rows of one schema that wait to be profiled together.
struct Batch
{
    const Binding *binding = nullptr; ///< Null = not among the windows that gather.
    std::vector<std::vector<Value>> columns;
    std::size_t rows = 0;
};

/// One window (of one segment) in memory.
struct Window
{
    std::string dataset;
    SegmentTags segment;
    Granularity granularity = Granularity::Hour;
    TimeRange range;
    DatasetProfile open; ///< Profile of the open chunk.
    /// What its columns may still turn out to be.
    std::unordered_map<std::string, ColumnGrowth> growths;
    std::int64_t openRows = 0;
    std::int64_t chunkId = 0; ///< 0 until the open chunk was committed once.
    /// What closed chunks of the window hold; the summaries are of both together.
    std::optional<DatasetProfile> closed;
    /// The closed chunks cannot be read, so the window's summaries cannot be made; they stay as
    /// they are.
    bool closedDamaged = false;
    bool dirty = false;
    std::uint64_t lastUse = 0;
    Batch batch;
};

struct WindowKey
{
    std::string dataset;
    TimeMs start = 0;
    std::string segment;
    auto operator<=>(const WindowKey &) const = default;
};

/// A record for people to read, cut at 64 KiB.
std::string rowsText(const RowsView &rows);

} // namespace tepal
