// ?explain=1: where it applies, what it says, and that it is no prediction.

#include "http_client.h"
#include "test_support.h"

#include <tepal/base/log.h>
#include <tepal/model/forest_model.h>

#include <QtTest>

#include <nlohmann/json.hpp>

using namespace tepal;
using namespace tepal::test;
using Json = nlohmann::json;

namespace {

ModelPtr rent()
{
    return ForestModel::import("xgboost", readAll(golden("trees/xgboost_made_gamma/model.json")),
                               {"rent", {"size", "rooms", "km", "built"}, {}, {}})
        .value()
        .model;
}

class Store final : public ModelProvider
{
public:
    Result<std::string> resolve(const std::string &name, const std::string &) const override
    {
        if (name == "flower" || name == "rent")
            return std::string("v1");
        return fail(ErrorCode::NotFound, "no such model");
    }
    Result<NamedModel> load(const std::string &name, const std::string &version) const override
    {
        return NamedModel{name, version, name, name == "rent" ? rent() : ModelPtr(*trainIris())};
    }
    std::vector<ModelEntry> list() const override { return {{"flower", {"v1"}}, {"rent", {"v1"}}}; }
};

const std::string kRow = "[[6.1,2.8,4.9,1.7]]";

} // namespace

class TestExplanations : public QObject
{
    Q_OBJECT

    Store m_store;
    std::unique_ptr<Fixture> m_fixture;
    std::atomic<int> m_asked{0};

    Json ok(const std::string &path, const std::string &body = kRow) const
    {
        const auto answer = m_fixture->post(path, body);
        if (answer.status != 200 || answer.header("content-type") != "application/json")
            qWarning("%s: %d %s", path.c_str(), answer.status, answer.body.c_str());
        return Json::parse(answer.body, nullptr, false);
    }

private Q_SLOTS:
    void initTestCase() { setLogLevel(LogLevel::Error); }
    void init()
    {
        ServerParts parts;
        parts.models = &m_store;
        parts.ordinary = [this](const std::string &dataset,
                                const Signature &signature) -> Result<OrdinaryRow> {
            ++m_asked;
            if (dataset != "model-1")
                return fail(ErrorCode::NotFound, "dataset \"" + dataset + "\" has no reference",
                            "set one");
            OrdinaryRow row;
            row.from = "a reference";
            for (const Feature &feature : signature.features)
                row.values.push_back(ordinaryNumber(feature, 5));
            return row;
        };
        // With a lane of its own for the thread that explains, and without.
        m_fixture =
            std::make_unique<Fixture>(ServerOptions(), JournalOptions(), parts, true, m_lanes);
    }
    void cleanup() { m_lanes = m_lanes == 3 ? 2 : 3; }

    void predictRoute_data() { twice(); }
    void predictRoute()
    {
        const Json said = ok(kPredict + "?explain=1");
        QCOMPARE(said.at("answer").get<std::string>(), m_fixture->post(kPredict, kRow).body);
        QCOMPARE(said.at("replaced_from").get<std::string>(), std::string("a reference"));
        QCOMPARE(said.at("effects").size(), std::size_t{4});
        QCOMPARE(said.at("effects").at(0).at("replaced_by").get<double>(), 5.0);
        QCOMPARE(said.at("neighbours").size(), std::size_t{5});
        QVERIFY(said == ok(kPredict + "?x=y&explain=true"));
        QVERIFY(said == ok("http://localhost" + kPredict + "?explain"));
        QCOMPARE(m_fixture->post(kPredict + "?explain=0", kRow).body,
                 said.at("answer").get<std::string>());
        QCOMPARE(m_fixture->post(kPredict + "?explained=1", kRow).body,
                 said.at("answer").get<std::string>());
    }

    void noPrediction_data() { twice(); }
    void noPrediction()
    {
        const auto before = m_fixture->server->recentRequests(0).size();
        ok(kPredict + "?explain=1");
        ok("/v1/models/flower/predict?explain=1");
        QVERIFY(m_fixture->rows().empty());
        QCOMPARE(m_fixture->server->stats().appendedRows, std::uint64_t{0});
        const auto recent = m_fixture->server->recentRequests(before);
        QCOMPARE(recent.size(), std::size_t{2});
        for (const RecentRequest &one : recent) {
            QVERIFY(!one.predicts);
            QCOMPARE(one.rows, 0u);
        }
        m_fixture->post(kPredict, kRow);
        QCOMPARE(m_fixture->rows().size(), std::size_t{1});
        QVERIFY(m_fixture->server->recentRequests(0).back().predicts);
    }

    void byName()
    {
        // The dataset has no reference, and the model remembers what it learned from.
        const Json said = ok("/v1/models/flower/predict?explain=1");
        QCOMPARE(said.at("replaced_from").get<std::string>(),
                 std::string("the 150 rows that the model learned from"));
        QCOMPARE(said.at("effects").at(0).at("replaced_by").get<double>(), 5.8);
        // One that does not remember cannot be explained without one.
        const auto refused = m_fixture->post("/v1/models/rent/predict?explain=1", "[50,2,1,1990]");
        QCOMPARE(refused.status, 400);
        QVERIFY2(refused.body.find("dataset \\\"rent\\\" has no reference; set one.") !=
                     std::string::npos,
                 refused.body.c_str());
    }

    void otherKinds()
    {
        m_fixture->server->setModel(rent());
        const Json said = ok(kPredict + "?explain=1", "[50,2,1,1990]");
        const double whole = said.at("answer").get<double>();
        const double without = std::stod(m_fixture->post(kPredict, "[5,2,1,1990]").body);
        QCOMPARE(said.at("effects").at(0).at("effect").get<double>(), whole - without);
        QVERIFY(!said.contains("neighbours"));
    }

    void whereItDoesNotApply_data()
    {
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("form");
        const auto row = [](const char *path, const char *form) {
            QTest::newRow(path) << QByteArray(path) << QByteArray(form);
        };
        row("/v1/models/flower/batch?explain=1", "{\"msg\":");
        row("/v1/models/flower:predict?explain=1", "{\"error\":");
        row("/v2/models/flower/infer?explain=1", "{\"error\":");
        row("/invocations?explain=1", "{\"error_code\":\"BAD_REQUEST\"");
        row("/v1/models/custom_model/predict?explain=1", "{\"msg\":");
        row("/v1/log?explain=1", "{\"msg\":");
        row("/v1/models/flower/predict?explain=yes", "{\"msg\":");
    }
    void whereItDoesNotApply()
    {
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, form);
        const auto answer = m_fixture->post(path.toStdString(), kRow);
        QCOMPARE(answer.status, 400);
        QVERIFY2(answer.body.find(form.toStdString()) == 0, answer.body.c_str());
        QVERIFY2(answer.body.find("explain=1") != std::string::npos, answer.body.c_str());
        QVERIFY(m_fixture->rows().empty());
        // What does not ask a model ignores it, as every query.
        QCOMPARE(m_fixture->get("/healthz?explain=1").status, 200);
    }

    void badRows()
    {
        for (const char *body : {"[1,2]", "x", "[[1,2,3,4],[1,2,3,4]]", ""})
            QCOMPARE(m_fixture->post(kPredict + "?explain=1", body).status, 400);
        QCOMPARE(m_fixture->post("/v1/models/none/predict?explain=1", kRow).status, 404);
        m_fixture->server->setModel(nullptr);
        QVERIFY(m_fixture->post(kPredict + "?explain=1", kRow).status >= 400);
    }

    void documented()
    {
        const auto docs = Json::parse(m_fixture->get("/docs.json").body);
        for (const char *path : {"/v1/models/iris/predict", "/v1/models/{model}/predict"}) {
            const auto &all = docs.at("paths").at(path).at("post").at("parameters");
            QVERIFY(std::any_of(all.begin(), all.end(), [](const Json &one) {
                return one.at("name").get<std::string>() == "explain";
            }));
        }
        QVERIFY(docs.dump().find("explain") != std::string::npos);
        const auto &batch = docs.at("paths").at("/v1/models/{model}/batch").at("post");
        QCOMPARE(batch.at("parameters").size(), std::size_t{1});
    }

private:
    std::uint32_t m_lanes = 3;
    static void twice()
    {
        QTest::addColumn<bool>("again");
        QTest::newRow("with a thread for it") << false;
        QTest::newRow("without one") << true;
    }
};

QTEST_GUILESS_MAIN(TestExplanations)
#include "tst_explanations.moc"
