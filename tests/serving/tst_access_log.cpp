// The access log: a line for each answer, files that are put aside, and nothing lost in silence.

#include "http_client.h"
#include "test_support.h"

#include <tepal/base/log.h>

#include <QtTest>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <sstream>

using namespace tepal;
using namespace tepal::test;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string kRow = "[[4.9,3,1.4,0.2]]";

std::vector<Json> lines(const fs::path &file)
{
    std::vector<Json> found;
    std::istringstream in(readAll(file));
    for (std::string line; std::getline(in, line);)
        found.push_back(Json::parse(line));
    return found;
}

} // namespace

class TestAccessLog : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;

    fs::path file() const { return m_dir->filePath("access.log").toStdString(); }
    ServerOptions options() const
    {
        ServerOptions options;
        options.accessLog.file = file().string();
        return options;
    }

private Q_SLOTS:
    void initTestCase() { setLogLevel(LogLevel::Error); }
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void everyAnswer()
    {
        std::string id;
        {
            Fixture fixture(options());
            const auto answer = fixture.post(
                kPredict + "?x=1", kRow,
                "X-Request-Id: mine\r\n"
                "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
            id = answer.header("x-bentoml-request-id");
            fixture.get("/healthz");
            fixture.get("/caf\xC3\xA9");
            fixture.ask("noise\r\n\r\n");
            fixture.ask("POST /v1/log HTTP/1.1\r\nHost: evil.test\r\nContent-Length: 0\r\n\r\n");
            fixture.ask(request("HEAD", "/docs.json"), true);
        }
        const auto all = lines(file());
        QCOMPARE(all.size(), std::size_t{6});
        const Json &first = all[0];
        QCOMPARE(first.at("target").get<std::string>(), kPredict + "?x=1");
        QCOMPARE(first.at("method").get<std::string>(), std::string("POST"));
        QCOMPARE(first.at("scheme").get<std::string>(), std::string("http"));
        QCOMPARE(first.at("status").get<int>(), 200);
        QCOMPARE(first.at("bytes_in").get<int>(), 17);
        QCOMPARE(first.at("bytes_out").get<int>(), 6);
        QCOMPARE(first.at("request_id").get<std::string>(), id);
        QCOMPARE(first.at("x_request_id").get<std::string>(), std::string("mine"));
        QCOMPARE(first.at("trace_id").get<std::string>(),
                 std::string("4bf92f3577b34da6a3ce929d0e0e4736"));
        QVERIFY(first.at("ms").get<double>() < 10'000);
        QVERIFY(first.at("peer").get<std::string>().starts_with("127.0.0.1:"));
        QVERIFY(parseTime(first.at("time").get<std::string>()).has_value());
        QVERIFY(!first.contains("refused"));
        std::map<std::string, Json> by;
        for (const Json &one : all)
            by[one.at("target").get<std::string>()] = one;
        QVERIFY(!by.at("/healthz").contains("request_id"));
        QCOMPARE(by.at("/healthz").at("trace_id").get<std::string>().size(), std::size_t{32});
        QCOMPARE(by.at("/caf%C3%A9").at("status").get<int>(), 404);
        QCOMPARE(by.at("").at("refused").get<std::string>(), std::string("malformed"));
        QCOMPARE(by.at("/v1/log").at("refused").get<std::string>(), std::string("foreign_host"));
        QCOMPARE(by.at("/docs.json").at("method").get<std::string>(), std::string("HEAD"));
        // Only its owner reads whom the endpoint answers.
        QVERIFY((fs::status(file()).permissions() &
                 (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
    }

    void largeBodiesToo()
    {
        {
            Fixture fixture(options(), {}, {}, true, 3); // a lane for their thread
            fixture.post("/v1/log", std::string(600'000, ' '));
        }
        const auto all = lines(file());
        QCOMPARE(all.size(), std::size_t{1});
        QCOMPARE(all[0].at("bytes_in").get<int>(), 600'000);
        QCOMPARE(all[0].at("refused").get<std::string>(), std::string("unreadable"));
    }

    void tooManyConnections()
    {
        {
            ServerOptions one = options();
            one.threads = 1;
            one.maxConnections = 1;
            one.requestTimeout = one.keepAlive = 60'000;
            Fixture fixture(one);
            Client busy(fixture.server->port());
            busy.send("POST " + kPredict);
            QTRY_COMPARE(fixture.server->stats().inFlight, std::uint64_t{1});
            QCOMPARE(fixture.get("/healthz").status, 503);
            busy.finishSending();
        }
        const auto all = lines(file());
        QCOMPARE(all.size(), std::size_t{1});
        QCOMPARE(all[0].at("status").get<int>(), 503);
        QCOMPARE(all[0].at("refused").get<std::string>(), std::string("connections"));
        QVERIFY(all[0].at("peer").get<std::string>().starts_with("127.0.0.1:"));
    }

    void longTargetsAreCut()
    {
        {
            Fixture fixture(options());
            fixture.get("/" + std::string(1000, 'a'));
        }
        const auto all = lines(file());
        QCOMPARE(all[0].at("target").get<std::string>().size(), std::size_t{256});
        QVERIFY(all[0].at("cut").get<bool>());
    }

    void filesArePutAside()
    {
        ServerOptions small = options();
        small.accessLog.maxBytes = 5000;
        small.accessLog.keep = 2;
        std::uint64_t last = 0;
        {
            Fixture fixture(small);
            for (int round = 0; round < 8; ++round) {
                for (int i = 0; i < 15; ++i)
                    fixture.get("/round" + std::to_string(round));
                QTest::qWait(150);
            }
            const auto metrics = fixture.get("/metrics").body;
            QVERIFY(metrics.find("tepal_access_log_lines_total 1") != std::string::npos);
            QVERIFY(metrics.find("tepal_access_log_dropped_total 0.0") != std::string::npos);
        }
        for (const char *name : {"access.log", "access.log.1", "access.log.2"}) {
            const fs::path one = file().parent_path() / name;
            QVERIFY2(fs::exists(one), name);
            QVERIFY(fs::file_size(one) < 10'000);
            last += lines(one).size();
        }
        QVERIFY(!fs::exists(file().parent_path() / "access.log.3"));
        QVERIFY(last > 30 && last < 120);
        QCOMPARE(lines(file()).back().at("target").get<std::string>(), std::string("/metrics"));
    }

    void movedAwayByOthers()
    {
        Fixture fixture(options());
        fixture.get("/first");
        QTRY_VERIFY(fs::exists(file()) && fs::file_size(file()) > 0);
        fs::rename(file(), file().string() + ".old");
        fixture.get("/second");
        QTRY_VERIFY(fs::exists(file()) && fs::file_size(file()) > 0);
        QCOMPARE(lines(file()).at(0).at("target").get<std::string>(), std::string("/second"));
        QCOMPARE(lines(file().string() + ".old").size(), std::size_t{1});
    }

    /// More at once than the queue holds: what is missing is a number, in the file and in metrics.
    void dropsAreCounted()
    {
        constexpr std::size_t kAsked = 30'000;
        std::uint64_t dropped = 0;
        {
            ServerOptions one = options();
            one.threads = 1;
            Fixture fixture(one);
            std::string many;
            for (int i = 0; i < 1000; ++i)
                many += request("GET", "/healthz");
            Client client(fixture.server->port());
            std::thread reader([&] {
                for (std::size_t i = 0; i < kAsked; ++i) {
                    if (client.receive().status != 200)
                        return;
                }
            });
            for (std::size_t i = 0; i < kAsked / 1000; ++i)
                client.send(many);
            reader.join();
            QTest::qWait(300);
            const std::string metrics = fixture.get("/metrics").body;
            const std::string name = "\ntepal_access_log_dropped_total ";
            dropped = std::stoull(metrics.substr(metrics.find(name) + name.size()));
        }
        std::uint64_t written = 0;
        std::uint64_t said = 0;
        for (const Json &line : lines(file())) {
            if (line.contains("dropped"))
                said += line.at("dropped").get<std::uint64_t>();
            else
                ++written;
        }
        QCOMPARE(said, dropped);
        QCOMPARE(written + said, std::uint64_t{kAsked + 1}); // and the metrics
        if (dropped == 0)
            qInfo("the writer kept up; nothing was dropped");
    }

    void cannotBeWritten()
    {
        ServerOptions wrong = options();
        wrong.logging = false;
        wrong.accessLog.file = m_dir->filePath("none/access.log").toStdString();
        const auto started = Server::start(wrong, {});
        QVERIFY(!started);
        QVERIFY(started.error().message.find("access.log cannot be written") != std::string::npos);
        QVERIFY(started.error().next.find("--access-log") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestAccessLog)
#include "tst_access_log.moc"
