// Answers about a range of time, put together from the largest pieces that lie wholly inside it.

#include "store_impl.h"

#include <tepal/store/segment_key.h>
#include <tepal/store/windows.h>

#include <algorithm>
#include <iterator>

namespace tepal {

namespace {

/// From the coarsest on.
constexpr Granularity kGranularities[]{Granularity::Year, Granularity::Month, Granularity::Day,
                                       Granularity::Hour, Granularity::Minute};

bool isRolledUp(Granularity granularity)
{
    return granularity >= kFinestRollUp && granularity <= kCoarsestRollUp;
}

} // namespace

bool Gaps::take(TimeRange piece)
{
    auto gap = m_gaps.upper_bound(piece.start);
    if (gap == m_gaps.begin())
        return false;
    --gap;
    const TimeRange whole{gap->first, gap->second};
    if (piece.end > whole.end)
        return false;
    m_gaps.erase(gap);
    if (whole.start < piece.start)
        m_gaps.emplace(whole.start, piece.start);
    if (piece.end < whole.end)
        m_gaps.emplace(piece.end, whole.end);
    return true;
}

Result<std::int64_t> Store::Impl::findDataset(const std::string &name)
{
    auto &statement = prepared("SELECT id FROM dataset WHERE name = ?");
    std::int64_t id = 0;
    auto read = statement.bind(1, name).forEachRow(
        [&](const sqlite::Statement &row) { id = row.integer(0); });
    if (!read)
        return tl::unexpected(read.error());
    return id;
}

Result<std::int64_t> Store::Impl::findColumn(std::int64_t dataset, const std::string &name)
{
    auto &statement = prepared("SELECT id FROM column_name WHERE dataset_id = ? AND name = ?");
    std::int64_t id = 0;
    auto read =
        statement.bind(1, dataset).bind(2, name).forEachRow([&](const sqlite::Statement &row) {
            id = row.integer(0);
        });
    if (!read)
        return tl::unexpected(read.error());
    return id;
}

Result<std::vector<RangePart>> Store::Impl::partsOf(std::int64_t datasetId, TimeRange range,
                                                    Granularity below, const std::string *segment)
{
    auto chunks =
        prepare("SELECT c.id, w.segment, w.start, c.created FROM window w JOIN chunk c"
                " ON c.window_id = w.id WHERE w.dataset_id = ?1 AND w.start >= ?2 AND w.start < ?3"
                " AND w.granularity = ?4 AND w.end > ?5 AND (?6 = 0 OR w.segment = ?7)");
    auto rollUps =
        prepare("SELECT r.id, s.segment, s.first, s.created, r.start, r.end FROM rollup r"
                " JOIN rollup_segment s ON s.rollup_id = r.id WHERE r.dataset_id = ?1"
                " AND r.start >= ?2 AND r.end <= ?3 AND r.granularity = ?4 AND r.state = 1"
                " AND (?6 = 0 OR s.segment = ?7) ORDER BY r.start");
    const std::string key = segment ? *segment : std::string();
    for (sqlite::Statement *statement : {&chunks, &rollUps})
        statement->bind(1, datasetId).bind(6, std::int64_t{segment ? 1 : 0}).bind(7, key);
    std::vector<RangePart> parts;
    const auto add = [&](const sqlite::Statement &row, bool rolledUp) {
        parts.push_back(
            {rolledUp, row.integer(0), std::string(row.text(1)), row.integer(2), row.integer(3)});
    };
    Gaps gaps(range);
    for (const Granularity granularity : kGranularities) {
        if (granularity >= below)
            continue;
        const auto level = static_cast<std::int64_t>(granularity);
        for (const auto &[start, end] : gaps.all()) {
            // A window that overlaps the gap begins at most one window before it.
            chunks.bind(2, windowStart(start, granularity)).bind(3, end).bind(4, level);
            auto read = chunks.bind(5, start).forEachRow(
                [&](const sqlite::Statement &row) { add(row, false); });
            if (!read)
                return tl::unexpected(read.error());
        }
        if (!isRolledUp(granularity))
            continue;
        // Stands for all finer windows: those of its own granularity were read above.
        std::int64_t taken = 0; // has a row for every segment
        auto read =
            rollUps.bind(2, range.start)
                .bind(3, range.end)
                .bind(4, level)
                .forEachRow([&](const sqlite::Statement &row) {
                    if (row.integer(0) != taken && !gaps.take({row.integer(4), row.integer(5)}))
                        return;
                    taken = row.integer(0);
                    add(row, true);
                });
        if (!read)
            return tl::unexpected(read.error());
    }
    std::stable_sort(parts.begin(), parts.end(),
                     [](const RangePart &a, const RangePart &b) { return a.start < b.start; });
    return parts;
}

Status Store::Impl::readPart(const RangePart &part, const std::vector<std::int64_t> &only,
                             DatasetProfile &into)
{
    const auto merge = [&](const sqlite::Statement &row) {
        return mergeBlob(row.text(0), row.blob(1), into);
    };
    auto &statement =
        part.rolledUp
            ? (only.empty()
                   ? prepared("SELECT n.name, c.profile FROM rollup_column c JOIN column_name n"
                              " ON n.id = c.column_id WHERE c.rollup_id = ?1 AND c.segment = ?2")
                   : prepared("SELECT n.name, c.profile FROM rollup_column c JOIN column_name n"
                              " ON n.id = c.column_id WHERE c.rollup_id = ?1 AND c.segment = ?2"
                              " AND c.column_id = ?3"))
            : (only.empty()
                   ? prepared("SELECT n.name, c.profile FROM chunk_column c JOIN column_name n"
                              " ON n.id = c.column_id WHERE c.chunk_id = ?1")
                   : prepared("SELECT n.name, c.profile FROM chunk_column c JOIN column_name n"
                              " ON n.id = c.column_id WHERE c.chunk_id = ?1"
                              " AND c.column_id = ?3"));
    statement.bind(1, part.id);
    if (part.rolledUp)
        statement.bind(2, part.segment);
    if (only.empty())
        return statement.forEachRow(merge);
    for (const std::int64_t id : only) {
        if (auto read = statement.bind(3, id).forEachRow(merge); !read)
            return read;
    }
    return {};
}

Status Store::Impl::mergePart(const RangePart &part, const KeptProfiles<PartKey>::Version &version,
                              DatasetProfile &into)
{
    const PartKey key{part.rolledUp, part.id, part.rolledUp ? part.segment : std::string()};
    auto [kept, worthIt] = keptParts.ask(key, version);
    if (!kept && !worthIt)
        return readPart(part, {}, into);
    if (!kept) {
        DatasetProfile alone;
        if (auto read = readPart(part, {}, alone); !read)
            return read;
        kept = std::make_shared<const DatasetProfile>(std::move(alone));
        keptParts.keep(key, kept);
    }
    for (const auto &[name, column] : kept->columns) {
        const auto [it, added] = into.columns.try_emplace(name, column);
        if (!added)
            it->second.merge(column);
    }
    return {};
}

Result<std::shared_ptr<const DatasetProfile>> Store::Impl::mergeRange(const RangeKey &key)
{
    const auto snapshot = sqlite::Snapshot::begin(db.get());
    if (!snapshot)
        return tl::unexpected(snapshot.error());
    const auto datasetId = findDataset(key.dataset);
    if (!datasetId)
        return tl::unexpected(datasetId.error());
    std::vector<std::int64_t> only;
    for (const std::string &column : key.columns) {
        const auto id = findColumn(*datasetId, column);
        if (!id)
            return tl::unexpected(id.error());
        only.push_back(*id); // 0 for an unknown one, which no row has
    }
    constexpr auto kAny = static_cast<Granularity>(static_cast<int>(Granularity::Year) + 1);
    const std::string *segment = key.segment ? &*key.segment : nullptr;
    const auto parts = partsOf(*datasetId, key.range, kAny, segment);
    const auto now = version();
    if (!parts)
        return tl::unexpected(parts.error());
    if (parts->empty())
        return nullptr;
    auto result = std::make_shared<DatasetProfile>();
    result->datasetTimestamp = parts->front().start;
    result->creationTimestamp = parts->front().created;
    if (segment)
        result->segment = parseSegmentKey(*segment);
    for (const RangePart &part : *parts) {
        result->creationTimestamp = std::min(result->creationTimestamp, part.created);
        auto read = only.empty() ? mergePart(part, now, *result) : readPart(part, only, *result);
        if (!read)
            return tl::unexpected(read.error());
    }
    return result;
}

Result<std::shared_ptr<const DatasetProfile>>
Windows::profile(const std::string &dataset, TimeRange range,
                 const std::vector<std::string> &columns, const std::optional<SegmentTags> &segment)
{
    RangeKey key{dataset, range, columns, std::nullopt};
    if (segment)
        key.segment = segmentKey(*segment);
    // Before reading: a commit in between makes the profile look older than it is.
    auto &ranges = m_impl->keptRanges;
    auto [kept, worthIt] = ranges.ask(key, m_impl->version());
    if (kept)
        return std::move(kept);
    auto merged = m_impl->mergeRange(key);
    if (merged && worthIt)
        ranges.keep(key, *merged);
    return merged;
}

namespace {

#define TEPAL_READ_SUMMARIES(table)                                                                \
    "SELECT start, end, " TEPAL_SUMMARY_FIGURES " FROM " table                                     \
    " WHERE column_id = ?1 AND granularity = ?2 AND start >= ?3 AND start < ?4 AND segment = ?6"

#define TEPAL_COUNT_SUMMARIES(table)                                                               \
    "SELECT count(*) FROM (SELECT 1 FROM " table                                                   \
    " WHERE column_id = ?1 AND granularity = ?2 AND start >= ?3 AND start < ?4 AND segment = ?6"   \
    " LIMIT ?5)"

Status readSummaries(Store::Impl &impl, std::int64_t columnId, const std::string &name,
                     const std::string &segment, TimeRange range,
                     std::optional<Granularity> coarsest, std::vector<ColumnSummary> &into)
{
    // In the order of the keys, so that nothing is sorted and no other column is looked at.
    auto windows = impl.prepare(TEPAL_READ_SUMMARIES("summary") " AND end > ?5");
    auto rollUps = impl.prepare(TEPAL_READ_SUMMARIES("rollup_summary") " AND end <= ?4");
    windows.bind(6, segment);
    rollUps.bind(6, segment);
    const auto add = [&](const sqlite::Statement &row) {
        ColumnSummary &s = into.emplace_back();
        s.column = name;
        s.start = row.integer(0);
        s.end = row.integer(1);
        Store::Impl::readFigures(row, 2, s);
    };
    const std::size_t first = into.size();
    Gaps gaps(range);
    for (const Granularity granularity : kGranularities) {
        const auto level = static_cast<std::int64_t>(granularity);
        for (const auto &[start, end] : gaps.all()) {
            windows.bind(1, columnId).bind(2, level).bind(3, windowStart(start, granularity));
            if (auto read = windows.bind(4, end).bind(5, start).forEachRow(add); !read)
                return read;
        }
        if (!coarsest || granularity > *coarsest || granularity < kFinestRollUp)
            continue;
        rollUps.bind(1, columnId).bind(2, level).bind(3, range.start).bind(4, range.end);
        auto read = rollUps.forEachRow([&](const sqlite::Statement &row) {
            if (gaps.take({row.integer(0), row.integer(1)}))
                add(row);
        });
        if (!read)
            return read;
    }
    const auto earlier = [](const ColumnSummary &a, const ColumnSummary &b) {
        return a.start < b.start;
    };
    if (!std::is_sorted(into.begin() + static_cast<std::ptrdiff_t>(first), into.end(), earlier))
        std::stable_sort(into.begin() + static_cast<std::ptrdiff_t>(first), into.end(), earlier);
    return {};
}

} // namespace

Result<std::vector<ColumnSummary>> Windows::summaries(const std::string &dataset,
                                                      const std::string &column, TimeRange range)
{
    const auto snapshot = sqlite::Snapshot::begin(m_impl->db.get());
    if (!snapshot)
        return tl::unexpected(snapshot.error());
    std::vector<ColumnSummary> result;
    auto statement = m_impl->prepare(
        "SELECT n.id, n.name FROM column_name n JOIN dataset d ON d.id = n.dataset_id"
        " WHERE d.name = ?1 AND (?2 = '' OR n.name = ?2) ORDER BY n.name");
    statement.bind(1, dataset).bind(2, column);
    auto read = statement.forEachRow([&](const sqlite::Statement &row) {
        return readSummaries(*m_impl, row.integer(0), std::string(row.text(1)), {}, range,
                             std::nullopt, result);
    });
    if (!read)
        return tl::unexpected(read.error());
    return result;
}

namespace {

Result<std::size_t> countSummaries(Store::Impl &impl, SummaryTable table, std::int64_t columnId,
                                   const std::string &segment, Granularity granularity,
                                   TimeRange range, std::size_t atMost)
{
    auto &statement = table == SummaryTable::Windows
                          ? impl.prepared(TEPAL_COUNT_SUMMARIES("summary"))
                          : impl.prepared(TEPAL_COUNT_SUMMARIES("rollup_summary"));
    statement.bind(1, columnId)
        .bind(2, static_cast<std::int64_t>(granularity))
        .bind(3, range.start)
        .bind(4, range.end)
        .bind(5, static_cast<std::int64_t>(atMost))
        .bind(6, segment);
    std::size_t count = 0;
    auto read = statement.forEachRow(
        [&](const sqlite::Statement &row) { count = static_cast<std::size_t>(row.integer(0)); });
    if (!read)
        return tl::unexpected(read.error());
    return count;
}

} // namespace

Result<ColumnHistory> Windows::history(const std::string &dataset, const std::string &column,
                                       TimeRange range, std::size_t maxPoints,
                                       const SegmentTags &segment)
{
    const std::string key = segmentKey(segment);
    const auto snapshot = sqlite::Snapshot::begin(m_impl->db.get());
    if (!snapshot)
        return tl::unexpected(snapshot.error());
    const auto datasetId = m_impl->findDataset(dataset);
    if (!datasetId)
        return tl::unexpected(datasetId.error());
    const auto columnId = m_impl->findColumn(*datasetId, column);
    if (!columnId)
        return tl::unexpected(columnId.error());
    ColumnHistory history;
    std::size_t windows = 0;
    std::size_t most = 0;
    for (const Granularity granularity : kGranularities) {
        const auto count = countSummaries(*m_impl, SummaryTable::Windows, *columnId, key,
                                          granularity, range, maxPoints + 1);
        if (!count)
            return tl::unexpected(count.error());
        windows += *count;
        if (*count > most) {
            most = *count;
            history.granularity = granularity;
        }
    }
    std::optional<Granularity> coarsest;
    for (Granularity level = kFinestRollUp; windows > maxPoints && level <= kCoarsestRollUp;
         level = static_cast<Granularity>(static_cast<int>(level) + 1)) {
        const auto count = countSummaries(*m_impl, SummaryTable::RollUps, *columnId, key, level,
                                          range, maxPoints + 1);
        if (!count)
            return tl::unexpected(count.error());
        if (*count == 0)
            continue;
        coarsest = level;
        if (*count <= maxPoints)
            break;
    }
    if (coarsest) {
        history.granularity = *coarsest;
        history.rolledUp = true;
    }
    if (auto read = readSummaries(*m_impl, *columnId, column, key, range, coarsest, history.points);
        !read)
        return tl::unexpected(read.error());
    return history;
}

} // namespace tepal
