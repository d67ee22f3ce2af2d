// The power fails at every moment of a short run: what was answered under "sync every" is counted
// once, and whatever is left of the rest makes neither doubled rows nor a damaged home.
//
// By default a selection of moments; TEPAL_FAULTS=all for every one.

#include "power.h"
#include "probe.h"
#include "test_support.h"

#include <tepal/base/log.h>
#include <tepal/base/random.h>

#include <QDir>
#include <QDirIterator>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

using namespace tepal;
using namespace tepal::test;

namespace {

constexpr qsizetype kPage = 4096;

QByteArray bytesOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::uint64_t inodeOf(const QString &path)
{
    struct stat status
    {};
    return ::lstat(path.toUtf8().constData(), &status) == 0 ? status.st_ino : 0;
}

/// The home as it is found after a power failure.
class Disk
{
public:
    /// `home` as the program left it, `forced` as power.cpp kept it. Without `random` nothing is
    /// left that was not forced; otherwise any page and any entry may be there or not.
    Disk(const QString &home, const QString &forced, SplitMix64 *random)
        : m_forced(forced)
        , m_random(random)
    {
        QDirIterator it(home, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (it.hasNext()) {
            const QString path = it.next();
            m_now.insert(inodeOf(path), path);
        }
    }
    void restore(const QString &from, const QString &to) const
    {
        restoreDirectory(inodeOf(from), from, to);
    }

private:
    bool chance() const { return m_random != nullptr && m_random->below(2) == 0; }
    void restoreDirectory(std::uint64_t inode, const QString &now, const QString &to) const
    {
        QDir().mkpath(to);
        QMap<QString, std::pair<char, std::uint64_t>> entries;
        const QByteArray lines = bytesOf(m_forced + QStringLiteral("/dir-%1").arg(inode));
        for (const QByteArray &line : lines.split('\n')) {
            const auto words = line.split(' ');
            if (words.size() == 3)
                entries[QString::fromUtf8(words[2])] = {words[0][0], words[1].toULongLong()};
        }
        const auto present =
            QDir(now).entryInfoList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
        for (const QFileInfo &entry : present) {
            if (chance())
                entries[entry.fileName()] = {entry.isDir() ? 'd' : 'f', inodeOf(entry.filePath())};
        }
        for (auto it = entries.begin(); it != entries.end(); ++it) {
            const auto [kind, number] = it.value();
            const QString target = to + u'/' + it.key();
            if (kind == 'd') {
                restoreDirectory(number, now + u'/' + it.key(), target);
                continue;
            }
            QFile file(target);
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(contentOf(number));
        }
    }
    QByteArray contentOf(std::uint64_t inode) const
    {
        QByteArray content = bytesOf(m_forced + QStringLiteral("/file-%1").arg(inode));
        const QString path = m_now.value(inode); // none: deleted
        const QByteArray latest = path.isEmpty() ? QByteArray() : bytesOf(path);
        for (qsizetype at = 0; at < latest.size(); at += kPage) {
            if (!chance())
                continue;
            const QByteArray page = latest.mid(at, kPage);
            if (content.size() < at + page.size())
                content.append(at + page.size() - content.size(), '\0');
            content.replace(at, page.size(), page);
        }
        return content;
    }

    QString m_forced;
    SplitMix64 *m_random;
    QMap<std::uint64_t, QString> m_now;
};

} // namespace

class TestPower : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!QFileInfo(QStringLiteral("/dev/shm")).isWritable())
            QSKIP("needs a file system in memory, where inode numbers are not used again");
        setLogLevel(LogLevel::Error);
        setLogToStderr(false);
    }
    void everyMoment_data()
    {
        QTest::addColumn<QString>("sync");
        QTest::addColumn<int>("lives"); // 0: only what was forced is left
        QTest::newRow("every, at worst") << QStringLiteral("every") << 0;
        QTest::newRow("every, any page") << QStringLiteral("every") << 3;
        QTest::newRow("interval, at worst") << QStringLiteral("interval") << 0;
        QTest::newRow("interval, any page") << QStringLiteral("interval") << 3;
    }
    void everyMoment()
    {
        QFETCH(QString, sync);
        QFETCH(int, lives);
        const bool all = qEnvironmentVariable("TEPAL_FAULTS") == QLatin1String("all");
        int moments = 0;
        std::size_t kept = 0;
        for (int at = 1;; at += all ? 1 : 1 + at / 8) {
            QTemporaryDir dir(QStringLiteral("/dev/shm/tepal-power-XXXXXX"));
            const QString home = dir.filePath(QStringLiteral("home"));
            const QString forced = dir.filePath(QStringLiteral("forced"));
            QDir().mkpath(forced);
            QDir().mkpath(home);
            auto environment = QProcessEnvironment::systemEnvironment();
            environment.insert(QStringLiteral("LD_PRELOAD"),
                               qs((binDir() / "libtepal_power.so").string()));
            environment.insert(QStringLiteral("TEPAL_POWER_BELOW"), home);
            environment.insert(QStringLiteral("TEPAL_POWER_DISK"), forced);
            environment.insert(QStringLiteral("TEPAL_POWER_AT"), QString::number(at));
            const Answers before = probe(home, 0, sync, environment);
            QVERIFY2(before.status == 0 || before.status == kPowerStatus, before.err.constData());
            if (before.status == 0)
                break;
            ++moments;
            for (int life = 0; life < std::max(lives, 1); ++life) {
                SplitMix64 random(static_cast<std::uint64_t>(at * 16 + life + 1));
                const QString found = dir.filePath(QStringLiteral("found-%1").arg(life));
                Disk(home, forced, lives == 0 ? nullptr : &random).restore(home, found);
                // Life goes on there: new records, and all is counted.
                const Answers after =
                    probe(found, 1000, sync, QProcessEnvironment::systemEnvironment());
                QVERIFY2(after.status == 0, after.err.constData());
                Answers both = before;
                // It was on its way when the power failed.
                both.unknown.insert(before.done.empty() ? 0 : *before.done.rbegin() + 1);
                both.done.insert(after.done.begin(), after.done.end());
                const Comparison result =
                    compare(Home{found.toStdString()}, both,
                            sync == QLatin1String("every") ? Loss::None : Loss::Allowed);
                if (!result.wrong.empty())
                    dir.setAutoRemove(false);
                QVERIFY2(result.wrong.empty(),
                         qPrintable(QStringLiteral("moment %1, life %2: %3 in %4")
                                        .arg(at)
                                        .arg(life)
                                        .arg(qs(result.wrong), dir.path())));
                QVERIFY(result.counted >= after.done.size());
                kept += result.counted - after.done.size();
            }
        }
        QVERIFY(moments >= 5);
        qInfo("%d moments, %zu records of the lives before found", moments, kept);
    }
};

QTEST_GUILESS_MAIN(TestPower)
#include "tst_power.moc"
