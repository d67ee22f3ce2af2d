#include "test_support.h"

#include <tepal/base/random.h>
#include <tepal/sketch/frequent_strings.h>

#include <QTest>

#include <cmath>
#include <map>

using namespace tepal;

namespace {

std::string bytesOf(const FrequentStrings &sketch)
{
    std::string bytes;
    sketch.serialize(bytes);
    return bytes;
}

/// Zipf-like counts over many strings; the truth beside the sketch.
struct Stream
{
    std::map<std::string, std::uint64_t> truth;
    FrequentStrings sketch;
    std::uint64_t total = 0;

    void draw(std::uint64_t seed, int count)
    {
        SplitMix64 random(seed);
        for (int i = 0; i < count; ++i) {
            const double u = random.uniform();
            const auto rank = static_cast<int>(20'000 * u * u * u);
            const std::string text = "item " + std::to_string(rank);
            ++truth[text];
            ++total;
            sketch.update(text);
        }
    }
};

void checkBounds(const FrequentStrings &sketch, const std::map<std::string, std::uint64_t> &truth)
{
    for (const auto &[text, count] : truth) {
        const FrequentString item = sketch.lookup(text);
        QVERIFY(item.lower <= count && count <= item.upper);
    }
    for (const FrequentString &item : sketch.listNoFalsePositives())
        QVERIFY(truth.at(item.value) > sketch.maximumError());
}

} // namespace

class TestFrequentStrings : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void exactForFew()
    {
        FrequentStrings sketch;
        QCOMPARE(bytesOf(sketch), std::string("\x01\x01\x0a\x0a\x03\x01\x00\x00", 8));
        for (int i = 0; i < 768; ++i)
            sketch.update("s" + std::to_string(i), static_cast<std::uint64_t>(i + 1));
        QCOMPARE(sketch.maximumError(), 0u);
        QCOMPARE(sketch.lookup("s99").estimate, 100u);
        QCOMPARE(sketch.lookup("none").upper, 0u);
        QCOMPARE(sketch.listNoFalsePositives().front().value, std::string("s767"));
        sketch.update("one too many");
        QVERIFY(sketch.maximumError() > 0);
        QVERIFY(sketch.tracked() < 500);
    }
    void emptyTextCounts()
    {
        FrequentStrings sketch;
        sketch.update("");
        QCOMPARE(sketch.lookup("").estimate, 1u);
    }
    void boundsHold()
    {
        Stream stream;
        stream.draw(1, 200'000);
        checkBounds(stream.sketch, stream.truth);
        QCOMPARE(stream.sketch.totalWeight(), stream.total);
        const double epsilon = 3.5 / 1024;
        QVERIFY(static_cast<double>(stream.sketch.maximumError()) <=
                epsilon * static_cast<double>(stream.total));
    }
    void boundsHoldAfterMerging()
    {
        Stream all;
        for (std::uint64_t part = 0; part < 8; ++part) {
            Stream stream;
            stream.draw(100 + part, 30'000);
            for (const auto &[text, count] : stream.truth)
                all.truth[text] += count;
            all.total += stream.total;
            all.sketch.merge(stream.sketch);
        }
        checkBounds(all.sketch, all.truth);
        QCOMPARE(all.sketch.totalWeight(), all.total);
    }
    void bytesRoundTrip()
    {
        Stream stream;
        stream.draw(3, 50'000);
        const std::string bytes = bytesOf(stream.sketch);
        const auto again = FrequentStrings::parse(bytes);
        QVERIFY(again);
        QCOMPARE(bytesOf(*again), bytes);
        checkBounds(*again, stream.truth);
    }
    void damageIsAnError()
    {
        Stream stream;
        stream.draw(4, 3000);
        const std::string bytes = bytesOf(stream.sketch);
        for (std::size_t cut = 0; cut < bytes.size(); ++cut)
            QVERIFY(!FrequentStrings::parse(std::string_view(bytes).substr(0, cut)));
        SplitMix64 random(5);
        for (int i = 0; i < 5000; ++i) {
            std::string damaged = bytes;
            damaged[static_cast<std::size_t>(random.below(bytes.size()))] =
                static_cast<char>(random.next());
            if (auto read = FrequentStrings::parse(damaged))
                read->update("x");
        }
    }
    void weightsOutOfRange()
    {
        FrequentStrings sketch;
        sketch.update("a", 5);
        const std::string bytes = bytesOf(sketch);
        QVERIFY(FrequentStrings::parse(bytes));
        // Total weight at 16, maximum error at 24.
        std::string damaged = bytes;
        damaged[23] = '\xFF';
        QVERIFY(!FrequentStrings::parse(damaged));
        damaged = bytes;
        damaged[24] = 6;
        QVERIFY(!FrequentStrings::parse(damaged));
        // An error that is larger than what nobody's count holds.
        damaged[16] = 9;
        damaged[24] = 4;
        QVERIFY(FrequentStrings::parse(damaged));
        damaged[24] = 5;
        QVERIFY(!FrequentStrings::parse(damaged));
    }
    void storedTableSizeIsNotTrusted()
    {
        FrequentStrings sketch(26);
        sketch.update("0", 5);
        std::string bytes = bytesOf(sketch);
        bytes[4] = 26;
        auto read = FrequentStrings::parse(bytes);
        QVERIFY(read);
        QCOMPARE(bytesOf(*read), bytes);
        // The table grows as it fills, and everything is found in it.
        for (int i = 0; i < 5000; ++i)
            read->update(std::to_string(i));
        QCOMPARE(read->tracked(), std::size_t{5000});
        for (int i = 0; i < 5000; ++i)
            QCOMPARE(read->lookup(std::to_string(i)).lower, i == 0 ? 6u : 1u);
    }
};

QTEST_APPLESS_MAIN(TestFrequentStrings)
#include "tst_frequent_strings.moc"
