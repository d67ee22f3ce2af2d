#include "store_impl.h"

#include <tepal/base/file.h>

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
    return m_impl->version().first;
}

std::pair<std::int64_t, std::int64_t> Store::Impl::version()
{
    auto &statement = prepared("PRAGMA data_version");
    const auto row = statement.step();
    const std::int64_t others = row && *row ? statement.integer(0) : 0;
    statement.reset();
    return {others, sqlite3_total_changes64(db.get())};
}

void Store::interrupt()
{
    sqlite3_interrupt(m_impl->db.get());
}

} // namespace tepal
