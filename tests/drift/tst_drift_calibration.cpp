// How often no drift alarms, and whether the bands hold: statistics with fixed seeds.

#include "test_support.h"

#include <tepal/base/random.h>
#include <tepal/drift/compare.h>
#include <tepal/drift/measures.h>

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace tepal;
using namespace tepal::drift;

class TestDriftCalibration : public QObject
{
    Q_OBJECT

    static std::vector<double> draw(SplitMix64 &random, int count, double mean)
    {
        std::vector<double> values(static_cast<std::size_t>(count));
        for (double &value : values)
            value = mean + random.normal();
        return values;
    }
    static ColumnProfile profileOf(const std::vector<double> &values, std::uint16_t k)
    {
        auto column = ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table);
        column.distribution->kll = KllSketch(k);
        for (const double value : values)
            column.track(Value::fractional(value));
        return column;
    }

private Q_SLOTS:
    void falseAlarms_data()
    {
        QTest::addColumn<int>("n");
        QTest::addColumn<int>("m");
        QTest::addColumn<int>("trials");
        QTest::newRow("small") << 150 << 30 << 300;
        QTest::newRow("middle") << 5000 << 5000 << 200;
        QTest::newRow("large") << 50000 << 50000 << 150;
    }
    void falseAlarms()
    {
        QFETCH(int, n);
        QFETCH(int, m);
        QFETCH(int, trials);
        SplitMix64 random(7);
        int alarms = 0;
        int drifts = 0;
        for (int i = 0; i < trials; ++i) {
            const auto reference = profileOf(draw(random, n, 0), 1024);
            const auto target = profileOf(draw(random, m, 0), 1024);
            const auto drift = compareColumn("x", &reference, &target);
            alarms += drift.find("ks")->p.value() < 0.05 ? 1 : 0;
            drifts += drift.verdict == Verdict::Drift ? 1 : 0;
        }
        QVERIFY2(alarms <= trials * 8 / 100, qPrintable(QString::number(alarms)));
        QVERIFY(drifts <= alarms);
    }
    void bandsCoverTheTruth()
    {
        SplitMix64 random(11);
        int inside = 0;
        int trials = 0;
        for (const double shift : {0.0, 0.1, 0.5}) {
            for (const int size : {2000, 20000}) {
                for (int i = 0; i < 12; ++i) {
                    const auto a = draw(random, size, 0);
                    const auto b = draw(random, size, shift);
                    const auto reference = profileOf(a, 256);
                    const auto target = profileOf(b, 256);
                    const auto drift = compareColumn("x", &reference, &target);
                    KllSketch exactA(65535);
                    KllSketch exactB(65535);
                    exactA.update(a);
                    exactB.update(b);
                    QVERIFY(exactA.isExact());
                    const double truth = distributionGap(exactA.view(), exactB.view()).ks;
                    const Measure *ks = drift.find("ks");
                    inside += ks->bandLow <= truth && truth <= ks->bandHigh ? 1 : 0;
                    ++trials;
                }
            }
        }
        QVERIFY2(inside * 100 >= trials * 98, qPrintable(QString::number(inside)));
    }
    void floorsAreWhatNoDriftReads()
    {
        // 95 % of comparisons without drift stay below the floor, within a few per cent.
        SplitMix64 random(23);
        constexpr int trials = 400;
        std::map<std::string, int> above;
        for (int i = 0; i < trials; ++i) {
            const auto reference = profileOf(draw(random, 150, 0), 1024);
            const auto target = profileOf(draw(random, 60, 0), 1024);
            const auto drift = compareColumn("x", &reference, &target);
            for (const Measure &measure : drift.measures)
                above[measure.key] += measure.value > measure.floor ? 1 : 0;
        }
        for (const char *key : {"ks", "psi", "js", "hellinger", "tvd", "w1"}) {
            const int count = above[key];
            QVERIFY2(count >= trials / 100 && count <= trials * 9 / 100,
                     qPrintable(QStringLiteral("%1: %2").arg(QLatin1String(key)).arg(count)));
        }
    }
};

QTEST_APPLESS_MAIN(TestDriftCalibration)
#include "tst_drift_calibration.moc"
