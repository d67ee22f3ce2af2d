// Verdicts on small, made-up and degenerate data.

#include "columns.h"
#include "test_support.h"

#include <tepal/drift/compare.h>

#include <QTest>

#include <cmath>
#include <limits>

using namespace tepal;
using namespace tepal::drift;
using tepal::test::normals;
using tepal::test::numbers;
using tepal::test::strings;

namespace {

ColumnDrift of(const ColumnProfile &reference, const ColumnProfile &target)
{
    return compareColumn("x", &reference, &target);
}

} // namespace

#define VERDICT(drift, expected)                                                                   \
    QVERIFY2(                                                                                      \
        (drift).verdict == (expected),                                                             \
        qPrintable(test::qs(std::string(verdictName((drift).verdict)) + ": " + (drift).reason)))

class TestDrift : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void identity()
    {
        const auto column = normals(1, 400);
        const auto drift = of(column, column);
        VERDICT(drift, Verdict::NoDrift);
        QCOMPARE(drift.find("ks")->value, 0.0);
        QCOMPARE(drift.find("ks")->p.value(), 1.0);
        for (const char *key : {"w1", "w1_norm", "psi", "js", "hellinger", "tvd"})
            QVERIFY(std::abs(drift.find(key)->value) < 1e-12);
        QVERIFY(drift.find("ks")->exact);
    }
    void shiftIsDrift()
    {
        const auto drift = of(normals(1, 1000), normals(2, 800, 1.0));
        VERDICT(drift, Verdict::Drift);
        QCOMPARE(drift.effectKey, std::string("w1_norm"));
        QVERIFY(std::abs(drift.find("w1_norm")->value - 1) < 0.15);
        QVERIFY(std::abs(drift.ksX - 0.5) < 0.4); // where two shifted normals are furthest apart
        double sum = 0;
        for (const Cell &cell : drift.cells)
            sum += cell.contribution;
        QVERIFY(std::abs(sum - drift.find("psi")->value) < 1e-9);
    }
    void bigButFewIsUndecided()
    {
        const auto drift = of(normals(1, 150), numbers({0.5, 0.9, -0.4, 1.2, 0.1, -0.2, 0.8}));
        VERDICT(drift, Verdict::Undecided);
        QVERIFY(drift.rowsNeeded > 0);
        QVERIFY(drift.lowEvidence);
    }
    void realButTinyIsNegligible()
    {
        const auto drift = of(normals(1, 60000), normals(2, 60000, 0.06));
        VERDICT(drift, Verdict::Negligible);
        QVERIFY(!drift.find("ks")->exact);
        QVERIFY(drift.find("ks")->bandLow < drift.find("ks")->value);
        QVERIFY(drift.find("ks")->bandHigh > drift.find("ks")->value);
    }
    void resolutionCanBeTheReason()
    {
        // A range stretched by one value makes the band of W₁ wide; the sketch cannot tell.
        auto reference = normals(1, 20000);
        auto target = normals(2, 20000, 0.25);
        target.track(Value::fractional(2000));
        const auto drift = of(reference, target);
        VERDICT(drift, Verdict::Undecided);
        QVERIFY(drift.reason.find("resolution") != std::string::npos);
    }
    void categories()
    {
        const auto before = strings({{"a", 500}, {"b", 300}, {"c", 200}});
        VERDICT(of(before, strings({{"a", 252}, {"b", 149}, {"c", 99}})), Verdict::NoDrift);
        const auto drift = of(before, strings({{"a", 200}, {"b", 150}, {"c", 150}, {"new", 100}}));
        VERDICT(drift, Verdict::Drift);
        QCOMPARE(drift.effectKey, std::string("tvd"));
        QVERIFY(drift.find("chi2")->p.value() < 1e-10);
        double sum = 0;
        for (const Cell &cell : drift.cells)
            sum += cell.contribution;
        QVERIFY(std::abs(sum - drift.find("tvd")->value) < 1e-12);
    }
    void disjointCategories()
    {
        const auto drift = of(strings({{"a", 100}}), strings({{"b", 100}}));
        QCOMPARE(drift.find("tvd")->value, 1.0);
        QCOMPARE(drift.find("hellinger")->value, 1.0);
        QCOMPARE(drift.find("js")->value, 1.0);
        VERDICT(drift, Verdict::Drift);
    }
    void oneCategory()
    {
        const auto drift = of(strings({{"a", 100}}), strings({{"a", 40}}));
        QCOMPARE(drift.find("chi2")->p.value(), 1.0);
        VERDICT(drift, Verdict::NoDrift);
    }
    void manyCategories()
    {
        std::vector<std::pair<std::string, int>> many;
        for (int i = 0; i < 1000; ++i)
            many.emplace_back("category " + std::to_string(i), 3);
        const auto drift = of(strings(many), strings(many));
        VERDICT(drift, Verdict::NoDrift);
        QVERIFY(drift.cells.size() <= 51);
        QCOMPARE(drift.cells.back().label, std::string("Other"));
    }
    void fewDistinctNumbersAreCategories()
    {
        std::vector<double> votes;
        for (int i = 0; i < 200; ++i)
            votes.push_back(i % 10 == 0 ? 0.6 : 1.0);
        const auto drift = of(numbers(votes), numbers(votes));
        QVERIFY(!drift.numeric);
        QCOMPARE(drift.cells.size(), std::size_t{2});
        Options options;
        options.categorical["x"] = false;
        const auto column = numbers(votes);
        QVERIFY(compareColumn("x", &column, &column, options).numeric);
    }
    void constants()
    {
        const auto same =
            of(numbers(std::vector<double>(50, 2.0)), numbers(std::vector<double>(50, 2.0)));
        VERDICT(same, Verdict::NoDrift);
        const auto moved =
            of(numbers(std::vector<double>(50, 2.0)), numbers(std::vector<double>(50, 3.0)));
        VERDICT(moved, Verdict::Drift);
    }
    void missingAndForeign()
    {
        const auto column = normals(1, 100);
        QCOMPARE(compareColumn("x", &column, nullptr).verdict, Verdict::SchemaChange);
        QCOMPARE(compareColumn("x", nullptr, &column).verdict, Verdict::SchemaChange);
        QCOMPARE(of(column, strings({{"a", 100}})).verdict, Verdict::TypeChange);
        auto nulls = ColumnProfile::forFirstValue(ValueKind::Null, Semantics::Table);
        for (int i = 0; i < 50; ++i)
            nulls.track(Value::null());
        const auto drift = of(column, nulls);
        QCOMPARE(drift.verdict, Verdict::NoData);
        QVERIFY(drift.missingP < 1e-6);
        QCOMPARE(drift.missingTarget, 1.0);
        QCOMPARE(of(column, numbers({1, 2, 3})).verdict, Verdict::LowEvidence);
    }
    void nullsDoNotLeak()
    {
        const auto before = strings({{"a", 500}, {"b", 500}});
        auto after = strings({{"a", 250}, {"b", 250}});
        for (int i = 0; i < 400; ++i)
            after.track(Value::null());
        const auto drift = of(before, after);
        VERDICT(drift, Verdict::NoDrift);
        QVERIFY(drift.missingP < 1e-6);
    }
    void extremes()
    {
        constexpr double inf = std::numeric_limits<double>::infinity();
        auto infinite = normals(1, 100);
        infinite.track(Value::fractional(inf));
        infinite.track(Value::fractional(-inf));
        const auto drift = of(normals(2, 100), infinite);
        QCOMPARE(drift.m, 100);
        QVERIFY(std::isfinite(drift.find("w1")->value));
        const auto huge = of(numbers({1e308, -1e308, 1e300, 0, 5, 6, 7}),
                             numbers({1e308, -1e308, 1e299, 1, 4, 6, 8}));
        QVERIFY(huge.verdict != Verdict::Drift);
        QVERIFY(!equalWidthEdges(normals(1, 5).distribution->kll.view(),
                                 normals(2, 5).distribution->kll.view())
                     .empty());
        QCOMPARE(of(numbers({inf, inf, inf, inf, inf, inf}), normals(1, 50)).verdict,
                 Verdict::NoData);
    }
    void oneAgainstMany()
    {
        QCOMPARE(of(normals(1, 100000), numbers({3.0})).verdict, Verdict::LowEvidence);
    }
    void adjustmentOverColumns()
    {
        // One of twenty quiet columns has p < 0.05 by chance; adjusted, none is real.
        DatasetProfile reference;
        DatasetProfile target;
        for (int i = 0; i < 40; ++i) {
            reference.columns["c" + std::to_string(i)] =
                normals(static_cast<std::uint64_t>(500 + i), 300);
            target.columns["c" + std::to_string(i)] =
                normals(static_cast<std::uint64_t>(700 + i), 300);
        }
        const auto drift = compare(reference, target);
        for (const ColumnDrift &column : drift.columns) {
            QVERIFY(column.adjustedP >= *column.find("ks")->p - 1e-12);
            QVERIFY2(column.verdict != Verdict::Drift && column.verdict != Verdict::PossibleDrift,
                     qPrintable(test::qs(column.name + ": " + column.reason)));
        }
    }
    void jsonIsComplete()
    {
        DatasetProfile reference;
        reference.columns["a"] = normals(1, 200);
        reference.columns["gone"] = normals(3, 200);
        DatasetProfile target;
        target.columns["a"] = normals(2, 200);
        const std::string json = driftJson(compare(reference, target));
        for (const char *key : {"\"preset\": \"tepal\"", "\"ks\"", "\"band\"", "\"floor\"",
                                "\"exact\": true", "\"schema change\""})
            QVERIFY2(json.find(key) != std::string::npos, key);
    }
};

QTEST_APPLESS_MAIN(TestDrift)
#include "tst_drift.moc"
