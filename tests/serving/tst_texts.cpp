// Models that take free texts, on every route that asks a model.

#include "http_client.h"
#include "onnx_files.h"
#include "onnx_model.h"

#include <tepal/base/log.h>
#include <tepal/model/onnx.h>

#include <QtTest>

using namespace tepal;
using namespace tepal::test;

namespace {

/// Answers with the length of a text and a whole number, which no double could tell it.
class Lengths final : public Model
{
public:
    Lengths()
    {
        m_signature.features = {{"word", FeatureType::Text, true},
                                {"number", FeatureType::Integer, false}};
        m_signature.classes = {"even", "odd"};
        m_signature.outputs = outputNames(Task::Classification, true);
    }
    std::string_view name() const override { return "lengths"; }
    std::string_view kind() const override { return "double"; }
    const Signature &signature() const override { return m_signature; }
    const std::vector<std::string> &featureNames() const override { return m_names; }
    using Model::predict;
    Status predict(std::span<const double>, Prediction &) const override
    {
        return fail(ErrorCode::Unsupported, "the model takes texts, which are no numbers");
    }
    Status predictValues(std::span<const Value> row, Prediction &out) const override
    {
        if (!row[0].isNull() && row[0].kind() != ValueKind::String)
            return fail(ErrorCode::InvalidArgument, "the value of word is not a text");
        if (row[1].kind() != ValueKind::Integral)
            return fail(ErrorCode::InvalidArgument, "the value of number is no whole number");
        const std::size_t length = row[0].isNull() ? 0 : row[0].asString().size();
        out.classIndex = (length + static_cast<std::uint64_t>(row[1].asIntegral())) % 2;
        out.label = m_signature.classes[out.classIndex];
        out.probabilities = {out.classIndex == 0 ? 0.75 : 0.25, out.classIndex == 0 ? 0.25 : 0.75};
        return {};
    }
    std::uint64_t trainingRows() const override { return 0; }
    std::vector<std::pair<std::string, std::string>> parameters() const override { return {}; }
    std::string serialize() const override { return {}; }

private:
    Signature m_signature;
    std::vector<std::string> m_names{"word", "number"};
};

/// 10·town + age − visits, with Cork 1, Sligo 2 and any other town 0; null without the runtime.
ModelPtr towns()
{
    if (!onnxRuntimeReport().missing.empty())
        return nullptr;
    ImportNames names;
    names.model = "towns";
    const auto made = tepal::onnx::OnnxModel::open(test::onnx::columns(), names);
    if (!made)
        qFatal("%s", made.error().text().c_str());
    return made->model;
}

class Store final : public ModelProvider
{
public:
    explicit Store(ModelPtr model)
        : m_model(std::move(model))
    {}
    Result<std::string> resolve(const std::string &, const std::string &) const override
    {
        return std::string("v1");
    }
    Result<NamedModel> load(const std::string &name, const std::string &version) const override
    {
        return NamedModel{name, version, name, m_model};
    }
    std::vector<ModelEntry> list() const override { return {{"m", {"v1"}}}; }

private:
    ModelPtr m_model;
};

std::string js(std::string text)
{
    std::replace(text.begin(), text.end(), '\'', '"');
    return text;
}

const std::string kCsv = "Content-Type: text/csv\r\n";

struct Served
{
    explicit Served(ModelPtr model)
        : store(std::move(model))
        , fixture(ServerOptions(), JournalOptions(), parts(store))
    {
        fixture.server->setModel(store.load("m", "v1")->model);
    }
    static ServerParts parts(const ModelProvider &models)
    {
        ServerParts made;
        made.models = &models;
        return made;
    }
    std::string post(const std::string &path, const std::string &body,
                     const std::string &headers = {}) const
    {
        const Answer answer = fixture.post(path, js(body), headers);
        return answer.status == 200 ? answer.body : std::to_string(answer.status) + answer.body;
    }
    bool recorded(const std::string &beginning) const
    {
        const auto rows = fixture.rows();
        return std::any_of(rows.begin(), rows.end(),
                           [&](const std::string &row) { return row.starts_with(beginning); });
    }
    Store store;
    Fixture fixture;
};

} // namespace

class TestTexts : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { setLogLevel(LogLevel::Error); }

    void everyRoute()
    {
        const Served served(std::make_shared<Lengths>());
        const std::string one = "[['abc',4]]";
        QCOMPARE(served.post(kPredict, one), std::string("odd"));
        QCOMPARE(served.post("/v1/models/m/predict", one), std::string("odd"));
        QCOMPARE(served.post("/v1/models/m/batch", one), js("['odd']"));
        const std::string two = "[['abc',4],['',4]]";
        const std::string both = js("['odd','even']");
        QCOMPARE(served.post("/v1/models/m/batch", two), both);
        QCOMPARE(served.post("/v1/models/m/batch", "[{'number':4,'word':'abc'},"
                                                   "{'word':null,'number':2}]"),
                 both);
        QCOMPARE(served.post("/v1/models/m:predict", "{'instances':" + two + "}"),
                 "{\"predictions\":" + both + "}");
        QCOMPARE(served.post("/invocations", "{'dataframe_split':{'columns':['number','word'],"
                                             "'data':[[4,'abc'],[4,'']]}}"),
                 "{\"predictions\":" + both + "}");
        const std::string v2 =
            served.post("/v2/models/m/infer",
                        "{'inputs':[{'name':'word','shape':[2],'datatype':'BYTES','data':['abc',"
                        "'']},{'name':'number','shape':[2],'datatype':'INT64','data':[4,4]}]}");
        QVERIFY2(v2.find("\"data\":" + both) != v2.npos, v2.c_str());
        QVERIFY2(v2.find("[0.25,0.75,0.75,0.25]") != v2.npos, v2.c_str());
        QCOMPARE(served.fixture.rows().size(), std::size_t{13});
        QVERIFY(served.recorded("m|word=''|number=i4|class_output='even'|proba_output=f0.75"));
    }

    void textsThatLookLikeNumbers()
    {
        const Served served(std::make_shared<Lengths>());
        // In a table a text stays as it was written; in JSON a number is a number.
        QCOMPARE(served.post("/v1/models/m/batch", "word,number\n007,4\n12,4\n", kCsv),
                 js("['odd','even']"));
        QCOMPARE(served.post("/invocations", "number,word\n4,007\n", kCsv),
                 js("{'predictions':['odd']}"));
        QVERIFY(served.recorded("m|word='007'|number=i4"));
        const auto refused = served.post("/v1/models/m/batch", "[['a',1],[7,1]]");
        QVERIFY2(refused.find("400") == 0 &&
                     refused.find("Row 2: the value of word") != refused.npos,
                 refused.c_str());
        const auto alone = served.post("/v1/models/m/batch", "[[7,1]]");
        QVERIFY2(alone.find("\"The value of word") != alone.npos, alone.c_str());
        QCOMPARE(served.fixture.rows().size(), std::size_t{3});
    }

    void integersThatNoDoubleHolds()
    {
        const Served served(std::make_shared<Lengths>());
        QCOMPARE(served.post("/v1/models/m/batch", "[['',9007199254740993],['',9007199254740992]]"),
                 js("['odd','even']"));
        QVERIFY(served.recorded("m|word=''|number=i9007199254740993"));
    }

    void onnx()
    {
        const ModelPtr model = towns();
        if (!model)
            QSKIP("ONNX Runtime is needed, and was not found");
        const Served served(model);
        const std::string two = "[['Cork',30.5,4],['Sligo',30,4]]";
        QCOMPARE(served.post(kPredict, "['Sligo',30.5,4]"), std::string("46.5"));
        QCOMPARE(served.post("/v1/models/m/batch", two), std::string("[36.5,46.0]"));
        QCOMPARE(served.post("/v1/models/m/batch", "[['Cork',30.5,4]]"), std::string("[36.5]"));
        QCOMPARE(served.post("/v1/models/m:predict", "{'instances':" + two + "}"),
                 js("{'predictions':[36.5,46.0]}"));
        QCOMPARE(served.post("/invocations", "town,age,visits\nSligo,30,4\n7,30,4\n", kCsv),
                 js("{'predictions':[46.0,26.0]}"));
        const std::string v2 = served.post(
            "/v2/models/m/infer",
            "{'inputs':[{'name':'town','shape':[2],'datatype':'BYTES','data':['Cork','Sligo']},"
            "{'name':'age','shape':[2],'datatype':'FP64','data':[30,30]},"
            "{'name':'visits','shape':[2],'datatype':'INT64','data':[4,4]}]}");
        QVERIFY2(v2.find("[36.0,46.0]") != v2.npos, v2.c_str());
        QCOMPARE(served.fixture.rows().size(), std::size_t{10});
    }
};

QTEST_GUILESS_MAIN(TestTexts)
#include "tst_texts.moc"
