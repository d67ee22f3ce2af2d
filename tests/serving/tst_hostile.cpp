// Requests that nobody means well with, byte by byte, and what each is answered.
//
// "answers" are the statuses of everything that comes back before the connection ends: one request
// that two readers could read as two must never get two answers.

#include "http_client.h"

#include <tepal/base/log.h>

#include <QtTest>

using namespace tepal;
using namespace tepal::test;

namespace {

const std::string kHost = "Host: localhost\r\n";
const std::string kBody = "[4.9,3,1.4,0.2]"; // 15 bytes
const std::string kHidden =
    "POST /v1/models/iris/predict HTTP/1.1\r\n" + kHost + "Content-Length: 15\r\n\r\n" + kBody;

std::string get(const std::string &target, const std::string &headers = kHost)
{
    return "GET " + target + " HTTP/1.1\r\n" + headers + "\r\n";
}

std::string post(const std::string &headers, const std::string &body = {})
{
    return "POST " + kPredict + " HTTP/1.1\r\n" + kHost + headers + "\r\n" + body;
}

std::string chunked(const std::string &body)
{
    return post("Transfer-Encoding: chunked\r\n", body);
}

} // namespace

class TestHostile : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixture> m_fixture;

private Q_SLOTS:
    void initTestCase()
    {
        setLogLevel(LogLevel::Error);
        m_fixture = std::make_unique<Fixture>();
    }

    void requests_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("answers");
        QTest::addColumn<int>("recorded");
        const auto row = [](const char *name, const std::string &bytes, const char *answers,
                            int recorded = 0) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(answers)
                                << recorded;
        };
        // What is right, so that the table tells the two apart.
        row("a prediction", post("Content-Length: 15\r\n", kBody), "200", 1);
        row("two in a row", kHidden + kHidden, "200 200", 2);
        row("chunks", chunked("5\r\n[4.9,\r\na\r\n3,1.4,0.2]\r\n0\r\n\r\n"), "200", 1);
        row("chunk extension", chunked("F;a=b\r\n" + kBody + "\r\n0\r\n\r\n"), "200", 1);
        row("a prediction by HTTP/1.0",
            "POST " + kPredict + " HTTP/1.0\r\nContent-Length: 15\r\n\r\n" + kBody, "200", 1);
        row("empty line before", "\r\n" + get("/healthz"), "400");

        // Two lengths: what one reader takes for a body is a request for the other.
        row("length and chunks",
            post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + kHidden),
            "400");
        row("chunks and length",
            post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + kHidden),
            "400");
        row("two lengths", post("Content-Length: 15\r\nContent-Length: 0\r\n", kHidden), "400");
        row("the same length twice",
            post("Content-Length: 15\r\nContent-Length: 15\r\n", kBody + kHidden), "400");
        row("a list of lengths", post("Content-Length: 15, 15\r\n", kBody), "400");
        row("length +15", post("Content-Length: +15\r\n", kBody), "400");
        row("length -1", post("Content-Length: -1\r\n", kBody), "400");
        row("length 0xF", post("Content-Length: 0xF\r\n", kBody), "400");
        row("length 15.0", post("Content-Length: 15.0\r\n", kBody), "400");
        row("length 1 5", post("Content-Length: 1 5\r\n", kBody), "400");
        row("length of nothing", post("Content-Length:\r\n", kHidden), "400");
        row("length beyond 64 bits", post("Content-Length: 18446744073709551631\r\n", kBody),
            "400");
        row("length larger than allowed", post("Content-Length: 99999999999\r\n"), "413");
        row("length with a letter behind", post("Content-Length: 15x\r\n", kBody), "400");
        row("underscore for a dash", post("Content_Length: 15\r\n", kHidden), "400 200", 1);

        // Encodings that not everybody reads alike.
        row("chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), "400");
        row("two encodings",
            post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            "400");
        row("gzip and chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "400");
        row("identity", post("Transfer-Encoding: identity\r\n", kBody), "400");
        row("xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "400");
        row("chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), "400");
        row("chunked behind a vertical tab", post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"),
            "400");
        row("chunked, empty", post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n"), "400");
        row("chunks in HTTP/1.0",
            "POST " + kPredict + " HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400");
        row("space before the colon",
            post("Transfer-Encoding : chunked\r\nContent-Length: 15\r\n", kBody), "400");

        // Chunks.
        row("chunk of size 0x5", chunked("0x5\r\n[4.9,\r\n0\r\n\r\n"), "400");
        row("chunk of size -1", chunked("-1\r\n[\r\n0\r\n\r\n"), "400");
        row("chunk of size +5", chunked("+5\r\n[4.9,\r\n0\r\n\r\n"), "400");
        row("chunk without a size", chunked("\r\n" + kHidden), "400");
        row("chunk beyond 64 bits", chunked("10000000000000005\r\n[4.9,\r\n0\r\n\r\n"), "400");
        row("chunk larger than allowed", chunked("FFFFFFFFFF\r\n["), "413");
        row("chunk longer than it says", chunked("3\r\n[4.9,\r\n0\r\n\r\n"), "400");
        row("chunk that ends with a line feed", chunked("f\n" + kBody + "\r\n0\r\n\r\n"), "400");
        row("chunk without its end", chunked("f\r\n" + kBody + "0\r\n\r\n"), "400");
        row("size with a space before", chunked(" f\r\n" + kBody + "\r\n0\r\n\r\n"), "400");
        row("a host behind the body", chunked("f\r\n" + kBody + "\r\n0\r\nHost: evil.test\r\n\r\n"),
            "200", 1);
        row("a length behind the body",
            chunked("f\r\n" + kBody + "\r\n0\r\nContent-Length: 99\r\n\r\n") + kHidden, "400");
        row("an origin behind the body",
            chunked("f\r\n" + kBody + "\r\n0\r\nOrigin: http://evil.test\r\n\r\n"), "200", 1);
        row("an encoding behind the body",
            chunked("f\r\n" + kBody + "\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n"), "400");

        // Lines.
        row("line feeds alone", "GET /healthz HTTP/1.1\nHost: localhost\n\n", "400");
        row("a carriage return alone", "GET /healthz HTTP/1.1\rHost: localhost\r\r", "400");
        row("a return in a value", get("/healthz", kHost + "X: a\rb\r\n"), "400");
        row("a line feed in a value", get("/healthz", kHost + "X: a\nY: b\r\n"), "400");
        row("nul in a value", get("/healthz", kHost + "X: a" + std::string(1, '\0') + "\r\n"),
            "400");
        row("nul in a name", get("/healthz", kHost + "X" + std::string(1, '\0') + ": a\r\n"),
            "400");
        row("no colon", get("/healthz", kHost + "X\r\n"), "400");
        row("no name", get("/healthz", kHost + ": a\r\n"), "400");
        row("a name in two words", get("/healthz", kHost + "X Y: a\r\n"), "400");
        row("space before a name", get("/healthz", " Host: localhost\r\n"), "400");
        row("a folded host", get("/healthz", "Host: local\r\n host\r\n"), "400");
        row("an 8-bit name", get("/healthz", kHost + "X\xC3\xB6: a\r\n"), "400");
        row("many fields",
            get(
                "/healthz", kHost +
                                [] {
                                    std::string all;
                                    for (int i = 0; i < 9000; ++i)
                                        all += "X: abcdef\r\n";
                                    return all;
                                }()),
            "400");

        // Request lines.
        row("no target", "GET  HTTP/1.1\r\n" + kHost + "\r\n", "400");
        row("two spaces", "GET  /healthz HTTP/1.1\r\n" + kHost + "\r\n", "400");
        row("a tab", "GET\t/healthz\tHTTP/1.1\r\n" + kHost + "\r\n", "400");
        row("a space in the target", get("/healthz x"), "400");
        row("lower case", "get /healthz HTTP/1.1\r\n" + kHost + "\r\n", "400");
        row("no method", "BREW /healthz HTTP/1.1\r\n" + kHost + "\r\n", "400");
        row("HTTP/0.9", "GET /healthz\r\n", "400");
        row("HTTP/1.2", "GET /healthz HTTP/1.2\r\n" + kHost + "\r\n", "400");
        row("HTTP/2.0", "GET /healthz HTTP/2.0\r\n" + kHost + "\r\n", "400");
        row("HTTP/01.1", "GET /healthz HTTP/01.1\r\n" + kHost + "\r\n", "400");
        row("http/1.1", "GET /healthz http/1.1\r\n" + kHost + "\r\n", "400");
        row("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400");
        row("a TLS handshake", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
            "400");
        row("a long target", get("/" + std::string(200'000, 'a')), "400");

        // Whom it is for.
        row("no host", get("/healthz", ""), "400");
        row("an empty host", get("/healthz", "Host:\r\n"), "400");
        row("two hosts", get("/healthz", kHost + "Host: evil.test\r\n"), "400");
        row("the same host twice", get("/healthz", kHost + kHost), "400");
        row("another host", get("/healthz", "Host: evil.test\r\n"), "403");
        row("a host with a user", get("/docs.json/", "Host: localhost:x@evil.test\r\n"), "400");
        row("a host behind an address", get("/docs.json/", "Host: [::1].evil.test\r\n"), "400");
        row("a port of letters", get("/docs.json/", "Host: 127.0.0.1:abc\r\n"), "400");
        row("a host in a list", get("/healthz", "Host: localhost, evil.test\r\n"), "400");
        row("another host in the target", get("http://evil.test/healthz"), "403");
        row("a user in the target", get("http://localhost@evil.test/healthz"), "400");
        row("no host in the target", get("http:///healthz"), "400");
        row("a scheme that is none of ours", get("ftp://localhost/healthz"), "400");
        row("script", get("javascript://localhost/%0aalert(1)"), "400");
        row("a path without its slash", get("healthz"), "400");
        row("an address in a query", get("x?y=http://localhost/healthz"), "400");
        row("a path in a query", get("http://localhost?/healthz"), "200");
        row("a tunnel", "CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n", "400");
        row("a tunnel to here", "CONNECT localhost:443 HTTP/1.1\r\n" + kHost + "\r\n", "400");
        row("all of it", "OPTIONS * HTTP/1.1\r\n" + kHost + "\r\n", "404");

        // Paths.
        row("upwards", get("/static_content/../../etc/passwd"), "404");
        row("upwards, encoded", get("/static_content/%2e%2e/%2e%2e/etc/passwd"), "404");
        row("upwards, encoded twice", get("/static_content/%252e%252e/etc/passwd"), "404");
        row("a nul in the path", get("/static_content/a%00.css"), "404");
        row("half an escape", get("/static_content/%2"), "404");
        row("a model named upwards", get("/v1/models/..%2f..%2fetc%2fpasswd"), "404");
        row("two slashes", get("//healthz"), "404");
        row("another case", get("/HEALTHZ"), "404");

        // Pages of other origins.
        row("a form elsewhere", post("Sec-Fetch-Site: cross-site\r\nContent-Length: 15\r\n", kBody),
            "403");
        row("another port of this machine",
            post("Sec-Fetch-Site: same-site\r\nContent-Length: 15\r\n", kBody), "403");
        row("an origin elsewhere",
            post("Origin: http://evil.test\r\nContent-Length: 15\r\n", kBody), "403");
        row("no origin", post("Origin: null\r\nContent-Length: 15\r\n", kBody), "403");
        row("two origins",
            post("Origin: http://localhost\r\nOrigin: http://evil.test\r\nContent-Length: 15\r\n",
                 kBody),
            "400");
        row("an origin with a user",
            post("Origin: http://localhost@evil.test\r\nContent-Length: 15\r\n", kBody), "403");
        row("a preflight that nobody allowed",
            "OPTIONS " + kPredict + " HTTP/1.1\r\n" + kHost +
                "Origin: http://evil.test\r\nAccess-Control-Request-Method: POST\r\n\r\n",
            "405");
        // A body that ends early is no request.
        row("half a body", post("Content-Length: 30\r\n", kBody), "");
        row("half a head", "POST " + kPredict + " HTTP/1.1\r\nHost: loc", "");
    }
    void requests()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, answers);
        QFETCH(int, recorded);
        const std::size_t before = m_fixture->rows().size();
        Client client(m_fixture->server->port());
        QVERIFY(client.connected());
        client.send(bytes.toStdString());
        client.finishSending();
        QByteArray got;
        for (;;) {
            const Answer answer = client.receive();
            if (answer.status == 0)
                break;
            got += (got.isEmpty() ? "" : " ") + QByteArray::number(answer.status);
            for (const auto &[name, value] : answer.headers)
                QVERIFY2(value.find("evil") == std::string::npos, value.c_str());
            if (answer.status == 400 && answer.header("content-type").starts_with("text/plain"))
                QCOMPARE(answer.header("connection"), std::string("close"));
        }
        QCOMPARE(got, answers);
        QVERIFY(client.closed());
        QCOMPARE(static_cast<int>(m_fixture->rows().size() - before), recorded);
        QCOMPARE(m_fixture->get("/healthz").status, 200);
    }

    /// What is decoded of a path must not come back as lines of a header.
    void redirectsCarryNoLines()
    {
        for (const char *path :
             {"/v1/models/x%0d%0aSet-Cookie:%20a=b/predict/", "/v1/models/x%0aY:%20z/batch/"}) {
            const auto answer =
                m_fixture->ask("POST " + std::string(path) + "?a=%0d%0aZ:%20y HTTP/1.1\r\n" +
                               kHost + "Content-Length: 0\r\n\r\n");
            QCOMPARE(answer.status, 307);
            QVERIFY(answer.header("set-cookie").empty());
            QVERIFY(answer.header("y").empty() && answer.header("z").empty());
            std::string expected = path;
            expected.pop_back();
            QCOMPARE(answer.header("location"), "http://localhost" + expected + "?a=%0d%0aZ:%20y");
        }
        const auto where = [&](const std::string &target) {
            return m_fixture->get(target).header("location");
        };
        QCOMPARE(where("/healthz%2F?a=1&b"), std::string("http://localhost/healthz?a=1&b"));
        QCOMPARE(where("/static_content?v=2#x"),
                 std::string("http://localhost/static_content/?v=2"));
        QCOMPARE(where("http://localhost:80/docs.json/"),
                 std::string("http://localhost:80/docs.json"));
        // A row that is sent on keeps saying which dataset it is for.
        const auto moved = m_fixture->ask("POST /v1/log/?datasetId=shop HTTP/1.1\r\n" + kHost +
                                          "Content-Length: 0\r\n\r\n");
        QCOMPARE(moved.status, 307);
        QCOMPARE(moved.header("location"), std::string("http://localhost/v1/log?datasetId=shop"));
    }

    void ids()
    {
        const auto with = [&](const std::string &headers) {
            return m_fixture->post(kPredict, kBody, headers);
        };
        QCOMPARE(with("X-Request-Id: abc-1\r\n").header("x-request-id"), std::string("abc-1"));
        QVERIFY(with("X-Request-Id: a b\r\n").header("x-request-id").empty());
        QVERIFY(
            with("X-Request-Id: " + std::string(129, 'x') + "\r\n").header("x-request-id").empty());
        QVERIFY(with("").header("x-request-id").empty());
        const std::string own = with("X-BentoML-Request-ID: 7\r\n").header("x-bentoml-request-id");
        QVERIFY(!own.empty() && own != "7");
        // As BentoML: none where nothing of the service answered.
        for (const char *path : {"/nothing", "/healthz", "/healthz/"})
            QVERIFY(m_fixture->get(path).header("x-bentoml-request-id").empty());
        QVERIFY(m_fixture->get(kPredict).header("x-bentoml-request-id").empty());
        QVERIFY(!m_fixture->post(kPredict, "x").header("x-bentoml-request-id").empty());
        QVERIFY(with("").header("x-bentoml-trace-id").empty());
    }

    void traces()
    {
        ServerOptions options;
        options.traceIds = true;
        Fixture fixture(options);
        const auto trace = [&](const std::string &parent) {
            return fixture.post(kPredict, kBody, "traceparent: " + parent + "\r\n")
                .header("x-bentoml-trace-id");
        };
        QCOMPARE(trace("00-0000000000000000000000000000000a-00f067aa0ba902b7-01"),
                 std::string("10"));
        QCOMPARE(trace("00-ffffffffffffffffffffffffffffffff-00f067aa0ba902b7-00"),
                 std::string("340282366920938463463374607431768211455"));
        QCOMPARE(trace("cc-0000000000000000000000000000000a-00f067aa0ba902b7-01-more"),
                 std::string("10"));
        for (const char *bad : {"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                "00-0000000000000000000000000000000a-0000000000000000-01",
                                "ff-0000000000000000000000000000000a-00f067aa0ba902b7-01",
                                "00-0000000000000000000000000000000A-00f067aa0ba902b7-01",
                                "00-0000000000000000000000000000000a-00f067aa0ba902b7-01-more",
                                "00-a-00f067aa0ba902b7-01", ""}) {
            const std::string made = trace(bad);
            QVERIFY(!made.empty() && made != "10" && made != "0");
        }
        QVERIFY(fixture.get("/healthz").header("x-bentoml-trace-id").empty());
    }

    /// The contract's table of built-in routes and of wrong methods.
    void methods()
    {
        for (const char *path :
             {"/healthz", "/livez", "/readyz", "/docs.json", "/", "/v1/models"}) {
            const auto plain = m_fixture->get(path);
            const auto head = m_fixture->ask(request("HEAD", path), true);
            QCOMPARE(head.status, plain.status);
            QCOMPARE(head.header("content-length"), plain.header("content-length"));
            QCOMPARE(head.header("content-type"), plain.header("content-type"));
            for (const char *method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
                const auto wrong = m_fixture->ask(request(method, path));
                QCOMPARE(wrong.status, 405);
                QCOMPARE(wrong.header("allow"), std::string("GET, HEAD"));
                QCOMPARE(wrong.body, std::string("Method Not Allowed"));
            }
        }
        for (const char *method : {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
            const auto wrong =
                m_fixture->ask(request(method, kPredict), std::string(method) == "HEAD");
            QCOMPARE(wrong.status, 405);
            QCOMPARE(wrong.header("allow"), std::string("POST"));
            const auto unknown =
                m_fixture->ask(request(method, "/nothing"), std::string(method) == "HEAD");
            QCOMPARE(unknown.status, 404);
        }
        QCOMPARE(m_fixture->get("/nothing").body, std::string("Not Found"));
        QCOMPARE(m_fixture->post("/metrics", "").status, 200);
        // A redirect keeps the method, so that a client that follows it still works.
        QCOMPARE(m_fixture->post(kPredict + "/", kBody).status, 307);
    }
};

QTEST_GUILESS_MAIN(TestHostile)
#include "tst_hostile.moc"
