// Model performance: whylogs' v0 files, confusion matrices, regression errors, ROC-AUC.

#include "golden_support.h"

#include <tepal/base/random.h>
#include <tepal/profile/file.h>
#include <tepal/profile/performance.h>

using namespace tepal;
using namespace tepal::test;

class TestPerformance : public QObject
{
    Q_OBJECT

    static ModelPerformance read(const char *name)
    {
        auto performance =
            parseModelPerformance(readAll(golden(std::string("model_performance/") + name)));
        if (!performance)
            qFatal("%s", performance.error().text().c_str());
        return *performance;
    }
    static Json about() { return Json::parse(readAll(golden("model_performance/case.json"))); }
    static void compareCells(const ConfusionMatrix &ours, const Json &golden)
    {
        QCOMPARE(ours.labels(), golden["labels"].get<std::vector<std::string>>());
        for (const Json &expected : golden["cells"]) {
            const PerformanceCell *const cell = ours.cell(expected["prediction"].get<std::string>(),
                                                          expected["target"].get<std::string>());
            QVERIFY(cell);
            QCOMPARE(cell->count, expected["n"].get<std::uint64_t>());
            QVERIFY(close(cell->scores.mean, expected["score_mean"].get<double>(), 1e-12));
            QVERIFY(close(cell->scores.m2, expected["score_m2"].get<double>(), 1e-12));
            QCOMPARE(cell->scores.kll.n(), cell->count);
        }
    }
    static void compareErrors(const RegressionErrors &ours, const Json &golden)
    {
        QCOMPARE(ours.count, golden["count"].get<std::uint64_t>());
        QVERIFY(close(ours.sumAbsolute, golden["sum_abs_diff"].get<double>(), 1e-12));
        QVERIFY(close(ours.sum, golden["sum_diff"].get<double>(), 1e-12));
        QVERIFY(close(ours.sumSquares, golden["sum2_diff"].get<double>(), 1e-12));
        QVERIFY(close(ours.mae(), golden["mae"].get<double>(), 1e-12));
        QVERIFY(close(ours.mse(), golden["mse"].get<double>(), 1e-12));
        QVERIFY(close(ours.rmse(), golden["rmse"].get<double>(), 1e-12));
    }

private Q_SLOTS:
    void classificationIsRead()
    {
        const ModelPerformance performance = read("classification.bin");
        QCOMPARE(performance.dataTimestamp, 1'709'644'062'123);
        QVERIFY(performance.classification && !performance.regression);
        compareCells(*performance.classification, about()["classification"]);
        QCOMPARE(performance.classification->accuracy(), 135.0 / 150);
        const ClassQuality b = performance.classification->quality("b");
        QCOMPARE(b.precision, 53.0 / 59);
        QCOMPARE(b.recall, 53.0 / 57);
        QCOMPARE(b.f1, 106.0 / 116);
        QCOMPARE(b.support, 57u);
    }
    void regressionIsRead()
    {
        const ModelPerformance performance = read("regression.bin");
        QVERIFY(performance.regression && !performance.classification);
        compareErrors(*performance.regression, about()["regression"]);
    }
    void passedOnUnchanged()
    {
        for (const char *name : {"classification.bin", "regression.bin"}) {
            const std::string bytes = readAll(golden(std::string("model_performance/") + name));
            QCOMPARE(serializeModelPerformance(read(name)), bytes);
            // Written anew it says the same, to the byte.
            ModelPerformance again = read(name);
            again.original.clear();
            QCOMPARE(serializeModelPerformance(again), bytes);
            for (std::size_t cut = 0; cut < bytes.size(); ++cut)
                QVERIFY(!parseModelPerformance(std::string_view(bytes).substr(0, cut)));
        }
    }
    void ourOwnOfTheSameRecords()
    {
        ModelPerformance ours;
        ours.classification.emplace();
        ours.regression.emplace();
        std::istringstream lines(readAll(golden("model_performance/input.jsonl")));
        for (std::string line; std::getline(lines, line);) {
            const Json row = Json::parse(line);
            ours.classification->add(row["prediction"].get<std::string>(),
                                     row["target"].get<std::string>(), row["score"].get<double>());
            ours.regression->add(row["yhat"].get<double>(), row["y"].get<double>());
        }
        const auto again = parseModelPerformance(serializeModelPerformance(ours));
        QVERIFY(again);
        compareCells(*again->classification, about()["classification"]);
        compareErrors(*again->regression, about()["regression"]);
    }
    void mergingAddsUp()
    {
        ModelPerformance twice = read("classification.bin");
        twice.merge(read("classification.bin"));
        QCOMPARE(twice.classification->total(), 300u);
        const auto again = parseModelPerformance(serializeModelPerformance(twice));
        QCOMPARE(again->classification->count("b", "b"), 106u);
        ModelPerformance errors = read("regression.bin");
        const double rmse = errors.regression->rmse();
        errors.merge(read("regression.bin"));
        QCOMPARE(errors.regression->count, 300u);
        QVERIFY(close(errors.regression->rmse(), rmse, 1e-12));
    }
    void rocAuc()
    {
        // Against every pair counted one by one, ties half.
        SplitMix64 random(5);
        ConfusionMatrix matrix;
        std::vector<double> positives;
        std::vector<double> negatives;
        for (int i = 0; i < 900; ++i) {
            const bool truth = i % 3 == 0;
            const double score =
                std::round(std::min(1.0, std::max(0.0, random.uniform() + (truth ? 0.2 : 0))) *
                           64) /
                64;
            (truth ? positives : negatives).push_back(score);
            const bool predicted = score >= 0.5;
            matrix.add(predicted ? "yes" : "no", truth ? "yes" : "no",
                       predicted ? score : 1 - score);
        }
        double pairs = 0;
        for (const double p : positives) {
            for (const double n : negatives)
                pairs += p > n ? 1 : p == n ? 0.5 : 0;
        }
        const double expected = pairs / static_cast<double>(positives.size() * negatives.size());
        QVERIFY(std::abs(*matrix.rocAuc("yes") - expected) < 1e-12);
        QVERIFY(std::abs(*matrix.rocAuc("no") - expected) < 1e-12);
        QVERIFY(!read("classification.bin").classification->rocAuc("a"));
    }
    void nothingToDivideBy()
    {
        const ConfusionMatrix none;
        QVERIFY(std::isnan(none.accuracy()));
        QVERIFY(std::isnan(none.quality("x").precision));
        QVERIFY(std::isnan(RegressionErrors().mae()));
        ConfusionMatrix matrix;
        matrix.add("None", "z");
        matrix.add("a", "a");
        QCOMPARE(matrix.labels(), (std::vector<std::string>{"a", "z", "None"}));
    }
};

QTEST_APPLESS_MAIN(TestPerformance)
#include "tst_performance.moc"
