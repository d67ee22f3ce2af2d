#include "test_support.h"
#include "upload_test.h"

#include <tepal/base/log.h>

#include <QTest>

#include <nlohmann/json.hpp>

#include <atomic>
#include <thread>

using namespace tepal;
using namespace tepal::test;
using Kind = UploadOutcome::Kind;

Q_DECLARE_METATYPE(tepal::test::FaultSpec)

namespace {

const std::string kEmbedded = R"({"_links":{},"_embedded":{"errors":[{"message":"inner"}]}})";
const std::string kNoUrl = R"({"id":"log-1"})";
const std::string kOddUrl = R"({"uploadUrl":"file:///etc/passwd"})";

FaultSpec status(int code, const std::string &body = {}, const std::string &headers = {},
                 const std::string &type = "application/json")
{
    return {Fault::Status, code, body, headers, type};
}

} // namespace

class TestWhylabs : public QObject
{
    Q_OBJECT

    struct Setup
    {
        explicit Setup(WhylabsReceiver::Options options = {}, FixedSecrets given = FixedSecrets())
            : receiver(options)
            , secrets(std::move(given))
            , record(whylabsRecord(receiver.url() + "/"))
        {}
        std::unique_ptr<Destination> destination() const
        {
            return std::move(outletOf(record, secrets)[0].destination);
        }
        /// As the sender would keep it: without secrets.
        UploadOutcome send(std::string ticket = {}, bool mayHaveArrived = false)
        {
            UploadItem item;
            item.bytes = bytes;
            item.dataset = dataset;
            item.datasetTimestamp = kStart;
            item.ticket = std::move(ticket);
            item.mayHaveArrived = mayHaveArrived;
            item.kind = kind;
            item.subject = subject;
            item.segment = segment;
            const auto whylabs = destination();
            UploadOutcome outcome = drive(*whylabs->deliver(item));
            if (outcome.error) {
                outcome.error->message = whylabs->scrub(outcome.error->message);
                outcome.error->next = whylabs->scrub(outcome.error->next);
            }
            return outcome;
        }

        std::string bytes = serializeProfile(sampleProfile(25));
        std::string dataset = "model-1";
        OutboxKind kind = OutboxKind::Chunk;
        std::string subject;
        SegmentTags segment;
        WhylabsReceiver receiver;
        FixedSecrets secrets;
        DestinationRecord record;
        Driver drive;
    };

private Q_SLOTS:
    void initTestCase()
    {
        setLogLevel(LogLevel::Error);
        forgetEnvironment();
    }
    void happyPath()
    {
        WhylabsReceiver::Options options;
        options.key = kKey;
        Setup s(options);
        const auto outcome = s.send();
        QCOMPARE(outcome.kind, Kind::Sent);
        QVERIFY(outcome.ticket.empty() && !outcome.error);
        QCOMPARE(outcome.place, std::string("log-1"));
        QCOMPARE(s.receiver.complaints(), std::vector<std::string>{});
        const auto uploads = s.receiver.uploads();
        QCOMPARE(uploads.size(), std::size_t{1});
        QCOMPARE(uploads[0].organization, std::string("org-7"));
        QCOMPARE(uploads[0].dataset, std::string("model-1"));
        QCOMPARE(uploads[0].timestamp, kStart);
        QVERIFY(uploads[0].bytes == s.bytes);
        QCOMPARE(parseProfile(uploads[0].bytes)->rows(), std::int64_t{25});
        QCOMPARE(s.drive.kept.size(), std::size_t{1});
        QVERIFY(s.drive.kept[0].putting);

        const auto requests = s.receiver.requests();
        QCOMPARE(requests.size(), std::size_t{2});
        const auto body = nlohmann::json::parse(requests[0].body);
        QVERIFY(body["segmentTags"].is_array() && body["segmentTags"].empty());
        QVERIFY(body["region"].is_null());
        QVERIFY(requests[0].headers.at("user-agent").starts_with("tepal/"));
        // What goes to the object store: host, length, type, and nothing that is ours.
        auto put = requests[1].headers;
        for (const char *expected : {"host", "content-length", "content-type"})
            QCOMPARE(put.erase(expected), std::size_t{1});
        QVERIFY2(put.empty(), put.empty() ? "" : put.begin()->first.c_str());
    }
    void placeIsUsedByteForByte()
    {
        // Dot segments, doubled slashes, either case of escapes: all of it is signed.
        Setup s;
        const std::string target = "/a/./b//../c%2fd%2F?x=%7e~&y=1+2%20/../3";
        s.receiver.failGrants(
            {status(200, "{\"uploadUrl\":\"" + s.receiver.url() + target + "\"}")});
        s.send();
        QCOMPARE(s.receiver.requests().back().method, std::string("PUT"));
        QCOMPARE(s.receiver.requests().back().target, target);
    }
    void idsAndNames()
    {
        Setup s;
        s.record.settings["datasets"] = "orders=model-4, model-1 = model/5";
        s.record.settings["dataset"] = "ignored";
        QCOMPARE(s.send().kind, Kind::Sent);
        QVERIFY(s.receiver.requests()[0].target.ends_with("/org-7/log/async/model%2F5"));
        s.dataset = "orders";
        s.send();
        s.dataset = "model-2";
        s.send();
        s.dataset = "model-1";
        s.record.settings.erase("datasets");
        s.send();
        const auto uploads = s.receiver.uploads();
        QCOMPARE(uploads.at(1).dataset, std::string("model-4"));
        QCOMPARE(uploads.at(2).dataset, std::string("model-2"));
        QCOMPARE(uploads.at(3).dataset, std::string("ignored"));
    }
    void references()
    {
        Setup s;
        s.kind = OutboxKind::Reference;
        s.subject = "training";
        QCOMPARE(s.send().kind, Kind::Sent);
        auto request = s.receiver.requests()[0];
        QVERIFY(request.target.ends_with("/org-7/log/reference/model-1"));
        auto body = nlohmann::json::parse(request.body);
        QCOMPARE(body["alias"].get<std::string>(), std::string("training"));
        QVERIFY(!body.contains("segmentTags"));
        s.segment = {{"country", "CH"}};
        QCOMPARE(s.send().kind, Kind::Sent);
        request = s.receiver.requests()[2];
        QVERIFY(
            request.target.ends_with("/org-7/dataset-profiles/models/model-1/reference-profile"));
        body = nlohmann::json::parse(request.body);
        QCOMPARE(body["segments"][0]["tags"][0]["value"].get<std::string>(), std::string("CH"));
        QCOMPARE(s.receiver.uploads().size(), std::size_t{2});
        QCOMPARE(s.receiver.complaints(), std::vector<std::string>{});
    }
    void organisationFromTheKeyWins()
    {
        Setup s;
        s.record.settings["organization"] = "org-other";
        s.send();
        QCOMPARE(s.receiver.uploads()[0].organization, std::string("org-7"));
        Setup t({}, FixedSecrets("abcdefghij." + kKeySecret));
        t.record.settings["organization"] = "org-other";
        t.send();
        QCOMPARE(t.receiver.uploads()[0].organization, std::string("org-other"));
    }
    void whatIsMissingIsSaid()
    {
        const auto problem = [](const std::string &endpoint, const std::string &key) {
            const FixedSecrets secrets(key);
            const auto set =
                outletOf(whylabsRecord(endpoint), secrets)[0].destination->configured();
            return set ? std::string() : set.error().text();
        };
        QVERIFY(problem("", kKey).find("no endpoint is set") != std::string::npos);
        QVERIFY(problem("whylabs.example", kKey).find("not the address") != std::string::npos);
        const std::string password = problem("https://me:password@whylabs.example", kKey);
        QVERIFY(password.find("user or password") != std::string::npos);
        QVERIFY(password.find("me:pass") == std::string::npos);
        const std::string fine = "https://whylabs.example";
        QCOMPARE(problem(fine, kKey), std::string());
        QVERIFY(problem(fine, "").find("WHYLABS_API_KEY") != std::string::npos);
        const std::string noOrganisation = "abcdefghij." + kKeySecret;
        QVERIFY(problem(fine, noOrganisation).find("WHYLABS_DEFAULT_ORG_ID") != std::string::npos);
        const std::string odd = problem(fine, "not-a-key" + kKeySecret);
        QVERIFY(odd.find("dot") != std::string::npos && odd.find(kKeySecret) == std::string::npos);
    }

    void grantFaults_data()
    {
        QTest::addColumn<FaultSpec>("fault");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("text");
        const auto row = [](const char *name, const FaultSpec &fault, Kind kind,
                            const char *text = "") {
            QTest::newRow(name) << fault << static_cast<int>(kind) << text;
        };
        for (const int code : {408, 429, 500, 502, 503, 504})
            QTest::addRow("%d", code) << status(code, "<html>busy</html>", "", "text/html")
                                      << static_cast<int>(Kind::Retry) << QString::number(code);
        row("400", status(400, errorBody("Dataset timestamp cannot be more than 5 years ago.")),
            Kind::Failed, "5 years ago");
        row("401", status(401), Kind::Stopped, "WHYLABS_API_KEY");
        row("403", status(403, "blocked by list", "", "text/plain"), Kind::Stopped,
            "blocked by list");
        row("404", status(404, errorBody("Resource Model with ID x not found.")), Kind::Failed,
            "Resource Model with ID x not found");
        row("409", status(409), Kind::Failed, "409");
        row("410", status(410), Kind::Failed, "410");
        row("415", status(415, kEmbedded), Kind::Failed, "inner");
        row("422", status(422), Kind::Failed, "422");
        row("cut off", {Fault::CloseBeforeAnswer, 0, "", "", ""}, Kind::Retry, "no answer");
        row("lost answer", {Fault::LoseAnswer, 0, "", "", ""}, Kind::Retry, "no answer");
        row("captive portal", {Fault::Garbage, 0, "", "", ""}, Kind::Stopped, "web page");
        row("not json", status(200, "fine"), Kind::Stopped, "does not answer like a WhyLabs");
        row("no url", status(200, kNoUrl), Kind::Stopped, "names no place");
        row("odd url", status(200, kOddUrl), Kind::Stopped, "names no place");
        row("redirect", {Fault::Redirect, 0, "", "", ""}, Kind::Stopped,
            "redirects to http://localhost:9/elsewhere (");
        row("key echoed", status(400, errorBody("bad " + kKey)), Kind::Failed, "abcdefghij.…");
    }
    void grantFaults()
    {
        QFETCH(FaultSpec, fault);
        QFETCH(int, kind);
        QFETCH(QString, text);
        Setup s;
        s.receiver.failGrants({fault});
        const auto outcome = s.send();
        QCOMPARE(static_cast<int>(outcome.kind), kind);
        QVERIFY(outcome.error.has_value());
        const std::string said = outcome.error->text();
        QVERIFY2(said.find(text.toStdString()) != std::string::npos, said.c_str());
        QVERIFY(said.find(kKeySecret) == std::string::npos);
        QVERIFY(!outcome.error->next.empty());
        // No place, no PUT; a redirect is not followed.
        QCOMPARE(s.receiver.count("PUT"), std::size_t{0});
        QVERIFY(outcome.ticket.empty() && !outcome.mayHaveArrived);
        // Trouble of the server's is every item's; an internal error may be this one's.
        const bool one = fault.fault == Fault::Status &&
                         (fault.status == 408 || (fault.status >= 500 && fault.status != 503));
        QCOMPARE(outcome.everyItem, outcome.kind == Kind::Retry ? !one : outcome.everyItem);
        QCOMPARE(outcome.everyItemOfDataset, fault.status == 404);
    }
    void retryAfterIsHonoured()
    {
        Setup s;
        s.receiver.failGrants({status(429, "Too many requests. Please try again later.",
                                      "Retry-After: 7\r\n", "text/plain")});
        const auto outcome = s.send();
        QCOMPARE(outcome.retryAfter, DurationMs{7000});
        QVERIFY(outcome.error->message.find("Too many requests") != std::string::npos);
        s.receiver.failPuts({status(503, "", "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n")});
        QCOMPARE(s.send().retryAfter, 366 * kDayMs);
        // A clock that is hours off here or there changes nothing.
        s.receiver.failPuts({status(503, "",
                                    "Date: Fri, 31 Dec 2100 22:59:59 GMT\r\n"
                                    "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n")});
        QCOMPARE(s.send().retryAfter, kHourMs);
        s.receiver.failPuts({status(503, "", "Retry-After: soon\r\n")});
        QCOMPARE(s.send().retryAfter, DurationMs{0});
    }

    void putFaults_data()
    {
        QTest::addColumn<FaultSpec>("fault");
        QTest::addColumn<int>("kind");
        QTest::addColumn<bool>("keepsUrl");
        QTest::addColumn<bool>("mayHaveArrived");
        const auto row = [](const char *name, const FaultSpec &fault, Kind kind, bool keepsUrl,
                            bool mayHaveArrived) {
            QTest::newRow(name) << fault << static_cast<int>(kind) << keepsUrl << mayHaveArrived;
        };
        row("408", status(408), Kind::Retry, true, false);
        row("429", status(429), Kind::Retry, true, false);
        for (const int code : {500, 502, 503, 504})
            QTest::addRow("%d", code)
                << status(code) << static_cast<int>(Kind::Retry) << true << true;
        row("lost answer", {Fault::LoseAnswer, 0, "", "", ""}, Kind::Retry, true, true);
        row("cut off", {Fault::CloseBeforeAnswer, 0, "", "", ""}, Kind::Retry, true, true);
        row("400", status(400), Kind::Failed, false, false);
        row("403", status(403, "<Error><Code>AccessDenied</Code><Message>No</Message></Error>"),
            Kind::Failed, false, false);
        row("411", status(411), Kind::Failed, false, false);
        row("redirect", {Fault::Redirect, 0, "", "", ""}, Kind::Stopped, true, false);
        row("captive portal", {Fault::Garbage, 0, "", "", ""}, Kind::Stopped, true, false);
    }
    void putFaults()
    {
        QFETCH(FaultSpec, fault);
        QFETCH(int, kind);
        QFETCH(bool, keepsUrl);
        QFETCH(bool, mayHaveArrived);
        Setup s;
        s.receiver.failPuts({fault});
        const auto outcome = s.send();
        QCOMPARE(static_cast<int>(outcome.kind), kind);
        QVERIFY(outcome.error.has_value());
        QCOMPARE(outcome.mayHaveArrived, mayHaveArrived);
        QCOMPARE(outcome.ticket, keepsUrl ? s.drive.kept.at(0).ticket : std::string());
        QVERIFY(outcome.kind != Kind::Asks);
        QVERIFY(outcome.error->text().find("X-Amz-Signature") == std::string::npos);
        QCOMPARE(s.receiver.count("POST"), std::size_t{1});
        QCOMPARE(s.receiver.complaints(), std::vector<std::string>{});
        if (!keepsUrl)
            return;
        // The next try goes to the same place, and there is one profile in the end.
        QCOMPARE(s.send(outcome.ticket, outcome.mayHaveArrived).kind, Kind::Sent);
        QCOMPARE(s.receiver.count("POST"), std::size_t{1});
        QCOMPARE(s.receiver.uploads().size(), std::size_t{1});
        QVERIFY(s.receiver.uploads()[0].bytes == s.bytes);
    }
    void expiredUnusedGetsANewPlace()
    {
        Setup s;
        s.receiver.failPuts({{Fault::Expired, 403, "", "", ""}});
        const auto outcome = s.send();
        QCOMPARE(outcome.kind, Kind::Sent);
        QCOMPARE(s.drive.kept.size(), std::size_t{2});
        QCOMPARE(s.receiver.uploads()[0].puts, 0);
        QCOMPARE(s.receiver.uploads()[1].puts, 1);
        // But once only.
        s.receiver.failPuts({{Fault::Expired, 403, "", "", ""}, {Fault::Expired, 403, "", "", ""}});
        QCOMPARE(s.send().kind, Kind::Failed);
        QCOMPARE(s.drive.kept.size(), std::size_t{4});
    }
    void expiredAndMaybeThereNeedsADecision()
    {
        Setup s;
        s.receiver.failPuts(
            {{Fault::LoseAnswer, 0, "", "", ""}, {Fault::Expired, 403, "", "", ""}});
        const auto first = s.send();
        QVERIFY(first.mayHaveArrived);
        const auto second = s.send(first.ticket, first.mayHaveArrived);
        QCOMPARE(second.kind, Kind::Asks);
        QVERIFY(second.error->message.find("may have arrived") != std::string::npos);
        // No second profile was made behind the user's back.
        QCOMPARE(s.receiver.uploads().size(), std::size_t{1});
    }
    void nobodyThere()
    {
        Setup s;
        {
            const WhylabsReceiver gone;
            s.record.settings["endpoint"] = gone.url();
        }
        const auto outcome = s.send();
        QCOMPARE(outcome.kind, Kind::Retry);
        QVERIFY(outcome.everyItem && !outcome.mayHaveArrived);
    }
    void connectionRefusedAtThePlace()
    {
        // The place cannot be reached: nothing can have arrived there.
        Setup s;
        std::string url;
        {
            const WhylabsReceiver gone;
            url = gone.url() + "/x?y";
        }
        const auto outcome = s.send(url);
        QCOMPARE(outcome.kind, Kind::Retry);
        QCOMPARE(outcome.ticket, url);
        QVERIFY(!outcome.mayHaveArrived);
    }
    void stopsAtOnce_data()
    {
        QTest::addColumn<bool>("atPut");
        QTest::newRow("grant") << false;
        QTest::newRow("put") << true;
    }
    void stopsAtOnce()
    {
        QFETCH(bool, atPut);
        std::stop_source stop;
        std::atomic<int> requests{0};
        WhylabsReceiver::Options options;
        options.onRequest = [&](const ReceivedRequest &) {
            if (++requests == (atPut ? 2 : 1))
                stop.request_stop();
        };
        Setup s(options);
        s.drive.timeout = 600'000;
        s.drive.stop = stop.get_token();
        const FaultSpec hang{Fault::Hang, 0, "", "", ""};
        if (atPut)
            s.receiver.failPuts({hang});
        else
            s.receiver.failGrants({hang});
        const auto outcome = s.send();
        QCOMPARE(outcome.kind, Kind::Cancelled);
        QCOMPARE(outcome.ticket.empty(), !atPut);
        QCOMPARE(outcome.mayHaveArrived, atPut);
    }
    void slowAnswerTimesOut()
    {
        Setup s;
        s.drive.timeout = 200;
        s.receiver.failGrants({{Fault::Hang, 0, "", "", ""}});
        const auto outcome = s.send();
        QCOMPARE(outcome.kind, Kind::Retry);
    }
    void keyIsNowhere()
    {
        setLogLevel(LogLevel::Debug);
        setLogToStderr(false);
        const std::uint64_t before = lastLogId();
        Setup s;
        s.receiver.failGrants({status(500, kKey), status(403, errorBody(kKey))});
        for (int i = 0; i < 3; ++i) {
            const auto outcome = s.send();
            if (outcome.error)
                QVERIFY(outcome.error->text().find(kKeySecret) == std::string::npos);
        }
        for (const LogEntry &entry : logEntriesAfter(before))
            QVERIFY2(entry.text.find(kKeySecret) == std::string::npos, entry.text.c_str());
        for (const ReceivedRequest &request : s.receiver.requests()) {
            if (request.method != "PUT")
                continue;
            for (const auto &[name, value] : request.headers)
                QVERIFY2(value.find(kKeySecret) == std::string::npos, name.c_str());
            QVERIFY(request.target.find(kKeySecret) == std::string::npos);
        }
        setLogLevel(LogLevel::Error);
        setLogToStderr(true);
    }
    void connectionTest()
    {
        Setup s;
        const auto ask = [&] { return s.destination()->test({}); };
        const auto fine = ask();
        QCOMPARE(fine.size(), std::size_t{3}); // complete, the key, the dataset
        for (const DestinationCheck &check : fine)
            QVERIFY2(check.ok, check.text.c_str());
        s.record.settings["dataset"] = "unknown";
        QVERIFY(!ask().back().ok);
        QVERIFY(ask().back().text.find("no dataset unknown") != std::string::npos);
        WhylabsReceiver::Options options;
        options.key = "another";
        Setup other(options);
        s.record = other.record;
        QVERIFY(!ask().back().ok);
        QCOMPARE(ask().size(), std::size_t{2});
        QVERIFY(!ask().back().next.empty());
        QVERIFY(ask().back().text.find(kKeySecret) == std::string::npos);
        s.record.settings["endpoint"] = "";
        QCOMPARE(ask().size(), std::size_t{1});
        QCOMPARE(other.receiver.count("PUT") + other.receiver.count("POST"), std::size_t{0});
    }
};

QTEST_GUILESS_MAIN(TestWhylabs)
#include "tst_whylabs.moc"
