// Files as people have them, which could be read as something else without a word: JSON in all of
// pandas' forms and under other names, tables drawn for people, pointers and pages in the place of
// tables, spreadsheets' titles, files put one behind the other, marks that mean two things.

#include "collector.h"
#include "test_support.h"

#include <tepal/base/file.h>
#include <tepal/table/frame.h>
#include <tepal/table/reader.h>

#include <QTemporaryDir>
#include <QTest>

using namespace tepal;
using namespace tepal::table;
using namespace tepal::test;

namespace {

using Cells = std::vector<std::string>;

struct Outcome
{
    Collected collected;
    Dialect dialect;
    std::string doubt;
    std::string error;
    std::vector<std::string> columns;
    std::uint64_t badRows = 0;
};

ReadOptions optionsInto(Outcome &outcome)
{
    ReadOptions options;
    options.cellByCell = true;
    options.found = [&outcome](const Dialect &dialect, std::size_t, const std::string &doubt) {
        outcome.dialect = dialect;
        outcome.doubt = doubt;
    };
    return options;
}

void keep(Outcome &outcome, const Result<ReadReport> &read)
{
    if (!read) {
        outcome.error = read.error().text();
        return;
    }
    outcome.columns = read->columns;
    outcome.badRows = read->badRows;
}

Outcome bytes(const std::string &text, const DialectOptions &known = {})
{
    Outcome outcome;
    ReadOptions options = optionsInto(outcome);
    options.dialect = known;
    keep(outcome, readBytes(text, options, outcome.collected));
    return outcome;
}

} // namespace

class TestOrdinary : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    Outcome file(const char *name, const std::string &text)
    {
        const std::filesystem::path path = m_dir.filePath(QString::fromLatin1(name)).toStdString();
        if (!writeFileAtomic(path, text))
            qFatal("cannot write");
        Outcome outcome;
        keep(outcome, readTable(path, optionsInto(outcome), outcome.collected));
        return outcome;
    }

private Q_SLOTS:
    void jsonTables_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("columns") << QByteArray(R"({"a":[1,2],"b":["x","y"]})");
        QTest::newRow("columns, line break") << QByteArray("{\"a\":[1,2],\"b\":[\"x\",\"y\"]}\n\n");
        QTest::newRow("to_json") << QByteArray(R"({"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}})");
        QTest::newRow("index") << QByteArray(R"({"0":{"a":1,"b":"x"},"1":{"a":2,"b":"y"}})");
        QTest::newRow("index, pretty")
            << QByteArray("{\"0\":{\"a\":1,\"b\":\"x\"},\n\"1\":{\"a\":2,\"b\":\"y\"}}");
        QTest::newRow("split") << QByteArray(
            R"({"columns":["a","b"],"index":[0,1],"data":[[1,"x"],[2,"y"]]})");
        QTest::newRow("split, pretty")
            << QByteArray("{\n\"columns\": [\"a\", \"b\"],\n\"data\": [[1, \"x\"], [2, \"y\"]]\n}");
        QTest::newRow("table") << QByteArray(
            R"({"schema":{"fields":[{"name":"a"}]},"data":[{"a":1,"b":"x"},{"a":2,"b":"y"}]})");
        QTest::newRow("records") << QByteArray(R"([{"a":1,"b":"x"},{"a":2,"b":"y"}])");
        QTest::newRow("pretty") << QByteArray(
            "[\n  {\n    \"a\": 1,\n    \"b\": \"x\"\n  },\n  {\"a\": 2, \"b\": \"y\"}\n]\n");
        QTest::newRow("lines") << QByteArray("{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n");
        QTest::newRow("lines with a mark")
            << QByteArray("\xEF\xBB\xBF{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n");
    }
    /// The same rows, under whatever name.
    void jsonTables()
    {
        QFETCH(QByteArray, text);
        for (const char *name : {"t.json", "t.csv", "t.txt", "t.dat"}) {
            const Outcome outcome = file(name, text.toStdString());
            QVERIFY2(outcome.error.empty(), outcome.error.c_str());
            QCOMPARE(outcome.columns, (Cells{"a", "b"}));
            QCOMPARE(outcome.collected.cells.at("a"), (Cells{"i1", "i2"}));
            QCOMPARE(outcome.collected.cells.at("b"), (Cells{"sx", "sy"}));
        }
    }
    /// What is said to be CSV, as the body of a request is, is not taken for cells if it is none.
    void jsonThatIsSaidToBeDelimited()
    {
        DialectOptions known;
        known.format = Format::Delimited;
        for (const char *text : {"[{\"a\":1}]\n", "{\"a\":1}\n{\"a\":2}\n", "[[1,2]]"})
            QVERIFY2(bytes(text, known).error.find("this is JSON") != std::string::npos, text);
        known.delimiter = '\0';
        known.header = false;
        QCOMPARE(bytes("{\"a\":1}\n{\"a\":2}\n", known).collected.rows, std::size_t{2});
    }
    /// A pipe whose rows are taken as they come waits for what follows where that decides.
    void jsonTablesFromALivePipe()
    {
        for (const char *end : {"", "\n"}) {
            Outcome outcome;
            ReadOptions options = optionsInto(outcome);
            options.live = true;
            const std::string text = std::string(R"({"a":[1,2],"b":["x","y"]})") + end;
            keep(outcome, readBytes(text, options, outcome.collected));
            QVERIFY2(outcome.error.empty(), outcome.error.c_str());
            QCOMPARE(outcome.collected.cells.at("a"), (Cells{"i1", "i2"}));
        }
        Outcome rows;
        ReadOptions options = optionsInto(rows);
        options.live = true;
        keep(rows, readBytes("{\"a\":[1,2]}\n{\"a\":[3,4]}\n", options, rows.collected));
        QCOMPARE(rows.collected.cells.at("a.1"), (Cells{"i2", "i4"}));
    }
    void jsonTablesLongerThanTheBeginning()
    {
        std::string text = "{\"a\":{";
        constexpr int rows = 20'000;
        for (int i = 0; i < rows; ++i)
            text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":" + std::to_string(i);
        text += "}}";
        for (const char *name : {"t.json", "t.dat"}) {
            const Outcome outcome = file(name, text);
            QVERIFY2(outcome.error.empty(), outcome.error.c_str());
            QCOMPARE(outcome.collected.rows, std::size_t{rows});
        }
    }
    /// One row whose values are nested is no table, nor is a name in brackets JSON.
    void notJsonTables()
    {
        QCOMPARE(bytes(R"({"user":{"id":1},"tags":["a"]})").columns, (Cells{"user.id", "tags.0"}));
        QCOMPARE(bytes(R"({"before":{"x":1},"after":{"x":2}})").columns,
                 (Cells{"before.x", "after.x"}));
        QCOMPARE(bytes("{\"a\":[1,2]}\n{\"a\":[3,4]}\n").columns, (Cells{"a.0", "a.1"}));
        QCOMPARE(bytes("[id],[amount]\n1,2\n").columns, (Cells{"[id]", "[amount]"}));
        const Outcome uneven = file("u.json", R"({"columns":["a","b"],"data":[[1,2],[3]]})");
        QVERIFY2(uneven.error.find("row 2 has 1 values") != std::string::npos,
                 uneven.error.c_str());
    }
    /// Of two equal keys the last counts, also when what they hold has different columns.
    void equalKeysOfNestedValues()
    {
        const auto columnsOf = [&](const std::string &row) { return bytes(row + "\n").columns; };
        QCOMPARE(columnsOf(R"({"a":{"b":1},"a":2})"), (Cells{"a"}));
        QCOMPARE(columnsOf(R"({"a":2,"a":{"b":1}})"), (Cells{"a.b"}));
        QCOMPARE(columnsOf(R"({"a":{"b":1},"a":{"c":1}})"), (Cells{"a.c"}));
        QCOMPARE(columnsOf(R"({"x":{"a":{"b":1},"a":2}})"), (Cells{"x.a"}));
        QCOMPARE(columnsOf(R"([{"a":{"b":1},"a":2,"z":1},)"
                           R"({"a":2,"z":2}])"),
                 (Cells{"a", "z"}));
        std::string wide = "{\"o\":{";
        for (int i = 0; i < 40; ++i)
            wide += "\"k" + std::to_string(i) + "\":{\"n\":1},";
        QCOMPARE(columnsOf(wide + "\"k0\":5}}").size(), std::size_t{40});
        const Outcome lines = bytes("{\"a\":1,\"b\":{\"c\":2}}\n{\"b\":{\"c\":3},\"a\":4,\"b\":5}\n"
                                    "{\"a\":6,\"b\":{\"c\":7}}\n");
        QCOMPARE(lines.collected.cells.at("a"), (Cells{"i1", "i4", "i6"}));
        QCOMPARE(lines.collected.cells.at("b"), (Cells{"-", "i5", "-"}));
        QCOMPARE(lines.collected.cells.at("b.c"), (Cells{"i2", "-", "i7"}));
    }

    void textsThatAreNoTables_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("what");
        const auto row = [](const char *name, const QByteArray &text, const char *what) {
            QTest::newRow(name) << text << QByteArray(what);
        };
        row("markdown", "| a | b |\n|---|---|\n| 1 | 2 |\n", "drawn");
        row("markdown, aligned", "a | b\n:--|--:\n1 | 2\n", "drawn");
        row("psql", " a | b \n---+---\n 1 | 2\n(1 row)\n", "drawn");
        row("mysql", "+---+---+\n| a | b |\n+---+---+\n| 1 | 2 |\n+---+---+\n", "drawn");
        row("sqlcmd", "id    name\r\n----- -----\r\n    1 x\r\n", "drawn");
        row("duckdb", "┌───┬───┐\n│ a │ b │\n├───┼───┤\n│ 1 │ 2 │\n└───┴───┘\n", "drawn");
        row("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
            "git lfs pull");
        row("annex", "/annex/objects/SHA256E-s12--4d7a.csv\n", "git-annex");
        row("dvc", "outs:\n- md5: 4d7a\n  path: a.csv\n", "dvc pull");
        row("page behind a mark", "\xEF\xBB\xBF\n<!DOCTYPE html>\n<html><body>a, b\n", "HTML");
        row("page in UTF-16",
            QByteArray("\xFF\xFE", 2) + QByteArray::fromHex("3c00680074006d006c003e00"), "HTML");
        row("sheet", "<table border=\"1\"><tr><td>a</td></tr></table>\n", "HTML");
        row("arff", "@relation x\n@attribute a numeric\n@data\n1\n", "ARFF");
    }
    void textsThatAreNoTables()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, what);
        const Outcome outcome = file("t.csv", text.toStdString());
        QVERIFY2(QByteArray::fromStdString(outcome.error).contains(what), outcome.error.c_str());
    }
    /// What only looks like that.
    void textsThatAreTables()
    {
        QCOMPARE(bytes("a|b|c\n|||\n1|2|3\n").collected.rows, std::size_t{2});
        QCOMPARE(bytes("a|b\n-|-\n1|2\n").collected.rows, std::size_t{2});
        QCOMPARE(bytes("a,b\n---,---\n1,2\n").collected.rows, std::size_t{2});
        QCOMPARE(bytes("Report\n======\na,b\n1,2\n").columns, (Cells{"a", "b"}));
        QCOMPARE(bytes("<lod,b\n1,2\n").columns, (Cells{"<lod", "b"}));
    }

    /// Spreadsheets fill every line up to the width of the table.
    void titleOfASpreadsheet()
    {
        const Outcome outcome = bytes("Sales 2026;;\n;;\nday;shop;amount\n1.2.;x;10\n2.2.;y;20\n");
        QCOMPARE(outcome.columns, (Cells{"day", "shop", "amount"}));
        QCOMPARE(outcome.dialect.skippedLines, 2u);
        QCOMPARE(outcome.collected.cells.at("amount"), (Cells{"i10", "i20"}));
        QCOMPARE(bytes("Sales,,\n,,\nday,shop,note\nMo,x,u\nTu,y,v\n").columns,
                 (Cells{"day", "shop", "note"}));
        // A header that lacks names stays one.
        QCOMPARE(bytes("a,,\n1,2,3\n4,5,6\n").columns, (Cells{"a", "Unnamed: 1", "Unnamed: 2"}));
        QCOMPARE(bytes("a,\nx,1\ny,2\n").columns, (Cells{"a", "Unnamed: 1"}));
    }

    void headerOnceMore()
    {
        const std::string part = "id,amount\n1,2.5\n2,3.5\n";
        for (const std::string &text : {part + part, part + "\xEF\xBB\xBF" + part}) {
            const Outcome outcome = bytes(text);
            QVERIFY2(outcome.error.find("line 4: the header once more") != std::string::npos,
                     outcome.error.c_str());
            Outcome skipped;
            ReadOptions options = optionsInto(skipped);
            options.skipBadRows = true;
            keep(skipped, readBytes(text, options, skipped.collected));
            QCOMPARE(skipped.badRows, 1u);
            QCOMPARE(skipped.collected.cells.at("amount"), (Cells{"f2.5", "f3.5", "f2.5", "f3.5"}));
        }
        // In a list of words it may be one of them, and without a header nothing is repeated.
        QCOMPARE(bytes("word\nword\nother\n").collected.rows, std::size_t{2});
        DialectOptions known;
        known.header = false;
        QCOMPARE(bytes("a,b\na,b\n", known).collected.rows, std::size_t{2});
    }

    void doubts_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("words");
        const auto row = [](const char *name, const QByteArray &text, const char *words) {
            QTest::newRow(name) << text << QByteArray(words);
        };
        row("comma", "a;b\n1,234;x\n2,345;y\n", "1,234 are read as text");
        row("both", "a;b\n1,5;3.5\n2,5;3.6\n", "1,5 are read as text");
        row("point beside a decimal comma", "a;b\n1,5;1.234\n2,5;12.345\n", "--thousands .");
        row("points", "a;b\nx;1.234.567\ny;12.345\n", "1.234.567 are read as text");
        row("point", "a;b\nx;1.234\ny;12.345\nz;999\n", "read as fractions");
        row("colon", "a:b:c\n1:2:3\n4:5:6\n", "--delimiter \":\"");
        row("blanks", "a    b    c\n1    2    3\n14   5    6\n", "fixed width");
        row("one blank", "a b c\n1 2 3\n4 5 6\n", "--delimiter space");
        row("quoted lines", "\"a,b\"\n\"x,2\"\n\"y,4\"\n", "--quote none");
        row("none", "a;b\n1,5;x\n2,5;y\n", "");
        row("fractions", "a,b\n1.234,x\n5.678,y\n", "");
        row("sentences", "note\nall is well\nso far\n", "");
    }
    void doubts()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, words);
        const Outcome outcome = bytes(text.toStdString());
        QVERIFY2(outcome.error.empty(), outcome.error.c_str());
        QVERIFY2(QByteArray::fromStdString(outcome.doubt).contains(words), outcome.doubt.c_str());
        QCOMPARE(outcome.doubt.empty(), words.isEmpty());
    }
    /// A mark that is said to part thousands is not the decimal mark as well.
    void thousandsThatAreSaid()
    {
        DialectOptions known;
        known.thousands = '.';
        const Outcome outcome = bytes("a;b\nx;1.234\ny;1.234,5\n", known);
        QCOMPARE(outcome.dialect.decimal, ',');
        QCOMPARE(outcome.collected.cells.at("b"), (Cells{"f1234", "f1234.5"}));
        known.thousands = ',';
        QCOMPARE(bytes("a;b\nx;1,234\ny;1,5\n", known).dialect.decimal, '.');
    }

    /// The order of the bytes is what the mark says; a mark of another encoding is a mistake.
    void marksAndWhatIsSaid()
    {
        const std::string wide("\xFE\xFF\0a\0,\0b\0\n\0"
                               "1\0,\0"
                               "2\0\n",
                               18);
        DialectOptions known;
        known.encoding = Encoding::Utf16Le;
        QCOMPARE(bytes(wide, known).columns, (Cells{"a", "b"}));
        known.encoding = Encoding::Windows1252;
        for (const std::string &text : {wide, std::string("\xEF\xBB\xBF") + "a,b\n1,2\n"}) {
            const Outcome outcome = bytes(text, known);
            QVERIFY2(outcome.error.find("byte order mark") != std::string::npos,
                     outcome.error.c_str());
        }
    }

    void fileThatGrows()
    {
        const std::filesystem::path path =
            m_dir.filePath(QStringLiteral("grows.csv")).toStdString();
        std::string text = "a,b\n";
        for (int i = 0; i < 20'000; ++i)
            text += std::to_string(i) + ",x\n";
        QVERIFY(writeFileAtomic(path, text));
        struct Grower final : Consumer
        {
            std::filesystem::path path;
            bool widen(const std::string &, ColumnType, ColumnType) override { return true; }
            void restart() override {}
            Status take(Block &) override
            {
                if (std::FILE *const file = std::fopen(path.string().c_str(), "ab")) {
                    std::fputs("7,", file);
                    std::fclose(file);
                }
                return {};
            }
        } grower;
        grower.path = path;
        ReadOptions options;
        options.cellByCell = true;
        options.threads = 1;
        options.blockBytes = 4096;
        const auto read = readTable(path, options, grower);
        QVERIFY(!read);
        QVERIFY2(read.error().text().find("changed while it was read") != std::string::npos,
                 read.error().text().c_str());
    }

    /// Names and rows apart are a table in the body of a request too.
    void splitInARequest()
    {
        JsonDocument json;
        const auto frame =
            parseJsonFrame(R"({"columns":["a",1],"index":[5],"data":[[1,"x"]]})", json);
        QVERIFY2(frame, frame ? "" : frame.error().text().c_str());
        QCOMPARE(frame->columns, (Cells{"a", "1"}));
        QCOMPARE(frame->rows, std::size_t{1});
        QCOMPARE(cellText(frame->at(0, 1)), std::string("sx"));
    }
};

QTEST_APPLESS_MAIN(TestOrdinary)
#include "tst_ordinary.moc"
