// Deleted windows are hidden everywhere, can be had back until they are purged, and no row is lost
// or counted twice on the way.

#include "store_test.h"

#include <tepal/store/deletions.h>
#include <tepal/store/outbox.h>
#include <tepal/store/scores.h>
#include <tepal/store/store_check.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <QTemporaryDir>
#include <QTest>

#include <limits>

using namespace tepal;
using namespace tepal::test;

namespace {

constexpr TimeMs kStart = 1'767'225'600'000; // 2026-01-01
constexpr TimeMs kNow = kStart + 10 * kDayMs;
constexpr TimeRange kAll{0, kStart + 1000 * kDayMs};

DatasetProfile profileOf(int rows, double from)
{
    DatasetProfile profile;
    for (int i = 0; i < rows; ++i)
        profile.track("x", Value::fractional(from + i));
    return profile;
}

} // namespace

class TestDeletion : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Store> m_store;

    std::filesystem::path path() const { return (m_dir->path() + "/tepal.db").toStdString(); }

    std::int64_t commit(int hour, int rows, bool close = true, std::int64_t id = 0)
    {
        const auto profile = profileOf(rows, hour * 100);
        CommitBatch batch;
        batch.chunks.push_back(closedChunk(profile, Granularity::Hour, kStart + hour * kHourMs));
        batch.chunks[0].close = close;
        batch.chunks[0].chunkId = id;
        return WindowWriter(*m_store).commit(batch).value().at(0);
    }
    static TimeRange hours(int from, int to)
    {
        return {kStart + from * kHourMs, kStart + to * kHourMs};
    }
    std::int64_t rows()
    {
        const auto profile = Windows(*m_store).profile("model-1", kAll).value();
        return profile ? profile->columns.at("x").counts.n : 0;
    }
    std::int64_t summaryRows()
    {
        std::int64_t n = 0;
        const auto summaries = Windows(*m_store).summaries("model-1", "x", kAll).value();
        for (const ColumnSummary &summary : summaries)
            n += summary.n;
        return n;
    }
    void soundWith(std::int64_t visible)
    {
        QCOMPARE(rows(), visible);
        QCOMPARE(summaryRows(), visible);
        const auto datasets = Windows(*m_store).datasets().value();
        QCOMPARE(datasets.at(0).rows, visible);
        const auto report = StoreCheck(*m_store).run(false).value();
        QVERIFY2(report.findings.empty(),
                 report.findings.empty() ? "" : report.findings[0].what.c_str());
    }

private Q_SLOTS:
    /// Six hours of ten rows each, rolled up.
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_store = Store::open(path()).value();
        for (int hour = 0; hour < 6; ++hour)
            commit(hour, 10);
        while (WindowWriter(*m_store).rollUp(kAll.end, 10).value() > 0) {
        }
    }
    void cleanup() { m_store.reset(); }

    void hiddenAndBack()
    {
        Score score;
        score.column = "x";
        score.start = kStart + kHourMs;
        QVERIFY(Scores(*m_store).put({"model-1", "training", "ks"}, {score}));
        QCOMPARE(Outbox(*m_store).enqueue("lab", 0, kNow).value(), 6);
        const auto plan = Deletions(*m_store).deletable("model-1", hours(1, 4)).value();
        QCOMPARE(plan.windows, 3);
        QCOMPARE(plan.rows, 30);
        QCOMPARE(plan.filling, 0);
        QCOMPARE(plan.unsent, 3);
        QCOMPARE(Deletions(*m_store).remove("model-1", hours(1, 4), kNow)->windows, 3);
        soundWith(30);
        QCOMPARE(Windows(*m_store).list("model-1", kAll)->size(), std::size_t{3});
        QCOMPARE(Windows(*m_store).list("", hours(1, 4))->size(), std::size_t{0});
        QVERIFY(Windows(*m_store).profile("model-1", hours(1, 4)).value() == nullptr);
        QVERIFY(Scores(*m_store).get({"model-1", "training", "ks"}, kAll)->empty());
        QCOMPARE(Outbox(*m_store).list()->size(), std::size_t{3});
        QCOMPARE(Outbox(*m_store).enqueue("lab", 0, kNow).value(), 0);
        QCOMPARE(Outbox(*m_store).enqueue("bucket", 0, kNow).value(), 3);
        auto sent = Outbox(*m_store).lease("lab", {"me", kNow + 100}, kNow, 100).value();
        QCOMPARE(sent.size(), std::size_t{3});
        for (OutboxItem &item : sent)
            item.state = OutboxState::Sent;
        QVERIFY(Outbox(*m_store).record(sent, "me", false, kNow)->empty());
        QCOMPARE(WindowWriter(*m_store).compact(kAll.end, 100).value(), 0);
        QCOMPARE(StoreCheck(*m_store).run(false)->deleted, 3);
        const auto deleted = Deletions(*m_store).list("model-1").value();
        QCOMPARE(deleted.size(), std::size_t{3});
        QCOMPARE(deleted[0].window.rows, 10);
        QCOMPARE(deleted[0].deletedAt, kNow);
        while (WindowWriter(*m_store).rollUp(kAll.end, 10).value() > 0) {
        }
        soundWith(30);

        QCOMPARE(Deletions(*m_store).restore("model-1", hours(0, 3))->windows, 2);
        soundWith(50);
        QCOMPARE(Deletions(*m_store).restore("model-1", kAll)->rows, 10);
        soundWith(60);
        QVERIFY(Deletions(*m_store).list("").value().empty());
        // What waited to be sent waits again.
        QCOMPARE(Outbox(*m_store).enqueue("lab", 0, kNow).value(), 0);
        QCOMPARE(Outbox(*m_store).enqueue("bucket", 0, kNow).value(), 3);
        std::map<std::string, std::int64_t> waiting;
        const auto counts = Outbox(*m_store).counts().value();
        for (const OutboxCounts &count : counts)
            waiting[count.destination] = count.waiting;
        QCOMPARE(waiting, (std::map<std::string, std::int64_t>{{"bucket", 6}, {"lab", 3}}));
        QCOMPARE(Deletions(*m_store).restore("model-1", kAll)->windows, 0);
    }
    void onlyWhatLiesWhollyInTheRange()
    {
        const TimeRange cut{kStart + 1, kStart + 3 * kHourMs - 1};
        QCOMPARE(Deletions(*m_store).remove("model-1", cut, kNow)->windows, 1);
        QCOMPARE(Deletions(*m_store).remove("other", kAll, kNow)->windows, 0);
        soundWith(50);
    }
    void windowsThatAreBeingFilledStay()
    {
        const auto open = commit(5, 3, false);
        const auto report = Deletions(*m_store).remove("model-1", kAll, kNow).value();
        QCOMPARE(report.windows, 5);
        QCOMPARE(report.filling, 1);
        QCOMPARE(rows(), 13);
        commit(5, 4, true, open);
        QCOMPARE(rows(), 14);
    }
    void lateRowsMakeANewWindow()
    {
        QVERIFY(Deletions(*m_store).remove("model-1", hours(2, 3), kNow));
        commit(2, 7);
        soundWith(57);
        QCOMPARE(Windows(*m_store).list("model-1", hours(2, 3))->at(0).rows, 7);
        QCOMPARE(Windows(*m_store)
                     .closedProfile("model-1", {}, Granularity::Hour, kStart + 2 * kHourMs)
                     .value()
                     ->rows(),
                 7);
        // The second one is deleted as well, and a third one comes.
        QCOMPARE(Deletions(*m_store).remove("model-1", hours(2, 3), kNow + 1)->rows, 7);
        const auto open = commit(2, 5, false);
        QCOMPARE(rows(), 55);
        QCOMPARE(Deletions(*m_store).list("model-1")->size(), std::size_t{2});
        // All rows of the three are counted once they are back, each once.
        QCOMPARE(Deletions(*m_store).restore("model-1", hours(2, 3))->rows, 17);
        QCOMPARE(Windows(*m_store).list("model-1", hours(2, 3))->at(0).rows, 22);
        soundWith(72);
        QCOMPARE(WindowWriter(*m_store)
                     .openChunk("model-1", {}, Granularity::Hour, kStart + 2 * kHourMs)
                     .value()
                     ->chunkId,
                 open);
        // Every chunk is sent once.
        QVERIFY(WindowWriter(*m_store).closeOpenChunks());
        QCOMPARE(Outbox(*m_store).enqueue("lab", 0, kNow).value(), 8);
        std::int64_t sent = 0;
        const auto items = Outbox(*m_store).lease("lab", {"me", kNow + 100}, kNow, 100).value();
        for (const OutboxItem &item : items)
            sent += Outbox(*m_store).profile(item)->rows();
        QCOMPARE(sent, 72);
    }
    void purgedWindowsAreGone()
    {
        QVERIFY(Deletions(*m_store).remove("model-1", hours(0, 2), kNow));
        QVERIFY(Deletions(*m_store).remove("model-1", hours(2, 4), kNow + kDayMs));
        QCOMPARE(Deletions(*m_store).purge(kNow - 1, kNow, 10).value(), 0);
        QCOMPARE(Deletions(*m_store).purge(kNow, kNow, 1).value(), 1);
        QCOMPARE(Deletions(*m_store).purge(kNow, kNow, 10).value(), 1);
        QCOMPARE(Deletions(*m_store).restore("model-1", kAll)->windows, 2);
        soundWith(40);
        // Rows of a purged time are logged as any others.
        commit(0, 3);
        soundWith(43);
    }
    void whatIsOnItsWayIsNotPurged()
    {
        QVERIFY(Outbox(*m_store).enqueue("lab", 0, kNow));
        auto items = Outbox(*m_store).lease("lab", {"me", kNow + 100}, kNow, 1).value();
        QVERIFY(Deletions(*m_store).remove("model-1", kAll, kNow));
        QCOMPARE(Deletions(*m_store).purge(kNow, kNow + 50, 10).value(), 5);
        items.at(0).state = OutboxState::Sent;
        QVERIFY(Outbox(*m_store).record(items, "me", false, kNow + 60)->empty());
        QCOMPARE(Deletions(*m_store).purge(kNow, kNow + 70, 10).value(), 1);
    }
    void expiredWindowsCanBeRestored()
    {
        QCOMPARE(WindowWriter(*m_store).expire(kStart + 2 * kHourMs, kNow, 100).value(), 2);
        soundWith(40);
        QCOMPARE(Deletions(*m_store).restore("model-1", kAll)->windows, 2);
        soundWith(60);
    }
    /// Summaries that contain what was deleted meanwhile must not be committed.
    void commitsNoticeDeletions()
    {
        const auto late = profileOf(4, 0);
        CommitBatch batch;
        batch.chunks.push_back(closedChunk(late, Granularity::Hour, kStart));
        batch.cursors[0] = {1, 2, 3};
        batch.deletions = Deletions(*m_store).count().value();
        auto other = Store::open(path()).value();
        QVERIFY(Deletions(*other).remove("model-1", hours(0, 1), kNow));
        QCOMPARE(WindowWriter(*m_store).commit(batch).error().code, ErrorCode::Busy);
        QVERIFY(WindowWriter(*m_store).cursors().value().empty());
        soundWith(50);
        batch.deletions = Deletions(*m_store).count().value();
        QVERIFY(WindowWriter(*m_store).commit(batch));
        soundWith(54);
        QVERIFY(Deletions(*other).restore("model-1", kAll));
        QVERIFY(Deletions(*m_store).count().value() != *batch.deletions);
        soundWith(64);
    }
    void checkReadsDeletedWindows()
    {
        QVERIFY(Deletions(*m_store).remove("model-1", hours(0, 1), kNow));
        tamper(path(), "UPDATE chunk_column SET profile = x'00' WHERE chunk_id = 1");
        const auto report = StoreCheck(*m_store).run(true).value();
        QCOMPARE(report.findings.size(), std::size_t{1});
        QVERIFY(report.findings[0].where.find("(deleted)") != std::string::npos);
        // It comes back as far as it can be read.
        QCOMPARE(Deletions(*m_store).restore("model-1", kAll)->windows, 1);
        QVERIFY(!Windows(*m_store).profile("model-1", kAll));
        QCOMPARE(Windows(*m_store).profile("model-1", hours(1, 6)).value()->rows(), 50);
    }
};

QTEST_APPLESS_MAIN(TestDeletion)
#include "tst_deletion.moc"
