// What holds for every kind of destination there is. A new kind needs a line in fakePlace().

#include "contract.h"
#include "test_support.h"

#include <tepal/base/log.h>

#include <QTest>

#include <chrono>
#include <thread>

using namespace tepal;
using namespace tepal::test;
using Kind = UploadOutcome::Kind;

namespace {

DurationMs elapsed(std::chrono::steady_clock::time_point since)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 since)
        .count();
}

FaultSpec status(int code, const std::string &body = {}, const std::string &headers = {})
{
    return {Fault::Status, code, body, headers, "application/json"};
}

/// The kind of the row, a place for it, and a destination there.
struct Setup
{
    explicit Setup(const QString &name)
        : kind(*findDestinationKind(name.toStdString()))
        , place(fakePlace(kind.name))
        , destination(destinationOf(kind, *place))
    {}
    const DestinationKind &kind;
    std::unique_ptr<FakePlace> place;
    std::unique_ptr<Destination> destination;
    Piece piece;
};

bool shows(const std::string &text, const FakePlace &place)
{
    for (const std::string &secret : place.hidden()) {
        for (std::size_t at = 0; at + Scrubber::kShortestPart <= secret.size(); ++at) {
            if (text.find(secret.substr(at, Scrubber::kShortestPart)) != std::string::npos)
                return true;
        }
    }
    return false;
}

SenderOptions quick()
{
    SenderOptions options;
    options.seed = 1;
    return options;
}

} // namespace

class TestDestinationContract : public QObject
{
    Q_OBJECT

    static void rows(bool servers)
    {
        QTest::addColumn<QString>("name");
        for (const DestinationKind &kind : destinationKinds()) {
            const auto place = fakePlace(kind.name);
            if (place && (!servers || place->server()))
                QTest::newRow(std::string(kind.name).c_str()) << qs(std::string(kind.name));
        }
    }

private Q_SLOTS:
    void initTestCase() { setLogLevel(LogLevel::Error); }
    void theListIsWhole()
    {
        for (const DestinationKind &kind : destinationKinds()) {
            const std::string name(kind.name);
            QVERIFY2(fakePlace(kind.name), (name + " has no line in fakePlace()").c_str());
            QVERIFY2(!kind.title.empty() && !kind.summary.empty() && !kind.fields.empty(),
                     name.c_str());
            for (const DestinationField &field : kind.fields)
                QVERIFY2(!field.label.empty() && !field.help.empty(), name.c_str());
        }
    }

    void arrivesOnce_data() { rows(false); }
    void arrivesOnce()
    {
        QFETCH(QString, name);
        Setup s(name);
        QVERIFY(s.destination->configured().has_value());
        const auto done = attempt(*s.destination, s.piece);
        QVERIFY2(!done.outcome.error, done.outcome.error ? done.outcome.error->text().c_str() : "");
        QCOMPARE(done.outcome.kind, Kind::Sent);
        QVERIFY(done.outcome.ticket.empty());
        QVERIFY(!done.outcome.place.empty());
        QCOMPARE(s.place->stored(), std::vector<std::string>{s.piece.bytes});
        // A home that was put back to an earlier state says it all again.
        if (s.kind.idempotency == Idempotency::SameName) {
            QCOMPARE(attempt(*s.destination, s.piece).outcome.kind, Kind::Sent);
            QCOMPARE(s.place->stored().size(), std::size_t{1});
        }
        QCOMPARE(s.place->complaints(), std::vector<std::string>{});
    }

    void lostAnswerIsOneObject_data() { rows(true); }
    void lostAnswerIsOneObject()
    {
        QFETCH(QString, name);
        Setup s(name);
        s.place->server()->failPuts({{Fault::LoseAnswer, 0, "", "", ""}});
        const auto lost = attempt(*s.destination, s.piece);
        QCOMPARE(lost.outcome.kind, Kind::Retry);
        QVERIFY(lost.outcome.mayHaveArrived);
        QVERIFY(lost.outcome.everyItem);
        QVERIFY(!lost.outcome.ticket.empty());
        QCOMPARE(lost.kept.back().ticket, lost.outcome.ticket);
        QCOMPARE(attempt(*s.destination, s.piece).outcome.kind, Kind::Sent);
        QCOMPARE(s.place->stored(), std::vector<std::string>{s.piece.bytes});
        QCOMPARE(s.place->complaints(), std::vector<std::string>{});
    }

    void killedAfterTheTicket_data() { rows(false); }
    void killedAfterTheTicket()
    {
        QFETCH(QString, name);
        for (const Killed where : {Killed::AfterKeeping, Killed::AfterWork}) {
            Setup s(name);
            const auto killed = attempt(*s.destination, s.piece, where);
            // What is written down before the first byte goes there.
            QCOMPARE(killed.kept.size(), std::size_t{1});
            QVERIFY(killed.kept[0].putting && !killed.kept[0].ticket.empty());
            QCOMPARE(s.place->stored().size(),
                     where == Killed::AfterKeeping ? std::size_t{0} : std::size_t{1});
            // Another process goes on, of another version, whose bytes are other ones.
            const auto next = destinationOf(s.kind, *s.place);
            Piece later(26);
            later.item.ticket = s.piece.item.ticket;
            later.item.mayHaveArrived = s.piece.item.mayHaveArrived;
            QVERIFY(later.item.objectName != s.piece.item.objectName);
            const auto done = attempt(*next, later);
            QVERIFY2(done.outcome.kind == Kind::Sent,
                     done.outcome.error ? done.outcome.error->text().c_str() : "");
            QCOMPARE(done.kept[0].ticket, killed.kept[0].ticket);
            QCOMPARE(s.place->stored().size(), std::size_t{1});
            QCOMPARE(s.place->complaints(), std::vector<std::string>{});
        }
    }

    void stopsWhileTheServerHangs_data() { rows(true); }
    void stopsWhileTheServerHangs()
    {
        QFETCH(QString, name);
        Setup s(name);
        Home home(3);
        s.place->server()->failAll({Fault::Hang, 0, "", "", ""});
        Sender sender(*home.store, quick());
        std::vector<Outlet> outlets;
        outlets.push_back(home.outlet(s.kind, *s.place, s.place->secrets()));
        sender.setOutlets(std::move(outlets));
        home.send(sender, 300);
        QVERIFY(!s.place->server()->requests().empty());
        const auto before = std::chrono::steady_clock::now();
        QVERIFY(sender.cancel().has_value());
        QVERIFY2(elapsed(before) < 1000, "it goes on sending");
        for (const OutboxItem &item : home.items())
            QCOMPARE(item.state, OutboxState::Waiting);
        // A test of the destination ends too.
        std::stop_source stop;
        std::thread later([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            stop.request_stop();
        });
        const auto start = std::chrono::steady_clock::now();
        const auto checks = s.destination->test(stop.get_token());
        later.join();
        QVERIFY(elapsed(start) < 1000);
        QVERIFY(!checks.back().ok);
    }

    void refusedSecretIsOneCall_data() { rows(true); }
    void refusedSecretIsOneCall()
    {
        QFETCH(QString, name);
        Setup s(name);
        Home home(5);
        Sender sender(*home.store, quick());
        std::vector<Outlet> outlets;
        outlets.push_back(home.outlet(s.kind, *s.place, s.place->wrongSecrets()));
        sender.setOutlets(std::move(outlets));
        home.send(sender);
        QCOMPARE(s.place->server()->requests().size(), std::size_t{1});
        QCOMPARE(sender.gate("there")->record().state, GateState::Refused);
        QVERIFY(!sender.gate("there")->record().next.empty());
        for (const OutboxItem &item : home.items())
            QCOMPARE(item.state, OutboxState::Waiting);
        QVERIFY(s.place->stored().empty());
        // With the right one all of them go.
        outlets.clear();
        outlets.push_back(home.outlet(s.kind, *s.place, s.place->secrets()));
        outlets.back().record.changed = 1;
        sender.setOutlets(std::move(outlets));
        home.send(sender);
        QCOMPARE(home.sent(), 5);
        QCOMPARE(s.place->stored().size(), std::size_t{5});
    }

    void fullDiskIsWaitedFor_data() { rows(true); }
    void fullDiskIsWaitedFor()
    {
        QFETCH(QString, name);
        Setup s(name);
        s.place->server()->failPuts({status(507)});
        const auto full = attempt(*s.destination, s.piece);
        QCOMPARE(full.outcome.kind, Kind::Retry);
        QVERIFY(full.outcome.everyItem);
        QCOMPARE(full.outcome.error->code, ErrorCode::Full);
        QCOMPARE(attempt(*s.destination, s.piece).outcome.kind, Kind::Sent);
        QCOMPARE(s.place->stored().size(), std::size_t{1});
    }

    void busyMeansEveryItem_data() { rows(true); }
    void busyMeansEveryItem()
    {
        QFETCH(QString, name);
        for (const int code : {429, 503}) {
            Setup s(name);
            s.place->server()->failPuts({status(code, "", "Retry-After: 7\r\n"), status(code)});
            const auto asked = attempt(*s.destination, s.piece);
            QCOMPARE(asked.outcome.kind, Kind::Retry);
            QVERIFY(asked.outcome.everyItem);
            QCOMPARE(asked.outcome.retryAfter, DurationMs{7000});
            const auto again = attempt(*s.destination, s.piece);
            QVERIFY(again.outcome.kind == Kind::Retry && again.outcome.everyItem);
            QCOMPARE(attempt(*s.destination, s.piece).outcome.kind, Kind::Sent);
            QCOMPARE(s.place->stored().size(), std::size_t{1});
            QCOMPARE(s.place->complaints(), std::vector<std::string>{});
        }
    }

    void redirectsAreNotFollowed_data() { rows(true); }
    void redirectsAreNotFollowed()
    {
        QFETCH(QString, name);
        HttpServer elsewhere([](const ReceivedRequest &) { return ServerAnswer{}; });
        for (const int code : {301, 302, 303, 307, 308}) {
            Setup s(name);
            const std::string where = "Location: " + elsewhere.url() + "/there?x=1\r\n";
            s.place->server()->failPuts({status(code, "", where)});
            const auto done = attempt(*s.destination, s.piece);
            QCOMPARE(done.outcome.kind, Kind::Stopped);
            QVERIFY(!done.outcome.error->next.empty());
        }
        QVERIFY(elsewhere.requests().empty());
    }

    void webPagesAreNoAnswer_data() { rows(true); }
    void webPagesAreNoAnswer()
    {
        QFETCH(QString, name);
        Setup s(name);
        s.place->server()->failPuts({{Fault::Garbage, 0, "", "", ""}});
        const auto done = attempt(*s.destination, s.piece);
        QCOMPARE(done.outcome.kind, Kind::Stopped);
        QVERIFY(s.place->stored().empty());
    }

    void noSecretInAnyText_data() { rows(true); }
    void noSecretInAnyText()
    {
        QFETCH(QString, name);
        for (const int code : {302, 400, 401, 403, 404, 409, 413, 418, 500, 503, 507}) {
            Setup s(name);
            for (const std::string &secret : s.place->hidden()) {
                const std::string body =
                    "{\"error_code\":\"X\",\"message\":\"you sent " + secret + "\"}";
                const std::string where = "Location: http://127.0.0.1:9/" + secret + "/x\r\n";
                Home home(1);
                bool ended = false;
                auto options = quick();
                options.ended = [&](const OutboxItem &, const UploadOutcome &) { ended = true; };
                Sender sender(*home.store, options);
                std::vector<Outlet> outlets;
                outlets.push_back(home.outlet(s.kind, *s.place, s.place->secrets()));
                sender.setOutlets(std::move(outlets));
                const std::vector<FaultSpec> faults(3, status(code, body, where));
                s.place->server()->failPuts(faults);
                for (int i = 0; i < 1000 && !ended; ++i)
                    QVERIFY(sender.step(20).has_value());
                QVERIFY(sender.cancel().has_value());
                const auto item = home.items().at(0);
                QVERIFY2(item.state != OutboxState::Sent, std::to_string(code).c_str());
                QVERIFY2(!item.error.empty() && !item.nextStep.empty(), item.error.c_str());
                QVERIFY2(!shows(item.error + item.nextStep + item.place, *s.place),
                         item.error.c_str());
                QVERIFY2(!shows(sender.gate("there")->record().reason, *s.place),
                         item.error.c_str());
                QVERIFY(!shows(home.files(), *s.place));
            }
        }
    }

    void testsTellWhatIsWrong_data() { rows(true); }
    void testsTellWhatIsWrong()
    {
        QFETCH(QString, name);
        Setup s(name);
        for (const auto &check : s.destination->test({}))
            QVERIFY2(check.ok, (check.text + "; " + check.next).c_str());
        QVERIFY(s.place->stored().empty()); // nothing is left behind
        QVERIFY(s.place->server()->requests().size() >= 1);
        const auto wrong = destinationOf(s.kind, *s.place, s.place->wrongSecrets())->test({});
        QVERIFY(wrong.size() >= 2 && !wrong.back().ok);
        QVERIFY(!wrong.back().next.empty());
        // Nothing is set: what is missing is said, and nobody is called.
        const auto before = s.place->server()->requests().size();
        const auto none = s.kind.make({}, readerOf({}));
        const auto unset = none->configured();
        QVERIFY(!unset && !unset.error().next.empty());
        QCOMPARE(none->test({}).size(), std::size_t{1});
        QCOMPARE(attempt(*none, s.piece).outcome.kind, Kind::Stopped);
        QCOMPARE(s.place->server()->requests().size(), before);
        // The server repeats what it got.
        for (const std::string &secret : s.place->hidden()) {
            s.place->server()->failAll(
                status(403, "{\"message\":\"" + secret + "\"}", "Location: /" + secret + "\r\n"));
            for (const auto &check : s.destination->test({}))
                QVERIFY2(!shows(check.text + check.next, *s.place), check.text.c_str());
        }
    }

    void manyAtOnce_data() { rows(false); }
    void manyAtOnce()
    {
        QFETCH(QString, name);
        Setup s(name);
        Home home(60, 3);
        Sender sender(*home.store, quick());
        std::vector<Outlet> outlets;
        outlets.push_back(home.outlet(s.kind, *s.place, s.place->secrets()));
        sender.setOutlets(std::move(outlets));
        home.send(sender);
        QCOMPARE(home.sent(), 60);
        QCOMPARE(s.place->stored().size(), std::size_t{60});
        QCOMPARE(s.place->complaints(), std::vector<std::string>{});
    }
};

QTEST_GUILESS_MAIN(TestDestinationContract)
#include "tst_destination_contract.moc"
