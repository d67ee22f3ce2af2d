#include "gate_sql.h"
#include "store_impl.h"

#include <tepal/profile/file.h>
#include <tepal/store/outbox.h>
#include <tepal/store/segment_key.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

namespace tepal {

namespace {

#define TEPAL_ITEM_SOURCE                                                                          \
    " FROM outbox o LEFT JOIN chunk c ON c.id = o.chunk_id LEFT JOIN window w ON w.id ="           \
    " c.window_id LEFT JOIN dataset d ON d.id = w.dataset_id WHERE (o.kind <> 0 OR w.id IS NOT"    \
    " NULL) "

constexpr const char *kItemColumns =
    "SELECT o.id, o.kind, o.chunk_id, o.subject, coalesce(d.name, o.dataset),"
    " coalesce(w.segment, o.segment), o.destination, o.start, coalesce(w.end, o.end),"
    " coalesce(c.rows, o.rows), o.bytes, o.state, o.attempts, o.next_try, o.updated, o.ticket,"
    " o.may_have_arrived, o.sha256, o.place, o.error, o.next_step" TEPAL_ITEM_SOURCE;

OutboxItem readItem(const sqlite::Statement &row)
{
    OutboxItem item;
    item.id = row.integer(0);
    item.kind = static_cast<OutboxKind>(row.integer(1));
    item.chunkId = row.integer(2);
    item.subject = row.text(3);
    item.dataset = row.text(4);
    item.segment = parseSegmentKey(row.text(5));
    item.destination = row.text(6);
    item.start = row.integer(7);
    item.end = row.integer(8);
    item.rows = row.integer(9);
    item.bytes = row.integer(10);
    item.state = static_cast<OutboxState>(row.integer(11));
    item.attempts = static_cast<int>(row.integer(12));
    item.nextTry = row.integer(13);
    item.updated = row.integer(14);
    item.ticket = row.text(15);
    item.mayHaveArrived = row.integer(16) != 0;
    item.sha256 = row.text(17);
    item.place = row.text(18);
    item.error = row.text(19);
    item.nextStep = row.text(20);
    return item;
}

std::string numbers(const std::vector<OutboxState> &states)
{
    std::vector<int> values;
    for (const OutboxState state : states)
        values.push_back(static_cast<int>(state));
    return fmt::format("({})", fmt::join(values, ", "));
}

/// `state IN (…)`: those in which the event means something.
std::string allows(OutboxEvent event)
{
    return "state IN " + numbers(statesOf(event));
}

/// For json_each.
std::string jsonNames(std::span<const std::string> names)
{
    return nlohmann::json(std::vector<std::string>(names.begin(), names.end()))
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

constexpr auto code(OutboxState state)
{
    return static_cast<std::int64_t>(state);
}

} // namespace

std::string_view outboxKindName(OutboxKind kind)
{
    constexpr std::string_view names[]{"chunk", "reference", "file"};
    return names[static_cast<std::size_t>(kind)];
}

Result<std::vector<OutboxItem>> Outbox::list(const OutboxFilter &filter)
{
    std::string sql = kItemColumns;
    if (filter.destination)
        sql += "AND o.destination = ?1 ";
    if (!filter.states.empty())
        sql += "AND o.state IN " + numbers(filter.states) + " ";
    if (filter.beforeId != 0)
        sql += "AND (o.start, o.id) < (SELECT start, id FROM outbox WHERE id = ?3) ";
    sql += "ORDER BY o.start DESC, o.id DESC LIMIT ?2";
    auto statement = m_impl->prepare(sql.c_str());
    const std::string destination = filter.destination.value_or("");
    if (filter.destination)
        statement.bind(1, destination);
    statement.bind(2, static_cast<std::int64_t>(filter.limit));
    if (filter.beforeId != 0)
        statement.bind(3, filter.beforeId);
    return statement.collect(readItem);
}

Result<std::optional<OutboxItem>> Outbox::find(std::int64_t id)
{
    const std::string sql = std::string(kItemColumns) + "AND o.id = ?";
    auto statement = m_impl->prepare(sql.c_str());
    const auto row = statement.bind(1, id).step();
    if (!row)
        return tl::unexpected(row.error());
    return *row ? std::optional(readItem(statement)) : std::nullopt;
}

Result<std::vector<OutboxCounts>> Outbox::counts()
{
    auto statement = m_impl->prepare(
        "SELECT o.destination, sum(o.state IN (0, 1)), sum(o.state = 3), sum(o.state = 5),"
        " sum(o.state = 2), sum(CASE WHEN o.state = 2 THEN o.bytes ELSE 0 END),"
        " coalesce(min(CASE WHEN o.state IN (0, 1) THEN o.start END), 0)" TEPAL_ITEM_SOURCE
        "GROUP BY o.destination");
    return statement.collect([](const sqlite::Statement &row) {
        OutboxCounts counts;
        counts.destination = row.text(0);
        counts.waiting = row.integer(1);
        counts.failed = row.integer(2);
        counts.asks = row.integer(3);
        counts.sent = row.integer(4);
        counts.sentBytes = row.integer(5);
        counts.oldest = row.integer(6);
        return counts;
    });
}

/// Whether destination ?1 takes pieces of dataset d and window w: a dataset may have destinations
/// of its own, and a destination may want certain segments only.
#define TEPAL_TAKES(name)                                                                          \
    " instr(',' || coalesce((SELECT value FROM setting WHERE key = 'destination.' || d.name),"     \
    " " name ") || ',', ',' || " name " || ',') > 0 AND (coalesce((SELECT segments FROM"           \
    " destination WHERE name = " name "), '') = '' OR w.segment IN (SELECT value FROM"             \
    " json_each((SELECT segments FROM destination WHERE name = " name "))))"

Status Store::Impl::addToOutbox(std::int64_t chunkId, TimeMs now)
{
    for (const char *sql :
         {"INSERT OR IGNORE INTO outbox(chunk_id, destination, start, state, updated)"
          " SELECT c.id, t.name, w.start, 0, ?2 FROM chunk c JOIN window w ON w.id = c.window_id"
          " JOIN dataset d ON d.id = w.dataset_id JOIN destination t ON t.enabled"
          " WHERE c.id = ?1 AND" TEPAL_TAKES("t.name"),
          // It waits for a destination to come.
          "INSERT INTO outbox(chunk_id, destination, start, state, updated)"
          " SELECT c.id, '', w.start, 0, ?2 FROM chunk c JOIN window w ON w.id = c.window_id"
          " WHERE c.id = ?1 AND NOT EXISTS (SELECT 1 FROM outbox WHERE chunk_id = ?1)"}) {
        if (auto done = prepare(sql).bind(1, chunkId).bind(2, now).run(); !done)
            return done;
    }
    return {};
}

Result<int> Outbox::enqueue(const std::string &destination, std::int64_t sinceChunk, TimeMs now)
{
    sqlite3 *db = m_impl->db.get();
    auto transaction = sqlite::Transaction::begin(db);
    if (!transaction)
        return tl::unexpected(transaction.error());
    int added = 0;
    for (const char *sql :
         {"UPDATE OR IGNORE outbox SET destination = ?1, updated = ?2 WHERE destination = ''"
          " AND state = 0 AND chunk_id > ?3 AND EXISTS (SELECT 1 FROM chunk c JOIN window w"
          " ON w.id = c.window_id JOIN dataset d ON d.id = w.dataset_id"
          " WHERE c.id = outbox.chunk_id AND" TEPAL_TAKES("?1") ")",
          "INSERT OR IGNORE INTO outbox(chunk_id, destination, start, state, updated)"
          " SELECT c.id, ?1, w.start, 0, ?2 FROM chunk c JOIN window w ON w.id = c.window_id"
          " JOIN dataset d ON d.id = w.dataset_id WHERE c.state = 1 AND c.id > ?3 AND NOT EXISTS"
          " (SELECT 1 FROM outbox WHERE chunk_id = c.id AND destination = '' AND state = 4)"
          " AND" TEPAL_TAKES("?1")}) {
        auto done =
            m_impl->prepare(sql).bind(1, destination).bind(2, now).bind(3, sinceChunk).run();
        if (!done)
            return tl::unexpected(done.error());
        added += sqlite3_changes(db);
    }
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return added;
}

Result<std::vector<OutboxItem>> Outbox::rehearse(const std::string &destination,
                                                 std::int64_t sinceChunk)
{
    OutboxFilter filter;
    filter.destination = destination;
    filter.states = {OutboxState::Waiting, OutboxState::Failed};
    filter.limit = std::size_t{1} << 40;
    auto items = list(filter);
    if (!items)
        return items;
    auto statement = m_impl->prepare(
        "SELECT coalesce(o.id, 0), 0, c.id, '', d.name, w.segment, '', w.start, w.end, c.rows, 0,"
        " 0, 0, 0, 0, '', 0, '', '', '', '' FROM chunk c JOIN window w ON w.id = c.window_id"
        " JOIN dataset d ON d.id = w.dataset_id LEFT JOIN outbox o ON o.chunk_id = c.id AND"
        " o.destination = '' WHERE c.state = 1 AND c.id > ?2 AND coalesce(o.state, 0) <> 4 AND"
        " NOT EXISTS (SELECT 1 FROM outbox WHERE chunk_id = c.id AND destination = ?1)"
        " AND" TEPAL_TAKES("?1"));
    auto added = statement.bind(1, destination).bind(2, sinceChunk).collect(readItem);
    if (!added)
        return added;
    std::move(added->begin(), added->end(), std::back_inserter(*items));
    std::sort(items->begin(), items->end(), [](const OutboxItem &a, const OutboxItem &b) {
        return std::tie(a.start, a.chunkId, a.id) < std::tie(b.start, b.chunkId, b.id);
    });
    return items;
}

Result<std::int64_t> Outbox::add(const OutboxItem &item, std::string_view bytes, TimeMs now)
{
    sqlite3 *db = m_impl->db.get();
    const std::string segment = segmentKey(item.segment);
    const auto done =
        m_impl
            ->prepare("INSERT OR IGNORE INTO outbox(kind, subject, dataset, segment, destination,"
                      " start, end, rows, state, sha256, updated, payload)"
                      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)")
            .bind(1, static_cast<std::int64_t>(item.kind))
            .bind(2, item.subject)
            .bind(3, item.dataset)
            .bind(4, segment)
            .bind(5, item.destination)
            .bind(6, item.start)
            .bind(7, item.end)
            .bind(8, item.rows)
            .bind(9, item.sha256)
            .bind(10, now)
            .bindBlob(11, bytes)
            .run();
    if (!done)
        return tl::unexpected(done.error());
    if (sqlite3_changes(db) == 0)
        return fail(ErrorCode::AlreadyExists,
                    fmt::format("the same {} \"{}\" of {} has been handed in for {} before",
                                outboxKindName(item.kind), item.subject, item.dataset,
                                item.destination),
                    "see \"tepal outbox list\"; \"tepal outbox retry ID\" sends it again");
    return sqlite3_last_insert_rowid(db);
}

Result<std::int64_t> Outbox::lastChunk()
{
    auto statement = m_impl->prepare("SELECT coalesce(max(id), 0) FROM chunk"
                                     " WHERE state <> 0");
    const auto row = statement.step();
    if (!row)
        return tl::unexpected(row.error());
    return statement.integer(0);
}

Result<std::vector<OutboxItem>> Outbox::lease(const std::string &destination,
                                              const OutboxLease &lease, TimeMs now,
                                              std::size_t limit,
                                              std::span<const std::string> exceptDatasets)
{
    Store::Impl &impl = *m_impl;
    auto transaction = sqlite::Transaction::begin(impl.db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    // A lease that ran out belongs to a sender that hangs; what it writes later does not count.
    if (auto done = impl.prepared("UPDATE outbox SET state = 0, lease_owner = '', lease_until = 0"
                                  " WHERE state = 1 AND destination = ?1 AND lease_until <= ?2")
                        .bind(1, destination)
                        .bind(2, now)
                        .run();
        !done)
        return tl::unexpected(done.error());
    static const std::string sql =
        std::string(kItemColumns) +
        "AND o.destination = ?1 AND o.state = 0 AND o.next_try <= ?2"
        " AND coalesce(d.name, o.dataset) NOT IN (SELECT value FROM json_each(?3))"
        " ORDER BY o.start, o.id LIMIT ?4";
    const std::string except = jsonNames(exceptDatasets);
    auto &statement = impl.prepared(sql.c_str());
    auto items = statement.bind(1, destination)
                     .bind(2, now)
                     .bind(3, except)
                     .bind(4, static_cast<std::int64_t>(limit))
                     .collect(readItem);
    if (!items)
        return tl::unexpected(items.error());
    for (OutboxItem &item : *items) {
        auto done = impl.prepared("UPDATE outbox SET state = 1, lease_owner = ?, lease_until = ?,"
                                  " updated = ? WHERE id = ?")
                        .bind(1, lease.owner)
                        .bind(2, lease.until)
                        .bind(3, now)
                        .bind(4, item.id)
                        .run();
        if (!done)
            return tl::unexpected(done.error());
        item.state = OutboxState::Sending;
    }
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return items;
}

Result<std::optional<TimeMs>> Outbox::nextTry(const std::string &destination,
                                              std::span<const std::string> exceptDatasets)
{
    const std::string except = jsonNames(exceptDatasets);
    auto statement = m_impl->prepare(
        "SELECT min(o.next_try)" TEPAL_ITEM_SOURCE
        "AND o.destination = ?1 AND o.state = 0 AND coalesce(d.name, o.dataset) NOT IN"
        " (SELECT value FROM json_each(?2)) HAVING count(*) > 0");
    const auto row = statement.bind(1, destination).bind(2, except).step();
    if (!row)
        return tl::unexpected(row.error());
    return *row ? std::optional(statement.integer(0)) : std::nullopt;
}

/// Whether a commit returns only when it is on the device; switched when it changes only, because
/// senders commit many times a second.
Status Store::Impl::forceCommits(bool force)
{
    if (force == commitsForced)
        return {};
    auto set = sqlite::execute(db.get(),
                               force ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    if (set)
        commitsForced = force;
    return set;
}

Result<std::vector<std::int64_t>> Outbox::record(std::span<const OutboxItem> items,
                                                 const std::string &owner, bool force, TimeMs now)
{
    Store::Impl &impl = *m_impl;
    std::vector<std::int64_t> lost;
    if (auto set = impl.forceCommits(force); !set)
        return tl::unexpected(set.error());
    const auto written = [&]() -> Status {
        auto transaction = sqlite::Transaction::begin(impl.db.get());
        if (!transaction)
            return tl::unexpected(transaction.error());
        for (const OutboxItem &item : items) {
            auto done =
                impl.prepared("UPDATE outbox SET state = ?, attempts = ?, next_try = ?, bytes = ?,"
                              " ticket = ?, may_have_arrived = ?, sha256 = ?, place = ?, error = ?,"
                              " next_step = ?, updated = ?, lease_owner = CASE WHEN ?1 = 1 THEN"
                              " lease_owner ELSE '' END WHERE id = ? AND state = 1 AND"
                              " lease_owner = ?")
                    .bind(1, code(item.state))
                    .bind(2, std::int64_t{item.attempts})
                    .bind(3, item.nextTry)
                    .bind(4, item.bytes)
                    .bind(5, item.ticket)
                    .bind(6, std::int64_t{item.mayHaveArrived})
                    .bind(7, item.sha256)
                    .bind(8, item.place)
                    .bind(9, item.error)
                    .bind(10, item.nextStep)
                    .bind(11, now)
                    .bind(12, item.id)
                    .bind(13, owner)
                    .run();
            if (!done)
                return done;
            if (sqlite3_changes(impl.db.get()) == 0)
                lost.push_back(item.id);
        }
        return transaction->commit();
    }();
    if (!written)
        return tl::unexpected(written.error());
    return lost;
}

Result<std::vector<std::string>> Outbox::owners()
{
    return m_impl->prepare("SELECT DISTINCT lease_owner FROM outbox WHERE state = 1")
        .collect([](const sqlite::Statement &row) { return std::string(row.text(0)); });
}

Result<int> Outbox::release(const std::string &owner, TimeMs now)
{
    auto done = m_impl
                    ->prepare("UPDATE outbox SET state = 0, next_try = 0, lease_owner = '',"
                              " lease_until = 0, updated = ?2 WHERE lease_owner = ?1"
                              " AND state = 1")
                    .bind(1, owner)
                    .bind(2, now)
                    .run();
    if (!done)
        return tl::unexpected(done.error());
    return sqlite3_changes(m_impl->db.get());
}

Result<std::string> Outbox::payload(const OutboxItem &item)
{
    auto statement = m_impl->prepare("SELECT payload FROM outbox WHERE id = ?");
    const auto row = statement.bind(1, item.id).step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return fail(ErrorCode::NotFound, "the item no longer exists");
    return std::string(statement.blob(0));
}

Result<DatasetProfile> Outbox::profile(const OutboxItem &item)
{
    Store::Impl &impl = *m_impl;
    if (item.kind != OutboxKind::Chunk) {
        const auto bytes = payload(item);
        return bytes ? parseProfile(*bytes) : Result<DatasetProfile>(tl::unexpected(bytes.error()));
    }
    auto &statement = impl.prepared("SELECT w.start, c.created, w.segment FROM chunk c"
                                    " JOIN window w ON w.id = c.window_id WHERE c.id = ?");
    const auto row = statement.bind(1, item.chunkId).step();
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
    statement.reset();
    if (auto read = impl.readChunkColumns(item.chunkId, {}, profile); !read)
        return tl::unexpected(read.error());
    return profile;
}

namespace {

/// Runs one statement per id, or the general one without ids, and counts what changed.
Result<int> changeItems(sqlite3 *db, const std::vector<std::int64_t> &ids, const std::string &one,
                        const std::string &all, TimeMs now)
{
    auto transaction = sqlite::Transaction::begin(db);
    if (!transaction)
        return tl::unexpected(transaction.error());
    int changed = 0;
    if (ids.empty()) {
        if (auto done = sqlite::Statement(db, all.c_str()).bind(1, now).run(); !done)
            return tl::unexpected(done.error());
        changed = sqlite3_changes(db);
    }
    for (const std::int64_t id : ids) {
        if (auto done = sqlite::Statement(db, one.c_str()).bind(1, now).bind(2, id).run(); !done)
            return tl::unexpected(done.error());
        changed += sqlite3_changes(db);
    }
    // Who wants an item tried again wants its destination asked, whatever its gate says.
    if (auto done = sqlite::Statement(db, TEPAL_OPEN_GATES "IN (SELECT destination FROM outbox"
                                                           " WHERE state = 0 AND updated = ?1)")
                        .bind(1, now)
                        .run();
        !done)
        return tl::unexpected(done.error());
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return changed;
}

} // namespace

Result<int> Outbox::retry(const std::vector<std::int64_t> &ids, TimeMs now)
{
    // Who decides that what may have arrived is sent again, decides that it is not there: the old
    // place is forgotten.
    const std::string wait = "UPDATE outbox SET state = 0, next_try = 0, updated = ?1, ticket ="
                             " CASE WHEN state = 5 THEN '' ELSE ticket END, may_have_arrived ="
                             " CASE WHEN state = 5 THEN 0 ELSE may_have_arrived END WHERE ";
    return changeItems(m_impl->db.get(), ids, wait + "id = ?2 AND " + allows(OutboxEvent::RetryOne),
                       wait + allows(OutboxEvent::RetryAll), now);
}

Result<int> Outbox::drop(const std::vector<std::int64_t> &ids, TimeMs now)
{
    if (ids.empty())
        return 0;
    return changeItems(m_impl->db.get(), ids,
                       "UPDATE outbox SET state = 4, updated = ?1 WHERE id = ?2 AND " +
                           allows(OutboxEvent::Drop),
                       "", now);
}

Result<int> Outbox::makeDue(const std::string &destination, TimeMs now)
{
    const std::string sql = "UPDATE outbox SET state = 0, next_try = 0, updated = ?2 WHERE"
                            " destination = ?1 AND ((state = 0 AND next_try > ?2) OR " +
                            allows(OutboxEvent::RetryAll) + ")";
    auto done = m_impl->prepare(sql.c_str()).bind(1, destination).bind(2, now).run();
    if (!done)
        return tl::unexpected(done.error());
    return sqlite3_changes(m_impl->db.get());
}

Status Outbox::rename(const std::string &from, const std::string &to)
{
    return m_impl->prepare("UPDATE OR IGNORE outbox SET destination = ?2 WHERE destination = ?1")
        .bind(1, from)
        .bind(2, to)
        .run();
}

} // namespace tepal
