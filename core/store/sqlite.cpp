#include "sqlite.h"

#include <cmath>
#include <limits>

namespace tepal::sqlite {

Error errorOf(sqlite3 *db, std::string_view doing)
{
    const int code = sqlite3_errcode(db);
    Error error{ErrorCode::Io, std::string(doing) + ": " + sqlite3_errmsg(db), {}};
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        error.code = ErrorCode::Busy;
        error.next = "another program holds the database; close it and try again";
        break;
    case SQLITE_FULL:
        error.code = ErrorCode::Full;
        error.next = "free some space on the disk";
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        error.code = ErrorCode::Corrupt;
        error.next = "run \"tepal check\", or move the file away to start a new one";
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        error.code = ErrorCode::Denied;
        error.next = "check the permissions of the home directory";
        break;
    case SQLITE_INTERRUPT:
        error.code = ErrorCode::Cancelled;
        break;
    default:
        break;
    }
    return error;
}

Statement::Statement(sqlite3 *db, const char *sql)
    : m_db(db)
{
    sqlite3_stmt *statement = nullptr;
    sqlite3_prepare_v2(db, sql, -1, &statement, nullptr);
    m_statement.reset(statement);
}

Statement &Statement::bind(int index, std::int64_t value)
{
    sqlite3_bind_int64(m_statement.get(), index, value);
    return *this;
}

Statement &Statement::bind(int index, double value)
{
    if (std::isnan(value))
        sqlite3_bind_null(m_statement.get(), index);
    else
        sqlite3_bind_double(m_statement.get(), index, value);
    return *this;
}

Statement &Statement::bind(int index, std::string_view text)
{
    // A null pointer would bind NULL; an empty text is a text.
    sqlite3_bind_text64(m_statement.get(), index, text.data() ? text.data() : "", text.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
    return *this;
}

Statement &Statement::bindBlob(int index, std::string_view bytes)
{
    sqlite3_bind_blob64(m_statement.get(), index, bytes.data() ? bytes.data() : "", bytes.size(),
                        SQLITE_STATIC);
    return *this;
}

Result<bool> Statement::step()
{
    if (!m_statement)
        return tl::unexpected(errorOf(m_db, "the database refused a query"));
    switch (sqlite3_step(m_statement.get())) {
    case SQLITE_ROW:
        return true;
    case SQLITE_DONE:
        return false;
    default: {
        Error error = errorOf(m_db, "the database failed");
        sqlite3_reset(m_statement.get());
        return tl::unexpected(std::move(error));
    }
    }
}

Status Statement::run()
{
    const auto stepped = step();
    reset();
    return stepped ? Status() : Status(tl::unexpected(stepped.error()));
}

void Statement::reset()
{
    sqlite3_reset(m_statement.get());
}

std::int64_t Statement::integer(int column) const
{
    return sqlite3_column_int64(m_statement.get(), column);
}

double Statement::real(int column) const
{
    // NULL reads as 0; only then is the type worth a second call, of which charts make many.
    const double value = sqlite3_column_double(m_statement.get(), column);
    if (value == 0 && sqlite3_column_type(m_statement.get(), column) == SQLITE_NULL)
        return std::numeric_limits<double>::quiet_NaN();
    return value;
}

std::string_view Statement::text(int column) const
{
    const void *data = sqlite3_column_text(m_statement.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(m_statement.get(), column));
    return data ? std::string_view(static_cast<const char *>(data), size) : std::string_view();
}

std::string_view Statement::blob(int column) const
{
    const void *data = sqlite3_column_blob(m_statement.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(m_statement.get(), column));
    return data ? std::string_view(static_cast<const char *>(data), size) : std::string_view();
}

Status execute(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return tl::unexpected(errorOf(db, "the database failed"));
    return {};
}

Result<Transaction> Transaction::begin(sqlite3 *db)
{
    if (auto begun = execute(db, "BEGIN IMMEDIATE"); !begun)
        return tl::unexpected(begun.error());
    return Transaction(db);
}

Transaction::~Transaction()
{
    if (m_db)
        sqlite3_exec(m_db, "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Transaction::commit()
{
    if (auto done = execute(m_db, "COMMIT"); !done)
        return done;
    m_db = nullptr;
    return {};
}

Result<Snapshot> Snapshot::begin(sqlite3 *db)
{
    if (sqlite3_get_autocommit(db) == 0)
        return Snapshot(nullptr);
    if (auto begun = execute(db, "BEGIN"); !begun)
        return tl::unexpected(begun.error());
    return Snapshot(db);
}

Snapshot::~Snapshot()
{
    // Nothing was written, and after an error there may be nothing left to end.
    if (m_db)
        sqlite3_exec(m_db, "ROLLBACK", nullptr, nullptr, nullptr);
}

} // namespace tepal::sqlite
