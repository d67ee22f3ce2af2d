// ONNX models that answer, held against arithmetic of our own.

#include "onnx_files.h"
#include "onnx_model.h"
#include "test_support.h"

#include <tepal/model/onnx.h>

#include <QTest>

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <thread>

using namespace tepal;
using namespace tepal::test;
namespace made = tepal::test::onnx;
using tepal::onnx::OnnxModel;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::vector<double>> kRows{
    {5.0, 3.4, 1.5, 0.2}, {6.1, 2.8, 4.4, 1.3}, {7.2, 3.1, 6.0, 2.2}, {0, 0, 0, 0}};

std::vector<double> linearScores(const std::vector<double> &row)
{
    std::vector<double> out;
    for (std::size_t c = 0; c < 3; ++c) {
        double sum = static_cast<double>(made::kIntercepts[c]);
        for (std::size_t i = 0; i < 4; ++i)
            sum += static_cast<double>(made::kCoefficients[c * 4 + i]) *
                   static_cast<double>(static_cast<float>(row[i]));
        out.push_back(sum);
    }
    return out;
}

std::vector<double> softmax(std::vector<double> scores)
{
    double sum = 0;
    for (double &score : scores)
        sum += score = std::exp(score);
    for (double &score : scores)
        score /= sum;
    return scores;
}

std::size_t most(const std::vector<double> &scores)
{
    return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) -
                                    scores.begin());
}

Result<ImportedModel> open(const std::string &bytes, ImportNames names = {}, bool unwrap = true)
{
    names.model = "tried";
    return OnnxModel::open(bytes, names, unwrap);
}

ModelPtr opened(const std::string &bytes, const ImportNames &names = {}, bool unwrap = true)
{
    auto model = open(bytes, names, unwrap);
    if (!model)
        qFatal("%s", model.error().text().c_str());
    return model->model;
}

std::string why(const std::string &bytes, const ImportNames &names = {})
{
    const auto model = open(bytes, names);
    return model ? "taken" : model.error().text();
}

bool holds(const std::string &text, const char *part)
{
    if (text.find(part) != text.npos)
        return true;
    qWarning("\"%s\" lacks \"%s\"", text.c_str(), part);
    return false;
}

bool close(double a, double b)
{
    return std::fabs(a - b) <= 1e-6 * std::max(1.0, std::fabs(b));
}

} // namespace

class TestOnnx : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void classification_data();
    void classification();
    void batches();
    void storedAndLoaded();
    void names();
    void regression();
    void columns();
    void tree();
    void missing();
    void elements();
    void tooLarge();
    void scoresAlone();
    void noProbabilities();
    void chosenOutputs();
    void oneRowAtATime();
    void severalRowsAtATime();
    void severalNumbers();
    void severalNumbersOfSeveralOutputs();
    void storedBeforeSeveralNumbers();
    void numbersOrScores();
    void textsAtOnce();
    void treesThatKnowTheirWidth();
    void describedBeside();
    void refused_data();
    void refused();
    void wrongRows();
    void manyThreads();
};

void TestOnnx::initTestCase()
{
    const auto report = onnxRuntimeReport();
    if (report.missing.empty())
        return;
    std::printf("ONNX Runtime is needed: %s\n", report.missing.c_str());
    QSKIP("ONNX Runtime is needed, and was not found");
}

void TestOnnx::classification_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("texts");
    QTest::addColumn<bool>("unwrap");
    const auto row = [](const char *name, const std::string &bytes, bool texts, bool unwrap) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << texts << unwrap;
    };
    row("tensor, numbers", made::plainClassifier(false), false, true);
    row("tensor, texts", made::plainClassifier(true), true, true);
    row("maps rewritten, numbers", made::zippedClassifier(false), false, true);
    row("maps rewritten, texts", made::zippedClassifier(true), true, true);
    row("maps read, numbers", made::zippedClassifier(false), false, false);
    row("maps read, texts", made::zippedClassifier(true), true, false);
}

void TestOnnx::classification()
{
    QFETCH(QByteArray, bytes);
    QFETCH(bool, texts);
    QFETCH(bool, unwrap);
    const auto model = opened(bytes.toStdString(), {}, unwrap);
    const std::vector<std::string> classes = texts ? std::vector<std::string>{"low", "mid", "high"}
                                                   : std::vector<std::string>{"10", "20", "30"};
    QCOMPARE(model->classNames(), classes);
    QCOMPARE(model->featureNames(), (std::vector<std::string>{"f0", "f1", "f2", "f3"}));
    QCOMPARE(model->signature().outputs,
             (std::vector<std::string>{"class_output", "proba_output"}));
    QVERIFY(model->signature().isPlain() && !model->signature().allowsMissing());
    Prediction one;
    // Twice over, because values are used again.
    for (int turn = 0; turn < 2; ++turn) {
        for (const auto &row : kRows) {
            const auto expected = softmax(linearScores(row));
            const auto done = model->predict(row, one);
            QVERIFY2(done, done ? "" : done.error().text().c_str());
            QCOMPARE(one.probabilities.size(), std::size_t{3});
            for (std::size_t i = 0; i < 3; ++i)
                QVERIFY2(close(one.probabilities[i], expected[i]),
                         qPrintable(QString::number(one.probabilities[i])));
            QCOMPARE(one.classIndex, most(expected));
            QCOMPARE(std::string(one.label), classes[most(expected)]);
        }
    }
}

void TestOnnx::batches()
{
    for (const bool unwrap : {true, false}) {
        const auto model = opened(made::zippedClassifier(true), {}, unwrap);
        std::vector<double> rows;
        for (std::size_t i = 0; i < 2500; ++i) {
            for (std::size_t k = 0; k < 4; ++k)
                rows.push_back(static_cast<double>((i * 7 + k * 3) % 11) / 2);
        }
        Predictions all;
        QVERIFY(model->predictRows(rows, all));
        QCOMPARE(all.classes.size(), std::size_t{2500});
        QCOMPARE(all.probabilities.size(), std::size_t{7500});
        Prediction one;
        for (std::size_t i = 0; i < 2500; i += 17) {
            QVERIFY(model->predict(std::span(rows).subspan(i * 4, 4), one));
            QCOMPARE(std::size_t{all.classes[i]}, one.classIndex);
            for (std::size_t k = 0; k < 3; ++k)
                QVERIFY(close(all.probabilities[i * 3 + k], one.probabilities[k]));
        }
        rows[4 * 2100] = kNaN;
        const auto bad = model->predictRows(rows, all);
        QVERIFY(!bad && holds(bad.error().message, "row 2101: the value of f0 is missing"));
        rows.pop_back();
        QVERIFY(!model->predictRows(rows, all));
    }
}

void TestOnnx::storedAndLoaded()
{
    ImportNames names;
    names.features = {"a", "b", "c", "d"};
    names.classes = {"x", "y", "z"};
    names.types = {FeatureType::Number, FeatureType::Integer, FeatureType::Number,
                   FeatureType::Number};
    const auto model = opened(made::zippedClassifier(true), names);
    QVERIFY(model->signature().features[1].type == FeatureType::Integer);
    const std::string stored = model->serialize();
    QVERIFY(stored.ends_with(made::zippedClassifier(true)));
    const auto again = loadModel("onnx", stored);
    QVERIFY2(again, again ? "" : again.error().text().c_str());
    QCOMPARE((*again)->signature(), model->signature());
    QCOMPARE((*again)->name(), std::string_view("tried"));
    QCOMPARE((*again)->serialize(), stored);
    Prediction one;
    QVERIFY((*again)->predict(std::vector<double>{7.2, 3, 6.0, 2.2}, one));
    QCOMPARE(one.label, std::string_view("z"));
}

void TestOnnx::names()
{
    QVERIFY(holds(why(made::plainClassifier(), {"", {"a"}, {}, {}}),
                  "1 names of features were given, but the model has 4"));
    QVERIFY(holds(why(made::plainClassifier(), {"", {}, {"a", "b"}, {}}),
                  "2 classes were named, but the model has 3"));
    QVERIFY(holds(why(made::regression(), {"", {}, {"a", "b"}, {}}),
                  "classes were named, but the model answers one number"));
    QVERIFY(
        holds(why(made::columns(),
                  {"", {}, {}, {FeatureType::Number, FeatureType::Number, FeatureType::Integer}}),
              "town is said to be number, but the model takes text for it"));
    const auto guessed = open(made::plainClassifier());
    QVERIFY(guessed && !guessed->notes.empty());
    QVERIFY(holds(guessed->notes[0], "they are called f0 … f3"));
    // A width that the file leaves open is what the coefficients are for, …
    const auto wide = open(made::regression(made::kAny));
    QVERIFY(wide);
    QCOMPARE(wide->model->featureNames(), (std::vector<std::string>{"f0", "f1", "f2"}));
    QVERIFY(holds(why(made::regression(made::kAny), {"", {"a", "b"}, {}, {}}),
                  "2 names of features were given, but the model has 3"));
    QVERIFY(holds(why(made::regression(9)),
                  "the input \"X\" has 9 features, but the model has coefficients for 3"));
    // … or else as many as are named.
    const auto sum = made::model(made::node("ReduceMean", {"X"}, {"y"}, made::ints("axes", {1})) +
                                 made::input("X", made::Float, {made::kAny, made::kAny}) +
                                 made::output("y", made::Float, {made::kAny, 1}));
    QVERIFY(holds(why(sum), "does not say how many features \"X\" takes"));
    const auto mean = opened(sum, {"", {"a", "b"}, {}, {}});
    Prediction one;
    QVERIFY(mean->predict(std::vector<double>{1, 4}, one));
    QCOMPARE(one.value, 2.5);
}

void TestOnnx::regression()
{
    const auto model = opened(made::regression());
    QVERIFY(model->signature().task == Task::Regression);
    QCOMPARE(model->signature().outputs, (std::vector<std::string>{"output"}));
    Prediction one;
    QVERIFY(model->predict(std::vector<double>{2, 0.25, -1}, one));
    QCOMPARE(one.value, 2 * 0.5 - 0.5 - 4 + 1.5);
    Predictions all;
    QVERIFY(model->predictRows(std::vector<double>{2, 0.25, -1, 0, 0, 0}, all));
    QCOMPARE(all.values, (std::vector<double>{-2, 1.5}));
    QVERIFY(all.classes.empty());
}

void TestOnnx::columns()
{
    const auto model = opened(made::columns());
    QCOMPARE(model->featureNames(), (std::vector<std::string>{"town", "age", "visits"}));
    const auto &features = model->signature().features;
    QVERIFY(features[0].type == FeatureType::Text && features[0].missing);
    QVERIFY(features[1].type == FeatureType::Number && !features[1].missing);
    QVERIFY(features[2].type == FeatureType::Integer && !features[2].missing);
    Prediction one;
    const auto ask = [&](Value town, Value age, Value visits) {
        const auto done = model->predictValues(std::array{town, age, visits}, one);
        return done ? std::string("fine") : done.error().text();
    };
    QCOMPARE(ask(Value::string("Sligo"), Value::fractional(30.5), Value::integral(4)),
             std::string("fine"));
    QCOMPARE(one.value, 46.5);
    QCOMPARE(ask(Value::string("Cork"), Value::integral(30), Value::integral(4)),
             std::string("fine"));
    QCOMPARE(one.value, 36.0);
    QCOMPARE(ask(Value::null(), Value::integral(30), Value::integral(4)), std::string("fine"));
    QCOMPARE(one.value, 26.0);
    QVERIFY(holds(ask(Value::integral(7), Value::integral(30), Value::integral(4)),
                  "the value of town is not a text"));
    QVERIFY(holds(
        ask(Value::string(std::string_view("a\0b", 3)), Value::integral(3), Value::integral(4)),
        "holds a zero byte"));
    QVERIFY(holds(ask(Value::string("Cork"), Value::null(), Value::integral(4)),
                  "the value of age is missing"));
    QVERIFY(holds(ask(Value::string("Cork"), Value::integral(3), Value::fractional(4.5)),
                  "the value of visits is 4.5; send a whole number"));
    QVERIFY(holds(ask(Value::string("Cork"), Value::integral(3), Value::null()),
                  "the value of visits is missing"));
    QVERIFY(!model->predictValues(std::array{Value::string("Cork")}, one));
    const auto numbers = model->predict(std::vector<double>{1, 2, 3}, one);
    QVERIFY(!numbers && holds(numbers.error().message, "takes texts"));
}

void TestOnnx::tree()
{
    // f1 ≤ 2.5 → 0.25; else f0 ≤ 1 → 4, else −3.
    const auto bytes = made::model(
        made::node(
            "TreeEnsembleRegressor", {"X"}, {"y"},
            made::ints("nodes_treeids", {0, 0, 0, 0, 0}) +
                made::ints("nodes_nodeids", {0, 1, 2, 3, 4}) +
                made::ints("nodes_featureids", {1, 0, 0, 0, 0}) +
                made::floats("nodes_values", {2.5f, 0, 1, 0, 0}) +
                made::strings("nodes_modes", {"BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"}) +
                made::ints("nodes_truenodeids", {1, 0, 3, 0, 0}) +
                made::ints("nodes_falsenodeids", {2, 0, 4, 0, 0}) +
                made::ints("nodes_missing_value_tracks_true", {0, 0, 1, 0, 0}) +
                made::ints("target_treeids", {0, 0, 0}) + made::ints("target_nodeids", {1, 3, 4}) +
                made::ints("target_ids", {0, 0, 0}) +
                made::floats("target_weights", {0.25f, 4, -3}) + made::number("n_targets", 1),
            "ai.onnx.ml") +
        made::input("X", made::Float, {made::kAny, 2}) +
        made::output("y", made::Float, {made::kAny, 1}));
    const auto model = opened(bytes);
    QVERIFY(model->signature().features[0].missing);
    Predictions all;
    QVERIFY(model->predictRows(std::vector<double>{9, 2.5, 1, 3, 1.5, 3, kNaN, 3, 0, kNaN}, all));
    QCOMPARE(all.values, (std::vector<double>{0.25, 4, -3, 4, 4}));
}

void TestOnnx::missing()
{
    // The second feature is imputed, the first is not used by anything that could.
    const auto bytes = made::model(
        made::node("Imputer", {"b"}, {"filled"},
                   made::floats("imputed_value_floats", {7}) +
                       made::real("replaced_value_float", std::numeric_limits<float>::quiet_NaN()),
                   "ai.onnx.ml") +
        made::node("Add", {"a", "filled"}, {"y"}) + made::input("a", made::Float, {made::kAny, 1}) +
        made::input("b", made::Float, {made::kAny, 1}) +
        made::output("y", made::Float, {made::kAny, 1}));
    const auto model = opened(bytes);
    QVERIFY(!model->signature().features[0].missing);
    QVERIFY(model->signature().features[1].missing);
    Prediction one;
    QVERIFY(model->predict(std::vector<double>{2, kNaN}, one));
    QCOMPARE(one.value, 9.0);
    const auto bad = model->predict(std::vector<double>{kNaN, 2}, one);
    QVERIFY(!bad && holds(bad.error().message, "the value of a is missing"));
    // An answer that is no number is never passed on.
    const auto root = opened(made::model(made::node("Sqrt", {"x"}, {"y"}) +
                                         made::input("x", made::Float, {made::kAny, 1}) +
                                         made::output("y", made::Float, {made::kAny, 1})));
    QVERIFY(root->predict(std::vector<double>{9}, one));
    QCOMPARE(one.value, 3.0);
    const auto negative = root->predict(std::vector<double>{-9}, one);
    QVERIFY(!negative && negative.error().code == ErrorCode::InvalidArgument &&
            holds(negative.error().message, "the model's answer is not a number"));
}

void TestOnnx::elements()
{
    const auto doubled = [](std::uint64_t element) {
        return opened(
            made::model(made::node("Add", {"x", "x"}, {"z"}) +
                        made::node("Cast", {"z"}, {"y"}, made::number("to", made::Double)) +
                        made::input("x", element, {made::kAny, 1}) +
                        made::output("y", made::Double, {made::kAny, 1})));
    };
    Prediction one;
    // A double stays one, a float does not.
    QVERIFY(doubled(made::Double)->predict(std::vector<double>{0.1}, one));
    QCOMPARE(one.value, 0.2);
    QVERIFY(doubled(made::Float)->predict(std::vector<double>{0.1}, one));
    QCOMPARE(one.value, static_cast<double>(0.1f + 0.1f));
    for (const auto element : {made::Int64, made::Int32}) {
        const auto model = doubled(element);
        QVERIFY(model->signature().features[0].type == FeatureType::Integer);
        QVERIFY(model->predict(std::vector<double>{-21}, one));
        QCOMPARE(one.value, -42.0);
        QVERIFY(!model->predict(std::vector<double>{0.5}, one));
    }
    // 2^53 + 1 is no double; the model gets it nevertheless.
    const auto odd = opened(
        made::model(made::constant("two", made::Int64, {1}, std::string("\2\0\0\0\0\0\0\0", 8)) +
                    made::node("Mod", {"x", "two"}, {"z"}) +
                    made::node("Cast", {"z"}, {"y"}, made::number("to", made::Float)) +
                    made::input("x", made::Int64, {made::kAny, 1}) +
                    made::output("y", made::Float, {made::kAny, 1})));
    QVERIFY(odd->predictValues(std::array{Value::integral(9007199254740993)}, one));
    QCOMPARE(one.value, 1.0);
}

void TestOnnx::tooLarge()
{
    Prediction one;
    const auto model = opened(made::regression());
    const auto bad = model->predict(std::vector<double>{0, 1e39, 0}, one);
    QVERIFY(!bad && holds(bad.error().text(), "the value of f1 is 1e+39, which is too large"));
    const auto whole =
        opened(made::model(made::node("Cast", {"x"}, {"y"}, made::number("to", made::Float)) +
                           made::input("x", made::Int32, {made::kAny, 1}) +
                           made::output("y", made::Float, {made::kAny, 1})));
    QVERIFY(!whole->predict(std::vector<double>{2147483648.0}, one));
    QVERIFY(whole->predict(std::vector<double>{-2147483648.0}, one));
    QCOMPARE(one.value, -2147483648.0);
}

void TestOnnx::scoresAlone()
{
    const auto bytes = made::model(made::node("Softmax", {"X"}, {"p"}, made::number("axis", 1)) +
                                   made::input("X", made::Float, {made::kAny, 3}) +
                                   made::output("p", made::Float, {made::kAny, 3}));
    QVERIFY(holds(why(bytes), "and no label; if these are scores of classes, name them"));
    const auto model = opened(bytes, {"", {}, {"a", "b", "c"}, {}});
    Prediction one;
    for (const auto &row : kRows) {
        const std::vector<double> three(row.begin(), row.begin() + 3);
        QVERIFY(model->predict(three, one));
        QCOMPARE(one.classIndex, most(three));
        QVERIFY(close(one.probabilities[1], softmax(three)[1]));
    }
    // Classes that the file lists need no label.
    const auto listed = opened(made::model(made::classifier(made::textLabels()) +
                                           made::input("X", made::Float, {made::kAny, 4}) +
                                           made::output("p", made::Float, {made::kAny, 3})));
    QCOMPARE(listed->classNames(), (std::vector<std::string>{"low", "mid", "high"}));
    QVERIFY(listed->predict(kRows[2], one));
    QCOMPARE(one.label, std::string_view("high"));
}

void TestOnnx::noProbabilities()
{
    const auto made = open(made::plainClassifier(false, "NONE"));
    QVERIFY(made);
    QCOMPARE(made->model->signature().outputs, (std::vector<std::string>{"class_output"}));
    QVERIFY(holds(made->notes.back(), "its scores are no probabilities"));
    Prediction one;
    QVERIFY(made->model->predict(kRows[2], one));
    QCOMPARE(one.label, std::string_view("30"));
    QVERIFY(one.probabilities.empty());
}

void TestOnnx::chosenOutputs()
{
    const auto bytes =
        made::model(made::classifier(made::textLabels()) + made::node("Identity", {"p"}, {"q"}) +
                    made::node("ReduceSum", {"X"}, {"sum"}, made::number("keepdims", 1)) +
                    made::node("ArgMin", {"p"}, {"least"},
                               made::number("axis", 1) + made::number("keepdims", 0)) +
                    made::input("X", made::Float, {made::kAny, 4}) +
                    made::output("least", made::Int64, {made::kAny}) +
                    made::output("label", made::String, {made::kAny}) +
                    made::output("q", made::Float, {made::kAny, 3}) +
                    made::output("p", made::Float, {made::kAny, 3}));
    ImportNames names;
    names.label = "label";
    names.scores = "p";
    const auto made = open(bytes, names);
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    std::string notes;
    for (const std::string &note : made->notes)
        notes += note + ". ";
    QVERIFY(holds(notes, "the output \"least\" (tensor of int64 [1]) is not used"));
    QVERIFY(holds(notes, "the output \"q\" (tensor of float [1,3]) is not used"));
    Prediction one;
    QVERIFY(made->model->predict(kRows[0], one));
    QCOMPARE(one.label, std::string_view("low"));
    const auto again = loadModel("onnx", made->model->serialize());
    QVERIFY(again && (*again)->predict(kRows[0], one));
    QCOMPARE(one.label, std::string_view("low"));
    QCOMPARE((*again)->parameters(), made->model->parameters());
    QCOMPARE((*again)->parameters().back().second, std::string("p"));
    names.label = "absent";
    QVERIFY(holds(why(bytes, names), "--label names \"absent\", which is no output of the model; "
                                     "it has \"least\" (tensor of int64 [1])"));
    names.label = "p";
    QVERIFY(holds(why(bytes, names), "--label names \"p\", which is a tensor of float [1,3]"));
    // By the name that it had before it was rewritten.
    names = {};
    names.scores = "scores";
    QVERIFY(open(made::zippedClassifier(true), names));
}

void TestOnnx::oneRowAtATime()
{
    const auto model = opened(made::plainClassifier(true, "SOFTMAX", 1));
    std::vector<double> rows;
    for (const auto &row : kRows)
        rows.insert(rows.end(), row.begin(), row.end());
    Predictions all;
    QVERIFY(model->predictRows(rows, all));
    for (std::size_t i = 0; i < kRows.size(); ++i)
        QCOMPARE(std::size_t{all.classes[i]}, most(linearScores(kRows[i])));
}

void TestOnnx::severalRowsAtATime()
{
    // Three rows at once, whatever is asked: answers are those of a model that takes any number.
    const auto any = opened(made::plainClassifier(true));
    const auto made = open(made::plainClassifier(true, "SOFTMAX", 3));
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QVERIFY(holds(made->notes.back(), "the model takes exactly 3 rows at once"));
    Prediction one;
    Prediction other;
    std::vector<double> rows;
    for (const auto &row : kRows) {
        rows.insert(rows.end(), row.begin(), row.end());
        QVERIFY(any->predict(row, one) && made->model->predict(row, other));
        QCOMPARE(other.label, one.label);
        // A run of three may round otherwise than one of one.
        for (std::size_t i = 0; i < 3; ++i)
            QVERIFY(close(other.probabilities[i], one.probabilities[i]));
        Predictions many;
        Predictions others;
        QVERIFY(any->predictRows(rows, many) && made->model->predictRows(rows, others));
        QCOMPARE(others.classes, many.classes);
        QCOMPARE(others.probabilities.size(), many.probabilities.size());
        for (std::size_t i = 0; i < many.probabilities.size(); ++i)
            QVERIFY(close(others.probabilities[i], many.probabilities[i]));
    }
    const auto again = loadModel("onnx", made->model->serialize());
    QVERIFY(again && (*again)->predict(kRows[2], other));
    QCOMPARE(other.label, std::string_view("high"));
    // A row that is held against those beside it is not answered for itself.
    QVERIFY(holds(why(made::model(made::constant("axes", made::Int64, {1}, std::string(8, '\0')) +
                                  made::node("ReduceSum", {"X", "axes"}, {"sum"}) +
                                  made::node("Div", {"X", "sum"}, {"y"}) +
                                  made::input("X", made::Float, {3, 1}) +
                                  made::output("y", made::Float, {3, 1}))),
                  "what it answers for one depends on the others"));
    QVERIFY(
        holds(why(made::model(
                  made::node("Neg", {"a"}, {"y"}) + made::node("Neg", {"b"}, {"z"}) +
                  made::input("a", made::Float, {3, 1}) + made::input("b", made::Float, {2, 1}) +
                  made::output("y", made::Float, {3, 1}) + made::output("z", made::Float, {2, 1}))),
              "the input \"b\" takes exactly 2 rows at once, another 3"));
}

void TestOnnx::severalNumbers()
{
    const auto made = open(made::twoTargets());
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QVERIFY(holds(made->notes.back(), "the 2 numbers that it answers for a row are called output_0 "
                                      "… output_1; name them with --outputs"));
    const Signature &signature = made->model->signature();
    QVERIFY(signature.task == Task::Regression && signature.targets() == 2);
    QCOMPARE(signature.outputs, (std::vector<std::string>{"output_0", "output_1"}));
    Prediction one;
    QVERIFY(made->model->predict(std::vector<double>{2, 3, 4}, one));
    QCOMPARE(one.value, 12.5);
    QCOMPARE(one.values, (std::vector<double>{12.5, 4}));
    Predictions all;
    QVERIFY(made->model->predictRows(std::vector<double>{2, 3, 4, 0, 0, 0}, all));
    QCOMPARE(all.values, (std::vector<double>{12.5, 4, 1.5, -1}));
    // Row by row, as kinds do that know no better.
    QVERIFY(made->model->predictValueRows(
        std::array{Value::integral(2), Value::integral(3), Value::integral(4)}, all));
    QCOMPARE(all.values, (std::vector<double>{12.5, 4}));
    std::string json;
    appendNumbersJson(json, one.numbers());
    QCOMPARE(json, std::string("[12.5,4.0]"));
    // Three rows at once.
    QVERIFY(opened(made::twoTargets(3))->predictRows(std::vector<double>{2, 3, 4, 0, 0, 0}, all));
    QCOMPARE(all.values, (std::vector<double>{12.5, 4, 1.5, -1}));

    ImportNames names;
    names.targets = {"price", "rent"};
    const auto named = opened(made::twoTargets(), names);
    QCOMPARE(named->signature().outputs, (std::vector<std::string>{"output_price", "output_rent"}));
    const auto again = loadModel("onnx", named->serialize());
    QVERIFY(again && (*again)->signature() == named->signature());
    names.targets = {"price"};
    QVERIFY(holds(why(made::twoTargets(), names),
                  "--outputs names 1 numbers, but the model answers 2; name each"));
    QVERIFY(holds(why(made::regression(), names), "leave it away: one number is called output"));
    QVERIFY(holds(why(made::plainClassifier(), names),
                  "--outputs names numbers, but the model answers classes"));
    names.targets = {"a", "a"};
    QVERIFY(holds(why(made::twoTargets(), names), "are called \"output_a\""));
    // Not for a model that answers one.
    Prediction single;
    QVERIFY(opened(made::regression())->predict(std::vector<double>{2, 3, 4}, single));
    QVERIFY(single.values.empty() && single.numbers().size() == 1);
}

void TestOnnx::severalNumbersOfSeveralOutputs()
{
    const auto bytes =
        made::model(made::twoNumbers() + made::node("ReduceSum", {"X", "axes"}, {"sum"}) +
                    made::constant("axes", made::Int64, {1}, std::string("\1\0\0\0\0\0\0\0", 8)) +
                    made::node("Cast", {"sum"}, {"whole"}, made::number("to", made::Double)) +
                    made::input("X", made::Float, {made::kAny, 3}) +
                    made::output("whole", made::Double, {made::kAny, 1}) +
                    made::output("y", made::Float, {made::kAny, 2}));
    const auto model = opened(bytes);
    QCOMPARE(model->signature().outputs,
             (std::vector<std::string>{"output_whole", "output_y_0", "output_y_1"}));
    Predictions all;
    QVERIFY(model->predictRows(std::vector<double>{2, 3, 4, 0, 0, 0}, all));
    QCOMPARE(all.values, (std::vector<double>{9, 12.5, 4, 0, 1.5, -1}));
    // One of them alone.
    ImportNames names;
    names.scores = "whole";
    const auto one = opened(bytes, names);
    QCOMPARE(one->signature().outputs, (std::vector<std::string>{"output"}));
    QVERIFY(one->predictRows(std::vector<double>{2, 3, 4, 0, 0, 0}, all));
    QCOMPARE(all.values, (std::vector<double>{9, 0}));
    names.scores = "y";
    QCOMPARE(opened(bytes, names)->signature().outputs,
             (std::vector<std::string>{"output_0", "output_1"}));
}

void TestOnnx::storedBeforeSeveralNumbers()
{
    // What was stored when only the first number was answered is logged as it was.
    const auto bytes = made::model(made::linear({1, 2}, 0) + made::node("Neg", {"y"}, {"z"}) +
                                   made::input("X", made::Float, {made::kAny, 2}) +
                                   made::output("y", made::Float, {made::kAny, 1}) +
                                   made::output("z", made::Float, {made::kAny, 1}));
    QCOMPARE(opened(bytes)->signature().outputs,
             (std::vector<std::string>{"output_y", "output_z"}));
    const std::string head = R"({"format":1,"name":"m","features":["a","b"],"types":["number",)"
                             R"("number"],"classes":[],"label":"","scores":""})";
    const auto former = loadModel("onnx", head + "\n" + bytes);
    QVERIFY2(former, former ? "" : former.error().text().c_str());
    QCOMPARE((*former)->signature().outputs, (std::vector<std::string>{"output"}));
    Prediction one;
    QVERIFY((*former)->predict(std::vector<double>{2, 3}, one));
    QCOMPARE(one.value, 8.0);
    QVERIFY(one.values.empty());
}

void TestOnnx::numbersOrScores()
{
    // Numbers that look like probabilities are not taken for targets unless somebody says so.
    const auto bytes = made::model(made::node("Softmax", {"X"}, {"p"}, made::number("axis", 1)) +
                                   made::input("X", made::Float, {made::kAny, 3}) +
                                   made::output("p", made::Float, {made::kAny, 3}));
    QVERIFY(holds(why(bytes), "3 numbers for each row that look like probabilities, and no label"));
    ImportNames names;
    names.targets = {"a", "b", "c"};
    QCOMPARE(opened(bytes, names)->signature().targets(), std::size_t{3});
    // An embedding is no answer.
    const auto wide = [](std::int64_t width) {
        return made::model(made::node("Neg", {"X"}, {"y"}) +
                           made::input("X", made::Float, {made::kAny, width}) +
                           made::output("y", made::Float, {made::kAny, width}));
    };
    QCOMPARE(opened(wide(100))->signature().targets(), std::size_t{100});
    QVERIFY(holds(why(wide(101)), "the model answers 101 numbers for a row and no label"));
    // Whole numbers are numbers, too.
    const auto whole = opened(made::model(made::node("Neg", {"X"}, {"y"}) +
                                          made::input("X", made::Int64, {made::kAny, 2}) +
                                          made::output("y", made::Int64, {made::kAny, 2})));
    Predictions all;
    QVERIFY(whole->predictRows(std::vector<double>{1, 2, 3, -4}, all));
    QCOMPARE(all.values, (std::vector<double>{-1, -2, -3, 4}));
}

void TestOnnx::textsAtOnce()
{
    const auto rowsOf = [](std::size_t count) {
        std::vector<Value> rows;
        for (std::size_t i = 0; i < count; ++i) {
            rows.push_back(i % 3 == 0   ? Value::string("Cork")
                           : i % 3 == 1 ? Value::string("Sligo")
                                        : Value::null());
            rows.push_back(Value::fractional(0.5 * static_cast<double>(i)));
            rows.push_back(Value::integral(static_cast<std::int64_t>(i % 7)));
        }
        return rows;
    };
    const auto model = opened(made::columns());
    // More than are asked about in one run.
    const auto rows = rowsOf(2500);
    Predictions all;
    QVERIFY(model->predictValueRows(rows, all));
    QCOMPARE(all.values.size(), std::size_t{2500});
    Prediction one;
    for (std::size_t i = 0; i < 2500; ++i) {
        QVERIFY(model->predictValues(std::span(rows).subspan(i * 3, 3), one));
        QCOMPARE(all.values[i], one.value);
    }
    // Integers that no double is keep their last digit.
    const auto odd = opened(
        made::model(made::constant("two", made::Int64, {1}, std::string("\2\0\0\0\0\0\0\0", 8)) +
                    made::node("Mod", {"x", "two"}, {"z"}) +
                    made::node("Cast", {"z"}, {"y"}, made::number("to", made::Float)) +
                    made::input("x", made::Int64, {made::kAny, 1}) +
                    made::output("y", made::Float, {made::kAny, 1})));
    QVERIFY(odd->predictValueRows(
        std::array{Value::integral(9007199254740993), Value::integral(9007199254740994)}, all));
    QCOMPARE(all.values, (std::vector<double>{1, 0}));
    // What is wrong is said of its row.
    auto bad = rowsOf(5);
    bad[6] = Value::integral(7);
    const auto refused = model->predictValueRows(bad, all);
    QVERIFY(!refused && holds(refused.error().text(), "row 3: the value of town is not a text"));

    // One run it is: a model that adds up its rows says how many it saw.
    const auto sum = opened(made::model(
        made::node("LabelEncoder", {"town"}, {"t"},
                   made::strings("keys_strings", {"Cork"}) + made::floats("values_floats", {1}) +
                       made::real("default_float", 0),
                   "ai.onnx.ml") +
        made::constant("axes", made::Int64, {1}, std::string(8, '\0')) +
        made::node("ReduceSum", {"t", "axes"}, {"all"}) + made::node("Mul", {"t", "all"}, {"y"}) +
        made::input("town", made::String, {made::kAny, 1}) +
        made::output("y", made::Float, {made::kAny, 1})));
    QVERIFY(sum->predictValueRows(
        std::array{Value::string("Cork"), Value::string("Cork"), Value::string("Sligo")}, all));
    QCOMPARE(all.values, (std::vector<double>{2, 2, 0}));
}

void TestOnnx::treesThatKnowTheirWidth()
{
    const auto bytes = made::model(
        made::node("TreeEnsembleRegressor", {"X"}, {"y"},
                   made::ints("nodes_treeids", {0, 0, 0}) + made::ints("nodes_nodeids", {0, 1, 2}) +
                       made::ints("nodes_featureids", {4, 0, 0}) +
                       made::floats("nodes_values", {2.5f, 0, 0}) +
                       made::strings("nodes_modes", {"BRANCH_LEQ", "LEAF", "LEAF"}) +
                       made::ints("nodes_truenodeids", {1, 0, 0}) +
                       made::ints("nodes_falsenodeids", {2, 0, 0}) +
                       made::ints("target_treeids", {0, 0}) + made::ints("target_nodeids", {1, 2}) +
                       made::ints("target_ids", {0, 0}) + made::floats("target_weights", {7, 9}) +
                       made::number("n_targets", 1),
                   "ai.onnx.ml") +
        made::input("X", made::Float, {made::kAny, made::kAny}) +
        made::output("y", made::Float, {made::kAny, 1}));
    const auto made = open(bytes);
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QVERIFY(holds(made->notes.front(), "its trees ask for the first 5"));
    QCOMPARE(made->model->featureNames().size(), std::size_t{5});
    Predictions all;
    QVERIFY(made->model->predictRows(std::vector<double>{0, 0, 0, 0, 3, 9, 9, 9, 9, 2}, all));
    QCOMPARE(all.values, (std::vector<double>{9, 7}));
    ImportNames names;
    names.features = {"a", "b", "c", "d", "e", "f"};
    QCOMPARE(opened(bytes, names)->featureNames(), names.features);
    names.features = {"a", "b"};
    QVERIFY(holds(why(bytes, names), "2 features were named, but the model's trees ask for 5"));
}

void TestOnnx::describedBeside()
{
    // A description in another order: the file's own columns decide.
    ImportNames names;
    names.described = true;
    names.features = {"visits", "town", "age"};
    names.types = {FeatureType::Integer, FeatureType::Text, FeatureType::Integer};
    names.targets = {"spent"};
    const auto model = opened(made::columns(), names);
    QCOMPARE(model->featureNames(), (std::vector<std::string>{"town", "age", "visits"}));
    QVERIFY(model->signature().features[1].type == FeatureType::Integer);
    QCOMPARE(model->signature().outputs, (std::vector<std::string>{"output"}));
    // Columns that are not there are not guessed.
    names.features = {"visits", "city", "age"};
    const auto other = open(made::columns(), names);
    QVERIFY(other);
    QCOMPARE(other->model->featureNames(), (std::vector<std::string>{"town", "age", "visits"}));
    QVERIFY(holds(other->notes.front(), "names other columns than the model"));
    // One table has no names of its own.
    names.features = {"x", "y", "z"};
    names.types = {FeatureType::Number, FeatureType::Number, FeatureType::Integer};
    names.targets = {"price", "rent"};
    const auto table = opened(made::twoTargets(), names);
    QCOMPARE(table->featureNames(), names.features);
    QVERIFY(table->signature().features[2].type == FeatureType::Integer);
    QCOMPARE(table->signature().outputs, (std::vector<std::string>{"output_price", "output_rent"}));
    const auto again = loadModel("onnx", table->serialize());
    QVERIFY(again && (*again)->signature() == table->signature());
}

void TestOnnx::refused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("said");
    using namespace made;
    const auto row = [](const char *name, const std::string &bytes, const char *said) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(said);
    };
    const auto passed = [](std::uint64_t element, const Ints &in, const Ints &out) {
        return model(node("Identity", {"x"}, {"y"}) + input("x", element, in) +
                     output("y", element, out));
    };
    row("half floats", passed(Half, {kAny, 1}, {kAny, 1}),
        "the input \"x\" is a tensor of float16 [?,1]");
    row("an image", passed(Float, {kAny, 3, 8, 8}, {kAny, 3, 8, 8}),
        "the input \"x\" is a tensor of float [?,3,8,8], which is no table");
    row("a row becomes more",
        model(node("Concat", {"x", "x"}, {"y"}, number("axis", 0)) + input("x", Float, {kAny, 1}) +
              output("y", Float, {kAny, 1})),
        "a number: it has \"y\" (tensor of float [2,1]); export it with one row");
    row("no outputs", model(node("Neg", {"x"}, {"y"}) + input("x", Float, {kAny, 1})),
        "the model has no outputs");
    row("too many rows at once", passed(Float, {3'000'000, 4}, {3'000'000, 4}),
        "the input \"x\" takes exactly 3000000 rows of 4 at once");
    row("one class only",
        model(node("TreeEnsembleClassifier", {"X"}, {"label", "p"},
                   ints("classlabels_int64s", {7}) + ints("nodes_treeids", {0}) +
                       ints("nodes_nodeids", {0}) + ints("nodes_featureids", {0}) +
                       floats("nodes_values", {0}) + strings("nodes_modes", {"LEAF"}) +
                       ints("nodes_truenodeids", {0}) + ints("nodes_falsenodeids", {0}) +
                       ints("class_treeids", {0}) + ints("class_nodeids", {0}) +
                       ints("class_ids", {0}) + floats("class_weights", {1}),
                   "ai.onnx.ml") +
              input("X", Float, {kAny, 1}) + output("label", Int64, {kAny}) +
              output("p", Float, {kAny, 1})),
        "the model knows one class only, \"7\", and answers it for every row");
    row("too old an operator",
        model(node("Gemm", {"X", "w", "b"}, {"y"}, number("broadcast", 1)) +
                  constant("w", Float, {1, 1}, std::string(4, '\0')) +
                  constant("b", Float, {1}, std::string(4, '\0')) + input("X", Float, {kAny, 1}) +
                  output("y", Float, {kAny, 1}),
              {4, 6, 1}),
        "the model uses Gemm(6), operator and version, which ONNX Runtime");
    row("one class",
        model(node("Identity", {"x"}, {"y"}) + input("x", Int64, {kAny, 1}) +
              output("y", Int64, {kAny, 1})),
        "the file does not list the classes");
    row("external data",
        model(field(5, field(8, "w") + field(14, std::int64_t{1})) +
              node("Identity", {"x"}, {"y"}) + input("x", Float, {kAny, 1}) +
              output("y", Float, {kAny, 1})),
        "the model keeps its weights in other files");
    row("too new a form",
        model(linear({1}, 0) + input("X", Float, {kAny, 1}) + output("y", Float, {kAny, 1}),
              {99, 15, 2}),
        "the file has version 99 of ONNX's form, which is too new for ONNX Runtime");
    row("too new an opset",
        model(linear({1}, 0) + input("X", Float, {kAny, 1}) + output("y", Float, {kAny, 1}),
              {7, 999, 2}),
        "the file needs opset 999 of ai.onnx, 2 of ai.onnx.ml, which is too new");
    row("unknown domain",
        model(node("Bar", {"x"}, {"y"}, "", "com.else") + input("x", Float, {kAny, 1}) +
              output("y", Float, {kAny, 1})),
        "com.else");
    row("unknown operator",
        model(node("Foo", {"x"}, {"y"}) + input("x", Float, {kAny, 1}) +
              output("y", Float, {kAny, 1})),
        "the model uses the operator Foo, which ONNX Runtime");
    row("nothing", "", "this is not an ONNX model");
}

void TestOnnx::refused()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, said);
    const std::string text = why(bytes.toStdString());
    QVERIFY(holds(text, said.constData()));
    QVERIFY2(text.find("; ") != text.npos, "no next step");
    QVERIFY2(text.find(".cc:") == text.npos && text.find('\n') == text.npos, text.c_str());
}

void TestOnnx::wrongRows()
{
    const auto model = opened(made::plainClassifier());
    Prediction one;
    const auto narrow = model->predict(std::vector<double>{1, 2}, one);
    QVERIFY(!narrow && holds(narrow.error().text(), "expects 4 values but got 2; send f0, f1"));
    QVERIFY(!model->predict(std::vector<double>{1, 2, 3, std::numeric_limits<double>::infinity()},
                            one));
    QVERIFY(model->predict(kRows[0], one));
}

void TestOnnx::manyThreads()
{
    const auto model = opened(made::zippedClassifier(true));
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            Prediction one;
            const auto &row = kRows[t];
            const auto expected = softmax(linearScores(row));
            for (int i = 0; i < 500; ++i) {
                if (!model->predict(row, one) || one.classIndex != most(expected) ||
                    !close(one.probabilities[0], expected[0]))
                    ++wrong;
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(wrong.load(), 0);
}

QTEST_APPLESS_MAIN(TestOnnx)
#include "tst_onnx.moc"
