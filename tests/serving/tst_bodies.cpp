#include <tepal/serving/bodies.h>
#include <tepal/serving/features.h>

#include <QtTest>

#include <array>

using namespace tepal;
using namespace tepal::table;

namespace {

constexpr TimeMs kNow = 1'772'000'000'000;

/// A CSV body as the log route reads it.
Result<Frame> csvFrame(std::string_view text)
{
    return readRows(text, "text/csv", Nested::Flatten).value();
}
Result<Frame> jsonLinesFrame(std::string_view text)
{
    return readRows(text, "application/x-ndjson", Nested::Flatten).value();
}

} // namespace

/// What bodies mean, without a network.
class TestBodies : public QObject
{
    Q_OBJECT
private slots:
    void features_data();
    void features();
    void refusedFeatures_data();
    void refusedFeatures();
    void frames_data();
    void frames();
    void refusedFrames_data();
    void refusedFrames();
    void csv();
    void refusedCsv();
    void logRequests();
    void refusedLogRequests_data();
    void refusedLogRequests();
    void jsonLines();
    void logQuery();
};

void TestBodies::features_data()
{
    QTest::addColumn<QByteArray>("body");
    for (const char *body :
         {"[[4.9,3,1.4,0.2]]", "[4.9, 3.0, 1.4, 0.2]", "[[[4.9,3,1.4,0.2]]]",
          "[[4.9],[3],[1.4],[0.2]]", "[[4.9,3],[1.4,0.2]]", " [[4.9,3,1.4,0.2]]\n",
          R"([["4.9","3.0","1.4"," 0.2 "]])", "\xEF\xBB\xBF[[4.9,3,1.4,2e-1]]",
          "[ [ 4.9 , 3 , 1.4 , 0.2 ] ]", "[[4.9,3,1.4,0.20000000000000001]]"})
        QTest::addRow("%s", body) << QByteArray(body);
}

void TestBodies::features()
{
    QFETCH(QByteArray, body);
    std::array<double, 4> out{};
    const auto parsed = parseFeatures(body.toStdString(), out);
    QVERIFY2(parsed, parsed ? "" : parsed.error().text().c_str());
    QCOMPARE(out, (std::array<double, 4>{4.9, 3, 1.4, 0.2}));
    QVERIFY(parseFeatures("[[true,false,true,false]]", out));
    QCOMPARE(out, (std::array<double, 4>{1, 0, 1, 0}));
}

void TestBodies::refusedFeatures_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("word");
    const std::pair<const char *, const char *> cases[] = {
        {"[[1,2,3,4],[5,6,7,8]]", "2 rows"},
        {"[[1,2,3]]", "got 3"},
        {"[1,2,3,4,5]", "got 5"},
        {"[]", "got 0"},
        {"[[]]", "got 0"},
        {"4.9", "single value"},
        {"null", "single value"},
        {"\"a\"", "single value"},
        {"[[\"a\",2,3,4]]", "not a number"},
        {"[[1,null,3,4]]", "null"},
        {"[[1,NaN,3,4]]", "NaN"},
        {"[[1,2,Infinity,4]]", "infinite"},
        {"[[1,2,-Infinity,4]]", "infinite"},
        {"[[1,2,3,1e400]]", "infinite"},
        {"[[1,2,3,\"nan\"]]", "NaN"},
        {"{\"a\":1}", "object"},
        {"[{\"a\":1}]", "object"},
        {"[[1,2,3],[4]]", "length"},
        {"[1,[2,3,4]]", "mixed"},
        {"[[1,2,3],4]", "mixed"},
        {"[[1,2,3,4]", "JSON"},
        {"[[1,2,3,4]] x", "JSON"},
        {"", "empty"},
        {"[[1,2,3,0x4]]", "JSON"},
        {"[[1,2,3,04]]", "JSON"},
        {"\xFF", "UTF-8"},
    };
    for (const auto &[body, word] : cases)
        QTest::addRow("%s", body) << QByteArray(body) << QByteArray(word);
}

void TestBodies::refusedFeatures()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, word);
    std::array<double, 4> out{};
    const auto parsed = parseFeatures(body.toStdString(), out);
    QVERIFY(!parsed);
    QCOMPARE(parsed.error().code, ErrorCode::InvalidArgument);
    QVERIFY2(QByteArray::fromStdString(parsed.error().message).contains(word),
             parsed.error().message.c_str());
    QVERIFY(!parsed.error().next.empty());
}

void TestBodies::frames_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("answer");
    const std::pair<const char *, const char *> cases[] = {
        {R"([{"a":1,"b":2},{"a":3,"b":4}])", R"([{"a":1,"b":2},{"a":3,"b":4}])"},
        {R"([{"a":1},{"b":2}])", R"([{"a":1.0,"b":null},{"a":null,"b":2.0}])"},
        {R"({"a":[1,2],"b":[3,4]})", R"([{"a":1,"b":3},{"a":2,"b":4}])"},
        {R"({"a":{"0":1,"1":3},"b":{"0":2,"1":4}})", R"([{"a":1,"b":2},{"a":3,"b":4}])"},
        {"[[1,2],[3,4]]", R"([{"0":1,"1":2},{"0":3,"1":4}])"},
        {"[]", "[]"},
        {"{}", "[]"},
        {R"([{"a":3.0}])", R"([{"a":3}])"},
        {R"([{"a":2.5},{"a":4.0}])", R"([{"a":2.5},{"a":4.0}])"},
        {R"([{"a":"x/y"},{"a":"é"}])", R"([{"a":"x\/y"},{"a":"\u00e9"}])"},
        {R"([{"date":"2020-01-01"}])", R"([{"date":1577836800000}])"},
        {R"([{"created_at":1577836800}])", R"([{"created_at":1577836800000}])"},
        {R"([{"date":"soon"}])", R"([{"date":"soon"}])"},
        {R"([{"date":7}])", R"([{"date":7}])"},
        {R"([{"a":true},{"a":false}])", R"([{"a":true},{"a":false}])"},
        {R"([{"a":null}])", R"([{"a":null}])"},
        {R"([{"a":"1"},{"a":"2"}])", R"([{"a":1},{"a":2}])"},
        {R"([{"a":0.1},{"a":1e20},{"a":-2.123456789012}])",
         R"([{"a":0.1},{"a":1e+20},{"a":-2.1234567890}])"},
        {R"([{"a":[1,2],"b":{"c":"d"}}])", R"([{"a":[1,2],"b":{"c":"d"}}])"},
        {R"([{"a":1,"a":2}])", R"([{"a":2}])"},
        {R"([{"a":NaN},{"a":1}])", R"([{"a":null},{"a":1.0}])"},
        {R"([{"a":1},{"a":"x"}])", R"([{"a":1},{"a":"x"}])"},
        {R"([{"a":9007199254740993}])", R"([{"a":9007199254740993}])"},
    };
    for (const auto &[body, answer] : cases)
        QTest::addRow("%s", body) << QByteArray(body) << QByteArray(answer);
}

void TestBodies::frames()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, answer);
    const std::string text = body.toStdString();
    JsonDocument json;
    auto frame = parseJsonFrame(text, json);
    QVERIFY2(frame, frame ? "" : frame.error().text().c_str());
    typeColumns(*frame);
    QByteArray expected = answer;
    expected.replace("-2.1234567890}", "-2.123456789}");
    QCOMPARE(QByteArray::fromStdString(writeRecords(*frame, json)), expected);
}

void TestBodies::refusedFrames_data()
{
    QTest::addColumn<QByteArray>("body");
    for (const char *body :
         {R"({"a":1})", "5", "null", "\"x\"", "", "[1,2]", "[", R"([{"a":1},2])",
          R"([[1],{"a":1}])", R"({"a":[1],"b":[1,2]})", R"({"a":[1],"b":{"0":1}})"})
        QTest::addRow("%s", body) << QByteArray(body);
}

void TestBodies::refusedFrames()
{
    QFETCH(QByteArray, body);
    const std::string text = body.toStdString();
    JsonDocument json;
    const auto frame = parseJsonFrame(text, json);
    QVERIFY(!frame);
    QCOMPARE(frame.error().code, ErrorCode::InvalidArgument);
}

void TestBodies::csv()
{
    const JsonDocument none;
    const auto convert = [&](std::string_view text) {
        auto frame = csvFrame(text);
        if (frame)
            typeGaps(*frame);
        return frame ? writeRecords(*frame, none) : frame.error().message;
    };
    QCOMPARE(convert("a,b\n1,x\n2,y\n"), std::string(R"([{"a":1,"b":"x"},{"a":2,"b":"y"}])"));
    QCOMPARE(convert("a,b\r\n1.5,True\r\n,False"),
             std::string(R"([{"a":1.5,"b":true},{"a":null,"b":false}])"));
    QCOMPARE(convert("a\n\"x,\"\"y\"\"\nz\"\n"), std::string(R"([{"a":"x,\"y\"\nz"}])"));
    QCOMPARE(convert("a,b\n1\n"), std::string(R"([{"a":1,"b":null}])"));
    QCOMPARE(convert("a,b\n1,\n\n2,NA\n"), std::string(R"([{"a":1,"b":null},{"a":2,"b":null}])"));
    QCOMPARE(convert("a\n1\n\nNaN\n"), std::string(R"([{"a":1.0},{"a":null}])"));
    QCOMPARE(convert("a,b"), std::string("[]"));
}

void TestBodies::refusedCsv()
{
    for (const char *text : {"", "\n\n", "a\n1,2\n", "a\n\"open\n", "\"", "\xFF"})
        QVERIFY2(!csvFrame(text), text);
}

void TestBodies::logRequests()
{
    JsonDocument json;
    const auto single = parseLogRequest(
        R"({"datasetId":"d","timestamp":1771000000,"single":{"a":1,"b":1.0,"c":"x","d":null,"e":true,)"
        R"("f":[1,2.5],"g":[],"h":{"i":1},"j":["x"],"k":[[1],[2]]}})",
        json, kNow);
    QVERIFY(single);
    QCOMPARE(single->dataset, std::string("d"));
    QCOMPARE(single->time, std::optional<TimeMs>(1'771'000'000'000));
    // a b c d e f.0 f.1 g h.i j.0 k.0.0 k.1.0: nested values are columns of their own.
    const ValueKind kinds[] = {ValueKind::Integral,   ValueKind::Fractional, ValueKind::String,
                               ValueKind::Null,       ValueKind::Boolean,    ValueKind::Integral,
                               ValueKind::Fractional, ValueKind::Object,     ValueKind::Integral,
                               ValueKind::String,     ValueKind::Integral,   ValueKind::Integral};
    QCOMPARE(single->frame.columns.at(8), std::string("h.i"));
    QCOMPARE(single->frame.columns.at(10), std::string("k.0.0"));
    QCOMPARE(single->frame.cells.size(), std::size(kinds));
    for (std::size_t i = 0; i < std::size(kinds); ++i)
        QCOMPARE(single->frame.cells[i].kind(), kinds[i]);
    const auto counted = parseLogRequest(
        R"({"datasetId":"d","nested":"count","single":{"f":[1,2.5],"h":{"i":1}}})", json, kNow);
    QVERIFY(counted);
    QCOMPARE(counted->frame.cells[0].kind(), ValueKind::Tensor);
    QCOMPARE(counted->frame.cells[1].kind(), ValueKind::Object);
    const auto doubled = parseLogRequest(
        R"({"datasetId":"d","multiple":{"columns":["a","a"],"data":[[1,2]]}})", json, kNow);
    QVERIFY(doubled);
    QCOMPARE(doubled->frame.columns, (std::vector<std::string>{"a", "a.1"}));
    QVERIFY(!parseLogRequest(R"({"datasetId":"d","timestamp":5,"single":{"a":1}})", json, kNow));
    QCOMPARE(parseLogRequest(R"({"datasetId":"d","timestamp":5,"anyTime":true,"single":{"a":1}})",
                             json, kNow)
                 ->time,
             std::optional<TimeMs>(5000));
    const auto multiple =
        parseLogRequest(R"({"datasetId":"d","timestamp":"2026-01-01T00:00:00Z",)"
                        R"("multiple":{"columns":["a","b"],"data":[[1,2],[3,"4"]]}})",
                        json, kNow);
    QVERIFY(multiple);
    QCOMPARE(multiple->time, std::optional<TimeMs>(1767225600000));
    QCOMPARE(multiple->frame.rows, std::size_t{2});
    QCOMPARE(multiple->frame.at(1, 0).asIntegral(), std::int64_t{3});
    QCOMPARE(multiple->frame.at(1, 1).kind(), ValueKind::String);
    QVERIFY(!parseLogRequest(R"({"datasetId":"d","single":{"a":1}})", json, kNow)->time);
    QCOMPARE(parseLogRequest(R"({"datasetId":"d","single":{}})", json, kNow)->frame.rows,
             std::size_t{0});
}

void TestBodies::refusedLogRequests_data()
{
    QTest::addColumn<QByteArray>("body");
    for (const char *body :
         {"", "[]", "{}", R"({"datasetId":"d"})", R"({"single":{"a":1}})",
          R"({"datasetId":"","single":{"a":1}})", R"({"datasetId":3,"single":{"a":1}})",
          R"({"datasetId":"d","single":[1]})",
          R"({"datasetId":"d","single":{"a":1},"multiple":{"columns":[],"data":[]}})",
          R"({"datasetId":"d","multiple":{"columns":["a"]}})",
          R"({"datasetId":"d","multiple":{"columns":["a"],"data":[[1,2]]}})",
          R"({"datasetId":"d","multiple":{"columns":["a"],"data":[1]}})",
          R"({"datasetId":"d","multiple":{"columns":[],"data":[[]]}})",
          R"({"datasetId":"d","multiple":{"columns":[1],"data":[[1]]}})",
          R"({"datasetId":"d","timestamp":"soon","single":{"a":1}})",
          R"({"datasetId":"d","timestamp":NaN,"single":{"a":1}})",
          R"({"datasetId":"d","timestamp":1e300,"single":{"a":1}})",
          R"({"datasetId":"d","timestamp":[],"single":{"a":1}})"})
        QTest::addRow("%s", body) << QByteArray(body);
}

void TestBodies::refusedLogRequests()
{
    QFETCH(QByteArray, body);
    JsonDocument json;
    const std::string text = body.toStdString();
    const auto parsed = parseLogRequest(text, json, kNow);
    QVERIFY(!parsed);
    QCOMPARE(parsed.error().code, ErrorCode::InvalidArgument);
}

void TestBodies::jsonLines()
{
    const auto frame =
        jsonLinesFrame("{\"a\": 1, \"b\": \"x\\ny\"}\r\n\n  {\"c\": [1], \"a\": 2.0}");
    QVERIFY(frame);
    QCOMPARE(frame->rows, std::size_t{2});
    QCOMPARE(frame->columns, (std::vector<std::string>{"a", "b", "c.0"}));
    QCOMPARE(frame->at(0, 0).asFractional(), 1.0); // the column has a fraction
    QCOMPARE(frame->at(0, 1).asString(), std::string_view("x\ny"));
    QVERIFY(frame->at(0, 2).isNull());
    QCOMPARE(frame->at(1, 0).kind(), ValueKind::Fractional);
    QCOMPARE(frame->at(1, 2).kind(), ValueKind::Integral);
    QVERIFY(!jsonLinesFrame(""));
    QCOMPARE(jsonLinesFrame("{}\n{}")->rows, std::size_t{0});
    for (const char *wrong : {"[1]", "{\"a\": 1}\nx", "{\"a\": 1}\n{\"a\": }", "1", "{\"a\""})
        QVERIFY2(!jsonLinesFrame(wrong), wrong);
}

void TestBodies::logQuery()
{
    const auto full = parseLogQuery("datasetId=a%20b%26c&x=1&timestamp=2024-01-02T03:04:05Z", kNow);
    QVERIFY(full);
    QCOMPARE(full->dataset, std::string("a b&c"));
    QCOMPARE(full->time.value(), parseTime("2024-01-02T03:04:05Z").value());
    QVERIFY(!parseLogQuery("datasetId=a", kNow)->time);
    QCOMPARE(parseLogQuery("datasetId=a+b%", kNow)->dataset, std::string("a b%"));
    for (const char *wrong :
         {"", "datasetId=", "timestamp=5", "datasetId=a&timestamp=noon", "datasetId=%FF"})
        QVERIFY2(!parseLogQuery(wrong, kNow), wrong);
}

QTEST_APPLESS_MAIN(TestBodies)
#include "tst_bodies.moc"
