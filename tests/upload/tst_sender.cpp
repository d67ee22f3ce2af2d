// Uploading because somebody asks: what is sent, tried again, left, and said.

#include "scripted.h"
#include "test_support.h"
#include "upload_test.h"

#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/store/window_writer.h>

#include <QTest>

#include <algorithm>

using namespace tepal;
using namespace tepal::test;
using Kind = UploadOutcome::Kind;

namespace {

const FaultSpec kLost{Fault::LoseAnswer, 0, "", "", ""};
const FaultSpec kExpired{Fault::Expired, 403, "", "", ""};

FaultSpec status(int code, const std::string &body = {})
{
    return {Fault::Status, code, body, "", "application/json"};
}

} // namespace

class TestSender : public QObject
{
    Q_OBJECT

    ManualClock m_clock{kStart + kDayMs};
    std::vector<DurationMs> m_waited;
    FixedSecrets m_secrets;

    /// Waiting moves the hands of the clock.
    UploadRunOptions options()
    {
        m_waited.clear();
        UploadRunOptions result;
        result.sender.seed = 1;
        result.wait = [this](DurationMs duration, const std::stop_token &stop) {
            m_waited.push_back(duration);
            m_clock.advance(duration);
            return !stop.stop_requested();
        };
        return result;
    }
    /// Only what is due by itself.
    UploadRunOptions background()
    {
        UploadRunOptions result = options();
        result.retryFailed = false;
        result.patience = 0;
        return result;
    }
    UploadRun run(Store &store, std::vector<Outlet> outlets, const UploadRunOptions &how,
                  std::stop_token stop = {})
    {
        auto result = uploadNow(store, std::move(outlets), how, std::move(stop), m_clock);
        if (!result)
            qFatal("%s", result.error().text().c_str());
        return result->at(0);
    }
    std::vector<Outlet> whylabs(const WhylabsReceiver &receiver)
    {
        return outletOf(whylabsRecord(receiver.url()), m_secrets);
    }

private Q_SLOTS:
    void initTestCase()
    {
        setLogLevel(LogLevel::Error);
        forgetEnvironment();
    }
    void sendsEverythingOnce()
    {
        const StoreFixture fixture(5);
        const WhylabsReceiver receiver;
        std::vector<UploadProgress> progress;
        auto how = options();
        how.progress = [&](const UploadProgress &now) { progress.push_back(now); };
        const auto first = run(*fixture.store, whylabs(receiver), how);
        QCOMPARE(first.sent, 5);
        QCOMPARE(first.failed + first.waiting + first.asks, 0);
        QVERIFY(!first.stopped && !first.cancelled);
        QCOMPARE(progress.back().total, 5);
        QCOMPARE(progress.back().done, 5);
        auto uploads = receiver.uploads();
        QCOMPARE(uploads.size(), std::size_t{5});
        // Oldest first, as far as one is under way; what arrives is the window's rows.
        QCOMPARE(uploads[0].timestamp, kStart);
        std::sort(uploads.begin(), uploads.end(),
                  [](const auto &a, const auto &b) { return a.timestamp < b.timestamp; });
        auto items = Outbox(*fixture.store).list().value();
        std::reverse(items.begin(), items.end());
        QCOMPARE(items.size(), std::size_t{5});
        for (std::size_t i = 0; i < 5; ++i) {
            QCOMPARE(uploads[i].timestamp, kStart + static_cast<TimeMs>(i) * kHourMs);
            const auto profile = parseProfile(uploads[i].bytes);
            QVERIFY(profile.has_value());
            QCOMPARE(profile->rows(), static_cast<std::int64_t>(10 + i));
            QCOMPARE(profile->datasetTimestamp, uploads[i].timestamp);
            QCOMPARE(uploads[i].puts, 1);
            const OutboxItem &item = items[i];
            QCOMPARE(item.state, OutboxState::Sent);
            QCOMPARE(item.sha256, sha256Hex(uploads[i].bytes));
            QCOMPARE(item.bytes, static_cast<std::int64_t>(uploads[i].bytes.size()));
            QVERIFY(item.ticket.empty() && !item.mayHaveArrived);
            QCOMPARE(item.attempts, 1);
            QVERIFY(uploads[i].path.ends_with("/" + item.place + ".bin"));
        }
        QCOMPARE(receiver.complaints(), std::vector<std::string>{});
        // Nothing is left, and a later chunk is found.
        QVERIFY(run(*fixture.store, whylabs(receiver), options()).items.empty());
        fixture.addChunk(kStart + 9 * kHourMs, 3);
        QCOMPARE(run(*fixture.store, whylabs(receiver), options()).sent, 1);
        QCOMPARE(receiver.uploads().size(), std::size_t{6});
    }
    void dryRunSendsAndChangesNothing()
    {
        const StoreFixture fixture(3);
        const WhylabsReceiver receiver;
        const std::int64_t version = fixture.store->dataVersion();
        auto reader = Store::open(fixture.path(), Store::Access::ReadOnly);
        const auto rehearse = [&](const Outlet &outlet) {
            return rehearseUpload(**reader, outlet, true, {}).value();
        };
        const auto rehearsed = rehearse(whylabs(receiver)[0]);
        QVERIFY(rehearsed.dryRun);
        QCOMPARE(rehearsed.items.size(), std::size_t{3});
        QCOMPARE(rehearsed.waiting, 3);
        QVERIFY(rehearsed.bytes > 100);
        QVERIFY(receiver.requests().empty());
        QCOMPARE(fixture.store->dataVersion(), version);
        const auto items = Outbox(*fixture.store).list().value();
        for (const OutboxItem &item : items) {
            QVERIFY(item.destination.empty());
            QCOMPARE(item.attempts, 0);
        }
        // It tells what a run does: same bytes; and nothing afterwards.
        const auto sent = run(*fixture.store, whylabs(receiver), options());
        QCOMPARE(sent.bytes, rehearsed.bytes);
        QCOMPARE(rehearse(whylabs(receiver)[0]).items.size(), std::size_t{0});
        // Another destination still has all of them to get.
        const auto folder = folderRecord(fixture.root() / "out");
        QCOMPARE(rehearse(outletOf(folder, m_secrets)[0]).waiting, 3);
        QCOMPARE(run(*fixture.store, outletOf(folder, m_secrets), options()).sent, 3);
    }
    void rulesThatMeetNothingAreSaid()
    {
        const StoreFixture fixture(2);
        fixture.addChunk(kStart, 5, "orders");
        auto folder = folderRecord(fixture.root() / "out");
        const auto rules = [](const char *text) { return parseRedaction(text).value(); };
        setRedactionRules(folder, "", rules("label:hash, labell:hash"));
        // For a dataset that has nothing to send, nothing can be said.
        setRedactionRules(folder, "orders", rules("y:drop-column"));
        setRedactionRules(folder, "others", rules("z:drop-column"));
        const auto rehearsed =
            rehearseUpload(*fixture.store, outletOf(folder, m_secrets)[0], true, {}).value();
        QCOMPARE(rehearsed.items.size(), std::size_t{3});
        QCOMPARE(rehearsed.unmatched, (std::vector<std::string>{"labell:hash", "y:drop-column"}));
    }
    void segmentsThatNobodyHasAreSaid()
    {
        const StoreFixture fixture(1);
        DatasetProfile profile = sampleProfile(5);
        profile.segment = {{"tier", "gold"}, {"country", "CH"}};
        CommitBatch batch;
        ChunkCommit chunk;
        chunk.dataset = "orders";
        chunk.segment = profile.segment;
        chunk.start = kStart;
        chunk.end = kStart + kHourMs;
        chunk.profile = &profile;
        chunk.rows = 5;
        chunk.close = true;
        batch.chunks.push_back(chunk);
        QVERIFY(WindowWriter(*fixture.store).commit(batch));
        auto folder = folderRecord(fixture.root() / "out");
        folder.segments = parseSegmentList("country=CH;tier=gold, contry=CH").value();
        QVERIFY(Destinations(*fixture.store).put(folder, kStart));
        const auto rehearsed =
            rehearseUpload(*fixture.store, outletOf(folder, m_secrets)[0], true, {}).value();
        QCOMPARE(rehearsed.items.size(), std::size_t{1}); // in whatever order it was typed
        QCOMPARE(rehearsed.unseenSegments, std::vector<std::string>{"contry=CH"});
    }
    void retriesWithBackOff()
    {
        const StoreFixture fixture(1);
        WhylabsReceiver receiver;
        receiver.failGrants({status(503), status(503)});
        receiver.failPuts({status(503), kLost});
        const auto result = run(*fixture.store, whylabs(receiver), options());
        QCOMPARE(result.sent, 1);
        QCOMPARE(result.items[0].attempts, 5);
        QCOMPARE(m_waited.size(), std::size_t{4});
        for (std::size_t i = 0; i < m_waited.size(); ++i)
            QVERIFY(m_waited[i] >= (500 << i) && m_waited[i] <= (1000 << i));
        // Two grants failed; the granted place was used until it answered.
        QCOMPARE(receiver.uploads().size(), std::size_t{1});
        QCOMPARE(receiver.uploads()[0].puts, 2);
        QCOMPARE(receiver.complaints(), std::vector<std::string>{});
    }
    void givesUpAfterSixTries()
    {
        const StoreFixture fixture(2);
        // Of the home, so that others learn how it stands.
        Destinations destinations(*fixture.store);
        DestinationRecord record;
        record.name = record.kind = "scripted";
        record.enabled = true;
        QVERIFY(destinations.put(record, 1));
        int tries = 0;
        const auto outlets = [&](Kind kind) {
            auto made = scripted([&tries, kind](const UploadItem &) {
                ++tries;
                UploadOutcome outcome = outcomeOf(kind);
                outcome.everyItem = kind == Kind::Retry;
                return outcome;
            });
            made[0].passing = false;
            made[0].record = destinations.find("scripted").value().value();
            return made;
        };
        const auto first = run(*fixture.store, outlets(Kind::Retry), options());
        // Nobody answers: the second item is not worth six more tries.
        QCOMPARE(tries, 6);
        QCOMPARE(first.sent, 0);
        QCOMPARE(first.waiting, 2);
        QVERIFY(first.stopped.has_value());
        QCOMPARE(destinations.find("scripted").value()->gate.failures, 6);
        // Not by itself before its time …
        tries = 0;
        QCOMPARE(run(*fixture.store, outlets(Kind::Sent), background()).sent, 0);
        QCOMPARE(tries, 0);
        // … but when somebody asks.
        QCOMPARE(run(*fixture.store, outlets(Kind::Sent), options()).sent, 2);
        QCOMPARE(tries, 2);
        QVERIFY(destinations.find("scripted").value()->gate.state == GateState::Open);
    }
    void internalErrorsAreTriedThreeTimes()
    {
        const StoreFixture fixture(1);
        WhylabsReceiver receiver;
        receiver.failGrants(std::vector<FaultSpec>(10, status(500)));
        const auto result = run(*fixture.store, whylabs(receiver), options());
        QCOMPARE(result.waiting, 1);
        QCOMPARE(receiver.count("POST"), std::size_t{3});
    }
    void retryAfterIsWaitedFor()
    {
        const StoreFixture fixture(3);
        int tries = 0;
        const auto busy = [&](const UploadItem &) {
            if (++tries == 2)
                return outcomeOf(Kind::Sent);
            UploadOutcome outcome = outcomeOf(Kind::Retry);
            outcome.retryAfter = tries == 1 ? 9'000 : kDayMs;
            return outcome;
        };
        const auto result = run(*fixture.store, scripted(busy), options());
        // A day is more than the patience of who asked for the run.
        QCOMPARE(m_waited, std::vector<DurationMs>{9'000});
        QCOMPARE(result.sent, 1);
        QCOMPARE(result.waiting, 2);
        QVERIFY(result.stopped.has_value());
        QCOMPARE(result.stopped->message, std::string("it does not work"));
    }
    void oneBadItemDoesNotBlockTheRest()
    {
        const StoreFixture fixture(3);
        const auto picky = [](const UploadItem &item) {
            return outcomeOf(item.datasetTimestamp == kStart ? Kind::Failed : Kind::Sent);
        };
        const auto first = run(*fixture.store, scripted(picky), options());
        QCOMPARE(first.sent, 2);
        QCOMPARE(first.failed, 1);
        QCOMPARE(first.items[0].state, OutboxState::Failed);
        QCOMPARE(first.items[0].error, std::string("it does not work"));
        QCOMPARE(first.items[0].nextStep, std::string("wait"));
        // Never by itself.
        m_clock.advance(30 * kDayMs);
        QVERIFY(run(*fixture.store, scripted(picky), background()).items.empty());
        QCOMPARE(run(*fixture.store, scripted(picky), options()).failed, 1);
    }
    void refusedKeyStopsTheRun()
    {
        const StoreFixture fixture(4);
        WhylabsReceiver::Options other;
        other.key = "another";
        const WhylabsReceiver receiver(other);
        const auto result = run(*fixture.store, whylabs(receiver), options());
        QVERIFY(result.stopped.has_value());
        QCOMPARE(result.stopped->code, ErrorCode::Denied);
        QCOMPARE(receiver.requests().size(), std::size_t{1});
        QCOMPARE(result.failed, 0); // it was not the item's fault
        QCOMPARE(result.waiting, 4);
        // With a key that works all of them go.
        const WhylabsReceiver good;
        QCOMPARE(run(*fixture.store, whylabs(good), options()).sent, 4);
    }
    void decisionIsLeftToPeople()
    {
        const StoreFixture fixture(1);
        WhylabsReceiver receiver;
        receiver.failPuts({kLost, kExpired});
        const auto first = run(*fixture.store, whylabs(receiver), options());
        QCOMPARE(first.asks, 1);
        QCOMPARE(first.failed + first.sent + first.waiting, 0);
        QCOMPARE(first.items[0].state, OutboxState::Asks);
        QVERIFY(!first.items[0].nextStep.empty());
        // Asking for an upload is not deciding, and neither is trying everything again.
        Outbox outbox(*fixture.store);
        QCOMPARE(outbox.retry({}, m_clock.nowMs()).value(), 0);
        QVERIFY(run(*fixture.store, whylabs(receiver), options()).items.empty());
        QCOMPARE(receiver.uploads().size(), std::size_t{1});
        QCOMPARE(outbox.retry({first.items[0].id}, m_clock.nowMs()).value(), 1);
        QCOMPARE(run(*fixture.store, whylabs(receiver), options()).sent, 1);
        QCOMPARE(receiver.uploads().size(), std::size_t{2});
    }
    void cancelledItemsWait()
    {
        const StoreFixture fixture(3);
        std::stop_source stop;
        const auto result =
            run(*fixture.store,
                scripted(std::make_unique<Scripted>(
                    [&](const UploadItem &item, int step, StepResult &) -> UploadStep {
                        if (item.datasetTimestamp == kStart)
                            return outcomeOf(Kind::Sent);
                        if (step == 0)
                            return KeepTicket{"http://x/y", false};
                        stop.request_stop();
                        UploadOutcome outcome = outcomeOf(Kind::Cancelled);
                        outcome.ticket = "http://x/y";
                        return outcome;
                    })),
                options(), stop.get_token());
        QVERIFY(result.cancelled);
        QCOMPARE(result.sent, 1);
        QCOMPARE(result.waiting, 2);
        QCOMPARE(fixture.item(result.items[1].id).ticket, std::string("http://x/y"));
        QCOMPARE(fixture.item(result.items[1].id).state, OutboxState::Waiting);
        QCOMPARE(run(*fixture.store,
                     scripted([](const UploadItem &) { return outcomeOf(Kind::Sent); }), options())
                     .sent,
                 2);
    }
    void twoDestinationsInOneRun()
    {
        const StoreFixture fixture(12);
        WhylabsReceiver receiver;
        receiver.failGrants(std::vector<FaultSpec>(30, status(503)));
        auto outlets = whylabs(receiver);
        outlets.push_back(std::move(outletOf(folderRecord(fixture.root() / "out"), m_secrets)[0]));
        const auto runs =
            uploadNow(*fixture.store, std::move(outlets), options(), {}, m_clock).value();
        QCOMPARE(runs.size(), std::size_t{2});
        QCOMPARE(runs[0].waiting, 12);
        QVERIFY(runs[0].stopped.has_value());
        QCOMPARE(runs[1].sent, 12);
        QVERIFY(!runs[1].stopped);
    }
    void keyIsNotInTheDatabase()
    {
        const StoreFixture fixture(2);
        WhylabsReceiver receiver;
        receiver.failGrants({status(400, errorBody("no " + kKey))});
        const auto result = run(*fixture.store, whylabs(receiver), options());
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
        const auto result = run(*fixture.store, outletOf(whylabsRecord(""), m_secrets), options());
        QVERIFY(result.stopped.has_value());
        QVERIFY(!result.stopped->next.empty());
        QVERIFY(Outbox(*fixture.store).list()->at(0).destination.empty());
    }
    void fromNowOnOrEverything()
    {
        const StoreFixture fixture(3);
        auto record = folderRecord(fixture.root() / "out");
        record.sinceChunk = Outbox(*fixture.store).lastChunk().value();
        fixture.addChunk(kStart + 5 * kHourMs, 3);
        QCOMPARE(run(*fixture.store, outletOf(record, m_secrets), options()).sent, 1);
        auto how = options();
        how.everything = true;
        QCOMPARE(run(*fixture.store, outletOf(record, m_secrets), how).sent, 3);
    }
};

QTEST_GUILESS_MAIN(TestSender)
#include "tst_sender.moc"
