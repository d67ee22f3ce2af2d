// An MLflow server: which run a profile goes to, and where its artifacts are.

#include "test_support.h"
#include "walk.h"

#include <tepal/base/file.h>

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

using namespace tepal;
using namespace tepal::test;
using Kind = UploadOutcome::Kind;

namespace {

const FieldValues kTracking{{"tracking-uri", "http://mlflow.example:5000"},
                            {"experiment", "shop & more"},
                            {"file-dir", "whylogs"},
                            {"user", "me"}};
const std::string kApi = "http://mlflow.example:5000/api/2.0/mlflow";
const std::string kExperiment = "{\"experiment\":{\"experiment_id\":\"3\"}}";

std::string run(const std::string &id, const std::string &artifacts,
                const std::string &status = "RUNNING")
{
    return "{\"run\":{\"info\":{\"run_id\":\"" + id + "\",\"artifact_uri\":\"" + artifacts +
           "\",\"status\":\"" + status + "\"}}}";
}
std::string error(const std::string &code)
{
    return "{\"error_code\":\"" + code + "\",\"message\":\"so it is\"}";
}

} // namespace

class TestMlflow : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void findsOrMakes()
    {
        const auto destination = make(kMlflowKind, kTracking);
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        const std::string get =
            "GET " + kApi + "/experiments/get-by-name?experiment_name=" + "shop%20%26%20more";
        QCOMPARE(walk.call(), get);
        QCOMPARE(walk.next(answered(404, error("RESOURCE_DOES_NOT_EXIST"))).call(),
                 "POST " + kApi + "/experiments/create");
        QVERIFY(walk.request().once);
        // Somebody else was faster.
        QCOMPARE(walk.next(answered(400, error("RESOURCE_ALREADY_EXISTS"))).call(), get);
        QCOMPARE(walk.next(answered(200, kExperiment)).call(), "POST " + kApi + "/runs/search");
        QCOMPARE(walk.body()["filter"].get<std::string>(),
                 std::string("tags.tepal_profiles = 'orders/2026-01-31'"));
        QCOMPARE(walk.next(answered(200, "{}")).call(), "POST " + kApi + "/runs/create");
        QVERIFY(walk.request().once);
        QCOMPARE(walk.body()["tags"][0]["value"].get<std::string>(),
                 std::string("orders/2026-01-31"));
        walk.next(answered(200, run("aa", "mlflow-artifacts:/3/aa/artifacts")));
        QVERIFY(walk.keeps());
        QCOMPARE(walk.ticket(), "aa " + item.objectName);
        QCOMPARE(walk.next().call(),
                 "PUT http://mlflow.example:5000/api/2.0/mlflow-artifacts/artifacts/3/aa/artifacts/"
                 "whylogs/" +
                     item.objectName);
        QCOMPARE(walk.next(answered(200, "{}")).call(), "POST " + kApi + "/runs/update");
        QCOMPARE(walk.body()["status"].get<std::string>(), std::string("FINISHED"));
        QCOMPARE(walk.next(answered(200, "{}")).outcome().kind, Kind::Sent);
        // Of the same day the next one is one call.
        Walk second(*destination, item);
        QVERIFY(second.keeps());
        QVERIFY(second.next().call().starts_with("PUT "));
        QCOMPARE(second.next(answered(200, "{}")).outcome().kind, Kind::Sent);
    }
    void runWhoseMakingWasNotConfirmed()
    {
        const auto destination = make(kMlflowKind, kTracking);
        const UploadItem item = itemOf();
        Walk lost(*destination, item);
        lost.next(answered(200, kExperiment)).next(answered(200, "{}")).next(nobody(true));
        QCOMPARE(lost.outcome().kind, Kind::Retry);
        QVERIFY(lost.outcome().ticket.empty());
        Walk walk(*destination, item);
        QCOMPARE(walk.call(), "POST " + kApi + "/runs/search");
        nlohmann::json found;
        found["runs"] = {nlohmann::json::parse(run("bb", "mlflow-artifacts:/3/bb"))["run"]};
        walk.next(answered(200, found.dump()));
        QVERIFY(walk.keeps());
        QVERIFY(walk.ticket().starts_with("bb "));
    }
    void ticketIsUsed()
    {
        const auto destination = make(kMlflowKind, kTracking);
        const UploadItem item = itemOf("cc orders/earlier.bin", true);
        Walk walk(*destination, item);
        QCOMPARE(walk.call(), "GET " + kApi + "/runs/get?run_id=cc");
        walk.next(answered(200, run("cc", "mlflow-artifacts:/3/cc", "FINISHED")));
        QCOMPARE(walk.ticket(), item.ticket);
        QVERIFY(walk.next().call().ends_with("/3/cc/whylogs/orders/earlier.bin"));
        QCOMPARE(walk.next(answered(200, "{}")).outcome().kind, Kind::Sent);
        // The run was deleted, with whatever had arrived there.
        const auto other = make(kMlflowKind, kTracking);
        Walk gone(*other, item);
        gone.next(answered(404, error("RESOURCE_DOES_NOT_EXIST")));
        QVERIFY(gone.call().find("/experiments/get-by-name") != std::string::npos);
    }
    void givenRun()
    {
        FieldValues values = kTracking;
        values["run-id"] = std::string("dd");
        const auto destination = make(kMlflowKind, values);
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        QCOMPARE(walk.call(), "GET " + kApi + "/runs/get?run_id=dd");
        walk.next(answered(200, run("dd", "mlflow-artifacts:/3/dd"))).next();
        // It is not ours to end.
        QCOMPARE(walk.next(answered(200, "{}")).outcome().kind, Kind::Sent);
        const auto missing = make(kMlflowKind, values);
        Walk none(*missing, item);
        QCOMPARE(none.next(answered(404, error("RESOURCE_DOES_NOT_EXIST"))).outcome().kind,
                 Kind::Stopped);
    }
    void waitsForTheOther()
    {
        const auto destination = make(kMlflowKind, kTracking);
        const UploadItem item = itemOf();
        auto first = std::make_unique<Walk>(*destination, item);
        Walk second(*destination, item);
        QVERIFY(second.blocks());
        std::stop_source stop;
        stop.request_stop();
        QVERIFY(!std::get<BlockingWork>(second.step).run(stop.get_token()));
        first->next(answered(200, kExperiment)).next(answered(200, "{}"));
        first->next(answered(200, run("ee", "mlflow-artifacts:/3/ee")));
        QVERIFY(std::get<BlockingWork>(second.step).run({}).has_value());
        QCOMPARE(second.next(Status()).ticket(), first->ticket());
        // One that is given up lets the next one ask.
        const auto another = make(kMlflowKind, kTracking);
        first = std::make_unique<Walk>(*another, item);
        Walk third(*another, item);
        QVERIFY(third.blocks());
        first.reset();
        QVERIFY(std::get<BlockingWork>(third.step).run({}).has_value());
        QVERIFY(third.next(Status()).call().starts_with("GET "));
    }
    void artifacts_data()
    {
        QTest::addColumn<QString>("uri");
        QTest::addColumn<QString>("address"); // or what it says
        QTest::addColumn<bool>("login");
        QTest::newRow("proxied") << "mlflow-artifacts:/a b"
                                 << "http://mlflow.example:5000/api/2.0/mlflow-artifacts/artifacts/"
                                    "a%20b/"
                                 << true;
        QTest::newRow("root") << "mlflow-artifacts:/"
                              << "http://mlflow.example:5000/api/2.0/mlflow-artifacts/artifacts/"
                              << true;
        QTest::newRow("itself") << "mlflow-artifacts://mlflow.example:5000/a"
                                << "http://mlflow.example:5000/api/2.0/mlflow-artifacts/artifacts/"
                                   "a/"
                                << true;
        QTest::newRow("another host")
            << "mlflow-artifacts://other:1/a"
            << "http://other:1/api/2.0/mlflow-artifacts/artifacts/a/" << false;
        QTest::newRow("web") << "http://files.example/a"
                             << "http://files.example/a/" << false;
        QTest::newRow("own web") << "http://mlflow.example:5000/a"
                                 << "http://mlflow.example:5000/a/" << true;
        QTest::newRow("s3") << "s3://b/a"
                            << "kind s3" << false;
        QTest::newRow("dbfs") << "dbfs:/a"
                              << "(dbfs)" << false;
        QTest::newRow("its disk") << "file:///srv/a"
                                  << "--serve-artifacts" << false;
        QTest::newRow("its path") << "/srv/a"
                                  << "--serve-artifacts" << false;
        QTest::newRow("climbing") << "mlflow-artifacts:/a/../../b"
                                  << ".." << false;
    }
    void artifacts()
    {
        QFETCH(QString, uri);
        QFETCH(QString, address);
        QFETCH(bool, login);
        const auto destination = make(kMlflowKind, kTracking);
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        walk.next(answered(200, kExperiment)).next(answered(200, "{}"));
        walk.next(answered(200, run("ff", uri.toStdString()))).next();
        if (address.startsWith("http")) {
            QCOMPARE(qs(walk.call()), "PUT " + address + "whylogs/" + qs(item.objectName));
            QCOMPARE(walk.request().user.empty(), !login);
            return;
        }
        // What was made for it is not left as if it still ran.
        QCOMPARE(walk.call(), "POST " + kApi + "/runs/update");
        QCOMPARE(walk.body()["status"].get<std::string>(), std::string("FAILED"));
        const auto &outcome = walk.next(answered(200, "{}")).outcome();
        QCOMPARE(outcome.kind, Kind::Stopped);
        QVERIFY(outcome.ticket.empty());
        QVERIFY2(qs(outcome.error->text()).contains(address), outcome.error->text().c_str());
    }
    void filesOfThisMachine()
    {
        const QTemporaryDir dir;
        FieldValues values = kTracking;
        values["tracking-uri"] = std::string("http://localhost:5000");
        const auto destination = make(kMlflowKind, values);
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        walk.next(answered(200, kExperiment)).next(answered(200, "{}"));
        walk.next(answered(200, run("ab", "file://" + dir.path().toStdString()))).next();
        QVERIFY(walk.blocks());
        walk.next(std::get<BlockingWork>(walk.step).run({}));
        QCOMPARE(walk.next(answered(200, "{}")).outcome().kind, Kind::Sent);
        const auto file =
            std::filesystem::path(dir.path().toStdString()) / "whylogs" / item.objectName;
        QVERIFY(readAll(file) == item.bytes);
    }
    void withoutArtifacts()
    {
        const auto destination = make(kMlflowKind, kTracking);
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        walk.next(answered(200, kExperiment)).next(answered(200, "{}"));
        walk.next(answered(200, run("ac", "mlflow-artifacts:/3/ac"))).next();
        walk.next(answered(503, "disabled: the server runs in --no-serve-artifacts mode"));
        const auto &outcome = walk.next(answered(500)).outcome();
        QCOMPARE(outcome.kind, Kind::Stopped);
        QVERIFY(outcome.error->next.find("--serve-artifacts") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestMlflow)
#include "tst_mlflow.moc"
