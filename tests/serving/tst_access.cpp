// Closed, and never in silence: whom the endpoint answers, and that every refusal is counted.

#include "http_client.h"

#include <tepal/base/log.h>

#include <QtTest>

#include <set>

using namespace tepal;
using namespace tepal::test;

namespace {

std::uint64_t countOf(const ServerStats &stats, Refusal reason)
{
    for (const RefusalCount &one : stats.refused) {
        if (one.reason == reason)
            return one.count;
    }
    return 0;
}

std::string post(const std::string &target, const std::string &host, const std::string &more = {})
{
    return "POST " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + more +
           "Content-Length: 17\r\n\r\n[[4.9,3,1.4,0.2]]";
}

} // namespace

class TestAccess : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixture> m_fixture;

private Q_SLOTS:
    void initTestCase()
    {
        setLogLevel(LogLevel::Error);
        m_fixture = std::make_unique<Fixture>();
    }

    void hosts_data()
    {
        QTest::addColumn<QByteArray>("host");
        QTest::addColumn<int>("status");
        const auto row = [](const char *host, int status) {
            QTest::newRow(host) << QByteArray(host) << status;
        };
        row("localhost", 200);
        row("localhost:", 200);
        row("LocalHost.:80", 200);
        row("127.0.0.1:65535", 200);
        row("[::1]", 200);
        row("[::1]:3000", 200);
        row("[0:0:0:0:0:0:0:1]:3000", 403); // another spelling is another name
        row("evil.test", 403);
        row("localhost.evil.test", 403);
        row("127.0.0.1.evil.test:80", 403);
        row("127.0.0.2", 403);
        row("2130706433", 403);
        row("localhost:x@evil.test", 400);
        row("localhost..", 400);
        row("a..localhost", 400);
        row("user@localhost", 400);
        row("localhost@evil.test", 400);
        row("[::1].evil.test", 400);
        row("[::1]evil", 400);
        row("[::1", 400);
        row("[]", 400);
        row("[localhost]", 400);
        row("[fe80::1%eth0]", 400);
        row("127.0.0.1:abc", 400);
        row("127.0.0.1:80:80", 400);
        row("127.0.0.1:65536", 400);
        row("127.0.0.1:-1", 400);
        row("localhost:+80", 400);
        row("localhost/evil", 400);
        row("localhost evil", 400);
        row("localhost,evil", 400);
        row("http://localhost", 400);
        row("l\xC3\xB6"
            "calhost",
            400);
        row(".localhost", 400);
        row(":80", 400);
    }
    void hosts()
    {
        QFETCH(QByteArray, host);
        QFETCH(int, status);
        const std::string name = host.toStdString();
        const auto rows = m_fixture->rows().size();
        QCOMPARE(m_fixture->ask(post(kPredict, name)).status, status);
        QCOMPARE(m_fixture->rows().size(), rows + (status == 200 ? 1 : 0));
        // The same reading wherever a host stands: in a target too, which counts before Host.
        if (!host.contains('/')) // With one it would be another target.
            QCOMPARE(m_fixture->ask(post("http://" + name + kPredict, "localhost")).status, status);
        QCOMPARE(m_fixture->ask(post("http://localhost" + kPredict, "evil.test")).status, 200);
        // And no redirect leads anywhere else.
        const auto moved = m_fixture->ask("GET /docs.json/ HTTP/1.1\r\nHost: " + name + "\r\n\r\n");
        QCOMPARE(moved.status, status == 200 ? 307 : status);
        QVERIFY(moved.header("location").find("evil") == std::string::npos);
        QVERIFY(moved.header("location").find('@') == std::string::npos);
    }

    void redirectsNameTheHostAsItIsRead()
    {
        const auto where = [&](const std::string &host) {
            return m_fixture->ask("GET /healthz/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                .header("location");
        };
        QCOMPARE(where("LOCALHOST.:3000"), std::string("http://localhost:3000/healthz"));
        QCOMPARE(where("[::1]:3000"), std::string("http://[::1]:3000/healthz"));
    }

    void pagesOfOtherOrigins()
    {
        const auto status = [&](const std::string &more) {
            return m_fixture->ask(post(kPredict, "localhost:3000", more)).status;
        };
        QCOMPARE(status("Sec-Fetch-Site: cross-site\r\n"), 403);
        QCOMPARE(status("sec-fetch-site: cross-site\r\nOrigin: http://localhost:3000\r\n"), 200);
        QCOMPARE(status("Sec-Fetch-Site: same-origin\r\n"), 200);
        QCOMPARE(status("Sec-Fetch-Site: none\r\n"), 200);
        QCOMPARE(status("Origin: http://LOCALHOST:3000\r\n"), 200);
        for (const char *origin : {"http://localhost", "http://localhost:3000@evil.test",
                                   "ftp://localhost:3000", "localhost:3000", "null", ""})
            QCOMPARE(status(std::string("Origin: ") + origin + "\r\n"), 403);
        // A link from elsewhere to the pages is no harm.
        QCOMPARE(m_fixture->get("/docs.json", "Sec-Fetch-Site: cross-site\r\n").status, 200);
    }

    void everyRefusalIsCounted()
    {
        ServerOptions options;
        options.maxBody = 1000;
        options.requestTimeout = 100;
        Fixture fixture(options, {}, {}, false);
        QVERIFY(fixture.server->stats().refused.empty());
        const auto expect = [&](Refusal reason, const std::string &bytes, int status) {
            const auto before = countOf(fixture.server->stats(), reason);
            QCOMPARE(fixture.ask(bytes).status, status);
            QTRY_COMPARE(countOf(fixture.server->stats(), reason), before + 1);
        };
        expect(Refusal::Malformed, "noise\r\n\r\n", 400);
        expect(Refusal::Malformed, post(kPredict, "a b"), 400);
        expect(Refusal::Malformed, "GET / HTTP/1.1\r\n\r\n", 400);
        expect(Refusal::ForeignHost, post(kPredict, "mirror"), 403);
        expect(Refusal::ForeignHost, post(kPredict, "mirror:80"), 403);
        expect(Refusal::ForeignOrigin, post(kPredict, "localhost", "Origin: http://a.test\r\n"),
               403);
        expect(Refusal::HeaderTooLarge,
               "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n",
               400);
        expect(Refusal::BodyTooLarge, request("POST", kPredict, std::string(2000, ' ')), 413);
        expect(Refusal::Encoding, request("POST", kPredict, "x", "Content-Encoding: br\r\n"), 415);
        expect(Refusal::Encoding, request("POST", kPredict, "x", "Content-Encoding: gzip\r\n"),
               400);
        expect(Refusal::Slow, "POST " + kPredict, 408);
        expect(Refusal::NoModel, request("POST", kPredict, "[1]"), 503);
        expect(Refusal::Unreadable, request("POST", "/v1/log", "x"), 400);
        // What is answered is none, and neither is a path that does not exist.
        QCOMPARE(fixture.get("/healthz").status, 200);
        QCOMPARE(fixture.get("/nothing").status, 404);
        const ServerStats stats = fixture.server->stats();
        std::uint64_t all = 0;
        for (const RefusalCount &one : stats.refused)
            all += one.count;
        QCOMPARE(all, std::uint64_t{13});
        QCOMPARE(stats.foreignHosts, (std::vector<std::string>{"mirror", "mirror:80"}));
        const std::string metrics = fixture.get("/metrics").body;
        QVERIFY(metrics.find("tepal_refused_requests_total{reason=\"foreign_host\"} 2.0\n") !=
                std::string::npos);
        QVERIFY(metrics.find("tepal_refused_requests_total{reason=\"busy\"} 0.0\n") !=
                std::string::npos);
    }

    void theTableIsWhole()
    {
        QCOMPARE(refusalTable().size(), kRefusals - 1);
        std::set<std::string_view> names;
        for (std::size_t i = 0; i < refusalTable().size(); ++i) {
            const RefusalRow &row = refusalTable()[i];
            QCOMPARE(static_cast<std::size_t>(row.reason), i + 1);
            QVERIFY(names.insert(row.name).second);
            QVERIFY(!row.text.empty() && !row.next.empty());
        }
        QCOMPARE(refusalSentence({Refusal::ForeignHost, 20}, {"tp"}),
                 std::string("20 requests named another machine as host (tp): allow it with "
                             "--allow-host tp"));
    }

    void namesOfForeignHostsAreBounded()
    {
        Fixture fixture;
        for (int i = 0; i < 100; ++i)
            fixture.ask(post(kPredict, "h" + std::to_string(i) + std::string(100, 'x')));
        const auto hosts = fixture.server->stats().foreignHosts;
        QCOMPARE(hosts.size(), std::size_t{8});
        for (const std::string &host : hosts)
            QVERIFY(host.size() <= 64);
    }

    void concurrency()
    {
        ServerOptions options;
        options.maxConcurrency = 1;
        Fixture fixture(options);
        Client slow(fixture.server->port());
        const std::string whole = request("POST", kPredict, "[[4.9,3,1.4,0.2]]");
        slow.send(whole.substr(0, 60));
        QTRY_COMPARE(fixture.server->stats().inFlight, std::uint64_t{1});
        const auto refused = fixture.ask(whole);
        QCOMPARE(refused.status, 429);
        QVERIFY(refused.body.find("--max-concurrency") != std::string::npos);
        QCOMPARE(fixture.get("/healthz").status, 200);
        QCOMPARE(countOf(fixture.server->stats(), Refusal::Busy), std::uint64_t{1});
        slow.send(whole.substr(60));
        QCOMPARE(slow.receive().status, 200);
        QTRY_COMPARE(fixture.server->stats().inFlight, std::uint64_t{0});
        QCOMPARE(fixture.ask(whole).status, 200);
    }
};

QTEST_GUILESS_MAIN(TestAccess)
#include "tst_access.moc"
