#include "test_support.h"

#include <tepal/base/random.h>
#include <tepal/sketch/hll.h>
#include <tepal/sketch/murmur.h>

#include <QTest>

#include <cmath>

using namespace tepal;

namespace {

HllSketch counting(std::int64_t from, std::int64_t count)
{
    HllSketch sketch;
    for (std::int64_t i = 0; i < count; ++i)
        sketch.update(from + i);
    return sketch;
}

std::string bytesOf(const HllSketch &sketch)
{
    std::string bytes;
    sketch.serialize(bytes);
    return bytes;
}

} // namespace

class TestHll : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void hashIsMurmur3()
    {
        // Published test vector of the x64 128-bit variant, seed 0.
        const Hash128 hash = murmur3("The quick brown fox jumps over the lazy dog", 0);
        QCOMPARE(hash.h1, 0xe34bbc7bbc071b6cull);
        QCOMPARE(hash.h2, 0x7a433ca9c49a9347ull);
        const std::uint64_t word = 0x0123456789abcdefull;
        const Hash128 a = murmur3Word(word);
        const Hash128 b = murmur3(std::string_view(reinterpret_cast<const char *>(&word), 8));
        QVERIFY(a.h1 == b.h1 && a.h2 == b.h2);
    }
    void modes()
    {
        QCOMPARE(bytesOf(HllSketch()), std::string("\x02\x01\x07\x0c\x03\x0c\x00\x00", 8));
        QCOMPARE(counting(0, 7).mode(), HllSketch::Mode::List);
        QCOMPARE(counting(0, 8).mode(), HllSketch::Mode::Set);
        QCOMPARE(counting(0, 384).mode(), HllSketch::Mode::Set);
        QCOMPARE(counting(0, 385).mode(), HllSketch::Mode::Hll);
    }
    void keys()
    {
        HllSketch sketch;
        sketch.update(std::int64_t{1});
        sketch.update(1.0); // another key than the integer
        QVERIFY(std::abs(sketch.estimate() - 2) < 1e-6);
        sketch.update(0.0);
        sketch.update(-0.0);
        sketch.update(std::nan(""));
        sketch.update(-std::nan("1"));
        sketch.update(std::string_view());
        QVERIFY(std::abs(sketch.estimate() - 4) < 1e-6);
    }
    void countsWithinThreeSigma()
    {
        double sum = 0;
        int outside = 0;
        int trials = 0;
        for (const std::int64_t n : {300, 1000, 5000, 50'000}) {
            for (std::int64_t trial = 0; trial < 60; ++trial) {
                const HllSketch sketch = counting(trial << 32, n);
                const double error = sketch.estimate() / static_cast<double>(n) - 1;
                sum += error;
                ++trials;
                const auto truth = static_cast<double>(n);
                outside += sketch.lower(3) > truth || sketch.upper(3) < truth ? 1 : 0;
            }
        }
        QVERIFY(outside <= 2);
        QVERIFY2(std::abs(sum / trials) < 0.003, qPrintable(QString::number(sum / trials)));
    }
    void unionsWithinThreeSigma()
    {
        double sum = 0;
        int outside = 0;
        constexpr int trials = 120;
        for (std::int64_t trial = 0; trial < trials; ++trial) {
            const std::int64_t each = 500 << (trial % 7); // 500 … 32,000
            HllSketch a = counting(trial << 32, each);
            a.merge(counting((trial << 32) + each / 2, each));
            QVERIFY(a.isOutOfOrder());
            const double truth = static_cast<double>(each) * 1.5;
            sum += a.estimate() / truth - 1;
            outside += a.lower(3) > truth || a.upper(3) < truth ? 1 : 0;
        }
        QVERIFY(outside <= 2);
        QVERIFY2(std::abs(sum / trials) < 0.004, qPrintable(QString::number(sum / trials)));
    }
    void mergeIsCommutative()
    {
        for (const auto &[x, y] : {std::pair{3, 5}, {3, 300}, {300, 300}, {5, 9000}, {700, 9000}}) {
            HllSketch a = counting(0, x);
            HllSketch b = counting(100, y);
            HllSketch ab = a;
            ab.merge(b);
            HllSketch ba = b;
            ba.merge(a);
            QCOMPARE(ab.mode(), ba.mode());
            if (ab.mode() != HllSketch::Mode::Hll || ab.isOutOfOrder())
                QVERIFY(std::abs(ab.estimate() / ba.estimate() - 1) < 1e-12);
            HllSketch aa = a;
            aa.merge(a); // a set is equal to its union with itself
            if (a.mode() != HllSketch::Mode::Hll)
                QCOMPARE(aa.estimate(), a.estimate());
        }
    }
    void targetsRoundTrip()
    {
        for (const auto target :
             {HllSketch::Target::Hll4, HllSketch::Target::Hll6, HllSketch::Target::Hll8}) {
            for (const int n : {0, 3, 100, 2000, 3'000'000}) {
                HllSketch sketch(12, target);
                for (int i = 0; i < n; ++i)
                    sketch.update(std::int64_t{i});
                const std::string bytes = bytesOf(sketch);
                const auto again = HllSketch::parse(bytes);
                QVERIFY2(again, again ? "" : again.error().message.c_str());
                QCOMPARE(bytesOf(*again), bytes);
                QCOMPARE(again->estimate(), sketch.estimate());
            }
        }
    }
    void otherSizes()
    {
        for (const std::uint8_t lgK : std::initializer_list<std::uint8_t>{4, 7, 8, 14}) {
            HllSketch sketch(lgK);
            for (std::int64_t i = 0; i < 100'000; ++i)
                sketch.update(i);
            const double error = 4 / std::sqrt(static_cast<double>(1u << lgK));
            QVERIFY(std::abs(sketch.estimate() / 100'000 - 1) < error);
            QCOMPARE(bytesOf(*HllSketch::parse(bytesOf(sketch))), bytesOf(sketch));
            HllSketch other = counting(0, 100'000);
            other.merge(sketch);
            QCOMPARE(other.lgK(), std::min<std::uint8_t>(lgK, 12));
        }
    }
    void damageIsAnError()
    {
        SplitMix64 random(9);
        for (const int n : {5, 200, 5000}) {
            const std::string bytes = bytesOf(counting(0, n));
            for (std::size_t cut = 0; cut < bytes.size(); ++cut)
                QVERIFY2(!HllSketch::parse(std::string_view(bytes).substr(0, cut)),
                         qPrintable(QStringLiteral("%1 of %2").arg(cut).arg(n)));
            for (int i = 0; i < 5000; ++i) {
                std::string damaged = bytes;
                damaged[static_cast<std::size_t>(random.below(bytes.size()))] =
                    static_cast<char>(random.next());
                if (auto read = HllSketch::parse(damaged)) {
                    read->update(std::int64_t{77});
                    read->estimate();
                }
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestHll)
#include "tst_hll.moc"
