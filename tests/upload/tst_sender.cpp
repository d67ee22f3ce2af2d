#include "test_support.h"
#include "upload_test.h"

#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/store/outbox.h>
#include <tepal/store/window_writer.h>
#include <tepal/upload/folder.h>
#include <tepal/upload/whylabs.h>
#include <tepal/upload/worker.h>

#include <QTest>

#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

using namespace tepal;
using namespace tepal::test;

namespace {

/// A destination that does what the test says, and remembers.
class Scripted final : public Destination
{
public:
    using Answer = std::function<UploadOutcome(const UploadItem &, UploadObserver &)>;
    explicit Scripted(Answer answer)
        : m_answer(std::move(answer))
    {}
    std::string name() const override { return "scripted"; }
    std::string_view kind() const override { return "scripted"; }
    std::string target() const override { return "nowhere"; }
    Status configured() const override { return {}; }
    UploadOutcome send(const UploadItem &item, UploadObserver &observer, std::stop_token) override
    {
        return m_answer(item, observer);
    }
    Result<std::string> test(std::stop_token) override { return std::string(); }

private:
    Answer m_answer;
};

UploadOutcome outcomeOf(UploadOutcome::Kind kind)
{
    UploadOutcome outcome;
    outcome.kind = kind;
    if (kind != UploadOutcome::Kind::Sent)
        outcome.error = Error{ErrorCode::Unavailable, "it does not work", "wait"};
    return outcome;
}

} // namespace

class TestOutboxWorker : public QObject
{
    Q_OBJECT

    ManualClock m_clock{kStart + kDayMs};
    std::vector<DurationMs> m_slept;

    /// Sleeping moves the hands of the clock.
    UploadRunOptions options()
    {
        m_slept.clear();
        UploadRunOptions result;
        result.seed = 1;
        result.sleep = [this](DurationMs duration, const std::stop_token &stop) {
            m_slept.push_back(duration);
            m_clock.advance(duration);
            return !stop.stop_requested();
        };
        return result;
    }
    UploadRun run(Store &store, Destination &destination, const UploadRunOptions &how)
    {
        auto result = OutboxWorker(store, m_clock).runOnce(destination, how);
        if (!result)
            qFatal("%s", result.error().text().c_str());
        return *result;
    }
    WhylabsSettings settingsFor(const WhylabsReceiver &receiver)
    {
        WhylabsSettings settings;
        settings.endpoint = receiver.url();
        return settings;
    }

private Q_SLOTS:
    void initTestCase() { setLogLevel(LogLevel::Error); }
    void sendsEverythingOnce()
    {
        const StoreFixture fixture(5);
        const WhylabsReceiver receiver;
        const FixedSecrets secrets;
        WhylabsDestination whylabs(settingsFor(receiver), secrets);
        std::vector<UploadProgress> progress;
        auto how = options();
        how.progress = [&](const UploadProgress &now) { progress.push_back(now); };
        const auto first = run(*fixture.store, whylabs, how);
        QCOMPARE(first.sent, 5);
        QCOMPARE(first.failed + first.waiting, 0);
        QVERIFY(!first.stopped && !first.cancelled);
        QCOMPARE(progress.back().total, 5);
        QCOMPARE(progress.back().done, 5);
        const auto uploads = receiver.uploads();
        QCOMPARE(uploads.size(), std::size_t{5});
        for (std::size_t i = 0; i < 5; ++i) {
            // Oldest first; what arrives is the window's rows.
            QCOMPARE(uploads[i].timestamp, kStart + static_cast<TimeMs>(i) * kHourMs);
            const auto profile = parseProfile(uploads[i].bytes);
            QVERIFY(profile.has_value());
            QCOMPARE(profile->rows(), static_cast<std::int64_t>(10 + i));
            QCOMPARE(profile->datasetTimestamp, uploads[i].timestamp);
            QCOMPARE(uploads[i].puts, 1);
            const OutboxItem item = fixture.item(first.items[i].id);
            QCOMPARE(item.state, OutboxState::Sent);
            QCOMPARE(item.sha256, sha256Hex(uploads[i].bytes));
            QCOMPARE(item.bytes, static_cast<std::int64_t>(uploads[i].bytes.size()));
            QVERIFY(item.uploadUrl.empty());
            QCOMPARE(item.attempts, 1);
        }
        QCOMPARE(receiver.complaints(), std::vector<std::string>{});
        // Nothing is left, and a later chunk is found.
        QVERIFY(run(*fixture.store, whylabs, options()).items.empty());
        fixture.addChunk(kStart + 9 * kHourMs, 3);
        QCOMPARE(run(*fixture.store, whylabs, options()).sent, 1);
        QCOMPARE(receiver.uploads().size(), std::size_t{6});
    }
    void dryRunSendsAndChangesNothing()
    {
        const StoreFixture fixture(3);
        const WhylabsReceiver receiver;
        const FixedSecrets secrets;
        WhylabsDestination whylabs(settingsFor(receiver), secrets);
        auto how = options();
        how.dryRun = true;
        const std::int64_t version = fixture.store->dataVersion();
        auto reader = Store::open(fixture.path(), Store::Access::ReadOnly);
        const auto rehearsed = run(**reader, whylabs, how);
        QVERIFY(rehearsed.dryRun);
        QCOMPARE(rehearsed.items.size(), std::size_t{3});
        QCOMPARE(rehearsed.waiting, 3);
        QVERIFY(rehearsed.bytes > 100);
        QVERIFY(receiver.requests().empty());
        QCOMPARE(fixture.store->dataVersion(), version);
        const auto items = Outbox(*fixture.store).outbox().value();
        for (const OutboxItem &item : items) {
            QVERIFY(item.destination.empty());
            QCOMPARE(item.attempts, 0);
        }
        // It tells what a run does: same bytes; and nothing afterwards.
        const auto sent = run(*fixture.store, whylabs, options());
        QCOMPARE(sent.bytes, rehearsed.bytes);
        QCOMPARE(run(*fixture.store, whylabs, how).items.size(), std::size_t{0});
        // Another destination still has all of them to get.
        FolderDestination folder(fixture.root() / "out");
        QCOMPARE(run(*fixture.store, folder, how).waiting, 3);
        QCOMPARE(run(*fixture.store, folder, options()).sent, 3);
    }
    void retriesWithBackOff()
    {
        const StoreFixture fixture(1);
        WhylabsReceiver receiver;
        const FixedSecrets secrets;
        WhylabsDestination whylabs(settingsFor(receiver), secrets);
        const FaultSpec busy{Fault::Status, 503, "", "", ""};
        receiver.failGrants({busy, busy});
        receiver.failPuts({busy, {Fault::LoseAnswer, 0, "", "", ""}});
        const auto result = run(*fixture.store, whylabs, options());
        QCOMPARE(result.sent, 1);
        QCOMPARE(result.items[0].attempts, 5);
        QCOMPARE(m_slept.size(), std::size_t{4});
        for (std::size_t i = 0; i < m_slept.size(); ++i)
            QVERIFY(m_slept[i] > 0 && m_slept[i] <= (1000 << i));
        // Two grants failed; the granted place was used until it answered.
        QCOMPARE(receiver.uploads().size(), std::size_t{1});
        QCOMPARE(receiver.uploads()[0].puts, 2);
        QCOMPARE(receiver.complaints(), std::vector<std::string>{});
    }
    void givesUpAfterSixTries()
    {
        const StoreFixture fixture(2);
        int tries = 0;
        Scripted down([&](const UploadItem &, UploadObserver &) {
            ++tries;
            UploadOutcome outcome = outcomeOf(UploadOutcome::Kind::Retry);
            outcome.unreachable = true;
            return outcome;
        });
        const auto first = run(*fixture.store, down, options());
        // Nobody answers: the second item is not worth six more tries.
        QCOMPARE(tries, 6);
        QCOMPARE(first.sent, 0);
        QCOMPARE(first.waiting, 2);
        QVERIFY(first.stopped.has_value());
        // Not by itself before its time …
        auto background = options();
        background.ignoreNextTry = false;
        tries = 0;
        Scripted well([&](const UploadItem &, UploadObserver &) {
            ++tries;
            return outcomeOf(UploadOutcome::Kind::Sent);
        });
        QCOMPARE(run(*fixture.store, well, background).sent, 1);
        // … but when somebody asks.
        QCOMPARE(run(*fixture.store, well, options()).sent, 1);
        QCOMPARE(tries, 2);
    }
    void internalErrorsAreTriedThreeTimes()
    {
        const StoreFixture fixture(1);
        WhylabsReceiver receiver;
        const FixedSecrets secrets;
        WhylabsDestination whylabs(settingsFor(receiver), secrets);
        receiver.failGrants(std::vector<FaultSpec>(10, {Fault::Status, 500, "", "", ""}));
        const auto result = run(*fixture.store, whylabs, options());
        QCOMPARE(result.waiting, 1);
        QCOMPARE(receiver.count("POST"), std::size_t{3});
    }
    void retryAfterIsWaitedFor()
    {
        const StoreFixture fixture(1);
        int tries = 0;
        Scripted busy([&](const UploadItem &, UploadObserver &) {
            if (++tries == 3)
                return outcomeOf(UploadOutcome::Kind::Sent);
            UploadOutcome outcome = outcomeOf(UploadOutcome::Kind::Retry);
            outcome.retryAfter = tries == 1 ? 9'000 : kDayMs;
            return outcome;
        });
        QCOMPARE(run(*fixture.store, busy, options()).sent, 1);
        QCOMPARE(m_slept, (std::vector<DurationMs>{9'000, 30'000}));
    }
    void oneBadItemDoesNotBlockTheRest()
    {
        const StoreFixture fixture(3);
        Scripted picky([&](const UploadItem &item, UploadObserver &) {
            return outcomeOf(item.datasetTimestamp == kStart ? UploadOutcome::Kind::Failed
                                                             : UploadOutcome::Kind::Sent);
        });
        const auto first = run(*fixture.store, picky, options());
        QCOMPARE(first.sent, 2);
        QCOMPARE(first.failed, 1);
        QCOMPARE(first.items[0].state, OutboxState::Failed);
        QCOMPARE(first.items[0].error, std::string("it does not work"));
        QCOMPARE(first.items[0].nextStep, std::string("wait"));
        auto background = options();
        background.ignoreNextTry = false;
        QVERIFY(run(*fixture.store, picky, background).items.empty());
        QCOMPARE(run(*fixture.store, picky, options()).failed, 1);
    }
    void refusedKeyStopsTheRun()
    {
        const StoreFixture fixture(4);
        WhylabsReceiver::Options other;
        other.key = "another";
        const WhylabsReceiver receiver(other);
        const FixedSecrets secrets;
        WhylabsDestination whylabs(settingsFor(receiver), secrets);
        const auto result = run(*fixture.store, whylabs, options());
        QVERIFY(result.stopped.has_value());
        QCOMPARE(result.stopped->code, ErrorCode::Denied);
        QCOMPARE(receiver.requests().size(), std::size_t{1});
        QCOMPARE(result.failed, 1);
        QCOMPARE(result.waiting, 3);
        // With a key that works all of them go.
        const WhylabsReceiver good;
        WhylabsDestination working(settingsFor(good), secrets);
        QCOMPARE(run(*fixture.store, working, options()).sent, 4);
    }
    void decisionIsLeftToPeople()
    {
        const StoreFixture fixture(1);
        WhylabsReceiver receiver;
        const FixedSecrets secrets;
        WhylabsDestination whylabs(settingsFor(receiver), secrets);
        receiver.failPuts({{Fault::LoseAnswer, 0, "", "", ""}, {Fault::Expired, 403, "", "", ""}});
        const auto first = run(*fixture.store, whylabs, options());
        QCOMPARE(first.failed, 1);
        // Asking for an upload is not deciding.
        QVERIFY(run(*fixture.store, whylabs, options()).items.empty());
        QCOMPARE(receiver.uploads().size(), std::size_t{1});
        QCOMPARE(Outbox(*fixture.store).retryItems({first.items[0].id}, m_clock.nowMs()).value(),
                 1);
        QCOMPARE(run(*fixture.store, whylabs, options()).sent, 1);
        QCOMPARE(receiver.uploads().size(), std::size_t{2});
    }
    void deadSendersPlaceIsUsedAgain_data()
    {
        QTest::addColumn<bool>("putBegun");
        QTest::addColumn<bool>("withLock");
        for (const bool putBegun : {false, true}) {
            for (const bool withLock : {false, true})
                QTest::addRow("%s, %s", putBegun ? "putting" : "granted",
                              withLock ? "lock" : "lease")
                    << putBegun << withLock;
        }
    }
    void deadSendersPlaceIsUsedAgain()
    {
        QFETCH(bool, putBegun);
        QFETCH(bool, withLock);
        const StoreFixture fixture(1);
        // The first sender dies in the middle: what it wrote down is all that is left.
        const std::string place = "http://store.example/x?signature";
        {
            Scripted dies([&](const UploadItem &, UploadObserver &observer) {
                if (!observer.granted(place) || (putBegun && !observer.putting()))
                    qFatal("not recorded");
                throw std::runtime_error("killed");
                return UploadOutcome{};
            });
            auto store = Store::open(fixture.path());
            QVERIFY_EXCEPTION_THROWN(std::ignore =
                                         OutboxWorker(**store, m_clock).runOnce(dies, options()),
                                     std::runtime_error);
        }
        auto how = options();
        if (withLock)
            how.lockFile = fixture.root() / "upload.lock";
        std::vector<UploadItem> got;
        Scripted well([&](const UploadItem &item, UploadObserver &) {
            got.push_back(item);
            got.back().bytes = {};
            return outcomeOf(UploadOutcome::Kind::Sent);
        });
        if (!withLock) {
            // Until the lease ends it could still be alive.
            QVERIFY(run(*fixture.store, well, how).items.empty());
            m_clock.advance(OutboxWorker::kLease);
        }
        QCOMPARE(run(*fixture.store, well, how).sent, 1);
        QCOMPARE(got.size(), std::size_t{1});
        QCOMPARE(got[0].uploadUrl, place);
        QCOMPARE(got[0].mayHaveArrived, putBegun);
    }
    void twoSendersShareTheWork_data()
    {
        QTest::addColumn<bool>("withLock");
        QTest::newRow("leases alone") << false;
        QTest::newRow("lock") << true;
    }
    void twoSendersShareTheWork()
    {
        QFETCH(bool, withLock);
        const StoreFixture fixture(40);
        std::mutex mutex;
        std::multiset<TimeMs> sent;
        std::vector<std::thread> senders;
        for (int i = 0; i < 2; ++i)
            senders.emplace_back([&] {
                auto store = Store::open(fixture.path());
                Scripted destination([&](const UploadItem &item, UploadObserver &) {
                    {
                        const std::lock_guard guard(mutex);
                        sent.insert(item.datasetTimestamp);
                    }
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                    return outcomeOf(UploadOutcome::Kind::Sent);
                });
                UploadRunOptions how;
                if (withLock)
                    how.lockFile = fixture.root() / "upload.lock";
                if (!OutboxWorker(**store).runOnce(destination, how))
                    qFatal("a sender failed");
            });
        for (std::thread &sender : senders)
            sender.join();
        QCOMPARE(sent.size(), std::size_t{40});
        QCOMPARE(std::set<TimeMs>(sent.begin(), sent.end()).size(), std::size_t{40});
    }
    void cancelledItemsWait()
    {
        const StoreFixture fixture(3);
        std::stop_source stop;
        Scripted slow([&](const UploadItem &item, UploadObserver &observer) {
            if (item.datasetTimestamp == kStart)
                return outcomeOf(UploadOutcome::Kind::Sent);
            std::ignore = observer.granted("http://x/y");
            stop.request_stop();
            UploadOutcome outcome = outcomeOf(UploadOutcome::Kind::Cancelled);
            outcome.uploadUrl = "http://x/y";
            return outcome;
        });
        const auto result =
            OutboxWorker(*fixture.store, m_clock).runOnce(slow, options(), stop.get_token());
        QVERIFY(result->cancelled);
        QCOMPARE(result->sent, 1);
        QCOMPARE(result->waiting, 2);
        QCOMPARE(fixture.item(result->items[1].id).uploadUrl, std::string("http://x/y"));
        Scripted well([&](const UploadItem &, UploadObserver &) {
            return outcomeOf(UploadOutcome::Kind::Sent);
        });
        QCOMPARE(run(*fixture.store, well, options()).sent, 2);
    }
    void keyIsNotInTheDatabase()
    {
        const StoreFixture fixture(2);
        WhylabsReceiver receiver;
        const FixedSecrets secrets;
        receiver.failGrants(
            {{Fault::Status, 400, errorBody("no " + kKey), "", "application/json"}});
        WhylabsDestination whylabs(settingsFor(receiver), secrets);
        const auto result = run(*fixture.store, whylabs, options());
        QCOMPARE(result.failed, 1);
        QCOMPARE(result.sent, 1);
        QVERIFY(WindowWriter(*fixture.store).makeDurable().has_value());
        for (const auto &entry : std::filesystem::directory_iterator(fixture.root())) {
            const auto bytes = readFile(entry.path());
            QVERIFY(!bytes || bytes->find(kKeySecret) == std::string::npos);
        }
    }
    void unconfiguredIsAnError()
    {
        const StoreFixture fixture(1);
        const FixedSecrets secrets;
        WhylabsDestination whylabs({}, secrets);
        const auto result = OutboxWorker(*fixture.store, m_clock).runOnce(whylabs, options());
        QVERIFY(!result);
        QVERIFY(!result.error().next.empty());
        QVERIFY(Outbox(*fixture.store).outbox()->at(0).destination.empty());
    }
};

QTEST_GUILESS_MAIN(TestOutboxWorker)
#include "tst_outbox_worker.moc"
