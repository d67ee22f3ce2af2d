// What the evidence process promises, played: streams without a change almost never alarm, however
// long one looks; a process that takes the reference for the truth does; changes are found soon.

#include <tepal/base/random.h>
#include <tepal/drift/evidence.h>

#include <QTest>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

using namespace tepal;
using namespace tepal::drift;

namespace {

constexpr double kAlpha = 0.05;

using Draw = std::function<std::uint64_t(SplitMix64 &)>; ///< A key.

Draw normal(double shift = 0, double scale = 1)
{
    return [=](SplitMix64 &random) { return orderedKey(shift + scale * random.normal()); };
}
std::uint64_t tied(SplitMix64 &random)
{
    return orderedKey(std::clamp(std::round(random.normal() * 8), -25.0, 25.0)); // 51 values
}
/// Categories with shares 1/rank.
Draw categories(int many)
{
    return [many](SplitMix64 &random) {
        double sum = 0;
        for (int i = 1; i <= many; ++i)
            sum += 1.0 / i;
        double at = random.uniform() * sum;
        int i = 1;
        while (i < many && (at -= 1.0 / i) >= 0)
            ++i;
        return categoryKey("category " + std::to_string(i));
    };
}
/// 0 present, 1 null.
Draw presence(double missing)
{
    return [missing](SplitMix64 &random) -> std::uint64_t { return random.uniform() < missing; };
}

/// One stream: a reference, then windows of rows from what is drawn.
struct Stream
{
    CellEdges edges;
    std::uint64_t row = 0;

    Stream(SplitMix64 &random, const Draw &draw, int n, std::uint64_t seed)
    {
        std::vector<std::uint64_t> reference(static_cast<std::size_t>(n));
        for (auto &key : reference)
            key = draw(random);
        edges = CellEdges(reference, {"column", "value", seed});
    }
    std::vector<double> window(SplitMix64 &random, const Draw &draw, int rows)
    {
        std::vector<double> counts(edges.cells().size());
        for (int i = 0; i < rows; ++i)
            counts[edges.cellOf(draw(random), row++)] += 1;
        return counts;
    }
};

struct Found
{
    int windows = 0; ///< Until it was found, from 1; beyond the horizon: not found.
    std::int64_t since = 0;
};

} // namespace

class TestEvidenceRates : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void withoutAChangeItStaysQuiet_data()
    {
        QTest::addColumn<int>("reference");
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("kind");
        QTest::newRow("normal 150, 150") << 150 << 150 << 0;
        QTest::newRow("normal 150, 20000") << 150 << 20'000 << 0;
        QTest::newRow("normal 2000, 150") << 2000 << 150 << 0;
        QTest::newRow("51 tied values") << 150 << 150 << 1;
        QTest::newRow("3 categories") << 150 << 150 << 2;
        QTest::newRow("200 categories") << 150 << 150 << 3;
        QTest::newRow("1 % missing") << 150 << 150 << 4;
    }
    void withoutAChangeItStaysQuiet()
    {
        QFETCH(int, reference);
        QFETCH(int, rows);
        QFETCH(int, kind);
        const Draw draws[] = {normal(), tied, categories(3), categories(200), presence(0.01)};
        constexpr int kStreams = 200;
        // 20,000 rows a window cost more to draw than all that follows; the cells' shares do not
        // move.
        const int windows = rows > 1000 ? 40 : kind > 0 ? 150 : 300;
        int alarms = 0;
        for (int i = 0; i < kStreams; ++i) {
            SplitMix64 random(static_cast<std::uint64_t>(i) * 7919 + 1);
            Stream stream(random, draws[kind], reference, static_cast<std::uint64_t>(i));
            EvidenceProcess process(stream.edges.cells());
            bool alarmed = false;
            for (int w = 0; w < windows && !alarmed; ++w) {
                process.addWindow(stream.window(random, draws[kind], rows));
                alarmed = process.reading().logE >= -std::log(kAlpha);
            }
            alarms += alarmed;
        }
        std::printf("%s: %d of %d streams ever above 20 in %d windows\n", QTest::currentDataTag(),
                    alarms, kStreams, windows);
        QVERIFY2(alarms <= kStreams * kAlpha, qPrintable(QString::number(alarms)));
    }

    /// The usual recipe: the reference's shares are taken for the truth. It must fail.
    void takingTheReferenceForTheTruthCriesWolf()
    {
        constexpr int kStreams = 50;
        int alarms = 0;
        for (int i = 0; i < kStreams; ++i) {
            SplitMix64 random(static_cast<std::uint64_t>(i) * 7919 + 1);
            Stream stream(random, normal(), 150, 0);
            const auto &cells = stream.edges.cells();
            std::vector<double> prior;
            for (const auto b : cells)
                prior.push_back(50.0 * b / 151);
            std::vector<double> sum(cells.size());
            double best = -HUGE_VAL;
            for (int w = 0; w < 300; ++w) {
                const auto counts = stream.window(random, normal(), 150);
                double plain = 0;
                for (std::size_t c = 0; c < sum.size(); ++c) {
                    sum[c] += counts[c];
                    plain += sum[c] * std::log(cells[c] / 151.0);
                }
                best = std::max(best, logDirichletMultinomial(sum, prior) - plain);
            }
            alarms += best >= -std::log(kAlpha);
        }
        std::printf("reference's shares as the truth: %d of %d streams alarm\n", alarms, kStreams);
        QVERIFY(alarms >= kStreams * 9 / 10);
    }

    void changesAreFoundSoon_data()
    {
        QTest::addColumn<double>("shift");
        QTest::addColumn<double>("scale");
        QTest::addColumn<int>("quiet");
        QTest::addColumn<double>("expected"); // median
        QTest::newRow("0.2 sd") << 0.2 << 1.0 << 50 << 6.0;
        QTest::newRow("0.3 sd") << 0.3 << 1.0 << 50 << 3.0;
        QTest::newRow("0.5 sd") << 0.5 << 1.0 << 50 << 1.0;
        QTest::newRow("1 sd") << 1.0 << 1.0 << 50 << 1.0;
        QTest::newRow("spread 1.3x") << 0.0 << 1.3 << 50 << 3.0;
        QTest::newRow("0.3 sd after 1000 quiet windows") << 0.3 << 1.0 << 1000 << 3.5;
    }
    void changesAreFoundSoon()
    {
        QFETCH(double, shift);
        QFETCH(double, scale);
        QFETCH(int, quiet);
        QFETCH(double, expected);
        constexpr int kStreams = 60;
        constexpr int kHorizon = 40;
        std::vector<double> delays;
        std::vector<double> misses; // of the estimated beginning
        for (int i = 0; i < kStreams; ++i) {
            SplitMix64 random(static_cast<std::uint64_t>(i) * 104'729 + 3);
            Stream stream(random, normal(), 150, static_cast<std::uint64_t>(i));
            EvidenceProcess process(stream.edges.cells());
            for (int w = 0; w < quiet; ++w)
                process.addWindow(stream.window(random, normal(), 150));
            Found found{kHorizon + 1, 0};
            for (int w = 1; w <= kHorizon; ++w) {
                process.addWindow(stream.window(random, normal(shift, scale), 150));
                const auto reading = process.reading();
                if (reading.logE >= -std::log(kAlpha)) {
                    found = {w, static_cast<std::int64_t>(reading.since)};
                    break;
                }
            }
            delays.push_back(found.windows);
            misses.push_back(std::abs(static_cast<double>(found.since - quiet - 1)));
        }
        std::sort(delays.begin(), delays.end());
        std::sort(misses.begin(), misses.end());
        const double median = (delays[kStreams / 2 - 1] + delays[kStreams / 2]) / 2;
        std::printf(
            "%s: found after %.1f windows (90 %%: %.0f), beginning missed by %.0f (90 %%: %.0f)\n",
            QTest::currentDataTag(), median, delays[kStreams * 9 / 10], misses[kStreams / 2],
            misses[kStreams * 9 / 10]);
        QVERIFY2(std::abs(median - expected) <= 1, qPrintable(QString::number(median)));
    }
};

QTEST_APPLESS_MAIN(TestEvidenceRates)
#include "tst_evidence_rates.moc"
