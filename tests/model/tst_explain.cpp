// Explanations held against the model itself, asked by hand.

#include "two_numbers.h"

#include <tepal/model/explain.h>
#include <tepal/model/iris.h>
#include <tepal/model/table_knn.h>

#include <QTest>

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>

using namespace tepal;
using Json = nlohmann::json;

namespace {

std::vector<Value> numbers(const std::vector<double> &values)
{
    std::vector<Value> row;
    for (const double value : values)
        row.push_back(Value::fractional(value));
    return row;
}

/// Large and small things by size and colour: 1 and 2 are small, 3 to 5 large.
std::shared_ptr<const TableKnn> things(Task task)
{
    TrainingTable table;
    table.features = {{"size", FeatureType::Integer, false, {}, false, 1},
                      {"colour", FeatureType::Text, false, {"blue", "red"}, false, 1}};
    table.values = {1, 0, 2, 1, 3, 1, 4, 1, 5, 0};
    table.task = task;
    if (task == Task::Regression) {
        table.targets = {10, 20, 30, 40, 50};
    } else {
        table.classes = {"large", "small"};
        table.labels = {1, 1, 0, 0, 0};
    }
    return TableKnn::train("things", table, 1, false).value();
}

/// Names a class and no more; counts how often it is asked.
class Namer final : public Model
{
public:
    explicit Namer(std::size_t width)
    {
        for (std::size_t i = 0; i < width; ++i)
            m_signature.features.push_back({"f" + std::to_string(i)});
        m_signature.classes = {"low", "high"};
        m_signature.outputs = outputNames(Task::Classification, false);
        m_names = tepal::featureNames(m_signature);
    }
    std::string_view name() const override { return "namer"; }
    std::string_view kind() const override { return "double"; }
    const Signature &signature() const override { return m_signature; }
    const std::vector<std::string> &featureNames() const override { return m_names; }
    using Model::predict;
    Status predict(std::span<const double> row, Prediction &out) const override
    {
        ++asked;
        out.classIndex = row[0] > 5 ? 1 : 0;
        out.label = m_signature.classes[out.classIndex];
        out.probabilities.clear();
        return {};
    }
    std::uint64_t trainingRows() const override { return 0; }
    std::vector<std::pair<std::string, std::string>> parameters() const override { return {}; }
    std::string serialize() const override { return {}; }
    mutable int asked = 0;

private:
    Signature m_signature;
    std::vector<std::string> m_names;
};

OrdinaryRow zeros(const Model &model)
{
    OrdinaryRow row;
    row.from = "nowhere";
    for (const Feature &feature : model.signature().features)
        row.values.push_back(ordinaryNumber(feature, 0));
    return row;
}

} // namespace

class TestExplain : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void iris()
    {
        const auto model = *trainIris();
        const TrainingData &data = model->data();
        const auto ordinary = trainingRow(*model);
        QVERIFY(ordinary.has_value());
        QCOMPARE(ordinary->from, std::string("the 150 rows that the model learned from"));
        const std::vector<double> row{6.1, 2.8, 4.9, 1.7};
        const auto found = explain(*model, numbers(row), *ordinary);
        QVERIFY(found.has_value());
        const auto answer = model->predict(row);
        QCOMPARE(found->answer.label, answer->label);
        QCOMPARE(found->effects.size(), std::size_t{4});
        bool some = false;
        for (std::size_t i = 0; i < 4; ++i) {
            std::vector<double> column;
            for (std::size_t at = i; at < data.values.size(); at += 4)
                column.push_back(data.values[at]);
            std::sort(column.begin(), column.end());
            QCOMPARE(found->effects[i].replacedBy.number, column[75]);
            auto other = row;
            other[i] = column[75];
            const auto without = model->predict(other);
            QCOMPARE(*found->effects[i].effect, answer->probabilities[answer->classIndex] -
                                                    without->probabilities[answer->classIndex]);
            QCOMPARE(found->effects[i].label, without->label);
            some = some || *found->effects[i].effect != 0;
        }
        QVERIFY(some);
        // Those that voted are the model's neighbours, nearest first.
        const auto nearest = model->neighbours(row);
        QCOMPARE(found->neighbours.size(), nearest->size());
        for (std::size_t i = 0; i < nearest->size(); ++i) {
            const Neighbour &one = found->neighbours[i];
            QCOMPARE(one.row, (*nearest)[i].row);
            QCOMPARE(one.distance, (*nearest)[i].distance);
            QCOMPARE(one.label, std::string_view(model->classNames()[data.labels[one.row]]));
            for (std::size_t j = 0; j < 4; ++j)
                QCOMPARE(one.features[j].asFractional(), data.values[one.row * 4 + j]);
        }
    }

    void textsAndIntegers()
    {
        const auto model = things(Task::Classification);
        const auto ordinary = trainingRow(*model);
        QCOMPARE(ordinary->values[0].integer, std::int64_t{3});
        QCOMPARE(ordinary->values[1].text, std::string("red"));
        const std::array row{Value::integral(1), Value::string("blue")};
        const auto found = explain(*model, row, *ordinary);
        QVERIFY(found.has_value());
        QCOMPARE(found->answer.label, std::string_view("small"));
        QCOMPARE(*found->effects[0].effect, 1.0); // (3, blue) is next to (3, red): large
        QCOMPARE(found->effects[0].label, std::string_view("large"));
        QCOMPARE(*found->effects[1].effect, 0.0);
        const auto json = Json::parse(explanationJson(*model, row, *found));
        QCOMPARE(json.at("answer").get<std::string>(), std::string("small"));
        QCOMPARE(json.at("probabilities").at("small").get<double>(), 1.0);
        QCOMPARE(json.at("replaced_from").get<std::string>(), ordinary->from);
        const auto &colour = json.at("effects").at(1);
        QCOMPARE(colour.at("feature").get<std::string>(), std::string("colour"));
        QCOMPARE(colour.at("value").get<std::string>(), std::string("blue"));
        QCOMPARE(colour.at("replaced_by").get<std::string>(), std::string("red"));
        const auto &neighbour = json.at("neighbours").at(0);
        QCOMPARE(neighbour.at("row").get<int>(), 0);
        QCOMPARE(neighbour.at("distance").get<double>(), 0.0);
        QCOMPARE(neighbour.at("label").get<std::string>(), std::string("small"));
        QVERIFY((neighbour.at("features") == Json{{"size", 1}, {"colour", "blue"}}));
    }

    void regression()
    {
        const auto model = things(Task::Regression);
        const std::array row{Value::integral(5), Value::string("blue")};
        const auto found = explain(*model, row, *trainingRow(*model));
        QVERIFY(found.has_value());
        QCOMPARE(found->answer.value, 50.0);
        QCOMPARE(*found->effects[0].effect, 20.0); // 30 where the size is 3
        const auto json = Json::parse(explanationJson(*model, row, *found));
        QCOMPARE(json.at("answer").get<double>(), 50.0);
        QVERIFY(!json.contains("probabilities") && !json.at("effects").at(0).contains("answer"));
        QCOMPARE(json.at("neighbours").at(0).at("label").get<double>(), 50.0);
    }

    void onlyAClass()
    {
        const Namer model(3);
        QVERIFY(!trainingRow(model).has_value());
        const auto row = numbers({9, 1, 1});
        auto ordinary = zeros(model);
        ordinary.values[2] = {};
        ordinary.values[2].text = "no such column";
        const auto found = explain(model, row, ordinary);
        QVERIFY(found.has_value());
        QVERIFY(!found->effects[0].effect);
        QCOMPARE(found->effects[0].label, std::string_view("low"));
        QCOMPARE(found->effects[1].label, std::string_view("high"));
        QCOMPARE(model.asked, 3); // the row, and two replacements
        const auto json = Json::parse(explanationJson(model, row, *found));
        QVERIFY(json.at("effects").at(0).at("effect").is_null());
        QCOMPARE(json.at("effects").at(0).at("answer").get<std::string>(), std::string("low"));
        QCOMPARE(json.at("effects").at(2).at("why").get<std::string>(),
                 std::string("no such column"));
        QVERIFY(!json.contains("neighbours"));
    }

    void severalNumbers()
    {
        const test::TwoNumbers model;
        const auto row = numbers({9, 2});
        const auto found = explain(model, row, zeros(model));
        QVERIFY(found.has_value());
        const auto json = Json::parse(explanationJson(model, row, *found));
        QCOMPARE(json.at("answer").dump(), std::string("[11.0,7.0]"));
        // Effects are those on one of them, and it is said on which.
        QCOMPARE(json.at("effects_on").get<std::string>(), std::string("output_sum"));
        QCOMPARE(json.at("effects").at(0).at("effect").get<double>(), 9.0);
    }

    void whatIsFarAwayIsStillJson()
    {
        const auto model = *trainIris();
        const auto row = numbers({1e200, 3, 1.4, 0.2});
        const auto found = explain(*model, row, *trainingRow(*model));
        QVERIFY(found.has_value());
        const auto json = Json::parse(explanationJson(*model, row, *found));
        QVERIFY(json.at("neighbours").at(0).at("distance").is_null());
    }

    void refused()
    {
        const Namer wide(kMostExplained + 1);
        const auto many =
            explain(wide, numbers(std::vector<double>(kMostExplained + 1, 1)), zeros(wide));
        QVERIFY(!many && many.error().code == ErrorCode::InvalidArgument);
        QVERIFY(many.error().message.find("1001 features") != std::string::npos);
        QCOMPARE(wide.asked, 0);
        const Namer most(kMostExplained);
        QVERIFY(explain(most, numbers(std::vector<double>(kMostExplained, 1)), zeros(most))
                    .has_value());
        const auto model = *trainIris();
        QVERIFY(!explain(*model, numbers({1, 2, 3}), *trainingRow(*model)));
    }
};

QTEST_GUILESS_MAIN(TestExplain)
#include "tst_explain.moc"
