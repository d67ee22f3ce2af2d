// Does the database hold together, and do the summaries say what the profiles say?

#include "store_impl.h"

#include <tepal/profile/file.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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

bool same(double a, double b, double tolerance)
{
    if (std::isnan(a) || std::isnan(b) || std::isinf(a) || std::isinf(b))
        return (std::isnan(a) && std::isnan(b)) || a == b;
    return std::abs(a - b) <= tolerance;
}

/// Whether `value` may be called the p-quantile. Two ways of merging the same sketches keep
/// different values, so ranks are compared, with three times the sketch's own bound for the two.
bool isQuantile(const KllView &view, double error, double value, double p)
{
    if (std::isnan(value))
        return view.empty();
    const double tolerance =
        3 * error + 1.0 / static_cast<double>(std::max<std::uint64_t>(view.n, 1));
    const double next = std::nextafter(value, std::numeric_limits<double>::infinity());
    return view.rank(value) - tolerance <= p && p <= view.rank(next) + tolerance;
}

/// Names the first number of a stored summary that the profile does not confirm; empty = none.
std::string disagreement(const ColumnSummary &stored, const ColumnProfile &column)
{
    const ColumnSummary fresh = summarize(stored.column, column);
    if (stored.n != fresh.n)
        return fmt::format("n is {}, the profile has {}", stored.n, fresh.n);
    if (stored.nulls != fresh.nulls)
        return fmt::format("nulls is {}, the profile has {}", stored.nulls, fresh.nulls);
    if (stored.kind != fresh.kind)
        return "the type differs from the profile's";
    if (!same(stored.min, fresh.min, 0) || !same(stored.max, fresh.max, 0))
        return "minimum or maximum differ from the profile's";
    const double scale = 1e-9 * (1 + std::abs(fresh.mean) + std::abs(fresh.stddev));
    if (!same(stored.mean, fresh.mean, scale) || !same(stored.stddev, fresh.stddev, 1e3 * scale))
        return "mean or standard deviation differ from the profile's";
    if (column.distribution) {
        const KllView view = column.distribution->kll.view();
        const double error = column.distribution->kll.rankError();
        for (const auto &[value, p] : {std::pair{stored.q05, 0.05},
                                       {stored.q25, 0.25},
                                       {stored.median, 0.5},
                                       {stored.q75, 0.75},
                                       {stored.q95, 0.95}}) {
            if (!isQuantile(view, error, value, p))
                return fmt::format("the {} quantile is not the profile's", p);
        }
    }
    const double spread = fresh.distinctUpper - fresh.distinctLower;
    if (!same(stored.distinct, fresh.distinct, std::isnan(spread) ? 0 : std::max(spread, 1e-6)))
        return "the number of distinct values differs from the profile's";
    if (column.frequentStrings && !stored.topValue.empty()) {
        const FrequentString top = column.frequentStrings->lookup(stored.topValue);
        const auto error = static_cast<std::int64_t>(column.frequentStrings->maximumError());
        if (std::abs(static_cast<std::int64_t>(top.upper) - stored.topCount) > 2 * error)
            return "the most frequent text differs from the profile's";
    }
    return {};
}

/// Walks one database. Lives for one check.
class Checker
{
public:
    Checker(Store::Impl &impl, bool repair)
        : m_impl(impl)
        , m_repair(repair)
    {}

    Result<StoreCheck> run()
    {
        if (auto done = integrity(); !done)
            return tl::unexpected(done.error());
        if (auto done = foreignKeys(); !done)
            return tl::unexpected(done.error());
        const auto windows = allWindows();
        if (!windows)
            return tl::unexpected(windows.error());
        for (const WindowRow &window : *windows) {
            if (auto done = checkWindow(window); !done)
                return tl::unexpected(done.error());
        }
        for (const auto &step : {&Checker::orphanSummaries, &Checker::unsentChunks}) {
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

    Result<std::vector<WindowRow>> allWindows()
    {
        auto statement = m_impl.prepare(
            "SELECT w.id, w.dataset_id, d.name, w.segment, w.granularity, w.start, w.end"
            " FROM window w JOIN dataset d ON d.id = w.dataset_id ORDER BY w.id");
        return statement.collect([](const sqlite::Statement &row) {
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
            const auto bytes = decompressBlob(row.blob(1));
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
                     "INSERT INTO outbox(chunk_id, destination, state, updated)"
                     " SELECT c.id, '', 0, coalesce(c.closed, 0) FROM chunk c WHERE c.state = 1"
                     " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.chunk_id = c.id)",
                     "finished chunks are missing in the outbox");
    }

    Store::Impl &m_impl;
    bool m_repair;
    StoreCheck m_report;
};

} // namespace

std::int64_t StoreCheck::unrepaired() const
{
    return std::count_if(findings.begin(), findings.end(),
                         [](const CheckFinding &finding) { return !finding.repaired; });
}

Result<StoreCheck> Store::check(bool repair)
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
