// ONNX files as far as they are read and rewritten by ourselves: no runtime is needed.

#include "onnx_file.h"
#include "onnx_files.h"
#include "onnx_runtime.h"
#include "test_support.h"

#include <QTest>

using namespace tepal;
using namespace tepal::test;
namespace made = tepal::test::onnx;
namespace own = tepal::onnx;

class TestOnnxFile : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void facts();
    void classesOfConstants();
    void classesThatDiffer();
    void externalData_data();
    void externalData();
    void cutShort();
    void deepGraphs();
    void unzipped_data();
    void unzipped();
    void leftAlone_data();
    void leftAlone();
    void messages();
};

void TestOnnxFile::facts()
{
    const auto facts = own::readFacts(made::plainClassifier(true));
    QVERIFY(facts);
    QCOMPARE(facts->irVersion, 7);
    QCOMPARE(facts->producer, std::string("tepal-tests"));
    QCOMPARE(facts->classes, (std::vector<std::string>{"low", "mid", "high"}));
    QCOMPARE(facts->nodes, std::size_t{1});
    QVERIFY(!facts->takesMissing && !facts->externalData);
    QCOMPARE(facts->opsets.size(), std::size_t{2});
    QCOMPARE(facts->opsets[1].first, std::string("ai.onnx.ml"));
    QCOMPARE(own::readFacts(made::zippedClassifier(false))->classes,
             (std::vector<std::string>{"10", "20", "30"}));
    QVERIFY(own::readFacts(made::model(made::node("Imputer", {"X"}, {"y"})))->takesMissing);
    const auto tracks = [](std::int64_t last) {
        return own::readFacts(made::model(made::node(
                                  "TreeEnsembleRegressor", {"X"}, {"y"},
                                  made::ints("nodes_missing_value_tracks_true", {0, 0, last}))))
            ->takesMissing;
    };
    QVERIFY(tracks(1));
    QVERIFY(!tracks(0));
}

void TestOnnxFile::classesOfConstants()
{
    const std::int64_t values[] = {3, -1};
    const auto facts = own::readFacts(made::model(
        made::constant("classes", made::Int64, {2},
                       std::string_view(reinterpret_cast<const char *>(values), sizeof values))));
    QVERIFY(facts);
    QCOMPARE(facts->classes, (std::vector<std::string>{"3", "-1"}));
}

void TestOnnxFile::classesThatDiffer()
{
    const auto facts = own::readFacts(
        made::model(made::classifier(made::numberLabels()) + made::classifier(made::textLabels())));
    QVERIFY(facts && facts->classes.empty());
}

void TestOnnxFile::externalData_data()
{
    QTest::addColumn<QByteArray>("graph");
    const std::string tensor = made::field(8, "w") + made::field(13, "location=../x");
    const auto row = [](const char *name, const std::string &graph) {
        QTest::newRow(name) << QByteArray::fromStdString(graph);
    };
    row("initializer", made::field(5, tensor));
    row("only the place", made::field(5, made::field(14, std::int64_t{1})));
    row("attribute", made::node("Constant", {}, {"y"},
                                made::field(5, made::field(1, "value") + made::field(5, tensor))));
    row("sparse", made::field(15, made::field(1, tensor)));
    row("graph in a graph",
        made::node("If", {"c"}, {"y"}, made::body("then_branch", made::field(5, tensor))));
}

void TestOnnxFile::externalData()
{
    QFETCH(QByteArray, graph);
    const auto facts = own::readFacts(made::model(graph.toStdString()));
    QVERIFY(facts);
    QVERIFY(facts->externalData);
}

void TestOnnxFile::cutShort()
{
    const std::string whole = made::zippedClassifier(true);
    QVERIFY(own::looksLikeModel(whole));
    QVERIFY(!own::looksLikeModel("") && !own::looksLikeModel("a,b\n1,2\n"));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto part = std::string_view(whole).substr(0, size);
        const auto facts = own::readFacts(part);
        QVERIFY(facts || facts.error().code == ErrorCode::Corrupt);
        const auto rewritten = own::withoutMaps(part);
        QVERIFY(rewritten.bytes.empty() || facts);
    }
}

void TestOnnxFile::deepGraphs()
{
    std::string graph;
    for (int i = 0; i < 2000; ++i)
        graph = made::node("If", {"c"}, {"y"}, made::body("then_branch", graph));
    const auto facts = own::readFacts(made::model(graph));
    QVERIFY(!facts && facts.error().code == ErrorCode::Corrupt);
}

void TestOnnxFile::unzipped_data()
{
    QTest::addColumn<bool>("texts");
    QTest::newRow("numbers") << false;
    QTest::newRow("texts") << true;
}

void TestOnnxFile::unzipped()
{
    QFETCH(bool, texts);
    const auto rewritten = own::withoutMaps(made::zippedClassifier(texts));
    QCOMPARE(rewritten.unwrapped.size(), std::size_t{1});
    QCOMPARE(rewritten.unwrapped[0].output, std::string("scores"));
    QCOMPARE(rewritten.unwrapped[0].tensor, std::string("p"));
    QCOMPARE(rewritten.unwrapped[0].classes, texts
                                                 ? (std::vector<std::string>{"low", "mid", "high"})
                                                 : (std::vector<std::string>{"10", "20", "30"}));
    // To the byte what the file without maps would be.
    QVERIFY(rewritten.bytes == made::plainClassifier(texts));
    const auto again = own::withoutMaps(rewritten.bytes);
    QVERIFY(again.bytes.empty() && again.unwrapped.empty());
}

void TestOnnxFile::leftAlone_data()
{
    QTest::addColumn<QByteArray>("bytes");
    using namespace made;
    const std::string head =
        classifier(numberLabels()) + input("X", Float, {kAny, 4}) + output("label", Int64, {kAny});
    const std::string labels = ints("classlabels_int64s", {10, 20, 30});
    const std::string zip = node("ZipMap", {"p"}, {"scores"}, labels, "ai.onnx.ml");
    const std::string out = maps("scores", Int64);
    const auto row = [](const char *name, const std::string &bytes) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    row("no maps", plainClassifier());
    row("not the last step", model(head + zip + out + node("Other", {"scores"}, {"z"})));
    row("no output", model(head + zip));
    row("another domain",
        model(head + out + node("ZipMap", {"p"}, {"scores"}, labels, "else.where")));
    row("no classes", model(head + out + node("ZipMap", {"p"}, {"scores"}, "", "ai.onnx.ml")));
    row("a class twice", model(head + out +
                               node("ZipMap", {"p"}, {"scores"},
                                    ints("classlabels_int64s", {1, 1, 2}), "ai.onnx.ml")));
    row("another attribute",
        model(head + out +
              node("ZipMap", {"p"}, {"scores"}, labels + ints("more", {1}), "ai.onnx.ml")));
    row("the tensor is an output, too", model(head + zip + out + output("p", Float, {kAny, 3})));
    row("of an input", model(head + out + input("q", Float, {kAny, 3}) +
                             node("ZipMap", {"q"}, {"scores"}, labels, "ai.onnx.ml")));
    row("graphs in the graph",
        model(head + zip + out + node("If", {"c"}, {"z"}, body("then_branch", std::string()))));
    row("two graphs", zippedClassifier(false) + zippedClassifier(false));
    row("one of two",
        model(head + zip + out + maps("more", Int64) + node("ZipMap", {"p"}, {"more"}, labels)));
}

void TestOnnxFile::leftAlone()
{
    QFETCH(QByteArray, bytes);
    const auto rewritten = own::withoutMaps(bytes.toStdString());
    QVERIFY(rewritten.bytes.empty());
    QVERIFY(rewritten.unwrapped.empty());
}

void TestOnnxFile::messages()
{
    const auto plain = [](const char *text) { return own::plainMessage(text); };
    QCOMPARE(plain("Load model failed:/src/core/graph/model.cc:180 onnxruntime::Model::Model("
                   "ModelProto&&, const PathString&) Unsupported model IR version: 99, max "
                   "supported IR version: 11\n"),
             std::string("Unsupported model IR version: 99, max supported IR version: 11"));
    QCOMPARE(plain("/a/b.h:7 void f(int (*)(int)) const n < 3 was false. Too many."),
             std::string("Too many"));
    QCOMPARE(plain("Fatal error: Foo(-1) is not a registered function/op"),
             std::string("Fatal error: Foo(-1) is not a registered function/op"));
    QCOMPARE(plain(""), std::string("nothing more"));
}

QTEST_APPLESS_MAIN(TestOnnxFile)
#include "tst_onnx_file.moc"
