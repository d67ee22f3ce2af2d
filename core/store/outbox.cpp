#include "store_impl.h"

#include <tepal/profile/file.h>
#include <tepal/store/outbox.h>
#include <tepal/store/segment_key.h>

namespace tepal {

namespace {

constexpr const char *kItemColumns =
    "SELECT o.id, o.chunk_id, d.name, w.segment, o.destination, w.start, w.end, c.rows, o.bytes,"
    " o.state, o.attempts, o.next_try, o.updated, o.upload_url, o.sha256, o.error, o.next_step"
    " FROM outbox o JOIN chunk c ON c.id = o.chunk_id JOIN window w ON w.id = c.window_id"
    " JOIN dataset d ON d.id = w.dataset_id ";

OutboxItem readItem(const sqlite::Statement &row)
{
    OutboxItem item;
    item.id = row.integer(0);
    item.chunkId = row.integer(1);
    item.dataset = row.text(2);
    item.segment = parseSegmentKey(row.text(3));
    item.destination = row.text(4);
    item.start = row.integer(5);
    item.end = row.integer(6);
    item.rows = row.integer(7);
    item.bytes = row.integer(8);
    item.state = static_cast<OutboxState>(row.integer(9));
    item.attempts = static_cast<int>(row.integer(10));
    item.nextTry = row.integer(11);
    item.updated = row.integer(12);
    item.uploadUrl = row.text(13);
    item.sha256 = row.text(14);
    item.error = row.text(15);
    item.nextStep = row.text(16);
    return item;
}

} // namespace

std::string_view outboxStateName(OutboxState state)
{
    constexpr std::string_view names[]{"waiting", "sending", "sent", "failed", "dropped"};
    return names[static_cast<std::size_t>(state)];
}

Result<std::vector<OutboxItem>> Outbox::outbox(std::size_t limit)
{
    const std::string sql = std::string(kItemColumns) + "ORDER BY w.start DESC, o.id DESC LIMIT ?";
    auto statement = m_impl->prepare(sql.c_str());
    statement.bind(1, static_cast<std::int64_t>(limit));
    return statement.collect(readItem);
}

Result<int> Outbox::enqueue(const std::string &destination, TimeMs now)
{
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    for (const char *sql :
         {"UPDATE OR IGNORE outbox SET destination = ?1, updated = ?2 WHERE destination = ''"
          " AND state IN (0, 3)",
          "INSERT OR IGNORE INTO outbox(chunk_id, destination, state, updated)"
          " SELECT c.id, ?1, 0, ?2 FROM chunk c JOIN window w ON w.id = c.window_id"
          " JOIN dataset d ON d.id = w.dataset_id WHERE c.state = 1 AND coalesce((SELECT value"
          " FROM setting WHERE key = 'destination.' || d.name), ?1) = ?1"}) {
        if (auto done = m_impl->prepare(sql).bind(1, destination).bind(2, now).run(); !done)
            return tl::unexpected(done.error());
    }
    auto count =
        m_impl->prepare("SELECT count(*) FROM outbox o JOIN chunk c ON c.id = o.chunk_id JOIN"
                        " window w ON w.id = c.window_id WHERE o.destination = ?"
                        " AND o.state IN (0, 1, 3)");
    const auto row = count.bind(1, destination).step();
    if (!row)
        return tl::unexpected(row.error());
    const auto waiting = static_cast<int>(count.integer(0));
    count.reset();
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return waiting;
}

Result<std::optional<OutboxItem>> Outbox::lease(const std::string &destination, TimeMs now,
                                                TimeMs leaseUntil, bool ignoreNextTry)
{
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    // An expired lease belongs to a sender that died; its item is taken up again.
    const std::string sql = std::string(kItemColumns) +
                            "WHERE o.destination = ?1 AND ((o.state IN (0, 3) AND"
                            " (?3 OR o.next_try <= ?2)) OR (o.state = 1 AND o.lease_until <= ?2))"
                            " ORDER BY w.start, o.id LIMIT 1";
    auto statement = m_impl->prepare(sql.c_str());
    const auto row =
        statement.bind(1, destination).bind(2, now).bind(3, std::int64_t{ignoreNextTry}).step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return std::nullopt;
    OutboxItem item = readItem(statement);
    statement.reset();
    if (auto done = m_impl
                        ->prepare("UPDATE outbox SET state = 1, lease_until = ?, updated = ?"
                                  " WHERE id = ?")
                        .bind(1, leaseUntil)
                        .bind(2, now)
                        .bind(3, item.id)
                        .run();
        !done)
        return tl::unexpected(done.error());
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    item.state = OutboxState::Sending;
    return item;
}

Status Outbox::updateItem(const OutboxItem &item, TimeMs now)
{
    return m_impl
        ->prepare("UPDATE outbox SET state = ?, attempts = ?, next_try = ?, bytes = ?,"
                  " upload_url = ?, sha256 = ?, error = ?, next_step = ?, updated = ?,"
                  " lease_until = CASE WHEN ?1 = 1 THEN lease_until ELSE 0 END WHERE id = ?")
        .bind(1, static_cast<std::int64_t>(item.state))
        .bind(2, std::int64_t{item.attempts})
        .bind(3, item.nextTry)
        .bind(4, item.bytes)
        .bind(5, item.uploadUrl)
        .bind(6, item.sha256)
        .bind(7, item.error)
        .bind(8, item.nextStep)
        .bind(9, now)
        .bind(10, item.id)
        .run();
}

namespace {

/// Runs one statement per id, or the general one without ids, and counts what changed.
Result<int> changeItems(sqlite3 *db, const std::vector<std::int64_t> &ids, const char *one,
                        const char *all, TimeMs now)
{
    auto transaction = sqlite::Transaction::begin(db);
    if (!transaction)
        return tl::unexpected(transaction.error());
    int changed = 0;
    if (ids.empty()) {
        if (auto done = sqlite::Statement(db, all).bind(1, now).run(); !done)
            return tl::unexpected(done.error());
        changed = sqlite3_changes(db);
    }
    for (const std::int64_t id : ids) {
        if (auto done = sqlite::Statement(db, one).bind(1, now).bind(2, id).run(); !done)
            return tl::unexpected(done.error());
        changed += sqlite3_changes(db);
    }
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return changed;
}

} // namespace

Result<int> Outbox::retryItems(const std::vector<std::int64_t> &ids, TimeMs now)
{
    return changeItems(m_impl->db.get(), ids,
                       "UPDATE outbox SET state = 0, next_try = 0, updated = ?1 WHERE id = ?2"
                       " AND state IN (3, 4)",
                       "UPDATE outbox SET state = 0, next_try = 0, updated = ?1 WHERE state = 3",
                       now);
}

Result<int> Outbox::dropItems(const std::vector<std::int64_t> &ids, TimeMs now)
{
    if (ids.empty())
        return 0;
    return changeItems(m_impl->db.get(), ids,
                       "UPDATE outbox SET state = 4, updated = ?1 WHERE id = ?2"
                       " AND state IN (0, 3)",
                       "", now);
}

Result<int> Outbox::makeDue(const std::string &destination, TimeMs now)
{
    auto done = m_impl
                    ->prepare("UPDATE outbox SET next_try = 0, updated = ?2 WHERE destination = ?1"
                              " AND state IN (0, 3) AND next_try > ?2 AND next_try < ?3")
                    .bind(1, destination)
                    .bind(2, now)
                    .bind(3, kNeedsDecision)
                    .run();
    if (!done)
        return tl::unexpected(done.error());
    return sqlite3_changes(m_impl->db.get());
}

Result<int> Outbox::releaseLeases(const std::string &destination, TimeMs now)
{
    auto done = m_impl
                    ->prepare("UPDATE outbox SET state = 0, next_try = 0, lease_until = 0,"
                              " updated = ?2 WHERE destination = ?1 AND state = 1")
                    .bind(1, destination)
                    .bind(2, now)
                    .run();
    if (!done)
        return tl::unexpected(done.error());
    return sqlite3_changes(m_impl->db.get());
}

Result<DatasetProfile> Outbox::chunkProfile(std::int64_t chunkId)
{
    auto statement = m_impl->prepare("SELECT w.start, c.created, w.segment FROM chunk c"
                                     " JOIN window w ON w.id = c.window_id WHERE c.id = ?");
    const auto row = statement.bind(1, chunkId).step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return fail(ErrorCode::NotFound, "the chunk to send no longer exists");
    DatasetProfile profile;
    profile.datasetTimestamp = statement.integer(0);
    profile.creationTimestamp = statement.integer(1);
    profile.segment = parseSegmentKey(statement.text(2));
    for (const auto &[name, value] : profile.segment)
        profile.metadata[std::string(kTagPrefix) + name] = value;
    if (auto read = m_impl->readChunkColumns(chunkId, {}, profile); !read)
        return tl::unexpected(read.error());
    return profile;
}

} // namespace tepal
