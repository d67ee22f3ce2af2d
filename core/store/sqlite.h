/// RAII over the sqlite3 handles and nothing else. Internal to the room.
#pragma once

#include <tepal/base/result.h>

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tepal::sqlite {

/// The error of the connection's last call as a sentence with a next step.
Error errorOf(sqlite3 *db, std::string_view doing);

/// A prepared statement. Bind indices count from 1, columns from 0. Errors of bind are kept and
/// come out of the next step.
class Statement
{
public:
    Statement() = default;
    Statement(sqlite3 *db, const char *sql);

    Statement &bind(int index, std::int64_t value);
    Statement &bind(int index, double value);
    /// Text and bytes must outlive the step.
    Statement &bind(int index, std::string_view text);
    Statement &bindBlob(int index, std::string_view bytes);

    /// True with a row, false when there is no more.
    Result<bool> step();
    /// For statements without rows; resets for the next use.
    Status run();
    void reset();
    /// Calls `use` with each row; its first error, if it returns a Status, ends the walk. Resets.
    template <typename Use>
    Status forEachRow(Use &&use);
    /// What `read` makes of each row.
    template <typename Read>
    auto collect(Read &&read) -> Result<std::vector<std::invoke_result_t<Read, Statement &>>>;

    std::int64_t integer(int column) const;
    double real(int column) const;           ///< NULL reads as NaN.
    std::string_view text(int column) const; ///< Valid until the next step.
    std::string_view blob(int column) const;

private:
    struct Finalizer
    {
        void operator()(sqlite3_stmt *statement) const { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalizer> m_statement;
    sqlite3 *m_db = nullptr;
};

template <typename Use>
Status Statement::forEachRow(Use &&use)
{
    for (;;) {
        const auto row = step();
        if (!row)
            return tl::unexpected(row.error());
        if (!*row) {
            reset();
            return {};
        }
        if constexpr (std::is_void_v<std::invoke_result_t<Use, Statement &>>) {
            use(*this);
        } else if (Status used = use(*this); !used) {
            reset();
            return used;
        }
    }
}

template <typename Read>
auto Statement::collect(Read &&read) -> Result<std::vector<std::invoke_result_t<Read, Statement &>>>
{
    std::vector<std::invoke_result_t<Read, Statement &>> rows;
    if (auto done = forEachRow([&](Statement &row) { rows.push_back(read(row)); }); !done)
        return tl::unexpected(done.error());
    return rows;
}

Status execute(sqlite3 *db, const char *sql);

/// Rolls back unless committed. BEGIN IMMEDIATE: the lock is taken at the start, where waiting is
/// possible, not in the middle.
class Transaction
{
public:
    static Result<Transaction> begin(sqlite3 *db);
    Transaction(Transaction &&other) noexcept
        : m_db(other.m_db)
    {
        other.m_db = nullptr;
    }
    Transaction &operator=(Transaction &&) = delete;
    ~Transaction();
    Status commit();

private:
    explicit Transaction(sqlite3 *db)
        : m_db(db)
    {}
    sqlite3 *m_db;
};

/// One view of the database for several reads: a transaction of its own unless one is open.
class Snapshot
{
public:
    static Result<Snapshot> begin(sqlite3 *db);
    Snapshot(Snapshot &&other) noexcept
        : m_db(other.m_db)
    {
        other.m_db = nullptr;
    }
    Snapshot &operator=(Snapshot &&) = delete;
    ~Snapshot();

private:
    explicit Snapshot(sqlite3 *db)
        : m_db(db)
    {}
    sqlite3 *m_db; ///< Null while somebody else's transaction serves.
};

} // namespace tepal::sqlite
