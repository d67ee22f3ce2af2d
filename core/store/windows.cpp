#include "store_impl.h"

#include <tepal/profile/file.h>
#include <tepal/store/segment_key.h>
#include <tepal/store/windows.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace tepal {

namespace {
/// SQL has no "all datasets" value, an empty name serves.
constexpr const char *kWindowsSql =
    "SELECT d.name, w.segment, w.granularity, w.start, w.end, coalesce(sum(c.rows), 0),"
    " coalesce(max(c.state = 0), 0)"
    " FROM window w JOIN dataset d ON d.id = w.dataset_id JOIN chunk c ON c.window_id = w.id"
    " WHERE (?1 = '' OR d.name = ?1) AND w.start < ?3 AND w.end > ?2"
    " GROUP BY w.id ORDER BY d.name, w.start, w.segment";
} // namespace

WindowInfo readWindowInfo(const sqlite::Statement &row)
{
    WindowInfo window;
    window.dataset = row.text(0);
    window.segment = parseSegmentKey(row.text(1));
    window.granularity = static_cast<Granularity>(row.integer(2));
    window.start = row.integer(3);
    window.end = row.integer(4);
    window.rows = row.integer(5);
    return window;
}

Result<std::vector<DatasetInfo>> Windows::datasets()
{
    auto statement = m_impl->prepare(
        "SELECT d.name, coalesce(sum(c.rows), 0), coalesce(min(w.start), 0),"
        " coalesce(max(w.end), 0) FROM dataset d LEFT JOIN window w ON w.dataset_id = d.id"
        " LEFT JOIN chunk c ON c.window_id = w.id GROUP BY d.id ORDER BY d.name");
    return statement.collect([](const sqlite::Statement &row) {
        return DatasetInfo{std::string(row.text(0)), row.integer(1), row.integer(2),
                           row.integer(3)};
    });
}

namespace {

Result<std::vector<WindowInfo>> readWindows(Store::Impl &impl, const std::string &dataset,
                                            TimeRange range)
{
    auto statement = impl.prepare(kWindowsSql);
    statement.bind(1, dataset).bind(2, range.start).bind(3, range.end);
    return statement.collect([](const sqlite::Statement &row) {
        WindowInfo window = readWindowInfo(row);
        window.open = row.integer(6) != 0;
        return window;
    });
}

} // namespace

Result<std::vector<WindowInfo>> Windows::list(const std::string &dataset, TimeRange range)
{
    const auto *all =
        dataset.empty() ? nullptr : m_impl->keptWindows.ask(dataset, m_impl->version(), [&] {
            return readWindows(*m_impl, dataset, m_impl->keptWindows.kAlways);
        });
    if (all == nullptr)
        return readWindows(*m_impl, dataset, range);
    std::vector<WindowInfo> result;
    std::copy_if(all->begin(), all->end(), std::back_inserter(result),
                 [&](const WindowInfo &window) {
                     return window.start < range.end && window.end > range.start;
                 });
    return result;
}

Result<std::vector<SegmentTags>> Windows::segments(const std::string &dataset)
{
    auto statement = m_impl->prepare("SELECT DISTINCT w.segment FROM window w JOIN dataset d"
                                     " ON d.id = w.dataset_id WHERE d.name = ? ORDER BY w.segment");
    return statement.bind(1, dataset).collect([](const sqlite::Statement &row) {
        return parseSegmentKey(row.text(0));
    });
}

std::vector<RowsAhead> rowsAhead(const std::vector<WindowInfo> &windows, TimeMs now)
{
    std::vector<RowsAhead> ahead;
    for (const WindowInfo &window : windows) {
        if (window.start <= now + kMinuteMs || window.rows == 0)
            continue;
        if (ahead.empty() || ahead.back().dataset != window.dataset)
            ahead.push_back({window.dataset, 0, window.start, window.start});
        RowsAhead &last = ahead.back();
        last.rows += window.rows;
        last.first = std::min(last.first, window.start);
        last.last = std::max(last.last, window.start);
    }
    return ahead;
}

Status Store::Impl::readChunkColumns(std::int64_t chunkId, const std::vector<std::string> &only,
                                     DatasetProfile &into)
{
    auto &statement = prepared("SELECT n.name, c.profile FROM chunk_column c JOIN column_name n"
                               " ON n.id = c.column_id WHERE c.chunk_id = ?");
    return statement.bind(1, chunkId).forEachRow([&](const sqlite::Statement &row) -> Status {
        const std::string_view name = row.text(0);
        if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end())
            return {};
        return mergeBlob(name, row.blob(1), into);
    });
}

Status Store::Impl::mergeBlob(std::string_view name, std::string_view blob, DatasetProfile &into)
{
    const auto bytes = codec.decompress(db.get(), blob);
    if (!bytes)
        return tl::unexpected(bytes.error());
    auto column = parseColumn(*bytes);
    if (!column)
        return failWith("column \"" + std::string(name) + "\"", column.error());
    const auto [it, added] = into.columns.try_emplace(std::string(name));
    if (added)
        it->second = std::move(*column);
    else
        it->second.merge(*column);
    return {};
}

Result<std::optional<DatasetProfile>> Windows::closedProfile(const std::string &dataset,
                                                             const SegmentTags &segment,
                                                             Granularity granularity, TimeMs start)
{
    auto statement = m_impl->prepare(kChunksOfWindow);
    const std::string key = segmentKey(segment);
    statement.bind(1, dataset)
        .bind(2, key)
        .bind(3, static_cast<std::int64_t>(granularity))
        .bind(4, start)
        .bind(5, std::int64_t{1});
    std::optional<DatasetProfile> result;
    auto read = statement.forEachRow([&](const sqlite::Statement &row) {
        if (!result)
            result.emplace();
        return m_impl->readChunkColumns(row.integer(0), {}, *result);
    });
    if (!read)
        return tl::unexpected(read.error());
    return result;
}

Result<std::vector<std::string>> Windows::columns(const std::string &dataset)
{
    auto statement = m_impl->prepare("SELECT n.name FROM column_name n JOIN dataset d"
                                     " ON d.id = n.dataset_id WHERE d.name = ? ORDER BY n.id");
    return statement.bind(1, dataset).collect([](const sqlite::Statement &row) {
        return std::string(row.text(0));
    });
}

} // namespace tepal
