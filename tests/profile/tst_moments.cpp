// Mean and spread of values that are infinite or nearly so: the same by every way in, and merged.

#include "test_support.h"

#include <tepal/base/random.h>
#include <tepal/profile/column.h>
#include <tepal/sketch/moments.h>

#include <QTest>

#include <cmath>
#include <functional>

using namespace tepal;
using namespace tepal::test;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kMax = std::numeric_limits<double>::max();

using Way = std::function<ColumnProfile(const std::vector<double> &)>;

ColumnProfile emptyColumn()
{
    return ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table);
}

ColumnProfile byValue(const std::vector<double> &values)
{
    ColumnProfile column = emptyColumn();
    for (const double value : values)
        column.track(Value::fractional(value), Semantics::Table);
    return column;
}

ColumnProfile byBatch(const std::vector<double> &values)
{
    ColumnProfile column = emptyColumn();
    column.trackFractionals(values);
    return column;
}

ColumnProfile byCount(const std::vector<double> &values)
{
    ColumnProfile column = emptyColumn();
    std::vector<CountedFraction> counted;
    for (const double value : values)
        counted.push_back({value, 1});
    column.trackCounted(counted);
    return column;
}

/// Cut anywhere, also into empty pieces, and merged in any order.
ColumnProfile byMerge(const std::vector<double> &values)
{
    SplitMix64 random(values.size());
    std::vector<ColumnProfile> parts(5, emptyColumn());
    for (const double value : values)
        parts[random.below(parts.size())].track(Value::fractional(value), Semantics::Table);
    while (parts.size() > 1) {
        const auto from = static_cast<std::ptrdiff_t>(1 + random.below(parts.size() - 1));
        parts[0].merge(parts[static_cast<std::size_t>(from)]);
        parts.erase(parts.begin() + from);
    }
    return parts[0];
}

std::vector<double> repeated(std::vector<double> values, std::size_t times)
{
    std::vector<double> all;
    for (std::size_t i = 0; i < times; ++i)
        all.insert(all.end(), values.begin(), values.end());
    return all;
}

/// Many different values, so that a batch is not counted first; their mean is 499.5.
std::vector<double> manyAnd(std::vector<double> last)
{
    std::vector<double> all;
    for (int i = 0; i < 1000; ++i)
        all.push_back(i);
    all.insert(all.begin() + 500, last.begin(), last.end());
    return all;
}

bool close(double a, double b)
{
    if (std::isnan(b))
        return std::isnan(a);
    return a == b || std::abs(a - b) <= 1e-12 * std::abs(b);
}

const std::pair<const char *, Way> kWays[]{
    {"value", byValue}, {"batch", byBatch}, {"count", byCount}, {"merge", byMerge}};

} // namespace

class TestMoments : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void extremes_data()
    {
        QTest::addColumn<std::vector<double>>("values");
        QTest::addColumn<double>("mean");
        QTest::addColumn<double>("m2");
        const double none = std::nan("");
        using Values = std::vector<double>;
        // whylogs 1.6.0, measured: the mean of 1, 2, inf is inf.
        QTest::newRow("infinity last") << Values{1, 2, kInf} << kInf << none;
        QTest::newRow("infinity first") << Values{kInf, 1, 2} << kInf << none;
        QTest::newRow("infinity alone") << Values{kInf} << kInf << none;
        QTest::newRow("infinity twice") << Values{1, kInf, kInf, 2} << kInf << none;
        QTest::newRow("minus infinity") << Values{1, -kInf, 2, 3} << -kInf << none;
        QTest::newRow("both") << Values{1, kInf, 5, -kInf} << none << none;
        QTest::newRow("often") << repeated({1, 2, kInf}, 700) << kInf << none;
        QTest::newRow("among many") << manyAnd({kInf}) << kInf << none;
        QTest::newRow("minus among many") << manyAnd({-kInf}) << -kInf << none;
        QTest::newRow("both among many") << manyAnd({kInf, -kInf}) << none << none;
        QTest::newRow("huge") << repeated({1e308}, 50) << 1e308 << 0.0;
        QTest::newRow("two huge") << repeated({1e308, 1.2e308}, 50) << 1.1e308 << kInf;
        QTest::newRow("largest") << repeated({kMax}, 77) << kMax << 0.0;
        QTest::newRow("opposite") << repeated({kMax, -kMax}, 40) << 0.0 << kInf;
        QTest::newRow("1e200") << Values{1e200, 3e200} << 2e200 << kInf;
        QTest::newRow("huge among many") << manyAnd({1e306, -1e306}) << 498.503 << kInf;
        QTest::newRow("ordinary") << Values{1, 2, 6} << 3.0 << 14.0;
    }
    void extremes()
    {
        QFETCH(std::vector<double>, values);
        QFETCH(double, mean);
        QFETCH(double, m2);
        for (const auto &[name, way] : kWays) {
            const ColumnProfile column = way(values);
            const Distribution &got = column.distribution.value();
            // Sums of ±1e308 and their like leave what their last digit is worth.
            const bool rounded = mean == 0 || mean == 498.503;
            QVERIFY2(rounded ? std::abs(got.mean) < 1e293 : close(got.mean, mean),
                     qPrintable(QString("%1: mean %2").arg(name).arg(got.mean)));
            // A mean off by its last digit is 2e292 off here, and that squared overflows.
            const bool overflown = mean == kMax && std::isinf(got.m2);
            QVERIFY2(overflown || close(got.m2, m2),
                     qPrintable(QString("%1: m2 %2").arg(name).arg(got.m2)));
            QCOMPARE(got.kll.n(), values.size());
        }
    }
    void emptyMeetsEmpty()
    {
        Distribution a;
        // whylogs writes NaN where it merged two empty ones.
        Distribution b;
        b.mean = b.m2 = std::nan("");
        a.merge(b);
        QCOMPARE(a.mean, 0.0);
        QCOMPARE(a.m2, 0.0);
        b.merge(Distribution());
        QCOMPARE(b.mean, 0.0);
        QCOMPARE(b.m2, 0.0);
    }
    /// To the last bit, on either side.
    void emptyMeetsFull()
    {
        for (const std::vector<double> &values :
             {std::vector<double>{0.1, 0.2, 0.7}, {1e200, -3e200}, {1, kInf}, {kMax, kMax}}) {
            const Distribution full = byValue(values).distribution.value();
            Distribution nothing;
            nothing.mean = nothing.m2 = std::nan("");
            Distribution left = full;
            left.merge(nothing);
            Distribution right = nothing;
            right.merge(full);
            for (const Distribution &merged : {left, right}) {
                QVERIFY(merged.mean == full.mean);
                QVERIFY(merged.m2 == full.m2 || (std::isnan(merged.m2) && std::isnan(full.m2)));
                QCOMPARE(merged.kll.n(), full.kll.n());
            }
            Distribution batch;
            batch.addMoments(full.mean, full.m2, 0);
            QCOMPARE(batch.mean, 0.0);
            batch.addMoments(full.mean, full.m2, values.size());
            QVERIFY(batch.mean == full.mean);
        }
    }
    void weightsCount()
    {
        const std::vector<WeightedValue> values{{1, 3}, {5, 1}};
        const BatchMoments moments = momentsOf(std::span<const WeightedValue>(values));
        QCOMPARE(moments.mean, 2.0);
        QCOMPARE(moments.m2, 12.0);
        const std::vector<WeightedValue> huge{{1e308, 3}, {1.5e308, 1}};
        QVERIFY(close(momentsOf(std::span<const WeightedValue>(huge)).mean, 1.125e308));
        const std::vector<WeightedValue> endless{{-kInf, 2}, {1, 1}};
        QCOMPARE(momentsOf(std::span<const WeightedValue>(endless)).mean, -kInf);
    }
};

QTEST_APPLESS_MAIN(TestMoments)
#include "tst_moments.moc"
