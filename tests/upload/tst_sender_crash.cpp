// What is left when a sender dies, is stopped, or cannot write: everything is stored exactly once.

#include "scripted.h"
#include "test_support.h"
#include "upload_test.h"

#include <tepal/base/log.h>

#include <QTest>

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>

using namespace tepal;
using namespace tepal::test;
using Kind = UploadOutcome::Kind;

namespace fs = std::filesystem;

namespace {

constexpr int kItems = 4;

/// A home as a killed program leaves it: the database and its log, and no lock that is held.
struct LeftBehind
{
    std::string at;
    std::unique_ptr<QTemporaryDir> dir = std::make_unique<QTemporaryDir>();
    std::unique_ptr<PlaceServer> server = std::make_unique<PlaceServer>();

    fs::path root() const { return dir->path().toStdString(); }
};

LeftBehind leftBehind(const StoreFixture &home, const PlaceServer &server, const std::string &at)
{
    LeftBehind left;
    left.at = at;
    for (const char *suffix : {"", "-wal"}) {
        const fs::path from = home.path().string() + suffix;
        if (fs::exists(from))
            fs::copy_file(from, left.root() / from.filename());
    }
    server.copyTo(*left.server);
    return left;
}

void execute(const fs::path &path, const char *sql)
{
    sqlite3 *db = nullptr;
    sqlite3_open(path.string().c_str(), &db);
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        qFatal("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

int inState(Store &store, OutboxState state)
{
    const auto items = Outbox(store).list().value();
    return static_cast<int>(std::count_if(
        items.begin(), items.end(), [&](const OutboxItem &item) { return item.state == state; }));
}

} // namespace

class TestSenderCrash : public QObject
{
    Q_OBJECT

    ManualClock m_clock{kStart + kDayMs};

    SenderOptions options(const fs::path &home) const
    {
        SenderOptions how;
        how.seed = 1;
        how.lockDirectory = senderDirectory(home);
        return how;
    }
    /// Until nothing is due any more; waiting moves the hands of the clock.
    void finish(Sender &sender)
    {
        for (int i = 0; i < 100'000; ++i) {
            if (const auto done = sender.step(1000); !done)
                qFatal("%s", done.error().text().c_str());
            if (!sender.idle())
                continue;
            const auto due = sender.nextDue();
            if (!due)
                return;
            m_clock.jumpTo(std::max(m_clock.nowMs(), *due));
        }
        qFatal("it does not end");
    }
    static void queue(const StoreFixture &home)
    {
        QCOMPARE(Outbox(*home.store).enqueue("scripted", 0, kStart).value(), kItems);
    }
    static std::map<TimeMs, int> once()
    {
        std::map<TimeMs, int> all;
        for (int i = 0; i < kItems; ++i)
            all[kStart + i * kHourMs] = 1;
        return all;
    }

private Q_SLOTS:
    void initTestCase() { setLogToStderr(false); }

    /// Read by somebody else at that moment: what the delivery is told to have been kept, is.
    void ticketsAreWrittenDownBeforeAnythingGoesThere()
    {
        const StoreFixture home(kItems);
        queue(home);
        PlaceServer server;
        auto reader = Store::open(home.path(), Store::Access::ReadOnly).value();
        int kept = 0;
        Sender sender(*home.store, options(home.root()), m_clock);
        sender.setOutlets(scripted(std::make_unique<Scripted>([&](const UploadItem &item, int step,
                                                                  StepResult &) -> UploadStep {
            const auto items = Outbox(*reader).list().value();
            const auto found = std::find_if(items.begin(), items.end(), [&](const OutboxItem &one) {
                return one.start == item.datasetTimestamp;
            });
            const std::string place = "place of " + item.sha256;
            if (step == 0) {
                if (found->state != OutboxState::Sending)
                    qFatal("not held");
                return KeepTicket{place, false};
            }
            if (step == 1) {
                if (found->ticket != place || found->mayHaveArrived || found->sha256 != item.sha256)
                    qFatal("the ticket is not there");
                return KeepTicket{place, true};
            }
            if (!found->mayHaveArrived || found->ticket != place)
                qFatal("the putting is not there");
            ++kept;
            return outcomeOf(Kind::Sent);
        })));
        finish(sender);
        QCOMPARE(kept, kItems);
        QCOMPARE(inState(*home.store, OutboxState::Sent), kItems);
    }
    /// Every state that a kill between two steps leaves, gone on from.
    void killedBetweenAnyTwoSteps()
    {
        const StoreFixture home(kItems);
        queue(home);
        PlaceServer server;
        std::vector<LeftBehind> all;
        {
            auto how = options(home.root());
            how.ended = [&](const OutboxItem &, const UploadOutcome &) {
                all.push_back(leftBehind(home, server, "ended"));
            };
            Sender sender(*home.store, how, m_clock);
            sender.setOutlets(scripted(
                std::make_unique<Scripted>(placeScript(server, [&](const std::string &step) {
                    all.push_back(leftBehind(home, server, step));
                }))));
            finish(sender);
        }
        QCOMPARE(server.stored(), once());
        QVERIFY(all.size() >= static_cast<std::size_t>(kItems) * 4);
        for (const LeftBehind &left : all) {
            auto store = Store::open(left.root() / "tepal.db").value();
            PlaceServer &place = *left.server;
            // No waiting for leases: nobody holds the lock of who had them.
            const TimeMs before = m_clock.nowMs();
            {
                Sender sender(*store, options(left.root()), m_clock);
                sender.setOutlets(scripted(std::make_unique<Scripted>(placeScript(place))));
                finish(sender);
            }
            QVERIFY2(place.stored() == once(), left.at.c_str());
            QVERIFY2(inState(*store, OutboxState::Sent) == kItems, left.at.c_str());
            QCOMPARE(m_clock.nowMs(), before);
            QVERIFY(Outbox(*store).owners()->empty());
        }
    }
    void whoLivesKeepsWhatItHolds()
    {
        const StoreFixture home(1);
        QVERIFY(Outbox(*home.store).enqueue("scripted", 0, kStart));
        const auto never = [](const UploadItem &, int step, StepResult &) -> UploadStep {
            if (step == 0)
                return BlockingWork{[](const std::stop_token &stop) -> Status {
                    while (!stop.stop_requested())
                        std::this_thread::sleep_for(std::chrono::milliseconds(1));
                    return {};
                }};
            return outcomeOf(Kind::Cancelled);
        };
        auto holder = std::make_unique<Sender>(*home.store, options(home.root()), m_clock);
        holder->setOutlets(scripted(std::make_unique<Scripted>(never)));
        QVERIFY(holder->step(0));
        QCOMPARE(inState(*home.store, OutboxState::Sending), 1);

        auto store = Store::open(home.path()).value();
        int sent = 0;
        const auto take = [&](const SenderOptions &how) {
            Sender sender(*store, how, m_clock);
            sender.setOutlets(scripted([&](const UploadItem &) {
                ++sent;
                return outcomeOf(Kind::Sent);
            }));
            finish(sender);
            return sent;
        };
        QCOMPARE(take(options(home.root())), 0);
        // Its lease is longer than any try; only after that it is taken for dead without a lock.
        SenderOptions alone = options(home.root());
        alone.lockDirectory.clear();
        QCOMPARE(take(alone), 0);
        m_clock.advance(Sender::kLease - 1);
        QCOMPARE(take(alone), 0);
        // Gone: what it held is given back at once.
        holder.reset();
        QCOMPARE(inState(*home.store, OutboxState::Waiting), 1);
        QCOMPARE(take(options(home.root())), 1);
    }
    void aLeaseEndsWhereThereAreNoLocks()
    {
        const StoreFixture home(1);
        Outbox outbox(*home.store);
        QVERIFY(outbox.enqueue("scripted", 0, kStart));
        const TimeMs now = m_clock.nowMs();
        QCOMPARE(outbox.lease("scripted", {"dead", now + Sender::kLease}, now, 9)->size(),
                 std::size_t{1});
        SenderOptions how = options(home.root());
        how.lockDirectory.clear();
        PlaceServer server;
        Sender sender(*home.store, how, m_clock);
        sender.setOutlets(scripted(std::make_unique<Scripted>(placeScript(server))));
        finish(sender);
        QVERIFY(server.stored().empty());
        m_clock.advance(Sender::kLease);
        sender.askAgain();
        finish(sender);
        QCOMPARE(server.stored().size(), std::size_t{1});
        // With them it is taken at once.
        home.addChunk(kStart + kHourMs, 5);
        QVERIFY(outbox.enqueue("scripted", 0, kStart));
        QCOMPARE(outbox.lease("scripted", {"dead", now + kDayMs}, m_clock.nowMs(), 9)->size(),
                 std::size_t{1});
        Sender other(*home.store, options(home.root()), m_clock);
        other.setOutlets(scripted(std::make_unique<Scripted>(placeScript(server))));
        finish(other);
        QCOMPARE(server.stored().size(), std::size_t{2});
    }
    void cancelledAtAnyStep_data()
    {
        QTest::addColumn<int>("after");
        for (int after = 0; after < 12; ++after)
            QTest::addRow("%d", after) << after;
    }
    void cancelledAtAnyStep()
    {
        QFETCH(int, after);
        const StoreFixture home(kItems);
        queue(home);
        PlaceServer server;
        int steps = 0;
        {
            Sender sender(*home.store, options(home.root()), m_clock);
            sender.setOutlets(scripted(std::make_unique<Scripted>(
                placeScript(server, [&](const std::string &) { ++steps; }))));
            while (steps < after)
                QVERIFY(sender.step(1000));
            if (after > 0)
                QVERIFY(sender.step(0));
            QVERIFY(sender.cancel());
            QVERIFY(sender.idle());
            QCOMPARE(inState(*home.store, OutboxState::Sending), 0);
            QVERIFY(Outbox(*home.store).owners()->empty());
            // Nothing is taken any more.
            QVERIFY(sender.step(0));
            QCOMPARE(inState(*home.store, OutboxState::Sending), 0);
        }
        QVERIFY(fs::is_empty(senderDirectory(home.root())));
        Sender next(*home.store, options(home.root()), m_clock);
        next.setOutlets(scripted(std::make_unique<Scripted>(placeScript(server))));
        finish(next);
        QCOMPARE(server.stored(), once());
        QCOMPARE(inState(*home.store, OutboxState::Sent), kItems);
    }
    void fullDisk_data()
    {
        QTest::addColumn<QByteArray>("when");
        QTest::newRow("tickets") << QByteArray("NEW.ticket <> '' AND NEW.state = 1");
        QTest::newRow("what was sent") << QByteArray("NEW.state = 2");
        QTest::newRow("leases") << QByteArray("NEW.state = 1 AND OLD.state = 0");
    }
    /// Nothing can be written for a while; then it goes on as if nothing had been.
    void fullDisk()
    {
        QFETCH(QByteArray, when);
        const StoreFixture home(kItems);
        queue(home);
        PlaceServer server;
        Sender sender(*home.store, options(home.root()), m_clock);
        sender.setOutlets(scripted(std::make_unique<Scripted>(placeScript(server))));
        const QByteArray full = "CREATE TRIGGER full BEFORE UPDATE ON outbox WHEN " + when +
                                " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";
        execute(home.path(), full.constData());
        int failed = 0;
        for (int i = 0; i < 1000 && failed < 3; ++i)
            failed += sender.step(10) ? 0 : 1;
        QCOMPARE(failed, 3);
        QCOMPARE(inState(*home.store, OutboxState::Sent), 0);
        execute(home.path(), "DROP TRIGGER full");
        finish(sender);
        QCOMPARE(server.stored(), once());
        QCOMPARE(inState(*home.store, OutboxState::Sent), kItems);
        QCOMPARE(server.puts(), kItems);
    }
};

QTEST_GUILESS_MAIN(TestSenderCrash)
#include "tst_sender_crash.moc"
