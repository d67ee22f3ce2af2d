// The binary data extension of the Open Inference Protocol, byte by byte.

#include "http_client.h"
#include "v2_binary.h"

#include <tepal/base/log.h>
#include <tepal/model/table_knn.h>

#include <QtTest>

#include <nlohmann/json.hpp>

#include <bit>

using namespace tepal;
using namespace tepal::test;
using Json = nlohmann::json;
using tepal::serving::appendElement;
using tepal::serving::readElements;

namespace {

ModelPtr shop()
{
    TrainingTable table;
    table.features = {{"size", FeatureType::Number, false, {}, false, 1},
                      {"colour", FeatureType::Text, false, {"blue", "red"}, false, 1}};
    table.values = {1, 0, 2, 1, 3, 0, 4, 1};
    table.classes = {"large", "small"};
    table.labels = {1, 1, 0, 0};
    return TableKnn::train("shop", table, 1, false).value();
}

class Store final : public ModelProvider
{
public:
    Result<std::string> resolve(const std::string &, const std::string &) const override
    {
        return std::string("v1");
    }
    Result<NamedModel> load(const std::string &name, const std::string &version) const override
    {
        return NamedModel{name, version, name, name == "shop" ? shop() : ModelPtr(*trainIris())};
    }
    std::vector<ModelEntry> list() const override { return {{"flower", {"v1"}}}; }
};

std::string js(std::string text)
{
    std::replace(text.begin(), text.end(), '\'', '"');
    return text;
}

std::string doubles(const std::vector<double> &values)
{
    std::string out;
    for (const double value : values)
        appendElement(out, value);
    return out;
}

std::string hex(std::string_view digits)
{
    return QByteArray::fromHex(QByteArray(digits.data(), qsizetype(digits.size()))).toStdString();
}

const std::vector<double> kTwo{4.9, 3, 1.4, 0.2, 6.3, 3.3, 6.0, 2.5};

} // namespace

class TestV2Binary : public QObject
{
    Q_OBJECT

    Store m_store;
    std::unique_ptr<Fixture> m_fixture;

    Answer ask(const std::string &model, const std::string &json, const std::string &tensors,
               const std::string &length = {}) const
    {
        const std::string head = js(json);
        return m_fixture->post("/v2/models/" + model + "/infer", head + tensors,
                               "Content-Type: application/octet-stream\r\n"
                               "Inference-Header-Content-Length: " +
                                   (length.empty() ? std::to_string(head.size()) : length) +
                                   "\r\n");
    }
    static std::string flower(std::size_t bytes, const std::string &more = {})
    {
        return "{'inputs':[{'name':'x','shape':[2,4],'datatype':'FP64','parameters':"
               "{'binary_data_size':" +
               std::to_string(bytes) + "}}]" + more + "}";
    }

private Q_SLOTS:
    void initTestCase() { setLogLevel(LogLevel::Error); }
    void init()
    {
        ServerParts parts;
        parts.models = &m_store;
        m_fixture = std::make_unique<Fixture>(ServerOptions(), JournalOptions(), parts);
    }

    void bytesIn()
    {
        const auto answer = ask("flower", flower(64), doubles(kTwo));
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.header("content-type"), std::string("application/json"));
        const auto json = Json::parse(answer.body);
        QVERIFY((json.at("outputs").at(0).at("data") == Json{"setosa", "virginica"}));
        QCOMPARE(m_fixture->rows().size(), std::size_t{2});
        QVERIFY(m_fixture->rows().front().find("sepal length") != std::string::npos);
        // Without the header all of it is JSON.
        QCOMPARE(m_fixture->post("/v2/models/flower/infer", js(flower(64))).status, 400);
        QCOMPARE(Json::parse(m_fixture->get("/v2").body).at("extensions").at(0).get<std::string>(),
                 std::string("binary_tensor_data"));
    }

    void bytesOut()
    {
        const auto answer =
            ask("flower", flower(64, ",'id':'r','parameters':{'binary_data_output':true}"),
                doubles(kTwo));
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.header("content-type"), std::string("application/octet-stream"));
        const std::size_t length = std::stoul(answer.header("inference-header-content-length"));
        const auto json = Json::parse(answer.body.substr(0, length));
        QCOMPARE(json.at("id").get<std::string>(), std::string("r"));
        const std::string labels = hex("06000000") + "setosa" + hex("09000000") + "virginica";
        const auto &first = json.at("outputs").at(0);
        QVERIFY(!first.contains("data"));
        QCOMPARE(first.at("parameters").at("binary_data_size").get<std::size_t>(), labels.size());
        QCOMPARE(json.at("outputs").at(1).at("parameters").at("binary_data_size").get<int>(), 48);
        QCOMPARE(answer.body.substr(length), labels + doubles({1, 0, 0, 0, 0, 1}));
    }

    void someOut()
    {
        const auto answer =
            ask("flower",
                flower(64, ",'outputs':[{'name':'predict','parameters':{'binary_data':false}},"
                           "{'name':'predict_proba','parameters':{'binary_data':true}}]"),
                doubles(kTwo));
        const std::size_t length = std::stoul(answer.header("inference-header-content-length"));
        const auto json = Json::parse(answer.body.substr(0, length));
        QVERIFY((json.at("outputs").at(0).at("data") == Json{"setosa", "virginica"}));
        QCOMPARE(answer.body.substr(length), doubles({1, 0, 0, 0, 0, 1}));
    }

    void textsAndJsonTogether()
    {
        const std::string texts = hex("04000000") + "blue" + hex("03000000") + "red";
        const std::string json =
            "{'inputs':[{'name':'size','shape':[2],'datatype':'INT32','data':[1,4]},"
            "{'name':'colour','shape':[2],'datatype':'BYTES','parameters':{'binary_data_size':15}}"
            "]}";
        const auto answer = ask("shop", json, texts);
        QCOMPARE(answer.status, 200);
        QVERIFY(
            (Json::parse(answer.body).at("outputs").at(0).at("data") == Json{"small", "large"}));
        QVERIFY(m_fixture->rows().front().find("colour='blue'") != std::string::npos);
    }

    void doNotAddUp_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QByteArray>("tensors");
        QTest::addColumn<QByteArray>("length");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char *name, const std::string &json, const std::string &tensors,
                            const char *length, const char *says) {
            QTest::newRow(name) << QByteArray::fromStdString(json)
                                << QByteArray::fromStdString(tensors) << QByteArray(length)
                                << QByteArray(says);
        };
        const std::string all = doubles(kTwo);
        row("too few bytes", flower(64), all.substr(8), "", "no length within the body");
        row("too many bytes", flower(64), all + "x", "", "1 bytes behind the JSON");
        row("fewer than the shape", flower(56), all.substr(8), "",
            "too few for 8 elements of FP64");
        row("more than the shape", flower(72), all + doubles({1}), "", "8 elements of FP64 are 64");
        row("a negative size",
            "{'inputs':[{'name':'x','shape':[2,4],'datatype':'FP64','parameters':"
            "{'binary_data_size':-64}}]}",
            all, "", "no length within the body");
        row("length beyond the body", flower(64), all, "99999", "no length within");
        row("length that is none", flower(64), all, "12a", "no length within");
        row("length -1", flower(64), all, "-1", "no length within");
        row("length in the middle", flower(64), all, "10", "send JSON");
        row("a giant shape",
            "{'inputs':[{'name':'x','shape':[16777216,16777216],'datatype':'FP64','parameters':"
            "{'binary_data_size':8}}]}",
            doubles({1}), "", "too few for 281474976710656 elements");
        row("both ways",
            "{'inputs':[{'name':'x','shape':[1,4],'datatype':'FP64','data':[1,2,3,4],"
            "'parameters':{'binary_data_size':8}}]}",
            doubles({1}), "", "has data and binary_data_size");
        row("not finite", flower(64),
            doubles({4.9, 3, 1.4, std::numeric_limits<double>::infinity(), 6.3, 3.3, 6.0, 2.5}), "",
            "infinite");
    }
    void doNotAddUp()
    {
        QFETCH(QByteArray, json);
        QFETCH(QByteArray, tensors);
        QFETCH(QByteArray, length);
        QFETCH(QByteArray, says);
        const auto answer =
            ask("flower", json.toStdString(), tensors.toStdString(), length.toStdString());
        QCOMPARE(answer.status, 400);
        QVERIFY2(answer.body.find(says.toStdString()) != std::string::npos, answer.body.c_str());
        QVERIFY(m_fixture->rows().empty());
    }

    void headerTwice()
    {
        const std::string head = js(flower(64));
        const std::string field =
            "Inference-Header-Content-Length: " + std::to_string(head.size()) + "\r\n";
        QCOMPARE(
            m_fixture->post("/v2/models/flower/infer", head + doubles(kTwo), field + field).status,
            400);
    }

    void datatypes()
    {
        std::vector<Value> out;
        const auto one = [&](const char *type, const char *digits) {
            const std::string bytes = hex(digits);
            return readElements(type, bytes, 1, out) ? cellText(out[0]) : std::string("refused");
        };
        QCOMPARE(one("BOOL", "01"), std::string("true"));
        QCOMPARE(one("UINT8", "ff"), std::string("i255"));
        QCOMPARE(one("INT8", "ff"), std::string("i-1"));
        QCOMPARE(one("INT16", "0080"), std::string("i-32768"));
        QCOMPARE(one("UINT16", "0080"), std::string("i32768"));
        QCOMPARE(one("INT32", "feffffff"), std::string("i-2"));
        QCOMPARE(one("UINT32", "feffffff"), std::string("i4294967294"));
        QCOMPARE(one("INT64", "0100000000002000"), std::string("i9007199254740993"));
        QCOMPARE(one("INT64", "ffffffffffffffff"), std::string("i-1"));
        QCOMPARE(one("UINT64", "ffffffffffffffff"), std::string("u18446744073709551615"));
        QCOMPARE(one("FP16", "003c"), std::string("f1"));
        QCOMPARE(one("FP16", "00c5"), std::string("f-5"));
        QCOMPARE(one("FP16", "0100"), std::string("f5.9604644775390625e-08"));
        QCOMPARE(one("FP16", "007c"), std::string("finf"));
        QCOMPARE(one("FP16", "ff7b"), std::string("f65504"));
        QCOMPARE(one("FP32", "0000c03f"), std::string("f1.5"));
        QCOMPARE(one("FP64", "000000000000f83f"), std::string("f1.5"));
        QCOMPARE(one("BYTES", "0200000061c3"), std::string("refused")); // half a character
        QCOMPARE(one("BYTES", "0200000061"), std::string("refused"));
        QCOMPARE(one("BYTES", "010000006161"), std::string("refused"));
        QCOMPARE(one("BYTES", "ffffffff61"), std::string("refused"));
        QCOMPARE(one("BYTES", "00000000"), std::string("''"));
        QCOMPARE(one("FP8", "00"), std::string("refused"));
    }
};

QTEST_GUILESS_MAIN(TestV2Binary)
#include "tst_v2_binary.moc"
