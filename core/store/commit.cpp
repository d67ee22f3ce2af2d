#include "store_impl.h"

#include <tepal/profile/file.h>
#include <tepal/store/segment_key.h>
#include <tepal/store/window_writer.h>

#include <algorithm>
#include <tuple>

namespace tepal {

namespace {
/// Separates dataset id and column name in the id cache's keys.
std::string columnKey(std::int64_t dataset, const std::string &name)
{
    return std::to_string(dataset) + "/" + name;
}
} // namespace

Result<std::int64_t> Store::Impl::datasetId(const std::string &name)
{
    if (const auto it = datasetIds.find(name); it != datasetIds.end())
        return it->second;
    if (auto added = prepare("INSERT OR IGNORE INTO dataset(name) VALUES(?)").bind(1, name).run();
        !added)
        return tl::unexpected(added.error());
    auto statement = prepare("SELECT id FROM dataset WHERE name = ?");
    const auto row = statement.bind(1, name).step();
    if (!row)
        return tl::unexpected(row.error());
    return datasetIds[name] = statement.integer(0);
}

Result<std::int64_t> Store::Impl::columnId(std::int64_t dataset, const std::string &name)
{
    const std::string key = columnKey(dataset, name);
    if (const auto it = columnIds.find(key); it != columnIds.end())
        return it->second;
    if (auto added = prepare("INSERT OR IGNORE INTO column_name(dataset_id, name) VALUES(?, ?)")
                         .bind(1, dataset)
                         .bind(2, name)
                         .run();
        !added)
        return tl::unexpected(added.error());
    auto statement = prepare("SELECT id FROM column_name WHERE dataset_id = ? AND name = ?");
    const auto row = statement.bind(1, dataset).bind(2, name).step();
    if (!row)
        return tl::unexpected(row.error());
    return columnIds[key] = statement.integer(0);
}

namespace {

Result<std::int64_t> windowId(Store::Impl &impl, const ChunkCommit &chunk)
{
    const auto dataset = impl.datasetId(chunk.dataset);
    if (!dataset)
        return dataset;
    const std::string segment = segmentKey(chunk.segment);
    if (auto added =
            impl.prepared(
                    "INSERT OR IGNORE INTO stored_window(dataset_id, segment, granularity, start,"
                    " end) VALUES(?, ?, ?, ?, ?)")
                .bind(1, *dataset)
                .bind(2, segment)
                .bind(3, static_cast<std::int64_t>(chunk.granularity))
                .bind(4, chunk.start)
                .bind(5, chunk.end)
                .run();
        !added)
        return tl::unexpected(added.error());
    auto &statement = impl.prepared("SELECT id FROM window WHERE dataset_id = ? AND start = ? AND"
                                    " granularity = ? AND segment = ?");
    const auto row = statement.bind(1, *dataset)
                         .bind(2, chunk.start)
                         .bind(3, static_cast<std::int64_t>(chunk.granularity))
                         .bind(4, segment)
                         .step();
    if (!row)
        return tl::unexpected(row.error());
    const std::int64_t id = statement.integer(0);
    statement.reset(); // an open cursor would keep the transaction from ending
    return id;
}

Status setAside(Store::Impl &impl, const std::vector<QuarantinedRecord> &records)
{
    auto &statement =
        impl.prepared("INSERT INTO quarantine(dataset, time, noticed, lane, sequence, reason,"
                      " payload) VALUES(?, ?, ?, ?, ?, ?, ?)");
    for (const QuarantinedRecord &record : records) {
        if (auto done = statement.bind(1, record.dataset)
                            .bind(2, record.time)
                            .bind(3, record.noticed)
                            .bind(4, static_cast<std::int64_t>(record.lane))
                            .bind(5, static_cast<std::int64_t>(record.sequence))
                            .bind(6, record.reason)
                            .bindBlob(7, record.payload)
                            .run();
            !done)
            return done;
    }
    return {};
}

} // namespace

Status Store::Impl::writeChunkColumns(std::int64_t chunkId, std::int64_t dataset,
                                      const DatasetProfile &profile, int level)
{
    auto &statement =
        prepared("INSERT INTO chunk_column(chunk_id, column_id, profile) VALUES(?, ?, ?)"
                 " ON CONFLICT DO UPDATE SET profile = excluded.profile");
    for (const auto &[name, column] : profile.columns) {
        const auto id = columnId(dataset, name);
        if (!id)
            return tl::unexpected(id.error());
        const auto blob = codec.compress(db.get(), dataset, serializeColumn(column), level);
        if (!blob)
            return tl::unexpected(blob.error());
        if (auto done = statement.bind(1, chunkId).bind(2, *id).bindBlob(3, *blob).run(); !done)
            return done;
    }
    return {};
}

#define TEPAL_WRITE_SUMMARY(table)                                                                 \
    "INSERT OR REPLACE INTO " table "(column_id, granularity, start, segment, end,"                \
    " " TEPAL_SUMMARY_FIGURES ")"                                                                  \
    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

Status Store::Impl::writeSummary(SummaryTable table, std::int64_t columnId, Granularity granularity,
                                 TimeRange range, std::string_view segment, const ColumnSummary &s)
{
    auto &statement = table == SummaryTable::Windows
                          ? prepared(TEPAL_WRITE_SUMMARY("summary"))
                          : prepared(TEPAL_WRITE_SUMMARY("rollup_summary"));
    statement.bind(1, columnId)
        .bind(2, static_cast<std::int64_t>(granularity))
        .bind(3, range.start)
        .bind(4, segment)
        .bind(5, range.end)
        .bind(6, static_cast<std::int64_t>(s.kind))
        .bind(7, s.n)
        .bind(8, s.nulls);
    int index = 9;
    for (const double value : {s.mean, s.stddev, s.min, s.q05, s.q25, s.median, s.q75, s.q95, s.max,
                               s.distinct, s.distinctLower, s.distinctUpper})
        statement.bind(index++, value);
    return statement.bind(21, s.topValue).bind(22, s.topCount).run();
}
#undef TEPAL_WRITE_SUMMARY

Status Store::Impl::writeSummaries(std::int64_t dataset, const ChunkCommit &chunk)
{
    const std::string segment = segmentKey(chunk.segment);
    for (const ColumnSummary &summary : chunk.summaries) {
        const auto id = columnId(dataset, summary.column);
        if (!id)
            return tl::unexpected(id.error());
        if (auto done = writeSummary(SummaryTable::Windows, *id, chunk.granularity,
                                     {chunk.start, chunk.end}, segment, summary);
            !done)
            return done;
    }
    return {};
}

Status Store::Impl::closeChunk(std::int64_t chunkId, TimeMs now)
{
    if (auto done = prepare("UPDATE chunk SET state = 1, closed = ? WHERE id = ?")
                        .bind(1, now)
                        .bind(2, chunkId)
                        .run();
        !done)
        return done;
    return addToOutbox(chunkId, now);
}

Result<std::vector<std::int64_t>> WindowWriter::commit(const CommitBatch &batch)
{
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    if (batch.deletions) {
        const auto count = m_impl->deletionCount();
        if (!count)
            return tl::unexpected(count.error());
        if (*count != *batch.deletions)
            return fail(ErrorCode::Busy, "windows were deleted or restored meanwhile",
                        "read their closed profiles again");
    }
    std::vector<std::int64_t> ids;
    const auto abandon = [this](Error error) {
        // Ids handed out inside this transaction are void now.
        m_impl->datasetIds.clear();
        m_impl->columnIds.clear();
        m_impl->codec.forget();
        return tl::unexpected(std::move(error));
    };
    const TimeMs now = batch.heartbeat.committedAt;
    RollUpMarks rollUps(m_impl->db.get());
    std::map<std::int64_t, std::size_t> profiles; // new ones, by dataset
    for (const ChunkCommit &chunk : batch.chunks) {
        const auto window = windowId(*m_impl, chunk);
        if (!window)
            return abandon(window.error());
        std::int64_t id = chunk.chunkId;
        if (id == 0) {
            if (auto added = m_impl
                                 ->prepared("INSERT INTO chunk(window_id, state, rows, created)"
                                            " VALUES(?, 0, ?, ?)")
                                 .bind(1, *window)
                                 .bind(2, chunk.rows)
                                 .bind(3, now)
                                 .run();
                !added)
                return abandon(added.error());
            id = sqlite3_last_insert_rowid(m_impl->db.get());
            profiles[m_impl->datasetIds[chunk.dataset]] += chunk.profile->columns.size();
        } else if (auto updated = m_impl->prepared("UPDATE chunk SET rows = ? WHERE id = ?")
                                      .bind(1, chunk.rows)
                                      .bind(2, id)
                                      .run();
                   !updated) {
            return abandon(updated.error());
        }
        const std::int64_t dataset = m_impl->datasetIds[chunk.dataset];
        if (auto written = m_impl->writeChunkColumns(id, dataset, *chunk.profile,
                                                     chunk.close ? kArchiveLevel : kOpenLevel);
            !written)
            return abandon(written.error());
        if (auto written = m_impl->writeSummaries(dataset, chunk); !written)
            return abandon(written.error());
        if (auto marked = rollUps.outdate(dataset, chunk.granularity, chunk.start); !marked)
            return abandon(marked.error());
        if (chunk.close) {
            if (auto closed = m_impl->closeChunk(id, now); !closed)
                return abandon(closed.error());
        }
        ids.push_back(id);
    }
    for (const auto &[dataset, count] : profiles) {
        if (auto done = m_impl->codec.learn(m_impl->db.get(), dataset, count); !done)
            return abandon(done.error());
    }
    auto &cursor = m_impl->prepared("INSERT OR REPLACE INTO journal_cursor(lane, segment, offset,"
                                    " sequence) VALUES(?, ?, ?, ?)");
    for (const auto &[lane, at] : batch.cursors) {
        if (auto done = cursor.bind(1, static_cast<std::int64_t>(lane))
                            .bind(2, static_cast<std::int64_t>(at.segment))
                            .bind(3, static_cast<std::int64_t>(at.offset))
                            .bind(4, static_cast<std::int64_t>(at.sequence))
                            .run();
            !done)
            return abandon(done.error());
    }
    if (auto done = setAside(*m_impl, batch.quarantine); !done)
        return abandon(done.error());
    const LoggerHeartbeat &beat = batch.heartbeat;
    if (auto done = m_impl
                        ->prepared("INSERT OR REPLACE INTO logger(id, pid, started, committed,"
                                   " records, rows, skipped, future, caught_up)"
                                   " VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?)")
                        .bind(1, beat.pid)
                        .bind(2, beat.startedAt)
                        .bind(3, beat.committedAt)
                        .bind(4, beat.recordsRead)
                        .bind(5, beat.rowsLogged)
                        .bind(6, beat.skipped)
                        .bind(7, beat.future)
                        .bind(8, beat.caughtUpAt)
                        .run();
        !done)
        return abandon(done.error());
    if (auto done = transaction->commit(); !done)
        return abandon(done.error());
    return ids;
}

Result<StoredCursors> WindowWriter::cursors()
{
    StoredCursors cursors;
    auto statement = m_impl->prepare("SELECT lane, segment, offset, sequence FROM journal_cursor");
    auto read = statement.forEachRow([&](const sqlite::Statement &row) {
        cursors[static_cast<std::uint32_t>(row.integer(0))] = {
            static_cast<std::uint64_t>(row.integer(1)), static_cast<std::uint64_t>(row.integer(2)),
            static_cast<std::uint64_t>(row.integer(3))};
    });
    if (!read)
        return tl::unexpected(read.error());
    return cursors;
}

Result<std::optional<LoggerHeartbeat>> WindowWriter::heartbeat()
{
    auto statement = m_impl->prepare("SELECT pid, started, committed, records, rows, skipped,"
                                     " (SELECT count(*) FROM quarantine), future, caught_up"
                                     " FROM logger");
    const auto row = statement.step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return std::nullopt;
    LoggerHeartbeat beat;
    beat.pid = statement.integer(0);
    beat.startedAt = statement.integer(1);
    beat.committedAt = statement.integer(2);
    beat.recordsRead = statement.integer(3);
    beat.rowsLogged = statement.integer(4);
    beat.skipped = statement.integer(5);
    beat.quarantined = statement.integer(6);
    beat.future = statement.integer(7);
    beat.caughtUpAt = statement.integer(8);
    return beat;
}

Result<std::vector<QuarantinedRecord>> WindowWriter::quarantined(std::size_t limit)
{
    auto statement = m_impl->prepare("SELECT id, dataset, time, noticed, lane, sequence, reason,"
                                     " payload FROM quarantine ORDER BY id DESC LIMIT ?");
    statement.bind(1, static_cast<std::int64_t>(limit));
    return statement.collect([](const sqlite::Statement &row) {
        QuarantinedRecord record;
        record.id = row.integer(0);
        record.dataset = row.text(1);
        record.time = row.integer(2);
        record.noticed = row.integer(3);
        record.lane = static_cast<std::uint32_t>(row.integer(4));
        record.sequence = static_cast<std::uint64_t>(row.integer(5));
        record.reason = row.text(6);
        record.payload = row.blob(7);
        return record;
    });
}

Result<int> WindowWriter::closeOpenChunks(const std::string &dataset)
{
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    std::vector<std::int64_t> open;
    auto statement =
        m_impl->prepare("SELECT c.id, c.created FROM chunk c JOIN window w ON w.id = c.window_id"
                        " JOIN dataset d ON d.id = w.dataset_id"
                        " WHERE c.state = 0 AND (?1 = '' OR d.name = ?1) ORDER BY c.id");
    statement.bind(1, dataset);
    TimeMs now = 0;
    auto read = statement.forEachRow([&](const sqlite::Statement &row) {
        open.push_back(row.integer(0));
        now = std::max(now, row.integer(1));
    });
    if (!read)
        return tl::unexpected(read.error());
    for (const std::int64_t id : open) {
        if (auto closed = m_impl->closeChunk(id, now); !closed)
            return tl::unexpected(closed.error());
    }
    if (auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return static_cast<int>(open.size());
}

Result<std::optional<OpenChunk>> WindowWriter::openChunk(const std::string &dataset,
                                                         const SegmentTags &segment,
                                                         Granularity granularity, TimeMs start)
{
    auto statement = m_impl->prepare(kChunksOfWindow);
    const std::string key = segmentKey(segment);
    statement.bind(1, dataset)
        .bind(2, key)
        .bind(3, static_cast<std::int64_t>(granularity))
        .bind(4, start)
        .bind(5, std::int64_t{0});
    const auto row = statement.step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return std::nullopt;
    OpenChunk chunk;
    chunk.chunkId = statement.integer(0);
    chunk.rows = statement.integer(1);
    chunk.profile.datasetTimestamp = statement.integer(2);
    chunk.profile.creationTimestamp = statement.integer(3);
    chunk.profile.segment = segment;
    if (auto read = m_impl->readChunkColumns(chunk.chunkId, {}, chunk.profile); !read)
        return tl::unexpected(read.error());
    return chunk;
}

Status WindowWriter::makeDurable()
{
    sqlite3 *db = m_impl->db.get();
    int logFrames = 0;
    int done = 0;
    const int code =
        sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_PASSIVE, &logFrames, &done);
    if (code == SQLITE_OK && done >= logFrames)
        return {};
    if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY)
        return tl::unexpected(sqlite::errorOf(db, "the database failed"));
    // A commit that forces the log carries all earlier ones with it.
    auto forced = sqlite::execute(db, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE;"
                                      "UPDATE logger SET committed = committed; COMMIT");
    if (!forced)
        std::ignore = sqlite::execute(db, "ROLLBACK");
    if (auto back = sqlite::execute(db, "PRAGMA synchronous = NORMAL"); !back)
        return back;
    return forced;
}

} // namespace tepal
