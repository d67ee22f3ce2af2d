// `tepal serve` and its uploads as people run them: nothing is pressed, and everything arrives
// once.

#include "test_support.h"
#include "whylabs_receiver.h"

#include <tepal/profile/file.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <filesystem>
#include <map>

using namespace tepal;
using namespace tepal::test;

namespace fs = std::filesystem;

namespace {

const std::string kSecret(53, 's');
const std::string kKey = "abcdefghij." + kSecret + ":org-7";
constexpr int kPatienceMs = 60'000;

} // namespace

class TestUploads : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;

    struct Ended
    {
        int status = -1;
        QByteArray out;
        QByteArray err;
    };

    fs::path home() const { return (m_dir->path() + "/home").toStdString(); }
    fs::path out() const { return (m_dir->path() + "/out").toStdString(); }
    void prepare(QProcess &process, const std::string &endpoint, const QStringList &arguments) const
    {
        QProcessEnvironment values = QProcessEnvironment::systemEnvironment();
        values.insert("TEPAL_HOME", qs(home().string()));
        values.insert("XDG_CONFIG_HOME", m_dir->path() + "/config");
        for (const char *name :
             {"WHYLABS_API_KEY", "WHYLABS_API_ENDPOINT", "WHYLABS_PRIVATE_API_ENDPOINT",
              "WHYLABS_DEFAULT_ORG_ID", "WHYLABS_DEFAULT_DATASET_ID"})
            values.remove(name);
        if (!endpoint.empty()) {
            values.insert("WHYLABS_API_ENDPOINT", qs(endpoint));
            values.insert("WHYLABS_API_KEY", qs(kKey));
        }
        process.setProcessEnvironment(values);
        process.setProgram(qs((binDir() / "tepal").string()));
        process.setArguments(arguments);
    }
    Ended tepal(const QStringList &arguments, const QByteArray &input = {},
                const std::string &endpoint = {}) const
    {
        QProcess process;
        prepare(process, endpoint, arguments);
        process.start();
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished(kPatienceMs))
            qFatal("the command hangs");
        return {process.exitCode(), process.readAllStandardOutput(),
                process.readAllStandardError()};
    }
    /// Its address.
    QString serve(QProcess &process, const QStringList &more,
                  const std::string &endpoint = {}) const
    {
        prepare(process, endpoint, QStringList{"serve", "--port", "0"} + more);
        process.start();
        QByteArray line;
        while (!line.contains('\n') && process.waitForReadyRead(20'000))
            line += process.readAllStandardOutput();
        return QString::fromUtf8(line.mid(line.indexOf("http")).trimmed());
    }
    static QByteArray get(const QString &url, const QByteArray &path)
    {
        QTcpSocket socket;
        socket.connectToHost("127.0.0.1", url.section(':', -1).toUShort());
        socket.write("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        while (socket.state() != QAbstractSocket::UnconnectedState &&
               socket.waitForReadyRead(10'000)) {
        }
        return socket.readAll();
    }
    void stop(QProcess &process)
    {
        ::kill(static_cast<pid_t>(process.processId()), SIGTERM);
        QVERIFY(process.waitForFinished(kPatienceMs));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 0);
    }
    /// Rows of the files in the folder.
    std::int64_t rowsOut() const
    {
        std::int64_t rows = 0;
        std::error_code none;
        for (const auto &entry : fs::recursive_directory_iterator(out(), none)) {
            if (!entry.is_regular_file() || entry.path().extension() != ".bin")
                continue;
            const auto profile = parseProfile(readAll(entry.path()));
            if (!profile)
                qFatal("a file that is no profile");
            rows += profile->rows();
        }
        return rows;
    }
    static QByteArray rows(int count, const char *extra = "")
    {
        QByteArray text;
        for (int i = 0; i < count; ++i)
            text += "{\"x\": " + QByteArray::number(i) + extra + "}\n";
        return text;
    }
    void log(const QByteArray &lines, const QStringList &more = {})
    {
        const auto done = tepal(
            QStringList{"log", "-", "--dataset", "orders", "--format", "jsonl"} + more, lines);
        QVERIFY2(done.status == 0, done.err.constData());
    }
    QJsonArray outbox() const
    {
        return QJsonDocument::fromJson(tepal({"outbox", "list", "--json"}).out).array();
    }

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        QVERIFY(tepal({"train", "iris"}).status == 0);
    }

    void filesAppearByThemselves()
    {
        QCOMPARE(
            tepal({"destination", "add", "folder", "--directory", qs(out().string()), "--enable"})
                .status,
            0);
        QProcess server;
        const QString url = serve(server, {"--write-every", "1s"});
        QVERIFY(url.startsWith("http"));
        log(rows(20));
        QTRY_COMPARE_WITH_TIMEOUT(rowsOut(), std::int64_t{20}, kPatienceMs);
        // What people see of it.
        QTRY_VERIFY_WITH_TIMEOUT(get(url, "/readyz").contains("uploads to folder: 0 waiting"),
                                 kPatienceMs);
        QVERIFY(get(url, "/readyz").contains("gate open"));
        const QByteArray metrics = get(url, "/metrics");
        QVERIFY(metrics.contains("folder"));
        const auto status = tepal({"status"}).out;
        QVERIFY2(status.contains("Uploads      folder: 0 waiting"), status.constData());
        const QJsonArray items = outbox();
        QVERIFY(!items.isEmpty());
        const QJsonObject item = items[0].toObject();
        QCOMPARE(item["state"].toString(), QString("sent"));
        QVERIFY(item["place"].toString().endsWith(".bin"));
        QVERIFY(fs::exists(item["place"].toString().toStdString()));
        QVERIFY(item["segment"].isObject() && item["bytes"].toInteger() > 100);
        QVERIFY(item.contains("next") && item.contains("next_try"));
        stop(server);
        QCOMPARE(rowsOut(), std::int64_t{20});
    }
    /// The piece that is being filled is finished, and goes before the program ends.
    void theOpenPieceArrivesBeforeTheEnd()
    {
        QCOMPARE(
            tepal({"destination", "add", "folder", "--directory", qs(out().string()), "--enable"})
                .status,
            0);
        QProcess server;
        QVERIFY(serve(server, {"--write-every", "1h"}).startsWith("http"));
        log(rows(33));
        QCOMPARE(rowsOut(), std::int64_t{0});
        stop(server);
        QCOMPARE(rowsOut(), std::int64_t{33});
        const auto items = outbox();
        for (const QJsonValue &item : items)
            QCOMPARE(item["state"].toString(), QString("sent"));
    }
    void withTheEnvironmentAlone()
    {
        WhylabsReceiver::Options options;
        options.key = kKey;
        const WhylabsReceiver receiver(options);
        QProcess server;
        QVERIFY(serve(server, {"--write-every", "1s", "--upload", "whylabs"}, receiver.url())
                    .startsWith("http"));
        // Three hours, at times of the rows' own.
        for (const char *hour : {"14", "15", "16"})
            log(rows(7, (std::string(", \"at\": \"2026-01-31T") + hour + ":30:00Z\"").c_str()),
                {"--time-column", "at"});
        QTRY_COMPARE_WITH_TIMEOUT(receiver.count("PUT"), std::size_t{3}, kPatienceMs);
        stop(server);
        std::map<std::int64_t, std::int64_t> arrived;
        const auto uploads = receiver.uploads();
        for (const ReceivedUpload &upload : uploads) {
            const auto profile = parseProfile(upload.bytes);
            QVERIFY(profile.has_value());
            arrived[upload.timestamp] += profile->rows();
            QCOMPARE(upload.puts, 1);
            QCOMPARE(upload.dataset, std::string("orders"));
        }
        const auto at = [](const char *text) { return parseTime(text).value(); };
        QCOMPARE(arrived, (std::map<std::int64_t, std::int64_t>{{at("2026-01-31T14:00:00Z"), 7},
                                                                {at("2026-01-31T15:00:00Z"), 7},
                                                                {at("2026-01-31T16:00:00Z"), 7}}));
        QCOMPARE(receiver.complaints(), std::vector<std::string>{});
    }
    void whatCannotGoWaitsAndIsSaid()
    {
        std::string gone;
        {
            const WhylabsReceiver none;
            gone = none.url();
        }
        QProcess server;
        const QString url = serve(
            server, {"--write-every", "1s", "--upload", "whylabs", "--upload-on-stop", "1s"}, gone);
        QVERIFY(url.startsWith("http"));
        log(rows(5)); // one piece, or two when the schedule comes in between
        QTRY_VERIFY_WITH_TIMEOUT(get(url, "/readyz").contains("gate closed"), kPatienceMs);
        QVERIFY(!get(url, "/readyz").contains("uploads to whylabs: 0 waiting"));
        stop(server);
        const auto err = server.readAllStandardError();
        QVERIFY2(err.contains(" for the next start"), err.constData());
        const auto status = tepal({"status"}).out;
        QVERIFY2(status.contains(" waiting, oldest"), status.constData());
        QVERIFY2(status.contains("closed until"), status.constData());
    }
    /// The key is in no file of the home, no output, and no list of processes.
    void theKeyIsNowhere_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("headers");
        const QByteArray key = QByteArray::fromStdString(kKey);
        const QByteArray secret = QByteArray::fromStdString(kSecret);
        QTest::newRow("403 says it") << 403 << "{\"message\":\"bad " + key + "\"}" << QByteArray();
        QTest::newRow("400 says a part")
            << 400 << "{\"message\":\"" + secret + "\"}" << QByteArray();
        QTest::newRow("500 says it") << 500 << key << QByteArray();
        QTest::newRow("302 there")
            << 302 << QByteArray() << "Location: http://login.example/" + key + "/x\r\n";
        QTest::newRow("200 says it") << 200 << "{\"id\":\"" + key + "\"}" << QByteArray();
    }
    void theKeyIsNowhere()
    {
        QFETCH(int, code);
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, headers);
        WhylabsReceiver receiver;
        receiver.server().failAll(
            {Fault::Status, code, body.toStdString(), headers.toStdString(), "application/json"});
        QProcess server;
        const QString url =
            serve(server, {"--write-every", "1s", "--upload", "whylabs", "--upload-on-stop", "1s"},
                  receiver.url());
        log(rows(5));
        QTRY_VERIFY_WITH_TIMEOUT(!receiver.requests().empty(), kPatienceMs);
        QByteArray seen =
            readAll("/proc/" + std::to_string(server.processId()) + "/cmdline").c_str();
        seen += get(url, "/readyz") + get(url, "/metrics");
        stop(server);
        seen += server.readAllStandardOutput() + server.readAllStandardError();
        for (const QStringList &arguments : {QStringList{"upload", "--to", "whylabs"},
                                             {"outbox", "list"},
                                             {"status", "--json"},
                                             {"destination", "list", "--json"},
                                             {"destination", "test", "whylabs"}}) {
            const auto ended = tepal(arguments, {}, receiver.url());
            seen += ended.out + ended.err;
        }
        const QByteArray part = QByteArray::fromStdString(kSecret.substr(0, 8));
        QVERIFY2(!seen.contains(part), seen.constData());
        for (const auto &entry : fs::recursive_directory_iterator(home())) {
            if (entry.is_regular_file())
                QVERIFY2(readAll(entry.path()).find(part.toStdString()) == std::string::npos,
                         entry.path().c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestUploads)
#include "tst_uploads.moc"
