#include "journal_test.h"
#include "test_support.h"

#include <tepal/base/random.h>

#include <QProcess>
#include <QStandardPaths>
#include <QtTest>

#include <limits>
#include <thread>

using namespace tepal;
using namespace tepal::test;
namespace fs = std::filesystem;

class TestJournal : public QObject
{
    Q_OBJECT
private slots:
    void everyKind();
    void severalRowsAreOneRecord();
    void schemasAreShared();
    void rollsOver();
    void resumesAtEveryCursor();
    void newProducerOpensNewSegment();
    void emptySessionsLeaveNothing();
    void concurrentReader();
    void severalLanes();
    void fullAndBack();
    void tooLarge();
    void secondOpenerIsRefused();
    void unusableOptions();
    void syncEvery();
    void lag();
    void wipedDirectoryIsReadFromItsStart();
    void missingDirectoryIsEmpty();
    void payloadsAreProtobuf();
};

void TestJournal::everyKind()
{
    QTemporaryDir dir;
    auto journal = openJournal(pathOf(dir));
    const JournalSchema schema{"d", {"n", "t", "f", "i", "x", "s", "e", "v", "o"}};
    const std::string longText(100'000, 'x');
    const auto handle = journal->schema(schema);
    QVERIFY(handle);
    const std::vector<Value> cells{
        Value::null(),           Value::boolean(true),
        Value::boolean(false),   Value::integral(std::numeric_limits<std::int64_t>::min()),
        Value::fractional(-0.0), Value::string(longText),
        Value::string(""),       Value::tensor(),
        Value::object()};
    QCOMPARE(journal->lane(0).append(*handle, -5, cells), Append::Done);
    auto reader = openReader(pathOf(dir));
    int seen = 0;
    reader->poll(10, [&](const RowsView &view) {
        ++seen;
        QCOMPARE(view.time, TimeMs{-5});
        QCOMPARE(view.rows, std::size_t{1});
        QVERIFY(*view.schema == schema);
        QCOMPARE(view.cells.size(), cells.size());
        for (std::size_t i = 0; i < cells.size(); ++i)
            QCOMPARE(view.cells[i].kind(), cells[i].kind());
        QVERIFY(view.cells[1].asBoolean());
        QVERIFY(!view.cells[2].asBoolean());
        QCOMPARE(view.cells[3].asIntegral(), std::numeric_limits<std::int64_t>::min());
        QVERIFY(std::signbit(view.cells[4].asFractional()));
        QVERIFY(view.cells[5].asString() == longText);
        QVERIFY(view.cells[6].asString().empty());
    });
    QCOMPARE(seen, 1);
    QCOMPARE(journal->counters().records, std::uint64_t{1});
}

void TestJournal::severalRowsAreOneRecord()
{
    QTemporaryDir dir;
    auto journal = openJournal(pathOf(dir));
    std::vector<Value> cells;
    for (int i = 0; i < 3; ++i) {
        for (const Value &cell : numbered(i))
            cells.push_back(cell);
    }
    QCOMPARE(journal->lane(0).append(kIris, 1, cells), Append::Done);
    QCOMPARE(journal->counters().rows, std::uint64_t{3});
    auto reader = openReader(pathOf(dir));
    std::vector<std::int64_t> numbers;
    QCOMPARE(reader->poll(10,
                          [&](const RowsView &view) {
                              QCOMPARE(view.rows, std::size_t{3});
                              for (std::size_t i = 0; i < view.rows; ++i)
                                  numbers.push_back(view.row(i)[0].asIntegral());
                          }),
             std::size_t{1});
    QCOMPARE(numbers, upTo(3));
}

void TestJournal::schemasAreShared()
{
    QTemporaryDir dir;
    JournalOptions options;
    options.segmentBytes = 4096;
    auto journal = openJournal(pathOf(dir), options);
    const auto one = journal->schema(kIris);
    QCOMPARE(journal->schema(kIris)->valid(), true);
    const JournalSchema other{"model-2", {"a", "b", "class"}};
    for (int i = 0; i < 300; ++i) {
        QCOMPARE(journal->lane(0).append(*one, 1, numbered(i)), Append::Done);
        QCOMPARE(journal->lane(0).append(other, 1, numbered(i)), Append::Done);
    }
    QVERIFY(!journal->schema({"x", {}}));
    // The same columns under segments of their own: names and values may hold anything.
    JournalSchema tagged = kIris;
    tagged.dataset = "tagged";
    std::vector<std::vector<std::pair<std::string, std::string>>> segments{
        {}, {{"version", "a"}}, {{"version", ""}}, {{"", "=;\n"}, {"version", "a"}}};
    for (const auto &segment : segments) {
        tagged.segment = segment;
        QCOMPARE(journal->lane(0).append(tagged, 1, numbered(1)), Append::Done);
        QCOMPARE(journal->lane(0).append(*journal->schema(tagged), 1, numbered(1)), Append::Done);
    }
    auto reader = openReader(pathOf(dir));
    std::map<std::uint64_t, std::string> ids;
    std::size_t count = 0;
    while (reader->poll(100, [&](const RowsView &view) {
        if (view.schema->dataset == "tagged") {
            QVERIFY(view.schema->segment == segments[(count - 600) / 2]);
            QVERIFY(view.schema->columns == kIris.columns);
            ++count;
            return;
        }
        QVERIFY(view.schema->segment.empty());
        ids[view.schemaId] = view.schema->dataset;
        QCOMPARE(view.schema->dataset, count % 2 == 0 ? "model-1" : "model-2");
        ++count;
    }) != 0) {
    }
    QCOMPARE(count, std::size_t{608});
    QCOMPARE(ids.size(), std::size_t{2});
}

void TestJournal::rollsOver()
{
    QTemporaryDir dir;
    JournalOptions options;
    options.segmentBytes = 4096;
    auto journal = openJournal(pathOf(dir), options);
    for (int i = 0; i < 1000; ++i)
        QCOMPARE(journal->lane(0).append(kIris, 1, numbered(i)), Append::Done);
    QVERIFY(std::distance(fs::directory_iterator(pathOf(dir) / "lane-0"), {}) > 10);
    QCOMPARE(fs::file_size(pathOf(dir) / "lane-0" / "0000000001.tpj"), std::uintmax_t{4096});
    auto reader = openReader(pathOf(dir));
    QCOMPARE(readNumbers(*reader), upTo(1000));
    QVERIFY(reader->takeSkips().empty());
    QVERIFY(reader->removeConsumed(reader->cursors()) > 10);
    for (int i = 1000; i < 1100; ++i)
        QCOMPARE(journal->lane(0).append(kIris, 1, numbered(i)), Append::Done);
    QCOMPARE(readNumbers(*reader), upTo(1100, 1000));
}

void TestJournal::resumesAtEveryCursor()
{
    QTemporaryDir dir;
    JournalOptions options;
    options.segmentBytes = 4096;
    options.lanes = 2;
    {
        auto journal = openJournal(pathOf(dir), options);
        for (int i = 0; i < 120; ++i)
            QCOMPARE(journal->lane(0).append(kIris, 1, numbered(i)), Append::Done);
    }
    Cursors cursors;
    std::vector<std::int64_t> all;
    for (;;) {
        auto reader = openReader(pathOf(dir), cursors);
        const auto one = readNumbers(*reader, 1);
        if (one.empty())
            break;
        all.push_back(one[0]);
        cursors = reader->cursors();
        auto rest = openReader(pathOf(dir), cursors);
        QCOMPARE(readNumbers(*rest), upTo(120, one[0] + 1));
        QVERIFY(rest->takeSkips().empty());
    }
    QCOMPARE(all, upTo(120));
}

void TestJournal::newProducerOpensNewSegment()
{
    QTemporaryDir dir;
    Cursors cursors;
    std::uint64_t lastSegment = 0;
    for (int session = 0; session < 5; ++session) {
        auto journal = openJournal(pathOf(dir));
        for (int i = 0; i < 3; ++i)
            journal->lane(0).append(kIris, 1, numbered(session * 3 + i));
        auto reader = openReader(pathOf(dir), cursors);
        QCOMPARE(readNumbers(*reader), upTo(session * 3 + 3, session * 3));
        cursors = reader->cursors();
        QVERIFY(cursors[0].segment > lastSegment);
        lastSegment = cursors[0].segment;
        reader->removeConsumed(cursors);
        QVERIFY(reader->takeSkips().empty());
    }
}

void TestJournal::emptySessionsLeaveNothing()
{
    QTemporaryDir dir;
    for (int i = 0; i < 3; ++i)
        openJournal(pathOf(dir));
    QVERIFY(fs::is_empty(pathOf(dir) / "lane-0"));
}

void TestJournal::concurrentReader()
{
    QTemporaryDir dir;
    JournalOptions options;
    options.segmentBytes = 64 * 1024;
    auto journal = openJournal(pathOf(dir), options);
    constexpr std::int64_t kCount = 50'000;
    std::thread writer([&] {
        const auto schema = journal->schema(kIris);
        for (std::int64_t i = 0; i < kCount; ++i) {
            if (journal->lane(0).append(*schema, 1, numbered(i)) != Append::Done)
                qFatal("append failed");
        }
    });
    auto reader = openReader(pathOf(dir));
    std::int64_t expected = 0;
    bool ordered = true;
    std::size_t polls = 0;
    while (expected < kCount) {
        reader->poll(777, [&](const RowsView &view) {
            ordered &=
                view.cells[0].asIntegral() == expected++ && view.cells[2].asString() == "setosa";
        });
        if (++polls % 50 == 0)
            reader->removeConsumed(reader->cursors());
    }
    writer.join();
    QVERIFY(ordered);
    QCOMPARE(expected, kCount);
    QVERIFY(reader->takeSkips().empty());
}

void TestJournal::severalLanes()
{
    QTemporaryDir dir;
    JournalOptions options;
    options.lanes = 3;
    options.segmentBytes = 4096;
    auto journal = openJournal(pathOf(dir), options);
    QCOMPARE(journal->laneCount(), 3u);
    std::vector<std::thread> writers;
    for (std::uint32_t lane = 0; lane < 3; ++lane) {
        writers.emplace_back([&, lane] {
            for (int i = 0; i < 500; ++i)
                journal->lane(lane).append(kIris, 1, numbered(i));
        });
    }
    for (auto &writer : writers)
        writer.join();
    auto reader = openReader(pathOf(dir));
    std::map<std::uint32_t, std::vector<std::int64_t>> byLane;
    while (reader->poll(100, [&](const RowsView &view) {
        byLane[view.lane].push_back(view.cells[0].asIntegral());
    }) != 0) {
    }
    QCOMPARE(byLane.size(), std::size_t{3});
    for (const auto &[lane, numbers] : byLane)
        QCOMPARE(numbers, upTo(500));
}

void TestJournal::fullAndBack()
{
    QTemporaryDir dir;
    JournalOptions options;
    options.segmentBytes = 4096;
    options.maxBytes = 4 * 4096;
    auto journal = openJournal(pathOf(dir), options);
    std::int64_t written = 0;
    Append last = Append::Done;
    while (written < 10'000 &&
           (last = journal->lane(0).append(kIris, 1, numbered(written))) == Append::Done)
        ++written;
    QCOMPARE(last, Append::Full);
    QVERIFY(journal->full());
    QVERIFY(!journal->lastError().empty());
    QCOMPARE(journal->counters().refused, std::uint64_t{1});
    QCOMPARE(appendError(last).code, ErrorCode::Full);
    auto reader = openReader(pathOf(dir));
    QCOMPARE(readNumbers(*reader), upTo(written));
    QVERIFY(reader->removeConsumed(reader->cursors()) > 0);
    QTRY_VERIFY(!journal->full());
    QCOMPARE(journal->lane(0).append(kIris, 1, numbered(written)), Append::Done);
    QCOMPARE(readNumbers(*reader), upTo(written + 1, written));
}

void TestJournal::tooLarge()
{
    QTemporaryDir dir;
    JournalOptions options;
    options.segmentBytes = 4096;
    auto journal = openJournal(pathOf(dir), options);
    const std::string big(5000, 'x');
    const std::vector<Value> cells{Value::integral(0), Value::null(), Value::string(big)};
    // A record that no ordinary file holds gets one of its own, wherever it comes.
    const auto big2 = [&](std::int64_t number) {
        return std::vector<Value>{Value::integral(number), Value::null(), Value::string(big)};
    };
    QCOMPARE(journal->lane(0).append(kIris, 1, cells), Append::Done);
    QCOMPARE(journal->lane(0).append(kIris, 1, numbered(1)), Append::Done);
    QCOMPARE(journal->lane(0).append(kIris, 1, big2(2)), Append::Done);
    QCOMPARE(journal->lane(0).append(kIris, 1, big2(3)), Append::Done);
    auto reader = openReader(pathOf(dir));
    QCOMPARE(readNumbers(*reader), upTo(4));
    // Ordinary files between them, several at times.
    for (int i = 4; i < 1200; ++i)
        QCOMPARE(journal->lane(0).append(kIris, 1, i % 150 < 2 ? big2(i) : numbered(i)),
                 Append::Done);
    QCOMPARE(readNumbers(*reader), upTo(1200, 4));
    // Whoever begins anew finds all of them, and what is read is let go.
    QCOMPARE(readNumbers(*openReader(pathOf(dir))), upTo(1200));
    QVERIFY(reader->removeConsumed(reader->cursors()) > 20);
    journal.reset();
    options.maxBytes = 16 * 4096;
    journal = openJournal(pathOf(dir), options);
    const std::string wide(100'000, 'x');
    const std::vector<Value> never{Value::integral(0), Value::null(), Value::string(wide)};
    QCOMPARE(journal->lane(0).append(kIris, 1, never), Append::Full);
    QCOMPARE(journal->lane(0).append(kIris, 1, numbered(1200)), Append::Done);
    QCOMPARE(readNumbers(*reader), upTo(1201, 1200));
    options.maxBytes = 0;
    journal.reset();
    options.segmentBytes = 4u << 20;
    journal = openJournal(pathOf(dir), options);
    const std::string huge(kMaxCellText + 1, 'x');
    const std::vector<Value> more{Value::integral(0), Value::null(), Value::string(huge)};
    QCOMPARE(journal->lane(0).append(kIris, 1, more), Append::TooLarge);
    const std::vector<Value> edge{Value::integral(1), Value::null(),
                                  Value::string(std::string_view(huge).substr(1))};
    QCOMPARE(journal->lane(0).append(kIris, 1, edge), Append::Done);
    QCOMPARE(readNumbers(*reader), upTo(2, 1));
}

void TestJournal::secondOpenerIsRefused()
{
    QTemporaryDir dir;
    auto journal = openJournal(pathOf(dir));
    const auto second = Journal::open(pathOf(dir));
    QVERIFY(!second);
    QCOMPARE(second.error().code, ErrorCode::Busy);
    journal.reset();
    QVERIFY(Journal::open(pathOf(dir)));
}

void TestJournal::unusableOptions()
{
    QTemporaryDir dir;
    const auto code = [&](JournalOptions options) {
        const auto journal = Journal::open(pathOf(dir), options);
        return journal ? ErrorCode::Internal : journal.error().code;
    };
    QCOMPARE(code({.lanes = 0}), ErrorCode::InvalidArgument);
    QCOMPARE(code({.segmentBytes = 100}), ErrorCode::InvalidArgument);
    QCOMPARE(code({.lanes = 4, .segmentBytes = 4096, .maxBytes = 4 * 4096}),
             ErrorCode::InvalidArgument);
    spill(pathOf(dir) / "file", "x");
    QVERIFY(!Journal::open(pathOf(dir) / "file"));
    QVERIFY(!JournalReader::open(pathOf(dir) / "file"));
}

void TestJournal::syncEvery()
{
    QTemporaryDir dir;
    JournalOptions options;
    options.syncInterval = 0;
    options.segmentBytes = 4096;
    auto journal = openJournal(pathOf(dir), options);
    for (int i = 0; i < 100; ++i)
        QCOMPARE(journal->lane(0).append(kIris, 1, numbered(i)), Append::Done);
    QVERIFY(journal->sync());
    auto reader = openReader(pathOf(dir));
    QCOMPARE(readNumbers(*reader), upTo(100));
}

void TestJournal::lag()
{
    QTemporaryDir dir;
    JournalOptions options;
    options.segmentBytes = 4096;
    auto journal = openJournal(pathOf(dir), options);
    auto reader = openReader(pathOf(dir));
    QCOMPARE(reader->lag().records, std::uint64_t{0});
    QVERIFY(!reader->lag().oldest);
    for (int i = 0; i < 200; ++i)
        journal->lane(0).append(kIris, 1000 + i, numbered(i));
    auto lag = reader->lag();
    QVERIFY(lag.records >= 200);
    QVERIFY(lag.bytes > 200 * 16);
    QCOMPARE(lag.oldest, std::optional<TimeMs>(1000));
    QCOMPARE(readNumbers(*reader, 50), upTo(50));
    const auto after = reader->lag();
    QVERIFY(after.records < lag.records && after.records >= 150);
    QCOMPARE(after.oldest, std::optional<TimeMs>(1050));
    readNumbers(*reader);
    QCOMPARE(reader->lag().records, std::uint64_t{0});
    QCOMPARE(reader->lag().bytes, std::uint64_t{0});
    QVERIFY(!reader->lag().oldest);
}

void TestJournal::wipedDirectoryIsReadFromItsStart()
{
    QTemporaryDir dir;
    Cursors cursors;
    {
        auto journal = openJournal(pathOf(dir));
        for (int i = 0; i < 10; ++i)
            journal->lane(0).append(kIris, 1, numbered(i));
        auto reader = openReader(pathOf(dir));
        readNumbers(*reader, 5);
        cursors = reader->cursors();
    }
    fs::remove_all(pathOf(dir) / "lane-0");
    auto journal = openJournal(pathOf(dir));
    for (int i = 0; i < 10; ++i)
        journal->lane(0).append(kIris, 1, numbered(i));
    auto reader = openReader(pathOf(dir), cursors);
    QCOMPARE(readNumbers(*reader), upTo(10));
}

void TestJournal::missingDirectoryIsEmpty()
{
    QTemporaryDir dir;
    auto reader = openReader(pathOf(dir) / "none");
    QCOMPARE(reader->poll(10, [](const RowsView &) {}), std::size_t{0});
    auto journal = openJournal(pathOf(dir) / "none");
    journal->lane(0).append(kIris, 1, numbered(0));
    QCOMPARE(readNumbers(*reader), upTo(1));
}

/// protoc reads what is in the file by record.proto.
void TestJournal::payloadsAreProtobuf()
{
    const QString protoc = QStandardPaths::findExecutable("protoc");
    if (protoc.isEmpty())
        QSKIP("protoc is not installed");
    QTemporaryDir dir;
    auto journal = openJournal(pathOf(dir));
    const std::vector<Value> cells{Value::integral(-7), Value::boolean(true), Value::string("hé")};
    QCOMPARE(journal->lane(0).append(kIris, 1234, cells), Append::Done);
    const std::string file = slurp(pathOf(dir) / "lane-0" / "0000000001.tpj");
    std::size_t offset = 128;
    std::string decoded;
    for (int frame = 0; frame < 2; ++frame) {
        std::uint32_t length = 0;
        std::memcpy(&length, file.data() + offset, 4);
        const QString folder = qs((sourceDir() / "core" / "journal").string());
        QProcess process;
        process.start(protoc, {"--decode=tepal.journal.Record", "--proto_path=" + folder,
                               folder + "/record.proto"});
        process.write(file.data() + offset + 16, length);
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished());
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError());
        decoded += process.readAllStandardOutput().toStdString();
        offset += (16 + length + 7) / 8 * 8;
    }
    QCOMPARE(decoded, std::string("declare {\n  id: 1\n  dataset: \"model-1\"\n  columns: \"a\"\n"
                                  "  columns: \"b\"\n  columns: \"class\"\n}\n"
                                  "schema: 1\ntime_ms: 1234\nrows: 1\nkinds: \"\\002\\t\\004\"\n"
                                  "numbers: 18446744073709551609\nlengths: 3\n"
                                  "text: \"h\\303\\251\"\n"));
}

QTEST_APPLESS_MAIN(TestJournal)
#include "tst_journal.moc"
