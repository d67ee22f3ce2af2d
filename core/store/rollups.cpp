// Roll-ups: what the windows of an hour, a day or a month say together, kept so that a range need
// not be merged from thousands of windows.

#include "store_impl.h"

#include <tepal/profile/file.h>
#include <tepal/store/window_writer.h>

#include <algorithm>

namespace tepal {

namespace {

/// Nothing is left of a roll-up that is to be made anew, so what can be read is right.
constexpr const char *kForget[]{
    "DELETE FROM rollup_segment WHERE rollup_id = ?",
    "DELETE FROM rollup_column WHERE rollup_id = ?",
    "DELETE FROM rollup_summary WHERE (column_id, granularity, start) IN (SELECT n.id,"
    " r.granularity, r.start FROM rollup r JOIN column_name n ON n.dataset_id = r.dataset_id"
    " WHERE r.id = ?)"};

Granularity coarser(Granularity granularity)
{
    return static_cast<Granularity>(static_cast<int>(granularity) + 1);
}

} // namespace

RollUp readRollUp(const sqlite::Statement &row)
{
    return {row.integer(0),
            row.integer(1),
            static_cast<Granularity>(row.integer(2)),
            {row.integer(3), row.integer(4)}};
}

RollUpMarks::RollUpMarks(sqlite3 *db)
    : m_mark(db, "INSERT INTO rollup(dataset_id, granularity, start, end, state)"
                 " VALUES(?, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET state = 0 WHERE state <> 0"
                 " RETURNING id")
    , m_db(db)
{}

Status RollUpMarks::outdate(std::int64_t datasetId, Granularity granularity, TimeMs start)
{
    while (granularity < kCoarsestRollUp) {
        granularity = coarser(granularity);
        const TimeRange range = windowOf(start, granularity);
        if (!m_done.emplace(datasetId, granularity, range.start).second)
            return {}; // and so are all coarser ones
        std::optional<std::int64_t> id;
        m_mark.bind(1, datasetId).bind(2, static_cast<std::int64_t>(granularity));
        auto marked = m_mark.bind(3, range.start)
                          .bind(4, range.end)
                          .forEachRow([&](const sqlite::Statement &row) { id = row.integer(0); });
        if (!marked)
            return marked;
        if (!id)
            continue; // it was waiting already
        for (const char *sql : kForget) {
            if (auto done = sqlite::Statement(m_db, sql).bind(1, *id).run(); !done)
                return done;
        }
    }
    return {};
}

Result<std::map<std::string, Store::Impl::Segment>>
Store::Impl::mergeInterval(const RollUp &rollUp, std::size_t &distinctStarts)
{
    const auto parts = partsOf(rollUp.dataset, rollUp.range, rollUp.granularity, nullptr);
    if (!parts)
        return tl::unexpected(parts.error());
    std::map<std::string, Segment> segments;
    std::set<TimeMs> starts;
    for (const RangePart &part : *parts) {
        starts.insert(part.start);
        const auto [it, added] = segments.try_emplace(part.segment);
        Segment &segment = it->second;
        segment.first = added ? part.start : std::min(segment.first, part.start);
        segment.created = added ? part.created : std::min(segment.created, part.created);
        if (auto read = readPart(part, {}, segment.profile); !read)
            return tl::unexpected(read.error());
    }
    distinctStarts = starts.size();
    return segments;
}

Status Store::Impl::makeRollUp(const RollUp &rollUp)
{
    std::size_t starts = 0;
    const auto segments = mergeInterval(rollUp, starts);
    if (!segments && segments.error().code != ErrorCode::Corrupt)
        return tl::unexpected(segments.error());
    if (segments && segments->empty())
        return runFor("DELETE FROM rollup WHERE id = ?", rollUp.id);
    // What cannot be read is for "tepal check" to name.
    if (!segments || starts < 2)
        return runFor("UPDATE rollup SET state = 2 WHERE id = ?", rollUp.id);
    auto &addSegment = prepared("INSERT INTO rollup_segment(rollup_id, segment, first, created)"
                                " VALUES(?, ?, ?, ?)");
    auto &addColumn = prepared("INSERT INTO rollup_column(rollup_id, column_id, segment, profile)"
                               " VALUES(?, ?, ?, ?)");
    for (const auto &[key, segment] : *segments) {
        if (auto done = addSegment.bind(1, rollUp.id)
                            .bind(2, key)
                            .bind(3, segment.first)
                            .bind(4, segment.created)
                            .run();
            !done)
            return done;
        for (const auto &[name, column] : segment.profile.columns) {
            const auto id = columnId(rollUp.dataset, name);
            if (!id)
                return tl::unexpected(id.error());
            const auto blob =
                codec.compress(db.get(), rollUp.dataset, serializeColumn(column), kArchiveLevel);
            if (!blob)
                return tl::unexpected(blob.error());
            addColumn.bind(1, rollUp.id).bind(2, *id).bind(3, key).bindBlob(4, *blob);
            if (auto done = addColumn.run(); !done)
                return done;
            if (auto done = writeSummary(SummaryTable::RollUps, *id, rollUp.granularity,
                                         rollUp.range, key, summarize(name, column));
                !done)
                return done;
        }
    }
    return runFor("UPDATE rollup SET state = 1 WHERE id = ?", rollUp.id);
}

Status Store::Impl::remakeRollUp(const RollUp &rollUp)
{
    for (const char *sql : kForget) {
        if (auto done = runFor(sql, rollUp.id); !done)
            return done;
    }
    return makeRollUp(rollUp);
}

Result<int> WindowWriter::rollUp(TimeMs now, int limit)
{
    int made = 0;
    for (; made < limit; ++made) {
        // One by one, so that nobody waits long for the lock; finer ones first, which make the
        // coarser ones quick.
        auto transaction = sqlite::Transaction::begin(m_impl->db.get());
        if (!transaction)
            return tl::unexpected(transaction.error());
        const auto due = m_impl
                             ->prepared("SELECT id, dataset_id, granularity, start, end FROM rollup"
                                        " WHERE state = 0 AND end <= ?"
                                        " ORDER BY granularity, start LIMIT 1")
                             .bind(1, now)
                             .collect(readRollUp);
        if (!due)
            return tl::unexpected(due.error());
        if (due->empty())
            break;
        if (auto done = m_impl->makeRollUp(due->front()); !done)
            return tl::unexpected(done.error());
        if (auto done = transaction->commit(); !done)
            return tl::unexpected(done.error());
    }
    return made;
}

} // namespace tepal
