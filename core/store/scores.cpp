#include "store_impl.h"

#include <tepal/base/wire.h>
#include <tepal/store/scores.h>

#include <algorithm>
#include <map>
#include <unordered_map>

// The scores of a window lie together in one row, since they are read and written together: of a
// year of hourly windows with fifty columns a row each would be read half a million times for a
// picture. A row's `scores` is a protobuf message, repeated field 1: column 1 (id in score_column),
// value 2, band 3 and 4, floor 5, p 6 (fixed64), verdict 7, cause 8, n 9 (varints).

namespace tepal {
namespace {

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

void appendScore(std::string &out, const Score &score, std::int64_t column)
{
    std::string message;
    wire::Writer writer(message);
    writer.int64(1, column);
    std::uint32_t field = 2;
    for (const double value : {score.value, score.bandLow, score.bandHigh, score.floor, score.p})
        writer.fixed64(field++, value);
    writer.int64(7, score.verdict);
    writer.int64(8, score.cause);
    writer.int64(9, score.n);
    wire::Writer(out).bytes(1, message);
}

/// False when it is no such message.
bool readScore(std::string_view message, Score &score, std::int64_t &column)
{
    wire::Reader reader(message);
    for (wire::Field field; reader.next(field);) {
        switch (field.number) {
        case 1:
            column = field.asInt64();
            break;
        case 2:
            score.value = field.asDouble();
            break;
        case 3:
            score.bandLow = field.asDouble();
            break;
        case 4:
            score.bandHigh = field.asDouble();
            break;
        case 5:
            score.floor = field.asDouble();
            break;
        case 6:
            score.p = field.asDouble();
            break;
        case 7:
            score.verdict = static_cast<int>(field.asInt64());
            break;
        case 8:
            score.cause = static_cast<int>(field.asInt64());
            break;
        case 9:
            score.n = field.asInt64();
            break;
        default:
            break;
        }
    }
    return !reader.failed();
}

} // namespace

Status Scores::put(const ScoreSet &set, const std::vector<Score> &scores)
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
    struct Row
    {
        std::string scores;
        std::int64_t rowsScored = 0;
    };
    std::map<TimeMs, Row> rows;
    auto addColumn = m_impl->prepare("INSERT INTO score_column(set_id, name) VALUES(?, ?)");
    for (const Score &score : scores) {
        auto column = columns->find(score.column);
        if (column == columns->end()) {
            if (auto added = addColumn.bind(1, *setId).bind(2, score.column).run(); !added)
                return added;
            column =
                columns->emplace(score.column, sqlite3_last_insert_rowid(m_impl->db.get())).first;
        }
        Row &row = rows[score.start];
        row.rowsScored = score.rowsScored;
        appendScore(row.scores, score, column->second);
    }
    auto statement = m_impl->prepare(
        "INSERT OR REPLACE INTO score(set_id, start, rows_scored, scores) VALUES(?, ?, ?, ?)");
    for (const auto &[start, row] : rows) {
        if (auto done = statement.bind(1, *setId)
                            .bind(2, start)
                            .bind(3, row.rowsScored)
                            .bindBlob(4, row.scores)
                            .run();
            !done)
            return done;
    }
    return transaction->commit();
}

namespace {

Result<std::vector<Score>> readScores(Store::Impl &impl, const ScoreSet &set, TimeRange range)
{
    std::vector<Score> scores;
    std::unordered_map<std::int64_t, std::string> names;
    auto columns =
        impl.prepare("SELECT c.id, c.name FROM score_set t JOIN score_column c ON c.set_id = t.id"
                     " WHERE t.dataset = ? AND t.reference = ? AND t.rules = ?");
    columns.bind(1, set.dataset).bind(2, set.reference).bind(3, set.rules);
    if (auto read = columns.forEachRow(
            [&](const sqlite::Statement &row) { names.emplace(row.integer(0), row.text(1)); });
        !read)
        return tl::unexpected(read.error());
    auto statement = impl.prepare(
        "SELECT s.start, s.rows_scored, s.scores FROM score_set t JOIN score s ON s.set_id = t.id"
        " WHERE t.dataset = ? AND t.reference = ? AND t.rules = ? AND s.start >= ? AND s.start < ?"
        " ORDER BY s.start");
    statement.bind(1, set.dataset).bind(2, set.reference).bind(3, set.rules);
    statement.bind(4, range.start).bind(5, range.end);
    const auto read = statement.forEachRow([&](const sqlite::Statement &row) {
        const std::size_t before = scores.size();
        bool whole = true;
        wire::Reader reader(row.blob(2));
        for (wire::Field field; reader.next(field);) {
            Score score;
            score.start = row.integer(0);
            score.rowsScored = row.integer(1);
            std::int64_t column = 0;
            whole = whole && field.number == 1 && readScore(field.bytes, score, column);
            const auto name = names.find(column);
            whole = whole && name != names.end();
            if (!whole)
                break;
            score.column = name->second;
            scores.push_back(std::move(score));
        }
        // They follow from the profiles: whoever misses them makes them anew.
        if (!whole || reader.failed())
            scores.resize(before);
    });
    if (!read)
        return tl::unexpected(read.error());
    return scores;
}

} // namespace

Result<std::vector<Score>> Scores::get(const ScoreSet &set, TimeRange range)
{
    auto &kept = m_impl->keptScores;
    const auto *all = kept.ask({set.dataset, set.reference, set.rules}, m_impl->version(),
                               [&] { return readScores(*m_impl, set, kept.kAlways); });
    if (all == nullptr)
        return readScores(*m_impl, set, range);
    const auto from = [&](TimeMs start) {
        return std::lower_bound(all->begin(), all->end(), start,
                                [](const Score &score, TimeMs time) { return score.start < time; });
    };
    return std::vector<Score>(from(range.start), std::max(from(range.start), from(range.end)));
}

} // namespace tepal
