// What the command line prints: nothing that steers a terminal, no number that is none, and what a
// person should know.

#include "test_support.h"

#include <tepal/base/clock.h>
#include <tepal/base/file.h>
#include <tepal/profile/file.h>
#include <tepal/store/store.h>
#include <tepal/store/summary.h>
#include <tepal/store/window_writer.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <limits>

using namespace tepal;
using namespace tepal::test;

namespace {

/// Clears the screen, sets the title, turns the direction of writing, is no UTF-8.
const std::string kHostile = "\x1b[2J\x1b]0;x\x07\xC2\x9B"
                             "1m\xE2\x80\xAE"
                             "abc\xff";

/// As Unicode reads it: no control character but the line's end, no mark of direction, no damage.
bool isHarmless(const QByteArray &text)
{
    for (const QChar c : QString::fromUtf8(text)) {
        const auto code = c.unicode();
        if ((code < 0x20 && code != '\n') || (code >= 0x7F && code < 0xA0) || code == 0x202E ||
            code == 0xFFFD)
            return false;
    }
    return true;
}

bool saysNan(const QByteArray &text)
{
    static const QRegularExpression word(QStringLiteral("(^|[^a-z])-?nan([^a-z]|$)"));
    return word.match(QString::fromUtf8(text)).hasMatch();
}

} // namespace

class TestOutput : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;

    struct Output
    {
        int status = -1;
        QByteArray out;
        QByteArray err;
    };
    QProcessEnvironment environment() const
    {
        QProcessEnvironment values = QProcessEnvironment::systemEnvironment();
        values.insert(QStringLiteral("TEPAL_HOME"), m_dir->filePath(QStringLiteral("home")));
        values.insert(QStringLiteral("XDG_CONFIG_HOME"), m_dir->filePath(QStringLiteral("config")));
        return values;
    }
    Output run(const QStringList &arguments) const
    {
        QProcess process;
        process.setProcessEnvironment(environment());
        process.start(qs((binDir() / "tepal").string()), arguments);
        process.waitForFinished(60'000);
        return {process.exitCode(), process.readAllStandardOutput(),
                process.readAllStandardError()};
    }
    Output run(const char *arguments) const
    {
        return run(QString::fromUtf8(arguments).split(QLatin1Char(' ')));
    }
    QString file(const char *name, const DatasetProfile &profile) const
    {
        const QString path = m_dir->filePath(QString::fromLatin1(name));
        if (!writeFileAtomic(path.toStdString(), serializeProfile(profile)))
            qFatal("cannot write");
        return path;
    }
    static DatasetProfile numbers(const std::vector<double> &values)
    {
        DatasetProfile profile;
        for (const double value : values)
            profile.track("v", Value::fractional(value));
        return profile;
    }
    /// A window of a dataset in the home.
    void window(const std::string &dataset, TimeMs start, int rows) const
    {
        const std::filesystem::path home = m_dir->filePath(QStringLiteral("home")).toStdString();
        std::filesystem::create_directories(home);
        auto store = Store::open(home / "tepal.db").value();
        DatasetProfile profile;
        for (int i = 0; i < rows; ++i)
            profile.track(kHostile, Value::string(kHostile));
        ChunkCommit chunk;
        chunk.dataset = dataset;
        chunk.segment = {{"region", kHostile}};
        chunk.start = windowStart(start, Granularity::Hour);
        chunk.end = chunk.start + kHourMs;
        chunk.profile = &profile;
        chunk.rows = rows;
        chunk.close = true;
        for (const auto &[name, column] : profile.columns)
            chunk.summaries.push_back(summarize(name, column));
        CommitBatch batch;
        batch.chunks.push_back(std::move(chunk));
        QVERIFY(WindowWriter(*store).commit(batch));
    }

private Q_SLOTS:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void filesCannotSteerTheTerminal()
    {
        DatasetProfile profile;
        profile.metadata[kHostile] = kHostile;
        for (int i = 0; i < 50; ++i)
            profile.track(kHostile, Value::string(kHostile));
        const QString path = file("evil.bin", profile);
        const Output inspected = run({QStringLiteral("inspect"), path});
        QVERIFY2(inspected.status == 0, inspected.err.constData());
        QVERIFY(isHarmless(inspected.out));
        QVERIFY(inspected.out.contains("\\x1b[2J"));
        QVERIFY(inspected.out.contains("\\u202e"));
        const Output judged = run({QStringLiteral("drift"), path, path});
        QVERIFY(judged.status == 0 && isHarmless(judged.out));
        // JSON has its own way.
        const auto json = QJsonDocument::fromJson(
                              run({QStringLiteral("inspect"), QStringLiteral("--json"), path}).out)
                              .object();
        QVERIFY(json[QLatin1String("columns")].toObject().keys().at(0).startsWith(
            QStringLiteral("\x1b[2J")));
    }
    void namesCannotSteerTheTerminal()
    {
        const std::string dataset = kHostile.substr(0, kHostile.size() - 1); // the store takes text
        window(dataset, 0, 3);
        window(dataset, SystemClock::instance().nowMs() + 3 * kDayMs, 2);
        const QString name = qs(dataset);
        const QStringList all[]{
            {QStringLiteral("windows")},
            {QStringLiteral("status")},
            {QStringLiteral("check")},
            {QStringLiteral("outbox"), QStringLiteral("list")},
            {QStringLiteral("dataset"), QStringLiteral("list")},
            {QStringLiteral("dataset"), QStringLiteral("set"), name,
             QStringLiteral("--aggregate-by"), QStringLiteral("day")},
            {QStringLiteral("windows"), QStringLiteral("delete"), name, QStringLiteral("--from"),
             QStringLiteral("1970-01-01"), QStringLiteral("--yes")},
            {QStringLiteral("windows"), QStringLiteral("--deleted")},
            {QStringLiteral("windows"), QStringLiteral("restore"), name},
            {QStringLiteral("windows"), QStringLiteral("restore"), name},
            {QStringLiteral("export"), QStringLiteral("--dataset"), name, QStringLiteral("-o"),
             name},
            {QStringLiteral("inspect"), name},
            {QStringLiteral("inspect"), QStringLiteral("a"), name},
            {QStringLiteral("drift"), name, name},
            {QStringLiteral("merge"), name, QStringLiteral("-o"), name},
            {QStringLiteral("reference"), QStringLiteral("set"), name},
            {QStringLiteral("windows"), QStringLiteral("--from"), name},
            {QStringLiteral("serve"), QStringLiteral("--max-body"), name},
            {QStringLiteral("models"), QStringLiteral("get"), name},
        };
        for (const QStringList &arguments : all) {
            const Output said = run(arguments);
            QVERIFY2(isHarmless(said.out) && isHarmless(said.err),
                     qPrintable(arguments.join(QLatin1Char(' ')) +
                                qs((said.out + said.err).toStdString())));
            QVERIFY(!said.out.isEmpty() || !said.err.isEmpty());
            QVERIFY(said.err.isEmpty() || said.err.endsWith('\n'));
        }
    }
    void numbersThatAreNone()
    {
        constexpr double inf = std::numeric_limits<double>::infinity();
        const std::vector<std::vector<double>> samples{{1, 2, inf},
                                                       {-inf, 1},
                                                       {inf, -inf, 3},
                                                       {1e308, -1e308},
                                                       {7},
                                                       {},
                                                       {1, 1, 1, 1, 1, 1, 1},
                                                       {std::nan("")},
                                                       {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
        std::vector<QString> files;
        for (const auto &values : samples) {
            DatasetProfile profile = numbers(values);
            profile.track("other", Value::string("a"));
            files.push_back(file(QStringLiteral("%1.bin").arg(files.size()).toLatin1(), profile));
        }
        const QByteArray shown = run({QStringLiteral("inspect"), files[0]}).out;
        QVERIFY2(shown.contains(" inf "), shown.constData());
        QVERIFY(run({QStringLiteral("inspect"), files[1]}).out.contains(" -inf "));
        for (const QString &target : files) {
            QVERIFY(!saysNan(run({QStringLiteral("inspect"), target}).out));
            for (const char *preset :
                 {"tepal", "whylogs", "whylabs", "evidently", "nannyml", "deepchecks"}) {
                for (const QString &reference : {files[0], files.back()}) {
                    const Output said = run({QStringLiteral("drift"), target, reference,
                                             QStringLiteral("--preset"), QLatin1String(preset)});
                    QVERIFY2(said.status == 0 && !saysNan(said.out), said.out.constData());
                }
            }
        }
    }
    void fewValuesAreSaid()
    {
        const auto spread = [&](const char *name, int count) {
            std::vector<double> values;
            for (int i = 0; i < count; ++i)
                values.push_back(i % 7 + 0.1 * i);
            return file(name, numbers(values));
        };
        const QString few = spread("few.bin", 29);
        const QString enough = spread("enough.bin", 30);
        QVERIFY(run({QStringLiteral("drift"), few, enough}).out.contains("(low evidence)"));
        QVERIFY(run({QStringLiteral("drift"), enough, few}).out.contains("(low evidence)"));
        QVERIFY(!run({QStringLiteral("drift"), enough, enough}).out.contains("low evidence"));
        // The verdict itself is what it was.
        const auto json = QJsonDocument::fromJson(
            run({QStringLiteral("drift"), few, enough, QStringLiteral("--json")}).out);
        QCOMPARE(
            json[QLatin1String("columns")][QLatin1String("v")][QLatin1String("verdict")].toString(),
            QStringLiteral("no drift"));
    }
    /// Also when nothing runs.
    void rowsAheadAreSaid()
    {
        const TimeMs now = SystemClock::instance().nowMs();
        window("shop", now - kDayMs, 5);
        window("shop", now, 5);
        QVERIFY(!run("status").out.contains("ahead"));
        QVERIFY(!run("windows").out.contains("ahead"));
        window("shop", parseTime("2099-01-01").value(), 1);
        const QByteArray one = "1 row of dataset shop lies ahead (2099-01-01T00:00:00Z)";
        const Output first = run("status");
        QVERIFY2(first.status == 0 && first.out.contains(one), first.out + first.err);
        QVERIFY(run("windows").out.contains(one));
        QVERIFY(!run("windows --to 2050-01-01").out.contains("ahead"));
        window("shop", parseTime("2101-01-01").value(), 2);
        window("other", parseTime("2099-01-01").value(), 1);
        const QByteArray more =
            "3 rows of dataset shop lie ahead (2099-01-01T00:00:00Z to 2101-01-01T00:00:00Z)";
        QVERIFY(run("status").out.contains(more));
        QVERIFY(run("windows").out.contains(more));
        QVERIFY(!run("windows --dataset other").out.contains("shop"));
        const auto ahead =
            QJsonDocument::fromJson(run("status --json").out)[QLatin1String("ahead")].toArray();
        QCOMPARE(ahead.size(), 2);
        QCOMPARE(ahead[1][QLatin1String("dataset")].toString(), QStringLiteral("shop"));
        QCOMPARE(ahead[1][QLatin1String("rows")].toInteger(), 3);
        QCOMPARE(ahead[1][QLatin1String("first")].toString(),
                 QStringLiteral("2099-01-01T00:00:00Z"));
        QVERIFY(run("windows delete shop --from 2090-01-01 --yes").status == 0);
        QVERIFY(!run("status").out.contains("dataset shop"));
    }
    /// Whatever unit the shell's date prints.
    void rangesInAnyUnit()
    {
        window("shop", parseTime("2026-02-25T06:13:20Z").value(), 5);
        for (const char *range : {"windows --from 1772000000 --to 1772000001",
                                  "windows --from 1772000000000 --to 1772000000001",
                                  "windows --from 2026-02-25T06:13:20Z --to 2026-02-25T06:14Z",
                                  "windows --from 1970-01-01 --to 2200-01-01"})
            QVERIFY2(run(range).out.contains("shop"), range);
        QVERIFY(!run("windows --from 1772009999").out.contains("shop"));
        QCOMPARE(run("windows --from yesterday").status, 2);
    }
    void maxBody()
    {
        for (const char *bad : {"serve --port 0 --max-body 0", "serve --port 0 --max-body 5GiB",
                                "serve --port 0 --max-body much"}) {
            const Output said = run(bad);
            QCOMPARE(said.status, 2);
            QVERIFY2(said.err.contains("GiB") && said.err.count('\n') == 1, said.err.constData());
        }
        QProcess server;
        server.setProcessEnvironment(environment());
        server.start(qs((binDir() / "tepal").string()),
                     {QStringLiteral("serve"), QStringLiteral("--port"), QStringLiteral("0"),
                      QStringLiteral("--max-body"), QStringLiteral("2KiB")});
        QByteArray line;
        while (!line.contains('\n') && server.waitForReadyRead(20'000))
            line += server.readAllStandardOutput();
        const auto status = [&](qsizetype size) {
            QTcpSocket socket;
            socket.connectToHost(QStringLiteral("127.0.0.1"),
                                 line.trimmed().split(':').last().toUShort());
            socket.write("POST /v1/log?datasetId=z HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                         "text/csv\r\nConnection: close\r\nContent-Length: " +
                         QByteArray::number(size) + "\r\n\r\nx\n" + QByteArray(size - 2, '7'));
            while (socket.state() != QAbstractSocket::UnconnectedState &&
                   socket.waitForReadyRead(10'000)) {
            }
            return socket.readAll();
        };
        const QByteArray fits = status(2048);
        QVERIFY2(fits.startsWith("HTTP/1.1 200"), fits.constData());
        const QByteArray refused = status(2049);
        QVERIFY2(refused.startsWith("HTTP/1.1 413"), refused.constData());
        QVERIFY(refused.contains("2 KiB (2048 bytes)"));
        QVERIFY(refused.contains("--max-body"));
        ::kill(static_cast<pid_t>(server.processId()), SIGINT);
        QVERIFY(server.waitForFinished(30'000));
        QCOMPARE(server.exitCode(), 0);
    }
};

QTEST_GUILESS_MAIN(TestOutput)
#include "tst_output.moc"
