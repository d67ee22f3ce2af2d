// What the text of one cell means, and which type a column of several has.

#include <tepal/table/cells.h>

#include <QTest>

#include <cmath>
#include <limits>

using namespace tepal;
using namespace tepal::table;

class TestCells : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void types_data()
    {
        QTest::addColumn<QByteArray>("cell");
        QTest::addColumn<int>("type");
        const auto row = [](const char *cell, ColumnType type) {
            QTest::addRow("%s", cell) << QByteArray(cell) << static_cast<int>(type);
        };
        for (const char *cell : {"0", "5", "-5", "+5", " 5 ", "00123", "-0", "9223372036854775807",
                                 "-9223372036854775808", "\t7"})
            row(cell, ColumnType::Integers);
        for (const char *cell : {"9223372036854775808", "18446744073709551615"})
            row(cell, ColumnType::Unsigned);
        for (const char *cell :
             {"18446744073709551616", "-9223372036854775809", "123456789012345678901234567890"})
            row(cell, ColumnType::BigIntegers);
        for (const char *cell : {"0.5", ".5", "5.", "1e5", "1E5", "-1.5e-3", "inf", "-inf", "+inf",
                                 "Infinity", "-INFINITY", "1e400", "-1e400", "1e-400", " 0.25 "})
            row(cell, ColumnType::Fractions);
        for (const char *cell : {"True", "TRUE", "true", "False", "FALSE", "false"})
            row(cell, ColumnType::Booleans);
        for (const char *cell : {"tRUE",
                                 "yes",
                                 "T",
                                 "0x1F",
                                 "1_000",
                                 "1,000",
                                 "--5",
                                 "+-5",
                                 "-+5",
                                 "++5",
                                 "1e",
                                 "e5",
                                 "1.2.3",
                                 "5-",
                                 "1 000",
                                 "infinite",
                                 "in",
                                 "0b1",
                                 "5%",
                                 "$5",
                                 "2026-01-01",
                                 "abc",
                                 "-",
                                 "+",
                                 ".",
                                 "1e+",
                                 "\xC2\xA0"
                                 "5"})
            row(cell, ColumnType::Texts);
    }
    void types()
    {
        QFETCH(QByteArray, cell);
        QFETCH(int, type);
        QCOMPARE(static_cast<int>(typeOfCell(cell.toStdString(), {})), type);
    }
    void farNumbers()
    {
        QCOMPARE(fractionOf("1e400", {}), std::optional(HUGE_VAL));
        QCOMPARE(fractionOf("-1e400", {}), std::optional(-HUGE_VAL));
        QCOMPARE(fractionOf("1e-400", {}), std::optional(0.0));
        QCOMPARE(fractionOf("4.9e-324", {}), std::optional(4.9406564584124654e-324));
        // A long zero in front must not be taken for a small number.
        QCOMPARE(fractionOf("0.0001e500", {}), std::optional(HUGE_VAL));
        QVERIFY(!fractionOf("nan", {}));
        QVERIFY(std::signbit(fractionOf("-0.0", {}).value()));
    }
    void marks()
    {
        const NumberStyle comma{',', 0};
        QCOMPARE(fractionOf("1,5", comma), std::optional(1.5));
        QCOMPARE(fractionOf("-0,125", comma), std::optional(-0.125));
        QVERIFY(!fractionOf("1.5", comma));
        QVERIFY(!fractionOf("1,5,5", comma));
        QCOMPARE(integerOf("15", comma), std::optional<std::int64_t>(15));
        const NumberStyle german{',', '.'};
        QCOMPARE(fractionOf("1.234,5", german), std::optional(1234.5));
        QCOMPARE(integerOf("1.234.567", german), std::optional<std::int64_t>(1234567));
        for (const char *wrong : {"12.34,5", "1.2345", ".123", "1..234", "1.234.5", "1,234.5"})
            QVERIFY2(!fractionOf(wrong, german) && !isInteger(wrong, german), wrong);
        const NumberStyle english{'.', ','};
        QCOMPARE(fractionOf("1,234.5", english), std::optional(1234.5));
        QCOMPARE(integerOf("-12,345", english), std::optional<std::int64_t>(-12345));
        for (const char *wrong : {"1,23", ",123", "1,234,5", "1234,567", "1.234,5"})
            QVERIFY2(!fractionOf(wrong, english) && !isInteger(wrong, english), wrong);
    }
    void joining()
    {
        const ColumnType all[]{ColumnType::Nothing,  ColumnType::Booleans,    ColumnType::Integers,
                               ColumnType::Unsigned, ColumnType::BigIntegers, ColumnType::Fractions,
                               ColumnType::Texts,    ColumnType::Objects};
        for (const bool json : {false, true}) {
            for (const ColumnType a : all) {
                QCOMPARE(joined(a, a, json), a);
                QCOMPARE(joined(a, ColumnType::Nothing, json), a);
                for (const ColumnType b : all) {
                    QCOMPARE(joined(a, b, json), joined(b, a, json));
                    for (const ColumnType c : all)
                        QCOMPARE(joined(joined(a, b, json), c, json),
                                 joined(a, joined(b, c, json), json));
                }
            }
        }
        QCOMPARE(joined(ColumnType::Booleans, ColumnType::Integers, false), ColumnType::Texts);
        QCOMPARE(joined(ColumnType::Booleans, ColumnType::Integers, true), ColumnType::Objects);
        QCOMPARE(joined(ColumnType::BigIntegers, ColumnType::Integers, true),
                 ColumnType::BigIntegers);
        QCOMPARE(joined(ColumnType::BigIntegers, ColumnType::Fractions, false),
                 ColumnType::Fractions);
    }
    void missing()
    {
        const MissingWords words;
        for (const std::string &word : missingWords())
            QVERIFY2(words.contains(word), word.c_str());
        QVERIFY(words.contains(""));
        for (const char *word : {"na", "Null", "NONE", "-", " ", "NaN ", "missing"})
            QVERIFY2(!words.contains(word), word);
        const MissingWords own({"-"});
        QVERIFY(own.contains("-") && own.contains("") && !own.contains("NA"));
    }
    void canonical()
    {
        for (const char *cell : {"0", "5", "-5", "120"})
            QVERIFY2(isCanonicalInteger(cell), cell);
        for (const char *cell : {"", "-", "-0", "+5", "05", " 5", "5 ", "1.0", "1e3"})
            QVERIFY2(!isCanonicalInteger(cell), cell);
    }
};

QTEST_APPLESS_MAIN(TestCells)
#include "tst_cells.moc"
