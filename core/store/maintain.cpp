// What keeps the database small: merging finished chunks.

#include "store_impl.h"

#include <tepal/profile/file.h>
#include <tepal/store/window_writer.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tepal {

namespace {

/// Chunks of one window that may become one: all of them have gone to the same destinations with
/// the same end, or none has been given to any. What has gone to one place must not be mixed with
/// what has not, or a later upload would count rows twice.
constexpr const char *kMergeable =
    "SELECT window_id, group_concat(id), fate FROM ("
    " SELECT c.id, c.window_id, (SELECT group_concat(o.destination || char(31) || o.state, "
    "char(30))"
    "  FROM (SELECT destination, state FROM outbox WHERE chunk_id = c.id ORDER BY destination) o)"
    "  AS fate FROM chunk c JOIN window w ON w.id = c.window_id"
    " WHERE c.state = 1 AND w.end <= ?1 AND c.window_id IN (SELECT window_id FROM chunk"
    "  GROUP BY window_id HAVING count(*) > 1 AND sum(state = 1) > 1) AND NOT EXISTS (SELECT 1 "
    "FROM outbox o"
    "  WHERE o.chunk_id = c.id AND NOT (o.state IN (2, 4) OR (o.state = 0 AND o.destination = '')))"
    " ORDER BY c.id) GROUP BY window_id, fate HAVING count(*) > 1 LIMIT ?2";

std::vector<std::int64_t> parseIds(std::string_view text)
{
    std::vector<std::int64_t> ids;
    std::int64_t id = 0;
    for (const char c : text) {
        if (c == ',')
            ids.push_back(std::exchange(id, 0));
        else
            id = id * 10 + (c - '0');
    }
    ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    return ids;
}

} // namespace

std::string jsonList(const std::vector<std::int64_t> &ids)
{
    return fmt::format("[{}]", fmt::join(ids, ","));
}

Status Store::Impl::runFor(const char *sql, std::int64_t id)
{
    return prepare(sql).bind(1, id).run();
}

namespace {

/// Makes one chunk of several. `untouched`: they wait for a first destination.
Status mergeChunks(Store::Impl &impl, const std::vector<std::int64_t> &ids, bool untouched)
{
    DatasetProfile whole;
    for (const std::int64_t id : ids) {
        if (auto read = impl.readChunkColumns(id, {}, whole); !read)
            return read;
    }
    auto dataset =
        impl.prepare("SELECT w.dataset_id, (SELECT sum(rows) FROM chunk WHERE window_id = w.id"
                     " AND id IN (SELECT value FROM json_each(?2))) FROM chunk c"
                     " JOIN window w ON w.id = c.window_id WHERE c.id = ?1");
    const std::string list = jsonList(ids);
    const auto row = dataset.bind(1, ids.front()).bind(2, list).step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return fail(ErrorCode::NotFound, "a chunk to merge no longer exists");
    const std::int64_t datasetId = dataset.integer(0);
    const std::int64_t rows = dataset.integer(1);
    dataset.reset();
    if (auto done = impl.writeChunkColumns(ids.front(), datasetId, whole, kArchiveLevel); !done)
        return done;
    if (auto done = impl.prepare("UPDATE chunk SET rows = ? WHERE id = ?")
                        .bind(1, rows)
                        .bind(2, ids.front())
                        .run();
        !done)
        return done;
    for (std::size_t i = 1; i < ids.size(); ++i) {
        if (auto done = impl.runFor("DELETE FROM chunk_column WHERE chunk_id = ?", ids[i]); !done)
            return done;
        // What was sent stays in the outbox's history; what never had a destination is in the
        // first chunk's item now.
        if (untouched) {
            if (auto done = impl.runFor("DELETE FROM outbox WHERE chunk_id = ?", ids[i]); !done)
                return done;
            if (auto done = impl.runFor("DELETE FROM chunk WHERE id = ?", ids[i]); !done)
                return done;
        } else if (auto done =
                       impl.runFor("UPDATE chunk SET state = 2, rows = 0 WHERE id = ?", ids[i]);
                   !done) {
            return done;
        }
    }
    return {};
}

} // namespace

Result<int> WindowWriter::compact(TimeMs now, int limit)
{
    std::vector<std::pair<std::vector<std::int64_t>, bool>> groups;
    {
        auto statement = m_impl->prepare(kMergeable);
        statement.bind(1, now).bind(2, std::int64_t{limit});
        auto read = statement.forEachRow([&](const sqlite::Statement &row) {
            groups.emplace_back(parseIds(row.text(1)), row.text(2) == std::string_view("\x1f"
                                                                                       "0"));
        });
        if (!read)
            return tl::unexpected(read.error());
    }
    if (groups.empty())
        return 0;
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    int merged = 0;
    for (const auto &[ids, untouched] : groups) {
        // The lock was not held while looking: a sender may have taken one meanwhile.
        auto again =
            m_impl->prepare("SELECT count(*) FROM outbox o WHERE o.chunk_id IN (SELECT value"
                            " FROM json_each(?1)) AND NOT (CASE WHEN ?2 THEN o.state = 0 AND"
                            " o.destination = '' ELSE o.state IN (2, 4) END)");
        const std::string list = jsonList(ids);
        const auto row = again.bind(1, list).bind(2, std::int64_t{untouched}).step();
        if (!row)
            return tl::unexpected(row.error());
        const bool taken = again.integer(0) != 0;
        again.reset();
        if (taken)
            continue;
        const auto done = mergeChunks(*m_impl, ids, untouched);
        if (!done && done.error().code == ErrorCode::Corrupt)
            continue; // "tepal check" names it; the rest goes on
        if (!done)
            return tl::unexpected(done.error());
        ++merged;
    }
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return merged;
}

} // namespace tepal
