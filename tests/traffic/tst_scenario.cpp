#include "test_support.h"

#include <tepal/drift/compare.h>
#include <tepal/service/train.h>
#include <tepal/model/iris.h>
#include <tepal/traffic/scenario.h>

#include <QTest>

using namespace tepal;
using namespace tepal::traffic;

class TestScenario : public QObject
{
    Q_OBJECT

    /// What the endpoint would log for `rows` complete rows of a scenario.
    static DatasetProfile played(ScenarioKind kind, std::size_t rows, std::uint64_t seed)
    {
        Scenario scenario(kind, seed);
        std::vector<double> values;
        for (std::size_t i = 0; i < rows; ++i) {
            for (const auto &value : scenario.next().values)
                values.push_back(value.value());
        }
        return profilePredictions(**trainIris(), values).value();
    }
    static DatasetProfile training()
    {
        return profilePredictions(**trainIris(), irisData().values).value();
    }

private Q_SLOTS:
    void isRepeatable()
    {
        for (const ScenarioInfo &info : scenarios()) {
            Scenario a(info.kind, 42);
            Scenario b(info.kind, 42);
            Scenario other(info.kind, 43);
            int different = 0;
            for (int i = 0; i < 500; ++i) {
                const Row row = a.next();
                QVERIFY(row.values == b.next().values);
                different += row.values != other.next().values ? 1 : 0;
            }
            QVERIFY(different > 400);
        }
    }
    void changeDoesNotDisturbTheRest()
    {
        // The rows before a change are the steady ones, whatever the scenario.
        for (const ScenarioInfo &info : scenarios()) {
            Scenario steady(ScenarioKind::Steady, 7);
            Scenario other(info.kind, 7);
            for (int i = 0; i < 200; ++i)
                QVERIFY(steady.next().values == other.next(false).values);
        }
        // A shift changes petal width only.
        Scenario steady(ScenarioKind::Steady, 7);
        Scenario shift(ScenarioKind::PetalWidthShift, 7);
        for (int i = 0; i < 200; ++i) {
            const Row a = steady.next();
            const Row b = shift.next();
            for (std::size_t f = 0; f < 3; ++f)
                QCOMPARE(*a.values[f], *b.values[f]);
            QVERIFY(*b.values[3] >= *a.values[3]);
            QVERIFY(*b.values[3] <= *a.values[3] + Scenario::kShift + 1e-9);
        }
    }
    void steadyDoesNotDrift_data()
    {
        QTest::addColumn<int>("rows");
        for (const int rows : {150, 1000, 20000})
            QTest::addRow("%d", rows) << rows;
    }
    void steadyDoesNotDrift()
    {
        QFETCH(int, rows);
        const auto drift = drift::compare(
            training(), played(ScenarioKind::Steady, static_cast<std::size_t>(rows), 1));
        for (const auto &column : drift.columns)
            QVERIFY2(column.verdict == drift::Verdict::NoDrift ||
                         column.verdict == drift::Verdict::Negligible,
                     (column.name + ": " + column.reason).c_str());
    }
    void shiftDriftsPetalWidthOnly_data() { steadyDoesNotDrift_data(); }
    void shiftDriftsPetalWidthOnly()
    {
        QFETCH(int, rows);
        const auto drift = drift::compare(
            training(), played(ScenarioKind::PetalWidthShift, static_cast<std::size_t>(rows), 1));
        QCOMPARE(drift.columns.size(), std::size_t{6});
        for (const auto &column : drift.columns) {
            if (column.name == "petal width")
                QVERIFY2(column.verdict == drift::Verdict::Drift, column.reason.c_str());
            else
                QVERIFY2(column.verdict == drift::Verdict::NoDrift ||
                             column.verdict == drift::Verdict::Negligible,
                         (column.name + ": " + column.reason).c_str());
        }
    }
    void classMixDriftsTheAnswer()
    {
        const auto drift = drift::compare(training(), played(ScenarioKind::ClassMix, 1000, 1));
        for (const auto &column : drift.columns) {
            if (column.name == "class_output")
                QVERIFY2(column.verdict == drift::Verdict::Drift, column.reason.c_str());
        }
    }
    void missingValuesAreMissing()
    {
        Scenario scenario(ScenarioKind::MissingValues, 3);
        int missing = 0;
        for (int i = 0; i < 4000; ++i)
            missing += scenario.next().complete() ? 0 : 1;
        // Binomial(4000, 0.25): five standard deviations are 137.
        QVERIFY(std::abs(missing - 1000) < 137);
    }
    void namesAreFound()
    {
        QCOMPARE(findScenario("mixed")->kind, ScenarioKind::Mixed);
        const auto wrong = findScenario("nonsense");
        QVERIFY(!wrong && wrong.error().code == ErrorCode::InvalidArgument);
        QVERIFY(wrong.error().next.find("petal-width-shift") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestScenario)
#include "tst_scenario.moc"
