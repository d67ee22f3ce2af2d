#include "http_client.h"

#include <tepal/base/version.h>

#include <QtTest>

#include <nlohmann/json.hpp>

using namespace tepal;
using namespace tepal::test;

namespace {

class Assets final : public AssetProvider
{
public:
    std::optional<Asset> find(std::string_view path) const override
    {
        if (path == "swagger-ui.css")
            return Asset{"body{}", "text/css; charset=utf-8"};
        return std::nullopt;
    }
};

} // namespace

/// What each route answers.
class TestRoutes : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void documentedRequest();
    void predictErrors();
    void predictIgnoresContentType();
    void frame();
    void log();
    void healthAndReady();
    void docs();
    void indexPage();
    void assets();
    void wrongMethods();
    void unknownPaths();
    void metrics();
    void requestIds();
    void originsAndHosts();
    void allowedOrigin();
    void noModel();
    void modelIsSwapped();
    void statsAndRecent();

private:
    Assets m_assets;
    std::unique_ptr<Fixture> m_fixture;
};

void TestRoutes::initTestCase()
{
    ServerParts parts;
    parts.assets = &m_assets;
    parts.consumer = [] {
        ConsumerStats stats;
        stats.running = true;
        stats.lagRecords = 7;
        stats.lagMs = 1500;
        stats.restarts = 2;
        return std::optional(stats);
    };
    m_fixture = std::make_unique<Fixture>(ServerOptions{}, JournalOptions{}, parts);
}

void TestRoutes::documentedRequest()
{
    const auto answer = m_fixture->ask("POST /v1/models/iris/predict HTTP/1.1\r\n"
                                       "Host: localhost:3000\r\nUser-Agent: curl/8.0\r\n"
                                       "Accept: */*\r\nContent-Type: application/json\r\n"
                                       "Content-Length: 22\r\n\r\n[[4.9, 3.0, 1.4, 0.2]]");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, std::string("setosa"));
    QCOMPARE(answer.header("content-type"), std::string("text/plain; charset=utf-8"));
    QCOMPARE(answer.header("content-length"), std::string("6"));
    QVERIFY(!answer.header("x-bentoml-request-id").empty());
    QCOMPARE(answer.header("server"), std::string("tepal"));
    QVERIFY(answer.header("date").ends_with(" GMT"));
    QCOMPARE(m_fixture->post(kPredict, "[[6.3,3.3,6.0,2.5]]").body, std::string("virginica"));
    QCOMPARE(m_fixture->post(kPredict, "[[1e200,3,1.4,0.2]]").body, std::string("setosa"));
    QCOMPARE(m_fixture->post("/v1/models/iris/predict?x=1", "[4.9,3,1.4,0.2]").body,
             std::string("setosa"));
    QCOMPARE(m_fixture->post("/v1/models/%69ris/predict", "[4.9,3,1.4,0.2]").body,
             std::string("setosa"));
    QCOMPARE(m_fixture->post("http://localhost/v1/models/iris/predict", "[4.9,3,1.4,0.2]").body,
             std::string("setosa"));
}

void TestRoutes::predictErrors()
{
    for (const char *body :
         {"[[1,2,3,4],[1,2,3,4]]", "[1,2,3]", "[[1,2,3,NaN]]", "{", "", "\xFF"}) {
        const auto answer = m_fixture->post(kPredict, body);
        QCOMPARE(answer.status, 400);
        QCOMPARE(answer.header("content-type"), std::string("application/json"));
        const auto json = nlohmann::json::parse(answer.body);
        QCOMPARE(json.at("type").get<std::string>(), std::string("InvalidArgument"));
        QVERIFY(json.at("msg").get<std::string>().ends_with("."));
        QVERIFY(!answer.header("x-bentoml-request-id").empty());
    }
}

void TestRoutes::predictIgnoresContentType()
{
    for (const char *type : {"application/json; charset=utf-8", "text/plain",
                             "application/x-www-form-urlencoded", "nonsense"}) {
        const auto answer = m_fixture->post(kPredict, "[[4.9,3,1.4,0.2]]",
                                            std::string("Content-Type: ") + type + "\r\n");
        QCOMPARE(answer.body, std::string("setosa"));
    }
}

void TestRoutes::frame()
{
    const std::string path = "/v1/models/custom_model/predict";
    const auto answer = m_fixture->post(path, R"([{"a":1,"b":"x"},{"a":2}])");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.header("content-type"), std::string("application/json"));
    QCOMPARE(answer.body, std::string(R"([{"a":1,"b":"x"},{"a":2,"b":null}])"));
    QCOMPARE(m_fixture->post(path, "a,b\n1,2\n", "Content-Type: text/csv\r\n").body,
             std::string(R"([{"a":1,"b":2}])"));
    QCOMPARE(m_fixture->post(path, "a,b\n1,2\n", "Content-Type: text/csv; charset=utf-8\r\n").body,
             std::string(R"([{"a":1,"b":2}])"));
    QCOMPARE(m_fixture->post(path, "[]").body, std::string("[]"));
    for (const char *body : {R"({"a":1})", "", "{"})
        QCOMPARE(m_fixture->post(path, body).status, 400);
    QCOMPARE(m_fixture->post(path, "PAR1", "Content-Type: application/octet-stream\r\n").status,
             400);
}

void TestRoutes::log()
{
    QCOMPARE(m_fixture->post("/v1/log", R"({"datasetId":"x","single":{"a":1}})").body,
             std::string(R"({"rows":1})"));
    const auto two = m_fixture->post(
        "/v1/log", R"({"datasetId":"x","multiple":{"columns":["a"],"data":[[1],[2]]}})");
    QCOMPARE(two.status, 200);
    QCOMPARE(two.body, std::string(R"({"rows":2})"));
    QCOMPARE(m_fixture->post("/v1/log", R"({"datasetId":"x"})").status, 400);
}

void TestRoutes::healthAndReady()
{
    for (const char *path : {"/healthz", "/livez", "/readyz"}) {
        const auto answer = m_fixture->get(path);
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.body, std::string("\n"));
        QCOMPARE(answer.header("content-type"), std::string("text/plain; charset=utf-8"));
        QVERIFY(answer.header("x-bentoml-request-id").empty());
        const auto head = m_fixture->ask(request("HEAD", path), true);
        QCOMPARE(head.status, 200);
        QCOMPARE(head.header("content-length"), std::string("1"));
    }
}

void TestRoutes::docs()
{
    const auto answer = m_fixture->get("/docs.json");
    QCOMPARE(answer.header("content-type"), std::string("application/json"));
    const auto json = nlohmann::json::parse(answer.body);
    QCOMPARE(json.at("openapi").get<std::string>(), std::string("3.0.2"));
    const auto &post = json.at("paths").at(kPredict).at("post");
    QCOMPARE(post.at("x-bentoml-name").get<std::string>(), std::string("classify"));
    const nlohmann::json expected{{"id", "bentoml.io.NumpyNdarray"},
                                  {"args",
                                   {{"dtype", "float64"},
                                    {"shape", nlohmann::json::array({4})},
                                    {"enforce_dtype", false},
                                    {"enforce_shape", false}}}};
    QVERIFY(post.at("requestBody").at("x-bentoml-io-descriptor") == expected);
    QCOMPARE(
        post.at("responses").at("200").at("x-bentoml-io-descriptor").at("id").get<std::string>(),
        std::string("bentoml.io.Text"));
    QVERIFY(post.at("tags").is_array());
    QVERIFY(json.at("servers").is_array());
    QCOMPARE(json.at("servers").at(0).at("url").get<std::string>(), std::string("."));
    QVERIFY(json.at("components").at("schemas").at("InvalidArgument").at("required").is_array());
    QVERIFY(json.at("paths").contains("/v1/log"));
    QVERIFY(json.at("paths").contains("/v1/models/custom_model/predict"));
    for (const char *path : {"/healthz", "/livez", "/readyz", "/metrics"})
        QVERIFY(json.at("paths").at(path).contains("get"));
}

void TestRoutes::indexPage()
{
    const auto answer = m_fixture->get("/");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.header("content-type"), std::string("text/html; charset=utf-8"));
    QVERIFY(answer.body.find("./static_content/swagger-ui-bundle.js") != std::string::npos);
    QVERIFY(answer.body.find("./docs.json") != std::string::npos);
    // Nothing from outside.
    QVERIFY(answer.body.find("//") == std::string::npos);
}

void TestRoutes::assets()
{
    const auto answer = m_fixture->get("/static_content/swagger-ui.css");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, std::string("body{}"));
    QCOMPARE(answer.header("content-type"), std::string("text/css; charset=utf-8"));
    QVERIFY(!answer.header("last-modified").empty());
    const std::string etag = answer.header("etag");
    QVERIFY(!etag.empty());
    const auto again =
        m_fixture->get("/static_content/swagger-ui.css", "If-None-Match: " + etag + "\r\n");
    QCOMPARE(again.status, 304);
    QVERIFY(again.body.empty());
    QCOMPARE(m_fixture->get("/static_content/swagger-ui.css", "If-None-Match: \"x\"\r\n").status,
             200);
    for (const char *path : {"/static_content/none.js", "/static_content/", "/static_content/../x",
                             "/static_content/%2e%2e/x"})
        QCOMPARE(m_fixture->get(path).status, 404);
}

void TestRoutes::wrongMethods()
{
    for (const char *method : {"GET", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
        const auto answer = m_fixture->ask(request(method, kPredict));
        QCOMPARE(answer.status, 405);
        QCOMPARE(answer.header("allow"), std::string("POST"));
        QCOMPARE(answer.body, std::string("Method Not Allowed"));
        QVERIFY(answer.header("x-bentoml-request-id").empty());
    }
    for (const char *path : {"/", "/docs.json", "/healthz", "/static_content/swagger-ui.css"}) {
        const auto answer = m_fixture->post(path, "x");
        QCOMPARE(answer.status, 405);
        QCOMPARE(answer.header("allow"), std::string("GET, HEAD"));
    }
}

void TestRoutes::unknownPaths()
{
    for (const char *method : {"GET", "POST", "DELETE"}) {
        for (const char *path : {"/nothing", "//healthz", "/Healthz", "/v1", "*"}) {
            const auto answer = m_fixture->ask(request(method, path));
            QCOMPARE(answer.status, 404);
            QCOMPARE(answer.body, std::string("Not Found"));
        }
    }
    for (const auto &[from, to] : {std::pair{"/healthz/", "/healthz"},
                                   {"/v1/models/iris/predict/", "/v1/models/iris/predict"},
                                   {"/static_content", "/static_content/"}}) {
        const auto answer = m_fixture->post(from, "x");
        QCOMPARE(answer.status, 307);
        QCOMPARE(answer.header("location"), std::string("http://localhost") + to);
        QVERIFY(answer.body.empty());
    }
}

void TestRoutes::metrics()
{
    Fixture fixture;
    fixture.post(kPredict, "[4.9,3,1.4,0.2]");
    fixture.post(kPredict, "[4.9,3,1.4,0.2]");
    fixture.post(kPredict, "bad");
    fixture.get("/scanner/noise");
    fixture.ask("noise\r\n\r\n");
    const auto answer = fixture.post("/metrics", "x");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.header("content-type"),
             std::string("text/plain; version=0.0.4; charset=utf-8"));
    const auto has = [&](const std::string &line) {
        const bool found = answer.body.find(line + "\n") != std::string::npos;
        if (!found)
            qWarning("missing: %s", line.c_str());
        return found;
    };
    const std::string service =
        "service_name=\"iris_classifier\",service_version=\"not available\"}";
    const auto total = [&](const std::string &endpoint, const std::string &code) {
        return "bentoml_api_server_request_total{endpoint=\"" + endpoint +
               "\",http_response_code=\"" + code + "\"," + service;
    };
    QVERIFY(has(total(kPredict, "200") + " 2.0"));
    QVERIFY(has(total(kPredict, "400") + " 1.0"));
    QVERIFY(has(total(kPredict, "500") + " 0.0"));
    QVERIFY(has(total("other", "404") + " 1.0"));
    QVERIFY(has(total("other", "400") + " 1.0"));
    QVERIFY(has("# TYPE bentoml_api_server_request_duration_seconds histogram"));
    QVERIFY(has("# TYPE bentoml_api_server_request_in_progress gauge"));
    QVERIFY(has("bentoml_api_server_request_duration_seconds_bucket{endpoint=\"" + kPredict +
                "\",http_response_code=\"200\",service_name=\"iris_classifier\",service_version="
                "\"not available\",le=\"+Inf\"} 2.0"));
    QVERIFY(has("tepal_journal_appended_rows_total 2.0"));
    QVERIFY(
        has("tepal_build_info{version=\"" + std::string(version()) + "\",commit=\"unknown\"} 1.0"));
    QVERIFY(has("tepal_journal_dropped_rows_total 0.0"));
    QVERIFY(answer.body.find("scanner") == std::string::npos);
    QVERIFY(answer.body.find("endpoint=\"/metrics\"") == std::string::npos);
    const std::string metrics = m_fixture->get("/metrics").body;
    for (const char *line : {"tepal_journal_lag_records 7.0\n", "tepal_journal_lag_seconds 1.5\n",
                             "tepal_logger_up 1.0\n", "tepal_logger_restarts_total 2.0\n",
                             "tepal_logger_quarantined_records_total 0.0\n"})
        QVERIFY2(metrics.find(line) != metrics.npos, line);
}

void TestRoutes::requestIds()
{
    const auto one = m_fixture->post(kPredict, "[4.9,3,1.4,0.2]", "X-BentoML-Request-ID: 5\r\n");
    const auto two = m_fixture->post(kPredict, "[4.9,3,1.4,0.2]");
    const std::string id = one.header("x-bentoml-request-id");
    QVERIFY(id != "5" && id != two.header("x-bentoml-request-id"));
    QVERIFY(!id.empty() && id.find_first_not_of("0123456789") == std::string::npos);
}

void TestRoutes::originsAndHosts()
{
    const std::string body = "[4.9,3,1.4,0.2]";
    const std::string port = std::to_string(m_fixture->server->port());
    const auto status = [&](const std::string &host, const std::string &more = {}) {
        return m_fixture
            ->ask("POST " + kPredict + " HTTP/1.1\r\nHost: " + host + "\r\n" + more +
                  "Content-Length: 15\r\n\r\n" + body)
            .status;
    };
    QCOMPARE(status("127.0.0.1:" + port), 200);
    QCOMPARE(status("LOCALHOST:" + port), 200);
    QCOMPARE(status("[::1]:" + port), 200);
    QCOMPARE(status("evil.example"), 403);
    QCOMPARE(status("evil.example:" + port), 403);
    QCOMPARE(status("127.0.0.1.evil.example"), 403);
    QCOMPARE(status("192.168.1.4"), 403);
    QCOMPARE(status("localhost:" + port, "Origin: http://localhost:" + port + "\r\n"), 200);
    QCOMPARE(status("localhost:" + port, "Origin: http://evil.example\r\n"), 403);
    QCOMPARE(status("localhost:" + port, "Origin: http://localhost:1\r\n"), 403);
    QCOMPARE(status("localhost:" + port, "Origin: null\r\n"), 403);
    QCOMPARE(m_fixture->get("/healthz", "Origin: http://evil.example\r\n").status, 200);
    // HTTP/1.0 clients and hand-written requests send no Host at all.
    QCOMPARE(m_fixture->ask("GET /healthz HTTP/1.0\r\n\r\n").status, 200);
    // Switched off, so that a preflight is an ordinary wrong method.
    QCOMPARE(
        m_fixture
            ->ask(request("OPTIONS", kPredict, {},
                          "Origin: http://a.example\r\nAccess-Control-Request-Method: POST\r\n"))
            .status,
        405);
}

void TestRoutes::allowedOrigin()
{
    ServerOptions options;
    options.allowedOrigins = {"https://app.example"};
    options.allowedHosts = {"box.example"};
    Fixture fixture(options);
    const auto answer =
        fixture.post(kPredict, "[4.9,3,1.4,0.2]", "Origin: https://app.example\r\n");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.header("access-control-allow-origin"), std::string("https://app.example"));
    QCOMPARE(answer.header("vary"), std::string("Origin"));
    QCOMPARE(fixture.post(kPredict, "[1]", "Origin: https://evil.example\r\n").status, 403);
    const auto preflight = [&](const std::string &origin, const std::string &method) {
        return fixture.ask(request("OPTIONS", kPredict, {},
                                   "Origin: " + origin +
                                       "\r\nAccess-Control-Request-Method: " + method +
                                       "\r\nAccess-Control-Request-Headers: content-type\r\n"));
    };
    const auto good = preflight("https://app.example", "POST");
    QCOMPARE(good.status, 200);
    QCOMPARE(good.body, std::string("OK"));
    QCOMPARE(good.header("access-control-allow-headers"), std::string("content-type"));
    QCOMPARE(preflight("https://evil.example", "POST").body, std::string("Disallowed CORS origin"));
    QCOMPARE(preflight("https://app.example", "DELETE").status, 400);
    QCOMPARE(fixture.ask("GET /healthz HTTP/1.1\r\nHost: box.example:80\r\n\r\n").status, 200);
}

void TestRoutes::noModel()
{
    Fixture fixture({}, {}, {}, false);
    const auto answer = fixture.post(kPredict, "[4.9,3,1.4,0.2]");
    QCOMPARE(answer.status, 503);
    QVERIFY(answer.body.find("tepal train iris") != std::string::npos);
    QCOMPARE(fixture.get("/readyz").status, 503);
    QCOMPARE(fixture.get("/livez").status, 200);
    QCOMPARE(fixture.post("/v1/log", R"({"datasetId":"x","single":{"a":1}})").status, 200);
    fixture.server->setModel(*trainIris());
    QCOMPARE(fixture.post(kPredict, "[4.9,3,1.4,0.2]").status, 200);
    QCOMPARE(fixture.get("/readyz").status, 200);
    fixture.server->setModel(nullptr);
    QCOMPARE(fixture.post(kPredict, "[4.9,3,1.4,0.2]").status, 503);
}

void TestRoutes::modelIsSwapped()
{
    Fixture fixture;
    const TrainingData data{{"x", "y"}, {"low", "high"}, {0, 0, 9, 9}, {0, 1}};
    Client client(fixture.server->port());
    client.send(request("POST", kPredict, "[4.9,3,1.4,0.2]"));
    QCOMPARE(client.receive().body, std::string("setosa"));
    fixture.server->setModel(*KnnModel::train("small", data, 1));
    client.send(request("POST", kPredict, "[[8,8]]"));
    QCOMPARE(client.receive().body, std::string("high"));
    client.send(request("POST", kPredict, "[4.9,3,1.4,0.2]"));
    QCOMPARE(client.receive().status, 400);
    const auto rows = fixture.rows();
    QCOMPARE(rows.size(), std::size_t{2});
    QCOMPARE(rows[1], std::string("model-1|x=f8|y=f8|class_output='high'|proba_output=f1"));
    const auto docs = nlohmann::json::parse(fixture.get("/docs.json").body);
    QVERIFY(docs["paths"][kPredict]["post"]["requestBody"]["x-bentoml-io-descriptor"]["args"]
                ["shape"] == nlohmann::json::array({2}));
}

void TestRoutes::statsAndRecent()
{
    Fixture fixture;
    for (int i = 0; i < 5; ++i)
        fixture.post(kPredict, "[[6.3,3.3,6.0,2.5]]");
    fixture.post(kPredict, "[]");
    fixture.get("/healthz");
    const ServerStats stats = fixture.server->stats();
    QCOMPARE(stats.requests, std::uint64_t{7});
    QCOMPARE(stats.byStatus.at(200), std::uint64_t{6});
    QCOMPARE(stats.byStatus.at(400), std::uint64_t{1});
    QCOMPARE(stats.routes[0].route, kPredict);
    QCOMPARE(stats.routes[0].requests, std::uint64_t{6});
    QCOMPARE(stats.appendedRows, std::uint64_t{5});
    QCOMPARE(stats.perSecond.size(), std::size_t{60});
    const auto recent = fixture.server->recentRequests(0);
    QCOMPARE(recent.size(), std::size_t{6});
    QCOMPARE(recent[0].id, std::uint64_t{1});
    QCOMPARE(recent[0].features, (std::vector<double>{6.3, 3.3, 6.0, 2.5}));
    QCOMPARE(recent[0].predictedClass, std::string("virginica"));
    QCOMPARE(recent[0].rows, 1u);
    QVERIFY(recent[0].predicts);
    QCOMPARE(std::string(recent[0].route), kPredict);
    QCOMPARE(recent[5].status, 400);
    QVERIFY(recent[5].predictedClass.empty());
    QCOMPARE(fixture.server->recentRequests(4).size(), std::size_t{2});
    QCOMPARE(fixture.server->recentRequests(2, 2).back().id, std::uint64_t{4});
    QVERIFY(fixture.server->recentRequests(6).empty());
    // The latency of these shows up once their second is over.
    QTRY_VERIFY_WITH_TIMEOUT(fixture.server->stats().latency.count() >= 1, 3000);
    QVERIFY(fixture.server->stats().latency.quantileUs(0.5) > 0);
    LatencyHistogram histogram;
    for (const std::uint64_t us : {1, 10, 100, 1000, 10'000}) {
        const auto bucket = LatencyHistogram::bucketOf(us * 1000);
        QVERIFY(LatencyHistogram::upperUs(bucket) >= static_cast<double>(us));
        QVERIFY(LatencyHistogram::upperUs(bucket) <= static_cast<double>(us) * 1.13 + 1.2);
        histogram.add(bucket, 1);
    }
    QCOMPARE(histogram.count(), std::uint64_t{5});
    QVERIFY(histogram.quantileUs(0.5) >= 100 && histogram.quantileUs(0.5) < 113);
}

QTEST_GUILESS_MAIN(TestRoutes)
#include "tst_routes.moc"
