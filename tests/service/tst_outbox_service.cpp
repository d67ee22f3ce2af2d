// Uploads that happen by themselves.

#include "test_support.h"
#include "upload_test.h"

#include <tepal/base/log.h>
#include <tepal/service/outbox_service.h>

#include <QElapsedTimer>
#include <QTest>

#include <atomic>
#include <filesystem>
#include <functional>

using namespace tepal;
using namespace tepal::test;

namespace fs = std::filesystem;

class TestOutboxService : public QObject
{
    Q_OBJECT

    FixedSecrets m_secrets;
    std::unique_ptr<QTemporaryDir> m_config;

    std::unique_ptr<OutboxService> start(const StoreFixture &home,
                                         std::function<void()> changed = {})
    {
        OutboxServiceOptions options;
        options.home = Home{home.root()};
        options.secrets = &m_secrets;
        options.changed = std::move(changed);
        return std::make_unique<OutboxService>(options);
    }
    static void put(const StoreFixture &home, const DestinationRecord &record)
    {
        QVERIFY(Destinations(*home.store).put(record, 1));
    }
    static int filesIn(const fs::path &directory)
    {
        int files = 0;
        std::error_code none;
        for (const auto &entry : fs::recursive_directory_iterator(directory, none))
            files += entry.is_regular_file() && entry.path().extension() == ".bin" ? 1 : 0;
        return files;
    }
    static std::int64_t sent(const StoreFixture &home, const std::string &destination)
    {
        const auto counts = Outbox(*home.store).counts().value();
        for (const OutboxCounts &count : counts) {
            if (count.destination == destination)
                return count.sent;
        }
        return 0;
    }
    /// As the logger would: it finishes a piece, and whoever knows of the service wakes it.
    static void finishPiece(const StoreFixture &home, OutboxService &service, int hour)
    {
        home.addChunk(kStart + hour * kHourMs, 5);
        service.wake();
    }

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        forgetEnvironment();
    }
    void init()
    {
        m_config = std::make_unique<QTemporaryDir>();
        qputenv("XDG_CONFIG_HOME", m_config->path().toUtf8());
    }

    void piecesArriveByThemselvesOnce()
    {
        const StoreFixture home(3);
        const WhylabsReceiver receiver;
        const fs::path out = home.root() / "out";
        put(home, whylabsRecord(receiver.url()));
        put(home, folderRecord(out));
        std::atomic<int> changes{0};
        auto service = start(home, [&] { ++changes; });
        QTRY_COMPARE(sent(home, "whylabs"), std::int64_t{3});
        QTRY_COMPARE(sent(home, "folder"), std::int64_t{3});
        finishPiece(home, *service, 7);
        QTRY_COMPARE(sent(home, "whylabs"), std::int64_t{4});
        QTRY_COMPARE(sent(home, "folder"), std::int64_t{4});
        QTRY_VERIFY(service->status().size() == 2 && service->status()[1].sent == 4);
        QVERIFY(changes > 0);
        QCOMPARE(service->finish(10 * kSecondMs), std::int64_t{0});
        QCOMPARE(receiver.uploads().size(), std::size_t{4});
        QCOMPARE(receiver.count("PUT"), std::size_t{4});
        QCOMPARE(receiver.complaints(), std::vector<std::string>{});
        QCOMPARE(filesIn(out), 4);
        // Another one finds nothing to do.
        service = start(home);
        QCOMPARE(service->finish(10 * kSecondMs), std::int64_t{0});
        QCOMPARE(receiver.count("PUT"), std::size_t{4});
        QCOMPARE(filesIn(out), 4);
    }
    void whatDoesNotArriveAtTheEndGoesAtTheNextStart()
    {
        const StoreFixture home(4);
        std::uint16_t port = 0;
        {
            const WhylabsReceiver gone;
            port = gone.port();
            put(home, whylabsRecord(gone.url()));
        }
        {
            const auto service = start(home);
            QElapsedTimer timer;
            timer.start();
            QCOMPARE(service->finish(3 * kSecondMs), std::int64_t{4});
            QVERIFY(timer.elapsed() < 30'000);
        }
        QVERIFY(Outbox(*home.store).owners()->empty());
        const auto gate = Destinations(*home.store).find("whylabs").value()->gate;
        QCOMPARE(gate.state, GateState::Closed);
        QVERIFY(!gate.reason.empty());
        WhylabsReceiver::Options options;
        options.port = port;
        const WhylabsReceiver receiver(options);
        const auto service = start(home);
        // Whatever the gate says: it is the last chance before the end.
        QCOMPARE(service->finish(20 * kSecondMs), std::int64_t{0});
        QCOMPARE(receiver.uploads().size(), std::size_t{4});
        QCOMPARE(sent(home, "whylabs"), std::int64_t{4});
    }
    void endsWithinItsTime()
    {
        const StoreFixture home(3);
        WhylabsReceiver receiver;
        receiver.failGrants(std::vector<FaultSpec>(9, {Fault::Hang, 0, "", "", ""}));
        put(home, whylabsRecord(receiver.url()));
        const auto service = start(home);
        QTRY_VERIFY(!receiver.requests().empty());
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(service->finish(300), std::int64_t{3});
        QVERIFY(timer.elapsed() < 20'000); // the answer would take 30 s
        QCOMPARE(Outbox(*home.store).counts()->at(0).waiting, std::int64_t{3});
        QVERIFY(Outbox(*home.store).owners()->empty());
    }
    void pausedAndResumed()
    {
        const StoreFixture home(1);
        const fs::path out = home.root() / "out";
        put(home, folderRecord(out));
        Destinations destinations(*home.store);
        const auto service = start(home);
        QTRY_COMPARE(sent(home, "folder"), std::int64_t{1});
        QVERIFY(destinations.setPaused("folder", true));
        service->wake();
        QTRY_VERIFY(service->status().at(0).paused);
        finishPiece(home, *service, 5);
        QTRY_COMPARE(service->status().at(0).waiting, std::int64_t{1});
        QCOMPARE(sent(home, "folder"), std::int64_t{1});
        QVERIFY(destinations.setPaused("folder", false));
        service->wake();
        QTRY_COMPARE(sent(home, "folder"), std::int64_t{2});
        QCOMPARE(filesIn(out), 2);
    }
    /// From now on; nobody has to start anything again.
    void addedByAnotherConnectionWhileItRuns()
    {
        const StoreFixture home(2);
        const fs::path out = home.root() / "out";
        const auto service = start(home);
        auto other = Store::open(home.path()).value();
        DestinationRecord record = folderRecord(out);
        record.sinceChunk = Outbox(*other).lastChunk().value();
        QVERIFY(Destinations(*other).put(record, 1));
        service->wake();
        QTRY_VERIFY(service->status().size() == 2);
        finishPiece(home, *service, 5);
        QTRY_COMPARE(sent(home, "folder"), std::int64_t{1});
        QVERIFY(Destinations(*other).setEnabled("folder", false, 0, 2));
        service->wake();
        QTRY_VERIFY(!service->status().back().enabled);
        finishPiece(home, *service, 6);
        QCOMPARE(service->finish(kSecondMs), std::int64_t{0});
        QCOMPARE(filesIn(out), 1);
    }
    void refusedUntilSettingsChange()
    {
        const StoreFixture home(3);
        WhylabsReceiver::Options options;
        options.key = "another";
        const WhylabsReceiver strict(options);
        put(home, whylabsRecord(strict.url()));
        const auto service = start(home);
        QTRY_VERIFY(!service->status().empty() &&
                    service->status()[0].gate.state == GateState::Refused);
        finishPiece(home, *service, 9);
        QTRY_COMPARE(service->status()[0].waiting, std::int64_t{4});
        QCOMPARE(strict.requests().size(), std::size_t{1});
        const WhylabsReceiver good;
        QVERIFY(Destinations(*home.store).put(whylabsRecord(good.url()), 2));
        service->wake();
        QTRY_COMPARE(sent(home, "whylabs"), std::int64_t{4});
        QCOMPARE(strict.requests().size(), std::size_t{1});
    }
    void nothingLeavesUnasked()
    {
        const StoreFixture home(3);
        const fs::path out = home.root() / "out";
        DestinationRecord record = folderRecord(out);
        record.enabled = false;
        put(home, record);
        const WhylabsReceiver receiver;
        qputenv("WHYLABS_API_ENDPOINT", receiver.url().c_str());
        qputenv("WHYLABS_API_KEY", kKey.c_str());
        const auto service = start(home);
        finishPiece(home, *service, 5);
        QCOMPARE(service->finish(kSecondMs), std::int64_t{0});
        forgetEnvironment();
        QVERIFY(receiver.requests().empty());
        QVERIFY(!fs::exists(out));
    }
};

QTEST_GUILESS_MAIN(TestOutboxService)
#include "tst_outbox_service.moc"
