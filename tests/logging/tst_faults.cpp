// Every system call of a short run fails once, and once for good: the counts are right afterwards,
// or somebody said no.
//
// By default a selection; TEPAL_FAULTS=all for every call.

#include "probe.h"
#include "test_support.h"

#include <tepal/base/log.h>
#include <tepal/logging/logger.h>
#include <tepal/store/store.h>
#include <tepal/store/store_check.h>
#include <tepal/store/windows.h>

#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <cerrno>
#include <limits>
#include <set>

using namespace tepal;
using namespace tepal::test;

namespace {
constexpr TimeRange kAll{std::numeric_limits<TimeMs>::min() / 2,
                         std::numeric_limits<TimeMs>::max() / 2};

/// In memory where that is offered: thousands of forced writes are not what is tested here.
QString where()
{
    const QString memory = QStringLiteral("/dev/shm");
    return (QFileInfo(memory).isWritable() ? memory : QDir::tempPath()) +
           QStringLiteral("/tepal-faults-XXXXXX");
}
} // namespace

class TestFaults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
#ifndef __linux__
        QSKIP("interposes the C library");
#endif
        setLogLevel(LogLevel::Error);
        setLogToStderr(false);
    }
    /// A disk that is full for a while: refused, never crashed, and right afterwards.
    void smallDisk()
    {
        QTemporaryDir dir;
        const auto inOwnDisk = [&](const QString &script) {
            QProcess process;
            process.setWorkingDirectory(dir.path());
            process.start(
                QStringLiteral("unshare"),
                {QStringLiteral("-rm"), QStringLiteral("sh"), QStringLiteral("-c"),
                 QStringLiteral("mkdir -p d && mount -t tmpfs -o size=600k none d && ") + script});
            process.waitForFinished(60'000);
            return std::pair(process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                             process.readAllStandardOutput());
        };
        if (inOwnDisk(QStringLiteral("true")).first != 0)
            QSKIP("this machine does not let tests mount a disk of their own");
        const QString probeProgram = qs((binDir() / "fault_probe").string());
        // The home comes out of the small disk at the end, to be looked at here.
        const auto [status, out] = inOwnDisk(
            QStringLiteral("head -c 250000 /dev/zero > d/filler && (%1 d/home 0 6000 every; rm "
                           "d/filler; %1 d/home 6000 120 every) && cp -r d/home kept")
                .arg(probeProgram));
        QCOMPARE(status, 0);
        std::int64_t done = 0;
        std::int64_t unknown = 0;
        std::int64_t refused = 0;
        for (const QByteArray &line : out.split('\n')) {
            done += line.endsWith(" done") ? 1 : 0;
            unknown += line.endsWith(" unknown") ? 1 : 0;
            refused += line.endsWith(" refused") ? 1 : 0;
        }
        qInfo("%lld done, %lld refused", static_cast<long long>(done),
              static_cast<long long>(refused));
        QVERIFY(refused > 0);
        QVERIFY(out.contains("6119 done")); // with room it goes on
        const Home home{dir.filePath(QStringLiteral("kept")).toStdString()};
        auto logger = Logger::open(home, {});
        QVERIFY2(logger, logger ? "" : logger.error().message.c_str());
        QVERIFY((*logger)->drain(true));
        auto store = Store::open(home.database());
        QVERIFY(StoreCheck(**store).run(false)->findings.empty());
        std::int64_t rows = 0;
        const auto windows = Windows(**store).list({}, kAll).value();
        for (const WindowInfo &window : windows)
            rows += window.rows;
        QVERIFY2(rows >= done && rows <= done + unknown, qPrintable(QString::number(rows)));
    }
    void everyCall_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<int>("error");
        for (const char *kind :
             {"write", "fsync", "msync", "fallocate", "rename", "mmap", "truncate", "open"})
            QTest::newRow(kind) << QString::fromLatin1(kind)
                                << (qstrcmp(kind, "fallocate") == 0 ? ENOSPC : EIO);
        QTest::newRow("write, no space") << QStringLiteral("write") << ENOSPC;
        QTest::newRow("write, over quota") << QStringLiteral("write") << EDQUOT;
        QTest::newRow("fallocate, over quota") << QStringLiteral("fallocate") << EDQUOT;
    }
    void everyCall()
    {
        QFETCH(QString, kind);
        QFETCH(int, error);
        const bool all = qEnvironmentVariable("TEPAL_FAULTS") == QLatin1String("all");
        int runs = 0;
        int refused = 0;
        for (const int last : {1, 1'000'000}) {
            for (const char *sync : {"interval", "every"}) {
                for (int at = 1;; at += all ? 1 : 1 + at / 2) {
                    QTemporaryDir dir(where());
                    const QString home = dir.filePath(QStringLiteral("home"));
                    const QString mark = dir.filePath(QStringLiteral("mark"));
                    auto environment = QProcessEnvironment::systemEnvironment();
                    environment.insert(QStringLiteral("LD_PRELOAD"),
                                       qs((binDir() / "libtepal_faults.so").string()));
                    environment.insert(QStringLiteral("TEPAL_FAULT"), kind);
                    environment.insert(QStringLiteral("TEPAL_FAULT_AT"), QString::number(at));
                    environment.insert(QStringLiteral("TEPAL_FAULT_LAST"), QString::number(last));
                    environment.insert(QStringLiteral("TEPAL_FAULT_ERROR"), QString::number(error));
                    environment.insert(QStringLiteral("TEPAL_FAULT_BELOW"), home);
                    environment.insert(QStringLiteral("TEPAL_FAULT_MARK"), mark);
                    const Answers answers = probe(home, 0, QString::fromLatin1(sync), environment);
                    const QByteArray run = kind.toUtf8() + " no. " + QByteArray::number(at) +
                                           " x " + QByteArray::number(last) + ", sync " + sync +
                                           ": ";
                    QVERIFY2(answers.status == 0 || answers.status == 1,
                             (run + "the program died").constData());
                    ++runs;
                    if (answers.status == 1) {
                        ++refused;
                        QVERIFY2(answers.err.size() > 10, run.constData());
                    }
                    if (!QFile::exists(mark)) {
                        QVERIFY2(answers.status == 0 && answers.done.size() == kProbeRecords,
                                 (run + answers.err).constData());
                        break;
                    }
                    const std::string wrong = compare(Home{home.toStdString()}, answers).wrong;
                    if (!wrong.empty())
                        dir.setAutoRemove(false);
                    QVERIFY2(wrong.empty(),
                             (run + wrong.c_str() + " in " + dir.path().toUtf8()).constData());
                }
            }
        }
        qInfo("%d runs, %d refused to start", runs, refused);
    }
};

QTEST_GUILESS_MAIN(TestFaults)
#include "tst_faults.moc"
