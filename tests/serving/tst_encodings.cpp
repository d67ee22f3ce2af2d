// Compressed bodies: what is unpacked, what is refused, and that a bomb stops early.

#include "../../core/serving/content_coding.h"
#include "http_client.h"

#include <tepal/base/log.h>

#include <QtTest>

#include <zlib.h>

using namespace tepal;
using namespace tepal::test;
using serving::decodeBody;

namespace {

constexpr int kGzip = 31;
constexpr int kZlib = 15;
constexpr int kBare = -15;

std::string packed(const std::string &text, int format)
{
    z_stream stream{};
    if (deflateInit2(&stream, 9, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        qFatal("zlib");
    std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        qFatal("zlib");
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

const std::string kFlower = "[[4.9,3,1.4,0.2]]";

std::string encoding(const std::string &name)
{
    return "Content-Encoding: " + name + "\r\n";
}

} // namespace

class TestEncodings : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixture> m_fixture;

private Q_SLOTS:
    void initTestCase()
    {
        setLogLevel(LogLevel::Error);
        m_fixture = std::make_unique<Fixture>();
    }
    void understood_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<int>("format");
        QTest::newRow("gzip") << QByteArray("gzip") << kGzip;
        QTest::newRow("any case") << QByteArray("GZip") << kGzip;
        QTest::newRow("old name") << QByteArray("x-gzip") << kGzip;
        QTest::newRow("zlib") << QByteArray("deflate") << kZlib;
        QTest::newRow("bare") << QByteArray("deflate") << kBare;
        QTest::newRow("identity") << QByteArray("identity") << 0;
        QTest::newRow("empty") << QByteArray("") << 0;
    }
    void understood()
    {
        QFETCH(QByteArray, name);
        QFETCH(int, format);
        const auto body = [&](const std::string &text) {
            return format == 0 ? text : packed(text, format);
        };
        const std::string field = encoding(name.toStdString());
        QCOMPARE(m_fixture->post(kPredict, body(kFlower), field).body, std::string("setosa"));
        const auto frame =
            m_fixture->post("/v1/models/custom_model/predict", body("[{\"a\":1}]"), field);
        QCOMPARE(frame.status, 200);
        const auto log = m_fixture->post("/v1/log?datasetId=z", body("x\n1\n2\n"),
                                         field + "Content-Type: text/csv\r\n");
        QCOMPARE(log.body, std::string("{\"rows\":2}"));
        const auto json = m_fixture->post(
            "/v1/log",
            body("{\"datasetId\":\"z\",\"multiple\":{\"columns\":[\"x\"],\"data\":[[1]]}}"), field);
        QCOMPARE(json.status, 200);
    }
    void membersAndChunks()
    {
        // `cat a.gz b.gz`
        QCOMPARE(decodeBody("gzip", packed("one ", kGzip) + packed("two", kGzip), 100).value(),
                 std::string("one two"));
        QCOMPARE(decodeBody("gzip", packed("", kGzip), 0).value(), std::string());
        const std::string bytes = packed(kFlower, kGzip);
        Client client(m_fixture->server->port());
        client.send("POST " + kPredict + " HTTP/1.1\r\nHost: localhost\r\n" + encoding("gzip") +
                    "Transfer-Encoding: chunked\r\n\r\n");
        for (const char c : bytes)
            client.send("1\r\n" + std::string(1, c) + "\r\n");
        client.send("0\r\n\r\n" + request("POST", kPredict, kFlower));
        QCOMPARE(client.receive().body, std::string("setosa"));
        // The next request of the connection has no encoding.
        QCOMPARE(client.receive().body, std::string("setosa"));
    }
    void large()
    {
        std::string text = "[{\"a\":\"";
        for (std::uint32_t i = 0; text.size() < 3'000'000; ++i)
            text += std::to_string(i * 7919);
        text += "\"}]";
        for (const auto &[name, format] : {std::pair{"gzip", kGzip}, {"deflate", kBare}})
            QVERIFY(decodeBody(name, packed(text, format), text.size()).value() == text);
    }
    void unknown_data()
    {
        QTest::addColumn<QByteArray>("fields");
        QTest::addColumn<QByteArray>("named");
        const auto row = [](const char *fields, const char *named) {
            QTest::newRow(fields) << QByteArray(fields) << QByteArray(named);
        };
        row("Content-Encoding: br\r\n", "\\\"br\\\"");
        row("Content-Encoding: zstd\r\n", "zstd");
        row("Content-Encoding: gzip, gzip\r\n", "gzip, gzip");
        row("Content-Encoding: gzip\r\nContent-Encoding: deflate\r\n", "gzip, deflate");
        row("Content-Encoding: identity, gzip\r\n", "identity, gzip");
        row("Content-Encoding: \"\xff\x1b\r\n", "");
    }
    void unknown()
    {
        QFETCH(QByteArray, fields);
        QFETCH(QByteArray, named);
        const auto answer = m_fixture->post(kPredict, packed(kFlower, kGzip), fields.toStdString());
        if (named.isEmpty()) {
            QVERIFY(answer.status == 415 || answer.status == 400);
            return;
        }
        QCOMPARE(answer.status, 415);
        QCOMPARE(answer.header("accept-encoding"), std::string("gzip, deflate"));
        QVERIFY2(answer.body.find(named.toStdString()) != std::string::npos, answer.body.c_str());
        QVERIFY(answer.body.find("gzip or deflate") != std::string::npos);
    }
    void damaged()
    {
        const std::string gzip = packed(kFlower, kGzip);
        std::string wrongSum = gzip;
        wrongSum[wrongSum.size() - 6] ^= 1;
        const std::vector<std::pair<std::string, std::string>> cases{
            {"gzip", kFlower},
            {"gzip", gzip + "x"},
            {"gzip", gzip + std::string(3, '\0')},
            {"gzip", wrongSum},
            {"gzip", packed(kFlower, kZlib)},
            {"deflate", kFlower},
            {"deflate", gzip},
            {"deflate", packed(kFlower, kZlib) + "x"}};
        const auto refused = [&](const std::string &name, const std::string &body) {
            const auto answer = m_fixture->post(kPredict, body, encoding(name));
            return answer.status == 400 &&
                   answer.body.find("content-encoding: " + name) != std::string::npos;
        };
        for (const auto &[name, body] : cases)
            QVERIFY2(refused(name, body), (name + " " + body).c_str());
        for (std::size_t cut = 1; cut < gzip.size(); ++cut)
            QVERIFY(refused("gzip", gzip.substr(0, cut)));
        // Nothing to unpack: what is wrong is that there is no body.
        const auto nothing = m_fixture->post(kPredict, "", encoding("gzip"));
        QCOMPARE(nothing.status, 400);
        QVERIFY(nothing.body.find("encoding") == std::string::npos);
    }
    void bombs()
    {
        ServerOptions options;
        options.maxBody = 100'000;
        Fixture fixture(options);
        const std::string bomb = packed(std::string(90'000'000, '7'), kGzip);
        QVERIFY(bomb.size() < 100'000);
        const auto answer = fixture.post(kPredict, bomb, encoding("gzip"));
        QCOMPARE(answer.status, 413);
        QVERIFY(answer.body.find("unpacked") != std::string::npos);
        QVERIFY(answer.body.find("--max-body") != std::string::npos);
        // Exactly as much as is allowed.
        const auto spaced = [](std::size_t size) {
            return kFlower + std::string(size - kFlower.size(), ' ');
        };
        QCOMPARE(fixture.post(kPredict, packed(spaced(100'000), kZlib), encoding("deflate")).status,
                 200);
        QCOMPARE(fixture.post(kPredict, packed(spaced(100'001), kZlib), encoding("deflate")).status,
                 413);
        QCOMPARE(decodeBody("gzip", bomb, 10).error().code, ErrorCode::Full);
        QCOMPARE(decodeBody("deflate", packed("abc", kBare), 2).error().code, ErrorCode::Full);
    }
    void otherRoutesDoNotCare()
    {
        QCOMPARE(m_fixture->get("/healthz", encoding("br")).status, 200);
        QCOMPARE(m_fixture->post("/healthz", "x", encoding("br")).status, 405);
        // Who may not call is told so first.
        QCOMPARE(m_fixture->post(kPredict, "x", encoding("br") + "Origin: http://evil\r\n").status,
                 403);
    }
};

QTEST_GUILESS_MAIN(TestEncodings)
#include "tst_encodings.moc"
