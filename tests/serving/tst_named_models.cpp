// Every model of a store by its name, in the forms that clients of other servers send.

#include "http_client.h"

#include <tepal/base/log.h>

#include <QtTest>

#include <nlohmann/json.hpp>

#include <atomic>
#include <set>

using namespace tepal;
using namespace tepal::test;
using Json = nlohmann::json;

namespace {

/// Two models: the flower in two versions, and one that tells low from high by two features.
class Store final : public ModelProvider
{
public:
    std::string latest = "v2";
    mutable std::atomic<int> loads{0};

    Result<std::string> resolve(const std::string &name, const std::string &version) const override
    {
        if (name == "small" && (version.empty() || version == "v1"))
            return std::string("v1");
        if (name == "flower" && (version.empty() || version == "v1" || version == "v2"))
            return version.empty() ? latest : version;
        return fail(ErrorCode::NotFound, "no such model");
    }
    Result<NamedModel> load(const std::string &name, const std::string &version) const override
    {
        ++loads;
        if (name == "small") {
            TrainingData data{{"x", "y"}, {"low", "high"}, {0, 0, 9, 9}, {0, 1}};
            return NamedModel{name, version, name, *KnnModel::train("small", std::move(data), 1)};
        }
        return NamedModel{name, version, name, *trainIris(version == "v1" ? 1 : 5)};
    }
    std::vector<ModelEntry> list() const override
    {
        return {{"flower", {"v2", "v1"}}, {"small", {"v1"}}};
    }
};

/// JSON with plain quotes.
std::string js(std::string text)
{
    std::replace(text.begin(), text.end(), '\'', '"');
    return text;
}

constexpr const char *kRow = "[4.9,3,1.4,0.2]";
constexpr const char *kOther = "[6.3,3.3,6.0,2.5]";

} // namespace

class TestNamedModels : public QObject
{
    Q_OBJECT

    Store m_store;
    std::unique_ptr<Fixture> m_fixture;

    Answer post(const std::string &path, const std::string &body,
                const std::string &headers = {}) const
    {
        return m_fixture->post(path, body, headers);
    }
    Json json(const Answer &answer) const { return Json::parse(answer.body, nullptr, false); }

private Q_SLOTS:
    void initTestCase() { setLogLevel(LogLevel::Error); }
    void init()
    {
        ServerParts parts;
        parts.models = &m_store;
        m_fixture = std::make_unique<Fixture>(ServerOptions(), JournalOptions(), parts);
    }

    void byNameAndVersion()
    {
        for (const char *path :
             {"/v1/models/flower/predict", "/v1/models/flower:v1/predict",
              "/v1/models/FLOWER:latest/predict", "/v1/models/flower%3Av2/predict"}) {
            const auto answer = post(path, std::string("[") + kRow + "]");
            QVERIFY2(answer.status == 200, (path + answer.body).c_str());
            QCOMPARE(answer.body, std::string("setosa"));
            QVERIFY(!answer.header("x-bentoml-request-id").empty());
        }
        QCOMPARE(post("/v1/models/small/predict", js("{'x':8,'y':8}")).body, std::string("high"));
        // Each logs to a dataset of its own, with its own columns.
        const auto rows = m_fixture->rows();
        QCOMPARE(rows.size(), std::size_t{5});
        QCOMPARE(rows.front().substr(0, 7), std::string("flower|"));
        QCOMPARE(rows.back(), std::string("small|x=f8|y=f8|class_output='high'|proba_output=f1"));
        // The predict route's model has nothing to do with them.
        QCOMPARE(post(kPredict, kRow).body, std::string("setosa"));
        QCOMPARE(m_fixture->rows().back().substr(0, 6), std::string("small|"));
    }

    void whatIsNotThere_data()
    {
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("name") << QByteArray("/v1/models/none/predict") << QByteArray("\"msg\"");
        QTest::newRow("version") << QByteArray("/v1/models/flower:v9/predict")
                                 << QByteArray("\"msg\"");
        QTest::newRow("no name") << QByteArray("/v1/models/a b/predict") << QByteArray("\"msg\"");
        QTest::newRow("V1") << QByteArray("/v1/models/none:predict") << QByteArray("{\"error\":");
        QTest::newRow("V2") << QByteArray("/v2/models/none/infer") << QByteArray("{\"error\":");
        QTest::newRow("V2 version")
            << QByteArray("/v2/models/flower/versions/v9/infer") << QByteArray("{\"error\":");
    }
    void whatIsNotThere()
    {
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, says);
        std::string target = path.toStdString();
        for (std::size_t at = target.find(' '); at != target.npos; at = target.find(' '))
            target.replace(at, 1, "%20");
        const auto answer = post(target, "{}");
        QCOMPARE(answer.status, 404);
        QVERIFY2(answer.body.find(says.toStdString()) != std::string::npos, answer.body.c_str());
        QVERIFY(answer.body.find("/v1/models") != std::string::npos); // where to look
        // Another one is served, so what status and pages say of it may not claim that none is.
        const auto refused = m_fixture->server->stats().refused;
        QCOMPARE(refused.size(), std::size_t{1});
        QCOMPARE(refusalSentence(refused[0], {}),
                 std::string("1 request asked for a model that is not there: compare with GET "
                             "/v1/models, or train or import one"));
        QVERIFY(m_fixture->rows().empty());
    }

    void batches()
    {
        const std::string path = "/v1/models/small/batch";
        const auto all = [&](const std::string &body, const std::string &headers = {}) {
            return post(path, body, headers).body;
        };
        const std::string two = js("['low','high']");
        QCOMPARE(all("[[0,1],[8,8]]"), two);
        QCOMPARE(all(js("[{'x':0,'y':1},{'y':8,'x':8}]")), two);
        QCOMPARE(all(js("{'x':[0,8],'y':[1,8]}")), two);
        QCOMPARE(all(js("{'columns':['y','x'],'data':[[1,0],[8,8]]}")), two);
        QCOMPARE(all("y,x\n1,0\n8,8\n", "Content-Type: text/csv\r\n"), two);
        QCOMPARE(
            all("{\"x\":0,\"y\":1}\n{\"x\":8,\"y\":8}\n", "Content-Type: application/x-ndjson\r\n"),
            two);
        QCOMPARE(all("[0,1]"), (js("['low']")));
        QCOMPARE(all("[]"), std::string("[]"));
        // Every row once, with its own answer.
        const auto rows = m_fixture->rows();
        QCOMPARE(rows.size(), std::size_t{13});
        QCOMPARE(std::count_if(rows.begin(), rows.end(),
                               [](const std::string &row) {
                                   return row.find("x=f8|y=f8|class_output='high'") !=
                                          std::string::npos;
                               }),
                 6);
        QCOMPARE(m_fixture->server->stats().appendedRows, std::uint64_t{13});
    }

    void wrongRows_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const std::string &body, const char *says) {
            QTest::newRow(body.c_str()) << QByteArray::fromStdString(body) << QByteArray(says);
        };
        row("x", "JSON");
        row("7", "single value");
        row("[[1,2],[3]]", "Row 2: the model expects 2 values but got 1");
        row("[[1,2],[3,null]]", "Row 2");
        row("[[1,2],3]", "Row 2: rows and values are mixed");
        row("[[1,2],[3,[4]]]", "Row 2");
        row("[1,2,3]", "expects 2 values but got 3");
        row(js("[{'x':1}]"), "no y");
        row(js("[{'x':1,'y':2,'z':3}]"), "no feature \\\"z\\\"");
        row(js("[{'x':1,'y':'two'}]"), "y is a text");
        row(js("{'x':[1],'y':[1,2]}"), "differ in length");
        row(js("{'x':[1,2]}"), "no y");
        row(js("{'columns':['x'],'data':[[1]]}"), "no y");
        row(js("{'columns':['x','y'],'data':[[1,2],[1]]}"), "Row 2");
        row(js("{'columns':['x',1],'data':[]}"), "no texts");
    }
    void wrongRows()
    {
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, says);
        const auto answer = post("/v1/models/small/batch", body.toStdString());
        QCOMPARE(answer.status, 400);
        QVERIFY2(answer.body.find(says.toStdString()) != std::string::npos, answer.body.c_str());
        QVERIFY(m_fixture->rows().empty());
    }

    void kserveV1()
    {
        const std::string path = "/v1/models/flower:predict";
        const auto answer = post(path, (js("{'instances':[")) + kRow + "," + kOther + "]}");
        QCOMPARE(answer.body, (js("{'predictions':['setosa','virginica']}")));
        QCOMPARE(answer.header("content-type"), std::string("application/json"));
        for (const std::string &wrong : {std::string("{}"), std::string("[[1]]"),
                                         js("{'instances':5}"), js("{'instances':[[1]]}")}) {
            const auto refused = post(path, wrong);
            QCOMPARE(refused.status, 400);
            QVERIFY(json(refused).contains("error"));
        }
        QCOMPARE(json(m_fixture->get("/v1/models")), Json({{"models", {"flower", "small"}}}));
        QCOMPARE(m_fixture->get("/v1/models/flower").body, (js("{'name':'flower','ready':true}")));
        QCOMPARE(m_fixture->get("/v1/models/none").status, 404);
    }

    void mlflow()
    {
        const auto answer = [&](const std::string &body, const std::string &headers = {}) {
            return post("/invocations", body, headers);
        };
        const std::string two = js("{'predictions':['setosa','virginica']}");
        const std::string rows = std::string("[") + kRow + "," + kOther + "]";
        QCOMPARE(answer(js("{'inputs':") + rows + "}").body, two);
        QCOMPARE(answer(js("{'instances':") + rows + js(",'params':{'t':1}}")).body, two);
        const Json names = trainIris().value()->featureNames();
        QCOMPARE(answer(js("{'dataframe_split':{'columns':") + names.dump() + js(",'data':") +
                        rows + "}}")
                     .body,
                 two);
        QCOMPARE(
            answer(js("{'dataframe_records':[") +
                   Json({{names[0], 4.9}, {names[1], 3}, {names[2], 1.4}, {names[3], 0.2}}).dump() +
                   "]}")
                .body,
            (js("{'predictions':['setosa']}")));
        // It is the model of the predict route, whose rows go where those go.
        for (const std::string &row : m_fixture->rows())
            QCOMPARE(row.substr(0, 8), std::string("model-1|"));
        QCOMPARE(m_fixture->rows().size(), std::size_t{7});
        for (const std::string &wrong : {std::string("[[1,2,3,4]]"), std::string("{}"),
                                         js("{'inputs':[],'instances':[]}"), std::string("no")}) {
            const auto refused = answer(wrong);
            QCOMPARE(refused.status, 400);
            QCOMPARE(json(refused).at("error_code"), Json("BAD_REQUEST"));
        }
        for (const char *path : {"/ping", "/health", "/version"})
            QCOMPARE(m_fixture->get(path).status, 200);
    }

    void openInference()
    {
        const std::string path = "/v2/models/flower/infer";
        const auto one =
            post(path, js("{'id':'r1','inputs':[{'name':'x','shape':[2,4],'datatype':'FP64',"
                          "'data':[4.9,3,1.4,0.2,6.3,3.3,6.0,2.5]}]}"));
        QVERIFY2(one.status == 200, one.body.c_str());
        const Json told = json(one);
        QCOMPARE(told.at("model_name"), Json("flower"));
        QCOMPARE(told.at("model_version"), Json("v2"));
        QCOMPARE(told.at("id"), Json("r1"));
        QCOMPARE(told.at("outputs").at(0), Json({{"name", "predict"},
                                                 {"shape", {2}},
                                                 {"datatype", "BYTES"},
                                                 {"data", {"setosa", "virginica"}}}));
        QCOMPARE(told.at("outputs").at(1).at("name"), Json("predict_proba"));
        QCOMPARE(told.at("outputs").at(1).at("shape"), Json({2, 3}));
        QCOMPARE(told.at("outputs").at(1).at("data").size(), std::size_t{6});
        QCOMPARE(told.at("outputs").at(1).at("data").at(0), Json(1.0));
        // Nested data; a tensor for each feature, in any order; one row without a batch; an output.
        const auto labels = [&](const std::string &inputs, const std::string &more = {}) {
            const auto answer = post("/v2/models/small/versions/v1/infer",
                                     js("{'inputs':[") + inputs + "]" + more + "}");
            return answer.status == 200 ? json(answer).at("outputs").at(0).at("data").dump()
                                        : answer.body;
        };
        const auto tensor = [](const char *name, const char *shape, const char *data,
                               const char *type = "FP32") {
            return (js("{'name':'")) + name + js("','shape':") + shape + js(",'datatype':'") +
                   type + js("','data':") + data + "}";
        };
        const std::string two = js("['low','high']");
        QCOMPARE(labels(tensor("a", "[2,2]", "[[0,1],[8,8]]")), two);
        QCOMPARE(labels(tensor("y", "[2]", "[1,8]", "INT64") + "," +
                        tensor("x", "[2,1]", "[0,8]", "INT64")),
                 two);
        QCOMPARE(labels(tensor("a", "[2]", "[0,8]") + "," + tensor("b", "[2]", "[1,8]")), two);
        QCOMPARE(labels(tensor("a", "[2]", "[8,8]")), (js("['high']")));
        QCOMPARE(labels(tensor("a", "[1,2]", "[8,8]"), js(",'outputs':[{'name':'predict_proba'}]")),
                 std::string("[0.0,1.0]"));
        for (const std::string &wrong :
             {tensor("a", "[2,2]", "[1,2,3]"), tensor("a", "[1,3]", "[1,2,3]"),
              tensor("a", "[1,2]", "[1,2]", "COMPLEX"), tensor("a", "[]", "[]"),
              tensor("a", "[-1,2]", "[1,2]"),
              tensor("x", "[2]", "[1,2]") + "," + tensor("x", "[2]", "[1,2]"),
              tensor("x", "[2]", "[1,2]") + "," + tensor("z", "[2]", "[1,2]"),
              tensor("x", "[1]", "[1]") + "," + tensor("y", "[2]", "[1,2]")})
            QVERIFY2(labels(wrong).find("\"error\"") != std::string::npos, wrong.c_str());
        QVERIFY(labels(tensor("a", "[1,2]", "[8,8]"), js(",'outputs':[{'name':'z'}]"))
                    .find("no output \\\"z\\\"") != std::string::npos);
        QCOMPARE(m_fixture->rows().size(), std::size_t{2 + 2 + 2 + 2 + 1 + 1});
    }

    void openInferenceMetadata()
    {
        QCOMPARE(json(m_fixture->get("/v2")).at("name"), Json("tepal"));
        QCOMPARE(m_fixture->get("/v2/health/live").body, (js("{'live':true}")));
        QCOMPARE(m_fixture->get("/v2/health/ready").body, (js("{'live':true,'ready':true}")));
        m_fixture->server->setModel(nullptr);
        QCOMPARE(m_fixture->get("/v2/health/ready").status, 503);
        const Json model = json(m_fixture->get("/v2/models/flower"));
        QCOMPARE(model.at("name"), Json("flower"));
        QCOMPARE(model.at("versions"), Json({"v2", "v1"}));
        QCOMPARE(model.at("platform"), Json("tepal_knn"));
        QCOMPARE(model.at("inputs"),
                 Json({{{"name", "input"}, {"datatype", "FP64"}, {"shape", {-1, 4}}}}));
        QCOMPARE(model.at("outputs").at(1).at("shape"), Json({-1, 3}));
        for (const char *path : {"/v2/models/flower/ready", "/v2/models/flower/versions/v1/ready"})
            QCOMPARE(m_fixture->get(path).body, (js("{'name':'flower','ready':true}")));
        QCOMPARE(m_fixture->get("/v2/models/none/ready").status, 404);
        QCOMPARE(m_fixture->get("/v2/models/flower/versions/v9").status, 404);
        QCOMPARE(post("/v2/models/flower", "{}").status, 405);
        QCOMPARE(m_fixture->get("/v2/models/flower/infer").status, 405);
        QCOMPARE(m_fixture->get("/v2/health/live/").status, 307);
    }

    void loadedOnceAndSwitched()
    {
        m_store.loads = 0;
        for (int i = 0; i < 20; ++i)
            QCOMPARE(post("/v1/models/flower/predict", kRow).status, 200);
        QCOMPARE(m_store.loads.load(), 1);
        m_store.latest = "v1";
        // Within a second or so, without a refused request.
        QTRY_VERIFY(json(post("/v2/models/flower/infer",
                              js("{'inputs':[{'name':'x','shape':[1,4],'datatype':'FP64',"
                                 "'data':[4.9,3,1.4,0.2]}]}")))
                        .at("model_version") == "v1");
        m_store.latest = "v2";
    }

    /// Whoever opens the page and presses "Execute" gets an answer, whatever the call.
    void whatTheDocsProposeIsAnswered()
    {
        m_fixture->server->setModel(*trainIris(5), {"flower", "v2"});
        const Json paths = json(m_fixture->get("/docs.json")).at("paths");
        std::set<std::string> ids;
        for (const auto &[path, methods] : paths.items()) {
            for (const auto &[method, call] : methods.items()) {
                QVERIFY2(!call.value("summary", "").empty(), path.c_str());
                // Pages and generated clients name calls by these; two alike are one too few.
                const auto id = call.value("operationId", "");
                QVERIFY2(!id.empty() && ids.insert(id).second, path.c_str());
                std::string target = path;
                for (const Json &parameter : call.value("parameters", Json::array())) {
                    if (parameter.at("in") != "path")
                        continue;
                    const auto mark = "{" + parameter.at("name").get<std::string>() + "}";
                    target.replace(target.find(mark), mark.size(),
                                   parameter.at("example").get<std::string>());
                }
                const bool posted = method == "post";
                const auto answer = posted ? post(target, call.at("requestBody")
                                                              .at("content")
                                                              .at("application/json")
                                                              .at("example")
                                                              .dump())
                                           : m_fixture->get(target);
                QVERIFY2(answer.status == 200, (target + " " + answer.body).c_str());
            }
        }
        // A model that is none of the store has no name to propose.
        m_fixture->server->setModel(*trainIris(5));
        const Json other = json(m_fixture->get("/docs.json")).at("paths");
        QVERIFY(!other.at("/v1/models/{model}/batch")
                     .at("post")
                     .at("parameters")
                     .at(0)
                     .contains("example"));
    }

    void routesAreOneTable()
    {
        const std::string metrics = m_fixture->get("/metrics").body;
        // All of it is described, in words of OpenAPI 3.
        const auto docs = m_fixture->get("/docs.json");
        const Json paths = json(docs).at("paths");
        for (const auto &[path, posted] : {std::pair{"/v1/models/{model}/batch", true},
                                           {"/v1/models/{model}:predict", true},
                                           {"/v2/models/{model}/versions/{version}/infer", true},
                                           {"/invocations", true},
                                           {"/v2/models/{model}/ready", false},
                                           {"/v1/models", false}}) {
            const Json route = paths.at(path).at(posted ? "post" : "get");
            const auto placeholders = std::count(path, path + std::strlen(path), '{');
            QCOMPARE(route.value("parameters", Json::array()).size(),
                     static_cast<std::size_t>(placeholders));
            QVERIFY(!posted || route.at("description").get<std::string>().find("recorded") !=
                                   std::string::npos);
        }
        QVERIFY(docs.body.find("\"consumes\"") == std::string::npos);
        QVERIFY(docs.body.find("\"produces\"") == std::string::npos);
        // Names of models never become labels.
        post("/v1/models/flower/predict", kRow);
        const std::string after = m_fixture->get("/metrics").body;
        QVERIFY(after.find("endpoint=\"/v1/models/{model}/predict\",http_response_code=\"200\"") !=
                std::string::npos);
        QVERIFY(after.find("flower") == std::string::npos);
        QCOMPARE(std::count(metrics.begin(), metrics.end(), '\n') > 50, true);
    }
};

QTEST_GUILESS_MAIN(TestNamedModels)
#include "tst_named_models.moc"
