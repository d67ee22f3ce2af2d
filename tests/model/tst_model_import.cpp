// Models as the files people have: what is taken, and what is told about the rest.

#include "test_support.h"

#include <tepal/model/import.h>
#include <tepal/model/iris.h>

#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <set>

using namespace tepal;
using namespace tepal::test;
namespace fs = std::filesystem;

class TestModelImport : public QObject
{
    Q_OBJECT
private slots:
    void init();
    void foundByContent();
    void names();
    void exported();
    void mlflow();
    void mlflowOverSeveralLines();
    void mlflowInAnotherOrder();
    void mlflowRefused_data();
    void mlflowRefused();
    void foreign_data();
    void foreign();
    void nothingIsLeftBehind();
    void theCatalogueIsWhole();

private:
    fs::path write(const std::string &name, const std::string &bytes) const
    {
        const fs::path path = m_files / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
    std::string why(const fs::path &path, const ImportNames &names = {})
    {
        const auto made = importModel(*m_store, path, names);
        return made ? "taken" : made.error().text();
    }
    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path m_files;
    std::unique_ptr<ModelStore> m_store;
};

void TestModelImport::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_files = fs::path(m_folder->path().toStdString()) / "files";
    m_store = std::make_unique<ModelStore>(fs::path(m_folder->path().toStdString()) / "store");
}

void TestModelImport::foundByContent()
{
    // Whatever it is called.
    const auto path = write("My Model (v2).pkl", readAll(golden("trees/xgboost_iris/model.ubj")));
    const auto made = importModel(*m_store, path, {});
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QCOMPARE(made->info.tag.name, std::string("my_model_v2"));
    QCOMPARE(made->info.kind, std::string("xgboost"));
    QVERIFY(made->info.task == Task::Classification);
    QCOMPARE(made->info.features.size(), std::size_t{4});
    const auto text = importModel(
        *m_store, write("b.json", readAll(golden("trees/lightgbm_poisson/model.txt"))), {});
    QVERIFY(text);
    QCOMPARE(text->info.kind, std::string("lightgbm"));
    QVERIFY(text->info.task == Task::Regression);
    const auto listed = m_store->list();
    QVERIFY(listed);
    QCOMPARE(listed->size(), std::size_t{2});
    const auto again = m_store->get(text->info.tag);
    QVERIFY(again && again->task == Task::Regression);
    const auto loaded = m_store->load(text->info.tag);
    QVERIFY(loaded && (*loaded)->signature() == text->model->signature());
}

void TestModelImport::names()
{
    const auto path = write("m.json", readAll(golden("trees/xgboost_iris/model.json")));
    const auto made =
        importModel(*m_store, path, {"Flowers", {"a", "b", "c", "d"}, {"x", "y", "z"}, {}});
    QVERIFY(made);
    QCOMPARE(made->info.tag.name, std::string("flowers"));
    QCOMPARE(made->info.classes, (std::vector<std::string>{"x", "y", "z"}));
    QVERIFY(made->notes.size() < 2);
    QVERIFY(why(path, {"no:good", {}, {}, {}}).find("cannot name a model") != std::string::npos);
    QCOMPARE(modelNameOf("/a/__Ünder Größe-.txt"), std::string("nder_gr_e"));
    QCOMPARE(modelNameOf("…"), std::string("model"));
    QCOMPARE(modelNameOf(std::string(200, 'a')).size(), std::size_t{63});
}

void TestModelImport::exported()
{
    ModelStore other(fs::path(m_folder->path().toStdString()) / "other");
    const auto saved = other.save(**trainIris());
    QVERIFY(saved);
    const auto file = other.exportTo(saved->tag, m_files.parent_path());
    QVERIFY(file);
    const auto made = importModel(*m_store, *file, {});
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QVERIFY(made->info.tag == saved->tag);
    QVERIFY(why(*file, {"other", {}, {}, {}}).find("keeps the names") != std::string::npos);
}

void TestModelImport::mlflow()
{
    write("run/model/model.xgb", readAll(golden("trees/xgboost_made_gamma/model.ubj")));
    write("run/model/MLmodel", R"(artifact_path: model
flavors:
  python_function:
    data: model.xgb
    env:
      conda: conda.yaml
    loader_module: mlflow.xgboost
  xgboost:
    code: null
    data: model.xgb
    model_format: xgb
mlflow_version: 2.9.2
signature:
  inputs: '[{"type": "double", "name": "size"}, {"type": "long", "name": "rooms"}, {"type": "float", "name": "it''s far"}, {"type": "double", "name": "built"}]'
  outputs: '[{"type": "double"}]'
  params: null
utc_time_created: '2026-01-01 00:00:00.000000'
)");
    for (const char *path : {"run/model", "run/model/MLmodel"}) {
        const auto made = importModel(*m_store, m_files / path, {});
        QVERIFY2(made, made ? "" : made.error().text().c_str());
        QCOMPARE(made->info.tag.name, std::string("run"));
        QCOMPARE(made->info.features,
                 (std::vector<std::string>{"size", "rooms", "it's far", "built"}));
        QVERIFY(made->model->signature().features[1].type == FeatureType::Integer);
        QVERIFY(made->notes.empty());
    }
    // What is said goes before what is written.
    const auto named =
        importModel(*m_store, m_files / "run/model", {"n", {"a", "b", "c", "d"}, {}, {}});
    QVERIFY(named);
    QCOMPARE(named->info.features[0], std::string("a"));
}

void TestModelImport::mlflowOverSeveralLines()
{
    write("lgb/model.lgb", readAll(golden("trees/lightgbm_regression/model.txt")));
    // As PyYAML folds what is longer than 80 characters.
    write("lgb/MLmodel",
          "flavors:\r\n  lightgbm:\r\n    data: model.lgb\r\n    lgb_version: 4.3.0\r\n"
          "signature:\r\n  inputs: '[{\"type\": \"double\", \"name\": \"a\"}, "
          "{\"type\": \"double\",\r\n    \"name\": \"b\r\n    b\"}, {\"type\": \"double\", "
          "\"name\": \"c\"}, {\"type\": \"double\", \"name\":\r\n    \"d\"}, "
          "{\"type\": \"double\", \"name\": \"e\"}, {\"type\": \"double\",\r\n"
          "    \"name\": \"f\"}]'\r\n");
    const auto made = importModel(*m_store, m_files / "lgb", {});
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QCOMPARE(made->info.features, (std::vector<std::string>{"a", "b b", "c", "d", "e", "f"}));
    // In double quotes, with a name that is not ASCII.
    write("lgb/MLmodel",
          "flavors:\n  lightgbm: {}\n  lightgbm:\n    data: model.lgb\nsignature:\n  inputs: "
          "\"[{\\\"type\\\": \\\"double\\\", \\\"name\\\": \\\"Gr\\xf6\\u00dfe\\\"},\\\n    "
          "\\ {\\\"type\\\": \\\"double\\\", \\\"name\\\": \\\"b\\\"}, {\\\"name\\\": \\\"c\\\"}, "
          "{\\\"name\\\": \\\"d\\\"}, {\\\"name\\\": \\\"e\\\"}, {\\\"name\\\": \\\"f\\\"}]\"\n");
    const auto quoted = importModel(*m_store, m_files / "lgb", {});
    QVERIFY2(quoted, quoted ? "" : quoted.error().text().c_str());
    QCOMPARE(quoted->info.features[0], std::string("Größe"));
    QCOMPARE(quoted->info.features[1], std::string("b"));
}

void TestModelImport::mlflowInAnotherOrder()
{
    // The file calls them "sepal length", "b", "c", "d".
    write("m/m.json", readAll(golden("trees/xgboost_made_logistic/model.json")));
    write("m/MLmodel",
          "flavors:\n  xgboost:\n    data: m.json\nsignature:\n  inputs: '[{\"name\": \"d\"}, "
          "{\"name\": \"sepal_length\", \"type\": \"long\"}, {\"name\": \"c\"}, "
          "{\"name\": \"b\"}]'\n");
    const auto made = importModel(*m_store, m_files / "m", {});
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    QCOMPARE(made->info.features, (std::vector<std::string>{"sepal_length", "b", "c", "d"}));
    QVERIFY(made->model->signature().features[0].type == FeatureType::Integer);
    QVERIFY(made->model->signature().features[3].type == FeatureType::Number);
    // The same order by hand would swap columns; other names are new ones, and that is said.
    const auto file = m_files / "m/m.json";
    QVERIFY(why(file, {"m", {"d", "sepal length", "c", "b"}, {}, {}, false})
                .find("would swap columns") != std::string::npos);
    const auto renamed =
        importModel(*m_store, file, {"m", {"w", "x", "y", "z"}, {"no", "yes"}, {}, false});
    QVERIFY(renamed);
    QVERIFY2(renamed->notes.at(0) ==
                 "the file calls its features sepal length, …, d: they are renamed in this order",
             renamed->notes[0].c_str());
    write("m/MLmodel", "flavors:\n  xgboost:\n    data: m.json\nsignature:\n  inputs: '[{\"name\": "
                       "\"d\"}, {\"name\": \"a\"}, {\"name\": \"c\"}, {\"name\": \"b\"}]'\n");
    QVERIFY(why(m_files / "m").find("has a feature \"sepal length\", which the description") !=
            std::string::npos);
}

void TestModelImport::mlflowRefused_data()
{
    QTest::addColumn<QByteArray>("mlmodel");
    QTest::addColumn<QByteArray>("why");
    const auto row = [](const char *name, const char *mlmodel, const char *said) {
        QTest::newRow(name) << QByteArray(mlmodel) << QByteArray(said);
    };
    row("sklearn", "flavors:\n  python_function:\n    data: m\n  sklearn:\n    pickled_model: m\n",
        "the flavor sklearn are not read; of MLflow's, xgboost, lightgbm and onnx are; export a "
        "scikit-learn model to ONNX");
    row("none", "a: b\n", "names no flavor");
    row("empty", "", "holds nothing");
    row("outside", "flavors:\n  xgboost:\n    data: ../outside.json\n", "does not say which file");
    row("absolute", "flavors:\n  xgboost:\n    data: /etc/passwd\n", "does not say which file");
    row("link", "flavors:\n  xgboost:\n    data: link\n", "which is not there");
    row("absent", "flavors:\n  xgboost:\n    data: nothing\n", "which is not there");
    row("pickle", "flavors:\n  lightgbm:\n    data: model.pkl\n", "is a pickle");
    row("columns",
        "flavors:\n  xgboost:\n    data: m.json\nsignature:\n  inputs: '[{\"name\": \"a\"}]'\n",
        "1 names of features were given, but the model has 4");
    row("text",
        "flavors:\n  xgboost:\n    data: m.json\nsignature:\n  inputs: '[{\"name\": "
        "\"sepal length\"}, {\"name\": \"sepal width\"}, {\"name\": \"petal length\", \"type\": "
        "\"string\"}, {\"name\": \"petal width\"}]'\n",
        "petal length is said to be text, but the model takes a number for it");
    row("a type that is a number",
        "flavors:\n  xgboost:\n    data: m.json\nsignature:\n  inputs: '[{\"name\": \"a\", "
        "\"type\": 1}]'\n",
        "1 names of features were given, but the model has 4");
    row("no json", "flavors:\n  xgboost:\n    data: m.json\nsignature:\n  inputs: '[{'\n",
        "is not JSON");
}

void TestModelImport::mlflowRefused()
{
    QFETCH(QByteArray, mlmodel);
    QFETCH(QByteArray, why);
    write("f/MLmodel", mlmodel.toStdString());
    write("f/model.pkl", std::string("\x80\x04\x95", 3));
    write("f/m.json", readAll(golden("trees/xgboost_iris/model.json")));
    fs::create_symlink(write("outside.json", readAll(golden("trees/xgboost_iris/model.json"))),
                       m_files / "f/link");
    const std::string said = this->why(m_files / "f");
    QVERIFY2(said.find(why.toStdString()) != std::string::npos, said.c_str());
    QVERIFY(m_store->list()->empty());
}

void TestModelImport::foreign_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("why");
    const auto row = [](const char *name, const QByteArray &bytes, const char *said) {
        QTest::newRow(name) << bytes << QByteArray(said);
    };
    row("empty", {}, "is empty");
    row("pickle", QByteArray("\x80\x04\x95\0\0", 5), "is a pickle, which is a program that would");
    row("joblib", QByteArray("\x78\x9c\x01\x02", 4), "packed as joblib packs pickles");
    row("torch", QByteArray("PK\x03\x04xxxxmodel/data.pkl"), "PyTorch");
    row("keras", QByteArray("PK\x03\x04xxxxmodel.weights.h5"), "Keras");
    row("hdf5", QByteArray("\x89HDF\r\n\x1a\n"), "HDF5");
    row("onnx", QByteArray("\x08\x08\x12\x08skl2onnx"), "begins like an ONNX model");
    row("catboost", QByteArray("CBM1\0\0", 6), "CatBoost");
    row("old xgboost", QByteArray("binf\0\0\0\0", 8), "old binary format");
    row("older xgboost", QByteArray("\0\0\0\x3f\4\0\0\0\0\0\0\0binary:logistic\6\0\0\0gbtree", 37),
        "old binary format");
    row("dump", "[\n  { \"nodeid\": 0, \"depth\": 0 }]", "dump_model()");
    row("dump text", "booster[0]:\n0:[f0<1] yes=1,no=2,missing=1\n", "dump_model()");
    row("lightgbm dump", "{\"name\":\"tree\",\"num_class\":1,\"num_tree_per_iteration\":1}",
        "LightGBM's dump_model()");
    row("pmml", "<?xml version=\"1.0\"?>\n<PMML version=\"4.4\">", "PMML");
    row("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:00", "Git LFS");
    row("gzip", QByteArray("\x1f\x8b\x08\0", 4), "gzip");
    row("table", "a,b\n1,2\n", "no model of a kind that is known");
}

void TestModelImport::foreign()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, why);
    const std::string said = this->why(write("model.bin", bytes.toStdString()));
    QVERIFY2(said.find("model.bin") != std::string::npos, said.c_str());
    QVERIFY2(said.find(why.toStdString()) != std::string::npos, said.c_str());
    QVERIFY2(said.find("; ") != std::string::npos, "no next step");
}

void TestModelImport::nothingIsLeftBehind()
{
    QVERIFY(why(m_files / "absent").find("absent") != std::string::npos);
    const std::string whole = readAll(golden("trees/xgboost_iris/model.json"));
    QVERIFY(why(write("cut.json", whole.substr(0, whole.size() / 2))).find("cut.json") !=
            std::string::npos);
    QVERIFY(why(m_files).find("folder without an MLmodel") != std::string::npos);
    QVERIFY(!fs::exists(fs::path(m_folder->path().toStdString()) / "store") ||
            fs::is_empty(fs::path(m_folder->path().toStdString()) / "store"));
}

void TestModelImport::theCatalogueIsWhole()
{
    std::set<std::string_view> known;
    for (const ModelKind *kind : modelKinds()) {
        QVERIFY(known.insert(kind->name).second);
        QVERIFY(!kind->title.empty() && !kind->files.empty());
        QVERIFY(kind->missing != nullptr && kind->load != nullptr);
        QCOMPARE(kind->recognises == nullptr, kind->import == nullptr);
        QCOMPARE(findModelKind(kind->name), kind);
        QVERIFY(!kind->load("") && !kind->load("{}") && !kind->load("nothing\n"));
    }
    QVERIFY(findModelKind("magic") == nullptr);
    QVERIFY(!loadModel("magic", ""));
}

QTEST_APPLESS_MAIN(TestModelImport)
#include "tst_model_import.moc"
