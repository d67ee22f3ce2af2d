#include "store_impl.h"

#include <tepal/base/file.h>

#include <array>
#include <cmath>
#include <limits>
#include <tuple>

#ifndef _WIN32
#include <sys/statvfs.h>
#endif

namespace tepal {

namespace {

constexpr int kBusyMs = 10'000;

/// On a drive that nobody can write to SQLite may read without locks and shared memory, which it
/// could not make there.
bool onReadOnlyDrive([[maybe_unused]] const std::filesystem::path &path)
{
#ifdef _WIN32
    return false;
#else
    struct statvfs status
    {};
    return ::statvfs(path.c_str(), &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
#endif
}

/// The form of a file name that takes options: `file:` with what has a meaning there escaped.
std::string immutableUri(const std::filesystem::path &path)
{
    std::string uri = "file:";
    for (const char c : path.string())
        uri += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
    return uri + "?immutable=1";
}

} // namespace

Store::Store(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path &path, Access access)
{
    const bool readOnly = access == Access::ReadOnly;
    std::error_code error;
    if (readOnly && !std::filesystem::exists(path, error))
        return fail(ErrorCode::NotFound, "there is no database at " + path.string(),
                    "start the endpoint once to create it, or name another home with --home");
    if (!readOnly && path.has_parent_path()) {
        if (auto made = makePrivateDirectory(path.parent_path()); !made)
            return tl::unexpected(made.error());
    }
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    const bool immutable = readOnly && onReadOnlyDrive(path);
    if (immutable && std::filesystem::file_size(path.string() + "-wal", error) > 0 && !error)
        return fail(ErrorCode::Denied,
                    path.string() + " lies on a read-only drive and was not closed properly there",
                    "copy the home directory to a drive that can be written and look there");
    sqlite3 *db = nullptr;
    // A reader of a write-ahead log also needs to write the shared-memory file; what keeps it from
    // changing data is query_only below.
    const int opened =
        immutable
            ? sqlite3_open_v2(immutableUri(path).c_str(), &db,
                              SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr)
            : sqlite3_open_v2(path.string().c_str(), &db,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                                  (readOnly ? 0 : SQLITE_OPEN_CREATE),
                              nullptr);
    impl->db.reset(db);
    if (opened != SQLITE_OK)
        return tl::unexpected(sqlite::errorOf(db, "cannot open " + path.string()));
    sqlite3_busy_timeout(db, kBusyMs);
    sqlite3_extended_result_codes(db, 1);
    // NORMAL: a commit survives any process's death; power loss may take the last ones, which the
    // journal then still has because its files go only after a checkpoint.
    const char *setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                        "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
                        "PRAGMA cache_size = -16000; PRAGMA trusted_schema = OFF;";
    if (immutable) {
        // Nothing to set up: no log, no locks, no writing.
    } else if (auto done = sqlite::execute(db, setup); !done) {
        return failWith(path.string(), done.error());
    }
    if (auto migrated = migrate(db, readOnly); !migrated)
        return failWith(path.string(), migrated.error());
    if (readOnly) {
        if (auto done = sqlite::execute(db, "PRAGMA query_only = ON"); !done)
            return tl::unexpected(done.error());
    }
    return std::unique_ptr<Store>(new Store(std::move(impl)));
}

const std::filesystem::path &Store::path() const
{
    return m_impl->path;
}

std::int64_t Store::dataVersion()
{
    auto statement = m_impl->prepare("PRAGMA data_version");
    const auto row = statement.step();
    return row && *row ? statement.integer(0) : 0;
}

void Store::interrupt()
{
    sqlite3_interrupt(m_impl->db.get());
}

Status Store::makeDurable()
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

Result<std::optional<std::string>> Store::setting(const std::string &key)
{
    auto statement = m_impl->prepare("SELECT value FROM setting WHERE key = ?");
    const auto row = statement.bind(1, key).step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return std::nullopt;
    return std::string(statement.text(0));
}

Status Store::setSetting(const std::string &key, const std::string &value)
{
    return m_impl
        ->prepare("INSERT INTO setting(key, value) VALUES(?, ?)"
                  " ON CONFLICT(key) DO UPDATE SET value = excluded.value")
        .bind(1, key)
        .bind(2, value)
        .run();
}

Status Store::removeSetting(const std::string &key)
{
    return m_impl->prepare("DELETE FROM setting WHERE key = ?").bind(1, key).run();
}

Result<std::map<std::string, std::string>> Store::settings(const std::string &prefix)
{
    std::map<std::string, std::string> result;
    auto statement =
        m_impl->prepare("SELECT key, value FROM setting WHERE substr(key, 1, ?2) = ?1");
    statement.bind(1, prefix).bind(2, static_cast<std::int64_t>(prefix.size()));
    auto read = statement.forEachRow([&](const sqlite::Statement &row) {
        result.emplace(row.text(0).substr(prefix.size()), row.text(1));
    });
    if (!read)
        return tl::unexpected(read.error());
    return result;
}

std::string segmentKey(const SegmentTags &segment)
{
    // Lengths make it unambiguous whatever the names contain.
    std::string key;
    for (const auto &[name, value] : segment)
        key += std::to_string(name.size()) + ":" + name + "=" + std::to_string(value.size()) + ":" +
               value + ";";
    return key;
}

SegmentTags parseSegmentKey(std::string_view key)
{
    SegmentTags segment;
    const auto piece = [&key](char end) {
        std::string text;
        const std::size_t colon = key.find(':');
        if (colon == key.npos)
            return text;
        std::size_t size = 0;
        for (const char c : key.substr(0, colon))
            size = size * 10 + static_cast<std::size_t>(c - '0');
        key.remove_prefix(colon + 1);
        text = key.substr(0, size);
        key.remove_prefix(std::min(key.size(), size));
        if (key.starts_with(end))
            key.remove_prefix(1);
        return text;
    };
    while (key.find(':') != key.npos) {
        std::string name = piece('=');
        segment.emplace_back(std::move(name), piece(';'));
    }
    return segment;
}

ColumnSummary summarize(const std::string &name, const ColumnProfile &column)
{
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    ColumnSummary s;
    s.column = name;
    s.kind = column.dominantKind();
    s.n = column.counts.n;
    s.nulls = column.counts.null;
    s.mean = s.stddev = s.min = s.q05 = s.q25 = s.median = s.q75 = s.q95 = s.max = nan;
    if (column.distribution && !column.distribution->kll.empty()) {
        const KllSketch &kll = column.distribution->kll;
        s.mean = column.distribution->mean;
        s.stddev = column.distribution->stddev();
        s.min = kll.min();
        const auto quantiles = kll.quantiles(std::array{0.05, 0.25, 0.5, 0.75, 0.95});
        s.q05 = quantiles[0];
        s.q25 = quantiles[1];
        s.median = quantiles[2];
        s.q75 = quantiles[3];
        s.q95 = quantiles[4];
        s.max = kll.max();
    }
    s.distinct = s.distinctLower = s.distinctUpper = nan;
    if (column.cardinality) {
        s.distinct = column.cardinality->estimate();
        s.distinctLower = column.cardinality->lower(1);
        s.distinctUpper = column.cardinality->upper(1);
    }
    if (column.frequentStrings && s.kind == ValueKind::String) {
        const auto top = column.frequentStrings->listNoFalsePositives();
        if (!top.empty()) {
            s.topValue = top.front().value;
            s.topCount = static_cast<std::int64_t>(top.front().estimate);
        }
    }
    return s;
}

} // namespace tepal
