// `tepal` as people run it: train, serve, ask, kill, stop, look.

#include "certificate.h"
#include "host_state.h"
#include "test_support.h"
#include "window_chunks.h"

#include <tepal/base/clock.h>
#include <tepal/profile/file.h>
#include <tepal/store/references.h>
#include <tepal/store/scores.h>
#include <tepal/store/settings.h>

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace tepal;
using namespace tepal::test;

class TestServe : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;

    struct Output
    {
        int status = -1;
        QByteArray out;
        QByteArray err;
    };

    static QString tepalProgram() { return qs((binDir() / "tepal").string()); }
    QProcessEnvironment environment() const
    {
        QProcessEnvironment values = QProcessEnvironment::systemEnvironment();
        values.insert(QStringLiteral("TEPAL_HOME"), m_dir->filePath(QStringLiteral("home")));
        values.insert(QStringLiteral("XDG_CONFIG_HOME"), m_dir->filePath(QStringLiteral("config")));
        for (const char *name : {"WHYLABS_API_KEY", "WHYLABS_API_ENDPOINT",
                                 "WHYLABS_DEFAULT_ORG_ID", "WHYLABS_PRIVATE_API_ENDPOINT"})
            values.remove(QString::fromLatin1(name));
        return values;
    }
    Output run(const QStringList &arguments, const QByteArray &input = {})
    {
        QProcess process;
        process.setProcessEnvironment(environment());
        process.start(tepalProgram(), arguments);
        process.write(input);
        process.closeWriteChannel();
        process.waitForFinished(60'000);
        return {process.exitCode(), process.readAllStandardOutput(),
                process.readAllStandardError()};
    }
    /// Starts `tepal serve` and returns its address.
    QString serve(QProcess &process, const QStringList &more = {})
    {
        process.setProcessEnvironment(environment());
        process.start(tepalProgram(), QStringList{QStringLiteral("serve"), QStringLiteral("--port"),
                                                  QStringLiteral("0")} +
                                          more);
        QByteArray line;
        while (!line.contains('\n') && process.waitForReadyRead(20'000))
            line += process.readAllStandardOutput();
        return QString::fromUtf8(line.mid(line.indexOf("http")).trimmed());
    }
    QJsonDocument json(const QStringList &arguments)
    {
        return QJsonDocument::fromJson(run(arguments).out);
    }
    qint64 rowsOf(const QString &dataset)
    {
        qint64 rows = 0;
        const QJsonArray windows =
            json({QStringLiteral("windows"), QStringLiteral("--json")}).array();
        for (const QJsonValue &window : windows) {
            if (window[QLatin1String("dataset")].toString() == dataset)
                rows += window[QLatin1String("rows")].toInteger();
        }
        return rows;
    }
    static void stop(QProcess &process)
    {
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(30'000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 0);
    }

    /// A figure of the endpoint's metrics; -1 when it is not there.
    static double metric(const QString &url, const QByteArray &name)
    {
        QTcpSocket socket;
        socket.connectToHost(QStringLiteral("127.0.0.1"),
                             url.section(QLatin1Char(':'), -1).toUShort());
        socket.write("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        while (socket.state() != QAbstractSocket::UnconnectedState &&
               socket.waitForReadyRead(10'000)) {
        }
        const QByteArray answer = socket.readAll();
        const qsizetype at = answer.indexOf("\n" + name + " ");
        return at < 0 ? -1 : answer.mid(at + name.size() + 2).split('\n')[0].toDouble();
    }

private Q_SLOTS:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void trainServeStop()
    {
        const Output trained = run({QStringLiteral("train"), QStringLiteral("iris")});
        QCOMPARE(trained.status, 0);
        QVERIFY(trained.out.startsWith("Model saved: Model(tag=\"iris_knn:"));
        QProcess server;
        const QString url = serve(server);
        QVERIFY2(url.startsWith(QStringLiteral("http://127.0.0.1:")), qPrintable(url));
        const Output sent = run({QStringLiteral("simulate"), QStringLiteral("--count"),
                                 QStringLiteral("500"), QStringLiteral("--rate"),
                                 QStringLiteral("0")}); // finds the running host by itself
        QVERIFY2(sent.status == 0 && sent.out.contains("500 answered"), sent.err.constData());
        stop(server);
        QCOMPARE(rowsOf(QStringLiteral("model-1")), 500);
        const QJsonObject status =
            json({QStringLiteral("status"), QStringLiteral("--json")}).object();
        QVERIFY(status[QLatin1String("endpoint")].isNull());
        QCOMPARE(status[QLatin1String("logger")][QLatin1String("lag_records")].toInteger(), 0);
    }
    void windowsAreScoredWithoutAWindow()
    {
        const QString home = m_dir->filePath(QStringLiteral("home"));
        QVERIFY(QDir().mkpath(home));
        const TimeMs hour =
            windowStart(SystemClock::instance().nowMs(), Granularity::Hour) - 5 * kHourMs;
        const auto profileOf = [](double centre) {
            DatasetProfile profile;
            for (int i = 0; i < 400; ++i)
                profile.track("x", Value::fractional(centre + i % 37));
            return profile;
        };
        const ScoreSet scores{"shop", "training", "tepal@2"};
        const TimeRange all{hour, hour + kDayMs};
        auto store = Store::open((home + QStringLiteral("/tepal.db")).toStdString()).value();
        QVERIFY(References(*store).set("shop", "training", profileOf(0), 400, "", 1));
        QVERIFY(commitHour(*store, profileOf(0), "shop", hour));
        QVERIFY(commitHour(*store, profileOf(30), "shop", hour + kHourMs));
        QProcess host;
        QVERIFY(!serve(host).isEmpty());
        QTRY_COMPARE_WITH_TIMEOUT(Scores(*store).get(scores, all)->size(), std::size_t{2}, 30'000);
        const auto found = Scores(*store).get(scores, all).value();
        QVERIFY(found[0].verdict < found[1].verdict);
        // Another window, while it runs.
        QVERIFY(commitHour(*store, profileOf(0), "shop", hour + 2 * kHourMs));
        QTRY_COMPARE_WITH_TIMEOUT(Scores(*store).get(scores, all)->size(), std::size_t{3}, 30'000);
        host.terminate();
        QVERIFY(host.waitForFinished(20'000));
        QCOMPARE(host.exitCode(), 0);
    }
    void killedHostLosesNothing()
    {
        run({QStringLiteral("train"), QStringLiteral("iris")});
        for (int round = 0; round < 3; ++round) {
            QProcess server;
            const QString url = serve(server);
            QVERIFY(!url.isEmpty());
            const Output sent = run({QStringLiteral("simulate"), QStringLiteral("--url"), url,
                                     QStringLiteral("--count"), QStringLiteral("200"),
                                     QStringLiteral("--rate"), QStringLiteral("0")});
            QCOMPARE(sent.status, 0);
            server.kill(); // SIGKILL: the logger notices the end of its input, drains and goes
            server.waitForFinished();
        }
        QProcess server;
        QVERIFY(!serve(server).isEmpty());
        stop(server);
        QCOMPARE(rowsOf(QStringLiteral("model-1")), 600);
    }
    void threadLoggerAndMinutes()
    {
        run({QStringLiteral("train"), QStringLiteral("iris")});
        QProcess server;
        const QString url =
            serve(server, {QStringLiteral("--logger"), QStringLiteral("thread"),
                           QStringLiteral("--aggregate-by"), QStringLiteral("day")});
        QVERIFY(!url.isEmpty());
        const Output filled = run({QStringLiteral("simulate"), QStringLiteral("--url"), url,
                                   QStringLiteral("--backfill"), QStringLiteral("7d")});
        QVERIFY2(filled.status == 0, filled.err.constData());
        stop(server);
        const QJsonArray windows =
            json({QStringLiteral("windows"), QStringLiteral("--json")}).array();
        QVERIFY(windows.size() == 7 || windows.size() == 8);
        const Output exported =
            run({QStringLiteral("export"), QStringLiteral("--dataset"), QStringLiteral("model-1"),
                 QStringLiteral("-o"), m_dir->filePath(QStringLiteral("week.bin"))});
        QCOMPARE(exported.status, 0);
        const auto profile =
            parseProfile(readAll(m_dir->filePath(QStringLiteral("week.bin")).toStdString()));
        QVERIFY(profile);
        QCOMPARE(profile->rows(), rowsOf(QStringLiteral("model-1")));
    }
    void rowsFromAPipe_data()
    {
        QTest::addColumn<bool>("running");
        QTest::newRow("through the endpoint") << true;
        QTest::newRow("without one") << false;
    }
    void rowsFromAPipe()
    {
        QFETCH(bool, running);
        QProcess server;
        if (running)
            QVERIFY(!serve(server).isEmpty());
        const QStringList log{QStringLiteral("log"), QStringLiteral("--dataset"),
                              QStringLiteral("orders & more")};
        Output output = run(log, "{\"amount\": 1.5, \"city\": \"Oslo\"}\n\n{\"amount\": 2}\n"
                                 "{\"city\": null, \"new\": [1, 2]}"); // no line end
        QVERIFY2(output.status == 0 && output.out.contains("3 rows"), output.err.constData());
        output = run(log + QStringList{QStringLiteral("--time-column"), QStringLiteral("when")},
                     "when,amount\n2020-02-29T12:00:00Z,1\n2020-02-29T12:00:30Z,2\n"
                     "2020-02-29T13:00:00Z,3\n2020-02-29 13:30,\"4\"\n");
        QVERIFY2(output.status == 0 && output.out.contains("4 rows"), output.err.constData());
        output = run(log, "{\"amount\": 1}\nnonsense\n");
        QVERIFY2(output.status == 1 && output.err.toLower().contains("line 2"),
                 output.err.constData());
        if (running)
            stop(server);
        QCOMPARE(rowsOf(QStringLiteral("orders & more")), 7);
        QStringList starts;
        const QJsonArray windows =
            json({QStringLiteral("windows"), QStringLiteral("--json")}).array();
        for (const QJsonValue &window : windows)
            starts << window[QLatin1String("start")].toString();
        QVERIFY(starts.contains(QStringLiteral("2020-02-29T12:00:00Z")));
        QVERIFY(starts.contains(QStringLiteral("2020-02-29T13:00:00Z")));
        QCOMPARE(run({QStringLiteral("check")}).status, 0);
        QVERIFY(run({QStringLiteral("quarantine")}).out.contains("No record"));
        QVERIFY(json({QStringLiteral("quarantine"), QStringLiteral("--json")}).array().isEmpty());
    }
    void datasetsHaveOptionsOfTheirOwn()
    {
        QCOMPARE(run({QStringLiteral("train"), QStringLiteral("iris")}).status, 0);
        const QStringList set{QStringLiteral("dataset"), QStringLiteral("set")};
        QCOMPARE(run(set + QStringList{QStringLiteral("daily"), QStringLiteral("--aggregate-by"),
                                       QStringLiteral("day"), QStringLiteral("--segment-by"),
                                       QStringLiteral("city")})
                     .status,
                 0);
        const Output wrong =
            run(set + QStringList{QStringLiteral("daily"), QStringLiteral("--metrics"),
                                  QStringLiteral("everything")});
        QVERIFY2(wrong.status == 2 && wrong.err.contains("everything"), wrong.err.constData());
        QProcess server;
        QVERIFY(!serve(server,
                       {QStringLiteral("--dataset"), QStringLiteral("yearly:aggregate-by=year")})
                     .isEmpty());
        for (const char *dataset : {"daily", "yearly", "other"}) {
            const Output output = run({QStringLiteral("log"), QStringLiteral("--dataset"),
                                       QString::fromLatin1(dataset), QStringLiteral("--timestamp"),
                                       QStringLiteral("2024-05-06T07:08:09Z")},
                                      "{\"city\": \"Oslo\"}\n{\"city\": \"Rome\"}\n");
            QVERIFY2(output.status == 0, output.err.constData());
        }
        stop(server);
        QMap<QString, QString> starts;
        QMap<QString, int> windows;
        const QJsonArray all = json({QStringLiteral("windows"), QStringLiteral("--json")}).array();
        for (const QJsonValue &window : all) {
            const QString name = window[QLatin1String("dataset")].toString();
            starts[name] = window[QLatin1String("start")].toString();
            ++windows[name];
        }
        QCOMPARE(windows[QStringLiteral("daily")], 2); // two cities
        QCOMPARE(starts[QStringLiteral("daily")], QStringLiteral("2024-05-06T00:00:00Z"));
        QCOMPARE(starts[QStringLiteral("yearly")], QStringLiteral("2024-01-01T00:00:00Z"));
        QCOMPARE(starts[QStringLiteral("other")], QStringLiteral("2024-05-06T07:00:00Z"));
        QCOMPARE(run({QStringLiteral("dataset"), QStringLiteral("reset"), QStringLiteral("daily")})
                     .status,
                 0);
        const Output bad =
            run({QStringLiteral("serve"), QStringLiteral("--port"), QStringLiteral("0"),
                 QStringLiteral("--dataset"), QStringLiteral("x:aggregate-by=decade")});
        QVERIFY2(bad.status == 2 && bad.err.contains("decade"), bad.err.constData());
    }
    /// What can be looked at is shown, what would write says why not.
    void readOnlyDrive()
    {
        run({QStringLiteral("train"), QStringLiteral("iris")});
        QProcess server;
        serve(server);
        run({QStringLiteral("simulate"), QStringLiteral("--count"), QStringLiteral("50"),
             QStringLiteral("--rate"), QStringLiteral("0")});
        stop(server);
        const auto onReadOnly = [&](const QString &command) {
            QProcess process;
            process.setProcessEnvironment(environment());
            process.start(QStringLiteral("unshare"),
                          {QStringLiteral("-rm"), QStringLiteral("sh"), QStringLiteral("-c"),
                           QStringLiteral("mount --bind \"$TEPAL_HOME\" \"$TEPAL_HOME\" && "
                                          "mount -o remount,bind,ro \"$TEPAL_HOME\" && ") +
                               command});
            process.waitForFinished(60'000);
            return Output{process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                          process.readAllStandardOutput(), process.readAllStandardError()};
        };
        if (onReadOnly(QStringLiteral("true")).status != 0)
            QSKIP("this machine does not let tests mount");
        const QString program = tepalProgram();
        const Output windows = onReadOnly(program + QStringLiteral(" windows --json"));
        QVERIFY2(windows.status == 0, windows.err.constData());
        QCOMPARE(QJsonDocument::fromJson(windows.out)[0][QLatin1String("rows")].toInteger(), 50);
        QCOMPARE(onReadOnly(program + QStringLiteral(" status")).status, 0);
        const Output served = onReadOnly(program + QStringLiteral(" serve --port 0"));
        QCOMPARE(served.status, 1);
        QVERIFY2(served.err.contains("Read-only"), served.err.constData());
        // Changes beside the database that were never merged into it would be missed.
        QFile log(m_dir->filePath(QStringLiteral("home/tepal.db-wal")));
        QVERIFY(log.open(QIODevice::WriteOnly) && log.write("unmerged") > 0);
        log.close();
        const Output unmerged = onReadOnly(program + QStringLiteral(" windows"));
        QVERIFY2(unmerged.status == 1 && unmerged.err.contains("copy the home"),
                 unmerged.err.constData());
    }
    void networkDrives()
    {
        QCOMPARE(networkFileSystem(0x6969), std::string_view("NFS"));
        QCOMPARE(networkFileSystem(0xFF534D42), std::string_view("CIFS"));
        QVERIFY(networkFileSystem(0xEF53).empty());     // ext4
        QVERIFY(networkFileSystem(0x01021994).empty()); // tmpfs
        QVERIFY(refuseNetworkHome(Home{m_dir->path().toStdString()}));
    }
    /// The logger stands still: the endpoint answers as ever, the lag shows, nothing is lost.
    void slowLogger()
    {
#ifndef __linux__
        QSKIP("reads the logger's process id from its lock file");
#endif
        QCOMPARE(run({QStringLiteral("train"), QStringLiteral("iris")}).status, 0);
        QProcess server;
        const QString url = serve(server);
        const auto pid = static_cast<pid_t>(
            std::stol(readAll(m_dir->filePath(QStringLiteral("home/logger.lock")).toStdString())
                          .substr(std::string("logger ").size())));
        QCOMPARE(::kill(pid, SIGSTOP), 0);
        const Output sent =
            run({QStringLiteral("simulate"), QStringLiteral("--count"), QStringLiteral("2000"),
                 QStringLiteral("--rate"), QStringLiteral("0")});
        const auto lag = [&] {
            const QJsonObject logger = json({QStringLiteral("status"), QStringLiteral("--json")})
                                           .object()[QLatin1String("logger")]
                                           .toObject();
            return std::pair(logger[QLatin1String("lag_records")].toInteger(),
                             logger[QLatin1String("lag_seconds")].toDouble());
        };
        const auto [records, seconds] = lag();
        // The endpoint notices by itself that nobody reports.
        QTRY_COMPARE_WITH_TIMEOUT(metric(url, "tepal_logger_up"), 0, 30'000);
        QVERIFY(metric(url, "tepal_journal_lag_records") >= 2000);
        QVERIFY(metric(url, "tepal_journal_lag_seconds") > 0);
        QCOMPARE(::kill(pid, SIGCONT), 0);
        QTRY_COMPARE_WITH_TIMEOUT(metric(url, "tepal_logger_up"), 1, 20'000);
        QVERIFY2(sent.out.contains("2000 answered"), sent.out.constData());
        QVERIFY2(records >= 2000, qPrintable(QString::number(records)));
        QVERIFY(seconds > 0 && seconds < 60);
        QTRY_COMPARE_WITH_TIMEOUT(lag().first, 0, 20'000);
        stop(server);
        QCOMPARE(rowsOf(QStringLiteral("model-1")), 2000);
    }
    void schemas_data()
    {
        QTest::addColumn<QString>("logger");
        QTest::newRow("process") << QStringLiteral("process");
        QTest::newRow("thread") << QStringLiteral("thread");
    }
    /// From the file to the counts of a window: a dataset's own schema, the one of all others, live
    /// rows and backfilled ones.
    void schemas()
    {
        QFETCH(const QString, logger);
        const auto file = [this](const char *name, const QByteArray &text) {
            QFile out(m_dir->filePath(QString::fromLatin1(name)));
            if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size())
                qFatal("cannot write %s", name);
            return out.fileName();
        };
        const QString own =
            file("own.json", R"({"columns": {"x": {"conditions": {"low": {"less": 3}}}}})");
        const QString others = file("others.json", R"({"types": {"string": {"unicode": true,
            "conditions": {"a": {"regex": "a"}}}}})");
        const QString wrong = file("wrong.json", R"({"columns": {"x": {"condition": {}}}})");
        const auto dataset = [this](const QStringList &arguments) {
            return run(QStringList{QStringLiteral("dataset")} + arguments);
        };
        const QString set = QStringLiteral("set");
        const QString show = QStringLiteral("show");
        const QString schema = QStringLiteral("--schema");
        const QString shop = QStringLiteral("shop");
        const Output refused = dataset({set, shop, schema, wrong});
        QCOMPARE(refused.status, 2);
        QVERIFY2(refused.err.contains("columns.x.condition: "), refused.err.constData());
        QCOMPARE(run({QStringLiteral("serve"), schema, wrong}).status, 2);
        QCOMPARE(dataset({set, shop, schema, own}).status, 0);
        QVERIFY(dataset({QStringLiteral("list")}).out.contains("1 column, 1 condition"));
        QVERIFY(dataset({show, shop}).out.contains("\"low\": {"));

        QProcess server;
        serve(server, {schema, others, QStringLiteral("--logger"), logger});
        for (const char *name : {"shop", "stock"}) {
            for (const char *time : {"", "2024-03-05T10:15:00Z"}) { // now, and long ago
                QStringList log{QStringLiteral("log"), QStringLiteral("--dataset"),
                                QString::fromLatin1(name)};
                if (*time)
                    log += {QStringLiteral("--timestamp"), QString::fromLatin1(time)};
                const Output logged = run(log, "x,c\n1.5,ab\n2.5,b\n3.5,ac\n");
                QVERIFY2(logged.status == 0, logged.err.constData());
            }
        }
        stop(server);
        const auto summary = [&](const char *name, const char *column) {
            const QString out = m_dir->filePath(QStringLiteral("out.bin"));
            run({QStringLiteral("export"), QStringLiteral("--dataset"), QString::fromLatin1(name),
                 QStringLiteral("--from"), QStringLiteral("2024-01-01"), QStringLiteral("--to"),
                 QStringLiteral("2100-01-01"), QStringLiteral("-o"), out});
            const QJsonDocument shown =
                json({QStringLiteral("inspect"), out, QStringLiteral("--json")});
            return shown[QLatin1String("columns")][QLatin1String(column)][QLatin1String("summary")]
                .toObject();
        };
        const QJsonObject x = summary("shop", "x");
        QCOMPARE(x[QLatin1String("condition_count/total")].toInteger(), 6);
        QCOMPARE(x[QLatin1String("condition_count/low")].toInteger(), 4);
        QVERIFY(!summary("shop", "c").contains(QLatin1String("condition_count/total")));
        const QJsonObject c = summary("stock", "c");
        QCOMPARE(c[QLatin1String("condition_count/a")].toInteger(), 4);
        QCOMPARE(c[QLatin1String("unicode_range/string_length:distribution/n")].toInteger(), 6);
        QVERIFY(!summary("stock", "x").contains(QLatin1String("condition_count/total")));
        // Remembered, shown, and taken back.
        const auto of = [&](const QStringList &arguments) {
            return QJsonDocument::fromJson(
                       dataset(arguments + QStringList{QStringLiteral("--json")}).out)
                .object()[QLatin1String("schema_of")]
                .toString();
        };
        QCOMPARE(of({show, QStringLiteral("stock")}), QStringLiteral("default"));
        QCOMPARE(of({show, shop}), QStringLiteral("dataset"));
        QCOMPARE(dataset({QStringLiteral("reset"), shop}).status, 0);
        QCOMPARE(of({show, shop}), QStringLiteral("default"));
        serve(server, {schema, QStringLiteral("none")});
        stop(server);
        QCOMPARE(of({show, shop}), QStringLiteral("none"));
    }
    void howLongWindowsAreKept()
    {
        for (const char *wrong : {"1s", "soon"}) {
            const Output refused = run(
                {QStringLiteral("serve"), QStringLiteral("--keep"), QString::fromLatin1(wrong)});
            QCOMPARE(refused.status, 2);
        }
        const auto remembered = [this] {
            auto store =
                Store::open(m_dir->filePath(QStringLiteral("home/tepal.db")).toStdString());
            return Settings(**store).get(Settings::kRetention).value();
        };
        QProcess server;
        serve(server, {QStringLiteral("--keep"), QStringLiteral("30d")});
        QCOMPARE(remembered(), std::optional<std::string>("30d"));
        stop(server);
        serve(server); // what is not said stays
        QCOMPARE(remembered(), std::optional<std::string>("30d"));
        stop(server);
        serve(server, {QStringLiteral("--keep"), QStringLiteral("forever")});
        QCOMPARE(remembered(), std::nullopt);
        stop(server);
    }
    void secondHostIsRefusedByName()
    {
        run({QStringLiteral("train"), QStringLiteral("iris")});
        QProcess server;
        const QString url = serve(server);
        const Output second =
            run({QStringLiteral("serve"), QStringLiteral("--port"), QStringLiteral("0")});
        QCOMPARE(second.status, 1);
        QVERIFY2(second.err.contains(url.toUtf8()), second.err.constData());
        QCOMPARE(second.err.count('\n'), 1);
        stop(server);
    }
    void sentencesForWrongUse_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char *name, const char *arguments, int status, const char *says) {
            QTest::newRow(name) << QString::fromLatin1(arguments).split(QLatin1Char(' ')) << status
                                << QByteArray(says);
        };
        row("no database", "windows", 1, "no database");
        row("not a profile", "inspect /etc/hostname", 1, "not a whylogs profile");
        row("no such file", "drift /nowhere/a.bin /nowhere/b.bin", 1, "/nowhere/a.bin");
        row("unknown option", "serve --frobnicate", 2, "frobnicate");
        row("bad duration", "serve --write-every soon", 2, "not a duration");
        row("bad granularity", "serve --aggregate-by fortnight", 2, "granularity");
        row("bad preset", "drift a b --preset magic", 2, "preset");
        row("bad k", "train iris --k 0", 2, "k");
        row("no model", "models get iris_knn", 1, "iris_knn");
        row("remote host", "serve --host 0.0.0.0 --port 0", 1, "other machines");
    }
    void sentencesForWrongUse()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        QFETCH(QByteArray, says);
        const Output output = run(arguments);
        QVERIFY2(output.status == status, output.err.constData());
        QVERIFY2(output.err.contains(says), output.err.constData());
    }
    void uploadWithoutSettings()
    {
        run({QStringLiteral("train"), QStringLiteral("iris")});
        const Output output = run({QStringLiteral("upload")});
        QCOMPARE(output.status, 1);
        QVERIFY(output.err.startsWith("tepal: "));
        QVERIFY(output.err.contains("WHYLABS") || output.err.contains("endpoint"));
    }
    void corruptDatabaseIsNotTouched()
    {
        const QString home = m_dir->filePath(QStringLiteral("home"));
        QDir().mkpath(home);
        QFile file(home + QStringLiteral("/tepal.db"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(8192, 'x'));
        file.close();
        const Output output =
            run({QStringLiteral("serve"), QStringLiteral("--port"), QStringLiteral("0")});
        QCOMPARE(output.status, 1);
        QVERIFY2(output.err.contains("tepal.db"), output.err.constData());
        QCOMPARE(readAll(file.fileName().toStdString()), std::string(8192, 'x'));
    }
    void tokenAndTls()
    {
        const auto write = [&](const char *name, const std::string &bytes) {
            const QString path = m_dir->filePath(QString::fromLatin1(name));
            QFile file(path);
            if (!file.open(QIODevice::WriteOnly) ||
                file.write(bytes.data(), qint64(bytes.size())) < 0)
                qFatal("cannot write");
            return path;
        };
        const Certificate made = makeCertificate("IP:127.0.0.1");
        const QString certificate = write("cert.pem", made.certificate);
        const QString token = write("token", "0123456789abcdef0123456789abcdef\n");
        const QString log = m_dir->filePath(QStringLiteral("access.log"));
        const QString key = write("key.pem", made.key);
        QFile::setPermissions(token, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther);
        QFile::setPermissions(key, QFile::ReadOwner | QFile::WriteOwner);
        run({QStringLiteral("train"), QStringLiteral("iris")});
        QProcess server;
        const QString url = serve(
            server,
            {QStringLiteral("--host"), QStringLiteral("0.0.0.0"), QStringLiteral("--allow-remote"),
             QStringLiteral("--ssl-certfile"), certificate, QStringLiteral("--ssl-keyfile"), key,
             QStringLiteral("--token-file"), token, QStringLiteral("--access-log"), log});
        QVERIFY2(url.startsWith(QStringLiteral("https://0.0.0.0:")), qPrintable(url));
        const QString here =
            QStringLiteral("https://127.0.0.1:") + url.section(QLatin1Char(':'), -1);
        const QStringList send{
            QStringLiteral("simulate"), QStringLiteral("--url"), here,
            QStringLiteral("--count"),  QStringLiteral("20"),    QStringLiteral("--rate"),
            QStringLiteral("0")};
        const Output stranger = run(send);
        QVERIFY(!stranger.out.contains("20 answered"));
        qputenv("SSL_CERT_FILE", certificate.toUtf8());
        const Output withoutToken = run(send);
        QVERIFY2((withoutToken.out + withoutToken.err).contains("401"),
                 withoutToken.err.constData());
        qputenv("TEPAL_TOKEN", "0123456789abcdef0123456789abcdef");
        const Output sent = run(send);
        const Output logged = run({QStringLiteral("log"), QStringLiteral("--url"), here,
                                   QStringLiteral("--dataset"), QStringLiteral("shop")},
                                  "a,b\n1,2\n");
        qunsetenv("TEPAL_TOKEN");
        qunsetenv("SSL_CERT_FILE");
        QVERIFY2(sent.out.contains("20 answered"), sent.err.constData());
        QVERIFY2(logged.status == 0, logged.err.constData());
        QVERIFY(json({QStringLiteral("status"), QStringLiteral("--json")})
                    .object()[QLatin1String("warnings")]
                    .toArray()
                    .isEmpty());
        const QByteArray err = server.readAllStandardError();
        QVERIFY2(!err.contains("0123456789abcdef"), err.constData());
        QVERIFY2(err.contains("other users of this machine can read the token"), err.constData());
        QVERIFY2(!err.contains("can read the key"), err.constData());
        stop(server);
        QCOMPARE(rowsOf(QStringLiteral("model-1")), 20);
        QCOMPARE(rowsOf(QStringLiteral("shop")), 1);
        const QByteArray lines = QByteArray::fromStdString(readAll(log.toStdString()));
        QCOMPARE(lines.count("\"status\":200"), 21);
        QVERIFY(lines.contains("\"refused\":\"no_token\""));
        QVERIFY(!lines.contains("0123456789abcdef"));
    }
    void openToOthersIsSaid()
    {
        run({QStringLiteral("train"), QStringLiteral("iris")});
        QProcess server;
        const QString url = serve(server, {QStringLiteral("--host"), QStringLiteral("0.0.0.0"),
                                           QStringLiteral("--allow-remote")});
        QVERIFY(!url.isEmpty());
        const Output status = run({QStringLiteral("status")});
        QVERIFY2(status.out.contains("Warning      whoever can reach 0.0.0.0 may call"),
                 status.out.constData());
        QVERIFY(status.out.contains("not encrypted"));
        stop(server);
        const Output refused =
            run({QStringLiteral("serve"), QStringLiteral("--port"), QStringLiteral("0"),
                 QStringLiteral("--ssl-certfile"), QStringLiteral("/none"),
                 QStringLiteral("--ssl-keyfile"), QStringLiteral("/none")});
        QCOMPARE(refused.status, 1);
        QVERIFY2(refused.err.contains("the certificate file /none cannot be read"),
                 refused.err.constData());
    }
    void portInUse()
    {
        run({QStringLiteral("train"), QStringLiteral("iris")});
        QProcess server;
        const QString url = serve(server);
        const QString port = url.section(QLatin1Char(':'), -1);
        QProcess other;
        QProcessEnvironment values = environment();
        values.insert(QStringLiteral("TEPAL_HOME"), m_dir->filePath(QStringLiteral("other")));
        other.setProcessEnvironment(values);
        other.start(tepalProgram(), {QStringLiteral("serve"), QStringLiteral("--port"), port});
        QVERIFY(other.waitForFinished(30'000));
        QCOMPARE(other.exitCode(), 1);
        const QByteArray err = other.readAllStandardError();
        QVERIFY2(err.contains("in use") && err.contains("--port"), err.constData());
        stop(server);
    }
};

QTEST_GUILESS_MAIN(TestServe)
#include "tst_serve.moc"
