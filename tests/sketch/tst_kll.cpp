#include "test_support.h"

#include <tepal/base/random.h>
#include <tepal/sketch/kll.h>

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace tepal;

namespace {

/// Largest |estimated − true| rank over all values of a permutation of 0..n-1.
double worstRankError(const KllSketch &sketch)
{
    const KllView view = sketch.view();
    const auto n = static_cast<double>(view.n);
    double worst = 0;
    // The values are 0..n-1, so the true share below x is x/n; the error peaks at retained values.
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < view.values.size(); ++i) {
        worst = std::max(worst, std::abs(static_cast<double>(before) - view.values[i]) / n);
        worst = std::max(
            worst, std::abs(static_cast<double>(view.cumulative[i]) - (view.values[i] + 1)) / n);
        before = view.cumulative[i];
    }
    return worst;
}

std::vector<double> permutation(SplitMix64 &random, std::size_t n)
{
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i)
        values[i] = static_cast<double>(i);
    for (std::size_t i = n; i > 1; --i)
        std::swap(values[i - 1], values[static_cast<std::size_t>(random.below(i))]);
    return values;
}

double percentile99(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() * 99 / 100];
}

} // namespace

class TestKll : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void emptyAndSingle()
    {
        KllSketch sketch;
        QVERIFY(sketch.empty() && sketch.isExact());
        QVERIFY(std::isnan(sketch.min()) && std::isnan(sketch.view().quantile(0.5)));
        sketch.update(std::nan(""));
        QVERIFY(sketch.empty());
        sketch.update(3.5);
        QCOMPARE(sketch.view().quantile(0.3), 3.5);
        QCOMPARE(sketch.rankError(), 0.0);
    }
    void exactUpToK()
    {
        SplitMix64 random(1);
        KllSketch sketch;
        const auto values = permutation(random, 1024);
        sketch.update(values);
        QVERIFY(sketch.isExact());
        const KllView view = sketch.view();
        for (int i = 0; i < 100; ++i)
            QCOMPARE(view.quantile(i / 100.0), std::floor(i / 100.0 * 1024));
        QCOMPARE(view.rank(512), 0.5); // strictly below
        QCOMPARE(view.pmf(std::vector<double>{256, 512}), (std::vector<double>{0.25, 0.25, 0.5}));
        sketch.update(1024.0);
        QVERIFY(!sketch.isExact());
    }
    void quantilesInEstimationMode()
    {
        SplitMix64 random(2);
        KllSketch sketch(1024, 99);
        sketch.update(permutation(random, 100'000));
        const KllView view = sketch.view();
        QCOMPARE(view.quantile(0), 0.0);
        QCOMPARE(view.quantile(1), 99'999.0);
        QCOMPARE(view.cumulative.back(), 100'000u);
        for (int i = 1; i < 100; ++i)
            QVERIFY(std::abs(view.quantile(i / 100.0) / 100'000 - i / 100.0) < 0.0027 * 1.5);
    }
    void supremumErrorKeepsTheBound_data()
    {
        QTest::addColumn<int>("k");
        QTest::addColumn<int>("n");
        QTest::addColumn<int>("trials");
        QTest::addColumn<bool>("oneByOne");
        QTest::newRow("1024, 5k, one by one") << 1024 << 5'000 << 200 << true;
        QTest::newRow("1024, 500k, one by one") << 1024 << 500'000 << 60 << true;
        QTest::newRow("256, 5k") << 256 << 5'000 << 300 << false;
        QTest::newRow("256, 100k") << 256 << 100'000 << 100 << false;
        QTest::newRow("1024, 5k") << 1024 << 5'000 << 200 << false;
        QTest::newRow("1024, 50k") << 1024 << 50'000 << 150 << false;
        QTest::newRow("1024, 500k") << 1024 << 500'000 << 60 << false;
    }
    void supremumErrorKeepsTheBound()
    {
        QFETCH(int, k);
        QFETCH(int, n);
        QFETCH(int, trials);
        QFETCH(bool, oneByOne);
        SplitMix64 random(3);
        std::vector<double> errors;
        for (int i = 0; i < trials; ++i) {
            KllSketch sketch(static_cast<std::uint16_t>(k), 1000 + static_cast<std::uint64_t>(i));
            const auto values = permutation(random, static_cast<std::size_t>(n));
            if (oneByOne) {
                for (const double value : values)
                    sketch.update(value);
            } else {
                sketch.update(values);
            }
            errors.push_back(worstRankError(sketch));
        }
        const double p99 = percentile99(errors);
        const double bound = KllSketch::rankErrorFor(static_cast<std::uint16_t>(k));
        qInfo("99th percentile of the supremum error %.5f, bound %.5f", p99, bound);
        QVERIFY2(p99 <= bound, qPrintable(QStringLiteral("%1 against %2").arg(p99).arg(bound)));
    }
    void orderedStreamsKeepTheBound()
    {
        for (const bool up : {true, false}) {
            KllSketch sketch(1024, 5);
            for (int i = 0; i < 200'000; ++i)
                sketch.update(up ? i : 199'999 - i);
            QVERIFY(worstRankError(sketch) < KllSketch::rankErrorFor(1024));
        }
    }
    void mergeKeepsTheBoundInAnyOrder()
    {
        SplitMix64 random(4);
        std::vector<double> errors;
        for (int trial = 0; trial < 40; ++trial) {
            const auto values = permutation(random, 60'000);
            std::vector<KllSketch> parts;
            for (std::size_t i = 0; i < 60; ++i) {
                parts.emplace_back(static_cast<std::uint16_t>(1024), random.next());
                parts.back().update(std::span(values).subspan(i * 1000, 1000));
            }
            // As a chain, and as a tree.
            if (trial % 2 == 0) {
                KllSketch all(1024, random.next());
                for (const KllSketch &part : parts)
                    all.merge(part);
                parts.assign(1, all);
            }
            while (parts.size() > 1) {
                std::vector<KllSketch> next;
                for (std::size_t i = 0; i < parts.size(); i += 2) {
                    if (i + 1 < parts.size())
                        parts[i].merge(parts[i + 1]);
                    next.push_back(std::move(parts[i]));
                }
                parts = std::move(next);
            }
            QCOMPARE(parts[0].n(), 60'000u);
            QCOMPARE(parts[0].min(), 0.0);
            QCOMPARE(parts[0].max(), 59'999.0);
            errors.push_back(worstRankError(parts[0]));
        }
        QVERIFY(percentile99(errors) <= KllSketch::rankErrorFor(1024));
    }
    /// Sketches that are full on both sides, in a tree: merging them costs no more than halving the
    /// merged levels would, a third less than if their runs were halved without regard to each
    /// other.
    void mergingFullSketchesAddsLittle()
    {
        SplitMix64 random(6);
        double sum = 0;
        constexpr int kTrials = 60;
        for (int trial = 0; trial < kTrials; ++trial) {
            const auto values = permutation(random, 64 * 4096);
            std::vector<KllSketch> parts;
            for (std::size_t i = 0; i < 64; ++i) {
                parts.emplace_back(static_cast<std::uint16_t>(1024), random.next());
                for (const double value : std::span(values).subspan(i * 4096, 4096))
                    parts.back().update(value);
            }
            for (std::size_t step = 1; step < 64; step *= 2) {
                for (std::size_t i = 0; i < 64; i += 2 * step)
                    parts[i].merge(parts[i + step]);
            }
            sum += worstRankError(parts[0]);
        }
        qInfo("mean of the supremum error %.5f", sum / kTrials);
        QVERIFY(sum / kTrials < 0.00099);
    }
    void mergeOfDifferentK()
    {
        KllSketch fine(1024, 1);
        KllSketch coarse(256, 2);
        for (int i = 0; i < 5000; ++i) {
            fine.update(i);
            coarse.update(5000 + i);
        }
        fine.merge(coarse);
        QCOMPARE(fine.minK(), std::uint16_t{256});
        QCOMPARE(fine.n(), 10'000u);
        KllSketch exact(256, 3);
        exact.update(1.0);
        KllSketch other(1024, 4);
        other.merge(exact);
        QCOMPARE(other.minK(), std::uint16_t{1024}); // an exact side costs nothing
    }
    void weightedUpdateIsExact()
    {
        KllSketch sketch(1024, 1);
        sketch.update(1.0, 1'000'000);
        sketch.update(2.0, 3'000'001);
        sketch.update(3.0, 999'999);
        QCOMPARE(sketch.n(), 5'000'000u);
        const KllView view = sketch.view();
        QCOMPARE(view.weightBelow(2.0), 1'000'000u);
        QCOMPARE(view.weightBelow(3.0), 4'000'001u);
    }
    void retainedStaysBounded()
    {
        KllSketch sketch(1024, 1);
        std::size_t most = 0;
        for (std::int64_t i = 0; i < 2'000'000; ++i) {
            sketch.update(static_cast<double>(i * 7919 % 2'000'003));
            most = std::max(most, sketch.retained());
        }
        QVERIFY(most < 3200);
    }
    void quantileIsTheViews()
    {
        SplitMix64 random(21);
        for (const int n : {1, 2, 100, 1024, 1500, 40'000, 300'000}) {
            KllSketch sketch(static_cast<std::uint16_t>(n % 3 == 0 ? 1024 : 200), 3);
            for (int i = 0; i < n; ++i) // many equal values, at all levels
                sketch.update(std::floor(random.normal() * (n % 2 == 0 ? 20 : 2000)));
            const KllView view = sketch.view();
            std::vector<double> ranks;
            for (int i = 0; i <= 1000; ++i)
                ranks.push_back(i / 1000.0);
            const std::vector<double> together = sketch.quantiles(ranks);
            for (std::size_t i = 0; i < ranks.size(); ++i) {
                QCOMPARE(sketch.quantile(ranks[i]), view.quantile(ranks[i]));
                QCOMPARE(together[i], view.quantile(ranks[i]));
            }
        }
    }
    void batchesTakeEverything()
    {
        // Not-a-numbers, infinities and both zeros, in every place of a block.
        SplitMix64 random(22);
        std::vector<double> values(5000);
        std::uint64_t numbers = 0;
        for (double &value : values) {
            const auto draw = random.below(50);
            value = draw == 0   ? std::nan("")
                    : draw == 1 ? HUGE_VAL
                    : draw == 2 ? -HUGE_VAL
                    : draw == 3 ? -0.0
                    : draw == 4 ? 0.0
                                : random.normal();
            numbers += value == value ? 1 : 0;
        }
        KllSketch sketch(1024, 9);
        for (int pass = 0; pass < 5; ++pass)
            sketch.update(values);
        QCOMPARE(sketch.n(), 5 * numbers);
        QCOMPARE(sketch.min(), -HUGE_VAL);
        QCOMPARE(sketch.max(), HUGE_VAL);
        const KllView view = sketch.view();
        QCOMPARE(view.cumulative.back(), view.n);
        QVERIFY(std::is_sorted(view.values.begin(), view.values.end()));
        std::string bytes;
        sketch.serialize(bytes);
        QVERIFY(KllSketch::parse(bytes));
    }
    void weightsAreAsGoodAsCopies()
    {
        // Few different values, often: their ranks are exact as long as the weights fit.
        SplitMix64 random(23);
        KllSketch counted(1024, 5);
        std::vector<std::uint64_t> total(40);
        for (int batch = 0; batch < 50; ++batch) {
            std::vector<WeightedValue> values;
            for (std::size_t v = 0; v < total.size(); ++v) {
                const std::uint64_t weight = 1 + random.below(3000);
                total[v] += weight;
                values.push_back({static_cast<double>(v), weight});
            }
            counted.update(std::span<const WeightedValue>(values));
        }
        const KllView view = counted.view();
        std::uint64_t below = 0;
        for (std::size_t v = 0; v < total.size(); ++v) {
            const double expected = static_cast<double>(below) / static_cast<double>(view.n);
            QVERIFY(std::abs(view.rank(static_cast<double>(v)) - expected) <
                    KllSketch::rankErrorFor(1024));
            below += total[v];
        }
        QCOMPARE(view.n, below);
        QVERIFY(counted.retained() < 3200);
        // A weight of any size is taken.
        KllSketch heavy(8, 1);
        heavy.update(1.0, std::uint64_t{1} << 62);
        heavy.update(2.0, (std::uint64_t{1} << 61) + 12345);
        QCOMPARE(heavy.n(), (std::uint64_t{3} << 61) + 12345);
        QCOMPARE(heavy.view().cumulative.back(), heavy.n());
    }
    void bytesRoundTrip()
    {
        SplitMix64 random(6);
        for (const std::size_t n : {0u, 1u, 2u, 3u, 1024u, 1025u, 4097u, 100'000u}) {
            KllSketch sketch(1024, 7);
            sketch.update(permutation(random, n));
            std::string bytes;
            sketch.serialize(bytes);
            const auto again = KllSketch::parse(bytes);
            QVERIFY2(again, again ? "" : again.error().message.c_str());
            std::string rewritten;
            again->serialize(rewritten);
            QCOMPARE(rewritten, bytes);
            QCOMPARE(again->view().values, sketch.view().values);
            // The sketch goes on working after it was read.
            KllSketch continued = *again;
            for (int i = 0; i < 5000; ++i)
                continued.update(i);
            QCOMPARE(continued.n(), n + 5000);
        }
    }
    void upstreamForm()
    {
        // Upstream writes preamble 5 and starts the offsets at byte 20.
        KllSketch sketch(200, 7);
        for (int i = 0; i < 10'000; ++i)
            sketch.update(i);
        std::string bytes;
        sketch.serialize(bytes);
        std::string upstream = bytes;
        upstream[0] = 5;
        upstream.erase(20, 4);
        const auto read = KllSketch::parse(upstream);
        QVERIFY(read);
        std::string again;
        read->serialize(again);
        QCOMPARE(again, bytes);
    }
    void damageIsAnError()
    {
        KllSketch sketch(64, 7);
        for (int i = 0; i < 2000; ++i)
            sketch.update(i);
        std::string bytes;
        sketch.serialize(bytes);
        for (std::size_t cut = 0; cut < bytes.size(); ++cut)
            QVERIFY(!KllSketch::parse(std::string_view(bytes).substr(0, cut)));
        SplitMix64 random(8);
        for (int i = 0; i < 20'000; ++i) {
            std::string damaged = bytes;
            const auto at = static_cast<std::size_t>(random.below(bytes.size()));
            damaged[at] = static_cast<char>(random.next());
            if (auto read = KllSketch::parse(damaged)) // harmless damage is possible
                read->update(1.0);
        }
    }
};

QTEST_APPLESS_MAIN(TestKll)
#include "tst_kll.moc"
