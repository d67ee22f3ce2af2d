// Several senders at one outbox, and one whose settings change while it sends.

#include "scripted.h"
#include "test_support.h"
#include "upload_test.h"

#include <tepal/base/log.h>

#include <QTest>

#include <set>
#include <thread>

using namespace tepal;
using namespace tepal::test;
using Kind = UploadOutcome::Kind;

class TestSenders : public QObject
{
    Q_OBJECT

    ManualClock m_clock{kStart + kDayMs};

    void finish(Sender &sender)
    {
        for (int i = 0; i < 100'000; ++i) {
            if (const auto done = sender.step(1000); !done)
                qFatal("%s", done.error().text().c_str());
            if (sender.idle() && !sender.nextDue())
                return;
        }
        qFatal("it does not end");
    }

private Q_SLOTS:
    void initTestCase() { setLogToStderr(false); }

    void shareTheWork_data()
    {
        QTest::addColumn<int>("senders");
        QTest::addColumn<bool>("withLock");
        for (const int senders : {2, 3}) {
            QTest::addRow("%d, leases alone", senders) << senders << false;
            QTest::addRow("%d, locks", senders) << senders << true;
        }
    }
    void shareTheWork()
    {
        QFETCH(int, senders);
        QFETCH(bool, withLock);
        constexpr int items = 200;
        const StoreFixture fixture(items);
        PlaceServer server;
        std::atomic<int> sent{0};
        std::atomic<int> ready{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < senders; ++i)
            threads.emplace_back([&] {
                auto store = Store::open(fixture.path()).value();
                UploadRunOptions how;
                if (withLock)
                    how.sender.lockDirectory = senderDirectory(fixture.root());
                ++ready;
                while (ready < senders)
                    std::this_thread::yield();
                const auto runs = uploadNow(
                    *store, scripted(std::make_unique<Scripted>(placeScript(server))), how, {});
                if (!runs)
                    qFatal("%s", runs.error().text().c_str());
                sent += runs->at(0).sent;
            });
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(sent.load(), items);
        QCOMPARE(server.puts(), items);
        const auto stored = server.stored();
        QCOMPARE(stored.size(), static_cast<std::size_t>(items));
        for (const auto &[start, places] : stored)
            QCOMPARE(places, 1);
    }
    /// What is under way ends where it began; the rest goes by the new settings.
    void settingsChangedInFlight()
    {
        const StoreFixture fixture(6);
        QVERIFY(Outbox(*fixture.store).enqueue("scripted", 0, kStart));
        std::vector<std::string> went;
        std::atomic<bool> go{false};
        const auto to = [&](const std::string &name, TimeMs changed) {
            auto outlets = scripted(std::make_unique<Scripted>(
                [&went, &go, name](const UploadItem &, int step, StepResult &) -> UploadStep {
                    if (step == 0)
                        return BlockingWork{[&go](const std::stop_token &stop) -> Status {
                            while (!go && !stop.stop_requested())
                                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                            return {};
                        }};
                    went.push_back(name);
                    return outcomeOf(Kind::Sent);
                }));
            outlets[0].record.changed = changed;
            return outlets;
        };
        Sender sender(*fixture.store, {}, m_clock);
        sender.setOutlets(to("old", 1));
        QVERIFY(sender.step(0));
        sender.setOutlets(to("new", 2));
        for (int i = 0; i < 3; ++i)
            QVERIFY(sender.step(0));
        QVERIFY(went.empty());
        go = true;
        finish(sender);
        QCOMPARE(went.size(), std::size_t{6});
        QCOMPARE(went[0], std::string("old"));
        QCOMPARE(std::count(went.begin(), went.end(), "new"), 5);
        QCOMPARE(Outbox(*fixture.store).counts()->at(0).sent, std::int64_t{6});
    }
    void anOutletThatGoesIsKeptUntilItsItemsEnd()
    {
        const StoreFixture fixture(6);
        QVERIFY(Outbox(*fixture.store).enqueue("scripted", 0, kStart));
        std::atomic<bool> go{false};
        Sender sender(*fixture.store, {}, m_clock);
        sender.setOutlets(scripted(std::make_unique<Scripted>(
            [&go](const UploadItem &, int step, StepResult &) -> UploadStep {
                if (step == 0)
                    return BlockingWork{[&go](const std::stop_token &stop) -> Status {
                        while (!go && !stop.stop_requested())
                            std::this_thread::sleep_for(std::chrono::milliseconds(1));
                        return {};
                    }};
                return outcomeOf(Kind::Sent);
            })));
        QVERIFY(sender.step(0));
        sender.setOutlets({});
        QVERIFY(sender.step(0));
        QVERIFY(sender.gate("scripted") && !sender.idle());
        go = true;
        while (!sender.idle())
            QVERIFY(sender.step(1000));
        QVERIFY(sender.step(0));
        QVERIFY(!sender.gate("scripted"));
        QCOMPARE(Outbox(*fixture.store).counts()->at(0).sent, std::int64_t{1});
        QCOMPARE(Outbox(*fixture.store).counts()->at(0).waiting, std::int64_t{5});
        QVERIFY(Outbox(*fixture.store).owners()->empty());
    }
    /// One that is refused keeps none of the others waiting, and gives back what it had taken.
    void oneDestinationsTroubleIsNotTheOthers()
    {
        const StoreFixture fixture(20);
        for (const char *name : {"bad", "good"})
            QVERIFY(Outbox(*fixture.store).enqueue(name, 0, kStart));
        int bad = 0;
        std::vector<Outlet> outlets;
        outlets.push_back(scriptedOutlet(Scripted::answering([&](const UploadItem &) {
                                             ++bad;
                                             return outcomeOf(Kind::Stopped);
                                         }),
                                         "bad"));
        outlets.push_back(scriptedOutlet(
            Scripted::answering([](const UploadItem &) { return outcomeOf(Kind::Sent); }), "good"));
        Sender sender(*fixture.store, {}, m_clock);
        sender.setOutlets(std::move(outlets));
        finish(sender);
        QCOMPARE(bad, 1);
        QVERIFY(sender.gate("bad")->record().state == GateState::Refused);
        const auto counts = Outbox(*fixture.store).counts().value();
        QCOMPARE(counts.at(0).waiting, std::int64_t{20});
        QCOMPARE(counts.at(0).failed, std::int64_t{0});
        QCOMPARE(counts.at(1).sent, std::int64_t{20});
        QVERIFY(Outbox(*fixture.store).owners()->empty());
        // Somebody wants it asked again: one probe.
        sender.askAgain();
        finish(sender);
        QCOMPARE(bad, 2);
    }
    /// What others add while it runs is found without being told.
    void findsWhatOthersAdd()
    {
        const StoreFixture fixture(1);
        QVERIFY(Outbox(*fixture.store).enqueue("scripted", 0, kStart));
        Sender sender(*fixture.store, {}, m_clock);
        sender.setOutlets(scripted([](const UploadItem &) { return outcomeOf(Kind::Sent); }));
        finish(sender);
        auto other = Store::open(fixture.path()).value();
        fixture.addChunk(kStart + 3 * kHourMs, 4);
        QCOMPARE(Outbox(*other).enqueue("scripted", 0, kStart).value(), 1);
        QVERIFY(sender.nextDue().has_value());
        finish(sender);
        QCOMPARE(Outbox(*fixture.store).counts()->at(0).sent, std::int64_t{2});
    }
    /// Trouble of one item's own, while nothing else is left to be looked for.
    void aLaterTryIsFoundByItself()
    {
        const StoreFixture fixture(3);
        QVERIFY(Outbox(*fixture.store).enqueue("scripted", 0, kStart));
        int tries = 0;
        Sender sender(*fixture.store, {}, m_clock);
        sender.setOutlets(scripted([&](const UploadItem &item) {
            return outcomeOf(item.datasetTimestamp == kStart && ++tries < 3 ? Kind::Retry
                                                                            : Kind::Sent);
        }));
        for (int i = 0; i < 3; ++i) {
            for (int step = 0; step < 20; ++step)
                QVERIFY(sender.step(0));
            QVERIFY(sender.idle());
            QCOMPARE(tries, i + 1);
            const auto due = sender.nextDue();
            QCOMPARE(due.has_value(), i < 2);
            if (due) {
                QVERIFY(*due > m_clock.nowMs());
                m_clock.jumpTo(*due);
            }
        }
        QCOMPARE(Outbox(*fixture.store).counts()->at(0).sent, std::int64_t{3});
    }
    /// A 404 of one dataset is asked for once, and not again before a pause.
    void anUnknownDatasetWaitsAlone()
    {
        const StoreFixture fixture(10);
        for (int i = 0; i < 5; ++i)
            fixture.addChunk(kStart + i * kHourMs, 3, "other");
        QVERIFY(Outbox(*fixture.store).enqueue("scripted", 0, kStart));
        int unknown = 0;
        Sender sender(*fixture.store, {}, m_clock);
        sender.setOutlets(scripted([&](const UploadItem &item) {
            if (item.dataset != "model-1")
                return outcomeOf(Kind::Sent);
            ++unknown;
            UploadOutcome outcome = outcomeOf(Kind::Failed);
            outcome.everyItemOfDataset = true;
            return outcome;
        }));
        finish(sender);
        QCOMPARE(unknown, 1);
        const auto counts = Outbox(*fixture.store).counts()->at(0);
        QCOMPARE(counts.sent, std::int64_t{5});
        QCOMPARE(counts.failed, std::int64_t{1});
        QCOMPARE(counts.waiting, std::int64_t{9});
    }
};

QTEST_GUILESS_MAIN(TestSenders)
#include "tst_senders.moc"
