// What networks do wrong, over real sockets: what arrives, how often is asked, what people read.

#include "test_support.h"
#include "upload_test.h"
#include "window_chunks.h"
#include "wire.h"

#include <tepal/base/file.h>
#include <tepal/base/log.h>

#include <QTest>

#include <functional>

using namespace tepal;
using namespace tepal::test;

namespace {

using Breaks = std::vector<Break>;

Breaks always(Break how)
{
    return Breaks(40, how);
}

/// How one item ends.
enum class End : std::uint8_t {
    Sent,
    Waits,   ///< The other side may be well again by itself.
    Refused, ///< Nothing more goes there before somebody has changed something.
};

struct Case
{
    const char *name;
    Breaks grants;
    Breaks puts;
    End end;
    int grantsAsked;
    int putsDone;
    int stored; ///< By then.
    const char *says;
    DurationMs longestCall = 0; ///< Of calls that never end by themselves.
};

// Calls that are to fail by their limit alone have a short one; where others have to get through
// beside them, it is long enough for a machine that is busy.
constexpr DurationMs kShort = 200;
constexpr DurationMs kLong = 1500;

const std::vector<Case> &cases()
{
    static const std::vector<Case> all{
        {"well", {}, {}, End::Sent, 1, 1, 1, ""},
        {"grant: reset in the request", {Break::ResetInRequest}, {}, End::Sent, 2, 1, 1, ""},
        {"grant: reset after the request", {Break::ResetAfterRequest}, {}, End::Sent, 2, 1, 1, ""},
        {"grant: reset always",
         always(Break::ResetAfterRequest),
         {},
         End::Waits,
         3,
         0,
         0,
         "no answer from http://127.0.0.1:"},
        {"grant: lost answer", {Break::LoseAnswer}, {}, End::Sent, 2, 1, 1, ""},
        {"grant: cut answer", {Break::CutAnswer}, {}, End::Sent, 2, 1, 1, ""},
        {"grant: stalls in the answer",
         always(Break::StallInAnswer),
         {},
         End::Waits,
         3,
         0,
         0,
         "it took too long",
         kShort},
        {"grant: trickles",
         always(Break::Trickle),
         {},
         End::Waits,
         3,
         0,
         0,
         "it took too long",
         kShort},
        {"grant: endless body",
         always(Break::EndlessBody),
         {},
         End::Waits,
         3,
         0,
         0,
         "its answer does not end"},
        {"grant: endless head",
         always(Break::EndlessHead),
         {},
         End::Waits,
         3,
         0,
         0,
         "its answer does not end"},
        {"put: reset in the request", {}, {Break::ResetInRequest}, End::Sent, 1, 2, 1, ""},
        {"put: reset in the request always",
         {},
         always(Break::ResetInRequest),
         End::Waits,
         1,
         3,
         0,
         "no answer from http://127.0.0.1:"},
        {"put: reset after the request", {}, {Break::ResetAfterRequest}, End::Sent, 1, 2, 1, ""},
        {"put: lost answer", {}, {Break::LoseAnswer}, End::Sent, 1, 2, 1, ""},
        {"put: lost answer always",
         {},
         always(Break::LoseAnswer),
         End::Waits,
         1,
         3,
         1,
         "no answer"},
        // Its status is there, and says all there is to say.
        {"put: cut answer", {}, {Break::CutAnswer}, End::Sent, 1, 1, 1, ""},
        {"put: stalls in the answer",
         {},
         always(Break::StallInAnswer),
         End::Waits,
         1,
         3,
         1,
         "it took too long",
         kLong},
        {"put: trickles",
         {},
         always(Break::Trickle),
         End::Waits,
         1,
         3,
         1,
         "it took too long",
         kLong},
        {"put: endless body",
         {},
         always(Break::EndlessBody),
         End::Waits,
         1,
         3,
         0,
         "its answer does not end"},
        {"put: endless head",
         {},
         always(Break::EndlessHead),
         End::Waits,
         1,
         3,
         0,
         "its answer does not end"},
    };
    return all;
}

/// A home with one finished piece of many columns: about 4 kB each.
struct LargePiece
{
    explicit LargePiece(int columns = 20)
    {
        DatasetProfile profile;
        profile.datasetTimestamp = profile.creationTimestamp = kStart;
        for (int column = 0; column < columns; ++column) {
            const std::string name = "column_" + std::to_string(column);
            for (int i = 0; i < 1000; ++i)
                profile.track(name, Value::fractional(i * 1.25 + column));
        }
        if (const auto done = commitHour(*home.store, profile, "model-1", kStart); !done)
            qFatal("%s", done.error().text().c_str());
    }
    StoreFixture home{0};
};

/// A receiver behind a wire.
struct Far
{
    explicit Far(std::unique_ptr<Wire> given = std::make_unique<Wire>())
        : wire(std::move(given))
        , receiver([this] {
            WhylabsReceiver::Options options;
            options.storeUrl = wire->url();
            return options;
        }())
    {
        wire->leadTo(receiver.port());
    }
    int stored() const
    {
        int count = 0;
        const auto uploads = receiver.uploads();
        for (const ReceivedUpload &one : uploads)
            count += one.puts > 0 ? 1 : 0;
        return count;
    }
    std::unique_ptr<Wire> wire;
    WhylabsReceiver receiver;
};

} // namespace

class TestUploadNetwork : public QObject
{
    Q_OBJECT

    ManualClock m_clock{kStart + kDayMs};
    FixedSecrets m_secrets;

    UploadRun upload(const StoreFixture &home, const DestinationRecord &record,
                     DurationMs longestCall = 0)
    {
        UploadRunOptions how;
        how.sender.seed = 1;
        how.sender.longestCall = longestCall;
        how.tries = 3;
        how.wait = [this](DurationMs duration, const std::stop_token &) {
            m_clock.advance(duration);
            return true;
        };
        auto runs = uploadNow(*home.store, outletOf(record, m_secrets), how, {}, m_clock);
        if (!runs)
            qFatal("%s", runs.error().text().c_str());
        return std::move(runs->at(0));
    }
    static void says(const StoreFixture &home, const UploadRun &run, const std::string &what)
    {
        const OutboxItem item = Outbox(*home.store).list()->at(0);
        const std::string told = item.error + (run.stopped ? run.stopped->text() : std::string());
        QVERIFY2(told.find(what) != std::string::npos, told.c_str());
        QVERIFY2(!item.nextStep.empty(), told.c_str());
        // The place carries its own permission.
        QVERIFY2(told.find("X-Amz") == std::string::npos, told.c_str());
        QVERIFY2(told.find(kKeySecret.substr(0, 8)) == std::string::npos, told.c_str());
    }
    /// Nothing was sent, and nothing is tried again before somebody has changed something.
    void refused(const StoreFixture &home, const DestinationRecord &record, const std::string &what)
    {
        const UploadRun run = upload(home, record);
        QCOMPARE(run.sent, 0);
        QCOMPARE(run.waiting, 1);
        QVERIFY(run.stopped && run.stopped->code == ErrorCode::Denied);
        says(home, run, what);
    }

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        forgetEnvironment();
        for (const char *name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"})
            qunsetenv(name);
        qputenv("RES_OPTIONS",
                "timeout:1 attempts:1"); // names that nobody knows are not waited for
    }

    void oneItem_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < cases().size(); ++i)
            QTest::newRow(cases()[i].name) << static_cast<int>(i);
    }
    void oneItem()
    {
        QFETCH(int, index);
        const Case &what = cases()[static_cast<std::size_t>(index)];
        const LargePiece piece;
        const StoreFixture &home = piece.home;
        const Far far;
        const DestinationRecord record = whylabsRecord(far.wire->url());
        far.wire->breakOthers(what.grants);
        far.wire->breakPuts(what.puts);
        const UploadRun run = upload(home, record, what.longestCall);
        QCOMPARE(far.wire->others(), what.grantsAsked);
        QCOMPARE(far.wire->puts(), what.putsDone);
        QCOMPARE(far.stored(), what.stored);
        QCOMPARE(run.sent, what.end == End::Sent ? 1 : 0);
        QCOMPARE(run.waiting, what.end == End::Sent ? 0 : 1);
        QCOMPARE(run.failed + run.asks, 0);
        // What does not end is broken off, and not kept.
        QVERIFY2(far.wire->bytesSent() < 64u << 20, std::to_string(far.wire->bytesSent()).c_str());
        if (what.end != End::Sent) {
            QVERIFY(run.stopped && run.stopped->code == ErrorCode::Unavailable);
            says(home, run, what.says);
        }
        // It works again: all of it is there, once, at the place that was asked for first.
        far.wire->breakOthers({});
        far.wire->breakPuts({});
        QCOMPARE(upload(home, record).sent, what.end == End::Sent ? 0 : 1);
        QCOMPARE(far.stored(), 1);
        QCOMPARE(far.receiver.complaints(), std::vector<std::string>{});
        QCOMPARE(Outbox(*home.store).list()->at(0).state, OutboxState::Sent);
        // Asking again may leave places behind where nothing ever was put.
        for (const ReceivedUpload &one : far.receiver.uploads())
            QVERIFY(one.puts == 0 || parseProfile(one.bytes).has_value());
    }
    /// A reset in the middle of the bytes cannot have stored them.
    void whatWasNotAllSentCannotHaveArrived()
    {
        const LargePiece piece(1000); // more than the buffers of a connection hold
        const Far far;
        far.wire->breakPuts(always(Break::ResetInRequest));
        upload(piece.home, whylabsRecord(far.wire->url()));
        const OutboxItem item = piece.home.item(1);
        QVERIFY2(item.bytes > 4'000'000, std::to_string(item.bytes).c_str());
        QVERIFY(!item.mayHaveArrived);
        far.wire->breakPuts(always(Break::ResetAfterRequest));
        upload(piece.home, whylabsRecord(far.wire->url()));
        QVERIFY(piece.home.item(1).mayHaveArrived);
    }

    // ------------------------------------------------------------ TLS
    void certificates_data()
    {
        QTest::addColumn<QString>("names");
        QTest::addColumn<int>("from");
        QTest::addColumn<int>("until");
        QTest::addColumn<bool>("trusted");
        QTest::addColumn<QString>("says");
        const QString here("IP:127.0.0.1");
        QTest::newRow("good") << here << -1 << 30 << true << QString();
        QTest::newRow("unknown authority")
            << here << -1 << 30 << false << "authority that is not known here";
        QTest::newRow("wrong name")
            << "DNS:files.example" << -1 << 30 << true << "is for another name";
        QTest::newRow("expired") << here << -30 << -1 << true << "has expired";
        QTest::newRow("not yet valid") << here << 1 << 30 << true << "not valid yet";
    }
    void certificates()
    {
        QFETCH(QString, names);
        QFETCH(int, from);
        QFETCH(int, until);
        QFETCH(bool, trusted);
        QFETCH(QString, says);
        const Certificate certificate = makeCertificate(names.toStdString(), from, until);
        const StoreFixture home(1);
        const std::filesystem::path file = home.root() / "authority.pem";
        QVERIFY(writeFileNew(file, trusted ? certificate.certificate
                                           : makeCertificate("IP:127.0.0.1").certificate));
        const Far far(std::make_unique<Wire>(certificate));
        DestinationRecord record = whylabsRecord(far.wire->url());
        record.settings["ca-file"] = file.string();
        if (says.isEmpty()) {
            QCOMPARE(upload(home, record).sent, 1);
            QCOMPARE(far.stored(), 1);
            return;
        }
        refused(home, record, says.toStdString());
        // Asked once, and nobody was told the key.
        QCOMPARE(far.wire->connections(), 1);
        QCOMPARE(far.wire->others() + far.wire->puts(), 0);
    }
    void tlsWhereThereIsNone()
    {
        const StoreFixture home(1);
        const Far far;
        const UploadRun run =
            upload(home, whylabsRecord("https://127.0.0.1:" + std::to_string(far.receiver.port())),
                   kShort);
        QCOMPARE(run.waiting, 1);
        says(home, run, "no answer from https://127.0.0.1:");
        QCOMPARE(upload(home, whylabsRecord(far.wire->url())).sent, 1);
    }

    // ------------------------------------------------------------ nobody there
    void nobodyThere_data()
    {
        QTest::addColumn<QString>("endpoint");
        QTest::addColumn<QString>("says");
        std::string gone;
        {
            const WhylabsReceiver none;
            gone = none.url();
        }
        QTest::newRow("no such name") << "http://whylabs.invalid"
                                      << "its name is not known";
        QTest::newRow("refused") << qs(gone) << "it takes no connection";
    }
    void nobodyThere()
    {
        QFETCH(QString, endpoint);
        QFETCH(QString, says);
        const StoreFixture home(3);
        const UploadRun run = upload(home, whylabsRecord(endpoint.toStdString()));
        QCOMPARE(run.sent, 0);
        QCOMPARE(run.waiting, 3);
        QVERIFY(run.stopped && run.stopped->code == ErrorCode::Unavailable);
        QVERIFY2(run.stopped->text().find(says.toStdString()) != std::string::npos,
                 run.stopped->text().c_str());
        // One of them asks, for all.
        int attempts = 0;
        const auto items = Outbox(*home.store).list().value();
        for (const OutboxItem &item : items) {
            attempts += item.attempts;
            QVERIFY(!item.mayHaveArrived);
        }
        QCOMPARE(attempts, 3);
        const Far far;
        QCOMPARE(upload(home, whylabsRecord(far.wire->url())).sent, 3);
        QCOMPARE(far.stored(), 3);
    }

    // ------------------------------------------------------------ a proxy in between
    void aProxyIsTold()
    {
        const StoreFixture home(1);
        const Far far;
        std::string gone;
        {
            const WhylabsReceiver none;
            gone = none.url();
        }
        qputenv("http_proxy", gone.c_str());
        UploadRun run = upload(home, whylabsRecord("http://whylabs.example"));
        says(home, run, "it takes no connection");
        QVERIFY(run.stopped->next.find("through the proxy of http_proxy") != std::string::npos);
        // One that lets nobody through without a log-in: nothing is the item's fault.
        HttpServer strict([](const ReceivedRequest &) {
            return ServerAnswer{407, "log in", "text/plain",
                                "Proxy-Authenticate: Basic realm=\"x\"\r\n"};
        });
        qputenv("http_proxy", strict.url().c_str());
        run = upload(home, whylabsRecord("http://whylabs.example"));
        qunsetenv("http_proxy");
        QCOMPARE(run.waiting, 1);
        QCOMPARE(strict.requests().size(), std::size_t{1});
        says(home, run, "the proxy wants a log-in");
        QCOMPARE(upload(home, whylabsRecord(far.wire->url())).sent, 1);
    }

    // ------------------------------------------------------------ somewhere else
    void theKeyDoesNotTravel_data()
    {
        QTest::addColumn<int>("code");
        for (const int code : {301, 302, 303, 307, 308})
            QTest::addRow("%d", code) << code;
    }
    void theKeyDoesNotTravel()
    {
        QFETCH(int, code);
        HttpServer elsewhere([](const ReceivedRequest &) { return ServerAnswer{}; });
        const std::string address = "http://localhost:" + std::to_string(elsewhere.port());
        const StoreFixture home(2);
        Far far;
        far.receiver.failGrants(
            {{Fault::Status, code, "", "Location: " + address + "/in?x=1\r\n", "text/plain"}});
        const UploadRun run = upload(home, whylabsRecord(far.wire->url()));
        QCOMPARE(run.sent, 0);
        QCOMPARE(run.waiting, 2);
        QCOMPARE(far.wire->others(), 1);
        QVERIFY(run.stopped &&
                run.stopped->text().find("redirects to " + address) != std::string::npos);
        QVERIFY(elsewhere.requests().empty());
        QCOMPARE(upload(home, whylabsRecord(far.wire->url())).sent, 2);
        QCOMPARE(far.stored(), 2);
    }
};

QTEST_GUILESS_MAIN(TestUploadNetwork)
#include "tst_upload_network.moc"
