#include "journal_test.h"

#include <tepal/base/random.h>

#include <QtTest>

#ifndef _WIN32
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#endif

using namespace tepal;
using namespace tepal::test;

/// A producer is killed at arbitrary moments; whatever append() confirmed must be read exactly
/// once.
class TestJournalCrash : public QObject
{
    Q_OBJECT
private slots:
    void killedProducer();
};

void TestJournalCrash::killedProducer()
{
#ifdef _WIN32
    QSKIP("needs fork");
#else
    QTemporaryDir dir;
    auto *confirmed = static_cast<std::atomic<std::int64_t> *>(
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    QVERIFY(confirmed != MAP_FAILED);
    SplitMix64 random(11);
    Cursors cursors;
    std::int64_t read = 0;
    for (int round = 0; round < 20; ++round) {
        confirmed->store(read);
        const pid_t child = ::fork();
        if (child == 0) {
            JournalOptions options;
            options.segmentBytes = 32 * 1024;
            auto journal = Journal::open(pathOf(dir), options);
            if (!journal)
                ::_exit(3);
            for (std::int64_t i = read;; ++i) {
                if ((*journal)->lane(0).append(kIris, 1, numbered(i)) != Append::Done)
                    ::_exit(4);
                confirmed->store(i + 1);
            }
        }
        QVERIFY(child > 0);
        // Wait for the first record, then for a moment of arbitrary length.
        QTRY_VERIFY(confirmed->load() > read);
        ::usleep(static_cast<useconds_t>(random.below(8000)));
        ::kill(child, SIGKILL);
        int status = 0;
        QCOMPARE(::waitpid(child, &status, 0), child);
        QVERIFY2(WIFSIGNALED(status), "the producer failed by itself");
        auto reader = openReader(pathOf(dir), cursors);
        const auto numbers = readNumbers(*reader);
        const auto end = read + static_cast<std::int64_t>(numbers.size());
        QCOMPARE(numbers, upTo(end, read));
        // One record may have been complete without its append having returned.
        QVERIFY(end == confirmed->load() || end == confirmed->load() + 1);
        QVERIFY(reader->takeSkips().empty());
        read = end;
        cursors = reader->cursors();
        reader->removeConsumed(cursors);
    }
    ::munmap(confirmed, 4096);
#endif
}

QTEST_APPLESS_MAIN(TestJournalCrash)
#include "tst_journal_crash.moc"
