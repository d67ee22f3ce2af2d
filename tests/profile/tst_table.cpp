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
    void performance()
    {
        TableOptions options;
        options.performance = PerformanceColumns{"prediction", "target", "score"};
        const auto path = golden("model_performance/input.jsonl");
        const auto classes = profileTable(path, TableFormat::Jsonl, options);
        QVERIFY(classes && classes->performance && classes->performance->classification);
        QCOMPARE(classes->performance->classification->accuracy(), 0.9);
        options.performance = PerformanceColumns{"yhat", "y", ""};
        const auto numbers = profileTable(path, TableFormat::Jsonl, options);
        QVERIFY(numbers->performance->regression);
        QVERIFY(std::abs(numbers->performance->regression->rmse() - 2.8461433098287547) < 1e-12);
        // A missing truth is no error, a missing column is.
        options.performance = PerformanceColumns{"p", "t", ""};
        const auto some =
            profileTable(write("p.csv", "p,t\na,a\nb,\nb,a\n"), TableFormat::Csv, options);
        QCOMPARE(some->performance->classification->total(), 2u);
        options.performance->truth = "u";
        const auto none = profileTable(write("p.csv", "p,t\na,a\n"), TableFormat::Csv, options);
        QCOMPARE(none.error().code, ErrorCode::InvalidArgument);
    }
    void typesStickAcrossChunks()
    {
        // 600,000 rows are several chunks of 2 MiB. A column that was fractions once stays so.
        std::string text = "n,late,t,gap\n";
        for (int i = 0; i < 600'000; ++i) {
            text += std::to_string(i % 7);
            text += i < 10 ? ".5," : ",";
            text += i < 500'000 ? "," : "x,";
            text += i == 0 ? "word" : "12";
            text += ",\n";
        }
        const auto path = write("sticky.csv", text);
        TableOptions single;
        single.threads = 1;
        const auto profile = one(path, single);
        const ColumnProfile &n = profile.columns.at("n");
        QCOMPARE(n.types.fractional, 600'000);
        QVERIFY(!n.frequentStrings);
        QCOMPARE(profile.columns.at("t").types.string, 600'000);
        const ColumnProfile &late = profile.columns.at("late");
        QCOMPARE(late.counts.null, 500'000);
        QCOMPARE(late.types.string, 100'000);
        QVERIFY(late.frequentStrings);
        const ColumnProfile &gap = profile.columns.at("gap");
        QCOMPARE(gap.counts.nan, 600'000);
        QVERIFY(gap.distribution && gap.distribution->kll.empty());
        // Threads do not change the answer.
        TableOptions four;
        four.threads = 4;
        const auto same = one(path, four);
        for (const auto &[name, column] : profile.columns) {
            const ColumnProfile &other = same.columns.at(name);
            QVERIFY(column.counts == other.counts && column.types == other.types);
            QVERIFY(column.distribution->mean == other.distribution->mean ||
                    column.distribution->kll.empty());
            QCOMPARE(column.cardinality->estimate(), other.cardinality->estimate());
        }
    }
    void quotesAcrossLines()
    {
        // Cells with line ends at the border of blocks; stray quotes are told with their column.
        std::string text = "a,b\n";
        int rows = 0;
        while (text.size() < 5'000'000) {
            text += "\"first\nsecond \"\"quoted\"\", with comma\"," + std::to_string(rows) + "\n";
            ++rows;
        }
        const auto profile = one(write("quotes.csv", text));
        QCOMPARE(profile.rows(), rows);
        QCOMPARE(profile.columns.at("a")
                     .frequentStrings->lookup("first\nsecond \"quoted\", with comma")
                     .estimate,
                 static_cast<std::uint64_t>(rows));
        QCOMPARE(profile.columns.at("b").ints->max, rows - 1);
        const auto stray = profileTable(
            write("stray.csv", "a,b\n1,2\n\"x\ny\"z,3\n5\" pipe,6\n7,8\n"), TableFormat::Csv, {});
        QVERIFY(stray);
        QCOMPARE(stray->problems,
                 (std::vector<std::string>{"line 3: column 1 (a): a stray quote"}));
        QCOMPARE(stray->rows, 3u);
        const auto json = profileTable(write("bad.jsonl", "{\"a\":1}\n{\"a\":tru}\n[1]\n"),
                                       TableFormat::Jsonl, {});
        QCOMPARE(json->problems.size(), std::size_t{2});
        QVERIFY(json->problems[0].starts_with("line 2: column "));
        QCOMPARE(json->problems[1], std::string("line 3: not a JSON object"));
    }
    void segmentsOfNothing()
    {
        TableOptions options;
        options.segmentBy = {"a"};
        const auto result = profileTable(write("none.csv", "a,b\n"), TableFormat::Csv, options);
        QVERIFY(result);
        QCOMPARE(result->profiles.size(), std::size_t{1});
        QCOMPARE(result->profiles[0].rows(), 0);
    }
    void tooManySegments()
    {
        std::string text = "id\n";
        for (int i = 0; i < 50; ++i)
            text += std::to_string(i) + "\n";
        TableOptions options;
        options.segmentBy = {"id"};
        options.maxSegments = 49;
        const auto result = profileTable(write("ids.csv", text), TableFormat::Csv, options);
        QCOMPARE(result.error().code, ErrorCode::InvalidArgument);
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
