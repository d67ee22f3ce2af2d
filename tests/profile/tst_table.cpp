// CSV and JSONL files into profiles.

#include "test_support.h"

#include <tepal/base/file.h>
#include <tepal/profile/table.h>

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace tepal;
using namespace tepal::test;

class TestTable : public QObject
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
    static DatasetProfile one(const std::filesystem::path &path, TableOptions options = {})
    {
        auto result = profileTable(path, tableFormatOf(path).value(), options);
        if (!result)
            qFatal("%s", result.error().text().c_str());
        return result->profiles.at(0);
    }

private Q_SLOTS:
    void csvTypes()
    {
        const auto path = write("a.csv", "\xEF\xBB\xBFi,f,gap,b,s,mixed\r\n"
                                         "1,1.5,1,True,\"a, \"\"b\"\"\",1\r\n"
                                         "2,2.5,,False,\"two\nlines\",x\r\n");
        const auto profile = one(path);
        QCOMPARE(profile.rows(), 2);
        const auto column = [&](const char *name) { return profile.columns.find(name)->second; };
        QCOMPARE(column("i").types.integral, 2);
        QCOMPARE(column("f").types.fractional, 2);
        QCOMPARE(column("gap").types.fractional, 1); // missing cells make integers fractions
        QCOMPARE(column("gap").counts.null, 1);
        QCOMPARE(column("b").types.boolean, 2);
        QCOMPARE(column("b").counts.trueCount, 1);
        QCOMPARE(column("s").frequentStrings->lookup("a, \"b\"").estimate, 1u);
        QCOMPARE(column("s").frequentStrings->lookup("two\nlines").estimate, 1u);
        QCOMPARE(column("mixed").types.string, 2);
    }
    void csvEqualsWhylogs()
    {
        const auto profile = one(golden("iris_train/input.csv"));
        const auto &width = profile.columns.find("petal width (cm)")->second;
        QCOMPARE(width.counts.n, 150);
        QVERIFY(std::abs(width.distribution->mean - 1.1993333333333336) < 1e-12);
        QVERIFY(std::abs(width.distribution->stddev() - 0.7622376689603465) < 1e-12);
    }
    void badRowsAreSkippedOrFatal()
    {
        const auto path = write("bad.csv", "a,b\n1,2\n1\n3,4,5\n5,6\n");
        auto result = profileTable(path, TableFormat::Csv, {});
        QVERIFY(result);
        QCOMPARE(result->rows, 2u);
        QCOMPARE(result->skipped, 2u);
        QCOMPARE(result->problems[0],
                 std::string("line 3: 1 cells where the header has 2: column 2 (b) is missing"));
        TableOptions strict;
        strict.strict = true;
        const auto fatal = profileTable(path, TableFormat::Csv, strict);
        QVERIFY(!fatal);
        QVERIFY(fatal.error().message.find("line 3") != std::string::npos);
    }
    void unusableFiles()
    {
        QVERIFY(!profileTable(write("e.csv", ""), TableFormat::Csv, {}));
        QVERIFY(!profileTable(write("t.csv", "a,a\n1,2\n"), TableFormat::Csv, {}));
        QVERIFY(!profileTable(write("q.csv", "a,b\n\"1,2\n3,4\n"), TableFormat::Csv, {}));
        QVERIFY(!profileTable(write("j.jsonl", "not json\n"), TableFormat::Jsonl, {}));
        QVERIFY(!profileTable("/nowhere/x.csv", TableFormat::Csv, {}));
        QVERIFY(!tableFormatOf("x.parquet"));
        QCOMPARE(tableFormatOf("x.csv.gz").value(), TableFormat::Csv);
    }
    void headerOnly()
    {
        const auto result = profileTable(write("h.csv", "a,b\n"), TableFormat::Csv, {});
        QVERIFY(result);
        QCOMPARE(result->rows, 0u);
        QCOMPARE(result->profiles.size(), std::size_t{1});
    }
    void jsonl()
    {
        const auto path = write("a.jsonl", "{\"x\":1,\"s\":\"a\",\"t\":[1,2]}\n\n"
                                           "{\"x\":2.5,\"s\":null,\"o\":{}}\n");
        const auto table = one(path);
        QCOMPARE(table.columns.find("x")->second.types.fractional, 2);
        QCOMPARE(table.columns.find("s")->second.counts.null, 1);
        QCOMPARE(table.columns.find("t")->second.types.tensor, 1);
        QCOMPARE(table.columns.find("o")->second.types.object, 1);
        TableOptions records;
        records.semantics = Semantics::Row;
        const auto rows = one(path, records);
        QCOMPARE(rows.columns.find("x")->second.types.integral, 1);
        QCOMPARE(rows.columns.find("t")->second.counts.n, 1); // absent keys count nothing
    }
    void gzip()
    {
        const auto profile = one(golden("mixed_rows/input.jsonl.gz"));
        QCOMPARE(profile.rows(), 120);
    }
    void segments()
    {
        TableOptions options;
        options.segmentBy = {"region"};
        const auto path = golden("segmented_region/input.jsonl");
        const auto result = profileTable(path, TableFormat::Jsonl, options);
        QVERIFY(result);
        QCOMPARE(result->profiles.size(), std::size_t{3});
        std::int64_t rows = 0;
        for (const DatasetProfile &profile : result->profiles) {
            QCOMPARE(profile.segment.at(0).first, std::string("region"));
            rows += profile.rows();
        }
        QVERIFY(rows > 0 && rows <= static_cast<std::int64_t>(result->rows));
    }
    void stops()
    {
        std::string text = "a\n";
        for (int i = 0; i < 200'000; ++i)
            text += "1\n";
        const auto path = write("long.csv", text);
        std::stop_source stop;
        TableOptions options;
        options.stop = stop.get_token();
        options.progress = [&](std::uint64_t, std::uint64_t) { stop.request_stop(); };
        const auto result = profileTable(path, TableFormat::Csv, options);
        QCOMPARE(result.error().code, ErrorCode::Cancelled);
    }
};

QTEST_APPLESS_MAIN(TestTable)
#include "tst_table.moc"
