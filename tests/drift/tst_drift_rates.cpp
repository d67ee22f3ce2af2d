// How often nothing is called something, and something is seen: seeded simulations whose rates are
// printed. The limits are those that the rules promise, with the room that so many trials need.

#include "test_support.h"

#include <tepal/base/random.h>
#include <tepal/drift/compare.h>
#include <tepal/drift/measures.h>
#include <tepal/drift/probability.h>

#include <QTest>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

using namespace tepal;
using namespace tepal::drift;

namespace {

using Draw = std::function<double(SplitMix64 &)>;

const std::vector<std::pair<const char *, Draw>> kNumbers{
    {"normal", [](SplitMix64 &random) { return random.normal(); }},
    {"lognormal", [](SplitMix64 &random) { return std::exp(random.normal()); }},
    {"tied", [](SplitMix64 &random) { return std::round(random.normal() * 8) / 8; }},
    {"zero-inflated",
     [](SplitMix64 &random) { return random.uniform() < 0.9 ? 0 : std::exp(random.normal()); }},
};

ColumnProfile numberColumn(SplitMix64 &random, const Draw &draw, int rows, double shift = 0)
{
    auto column = ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table);
    std::vector<double> values(static_cast<std::size_t>(rows));
    for (double &value : values)
        value = draw(random) + shift;
    column.trackFractionals(values);
    return column;
}

/// Shares 1/rank, or all alike.
ColumnProfile categoryColumn(SplitMix64 &random, int categories, bool zipf, int rows)
{
    std::vector<double> cumulative;
    double sum = 0;
    for (int i = 1; i <= categories; ++i)
        cumulative.push_back(sum += zipf ? 1.0 / i : 1.0);
    std::vector<std::uint64_t> counts(cumulative.size(), 0);
    for (int i = 0; i < rows; ++i) {
        const auto it =
            std::lower_bound(cumulative.begin(), cumulative.end(), random.uniform() * sum);
        ++counts[static_cast<std::size_t>(it - cumulative.begin())];
    }
    auto column = ColumnProfile::forFirstValue(ValueKind::String, Semantics::Table);
    std::vector<std::string> names;
    std::vector<CountedText> texts;
    names.reserve(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0)
            continue;
        names.push_back("category " + std::to_string(i));
        texts.push_back({names.back(), counts[i]});
    }
    column.trackCounted(texts);
    return column;
}

void print(const char *what, int n, int m, int hits, int trials)
{
    std::printf("%-28s %6d against %6d: %5.1f %%\n", what, m, n, 100.0 * hits / trials);
}

} // namespace

class TestDriftRates : public QObject
{
    Q_OBJECT

    static constexpr std::pair<int, int> kSizes[]{{30, 30},       {150, 50},     {150, 150},
                                                  {150, 1000},    {150, 20000},  {1000, 1000},
                                                  {10000, 10000}, {50000, 50000}};

    static int trialsFor(int n, int m) { return n + m > 15000 ? 100 : 200; }
    /// 0 to 8 %, and what chance adds to that in so few trials.
    static int allowed(int trials)
    {
        return static_cast<int>(0.08 * trials + 1.7 * std::sqrt(0.05 * 0.95 * trials));
    }

private Q_SLOTS:
    void falseAlarmsOnNumbers_data()
    {
        QTest::addColumn<int>("kind");
        for (std::size_t i = 0; i < kNumbers.size(); ++i)
            QTest::newRow(kNumbers[i].first) << static_cast<int>(i);
    }
    void falseAlarmsOnNumbers()
    {
        QFETCH(int, kind);
        const auto &[name, draw] = kNumbers[static_cast<std::size_t>(kind)];
        SplitMix64 random(100 + static_cast<std::uint64_t>(kind));
        for (const auto &[n, m] : kSizes) {
            const int trials = trialsFor(n, m);
            int alarms = 0;
            int drifts = 0;
            int undecided = 0;
            int aboveFloor = 0;
            for (int i = 0; i < trials; ++i) {
                const auto reference = numberColumn(random, draw, n);
                const auto target = numberColumn(random, draw, m);
                Options options;
                options.categorical["x"] = false;
                const auto drift = compareColumn("x", &reference, &target, options);
                alarms += drift.p < 0.05 ? 1 : 0;
                drifts += drift.verdict >= Verdict::PossibleDrift ? 1 : 0;
                undecided += drift.verdict == Verdict::Undecided ? 1 : 0;
                const Measure *w1 = drift.find("w1");
                aboveFloor += w1->value > w1->floor ? 1 : 0;
            }
            print(name, n, m, alarms, trials);
            std::printf("    undecided %.1f %%, W1 above its floor %.1f %%\n",
                        100.0 * undecided / trials, 100.0 * aboveFloor / trials);
            QVERIFY(alarms <= allowed(trials));
            QVERIFY(drifts <= alarms);
            QVERIFY(aboveFloor <= allowed(trials));
            if (n == 150 && m == 1000 && kind == 0)
                QVERIFY(undecided * 5 <= trials);
        }
    }
    void falseAlarmsOnCategories_data()
    {
        QTest::addColumn<int>("categories");
        QTest::addColumn<bool>("zipf");
        QTest::newRow("3") << 3 << false;
        QTest::newRow("20") << 20 << false;
        QTest::newRow("200, 1/rank") << 200 << true;
        QTest::newRow("200, alike") << 200 << false;
        QTest::newRow("4000, 1/rank") << 4000 << true; // more than the sketch holds
    }
    void falseAlarmsOnCategories()
    {
        QFETCH(int, categories);
        QFETCH(bool, zipf);
        SplitMix64 random(static_cast<std::uint64_t>(categories) + (zipf ? 7 : 8));
        const QByteArray name = QByteArray(QTest::currentDataTag()) + " categories";
        for (const auto &[n, m] : kSizes) {
            const int trials = trialsFor(n, m);
            int alarms = 0;
            int aboveFloor = 0;
            for (int i = 0; i < trials; ++i) {
                const auto reference = categoryColumn(random, categories, zipf, n);
                const auto target = categoryColumn(random, categories, zipf, m);
                const auto drift = compareColumn("x", &reference, &target);
                alarms += drift.p < 0.05 ? 1 : 0;
                const Measure *tvd = drift.find("tvd");
                aboveFloor += tvd->value > tvd->floor ? 1 : 0;
            }
            print(name.constData(), n, m, alarms, trials);
            std::printf("    TVD above its floor %.1f %%\n", 100.0 * aboveFloor / trials);
            QVERIFY(alarms <= allowed(trials));
            QVERIFY(aboveFloor <= allowed(trials));
        }
    }
    void powerThroughSketches()
    {
        // A shift that the exact test finds in about two thirds: the sketches lose at most a few.
        SplitMix64 random(5);
        constexpr int trials = 150;
        constexpr int rows = 5000;
        int exact = 0;
        int sketched = 0;
        for (int i = 0; i < trials; ++i) {
            std::vector<double> a(rows);
            std::vector<double> b(rows);
            for (double &value : a)
                value = random.normal();
            for (double &value : b)
                value = random.normal() + 0.05;
            KllSketch wholeA(65535);
            KllSketch wholeB(65535);
            wholeA.update(a);
            wholeB.update(b);
            QVERIFY(wholeA.isExact() && wholeB.isExact());
            exact += ksLimitP(rows, rows, distributionGap(wholeA.view(), wholeB.view()).ks) < 0.05;
            auto reference = ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table);
            auto target = reference;
            reference.trackFractionals(a);
            target.trackFractionals(b);
            sketched += *compareColumn("x", &reference, &target).find("ks")->p < 0.05;
        }
        std::printf("power of KS: exact %.1f %%, sketched %.1f %%\n", 100.0 * exact / trials,
                    100.0 * sketched / trials);
        QVERIFY(std::abs(exact - sketched) * 100 <= 5 * trials + 150);
    }
    void visibleIsFoundInFourOfFive()
    {
        SplitMix64 random(6);
        constexpr int trials = 200;
        int found = 0;
        const auto probe = numberColumn(random, kNumbers[0].second, 150);
        const auto live = numberColumn(random, kNumbers[0].second, 600);
        const double shift = compareColumn("x", &probe, &live).visibleShift;
        for (int i = 0; i < trials; ++i) {
            const auto reference = numberColumn(random, kNumbers[0].second, 150);
            const auto target = numberColumn(random, kNumbers[0].second, 600, shift);
            found += compareColumn("x", &reference, &target).p < 0.05;
        }
        std::printf("a visible shift of %.2f is found in %.1f %%\n", shift, 100.0 * found / trials);
        QVERIFY(found >= trials * 75 / 100);
    }
    void intervalsHoldTheTruth()
    {
        // What the populations themselves differ by, which no sketch band promises.
        SplitMix64 random(7);
        constexpr double shift = 0.3;
        const double ks = 2 * 0.5 * std::erfc(-shift / 2 / std::sqrt(2.0)) - 1;
        constexpr int trials = 100;
        for (const int rows : {200, 2000, 20000}) {
            int ksInside = 0;
            int w1Inside = 0;
            for (int i = 0; i < trials; ++i) {
                const auto reference = numberColumn(random, kNumbers[0].second, rows);
                const auto target = numberColumn(random, kNumbers[0].second, rows, shift);
                const auto drift = compareColumn("x", &reference, &target);
                const Measure *k = drift.find("ks");
                const Measure *w = drift.find("w1");
                ksInside += k->intervalLow <= ks && ks <= k->intervalHigh;
                w1Inside += w->intervalLow <= shift && shift <= w->intervalHigh;
            }
            std::printf("%d rows: the truth is in the interval of KS %d %%, of W1 %d %%\n", rows,
                        ksInside, w1Inside);
            QVERIFY(ksInside >= 95);
            QVERIFY(w1Inside >= 93);
        }
    }
};

QTEST_APPLESS_MAIN(TestDriftRates)
#include "tst_drift_rates.moc"
