// Verdicts on small, made-up and degenerate data.

#include "columns.h"
#include "test_support.h"

#include <tepal/drift/compare.h>

#include <QTest>

#include <cmath>
#include <limits>
#include <set>

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

/// 20,000 normal values in a sketch that holds few of them, beside their exact moments.
ColumnProfile coarse(std::uint64_t seed, double mean, double sd)
{
    auto column = normals(seed, 20000, mean, sd);
    SplitMix64 random(seed + 100);
    column.distribution->kll = KllSketch(64);
    for (int i = 0; i < 20000; ++i)
        column.distribution->kll.update(mean + sd * random.normal());
    return column;
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
        // A wider distribution with the same mean, seen through coarse sketches.
        const auto drift = of(coarse(1, 0, 1), coarse(2, 0, 1.33));
        VERDICT(drift, Verdict::Undecided);
        QVERIFY(drift.reason.find("resolution") != std::string::npos);
    }
    void aShiftIsNeverATooCoarseProfile()
    {
        // The means are exact, and W₁ is at least their difference.
        for (std::uint64_t seed = 1; seed <= 40; ++seed)
            VERDICT(of(normals(seed, 10000), normals(1000 + seed, 10000, 0.33)), Verdict::Drift);
        const auto drift = of(coarse(1, 0, 1), coarse(2, 0.4, 1));
        VERDICT(drift, Verdict::Drift);
        const Measure *w1 = drift.find("w1");
        QVERIFY(w1->bandHigh - w1->bandLow > 0.25); // coarse it is
        QVERIFY(w1->bandLow >= 0.35);
    }
    void missingShareHasAVerdict()
    {
        const auto withMissing = [](std::uint64_t seed, int rows, int missing) {
            auto column = normals(seed, rows - missing);
            column.trackNulls(static_cast<std::uint64_t>(missing));
            return column;
        };
        const auto drift = of(withMissing(1, 500, 10), withMissing(2, 500, 200));
        VERDICT(drift, Verdict::Drift);
        QCOMPARE(drift.cause, Cause::Missing);
        QVERIFY(drift.valuesVerdict <= Verdict::Negligible);
        QVERIFY2(drift.reason.starts_with("missing 2 % → 40 %"), drift.reason.c_str());
        VERDICT(of(withMissing(1, 2000, 0), withMissing(2, 2000, 100)), Verdict::PossibleDrift);
        VERDICT(of(withMissing(1, 2000, 20), withMissing(2, 2000, 24)), Verdict::NoDrift);
        // Fourteen rows of which two lack a value prove nothing.
        VERDICT(of(withMissing(1, 150, 6), withMissing(2, 14, 2)), Verdict::Undecided);
    }
    void textAmongNumbersHasAVerdict()
    {
        auto target = normals(2, 900);
        for (int i = 0; i < 100; ++i)
            target.track(Value::string("n/a"));
        const auto drift = of(normals(1, 1000), target);
        VERDICT(drift, Verdict::Drift);
        QCOMPARE(drift.cause, Cause::ForeignType);
    }
    void fewFarValuesAreSeen()
    {
        // Two in a hundred rows at twenty deviations: KS alone is blind to them.
        int found = 0;
        for (std::uint64_t seed = 1; seed <= 100; ++seed) {
            auto target = normals(1000 + seed, 980);
            for (int i = 0; i < 20; ++i)
                target.track(Value::fractional(20));
            const auto drift = of(normals(seed, 1000), target);
            found += drift.verdict == Verdict::Drift ? 1 : 0;
        }
        QVERIFY2(found >= 95, qPrintable(QString::number(found)));
    }
    void whatWouldHaveBeenSeen()
    {
        const auto drift = of(normals(1, 150), normals(2, 1000));
        QCOMPARE(drift.verdict, Verdict::NoDrift);
        QVERIFY(std::abs(drift.visible - 1.30 * std::sqrt(1 / 150.0 + 1 / 1000.0)) < 1e-12);
        QVERIFY(std::abs(drift.visibleShift - 2.5 * drift.visible) < 1e-12);
        QVERIFY2(drift.reason.find("would have been seen") != std::string::npos,
                 drift.reason.c_str());
    }
    void newCategoriesAreNamed()
    {
        const auto drift = of(strings({{"a", 500}, {"gone", 300}}),
                              strings({{"a", 500}, {"fresh", 40}, {"rare", 1}}));
        QCOMPARE(drift.newCategories.size(), std::size_t{2});
        QCOMPARE(drift.newCategories[0].label, std::string("fresh"));
        QCOMPARE(drift.vanishedCategories.size(), std::size_t{1});
        QVERIFY(drift.reason.find("new category \"fresh\"") != std::string::npos);
    }
    void identifiersHaveNoDistribution()
    {
        const auto ids = [](int from, int count) {
            std::vector<std::pair<std::string, int>> texts;
            for (int i = from; i < from + count; ++i)
                texts.emplace_back("request-" + std::to_string(i), 1);
            return strings(texts);
        };
        const auto drift = of(ids(0, 500), ids(500, 400));
        VERDICT(drift, Verdict::NoData);
        QVERIFY(drift.measures.empty());
        // One that became the same for everybody is another matter.
        VERDICT(of(ids(0, 500), strings({{"request-0", 400}})), Verdict::Drift);
    }
    void kindDoesNotDependOnTheTarget()
    {
        std::vector<double> votes;
        for (int i = 0; i < 150; ++i)
            votes.push_back(0.2 * (i % 5) + 0.2);
        const auto reference = numbers(votes);
        for (const int rows : {10, 60, 100, 101, 2000}) {
            std::vector<double> live;
            for (int i = 0; i < rows; ++i)
                live.push_back(0.2 * (i % 5) + 0.2);
            QVERIFY(!of(reference, numbers(live)).numeric);
        }
    }
    void aRangeAgainstItselfIsNoDifference()
    {
        // Far beyond what the sketches hold exactly, in pieces merged on the way.
        const auto merged = [](double few) {
            auto column = normals(1, 700);
            for (std::uint64_t seed = 2; seed < 60; ++seed)
                column.merge(normals(seed, 700));
            std::vector<double> votes;
            if (few > 0) {
                column = numbers({});
                for (int i = 0; i < 30000; ++i)
                    votes.push_back(few * (i * 7 % 5));
                column = numbers(votes);
            }
            return column;
        };
        for (const double few : {0.0, 0.2}) {
            const auto drift = of(merged(few), merged(few));
            VERDICT(drift, Verdict::NoDrift);
            QCOMPARE(drift.reason, std::string("no difference at all"));
            for (const Measure &measure : drift.measures) {
                QVERIFY2(!measure.exact || measure.key == "mean_shift" || measure.key == "sd_ratio",
                         measure.key.c_str());
                if (measure.key != "sd_ratio")
                    QVERIFY2(std::abs(measure.value) < 1e-12, measure.key.c_str());
            }
        }
    }
    void scoresAreTheSameDigits()
    {
        auto reference = std::make_shared<DatasetProfile>();
        DatasetProfile target;
        reference->columns["numbers"] = normals(1, 5000);
        target.columns["numbers"] = normals(2, 7000, 0.2);
        reference->columns["texts"] = strings({{"a", 500}, {"b", 300}, {"c", 200}});
        target.columns["texts"] = strings({{"a", 80}, {"b", 50}, {"c", 60}, {"d", 3}});
        target.columns["texts"].trackNulls(20);
        const Comparer comparer(reference);
        const DatasetDrift all = comparer.compare(target);
        const DatasetDrift scores = comparer.score(target);
        QCOMPARE(all.columns.size(), scores.columns.size());
        for (std::size_t i = 0; i < all.columns.size(); ++i) {
            const ColumnDrift &a = all.columns[i];
            const ColumnDrift &b = scores.columns[i];
            QCOMPARE(a.verdict, b.verdict);
            QCOMPARE(a.reason, b.reason);
            QCOMPARE(a.adjustedP, b.adjustedP);
            QCOMPARE(a.shown()->value, b.shown()->value);
            QCOMPARE(a.shown()->floor, b.shown()->floor);
            QCOMPARE(a.shown()->bandLow, b.shown()->bandLow);
        }
    }
    void numbersThatPrintAlikeAreDifferentCategories()
    {
        std::vector<double> values;
        for (int i = 0; i < 400; ++i)
            values.push_back(i % 2 == 0 ? 1234567.25 : 1234567.75);
        QCOMPARE(of(numbers(values), numbers(values)).cells.size(), std::size_t{2});
    }
    void theTableIsWhole()
    {
        std::set<std::string_view> keys;
        for (const MeasureRow &row : measureTable()) {
            QVERIFY(keys.insert(row.key).second);
            QCOMPARE(findMeasure(row.key), &row);
            QVERIFY(!row.label.empty() && !row.name.empty() && !row.how.empty());
            QVERIFY(!row.use.empty() && !row.direction.empty());
        }
        const auto numeric = of(normals(1, 300), normals(2, 300));
        const auto texts = of(strings({{"a", 9}, {"b", 9}}), strings({{"a", 9}, {"b", 9}}));
        for (const MeasureRow &row : measureTable()) {
            QCOMPARE(numeric.find(row.key) != nullptr, row.fits != Fits::Categories);
            QCOMPARE(texts.find(row.key) != nullptr, row.fits != Fits::Numbers);
        }
    }
    void theGuideKnowsEveryMeasureAndPreset()
    {
        const std::string guide =
            test::readAll(test::sourceDir() / "resources" / "docs" / "3-drift.md");
        for (const MeasureRow &row : measureTable())
            QVERIFY2(guide.find("`" + std::string(row.label) + "`") != std::string::npos,
                     row.key.data());
        for (const PresetRow &row : presetTable()) {
            if (row.preset != Preset::Tepal)
                QVERIFY2(guide.find("`" + std::string(row.name) + "`") != std::string::npos,
                         row.name.data());
        }
    }
    void adjustments()
    {
        DatasetProfile reference;
        DatasetProfile target;
        for (int i = 0; i < 5; ++i) {
            const std::string name = "c" + std::to_string(i);
            reference.columns[name] = normals(static_cast<std::uint64_t>(50 + i), 300);
            target.columns[name] = normals(static_cast<std::uint64_t>(70 + i), 300, 0.1 * i);
        }
        Options options;
        std::vector<std::vector<double>> adjusted;
        for (const Adjust how : {Adjust::None, Adjust::BenjaminiHochberg, Adjust::Holm}) {
            options.adjust = how;
            adjusted.emplace_back();
            for (const ColumnDrift &column : compare(reference, target, options).columns) {
                QCOMPARE(how == Adjust::None, how == Adjust::None && column.p == column.adjustedP);
                adjusted.back().push_back(column.adjustedP);
            }
        }
        for (std::size_t i = 0; i < 5; ++i) {
            QVERIFY(adjusted[0][i] <= adjusted[1][i]);
            QVERIFY(adjusted[1][i] <= adjusted[2][i] + 1e-15);
        }
        QVERIFY(!parseAdjust("bonferroni"));
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
        VERDICT(drift, Verdict::Drift); // every value went missing
        QCOMPARE(drift.valuesVerdict, Verdict::NoData);
        QCOMPARE(drift.cause, Cause::Missing);
        QVERIFY(drift.missing.p < 1e-6);
        QCOMPARE(drift.missing.target, 1.0);
        QCOMPARE(of(column, numbers({1, 2, 3})).verdict, Verdict::LowEvidence);
    }
    void nullsDoNotLeak()
    {
        const auto before = strings({{"a", 500}, {"b", 500}});
        auto after = strings({{"a", 250}, {"b", 250}});
        for (int i = 0; i < 400; ++i)
            after.track(Value::null());
        const auto drift = of(before, after);
        QCOMPARE(drift.valuesVerdict, Verdict::NoDrift);
        QVERIFY(drift.missing.p < 1e-6);
        QCOMPARE(drift.find("tvd")->value, 0.0);
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
