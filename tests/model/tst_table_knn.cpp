// Learning from tables: answers against scikit-learn's, and tables that cannot be learned from.

#include "test_support.h"

#include <tepal/model/training.h>

#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <set>

using namespace tepal;
using namespace tepal::test;

class TestTableKnn : public QObject
{
    Q_OBJECT
private slots:
    void equalsScikitLearn_data();
    void equalsScikitLearn();
    void decides_data();
    void decides();
    void refuses_data();
    void refuses();
    void leavesOutWhatItIsTold();
    void samplesAreOrdinary();
    void rowsByTheirTypes();
    void widensAcrossBlocks();
    void refusesDamagedBytes();

private:
    Result<TrainingRead> read(const std::string &csv, TrainingOptions options) const
    {
        const auto path = std::filesystem::path(m_folder.path().toStdString()) / "t.csv";
        std::ofstream(path) << csv;
        if (options.label.empty())
            options.label = "y";
        table::ReadOptions how;
        how.dialect.format = table::Format::Delimited;
        return readTraining(path, how, options);
    }
    QTemporaryDir m_folder;
};

void TestTableKnn::equalsScikitLearn_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"grid", "rent", "goods"})
        QTest::newRow(name) << QString::fromLatin1(name);
}

void TestTableKnn::equalsScikitLearn()
{
    QFETCH(QString, name);
    const std::string stem = "knn/" + name.toStdString();
    const auto expected = nlohmann::json::parse(readAll(golden(stem + ".json")));
    TrainingOptions options;
    options.label = expected["label"];
    options.oneHot = expected["one_hot"];
    auto training = readTraining(golden(stem + ".csv"), {}, options);
    QVERIFY2(training, training ? "" : training.error().text().c_str());
    QCOMPARE(std::string(taskName(training->table.task)), expected["task"].get<std::string>());
    const auto trained = TableKnn::train("m", std::move(training->table), expected["k"],
                                         expected["standardize"].get<bool>());
    QVERIFY2(trained, trained ? "" : trained.error().text().c_str());
    const auto stored = loadModel("knn", (*trained)->serialize());
    QVERIFY2(stored, stored ? "" : stored.error().text().c_str());
    QVERIFY((*stored)->signature() == (*trained)->signature());

    const auto &features = (*trained)->signature().features;
    int ties = 0;
    for (const auto &point : expected["points"]) {
        std::vector<Value> row;
        std::vector<std::string> texts(features.size());
        std::vector<double> numbers(features.size());
        for (std::size_t i = 0; i < features.size(); ++i) {
            const auto &cell = point["row"][i];
            if (cell.is_string())
                texts[i] = cell.get<std::string>();
            row.push_back(cell.is_string() ? Value::string(texts[i])
                                           : Value::fractional(cell.get<double>()));
        }
        Prediction a;
        Prediction b;
        QVERIFY((*trained)->predictValues(row, a));
        QVERIFY((*stored)->predictValues(row, b));
        QCOMPARE(a.value, b.value);
        QCOMPARE(a.probabilities, b.probabilities);
        std::size_t unknown = 0;
        QVERIFY(encodeRow((*trained)->signature(), row, numbers, unknown));
        const auto neighbours = (*trained)->neighbours(numbers);
        QVERIFY(neighbours);
        std::multiset<std::uint32_t> found;
        for (std::size_t i = 0; i < neighbours->size(); ++i) {
            found.insert((*neighbours)[i].row);
            QCOMPARE((*neighbours)[i].distance, point["distances"][i].get<double>());
            ties += i > 0 && (*neighbours)[i].distance == (*neighbours)[i - 1].distance ? 1 : 0;
        }
        const auto rows = point["neighbours"].get<std::vector<std::uint32_t>>();
        QVERIFY2(found == std::multiset<std::uint32_t>(rows.begin(), rows.end()),
                 point.dump().c_str());
        if (point.contains("value")) {
            QVERIFY(std::fabs(a.value - point["value"].get<double>()) <=
                    1e-15 * std::fabs(a.value));
            continue;
        }
        QCOMPARE(std::string(a.label), point["class"].get<std::string>());
        QCOMPARE(a.probabilities, point["probabilities"].get<std::vector<double>>());
    }
    QVERIFY(ties > 20);
    const auto left = (*trained)->leaveOneOut();
    QVERIFY(left);
    QCOMPARE(left->rows, static_cast<std::size_t>((*trained)->trainingRows()));
    // Without a row the tree is another one, so that ties may fall otherwise.
    if (expected.contains("accuracy")) {
        QVERIFY(std::fabs(left->accuracy - expected["accuracy"].get<double>()) < 0.03);
    } else {
        QVERIFY(std::fabs(left->rmse / expected["rmse"].get<double>() - 1) < 0.02);
        QVERIFY(std::fabs(left->r2 - expected["r2"].get<double>()) < 0.01);
    }
    const auto some = (*trained)->leaveOneOut(50);
    QVERIFY(some && some->rows <= 50 && some->rows > 25);
}

void TestTableKnn::decides_data()
{
    QTest::addColumn<QString>("labels");
    QTest::addColumn<QString>("task");
    QTest::addColumn<QStringList>("classes");
    const QString classification = QStringLiteral("classification");
    const QString regression = QStringLiteral("regression");
    QTest::newRow("texts") << "b,a,b,a" << classification << QStringList{"a", "b"};
    QTest::newRow("0 and 1") << "1,0,1,0" << classification << QStringList{"0", "1"};
    QTest::newRow("by size") << "10,9,10,9" << classification << QStringList{"9", "10"};
    QTest::newRow("whole fractions")
        << "1.0,2.0,1.0,2.0" << classification << QStringList{"1", "2"};
    QTest::newRow("booleans") << "True,False,True,False" << classification
                              << QStringList{"False", "True"};
    QTest::newRow("counts") << "1,2,3,4" << regression << QStringList{};
    QTest::newRow("fractions") << "0.5,1.5,0.5,1.5" << regression << QStringList{};
    QTest::newRow("codes") << "01,02,x,01" << classification << QStringList{"01", "02", "x"};
}

void TestTableKnn::decides()
{
    QFETCH(QString, labels);
    QFETCH(QString, task);
    QFETCH(QStringList, classes);
    std::string csv = "x,y\n";
    int row = 0;
    for (const QString &label : labels.split(u','))
        csv += std::to_string(++row % 3) + "," + label.toStdString() + "\n";
    const auto made = read(csv, {});
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QCOMPARE(qs(std::string(taskName(made->table.task))), task);
    QStringList found;
    for (const std::string &name : made->table.classes)
        found += qs(name);
    QCOMPARE(found, classes);
    QVERIFY2(made->notes.at(0).find(task.toStdString()) != std::string::npos,
             made->notes[0].c_str());
    // The labels are the rows', whatever the order of the classes is.
    for (std::size_t i = 0; i < made->table.labels.size(); ++i) {
        const auto &name = made->table.classes[made->table.labels[i]];
        QVERIFY(labels.split(u',')[static_cast<qsizetype>(i)].startsWith(qs(name)));
    }
}

void TestTableKnn::refuses_data()
{
    QTest::addColumn<QString>("csv");
    QTest::addColumn<QString>("why");
    QTest::newRow("texts") << "a,b,c,y\n1,red,u,0\n2,blue,v,1\n1,red,w,0\n2,blue,x,1\n"
                           << "2 of the columns are not all numbers: b, c";
    QTest::newRow("one text") << "a,b,y\n1,red,0\n2,blue,1\n"
                              << "1 of the columns is not all";
    QTest::newRow("missing") << "a,b,y\n1,,0\n2,3,\n1,,0\n2,4,1\n"
                             << "3 of 4 rows lack a value: b in 2 (first in row 1), y in 1 (first "
                                "in row 2)";
    QTest::newRow("no label") << "a,b\n1,2\n"
                              << "there is no column \"y\"";
    QTest::newRow("label alone") << "y\n1\n2\n"
                                 << "no column to learn from";
    QTest::newRow("one class") << "a,y\n1,b\n2,b\n"
                               << "y is the same in every row";
    QTest::newRow("infinite") << "a,y\n1,b\ninf,c\n"
                              << "a is infinite in row 2";
    QTest::newRow("no rows") << "a,y\n"
                             << "the table has no rows";
}

void TestTableKnn::refuses()
{
    QFETCH(QString, csv);
    QFETCH(QString, why);
    const auto made = read(csv.toStdString(), {});
    QVERIFY(!made);
    QVERIFY2(made.error().message.find(why.toStdString()) != std::string::npos,
             made.error().message.c_str());
    QVERIFY(!made.error().next.empty());
}

void TestTableKnn::leavesOutWhatItIsTold()
{
    TrainingOptions options;
    options.drop = {"id"};
    options.dropMissing = true;
    const auto made = read("id,a,y\n7,1,b\n8,,c\n9,2,c\n10,3,\n", options);
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QCOMPARE(made->dropped, std::size_t{2});
    QCOMPARE(made->table.values, (std::vector<double>{1, 2}));
    options.drop = {"nothing"};
    QVERIFY(!read("id,a,y\n7,1,b\n8,2,c\n", options));
    options.drop = {"y"};
    QVERIFY(!read("id,a,y\n7,1,b\n8,2,c\n", options));
    // An identifier is told.
    std::string csv = "id,a,y\n";
    for (int i = 0; i < 20; ++i)
        csv += std::to_string(100 + i) + "," + std::to_string(i % 3) + ",c" +
               std::to_string(i % 2) + "\n";
    const auto odd = read(csv, {});
    QVERIFY(odd);
    QVERIFY2(odd->notes.back().find("id is a whole number that grows") == 0,
             odd->notes.back().c_str());
    // So is a second column of one name.
    const auto twice = read("a,a,y\n1,2,b\n2,3,c\n", {});
    QVERIFY(twice);
    QVERIFY2(twice->notes.back() ==
                 "more than one column is called \"a\": this one is \"a.1\" from now on",
             twice->notes.back().c_str());
}

void TestTableKnn::samplesAreOrdinary()
{
    TrainingOptions options;
    options.oneHot = true;
    auto made = read("a b,c,y\n1.5,red,0\n2.5,blue,1\n3.5,\"x \"\"y\"\"\",0\n4,red,1\n", options);
    QVERIFY(made);
    const auto model = TableKnn::train("m", std::move(made->table), 1, false);
    QVERIFY(model);
    QCOMPARE(sampleRow((*model)->signature()), std::string("[[3.5, \"blue\"]]"));
}

void TestTableKnn::rowsByTheirTypes()
{
    TrainingOptions options;
    options.oneHot = true;
    auto made = read("a,c,y\n1,red,b\n2,blue,c\n3,red,b\n4,blue,c\n", options);
    QVERIFY(made);
    const auto model = TableKnn::train("m", std::move(made->table), 1, false);
    QVERIFY(model);
    Prediction out;
    const auto why = [&](Value a, Value c) {
        const std::vector<Value> row{a, c};
        const auto done = (*model)->predictValues(row, out);
        return done ? std::string(out.label) : done.error().text();
    };
    QCOMPARE(why(Value::integral(1), Value::string("red")), std::string("b"));
    QCOMPARE(why(Value::integral(1), Value::string("green")),
             std::string("the value of c is \"green\", which the model does not know; it knows "
                         "\"blue\", \"red\""));
    QVERIFY(why(Value::null(), Value::string("red")).find("the value of a is missing") == 0);
    QVERIFY(why(Value::fractional(std::nan("")), Value::string("red")).find("of a is missing") !=
            std::string::npos);
    QVERIFY(why(Value::integral(1), Value::null()).find("the value of c is missing") == 0);
    QVERIFY(why(Value::string("1"), Value::string("red")).find("of a is the text \"1\"") !=
            std::string::npos);
    QVERIFY(why(Value::tensor(), Value::string("red")).find("array") != std::string::npos);
    QVERIFY(!(*model)->predict(std::vector<double>{1, 2}));
    QVERIFY(!(*model)->predict(std::vector<double>{1, -1}));
    QVERIFY(!(*model)->predict(std::vector<double>{1, std::nan("")}));
}

void TestTableKnn::widensAcrossBlocks()
{
    // Whole numbers for long, then a fraction, then a text.
    std::string csv = "a,b,y\n";
    for (int i = 0; i < 20'000; ++i)
        csv += std::to_string(i % 7) + "," + std::to_string(i % 5) + "," + std::to_string(i % 2) +
               "\n";
    csv += "0.5,007,1\n";
    const std::string path = m_folder.filePath(QStringLiteral("wide.csv")).toStdString();
    for (const bool text : {false, true}) {
        std::ofstream(path) << csv << (text ? "1,z,0\n" : "");
        table::ReadOptions how;
        how.blockBytes = 4096;
        TrainingOptions options;
        options.label = "y";
        options.oneHot = true;
        const auto made = readTraining(path, how, options);
        QVERIFY2(made, made ? "" : made.error().text().c_str());
        QCOMPARE(made->table.rows(), std::size_t{text ? 20'002u : 20'001u});
        QCOMPARE(made->table.values[20'000 * 2], 0.5);
        const auto &known = made->table.features[1].categories;
        QCOMPARE(known.size(), std::size_t{text ? 7u : 0u});
        if (text)
            QCOMPARE(known[1], std::string("007"));
    }
}

void TestTableKnn::refusesDamagedBytes()
{
    TrainingOptions options;
    options.oneHot = true;
    auto made = read("a,c,y\n1,red,b\n2,blue,c\n3,red,b\n4,blue,c\n", options);
    const std::string whole =
        TableKnn::train("m", std::move(made->table), 1, true).value()->serialize();
    QVERIFY(loadModel("knn", whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
        QVERIFY(!loadModel("knn", whole.substr(0, size)));
    const auto with = [&](const std::string &what, const std::string &by) {
        std::string text = whole;
        const std::size_t at = text.find(what);
        return at == text.npos ? std::string("absent") : text.replace(at, what.size(), by);
    };
    for (const auto &[what, by] : std::vector<std::pair<std::string, std::string>>{
             {"\"k\":1", "\"k\":9"},
             {"\"values\":[1.0", "\"values\":[1e999"},
             {"\"values\":[1.0,1.0", "\"values\":[1.0,7.0"},
             {"\"labels\":[0", "\"labels\":[5"},
             {"\"labels\":[0", "\"labels\":[0,0"},
             {"\"name\":\"a\"", "\"name\":\"c\""},
             {"[\"b\",\"c\"]", "[\"b\",\"b\"]"}}) {
        const std::string text = with(what, by);
        QVERIFY2(text != "absent", what.c_str());
        QVERIFY2(!loadModel("knn", text), by.c_str());
    }
}

QTEST_APPLESS_MAIN(TestTableKnn)
#include "tst_table_knn.moc"
