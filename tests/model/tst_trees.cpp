// Trees from files: answers against those that the libraries gave, and files that are none.

#include "test_support.h"

#include <tepal/base/text.h>
#include <tepal/model/forest_model.h>

#include <QtTest>

#include <cmath>
#include <limits>

using namespace tepal;
using namespace tepal::test;

namespace {

std::vector<std::vector<double>> numbers(const std::string &text, char separator, bool header)
{
    std::vector<std::vector<double>> rows;
    const auto lines = QString::fromStdString(text).split(u'\n', Qt::SkipEmptyParts);
    for (const QString &line : lines) {
        if (header) {
            header = false;
            continue;
        }
        std::vector<double> row;
        for (const QString &cell : line.split(QLatin1Char(separator)))
            row.push_back(cell == u"nan" ? std::numeric_limits<double>::quiet_NaN()
                                         : parseDouble(cell.toStdString()).value());
        rows.push_back(std::move(row));
    }
    return rows;
}

Result<ImportedModel> import(const std::string &bytes, ImportNames names = {})
{
    if (names.model.empty())
        names.model = "trees";
    for (const ModelKind *kind : modelKinds()) {
        if (kind->recognises != nullptr && kind->recognises(bytes))
            return kind->import(bytes, names);
    }
    return fail(ErrorCode::Corrupt, "no kind knows it");
}

std::string lightgbm()
{
    return readAll(golden("trees/lightgbm_cat_binary/model.txt"));
}

std::string replaced(std::string text, const std::string &what, const std::string &by)
{
    const std::size_t at = text.find(what);
    return at == text.npos ? std::string() : text.replace(at, what.size(), by);
}

} // namespace

class TestTrees : public QObject
{
    Q_OBJECT
private slots:
    void equalTheLibraries_data();
    void equalTheLibraries();
    void storedAndLoaded_data() { equalTheLibraries_data(); }
    void storedAndLoaded();
    void onTheThreshold();
    void names();
    void guessedNamesAreSaid();
    void namesThatDoNotFit();
    void newerFiles();
    void earlyStopping();
    void pandasCategories();
    void refused_data();
    void refused();
    void cutShort();
    void cutShortWithoutSizes();
    void hostileJson();
    void rowsThatCannotBe();
};

void TestTrees::equalTheLibraries_data()
{
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("file");
    for (const auto &entry : std::filesystem::directory_iterator(golden("trees"))) {
        for (const char *file : {"model.json", "model.ubj", "model.txt"}) {
            if (std::filesystem::exists(entry.path() / file))
                QTest::newRow((entry.path().filename().string() + "/" + file).c_str())
                    << qs(entry.path().string()) << QString::fromLatin1(file);
        }
    }
}

void TestTrees::equalTheLibraries()
{
    QFETCH(QString, folder);
    QFETCH(QString, file);
    const std::filesystem::path path(folder.toStdString());
    const auto imported = import(readAll(path / file.toStdString()));
    QVERIFY2(imported, imported ? "" : imported.error().text().c_str());
    const auto &model = static_cast<const ForestModel &>(*imported->model);
    const auto rows = numbers(readAll(path / "input.csv"), ',', true);
    const auto expected = numbers(readAll(path / "expected.txt"), '\t', false);
    QVERIFY(!rows.empty());
    QCOMPARE(rows.size(), expected.size());
    std::vector<double> out;
    Prediction prediction;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        model.evaluate(rows[row], out);
        QVERIFY(model.predict(rows[row], prediction));
        if (folder.endsWith(u"_made_softmax")) {
            QCOMPARE(static_cast<double>(prediction.classIndex), expected[row][0]);
            continue;
        }
        QCOMPARE(out.size(), expected[row].size());
        for (std::size_t i = 0; i < out.size(); ++i) {
            const bool same = file == u"model.txt" ? out[i] == expected[row][i]
                                                   : static_cast<float>(out[i]) ==
                                                         static_cast<float>(expected[row][i]);
            QVERIFY2(same, qPrintable(QStringLiteral("row %1: %2, not %3")
                                          .arg(row)
                                          .arg(out[i], 0, 'g', 17)
                                          .arg(expected[row][i], 0, 'g', 17)));
        }
        if (model.signature().task == Task::Regression) {
            QCOMPARE(prediction.value, out[0]);
            QVERIFY(prediction.probabilities.empty());
        } else {
            QCOMPARE(prediction.probabilities.back(), out.back());
            QCOMPARE(prediction.maxProbability(), prediction.probabilities[prediction.classIndex]);
            QCOMPARE(prediction.label, std::string_view(model.classNames()[prediction.classIndex]));
        }
    }
}

void TestTrees::storedAndLoaded()
{
    QFETCH(QString, folder);
    QFETCH(QString, file);
    const std::filesystem::path path(folder.toStdString());
    const auto imported = import(readAll(path / file.toStdString()));
    QVERIFY(imported);
    const auto again = loadModel(imported->model->kind(), imported->model->serialize());
    QVERIFY2(again, again ? "" : again.error().text().c_str());
    QCOMPARE((*again)->name(), std::string_view("trees"));
    QVERIFY((*again)->signature() == imported->model->signature());
    const auto rows = numbers(readAll(path / "input.csv"), ',', true);
    Predictions a;
    Predictions b;
    std::vector<double> all;
    for (const auto &row : rows)
        all.insert(all.end(), row.begin(), row.end());
    QVERIFY(imported->model->predictRows(all, a));
    QVERIFY((*again)->predictRows(all, b));
    QVERIFY(a.classes == b.classes && a.values == b.values && a.probabilities == b.probabilities);
    QCOMPARE(a.classes.size() + a.values.size(), rows.size());
}

/// A value that equals the threshold, and NaN where the file has no way for it.
void TestTrees::onTheThreshold()
{
    const auto stump = [](int decision) {
        const auto made = import("tree\nnum_class=1\nmax_feature_idx=0\nobjective=regression\n\n"
                                 "Tree=0\nnum_leaves=2\nsplit_feature=0\nthreshold=0.5\n"
                                 "decision_type=" +
                                 std::to_string(decision) +
                                 "\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n\n"
                                 "end of trees\n");
        return made.value().model;
    };
    const auto at = [](const ModelPtr &model, double value) {
        return model->predict(std::vector<double>{value})->value;
    };
    const double nan = std::nan("");
    QCOMPARE(at(stump(0), 0.5), 1.0);
    QCOMPARE(at(stump(0), std::nextafter(0.5, 1)), 2.0);
    QCOMPARE(at(stump(0), nan), 1.0); // as zero, whatever the default is
    QCOMPARE(at(stump(2), nan), 1.0);
    QCOMPARE(at(stump(4), nan), 2.0); // zero is missing: the default way
    QCOMPARE(at(stump(4), 0), 2.0);
    QCOMPARE(at(stump(4), 1e-36), 2.0);
    QCOMPARE(at(stump(4), -1e-34), 1.0);
    QCOMPARE(at(stump(6), 0), 1.0);
    QCOMPARE(at(stump(8), nan), 2.0); // NaN is missing
    QCOMPARE(at(stump(8), 0), 1.0);
    QCOMPARE(at(stump(10), nan), 1.0);
    const auto xgboost = import(
        "{\"learner\":{\"learner_model_param\":{\"base_score\":\"0\",\"num_class\":\"0\","
        "\"num_feature\":\"1\"},\"objective\":{\"name\":\"reg:squarederror\"},"
        "\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{\"tree_info\":[0],\"trees\":"
        "[{\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],\"split_indices\":[0,0,0],"
        "\"split_conditions\":[0.5,1,2],\"default_left\":[true,false,false]}]}}}}");
    QVERIFY2(xgboost, xgboost ? "" : xgboost.error().text().c_str());
    QCOMPARE(at(xgboost->model, 0.5), 2.0);
    QCOMPARE(at(xgboost->model, 0.4999), 1.0);
    // A float before it is compared.
    QCOMPARE(at(xgboost->model, std::nextafter(0.5, 0)), 2.0);
    QCOMPARE(at(xgboost->model, nan), 1.0);
}

void TestTrees::names()
{
    const auto made = import(readAll(golden("trees/xgboost_made_logistic/model.json")));
    QVERIFY(made);
    QCOMPARE(made->model->featureNames(),
             (std::vector<std::string>{"sepal length", "b", "c", "d"}));
    ImportNames names;
    names.features = {"w", "x", "y", "z"};
    names.classes = {"no", "yes"};
    names.types = {FeatureType::Integer, FeatureType::Number, FeatureType::Number,
                   FeatureType::Number};
    const auto named = import(readAll(golden("trees/xgboost_made_logistic/model.json")), names);
    QVERIFY(named);
    QCOMPARE(named->notes.size(), std::size_t{1}); // That they are renamed.
    QCOMPARE(named->model->classNames(), names.classes);
    const auto again = loadModel("xgboost", named->model->serialize());
    QVERIFY(again);
    QVERIFY((*again)->signature() == named->model->signature());
    QCOMPARE((*again)->featureNames(), names.features);
    // A whole number is what is asked for.
    QVERIFY((*again)->predict(std::vector<double>{1, 1, 1, 1}));
    const auto fraction = (*again)->predict(std::vector<double>{1.5, 1, 1, 1});
    QVERIFY(!fraction);
    QVERIFY2(fraction.error().text().find("value of w is 1.5") != std::string::npos,
             fraction.error().text().c_str());
}

void TestTrees::guessedNamesAreSaid()
{
    const auto made = import(readAll(golden("trees/xgboost_made_gamma/model.json")));
    QVERIFY(made);
    QCOMPARE(made->model->featureNames(), (std::vector<std::string>{"f0", "f1", "f2", "f3"}));
    QCOMPARE(made->notes.size(), std::size_t{1});
    QVERIFY(made->notes[0].find("--features") != std::string::npos);
    const auto text = import(readAll(golden("trees/lightgbm_multiclass/model.txt")));
    QVERIFY(text);
    QCOMPARE(text->model->classNames(),
             (std::vector<std::string>{"class_0", "class_1", "class_2"}));
    QCOMPARE(text->notes.size(), std::size_t{2});
    QVERIFY(text->notes[1].find("--classes") != std::string::npos);
}

void TestTrees::namesThatDoNotFit()
{
    const std::string file = readAll(golden("trees/xgboost_made_logistic/model.json"));
    const auto why = [&](ImportNames names) {
        const auto result = import(file, std::move(names));
        return result ? std::string("taken") : result.error().text();
    };
    ImportNames names;
    names.features = {"a", "b"};
    QVERIFY(why(names).find("2 names of features were given, but the model has 4") == 0);
    names.features = {"a", "b", "a", "c"};
    QVERIFY(why(names).find("two features are called \"a\"") == 0);
    names.features = {"a", "b", "", "c"};
    QVERIFY(why(names).find("a feature has no name") == 0);
    names.features = {"a", "b", "class_output", "c"};
    QVERIFY(why(names).find("a feature is called \"class_output\"") == 0);
    names.features.clear();
    names.classes = {"a", "b", "c"};
    QVERIFY(why(names).find("3 classes were named, but the model has 2") == 0);
    names.classes = {"a", "a"};
    QVERIFY(why(names).find("two classes are called \"a\"") == 0);
    names.model.clear();
    const auto regression =
        import(readAll(golden("trees/xgboost_made_gamma/model.json")), {"m", {}, {"a", "b"}, {}});
    QVERIFY(!regression && regression.error().code == ErrorCode::InvalidArgument);
}

void TestTrees::newerFiles()
{
    const std::string file = readAll(golden("trees/xgboost_made_dart/model.json"));
    // Since 3.1 a list; defaults as numbers; several targets as a number.
    auto newer = replaced(file, "\"base_score\":\"1.5E0\"", "\"base_score\":\"[1.5E0]\"");
    QVERIFY(!newer.empty());
    newer = qs(newer)
                .replace(QLatin1String("true"), QLatin1String("1"))
                .replace(QLatin1String("false"), QLatin1String("0"))
                .toStdString();
    const auto old = import(file);
    const auto made = import(newer);
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    const std::vector<double> row{0.1, -0.3, std::nan(""), 2};
    QCOMPARE(made->model->predict(row)->value, old->model->predict(row)->value);
    const std::string three = readAll(golden("trees/xgboost_iris/model.json"));
    const auto one = import(three);
    const auto each =
        import(replaced(three, "\"base_score\":\"5E-1\"", "\"base_score\":\"[5E-1, 7E-1, 5E-1]\""));
    QVERIFY(each);
    const std::vector<double> flower{5.1, 3.5, 1.4, 0.2};
    QVERIFY(each->model->predict(flower)->probabilities[1] >
            one->model->predict(flower)->probabilities[1]);
    QVERIFY(!import(replaced(three, "\"base_score\":\"5E-1\"", "\"base_score\":\"[5E-1,1E0]\"")));
}

void TestTrees::earlyStopping()
{
    const std::string file = readAll(golden("trees/xgboost_binary_missing/model.json"));
    QVERIFY(import(file)->notes.size() == 1); // The classes.
    const auto early =
        import(replaced(file, "\"best_iteration\":\"11\"", "\"best_iteration\":\"5\""));
    QVERIFY(early);
    QVERIFY(early->notes[0].find("iteration 5 of 12 was the best") != std::string::npos);
}

void TestTrees::pandasCategories()
{
    // Category 0 is "red": the trees know codes only.
    const std::string file =
        lightgbm() + "\npandas_categorical:[[\"red\",\"green\",\"blue\",\"c3\",\"c4\"]]\n";
    const auto plain = import(lightgbm());
    const auto made = import(file);
    QVERIFY2(made, made ? "" : made.error().text().c_str());
    const Feature &colour = made->model->signature().features[4];
    QVERIFY(colour.type == FeatureType::Text);
    QCOMPARE(colour.categories.size(), std::size_t{5});
    std::vector<Value> row(6, Value::fractional(1));
    std::vector<double> codes(6, 1.0);
    Prediction a;
    Prediction b;
    for (std::size_t i = 0; i < colour.categories.size(); ++i) {
        row[4] = Value::string(colour.categories[i]);
        codes[4] = static_cast<double>(i);
        QVERIFY(made->model->predictValues(row, a));
        QVERIFY(plain->model->predict(codes, b));
        QCOMPARE(a.probabilities, b.probabilities);
        QCOMPARE(a.unknownCategories, std::size_t{0});
    }
    row[4] = Value::string("violet");
    codes[4] = std::nan("");
    QVERIFY(made->model->predictValues(row, a));
    QVERIFY(plain->model->predict(codes, b));
    QCOMPARE(a.probabilities, b.probabilities);
    QCOMPARE(a.unknownCategories, std::size_t{1});
    row[4] = Value::null();
    QVERIFY(made->model->predictValues(row, a));
    QCOMPARE(a.unknownCategories, std::size_t{0});
    const auto again = loadModel("lightgbm", made->model->serialize());
    QVERIFY(again && (*again)->signature() == made->model->signature());
    // Two lists for one categorical column: nobody knows which is whose.
    const auto two = import(lightgbm() + "\npandas_categorical:[[1],[2]]\n");
    QVERIFY(!two && two.error().code == ErrorCode::Unsupported);
}

void TestTrees::refused_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("by");
    QTest::addColumn<QString>("why");
    const auto add = [](const char *name, const char *file, const char *what, const char *by,
                        const char *why) {
        QTest::newRow(name) << QString::fromLatin1(file) << QString::fromLatin1(what)
                            << QString::fromLatin1(by) << QString::fromLatin1(why);
    };
    const char *const xgb = "xgboost_iris/model.json";
    add("objective", xgb, "multi:softprob", "multi:mystery", "\"multi:mystery\" is not known");
    add("linear", xgb, "\"name\":\"gbtree\"", "\"name\":\"gblinear\"", "gblinear");
    add("booster", xgb, "\"name\":\"gbtree\"", "\"name\":\"gbrest\"", "none of gbtree and dart");
    add("classes", xgb, "\"num_class\":\"3\"", "\"num_class\":\"2\"", "of class 2 of 2");
    add("too many classes", xgb, "\"num_class\":\"3\"", "\"num_class\":\"65\"", "65 classes");
    add("too many features", xgb, "\"num_feature\":\"4\",\"num_target",
        "\"num_feature\":\"100001\",\"num_target", "100001");
    add("features", xgb, "\"num_feature\":\"4\",\"num_target", "\"num_feature\":\"3\",\"num_target",
        "names 4 features of 3");
    add("categorical", xgb, "\"split_type\":[0", "\"split_type\":[1", "categorical splits");
    add("targets", xgb, "\"num_target\":\"1\"", "\"num_target\":\"2\"", "several targets");
    add("child", xgb, "\"left_children\":[1", "\"left_children\":[99", "child is not there");
    add("loop", xgb, "\"left_children\":[1", "\"left_children\":[0", "two parents");
    add("lists", xgb, "\"left_children\":[", "\"left_children\":[-1,", "differ in length");
    add("feature", xgb, "\"split_indices\":[2", "\"split_indices\":[4", "feature 4 of 4");
    add("negative", xgb, "\"split_indices\":[2", "\"split_indices\":[-4", "feature");
    add("text", xgb, "\"split_conditions\":[", "\"split_conditions\":[\"a\",", "length");
    add("base", xgb, "\"base_score\":\"5E-1\"", "\"base_score\":\"half\"", "base_score");
    add("logit", "xgboost_made_logistic/model.json", "\"base_score\":\"3E-1\"",
        "\"base_score\":\"1E0\"", "does not go with binary:logistic");
    add("not json", xgb, "\"learner\":{", "\"learner\":{,", "not JSON");
    const char *const lgb = "lightgbm_cat_binary/model.txt";
    add("lgb objective", lgb, "objective=binary", "objective=mine", "\"mine sigmoid:1\"");
    add("lgb none", lgb, "objective=binary sigmoid:1\n", "", "names no objective");
    add("lgb sigmoid", lgb, "sigmoid:1", "sigmoid:-1", "sigmoid");
    add("lgb linear", lgb, "num_cat=2", "num_cat=2\nis_linear=1", "linear trees");
    add("lgb child", lgb, "left_child=1 2", "left_child=99 2", "child is not there");
    add("lgb leaf", lgb, "left_child=1 2 3 -1", "left_child=1 2 3 -99", "child is not there");
    add("lgb loop", lgb, "left_child=1 2", "left_child=0 2", "two parents");
    add("lgb feature", lgb, "split_feature=3", "split_feature=6", "feature 6 of 6");
    add("lgb set", lgb, "cat_boundaries=0 1 2", "cat_boundaries=0 1 3", "set of categories");
    add("lgb sets", lgb, "cat_boundaries=0 1 2", "cat_boundaries=0 1", "set of categories");
    add("lgb lists", lgb, "threshold=", "threshold=1 ", "differ in length");
    add("lgb leaves", lgb, "num_leaves=12", "num_leaves=13", "leaves");
    add("lgb missing", lgb, "decision_type=2 2", "decision_type=12 2", "no known way");
    add("lgb number", lgb, "leaf_value=", "leaf_value=x", "leaves");
    add("lgb trees", lgb, "tree_sizes=1343 ", "tree_sizes=", "announces 11 trees and has 12");
    add("lgb features", lgb, "max_feature_idx=5", "max_feature_idx=6", "names 6 features of 7");
    add("lgb many", lgb, "max_feature_idx=5", "max_feature_idx=100000", "too many");
    add("lgb classes", lgb, "num_class=1", "num_class=65", "65 classes");
    add("lgb outputs", lgb, "num_tree_per_iteration=1", "num_tree_per_iteration=3", "3 classes");
}

void TestTrees::refused()
{
    QFETCH(QString, file);
    QFETCH(QString, what);
    QFETCH(QString, by);
    QFETCH(QString, why);
    const std::string changed = replaced(readAll(golden("trees/" + file.toStdString())),
                                         what.toStdString(), by.toStdString());
    QVERIFY2(!changed.empty(), "the file does not have that");
    const auto made = import(changed);
    QVERIFY(!made);
    QVERIFY2(made.error().message.find(why.toStdString()) != std::string::npos,
             made.error().message.c_str());
    QVERIFY(!made.error().next.empty());
}

void TestTrees::cutShort()
{
    for (const char *file : {"xgboost_made_dart/model.json", "xgboost_made_dart/model.ubj",
                             "lightgbm_rf_regression/model.txt"}) {
        const std::string whole = readAll(golden(std::string("trees/") + file));
        const std::size_t trees = whole.find("end of trees");
        const std::size_t end = trees == whole.npos ? whole.size() - 1 : trees;
        for (std::size_t size = 70; size < end; size += 97)
            QVERIFY2(!import(whole.substr(0, size)), file);
    }
}

void TestTrees::cutShortWithoutSizes()
{
    // One whole tree fewer, and nothing that announces how many there should be.
    std::string text = lightgbm();
    const std::size_t sizes = text.find("tree_sizes=");
    text.erase(sizes, text.find('\n', sizes) + 1 - sizes);
    QVERIFY(import(text));
    const auto made = import(text.substr(0, text.rfind("Tree=")));
    QVERIFY(!made);
    QVERIFY2(made.error().message.find("cut short") != std::string::npos,
             made.error().message.c_str());
}

void TestTrees::hostileJson()
{
    const std::string deep = std::string(70, '[') + std::string(70, ']');
    const auto nested = import(replaced(readAll(golden("trees/xgboost_iris/model.json")),
                                        "\"attributes\":{", "\"attributes\":{\"d\":" + deep + ","));
    QVERIFY(!nested && nested.error().code == ErrorCode::Corrupt);
    // A million million "true" in nine bytes, and a container in a container without an end.
    using namespace std::string_literals;
    QVERIFY(!import("{L\0\0\0\0\0\0\0\7learner[$T#L\0\0\1\0\0\0\0\0"s));
    QVERIFY(!import("{U\7learner" + std::string(1'000'000, '[')));
    // A text of 2^62 bytes.
    QVERIFY(!import("{U\7learnerSL\x40\0\0\0\0\0\0\0"s + "abc"));
}

void TestTrees::rowsThatCannotBe()
{
    const auto made = import(readAll(golden("trees/xgboost_iris/model.json")));
    QVERIFY(made);
    const auto short3 = made->model->predict(std::vector<double>{1, 2, 3});
    QVERIFY(!short3);
    QVERIFY(short3.error().text().find("expects 4 values but got 3") != std::string::npos);
    const auto infinite =
        made->model->predict(std::vector<double>{1, 2, std::numeric_limits<double>::infinity(), 4});
    QVERIFY(!infinite);
    QVERIFY(infinite.error().message.find("petal length") != std::string::npos);
    Predictions all;
    const auto rows = made->model->predictRows(
        std::vector<double>{1, 2, 3, 4, 1, 2, 3, -std::numeric_limits<double>::infinity()}, all);
    QVERIFY(!rows);
    QVERIFY(rows.error().message.starts_with("row 2: "));
    std::vector<Value> values(4, Value::string("many"));
    Prediction out;
    const auto text = made->model->predictValues(values, out);
    QVERIFY(!text);
    QVERIFY2(text.error().message == "the value of sepal length is the text \"many\"",
             text.error().message.c_str());
}

QTEST_APPLESS_MAIN(TestTrees)
#include "tst_trees.moc"
