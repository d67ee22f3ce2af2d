// A column that comes in pieces is the column that comes at once, whatever the pieces.

#include "profile_difference.h"

#include <tepal/base/random.h>
#include <tepal/profile/growth.h>

#include <QTest>

#include <cmath>

using namespace tepal;
using namespace tepal::test;

namespace {

ColumnProfile make(ValueKind kind)
{
    return ColumnProfile::forFirstValue(kind, Semantics::Table);
}

ColumnProfile inPieces(const std::vector<Value> &cells, const std::vector<std::size_t> &sizes)
{
    ColumnGrowth growth;
    ColumnProfile column = make(ValueKind::Fractional);
    std::size_t at = 0;
    for (const std::size_t size : sizes) {
        growth.take(column, std::span(cells).subspan(at, size), make);
        at += size;
    }
    return column;
}

} // namespace

class TestGrowth : public QObject
{
    Q_OBJECT

    SplitMix64 m_random{7};
    std::vector<std::string> m_texts;

    /// A cell of one of the kinds in `kinds`: i n(ull) f u(nsigned) b(oolean) s(tring) g (beyond 64
    /// bits).
    Value cell(char kind, bool few)
    {
        const std::uint64_t number = few ? m_random.below(20) : m_random.next();
        switch (kind) {
        case 'i':
            return Value::integral(static_cast<std::int64_t>(number) >> (few ? 0 : 8));
        case 'f':
            return Value::fractional(few ? static_cast<double>(number) + 0.5 : m_random.normal());
        case 'u':
            return Value::natural(number | (std::uint64_t{1} << 63));
        case 'b':
            return Value::boolean(number % 2 == 0);
        case 's':
            return Value::string(m_texts[number % 900]);
        case 'g':
            return Value::string(m_texts[number % 100 + 900]);
        case 'N':
            return Value::fractional(std::nan(""));
        default:
            return Value::null();
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        for (int i = 0; i < 900; ++i)
            m_texts.push_back("text " + std::to_string(i));
        for (int i = 0; i < 100; ++i)
            m_texts.push_back("1234567890123456789" + std::to_string(1000 + i));
    }
    void anyPieces_data()
    {
        QTest::addColumn<QByteArray>("kinds");
        for (const char *kinds : {"i", "in", "iN",  "if", "ifn", "f",  "fn",  "iu",  "iun",
                                  "u", "un", "iuf", "ig", "ign", "g",  "iug", "b",   "bn",
                                  "s", "sn", "n",   "ib", "is",  "bs", "isn", "ibn", "sbi"})
            QTest::addRow("%s", kinds) << QByteArray(kinds);
    }
    void anyPieces()
    {
        QFETCH(QByteArray, kinds);
        for (int round = 0; round < 60; ++round) {
            const bool few = round % 2 == 0;
            const std::size_t size = 1 + m_random.below(300);
            std::vector<Value> cells;
            for (std::size_t i = 0; i < size; ++i) {
                // Some columns change only at their very end.
                const bool first = round % 3 == 0 && i + 2 < size;
                const auto kind = first ? 0
                                        : static_cast<qsizetype>(m_random.below(
                                              static_cast<std::uint64_t>(kinds.size())));
                cells.push_back(cell(kinds[kind], few));
            }
            const ColumnProfile whole = inPieces(cells, {size});
            std::vector<std::size_t> sizes;
            for (std::size_t left = size; left > 0; left -= sizes.back())
                sizes.push_back(1 + m_random.below(round % 5 == 0 ? 1 : left));
            const QString different = difference(inPieces(cells, sizes), whole);
            QVERIFY2(different.isEmpty(),
                     qPrintable(different +
                                QStringLiteral(", round %1, %2 cells").arg(round).arg(size)));
        }
    }
    void distinctHashes()
    {
        // Neighbours beyond 2^53 are one double, but not one value.
        std::vector<Value> cells;
        for (std::uint64_t i = 0; i < 6; ++i)
            cells.push_back(Value::natural((std::uint64_t{1} << 63) + i));
        const ColumnProfile column = inPieces(cells, {3, 3});
        QCOMPARE(std::round(column.cardinality->estimate()), 6.0);
        QCOMPARE(column.types.fractional, 6);
        QCOMPARE(column.distribution->kll.view().min, 9223372036854775808.0);
    }
    void resumed()
    {
        // A stored profile goes on; what it held stays as it was counted.
        std::vector<Value> cells{Value::integral(1), Value::integral(2)};
        ColumnProfile column = inPieces(cells, {2});
        ColumnGrowth growth = ColumnGrowth::resumed(column);
        cells = {Value::null(), Value::integral(3)};
        growth.take(column, cells, make);
        QCOMPARE(column.counts.n, 4);
        QCOMPARE(column.counts.null, 1);
        QCOMPARE(column.types.integral + column.types.fractional, 3);
        QCOMPARE(column.distribution->kll.n(), 3u);
    }
};

QTEST_APPLESS_MAIN(TestGrowth)
#include "tst_growth.moc"
