// Host and logger are killed at random moments under load; whatever was answered counts once.
//
// A short run by default; TEPAL_KILLS=500 for a long one, TEPAL_KILL_SEED for another course.

#include "kill_clients.h"
#include "test_support.h"

#include <tepal/base/paths.h>
#include <tepal/base/random.h>
#include <tepal/store/store.h>
#include <tepal/store/windows.h>

#include <QElapsedTimer>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fstream>
#include <limits>
#include <thread>

using namespace tepal;
using namespace tepal::test;

namespace {

constexpr TimeRange kAll{std::numeric_limits<TimeMs>::min() / 2,
                         std::numeric_limits<TimeMs>::max() / 2};
constexpr int kClients = 8;

int fromEnvironment(const char *name, int otherwise)
{
    const int value = qEnvironmentVariableIntValue(name);
    return value > 0 ? value : otherwise;
}

} // namespace

class TestKill : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::uint16_t m_port = 0;
    std::unique_ptr<QProcess> m_host;
    int m_hostKills = 0;
    int m_loggerKills = 0;

    static QString program() { return qs((binDir() / "tepal").string()); }
    Home home() const { return Home{m_dir.filePath(QStringLiteral("home")).toStdString()}; }
    QProcessEnvironment environment() const
    {
        QProcessEnvironment values = QProcessEnvironment::systemEnvironment();
        values.insert(QStringLiteral("TEPAL_HOME"), qs(home().root.string()));
        values.insert(QStringLiteral("XDG_CONFIG_HOME"), m_dir.filePath(QStringLiteral("config")));
        return values;
    }
    std::pair<int, QByteArray> run(const QStringList &arguments)
    {
        QProcess process;
        process.setProcessEnvironment(environment());
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(program(), arguments);
        process.waitForFinished(120'000);
        return {process.exitCode(), process.readAll()};
    }
    void startHost()
    {
        m_host = std::make_unique<QProcess>();
        m_host->setProcessEnvironment(environment());
        m_host->setStandardErrorFile(m_dir.filePath(QStringLiteral("stderr.txt")),
                                     QIODevice::Append);
        m_host->start(program(),
                      {QStringLiteral("serve"), QStringLiteral("--port"), QString::number(m_port),
                       QStringLiteral("--commit-every"), QStringLiteral("20ms"),
                       QStringLiteral("--write-every"), QStringLiteral("1s")});
        m_host->waitForStarted();
    }
    bool waitUntilServing()
    {
        QByteArray line;
        while (!line.contains("Serving on") && m_host->waitForReadyRead(30'000))
            line += m_host->readAllStandardOutput();
        return line.contains("Serving on");
    }
    /// The logger's process, 0 when there is none. The lock file names it; what it runs proves it.
    pid_t loggerPid() const
    {
        std::ifstream lock(home().loggerLock());
        std::string word;
        pid_t pid = 0;
        lock >> word >> pid;
        if (word != "logger" || pid <= 1)
            return 0;
        std::ifstream line("/proc/" + std::to_string(pid) + "/cmdline");
        const std::string command((std::istreambuf_iterator<char>(line)), {});
        return command.find(home().root.string()) != command.npos ? pid : 0;
    }
    void killHost()
    {
        m_host->kill();
        m_host->waitForFinished();
        ++m_hostKills;
    }
    void killLogger()
    {
        if (const pid_t pid = loggerPid(); pid != 0 && ::kill(pid, SIGKILL) == 0)
            ++m_loggerKills;
    }
    /// One life of a host and what is done to it. False: it did not come up.
    bool oneLife(SplitMix64 &random)
    {
        const auto pause = [&](std::uint64_t ms) {
            std::this_thread::sleep_for(std::chrono::microseconds(random.below(ms * 1000)));
        };
        startHost();
        if (random.below(5) == 0) {
            pause(80); // while it starts
        } else {
            if (!waitUntilServing())
                return false;
            for (std::uint64_t i = random.below(3); i > 0; --i) {
                pause(120);
                killLogger();
            }
            pause(150);
        }
        switch (random.below(3)) {
        case 0:
            killLogger();
            killHost();
            break;
        case 1:
            killHost();
            pause(30); // the logger drains by itself
            killLogger();
            break;
        default:
            killHost();
        }
        return true;
    }
    std::string verify(const Ledger &ledger);

private Q_SLOTS:
    void initTestCase();
    void answeredCountsOnce();
};

void TestKill::initTestCase()
{
#ifndef __linux__
    QSKIP("finds the logger through /proc");
#endif
    QTcpServer probe;
    QVERIFY(probe.listen(QHostAddress::LocalHost));
    m_port = probe.serverPort();
    probe.close();
    QCOMPARE(run({QStringLiteral("train"), QStringLiteral("iris")}).first, 0);
}

void TestKill::answeredCountsOnce()
{
    const int kills = fromEnvironment("TEPAL_KILLS", 24);
    const auto seed = static_cast<std::uint64_t>(fromEnvironment("TEPAL_KILL_SEED", 1));
    Ledger ledger;
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; ++i) {
        threads.emplace_back([&, i] {
            KillClient(ledger, m_port, seed * 1000 + static_cast<std::uint64_t>(i)).run(stop);
        });
    }
    SplitMix64 random(seed);
    bool up = true;
    while (up && m_hostKills + m_loggerKills < kills)
        up = oneLife(random);
    if (up) {
        startHost();
        up = waitUntilServing();
        // Some life without violence, so that a rarely lucky machine also answers something.
        QElapsedTimer timer;
        for (timer.start(); up && ledger.answered() < 200 && timer.elapsed() < 20'000;)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    stop = true;
    for (std::thread &thread : threads)
        thread.join();
    QVERIFY2(up,
             qPrintable(qs(readAll(m_dir.filePath(QStringLiteral("stderr.txt")).toStdString()))));
    ::kill(static_cast<pid_t>(m_host->processId()), SIGINT);
    QVERIFY(m_host->waitForFinished(120'000));
    QCOMPARE(m_host->exitCode(), 0);
    QVERIFY(ledger.answered() >= 200);
    const auto [status, checked] = run({QStringLiteral("check")});
    QVERIFY2(status == 0, checked.constData());
    const std::string wrong = verify(ledger);
    if (!wrong.empty())
        m_dir.setAutoRemove(false);
    QVERIFY2(wrong.empty(), wrong.c_str());
    qInfo("%d host kills, %d logger kills, %lld records answered", m_hostKills, m_loggerKills,
          static_cast<long long>(ledger.answered()));
}

/// What does not agree with the ledger; empty = everything does.
std::string TestKill::verify(const Ledger &ledger)
{
    auto store = Store::open(home().database(), Store::Access::ReadOnly);
    if (!store)
        return store.error().text();
    // How often each id was counted, and where.
    std::map<std::int64_t, std::pair<std::int64_t, Place>> counted;
    std::int64_t predictions = 0;
    std::int64_t rowsOfWindows = 0;
    const auto windows = Windows(**store).list({}, kAll);
    if (!windows)
        return windows.error().text();
    for (const WindowInfo &window : *windows) {
        if (window.dataset == "model-1") {
            predictions += window.rows;
            continue;
        }
        rowsOfWindows += window.rows;
        const auto profile =
            Windows(**store).profile(window.dataset, {window.start, window.start + 1}, {"id"});
        if (!profile || !*profile)
            return "no profile of a window of " + window.dataset;
        const ColumnProfile &ids = (*profile)->columns.at("id");
        if (ids.counts.n != window.rows)
            return "rows and values of a window differ in " + window.dataset;
        for (const FrequentString &item : ids.frequentStrings->listNoFalsePositives()) {
            auto &[count, place] = counted[std::stoll(item.value)];
            count += static_cast<std::int64_t>(item.estimate);
            place = {window.dataset, window.start};
        }
    }
    const auto records = ledger.records();
    std::int64_t sum = 0;
    std::int64_t lost = 0;
    std::int64_t doubled = 0;
    std::int64_t misplaced = 0;
    for (std::size_t id = 0; id < records.size(); ++id) {
        const auto &[place, fate] = records[id];
        const auto it = counted.find(static_cast<std::int64_t>(id));
        const std::int64_t count = it == counted.end() ? 0 : it->second.first;
        sum += count;
        lost += fate == Fate::Answered && count == 0 ? 1 : 0;
        doubled += count > (fate == Fate::Refused ? 0 : 1) ? 1 : 0;
        if (count > 0) {
            const Place &found = it->second.second;
            misplaced +=
                found.dataset != place.dataset || (place.time && found.time != place.time) ? 1 : 0;
        }
    }
    const std::int64_t least = ledger.predictions(Fate::Answered);
    const std::int64_t most = least + ledger.predictions(Fate::Unknown);
    if (lost + doubled + misplaced == 0 && sum == rowsOfWindows && predictions >= least &&
        predictions <= most)
        return {};
    return QStringLiteral("%1 lost, %2 doubled, %3 misplaced of %4; %5 rows for %6 ids; %7 "
                          "predictions, expected %8 to %9; home %10")
        .arg(lost)
        .arg(doubled)
        .arg(misplaced)
        .arg(records.size())
        .arg(rowsOfWindows)
        .arg(sum)
        .arg(predictions)
        .arg(least)
        .arg(most)
        .arg(m_dir.path())
        .toStdString();
}

QTEST_GUILESS_MAIN(TestKill)
#include "tst_kill.moc"
