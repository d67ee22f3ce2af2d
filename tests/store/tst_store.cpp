#include "store_test.h"
#include "test_support.h"

#include <tepal/base/file.h>
#include <tepal/store/deletions.h>
#include <tepal/store/outbox.h>
#include <tepal/store/references.h>
#include <tepal/store/scores.h>
#include <tepal/store/segment_key.h>
#include <tepal/store/settings.h>
#include <tepal/store/store_check.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <QTemporaryDir>
#include <QTest>

#include <limits>

using namespace tepal;

namespace {

constexpr TimeRange kAll{std::numeric_limits<TimeMs>::min() / 2,
                         std::numeric_limits<TimeMs>::max() / 2};

DatasetProfile profileOf(int rows, double from)
{
    DatasetProfile profile;
    for (int i = 0; i < rows; ++i) {
        profile.track("x", Value::fractional(from + i));
        profile.track("class", Value::string(i % 2 == 0 ? "a" : "b"));
    }
    return profile;
}

ChunkCommit chunkOf(const DatasetProfile &profile, TimeMs start, std::int64_t id = 0)
{
    ChunkCommit chunk;
    chunk.dataset = "model-1";
    chunk.start = start;
    chunk.end = start + kHourMs;
    chunk.chunkId = id;
    chunk.profile = &profile;
    chunk.rows = profile.rows();
    for (const auto &[name, column] : profile.columns)
        chunk.summaries.push_back(summarize(name, column));
    return chunk;
}

} // namespace

class TestStore : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Store> m_store;

    std::filesystem::path path() const { return (m_dir->path() + "/tepal.db").toStdString(); }

    std::int64_t commitOne(ChunkCommit chunk, StoredCursors cursors = {})
    {
        CommitBatch batch;
        batch.chunks.push_back(std::move(chunk));
        batch.cursors = std::move(cursors);
        batch.heartbeat.committedAt = 5;
        const auto ids = WindowWriter(*m_store).commit(batch);
        return ids ? ids->at(0) : -1;
    }

    void openDump(const char *dump, Store::Access access)
    {
        m_store.reset();
        m_store = test::openDump(path(), dump, access);
        QVERIFY(m_store);
    }

    /// Asked often enough that the answer is kept.
    std::size_t listed(TimeRange range = kAll)
    {
        std::size_t size = 0;
        for (int i = 0; i < 3; ++i)
            size = Windows(*m_store).list("model-1", range)->size();
        return size;
    }

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_store = Store::open(path()).value();
    }
    void cleanup() { m_store.reset(); }

    void whatIsListedAgainIsNotOld()
    {
        const auto profile = profileOf(10, 0);
        QCOMPARE(listed(), std::size_t{0});
        QVERIFY(commitOne(chunkOf(profile, 0)) > 0);
        QCOMPARE(listed(), std::size_t{1});
        QCOMPARE(listed({kHourMs, 2 * kHourMs}), std::size_t{0});
        QCOMPARE(listed({kHourMs - 1, 2 * kHourMs}), std::size_t{1});
        auto stranger = Store::open(path()).value();
        QVERIFY(test::commitHour(*stranger, profile, "model-1", kHourMs));
        QCOMPARE(listed(), std::size_t{2});
        QVERIFY(test::commitHour(*stranger, profile, "other", 5 * kHourMs));
        QCOMPARE(listed(), std::size_t{2});
        QCOMPARE(Windows(*m_store).list("other", kAll)->size(), std::size_t{1});
        QCOMPARE(Windows(*m_store).list({}, kAll)->size(), std::size_t{3});
        QCOMPARE(listed(), std::size_t{2});
        // More rows of a window that is there.
        const auto rows = Windows(*m_store).list("model-1", kAll)->at(1).rows;
        QVERIFY(test::commitHour(*stranger, profile, "model-1", kHourMs));
        QCOMPARE(Windows(*m_store).list("model-1", kAll)->at(1).rows, 2 * rows);
        QVERIFY(Deletions(*m_store).remove("model-1", {kHourMs, 2 * kHourMs}, kDayMs));
        QCOMPARE(listed(), std::size_t{1});
    }

    void windowsAreSumsOfChunks()
    {
        const auto first = profileOf(10, 0);
        const auto second = profileOf(5, 100);
        auto chunk = chunkOf(first, 0);
        chunk.close = true;
        QVERIFY(commitOne(chunk) > 0);
        const std::int64_t open = commitOne(chunkOf(second, 0));
        QVERIFY(open > 0);
        const auto windows = Windows(*m_store).list("model-1", kAll).value();
        QCOMPARE(windows.size(), std::size_t{1});
        QCOMPARE(windows[0].rows, 15);
        QVERIFY(windows[0].open);
        const auto profile = Windows(*m_store).profile("model-1", kAll).value();
        QCOMPARE(profile->rows(), 15);
        QCOMPARE(profile->columns.find("x")->second.distribution->kll.max(), 104.0);
        QCOMPARE(Windows(*m_store).profile("model-1", kAll, {"x"}).value()->columns.size(),
                 std::size_t{1});
        // The open chunk is replaced, not added to, by its next commit.
        const auto grown = profileOf(7, 100);
        QCOMPARE(commitOne(chunkOf(grown, 0, open)), open);
        QCOMPARE(Windows(*m_store).list("model-1", kAll).value()[0].rows, 17);
        QCOMPARE(
            WindowWriter(*m_store).openChunk("model-1", {}, Granularity::Hour, 0).value()->rows, 7);
        QCOMPARE(
            Windows(*m_store).closedProfile("model-1", {}, Granularity::Hour, 0).value()->rows(),
            10);
    }
    void cursorsTravelWithTheData()
    {
        const auto profile = profileOf(1, 0);
        commitOne(chunkOf(profile, 0), {{0, {3, 77, 9}}, {1, {1, 24, 1}}});
        QVERIFY((WindowWriter(*m_store).cursors().value() ==
                 StoredCursors{{0, {3, 77, 9}}, {1, {1, 24, 1}}}));
        QCOMPARE(WindowWriter(*m_store).heartbeat().value()->committedAt, 5);
    }
    void summariesAreWhatTheProfileSays()
    {
        const auto profile = profileOf(101, 0);
        commitOne(chunkOf(profile, kHourMs));
        const auto all = Windows(*m_store).summaries("model-1", "", kAll).value();
        QCOMPARE(all.size(), std::size_t{2});
        const auto x = Windows(*m_store).summaries("model-1", "x", kAll).value().at(0);
        QCOMPARE(x.n, 101);
        QCOMPARE(x.median, 50.0);
        QCOMPARE(x.max, 100.0);
        QVERIFY(std::isnan(all[0].median)); // text has no quantiles
        QCOMPARE(all[0].topValue, std::string("a"));
        QVERIFY(Windows(*m_store).summaries("model-1", "x", {0, kHourMs}).value().empty());
    }
    void rowsThatLieAhead()
    {
        const TimeMs now = 1'772'000'000'000;
        const auto window = [](const char *dataset, TimeMs start, std::int64_t rows) {
            WindowInfo info;
            info.dataset = dataset;
            info.start = start;
            info.end = start + kHourMs;
            info.rows = rows;
            return info;
        };
        QVERIFY(rowsAhead({}, now).empty());
        const auto ahead = rowsAhead(
            {window("a", now - kHourMs, 9), window("a", now, 9), window("a", now + kMinuteMs, 9),
             window("b", now + kHourMs, 2), window("b", now + kDayMs, 3),
             window("c", now + kHourMs, 0), window("d", now + kMinuteMs + 1, 1)},
            now);
        QCOMPARE(ahead.size(), std::size_t{2});
        QCOMPARE(ahead[0].dataset, std::string("b"));
        QCOMPARE(ahead[0].rows, 5);
        QCOMPARE(ahead[0].first, now + kHourMs);
        QCOMPARE(ahead[0].last, now + kDayMs);
        QCOMPARE(ahead[1].dataset, std::string("d"));
    }
    void segmentKeysAreUnambiguous()
    {
        for (const SegmentTags &tags :
             {SegmentTags{}, SegmentTags{{"a", "b"}}, SegmentTags{{"a=1:", ";"}, {"", "x;y"}}})
            QVERIFY(parseSegmentKey(segmentKey(tags)) == tags);
        QVERIFY(segmentKey({{"a", "bc"}}) != segmentKey({{"ab", "c"}}));
    }
    void references()
    {
        const auto profile = profileOf(20, 0);
        QVERIFY(References(*m_store).set("model-1", "training", profile, 20, "training data", 1));
        QVERIFY(References(*m_store).set("model-1", "later", profile, 20, "", 2));
        auto all = References(*m_store).list("model-1").value();
        QCOMPARE(all.size(), std::size_t{2});
        QVERIFY(all[0].current && !all[1].current);
        QVERIFY(References(*m_store).makeCurrent("model-1", "later"));
        QVERIFY(References(*m_store).list("model-1").value()[1].current);
        QCOMPARE(References(*m_store).get("model-1", "training")->rows(), 20);
        QCOMPARE(References(*m_store).get("model-1", "none").error().code, ErrorCode::NotFound);
        QVERIFY(!References(*m_store).makeCurrent("model-1", "none"));
        QVERIFY(References(*m_store).remove("model-1", "later"));
        QVERIFY(!References(*m_store).remove("model-1", "later"));
    }
    void scoresAndSettings()
    {
        Score score;
        score.column = "x";
        score.start = 5;
        score.value = 0.4;
        score.bandLow = std::nan("");
        score.verdict = 6;
        QVERIFY(Scores(*m_store).put({"model-1", "training", "ks"}, {score}));
        score.value = 0.5;
        QVERIFY(Scores(*m_store).put({"model-1", "training", "ks"}, {score}));
        const auto read = Scores(*m_store).get({"model-1", "training", "ks"}, kAll).value();
        QCOMPARE(read.size(), std::size_t{1});
        QCOMPARE(read[0].value, 0.5);
        QVERIFY(std::isnan(read[0].bandLow));
        QCOMPARE(read[0].verdict, 6);
        // Damaged ones are as if they had never been made.
        test::tamper(path(), "UPDATE score SET scores = x'0a05ffffffffff'");
        QVERIFY(Scores(*m_store).get({"model-1", "training", "ks"}, kAll)->empty());
        QVERIFY(Scores(*m_store).put({"model-1", "training", "ks"}, {score}));
        QCOMPARE(Scores(*m_store).get({"model-1", "training", "ks"}, kAll)->size(), std::size_t{1});
        // Asked again and again they are kept, and never older than what is stored.
        const auto starts = [&](TimeRange range) {
            std::vector<TimeMs> all;
            const auto scores = Scores(*m_store).get({"model-1", "training", "ks"}, range).value();
            for (const Score &each : scores)
                all.push_back(each.start);
            return all;
        };
        std::vector<TimeMs> wanted = starts(kAll);
        for (int hour = 1; hour < 4; ++hour) {
            Score later = score;
            later.start = wanted.back() + kHourMs;
            QVERIFY(Scores(*m_store).put({"model-1", "training", "ks"}, {later}));
            wanted.push_back(later.start);
            for (int again = 0; again < 3; ++again) {
                QVERIFY(starts(kAll) == wanted);
                QVERIFY(starts({later.start, later.start + 1}) == std::vector<TimeMs>{later.start});
                QVERIFY(starts({later.start + 1, later.start}).empty());
                QVERIFY(starts({wanted[0], wanted[0]}).empty());
            }
        }
        // A comparison with a passing range does not stay for ever; others do.
        for (int i = 0; i < 20; ++i)
            QVERIFY(Scores(*m_store).put({"model-1", "range " + std::to_string(i), "ks", true},
                                         {score}));
        QVERIFY(Scores(*m_store).get({"model-1", "range 3", "ks"}, kAll)->empty());
        QCOMPARE(Scores(*m_store).get({"model-1", "range 19", "ks"}, kAll)->size(), std::size_t{1});
        QCOMPARE(Scores(*m_store).get({"model-1", "training", "ks"}, kAll)->size(), wanted.size());
        // A reference of the same name is another one: what was scored against the old one goes.
        QVERIFY(References(*m_store).set("model-1", "training", profileOf(5, 0), 5, "again", 9));
        QVERIFY(Scores(*m_store).get({"model-1", "training", "ks"}, kAll)->empty());
        QVERIFY(Scores(*m_store).put({"model-1", "training", "ks"}, {score}));
        QVERIFY(References(*m_store).rename("model-1", "training", "march"));
        QCOMPARE(Scores(*m_store).get({"model-1", "march", "ks"}, kAll)->size(), std::size_t{1});
        QVERIFY(References(*m_store).get("model-1", "march"));
        QCOMPARE(References(*m_store).rename("model-1", "training", "x").error().code,
                 ErrorCode::NotFound);
        QVERIFY(References(*m_store).set("model-1", "april", profileOf(5, 0), 5, "", 9));
        QCOMPARE(References(*m_store).rename("model-1", "april", "march").error().code,
                 ErrorCode::AlreadyExists);
        QVERIFY(!Settings(*m_store).get("k").value());
        QVERIFY(Settings(*m_store).set("k", "v"));
        QCOMPARE(*Settings(*m_store).get("k").value(), std::string("v"));
    }
    void anotherConnectionSeesCommits()
    {
        auto reader = Store::open(path(), Store::Access::ReadOnly).value();
        const auto before = reader->dataVersion();
        const auto profile = profileOf(3, 0);
        commitOne(chunkOf(profile, 0));
        QVERIFY(reader->dataVersion() != before);
        QCOMPARE(Windows(*reader).datasets().value().at(0).rows, 3);
        QVERIFY(!Settings(*reader).set("a", "b"));
    }
    void openChunksAreClosedForASuccessor()
    {
        const auto profile = profileOf(3, 0);
        commitOne(chunkOf(profile, 0));
        QCOMPARE(WindowWriter(*m_store).closeOpenChunks().value(), 1);
        QCOMPARE(WindowWriter(*m_store).closeOpenChunks().value(), 0);
        QVERIFY(!Windows(*m_store).list("model-1", kAll).value()[0].open);
        QCOMPARE(Outbox(*m_store).list().value().size(), std::size_t{1});
    }
    void finishedChunksBecomeOne()
    {
        const auto part = profileOf(10, 0);
        const auto closed = [&](TimeMs start) {
            auto chunk = chunkOf(part, start);
            chunk.close = true;
            return commitOne(chunk);
        };
        for (int i = 0; i < 3; ++i)
            closed(0);
        closed(kHourMs);
        closed(5 * kHourMs); // twice in a window that has not ended
        closed(5 * kHourMs);
        commitOne(chunkOf(part, 0)); // and one that is still being filled
        QCOMPARE(WindowWriter(*m_store).compact(5 * kHourMs + 1, 10).value(), 1);
        QCOMPARE(WindowWriter(*m_store).compact(5 * kHourMs + 1, 10).value(), 0);
        const auto windows = Windows(*m_store).list("model-1", kAll).value();
        QCOMPARE(windows.size(), std::size_t{3});
        QCOMPARE(windows[0].rows, 40);
        QCOMPARE(windows[0].open, true);
        QCOMPARE(
            Windows(*m_store).profile("model-1", {0, kHourMs}).value()->columns.at("x").counts.n,
            40);
        // One upload in place of three, of all rows.
        QCOMPARE(Outbox(*m_store).enqueue("lab", 0, 1).value(), 4);
        std::int64_t rows = 0;
        const auto items = Outbox(*m_store).list().value();
        for (const OutboxItem &item : items)
            rows += item.rows;
        QCOMPARE(rows, 60);
    }
    void sentAndUnsentAreNotMixed()
    {
        const auto part = profileOf(10, 0);
        for (int i = 0; i < 4; ++i) {
            auto chunk = chunkOf(part, 0);
            chunk.close = true;
            commitOne(chunk);
        }
        QCOMPARE(Outbox(*m_store).enqueue("lab", 0, 1).value(), 4);
        QCOMPARE(WindowWriter(*m_store).compact(kDayMs, 10).value(), 0); // all of them wait
        for (int i = 0; i < 2; ++i) {
            auto items = Outbox(*m_store).lease("lab", {"me", 100}, 2, 1).value();
            items.at(0).state = OutboxState::Sent;
            QVERIFY(Outbox(*m_store).record(items, "me", false, 3)->empty());
        }
        const auto leased = Outbox(*m_store).lease("lab", {"me", 100}, 2, 1).value();
        QCOMPARE(leased.size(), std::size_t{1});
        QCOMPARE(WindowWriter(*m_store).compact(kDayMs, 10).value(), 1); // the two that were sent
        QCOMPARE(Windows(*m_store).list("model-1", kAll)->at(0).rows, 40);
        QCOMPARE(Outbox(*m_store).profile(leased[0])->columns.at("x").counts.n, 10);
        // A second destination gets every row once.
        QCOMPARE(Outbox(*m_store).enqueue("bucket", 0, 4).value(), 3);
        std::int64_t rows = 0;
        const auto items = Outbox(*m_store).lease("bucket", {"me", 100}, 5, 100).value();
        for (const OutboxItem &item : items)
            rows += Outbox(*m_store).profile(item)->columns.at("x").counts.n;
        QCOMPARE(rows, 40);
    }
    void retention()
    {
        const auto part = profileOf(10, 0);
        for (int hour = 0; hour < 5; ++hour) {
            auto chunk = chunkOf(part, hour * kHourMs);
            chunk.close = true;
            commitOne(chunk);
        }
        Score score;
        score.column = "x";
        QVERIFY(Scores(*m_store).put({"model-1", "training", "ks"}, {score}));
        QCOMPARE(WindowWriter(*m_store).expire(3 * kHourMs, kDayMs, 100).value(), 3);
        const auto windows = Windows(*m_store).list("model-1", kAll).value();
        QCOMPARE(windows.size(), std::size_t{2});
        QCOMPARE(windows[0].start, 3 * kHourMs);
        QCOMPARE(Windows(*m_store).summaries("model-1", "x", kAll)->size(), std::size_t{2});
        QVERIFY(Scores(*m_store).get({"model-1", "training", "ks"}, kAll)->empty());
        QVERIFY(StoreCheck(*m_store).run(false)->findings.empty());
        // What has a destination and was not sent yet stays.
        QVERIFY(Outbox(*m_store).enqueue("lab", 0, 1));
        QCOMPARE(WindowWriter(*m_store).expire(kDayMs, kDayMs, 100).value(), 0);
    }
    void profilesOfADatasetShareADictionary()
    {
        auto reader = Store::open(path(), Store::Access::ReadOnly).value();
        std::vector<DatasetProfile> profiles;
        for (int i = 0; i < 200; ++i)
            profiles.push_back(profileOf(20, i));
        for (int half = 0; half < 2; ++half) {
            CommitBatch batch;
            for (int i = 0; i < 200; ++i) {
                batch.chunks.push_back(
                    chunkOf(profiles[static_cast<std::size_t>(i)], (half * 200 + i) * kHourMs));
                batch.chunks.back().close = true;
            }
            QVERIFY(WindowWriter(*m_store).commit(batch));
            // One that knows nothing of it yet reads it.
            QCOMPARE(Windows(*reader).profile("model-1", kAll).value()->rows(), (half + 1) * 4000);
        }
        const auto bytes = [this](const char *which) {
            sqlite3 *db = nullptr;
            sqlite3_open(path().string().c_str(), &db);
            const std::string sql =
                std::string("SELECT sum(length(profile)) FROM chunk_column WHERE chunk_id ") +
                which;
            sqlite3_stmt *statement = nullptr;
            sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
            sqlite3_step(statement);
            const auto sum = sqlite3_column_int64(statement, 0);
            sqlite3_finalize(statement);
            sqlite3_close(db);
            return sum;
        };
        QVERIFY(bytes("> 200") * 2 < bytes("<= 200"));
        QVERIFY(StoreCheck(*m_store).run(false)->findings.empty());
        // Without it, what was written with it is damaged, and nothing else.
        test::tamper(path(), "UPDATE dictionary SET content = x'00'");
        m_store = Store::open(path()).value();
        QCOMPARE(Windows(*m_store).profile("model-1", kAll).error().code, ErrorCode::Corrupt);
        QCOMPARE(Windows(*m_store).profile("model-1", {0, 200 * kHourMs}).value()->rows(), 4000);
        QCOMPARE(StoreCheck(*m_store).run(false)->findings.size(), std::size_t{400});
    }
    void migratesFromSchema1()
    {
        for (const auto access : {Store::Access::ReadWrite, Store::Access::ReadOnly}) {
            openDump("store/schema-1.sql", access);
            const auto windows = Windows(*m_store).list("orders", kAll).value();
            QCOMPARE(windows.size(), std::size_t{1});
            QCOMPARE(windows[0].rows, 9);
            const auto summaries = Windows(*m_store).summaries("orders", "amount", kAll).value();
            QCOMPARE(summaries.at(0).n, 9);
            QCOMPARE(summaries.at(0).nulls, 3);
            QCOMPARE(References(*m_store).list("model-1")->size(), std::size_t{1});
            const auto beat = WindowWriter(*m_store).heartbeat().value();
            QVERIFY(beat);
            QCOMPARE(beat->rowsLogged, 9);
            QCOMPARE(beat->future, 0);
            QCOMPARE(WindowWriter(*m_store).cursors()->size(), std::size_t{1});
            QVERIFY(WindowWriter(*m_store).quarantined()->empty());
            QVERIFY(StoreCheck(*m_store).run(false)->findings.empty());
        }
        // What is there already asks to be rolled up.
        m_store = Store::open(path()).value();
        QCOMPARE(WindowWriter(*m_store).rollUp(kAll.end, 10).value(), 2);
        CommitBatch batch;
        batch.heartbeat.future = 4;
        batch.quarantine.push_back({0, "orders", 1, 2, 3, 4, "why", "what"});
        QVERIFY(WindowWriter(*m_store).commit(batch));
        QCOMPARE(WindowWriter(*m_store).heartbeat().value()->future, 4);
        QCOMPARE(WindowWriter(*m_store).quarantined()->at(0).sequence, std::uint64_t{4});
    }
    void migratesFromSchema2()
    {
        for (const auto access : {Store::Access::ReadOnly, Store::Access::ReadWrite}) {
            openDump("store/schema-2.sql", access);
            const auto windows = Windows(*m_store).list("", kAll).value();
            QCOMPARE(windows.size(), std::size_t{5});
            QCOMPARE(windows[0].rows, 9);
            QVERIFY(windows[2].open);
            QCOMPARE(
                Windows(*m_store).profile("orders", kAll).value()->columns.at("amount").counts.n,
                18);
            QCOMPARE(Windows(*m_store).summaries("orders", "amount", kAll)->size(), std::size_t{3});
            QCOMPARE(Outbox(*m_store).list()->size(), std::size_t{5});
            QCOMPARE(WindowWriter(*m_store).quarantined()->at(0).reason, std::string("too long"));
            // Those of earlier versions were made by other rules.
            QVERIFY(Scores(*m_store).get({"orders", "training", "tepal"}, kAll)->empty());
            QCOMPARE(*Settings(*m_store).get("destination.visits").value(), std::string("lab"));
            QVERIFY(StoreCheck(*m_store).run(false)->findings.empty());
        }
        QCOMPARE(WindowWriter(*m_store).closeOpenChunks().value(), 1);
        QCOMPARE(WindowWriter(*m_store).rollUp(kAll.end, 10).value(),
                 4); // a day and a month of each dataset
        QCOMPARE(StoreCheck(*m_store).run(false)->rollUps,
                 1); // the day of orders; the rest is one window
        QVERIFY(StoreCheck(*m_store).run(false)->findings.empty());
        QCOMPARE(Windows(*m_store).profile("orders", kAll).value()->columns.at("amount").counts.n,
                 18);
        QCOMPARE(Windows(*m_store).history("orders", "amount", kAll, 1)->points.at(0).n, 18);
    }
    void unusableFiles()
    {
        m_store.reset();
        const std::filesystem::path dir = m_dir->path().toStdString();
        QVERIFY(writeFileAtomic(dir / "text.db", std::string(5000, 'x')));
        const auto corrupt = Store::open(dir / "text.db");
        QCOMPARE(corrupt.error().code, ErrorCode::Corrupt);
        QVERIFY(!corrupt.error().next.empty());
        QCOMPARE(readFile(dir / "text.db").value(), std::string(5000, 'x')); // untouched

        sqlite3 *db = nullptr;
        sqlite3_open(path().string().c_str(), &db);
        sqlite3_exec(db, "PRAGMA user_version = 99", nullptr, nullptr, nullptr);
        sqlite3_close(db);
        QCOMPARE(Store::open(path()).error().code, ErrorCode::Unsupported);
        QCOMPARE(Store::open(dir / "none.db", Store::Access::ReadOnly).error().code,
                 ErrorCode::NotFound);

        sqlite3_open((dir / "other.db").string().c_str(), &db);
        sqlite3_exec(db, "CREATE TABLE t(a)", nullptr, nullptr, nullptr);
        sqlite3_close(db);
        QCOMPARE(Store::open(dir / "other.db").error().code, ErrorCode::Corrupt);
    }
};

QTEST_APPLESS_MAIN(TestStore)
#include "tst_store.moc"
