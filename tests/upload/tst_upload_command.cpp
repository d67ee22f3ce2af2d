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
        for (const char *name :
             {"WHYLABS_API_KEY", "WHYLABS_API_ENDPOINT", "WHYLABS_PRIVATE_API_ENDPOINT",
              "WHYLABS_DEFAULT_ORG_ID", "WHYLABS_DEFAULT_DATASET_ID"})
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
            {{Fault::Status, 400, errorBody("no such time"), "", "application/json"}});
        const auto partly = tepal(home, receiver.url(), {"upload", "--to", "whylabs"});
        QCOMPARE(partly.status, 1);
        QVERIFY2(partly.err.find("no such time") != std::string::npos, partly.err.c_str());
        auto items = outbox(home);
        QCOMPARE(items.size(), std::size_t{2});
        QCOMPARE(items[0]["state"].get<std::string>(), std::string("sent"));
        QVERIFY(items[0]["place"].get<std::string>().starts_with("log-"));
        QVERIFY(items[0]["bytes"].get<int>() > 100);
        QVERIFY(items[0]["segment"].is_object());
        QCOMPARE(items[1]["state"].get<std::string>(), std::string("failed"));
        QCOMPARE(items[1]["destination"].get<std::string>(), std::string("whylabs"));
        QCOMPARE(items[1]["start"].get<std::string>(), formatIso(kStart));
        QCOMPARE(items[1]["attempts"].get<int>(), 1);
        QVERIFY(!items[1]["error"].get<std::string>().empty());
        QVERIFY(!items[1]["next"].get<std::string>().empty());

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
        std::map<std::string, std::int64_t> files; // by the start in their names
        for (const auto &entry :
             std::filesystem::directory_iterator(home.root() / "out/model-1/2026-01-31")) {
            const std::string name = entry.path().filename().string();
            files[name.substr(0, name.find('_'))] += parseProfile(readAll(entry.path()))->rows();
        }
        QCOMPARE(files, (std::map<std::string, std::int64_t>{{"2026-01-31T14-00-00Z", 10},
                                                             {"2026-01-31T15-00-00Z", 11},
                                                             {"2026-01-31T16-00-00Z", 12}}));
        const auto again = tepal(home, "", {"upload", "--dir", out, "--json"});
        QCOMPARE(nlohmann::json::parse(again.out)[0]["sent"].get<int>(), 0);
        QCOMPARE(tepal(home, "", {"upload", "--to", "whylabs", "--dir", out}).status, 2);
        QCOMPARE(tepal(home, "", {"upload", "--to", "mars"}).status, 2);
        QVERIFY(tepal(home, "", {"upload", "--to", "mars"}).err.find("no destination \"mars\"") !=
                std::string::npos);
    }
    void aDryRunSaysWhichRulesMeetNothing()
    {
        const StoreFixture home(2);
        const QString out = home.dir.path() + "/out";
        QCOMPARE(tepal(home, "", {"destination", "add", "folder", "--directory", out}).status, 0);
        QCOMPARE(
            tepal(home, "", {"destination", "redact", "folder", "lable:hash", "label:hash"}).status,
            0);
        const auto text = tepal(home, "", {"upload", "--to", "folder", "--dry-run"});
        QVERIFY2(text.out.find("No column     for rule lable:hash\n") != std::string::npos,
                 text.out.c_str());
        QVERIFY(text.out.find("rule label:hash") == std::string::npos);
        const auto json = nlohmann::json::parse(
            tepal(home, "", {"upload", "--to", "folder", "--dry-run", "--json"}).out);
        QCOMPARE(json[0]["unmatched"].dump(), std::string("[\"lable:hash\"]"));
    }
    void aFolderIsAWholePath()
    {
        const StoreFixture home(1);
        for (const QStringList &arguments :
             {QStringList{"destination", "add", "folder", "--directory=~/profiles"},
              {"upload", "--dir=~/profiles"}}) {
            const auto ended = tepal(home, "", arguments);
            QVERIFY(ended.status != 0);
            QVERIFY2(ended.err.find("not a whole path") != std::string::npos, ended.err.c_str());
        }
        QVERIFY(!std::filesystem::exists("~"));
    }
    /// What is set up and not enabled gets nothing unasked.
    void onlyToWhatIsEnabled()
    {
        const StoreFixture home(2);
        const QString out = home.dir.path() + "/out";
        QCOMPARE(tepal(home, "", {"destination", "add", "folder", "--directory", out}).status, 0);
        const WhylabsReceiver receiver;
        QCOMPARE(tepal(home, "", {"upload"}).status, 1);
        QVERIFY(!std::filesystem::exists(out.toStdString()));
        // It is left to what the environment alone sets up.
        QCOMPARE(tepal(home, receiver.url(), {"upload"}).status, 0);
        QVERIFY(!std::filesystem::exists(out.toStdString()));
        QCOMPARE(receiver.uploads().size(), std::size_t{2});
        QCOMPARE(tepal(home, "", {"destination", "enable", "folder", "--everything"}).status, 0);
        QCOMPARE(tepal(home, receiver.url(), {"upload"}).status, 0);
        QVERIFY(std::filesystem::exists(out.toStdString()));
        QCOMPARE(receiver.uploads().size(), std::size_t{2});
        QCOMPARE(tepal(home, "", {"destination", "pause", "folder"}).status, 0);
        home.addChunk(kStart + kDayMs, 3);
        QCOMPARE(tepal(home, "", {"upload"}).status, 1);
        QCOMPARE(tepal(home, "", {"destination", "resume", "folder"}).status, 0);
        QCOMPARE(tepal(home, "", {"upload"}).status, 0);
    }
    void asksIsItsOwnState()
    {
        const StoreFixture home(1);
        WhylabsReceiver receiver;
        receiver.failPuts({{Fault::LoseAnswer, 0, "", "", ""}, {Fault::Expired, 403, "", "", ""}});
        const auto first = tepal(home, receiver.url(), {"upload"});
        QCOMPARE(first.status, 1);
        QVERIFY2(first.out.find("1 for you to decide") != std::string::npos, first.out.c_str());
        auto item = outbox(home)[0];
        QCOMPARE(item["state"].get<std::string>(), std::string("asks"));
        QVERIFY(item["may_have_arrived"].get<bool>());
        QVERIFY(!item["next"].get<std::string>().empty());
        // Neither an upload nor "all that failed" decides.
        QCOMPARE(tepal(home, "", {"outbox", "retry"}).status, 0);
        tepal(home, receiver.url(), {"upload"});
        QCOMPARE(outbox(home)[0]["state"].get<std::string>(), std::string("asks"));
        QCOMPARE(receiver.uploads().size(), std::size_t{1});
        const auto id = QString::number(item["id"].get<int>());
        QCOMPARE(tepal(home, "", {"outbox", "retry", id}).status, 0);
        QCOMPARE(tepal(home, receiver.url(), {"upload"}).status, 0);
        QCOMPARE(receiver.uploads().size(), std::size_t{2});
    }
};

QTEST_GUILESS_MAIN(TestUploadCommand)
#include "tst_upload_command.moc"
