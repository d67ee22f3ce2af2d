#include "test_support.h"

#include <tepal/base/file.h>
#include <tepal/profile/file.h>
#include <tepal/upload/redaction.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

using namespace tepal;
using namespace tepal::test;

/// `tepal xray`: what it prints, masked and not, and how it ends.
class TestXrayCommand : public QObject
{
    Q_OBJECT

    struct Ended
    {
        int status = -1;
        std::string out;
        std::string err;
    };
    QTemporaryDir m_dir;

    std::filesystem::path home() const { return m_dir.path().toStdString(); }
    QString file(const char *name) const { return m_dir.filePath(QString::fromUtf8(name)); }
    Ended xray(const QStringList &arguments) const
    {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert("TEPAL_HOME", m_dir.path());
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(qs((binDir() / "tepal").string()), QStringList{"xray"} + arguments);
        if (!process.waitForFinished(60'000))
            qFatal("the command hangs");
        return {process.exitCode(), process.readAllStandardOutput().toStdString(),
                process.readAllStandardError().toStdString()};
    }
    nlohmann::json json(const QStringList &arguments) const
    {
        const auto ended = xray(arguments + QStringList{"--json"});
        if (ended.status != 0)
            qFatal("%s", ended.err.c_str());
        return nlohmann::json::parse(ended.out);
    }

private Q_SLOTS:
    void initTestCase()
    {
        DatasetProfile profile;
        profile.segment = {{"region", "Transylvania"}};
        for (int i = 0; i < 12; ++i) {
            profile.track("email", Value::string("user" + std::to_string(i) + "@example.org"));
            profile.track("width", Value::fractional(0.25 + i));
        }
        QVERIFY(writeFileAtomic(file("a.bin").toStdString(), serializeProfile(profile)));
    }

    void maskedUnlessRevealed()
    {
        const auto masked = xray({file("a.bin")});
        QCOMPARE(masked.status, 0);
        QVERIFY2(masked.err.empty(), masked.err.c_str());
        QVERIFY(masked.out.find("2 columns, 12 rows, 12 raw texts, 1 risk") != std::string::npos);
        QVERIFY(masked.out.find("u…@…org") != std::string::npos);
        QVERIFY(masked.out.find("all 12 values as they are") != std::string::npos);
        for (const char *raw : {"user3", "Transylvania"})
            QVERIFY2(masked.out.find(raw) == std::string::npos, raw);
        const auto open = xray({file("a.bin"), "--reveal"});
        for (int i = 0; i < 12; ++i)
            QVERIFY(open.out.find("user" + std::to_string(i) + "@example.org") !=
                    std::string::npos);
        QVERIFY(open.out.find("Transylvania") != std::string::npos);
    }

    void jsonHasEverything()
    {
        const auto root = json({file("a.bin")});
        QCOMPARE(root["rows"].get<int>(), 12);
        QCOMPARE(root["columns"].size(), std::size_t{2});
        const auto &email = root["columns"][0];
        QCOMPARE(email["name"].get<std::string>(), std::string("email"));
        QCOMPARE(email["counts"]["n"].get<int>(), 12);
        QCOMPARE(email["raw_strings"].size(), std::size_t{12});
        QCOMPARE(email["raw_strings"][0]["value"].get<std::string>(), std::string("u…@…org"));
        QCOMPARE(email["risks"][0]["kind"].get<std::string>(), std::string("email"));
        QCOMPARE(email["risks"][0]["level"].get<std::string>(), std::string("certain"));
        QCOMPARE(root["columns"][1]["min"].get<double>(), 0.25);
        QCOMPARE(root["columns"][1]["max"].get<double>(), 11.25);
        QVERIFY(root["redaction"].is_null());
        QVERIFY(json({file("a.bin"), "--reveal"})["columns"][0]["raw_strings"][0]["value"]
                    .get<std::string>()
                    .starts_with("user"));
        // Several files are a list.
        QCOMPARE(json({file("a.bin"), file("a.bin")}).size(), std::size_t{2});
    }

    void redactedAsItWouldLeave()
    {
        const auto dropped = json({file("a.bin"), "--redact", "email:drop-column"});
        QCOMPARE(dropped["columns"].size(), std::size_t{1});
        QCOMPARE(dropped["risk_count"].get<int>(), 0);
        QCOMPARE(dropped["redaction"]["columns"][0]["actions"][0].get<std::string>(),
                 std::string("drop-column"));
        const auto several = json({"--redact", "email:drop-values", "--redact", "width:drop-range",
                                   "--redact", "nobody:hash", file("a.bin")});
        QCOMPARE(several["raw_string_count"].get<int>(), 0);
        QVERIFY(several["columns"][1]["min"].is_null());
        QCOMPARE(several["redaction"]["unmatched"][0].get<std::string>(),
                 std::string("nobody:hash"));
        // A look makes no secret; where the home has one, hashes are those of its uploads.
        const QStringList hashed{file("a.bin"), "--redact", "email:hash", "--reveal"};
        json(hashed);
        QVERIFY(!std::filesystem::exists(home() / "redaction.key"));
        const auto salt = redactionSalt(home());
        QVERIFY(salt);
        const auto strings = json(hashed)["columns"][0]["raw_strings"];
        const std::string wanted = redactedText("user3@example.org", *salt);
        QVERIFY(std::any_of(strings.begin(), strings.end(),
                            [&](const auto &entry) { return entry["value"] == wanted; }));
        // The file itself is as it was.
        QCOMPARE(json({file("a.bin")})["columns"].size(), std::size_t{2});
    }

    void errorsAreOneLine_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        QTest::newRow("no file") << QStringList{} << 2;
        QTest::newRow("not there") << QStringList{"nowhere.bin"} << 1;
        QTest::newRow("not a profile") << QStringList{qs(golden("iris.csv").string())} << 1;
        QTest::newRow("performance")
            << QStringList{qs(golden("model_performance/regression.bin").string())} << 1;
        QTest::newRow("unknown action") << QStringList{"a.bin", "--redact", "email:forget"} << 2;
        QTest::newRow("no action") << QStringList{"a.bin", "--redact", "email"} << 2;
    }
    void errorsAreOneLine()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        const auto ended = xray(arguments);
        QCOMPARE(ended.status, status);
        QVERIFY(ended.out.empty());
        if (!arguments.isEmpty()) {
            QCOMPARE(std::count(ended.err.begin(), ended.err.end(), '\n'), 1);
            QVERIFY2(ended.err.find("; ") != std::string::npos, ended.err.c_str()); // a next step
        }
    }

    void whylogsFile()
    {
        const auto root = json({qs(golden("mixed_dataframe/profile.bin").string())});
        QCOMPARE(root["rows"].get<int>(), 400);
        QCOMPARE(root["columns"].size(), std::size_t{10});
        QCOMPARE(root["raw_string_count"].get<int>(), 206);
        QCOMPARE(root["risk_count"].get<int>(), 0);
    }
};

QTEST_GUILESS_MAIN(TestXrayCommand)
#include "tst_xray_command.moc"
