#include <tepal/table/json.h>

#include <QtTest>

#include <cmath>

using namespace tepal;

class TestJson : public QObject
{
    Q_OBJECT
private slots:
    void numbers();
    void pythonTokens();
    void strings();
    void structure();
    void refuses_data();
    void refuses();
    void depthIsLimited();
};

void TestJson::numbers()
{
    JsonDocument json;
    QVERIFY(json.parse("[1, 1.0, -0, 9223372036854775807, 9223372036854775808, 1e3, 1e400, 1e-400, "
                       "-1.5E+2]"));
    QCOMPARE(json.at(1).type, JsonType::Integer);
    QCOMPARE(json.at(2).type, JsonType::Float);
    QCOMPARE(json.at(3).integer, std::int64_t{0});
    QCOMPARE(json.at(4).integer, std::int64_t{9223372036854775807});
    QCOMPARE(json.at(5).type, JsonType::Unsigned);
    QCOMPARE(json.at(5).natural, std::uint64_t{9223372036854775808u});
    QCOMPARE(json.at(5).asDouble(), 9223372036854775808.0);
    JsonDocument big;
    QVERIFY(big.parse("123456789012345678901"));
    QCOMPARE(big.at(0).type, JsonType::BigInteger);
    QCOMPARE(big.at(0).string(), std::string_view("123456789012345678901"));
    QCOMPARE(big.at(0).asDouble(), 123456789012345678901.0);
    QCOMPARE(json.at(6).number, 1000.0);
    QVERIFY(std::isinf(json.at(7).number));
    QCOMPARE(json.at(8).number, 0.0);
    QCOMPARE(json.at(9).number, -150.0);
}

void TestJson::pythonTokens()
{
    JsonDocument json;
    QVERIFY(json.parse("\xEF\xBB\xBF [NaN, Infinity, -Infinity] \n"));
    QVERIFY(std::isnan(json.at(1).number));
    QVERIFY(json.at(2).number > 0 && std::isinf(json.at(2).number));
    QVERIFY(json.at(3).number < 0 && std::isinf(json.at(3).number));
    QVERIFY(!json.parse("nan"));
    QVERIFY(!json.parse("inf"));
}

void TestJson::strings()
{
    JsonDocument json;
    QVERIFY(json.parse(
        R"(["plain", "q\"\\\/\b\f\n\r\t", "\u00e9\u20ac\ud83d\ude00", "\ud83dx", "é"])"));
    QCOMPARE(std::string(json.at(1).string()), std::string("plain"));
    QCOMPARE(std::string(json.at(2).string()), std::string("q\"\\/\b\f\n\r\t"));
    QCOMPARE(std::string(json.at(3).string()), std::string("é€😀"));
    QCOMPARE(std::string(json.at(4).string()), std::string("\uFFFDx"));
    std::string out;
    json.write(0, out);
    QCOMPARE(out, std::string(R"(["plain","q\"\\\/\u0008\u000c\n\r\t","\u00e9\u20ac\ud83d\ude00",)"
                              R"("\ufffdx","\u00e9"])"));
}

void TestJson::structure()
{
    JsonDocument json;
    QVERIFY(json.parse(R"({"a": [1, [2, 3]], "b": {}, "a": {"c": null}, "d": true})"));
    QCOMPARE(json.at(0).size, 4u);
    const auto a = json.member(0, "a");
    QCOMPARE(json.at(a).type, JsonType::Object); // the last one wins
    QCOMPARE(json.at(json.member(a, "c")).type, JsonType::Null);
    QCOMPARE(json.member(0, "x"), 0u);
    QCOMPARE(json.at(json.member(0, "d")).boolean, true);
    QVERIFY(json.parse("3"));
    QCOMPARE(json.member(0, "x"), 0u);
}

void TestJson::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    int number = 0;
    for (const char *text :
         {"",      " ",        "[",       "]",        "[1",         "[1,",    "[1,]",
          "[,1]",  "{",        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",  "{'a':1}",
          "[1] 2", "01",       "1.",      ".5",       "+1",         "-",      "1e",
          "tru",   "nul",      "\"a",     "\"\\x\"",  "\"\\u12\"",  "\"\n\"", "[1 2]",
          "\xFF",  "\"\xC3\"", "--1",     "- 1",      "{1:2}"})
        QTest::addRow("%d", number++) << QByteArray(text);
}

void TestJson::refuses()
{
    QFETCH(QByteArray, text);
    JsonDocument json;
    const auto parsed = json.parse(text.toStdString());
    QVERIFY(!parsed);
    QCOMPARE(parsed.error().code, ErrorCode::InvalidArgument);
    QVERIFY(!parsed.error().message.empty());
}

void TestJson::depthIsLimited()
{
    JsonDocument json;
    QVERIFY(json.parse(std::string(128, '[') + std::string(128, ']')));
    QVERIFY(!json.parse(std::string(129, '[') + std::string(129, ']')));
    QVERIFY(!json.parse(std::string(1'000'000, '[')));
}

QTEST_APPLESS_MAIN(TestJson)
#include "tst_json.moc"
