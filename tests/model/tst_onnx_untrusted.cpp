// ONNX files from elsewhere: tried in a process of their own, and nothing of ours goes down.

#include "onnx_files.h"
#include "onnx_model.h"
#include "test_support.h"

#include <tepal/model/import.h>
#include <tepal/model/onnx.h>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <cstdio>
#include <fstream>

using namespace tepal;
using namespace tepal::test;
namespace fs = std::filesystem;
namespace made = tepal::test::onnx;
using tepal::onnx::OnnxModel;

class TestOnnxUntrusted : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup() { setOnnxLimits({}); }
    void imported();
    void mlflow();
    void weightsBeside();
    void exportedElsewhere();
    void endless();
    void tooMuchMemory();
    void programs_data();
    void programs();
    void mutations();
    void namedRuntime();

private:
    fs::path write(const std::string &name, const std::string &bytes) const
    {
        const fs::path path = fs::path(m_folder->path().toStdString()) / name;
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
    std::string why(const fs::path &path)
    {
        const auto made = importModel(*m_store, path, {});
        return made ? "taken" : made.error().text();
    }
    static bool holds(const std::string &text, const char *part)
    {
        if (text.find(part) != text.npos)
            return true;
        qWarning("\"%s\" lacks \"%s\"", text.c_str(), part);
        return false;
    }
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ModelStore> m_store;
};

void TestOnnxUntrusted::initTestCase()
{
    const auto report = onnxRuntimeReport();
    if (report.missing.empty())
        return;
    std::printf("ONNX Runtime is needed: %s\n", report.missing.c_str());
    QSKIP("ONNX Runtime is needed, and was not found");
}

void TestOnnxUntrusted::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_store = std::make_unique<ModelStore>(fs::path(m_folder->path().toStdString()) / "store");
}

void TestOnnxUntrusted::imported()
{
    const auto made = importModel(*m_store, write("m.bin", made::zippedClassifier(true)), {});
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QCOMPARE(made->info.kind, std::string("onnx"));
    QCOMPARE(made->from, std::string("ONNX"));
    const auto loaded = m_store->load(made->info.tag);
    QVERIFY(loaded && (*loaded)->signature() == made->model->signature());
    // Errors of the process that tries are those of the model.
    QVERIFY(holds(why(write("wide.onnx", made::regression(9))),
                  "wide.onnx: the input \"X\" has 9 features, but the model has coefficients"));
    QVERIFY(holds(why(write("cut.onnx", made::zippedClassifier(true).substr(0, 300))),
                  "begins like an ONNX model, but is damaged or cut short"));
}

void TestOnnxUntrusted::mlflow()
{
    fs::create_directories(fs::path(m_folder->path().toStdString()) / "spending/model");
    write("spending/model/model.onnx", made::columns());
    // As mlflow.onnx.log_model() writes it, lists and all.
    write("spending/model/MLmodel", R"(artifact_path: model
flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_version: 1.15.0
    providers:
    - CUDAExecutionProvider
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.onnx
    python_version: 3.10.12
mlflow_version: 2.14.1
model_size_bytes: 482
signature:
  inputs: '[{"type": "long", "name": "visits", "required": true}, {"type": "string",
    "name": "town", "required": true}, {"type": "float", "name": "age", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
  params: null
)");
    const fs::path folder = fs::path(m_folder->path().toStdString()) / "spending/model";
    const auto made = importModel(*m_store, folder, {});
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QCOMPARE(made->info.tag.name, std::string("spending"));
    QCOMPARE(made->from, std::string("MLflow, ONNX"));
    QCOMPARE(made->model->featureNames(), (std::vector<std::string>{"town", "age", "visits"}));
    Prediction one;
    QVERIFY(made->model->predictValues(
        std::array{Value::string("Sligo"), Value::fractional(30), Value::integral(4)}, one));
    QCOMPARE(one.value, 46.0);
    QVERIFY(m_store->load(made->info.tag));

    // One table, whose columns and answers only the signature names.
    write("spending/model/model.onnx", made::twoTargets());
    write("spending/model/MLmodel", R"(flavors:
  onnx:
    onnx_version: 1.16.0
  python_function:
    data: model.onnx
    loader_module: mlflow.onnx
signature:
  inputs: '[{"name": "rooms", "type": "long"}, {"name": "area", "type": "double"},
    {"name": "age", "type": "double"}]'
  outputs: '[{"name": "price", "type": "float"}, {"name": "rent", "type": "float"}]'
)");
    const auto two = importModel(*m_store, folder / "MLmodel", {});
    QVERIFY2(two, two ? "" : two.error().text().c_str());
    QCOMPARE(two->model->featureNames(), (std::vector<std::string>{"rooms", "area", "age"}));
    QVERIFY(two->model->signature().features[0].type == FeatureType::Integer);
    QCOMPARE(two->model->signature().outputs,
             (std::vector<std::string>{"output_price", "output_rent"}));

    // Tensors in the signature name nothing: the graph does.
    write("spending/model/model.onnx", made::zippedClassifier(true));
    write("spending/model/MLmodel", R"(flavors:
  onnx:
    data: model.onnx
signature:
  inputs: '[{"name": "X", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}]'
  outputs: '[{"name": "label", "type": "tensor", "tensor-spec": {"dtype": "str", "shape": [-1]}},
    {"name": "scores", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]'
)");
    const auto tensors = importModel(*m_store, folder, {});
    QVERIFY2(tensors, tensors ? "" : tensors.error().text().c_str());
    QCOMPARE(tensors->model->featureNames(), (std::vector<std::string>{"f0", "f1", "f2", "f3"}));
    QCOMPARE(tensors->model->classNames(), (std::vector<std::string>{"low", "mid", "high"}));

    // Weights beside the model.
    write("spending/model/model.onnx",
          made::model(made::field(5, made::field(8, "w") + made::field(14, std::int64_t{1})) +
                      made::node("Identity", {"x"}, {"y"}) +
                      made::input("x", made::Float, {made::kAny, 1}) +
                      made::output("y", made::Float, {made::kAny, 1})));
    QVERIFY(holds(why(folder), "the model keeps its weights in other files; save it as one file"));
}

void TestOnnxUntrusted::weightsBeside()
{
    // y = 2·a + 3·b + 5, with the numbers in one file behind each other.
    const auto floats = [](std::vector<float> values) {
        return std::string(reinterpret_cast<const char *>(values.data()), values.size() * 4);
    };
    const auto bytes = [](const std::string &weights, const std::string &bias) {
        return made::model(weights + bias + made::node("MatMul", {"X", "w"}, {"m"}) +
                           made::node("Add", {"m", "b"}, {"y"}) +
                           made::input("X", made::Float, {made::kAny, 2}) +
                           made::output("y", made::Float, {made::kAny, 1}));
    };
    const auto whole = [&](std::string_view location) {
        return bytes(made::outside("w", {2, 1}, location, "", "8"),
                     made::outside("b", {1}, location, "8", "4"));
    };
    write("line.onnx.data", floats({2, 3, 5}));
    const auto made = importModel(*m_store, write("line.onnx", whole("line.onnx.data")), {});
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    Prediction one;
    QVERIFY(made->model->predict(std::vector<double>{10, 100}, one));
    QCOMPARE(one.value, 325.0);
    // What is stored needs the file no more.
    fs::remove(fs::path(m_folder->path().toStdString()) / "line.onnx.data");
    const auto loaded = m_store->load(made->info.tag);
    QVERIFY(loaded && (*loaded)->predict(std::vector<double>{1, 1}, one));
    QCOMPARE(one.value, 10.0);
    // Without a length it is the rest of the file.
    write("b.bin", floats({0, 7}));
    const auto rest = importModel(
        *m_store,
        write("rest.onnx", bytes(made::constant("w", made::Float, {2, 1}, floats({2, 3})),
                                 made::outside("b", {1}, "b.bin", "4"))),
        {});
    QVERIFY2(rest, rest ? "" : rest.error().text().c_str());
    QVERIFY(rest->model->predict(std::vector<double>{1, 1}, one));
    QCOMPARE(one.value, 12.0);

    QVERIFY(holds(why(write("m.onnx", whole("line.onnx.data"))),
                  "the model keeps its weights in line.onnx.data, which is not beside it; put"));
    write("line.onnx.data", floats({2, 3}));
    QVERIFY(holds(why(write("m.onnx", whole("line.onnx.data"))),
                  "the file line.onnx.data is shorter than the model says"));
    // Nothing is read from anywhere else.
    const fs::path folder = m_folder->path().toStdString();
    fs::create_directories(folder / "deep");
    for (const char *location : {"../line.onnx.data", "/etc/passwd", "..", "deep/w", "c:w"})
        QVERIFY(holds(why(write("deep/m.onnx", whole(location))), "only from beside it"));
    fs::create_symlink(folder / "line.onnx.data", folder / "deep/link");
    QVERIFY(holds(why(write("deep/m.onnx", whole("link"))), "link, which is no plain file"));
    QVERIFY(holds(why(write("deep/m.onnx", whole("."))), "only from beside it"));
    QVERIFY(holds(why(write("m.onnx", bytes(made::outside("w", {2, 1}, "line.onnx.data", "-1"),
                                            made::outside("b", {1}, "line.onnx.data")))),
                  "damaged"));
    // Within a part of the graph they are not looked for.
    QVERIFY(holds(
        why(write(
            "m.onnx",
            made::model(
                made::node("Constant", {}, {"c"},
                           made::field(5, made::field(1, "value") +
                                              made::field(5, made::field(14, std::int64_t{1})) +
                                              made::field(20, std::int64_t{4}))) +
                made::node("Add", {"x", "c"}, {"y"}) +
                made::input("x", made::Float, {made::kAny, 1}) +
                made::output("y", made::Float, {made::kAny, 1})))),
        "the model keeps its weights in other files"));
}

void TestOnnxUntrusted::exportedElsewhere()
{
    // What was exported is as untrusted as a file: it never reaches this process untried.
    const auto model = OnnxModel::open(made::regression(), {"m", {}, {}, {}});
    QVERIFY(model);
    const auto saved = m_store->save(*model->model);
    QVERIFY(saved);
    const auto file = m_store->exportTo(saved->tag, m_folder->path().toStdString());
    QVERIFY(file);
    ModelStore other(fs::path(m_folder->path().toStdString()) / "other");
    OnnxLimits limits;
    limits.program = write("false", "#!/bin/sh\nkill -SEGV $$\n");
    fs::permissions(limits.program, fs::perms::owner_all);
    setOnnxLimits(limits);
    const auto crashed = other.importFrom(*file);
    QVERIFY(!crashed && holds(crashed.error().text(), "crashed or needed too much memory"));
    setOnnxLimits({});
    QVERIFY(other.importFrom(*file));
}

void TestOnnxUntrusted::endless()
{
    OnnxLimits limits;
    limits.run = std::chrono::milliseconds(300);
    setOnnxLimits(limits);
    QElapsedTimer timer;
    timer.start();
    QVERIFY(
        holds(why(write("loop.onnx", made::endless())), "the model did not answer within 300 ms"));
    QVERIFY2(timer.elapsed() < 10'000, qPrintable(QString::number(timer.elapsed())));
    // The process itself does not live on, either.
    limits.run = std::chrono::milliseconds(60'000);
    limits.trial = std::chrono::milliseconds(500);
    setOnnxLimits(limits);
    timer.start();
    QVERIFY(holds(why(write("loop.onnx", made::endless())), "took longer than 500 ms"));
    QVERIFY2(timer.elapsed() < 10'000, qPrintable(QString::number(timer.elapsed())));
    // And in this process, a run ends and the next one is none the worse.
    limits.run = std::chrono::milliseconds(200);
    setOnnxLimits(limits);
    const auto here = OnnxModel::open(made::endless(), {"m", {}, {}, {}});
    QVERIFY(!here && here.error().code == ErrorCode::Unavailable);
    QVERIFY(OnnxModel::open(made::regression(), {"m", {}, {}, {}}));
}

void TestOnnxUntrusted::tooMuchMemory()
{
    // Ones as many as the first feature says: 2^40 for zero.
    const std::int64_t huge = 1ll << 40;
    const auto bytes = made::model(
        made::constant("n", made::Int64, {1},
                       std::string_view(reinterpret_cast<const char *>(&huge), sizeof huge)) +
        made::node("ConstantOfShape", {"n"}, {"big"}) +
        made::node("ReduceSum", {"big"}, {"sum"}, made::number("keepdims", 1)) +
        made::node("Add", {"x", "sum"}, {"y"}) + made::input("x", made::Float, {made::kAny, 1}) +
        made::output("y", made::Float, {made::kAny, 1}));
    const std::string said = why(write("big.onnx", bytes));
    QVERIFY2(said != "taken" && said.find("; ") != said.npos, said.c_str());
    QVERIFY(m_store->list()->empty());
}

void TestOnnxUntrusted::programs_data()
{
    QTest::addColumn<QByteArray>("script");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("crash") << QByteArray("kill -SEGV $$")
                           << QByteArray("crashed or needed too much memory");
    QTest::newRow("cpu time") << QByteArray("kill -XCPU $$") << QByteArray("took too long");
    QTest::newRow("silence") << QByteArray("exit 0") << QByteArray("gave no answer");
    QTest::newRow("noise") << QByteArray("echo '{\"taken\": 7}'") << QByteArray("gave no answer");
    QTest::newRow("a crash behind the answer")
        << QByteArray("echo '{\"taken\": true}'; kill -ABRT $$") << QByteArray("crashed");
    QTest::newRow("failed behind the answer")
        << QByteArray("echo '{\"taken\": true}'; exit 3") << QByteArray("gave no answer");
    QTest::newRow("hangs") << QByteArray("exec sleep 60") << QByteArray("took longer than 400 ms");
    QTest::newRow("refuses")
        << QByteArray("cat > /dev/null; echo '{\"taken\":false,\"code\":4,\"message\":\"so\","
                      "\"next\":\"do\"}'")
        << QByteArray("m.onnx: so; do");
}

void TestOnnxUntrusted::programs()
{
    QFETCH(QByteArray, script);
    QFETCH(QByteArray, said);
    OnnxLimits limits;
    limits.trial = std::chrono::milliseconds(400);
    limits.program = write("try", "#!/bin/sh\n" + script.toStdString() + "\n");
    fs::permissions(limits.program, fs::perms::owner_all);
    setOnnxLimits(limits);
    QVERIFY(holds(why(write("m.onnx", made::regression())), said.constData()));
    QVERIFY(m_store->list()->empty());
    limits.program = "/absent/tepal";
    setOnnxLimits(limits);
    QVERIFY(holds(why(write("m.onnx", made::regression())), "/absent/tepal is not there"));
}

void TestOnnxUntrusted::mutations()
{
    // Damaged files are refused in one sentence or taken; a few, because each is a process.
    const std::string whole = made::zippedClassifier(true);
    std::uint32_t state = 12345;
    const auto random = [&] { return state = state * 1664525u + 1013904223u, state >> 8; };
    for (int i = 0; i < 40; ++i) {
        std::string bytes = whole;
        for (int k = 0; k < 1 + i % 4; ++k)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        const std::string said = why(write("x.onnx", bytes));
        QVERIFY2(said == "taken" || said.find("; ") != said.npos, said.c_str());
        QVERIFY2(said.find("crashed") == said.npos, said.c_str());
    }
}

void TestOnnxUntrusted::namedRuntime()
{
    const QByteArray before = qgetenv("TEPAL_ONNXRUNTIME");
    // What somebody named and cannot be used is said, not passed over.
    qputenv("TEPAL_ONNXRUNTIME", "/absent/lib.so");
    QVERIFY(holds(onnxRuntimeReport().missing, "TEPAL_ONNXRUNTIME names /absent/lib.so, which is "
                                               "not there"));
    const auto text = write("lib.so", "no library");
    qputenv("TEPAL_ONNXRUNTIME", QByteArray::fromStdString(text.string()));
    QVERIFY(holds(onnxRuntimeReport().missing, "lib.so, which "));
    qputenv("TEPAL_ONNXRUNTIME", m_folder->path().toUtf8());
    QVERIFY(holds(onnxRuntimeReport().missing, "which "));
    QCOMPARE(onnxRuntimeReport().version, std::string());
    before.isEmpty() ? qunsetenv("TEPAL_ONNXRUNTIME") : qputenv("TEPAL_ONNXRUNTIME", before);
    QVERIFY(onnxRuntimeReport().missing.empty());
}

QTEST_APPLESS_MAIN(TestOnnxUntrusted)
#include "tst_onnx_untrusted.moc"
