// What servers do wrong, and what becomes of it: what arrives, how often is asked, what people
// read.

#include "test_support.h"
#include "upload_test.h"

#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/store/window_writer.h>

#include <QTest>

#include <algorithm>
#include <functional>
#include <mutex>

using namespace tepal;
using namespace tepal::test;

namespace {

using Faults = std::vector<FaultSpec>;

FaultSpec status(int code, const std::string &body = {}, const std::string &headers = {},
                 const std::string &type = "application/json")
{
    return {Fault::Status, code, body, headers, type};
}
FaultSpec fault(Fault what, int code = 0, const std::string &body = {})
{
    return {what, code, body, "", "application/json"};
}
Faults always(const FaultSpec &what)
{
    return Faults(40, what);
}

const FaultSpec kLost = fault(Fault::LoseAnswer);
const FaultSpec kExpired = fault(Fault::Expired);
const std::string kCut = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                         "Content-Length: 500\r\n\r\n{\"id\":\"log-1\",\"upl";
const std::string kNotHttp = "SSH-2.0-OpenSSH_9.2\r\n";
const std::string kFilePlace = "{\"id\":\"log-1\",\"uploadUrl\":\"file:///etc/passwd\"}";
const std::string kNoPlace = "{\"id\":\"log-1\"}";

/// How one item ends.
enum class End : std::uint8_t { Sent, Waits, Refused, Failed, Asks };

struct Case
{
    const char *name;
    Faults grants;
    Faults puts;
    End end;
    int posts;
    int putsDone;
    int stored;
    const char *says; ///< Somewhere in what is told.
};

const std::vector<Case> &cases()
{
    const std::string secretAt = "Location: https://login.example/" + kKey + "/in\r\n";
    static const std::vector<Case> all{
        {"well", {}, {}, End::Sent, 1, 1, 1, ""},
        {"grant 400", always(status(400, errorBody("no"))), {}, End::Failed, 1, 0, 0, "no"},
        {"grant 401", always(status(401)), {}, End::Refused, 1, 0, 0, "WHYLABS_API_KEY"},
        {"grant 403", always(status(403)), {}, End::Refused, 1, 0, 0, "refuses the key"},
        {"grant 404", always(status(404)), {}, End::Failed, 1, 0, 0, "does not know"},
        {"grant 409", always(status(409)), {}, End::Failed, 1, 0, 0, "409"},
        {"grant 413", always(status(413)), {}, End::Failed, 1, 0, 0, "413"},
        {"grant 422", always(status(422)), {}, End::Failed, 1, 0, 0, "422"},
        {"grant 429 once", {status(429)}, {}, End::Sent, 2, 1, 1, ""},
        {"grant 429 always", always(status(429)), {}, End::Waits, 6, 0, 0, "429"},
        {"grant 500 always", always(status(500)), {}, End::Waits, 3, 0, 0, "500"},
        {"grant 502 page", {status(502, "<html>x", "", "text/html")}, {}, End::Sent, 2, 1, 1, ""},
        {"grant 504 page", {status(504, "<html>x", "", "text/html")}, {}, End::Sent, 2, 1, 1, ""},
        {"grant truncated",
         always(status(200, kCut.substr(kCut.find('{')))),
         {},
         End::Refused,
         1,
         0,
         0,
         "names no place"},
        {"grant says escape codes",
         always(status(400, errorBody("\\u001b[2J\\u0007red\\u001b[31m"))),
         {},
         End::Failed,
         1,
         0,
         0,
         "[2J red [31m"},
        {"grant says no UTF-8",
         always(status(400, "b\xff\xc3(d\x1b[2J", "", "text/plain")),
         {},
         End::Failed,
         1,
         0,
         0,
         "[2J"},
        {"grant 503 always", always(status(503)), {}, End::Waits, 6, 0, 0, "503"},
        {"grant dropped", {fault(Fault::CloseBeforeAnswer)}, {}, End::Sent, 2, 1, 1, ""},
        {"grant lost", {kLost}, {}, End::Sent, 2, 1, 1, ""},
        {"grant cut in body", {fault(Fault::Raw, 0, kCut)}, {}, End::Sent, 2, 1, 1, ""},
        {"grant not http", always(fault(Fault::Raw, 0, kNotHttp)), {}, End::Refused, 1, 0, 0, ""},
        {"grant slow", {fault(Fault::Slow)}, {}, End::Sent, 1, 1, 1, ""},
        {"grant rubbish",
         always(status(200, "rubbish")),
         {},
         End::Refused,
         1,
         0,
         0,
         "does not answer like a WhyLabs server"},
        {"grant empty", always(status(200, "")), {}, End::Refused, 1, 0, 0, "names no place"},
        {"grant without place",
         always(status(200, kNoPlace)),
         {},
         End::Refused,
         1,
         0,
         0,
         "names no place"},
        {"grant of a file",
         always(status(200, kFilePlace)),
         {},
         End::Refused,
         1,
         0,
         0,
         "names no place"},
        {"grant deep",
         always(status(200, std::string(100'000, '['))),
         {},
         End::Refused,
         1,
         0,
         0,
         "names no place"},
        {"grant page", always(fault(Fault::Garbage)), {}, End::Refused, 1, 0, 0, "web page"},
        {"grant redirect",
         always(fault(Fault::Redirect)),
         {},
         End::Refused,
         1,
         0,
         0,
         "redirects to http://localhost:9/elsewhere"},
        {"key in the location",
         always(status(302, "", secretAt)),
         {},
         End::Refused,
         1,
         0,
         0,
         "redirects to https://login.example/"},
        {"key said", always(status(400, errorBody("bad " + kKey))), {}, End::Failed, 1, 0, 0, "…"},
        {"key said in part",
         always(status(400, errorBody("bad " + kKeySecret))),
         {},
         End::Failed,
         1,
         0,
         0,
         "bad …"},
        {"key said by halves",
         always(status(403, errorBody("x" + kKeySecret.substr(20)))),
         {},
         End::Refused,
         1,
         0,
         0,
         "…"},
        {"put SlowDown", {}, {status(503)}, End::Sent, 1, 2, 1, ""},
        {"put 429", {}, {status(429)}, End::Sent, 1, 2, 1, ""},
        {"put 403", {}, always(status(403)), End::Failed, 1, 1, 0, "refused the upload"},
        {"put dropped", {}, {fault(Fault::CloseBeforeAnswer)}, End::Sent, 1, 2, 1, ""},
        {"put lost once", {}, {kLost}, End::Sent, 1, 2, 1, ""},
        {"put lost thrice", {}, {kLost, kLost, kLost}, End::Sent, 1, 4, 1, ""},
        {"put lost always", {}, always(kLost), End::Waits, 1, 6, 1, "no answer"},
        {"put answer cut", {}, {fault(Fault::Raw, 0, "HTTP/1.1 2")}, End::Sent, 1, 2, 1, ""},
        {"put slow", {}, {fault(Fault::Slow)}, End::Sent, 1, 1, 1, ""},
        {"put redirect", {}, always(fault(Fault::Redirect)), End::Refused, 1, 1, 0, "redirects"},
        {"put page", {}, always(fault(Fault::Garbage)), End::Refused, 1, 1, 0, "web page"},
        {"place expired once", {}, {kExpired}, End::Sent, 2, 2, 1, ""},
        {"place expired always", {}, always(kExpired), End::Failed, 2, 2, 0, "expired"},
        {"lost, then expired", {}, {kLost, kExpired}, End::Asks, 1, 2, 1, "may have arrived"},
        {"504, then expired", {}, {status(504), kExpired}, End::Asks, 1, 2, 0, "may have arrived"},
    };
    return all;
}

} // namespace

class TestUploadFaults : public QObject
{
    Q_OBJECT

    ManualClock m_clock{kStart + kDayMs};
    FixedSecrets m_secrets;

    UploadRun upload(const StoreFixture &home, const WhylabsReceiver &receiver)
    {
        UploadRunOptions how;
        how.sender.seed = 1;
        how.wait = [this](DurationMs duration, const std::stop_token &) {
            m_clock.advance(duration);
            return true;
        };
        auto runs = uploadNow(*home.store, outletOf(whylabsRecord(receiver.url()), m_secrets), how,
                              {}, m_clock);
        if (!runs)
            qFatal("%s", runs.error().text().c_str());
        return std::move(runs->at(0));
    }
    /// Neither in what is said and logged nor in what is stored.
    static void keyIsNowhere(const StoreFixture &home, const UploadRun &run, std::uint64_t before)
    {
        std::string told = run.stopped ? run.stopped->text() : std::string();
        for (const UploadedItem &item : run.items)
            told += item.error + item.nextStep + item.place;
        for (const LogEntry &entry : logEntriesAfter(before))
            told += entry.text;
        QVERIFY(WindowWriter(*home.store).makeDurable().has_value());
        for (const auto &entry : std::filesystem::recursive_directory_iterator(home.root())) {
            if (entry.is_regular_file())
                told += readFile(entry.path()).value_or("");
        }
        // No eight characters of it in a row.
        QVERIFY(told.find(kKeySecret.substr(0, 8)) == std::string::npos);
    }

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        setLogLevel(LogLevel::Debug);
        forgetEnvironment();
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
        const std::uint64_t before = lastLogId();
        const StoreFixture home(1);
        WhylabsReceiver receiver;
        receiver.failGrants(what.grants);
        receiver.failPuts(what.puts);
        const UploadRun run = upload(home, receiver);
        QCOMPARE(receiver.count("POST"), static_cast<std::size_t>(what.posts));
        QCOMPARE(receiver.count("PUT"), static_cast<std::size_t>(what.putsDone));
        int stored = 0;
        const auto uploads = receiver.uploads();
        for (const ReceivedUpload &one : uploads)
            stored += one.puts > 0 ? 1 : 0;
        QCOMPARE(stored, what.stored);
        QCOMPARE(receiver.complaints(), std::vector<std::string>{});
        QCOMPARE(run.sent, what.end == End::Sent ? 1 : 0);
        QCOMPARE(run.failed, what.end == End::Failed ? 1 : 0);
        QCOMPARE(run.asks, what.end == End::Asks ? 1 : 0);
        QCOMPARE(run.waiting, what.end == End::Waits || what.end == End::Refused ? 1 : 0);
        const OutboxItem item = Outbox(*home.store).list()->at(0);
        std::string told = item.error;
        if (run.stopped)
            told += run.stopped->text();
        QVERIFY2(told.find(what.says) != std::string::npos, told.c_str());
        // Nothing that a terminal would obey, and nothing that is no text.
        QVERIFY2(std::none_of(told.begin(), told.end(),
                              [](char c) { return static_cast<unsigned char>(c) < 0x20; }),
                 told.c_str());
        QVERIFY2(QString::fromStdString(told).toStdString() == told, told.c_str());
        if (what.end != End::Sent)
            QVERIFY2(!item.nextStep.empty(), told.c_str());
        if (what.end == End::Refused)
            QVERIFY(run.stopped && run.stopped->code == ErrorCode::Denied);
        keyIsNowhere(home, run, before);
        // It works again: once somebody asks, all of it is there, once. What asks still asks.
        receiver.failGrants({});
        receiver.failPuts({});
        const UploadRun again = upload(home, receiver);
        QCOMPARE(again.sent, what.end == End::Sent || what.end == End::Asks ? 0 : 1);
        stored = 0;
        const auto later = receiver.uploads();
        for (const ReceivedUpload &one : later)
            stored += one.puts > 0 ? 1 : 0;
        QCOMPARE(stored, what.end == End::Asks ? what.stored : 1);
    }
    void manyItems_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<int>("failed");
        // Trouble is the server's; what it refuses one by one is the items', up to a point.
        for (const auto &[code, failed] :
             {std::pair{429, 0}, {503, 0}, {500, 0}, {400, 10}, {404, 1}, {403, 0}})
            QTest::addRow("%d", code) << code << failed;
    }
    void manyItems()
    {
        QFETCH(int, code);
        QFETCH(int, failed);
        const StoreFixture home(60);
        WhylabsReceiver receiver;
        receiver.server().failAll(status(code));
        const UploadRun run = upload(home, receiver);
        QVERIFY2(receiver.requests().size() <= 30,
                 qPrintable(QString::number(receiver.requests().size())));
        QCOMPARE(run.sent, 0);
        QCOMPARE(run.failed, failed);
        QCOMPARE(run.waiting, 60 - failed);
        QVERIFY(run.stopped.has_value() || code == 404);
        const auto items = Outbox(*home.store).list().value();
        for (const OutboxItem &item : items)
            QVERIFY(item.state == OutboxState::Waiting || item.state == OutboxState::Failed);
        receiver.server().failAll({});
        QCOMPARE(upload(home, receiver).sent, 60);
        QCOMPARE(receiver.uploads().size(), std::size_t{60});
    }
    void retryAfterIsForEverybody_data()
    {
        QTest::addColumn<bool>("atPut");
        QTest::addColumn<int>("code");
        for (const int code : {429, 503}) {
            QTest::addRow("grant %d", code) << false << code;
            QTest::addRow("put %d", code) << true << code;
        }
    }
    void retryAfterIsForEverybody()
    {
        QFETCH(bool, atPut);
        QFETCH(int, code);
        const StoreFixture home(5);
        std::mutex mutex;
        std::vector<TimeMs> times;
        WhylabsReceiver::Options options;
        options.onRequest = [&](const ReceivedRequest &) {
            const std::lock_guard guard(mutex);
            times.push_back(m_clock.nowMs());
        };
        WhylabsReceiver receiver(options);
        const Faults busy{status(code, "", "Retry-After: 90\r\n")};
        if (atPut)
            receiver.failPuts(busy);
        else
            receiver.failGrants(busy);
        QCOMPARE(upload(home, receiver).sent, 5);
        const std::size_t first = atPut ? 1 : 0;
        QCOMPARE(times[first], times[0]);
        QVERIFY(times[first + 1] - times[first] >= 90 * kSecondMs);
        QCOMPARE(receiver.uploads().size(), std::size_t{5});
    }
};

QTEST_GUILESS_MAIN(TestUploadFaults)
#include "tst_upload_faults.moc"
