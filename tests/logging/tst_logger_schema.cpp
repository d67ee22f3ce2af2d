// What a schema chooses is tracked from the journal on: over chunks, restarts, and windows that
// leave memory.

#include "test_support.h"

#include <tepal/journal/journal.h>
#include <tepal/logging/logger_host.h>
#include <tepal/store/settings.h>
#include <tepal/store/store.h>
#include <tepal/store/windows.h>

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <limits>

using namespace tepal;
using namespace tepal::test;

namespace {

constexpr TimeRange kAll{std::numeric_limits<TimeMs>::min() / 2,
                         std::numeric_limits<TimeMs>::max() / 2};
const JournalSchema kColumns{"model-1", {"x", "class"}};
const char *const kChoices = R"({"columns": {"x": {"conditions": {"low": {"less": 3}}}},
    "types": {"string": {"conditions": {"a": {"regex": "a$"}}, "unicode": true,
                         "without": ["frequent-items"]}}})";

} // namespace

class TestLoggerSchema : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    Home m_home;
    std::unique_ptr<Journal> m_journal;

    /// x = 0, 1, 2, …, and every other text is "a".
    void append(TimeMs time, int count, const JournalSchema &columns = kColumns)
    {
        for (int i = 0; i < count; ++i) {
            const Value row[]{Value::fractional(i), Value::string(i % 2 == 0 ? "a" : "b")};
            QCOMPARE(m_journal->lane(0).append(columns, time, row), Append::Done);
        }
    }
    void choose(const std::string &key, const std::string &schema)
    {
        QVERIFY(Settings(*Store::open(m_home.database()).value()).set(key, schema));
    }
    ColumnProfile column(const std::string &name, TimeRange range = kAll,
                         const std::string &dataset = "model-1")
    {
        auto store = Store::open(m_home.database(), Store::Access::ReadOnly).value();
        return Windows(*store).profile(dataset, range).value()->columns.at(name);
    }
    ConditionCounts conditions(const std::string &name, TimeRange range = kAll,
                               const std::string &dataset = "model-1")
    {
        return column(name, range, dataset).conditions.value_or(ConditionCounts{-1, {}});
    }

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_home = Home{m_dir->path().toStdString()};
        QVERIFY(prepareHome(m_home));
        m_journal = Journal::open(m_home.journal(), {}).value();
        choose(std::string(kSchemaSetting) + "model-1", kChoices);
    }
    void cleanup() { m_journal.reset(); }

    void overCommitsAndChunks()
    {
        ManualClock clock(0);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(0, 10);
        QVERIFY(logger->drain(false));
        QCOMPARE(conditions("x"), (ConditionCounts{10, {{"low", 3}}}));
        append(0, 4);
        QVERIFY(logger->drain(true));
        append(0, 2); // a chunk of its own
        QVERIFY(logger->drain(true));
        QCOMPARE(conditions("x"), (ConditionCounts{16, {{"low", 8}}}));
        QCOMPARE(conditions("class"), (ConditionCounts{16, {{"a", 8}}}));
        const ColumnProfile texts = column("class");
        QCOMPARE(texts.unicodeRanges.size(), std::size_t{9});
        QCOMPARE(texts.unicodeRanges.back().name, std::string("string_length"));
        QCOMPARE(texts.unicodeRanges.back().profile.counts.n, 16);
        QVERIFY(!texts.frequentStrings);
        QVERIFY(column("x").distribution);
    }
    void windowsThatLeaveMemoryGoOn()
    {
        ManualClock clock(0);
        auto logger = Logger::open(m_home, {}, clock).value();
        constexpr int windows = 400;
        for (int round = 0; round < 2; ++round) {
            for (int i = 0; i < windows; ++i)
                append(i * kHourMs, 5);
            QVERIFY(logger->drain(false));
        }
        for (int i = 0; i < windows; i += 37) {
            const TimeRange hour{i * kHourMs, (i + 1) * kHourMs};
            QCOMPARE(conditions("x", hour), (ConditionCounts{10, {{"low", 6}}}));
            QCOMPARE(conditions("class", hour), (ConditionCounts{10, {{"a", 6}}}));
            QCOMPARE(column("class", hour).unicodeRanges.back().profile.counts.n, 10);
        }
        QCOMPARE(conditions("x"), (ConditionCounts{10 * windows, {{"low", 6 * windows}}}));
    }
    void changesWithTheNextChunk()
    {
        ManualClock clock(0);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(0, 10);
        QVERIFY(logger->drain(false));
        choose(
            std::string(kSchemaSetting) + "model-1",
            R"({"columns": {"x": {"conditions": {"low": {"less": 3}, "high": {"greater": 7}}}}})");
        append(0, 10);
        append(kHourMs, 10); // a window that was not there before; the chunks are of one time
        QVERIFY(logger->drain(false));
        QCOMPARE(conditions("x"), (ConditionCounts{30, {{"low", 9}}}));
        QVERIFY(logger->drain(true));
        append(kHourMs, 10);
        append(2 * kHourMs, 10);
        QVERIFY(logger->drain(false));
        QCOMPARE(conditions("x", {2 * kHourMs, 3 * kHourMs}),
                 (ConditionCounts{10, {{"high", 2}, {"low", 3}}}));
        // What was not asked about all of the window's values is not shown for them.
        QCOMPARE(conditions("x", {kHourMs, 2 * kHourMs}), (ConditionCounts{20, {{"low", 6}}}));
        QCOMPARE(conditions("class", {2 * kHourMs, 3 * kHourMs}).total, -1);
        // A schema that cannot be read does not stop the logger.
        choose(std::string(kSchemaSetting) + "model-1", "{nonsense");
        QVERIFY(logger->drain(true));
        append(3 * kHourMs, 10);
        QVERIFY(logger->drain(false));
        QCOMPARE(column("x", {3 * kHourMs, 4 * kHourMs}).counts.n, 10);
        QCOMPARE(conditions("x", {3 * kHourMs, 4 * kHourMs}).total, -1);
    }
    void datasetsWithoutOneOfTheirOwn()
    {
        choose(kDefaultSchemaSetting, R"({"types": {"fractional": {"without": ["cardinality"],
            "conditions": {"zero": {"equal": 0}}}}})");
        choose(std::string(kSchemaSetting) + "plain", "{}");
        ManualClock clock(0);
        LoggerOptions options;
        options.datasets["other"].metrics.distribution = false;
        options.datasets["other"].segmentBy = {"class"};
        auto logger = Logger::open(m_home, options, clock).value();
        for (const char *dataset : {"model-1", "other", "plain"})
            append(0, 10, JournalSchema{dataset, {"x", "class"}});
        QVERIFY(logger->drain(false));
        QCOMPARE(conditions("x", kAll, "model-1"), (ConditionCounts{10, {{"low", 3}}}));
        QCOMPARE(conditions("x", kAll, "other"), (ConditionCounts{10, {{"zero", 1}}}));
        QCOMPARE(conditions("x", kAll, "plain").total, -1);
        // Left out by the schema, left out by the options, and what is left.
        QVERIFY(!column("x", kAll, "other").cardinality);
        QVERIFY(!column("x", kAll, "other").distribution);
        QVERIFY(column("class", kAll, "other").cardinality);
        QVERIFY(column("x", kAll, "plain").cardinality);
    }
    /// Rows that come under a segment, beside what the dataset is segmented by.
    void segmentsOfTheSender()
    {
        ManualClock clock(0);
        LoggerOptions options;
        options.datasets["model-1"].segmentBy = {"class"};
        auto logger = Logger::open(m_home, options, clock).value();
        JournalSchema old{"iris", {"x", "class"}, {{"version", "old"}}};
        JournalSchema fresh{"iris", {"x", "class"}, {{"version", "new"}}};
        append(0, 10, old);
        append(0, 4, fresh);
        append(0, 2, JournalSchema{"iris", {"x", "class"}});
        old.dataset = "model-1";
        append(0, 10, old);
        QVERIFY(logger->drain(false));
        auto store = Store::open(m_home.database(), Store::Access::ReadOnly).value();
        const auto rows = [&](const char *dataset, const SegmentTags &segment) {
            const auto profile = Windows(*store).profile(dataset, kAll, {}, segment).value();
            return profile ? profile->rows() : 0;
        };
        QCOMPARE(rows("iris", {{"version", "old"}}), 10);
        QCOMPARE(rows("iris", {{"version", "new"}}), 4);
        QCOMPARE(rows("iris", {}), 2);
        QCOMPARE(Windows(*store).profile("iris", kAll).value()->rows(), 16);
        QCOMPARE(column("x", kAll, "iris").counts.n, 16);
        QVERIFY(!Windows(*store).profile("iris", kAll).value()->columns.contains("version"));
        std::int64_t both = 0;
        const auto segments = Windows(*store).segments("model-1").value();
        for (const SegmentTags &segment : segments) {
            QCOMPARE(segment.size(), std::size_t{2});
            QCOMPARE(segment[0], (std::pair<std::string, std::string>("version", "old")));
            QCOMPARE(segment[1].first, "class");
            both += rows("model-1", segment);
        }
        QCOMPARE(both, 10);
    }
    void threadHost()
    {
        auto host = makeThreadLogger(m_home, {});
        QVERIFY(host->start());
        append(0, 10);
        QVERIFY(host->stop());
        QCOMPARE(conditions("x"), (ConditionCounts{10, {{"low", 3}}}));
    }
#ifdef Q_OS_UNIX
    /// The counts are in the open chunk when the logger is killed; its successor goes on.
    void killedLogger()
    {
        auto host = makeProcessLogger(m_home, {}, binDir() / "tepal");
        QVERIFY(host->start());
        std::int64_t rows = 0;
        for (int round = 0; round < 3; ++round) {
            append(0, 10);
            rows += 10;
            QVERIFY(host->flush(false));
            QCOMPARE(conditions("x").total, rows);
            const auto pid = host->status().pid;
            append(0, 10); // whether it sees them or not
            rows += 10;
            QVERIFY(pid > 0 && ::kill(static_cast<pid_t>(pid), SIGKILL) == 0);
            QTRY_VERIFY_WITH_TIMEOUT(host->status().state == LoggerState::Running &&
                                         host->status().pid != pid && host->status().pid > 0,
                                     20'000);
        }
        QVERIFY(host->flush(false));
        QCOMPARE(conditions("x"), (ConditionCounts{rows, {{"low", rows * 3 / 10}}}));
        QVERIFY(host->stop());
        QCOMPARE(conditions("x"), (ConditionCounts{rows, {{"low", rows * 3 / 10}}}));
        QCOMPARE(conditions("class"), (ConditionCounts{rows, {{"a", rows / 2}}}));
        QCOMPARE(column("class").unicodeRanges.back().profile.counts.n, rows);
    }
#endif
};

QTEST_GUILESS_MAIN(TestLoggerSchema)
#include "tst_logger_schema.moc"
