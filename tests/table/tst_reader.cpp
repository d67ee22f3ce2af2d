// Files, pipes and bytes through the one door: bad rows, types by the whole column, packed inputs,
// any size of block and any number of threads.

#include "collector.h"
#include "test_support.h"

#include <tepal/base/file.h>
#include <tepal/table/reader.h>

#include <QTemporaryDir>
#include <QTest>

#include <zlib.h>

using namespace tepal;
using namespace tepal::table;
using namespace tepal::test;

namespace {

ReadOptions cellOptions()
{
    ReadOptions options;
    options.cellByCell = true;
    return options;
}

std::string gzipped(const std::string &text)
{
    std::string out(compressBound(static_cast<uLong>(text.size())) + 64, '\0');
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

} // namespace

class TestReader : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path write(const char *name, const std::string &text)
    {
        const std::filesystem::path path = m_dir.filePath(QString::fromLatin1(name)).toStdString();
        if (!writeFileAtomic(path, text))
            qFatal("cannot write");
        return path;
    }
    static QByteArray errorOf(const std::string &text, ReadOptions options = cellOptions())
    {
        Collected collected;
        const auto read = readBytes(text, options, collected);
        return read ? QByteArray("(read)") : QByteArray::fromStdString(read.error().text());
    }

private Q_SLOTS:
    /// Rows that are far shorter than the header must not take memory for all that they lack.
    void shortRowsUnderAWideHeader()
    {
        struct Counter final : Consumer
        {
            std::uint64_t rows = 0;
            std::uint64_t ones = 0;
            std::uint64_t missing = 0;
            std::uint64_t mostCells = 0;

            Status take(Block &block) override
            {
                rows += block.rows;
                mostCells = std::max<std::uint64_t>(mostCells, block.rows * block.columns.size());
                for (const Column &column : block.columns) {
                    missing += column.missing;
                    for (const auto &[value, count] : column.countedIntegers)
                        ones += value == 1 ? count : 0;
                }
                return {};
            }
            bool widen(const std::string &, ColumnType, ColumnType) override { return true; }
            void restart() override { *this = Counter(); }
        };
        constexpr std::uint64_t columns = 1500;
        constexpr std::uint64_t lines = 30'000;
        std::string text = "c0";
        for (std::uint64_t i = 1; i < columns; ++i)
            text += ",c" + std::to_string(i);
        for (std::uint64_t i = 0; i < lines; ++i)
            text += "\n1";
        Counter counter;
        const auto read = readBytes(text, {}, counter);
        QVERIFY2(read, read ? "" : read.error().text().c_str());
        QCOMPARE(counter.rows, lines);
        QCOMPARE(counter.ones, lines);
        QCOMPARE(counter.missing, lines * (columns - 1));
        QCOMPARE(read->shortRows, lines);
        QVERIFY2(counter.mostCells < (5u << 20), std::to_string(counter.mostCells).c_str());
        // Lines are counted on over the rows that were put off.
        const auto bad = readBytes(text + "\n\"x\"y\n", {}, counter);
        QVERIFY(!bad);
        QVERIFY2(bad.error().text().find("line " + std::to_string(lines + 2) + ",") !=
                     std::string::npos,
                 bad.error().text().c_str());
        // JSON rows that name everything once would need the same.
        text.clear();
        text += '{';
        for (std::uint64_t i = 0; i < 9'000; ++i)
            text += (i > 0 ? ",\"c" : "\"c") + std::to_string(i) + "\":1";
        text += '}';
        for (std::uint64_t i = 0; i < lines; ++i)
            text += "\n{}";
        QVERIFY(errorOf(text).contains("different columns"));
    }
    void badRowsEndTheReading_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QList<QByteArray>>("words");
        const auto row = [](const char *name, const QByteArray &text, QList<QByteArray> words) {
            QTest::newRow(name) << text << std::move(words);
        };
        row("too long", "a,b\n1,2\n3,4,5\n", {"line 3", "3 cells", "header has 2", "--skip-bad"});
        row("behind a quote", "a,b\n1,2\n3,\"x\"y\n", {"line 3", "column 2", "(b)", "quote"});
        row("never closed", "a,b\n1,\"x\n3,4\n", {"line 2", "column 2", "never closed"});
        row("after a line break in quotes", "a,b\n1,\"x\ny\"\n3,4,5\n", {"line 4"});
        row("bytes", "a,b\nK\xC3\xB6ln,\xC3\xBC\n1,\xF6\n", {"line 3", "column 2", "UTF-8"});
        row("zero byte",
            QByteArray("a,b\n1,x\n2,y") + QByteArray(1, '\0') + "z\n" +
                QByteArray("3,4\n").repeated(30000),
            {"line 3", "byte of value 0"});
        row("carriage return", "a,b\n1,x\ry\n2,z\n", {"line 2", "line end"});
        row("not JSON", "{\"a\":1}\n{\"a\":tru}\n", {"line 2, column 6", "not JSON"});
        row("not an object", "{\"a\":1}\n[1]\n", {"line 2", "not a JSON object"});
        row("same name twice", "{\"a.b\":1,\"a\":{\"b\":2}}\n", {"line 1", "both named a.b"});
    }
    void badRowsEndTheReading()
    {
        QFETCH(QByteArray, text);
        QFETCH(QList<QByteArray>, words);
        const QByteArray error = errorOf(text.toStdString());
        for (const QByteArray &word : words)
            QVERIFY2(error.contains(word), error);
        // Left out, every other row is there, and the bad one is named with its text.
        ReadOptions options = cellOptions();
        options.skipBadRows = true;
        std::vector<std::string> rejected;
        options.rejected = [&](const BadRow &row) -> Status {
            rejected.emplace_back(row.row);
            return {};
        };
        Collected collected;
        const auto read = readBytes(text.toStdString(), options, collected);
        QVERIFY2(read, read ? "" : read.error().text().c_str());
        QCOMPARE(read->badRows, 1u);
        QCOMPARE(rejected.size(), std::size_t{1});
        QVERIFY(!rejected[0].empty());
        QVERIFY(text.contains(QByteArray::fromStdString(rejected[0])));
        QCOMPARE(read->rows, collected.rows);
    }
    void notTables_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("what");
        const QByteArray zeros(600, '\0');
        QTest::newRow("parquet") << QByteArray("PAR1\x15\x04") + zeros << QByteArray("Parquet");
        QTest::newRow("sqlite") << QByteArray("SQLite format 3\0", 16) + zeros
                                << QByteArray("SQLite");
        QTest::newRow("xls") << QByteArray::fromHex("d0cf11e0a1b11ae1") + zeros
                             << QByteArray("Excel");
        QTest::newRow("tar") << QByteArray("a.csv").leftJustified(257, '\0') + "ustar  " + zeros
                             << QByteArray("tar");
        QTest::newRow("hdf5") << QByteArray("\x89HDF\r\n\x1A\n") + zeros << QByteArray("HDF5");
        QTest::newRow("profile") << QByteArray("WHY1") + zeros << QByteArray("whylogs profile");
        QTest::newRow("page") << QByteArray("<!DOCTYPE html><html><body>404") << QByteArray("HTML");
        QTest::newRow("pdf") << QByteArray("%PDF-1.7\n") << QByteArray("PDF");
        QTest::newRow("numbers") << QByteArray::fromHex("000102030405060708090a0b0c0d0e0f1011")
                                 << QByteArray("binary");
        QTest::newRow("pickle") << QByteArray::fromHex("80049536000000000000008c1170616e6461732e")
                                << QByteArray("binary");
        QTest::newRow("utf-32") << QByteArray::fromHex("fffe0000610000002c00000062000000")
                                << QByteArray("UTF-32");
        QTest::newRow("twice") << QByteArray::fromStdString(gzipped(gzipped("a,b\n1,2\n")))
                               << QByteArray("packed twice");
    }
    void notTables()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, what);
        Collected collected;
        const auto read = readBytes(bytes.toStdString(), cellOptions(), collected);
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::Unsupported);
        QVERIFY2(QByteArray::fromStdString(read.error().message).contains(what),
                 read.error().message.c_str());
        QVERIFY(!read.error().next.empty());
    }
    void nothing()
    {
        for (const char *text : {"", "\n", "\n\n  \n", "\xEF\xBB\xBF"})
            QVERIFY2(errorOf(text).contains("not") || errorOf(text).contains("no"), text);
        Collected collected;
        QCOMPARE(readTable("/nowhere/x.csv", cellOptions(), collected).error().code,
                 ErrorCode::NotFound);
        QCOMPARE(readTable(m_dir.path().toStdString(), cellOptions(), collected).error().code,
                 ErrorCode::InvalidArgument);
    }
    void badRowsAreHandedOutOnce()
    {
        ReadOptions options = cellOptions();
        options.skipBadRows = true;
        options.blockBytes = 1;
        std::vector<std::uint64_t> lines;
        options.rejected = [&](const BadRow &row) -> Status {
            lines.push_back(row.line);
            return {};
        };
        Collected collected;
        const auto read = readBytes("a,b\n1,\"x\"y\n2,z\nx,z\n3,4,5\n6,z\n", options, collected);
        QVERIFY(read && read->readTwice);
        QCOMPARE(read->badRows, 2u);
        QCOMPARE(lines, (std::vector<std::uint64_t>{2, 5}));
    }
    /// Each of these lines opens a quote that the next one closes, so that no record ends. To
    /// search for that from every one of them would take minutes.
    void quotesThatNeverEndARecord()
    {
        std::string text = "a;b\n1;2\n";
        while (text.size() < (std::size_t{2} << 20))
            text += "\"\"yx\";\"=3\n";
        ReadOptions options = cellOptions();
        options.skipBadRows = true;
        Collected collected;
        const auto read = readBytes(text, options, collected);
        QVERIFY(read);
        QCOMPARE(read->rows, 1u);
        QVERIFY(read->badRows > 100'000);
    }
    /// A long integer fits a column of fractions, whatever a bad row before it held.
    void badRowsLeaveNothingBehind()
    {
        ReadOptions options = cellOptions();
        options.skipBadRows = true;
        options.types = {{"a", ColumnType::Fractions}};
        Collected collected;
        const auto read =
            readBytes("{\"a\":\"x\"}\n{\"a\":123456789012345678901}\n", options, collected);
        QVERIFY(read);
        QCOMPARE(read->badRows, 1u);
        QCOMPARE(collected.cells["a"], (std::vector<std::string>{"f1.2345678901234568e+20"}));
        const auto other =
            readBytes("{\"a\":1}\n{\"z\":1,\"a\":\"x\"}\n{\"b\":2}\n", options, collected);
        QVERIFY(other);
        QCOMPARE(other->columns, (std::vector<std::string>{"a", "b"}));
    }
    void shortRowsAreMissingAtTheEnd()
    {
        Collected collected;
        const auto read = readBytes("a,b,c\n1,2\n3\n4,5,6\n", cellOptions(), collected);
        QCOMPARE(read->shortRows, 2u);
        QCOMPARE(collected.cells["c"], (std::vector<std::string>{"-", "-", "i6"}));
    }
    void emptyLinesOfOneColumnAreSaid()
    {
        Collected collected;
        const auto read = readBytes("a\n1\n\n\"\"\n2\n", cellOptions(), collected);
        QCOMPARE(read->emptyLines, 1u);
        QCOMPARE(collected.cells["a"], (std::vector<std::string>{"i1", "-", "i2"}));
    }
    void namesAsPandasMakesThem()
    {
        QCOMPARE(uniqueNames({"a", "a", "b", "a"}),
                 (std::vector<std::string>{"a", "a.1", "b", "a.2"}));
        QCOMPARE(uniqueNames({"a", "a.1", "a"}), (std::vector<std::string>{"a", "a.1", "a.2"}));
        QCOMPARE(uniqueNames({"a", "a", "a.1", "a", "a.1"}),
                 (std::vector<std::string>{"a", "a.2", "a.1", "a.3", "a.1.1"}));
        // Without counting up from 1 for each.
        QCOMPARE(uniqueNames(std::vector<std::string>(200'000, "a")).back(),
                 std::string("a.199999"));
        QCOMPARE(uniqueNames({"", "x", ""}),
                 (std::vector<std::string>{"Unnamed: 0", "x", "Unnamed: 2"}));
    }
    void typesByTheWholeColumn_data()
    {
        QTest::addColumn<QByteArray>("last");
        QTest::addColumn<QByteArray>("first");
        QTest::newRow("text") << QByteArray("n/k") << QByteArray("s007");
        QTest::newRow("fraction") << QByteArray("0.5") << QByteArray("f7");
        QTest::newRow("big") << QByteArray("18446744073709551616") << QByteArray("s007");
        QTest::newRow("unsigned") << QByteArray("18446744073709551615") << QByteArray("i7");
        QTest::newRow("boolean") << QByteArray("True") << QByteArray("s007");
        QTest::newRow("missing") << QByteArray("NA") << QByteArray("i7");
    }
    /// A consumer that cannot recount gets a file twice; a pipe ends with the reason.
    void typesByTheWholeColumn()
    {
        QFETCH(QByteArray, last);
        QFETCH(QByteArray, first);
        std::string text = "a,b\n007,x\n";
        for (int i = 0; i < 500; ++i)
            text += std::to_string(i) + ",y\n";
        text += last.toStdString() + ",z\n";
        ReadOptions options = cellOptions();
        options.blockBytes = 64;
        Collected collected;
        const auto read = readTable(write("late.csv", text), options, collected);
        QVERIFY2(read, read ? "" : read.error().text().c_str());
        QCOMPARE(collected.rows, std::size_t{502});
        QCOMPARE(QByteArray::fromStdString(collected.cells["a"][0]), first);
        QCOMPARE(read->readTwice, last != "NA");
        QCOMPARE(collected.restarts, last != "NA" ? 1 : 0);
    }
    void learnedBeforeTheFirstRow()
    {
        ReadOptions options = cellOptions();
        options.blockBytes = 64;
        options.learnTypes = true;
        std::string text = "a\n";
        for (int i = 0; i < 100; ++i)
            text += "1\n";
        text += "x\n";
        Collected collected;
        const auto read = readBytes(text, options, collected);
        QVERIFY(read && read->readTwice);
        QCOMPARE(collected.cells["a"][0], std::string("s1"));
    }
    void declaredTypes()
    {
        ReadOptions options = cellOptions();
        options.types = {{"code", ColumnType::Texts}, {"n", ColumnType::Integers}};
        Collected collected;
        QVERIFY(readBytes("code,n,f\n00123,1,5\n1E5,2,6\nNA,,7\n", options, collected));
        QCOMPARE(collected.cells["code"], (std::vector<std::string>{"s00123", "s1E5", "-"}));
        QCOMPARE(collected.cells["n"], (std::vector<std::string>{"i1", "i2", "-"}));
        QVERIFY(errorOf("code,n\na,1\nb,x\n", options)
                    .contains("line 3, column 2: (n) \"x\" is not an integer"));
        QVERIFY(errorOf("code\na\n", options).contains("no column \"n\""));
        QVERIFY(errorOf("{\"code\":1}\n", options).contains("no column \"n\""));
        Collected json;
        QVERIFY(readBytes("{\"code\":5,\"n\":1}\n", options, json));
        QCOMPARE(json.cells["code"][0], std::string("s5"));
        QVERIFY(errorOf("{\"code\":5,\"n\":1.5}\n", options).contains("line 1: (n)"));
    }
    void anyBlockAnyThreads_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("csv") << QByteArray("a,b\r\n1,\"x, \"\"y\"\"\"\r\n2,\"two\r\nlines\"\r\n\r\n"
                                           "3,\r\n4,plain\r\n5,\"\"\r\n6,\xC3\xA9");
        QTest::newRow("cr") << QByteArray("a;b\r1,5;x\r2,5;\"y\rz\"\r3,5;w\r");
        QTest::newRow("jsonl") << QByteArray("{\"a\":1,\"b\":{\"c\":[1,\"x\"]}}\n\n"
                                             "{\"b\":{\"c\":[2]},\"d\":null}\n{\"a\":2.5}\n");
        QTest::newRow("utf-16") << QByteArray::fromHex(
            "fffe61002c0062000a0031002c003cd809df0a0032002c00e9000a00");
        QTest::newRow("windows-1252") << QByteArray("n\xE4me,x\nK\xF6ln,1\n\x80uro,2\n");
        QTest::newRow("blank lines first") << QByteArray("\n \t\r\n\na,b\n1,2\n");
        QTest::newRow("long integers and texts")
            << QByteArray("{\"a\":123456789012345678901}\n{\"a\":\"x\"}\n{\"a\":5}\n");
    }
    void anyBlockAnyThreads()
    {
        QFETCH(QByteArray, text);
        const auto path = write("blocks.txt", text.toStdString());
        std::map<std::string, std::vector<std::string>> expected;
        for (const std::size_t block :
             {std::size_t{2} << 20, std::size_t{1}, std::size_t{7}, std::size_t{64}}) {
            for (const unsigned threads : {1u, 3u}) {
                ReadOptions options = cellOptions();
                options.blockBytes = block;
                options.threads = threads;
                Collected collected;
                const auto read = readTable(path, options, collected);
                QVERIFY2(read, read ? "" : read.error().text().c_str());
                QVERIFY(read->rows > 0);
                if (expected.empty())
                    expected = collected.cells;
                QVERIFY2(
                    collected.cells == expected,
                    qPrintable(QStringLiteral("block %1, %2 threads").arg(block).arg(threads)));
            }
        }
    }
    void packed_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("whole"); // also a whole input, of the first of several streams
        const QByteArray first = QByteArray::fromStdString(gzipped("a,b\n1,x\n"));
        const auto row = [](const char *name, const QByteArray &bytes) {
            QTest::newRow(name) << bytes << -1;
        };
        row("gzip", QByteArray::fromStdString(gzipped("a,b\n1,x\n2,y\n")));
        QTest::newRow("gzip members") << first + QByteArray::fromStdString(gzipped("2,y\n"))
                                      << static_cast<int>(first.size());
        // "a,b\n1,x\n2,y\n" by the tools themselves.
        row("bzip2", QByteArray::fromHex("425a6839314159265359bcc728450000045980001000043000300000"
                                         "602000310c0823419a8e0422178bb9229c28485e63942280"));
        row("xz", QByteArray::fromHex("fd377a585a000004e6d6b4460200210116000000742fe5a301000b612c62"
                                      "0a312c780a322c790a004ce0b76e5d1321730001240ca618d8d81fb6f37d"
                                      "010000000004595a"));
        row("zstd", QByteArray::fromHex("28b52ffd240c610000612c620a312c780a322c790a2e9f2146"));
    }
    void packed()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, whole);
        Collected collected;
        const auto read = readBytes(bytes.toStdString(), cellOptions(), collected);
        QVERIFY2(read, read ? "" : read.error().text().c_str());
        QCOMPARE(collected.cells["b"], (std::vector<std::string>{"sx", "sy"}));
        // Cut short, it is damaged, never a shorter table.
        for (qsizetype size = 6; size < bytes.size() - 1; ++size) {
            Collected some;
            const auto cut = readBytes(bytes.left(size).toStdString(), cellOptions(), some);
            QVERIFY2(!cut || size == whole, qPrintable(QString::number(size)));
        }
        Collected more;
        QVERIFY(!readBytes(bytes.toStdString() + "rubbish", cellOptions(), more));
    }
    void zipped()
    {
        const QByteArray local =
            QByteArray::fromHex("504b03040a00000000008a0a7e5dc2967e9d0c0000000c000000050000"
                                "00732e637376612c620a312c780a322c790a");
        const QByteArray end = QByteArray::fromHex("504b0102") + QByteArray(42, '\0');
        Collected collected;
        const auto read = readBytes((local + end).toStdString(), cellOptions(), collected);
        QVERIFY2(read, read ? "" : read.error().text().c_str());
        QCOMPARE(collected.cells["b"], (std::vector<std::string>{"sx", "sy"}));
        const auto error = [](const QByteArray &bytes) {
            Collected some;
            const auto result = readBytes(bytes.toStdString(), cellOptions(), some);
            return result ? QByteArray() : QByteArray::fromStdString(result.error().message);
        };
        QVERIFY2(error(local + local + end).contains("more than one member"),
                 error(local + local + end));
        QByteArray sheet = local;
        sheet.replace("s.csv", "xl/ab");
        QVERIFY(error(sheet + end).contains("Excel"));
        QByteArray damaged = local;
        damaged[local.size() - 2] = 'z';
        QVERIFY(error(damaged + end).contains("checksum"));
    }
    void cancelled()
    {
        std::stop_source stop;
        stop.request_stop();
        ReadOptions options = cellOptions();
        options.stop = stop.get_token();
        Collected collected;
        QCOMPARE(readBytes("a\n1\n", options, collected).error().code, ErrorCode::Cancelled);
    }
    void jsonNumbers()
    {
        Collected collected;
        const auto read = readBytes("{\"n\":NaN,\"i\":Infinity,\"u\":18446744073709551615,"
                                    "\"z\":-0,\"f\":1e400,\"b\":123456789012345678901}\n"
                                    "{\"n\":1,\"i\":-Infinity,\"u\":1,\"z\":1,\"f\":1.0,\"b\":7}\n",
                                    cellOptions(), collected);
        QVERIFY2(read, read ? "" : read.error().text().c_str());
        QCOMPARE(collected.cells["n"], (std::vector<std::string>{"-", "i1"}));
        QCOMPARE(collected.cells["i"], (std::vector<std::string>{"finf", "f-inf"}));
        QCOMPARE(collected.cells["u"], (std::vector<std::string>{"u18446744073709551615", "i1"}));
        QCOMPARE(collected.cells["f"], (std::vector<std::string>{"finf", "f1"}));
        QCOMPARE(collected.cells["b"], (std::vector<std::string>{"s123456789012345678901", "s7"}));
    }
    void nestedJson()
    {
        const std::string text =
            "{\"a\":{\"b\":1,\"c\":{\"d\":\"x\"}},\"l\":[1,[2]],\"e\":{},\"f\":[]}\n";
        Collected flat;
        QVERIFY(readBytes(text, cellOptions(), flat));
        QCOMPARE(flat.cells["a.b"][0], std::string("i1"));
        QCOMPARE(flat.cells["a.c.d"][0], std::string("sx"));
        QCOMPARE(flat.cells["l.0"][0], std::string("i1"));
        QCOMPARE(flat.cells["l.1.0"][0], std::string("i2"));
        QCOMPARE(flat.cells["e"][0], std::string("object"));
        QCOMPARE(flat.cells["f"][0], std::string("object"));
        ReadOptions options = cellOptions();
        options.nested = Nested::Text;
        Collected texts;
        QVERIFY(readBytes(text, options, texts));
        QCOMPARE(texts.cells["a"][0], std::string("s{\"b\":1,\"c\":{\"d\":\"x\"}}"));
        options.nested = Nested::Count;
        Collected counts;
        QVERIFY(readBytes(text, options, counts));
        QCOMPARE(counts.cells["a"][0], std::string("object"));
        QCOMPARE(counts.cells["l"][0], std::string("tensor"));
    }
    void jsonDocuments()
    {
        for (const char *text : {"[{\"a\":1,\"b\":\"x\"},\n{\"a\":2,\"b\":\"y\"}]",
                                 "{\"a\":[1,2],\n\"b\":[\"x\",\"y\"]}"}) {
            Collected collected;
            const auto read = readTable(write("d.json", text), cellOptions(), collected);
            QVERIFY2(read, read ? "" : read.error().text().c_str());
            QCOMPARE(collected.cells["a"], (std::vector<std::string>{"i1", "i2"}));
            QCOMPARE(collected.cells["b"], (std::vector<std::string>{"sx", "sy"}));
        }
        Collected one;
        QVERIFY(
            readTable(write("o.json", "{\n \"a\": 1,\n \"b\": {\"c\": 2}\n}"), cellOptions(), one));
        QCOMPARE(one.rows, std::size_t{1});
        QCOMPARE(one.cells["b.c"][0], std::string("i2"));
        Collected bad;
        const auto read = readTable(write("b.json", "[{\"a\":1},\n {\"a\":}]"), cellOptions(), bad);
        QVERIFY(!read);
        QVERIFY2(read.error().text().find("line 2, column 7: not JSON") != std::string::npos,
                 read.error().text().c_str());
        const auto scalars = readTable(write("s.json", "[1,2]"), cellOptions(), bad);
        QVERIFY(!scalars);
        QCOMPARE(scalars.error().text(),
                 std::string("this is not a table; correct it: a list of objects, or one object "
                             "per line"));
        const auto mixed = readTable(write("m.json", "[{\"a\":1},\n2]"), cellOptions(), bad);
        QVERIFY(!mixed);
        QVERIFY2(mixed.error().text().find("element 2: not an object") != std::string::npos,
                 mixed.error().text().c_str());
    }
    void duplicateKeysAndLateColumns()
    {
        Collected collected;
        const auto read = readBytes("{\"a\":1,\"a\":2}\n{\"b\":3}\n", cellOptions(), collected);
        QVERIFY(read);
        QCOMPARE(collected.cells["a"], (std::vector<std::string>{"i2", "-"}));
        QCOMPARE(collected.cells["b"], (std::vector<std::string>{"-", "i3"}));
    }
    void namesInAnyCase()
    {
        for (const char *name : {"A.CSV", "a.Csv", "b.TSV", "c.csv.GZ", "d.txt.ZST"})
            QCOMPARE(formatOfName(name), std::optional(Format::Delimited));
        for (const char *name : {"A.JSONL", "a.NdJson", "b.jsonl.gz"})
            QCOMPARE(formatOfName(name), std::optional(Format::JsonLines));
        QVERIFY(!formatOfName("x.parquet") && !formatOfName("csv"));
    }
};

QTEST_APPLESS_MAIN(TestReader)
#include "tst_reader.moc"
