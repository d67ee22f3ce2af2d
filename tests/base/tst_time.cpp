#include "test_support.h"

#include <tepal/base/time.h>

#include <QTest>

using namespace tepal;

class TestTime : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isoRoundTrip()
    {
        const TimeMs t = parseTime("2026-01-31T14:05:06.789Z").value();
        QCOMPARE(formatIso(t), std::string("2026-01-31T14:05:06.789Z"));
        QCOMPARE(parseTime("2026-01-31T15:05:06.789+01:00").value(), t);
        QCOMPARE(parseTime("2026-01-31 14:05:06.789").value(), t);
        QCOMPARE(parseTime(std::to_string(t)).value(), t);
        QCOMPARE(formatIso(parseTime("2024-02-29").value()), std::string("2024-02-29T00:00:00Z"));
        QCOMPARE(formatIso(-1), std::string("1969-12-31T23:59:59.999Z"));
    }
    void badTimes()
    {
        for (const char *text : {"", "2026-1-1", "2026-13-01", "2026-02-30", "2026-01-01T25:00Z",
                                 "2026-01-01T10:00:00.Z", "2026-01-01T10:00+25:00", "yesterday"}) {
            const auto time = parseTime(text);
            QVERIFY2(!time, text);
            QVERIFY(!time.error().next.empty());
        }
    }
    void truncation_data()
    {
        QTest::addColumn<int>("granularity");
        QTest::addColumn<QString>("start");
        QTest::addColumn<QString>("end");
        QTest::newRow("minute") << 0 << "2024-02-29T23:59:00Z"
                                << "2024-03-01T00:00:00Z";
        QTest::newRow("hour") << 1 << "2024-02-29T23:00:00Z"
                              << "2024-03-01T00:00:00Z";
        QTest::newRow("day") << 2 << "2024-02-29T00:00:00Z"
                             << "2024-03-01T00:00:00Z";
        QTest::newRow("month") << 3 << "2024-02-01T00:00:00Z"
                               << "2024-03-01T00:00:00Z";
        QTest::newRow("year") << 4 << "2024-01-01T00:00:00Z"
                              << "2025-01-01T00:00:00Z";
    }
    void truncation()
    {
        QFETCH(int, granularity);
        QFETCH(QString, start);
        QFETCH(QString, end);
        const auto range = windowOf(parseTime("2024-02-29T23:59:59.999Z").value(),
                                    static_cast<Granularity>(granularity));
        QCOMPARE(test::qs(formatIso(range.start)), start);
        QCOMPARE(test::qs(formatIso(range.end)), end);
        // The end of one window is the start of the next, and belongs to it.
        QVERIFY(!range.contains(range.end));
        QCOMPARE(windowStart(range.end, static_cast<Granularity>(granularity)), range.end);
    }
    void truncationBefore1970()
    {
        QCOMPARE(windowStart(-1, Granularity::Hour), -kHourMs);
        QCOMPARE(formatIso(windowStart(-1, Granularity::Month)),
                 std::string("1969-12-01T00:00:00Z"));
    }
    void durations()
    {
        QCOMPARE(parseDuration("200ms").value(), 200);
        QCOMPARE(parseDuration("10m").value(), 600'000);
        QCOMPARE(parseDuration("7d").value(), 7 * kDayMs);
        for (const char *text : {"", "10", "-1s", "1w", "s", "1.5h", "99999999999999999d"})
            QVERIFY2(!parseDuration(text), text);
        for (const DurationMs d : {DurationMs{1}, DurationMs{1500}, kHourMs, 36 * kHourMs})
            QCOMPARE(parseDuration(formatDuration(d)).value(), d);
    }
};

QTEST_APPLESS_MAIN(TestTime)
#include "tst_time.moc"
