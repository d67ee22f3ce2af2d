#include "http_client.h"

#include <tepal/base/log.h>
#include <tepal/base/random.h>

#include <QtTest>

using namespace tepal;
using namespace tepal::test;

/// What is recorded, and when it cannot be.
class TestServingJournal : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { setLogLevel(LogLevel::Error); }
    void rowsAreWhatWasAnswered();
    void frameIsOneRecord();
    void logRoute();
    void rejectedRequestsLeaveNoRow();
    void answersAndRecordsAreEqual();
    void fullRefuses();
    void fullDrops();
    void tooLarge();
    void loggingOff();
};

void TestServingJournal::rowsAreWhatWasAnswered()
{
    Fixture fixture;
    fixture.post(kPredict, "[[4.9,3,1.4,0.2]]");
    fixture.post(kPredict, "[[6.3,3.3,6.0,2.5]]");
    QCOMPARE(
        fixture.rows(),
        (std::vector<std::string>{
            "model-1|sepal length=f4.9000000000000004|sepal width=f3|petal "
            "length=f1.3999999999999999|petal width=f0.20000000000000001|class_output='setosa'|"
            "proba_output=f1",
            "model-1|sepal length=f6.2999999999999998|sepal width=f3.2999999999999998|petal "
            "length=f6|petal width=f2.5|class_output='virginica'|proba_output=f1"}));
}

void TestServingJournal::frameIsOneRecord()
{
    Fixture fixture;
    fixture.post("/v1/models/custom_model/predict",
                 R"([{"n":1,"s":"x"},{"s":"y","f":1.5},{"n":2}])");
    fixture.post("/v1/models/custom_model/predict", "[]");
    QCOMPARE(fixture.journal->counters().records, std::uint64_t{1});
    QCOMPARE(fixture.rows(),
             (std::vector<std::string>{"model-2|n=i1|s='x'|f=null", "model-2|n=i2|s=null|f=null",
                                       "model-2|n=null|s='y'|f=f1.5"}));
}

void TestServingJournal::logRoute()
{
    Fixture fixture;
    fixture.post(
        "/v1/log",
        R"({"datasetId":"a","timestamp":1234,"anyTime":true,"single":{"x":1,"y":1.0,"z":[1]}})");
    fixture.post("/v1/log",
                 R"({"datasetId":"b","multiple":{"columns":["x"],"data":[["q\u00e9"],[null]]}})");
    QCOMPARE(fixture.rows(),
             (std::vector<std::string>{"a|x=i1|y=f1|z.0=i1", "b|x='qé'", "b|x=null"}));
    auto reader = JournalReader::open(fixture.directory());
    std::map<std::string, TimeMs> times;
    while ((*reader)->poll(
               10, [&](const RowsView &view) { times[view.schema->dataset] = view.time; }) != 0) {
    }
    QCOMPARE(times["a"], TimeMs{1'234'000}); // a small number is in seconds
    QVERIFY(times["b"] > 1'700'000'000'000);
}

void TestServingJournal::rejectedRequestsLeaveNoRow()
{
    Fixture fixture;
    fixture.post(kPredict, "[1]");
    fixture.post(kPredict, "[4.9,3,1.4,0.2]", "Origin: http://evil.example\r\n");
    fixture.post("/v1/log", R"({"datasetId":"a"})");
    fixture.post("/v1/models/custom_model/predict", "{");
    fixture.get(kPredict);
    QVERIFY(fixture.rows().empty());
    QCOMPARE(fixture.server->stats().appendedRows, std::uint64_t{0});
}

void TestServingJournal::answersAndRecordsAreEqual()
{
    Fixture fixture;
    constexpr int kClients = 4;
    constexpr int kEach = 300;
    std::vector<std::vector<std::string>> answers(kClients);
    std::vector<std::thread> clients;
    for (int c = 0; c < kClients; ++c) {
        clients.emplace_back([&, c] {
            SplitMix64 random(static_cast<std::uint64_t>(c));
            Client client(fixture.server->port());
            for (int i = 0; i < kEach; ++i) {
                const double a = static_cast<double>(random.below(80)) / 8;
                const double b = static_cast<double>(random.below(80)) / 8;
                const auto text = [](double v) {
                    return QString::number(v, 'g', 17).toStdString();
                };
                client.send(request("POST", kPredict, "[[" + text(a) + ",3," + text(b) + ",1.5]]"));
                const auto answer = client.receive();
                answers[static_cast<std::size_t>(c)].push_back(
                    "model-1|sepal length=f" + text(a) + "|sepal width=f3|petal length=f" +
                    text(b) + "|petal width=f1.5|class_output='" + answer.body + "'");
            }
        });
    }
    for (auto &client : clients)
        client.join();
    std::vector<std::string> expected;
    for (const auto &one : answers)
        expected.insert(expected.end(), one.begin(), one.end());
    std::sort(expected.begin(), expected.end());
    std::vector<std::string> found;
    for (const std::string &row : fixture.rows())
        found.push_back(row.substr(0, row.rfind('|')));
    std::sort(found.begin(), found.end());
    QCOMPARE(found.size(), std::size_t{kClients * kEach});
    QVERIFY(found == expected);
}

namespace {

JournalOptions smallJournal()
{
    JournalOptions options;
    options.segmentBytes = 4096;
    options.maxBytes = 2 * 4096;
    return options;
}

} // namespace

void TestServingJournal::fullRefuses()
{
    ServerOptions options;
    options.threads = 1;
    Fixture fixture(options, smallJournal());
    std::uint64_t answered = 0;
    Answer last;
    while (answered < 10'000) {
        last = fixture.post(kPredict, "[[4.9,3,1.4,0.2]]");
        if (last.status != 200)
            break;
        ++answered;
    }
    QCOMPARE(last.status, 503);
    QVERIFY(last.body.find("journal is full") != std::string::npos);
    QCOMPARE(fixture.post("/v1/log", R"({"datasetId":"a","single":{"x":1}})").status, 503);
    QCOMPARE(fixture.get("/healthz").status, 200);
    QCOMPARE(fixture.rows().size(), answered);
    const auto stats = fixture.server->stats();
    QCOMPARE(stats.appendedRows, answered);
    QCOMPARE(stats.refusedRows, std::uint64_t{2});
    // Making room ends it.
    auto reader = JournalReader::open(fixture.directory());
    while ((*reader)->poll(1000, [](const RowsView &) {}) != 0) {
    }
    QVERIFY((*reader)->removeConsumed((*reader)->cursors()) > 0);
    QTRY_VERIFY(!fixture.journal->full());
    QCOMPARE(fixture.post(kPredict, "[[4.9,3,1.4,0.2]]").status, 200);
}

void TestServingJournal::fullDrops()
{
    ServerOptions options;
    options.threads = 1;
    options.whenFull = WhenFull::Drop;
    Fixture fixture(options, smallJournal());
    std::uint64_t answered = 0;
    while (fixture.server->stats().droppedRows < 3 && answered < 10'000) {
        QCOMPARE(fixture.post(kPredict, "[[4.9,3,1.4,0.2]]").status, 200);
        ++answered;
    }
    QCOMPARE(fixture.server->stats().droppedRows, std::uint64_t{3});
    QCOMPARE(fixture.rows().size(), answered - 3);
    // The log route has nothing but its confirmation to give, and that must be true.
    QCOMPARE(fixture.post("/v1/log", R"({"datasetId":"a","single":{"x":1}})").status, 503);
    QVERIFY(fixture.get("/metrics").body.find("tepal_journal_dropped_rows_total 4.0\n") !=
            std::string::npos);
}

void TestServingJournal::tooLarge()
{
    JournalOptions journal;
    journal.segmentBytes = 4096;
    Fixture fixture({}, journal);
    const auto log = [](std::size_t size) {
        return R"({"datasetId":"a","single":{"x":")" + std::string(size, 'x') + R"("}})";
    };
    const auto frame = [](std::size_t size) {
        return R"([{"x":")" + std::string(size, 'x') + R"("}])";
    };
    // No text of a row is longer than a profile would look at.
    QCOMPARE(fixture.post("/v1/log", log(kMaxCellText + 1)).status, 413);
    QCOMPARE(fixture.post("/v1/models/custom_model/predict", frame(kMaxCellText + 1)).status, 413);
    QVERIFY(fixture.rows().empty());
    // Larger than a file of the journal is no reason.
    QCOMPARE(fixture.post("/v1/log", log(5000)).status, 200);
    QCOMPARE(fixture.post("/v1/models/custom_model/predict", frame(5000)).status, 200);
    QCOMPARE(fixture.rows().size(), std::size_t{2});
}

void TestServingJournal::loggingOff()
{
    ServerOptions options;
    options.logging = false;
    Fixture fixture(options);
    QCOMPARE(fixture.post(kPredict, "[[4.9,3,1.4,0.2]]").body, std::string("setosa"));
    QCOMPARE(fixture.post("/v1/log", R"({"datasetId":"a","single":{"x":1}})").status, 503);
    QVERIFY(fixture.rows().empty());
}

QTEST_GUILESS_MAIN(TestServingJournal)
#include "tst_serving_journal.moc"
