#include "test_support.h"
#include "upload_test.h"

#include <tepal/base/log.h>

#include <QProcess>
#include <QTest>

#include <nlohmann/json.hpp>

#include <atomic>

using namespace tepal;
using namespace tepal::test;

/// The program itself: what it prints, how it ends, and what is left when it is killed.
class TestUploadCommand : public QObject
{
    Q_OBJECT

    struct Ended
    {
        int status = -1;
        std::string out;
        std::string err;
    };
    static void prepare(QProcess &process, const StoreFixture &home, const std::string &endpoint,
                        const QStringList &arguments)
    {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert("TEPAL_HOME", home.dir.path());
        environment.insert("XDG_CONFIG_HOME", home.dir.path() + "/settings");
        for (const char *name : {"WHYLABS_API_KEY", "WHYLABS_API_ENDPOINT"})
            environment.remove(name);
        if (!endpoint.empty()) {
            environment.insert("WHYLABS_API_ENDPOINT", qs(endpoint));
            environment.insert("WHYLABS_API_KEY", qs(kKey));
        }
        process.setProcessEnvironment(environment);
        process.setProgram(qs((binDir() / "tepal").string()));
        process.setArguments(arguments);
    }
    static Ended tepal(const StoreFixture &home, const std::string &endpoint,
                       const QStringList &arguments)
    {
        QProcess process;
        prepare(process, home, endpoint, arguments);
        process.start();
        if (!process.waitForFinished(60'000))
            qFatal("the command hangs");
        return {process.exitCode(), process.readAllStandardOutput().toStdString(),
                process.readAllStandardError().toStdString()};
    }
    static nlohmann::json outbox(const StoreFixture &home)
    {
        return nlohmann::json::parse(tepal(home, "", {"outbox", "list", "--json"}).out);
    }

private Q_SLOTS:
    void nothingSetUp()
    {
        const StoreFixture home(1);
        for (const QStringList &arguments :
             {QStringList{"upload"}, {"upload", "--to", "whylabs"}, {"upload", "--to", "folder"}}) {
            const auto ended = tepal(home, "", arguments);
            QCOMPARE(ended.status, 1);
            QVERIFY(ended.out.empty());
            QCOMPARE(std::count(ended.err.begin(), ended.err.end(), '\n'), 1);
            QVERIFY(ended.err.find("; ") != std::string::npos); // a next step
        }
        QCOMPARE(outbox(home)[0]["state"].get<std::string>(), std::string("waiting"));
    }
    void uploadAndOutbox()
    {
        const StoreFixture home(2);
        WhylabsReceiver::Options options;
        options.directory = home.root() / "received";
        WhylabsReceiver receiver(options);
        const auto rehearsed = tepal(home, receiver.url(), {"upload", "--dry-run"});
        QCOMPARE(rehearsed.status, 0);
        QVERIFY(receiver.requests().empty());

        receiver.failGrants(
            {{Fault::Status, 404, errorBody("no such model"), "", "application/json"}});
        const auto partly = tepal(home, receiver.url(), {"upload", "--to", "whylabs"});
        QCOMPARE(partly.status, 1);
        QVERIFY2(partly.err.find("no such model") != std::string::npos, partly.err.c_str());
        auto items = outbox(home);
        QCOMPARE(items.size(), std::size_t{2});
        QCOMPARE(items[0]["state"].get<std::string>(), std::string("sent"));
        QCOMPARE(items[1]["state"].get<std::string>(), std::string("failed"));
        QCOMPARE(items[1]["destination"].get<std::string>(), std::string("whylabs"));
        QCOMPARE(items[1]["start"].get<std::string>(), formatIso(kStart));
        QCOMPARE(items[1]["attempts"].get<int>(), 1);
        QVERIFY(!items[1]["error"].get<std::string>().empty());

        const auto id = QString::number(items[1]["id"].get<int>());
        QCOMPARE(tepal(home, "", {"outbox", "drop", id}).status, 0);
        QCOMPARE(outbox(home)[1]["state"].get<std::string>(), std::string("dropped"));
        QVERIFY(tepal(home, receiver.url(), {"upload"}).status == 0);
        QCOMPARE(receiver.count("PUT"), std::size_t{1});
        QCOMPARE(tepal(home, "", {"outbox", "retry", id}).status, 0);
        QCOMPARE(tepal(home, "", {"outbox", "retry", "999"}).status, 1);
        const auto rest = tepal(home, receiver.url(), {"upload", "--json"});
        QCOMPARE(rest.status, 0);
        const auto json = nlohmann::json::parse(rest.out);
        QCOMPARE(json[0]["sent"].get<int>(), 1);
        QCOMPARE(receiver.complaints(), std::vector<std::string>{});
        int files = 0;
        for (const auto &entry : std::filesystem::directory_iterator(options.directory)) {
            ++files;
            QVERIFY(parseProfile(readAll(entry.path())).has_value());
        }
        QCOMPARE(files, 2);
        for (const auto &entry : std::filesystem::recursive_directory_iterator(home.root())) {
            if (entry.is_regular_file())
                QVERIFY(readAll(entry.path()).find(kKeySecret) == std::string::npos);
        }
    }
    void killedBetweenGrantAndConfirmation_data()
    {
        QTest::addColumn<bool>("stored");
        QTest::newRow("before it was stored") << false;
        QTest::newRow("after it was stored") << true;
    }
    void killedBetweenGrantAndConfirmation()
    {
        QFETCH(bool, stored);
        const StoreFixture home(1);
        std::atomic<bool> putSeen{false};
        WhylabsReceiver::Options options;
        options.onRequest = [&](const ReceivedRequest &request) {
            putSeen = putSeen || request.method == "PUT";
        };
        WhylabsReceiver receiver(options);
        // Stored and not confirmed twice: the second time nobody is left to be told.
        std::vector<FaultSpec> faults;
        if (stored)
            faults.push_back({Fault::LoseAnswer, 0, "", "", ""});
        faults.push_back({Fault::Hang, 0, "", "", ""});
        receiver.failPuts(faults);
        QProcess process;
        prepare(process, home, receiver.url(), {"upload"});
        process.start();
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(receiver.count("PUT") == faults.size(), 30'000);
        process.kill();
        QVERIFY(process.waitForFinished(30'000));
        QCOMPARE(process.exitStatus(), QProcess::CrashExit);
        QCOMPARE(outbox(home)[0]["state"].get<std::string>(), std::string("sending"));

        const auto ended = tepal(home, receiver.url(), {"upload"});
        QVERIFY2(ended.status == 0, ended.err.c_str());
        QCOMPARE(receiver.count("POST"), std::size_t{1});
        const auto uploads = receiver.uploads();
        QCOMPARE(uploads.size(), std::size_t{1});
        QCOMPARE(uploads[0].puts, stored ? 2 : 1);
        QCOMPARE(outbox(home)[0]["state"].get<std::string>(), std::string("sent"));
        QCOMPARE(receiver.complaints(), std::vector<std::string>{});
    }
    void folder()
    {
        const StoreFixture home(3);
        const QString out = home.dir.path() + "/out";
        QCOMPARE(tepal(home, "", {"upload", "--to", "folder", "--dir", out}).status, 0);
        const auto file = home.root() / "out/model-1/2026-01-31/profile.2026-01-31_14-00-00Z.bin";
        QCOMPARE(parseProfile(readAll(file))->rows(), std::int64_t{10});
        const auto again = tepal(home, "", {"upload", "--dir", out, "--json"});
        QCOMPARE(nlohmann::json::parse(again.out)[0]["sent"].get<int>(), 0);
        QCOMPARE(tepal(home, "", {"upload", "--to", "whylabs", "--dir", out}).status, 2);
        QCOMPARE(tepal(home, "", {"upload", "--to", "mars"}).status, 2);
    }
};

QTEST_GUILESS_MAIN(TestUploadCommand)
#include "tst_upload_command.moc"
