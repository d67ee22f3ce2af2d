// How right answers are, by the numbers of scikit-learn; and that every row is counted.

#include "test_support.h"
#include "two_numbers.h"

#include <tepal/model/evaluate.h>
#include <tepal/model/iris.h>
#include <tepal/model/table_knn.h>
#include <tepal/model/training.h>

#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>

using namespace tepal;
using namespace tepal::test;
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

Json qualities()
{
    std::ifstream file(golden("evaluate/quality.json"));
    return Json::parse(file);
}

bool near(double a, double b, double by = 1e-12)
{
    return std::fabs(a - b) <= by * std::max(1.0, std::fabs(b));
}

#define NEAR(a, b)                                                                                 \
    QVERIFY2(near(a, b),                                                                           \
             qPrintable(QStringLiteral("%1 is not %2").arg(a, 0, 'g', 17).arg(b, 0, 'g', 17)))

/// scikit-learn leaves empty bins out.
void checkReliability(const Calibration &made, const Json &expected)
{
    NEAR(made.expectedError, expected["error"].get<double>());
    std::size_t at = 0;
    for (const ReliabilityBin &bin : made.bins) {
        if (bin.observed.rows == 0) {
            QVERIFY(std::isnan(bin.predicted) && std::isnan(bin.observed.value));
            continue;
        }
        QCOMPARE(bin.observed.rows, expected["rows"][at].get<std::uint64_t>());
        NEAR(bin.predicted, expected["predicted"][at].get<double>());
        NEAR(bin.observed.value, expected["observed"][at].get<double>());
        QVERIFY(bin.observed.low <= bin.observed.value && bin.observed.value <= bin.observed.high);
        ++at;
    }
    QCOMPARE(at, expected["rows"].size());
}

void checkClasses(const ClassificationQuality &made, const Json &expected)
{
    QCOMPARE(made.classes.size(), expected["confusion"].size());
    for (std::size_t i = 0; i < made.classes.size(); ++i) {
        for (std::size_t k = 0; k < made.classes.size(); ++k)
            QCOMPARE(made.at(i, k), expected["confusion"][i][k].get<std::uint64_t>());
        // What scikit-learn calls 0 when there is nothing to divide by is no number here.
        const ClassQuality &one = made.classes[i];
        NEAR(one.answered > 0 ? one.precision : 0, expected["precision"][i].get<double>());
        NEAR(one.rows > 0 ? one.recall : 0, expected["recall"][i].get<double>());
        NEAR(one.rows + one.answered > 0 ? one.f1 : 0, expected["f1"][i].get<double>());
    }
    NEAR(made.accuracy.value, expected["accuracy"].get<double>());
    NEAR(made.accuracy.low, expected["band"][0].get<double>());
    NEAR(made.accuracy.high, expected["band"][1].get<double>());
    NEAR(made.balancedAccuracy, expected["balanced"].get<double>());
    if (expected.contains("log_loss"))
        NEAR(made.logLoss, expected["log_loss"].get<double>());
    checkReliability(made.confidence, expected["confidence"]);
    QCOMPARE(made.perClass.size(), expected["per_class"].size());
    for (std::size_t i = 0; i < made.perClass.size(); ++i)
        checkReliability(made.perClass[i], expected["per_class"][i]);
}

} // namespace

class TestEvaluate : public QObject
{
    Q_OBJECT
private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void asScikitLearn_data();
    void asScikitLearn();
    void numbersAsScikitLearn();
    void bandsAndTests();
    void zerosAreClippedAndSaid();
    void withoutProbabilities();
    void irisAsScikitLearn();
    void everyRowIsCounted();
    void labelsAsTheyAreWritten_data();
    void labelsAsTheyAreWritten();
    void theWrongColumnIsSaid();
    void regression();
    void severalNumbers();
    void leaveOneOut();
    void twoModels();
    void rowsAsPeopleWriteThem();

private:
    fs::path write(const std::string &name, const std::string &text) const
    {
        const fs::path path = fs::path(m_folder->path().toStdString()) / name;
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    /// Of `colour` and `price` it tells `sold`; both classes, told by the price alone.
    ModelPtr shop(std::uint32_t k = 1) const
    {
        TrainingTable table;
        table.features = {{.name = "price"}, {.name = "weight"}};
        table.values = {1, 0, 2, 0, 8, 0, 9, 0};
        table.classes = {"0", "1"};
        table.labels = {0, 0, 1, 1};
        auto model = TableKnn::train("shop", std::move(table), k, false);
        return model ? *model : nullptr;
    }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestEvaluate::asScikitLearn_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("the model's classes") << QStringLiteral("made");
    QTest::newRow("with classes it does not know") << QStringLiteral("foreign");
}

void TestEvaluate::asScikitLearn()
{
    QFETCH(QString, name);
    const Json expected = qualities()[name.toStdString()];
    const auto known = expected["known"].get<std::vector<std::string>>();
    ClassificationCount count(known);
    for (std::size_t row = 0; row < expected["truth"].size(); ++row) {
        const auto p = expected["probabilities"][row].get<std::vector<double>>();
        count.add(count.indexOf(expected["truth"][row].get<std::string>()),
                  count.indexOf(expected["answers"][row].get<std::string>()), p);
    }
    const ClassificationQuality made = count.result();
    checkClasses(made, expected["expected"]);
    if (name == QStringLiteral("made"))
        return;
    // In order of their texts, not of arrival.
    QCOMPARE(made.classes[3].name, std::string("elm"));
    QVERIFY(!made.classes[3].known && made.classes[3].answered == 0);
    QVERIFY(made.classes[3].rows > 0 && made.classes[3].recall == 0);
    QVERIFY(std::isnan(made.classes[3].precision));
}

void TestEvaluate::numbersAsScikitLearn()
{
    const Json expected = qualities()["regression"];
    RegressionCount count;
    for (std::size_t row = 0; row < expected["truth"].size(); ++row)
        count.add(expected["truth"][row].get<double>(), expected["answers"][row].get<double>());
    const RegressionQuality made = count.result();
    QCOMPARE(made.rows, expected["truth"].size());
    NEAR(made.mae, expected["expected"]["mae"].get<double>());
    NEAR(made.rmse, expected["expected"]["rmse"].get<double>());
    NEAR(made.r2, expected["expected"]["r2"].get<double>());
    NEAR(made.bias, expected["expected"]["bias"].get<double>());
    for (std::size_t i = 0; i < made.residuals.size(); ++i)
        NEAR(made.residuals[i].value, expected["expected"]["quantiles"][i].get<double>());

    RegressionCount same;
    same.add(3, 4);
    same.add(3, 2);
    QVERIFY(std::isnan(same.result().r2));
    QCOMPARE(same.result().rmse, 1.0);
    QVERIFY(std::isnan(RegressionCount().result().mae));
}

void TestEvaluate::bandsAndTests()
{
    const Json expected = qualities();
    for (const Json &one : expected["wilson"]) {
        const ShareOfRows share =
            shareOfRows(one[0].get<std::uint64_t>(), one[1].get<std::uint64_t>());
        NEAR(share.low, one[2].get<double>());
        NEAR(share.high, one[3].get<double>());
    }
    QVERIFY(std::isnan(shareOfRows(0, 0).value));
    for (const Json &one : expected["mcnemar"]) {
        const double p = mcnemar(one[0].get<std::uint64_t>(), one[1].get<std::uint64_t>());
        QVERIFY(near(p / one[2].get<double>(), 1, 1e-9));
    }
    QCOMPARE(mcnemar(0, 0), 1.0);
}

void TestEvaluate::zerosAreClippedAndSaid()
{
    ClassificationCount count({"a", "b"});
    const double certain[] = {1, 0};
    count.add(1, 0, certain); // Certain and wrong.
    count.add(0, 0, certain);
    const ClassificationQuality made = count.result();
    QCOMPARE(made.clipped, 1u);
    QVERIFY(near(made.logLoss, -std::log(std::numeric_limits<double>::epsilon()) / 2, 1e-9));
    // A class that the model does not know was given nothing.
    count.add(count.indexOf("c"), 0, certain);
    QCOMPARE(count.result().clipped, 2u);
}

void TestEvaluate::withoutProbabilities()
{
    ClassificationCount count({"a", "b"});
    count.add(0, 0, {});
    count.add(1, 0, {});
    const ClassificationQuality made = count.result();
    QCOMPARE(made.accuracy.value, 0.5);
    QVERIFY(std::isnan(made.logLoss));
    QVERIFY(made.confidence.bins.empty() && made.perClass.empty());
    QVERIFY(std::isnan(ClassificationCount({"a", "b"}).result().accuracy.value));
}

void TestEvaluate::irisAsScikitLearn()
{
    const TrainingData &all = irisData();
    TrainingData half{all.features, all.classes, {}, {}};
    for (std::size_t row = 0; row < all.labels.size(); row += 2) {
        half.labels.push_back(all.labels[row]);
        half.values.insert(half.values.end(),
                           all.values.begin() + static_cast<std::ptrdiff_t>(row * 4),
                           all.values.begin() + static_cast<std::ptrdiff_t>(row * 4 + 4));
    }
    const auto model = KnnModel::train("half", half, 5);
    QVERIFY(model);
    EvaluateOptions options;
    options.label = "species";
    const auto made = evaluateModel(**model, golden() / "../../resources/iris/iris.csv", options);
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QCOMPARE(made->rows.answered, 150u);
    QCOMPARE(made->rows.leftOut(), 0u);
    QVERIFY(made->notes.empty());
    checkClasses(made->classes, qualities()["iris"]["expected"]);
}

void TestEvaluate::everyRowIsCounted()
{
    const fs::path file = write("rows.csv", "weight,price,sold\n"
                                            "0,1,0\n"     // right
                                            "0,9,0\n"     // wrong
                                            "0,,1\n"      // lacks a value
                                            "0,3,\n"      // without a label
                                            "0,inf,1\n"   // refused
                                            "0,8,2\n"     // a class the model does not know
                                            "0,8,\"1\n"); // a quote that does not close
    EvaluateOptions options;
    options.label = "sold";
    options.read.skipBadRows = true;
    const auto made = evaluateModel(*shop(), file, options);
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QCOMPARE(made->rows.answered, 3u);
    QCOMPARE(made->rows.noFeature, 1u);
    QCOMPARE(made->rows.noLabel, 1u);
    QCOMPARE(made->rows.refused, 1u);
    QVERIFY2(made->rows.whyRefused.starts_with("row 5: "), made->rows.whyRefused.c_str());
    QCOMPARE(made->rows.unread, 1u);
    QCOMPARE(made->classes.classes.size(), 3u);
    QCOMPARE(made->classes.accuracy.hits, 1u);

    options.label = "price tag";
    const auto none = evaluateModel(*shop(), file, options);
    QVERIFY(!none && none.error().next.find("weight, price, sold") != std::string::npos);
    const auto lacking = evaluateModel(*shop(), write("lacks.csv", "price,sold\n1,0\n"),
                                       {.label = "sold", .read = {}});
    QVERIFY(!lacking && lacking.error().message.find("weight") != std::string::npos);
}

void TestEvaluate::labelsAsTheyAreWritten_data()
{
    QTest::addColumn<QString>("labels");
    QTest::newRow("as they are") << QStringLiteral("0,1");
    QTest::newRow("fractions") << QStringLiteral("0.0,1.0");
    QTest::newRow("booleans") << QStringLiteral("False,true");
    QTest::newRow("numbers, then text") << QStringLiteral("0,1,b");
}

void TestEvaluate::labelsAsTheyAreWritten()
{
    QFETCH(QString, labels);
    const QStringList list = labels.split(QLatin1Char(','));
    std::string text =
        "price,weight,sold\n1,0," + list[0].toStdString() + "\n9,0," + list[1].toStdString() + "\n";
    for (const QString &more : list.mid(2))
        text += "9,0," + more.toStdString() + "\n";
    EvaluateOptions options;
    options.label = "sold";
    const auto made = evaluateModel(*shop(), write("labels.csv", text), options);
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QCOMPARE(made->classes.accuracy.hits, 2u);
    QCOMPARE(made->classes.classes.size(), static_cast<std::size_t>(list.size()));
}

void TestEvaluate::theWrongColumnIsSaid()
{
    EvaluateOptions options;
    options.label = "name";
    const auto made = evaluateModel(
        *shop(), write("names.csv", "price,weight,name\n1,0,ann\n9,0,bob\n"), options);
    QVERIFY(made);
    QCOMPARE(made->classes.accuracy.hits, 0u);
    QCOMPARE(made->notes.size(), 1u);
    QVERIFY(made->notes[0].find("(0, 1)") != std::string::npos);

    std::string many = "price,weight,name\n";
    for (int i = 0; i < 1200; ++i)
        many += "1,0,n" + std::to_string(i) + "\n";
    const auto refused = evaluateModel(*shop(), write("many.csv", many), options);
    QVERIFY(!refused && refused.error().code == ErrorCode::InvalidArgument);
}

void TestEvaluate::regression()
{
    TrainingTable table;
    table.features = {{.name = "x"}};
    table.values = {0, 10, 20};
    table.task = Task::Regression;
    table.targets = {0, 100, 200};
    const auto model = TableKnn::train("line", std::move(table), 1, false);
    QVERIFY(model);
    EvaluateOptions options;
    options.label = "y";
    const auto made =
        evaluateModel(**model, write("line.csv", "x,y\n0,1\n10,99\n20,abc\n21,\n"), options);
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QCOMPARE(made->rows.answered, 2u);
    QCOMPARE(made->rows.badLabel, 1u);
    QCOMPARE(made->rows.noLabel, 1u);
    QCOMPARE(made->numbers.mae, 1.0);
    QCOMPARE(made->numbers.bias, 0.0);
    const auto left = evaluateLeaveOneOut(**model);
    QVERIFY(left);
    QCOMPARE(left->numbers.rows, 3u);
    QCOMPARE(left->numbers.mae, 100.0);
}

void TestEvaluate::severalNumbers()
{
    // Which of them a column is the truth of, nobody said.
    const TwoNumbers model;
    EvaluateOptions options;
    options.label = "y";
    const auto made = evaluateModel(model, write("two.csv", "a,b,y\n1,2,3\n"), options);
    QVERIFY(!made && made.error().code == ErrorCode::Unsupported);
    QVERIFY(made.error().message.find("answers 2 numbers for a row") != std::string::npos);
}

void TestEvaluate::leaveOneOut()
{
    const auto iris = trainIris(5);
    QVERIFY(iris && keepsItsRows(**iris));
    const auto made = evaluateLeaveOneOut(**iris);
    QVERIFY(made && made->leaveOneOut);
    QCOMPARE(made->rows.answered, 150u);
    // One number, wherever it is shown.
    QCOMPARE(made->classes.accuracy.value, (*iris)->leaveOneOutAccuracy());
    const auto some = evaluateLeaveOneOut(**iris, 50);
    QVERIFY(some);
    QCOMPARE(some->rows.answered, 50u);
    QVERIFY(some->notes.at(0).find("50 of 150") != std::string::npos);

    std::stop_source stop;
    stop.request_stop();
    const auto stopped = evaluateLeaveOneOut(**iris, 150, stop.get_token());
    QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
    const auto few = evaluateLeaveOneOut(*shop(4));
    QVERIFY(!few && few.error().code == ErrorCode::InvalidArgument);
}

void TestEvaluate::twoModels()
{
    EvaluateOptions options;
    options.label = "sold";
    const fs::path file = write("two.csv", "price,weight,sold\n1,0,0\n4,0,1\n6,0,1\n9,0,1\n,0,1\n");
    const auto same = compareModels(*shop(), *shop(), file, options);
    QVERIFY(same);
    QCOMPARE(same->agreement.rows, 4u);
    QCOMPARE(same->agreement.differ, 0u);
    QCOMPARE(same->agreement.p, 1.0);

    TrainingTable table;
    table.features = {{.name = "price"}};
    table.values = {0, 3};
    table.classes = {"0", "1"};
    table.labels = {0, 1};
    const auto other = TableKnn::train("other", std::move(table), 1, false);
    const auto made = compareModels(*shop(), **other, file, options);
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    // The second does not need the weight; it answers the same rows, and differs on one.
    QCOMPARE(made->agreement.rows, 4u);
    QCOMPARE(made->agreement.differ, 1u);
    QCOMPARE(made->agreement.onlyB, 1u);
    QCOMPARE(made->agreement.first.size(), 1u);
    QCOMPARE(made->agreement.first[0].row, 2u);
    QCOMPARE(made->agreement.first[0].truth, std::string("1"));
    QCOMPARE(made->agreement.first[0].a, std::string("0"));
    QCOMPARE(made->a.rows.noFeature, 1u);

    TrainingTable line;
    line.features = {{.name = "price"}};
    line.values = {0, 1};
    line.task = Task::Regression;
    line.targets = {0, 1};
    const auto number = TableKnn::train("line", std::move(line), 1, false);
    QVERIFY(number);
    const auto apart = compareModels(*shop(), **number, file, options);
    QVERIFY(!apart && apart.error().code == ErrorCode::InvalidArgument);
}

void TestEvaluate::rowsAsPeopleWriteThem()
{
    Signature signature;
    signature.features = {
        {.name = "price"},
        {.name = "size", .type = FeatureType::Integer, .missing = true},
        {.name = "colour", .type = FeatureType::Text, .categories = {"it's red", "blue"}},
        {.name = "note", .type = FeatureType::Text, .missing = true}};
    const std::vector<std::string> cells{"3", "4", "it's red", ""};
    const auto row = parseRow(signature, cells);
    QVERIFY(row);
    QCOMPARE(rowJson(*row), std::string("[[3.0, 4, \"it's red\", null]]"));
    QCOMPARE(requestLine(rowJson(*row), "http://h/p"),
             std::string("curl -H 'Content-Type: application/json' -d '[[3.0, 4, "
                         "\"it'\\''s red\", null]]' http://h/p"));
    QCOMPARE(sampleRow(signature), std::string("[[1.0, 1, \"blue\", \"a\"]]"));
    const std::vector<std::string> wrong{"cheap", "4", "blue", "x"};
    const auto refused = parseRow(signature, wrong);
    QVERIFY(!refused && refused.error().message.find("price") != std::string::npos);
    QVERIFY(!parseRow(signature, std::vector<std::string>{"1"}));
}

QTEST_APPLESS_MAIN(TestEvaluate)
#include "tst_evaluate.moc"
