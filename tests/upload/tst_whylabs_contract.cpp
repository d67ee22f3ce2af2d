// Every call of ours to a WhyLabs server against the description of its API, and wrong calls that
// show that the description can be broken.

#include "test_support.h"
#include "upload_test.h"
#include "whylabs_contract.h"

#include <tepal/base/log.h>

#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>

using namespace tepal;
using namespace tepal::test;
using nlohmann::json;

namespace {

const std::string kAsync = "/v0/organizations/org-7/log/async/model-1";
const std::string kReference = "/v0/organizations/org-7/log/reference/model-1";
const std::string kSegments =
    "/v0/organizations/org-7/dataset-profiles/models/model-1/reference-profile";
const std::string kColumn = "/v0/organizations/org-7/models/model-1/schema/column/a%2Fb";
const std::string kMetric = "/v0/organizations/org-7/models/model-1/schema/metric";

ReceivedRequest call(const std::string &method, const std::string &target, const json &body)
{
    ReceivedRequest request;
    request.method = method;
    request.target = target;
    request.headers = {{"x-api-key", kKey}, {"content-type", "application/json"}};
    if (!body.is_null())
        request.body = body.dump();
    return request;
}

struct Wrong
{
    const char *name;
    ReceivedRequest request;
    const char *says;
};

std::vector<Wrong> wrongCalls()
{
    const json well{{"datasetTimestamp", kStart}, {"segmentTags", json::array()}};
    const auto with = [&well](const char *member, const json &value) {
        json body = well;
        body[member] = value;
        return body;
    };
    const auto without = [&well](const char *member) {
        json body = well;
        body.erase(member);
        return body;
    };
    ReceivedRequest noKey = call("POST", kAsync, well);
    noKey.headers.erase("x-api-key");
    ReceivedRequest shortKey = call("POST", kAsync, well);
    shortKey.headers["x-api-key"] = "abcdefghij.tooshort";
    ReceivedRequest noType = call("POST", kAsync, well);
    noType.headers.erase("content-type");
    ReceivedRequest lowerCase = call("POST", kAsync, well);
    lowerCase.headers["x-whylabs-file-extension"] = "bin";
    ReceivedRequest noJson = call("POST", kAsync, well);
    noJson.body.pop_back();
    const json tag{{"key", "country"}, {"value", "CH"}};
    return {
        {"no key", noKey, "the key"},
        {"short key", shortKey, "the key"},
        {"no content type", noType, "not said to be JSON"},
        {"extension in lower case", lowerCase, "file extension"},
        {"no JSON", noJson, "no JSON"},
        {"other method", call("PUT", kAsync, well), "there is no call"},
        {"other path", call("POST", kAsync + "/x", well), "there is no call"},
        {"slash in the id", call("POST", kAsync + "%2F5", well), "there is no call"},
        {"no timestamp", call("POST", kAsync, without("datasetTimestamp")), "no datasetTimestamp"},
        {"seconds", call("POST", kAsync, with("datasetTimestamp", kStart / 1000)), "too small"},
        {"time as text", call("POST", kAsync, with("datasetTimestamp", "now")), "type integer"},
        {"time with a fraction", call("POST", kAsync, with("datasetTimestamp", 1.5e12 + 0.5)),
         "type integer"},
        {"no tags", call("POST", kAsync, without("segmentTags")), "no segmentTags"},
        {"tags null", call("POST", kAsync, with("segmentTags", nullptr)), "type array"},
        {"tag without value",
         call("POST", kAsync, with("segmentTags", json::array({{{"key", "x"}}}))), "no value"},
        {"tag without name",
         call("POST", kAsync, with("segmentTags", json::array({{{"key", ""}, {"value", ""}}}))),
         "too short"},
        {"unknown region", call("POST", kAsync, with("region", "mars")), "none of what it may be"},
        {"unknown member", call("POST", kAsync, with("datasetTimeStamp", kStart)),
         "unknown member"},
        {"alias as number", call("POST", kReference, {{"alias", 7}}), "type string"},
        {"no segments", call("POST", kSegments, {{"alias", "a"}, {"segments", json::array()}}),
         "too few items"},
        {"segment without tags", call("POST", kSegments, {{"segments", json::array({tag})}}),
         "no tags"},
        {"half of a column", call("PUT", kColumn, {{"classifier", "input"}}), "no dataType"},
        {"other classifier",
         call("PUT", kColumn,
              {{"classifier", "label"}, {"dataType", nullptr}, {"discreteness", nullptr}}),
         "none of what it may be"},
        {"raw slash in a column", call("GET", kColumn + "/c", nullptr), "there is no call"},
        {"column in lower case", call("GET", kColumn + "%2f", nullptr), "there is no call"},
        {"metric of nothing", call("PUT", kMetric, {{"label", "f1"}}), "no column"},
        {"body of a GET", call("GET", kColumn, json::object()), "there is a body"},
    };
}

/// Takes what it is asked to take, and remembers what was wrong with it.
struct Strict
{
    ServerAnswer answer(const ReceivedRequest &request)
    {
        const std::lock_guard guard(mutex);
        ++calls;
        for (const std::string &violation : contractViolations(request))
            violations.push_back(request.method + " " + request.target + ": " + violation);
        if (request.method == "GET" && request.target.find("/schema/column/") != std::string::npos)
            return {200, known.dump(), "application/json", ""};
        if (request.target.find("/schema/column/") != std::string::npos)
            columns.push_back(json::parse(request.body));
        return {200, R"({"requestId":"r-1"})", "application/json", ""};
    }
    std::mutex mutex;
    json known = json::object();
    int calls = 0;
    std::vector<json> columns;
    std::vector<std::string> violations;
};

} // namespace

class TestWhylabsContract : public QObject
{
    Q_OBJECT

    FixedSecrets m_secrets;

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        forgetEnvironment();
    }
    void wrongCallsAreFound_data()
    {
        QTest::addColumn<int>("index");
        const auto all = wrongCalls();
        for (std::size_t i = 0; i < all.size(); ++i)
            QTest::newRow(all[i].name) << static_cast<int>(i);
    }
    void wrongCallsAreFound()
    {
        QFETCH(int, index);
        const Wrong wrong = wrongCalls()[static_cast<std::size_t>(index)];
        const auto found = contractViolations(wrong.request);
        QVERIFY(!found.empty());
        QVERIFY2(std::any_of(found.begin(), found.end(),
                             [&](const std::string &one) {
                                 return one.find(wrong.says) != std::string::npos;
                             }),
                 found[0].c_str());
    }
    void rightCallsAreTaken()
    {
        const json tags{{"tags", json::array({{{"key", "country"}, {"value", "CH"}}})}};
        const std::vector<ReceivedRequest> calls{
            call("GET", "/v1/api-key/validate", nullptr),
            call("GET", "/v0/organizations/org-7/models/model-1", nullptr),
            call("POST", kAsync,
                 {{"datasetTimestamp", kStart},
                  {"segmentTags", json::array()},
                  {"region", nullptr}}),
            call("POST", kReference, {{"alias", "a"}, {"datasetTimestamp", 0}}),
            call("POST", kSegments, {{"alias", nullptr}, {"segments", json::array({tags})}}),
            call("GET", kColumn, nullptr),
            call("PUT", kColumn,
                 {{"classifier", "input"}, {"dataType", "integral"}, {"discreteness", nullptr}}),
            call("PUT", kMetric, {{"label", "f1"}, {"column", "f1"}, {"defaultMetric", "mean"}}),
        };
        for (const ReceivedRequest &one : calls)
            QCOMPARE(contractViolations(one), std::vector<std::string>{});
    }
    /// Pieces, segments, references with and without segments, and a test of the destination.
    void whatWeSendIsAsDescribed()
    {
        WhylabsReceiver receiver;
        const auto outlets = outletOf(whylabsRecord(receiver.url()), m_secrets);
        const Destination &whylabs = *outlets[0].destination;
        for (const OutboxKind kind : {OutboxKind::Chunk, OutboxKind::Reference, OutboxKind::File}) {
            for (const SegmentTags &segment : {SegmentTags{}, SegmentTags{{"country", "CH"}}}) {
                UploadItem item;
                const std::string bytes = serializeProfile(sampleProfile(25));
                item.bytes = bytes;
                item.dataset = std::string("model-1");
                item.datasetTimestamp = kStart;
                item.kind = kind;
                item.subject = std::string("training of \"may\"");
                item.segment = segment;
                QCOMPARE(Driver()(*whylabs.deliver(item)).kind, UploadOutcome::Kind::Sent);
            }
        }
        for (const DestinationCheck &check : whylabs.test({}))
            QVERIFY2(check.ok, check.text.c_str());
        QCOMPARE(receiver.uploads().size(), std::size_t{6});
        QCOMPARE(receiver.complaints(), std::vector<std::string>{});
    }
    void columnsAndMetrics_data()
    {
        QTest::addColumn<QByteArray>("known");
        QTest::newRow("all of it") << QByteArray(
            "{\"classifier\":\"input\",\"dataType\":\"integral\",\"discreteness\":\"discrete\","
            "\"tags\":[\"a\"]}");
        // Whatever is null there is left out of answers, and must be said all the same.
        QTest::newRow("little") << QByteArray("{\"classifier\":\"input\"}");
        QTest::newRow("nothing") << QByteArray("{}");
    }
    void columnsAndMetrics()
    {
        QFETCH(QByteArray, known);
        Strict strict;
        strict.known = json::parse(known.toStdString());
        HttpServer server([&](const ReceivedRequest &request) { return strict.answer(request); });
        const auto outlets = outletOf(whylabsRecord(server.url()), m_secrets);
        ColumnTags tags;
        tags.dataset = std::string("model-1");
        tags.outputs = {"price in €/kg", "a b"};
        tags.metrics = {{"f1", "f1 of it"}};
        const auto done = outlets[0].destination->tag(tags, {});
        QVERIFY(done.has_value());
        for (const DestinationCheck &check : *done)
            QVERIFY2(check.ok, check.text.c_str());
        QCOMPARE(strict.violations, std::vector<std::string>{});
        QCOMPARE(strict.calls, 5);
        // The call replaces what is known: all but the classifier is as it was.
        json expected = strict.known;
        expected["classifier"] = "output";
        for (const char *field : {"dataType", "discreteness"})
            expected.emplace(field, nullptr);
        for (const json &column : strict.columns)
            QVERIFY2(column == expected, column.dump().c_str());
    }
};

QTEST_GUILESS_MAIN(TestWhylabsContract)
#include "tst_whylabs_contract.moc"
