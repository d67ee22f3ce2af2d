#include "store_impl.h"

#include <tepal/profile/file.h>

#include <fmt/format.h>

namespace tepal {
namespace {

Status forgetScores(Store::Impl &impl, const std::string &dataset, const std::string &reference)
{
    return impl.prepare("DELETE FROM score_set WHERE dataset = ? AND reference = ?")
        .bind(1, dataset)
        .bind(2, reference)
        .run();
}

Result<std::int64_t> makeScoreSet(Store::Impl &impl, const ScoreSet &set)
{
    if (auto made = impl.prepare("INSERT OR IGNORE INTO score_set(dataset, reference, rules,"
                                 " passing) VALUES(?, ?, ?, ?)")
                        .bind(1, set.dataset)
                        .bind(2, set.reference)
                        .bind(3, set.rules)
                        .bind(4, std::int64_t{set.passing})
                        .run();
        !made)
        return tl::unexpected(made.error());
    constexpr std::int64_t kPassingKept = 8;
    if (auto pruned =
            impl.prepare("DELETE FROM score_set WHERE passing = 1 AND id NOT IN (SELECT id"
                         " FROM score_set WHERE passing = 1 ORDER BY id DESC LIMIT ?)")
                .bind(1, kPassingKept)
                .run();
        set.passing && !pruned)
        return tl::unexpected(pruned.error());
    auto statement =
        impl.prepare("SELECT id FROM score_set WHERE dataset = ? AND reference = ? AND rules = ?");
    const auto row =
        statement.bind(1, set.dataset).bind(2, set.reference).bind(3, set.rules).step();
    if (!row)
        return tl::unexpected(row.error());
    return statement.integer(0);
}

Result<std::map<std::string, std::int64_t, std::less<>>> scoreColumns(Store::Impl &impl,
                                                                      std::int64_t set)
{
    std::map<std::string, std::int64_t, std::less<>> columns;
    auto statement = impl.prepare("SELECT name, id FROM score_column WHERE set_id = ?");
    if (auto read = statement.bind(1, set).forEachRow(
            [&](const sqlite::Statement &row) { columns.emplace(row.text(0), row.integer(1)); });
        !read)
        return tl::unexpected(read.error());
    return columns;
}

} // namespace

Result<std::vector<ReferenceInfo>> Store::references(const std::string &dataset)
{
    auto statement =
        m_impl->prepare("SELECT dataset, name, created, rows, description, current FROM reference"
                        " WHERE ?1 = '' OR dataset = ?1 ORDER BY dataset, created, name");
    return statement.bind(1, dataset).collect([](const sqlite::Statement &row) {
        return ReferenceInfo{std::string(row.text(0)), std::string(row.text(1)),
                             row.integer(2),           row.integer(3),
                             std::string(row.text(4)), row.integer(5) != 0};
    });
}

Result<DatasetProfile> Store::reference(const std::string &dataset, const std::string &name)
{
    auto statement =
        m_impl->prepare("SELECT profile FROM reference WHERE dataset = ? AND name = ?");
    const auto row = statement.bind(1, dataset).bind(2, name).step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return fail(ErrorCode::NotFound,
                    fmt::format("dataset \"{}\" has no reference \"{}\"", dataset, name),
                    "see \"tepal reference list\"");
    const auto bytes = decompressBlob(statement.blob(0));
    if (!bytes)
        return tl::unexpected(bytes.error());
    return parseProfile(*bytes);
}

Status Store::setReference(const std::string &dataset, const std::string &name,
                           const DatasetProfile &profile, std::int64_t rows,
                           const std::string &description, TimeMs now)
{
    const std::string blob = compressBlob(serializeProfile(profile));
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    auto saved =
        m_impl
            ->prepare(
                "INSERT INTO reference(dataset, name, created, rows, description, current, profile)"
                " VALUES(?1, ?2, ?3, ?4, ?5, NOT EXISTS(SELECT 1 FROM reference WHERE dataset = ?1"
                " AND current = 1), ?6) ON CONFLICT(dataset, name) DO UPDATE SET"
                " created = excluded.created, rows = excluded.rows,"
                " description = excluded.description, profile = excluded.profile")
            .bind(1, dataset)
            .bind(2, name)
            .bind(3, now)
            .bind(4, rows)
            .bind(5, description)
            .bindBlob(6, blob)
            .run();
    if (!saved)
        return saved;
    if (auto forgotten = forgetScores(*m_impl, dataset, name); !forgotten)
        return forgotten;
    return transaction->commit();
}

Status Store::makeCurrent(const std::string &dataset, const std::string &name)
{
    auto statement = m_impl->prepare("SELECT 1 FROM reference WHERE dataset = ? AND name = ?");
    const auto row = statement.bind(1, dataset).bind(2, name).step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return fail(ErrorCode::NotFound,
                    fmt::format("dataset \"{}\" has no reference \"{}\"", dataset, name));
    statement.reset();
    return m_impl->prepare("UPDATE reference SET current = (name = ?2) WHERE dataset = ?1")
        .bind(1, dataset)
        .bind(2, name)
        .run();
}

Status Store::deleteReference(const std::string &dataset, const std::string &name)
{
    if (auto done = m_impl->prepare("DELETE FROM reference WHERE dataset = ? AND name = ?")
                        .bind(1, dataset)
                        .bind(2, name)
                        .run();
        !done)
        return done;
    if (sqlite3_changes(m_impl->db.get()) == 0)
        return fail(ErrorCode::NotFound,
                    fmt::format("dataset \"{}\" has no reference \"{}\"", dataset, name),
                    "see \"tepal reference list\"");
    return forgetScores(*m_impl, dataset, name);
}

Status Store::renameReference(const std::string &dataset, const std::string &from,
                              const std::string &to)
{
    if (to.empty())
        return fail(ErrorCode::InvalidArgument, "a reference needs a name");
    if (from == to)
        return {};
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    auto taken = m_impl->prepare("SELECT 1 FROM reference WHERE dataset = ? AND name = ?");
    const auto row = taken.bind(1, dataset).bind(2, to).step();
    if (!row)
        return tl::unexpected(row.error());
    if (*row)
        return fail(ErrorCode::AlreadyExists,
                    fmt::format("dataset \"{}\" already has a reference \"{}\"", dataset, to),
                    "choose another name");
    taken.reset();
    if (auto done =
            m_impl->prepare("UPDATE reference SET name = ?3 WHERE dataset = ?1 AND name = ?2")
                .bind(1, dataset)
                .bind(2, from)
                .bind(3, to)
                .run();
        !done)
        return done;
    if (sqlite3_changes(m_impl->db.get()) == 0)
        return fail(ErrorCode::NotFound,
                    fmt::format("dataset \"{}\" has no reference \"{}\"", dataset, from),
                    "see \"tepal reference list\"");
    if (auto done = m_impl
                        ->prepare("UPDATE score_set SET reference = ?3 WHERE dataset = ?1 AND"
                                  " reference = ?2")
                        .bind(1, dataset)
                        .bind(2, from)
                        .bind(3, to)
                        .run();
        !done)
        return done;
    return transaction->commit();
}

Status Store::putScores(const ScoreSet &set, const std::vector<Score> &scores)
{
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    const auto setId = makeScoreSet(*m_impl, set);
    if (!setId)
        return tl::unexpected(setId.error());
    auto columns = scoreColumns(*m_impl, *setId);
    if (!columns)
        return tl::unexpected(columns.error());
    auto addColumn = m_impl->prepare("INSERT INTO score_column(set_id, name) VALUES(?, ?)");
    auto statement = m_impl->prepare(
        "INSERT OR REPLACE INTO score(set_id, start, column_id, value, band_low, band_high, floor,"
        " p, verdict, cause, n, rows_scored) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const Score &score : scores) {
        auto column = columns->find(score.column);
        if (column == columns->end()) {
            if (auto added = addColumn.bind(1, *setId).bind(2, score.column).run(); !added)
                return added;
            column =
                columns->emplace(score.column, sqlite3_last_insert_rowid(m_impl->db.get())).first;
        }
        if (auto done = statement.bind(1, *setId)
                            .bind(2, score.start)
                            .bind(3, column->second)
                            .bind(4, score.value)
                            .bind(5, score.bandLow)
                            .bind(6, score.bandHigh)
                            .bind(7, score.floor)
                            .bind(8, score.p)
                            .bind(9, std::int64_t{score.verdict})
                            .bind(10, std::int64_t{score.cause})
                            .bind(11, score.n)
                            .bind(12, score.rowsScored)
                            .run();
            !done)
            return done;
    }
    return transaction->commit();
}

Result<std::vector<Score>> Store::scores(const ScoreSet &set, TimeRange range)
{
    auto statement = m_impl->prepare(
        "SELECT c.name, s.start, s.value, s.band_low, s.band_high, s.floor, s.p, s.verdict,"
        " s.cause, s.n, s.rows_scored FROM score_set t JOIN score s ON s.set_id = t.id"
        " JOIN score_column c ON c.id = s.column_id WHERE t.dataset = ? AND t.reference = ? AND"
        " t.rules = ? AND s.start >= ? AND s.start < ? ORDER BY s.start, c.name");
    statement.bind(1, set.dataset).bind(2, set.reference).bind(3, set.rules);
    statement.bind(4, range.start).bind(5, range.end);
    return statement.collect([](const sqlite::Statement &row) {
        Score score;
        score.column = row.text(0);
        score.start = row.integer(1);
        int index = 2;
        for (double *value :
             {&score.value, &score.bandLow, &score.bandHigh, &score.floor, &score.p})
            *value = row.real(index++);
        score.verdict = static_cast<int>(row.integer(7));
        score.cause = static_cast<int>(row.integer(8));
        score.n = row.integer(9);
        score.rowsScored = row.integer(10);
        return score;
    });
}

} // namespace tepal
