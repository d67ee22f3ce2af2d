#include "http_client.h"

#include <tepal/base/log.h>

#include <QtTest>

using namespace tepal;
using namespace tepal::test;

/// The protocol: framing, limits, time, connections, starting and stopping.
class TestHttp : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void keepAliveAndPipelining();
    void manyPipelined();
    void byteByByte();
    void connectionClose();
    void http10();
    void chunked();
    void expectContinue();
    void malformed_data();
    void malformed();
    void missingHost();
    void largeHeader();
    void bodyLimits();
    void largeBody();
    void slowRequest();
    void idleConnection();
    void slowReaderDoesNotBlockOthers();
    void gracefulStop();
    void stopAnswersWhatHasArrived();
    void stopDoesNotWaitForever();
    void portInUse();
    void unusableOptions();
    void connectionLimit();
    void connectionsAreSpread();

private:
    std::unique_ptr<Fixture> m_fixture;
};

static const std::string kGood = request("POST", kPredict, "[[4.9,3,1.4,0.2]]");

void TestHttp::initTestCase()
{
    setLogLevel(LogLevel::Error);
    m_fixture = std::make_unique<Fixture>();
}

void TestHttp::keepAliveAndPipelining()
{
    Client client(m_fixture->server->port());
    for (int i = 0; i < 3; ++i) {
        client.send(kGood);
        QCOMPARE(client.receive().body, std::string("setosa"));
    }
    client.send(kGood + request("GET", "/healthz") +
                request("POST", kPredict, "[[6.3,3.3,6.0,2.5]]") + request("GET", "/nothing"));
    QCOMPARE(client.receive().body, std::string("setosa"));
    QCOMPARE(client.receive().body, std::string("\n"));
    QCOMPARE(client.receive().body, std::string("virginica"));
    QCOMPARE(client.receive().status, 404);
}

void TestHttp::manyPipelined()
{
    // More answers than any buffer holds; they must all come, in order.
    Client client(m_fixture->server->port());
    constexpr int kCount = 5000;
    std::thread sender([&] {
        for (int i = 0; i < kCount; ++i)
            client.send(i % 2 == 0 ? kGood : request("GET", "/docs.json"));
    });
    bool right = true;
    for (int i = 0; i < kCount; ++i) {
        const auto answer = client.receive();
        right = right && answer.status == 200 && (answer.body == "setosa") == (i % 2 == 0);
    }
    sender.join();
    QVERIFY(right);
}

void TestHttp::byteByByte()
{
    Client client(m_fixture->server->port());
    for (const char c : kGood)
        client.send(std::string(1, c));
    QCOMPARE(client.receive().body, std::string("setosa"));
    for (std::size_t cut = 1; cut < kGood.size(); cut += 7) {
        client.send(kGood.substr(0, cut));
        client.send(kGood.substr(cut) + kGood);
        QCOMPARE(client.receive().body, std::string("setosa"));
        QCOMPARE(client.receive().body, std::string("setosa"));
    }
}

void TestHttp::connectionClose()
{
    Client client(m_fixture->server->port());
    client.send(request("GET", "/healthz", {}, "Connection: close\r\n"));
    const auto answer = client.receive();
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.header("connection"), std::string("close"));
    QVERIFY(client.closed());
    // A client that has finished sending gets its answers.
    Client half(m_fixture->server->port());
    half.send(kGood);
    half.finishSending();
    QCOMPARE(half.receive().body, std::string("setosa"));
    QVERIFY(half.closed());
}

void TestHttp::http10()
{
    Client client(m_fixture->server->port());
    client.send("POST " + kPredict + " HTTP/1.0\r\nContent-Length: 17\r\n\r\n[[4.9,3,1.4,0.2]]");
    QCOMPARE(client.receive().body, std::string("setosa"));
    QVERIFY(client.closed());
    Client kept(m_fixture->server->port());
    for (int i = 0; i < 2; ++i) {
        kept.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        QCOMPARE(kept.receive().header("connection"), std::string("keep-alive"));
    }
}

void TestHttp::chunked()
{
    Client client(m_fixture->server->port());
    client.send("POST " + kPredict +
                " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                "5\r\n[[4.9\r\n4;ext=1\r\n,3,1\r\n");
    client.send("8\r\n.4,0.2]]\r\n0\r\nTrailer: x\r\n\r\n" + kGood);
    QCOMPARE(client.receive().body, std::string("setosa"));
    QCOMPARE(client.receive().body, std::string("setosa"));
    // The last chunk may come in any pieces.
    for (const char *end : {"0\r\n", "\r", "\n"}) {
        if (std::string_view(end) == "0\r\n")
            client.send("POST " + kPredict +
                        " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.send(end);
        QTest::qWait(20);
    }
    QCOMPARE(client.receive().status, 400); // no body is no row
    client.send(kGood);
    QCOMPARE(client.receive().body, std::string("setosa"));
}

void TestHttp::expectContinue()
{
    Client client(m_fixture->server->port());
    client.send("POST " + kPredict +
                " HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "
                "17\r\n\r\n");
    QCOMPARE(client.receive().status, 100);
    client.send("[[4.9,3,1.4,0.2]]");
    QCOMPARE(client.receive().body, std::string("setosa"));
    // With the body at hand there is nothing to ask for.
    client.send("POST " + kPredict +
                " HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "
                "17\r\n\r\n[[4.9,3,1.4,0.2]]");
    QCOMPARE(client.receive().body, std::string("setosa"));
}

void TestHttp::malformed_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const std::string post = "POST " + kPredict + " HTTP/1.1\r\nHost: localhost\r\n";
    const std::pair<const char *, std::string> cases[] = {
        {"noise", "noise\r\n\r\n"},
        {"TLS", "\x16\x03\x01\x02\x01\x01"},
        {"lower case", "get /healthz HTTP/1.1\r\n\r\n"},
        {"unknown method", "BREW / HTTP/1.1\r\n\r\n"},
        {"version", "GET / HTTP/2.0\r\n\r\n"},
        {"no version", "GET /\r\n\r\n"},
        {"bad length", post + "Content-Length: x\r\n\r\n"},
        {"negative length", post + "Content-Length: -1\r\n\r\n"},
        {"plus length", post + "Content-Length: +4\r\n\r\n"},
        {"two lengths", post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\n[[]]"},
        {"length list", post + "Content-Length: 4, 4\r\n\r\n[[]]"},
        {"length and chunks",
         post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"chunks and length",
         post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"},
        {"two encodings",
         post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"other encoding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
        {"encoding after chunks", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
        {"chunks in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"chunk size", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"},
        {"space before colon", "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n"},
        {"two hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n"},
        {"no colon", "GET / HTTP/1.1\r\nHost\r\n\r\n"},
        {"nul", std::string("GET /\0x HTTP/1.1\r\n\r\n", 20)},
    };
    for (const auto &[name, bytes] : cases)
        QTest::addRow("%s", name) << QByteArray::fromStdString(bytes);
}

void TestHttp::malformed()
{
    QFETCH(QByteArray, bytes);
    Client client(m_fixture->server->port());
    client.send(bytes.toStdString());
    client.finishSending();
    const auto answer = client.receive();
    QCOMPARE(answer.status, 400);
    QCOMPARE(answer.body, std::string("Invalid HTTP request received."));
    QCOMPARE(answer.header("connection"), std::string("close"));
    QVERIFY(client.closed());
}

/// Without a host the rules on host names would be no rules (RFC 9112, 3.2).
void TestHttp::missingHost()
{
    for (const std::string rest : {" HTTP/1.1\r\n\r\n", " HTTP/1.1\r\nX-Host: localhost\r\n\r\n"}) {
        Client client(m_fixture->server->port());
        client.send("GET /healthz" + rest + kGood);
        const auto answer = client.receive();
        QCOMPARE(answer.status, 400);
        QVERIFY(answer.body.find("Host") != std::string::npos);
        QVERIFY(client.closed());
    }
    // The body may come with the header or after it.
    for (const std::string end :
         {"\r\n\r\n", "\r\n\r\n[[4.9,3,1.4", "\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
        Client client(m_fixture->server->port());
        client.send("POST " + kPredict + " HTTP/1.1\r\nContent-Length: 17" + end);
        QCOMPARE(client.receive().status, 400);
    }
    const auto rows = m_fixture->rows().size();
    Client post(m_fixture->server->port());
    post.send("POST " + kPredict + " HTTP/1.1\r\nContent-Length: 17\r\n\r\n[[4.9,3,1.4,0.2]]");
    QCOMPARE(post.receive().status, 400);
    QCOMPARE(m_fixture->rows().size(), rows);
    Client old(m_fixture->server->port());
    old.send("GET /healthz HTTP/1.0\r\n\r\n");
    QCOMPARE(old.receive().status, 200);
    Client empty(m_fixture->server->port());
    empty.send("GET /healthz HTTP/1.1\r\nHost:\r\n\r\n");
    QCOMPARE(empty.receive().status, 400);
}

void TestHttp::largeHeader()
{
    Client fine(m_fixture->server->port());
    fine.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(60'000, 'x') +
              "\r\n\r\n");
    QCOMPARE(fine.receive().status, 200);
    Client field(m_fixture->server->port());
    field.send("GET /healthz HTTP/1.1\r\nX: " + std::string(200'000, 'x') + "\r\n\r\n");
    QCOMPARE(field.receive().status, 400);
    QVERIFY(field.closed());
    Client target(m_fixture->server->port());
    target.send("GET /" + std::string(200'000, 'x') + " HTTP/1.1\r\n\r\n");
    QCOMPARE(target.receive().status, 400);
    QVERIFY(target.closed());
}

void TestHttp::bodyLimits()
{
    ServerOptions options;
    options.maxBody = 1000;
    Fixture fixture(options);
    // Exactly the limit is fine for the transport.
    QCOMPARE(fixture.post(kPredict, "[[4.9,3,1.4,0.2]]" + std::string(983, ' ')).status, 200);
    Client plain(fixture.server->port());
    plain.send(request("POST", kPredict, std::string(500'000, ' ')));
    const auto answer = plain.receive();
    QCOMPARE(answer.status, 413);
    QVERIFY(answer.body.find("1000 bytes") != std::string::npos);
    QVERIFY(answer.body.find("tepal serve --max-body") != std::string::npos);
    plain.finishSending();
    QVERIFY(plain.closed());
    Client chunked(fixture.server->port());
    chunked.send("POST " + kPredict +
                 " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n300\r\n" +
                 std::string(0x300, ' ') + "\r\n300\r\n" + std::string(0x300, ' ') +
                 "\r\n0\r\n\r\n");
    QCOMPARE(chunked.receive().status, 413);
    Client huge(fixture.server->port());
    huge.send(
        "POST " + kPredict +
        " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n");
    QVERIFY(huge.receive().status >= 400);
    // Refused before anything is sent.
    Client asking(fixture.server->port());
    asking.send("POST " + kPredict +
                " HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                "Content-Length: 1001\r\n\r\n");
    QCOMPARE(asking.receive().status, 413);
}

void TestHttp::largeBody()
{
    const std::string body =
        "[{\"a\":\"" + std::string(900'000, 'x') + "\"}" + std::string(8'000'000, ' ') + "]";
    const auto answer = m_fixture->post("/v1/models/custom_model/predict", body);
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body.size(), std::size_t{900'010});
}

void TestHttp::slowRequest()
{
    ServerOptions options;
    options.requestTimeout = 200;
    Fixture fixture(options);
    Client client(fixture.server->port());
    client.send("POST " + kPredict +
                " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 17\r\n\r\n[[");
    QCOMPARE(client.receive().status, 408);
    QVERIFY(client.closed());
    // Trickling does not extend the time.
    Client trickle(fixture.server->port());
    bool open = true;
    for (int i = 0; i < 200 && open; ++i) {
        open = trickle.send("G");
        QTest::qWait(10);
        char c = 0;
        open = open && ::recv(trickle.socket(), &c, 1, MSG_DONTWAIT | MSG_PEEK) != 0;
    }
    QVERIFY(!open);
}

void TestHttp::idleConnection()
{
    ServerOptions options;
    options.keepAlive = 150;
    Fixture fixture(options);
    Client client(fixture.server->port());
    client.send(kGood);
    QCOMPARE(client.receive().status, 200);
    QVERIFY(client.closed());
    Client silent(fixture.server->port());
    QVERIFY(silent.closed());
}

void TestHttp::slowReaderDoesNotBlockOthers()
{
    ServerOptions options;
    options.threads = 1;
    options.requestTimeout = 500;
    Fixture fixture(options);
    Client greedy(fixture.server->port());
    const int small = 4096;
    ::setsockopt(greedy.socket(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    // Asks for many megabytes and reads nothing.
    std::string many;
    for (int i = 0; i < 3000; ++i)
        many += request("GET", "/docs.json");
    std::thread sender([&] { greedy.send(many); });
    for (int i = 0; i < 50; ++i)
        QCOMPARE(fixture.ask(kGood).body, std::string("setosa"));
    // The one that does not read is let go.
    QTRY_COMPARE(fixture.server->stats().connections, std::uint64_t{0});
    sender.join();
}

void TestHttp::gracefulStop()
{
    ServerOptions options;
    options.threads = 2;
    Fixture fixture(options);
    const auto port = fixture.server->port();
    Client idle(port);
    idle.send(kGood);
    QCOMPARE(idle.receive().status, 200);
    // A request that has begun is answered, with the news that it was the last one.
    Client begun(port);
    begun.send(kGood.substr(0, kGood.size() - 5));
    QTRY_COMPARE(fixture.server->stats().inFlight, std::uint64_t{1});
    std::thread stopper([&] { fixture.server->stop(); });
    QVERIFY(idle.closed());
    QVERIFY(begun.send(kGood.substr(kGood.size() - 5)));
    const auto answer = begun.receive();
    QCOMPARE(answer.body, std::string("setosa"));
    QCOMPARE(answer.header("connection"), std::string("close"));
    stopper.join();
    QVERIFY(!Client(port).connected());
    fixture.server->stop(); // once more does no harm
    QCOMPARE(fixture.rows().size(), std::size_t{2});
}

void TestHttp::stopAnswersWhatHasArrived()
{
    for (int round = 0; round < 10; ++round) {
        Fixture fixture;
        std::vector<std::unique_ptr<Client>> clients;
        for (int i = 0; i < 8; ++i) {
            clients.push_back(std::make_unique<Client>(fixture.server->port()));
            QVERIFY(clients.back()->send(kGood));
        }
        fixture.server->stop();
        for (const auto &client : clients)
            QCOMPARE(client->receive().body, std::string("setosa"));
        QCOMPARE(fixture.rows().size(), std::size_t{8});
    }
}

void TestHttp::stopDoesNotWaitForever()
{
    ServerOptions options;
    options.stopGrace = 100;
    options.keepAlive = 100;
    Fixture fixture(options);
    Client client(fixture.server->port());
    client.send("POST ");
    QTRY_COMPARE(fixture.server->stats().inFlight, std::uint64_t{1});
    fixture.server->stop();
    QVERIFY(client.closed());
}

void TestHttp::portInUse()
{
    ServerOptions options;
    options.port = m_fixture->server->port();
    options.logging = false;
    const auto second = Server::start(options, {});
    QVERIFY(!second);
    QCOMPARE(second.error().code, ErrorCode::Busy);
    QVERIFY(second.error().message.find(std::to_string(options.port)) != std::string::npos);
    QVERIFY(second.error().next.find("--port 0") != std::string::npos);
#ifdef __linux__
    QVERIFY2(second.error().message.find("process " + std::to_string(::getpid())) !=
                 std::string::npos,
             second.error().message.c_str());
#endif
    // The port that is offered is free.
    const auto at = second.error().next.find("--port ");
    options.port = static_cast<std::uint16_t>(std::stoi(second.error().next.substr(at + 7)));
    QVERIFY(options.port > m_fixture->server->port());
    QVERIFY(Server::start(options, {}));
}

void TestHttp::unusableOptions()
{
    const auto code = [](ServerOptions options, bool logging = false) {
        options.logging = logging;
        const auto server = Server::start(options, {});
        return server ? ErrorCode::Internal : server.error().code;
    };
    QCOMPARE(code({.host = "0.0.0.0"}), ErrorCode::Denied);
    QCOMPARE(code({.host = "no such host"}), ErrorCode::InvalidArgument);
    QCOMPARE(code({.host = "192.0.2.1", .allowRemote = true}), ErrorCode::InvalidArgument);
    QCOMPARE(code({.keepAlive = 0}), ErrorCode::InvalidArgument);
    QCOMPARE(code({}, true), ErrorCode::InvalidArgument);
    QCOMPARE(code({.host = "localhost"}), ErrorCode::Internal);
    // What would never match anything is no rule.
    for (const char *host : {"http://box.example", "box example", "", "box.example:x"})
        QCOMPARE(code({.allowedHosts = {host}}), ErrorCode::InvalidArgument);
    QCOMPARE(code({.allowedHosts = {"box.example:80", "[::2]", "10.0.0.1"}}), ErrorCode::Internal);
    for (const char *origin : {"app.example", "https://app.example/", "https://", "*", "null"})
        QCOMPARE(code({.allowedOrigins = {origin}}), ErrorCode::InvalidArgument);
    QCOMPARE(code({.allowedOrigins = {"https://app.example:8443", "http://localhost"}}),
             ErrorCode::Internal);
    ServerOptions open{.host = "0.0.0.0", .allowRemote = true, .logging = false};
    auto server = Server::start(open, {});
    QVERIFY(server);
    Client client((*server)->port());
    client.send("GET /healthz HTTP/1.1\r\nHost: 192.168.7.7:3000\r\n\r\n");
    QCOMPARE(client.receive().status, 200);
    client.send("GET /healthz HTTP/1.1\r\nHost: rebound.example\r\n\r\n");
    QCOMPARE(client.receive().status, 403);
}

void TestHttp::connectionLimit()
{
    ServerOptions options;
    options.maxConnections = 3;
    Fixture fixture(options);
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(std::make_unique<Client>(fixture.server->port()));
        clients.back()->send(kGood);
        QCOMPARE(clients.back()->receive().status, 200);
    }
    // The one that has been idle longest makes room, and nobody is refused.
    Client fourth(fixture.server->port());
    fourth.send(kGood);
    QCOMPARE(fourth.receive().status, 200);
    QVERIFY(clients.front()->closed());
    QTRY_COMPARE(fixture.server->stats().connections, std::uint64_t{3});
    QVERIFY(fixture.server->stats().refused.empty());
    // Whoever is in the middle of a request does not.
    for (Client *client : {clients[1].get(), clients[2].get(), &fourth})
        client->send(kGood.substr(0, 40));
    QTRY_COMPARE(fixture.server->stats().inFlight, std::uint64_t{3});
    Client fifth(fixture.server->port());
    const auto answer = fifth.receive();
    QCOMPARE(answer.status, 503);
    QVERIFY(answer.body.find("--max-connections") != std::string::npos);
    QVERIFY(fifth.closed());
    QCOMPARE(fixture.server->stats().refused,
             (std::vector<RefusalCount>{{Refusal::Connections, 1}}));
    fourth.send(kGood.substr(40));
    QCOMPARE(fourth.receive().status, 200);
    clients.clear();
    QTRY_COMPARE(fixture.server->stats().connections, std::uint64_t{1});
    QCOMPARE(fixture.ask(kGood).status, 200);
    // It made room without a word, so it is at least counted.
    const std::string metrics = fixture.get("/metrics").body;
    QVERIFY(metrics.find("\ntepal_http_yielded_connections_total 1") != std::string::npos);
}

void TestHttp::connectionsAreSpread()
{
    Fixture fixture;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(std::make_unique<Client>(fixture.server->port()));
        clients.back()->send(kGood);
        QCOMPARE(clients.back()->receive().status, 200);
    }
    // Each thread has its own lane, so the lanes show where requests were answered.
    QCOMPARE(fixture.journal->lane(0).counters().rows, std::uint64_t{5});
    QCOMPARE(fixture.journal->lane(1).counters().rows, std::uint64_t{5});
}

QTEST_GUILESS_MAIN(TestHttp)
#include "tst_http.moc"
