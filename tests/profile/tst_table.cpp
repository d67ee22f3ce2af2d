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
        auto result = profileTable(path, options);
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
    void badRows()
    {
        const auto path = write("bad.csv", "a,b\n1,2\n1\n3,4,5\n5,6\n");
        const auto fatal = profileTable(path, {});
        QVERIFY(!fatal);
        QVERIFY(fatal.error().message.find("line 4") != std::string::npos);
        QVERIFY(fatal.error().message.find("bad.csv") != std::string::npos);
        TableOptions skip;
        skip.read.skipBadRows = true;
        const auto result = profileTable(path, skip);
        QVERIFY(result);
        QCOMPARE(result->read.rows, 3u);
        QCOMPARE(result->read.badRows, 1u);
        QCOMPARE(result->read.shortRows, 1u);
        QCOMPARE(result->profiles[0].columns.at("b").counts.null, 1);
    }
    void unusableFiles()
    {
        for (const auto &[name, text] :
             {std::pair("e.csv", ""), {"q.csv", "a,b\n\"1,2\n3,4\n"}, {"j.jsonl", "not json\n"}})
            QVERIFY2(!profileTable(write(name, text), {}), name);
        QVERIFY(!profileTable("/nowhere/x.csv", {}));
        // Names that stand twice are told apart as pandas does.
        const auto twice = one(write("t.csv", "a,a\n1,x\n"));
        QCOMPARE(twice.columns.at("a").types.integral, 1);
        QCOMPARE(twice.columns.at("a.1").types.string, 1);
    }
    void headerOnly()
    {
        const auto result = profileTable(write("h.csv", "a,b\n"), {});
        QVERIFY(result);
        QCOMPARE(result->read.rows, 0u);
        QCOMPARE(result->profiles.size(), std::size_t{1});
        QCOMPARE(result->profiles[0].columns.size(), std::size_t{2});
    }
    void jsonl()
    {
        const auto path = write("a.jsonl", "{\"x\":1,\"s\":\"a\",\"t\":[1,2]}\n\n"
                                           "{\"x\":2.5,\"s\":null,\"o\":{}}\n");
        QCOMPARE(one(path).columns.at("t.1").types.fractional, 1); // nested lists are columns
        TableOptions counted;
        counted.read.nested = table::Nested::Count;
        const auto table = one(path, counted);
        QCOMPARE(table.columns.find("x")->second.types.fractional, 2);
        QCOMPARE(table.columns.find("s")->second.counts.null, 1);
        QCOMPARE(table.columns.find("t")->second.types.tensor, 1);
        QCOMPARE(table.columns.find("o")->second.types.object, 1);
        TableOptions records = counted;
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
        const auto result = profileTable(path, options);
        QVERIFY(result);
        QCOMPARE(result->profiles.size(), std::size_t{3});
        std::int64_t rows = 0;
        for (const DatasetProfile &profile : result->profiles) {
            QCOMPARE(profile.segment.at(0).first, std::string("region"));
            rows += profile.rows();
        }
        QVERIFY(rows > 0 && rows <= static_cast<std::int64_t>(result->read.rows));
    }
    void performance()
    {
        TableOptions options;
        options.performance = PerformanceColumns{"prediction", "target", "score"};
        const auto path = golden("model_performance/input.jsonl");
        const auto classes = profileTable(path, options);
        QVERIFY(classes && classes->performance && classes->performance->classification);
        QCOMPARE(classes->performance->classification->accuracy(), 0.9);
        options.performance = PerformanceColumns{"yhat", "y", ""};
        const auto numbers = profileTable(path, options);
        QVERIFY(numbers->performance->regression);
        QVERIFY(std::abs(numbers->performance->regression->rmse() - 2.8461433098287547) < 1e-12);
        // A missing truth is no error, a missing column is.
        options.performance = PerformanceColumns{"p", "t", ""};
        const auto some = profileTable(write("p.csv", "p,t\na,a\nb,\nb,a\n"), options);
        QCOMPARE(some->performance->classification->total(), 2u);
        options.performance->truth = "u";
        const auto none = profileTable(write("p.csv", "p,t\na,a\n"), options);
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
        single.read.threads = 1;
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
        four.read.threads = 4;
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
        TableOptions skip;
        skip.read.skipBadRows = true;
        std::vector<std::string> problems;
        skip.read.rejected = [&](const table::BadRow &row) -> Status {
            problems.push_back(std::to_string(row.line) + ": " + row.reason);
            return {};
        };
        const auto stray =
            profileTable(write("stray.csv", "a,b\n1,2\n\"x\ny\"z,3\n5\" pipe,6\n7,8\n"), skip);
        QVERIFY(stray);
        QCOMPARE(problems, (std::vector<std::string>{"3: (a) text stands behind a closing quote"}));
        QCOMPARE(stray->read.rows, 3u);
    }
    void lateTypes_data()
    {
        QTest::addColumn<QByteArray>("last");
        QTest::addColumn<int>("distinct");
        QTest::newRow("missing") << QByteArray("") << 50;
        QTest::newRow("fraction") << QByteArray("0.5") << 51;
        QTest::newRow("word") << QByteArray("n/k") << 51;
        QTest::newRow("id") << QByteArray("123456789012345678901") << 51;
        QTest::newRow("hash") << QByteArray("18446744073709551615") << 51;
        QTest::newRow("boolean") << QByteArray("True") << 51;
    }
    /// A column that turns out wider in its last row is profiled as if it had been from the start,
    /// whether the file can be read again or not.
    void lateTypes()
    {
        QFETCH(QByteArray, last);
        QFETCH(int, distinct);
        std::string wide = "a,pad\n" + last.toStdString() + ",x\n";
        std::string late = "a,pad\n";
        for (int i = 0; i < 1000; ++i) {
            const std::string row = std::to_string(i % 50) + ",y\n";
            wide += row;
            late += row;
        }
        late += last.toStdString() + ",x\n";
        TableOptions options;
        options.read.blockBytes = 512;
        const auto expected = one(write("wide.csv", wide), options).columns.at("a");
        const auto column = one(write("late.csv", late), options).columns.at("a");
        QVERIFY(column.counts == expected.counts);
        QVERIFY(column.types == expected.types);
        QCOMPARE(column.frequentStrings.has_value(), expected.frequentStrings.has_value());
        QCOMPARE(column.ints.has_value(), expected.ints.has_value());
        QCOMPARE(column.distribution->kll.n(), expected.distribution->kll.n());
        QVERIFY(std::abs(column.distribution->mean - expected.distribution->mean) <
                1e-9 * std::max(1.0, std::abs(expected.distribution->mean)));
        QCOMPARE(std::round(column.cardinality->estimate()), double(distinct));
        QCOMPARE(column.cardinality->estimate(), expected.cardinality->estimate());
        if (column.frequentStrings)
            QCOMPARE(column.frequentStrings->lookup("7").estimate,
                     expected.frequentStrings->lookup("7").estimate);
    }
    /// Integers with thousands marks that turn out to be texts are the texts that stand there.
    void lateTextWithThousands()
    {
        std::string text = "a;b\n";
        for (int i = 0; i < 400; ++i)
            text += "1,234,567;x\n";
        TableOptions options;
        options.read.blockBytes = 512;
        options.read.dialect.thousands = ',';
        const auto column = one(write("marks.csv", text + "word;x\n"), options).columns.at("a");
        QCOMPARE(column.frequentStrings->lookup("1,234,567").estimate, 400u);
    }
    void integersAreNotCountedTwice()
    {
        std::string text = "key\n";
        for (int i = 1; i <= 300; ++i)
            text += i == 201 ? "\"\"\n" : std::to_string(i) + "\n";
        const auto column = one(write("keys.csv", text)).columns.at("key");
        QCOMPARE(column.counts.n, 300);
        QCOMPARE(column.counts.null, 1);
        QCOMPARE(column.distribution->kll.n(), 299u);
        QCOMPARE(column.types.fractional, 299);
    }
    /// Segments have the types and gaps of the whole column; rows without a value are a segment.
    void segmentsOfOneColumn()
    {
        TableOptions options;
        options.segmentBy = {"s"};
        const auto result = profileTable(write("seg.csv", "s,v\nx,1\ny,2\n,3\nx,\n"), options);
        QVERIFY(result);
        QCOMPARE(result->profiles.size(), std::size_t{3});
        for (const DatasetProfile &profile : result->profiles) {
            QCOMPARE(profile.columns.at("v").types.integral, 0);
            QVERIFY(!profile.columns.at("v").ints);
        }
        QCOMPARE(result->profiles[0].segment[0].second, std::string("nan"));
        QCOMPARE(result->profiles[0].rows(), 1);
    }
    void segmentsOfNothing()
    {
        TableOptions options;
        options.segmentBy = {"a"};
        const auto result = profileTable(write("none.csv", "a,b\n"), options);
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
        const auto result = profileTable(write("ids.csv", text), options);
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
        options.read.stop = stop.get_token();
        options.read.progress = [&](std::uint64_t, std::uint64_t) { stop.request_stop(); };
        const auto result = profileTable(path, options);
        QCOMPARE(result.error().code, ErrorCode::Cancelled);
    }
};

QTEST_APPLESS_MAIN(TestTable)
#include "tst_table.moc"
