#include "store_impl.h"

#include <zdict.h>
#include <zstd.h>

#include <algorithm>

namespace tepal {

namespace {

template <auto Free>
struct Freer
{
    template <typename T>
    void operator()(T *handle) const
    {
        Free(handle);
    }
};
using CompressContext = std::unique_ptr<ZSTD_CCtx, Freer<ZSTD_freeCCtx>>;
using DecompressContext = std::unique_ptr<ZSTD_DCtx, Freer<ZSTD_freeDCtx>>;

// Making their tables anew for every column would cost more than the work itself.
ZSTD_CCtx *compressContext()
{
    thread_local const CompressContext context(ZSTD_createCCtx());
    return context.get();
}
ZSTD_DCtx *decompressContext()
{
    thread_local const DecompressContext context(ZSTD_createDCtx());
    return context.get();
}

/// Enough to learn what the columns of a dataset have in common, and how much is kept of it.
constexpr std::size_t kSamples = 600;
constexpr std::size_t kFewestSamples = 300;
constexpr std::size_t kDictionaryBytes = 16u << 10;
/// What is smaller is compressed well in the time that it takes to compress it fast.
constexpr std::size_t kQuickBytes = 4096;
/// So many new profiles of a dataset are written before its dictionary is thought of again.
constexpr std::size_t kLookAgain = 300;

tl::unexpected<Error> damaged()
{
    return fail(ErrorCode::Corrupt, "a stored profile is damaged", "run \"tepal check\"");
}

} // namespace

std::string compressBlob(std::string_view bytes, int level)
{
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size = ZSTD_compressCCtx(compressContext(), out.data(), out.size(),
                                               bytes.data(), bytes.size(), level);
    out.resize(ZSTD_isError(size) ? 0 : size);
    return out;
}

namespace {

Result<std::string> decompress(std::string_view blob, std::size_t maxBytes, const ZSTD_DDict *with)
{
    const unsigned long long size = ZSTD_getFrameContentSize(blob.data(), blob.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > maxBytes)
        return damaged();
    std::string out(static_cast<std::size_t>(size), '\0');
    const std::size_t got = ZSTD_decompress_usingDDict(decompressContext(), out.data(), out.size(),
                                                       blob.data(), blob.size(), with);
    if (ZSTD_isError(got) || got != out.size())
        return damaged();
    return out;
}

} // namespace

Result<std::string> decompressBlob(std::string_view blob, std::size_t maxBytes)
{
    return decompress(blob, maxBytes, nullptr);
}

struct ProfileCodec::Dictionary
{
    std::unique_ptr<ZSTD_CDict, Freer<ZSTD_freeCDict>> small;
    std::unique_ptr<ZSTD_CDict, Freer<ZSTD_freeCDict>> fast;
    std::unique_ptr<ZSTD_DDict, Freer<ZSTD_freeDDict>> decompressing;
};

ProfileCodec::ProfileCodec() = default;
ProfileCodec::~ProfileCodec() = default;

void ProfileCodec::forget()
{
    m_dictionaries.clear();
    m_ofDataset.clear();
    m_loaded = false;
}

void ProfileCodec::add(std::int64_t id, std::int64_t dataset, std::string_view content)
{
    auto dictionary = std::make_unique<Dictionary>();
    dictionary->small.reset(ZSTD_createCDict(content.data(), content.size(), kArchiveLevel));
    dictionary->fast.reset(ZSTD_createCDict(content.data(), content.size(), kOpenLevel));
    dictionary->decompressing.reset(ZSTD_createDDict(content.data(), content.size()));
    // A damaged one is as good as none: what was written with it cannot be read.
    if (!dictionary->small || !dictionary->fast ||
        ZSTD_getDictID_fromDDict(dictionary->decompressing.get()) != id)
        return;
    m_ofDataset[dataset] = dictionary.get();
    m_dictionaries[id] = std::move(dictionary);
}

Status ProfileCodec::load(sqlite3 *db)
{
    m_loaded = true;
    return sqlite::Statement(db, "SELECT id, dataset_id, content FROM dictionary ORDER BY rowid")
        .forEachRow([&](const sqlite::Statement &row) {
            if (!m_dictionaries.contains(row.integer(0)))
                add(row.integer(0), row.integer(1), row.blob(2));
        });
}

Result<std::string> ProfileCodec::compress(sqlite3 *db, std::int64_t dataset,
                                           std::string_view bytes, int level)
{
    if (!m_loaded) {
        if (auto done = load(db); !done)
            return tl::unexpected(done.error());
    }
    const auto dictionary = m_ofDataset.find(dataset);
    if (dictionary == m_ofDataset.end())
        return compressBlob(bytes, level);
    const bool quick = level < kArchiveLevel && bytes.size() > kQuickBytes;
    const ZSTD_CDict *with = (quick ? dictionary->second->fast : dictionary->second->small).get();
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size = ZSTD_compress_usingCDict(compressContext(), out.data(), out.size(),
                                                      bytes.data(), bytes.size(), with);
    if (ZSTD_isError(size))
        return compressBlob(bytes, level);
    out.resize(size);
    return out;
}

Result<std::string> ProfileCodec::decompress(sqlite3 *db, std::string_view blob)
{
    const std::int64_t id = ZSTD_getDictID_fromFrame(blob.data(), blob.size());
    if (id == 0)
        return decompressBlob(blob);
    auto dictionary = m_dictionaries.find(id);
    if (dictionary == m_dictionaries.end()) {
        // Another connection made it.
        if (auto done = load(db); !done)
            return tl::unexpected(done.error());
        dictionary = m_dictionaries.find(id);
        if (dictionary == m_dictionaries.end())
            return damaged();
    }
    return tepal::decompress(blob, kMaxProfileBytes, dictionary->second->decompressing.get());
}

Status ProfileCodec::learn(sqlite3 *db, std::int64_t dataset, std::size_t written)
{
    if (!m_loaded) {
        if (auto done = load(db); !done)
            return done;
    }
    if (m_ofDataset.contains(dataset))
        return {};
    const auto [count, first] = m_written.try_emplace(dataset, 0);
    count->second += written;
    if (!first && count->second < kLookAgain)
        return {};
    count->second = 0;
    std::string samples;
    std::vector<std::size_t> sizes;
    sqlite::Statement statement(db, "SELECT cc.profile FROM window w JOIN chunk c ON"
                                    " c.window_id = w.id JOIN chunk_column cc ON"
                                    " cc.chunk_id = c.id WHERE w.dataset_id = ? LIMIT ?");
    statement.bind(1, dataset).bind(2, static_cast<std::int64_t>(kSamples));
    auto read = statement.forEachRow([&](const sqlite::Statement &row) {
        const auto bytes = decompress(db, row.blob(0));
        if (!bytes)
            return; // "tepal check" names it
        samples += *bytes;
        sizes.push_back(bytes->size());
    });
    if (!read || sizes.size() < kFewestSamples)
        return read;
    std::string content(kDictionaryBytes, '\0');
    const std::size_t size =
        ZDICT_trainFromBuffer(content.data(), content.size(), samples.data(), sizes.data(),
                              static_cast<unsigned>(sizes.size()));
    if (ZDICT_isError(size))
        return {}; // nothing in common: they are compressed one by one, as before
    content.resize(size);
    const std::int64_t id = ZDICT_getDictID(content.data(), content.size());
    auto done = sqlite::Statement(db, "INSERT OR IGNORE INTO dictionary(id, dataset_id, content)"
                                      " VALUES(?, ?, ?)")
                    .bind(1, id)
                    .bind(2, dataset)
                    .bindBlob(3, content)
                    .run();
    if (done)
        add(id, dataset, content);
    return done;
}

} // namespace tepal
