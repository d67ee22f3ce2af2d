// The predict route with models that are not the flower's: what is taken, answered and recorded.

#include "http_client.h"
#include "test_support.h"
#include "two_numbers.h"

#include <tepal/model/forest_model.h>
#include <tepal/model/table_knn.h>
#include <tepal/serving/row.h>

#include <QtTest>

#include <nlohmann/json.hpp>

#include <cmath>

using namespace tepal;
using namespace tepal::test;

namespace {

/// Six numbers, of which the fifth is a colour; any may be missing.
ModelPtr lightgbm()
{
    const std::string file = readAll(golden("trees/lightgbm_cat_binary/model.txt")) +
                             "\npandas_categorical:[[\"red\",\"green\",\"blue\"]]\n";
    const auto made = ForestModel::import(
        "lightgbm", file, {"goods", {"a", "b", "c c", "d", "colour", "f"}, {"no", "yes"}, {}});
    if (!made)
        qFatal("%s", made.error().text().c_str());
    return made->model;
}

ModelPtr xgboost()
{
    const auto made = ForestModel::import(
        "xgboost", readAll(golden("trees/xgboost_made_gamma/model.json")),
        {"rent",
         {"size", "rooms", "km", "built"},
         {},
         {FeatureType::Number, FeatureType::Integer, FeatureType::Number, FeatureType::Number}});
    if (!made)
        qFatal("%s", made.error().text().c_str());
    return made->model;
}

ModelPtr knn()
{
    TrainingTable table;
    table.features = {{"size", FeatureType::Number, false, {}, false, 1},
                      {"colour", FeatureType::Text, false, {"blue", "it's"}, false, 1}};
    table.values = {1, 0, 2, 1, 3, 0, 4, 1};
    table.classes = {"large", "small"};
    table.labels = {1, 1, 0, 0};
    return TableKnn::train("shop", table, 1, false).value();
}

std::string fraction(double value)
{
    return "f" + QString::number(value, 'g', 17).toStdString();
}

} // namespace

class TestAnyModel : public QObject
{
    Q_OBJECT
private slots:
    void classification();
    void regression();
    void severalNumbers();
    void texts();
    void refused_data();
    void refused();
    void refusedIsNotRecorded();
    void irisByNames();
    void documented();
    void recent();
};

void TestAnyModel::classification()
{
    Fixture fixture;
    const ModelPtr model = lightgbm();
    fixture.server->setModel(model);
    const auto array = fixture.post(kPredict, R"([[7.67, 2.73, 4.37, 0, "green", null]])");
    QCOMPARE(array.status, 200);
    const std::vector<double> row{7.67, 2.73, 4.37, 0, 1, std::nan("")};
    const auto expected = model->predict(row);
    QCOMPARE(array.body, std::string(expected->label));
    // By names, in any order; what is not known to the model counts as missing, as LightGBM has it.
    const auto names = fixture.post(
        kPredict, R"({"colour": "violet", "f": NaN, "a": "7.67", "b": 2.73, "c c": 4.37, "d": 0})");
    QCOMPARE(names.status, 200);
    const std::vector<double> unknown{7.67, 2.73, 4.37, 0, std::nan(""), std::nan("")};
    const auto second = model->predict(unknown);
    QCOMPARE(names.body, std::string(second->label));
    const std::string begin = "model-1|a=" + fraction(7.67) + "|b=" + fraction(2.73) +
                              "|c c=" + fraction(4.37) + "|d=f0|colour=";
    std::vector<std::string> rows{
        begin + "'green'|f=null|class_output='" + std::string(expected->label) +
            "'|proba_output=" + fraction(expected->maxProbability()),
        begin + "'violet'|f=null|class_output='" + std::string(second->label) +
            "'|proba_output=" + fraction(second->maxProbability())};
    std::sort(rows.begin(), rows.end());
    QCOMPARE(fixture.rows(), rows);
}

void TestAnyModel::regression()
{
    Fixture fixture;
    const ModelPtr model = xgboost();
    fixture.server->setModel(model);
    const double value = model->predict(std::vector<double>{0.5, 3, -0.25, 1})->value;
    const std::string text =
        QString::number(value, 'g', QLocale::FloatingPointShortest).toStdString();
    for (const char *body :
         {"[0.5, 3, -0.25, 1]", "[[0.5, 3.0, -0.25, 1]]", R"([[0.5, "3", -0.25, true]])",
          R"({"built": 1, "km": -0.25, "rooms": 3, "size": 0.5})",
          R"([{"built": 1, "km": -0.25, "rooms": 3, "size": 0.5}])",
          R"({"built": [1], "km": [-0.25], "rooms": [3], "size": [0.5]})",
          R"({"columns": ["built", "km", "rooms", "size"], "data": [[1, -0.25, 3, 0.5]]})"}) {
        const auto answer = fixture.post(kPredict, body);
        QVERIFY2(answer.status == 200, answer.body.c_str());
        QCOMPARE(answer.body, text);
    }
    const auto rows = fixture.rows();
    QCOMPARE(rows.size(), std::size_t{7});
    for (const std::string &row : rows)
        QCOMPARE(row, "model-1|size=f0.5|rooms=i3|km=f-0.25|built=f1|output=" + fraction(value));
}

void TestAnyModel::severalNumbers()
{
    Fixture fixture;
    fixture.server->setModel(std::make_shared<TwoNumbers>());
    const auto one = fixture.post(kPredict, "[[2, 0.5]]");
    QCOMPARE(one.status, 200);
    QCOMPARE(one.body, std::string("[2.5,1.5]"));
    const auto many = fixture.post("/invocations", R"({"inputs": [[1, 2], [4, 3]]})");
    QCOMPARE(many.status, 200);
    QCOMPARE(many.body, std::string(R"({"predictions":[[3.0,-1.0],[7.0,1.0]]})"));
    // Each number is a column of its own.
    std::string rows;
    for (const std::string &row : fixture.rows())
        rows += row + "\n";
    QVERIFY2(rows == "model-1|a=f1|b=f2|output_sum=f3|output_difference=f-1\n"
                     "model-1|a=f2|b=f0.5|output_sum=f2.5|output_difference=f1.5\n"
                     "model-1|a=f4|b=f3|output_sum=f7|output_difference=f1\n",
             rows.c_str());
    const auto docs = nlohmann::json::parse(fixture.get("/docs.json").body);
    QVERIFY(docs.dump().find("The numbers, as a JSON array: output_sum, output_difference") !=
            std::string::npos);
}

void TestAnyModel::texts()
{
    Fixture fixture;
    fixture.server->setModel(knn());
    QCOMPARE(fixture.post(kPredict, "[[3.2, \"it's\"]]").body, std::string("large"));
    QCOMPARE(fixture.post(kPredict, R"({"colour": "bl\u0075e", "size": 1})").body,
             std::string("small"));
    QCOMPARE(fixture.rows(),
             (std::vector<std::string>{
                 "model-1|size=f1|colour='blue'|class_output='small'|proba_output=f1",
                 "model-1|size=f3.2000000000000002|colour='it's'|class_output='large'|proba_"
                 "output=f1"}));
}

void TestAnyModel::refused_data()
{
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("why");
    const auto add = [](const char *model, const char *body, const char *why) {
        QTest::addRow("%s %s", model, body)
            << QByteArray(model) << QByteArray(body) << QByteArray(why);
    };
    add("xgboost", "[0.5, 3.5, 1, 1]", "The value of rooms is 3.5; send a whole number.");
    add("xgboost", "[0.5, \"x\", 1, 1]", "The value of rooms is a text that is not a number");
    add("xgboost", "[0.5, 1, 1e400, 1]", "The value of km is infinite");
    add("xgboost", "[0.5, 1, {}, 1]", "The value of km is an object");
    add("xgboost", "[1, 2, 3]", "The model expects 4 values but got 3; send one row like");
    add("xgboost", "[[1,2,3,4],[1,2,3,4]]", "The body holds 2 rows, but this route answers one");
    add("xgboost", R"({"size": 1, "rooms": 2, "km": 3})",
        "The body has no built; send every feature; null where a value is missing.");
    add("xgboost", R"({"size": 1, "rooms": 2, "km": 3, "bulit": 4})",
        "The model has no feature \"bulit\"");
    add("xgboost", R"([{"size":1,"rooms":2,"km":3,"built":4},{"size":1}])", "holds 2 rows");
    add("xgboost", R"({"size":[1,2],"rooms":[1,2],"km":[1,2],"built":[1,2]})", "holds 2 rows");
    add("xgboost", R"({"size": 1, "rooms": 2, "km": [3, 4], "built": 4})", "send one row like");
    add("xgboost", "{}", "The body has no size, rooms, km, built");
    add("xgboost", "7", "single value");
    add("knn", "[[1, null]]", "The value of colour is missing");
    add("knn", "[[null, \"blue\"]]", "The value of size is missing");
    add("knn", "[[1, \"red\"]]", "which the model does not know; it knows \"blue\", \"it's\".");
    add("knn", "[[1, 2]]", "The value of colour is \\\"2\\\"");
    add("knn", R"({"size": null, "colour": "blue"})", "The value of size is missing");
    add("knn", R"({"colour": "blue"})", "The body has no size; send every feature.");
}

void TestAnyModel::refused()
{
    QFETCH(QByteArray, model);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, why);
    Fixture fixture;
    fixture.server->setModel(model == "knn" ? knn() : xgboost());
    const auto answer = fixture.post(kPredict, body.toStdString());
    QCOMPARE(answer.status, 400);
    const QByteArray said = QByteArray::fromStdString(answer.body).replace("\\\"", "\"");
    QVERIFY2(said.contains(why.replace("\\\"", "\"")), answer.body.c_str());
    QVERIFY(fixture.rows().empty());
}

void TestAnyModel::refusedIsNotRecorded()
{
    Fixture fixture;
    fixture.server->setModel(xgboost());
    QCOMPARE(fixture.post(kPredict, "[1, 2.5, 3, 4]").status, 400);
    QCOMPARE(fixture.post(kPredict, "[1, null, 3, 4]").status, 200);
    QCOMPARE(fixture.rows().size(), std::size_t{1});
    QVERIFY(fixture.rows()[0].find("|rooms=null|") != std::string::npos);
}

void TestAnyModel::irisByNames()
{
    Fixture fixture;
    QCOMPARE(fixture
                 .post(kPredict, R"({"petal width": 0.2, "petal length": 1.4, "sepal width": 3,
                                     "sepal length": 4.9})")
                 .body,
             std::string("setosa"));
    fixture.post(kPredict, "[4.9, 3, 1.4, 0.2]");
    const auto rows = fixture.rows();
    QCOMPARE(rows.size(), std::size_t{2});
    QCOMPARE(rows[0], rows[1]);
    const auto missing = fixture.post(kPredict, "[4.9, 3, null, 0.2]");
    QCOMPARE(missing.status, 400);
    QVERIFY2(missing.body.find("petal length is missing") != std::string::npos,
             missing.body.c_str());
}

void TestAnyModel::documented()
{
    Fixture fixture;
    fixture.server->setModel(knn());
    const auto docs = nlohmann::json::parse(fixture.get("/docs.json").body);
    const auto &body = docs["paths"][kPredict]["post"]["requestBody"];
    const auto &content = body["content"]["application/json"];
    QCOMPARE(content["example"].dump(), std::string("[1.0,\"it's\"]"));
    const auto &object = content["schema"]["oneOf"][1];
    QCOMPARE(object["properties"]["colour"]["enum"].size(), std::size_t{2});
    QCOMPARE(object["required"].size(), std::size_t{2});
    QVERIFY(body["description"].get<std::string>().find("2. colour (text)") != std::string::npos);
    // The example is one that is answered, and so is the line for a shell.
    QCOMPARE(fixture.post(kPredict, content["example"].dump()).status, 200);
    // As it is written for V2, where each tensor has one type.
    const auto &tensors = docs["paths"]["/v2/models/{model}/infer"]["post"]["requestBody"]
                              ["content"]["application/json"]["example"]["inputs"];
    QCOMPARE(tensors.size(), std::size_t{2});
    QCOMPARE(tensors[1].dump(), std::string("{\"data\":[\"it's\"],\"datatype\":\"BYTES\","
                                            "\"name\":\"colour\",\"shape\":[1,1]}"));
    const auto text = docs["info"]["description"].get<std::string>();
    const std::string quoted = "-d '[[1.0, \"it'\\''s\"]]'";
    QVERIFY2(text.find(quoted) != std::string::npos, text.c_str());
    fixture.server->setModel(xgboost());
    const auto other = nlohmann::json::parse(fixture.get("/docs.json").body);
    const auto &schema =
        other["paths"][kPredict]["post"]["requestBody"]["content"]["application/json"];
    QCOMPARE(schema["example"].dump(), std::string("[1.0,1,1.0,1.0]"));
    QCOMPARE(schema["schema"]["oneOf"][1]["properties"]["rooms"]["type"].get<std::string>(),
             std::string("integer"));
}

void TestAnyModel::recent()
{
    Fixture fixture;
    fixture.server->setModel(xgboost());
    const auto answer =
        fixture.post(kPredict, R"({"size": 1, "rooms": 2, "km": null, "built": 4})");
    const auto recent = fixture.server->recentRequests(0);
    QCOMPARE(recent.size(), std::size_t{1});
    QCOMPARE(recent[0].predictedClass, answer.body);
    QVERIFY(std::isnan(recent[0].probability));
    QCOMPARE(recent[0].features.size(), std::size_t{4});
    QCOMPARE(recent[0].features[1], 2.0);
    QVERIFY(std::isnan(recent[0].features[2]));
    QCOMPARE(recent[0].rows, 1u);
}

QTEST_GUILESS_MAIN(TestAnyModel)
#include "tst_any_model.moc"
