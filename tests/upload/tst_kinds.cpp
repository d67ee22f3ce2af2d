// Buckets and web servers, each answer of theirs.

#include "test_support.h"
#include "walk.h"

#include <QTest>

#include <map>

using namespace tepal;
using namespace tepal::test;
using Kind = UploadOutcome::Kind;

namespace {

std::string xml(const std::string &code, const std::string &more = {})
{
    return "<Error><Code>" + code + "</Code><Message>as it is</Message>" + more + "</Error>";
}

const FieldValues kBucket{
    {"endpoint", "http://s3.example:9000"}, {"bucket", "profiles"}, {"access-key", "AKID"}};

} // namespace

class TestKinds : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void s3Addresses_data()
    {
        QTest::addColumn<QString>("endpoint");
        QTest::addColumn<QString>("region");
        QTest::addColumn<QString>("bucket");
        QTest::addColumn<QString>("prefix");
        QTest::addColumn<QString>("style");
        QTest::addColumn<QString>("address");
        QTest::newRow("amazon") << ""
                                << ""
                                << "b"
                                << ""
                                << ""
                                << "https://b.s3.us-east-1.amazonaws.com/N";
        QTest::newRow("region") << ""
                                << "eu-west-3"
                                << "b"
                                << "p"
                                << "auto"
                                << "https://b.s3.eu-west-3.amazonaws.com/p/N";
        QTest::newRow("china") << ""
                               << "cn-north-1"
                               << "b"
                               << ""
                               << ""
                               << "https://b.s3.cn-north-1.amazonaws.com.cn/N";
        QTest::newRow("dots") << ""
                              << ""
                              << "a.b"
                              << ""
                              << ""
                              << "https://s3.us-east-1.amazonaws.com/a.b/N";
        QTest::newRow("own") << "https://m.example:9000/"
                             << ""
                             << "b"
                             << "/p/q/"
                             << ""
                             << "https://m.example:9000/b/p/q/N";
        QTest::newRow("own, by name") << "https://m.example:9000"
                                      << ""
                                      << "b"
                                      << ""
                                      << "no"
                                      << "https://b.m.example:9000/N";
        QTest::newRow("encoded") << "http://m"
                                 << ""
                                 << "b"
                                 << "a=b+c: d/\xC3\xA9~"
                                 << "yes"
                                 << "http://m/b/a%3Db%2Bc%3A%20d/%C3%A9~/N";
    }
    void s3Addresses()
    {
        QFETCH(QString, endpoint);
        QFETCH(QString, region);
        QFETCH(QString, bucket);
        QFETCH(QString, prefix);
        QFETCH(QString, style);
        QFETCH(QString, address);
        const auto destination = make(kS3Kind, {{"endpoint", endpoint.toStdString()},
                                                {"region", region.toStdString()},
                                                {"bucket", bucket.toStdString()},
                                                {"prefix", prefix.toStdString()},
                                                {"path-style", style.toStdString()},
                                                {"access-key", "AKID"}});
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        QVERIFY(walk.keeps());
        QCOMPARE(walk.ticket(), item.objectName);
        walk.next();
        const QString expected = address.replace("/N", "/" + qs(item.objectName));
        QCOMPARE(qs(walk.call()), "PUT " + expected);
    }
    void s3SignsTheBytes()
    {
        const auto destination = make(kS3Kind, kBucket);
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        walk.next();
        QCOMPARE(walk.request().signature, std::string("aws:amz:us-east-1:s3"));
        QCOMPARE(walk.request().user, std::string("AKID"));
        QVERIFY(walk.has("x-amz-content-sha256: " + item.sha256));
        QVERIFY(walk.has("If-None-Match: *"));
        // libcurl signs a header without a value and does not send it.
        for (const std::string &header : walk.request().headers)
            QVERIFY2(!header.ends_with(':') && !header.ends_with(": "), header.c_str());
        QVERIFY(walk.request().body == item.bytes);
    }
    void s3WithoutConditions()
    {
        const auto destination = make(kS3Kind, kBucket);
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        walk.next().next(answered(501, xml("NotImplemented")));
        QVERIFY(walk.call().starts_with("PUT ") && !walk.has("If-None-Match: *"));
        QCOMPARE(walk.next(answered(200)).outcome().kind, Kind::Sent);
        // It is asked once, not for every item.
        Walk second(*destination, item);
        QVERIFY(!second.next().has("If-None-Match: *"));
        QCOMPARE(second.next(answered(501)).outcome().kind, Kind::Failed);
    }
    void s3ThereAlready()
    {
        const auto destination = make(kS3Kind, kBucket);
        const UploadItem item = itemOf("orders/earlier.bin", true);
        Walk walk(*destination, item);
        QCOMPARE(walk.ticket(), item.ticket);
        walk.next();
        QCOMPARE(walk.call(),
                 std::string("PUT http://s3.example:9000/profiles/orders/earlier.bin"));
        QCOMPARE(walk.next(answered(412, xml("PreconditionFailed"))).outcome().kind, Kind::Sent);
        QVERIFY(walk.outcome().ticket.empty() && !walk.outcome().mayHaveArrived);
    }
    void s3Answers_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("body");
        QTest::addColumn<int>("kind");
        QTest::addColumn<bool>("everyItem");
        QTest::addColumn<QString>("says");
        const auto row = [](int status, const std::string &body, Kind kind, bool every,
                            const char *says) {
            QTest::addRow("%d %s", status, says)
                << status << qs(body) << static_cast<int>(kind) << every << says;
        };
        row(403, xml("AccessDenied"), Kind::Stopped, false, "s3:PutObject");
        row(403, xml("InvalidAccessKeyId"), Kind::Stopped, false, "access key");
        row(403, xml("SignatureDoesNotMatch"), Kind::Stopped, false, "secret key");
        row(403, xml("RequestTimeTooSkewed"), Kind::Retry, true, "clock is off");
        row(400, xml("ExpiredToken"), Kind::Stopped, false, "session token");
        row(404, xml("NoSuchBucket"), Kind::Stopped, false, "create the bucket");
        row(404, "", Kind::Stopped, false, "like an S3 server");
        row(400, xml("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"), Kind::Stopped,
            false, "set the region to eu-west-1");
        row(400,
            "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'x' is wrong; "
            "expecting 'eu-west-2'</Message></Error>",
            Kind::Stopped, false, "set the region to eu-west-2");
        row(301, xml("PermanentRedirect", "<Endpoint>b.s3.eu-west-3.amazonaws.com</Endpoint>"),
            Kind::Stopped, false, "b.s3.eu-west-3.amazonaws.com");
        row(503, xml("SlowDown"), Kind::Retry, true, "tried again");
        row(500, xml("InternalError"), Kind::Retry, false, "tried again");
        row(409, xml("OperationAborted"), Kind::Retry, false, "tried again");
        row(403, xml("QuotaExceeded"), Kind::Retry, true, "no room");
        row(400, xml("EntityTooLarge"), Kind::Failed, false, "limit");
        row(400, xml("InvalidRequest"), Kind::Failed, false, "InvalidRequest");
    }
    void s3Answers()
    {
        QFETCH(int, status);
        QFETCH(QString, body);
        QFETCH(int, kind);
        QFETCH(bool, everyItem);
        QFETCH(QString, says);
        const auto destination = make(kS3Kind, kBucket);
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        const auto &outcome = walk.next().next(answered(status, body.toStdString())).outcome();
        QCOMPARE(outcome.kind, static_cast<Kind>(kind));
        QCOMPARE(outcome.everyItem, everyItem);
        QCOMPARE(outcome.ticket, item.objectName);
        QVERIFY(!outcome.error->next.empty());
        QVERIFY2(qs(outcome.error->text()).contains(says), outcome.error->text().c_str());
    }
    void s3RegionFromTheHeader()
    {
        const auto destination = make(kS3Kind, kBucket);
        const UploadItem item = itemOf();
        auto reply = answered(301);
        reply->bucketRegion = std::string("ap-south-1");
        Walk walk(*destination, item);
        QVERIFY(walk.next().next(reply).outcome().error->next.ends_with("ap-south-1"));
    }
    void s3Settings_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        QTest::newRow("no bucket") << "bucket"
                                   << "";
        QTest::newRow("bucket with a slash") << "bucket"
                                             << "a/b";
        QTest::newRow("endpoint with a password") << "endpoint"
                                                  << "http://u:p@h";
        QTest::newRow("endpoint with a query") << "endpoint"
                                               << "http://h/?a";
        QTest::newRow("region") << "region"
                                << "us east";
        QTest::newRow("access key") << "access-key"
                                    << "";
    }
    void s3Settings()
    {
        QFETCH(QString, key);
        QFETCH(QString, value);
        FieldValues values = kBucket;
        values[key.toStdString()] = value.toStdString();
        const auto fine = make(kS3Kind, values)->configured();
        QVERIFY(!fine && !fine.error().next.empty());
        QVERIFY(fine.error().text().find("u:p") == std::string::npos);
    }

    void httpMakesFolders()
    {
        const auto destination = make(kHttpKind, {{"url", "http://h/dav/"}, {"user", "me"}});
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        QCOMPARE(walk.ticket(), item.objectName);
        QCOMPARE(walk.next().call(), "PUT http://h/dav/" + item.objectName);
        QCOMPARE(walk.request().user, std::string("me"));
        QCOMPARE(walk.next(answered(409)).call(), std::string("MKCOL http://h/dav/orders/"));
        QCOMPARE(walk.next(answered(405)).call(),
                 std::string("MKCOL http://h/dav/orders/2026-01-31/"));
        QCOMPARE(walk.next(answered(201)).call(), "PUT http://h/dav/" + item.objectName);
        QCOMPARE(walk.next(answered(201)).outcome().kind, Kind::Sent);
    }
    void httpWithoutTheBase()
    {
        const auto destination = make(kHttpKind, {{"url", "http://h/dav"}});
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        walk.next().next(answered(404));
        QCOMPARE(walk.next(answered(409)).outcome().kind, Kind::Stopped);
        QCOMPARE(walk.outcome().error->code, ErrorCode::NotFound);
        // Also where folders can be made and the file is refused all the same: once, not for ever.
        Walk again(*destination, item);
        again.next().next(answered(404)).next(answered(201)).next(answered(201));
        QVERIFY(again.call().starts_with("PUT"));
        QCOMPARE(again.next(answered(404)).outcome().kind, Kind::Stopped);
    }
    void httpAnswers_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<int>("kind");
        const std::map<int, Kind> kinds{
            {200, Kind::Sent},    {201, Kind::Sent},    {204, Kind::Sent},    {202, Kind::Failed},
            {301, Kind::Stopped}, {401, Kind::Stopped}, {403, Kind::Stopped}, {405, Kind::Stopped},
            {413, Kind::Failed},  {423, Kind::Retry},   {400, Kind::Failed},  {429, Kind::Retry},
            {500, Kind::Retry},   {501, Kind::Stopped}, {507, Kind::Retry}};
        for (const auto &[status, kind] : kinds)
            QTest::addRow("%d", status) << status << static_cast<int>(kind);
    }
    void httpAnswers()
    {
        QFETCH(int, status);
        QFETCH(int, kind);
        const auto destination = make(kHttpKind, {{"url", "http://h/dav"}});
        const UploadItem item = itemOf();
        Walk walk(*destination, item);
        QCOMPARE(walk.next().next(answered(status)).outcome().kind, static_cast<Kind>(kind));
    }
};

QTEST_GUILESS_MAIN(TestKinds)
#include "tst_kinds.moc"
