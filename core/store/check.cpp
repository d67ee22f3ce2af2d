// Does the database hold together, and do the summaries say what the profiles say?

#include "store_impl.h"

#include <tepal/profile/file.h>
#include <tepal/store/segment_key.h>
#include <tepal/store/store_check.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal {

namespace {

struct Chunk
{
    std::int64_t id = 0;
    std::int64_t rows = 0;
    bool closed = false;
};

struct WindowRow
{
    std::int64_t id = 0;
    std::int64_t dataset = 0;
    std::string name; ///< For people.
    std::string segment;
    std::int64_t granularity = 0;
    TimeMs start = 0;
    TimeMs end = 0;
};

/// Walks one database. Lives for one check.
class Checker
{
public:
    Checker(Store::Impl &impl, bool repair)
        : m_impl(impl)
        , m_repair(repair)
    {}

    Result<StoreReport> run()
    {
        if (auto done = integrity(); !done)
            return tl::unexpected(done.error());
        if (auto done = foreignKeys(); !done)
            return tl::unexpected(done.error());
        const auto windows = storedWindows("w.deleted IS NULL");
        if (!windows)
            return tl::unexpected(windows.error());
        for (const WindowRow &window : *windows) {
            if (auto done = checkWindow(window); !done)
                return tl::unexpected(done.error());
        }
        for (const auto &step :
             {&Checker::deletedWindows, &Checker::orphanSummaries, &Checker::unsentChunks,
              &Checker::missingRollUps, &Checker::rollUps}) {
            if (auto done = (this->*step)(); !done)
                return tl::unexpected(done.error());
        }
        m_report.windows = static_cast<std::int64_t>(windows->size());
        return std::move(m_report);
    }

private:
    void find(std::string where, std::string what, bool repaired)
    {
        m_report.findings.push_back({std::move(where), std::move(what), repaired});
    }

    Result<std::vector<std::string>> complaints(const char *sql)
    {
        auto texts = m_impl.prepare(sql).collect(
            [](const sqlite::Statement &row) { return std::string(row.text(0)); });
        if (texts)
            std::erase(*texts, "ok");
        return texts;
    }

    Status integrity()
    {
        auto found = complaints("PRAGMA integrity_check(50)");
        if (!found)
            return tl::unexpected(found.error());
        if (found->empty())
            return {};
        bool repaired = false;
        if (m_repair) {
            // Indexes follow from the tables; damaged tables do not follow from anything.
            if (auto done = sqlite::execute(m_impl.db.get(), "REINDEX"); done) {
                const auto again = complaints("PRAGMA integrity_check(1)");
                repaired = again && again->empty();
            }
        }
        for (std::string &text : *found)
            find("database", std::move(text), repaired);
        return {};
    }

    Status foreignKeys()
    {
        auto found = complaints("SELECT \"table\" || ' refers to a missing row of ' || parent"
                                " FROM pragma_foreign_key_check");
        if (!found)
            return tl::unexpected(found.error());
        for (std::string &text : *found)
            find("database", std::move(text), false);
        return {};
    }

    Result<std::vector<WindowRow>> storedWindows(const char *which)
    {
        const std::string sql =
            fmt::format("SELECT w.id, w.dataset_id, d.name, w.segment, w.granularity, w.start,"
                        " w.end FROM stored_window w JOIN dataset d ON d.id = w.dataset_id"
                        " WHERE {} ORDER BY w.id",
                        which);
        return m_impl.prepare(sql.c_str()).collect([](const sqlite::Statement &row) {
            WindowRow window;
            window.id = row.integer(0);
            window.dataset = row.integer(1);
            window.segment = row.text(3);
            window.granularity = row.integer(4);
            window.start = row.integer(5);
            window.end = row.integer(6);
            window.name = fmt::format("{}, window {}", row.text(2), formatIso(window.start));
            for (const auto &[name, value] : parseSegmentKey(window.segment))
                window.name += fmt::format(", {}={}", name, value);
            return window;
        });
    }

    Result<std::vector<Chunk>> chunksOf(const WindowRow &window)
    {
        auto statement =
            m_impl.prepare("SELECT id, rows, state FROM chunk WHERE window_id = ? ORDER BY id");
        return statement.bind(1, window.id).collect([](const sqlite::Statement &row) {
            return Chunk{row.integer(0), row.integer(1), row.integer(2) != 0};
        });
    }

    /// Merges a chunk's columns into `into`; damaged ones are reported and named in `damaged`.
    Status readChunk(const WindowRow &window, const Chunk &chunk, DatasetProfile &into,
                     std::vector<std::string> &damaged)
    {
        auto statement = m_impl.prepare("SELECT n.name, c.profile FROM chunk_column c"
                                        " JOIN column_name n ON n.id = c.column_id"
                                        " WHERE c.chunk_id = ?");
        std::int64_t columns = 0;
        auto read = statement.bind(1, chunk.id).forEachRow([&](const sqlite::Statement &row) {
            ++columns;
            ++m_report.profiles;
            m_report.blobBytes += static_cast<std::int64_t>(row.blob(1).size());
            const std::string name(row.text(0));
            const auto bytes = m_impl.codec.decompress(m_impl.db.get(), row.blob(1));
            auto column = bytes ? parseColumn(*bytes) : Result<ColumnProfile>(ColumnProfile{});
            if (!bytes || !column) {
                find(window.name,
                     fmt::format("the profile of column \"{}\" in chunk {} is damaged ({})", name,
                                 chunk.id, (bytes ? column.error() : bytes.error()).message),
                     false);
                damaged.push_back(name);
                return;
            }
            if (column->counts.n > chunk.rows) {
                find(window.name,
                     fmt::format("chunk {} counts {} rows, but its column \"{}\" has {} values",
                                 chunk.id, chunk.rows, name, column->counts.n),
                     false);
            }
            const auto [it, added] = into.columns.try_emplace(name);
            if (added)
                it->second = std::move(*column);
            else
                it->second.merge(*column);
        });
        if (!read)
            return read;
        if (columns == 0 && chunk.rows > 0) {
            find(window.name, fmt::format("chunk {} has rows but no profile", chunk.id), false);
        }
        return {};
    }

    Status checkWindow(const WindowRow &window)
    {
        const auto chunks = chunksOf(window);
        if (!chunks)
            return tl::unexpected(chunks.error());
        DatasetProfile profile;
        std::vector<std::string> damaged;
        for (const Chunk &chunk : *chunks) {
            ++m_report.chunks;
            m_report.rows += chunk.rows;
            if (auto read = readChunk(window, chunk, profile, damaged); !read)
                return read;
        }
        for (const std::string &name : damaged)
            profile.columns.erase(name); // its summary may be all that is left
        return checkSummaries(window, profile);
    }

    Status checkSummaries(const WindowRow &window, const DatasetProfile &profile)
    {
        for (const auto &[name, column] : profile.columns) {
            auto stored = summaryOf(window, name);
            if (!stored)
                return tl::unexpected(stored.error());
            ++m_report.summaries;
            const std::string what =
                *stored ? disagreement(**stored, column) : std::string("it is missing");
            if (what.empty())
                continue;
            bool repaired = false;
            if (m_repair) {
                if (auto done = rewrite(window, name, column); !done)
                    return done;
                repaired = true;
            }
            find(window.name, fmt::format("summary of column \"{}\": {}", name, what), repaired);
        }
        return {};
    }

    Result<std::optional<ColumnSummary>> summaryOf(const WindowRow &window, const std::string &name)
    {
        auto statement = m_impl.prepare(
            "SELECT " TEPAL_SUMMARY_FIGURES
            " FROM summary s JOIN column_name n ON n.id = s.column_id"
            " WHERE n.dataset_id = ? AND n.name = ? AND s.granularity = ? AND s.start = ?"
            " AND s.segment = ?");
        const auto row = statement.bind(1, window.dataset)
                             .bind(2, name)
                             .bind(3, window.granularity)
                             .bind(4, window.start)
                             .bind(5, window.segment)
                             .step();
        if (!row)
            return tl::unexpected(row.error());
        if (!*row)
            return std::nullopt;
        ColumnSummary s;
        s.column = name;
        Store::Impl::readFigures(statement, 0, s);
        return s;
    }

    Status rewrite(const WindowRow &window, const std::string &name, const ColumnProfile &column)
    {
        ChunkCommit chunk;
        chunk.segment = parseSegmentKey(window.segment);
        chunk.granularity = static_cast<Granularity>(window.granularity);
        chunk.start = window.start;
        chunk.end = window.end;
        chunk.summaries.push_back(summarize(name, column));
        return m_impl.writeSummaries(window.dataset, chunk);
    }

    Result<std::int64_t> count(const char *sql)
    {
        auto statement = m_impl.prepare(sql);
        const auto row = statement.step();
        if (!row)
            return tl::unexpected(row.error());
        return *row ? statement.integer(0) : 0;
    }

    /// Reports how many rows `counting` finds and, when repairing, runs `repairing`.
    Status amend(const char *counting, const char *repairing, const char *what)
    {
        const auto found = count(counting);
        if (!found)
            return tl::unexpected(found.error());
        if (*found == 0)
            return {};
        if (m_repair) {
            if (auto done = sqlite::execute(m_impl.db.get(), repairing); !done)
                return done;
        }
        find("database", fmt::format("{} {}", *found, what), m_repair);
        return {};
    }

    Status orphanSummaries()
    {
#define TEPAL_ORPHANS                                                                              \
    " FROM summary WHERE NOT EXISTS (SELECT 1 FROM window w JOIN column_name n"                    \
    " ON n.dataset_id = w.dataset_id WHERE n.id = summary.column_id"                               \
    " AND w.granularity = summary.granularity AND w.start = summary.start"                         \
    " AND w.segment = summary.segment)"
        return amend("SELECT count(*)" TEPAL_ORPHANS, "DELETE" TEPAL_ORPHANS,
                     "summaries belong to no window");
#undef TEPAL_ORPHANS
    }

    Status unsentChunks()
    {
        return amend("SELECT count(*) FROM chunk c WHERE c.state = 1 AND NOT EXISTS"
                     " (SELECT 1 FROM outbox o WHERE o.chunk_id = c.id)",
                     "INSERT INTO outbox(chunk_id, destination, start, state, updated)"
                     " SELECT c.id, '', w.start, 0, coalesce(c.closed, 0) FROM chunk c"
                     " JOIN stored_window w ON w.id = c.window_id WHERE c.state = 1 AND NOT EXISTS "
                     "(SELECT 1 FROM outbox o WHERE o.chunk_id = c.id)",
                     "finished chunks are missing in the outbox");
    }

    /// They may be restored: their profiles must be readable. Nothing follows from them.
    Status deletedWindows()
    {
        auto windows = storedWindows("w.deleted IS NOT NULL");
        if (!windows)
            return tl::unexpected(windows.error());
        for (WindowRow &window : *windows) {
            window.name += " (deleted)";
            const auto chunks = chunksOf(window);
            if (!chunks)
                return tl::unexpected(chunks.error());
            DatasetProfile profile;
            std::vector<std::string> damaged;
            for (const Chunk &chunk : *chunks) {
                if (auto read = readChunk(window, chunk, profile, damaged); !read)
                    return read;
            }
        }
        m_report.deleted = static_cast<std::int64_t>(windows->size());
        return {};
    }

    /// Every window belongs to roll-ups, made or waiting; without, a range would not be wrong but
    /// slow for ever.
    Status missingRollUps()
    {
        auto windows = m_impl.prepare("SELECT DISTINCT dataset_id, granularity, start FROM window"
                                      " WHERE granularity < ?");
        auto known = m_impl.prepare("SELECT 1 FROM rollup WHERE dataset_id = ? AND granularity = ?"
                                    " AND start = ?");
        RollUpMarks marks(m_impl.db.get());
        std::int64_t missing = 0;
        windows.bind(1, static_cast<std::int64_t>(kCoarsestRollUp));
        auto read = windows.forEachRow([&](const sqlite::Statement &row) -> Status {
            const auto own = static_cast<Granularity>(row.integer(1));
            for (int level = static_cast<int>(own) + 1; level <= static_cast<int>(kCoarsestRollUp);
                 ++level) {
                known.bind(1, row.integer(0)).bind(2, std::int64_t{level});
                const auto found =
                    known.bind(3, windowStart(row.integer(2), static_cast<Granularity>(level)))
                        .step();
                known.reset();
                if (!found)
                    return tl::unexpected(found.error());
                if (*found)
                    continue;
                ++missing;
                return m_repair ? marks.outdate(row.integer(0), own, row.integer(2)) : Status();
            }
            return {};
        });
        if (read && missing > 0)
            find("database", fmt::format("{} windows belong to no roll-up", missing), m_repair);
        return read;
    }

    /// From the finest on, so that a coarser one may be compared with finer ones that are right.
    Status rollUps()
    {
        auto statement = m_impl.prepare("SELECT id, dataset_id, granularity, start, end FROM rollup"
                                        " WHERE state = 1 ORDER BY granularity, start");
        const auto all = statement.collect(readRollUp);
        if (!all)
            return tl::unexpected(all.error());
        for (const RollUp &rollUp : *all) {
            const auto what = faultOf(rollUp);
            if (!what)
                return tl::unexpected(what.error());
            ++m_report.rollUps;
            if (what->empty())
                continue;
            if (m_repair) {
                if (auto done = m_impl.remakeRollUp(rollUp); !done)
                    return done;
            }
            find(fmt::format("roll-up of the {} {}", granularityName(rollUp.granularity),
                             formatIso(rollUp.range.start)),
                 *what, m_repair);
        }
        return amend(
            "SELECT count(*) FROM rollup_summary s WHERE NOT EXISTS (SELECT 1 FROM rollup r JOIN"
            " rollup_column c ON c.rollup_id = r.id WHERE r.state = 1 AND c.column_id ="
            " s.column_id AND c.segment = s.segment AND r.granularity = s.granularity AND r.start ="
            " s.start)",
            "DELETE FROM rollup_summary WHERE NOT EXISTS (SELECT 1 FROM rollup r JOIN"
            " rollup_column c ON c.rollup_id = r.id WHERE r.state = 1 AND c.column_id ="
            " rollup_summary.column_id AND c.segment = rollup_summary.segment AND r.granularity ="
            " rollup_summary.granularity AND r.start = rollup_summary.start)",
            "summaries belong to no roll-up");
    }

    /// What is wrong with a roll-up; empty = nothing.
    Result<std::string> faultOf(const RollUp &rollUp)
    {
        std::size_t starts = 0;
        const auto expected = m_impl.mergeInterval(rollUp, starts);
        if (!expected && expected.error().code == ErrorCode::Corrupt)
            return std::string(); // that is known by now, and the roll-up may be all that is left
        if (!expected)
            return tl::unexpected(expected.error());
        auto statement = m_impl.prepare(
            "SELECT c.segment, n.name, c.profile, " TEPAL_SUMMARY_FIGURES
            " FROM rollup_column c JOIN column_name n ON n.id = c.column_id LEFT JOIN"
            " rollup_summary s ON s.column_id = c.column_id AND s.granularity = ?2 AND"
            " s.start = ?3 AND s.segment = c.segment WHERE c.rollup_id = ?1");
        statement.bind(1, rollUp.id).bind(2, static_cast<std::int64_t>(rollUp.granularity));
        std::string fault;
        std::size_t columns = 0;
        auto read =
            statement.bind(3, rollUp.range.start).forEachRow([&](const sqlite::Statement &row) {
                ++columns;
                if (fault.empty())
                    fault = faultOfColumn(row, *expected);
            });
        if (!read)
            return tl::unexpected(read.error());
        for (const auto &[key, segment] : *expected)
            columns -= segment.profile.columns.size(); // wraps where some are missing
        if (fault.empty() && columns != 0)
            fault = "it lacks columns that its windows have";
        return fault;
    }

    using Segments = std::map<std::string, Store::Impl::Segment>;
    std::string faultOfColumn(const sqlite::Statement &row, const Segments &expected) const
    {
        const std::string name(row.text(1));
        const auto segment = expected.find(std::string(row.text(0)));
        if (segment == expected.end())
            return "it has a segment that its windows do not have";
        const auto column = segment->second.profile.columns.find(name);
        if (column == segment->second.profile.columns.end())
            return fmt::format("it has a column \"{}\" that its windows do not have", name);
        DatasetProfile stored;
        if (auto done = m_impl.mergeBlob(name, row.blob(2), stored); !done)
            return done.error().message;
        ColumnSummary summary;
        summary.column = name;
        Store::Impl::readFigures(row, 3, summary);
        for (const ColumnSummary &told :
             {summarize(name, stored.columns.find(name)->second), summary}) {
            if (std::string what = disagreement(told, column->second); !what.empty())
                return fmt::format("column \"{}\": {}", name, what);
        }
        return {};
    }

    Store::Impl &m_impl;
    bool m_repair;
    StoreReport m_report;
};

} // namespace

std::int64_t StoreReport::unrepaired() const
{
    return std::count_if(findings.begin(), findings.end(),
                         [](const CheckFinding &finding) { return !finding.repaired; });
}

Result<StoreReport> StoreCheck::run(bool repair)
{
    // One snapshot: a logger may commit meanwhile.
    sqlite3 *db = m_impl->db.get();
    if (auto begun = sqlite::execute(db, repair ? "BEGIN IMMEDIATE" : "BEGIN"); !begun)
        return tl::unexpected(begun.error());
    auto report = Checker(*m_impl, repair).run();
    if (auto ended = sqlite::execute(db, report ? "COMMIT" : "ROLLBACK"); !ended && report)
        return tl::unexpected(ended.error());
    return report;
}

} // namespace tepal
