#include "test_support.h"

#include <tepal/base/text.h>
#include <tepal/model/iris.h>

#include <QtTest>

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <set>

using namespace tepal;
using namespace tepal::test;

class TestKnn : public QObject
{
    Q_OBJECT
private slots:
    void irisDataIsTheGoldenFile();
    void equalsScikitLearn();
    void overflow();
    void refusesWhatItCannotUse();
    void refusesUnusableTrainingData();
    void otherNumbersOfNeighbours();
    void leaveOneOut();
    void survivesStorage();
    void refusesDamagedBytes();
};

void TestKnn::irisDataIsTheGoldenFile()
{
    std::string text = "sepal length,sepal width,petal length,petal width,species\n";
    const TrainingData &data = irisData();
    QCOMPARE(data.labels.size(), std::size_t{150});
    for (std::size_t row = 0; row < 150; ++row) {
        for (std::size_t j = 0; j < 4; ++j) {
            std::string number = formatDouble(data.values[row * 4 + j]);
            if (number.find('.') == std::string::npos)
                number += ".0";
            text += number + ",";
        }
        text += data.classes[data.labels[row]] + "\n";
    }
    QCOMPARE(text, readAll(golden("iris.csv")));
}

void TestKnn::equalsScikitLearn()
{
    const auto model = trainIris();
    QVERIFY(model);
    const auto json = nlohmann::json::parse(readAll(golden("iris_knn.json")));
    QCOMPARE(json["points"].size(), std::size_t{500});
    QCOMPARE((*model)->featureNames(), json["features"].get<std::vector<std::string>>());
    QCOMPARE((*model)->classNames(), json["classes"].get<std::vector<std::string>>());
    for (const auto &point : json["points"]) {
        const auto query = point["query"].get<std::vector<double>>();
        const auto prediction = (*model)->predict(query);
        QVERIFY(prediction);
        QCOMPARE(prediction->classIndex, point["predicted_index"].get<std::size_t>());
        QCOMPARE(std::string(prediction->label), point["predicted"].get<std::string>());
        QCOMPARE(prediction->probabilities, point["proba"].get<std::vector<double>>());
        const auto neighbours = (*model)->neighbours(query);
        QVERIFY(neighbours);
        std::multiset<std::uint32_t> rows;
        for (std::size_t i = 0; i < neighbours->size(); ++i) {
            rows.insert((*neighbours)[i].row);
            const auto &distance = point["distances"][i];
            if (distance.is_null())
                QVERIFY(std::isinf((*neighbours)[i].distance));
            else
                QCOMPARE((*neighbours)[i].distance, distance.get<double>());
        }
        const auto expected = point["neighbors"].get<std::vector<std::uint32_t>>();
        QVERIFY2(rows == std::multiset<std::uint32_t>(expected.begin(), expected.end()),
                 point.dump().c_str());
    }
}

void TestKnn::overflow()
{
    const auto model = trainIris();
    const std::vector<double> far{1e200, 3, 1.4, 0.2};
    const auto prediction = (*model)->predict(far);
    QVERIFY(prediction);
    QCOMPARE(std::string(prediction->label), std::string("setosa"));
    QCOMPARE(prediction->probabilities, (std::vector<double>{1, 0, 0}));
    const auto neighbours = (*model)->neighbours(far);
    for (const auto &neighbour : *neighbours) {
        QCOMPARE(neighbour.row, 0u);
        QVERIFY(std::isinf(neighbour.distance));
    }
}

void TestKnn::refusesWhatItCannotUse()
{
    const auto model = trainIris();
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    for (const std::vector<double> &bad : {std::vector<double>{},
                                           {1, 2, 3},
                                           {1, 2, 3, 4, 5},
                                           {1, 2, std::nan(""), 4},
                                           {kInfinity, 2, 3, 4},
                                           {1, 2, 3, -kInfinity}}) {
        const auto prediction = (*model)->predict(bad);
        QVERIFY(!prediction);
        QCOMPARE(prediction.error().code, ErrorCode::InvalidArgument);
        QVERIFY(!prediction.error().next.empty());
        QVERIFY(!(*model)->neighbours(bad));
    }
    // It still works, also with the same output object.
    Prediction out;
    const std::vector<double> good{4.9, 3.0, 1.4, 0.2};
    QVERIFY((*model)->predict(good, out));
    QCOMPARE(out.maxProbability(), 1.0);
}

void TestKnn::refusesUnusableTrainingData()
{
    const TrainingData good{{"x"}, {"a", "b"}, {1, 2}, {0, 1}};
    QVERIFY(KnnModel::train("m", good, 2));
    QVERIFY(!KnnModel::train("m", good, 0));
    QVERIFY(!KnnModel::train("m", good, 3));
    QVERIFY(!KnnModel::train("m", {}, 1));
    auto bad = good;
    bad.values = {1};
    QVERIFY(!KnnModel::train("m", bad, 1));
    bad = good;
    bad.values = {1, std::nan("")};
    QVERIFY(!KnnModel::train("m", bad, 1));
    bad = good;
    bad.labels = {0, 2};
    QVERIFY(!KnnModel::train("m", bad, 1));
    QVERIFY(!trainIris(151));
    QVERIFY(trainIris(150));
}

void TestKnn::otherNumbersOfNeighbours()
{
    const TrainingData &data = irisData();
    for (const std::uint32_t k : {1u, 2u, 7u, 30u, 150u}) {
        const auto model = trainIris(k);
        for (std::size_t row = 0; row < 150; row += 7) {
            // Distances must be the k smallest ones, however ties are decided.
            const std::span<const double> point(data.values.data() + row * 4, 4);
            std::vector<double> all;
            for (std::size_t other = 0; other < 150; ++other) {
                double sum = 0;
                for (std::size_t j = 0; j < 4; ++j) {
                    const double d = point[j] - data.values[other * 4 + j];
                    sum += d * d;
                }
                all.push_back(std::sqrt(sum));
            }
            std::sort(all.begin(), all.end());
            const auto found = (*model)->neighbours(point);
            QCOMPARE(found->size(), std::size_t{k});
            for (std::size_t i = 0; i < k; ++i)
                QCOMPARE((*found)[i].distance, all[i]);
        }
    }
}

void TestKnn::leaveOneOut()
{
    // The last point sits among strangers: alone it is called b.
    TrainingData data{{"x"}, {"a", "b"}, {0, 1, 2.1, 10, 11, 12.1}, {0, 0, 0, 1, 1, 0}};
    const auto model = KnnModel::train("line", data, 1);
    QVERIFY(model);
    QCOMPARE((*model)->leaveOneOutAccuracy(), 5.0 / 6);
    const auto all = KnnModel::train("line", data, 6);
    QVERIFY(all);
    QVERIFY(std::isnan((*all)->leaveOneOutAccuracy()));
}

void TestKnn::survivesStorage()
{
    const auto model = trainIris(3);
    const auto again = loadModel("knn", (*model)->serialize());
    QVERIFY(again);
    QCOMPARE((*again)->serialize(), (*model)->serialize());
    QCOMPARE((*again)->trainingRows(), std::uint64_t{150});
    QCOMPARE((*again)->parameters()[0].second, std::string("3"));
    const std::vector<double> point{6.3, 3.3, 6.0, 2.5};
    QCOMPARE(std::string((*again)->predict(point)->label), std::string("virginica"));
}

void TestKnn::refusesDamagedBytes()
{
    const std::string bytes = (*trainIris())->serialize();
    for (std::size_t size = 0; size < bytes.size(); size += 13) {
        const auto model = loadModel("knn", std::string_view(bytes).substr(0, size));
        QVERIFY(!model);
        QCOMPARE(model.error().code, ErrorCode::Corrupt);
    }
    QCOMPARE(loadModel("knn", R"({"format":2})").error().code, ErrorCode::Unsupported);
    QCOMPARE(loadModel("oracle", bytes).error().code, ErrorCode::Unsupported);
}

QTEST_APPLESS_MAIN(TestKnn)
#include "tst_knn.moc"
