// The real program, killed while it uploads: at every stage of an exchange that the other side can
// see, and at every call that leaves something on the disk or in the network. The next one
// finishes, and everything is there once.

#include "test_support.h"
#include "whylabs_receiver.h"
#include "window_chunks.h"
#include "wire.h"

#include <tepal/profile/file.h>

#include <QProcess>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <map>

using namespace tepal;
using namespace tepal::test;

namespace fs = std::filesystem;

namespace {

const std::string kKey = "abcdefghij." + std::string(53, 's') + ":org-7";
const TimeMs kStart = parseTime("2026-01-31T14:00:00Z").value();
constexpr int kWindows = 3;
constexpr int kPatienceMs = 120'000;

/// Finished windows, one an hour; window i has 10 + i rows.
void addWindows(Store &store, int columns)
{
    for (int window = 0; window < kWindows; ++window) {
        DatasetProfile profile;
        profile.datasetTimestamp = profile.creationTimestamp = kStart + window * kHourMs;
        for (int column = 0; column < columns; ++column) {
            // As many values as make a sketch large, where size is asked for.
            const int repeats = columns > 1 ? 100 : 1;
            for (int i = 0; i < (10 + window) * repeats; ++i)
                profile.track("column_" + std::to_string(column), Value::fractional(i * 1.25));
        }
        if (const auto done = commitHour(store, profile, "orders", kStart + window * kHourMs);
            !done)
            qFatal("%s", done.error().text().c_str());
    }
}

const char *stageName(Stage stage)
{
    constexpr const char *kNames[]{"head in", "half in", "all in", "done", "half back", "all back"};
    return kNames[static_cast<int>(stage)];
}

} // namespace

class TestUploadKills : public QObject
{
    Q_OBJECT

    /// A receiver behind a wire, and a home of its own.
    struct Place
    {
        explicit Place(const QTemporaryDir &from)
        {
            if (from.isValid())
                fs::copy(from.path().toStdString(), home(), fs::copy_options::recursive);
            wire.leadTo(receiver.port());
        }
        fs::path home() const { return dir.path().toStdString() + "/home"; }
        fs::path out() const { return dir.path().toStdString() + "/out"; }
        /// How many objects there are by the window that they are of.
        std::map<TimeMs, int> arrived() const
        {
            std::map<TimeMs, int> arrived;
            const auto uploads = receiver.uploads();
            for (const ReceivedUpload &one : uploads) {
                if (one.puts > 0)
                    ++arrived[one.timestamp];
            }
            return arrived;
        }
        QTemporaryDir dir;
        Wire wire;
        WhylabsReceiver receiver{[this] {
            WhylabsReceiver::Options options;
            options.storeUrl = wire.url();
            return options;
        }()};
    };
    struct Ended
    {
        int status = -1;
        bool killed = false;
        QByteArray out;
        QByteArray err;
    };

    QTemporaryDir m_small; ///< Homes to begin with.
    QTemporaryDir m_large; ///< … whose files do not fit the buffers of a connection.
    QTemporaryDir m_empty;

    static void prepare(QProcess &process, const Place &place, const QStringList &arguments,
                        const QStringList &more = {})
    {
        auto values = QProcessEnvironment::systemEnvironment();
        for (const QString &name : values.keys()) {
            if (name.startsWith("WHYLABS_") || name.endsWith("_proxy", Qt::CaseInsensitive))
                values.remove(name);
        }
        values.insert("TEPAL_HOME", qs(place.home().string()));
        values.insert("XDG_CONFIG_HOME", place.dir.path() + "/config");
        values.insert("WHYLABS_API_ENDPOINT", qs(place.wire.url()));
        values.insert("WHYLABS_API_KEY", qs(kKey));
        for (const QString &one : more)
            values.insert(one.section('=', 0, 0), one.section('=', 1));
        process.setProcessEnvironment(values);
        process.setProgram(qs((binDir() / "tepal").string()));
        process.setArguments(arguments);
    }
    static Ended tepal(const Place &place, const QStringList &arguments,
                       const QStringList &more = {})
    {
        QProcess process;
        prepare(process, place, arguments, more);
        process.start();
        if (!process.waitForFinished(kPatienceMs))
            qFatal("the command hangs");
        return {process.exitCode(), process.exitStatus() == QProcess::CrashExit,
                process.readAllStandardOutput(), process.readAllStandardError()};
    }
    static std::map<TimeMs, int> once()
    {
        std::map<TimeMs, int> all;
        for (int i = 0; i < kWindows; ++i)
            all[kStart + i * kHourMs] = 1;
        return all;
    }
    /// The ledger after everything: each item sent, none held, none doubted.
    static void allIsSaidToBeSent(const Place &place, const char *at)
    {
        const auto items =
            nlohmann::json::parse(tepal(place, {"outbox", "list", "--json"}).out.toStdString());
        QVERIFY2(items.size() == std::size_t{kWindows}, at);
        for (const auto &item : items) {
            QVERIFY2(item["state"] == "sent", at);
            QVERIFY2(item["may_have_arrived"] == false, at);
        }
        const Ended checked = tepal(place, {"check"});
        QVERIFY2(checked.status == 0, (at + (": " + checked.out)).constData());
    }
    /// Goes on after a kill, and once more when there is nothing left to do.
    static void finish(const Place &place, const QStringList &arguments, const char *at)
    {
        const Ended next = tepal(place, arguments);
        QVERIFY2(next.status == 0, (at + (": " + next.err)).constData());
        const int puts = place.wire.puts();
        QVERIFY2(tepal(place, arguments).status == 0, at);
        QVERIFY2(place.wire.puts() == puts, at);
        allIsSaidToBeSent(place, at);
    }
    static void killWhen(Place &place, const std::atomic<qint64> &pid, Stage stage, bool put,
                         int number)
    {
        place.wire.watch([&pid, stage, put, number](Stage now, bool isPut, int which) {
            if (now == stage && isPut == put && which == number && pid != 0)
                ::kill(static_cast<pid_t>(pid.load()), SIGKILL);
        });
    }
    static void rowsOfStages(int requests)
    {
        QTest::addColumn<int>("stage");
        QTest::addColumn<bool>("put");
        QTest::addColumn<int>("number");
        for (const bool put : {false, true}) {
            for (int stage = 0; stage <= static_cast<int>(Stage::AllBack); ++stage) {
                for (int number = 1; number <= requests; ++number)
                    QTest::addRow("%s %d, %s", put ? "put" : "grant", number,
                                  stageName(static_cast<Stage>(stage)))
                        << stage << put << number;
            }
        }
    }
    /// Objects in the folder by their window, and their rows; what is no finished file is an error.
    static std::map<TimeMs, int> filed(const Place &place)
    {
        std::map<TimeMs, int> files;
        std::error_code none;
        for (const auto &entry : fs::recursive_directory_iterator(place.out(), none)) {
            if (!entry.is_regular_file() || entry.path().extension() != ".bin")
                continue;
            const auto profile = parseProfile(readAll(entry.path()));
            if (!profile)
                qFatal("a file that is no profile: %s", entry.path().c_str());
            ++files[profile->datasetTimestamp];
        }
        return files;
    }

private Q_SLOTS:
    void initTestCase()
    {
        for (const auto &[dir, columns] : {std::pair{&m_small, 1}, {&m_large, 400}}) {
            auto store = Store::open(dir->path().toStdString() + "/tepal.db").value();
            addWindows(*store, columns);
        }
    }

    // ------------------------------------------------------------ what the other side can see
    void atEveryStage_data() { rowsOfStages(kWindows); }
    void atEveryStage()
    {
        QFETCH(int, stage);
        QFETCH(bool, put);
        QFETCH(int, number);
        Place place(m_large);
        std::atomic<qint64> pid{0};
        killWhen(place, pid, static_cast<Stage>(stage), put, number);
        {
            QProcess process;
            prepare(process, place, {"upload"});
            // Nothing is asked before the program has been started.
            process.start();
            QVERIFY(process.waitForStarted());
            pid = process.processId();
            QVERIFY(process.waitForFinished(kPatienceMs));
            pid = 0;
            // At the very end it may be over before it is killed.
            const bool last =
                put && number == kWindows && stage >= static_cast<int>(Stage::HalfBack);
            QVERIFY(process.exitStatus() == QProcess::CrashExit || last);
        }
        finish(place, {"upload"}, QTest::currentDataTag());
        QCOMPARE(place.arrived(), once());
        QCOMPARE(place.receiver.complaints(), std::vector<std::string>{});
        // A place that was asked for and never heard of is the only one more.
        QVERIFY(place.wire.others() <= 2 * kWindows);
    }

    // ------------------------------------------------------------ what leaves something behind
    void atEveryCall_data()
    {
        QTest::addColumn<bool>("folder");
        QTest::addColumn<bool>("half");
        for (const bool folder : {false, true}) {
            QTest::addRow("%s, before", folder ? "folder" : "whylabs") << folder << false;
            QTest::addRow("%s, in the middle", folder ? "folder" : "whylabs") << folder << true;
        }
    }
    void atEveryCall()
    {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("a sanitizer wants to be loaded first");
#endif
        QFETCH(bool, folder);
        QFETCH(bool, half);
        int kills = 0;
        for (int at = 1;; ++at) {
            Place place(m_small);
            const QStringList arguments =
                folder ? QStringList{"upload", "--to", "folder", "--dir", qs(place.out().string())}
                       : QStringList{"upload", "--to", "whylabs"};
            QStringList how{"LD_PRELOAD=" + qs((binDir() / "tepal_kill_at.so").string()),
                            "TEPAL_KILL_AT=" + QString::number(at)};
            if (half)
                how += "TEPAL_KILL_HALF=1";
            const Ended ended = tepal(place, arguments, how);
            const QByteArray name = "call " + QByteArray::number(at);
            if (!ended.killed) {
                QVERIFY2(ended.status == 0, (name + ": " + ended.err).constData());
                break;
            }
            ++kills;
            finish(place, arguments, name);
            if (QTest::currentTestFailed())
                return;
            QVERIFY2((folder ? filed(place) : place.arrived()) == once(), name.constData());
            QCOMPARE(place.receiver.complaints(), std::vector<std::string>{});
        }
        qInfo("killed at %d calls", kills);
        QVERIFY(kills > 20);
    }

    // ------------------------------------------------------------ at the end of a host
    void whileAHostStops_data()
    { // one piece is open then
        rowsOfStages(1);
    }
    void whileAHostStops()
    {
        QFETCH(int, stage);
        QFETCH(bool, put);
        Place place(m_empty);
        std::atomic<qint64> pid{0};
        killWhen(place, pid, static_cast<Stage>(stage), put, 1);
        QCOMPARE(tepal(place, {"train", "iris"}).status, 0);
        {
            QProcess server;
            prepare(server, place,
                    {"serve", "--port", "0", "--write-every", "1h", "--upload", "whylabs"});
            server.start();
            QByteArray line;
            while (!line.contains('\n') && server.waitForReadyRead(kPatienceMs))
                line += server.readAllStandardOutput();
            QVERIFY(line.contains("http"));
            QProcess log;
            prepare(log, place, {"log", "-", "--dataset", "orders", "--format", "jsonl"});
            log.start();
            log.write("{\"x\": 1}\n{\"x\": 2}\n{\"x\": 3}\n");
            log.closeWriteChannel();
            QVERIFY(log.waitForFinished(kPatienceMs));
            QCOMPARE(log.exitCode(), 0);
            QCOMPARE(place.wire.others(), 0);
            pid = server.processId();
            ::kill(static_cast<pid_t>(server.processId()), SIGTERM);
            QVERIFY(server.waitForFinished(kPatienceMs));
            pid = 0;
            const bool last = put && stage >= static_cast<int>(Stage::HalfBack);
            QVERIFY(server.exitStatus() == QProcess::CrashExit || last);
        }
        QCOMPARE(tepal(place, {"upload", "--to", "whylabs"}).status, 0);
        std::int64_t rows = 0;
        int objects = 0;
        for (const ReceivedUpload &one : place.receiver.uploads()) {
            if (one.puts == 0)
                continue;
            ++objects;
            rows += parseProfile(one.bytes)->rows();
        }
        QCOMPARE(rows, std::int64_t{3});
        QCOMPARE(objects, 1);
        const Ended checked = tepal(place, {"check"});
        QVERIFY2(checked.status == 0, checked.out.constData());
    }
};

QTEST_GUILESS_MAIN(TestUploadKills)
#include "tst_upload_kills.moc"
