// Two versions of a model side by side: who answers, who is asked in the shadow, what is recorded.

#include "http_client.h"

#include <tepal/base/log.h>

#include <QtTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>

using namespace tepal;
using namespace tepal::test;
using Json = nlohmann::json;

namespace {

/// A model in two versions that answer "old" and "new" below 5, and alike above; of a third one
/// nothing can be loaded.
class Pair final : public ModelProvider
{
public:
    void set(std::optional<Rollout> plan)
    {
        const std::lock_guard guard(m_mutex);
        m_plan = std::move(plan);
    }
    static std::shared_ptr<const Model> model(const std::string &version)
    {
        TrainingData data{{"x"}, {version == "v1" ? "old" : "new", "same"}, {0, 9}, {0, 1}};
        return *KnnModel::train("pair", std::move(data), 1);
    }

    Result<std::string> resolve(const std::string &name, const std::string &version) const override
    {
        if (name == "pair" && (version.empty() || version == "v1" || version == "v2"))
            return version.empty() ? std::string("v2") : version;
        if (name == "pair" && version == "v3")
            return version;
        return fail(ErrorCode::NotFound, "no such model");
    }
    Result<NamedModel> load(const std::string &name, const std::string &version) const override
    {
        if (version == "v3")
            return fail(ErrorCode::Corrupt, "it is damaged");
        return NamedModel{name, version, name, model(version)};
    }
    std::vector<ModelEntry> list() const override { return {{"pair", {"v2", "v1"}}}; }
    Result<std::optional<Rollout>> rollout(const std::string &name) const override
    {
        const std::lock_guard guard(m_mutex);
        return name == "pair" ? m_plan : std::nullopt;
    }

private:
    mutable std::mutex m_mutex;
    std::optional<Rollout> m_plan;
};

Rollout split(double share)
{
    return {"v1", "v2", Rollout::Mode::Split, share};
}

const Rollout kShadow{"v1", "v2", Rollout::Mode::Shadow, 0};

} // namespace

class TestRollouts : public QObject
{
    Q_OBJECT

    Pair m_pair;
    ManualClock m_clock{1'767'225'600'000};
    std::unique_ptr<Fixture> m_fixture;

    void start(std::optional<Rollout> plan)
    {
        m_fixture.reset();
        m_pair.set(std::move(plan));
        ServerOptions options;
        options.clock = &m_clock;
        ServerParts parts;
        parts.models = &m_pair;
        m_fixture = std::make_unique<Fixture>(options, JournalOptions(), parts);
    }
    std::string ask(const std::string &path, const std::string &body) const
    {
        const auto answer = m_fixture->post(path, body);
        return answer.status == 200 ? answer.body : std::to_string(answer.status);
    }
    int rowsOf(const std::string &beginning) const
    {
        const auto rows = m_fixture->rows();
        return static_cast<int>(
            std::count_if(rows.begin(), rows.end(), [&](const std::string &row) {
                return row.substr(0, beginning.size()) == beginning;
            }));
    }
    /// Shadows come after the answers.
    bool waitForRows(const std::string &beginning, int count) const
    {
        return QTest::qWaitFor([&] { return rowsOf(beginning) >= count; }, 10'000);
    }

private Q_SLOTS:
    void initTestCase() { setLogToStderr(false); }

    void share()
    {
        start(split(0.25));
        int fresh = 0;
        for (int i = 0; i < 40; ++i)
            fresh += ask("/v1/models/pair/predict", "[[1]]") == "new" ? 1 : 0;
        QCOMPARE(fresh, 10);
        QCOMPARE(rowsOf("pair[version=v1]|x=f1|class_output='old'"), 30);
        QCOMPARE(rowsOf("pair[version=v2]|x=f1|class_output='new'"), 10);
        // Who names a version gets it, and is no part of it.
        for (int i = 0; i < 4; ++i)
            QCOMPARE(ask("/v1/models/pair:v2/predict", "[[1]]"), std::string("new"));
        QCOMPARE(rowsOf("pair|"), 4);
        const auto stats = m_fixture->server->stats().rollouts;
        QCOMPARE(stats.size(), std::size_t{1});
        QCOMPARE(stats[0].primaryRows, 30u);
        QCOMPARE(stats[0].candidateRows, 10u);
        const std::string metrics = m_fixture->get("/metrics").body;
        QVERIFY(metrics.find("tepal_rollout_rows_total{model=\"pair\",version=\"v2\","
                             "role=\"candidate\"} 10.0") != std::string::npos);
        QVERIFY(metrics.find("tepal_shadow_rows_total{") == std::string::npos);
    }

    /// Rows that come in turns are not dealt in turns: each kind meets both versions.
    void patterns()
    {
        start(split(0.5));
        int fresh[2]{};
        for (int i = 0; i < 80; ++i)
            fresh[i % 2] += ask("/v1/models/pair/predict", i % 2 == 0 ? "[[1]]" : "[[2]]") == "new";
        QCOMPARE(fresh[0] + fresh[1], 40);
        QVERIFY(fresh[0] > 8 && fresh[1] > 8);
    }

    /// Every form in which a model is asked by its name.
    void forms()
    {
        for (const auto &[path, body] :
             {std::pair{"/v1/models/pair/batch", "[[1],[2]]"},
              {"/v1/models/pair:predict", "{\"instances\":[[1],[2]]}"},
              {"/v2/models/pair/infer",
               "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,1],\"datatype\":\"FP64\","
               "\"data\":[1,2]}]}"}}) {
            start(split(0.3));
            int fresh = 0;
            for (int i = 0; i < 20; ++i) {
                const std::string answer = ask(path, body);
                const bool isNew = answer.find("new") != std::string::npos;
                QVERIFY2(isNew || answer.find("old") != std::string::npos, (path + answer).c_str());
                fresh += isNew ? 1 : 0;
            }
            QCOMPARE(fresh, 6);
            QCOMPARE(rowsOf("pair[version=v1]|x=f1|class_output='old'"), 14);
            QCOMPARE(rowsOf("pair[version=v2]|x=f1|class_output='new'"), 6);
            QCOMPARE(rowsOf("pair[version=v2]"), 12);
        }
    }

    void shadow()
    {
        start(kShadow);
        for (int i = 0; i < 10; ++i)
            QCOMPARE(ask("/v1/models/pair/predict", "[[1]]"), std::string("old"));
        QCOMPARE(ask("/v1/models/pair/batch", "[[8],[1],[9]]"),
                 std::string("[\"same\",\"old\",\"same\"]"));
        QVERIFY(waitForRows("pair[version=v2]", 13));
        QCOMPARE(rowsOf("pair[version=v1]"), 13);
        QCOMPARE(rowsOf("pair[version=v2]|x=f1|class_output='new'"), 11);
        // What a client is told is wrong was not asked of anybody.
        QCOMPARE(ask("/v1/models/pair/predict", "[[\"x\"]]"), std::string("400"));
        const auto stats = m_fixture->server->stats();
        QCOMPARE(stats.rollouts.size(), std::size_t{1});
        QCOMPARE(stats.rollouts[0].primaryRows, 13u);
        QCOMPARE(stats.rollouts[0].agreeing, 2u);
        QCOMPARE(stats.rollouts[0].differing, 11u);
        QCOMPARE(stats.rollouts[0].unanswered, 0u);
        QCOMPARE(stats.appendedRows, 26u);
        const std::string metrics = m_fixture->get("/metrics").body;
        QVERIFY(metrics.find("result=\"differs\"} 11.0") != std::string::npos);
    }

    /// Many at once on both threads: every one is answered by the primary and shadowed once.
    void shadowOfMany()
    {
        start(kShadow);
        constexpr int kClients = 4;
        constexpr int kEach = 100;
        std::vector<std::thread> clients;
        std::atomic<int> right{0};
        for (int client = 0; client < kClients; ++client) {
            clients.emplace_back([&] {
                Client connection(m_fixture->server->port());
                for (int i = 0; i < kEach; ++i) {
                    connection.send(request("POST", "/v1/models/pair/predict", "[[1]]"));
                    right += connection.receive().body == "old" ? 1 : 0;
                }
            });
        }
        for (std::thread &client : clients)
            client.join();
        QCOMPARE(right.load(), kClients * kEach);
        QVERIFY(waitForRows("pair[version=v2]", kClients * kEach));
        QCOMPARE(rowsOf("pair[version=v2]"), kClients * kEach);
        QCOMPARE(rowsOf("pair[version=v1]"), kClients * kEach);
    }

    /// The predict route's model takes part while it is the primary of its name.
    void predictRoute()
    {
        start(split(0.5));
        m_fixture->server->setModel(Pair::model("v1"), {"pair", "v1"});
        int fresh = 0;
        for (int i = 0; i < 18; ++i)
            fresh += ask(kPredict, "[1]") == "new" ? 1 : 0;
        for (int i = 0; i < 2; ++i)
            fresh += ask("/invocations", "{\"dataframe_records\":[{\"x\":1}]}") ==
                             "{\"predictions\":[\"new\"]}"
                         ? 1
                         : 0;
        QCOMPARE(fresh, 10);
        QCOMPARE(rowsOf("model-1[version=v1]"), 10);
        QCOMPARE(rowsOf("model-1[version=v2]"), 10);
        // The candidate alone is no part of it, nor is a model from elsewhere.
        for (const ModelTag &tag : {ModelTag{"pair", "v2"}, ModelTag{}}) {
            m_fixture->server->setModel(Pair::model("v2"), tag);
            for (int i = 0; i < 3; ++i)
                QCOMPARE(ask(kPredict, "[1]"), std::string("new"));
        }
        QCOMPARE(rowsOf("model-1|"), 6);
    }

    void beginsAndEnds()
    {
        start({});
        const auto asked = [&] { return ask("/v1/models/pair/predict", "[[1]]"); };
        QCOMPARE(asked(), std::string("new"));
        m_pair.set(split(0.999));
        m_clock.advance(1100);
        int fresh = 0;
        for (int i = 0; i < 20; ++i)
            fresh += asked() == "new" ? 1 : 0;
        QCOMPARE(fresh, 19);
        QCOMPARE(rowsOf("pair[version=v2]"), 19);
        m_pair.set(std::nullopt);
        m_clock.advance(1100);
        QCOMPARE(asked(), std::string("new"));
        QCOMPARE(rowsOf("pair|"), 2);
        QVERIFY(m_fixture->server->stats().rollouts.empty());
    }

    /// One that cannot be followed is said, and the name answers as if there were none.
    void cannotBeFollowed()
    {
        start(Rollout{"v1", "v3", Rollout::Mode::Split, 0.5});
        const std::uint64_t before = lastLogId();
        for (int i = 0; i < 3; ++i)
            QCOMPARE(ask("/v1/models/pair/predict", "[[1]]"), std::string("new"));
        QCOMPARE(rowsOf("pair|"), 3);
        int said = 0;
        for (const LogEntry &line : logEntriesAfter(before)) {
            said += line.level == LogLevel::Warning &&
                            line.text.find("rollout of pair") != std::string::npos
                        ? 1
                        : 0;
        }
        QCOMPARE(said, 1);
    }

    /// A large body is answered by a thread of its own, which cannot put anything off.
    void largeShadow()
    {
        m_pair.set(kShadow);
        ServerOptions options;
        options.clock = &m_clock;
        ServerParts parts;
        parts.models = &m_pair;
        m_fixture = std::make_unique<Fixture>(options, JournalOptions(), parts, true, 3);
        constexpr int kRows = 300'000;
        std::string body = "[";
        for (int i = 0; i < kRows; ++i)
            body += i == 0 ? "[1]" : ",[8]";
        const auto answer = m_fixture->post("/v1/models/pair/batch", body + "]");
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.body.substr(0, 14), std::string("[\"old\",\"same\","));
        const auto stats = m_fixture->server->stats().rollouts;
        QCOMPARE(stats.size(), std::size_t{1});
        QCOMPARE(stats[0].agreeing, static_cast<std::uint64_t>(kRows - 1));
        QCOMPARE(stats[0].differing, 1u);
    }
};

QTEST_MAIN(TestRollouts)
#include "tst_rollouts.moc"
