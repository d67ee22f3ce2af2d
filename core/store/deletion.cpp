// Forgetting windows: first they are hidden, for a while they can be had back, then they are gone.

#include "store_impl.h"

#include <tepal/store/deletions.h>
#include <tepal/store/segment_key.h>
#include <tepal/store/window_writer.h>

#include <algorithm>

namespace tepal {

namespace {

/// Windows wholly in ?2–?3 of dataset ?1; ?4 = 1 those that are deleted, 0 the others.
#define TEPAL_IN_RANGE                                                                             \
    " FROM stored_window w JOIN dataset d ON d.id = w.dataset_id WHERE d.name = ?1"                \
    " AND w.start >= ?2 AND w.end <= ?3 AND (w.deleted IS NOT NULL) = ?4"
#define TEPAL_IS_FILLING "EXISTS (SELECT 1 FROM chunk WHERE window_id = w.id AND state = 0)"
#define TEPAL_IS_UNSENT                                                                            \
    "EXISTS (SELECT 1 FROM chunk c JOIN outbox o ON o.chunk_id = c.id WHERE c.window_id = w.id"    \
    " AND o.state IN (0, 1, 3, 5) AND o.destination <> '')"

struct StoredWindow
{
    std::int64_t id = 0;
    std::int64_t dataset = 0;
    std::string segment;
    Granularity granularity = Granularity::Hour;
    TimeRange range;
};

std::vector<std::int64_t> idsOf(const std::vector<StoredWindow> &windows)
{
    std::vector<std::int64_t> ids;
    ids.reserve(windows.size());
    for (const StoredWindow &window : windows)
        ids.push_back(window.id);
    return ids;
}

/// Of a row of id, dataset_id, segment, granularity, start, end.
StoredWindow readStoredWindow(const sqlite::Statement &row)
{
    StoredWindow window;
    window.id = row.integer(0);
    window.dataset = row.integer(1);
    window.segment = row.text(2);
    window.granularity = static_cast<Granularity>(row.integer(3));
    window.range = {row.integer(4), row.integer(5)};
    return window;
}

/// Who keeps what it read of the windows sees by the count that they are others now.
Status countDeletion(Store::Impl &impl)
{
    return sqlite::execute(impl.db.get(), "UPDATE deletions SET count = count + 1");
}

/// Summaries and scores follow from the profiles, and roll-ups hold a share of the windows.
Status hide(Store::Impl &impl, const std::vector<StoredWindow> &windows, TimeMs now)
{
    const std::string ids = jsonList(idsOf(windows));
    RollUpMarks rollUps(impl.db.get());
    for (const StoredWindow &window : windows) {
        if (auto done = rollUps.outdate(window.dataset, window.granularity, window.range.start);
            !done)
            return done;
    }
    for (const char *sql :
         {"DELETE FROM summary WHERE (column_id, granularity, start, segment) IN (SELECT n.id,"
          " w.granularity, w.start, w.segment FROM stored_window w JOIN column_name n"
          " ON n.dataset_id = w.dataset_id WHERE w.id IN (SELECT value FROM json_each(?1)))",
          "DELETE FROM score WHERE (set_id, start) IN (SELECT t.id, w.start FROM stored_window w"
          " JOIN dataset d ON d.id = w.dataset_id JOIN score_set t ON t.dataset = d.name"
          " WHERE w.id IN (SELECT value FROM json_each(?1)))"}) {
        if (auto done = impl.prepare(sql).bind(1, ids).run(); !done)
            return done;
    }
    if (auto done = impl.prepare("UPDATE stored_window SET deleted = ?2 WHERE id IN"
                                 " (SELECT value FROM json_each(?1))")
                        .bind(1, ids)
                        .bind(2, now)
                        .run();
        !done)
        return done;
    return countDeletion(impl);
}

/// Those wholly in the range that nobody fills; a deleted one never is.
Result<std::vector<StoredWindow>> storedWindows(Store::Impl &impl, const std::string &dataset,
                                                TimeRange range, bool deleted)
{
    auto statement =
        impl.prepare("SELECT w.id, w.dataset_id, w.segment, w.granularity,"
                     " w.start, w.end" TEPAL_IN_RANGE " AND (?4 OR NOT " TEPAL_IS_FILLING ")");
    return statement.bind(1, dataset)
        .bind(2, range.start)
        .bind(3, range.end)
        .bind(4, std::int64_t{deleted})
        .collect(readStoredWindow);
}

} // namespace

Result<DeletionReport> Deletions::deletable(const std::string &dataset, TimeRange range,
                                            bool deleted)
{
    auto statement = m_impl->prepare(
        "SELECT coalesce(sum(NOT f), 0), coalesce(sum(CASE WHEN f THEN 0 ELSE rows END), 0),"
        " coalesce(sum(f), 0), coalesce(sum(u AND NOT f), 0) FROM (SELECT " TEPAL_IS_FILLING
        " AS f, " TEPAL_IS_UNSENT " AS u,"
        " (SELECT coalesce(sum(rows), 0) FROM chunk WHERE window_id = w.id) AS rows" TEPAL_IN_RANGE
        ")");
    DeletionReport report;
    auto read = statement.bind(1, dataset)
                    .bind(2, range.start)
                    .bind(3, range.end)
                    .bind(4, std::int64_t{deleted})
                    .forEachRow([&](const sqlite::Statement &row) {
                        report.windows = row.integer(0);
                        report.rows = row.integer(1);
                        report.filling = row.integer(2);
                        report.unsent = row.integer(3);
                    });
    if (!read)
        return tl::unexpected(read.error());
    return report;
}

Result<DeletionReport> Deletions::remove(const std::string &dataset, TimeRange range, TimeMs now)
{
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    auto report = deletable(dataset, range, false);
    if (!report)
        return report;
    const auto windows = storedWindows(*m_impl, dataset, range, false);
    if (!windows)
        return tl::unexpected(windows.error());
    if (auto done = hide(*m_impl, *windows, now); !done)
        return tl::unexpected(done.error());
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return report;
}

Result<int> WindowWriter::expire(TimeMs before, TimeMs now, int limit)
{
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    // What still has to be sent somewhere, or is being filled, stays.
    const auto windows =
        m_impl
            ->prepare("SELECT w.id, w.dataset_id, w.segment, w.granularity, w.start, w.end"
                      " FROM window w WHERE w.end <= ?1 AND NOT " TEPAL_IS_FILLING
                      " AND NOT " TEPAL_IS_UNSENT " ORDER BY w.start LIMIT ?2")
            .bind(1, before)
            .bind(2, std::int64_t{limit})
            .collect(readStoredWindow);
    if (!windows)
        return tl::unexpected(windows.error());
    if (windows->empty())
        return 0;
    if (auto done = hide(*m_impl, *windows, now); !done)
        return tl::unexpected(done.error());
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return static_cast<int>(windows->size());
}

namespace {

/// Makes one visible again; rows that came for the same time since are put together with it.
Status show(Store::Impl &impl, const StoredWindow &window)
{
    std::int64_t id = 0;
    auto same = impl.prepare("SELECT id FROM window WHERE dataset_id = ? AND start = ? AND"
                             " granularity = ? AND segment = ?");
    same.bind(1, window.dataset).bind(2, window.range.start);
    auto found = same.bind(3, static_cast<std::int64_t>(window.granularity))
                     .bind(4, window.segment)
                     .forEachRow([&](const sqlite::Statement &row) { id = row.integer(0); });
    if (!found)
        return found;
    if (id == 0) {
        id = window.id;
        if (auto done = impl.runFor("UPDATE stored_window SET deleted = NULL WHERE id = ?", id);
            !done)
            return done;
    } else {
        auto move = impl.prepare("UPDATE chunk SET window_id = ? WHERE window_id = ?");
        if (auto done = move.bind(1, id).bind(2, window.id).run(); !done)
            return done;
        if (auto done = impl.runFor("DELETE FROM stored_window WHERE id = ?", window.id); !done)
            return done;
    }
    DatasetProfile profile;
    auto read = impl.prepare("SELECT id FROM chunk WHERE window_id = ? ORDER BY id")
                    .bind(1, id)
                    .forEachRow([&](const sqlite::Statement &row) {
                        return impl.readChunkColumns(row.integer(0), {}, profile);
                    });
    if (!read && read.error().code == ErrorCode::Corrupt)
        return {}; // "tepal check" names it; what can be read is there
    if (!read)
        return read;
    ChunkCommit chunk;
    chunk.segment = parseSegmentKey(window.segment);
    chunk.granularity = window.granularity;
    chunk.start = window.range.start;
    chunk.end = window.range.end;
    for (const auto &[name, column] : profile.columns)
        chunk.summaries.push_back(summarize(name, column));
    return impl.writeSummaries(window.dataset, chunk);
}

} // namespace

Result<DeletionReport> Deletions::restore(const std::string &dataset, TimeRange range)
{
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    auto report = deletable(dataset, range, true);
    if (!report)
        return report;
    const auto windows = storedWindows(*m_impl, dataset, range, true);
    if (!windows)
        return tl::unexpected(windows.error());
    RollUpMarks rollUps(m_impl->db.get());
    for (const StoredWindow &window : *windows) {
        if (auto done = show(*m_impl, window); !done)
            return tl::unexpected(done.error());
        if (auto done = rollUps.outdate(window.dataset, window.granularity, window.range.start);
            !done)
            return tl::unexpected(done.error());
    }
    if (auto done = countDeletion(*m_impl); !done)
        return tl::unexpected(done.error());
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return report;
}

Result<int> Deletions::purge(TimeMs deletedUpTo, TimeMs now, int limit)
{
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    // What is on its way at this moment comes back to its outbox item.
    const auto windows =
        m_impl
            ->prepare("SELECT w.id, w.dataset_id, w.segment, w.granularity, w.start, w.end"
                      " FROM stored_window w WHERE w.deleted <= ?1 AND NOT EXISTS (SELECT 1 FROM"
                      " chunk c JOIN outbox o ON o.chunk_id = c.id WHERE c.window_id = w.id AND"
                      " o.state = 1 AND o.lease_until > ?2) ORDER BY w.deleted LIMIT ?3")
            .bind(1, deletedUpTo)
            .bind(2, now)
            .bind(3, std::int64_t{limit})
            .collect(readStoredWindow);
    if (!windows)
        return tl::unexpected(windows.error());
    if (windows->empty())
        return 0;
    const std::string ids = jsonList(idsOf(*windows));
#define TEPAL_THEIR_CHUNKS                                                                         \
    "(SELECT id FROM chunk WHERE window_id IN (SELECT value FROM json_each(?1)))"
    for (const char *sql :
         {"DELETE FROM outbox WHERE chunk_id IN " TEPAL_THEIR_CHUNKS,
          "DELETE FROM chunk_column WHERE chunk_id IN " TEPAL_THEIR_CHUNKS,
          "DELETE FROM chunk WHERE window_id IN (SELECT value FROM json_each(?1))",
          "DELETE FROM stored_window WHERE id IN (SELECT value FROM json_each(?1))"}) {
        if (auto done = m_impl->prepare(sql).bind(1, ids).run(); !done)
            return tl::unexpected(done.error());
    }
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return static_cast<int>(windows->size());
}

Result<std::vector<DeletedWindow>> Deletions::list(const std::string &dataset)
{
    auto statement = m_impl->prepare(
        "SELECT d.name, w.segment, w.granularity, w.start, w.end, (SELECT coalesce(sum(rows), 0)"
        " FROM chunk WHERE window_id = w.id), w.deleted FROM stored_window w JOIN dataset d"
        " ON d.id = w.dataset_id WHERE w.deleted IS NOT NULL AND (?1 = '' OR d.name = ?1)"
        " ORDER BY d.name, w.start, w.segment, w.deleted");
    return statement.bind(1, dataset).collect([](const sqlite::Statement &row) {
        DeletedWindow deleted;
        deleted.window = readWindowInfo(row);
        deleted.deletedAt = row.integer(6);
        return deleted;
    });
}

Result<std::int64_t> Deletions::count()
{
    return m_impl->deletionCount();
}

Result<std::int64_t> Store::Impl::deletionCount()
{
    std::int64_t count = 0;
    auto read =
        prepared("SELECT count FROM deletions").forEachRow([&](const sqlite::Statement &row) {
            count = row.integer(0);
        });
    if (!read)
        return tl::unexpected(read.error());
    return count;
}

} // namespace tepal
