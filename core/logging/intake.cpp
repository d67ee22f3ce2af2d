// From a record of the journal to the profile of its window.

#include "logger_impl.h"

#include <tepal/base/log.h>
#include <tepal/profile/segments.h>
#include <tepal/store/segment_key.h>
#include <tepal/store/settings.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tepal {

namespace {

/// Rows of a window that are profiled together.
constexpr std::size_t kBatchRows = 1024;
/// Bounds of what waits to be profiled, over all windows.
constexpr std::size_t kMaxGatheredRows = 64u << 10;
constexpr std::size_t kMaxGatheredText = 8u << 20;
/// Clocks of senders differ by seconds; what lies further ahead is counted as from the future.
constexpr DurationMs kFuture = kMinuteMs;

ColumnProfile newColumn(ValueKind first, const MetricChoice &metrics, ColumnSchemaPtr schema)
{
    ColumnProfile column = ColumnProfile::forFirstValue(first, Semantics::Table, std::move(schema));
    if (!metrics.distribution)
        column.distribution.reset();
    if (!metrics.cardinality)
        column.cardinality.reset();
    if (!metrics.frequentItems)
        column.frequentStrings.reset();
    if (!metrics.ints)
        column.ints.reset();
    return column;
}

} // namespace

const DatasetOptions &Logger::Impl::datasetOptions(const std::string &dataset) const
{
    const auto it = options.datasets.find(dataset);
    return it == options.datasets.end() ? options.defaults : it->second;
}

Binding &Logger::Impl::bindingOf(const RowsView &rows)
{
    const auto [it, added] = bindings.try_emplace(rows.schemaId);
    Binding &binding = it->second;
    if (added) {
        const DatasetOptions &dataset = datasetOptions(rows.schema->dataset);
        binding.dataset = rows.schema->dataset;
        binding.granularity = dataset.aggregateBy;
        binding.metrics = dataset.metrics;
        binding.names = rows.schema->columns;
        ticks.try_emplace(binding.dataset, tickOf(binding.dataset));
        binding.segment = rows.schema->segment;
        const auto &names = rows.schema->columns;
        for (const std::string &column : dataset.segmentBy) {
            const auto at = std::find(names.begin(), names.end(), column);
            if (at != names.end())
                binding.segmentColumns.push_back(static_cast<std::size_t>(at - names.begin()));
        }
    }
    return binding;
}

Result<Window *> Logger::Impl::window(const std::string &dataset, Granularity granularity,
                                      TimeRange range, const SegmentTags &segment)
{
    WindowKey key{dataset, range.start, segmentKey(segment)};
    if (const auto it = windows.find(key); it != windows.end())
        return &it->second;
    if (!schemas.contains(dataset)) {
        if (auto read = readSchema(dataset); !read)
            return tl::unexpected(read.error());
    }
    Window window;
    window.dataset = dataset;
    window.segment = segment;
    window.granularity = granularity;
    window.range = range;
    auto open = WindowWriter(*store).openChunk(dataset, segment, granularity, range.start);
    if (!open)
        return tl::unexpected(open.error());
    if (*open) {
        window.open = std::move((*open)->profile);
        window.openRows = (*open)->rows;
        window.chunkId = (*open)->chunkId;
        // What the conditions ask is not stored with the counts.
        window.open.schema = schemas[dataset].schema;
        if (window.open.schema) {
            for (auto &[name, column] : window.open.columns)
                column.continueWith(window.open.schema->findFor(name, column));
        }
        for (const auto &[name, column] : window.open.columns)
            window.growths.emplace(name, ColumnGrowth::resumed(column));
    } else {
        startChunk(window);
    }
    if (auto read = readClosed(window); !read)
        return tl::unexpected(read.error());
    return &windows.emplace(std::move(key), std::move(window)).first->second;
}

/// What the closed chunks of a window hold.
Status Logger::Impl::readClosed(Window &window) const
{
    auto closed = Windows(*store).closedProfile(window.dataset, window.segment, window.granularity,
                                                window.range.start);
    window.closedDamaged = false;
    if (closed) {
        window.closed = std::move(*closed);
        return {};
    }
    if (closed.error().code == ErrorCode::Corrupt) {
        // Old damage must not keep new records from being counted.
        window.closed.reset();
        window.closedDamaged = true;
        logError("logger", fmt::format("{}, window {}: {}", window.dataset,
                                       formatIso(window.range.start), closed.error().text()));
        return {};
    }
    return tl::unexpected(closed.error());
}

void Logger::Impl::startChunk(Window &window) const
{
    window.open = DatasetProfile{};
    window.growths.clear();
    window.open.datasetTimestamp = window.range.start;
    window.open.creationTimestamp = clock.nowMs();
    window.open.segment = window.segment;
    window.open.schema = schemas.at(window.dataset).schema;
    window.openRows = 0;
    window.chunkId = 0;
}

Status Logger::Impl::readSchema(const std::string &dataset)
{
    auto text = Settings(*store).get(kSchemaSetting + dataset);
    if (text && !*text)
        text = Settings(*store).get(kDefaultSchemaSetting);
    if (!text)
        return tl::unexpected(text.error());
    StoredSchema &stored = schemas[dataset];
    if (stored.text == text->value_or(""))
        return {};
    stored = {text->value_or(""), nullptr};
    if (stored.text.empty())
        return {};
    if (auto parsed = parseSchema(stored.text))
        stored.schema = std::make_shared<const DatasetSchema>(std::move(*parsed));
    else
        logError("logger", fmt::format("the schema of dataset {} is not used: {}", dataset,
                                       parsed.error().text()));
    return {};
}

void Logger::Impl::touch(Window &window)
{
    if (!window.dirty) {
        window.dirty = true;
        ++dirtyWindows;
    }
    window.lastUse = ++useCounter;
}

void Logger::Impl::gather(Window &window, Binding &binding, std::span<const Value> row)
{
    Batch &batch = window.batch;
    if (batch.binding != &binding) {
        profile(window);
        batch.binding = &binding;
        batch.columns.resize(binding.names.size());
        gathering.push_back(&window);
    }
    for (std::size_t i = 0; i < row.size(); ++i)
        batch.columns[i].push_back(texts.keep(row[i]));
    ++gatheredRows;
    if (++batch.rows >= kBatchRows)
        profile(window);
}

/// Column by column: several times faster than row by row.
void Logger::Impl::profile(Window &window)
{
    Batch &batch = window.batch;
    if (batch.rows == 0)
        return;
    const Binding &binding = *batch.binding;
    mark.begin(position.lane, position.sequence);
    for (std::size_t i = 0; i < batch.columns.size(); ++i) {
        const std::string &name = binding.names[i];
        const auto &schema = window.open.schema;
        const ColumnGrowth::Make make = [&](ValueKind kind) {
            return newColumn(kind, binding.metrics, schema ? schema->find(name, kind) : nullptr);
        };
        auto &columns = window.open.columns;
        auto it = columns.find(name);
        if (it == columns.end())
            it = columns.emplace(name, make(ValueKind::Fractional)).first;
        window.growths[name].take(it->second, batch.columns[i], make);
        batch.columns[i].clear();
    }
    mark.end();
    window.openRows += static_cast<std::int64_t>(batch.rows);
    batch.rows = 0;
}

void Logger::Impl::profileAll()
{
    for (Window *window : gathering) {
        profile(*window);
        window->batch.binding = nullptr;
    }
    gathering.clear();
    texts.clear();
    gatheredRows = 0;
}

void Logger::Impl::take(const RowsView &rows)
{
    if (failure)
        return;
    Binding &binding = bindingOf(rows);
    ++heartbeat.recordsRead;
    uncommitted = true;
    if (poison && poison->lane == rows.lane && poison->sequence == rows.sequence) {
        setAside({0, rows.schema->dataset, rows.time, clock.nowMs(), rows.lane, rows.sequence,
                  fmt::format("{} loggers in a row ended while they profiled it", poison->deaths),
                  rowsText(rows)});
        return;
    }
    position = {rows.lane, rows.sequence, 0};
    heartbeat.rowsLogged += static_cast<std::int64_t>(rows.rows);
    noteFuture(rows);
    const bool segmented = !binding.segmentColumns.empty();
    for (std::size_t i = 0; i < rows.rows; ++i) {
        const auto row = rows.row(i);
        if (segmented || !binding.window || !binding.range.contains(rows.time)) {
            if (auto bound = bind(binding, rows, row); !bound) {
                failure = bound.error();
                return;
            }
        }
        gather(*binding.window, binding, row);
    }
    touch(*binding.window);
    if (carefulRecords > 0)
        --carefulRecords;
    if (carefulRecords > 0 || gatheredRows >= kMaxGatheredRows || texts.size() >= kMaxGatheredText)
        profileAll();
}

Status Logger::Impl::bind(Binding &binding, const RowsView &rows, std::span<const Value> row)
{
    SegmentTags segment = binding.segment;
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
    touch(*binding.window);
    return {};
}

void Logger::Impl::setAside(QuarantinedRecord record)
{
    logError("logger", fmt::format("record {} of lane {} is set aside: {}", record.sequence,
                                   record.lane, record.reason));
    quarantine.push_back(std::move(record));
    ++heartbeat.quarantined;
    uncommitted = true;
}

void Logger::Impl::noteFuture(const RowsView &rows)
{
    if (rows.time <= lookedAt + kFuture)
        return;
    lookedAt = clock.nowMs();
    if (rows.time <= lookedAt + kFuture)
        return;
    heartbeat.future += static_cast<std::int64_t>(rows.rows);
    if (!std::exchange(warnedFuture, true)) {
        logWarning("logger", fmt::format("dataset {} sends records from the future ({})",
                                         rows.schema->dataset, formatIso(rows.time)));
    }
}

} // namespace tepal
