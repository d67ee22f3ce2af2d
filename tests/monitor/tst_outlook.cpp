// The verdict of a column over time and the words for it: scores in, verdicts out, from files.

#include "test_support.h"

#include <tepal/monitor/judge.h>

#include <QTest>

#include <nlohmann/json.hpp>

#include <sstream>

using namespace tepal;
using namespace tepal::monitor;
using drift::Verdict;
using Json = nlohmann::json;

namespace {

/// "drift open 0.001": verdict, whether the window is open, p.
Point pointOf(std::string text, int hour)
{
    Point point;
    point.window = {hour * kHourMs, (hour + 1) * kHourMs};
    point.p = 1e-6;
    if (const auto at = text.find(" open "); at != std::string::npos) {
        point.open = true;
        point.p = std::stod(text.substr(at + 6));
        text.resize(at);
    }
    point.verdict = drift::parseVerdict(text).value();
    return point;
}

Finding finding(const char *name, Verdict verdict, Basis basis = Basis::Range, TimeMs since = 0,
                std::int64_t needed = 0)
{
    return {name, verdict, basis, since, needed};
}

} // namespace

class TestOutlook : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void verdictOverTime_data()
    {
        QTest::addColumn<QByteArray>("text");
        const auto path = test::sourceDir() / "tests/monitor/cases/verdict-over-time.json";
        for (const Json &entry : Json::parse(test::readAll(path)))
            QTest::newRow(entry["name"].get<std::string>().c_str())
                << QByteArray::fromStdString(entry.dump());
    }
    void verdictOverTime()
    {
        QFETCH(QByteArray, text);
        const Json entry = Json::parse(text.toStdString());
        std::vector<Point> points;
        for (const Json &point : entry["points"])
            points.push_back(pointOf(point, static_cast<int>(points.size()) + 1));
        const Outlook seen =
            outlook(points, drift::parseVerdict(entry["range"].get<std::string>()).value());
        QCOMPARE(std::string(drift::verdictName(seen.verdict)),
                 entry["verdict"].get<std::string>());
        const char *basis = seen.basis == Basis::Range    ? "range"
                            : seen.basis == Basis::Recent ? "recent"
                                                          : "now";
        QCOMPARE(std::string(basis), entry["basis"].get<std::string>());
        const TimeMs since =
            entry["since"].is_null() ? 0 : (entry["since"].get<int>() + 1) * kHourMs;
        QCOMPARE(seen.since, since);
    }
    void sentences()
    {
        const TimeMs thursday = parseTime("2026-11-26T02:00:00Z").value();
        QCOMPARE(weekdayTime(thursday), std::string("Thu 2026-11-26 02:00"));
        QCOMPARE(weekdayTime(0), std::string("Thu 1970-01-01 00:00"));
        QCOMPARE(weekdayTime(-1), std::string("Wed 1969-12-31 23:59"));
        const auto say = [](std::vector<Finding> findings, std::int64_t open = 0) {
            return sentence(findings, open);
        };
        QCOMPARE(say({}), std::string("No rows to compare in this time range."));
        QCOMPARE(say({finding("a", Verdict::NoData)}),
                 std::string("No rows to compare in this time range."));
        QCOMPARE(say({finding("a", Verdict::NoDrift)}),
                 std::string("No drift shown in the one column."));
        QCOMPARE(say({finding("a", Verdict::NoDrift), finding("b", Verdict::Negligible)}),
                 std::string("No drift shown in 2 columns."));
        QCOMPARE(say({finding("petal width", Verdict::Drift, Basis::Recent, thursday),
                      finding("b", Verdict::NoDrift), finding("c", Verdict::NoDrift),
                      finding("d", Verdict::Undecided, Basis::Range, 0, 1240)}),
                 std::string("1 of 4 columns drifts since Thu 2026-11-26 02:00: petal width. 2 "
                             "steady, 1 undecided (about 1,240 more rows would tell)."));
        QCOMPARE(
            say({finding("a", Verdict::Drift, Basis::Now, thursday),
                 finding("b", Verdict::Drift, Basis::Now, thursday),
                 finding("c", Verdict::Drift, Basis::Now, thursday),
                 finding("d", Verdict::Drift, Basis::Now, thursday), finding("e", Verdict::NoData)},
                3318),
            std::string("4 of 5 columns drift now, 3,318 rows: a, b, c and 1 more. 1 without "
                        "data."));
        QCOMPARE(say({finding("a", Verdict::Drift, Basis::Now, thursday + kDayMs),
                      finding("b", Verdict::Drift, Basis::Recent, thursday),
                      finding("c", Verdict::SchemaChange), finding("d", Verdict::NoDrift)},
                     567),
                 std::string("3 of 4 columns drift: b since Thu 2026-11-26 02:00; a now, 567 rows; "
                             "c over the range. 1 steady."));
        QCOMPARE(say({finding("a", Verdict::Drift, Basis::Recent, thursday),
                      finding("b", Verdict::Drift, Basis::Recent, thursday + kHourMs),
                      finding("c", Verdict::Drift, Basis::Recent, thursday + 2 * kHourMs),
                      finding("d", Verdict::Drift, Basis::Now, thursday + 3 * kHourMs)},
                     9),
                 std::string("4 of 4 columns drift: a since Thu 2026-11-26 02:00; b since Thu "
                             "2026-11-26 03:00; c since Thu 2026-11-26 04:00; 1 more."));
        QCOMPARE(say({finding("a", Verdict::Drift)}),
                 std::string("1 of 1 column drifts over the range: a."));
        QCOMPARE(say({finding("a", Verdict::PossibleDrift), finding("b", Verdict::LowEvidence)}),
                 std::string("No column drifts. 1 possibly drifting, 1 undecided."));
        QCOMPARE(grouped(1234567), std::string("1,234,567"));
        QCOMPARE(grouped(-1234), std::string("-1,234"));
        QCOMPARE(grouped(-123), std::string("-123"));
    }
};

QTEST_APPLESS_MAIN(TestOutlook)
#include "tst_outlook.moc"
