#include "journal_test.h"
#include "segment.h"

#include <QtTest>

using namespace tepal;
using namespace tepal::test;
namespace fs = std::filesystem;

/// A reader meets files that were cut, altered or replaced.
class TestJournalDamage : public QObject
{
    Q_OBJECT
private slots:
    void init();
    void cutAtEveryByte();
    void everyBitFlipped();
    void everyByteOfAFollowedSegment();
    void recordThatNobodyUnderstands();
    void goesOnWithTheNextSegment();
    void damageBeforeTheCursor();
    void garbageFiles();
    void shrinksWhileOpen();

private:
    fs::path segment(int number) const
    {
        return pathOf(*m_dir) / "lane-0" / ("000000000" + std::to_string(number) + ".tpj");
    }
    /// Reads all; checks that it is a prefix of 0, 1, 2, … and returns its length.
    std::int64_t prefix()
    {
        auto reader = openReader(pathOf(*m_dir));
        const auto numbers = readNumbers(*reader);
        const auto count = static_cast<std::int64_t>(numbers.size());
        if (numbers != upTo(count))
            qFatal("the records read are not a prefix");
        reader->lag();
        return count;
    }

    std::unique_ptr<QTemporaryDir> m_dir;
};

void TestJournalDamage::init()
{
    // In memory where that is offered: files are written anew for every byte of one.
    const QString memory = QStringLiteral("/dev/shm");
    m_dir = std::make_unique<QTemporaryDir>(
        (QFileInfo(memory).isWritable() ? memory : QDir::tempPath()) +
        QStringLiteral("/tepal-damage-XXXXXX"));
    setLogLevel(LogLevel::Error);
    JournalOptions options;
    options.segmentBytes = 4096;
    auto journal = openJournal(pathOf(*m_dir), options);
    for (int i = 0; i < 12; ++i)
        journal->lane(0).append(kIris, 1, numbered(i));
}

void TestJournalDamage::cutAtEveryByte()
{
    const std::string whole = slurp(segment(1));
    QCOMPARE(prefix(), 12);
    std::int64_t last = 0;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        spill(segment(1), whole.substr(0, size));
        const auto count = prefix();
        QVERIFY(count >= last);
        last = count;
    }
    QCOMPARE(last, 12);
}

void TestJournalDamage::everyBitFlipped()
{
    const std::string whole = slurp(segment(1));
    for (std::size_t at = 0; at < 1400; ++at) {
        for (const int bit : {0, 3, 7}) {
            std::string altered = whole;
            altered[at] = static_cast<char>(altered[at] ^ (1 << bit));
            spill(segment(1), altered);
            QVERIFY(prefix() <= 12);
        }
    }
    // One in the middle of a record keeps what precedes.
    std::string altered = whole;
    altered[128 + 64 + 96 * 6] = static_cast<char>(altered[128 + 64 + 96 * 6] ^ 1);
    spill(segment(1), altered);
    QVERIFY(prefix() > 2);
    QVERIFY(prefix() < 12);
}

/// Whatever happens to a finished file: what precedes the damage is read, the damage is reported,
/// and the next file is read whole.
void TestJournalDamage::everyByteOfAFollowedSegment()
{
    {
        auto journal = openJournal(pathOf(*m_dir));
        for (int i = 100; i < 103; ++i)
            journal->lane(0).append(kIris, 1, numbered(i));
    }
    const std::string whole = slurp(segment(1));
    std::int64_t reported = 0;
    for (std::size_t at = 0; at < 1400; ++at) {
        std::string altered = whole;
        altered[at] = static_cast<char>(altered[at] ^ (1 << (at * 5 % 8)));
        spill(segment(1), altered);
        auto reader = openReader(pathOf(*m_dir));
        auto numbers = readNumbers(*reader);
        const auto skips = reader->takeSkips();
        reported += skips.empty() ? 0 : 1;
        QVERIFY(numbers.size() >= 3);
        QCOMPARE(std::vector<std::int64_t>(numbers.end() - 3, numbers.end()), upTo(103, 100));
        numbers.resize(numbers.size() - 3);
        QCOMPARE(numbers, upTo(static_cast<std::int64_t>(numbers.size())));
        // Fewer records than were written never go by in silence.
        QVERIFY(numbers.size() == 12 || !skips.empty());
    }
    QVERIFY(reported > 200);
}

/// Checksum and sequence are right, the content is not: one record is lost, not the rest of the
/// file.
void TestJournalDamage::recordThatNobodyUnderstands()
{
    std::string altered = slurp(segment(1));
    std::size_t at = journal::kHeaderBytes;
    for (int frame = 0; frame < 5; ++frame) { // a declaration and four records
        std::uint32_t length = 0;
        std::memcpy(&length, altered.data() + at, 4);
        at += journal::frameSize(length);
    }
    std::uint32_t length = 0;
    std::memcpy(&length, altered.data() + at, 4);
    altered[at + journal::kFrameBytes] = '\xFF';
    altered[at + journal::kFrameBytes + 1] = '\xFF';
    const std::uint32_t crc = journal::frameCrc(length, altered.data() + at + 8);
    std::memcpy(altered.data() + at + 4, &crc, 4);
    spill(segment(1), altered);
    auto reader = openReader(pathOf(*m_dir));
    QCOMPARE(readNumbers(*reader, 6), (std::vector<std::int64_t>{0, 1, 2, 3, 5, 6}));
    const auto skips = reader->takeSkips();
    QCOMPARE(skips.size(), std::size_t{1});
    QCOMPARE(skips[0].payload, altered.substr(at + journal::kFrameBytes, length));
    QCOMPARE(skips[0].records.value_or(0), std::uint64_t{1});
    QVERIFY(skips[0].sequence > 0);
    // A later reader finds its place behind it.
    auto later = openReader(pathOf(*m_dir), reader->cursors());
    QCOMPARE(readNumbers(*later), upTo(12, 7));
    QVERIFY(later->takeSkips().empty());
}

void TestJournalDamage::goesOnWithTheNextSegment()
{
    std::string altered = slurp(segment(1));
    altered[800] = static_cast<char>(altered[800] ^ 0x10);
    spill(segment(1), altered);
    auto reader = openReader(pathOf(*m_dir));
    const auto before = readNumbers(*reader);
    QVERIFY(before.size() < 12);
    const auto skips = reader->takeSkips();
    QCOMPARE(skips.size(), std::size_t{1});
    QCOMPARE(skips[0].segment, std::uint64_t{1});
    QVERIFY(skips[0].offset <= 800);
    QVERIFY(!skips[0].reason.empty());
    auto journal = openJournal(pathOf(*m_dir));
    journal->lane(0).append(kIris, 1, numbered(100));
    QCOMPARE(readNumbers(*reader), upTo(101, 100));
    QVERIFY(reader->takeSkips().empty());
    QCOMPARE(reader->removeConsumed(reader->cursors()), std::size_t{1});
}

void TestJournalDamage::damageBeforeTheCursor()
{
    auto reader = openReader(pathOf(*m_dir));
    readNumbers(*reader, 8);
    const auto cursors = reader->cursors();
    reader.reset();
    std::string altered = slurp(segment(1));
    altered[300] = static_cast<char>(altered[300] ^ 1);
    spill(segment(1), altered);
    {
        auto journal = openJournal(pathOf(*m_dir));
        journal->lane(0).append(kIris, 1, numbered(100));
    }
    // Nothing is counted twice; what cannot be told apart from garbage is reported.
    reader = openReader(pathOf(*m_dir), cursors);
    QCOMPARE(readNumbers(*reader), upTo(101, 100));
    QCOMPARE(reader->takeSkips().size(), std::size_t{1});
}

void TestJournalDamage::garbageFiles()
{
    spill(segment(2), "this is not a segment file");
    spill(segment(3), std::string(4096, '\0'));
    spill(segment(4), {});
    fs::create_directory(segment(5));
    spill(pathOf(*m_dir) / "lane-0" / "notes.txt", "hello");
    fs::create_directory(pathOf(*m_dir) / "lane-x");
    spill(pathOf(*m_dir) / "lane-7", "a file");
    QCOMPARE(prefix(), 12);
    auto reader = openReader(pathOf(*m_dir));
    readNumbers(*reader);
    auto journal = openJournal(pathOf(*m_dir));
    QCOMPARE(journal->lane(0).append(kIris, 1, numbered(12)), Append::Done);
    QCOMPARE(readNumbers(*reader), upTo(13, 12));
    // Each unreadable file in between is reported once.
    QCOMPARE(reader->takeSkips().size(), std::size_t{4});
    QVERIFY(reader->cursors()[0].segment > 5);
}

void TestJournalDamage::shrinksWhileOpen()
{
    auto reader = openReader(pathOf(*m_dir));
    QCOMPARE(readNumbers(*reader, 3), upTo(3));
    fs::resize_file(segment(1), 0);
    QCOMPARE(readNumbers(*reader), upTo(0));
    reader->lag();
    QCOMPARE(reader->takeSkips().size(), std::size_t{1});
}

QTEST_APPLESS_MAIN(TestJournalDamage)
#include "tst_journal_damage.moc"
