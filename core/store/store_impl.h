/// What the files of this room share. Internal.
#pragma once

#include "sqlite.h"

#include <tepal/store/store.h>

#include <string>
#include <unordered_map>

namespace tepal {

/// Creates or migrates the schema; refuses newer and foreign files.
Status migrate(sqlite3 *db, bool readOnly);

/// zstd at a fast level; the original size is in the frame.
std::string compressBlob(std::string_view bytes);
/// Corrupt when the frame is damaged or claims more than `maxBytes`.
Result<std::string> decompressBlob(std::string_view blob, std::size_t maxBytes = 1u << 28);

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

    Result<std::int64_t> datasetId(const std::string &name);
    Result<std::int64_t> columnId(std::int64_t dataset, const std::string &name);
    Result<std::int64_t> windowId(const ChunkCommit &chunk);
    Status writeChunkColumns(std::int64_t chunkId, std::int64_t datasetId,
                             const DatasetProfile &profile);
    Status writeSummaries(std::int64_t datasetId, const ChunkCommit &chunk);
    Status readChunkColumns(std::int64_t chunkId, const std::vector<std::string> &only,
                            DatasetProfile &into);
    Status closeChunk(std::int64_t chunkId, TimeMs now);
    Status setAside(const std::vector<QuarantinedRecord> &records);
};

} // namespace tepal
