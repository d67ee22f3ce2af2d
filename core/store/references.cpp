#include "store_impl.h"

#include <tepal/profile/file.h>

#include <fmt/format.h>

namespace tepal {

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
    return m_impl
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
    return m_impl->prepare("DELETE FROM score WHERE dataset = ? AND reference = ?")
        .bind(1, dataset)
        .bind(2, name)
        .run();
}

Status Store::putScores(const std::string &dataset, const std::vector<Score> &scores)
{
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    auto statement = m_impl->prepare(
        "INSERT OR REPLACE INTO score(dataset, reference, measure, column_name, start, value,"
        " band_low, band_high, floor, p, verdict, n, rows_scored)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const Score &score : scores) {
        if (auto done = statement.bind(1, dataset)
                            .bind(2, score.reference)
                            .bind(3, score.measure)
                            .bind(4, score.column)
                            .bind(5, score.start)
                            .bind(6, score.value)
                            .bind(7, score.bandLow)
                            .bind(8, score.bandHigh)
                            .bind(9, score.floor)
                            .bind(10, score.p)
                            .bind(11, score.verdict)
                            .bind(12, score.n)
                            .bind(13, score.rowsScored)
                            .run();
            !done)
            return done;
    }
    return transaction->commit();
}

Result<std::vector<Score>> Store::scores(const std::string &dataset, const std::string &reference,
                                         const std::string &measure, TimeRange range)
{
    auto statement = m_impl->prepare(
        "SELECT column_name, start, value, band_low, band_high, floor, p, verdict, n, rows_scored"
        " FROM score WHERE dataset = ? AND reference = ? AND measure = ? AND start >= ? AND"
        " start < ? ORDER BY start, column_name");
    statement.bind(1, dataset).bind(2, reference).bind(3, measure).bind(4, range.start);
    statement.bind(5, range.end);
    return statement.collect([&](const sqlite::Statement &row) {
        Score score;
        score.reference = reference;
        score.measure = measure;
        score.column = row.text(0);
        score.start = row.integer(1);
        int index = 2;
        for (double *value :
             {&score.value, &score.bandLow, &score.bandHigh, &score.floor, &score.p})
            *value = row.real(index++);
        score.verdict = row.text(7);
        score.n = row.integer(8);
        score.rowsScored = row.integer(9);
        return score;
    });
}

} // namespace tepal
