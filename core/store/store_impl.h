/// What the files of this room share. Internal.
#pragma once

#include "sqlite.h"

#include <tepal/store/store.h>

#include <string>
#include <unordered_map>

namespace tepal {

/// Creates or migrates the schema; refuses newer and foreign files.
Status migrate(sqlite3 *db, bool readOnly);

/// zstd levels: what is written every second is written fast, what stays is written small.
inline constexpr int kOpenLevel = -1;
inline constexpr int kArchiveLevel = 3;
/// zstd; the original size is in the frame.
std::string compressBlob(std::string_view bytes, int level = kArchiveLevel);
/// Corrupt when the frame is damaged or claims more than `maxBytes`.
Result<std::string> decompressBlob(std::string_view blob, std::size_t maxBytes = 1u << 28);

/// The figures of a summary in the order in which Store::Impl::readFigures takes them.
#define TEPAL_SUMMARY_FIGURES                                                                      \
    "kind, n, nulls, mean, stddev, min, q05, q25, median, q75, q95, max,"                          \
    " distinct_est, distinct_lower, distinct_upper, top_value, top_count"

struct Store::Impl
{
    struct Closer
    {
        void operator()(sqlite3 *db) const { sqlite3_close_v2(db); }
    };
    std::unique_ptr<sqlite3, Closer> db;
    std::filesystem::path path;
    /// Row ids by name, so that a commit does not look them up again. Cleared on a roll-back.
    std::unordered_map<std::string, std::int64_t> datasetIds;
    std::unordered_map<std::string, std::int64_t> columnIds;

    sqlite::Statement prepare(const char *sql) const { return {db.get(), sql}; }
    /// For what every commit does: prepared once. `sql` is a literal; one user at a time.
    sqlite::Statement &prepared(const char *sql)
    {
        const auto [it, added] = statements.try_emplace(sql);
        if (added)
            it->second = prepare(sql);
        else
            it->second.reset();
        return it->second;
    }
    std::unordered_map<const void *, sqlite::Statement> statements;

    Result<std::int64_t> datasetId(const std::string &name);
    Result<std::int64_t> columnId(std::int64_t dataset, const std::string &name);
    Result<std::int64_t> windowId(const ChunkCommit &chunk);
    Status writeChunkColumns(std::int64_t chunkId, std::int64_t datasetId,
                             const DatasetProfile &profile, int level);
    /// Fills what TEPAL_SUMMARY_FIGURES selects; `first` is where it begins in the row.
    static void readFigures(const sqlite::Statement &statement, int first, ColumnSummary &s);
    Status readSummaries(std::int64_t columnId, const std::string &name, TimeRange range,
                         std::vector<ColumnSummary> &into);
    Status mergeChunks(const std::vector<std::int64_t> &ids, bool untouched);
    Status runFor(const char *sql, std::int64_t id);
    Status writeSummaries(std::int64_t datasetId, const ChunkCommit &chunk);
    Status readChunkColumns(std::int64_t chunkId, const std::vector<std::string> &only,
                            DatasetProfile &into);
    /// Adds a stored column profile to `into`. Corrupt when it cannot be read.
    static Status mergeBlob(std::string_view name, std::string_view blob, DatasetProfile &into);
    Status closeChunk(std::int64_t chunkId, TimeMs now);
    Status setAside(const std::vector<QuarantinedRecord> &records);
};

} // namespace tepal
