// The recipes of other tools, held against numbers worked out by hand.

#include "columns.h"
#include "test_support.h"

#include <QTest>

#include <cmath>
#include <numbers>

using namespace tepal;
using namespace tepal::drift;
using tepal::test::normals;
using tepal::test::numbers;
using tepal::test::strings;

namespace {

ColumnDrift by(Preset preset, const ColumnProfile &reference, const ColumnProfile &target)
{
    Options options;
    options.preset = preset;
    return compareColumn("x", &reference, &target, options);
}

bool near(double a, double b, double tolerance = 1e-12)
{
    return std::abs(a - b) <= tolerance;
}

} // namespace

class TestPeers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void namesReadBack()
    {
        for (const auto &[preset, name, summary, compare] : presetTable())
            QCOMPARE(parsePreset(presetName(preset)).value(), preset);
        QVERIFY(!parsePreset("alibi"));
    }
    void onlyColumnsOfBothSides()
    {
        const auto column = normals(1, 50);
        for (const auto &[preset, name, summary, compare] : presetTable()) {
            if (preset == Preset::Tepal)
                continue;
            Options options;
            options.preset = preset;
            QCOMPARE(compareColumn("x", &column, nullptr, options).verdict, Verdict::SchemaChange);
            const auto nulls = ColumnProfile::forFirstValue(ValueKind::Null, Semantics::Table);
            QCOMPARE(compareColumn("x", &column, &nulls, options).verdict, Verdict::NoData);
        }
    }

    void evidentlySmallNumbersByKs()
    {
        const auto r = normals(1, 400);
        const auto same = by(Preset::Evidently, r, r);
        QCOMPARE(same.verdict, Verdict::NoDrift);
        QCOMPARE(same.adjustedP, 1.0);
        const auto t = normals(2, 300, 0.5);
        const auto moved = by(Preset::Evidently, r, t);
        QCOMPARE(moved.verdict, Verdict::Drift);
        // The same test as ours, only that nothing but p decides.
        QCOMPARE(moved.adjustedP, compareColumn("x", &r, &t, {}).find("ks")->p.value());
    }
    void evidentlyTwoValuesByShares()
    {
        // z = 0.15 / sqrt(0.525 · 0.475 · 2/100)
        const auto drift =
            by(Preset::Evidently, strings({{"a", 60}, {"b", 40}}), strings({{"a", 45}, {"b", 55}}));
        QVERIFY(near(drift.adjustedP, 0.03367206885634585, 1e-9));
        QCOMPARE(drift.verdict, Verdict::Drift);
    }
    void evidentlyCategoriesByFit()
    {
        // 10²/50 + 0 + 10²/20 = 7 with two degrees of freedom: p = exp(−3.5)
        const auto drift = by(Preset::Evidently, strings({{"a", 50}, {"b", 30}, {"c", 20}}),
                              strings({{"a", 40}, {"b", 30}, {"c", 30}}));
        QVERIFY(near(drift.find("chi2")->value, 7));
        QVERIFY(near(drift.adjustedP, std::exp(-3.5), 1e-12));
        const auto unseen = by(Preset::Evidently, strings({{"a", 50}, {"b", 30}, {"c", 20}}),
                               strings({{"a", 40}, {"b", 30}, {"new", 1}}));
        QCOMPARE(unseen.adjustedP, 0.0);
        // One category on both sides is no NaN.
        const auto one = by(Preset::Evidently, strings({{"a", 50}}), strings({{"a", 7}}));
        QCOMPARE(one.adjustedP, 1.0);
        QCOMPARE(one.verdict, Verdict::NoDrift);
    }
    void evidentlyLargeByDistance()
    {
        const auto r = normals(1, 2000);
        QCOMPARE(by(Preset::Evidently, r, normals(2, 2000)).verdict, Verdict::NoDrift);
        const auto moved = by(Preset::Evidently, r, normals(2, 2000, 0.3));
        QCOMPARE(moved.effectKey, std::string("w1_norm"));
        QCOMPARE(moved.verdict, Verdict::Drift);
        const auto apart = by(Preset::Evidently, strings({{"a", 1500}}), strings({{"b", 1500}}));
        QVERIFY(near(apart.find("js")->value, std::sqrt(std::numbers::ln2))); // nats
    }

    void nannymlHasNoVerdict()
    {
        const auto r = normals(1, 500);
        const auto same = by(Preset::Nannyml, r, r);
        QVERIFY(near(same.find("js")->value, 0, 1e-7));
        QCOMPARE(same.verdict, Verdict::Undecided);
        QVERIFY(same.reason.find("chunks") != std::string::npos);
        // Everything outside the reference's range falls into the cell that the reference leaves
        // empty.
        QVERIFY(near(by(Preset::Nannyml, r, normals(2, 500, 1000)).find("js")->value, 1));
        QVERIFY(near(
            by(Preset::Nannyml, strings({{"a", 10}}), strings({{"b", 10}})).find("js")->value, 1));
    }

    void deepchecks()
    {
        const auto r = normals(1, 1000);
        QCOMPARE(by(Preset::Deepchecks, r, normals(2, 1000)).verdict, Verdict::NoDrift);
        QCOMPARE(by(Preset::Deepchecks, r, normals(2, 1000, 0.8)).verdict, Verdict::Drift);
        QCOMPARE(by(Preset::Deepchecks, r, numbers({1, 2, 3})).verdict, Verdict::LowEvidence);
        // X² = 19.780 of 200: √((0.0989 − 1/199) / (1 − 1/199))
        const auto drift = by(Preset::Deepchecks, strings({{"a", 50}, {"b", 50}}),
                              strings({{"a", 80}, {"b", 20}}));
        QVERIFY(near(drift.find("cramers_v")->value, 0.3071646046504941, 1e-12));
        QCOMPARE(drift.verdict, Verdict::Drift);
        // A rare category that doubles is no news.
        const auto rare = by(Preset::Deepchecks, strings({{"a", 600}, {"b", 400}, {"c", 4}}),
                             strings({{"a", 600}, {"b", 400}, {"d", 4}}));
        QVERIFY(near(rare.find("cramers_v")->value, 0));
    }
};

QTEST_APPLESS_MAIN(TestPeers)
#include "tst_peers.moc"
