#include "ui/charts/min_max.h"
#include "ui/charts/ticks.h"
#include "ui/widgets/format.h"
#include "ui/widgets/time_range_picker.h"

#include <QTest>

#include <cmath>

using namespace tepal;
using namespace tepal::ui;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
// 2026-03-12T14:22:07Z; Berlin shows one hour later.
constexpr TimeMs kThursday = 1'773'325'327'000;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace

class FormatTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { format::setUtc(true); }

    void numbers()
    {
        QCOMPARE(format::number(0), s("0"));
        QCOMPARE(format::number(1234.4), s("1234"));
        QCOMPARE(format::number(12345.6), s("12,346"));
        QCOMPARE(format::number(0.123456), s("0.123"));
        QCOMPARE(format::number(-0.5), s("\u22120.500"));
        QCOMPARE(format::number(9.999), s("10.00"));
        QCOMPARE(format::number(1e20), s("1.00e+20"));
        QCOMPARE(format::number(kMissing), s("\u2013"));
        QCOMPARE(format::number(-kInf), s("\u2212\u221e"));
        QCOMPARE(format::fixed(-0.04, 1), s("0.0"));
        QCOMPARE(format::fixed(123456.789, 2), s("123,456.79"));
        QCOMPARE(format::plain(-1.5), s("-1.5"));
        QCOMPARE(format::plain(kMissing), QString());
        QCOMPARE(format::full(0.1 + 0.2), s("0.30000000000000004"));
        QCOMPARE(format::count(1234567), s("1,234,567"));
        QCOMPARE(format::count(-1234), s("\u22121,234"));
        QCOMPARE(format::shortCount(99'999), s("99,999"));
        QCOMPARE(format::shortCount(1'234'567), s("1.23\u00a0M"));
    }

    void shares()
    {
        QCOMPARE(format::percent(0), s("0\u00a0%"));
        QCOMPARE(format::percent(0.383), s("38\u00a0%"));
        QCOMPARE(format::percent(0.0027), s("0.27\u00a0%"));
        QCOMPARE(format::percent(0.05), s("5.0\u00a0%"));
        QCOMPARE(format::percent(1e-9), s("< 0.01\u00a0%"));
        QCOMPARE(format::percent(kMissing), s("\u2013"));
        QCOMPARE(format::pValue(1e-12), s("p < 0.001"));
        QCOMPARE(format::pValue(0.0312), s("p = 0.031"));
        QCOMPARE(format::pValue(0.5), s("p = 0.50"));
        QCOMPARE(format::pValue(kMissing), s("p \u2013"));
        QCOMPARE(format::band(0.301, 0.322), s("[0.301, 0.322]"));
        QCOMPARE(format::band(1, 1), s("exact"));
        QCOMPARE(format::band(kMissing, 1), QString());
        QCOMPARE(format::estimate({43, 43, 43}), s("43"));
        QCOMPARE(format::estimate({1000, 990, 1012}), s("1,000 ± 12"));
        QCOMPARE(format::meanSd(1.2046, 0.7632), s("1.20 ± 0.76"));
        QCOMPARE(format::meanSd(250.4, 31.0), s("250 ± 31"));
    }

    void unitsAndSpans()
    {
        QCOMPARE(format::duration(200), s("200\u00a0ms"));
        QCOMPARE(format::duration(72'000), s("1\u00a0m 12\u00a0s"));
        QCOMPARE(format::duration(2 * kHourMs + 5 * kMinuteMs), s("2\u00a0h 5\u00a0m"));
        QCOMPARE(format::duration(3 * kDayMs), s("3\u00a0d"));
        QCOMPARE(format::age(0, 12'000), s("12 s ago"));
        QCOMPARE(format::age(5000, 5000), s("now"));
        QCOMPARE(format::bytes(999), s("999\u00a0B"));
        QCOMPARE(format::bytes(31'200'000), s("31.2\u00a0MB"));
        QCOMPARE(format::counted(1, s("1 row"), s("%1 rows")), s("1 row"));
        QCOMPARE(format::counted(2500, s("1 row"), s("%1 rows")), s("2,500 rows"));
    }

    void latenciesHaveTheUnitTheyNeed()
    {
        using Unit = format::LatencyUnit;
        QCOMPARE(format::latency(0.0204), s("20.4\u00a0\u00b5s"));
        QCOMPARE(format::latency(0.4123), s("412\u00a0\u00b5s"));
        QCOMPARE(format::latency(12.34), s("12.3\u00a0ms"));
        QCOMPARE(format::latency(412.3), s("412\u00a0ms"));
        QCOMPARE(format::latency(1234), s("1.23\u00a0s"));
        QCOMPARE(format::latency(kMissing), s("\u2013"));
        QCOMPARE(format::latency(0), s("0\u00a0ms"));
        QCOMPARE(format::latency(0.9997), s("1.00\u00a0ms")); // never "1000 \u00b5s"
        QCOMPARE(format::latency(999.7), s("1.00\u00a0s"));
        // Together they share the unit of the largest, and none of them is rounded to nothing.
        const Unit unit = format::latencyUnit(2.1);
        QCOMPARE(unit, Unit::Milliseconds);
        QCOMPARE(format::latencyValue(0.0204, unit), s("0.020"));
        QCOMPARE(format::latencyValue(2.1, unit), s("2.10"));
        QCOMPARE(format::latencyValue(1e-5, unit), s("< 0.001"));
        QCOMPARE(format::latencyValue(20.4, Unit::Microseconds), s("20,400"));
        QCOMPARE(format::latency(2.1, Unit::Microseconds), s("2100\u00a0\u00b5s"));
        QCOMPARE(format::latencyUnitName(format::latencyUnit(kMissing)), s("ms"));
        QCOMPARE(format::latencyValue(kInf, unit), s("\u221e"));
    }

    void times()
    {
        QCOMPARE(format::time(kThursday), s("14:22:07"));
        QCOMPARE(format::weekdayTime(kThursday), s("Thu 2026-03-12 14:22"));
        QCOMPARE(format::zoneName(kThursday), s("UTC"));
        QCOMPARE(format::window({kThursday, kThursday + kHourMs}), s("Thu 2026-03-12 14:22–15:22"));
        format::setUtc(false);
        QCOMPARE(format::time(kThursday), s("15:22:07"));
        QCOMPARE(format::zoneName(kThursday), s("UTC+1"));
        QCOMPARE(format::iso(kThursday), s("2026-03-12T14:22:07Z")); // files are always UTC
    }

    void niceTicksAreRound()
    {
        const QList<Tick> ticks = niceTicks(0, 0.37, 5);
        QCOMPARE(ticks.size(), 4);
        QCOMPARE(ticks[1].label, s("0.1"));
        QCOMPARE(niceTicks(-25, 75, 5).first().label, s("\u221220"));
        QVERIFY(niceTicks(1, 1, 5).isEmpty());
        QVERIFY(niceTicks(0, kInf, 5).isEmpty());
        QVERIFY(niceTicks(kMissing, 1, 5).isEmpty());
        // However large, small or close together: labels differ and stay short.
        QCOMPARE(niceTicks(0, 4e9, 4)[1].label, s("1e+09"));
        QCOMPARE(niceTicks(0, 4e-9, 4)[1].label, s("1e\u221209"));
        for (const auto &[from, to] :
             {std::pair{0.0, 3e12}, std::pair{-2e-12, 3e-12}, std::pair{1.7e12, 1.7e12 + 5e3},
              std::pair{-1e300, 1e300}, std::pair{5.0, 5.0000005}}) {
            const QList<Tick> marks = niceTicks(from, to, 5);
            QVERIFY(marks.size() >= 2);
            for (qsizetype i = 1; i < marks.size(); ++i) {
                QVERIFY2(marks[i].label != marks[i - 1].label, qPrintable(marks[i].label));
                QVERIFY2(marks[i].label.size() < 18, qPrintable(marks[i].label));
            }
        }
        QCOMPARE(niceTicks(1e20, std::nextafter(1e20, kInf), 5).size(), 1);
        QCOMPARE(niceRange(0.02, 0.37, 5), std::make_pair(0.0, 0.4));
        const auto [low, high] = niceRange(5, 5, 5);
        QVERIFY(low < 5 && high > 5);
    }

    void timeTicksFallOnRoundLocalTimes()
    {
        format::setUtc(false);
        // A week: one tick a day, each at local midnight, also across the change to summer time
        // (29 March 2026 in Berlin has 23 hours).
        const TimeMs from = fromCivil({2026, 3, 26, 10, 0, 0, 0});
        const QList<Tick> days = timeTicks(from, from + 7 * kDayMs, 8);
        QCOMPARE(days.size(), 7);
        for (const Tick &tick : days)
            QCOMPARE(format::timeShort(static_cast<TimeMs>(tick.at)), s("00:00"));
        QCOMPARE(static_cast<TimeMs>(days[3].at - days[2].at), 23 * kHourMs);
        QCOMPARE(days.first().label, s("Fri 03-27"));

        const QList<Tick> minutes = timeTicks(kThursday, kThursday + 5 * kMinuteMs, 6);
        QCOMPARE(minutes.size(), 5);
        QCOMPARE(minutes.first().label, s("15:23"));
        QVERIFY(!minutes.first().date.isEmpty());
        QVERIFY(minutes.last().date.isEmpty());
        // However long or short: never more than asked for, never none.
        for (const DurationMs span : {kSecondMs * 20, kHourMs, kDayMs, 60 * kDayMs, 800 * kDayMs}) {
            const auto ticks = timeTicks(kThursday, kThursday + span, 6);
            QVERIFY2(!ticks.isEmpty() && ticks.size() <= 8, qPrintable(QString::number(span)));
        }
        QVERIFY(timeTicks(10, 10, 6).isEmpty());
    }

    void minMaxKeepsSpikes()
    {
        QList<QPointF> points;
        for (int i = 0; i < 100'000; ++i)
            points.append({double(i), i == 54'321 ? 100.0 : i % 7 == 0 ? kMissing : 1.0});
        const QList<PixelColumn> columns = minMaxColumns(points, 0, 100'000, 500);
        QCOMPARE(columns.size(), 500);
        double high = 0;
        int spikes = 0;
        for (const PixelColumn &c : columns) {
            high = std::max(high, c.high);
            spikes += c.high > 50;
        }
        QCOMPARE(high, 100.0);
        QCOMPARE(spikes, 1);
        // Only what is visible is looked at; a gap leaves its columns out.
        points.remove(0, 50'000);
        QCOMPARE(minMaxColumns(points, 0, 100'000, 500).first().column, 250);
        QVERIFY(minMaxColumns(points, 5, 5, 500).isEmpty());
    }

    void rangesResolveToWholeWindows()
    {
        using Preset = TimeSelection::Preset;
        const TimeRange data{kThursday - 30 * kDayMs, kThursday};
        const TimeRange week = resolve({Preset::Last7Days, {}}, data, Granularity::Hour, kThursday);
        QCOMPARE(formatIso(week.start), std::string("2026-03-05T14:00:00Z"));
        QCOMPARE(formatIso(week.end), std::string("2026-03-12T15:00:00Z"));
        QCOMPARE(resolve({Preset::All, {}}, data, Granularity::Hour, kThursday), data);
        // A quarter of an hour of hourly windows is the hour that is filling.
        const TimeRange quarter =
            resolve({Preset::Last15Min, {}}, data, Granularity::Hour, kThursday);
        QCOMPARE(quarter.end - quarter.start, kHourMs);
        // Data that began ten minutes ago do not get an empty week before them.
        const TimeMs now = windowStart(kThursday, Granularity::Hour);
        const TimeRange young{now, now + kHourMs};
        const TimeRange fitted =
            resolve({Preset::Last7Days, {}}, young, Granularity::Hour, kThursday);
        QCOMPARE(fitted, (TimeRange{now - 5 * kHourMs, now + kHourMs}));
        QCOMPARE(resolve({Preset::LastHour, {}}, young, Granularity::Hour, kThursday),
                 (TimeRange{now - kHourMs, now + kHourMs}));
        // Data that ended before the preset begins leave it as it is: nothing is there, and so it
        // says.
        const TimeRange old{now - 90 * kDayMs, now - 60 * kDayMs};
        QCOMPARE(resolve({Preset::Last7Days, {}}, old, Granularity::Hour, kThursday), week);
        // "All" of nothing still is a range.
        const TimeRange none = resolve({Preset::All, {}}, {}, Granularity::Hour, kThursday);
        QVERIFY(none.end > none.start);
    }
};

QTEST_MAIN(FormatTest)
#include "tst_format.moc"
