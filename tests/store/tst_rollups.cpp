// A range says the same whether it is merged from windows or from roll-ups, at every moment.

#include "store_test.h"

#include <tepal/profile/file.h>
#include <tepal/store/deletions.h>
#include <tepal/store/store_check.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>

using namespace tepal;
using namespace tepal::test;

namespace {

constexpr TimeMs kStart = 1'767'225'600'000; // 2026-01-01
constexpr TimeMs kFar = kStart + 1000 * kDayMs;

/// Different in every window, with text and gaps.
DatasetProfile windowProfile(int seed, int rows = 30)
{
    DatasetProfile profile;
    for (int i = 0; i < rows; ++i) {
        const int x = (seed * 7919 + i * 104'729) % 10'007;
        profile.track("x", i % 7 == 0 ? Value() : Value::fractional(x / 10.0));
        profile.track("class", Value::string("c" + std::to_string(x % 40)));
    }
    return profile;
}

/// The estimate that depends on nothing but what the sketch holds: one that was never merged may
/// still have the better one of its order of arrival.
double fromRegisters(const HllSketch &sketch)
{
    HllSketch twice = sketch;
    twice.merge(sketch);
    return twice.estimate();
}

void compareExact(const DatasetProfile &a, const DatasetProfile &b)
{
    QCOMPARE(a.columns.size(), b.columns.size());
    QCOMPARE(a.datasetTimestamp, b.datasetTimestamp);
    QCOMPARE(a.creationTimestamp, b.creationTimestamp);
    for (const auto &[name, column] : a.columns) {
        const ColumnProfile &other = b.columns.at(name);
        QVERIFY(column.counts == other.counts);
        QVERIFY(column.types == other.types);
        QCOMPARE(fromRegisters(*column.cardinality), fromRegisters(*other.cardinality));
        if (!column.distribution || column.distribution->kll.empty())
            continue;
        const KllSketch &kll = column.distribution->kll;
        QCOMPARE(kll.min(), other.distribution->kll.min());
        QCOMPARE(kll.max(), other.distribution->kll.max());
        QVERIFY(std::abs(column.distribution->mean - other.distribution->mean) < 1e-9 * kll.max());
        const KllView view = other.distribution->kll.view();
        for (const double p : {0.05, 0.25, 0.5, 0.75, 0.95})
            QVERIFY(std::abs(view.rank(kll.quantile(p)) - p) < 3 * kll.rankError() + 0.01);
    }
}

} // namespace

class TestRollUps : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Store> m_store;

    std::filesystem::path path() const { return (m_dir->path() + "/tepal.db").toStdString(); }
    void tamper(const char *sql) { test::tamper(path(), sql); }

    void commit(const std::vector<ChunkCommit> &chunks)
    {
        CommitBatch batch;
        batch.chunks = chunks;
        batch.heartbeat.committedAt = kStart;
        const auto done = WindowWriter(*m_store).commit(batch);
        QVERIFY2(done, done ? "" : done.error().message.c_str());
    }
    /// One closed chunk per window.
    void fill(Granularity granularity, TimeMs start, int windows, const SegmentTags &segment = {})
    {
        std::vector<DatasetProfile> profiles;
        std::vector<ChunkCommit> chunks;
        profiles.reserve(static_cast<std::size_t>(windows));
        for (int i = 0; i < windows; ++i) {
            profiles.push_back(windowProfile(i));
            chunks.push_back(closedChunk(profiles.back(), granularity, start));
            chunks.back().segment = segment;
            start = nextWindowStart(start, granularity);
        }
        commit(chunks);
    }
    void rollUpAll(TimeMs now = kFar)
    {
        while (WindowWriter(*m_store).rollUp(now, 50).value() == 50) {
        }
    }
    DatasetProfile range(TimeMs from, TimeMs to, const std::vector<std::string> &columns = {},
                         const std::optional<SegmentTags> &segment = std::nullopt)
    {
        auto profile = Windows(*m_store).profile("model-1", {from, to}, columns, segment);
        if (!profile || !*profile)
            return {};
        return **profile;
    }
    std::int64_t countX(TimeMs from, TimeMs to)
    {
        const auto profile = range(from, to);
        const auto it = profile.columns.find("x");
        return it == profile.columns.end() ? 0 : it->second.counts.n;
    }

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_store = Store::open(path()).value();
    }
    void cleanup() { m_store.reset(); }

    void sameAnswers()
    {
        fill(Granularity::Hour, kStart, 40 * 24);
        fill(Granularity::Hour, kStart + 5 * kDayMs, 30, {{"country", "NO"}});
        fill(Granularity::Minute, kStart + 45 * kDayMs, 150);
        fill(Granularity::Day, kStart + 3 * kDayMs, 2); // beside the hours of these days
        struct Question
        {
            TimeMs from;
            TimeMs to;
            std::vector<std::string> columns;
            std::optional<SegmentTags> segment;
        };
        const std::vector<Question> questions{
            {kStart, kFar, {}, {}},
            {0, kFar, {"x"}, {}},
            {kStart + 90 * kMinuteMs, kStart + 20 * kDayMs + 5, {}, {}},
            {kStart + 2 * kDayMs, kStart + 4 * kDayMs, {}, {}},
            {kStart + 4 * kDayMs, kStart + 7 * kDayMs, {}, SegmentTags{{"country", "NO"}}},
            {kStart, kFar, {}, SegmentTags{}},
            {kStart + 45 * kDayMs + 30'500, kStart + 45 * kDayMs + 2 * kHourMs, {"class"}, {}},
        };
        std::vector<DatasetProfile> before;
        for (const Question &q : questions)
            before.push_back(range(q.from, q.to, q.columns, q.segment));
        rollUpAll();
        for (std::size_t i = 0; i < questions.size(); ++i) {
            const Question &q = questions[i];
            compareExact(range(q.from, q.to, q.columns, q.segment), before[i]);
        }
        QVERIFY(Windows(*m_store).profile("model-1", {0, kStart}).value() == nullptr);
        QVERIFY(Windows(*m_store)
                    .profile("model-1", {kStart, kFar}, {}, SegmentTags{{"country", "SE"}})
                    .value() == nullptr);
        const auto report = StoreCheck(*m_store).run(false);
        QVERIFY(report);
        QVERIFY2(report->findings.empty(),
                 report->findings.empty() ? "" : report->findings[0].what.c_str());
        QVERIFY(report->rollUps >= 42);
    }
    /// With unreadable windows only what lies inside roll-ups can be answered.
    void rangesAreReadFromRollUps()
    {
        fill(Granularity::Hour, kStart, 72);
        rollUpAll(kStart + 60 * kHourMs); // the third day and the month are not over
        tamper("UPDATE chunk_column SET profile = x'00'");
        QCOMPARE(countX(kStart, kStart + 2 * kDayMs), 48 * 30);
        QVERIFY(!Windows(*m_store).profile("model-1", {kStart, kStart + 2 * kDayMs + 1}));
        QVERIFY(!Windows(*m_store).profile("model-1", {kStart + kHourMs, kStart + 2 * kDayMs}));
        QVERIFY(!Windows(*m_store).profile("model-1", {kStart + kDayMs, kStart + 2 * kDayMs - 1}));
    }
    void lateRowsAreSeenAtOnce()
    {
        fill(Granularity::Minute, kStart, 180);
        rollUpAll();
        QCOMPARE(countX(0, kFar), 180 * 30);
        auto reader = Store::open(path(), Store::Access::ReadOnly).value();
        // A late chunk, open at first; it grows, and it is closed.
        const auto late = windowProfile(7, 5);
        auto chunk = closedChunk(late, Granularity::Minute, kStart + kHourMs);
        chunk.close = false;
        CommitBatch batch;
        batch.chunks.push_back(chunk);
        batch.chunks[0].chunkId = WindowWriter(*m_store).commit(batch).value().at(0);
        QCOMPARE(Windows(*reader).profile("model-1", {0, kFar}).value()->columns.at("x").counts.n,
                 180 * 30 + 5);
        rollUpAll();
        QCOMPARE(countX(0, kFar), 180 * 30 + 5);
        const auto more = windowProfile(8, 9);
        batch.chunks[0].profile = &more;
        batch.chunks[0].rows = 9;
        batch.chunks[0].close = true;
        QVERIFY(WindowWriter(*m_store).commit(batch));
        QCOMPARE(Windows(*reader).profile("model-1", {0, kFar}).value()->columns.at("x").counts.n,
                 180 * 30 + 9);
        const auto points = Windows(*reader).history("model-1", "x", {0, kFar}, 10).value().points;
        std::int64_t n = 0;
        for (const ColumnSummary &point : points)
            n += point.n;
        // The window's own summary is the caller's: here of the late chunk alone.
        QCOMPARE(n, 179 * 30 + static_cast<std::int64_t>(chunk.summaries[0].n));
        rollUpAll();
        QCOMPARE(countX(0, kFar), 180 * 30 + 9);
    }
    void compactionKeepsRollUps()
    {
        for (int part = 0; part < 2; ++part)
            fill(Granularity::Hour, kStart, 24);
        rollUpAll();
        QCOMPARE(WindowWriter(*m_store).compact(kFar, 100).value(), 24);
        QCOMPARE(WindowWriter(*m_store).rollUp(kFar, 10).value(), 0);
        QCOMPARE(countX(0, kFar), 48 * 30);
        tamper("UPDATE chunk_column SET profile = x'00'");
        QCOMPARE(countX(0, kFar), 48 * 30);
    }
    void forgettingWindowsForgetsTheirShare()
    {
        fill(Granularity::Hour, kStart, 48);
        rollUpAll();
        QCOMPARE(WindowWriter(*m_store).expire(kStart + 30 * kHourMs, kFar, 100).value(), 30);
        QCOMPARE(countX(0, kFar), 18 * 30);
        rollUpAll();
        QCOMPARE(countX(0, kFar), 18 * 30);
        QCOMPARE(Windows(*m_store).history("model-1", "x", {0, kFar}, 5)->points.size(),
                 std::size_t{1});
        QVERIFY(StoreCheck(*m_store).run(false)->findings.empty());
        QCOMPARE(WindowWriter(*m_store).expire(kFar, kFar, 100).value(), 18);
        QVERIFY(Windows(*m_store).profile("model-1", {0, kFar}).value() == nullptr);
        rollUpAll();
        QVERIFY(StoreCheck(*m_store).run(false)->findings.empty());
        QCOMPARE(StoreCheck(*m_store).run(false)->rollUps, 0);
    }
    void historyHasAsManyPointsAsAskedFor()
    {
        fill(Granularity::Hour, kStart, 60 * 24);
        const TimeRange all{0, kFar};
        // Without roll-ups there is nothing coarser to show.
        QCOMPARE(Windows(*m_store).history("model-1", "x", all, 100)->points.size(),
                 std::size_t{60 * 24});
        rollUpAll(kStart + 50 * kDayMs + 1);
        const auto fine = Windows(*m_store).history("model-1", "x", all, 2000).value();
        QCOMPARE(fine.granularity, Granularity::Hour);
        QVERIFY(!fine.rolledUp);
        QCOMPARE(fine.points.size(), std::size_t{60 * 24});
        const auto days = Windows(*m_store).history("model-1", "x", all, 100).value();
        QCOMPARE(days.granularity, Granularity::Day);
        QVERIFY(days.rolledUp);
        // Fifty days, and the hours of what had not ended yet.
        QCOMPARE(days.points.size(), std::size_t{50 + 10 * 24});
        QCOMPARE(days.points[0].end - days.points[0].start, kDayMs);
        QCOMPARE(days.points[0].n, 24 * 30);
        QCOMPARE(days.points[50].end - days.points[50].start, kHourMs);
        QVERIFY(std::is_sorted(days.points.begin(), days.points.end(),
                               [](const auto &a, const auto &b) { return a.end <= b.start; }));
        const auto total = [](const ColumnHistory &history) {
            std::int64_t n = 0;
            for (const ColumnSummary &point : history.points)
                n += point.n;
            return n;
        };
        QCOMPARE(total(days), total(fine));
        // A range that begins and ends within days.
        const TimeRange part{kStart + kHourMs, kStart + 20 * kDayMs + 2 * kHourMs};
        const auto cut = Windows(*m_store).history("model-1", "x", part, 100).value();
        QCOMPARE(cut.points.size(), std::size_t{23 + 19 + 2});
        QCOMPARE(total(cut), (20 * 24 + 1) * 30);
        rollUpAll();
        QCOMPARE(Windows(*m_store).history("model-1", "x", all, 3)->granularity,
                 Granularity::Month);
        QVERIFY(Windows(*m_store).history("model-1", "none", all, 3)->points.empty());
    }
    /// What is asked for again is not merged again: it has to be the same bytes, and not a moment
    /// older than what is stored.
    void askedAgain()
    {
        fill(Granularity::Hour, kStart, 72);
        rollUpAll(kStart + kDayMs + 1);
        const auto ask = [&](TimeMs from) {
            return serializeProfile(range(from, kStart + 60 * kHourMs)); // days, and hours
        };
        for (const TimeMs from : {kStart, kStart + 5 * kHourMs, kStart + 6 * kHourMs, kStart}) {
            m_store = Store::open(path()).value();
            const std::string first = ask(from);
            for (int i = 0; i < 3; ++i) {
                QVERIFY(ask(from) == first);
                QVERIFY(ask(from + kHourMs) != first); // most of the same parts
            }
        }
        // By a reader of its own, which another connection writes past.
        auto reader = Store::open(path(), Store::Access::ReadOnly).value();
        const TimeRange all{0, kFar};
        const auto rows = [&] {
            const auto profile = Windows(*reader).profile("model-1", all).value();
            return profile ? profile->rows() : 0;
        };
        for (int hour = 72; hour < 76; ++hour) {
            for (int i = 0; i < 3; ++i)
                QCOMPARE(rows(), hour * 30);
            fill(Granularity::Hour, kStart + hour * kHourMs, 1);
        }
        QVERIFY(Windows(*m_store).profile("model-1", all).value());
        QVERIFY(Windows(*m_store).profile("model-1", all).value());
        QVERIFY(Deletions(*m_store).remove("model-1", all, kFar));
        QVERIFY(Windows(*m_store).profile("model-1", all).value() == nullptr);
        QCOMPARE(rows(), 0);
        QVERIFY(Deletions(*m_store).restore("model-1", all));
        QCOMPARE(countX(0, kFar), 76 * 30);
        QCOMPARE(rows(), 76 * 30);
    }
    void singleWindowsAreLeftAlone()
    {
        fill(Granularity::Hour, kStart, 1);
        fill(Granularity::Hour, kStart + kDayMs, 1);
        rollUpAll();
        // Two days with a window each: only the month has something to merge.
        QCOMPARE(StoreCheck(*m_store).run(false)->rollUps, 1);
        QCOMPARE(WindowWriter(*m_store).rollUp(kFar, 10).value(), 0);
        QCOMPARE(countX(0, kFar), 60);
    }
    void unreadableWindowsDoNotHoldUpTheOthers()
    {
        fill(Granularity::Hour, kStart, 48);
        tamper("UPDATE chunk_column SET profile = x'00' WHERE chunk_id = 3");
        rollUpAll();
        QCOMPARE(WindowWriter(*m_store).rollUp(kFar, 10).value(), 0);
        QVERIFY(!Windows(*m_store).profile("model-1", {kStart, kStart + kDayMs}));
        QCOMPARE(countX(kStart + kDayMs, kFar), 24 * 30);
    }
    void checkFindsWrongRollUps_data()
    {
        QTest::addColumn<QByteArray>("sql");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char *sql, const char *says) {
            QTest::newRow(sql) << QByteArray(sql) << QByteArray(says);
        };
        row("UPDATE rollup_summary SET n = n + 1", "n is");
        row("UPDATE rollup_summary SET max = max + 1 WHERE granularity = 3", "maximum");
        row("DELETE FROM rollup_summary WHERE granularity = 2", "n is 0");
        row("UPDATE rollup_column SET profile = x'00'", "damaged");
        row("UPDATE rollup_column SET profile = (SELECT profile FROM chunk_column c WHERE"
            " c.column_id = rollup_column.column_id LIMIT 1)",
            "n is 30");
        row("DELETE FROM rollup_column WHERE column_id = 1", "lacks");
        row("UPDATE rollup_column SET segment = 'x'", "segment");
        row("UPDATE chunk_column SET profile = (SELECT profile FROM rollup_column WHERE column_id"
            " = chunk_column.column_id LIMIT 1) WHERE chunk_id = 1",
            "");
        row("DELETE FROM rollup WHERE id NOT IN (SELECT rollup_id FROM rollup_segment)",
            "belong to no roll-up");
        row("INSERT INTO rollup_summary SELECT column_id, 1, start + granularity, segment, end, "
            "kind, n,"
            " nulls, mean, stddev, min, q05, q25, median, q75, q95, max, distinct_est,"
            " distinct_lower, distinct_upper, top_value, top_count FROM rollup_summary",
            "belong to no");
    }
    void checkFindsWrongRollUps()
    {
        QFETCH(QByteArray, sql);
        QFETCH(QByteArray, says);
        fill(Granularity::Hour, kStart, 49);
        rollUpAll();
        QVERIFY(StoreCheck(*m_store).run(false)->findings.empty());
        tamper(sql.constData());
        const auto found = StoreCheck(*m_store).run(false).value();
        QVERIFY(!found.findings.empty());
        QVERIFY2(std::any_of(found.findings.begin(), found.findings.end(),
                             [&](const CheckFinding &f) {
                                 return f.what.find(says.toStdString()) != std::string::npos;
                             }),
                 found.findings[0].what.c_str());
        if (says.isEmpty())
            return; // a window that is wrong itself cannot be remade
        QCOMPARE(StoreCheck(*m_store).run(true)->unrepaired(), 0);
        QVERIFY(StoreCheck(*m_store).run(false)->findings.empty());
        QCOMPARE(countX(0, kFar), 49 * 30);
    }
};

QTEST_APPLESS_MAIN(TestRollUps)
#include "tst_rollups.moc"
