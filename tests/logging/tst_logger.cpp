// From journal records to windows: schedules, restarts, late records, many windows.

#include "record_mark.h"
#include "test_support.h"

#include <tepal/base/random.h>
#include <tepal/journal/journal.h>
#include <tepal/journal/reader.h>
#include <tepal/logging/logger_host.h>
#include <tepal/store/deletions.h>
#include <tepal/store/destinations.h>
#include <tepal/store/outbox.h>
#include <tepal/store/settings.h>
#include <tepal/store/store.h>
#include <tepal/store/store_check.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>

#include <filesystem>
#include <limits>
#include <set>
#include <thread>

using namespace tepal;

namespace {

constexpr TimeRange kAll{std::numeric_limits<TimeMs>::min() / 2,
                         std::numeric_limits<TimeMs>::max() / 2};
const JournalSchema kSchema{"model-1", {"id", "x", "class"}};

} // namespace

class TestLogger : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    Home m_home;
    std::unique_ptr<Journal> m_journal;
    std::int64_t m_nextId = 0;

    void append(TimeMs time, int count = 1, const char *text = "a")
    {
        for (int i = 0; i < count; ++i) {
            const Value row[]{Value::integral(m_nextId++), Value::fractional(1.5),
                              Value::string(text)};
            QCOMPARE(m_journal->lane(0).append(kSchema, time, row), Append::Done);
        }
    }
    std::map<TimeMs, std::int64_t> rowsByWindow(const std::string &dataset = "model-1")
    {
        auto store = Store::open(m_home.database(), Store::Access::ReadOnly);
        std::map<TimeMs, std::int64_t> rows;
        const auto windows = Windows(**store).list(dataset, kAll).value();
        for (const WindowInfo &window : windows)
            rows[window.start] += window.rows;
        return rows;
    }
    std::size_t outboxSize()
    {
        auto store = Store::open(m_home.database(), Store::Access::ReadOnly);
        return Outbox(**store).list()->size();
    }

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_home = Home{m_dir->path().toStdString()};
        QVERIFY(prepareHome(m_home));
        JournalOptions options;
        options.segmentBytes = 64 << 10;
        m_journal = Journal::open(m_home.journal(), options).value();
        m_nextId = 0;
    }
    void cleanup() { m_journal.reset(); }

    void windowsByTheHour()
    {
        ManualClock clock(10 * kHourMs);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(10 * kHourMs, 5);
        append(11 * kHourMs - 1, 3);
        append(11 * kHourMs, 2); // the end of a window is the start of the next
        append(3 * kHourMs, 4);  // late: its own window
        QVERIFY(logger->drain(false));
        QCOMPARE(rowsByWindow(), (std::map<TimeMs, std::int64_t>{
                                     {3 * kHourMs, 4}, {10 * kHourMs, 8}, {11 * kHourMs, 2}}));
        QCOMPARE(outboxSize(), std::size_t{0});
        QVERIFY(logger->drain(true));
        QCOMPARE(outboxSize(), std::size_t{3});
        // After the close a late record begins a new chunk; the window counts both.
        append(10 * kHourMs, 1);
        QVERIFY(logger->drain(true));
        QCOMPARE(rowsByWindow()[10 * kHourMs], 9);
        QCOMPARE(outboxSize(), std::size_t{4});
        QCOMPARE(logger->report().rows, 15u);
        QCOMPARE(logger->report().lagRecords, 0u);
        auto store = Store::open(m_home.database());
        const auto summary =
            Windows(**store).summaries("model-1", "x", {10 * kHourMs, 11 * kHourMs});
        QCOMPARE(summary->at(0).n, 9); // of the whole window, not of the last chunk
    }
    /// The logger still has the window in memory when somebody deletes it.
    void rowsForADeletedWindowMakeANewOne()
    {
        ManualClock clock(10 * kHourMs);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(10 * kHourMs, 5);
        QVERIFY(logger->drain(true));
        auto store = Store::open(m_home.database()).value();
        const TimeRange hour{10 * kHourMs, 11 * kHourMs};
        append(10 * kHourMs, 2); // read, not committed yet
        QVERIFY(logger->work());
        QCOMPARE(Deletions(*store).remove("model-1", hour, clock.nowMs())->rows, 5);
        QVERIFY(logger->commit(false));
        append(10 * kHourMs, 1);
        QVERIFY(logger->drain(false));
        QCOMPARE(rowsByWindow(), (std::map<TimeMs, std::int64_t>{{10 * kHourMs, 3}}));
        QCOMPARE(Windows(*store).summaries("model-1", "x", hour)->at(0).n, 3);
        // It is being filled: only what was deleted comes and goes.
        QCOMPARE(Deletions(*store).remove("model-1", hour, clock.nowMs())->filling, 1);
        QCOMPARE(Deletions(*store).restore("model-1", hour)->rows, 5);
        QCOMPARE(Windows(*store).summaries("model-1", "x", hour)->at(0).n, 8);
        append(10 * kHourMs, 1);
        QVERIFY(logger->drain(true));
        QCOMPARE(rowsByWindow(), (std::map<TimeMs, std::int64_t>{{10 * kHourMs, 9}}));
        QCOMPARE(Windows(*store).summaries("model-1", "x", hour)->at(0).n, 9);
        QVERIFY(StoreCheck(*store).run(false)->findings.empty());
        QCOMPARE(Windows(*store).profile("model-1", hour).value()->rows(), 9);
    }
    void writeScheduleClosesChunks()
    {
        ManualClock clock(10 * kHourMs + kMinuteMs);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(clock.nowMs(), 5);
        QVERIFY(logger->work());
        clock.advance(2 * kSecondMs);
        QVERIFY(logger->work());
        QCOMPARE(rowsByWindow()[10 * kHourMs], 5); // committed after a second, still open
        QCOMPARE(outboxSize(), std::size_t{0});
        clock.advance(10 * kMinuteMs); // past a multiple of ten minutes
        QVERIFY(logger->work());
        QCOMPARE(outboxSize(), std::size_t{1});
    }
    void schedulesOfTheirOwn()
    {
        LoggerOptions options;
        options.writeEvery = kHourMs;
        options.datasets["often"].writeEvery = 30 * kSecondMs;
        options.datasets["never"].writeEvery = 0;
        options.datasets["daily"].writeEvery = kDayMs;
        const TimeMs midnight = 20'000 * kDayMs;
        ManualClock clock(midnight - 3 * kHourMs + 10 * kMinuteMs);
        auto logger = Logger::open(m_home, options, clock).value();
        const auto send = [&](const char *dataset) {
            const Value cell[]{Value::integral(1)};
            QCOMPARE(m_journal->lane(0).append(JournalSchema{dataset, {"y"}}, clock.nowMs(), cell),
                     Append::Done);
        };
        std::map<std::string, int> chunks;
        // Three hours in steps that fit no schedule: nothing may drift.
        for (; clock.nowMs() < midnight + 5 * kMinuteMs; clock.advance(29 * kSecondMs)) {
            for (const char *dataset : {"often", "never", "daily", "others"})
                send(dataset);
            QVERIFY(logger->work());
        }
        auto store = Store::open(m_home.database());
        const auto items = Outbox(**store).list().value();
        for (const OutboxItem &item : items)
            ++chunks[item.dataset];
        // Every boundary closes one chunk per window that has rows.
        QVERIFY2(chunks["often"] >= 348 && chunks["often"] <= 352,
                 qPrintable(QString::number(chunks["often"])));
        QCOMPARE(chunks["never"], 0);
        QVERIFY(chunks["daily"] >= 3 && chunks["daily"] <= 4); // three hourly windows, at midnight
        QVERIFY(chunks["others"] >= 3 && chunks["others"] <= 6);
    }
    void monthsAndYearsGoByTheCalendar()
    {
        LoggerOptions options;
        options.datasets["m"].aggregateBy = Granularity::Month;
        options.datasets["y"].aggregateBy = Granularity::Year;
        ManualClock clock(parseTime("2026-06-01").value());
        auto logger = Logger::open(m_home, options, clock).value();
        for (const char *time : {"2024-02-29T23:59:59.999Z", "2024-03-01T00:00:00Z",
                                 "1969-12-31T23:59:59Z", "2024-12-31T23:30:00-01:00"}) {
            for (const char *dataset : {"m", "y"}) {
                const Value cell[]{Value::integral(1)};
                QCOMPARE(m_journal->lane(0).append(JournalSchema{dataset, {"v"}},
                                                   parseTime(time).value(), cell),
                         Append::Done);
            }
        }
        QVERIFY(logger->drain(true));
        const auto at = [](const char *time) { return parseTime(time).value(); };
        QCOMPARE(rowsByWindow("m"), (std::map<TimeMs, std::int64_t>{{at("1969-12-01"), 1},
                                                                    {at("2024-02-01"), 1},
                                                                    {at("2024-03-01"), 1},
                                                                    {at("2025-01-01"), 1}}));
        QCOMPARE(rowsByWindow("y"),
                 (std::map<TimeMs, std::int64_t>{
                     {at("1969-01-01"), 1}, {at("2024-01-01"), 2}, {at("2025-01-01"), 1}}));
    }
    void sleepAndResume()
    {
        ManualClock clock(10 * kHourMs);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(clock.nowMs(), 5);
        QVERIFY(logger->work());
        clock.jumpTo(34 * kHourMs); // the lid was closed for a day; the monotonic clock stood still
        append(clock.nowMs(), 2);
        append(10 * kHourMs, 1); // a request that began before
        QVERIFY(logger->work());
        QVERIFY(logger->drain(true));
        QCOMPARE(rowsByWindow(),
                 (std::map<TimeMs, std::int64_t>{{10 * kHourMs, 6}, {34 * kHourMs, 2}}));
    }
    void metricsOfADataset()
    {
        LoggerOptions options;
        options.datasets["model-1"].metrics = {true, false, false, false};
        ManualClock clock(0);
        auto logger = Logger::open(m_home, options, clock).value();
        append(0, 10);
        QVERIFY(logger->drain(true));
        auto store = Store::open(m_home.database());
        const auto profile = Windows(**store).profile("model-1", kAll).value();
        const ColumnProfile &id = profile->columns.find("id")->second;
        QCOMPARE(id.counts.n, 10);
        QVERIFY(id.distribution && !id.cardinality && !id.frequentStrings && !id.ints);
    }
    void destinationOfADataset()
    {
        {
            auto store = Store::open(m_home.database());
            for (const char *name : {"main", "elsewhere", "off"}) {
                DestinationRecord record;
                record.name = name;
                record.enabled = record.name != "off";
                QVERIFY(Destinations(**store).put(record, 1));
            }
            QVERIFY(Settings(**store).set(std::string(Settings::kDestination) + "model-1",
                                          "elsewhere"));
        }
        ManualClock clock(0);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(0, 1);
        const Value cell[]{Value::integral(1)};
        QCOMPARE(m_journal->lane(0).append(JournalSchema{"other", {"y"}}, 0, cell), Append::Done);
        QVERIFY(logger->drain(true));
        auto store = Store::open(m_home.database());
        QCOMPARE(Outbox(**store).enqueue("main", 0, 1).value(), 0);
        // Not the one that goes elsewhere only.
        QCOMPARE(Outbox(**store).enqueue("off", 0, 1).value(), 1);
        std::map<std::string, std::set<std::string>> destinations;
        const auto items = Outbox(**store).list().value();
        for (const OutboxItem &item : items)
            destinations[item.dataset].insert(item.destination);
        QCOMPARE(destinations,
                 (std::map<std::string, std::set<std::string>>{
                     {"model-1", {"elsewhere"}}, {"other", {"elsewhere", "main", "off"}}}));
    }
    void clockMayJumpBack()
    {
        ManualClock clock(10 * kHourMs);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(10 * kHourMs, 5);
        clock.jumpTo(9 * kHourMs);
        QVERIFY(logger->work());
        clock.jumpTo(9 * kHourMs + 5 * kSecondMs);
        QVERIFY(logger->work());
        QCOMPARE(rowsByWindow()[10 * kHourMs], 5);
    }
    void restartAtAnyPointCountsOnce()
    {
        SplitMix64 random(3);
        ManualClock clock(0);
        std::int64_t expected = 0;
        for (int round = 0; round < 40; ++round) {
            const int count = 1 + static_cast<int>(random.below(300));
            append(static_cast<TimeMs>(random.below(5)) * kHourMs, count);
            expected += count;
            auto logger = Logger::open(m_home, {}, clock).value();
            QVERIFY(logger->work(static_cast<std::size_t>(random.below(400))));
            if (random.below(2) == 0)
                QVERIFY(logger->commit(random.below(2) == 0));
            clock.advance(static_cast<DurationMs>(random.below(3000)));
            // Gone without a word: what was read but not committed is read again.
        }
        auto logger = Logger::open(m_home, {}, clock).value();
        QVERIFY(logger->drain(true));
        std::int64_t total = 0;
        for (const auto &[start, rows] : rowsByWindow())
            total += rows;
        QCOMPARE(total, expected);
        // Each id exactly once: n and the number of different ones agree.
        auto store = Store::open(m_home.database());
        const auto profile = Windows(**store).profile("model-1", kAll).value();
        const ColumnProfile &ids = profile->columns.find("id")->second;
        QCOMPARE(ids.counts.n, expected);
        QCOMPARE(ids.ints->max, expected - 1);
        QCOMPARE(ids.ints->min, 0);
    }
    void manyWindowsStayBounded()
    {
        ManualClock clock(0);
        auto logger = Logger::open(m_home, {}, clock).value();
        for (int hour = 0; hour < 1500; ++hour)
            append(hour * kHourMs, 2);
        QVERIFY(logger->drain(true));
        const auto rows = rowsByWindow();
        QCOMPARE(rows.size(), std::size_t{1500});
        for (const auto &[start, count] : rows)
            QCOMPARE(count, 2);
        // Windows that had left memory are taken up again, not replaced.
        append(5 * kHourMs, 3);
        QVERIFY(logger->drain(true));
        QCOMPARE(rowsByWindow()[5 * kHourMs], 5);
    }
    void datasetsAndSegments()
    {
        LoggerOptions options;
        options.datasets["model-1"] = {Granularity::Day, {"class"}, {}, {}};
        ManualClock clock(0);
        auto logger = Logger::open(m_home, options, clock).value();
        append(5 * kHourMs, 3, "a");
        append(6 * kHourMs, 2, "b");
        const Value cell[]{Value::integral(1)};
        QCOMPARE(m_journal->lane(0).append(JournalSchema{"other", {"y"}}, 0, cell), Append::Done);
        QVERIFY(logger->drain(true));
        auto store = Store::open(m_home.database());
        const auto windows = Windows(**store).list("model-1", kAll).value();
        QCOMPARE(windows.size(), std::size_t{2});
        QVERIFY((windows[0].segment == SegmentTags{{"class", "a"}}));
        QCOMPARE(windows[0].rows, 3);
        QCOMPARE(windows[0].end - windows[0].start, kDayMs);
        QCOMPARE(rowsByWindow("other")[0], 1);
    }
    void oneLoggerPerHome()
    {
        auto first = Logger::open(m_home, {});
        QVERIFY(first);
        QCOMPARE(Logger::open(m_home, {}).error().code, ErrorCode::Busy);
    }
    void consumedJournalFilesAreDeleted()
    {
        ManualClock clock(0);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(0, 8000); // several segment files
        const auto files = [&] {
            int count = 0;
            for (const auto &entry :
                 std::filesystem::recursive_directory_iterator(m_home.journal()))
                count += entry.path().extension() == ".tpj" ? 1 : 0;
            return count;
        };
        const int before = files();
        QVERIFY(before > 3);
        clock.advance(kMinuteMs);
        QVERIFY(logger->drain(false));
        clock.advance(kMinuteMs);
        QVERIFY(logger->work());
        QVERIFY2(files() < before, qPrintable(QString::number(files())));
        QCOMPARE(rowsByWindow()[0], 8000);
    }
    void recordThatEndsLoggersIsSetAside()
    {
        append(0, 10);
        // Three loggers die in the middle of the fourth record.
        RowsView poison;
        auto reader = JournalReader::open(m_home.journal()).value();
        int number = 0;
        reader->poll(4, [&](const RowsView &rows) {
            if (++number == 4)
                poison = rows;
        });
        for (int death = 1; death <= 3; ++death) {
            RecordMark mark(m_home.root / "logger.mark");
            const auto suspect = mark.examine();
            QCOMPARE(suspect ? suspect->deaths : 0u, static_cast<std::uint32_t>(death - 1));
            mark.begin(poison.lane, poison.sequence);
        }
        ManualClock clock(kDayMs);
        {
            auto logger = Logger::open(m_home, {}, clock).value();
            QVERIFY(logger->drain(false));
            QCOMPARE(logger->report().quarantined, 1u);
        }
        QCOMPARE(rowsByWindow()[0], 9);
        {
            auto store = Store::open(m_home.database(), Store::Access::ReadOnly);
            const auto records = WindowWriter(**store).quarantined().value();
            QCOMPARE(records.size(), std::size_t{1});
            QCOMPARE(records[0].dataset, std::string("model-1"));
            QCOMPARE(records[0].sequence, poison.sequence);
            QCOMPARE(records[0].payload, std::string("id=3, x=1.5, class=a\n"));
            QVERIFY(records[0].reason.find("3 loggers") != std::string::npos);
        }
        // It is set aside once, and the next logger begins with a clean slate.
        append(0, 5);
        auto logger = Logger::open(m_home, {}, clock).value();
        QVERIFY(logger->drain(false));
        QCOMPARE(logger->report().quarantined, 1u);
        QCOMPARE(rowsByWindow()[0], 14);
    }
    void killedTwiceAtOneRecordIsNoReason()
    {
        append(0, 3);
        auto reader = JournalReader::open(m_home.journal()).value();
        RowsView first;
        reader->poll(1, [&](const RowsView &rows) { first = rows; });
        for (int death = 0; death < 2; ++death) {
            RecordMark mark(m_home.root / "logger.mark");
            mark.examine();
            mark.begin(first.lane, first.sequence);
        }
        {
            RecordMark mark(m_home.root / "logger.mark"); // this one got past it
            mark.examine();
            mark.begin(first.lane, first.sequence);
            mark.end();
        }
        auto logger = Logger::open(m_home, {}).value();
        QVERIFY(logger->drain(false));
        QCOMPARE(logger->report().quarantined, 0u);
        QCOMPARE(rowsByWindow()[0], 3);
    }
    void recordsFromTheFutureAreLoggedAndCounted()
    {
        ManualClock clock(10 * kHourMs);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(10 * kHourMs + 20 * kSecondMs, 2); // clocks differ a little
        append(30 * kDayMs, 3);
        QVERIFY(logger->drain(false));
        QCOMPARE(logger->report().future, 3u);
        QCOMPARE(rowsByWindow()[30 * kDayMs], 3);
        QCOMPARE(rowsByWindow()[10 * kHourMs], 2);
    }
    void damagedOldChunkDoesNotStopTheRest()
    {
        ManualClock clock(0);
        {
            auto logger = Logger::open(m_home, {}, clock).value();
            append(0, 5);
            QVERIFY(logger->drain(true));
        }
        sqlite3 *db = nullptr;
        QCOMPARE(sqlite3_open(m_home.database().string().c_str(), &db), SQLITE_OK);
        QCOMPARE(
            sqlite3_exec(db, "UPDATE chunk_column SET profile = x'00'", nullptr, nullptr, nullptr),
            SQLITE_OK);
        sqlite3_close(db);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(0, 3);
        append(kHourMs, 4);
        QVERIFY(logger->drain(true));
        QCOMPARE(rowsByWindow()[0], 8);
        QCOMPARE(rowsByWindow()[kHourMs], 4);
    }
    void longReaderDoesNotKeepTheJournal()
    {
        ManualClock clock(0);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(0, 10);
        QVERIFY(logger->drain(false));
        sqlite3 *db = nullptr; // holds a snapshot all the while
        QCOMPARE(sqlite3_open(m_home.database().string().c_str(), &db), SQLITE_OK);
        QCOMPARE(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM chunk", nullptr, nullptr, nullptr),
                 SQLITE_OK);
        append(0, 8000); // several segment files
        clock.advance(kMinuteMs);
        QVERIFY(logger->drain(false));
        clock.advance(kMinuteMs);
        QVERIFY(logger->work());
        int files = 0;
        for (const auto &entry : std::filesystem::recursive_directory_iterator(m_home.journal()))
            files += entry.path().extension() == ".tpj" ? 1 : 0;
        QVERIFY2(files <= 3, qPrintable(QString::number(files)));
        sqlite3_close(db);
        QCOMPARE(rowsByWindow()[0], 8010);
    }
    void strangerLocksTheDatabase()
    {
        ManualClock clock(0);
        auto logger = Logger::open(m_home, {}, clock).value();
        append(0, 10);
        sqlite3 *db = nullptr;
        QCOMPARE(sqlite3_open(m_home.database().string().c_str(), &db), SQLITE_OK);
        QCOMPARE(sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
        std::jthread stranger([db] {
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
            sqlite3_close(db);
        });
        QVERIFY(logger->drain(false)); // waits for its turn
        QCOMPARE(rowsByWindow()[0], 10);
    }
    void lagInTime()
    {
        QCOMPARE(lagTime(0, 5, 5, 0, 100), 0);
        QCOMPARE(lagTime(3, 90, 10, 50, 100), 10);     // a live record tells best
        QCOMPARE(lagTime(3, -9'000, 10, 50, 100), 50); // a backfilled one does not
        QCOMPARE(lagTime(3, 500, 80, 50, 100), 20);    // nor one from the future
        QCOMPARE(lagTime(3, std::nullopt, std::nullopt, 50, 40), 0);
    }
    void argumentsRoundTrip()
    {
        LoggerOptions options;
        options.defaults = {Granularity::Minute, {"region"}, {}, {}};
        options.datasets["a"] = {Granularity::Month, {}, kHourMs, {true, false, false, true}};
        options.datasets["b"] = {Granularity::Hour, {"x+,=", "y"}, 0, {}};
        options.writeEvery = 90 * kSecondMs;
        options.commitEvery = 250;
        const auto read = parseLoggerArguments(loggerArguments(options));
        QVERIFY(read);
        QCOMPARE(loggerArguments(*read), loggerArguments(options));
        QVERIFY(read->datasets == options.datasets);
        QVERIFY(parseDatasetOptions(formatDatasetOptions(options.datasets["a"])).value() ==
                options.datasets["a"]);
        for (const char *wrong :
             {"aggregate-by=week", "write-every=x", "metrics=m", "colour=red", "aggregate-by"})
            QVERIFY2(!parseDatasetOptions(wrong), wrong);
        QVERIFY(!parseLoggerArguments({"--nonsense", "1"}));
        QVERIFY(!parseLoggerArguments({"--write-every"}));
    }
    void threadHost()
    {
        auto host = makeThreadLogger(m_home, {});
        QVERIFY(host->start());
        append(0, 100);
        QVERIFY(host->flush(false));
        QCOMPARE(rowsByWindow()[0], 100);
        QCOMPARE(host->status().state, LoggerState::Running);
        append(0, 50);
        QVERIFY(host->stop());
        QCOMPARE(rowsByWindow()[0], 150);
        QCOMPARE(outboxSize(), std::size_t{1});
        QVERIFY(!host->flush(false)); // says that it does not run instead of waiting for ever
    }
    void missingProgramIsAnError()
    {
        auto host = makeProcessLogger(m_home, {}, "/nowhere/tepal");
        const auto started = host->start();
        QVERIFY(!started);
        QVERIFY(!started.error().next.empty());
    }
};

QTEST_APPLESS_MAIN(TestLogger)
#include "tst_logger.moc"
