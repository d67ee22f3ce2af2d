#include "test_support.h"

#include <tepal/base/time.h>

#include <QTest>

#include <cmath>

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
    void dataTimes_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("time"); // empty: not a time
        const auto row = [](const char *text, const char *time) {
            QTest::newRow(text) << QByteArray(text) << QByteArray(time);
        };
        row("1772000000", "2026-02-25T06:13:20Z");
        row("1772000000000", "2026-02-25T06:13:20Z");
        row("1772000000000000", "2026-02-25T06:13:20Z");
        row("1772000000000000000", "2026-02-25T06:13:20Z");
        row("1772000000.123", "2026-02-25T06:13:20.123Z");
        row("1772000000.9999", "2026-02-25T06:13:20.999Z");
        row("1772000000123.5", "2026-02-25T06:13:20.123Z");
        row("1772000000123999", "2026-02-25T06:13:20.123Z");
        row("1772000000123999999", "2026-02-25T06:13:20.123Z");
        row("1.772e9", "2026-02-25T06:13:20Z");
        row("1.772E+18", "2026-02-25T06:13:20Z");
        row("+1772000000", "2026-02-25T06:13:20Z");
        row("1e18", "2001-09-09T01:46:40Z");
        row(" 2026-01-31 \t\n", "2026-01-31T00:00:00Z");
        row("2024-02-29", "2024-02-29T00:00:00Z");
        row("2023-02-29", "");
        row("2000-02-29T23:59", "2000-02-29T23:59:00Z");
        row("1900-02-29", "");
        row("2026-01-31T14:05:06.123456789Z", "2026-01-31T14:05:06.123Z");
        row("2026-01-31T14:05:06.1+05:30", "2026-01-31T08:35:06.100Z");
        row("2026-01-31t14:05:06z", "2026-01-31T14:05:06Z");
        row("2026-01-31 14:05:06-0800", "2026-01-31T22:05:06Z");
        row("2026-01-01T00:30+05:30", "2025-12-31T19:00:00Z");
        for (const char *bad : {"",
                                " ",
                                "\t\n",
                                "nan",
                                "-nan",
                                "inf",
                                "-inf",
                                "1e20",
                                "-1e20",
                                "1e300",
                                "1772000000x",
                                "1,772",
                                "0x10",
                                "2026-13-01",
                                "2026-02-25T",
                                "2026-02-25T25:00",
                                "2026-02-25T06:13:20+24:00",
                                "2026-02-25T06:13:20.",
                                "2026-02-25T06:13:20 Z",
                                "20260225T061320",
                                "yesterday",
                                "--5",
                                "-99999999999",
                                "-9223372036854775808 s"})
            row(bad, "");
    }
    void dataTimes()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, time);
        const TimeMs now = parseTime("2026-03-01").value();
        const auto read = parseDataTime(text.toStdString(), now);
        QCOMPARE(read ? QByteArray::fromStdString(formatIso(*read)) : QByteArray(), time);
        if (!read) {
            QCOMPARE(read.error().code, ErrorCode::InvalidArgument);
            QVERIFY(read.error().message.find("is not a time") != std::string::npos);
            QVERIFY(read.error().next.find("seconds") != std::string::npos);
            QVERIFY(!parseDataTime(text.toStdString(), now, {.any = true}));
        }
    }
    /// What nobody means unless they say so.
    void unlikelyTimes_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("time");
        const auto row = [](const char *text, const char *time) {
            QTest::newRow(text) << QByteArray(text) << QByteArray(time);
        };
        row("0", "1970-01-01T00:00:00Z");
        row("-0", "1970-01-01T00:00:00Z");
        row("-1", "1969-12-31T23:59:59Z");
        row("-0.0005", "1969-12-31T23:59:59.999Z");
        row("17", "1970-01-01T00:00:17Z");
        row("2026", "1970-01-01T00:33:46Z");
        row("20260225", "1970-08-23T11:50:25Z");
        row("-1772000000000000", "1913-11-06T17:46:40Z");
        row("1979-12-31T23:59:59.999Z", "1979-12-31T23:59:59.999Z");
        row("0001-01-01", "0001-01-01T00:00:00Z");
        row("2027-03-03", "2027-03-03T00:00:00Z");
        row("2099-01-01", "2099-01-01T00:00:00Z");
        row("99999999999", "5138-11-16T09:46:39Z");
        row("9223372036854775807", "2262-04-11T23:47:16.854Z");
        row("-9223372036854775808", "1677-09-21T00:12:43.145Z");
    }
    void unlikelyTimes()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, time);
        const TimeMs now = parseTime("2026-03-01").value();
        const auto refused =
            parseDataTime(text.toStdString(), now, {.option = "\"anyTime\": true"});
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
        QVERIFY2(refused.error().message.find(time.toStdString()) != std::string::npos,
                 refused.error().message.c_str());
        QVERIFY(refused.error().message.find(text.toStdString()) != std::string::npos);
        QVERIFY(refused.error().next.find("\"anyTime\": true") != std::string::npos);
        const auto meant = parseDataTime(text.toStdString(), now, {.any = true});
        QCOMPARE(QByteArray::fromStdString(formatIso(meant.value())), time);
        QVERIFY(parseDataTime(text.toStdString(), now).error().next.find("--any-time") !=
                std::string::npos);
    }
    void dataNumbers()
    {
        const TimeMs now = parseTime("2026-03-01").value();
        const TimeMs time = parseTime("2026-02-25T06:13:20Z").value();
        for (const std::int64_t number : {1'772'000'000ll, 1'772'000'000'000ll,
                                          1'772'000'000'000'000ll, 1'772'000'000'000'000'000ll}) {
            QCOMPARE(dataTimeOf(std::int64_t{number}, now).value(), time);
            QCOMPARE(dataTimeOf(static_cast<double>(number), now).value(), time);
        }
        for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e20, 1e300})
            QVERIFY(!dataTimeOf(bad, now, {.any = true}));
        // The edges of what is believed.
        const TimeMs last = now + 366 * kDayMs;
        QCOMPARE(dataTimeOf(std::int64_t{last}, now).value(), last);
        QVERIFY(!dataTimeOf(std::int64_t{last + 1}, now));
        QCOMPARE(parseDataTime("1980-01-01", now).value(), 315'532'800'000);
        QCOMPARE(dataTimeOf(315'532'800.0, now).value(), 315'532'800'000);
        QVERIFY(!dataTimeOf(315'532'799.999, now));
        // A hostile text does not reach a terminal.
        const auto hostile = parseDataTime("\x1b[2J", now);
        QVERIFY(hostile.error().message.find('\x1b') == std::string::npos);
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
