#include "../serving/http_client.h"
#include "test_support.h"

#include <tepal/base/log.h>
#include <tepal/traffic/backfill.h>
#include <tepal/traffic/simulator.h>

#include <QTest>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <set>

using namespace tepal;
using namespace tepal::test;
using namespace tepal::traffic;

namespace {

/// A port on which nothing listens: taken and given back.
std::uint16_t deadPort()
{
    boost::asio::io_context context;
    boost::asio::ip::tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    return acceptor.local_endpoint().port();
}

} // namespace

class TestSimulator : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setLogLevel(LogLevel::Error); }
    void countIsKept()
    {
        const Fixture fixture;
        SimulatorOptions options;
        options.url = fixture.server->url();
        options.rate = 0;
        options.count = 1000;
        const auto report = simulate(options, {}, {});
        QVERIFY(report.has_value());
        QCOMPARE(report->sent, std::uint64_t{1000});
        QCOMPARE(report->ok, std::uint64_t{1000});
        QCOMPARE(report->failed, std::uint64_t{0});
        QVERIFY(report->finished && !report->stopped);
        QVERIFY(report->latencyP50Ms > 0 && report->latencyP50Ms <= report->latencyP99Ms);
        QCOMPARE(fixture.rows().size(), std::size_t{1000});
    }
    void sameSeedSameRows()
    {
        const auto rowsOf = [](std::uint64_t seed) {
            const Fixture fixture;
            SimulatorOptions options;
            options.url = fixture.server->url();
            options.scenario = ScenarioKind::Mixed;
            options.rate = 0;
            options.count = 300;
            options.seed = seed;
            return simulate(options, {}, {})->ok == 300 ? fixture.rows()
                                                        : std::vector<std::string>{};
        };
        const auto first = rowsOf(1);
        QCOMPARE(first.size(), std::size_t{300});
        QVERIFY(first == rowsOf(1));
        QVERIFY(first != rowsOf(2));
    }
    void mixedChangesHalfway()
    {
        const auto rowsOf = [](ScenarioKind kind, double changeAt) {
            const Fixture fixture;
            SimulatorOptions options;
            options.url = fixture.server->url();
            options.scenario = kind;
            options.rate = 0;
            options.count = 200;
            options.changeAt = changeAt;
            std::ignore = simulate(options, {}, {});
            return fixture.rows();
        };
        // Steady up to the end is steady; changed from the start is the shift.
        const auto steady = rowsOf(ScenarioKind::Steady, 0.5);
        const auto shift = rowsOf(ScenarioKind::PetalWidthShift, 0.5);
        QVERIFY(rowsOf(ScenarioKind::Mixed, 1.0) == steady);
        QVERIFY(rowsOf(ScenarioKind::Mixed, 0.0) == shift);
        const auto half = rowsOf(ScenarioKind::Mixed, 0.5);
        QVERIFY(half != steady && half != shift);
    }
    void missingValuesGoThroughTheLogRoute()
    {
        const Fixture fixture;
        SimulatorOptions options;
        options.url = fixture.server->url();
        options.scenario = ScenarioKind::MissingValues;
        options.rate = 0;
        options.count = 400;
        const auto report = simulate(options, {}, {});
        QCOMPARE(report->ok, std::uint64_t{400});
        int missing = 0;
        const auto rows = fixture.rows();
        for (const std::string &row : rows) {
            const bool gap = row.find("=null") != std::string::npos;
            missing += gap ? 1 : 0;
            // A row with a gap carries no made-up prediction, and its numbers are fractions.
            QCOMPARE(row.find("class_output") == std::string::npos, gap);
            QVERIFY2(row.find("=i") == std::string::npos, row.c_str());
        }
        QCOMPARE(rows.size(), std::size_t{400});
        QVERIFY(missing > 50 && missing < 150);
    }
    void unreachableIsCounted()
    {
        SimulatorOptions options;
        options.url = "http://127.0.0.1:" + std::to_string(deadPort());
        options.rate = 0;
        options.count = 20;
        const auto report = simulate(options, {}, {});
        QCOMPARE(report->failed, std::uint64_t{20});
        QVERIFY(!report->lastError.empty());
    }
    void refusalsAreToldApart()
    {
        const Fixture fixture({}, {}, {}, false); // no model: 503
        SimulatorOptions options;
        options.url = fixture.server->url();
        options.rate = 0;
        options.count = 10;
        const auto report = simulate(options, {}, {});
        QCOMPARE(report->failed, std::uint64_t{10});
        QVERIFY2(report->lastError.find("503") != std::string::npos, report->lastError.c_str());
    }
    void slowEndpointMakesLateNotSlow()
    {
        // Accepts and never answers: with one connection everything after the first is overdue.
        boost::asio::io_context context;
        boost::asio::ip::tcp::acceptor acceptor(context,
                                                {boost::asio::ip::address_v4::loopback(), 0});
        SimulatorOptions options;
        options.url = "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
        options.rate = 200;
        options.connections = 1;
        auto simulator = Simulator::start(options);
        QVERIFY(simulator.has_value());
        QTRY_VERIFY((*simulator)->report().seconds > 0.4);
        (*simulator)->requestStop();
        const auto report = (*simulator)->wait();
        QVERIFY(report.stopped && report.finished);
        QCOMPARE(report.sent, std::uint64_t{1});
        QVERIFY(report.unsent >= 50);
        QCOMPARE(report.ok, std::uint64_t{0});
    }
    void overdueRequestsAreCaughtUp()
    {
        const Fixture fixture;
        SimulatorOptions options;
        options.url = fixture.server->url();
        options.rate = 100'000; // more than a connection can carry
        options.connections = 1;
        options.count = 3000;
        const auto report = simulate(options, {}, {});
        QCOMPARE(report->ok, std::uint64_t{3000});
        QVERIFY(report->late > 0);
        QVERIFY(report->maxLateMs >= 10);
    }
    void stopsAtOnce()
    {
        const Fixture fixture;
        SimulatorOptions options;
        options.url = fixture.server->url();
        options.rate = 0.001; // nearly always waiting
        std::atomic<int> last{0};
        auto simulator = Simulator::start(
            options, [&](const SimulatorReport &report) { last = report.finished ? 2 : 1; });
        QTRY_VERIFY(last == 1);
        (*simulator)->requestStop();
        const auto report = (*simulator)->wait();
        QVERIFY(report.stopped);
        QCOMPARE(last.load(), 2);
        QVERIFY(!(*simulator)->running());
        // And by destruction.
        auto second = Simulator::start(options);
        second->reset();
    }
    void unusableOptions()
    {
        for (const auto &break_ : std::vector<std::function<void(SimulatorOptions &)>>{
                 [](auto &o) { o.url = "ftp://x"; }, [](auto &o) { o.url = "http://x/path"; },
                 [](auto &o) { o.rate = -1; }, [](auto &o) { o.connections = 0; },
                 [](auto &o) { o.changeAt = 2; }}) {
            SimulatorOptions options;
            break_(options);
            const auto simulator = Simulator::start(options);
            QVERIFY(!simulator);
            QCOMPARE(simulator.error().code, ErrorCode::InvalidArgument);
        }
    }

    void backfillLogsEveryHour()
    {
        const Fixture fixture;
        BackfillOptions options;
        options.url = fixture.server->url();
        options.now = parseTime("2026-03-08T10:30Z").value();
        options.span = 2 * kDayMs;
        options.rowsPerHour = 40;
        options.driftSpan = kDayMs;
        std::uint64_t calls = 0;
        const auto report =
            backfill(options, *trainIris(), [&](const BackfillReport &) { ++calls; });
        QVERIFY2(report.has_value(), report ? "" : report.error().message.c_str());
        // From the hour that holds the first moment to the one that holds now.
        QCOMPARE(report->hours, std::uint64_t{49});
        QCOMPARE(report->totalHours, report->hours);
        QCOMPARE(calls, report->hours);
        QCOMPARE(fixture.rows().size(), static_cast<std::size_t>(report->rows));
        // 48 hours of 40 rows, and a sum of noise of that size.
        QVERIFY(std::abs(static_cast<double>(report->rows) - 1940) < 300);

        std::map<TimeMs, std::size_t> perTime;
        auto reader = JournalReader::open(fixture.directory());
        while ((*reader)->poll(100, [&](const RowsView &view) {
            QCOMPARE(view.schema->dataset, std::string("model-1"));
            QCOMPARE(view.schema->columns.size(), std::size_t{6});
            perTime[view.time] += view.rows;
            QVERIFY(view.time < options.now);
        }) != 0) {
        }
        QCOMPARE(perTime.size(), std::size_t{49});
        // Afternoons are busier than nights.
        const auto at = [&](const char *time) { return perTime[parseTime(time).value()]; };
        QVERIFY(at("2026-03-07T15:30Z") > at("2026-03-07T03:30Z"));
    }
    void backfilledRowsAreWhatPredictLogs()
    {
        const Fixture filled;
        BackfillOptions options;
        options.url = filled.server->url();
        options.now = parseTime("2026-03-08T10:00Z").value();
        options.span = 3 * kHourMs;
        QVERIFY(backfill(options, *trainIris()).has_value());
        const auto rows = filled.rows();
        QVERIFY(rows.size() > 200);

        // Sent to the predict route, the same features give the same record.
        const Fixture predicted;
        for (const std::string &row : {rows.front(), rows[rows.size() / 2], rows.back()}) {
            std::string body;
            for (std::size_t at = row.find("=f"); at < row.find("|class_output");
                 at = row.find("=f", at + 1))
                body += (body.empty() ? "" : ",") + row.substr(at + 2, row.find('|', at) - at - 2);
            QCOMPARE(predicted.post(kPredict, "[[" + body + "]]").status, 200);
        }
        std::set<std::string> expected{rows.front(), rows[rows.size() / 2], rows.back()};
        const auto got = predicted.rows();
        QCOMPARE(std::set<std::string>(got.begin(), got.end()), expected);
    }
    void backfillStops()
    {
        const Fixture fixture;
        BackfillOptions options;
        options.url = fixture.server->url();
        options.now = parseTime("2026-03-08T10:00Z").value();
        options.span = 10 * kDayMs;
        std::stop_source stop;
        const auto report = backfill(
            options, *trainIris(),
            [&](const BackfillReport &now) {
                if (now.hours == 5)
                    stop.request_stop();
            },
            stop.get_token());
        QVERIFY(report.has_value() && report->cancelled);
        QCOMPARE(report->hours, std::uint64_t{5});
    }
    void backfillNeedsAnEndpointAndAModel()
    {
        BackfillOptions options;
        options.url = "http://127.0.0.1:" + std::to_string(deadPort());
        options.now = kDayMs * 20'000;
        const auto report = backfill(options, *trainIris());
        QVERIFY(!report);
        QCOMPARE(report.error().code, ErrorCode::Unavailable);
        QVERIFY(!report.error().next.empty());
        QCOMPARE(backfill(options, nullptr).error().code, ErrorCode::NotFound);
        options.driftSpan = 30 * kDayMs;
        QCOMPARE(backfill(options, *trainIris()).error().code, ErrorCode::InvalidArgument);
    }
};

QTEST_GUILESS_MAIN(TestSimulator)
#include "tst_simulator.moc"
