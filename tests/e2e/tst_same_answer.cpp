// The same question through the command line's JSON, its table, what the pages show and what their
// charts export has the same answer, to the digit.

#include "test_support.h"
#include "ui/backend/host/drift_queries.h"
#include "ui/charts/heat_map.h"
#include "window_chunks.h"

#include <tepal/base/clock.h>
#include <tepal/base/random.h>
#include <tepal/base/recent.h>
#include <tepal/monitor/judge.h>
#include <tepal/store/references.h>
#include <tepal/store/store.h>
#include <tepal/store/windows.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>

#include <cmath>

using namespace tepal;
using namespace tepal::test;
using Json = nlohmann::json;

namespace {

DatasetProfile profileOf(int rows, double centre, std::uint64_t seed, int missing)
{
    SplitMix64 random(seed);
    DatasetProfile profile;
    for (int i = 0; i < rows; ++i) {
        profile.track("width",
                      i < missing ? Value::null() : Value::fractional(centre + random.normal()));
        profile.track("votes", Value::fractional(0.2 * static_cast<double>(random.below(5))));
        profile.track("species", Value::string(random.below(4) == 0 ? "setosa" : "virginica"));
        profile.track("count", Value::integral(static_cast<std::int64_t>(random.below(900))));
    }
    return profile;
}

/// What is missing or infinite is null in JSON.
bool same(const Json &json, double value)
{
    return json.is_null() ? !std::isfinite(value) : json.get<double>() == value;
}

std::string utf8(const QString &text)
{
    return text.toStdString();
}

} // namespace

#define SAME(json, value)                                                                          \
    QVERIFY2(                                                                                      \
        same(json, value),                                                                         \
        qPrintable(QStringLiteral("%1 and %2").arg(qs((json).dump())).arg(value, 0, 'g', 17)))

class TestSameAnswer : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<Store> m_store;
    TimeMs m_now = 0;
    TimeMs m_hour = 0; ///< Start of the hour that is running.

    void add(int hoursAgo, double centre, int missing)
    {
        const auto profile =
            profileOf(260, centre, static_cast<std::uint64_t>(hoursAgo) + 5, missing);
        QVERIFY(commitHour(*m_store, profile, "shop", m_hour - hoursAgo * kHourMs));
    }
    QByteArray run(QStringList arguments)
    {
        arguments += {QStringLiteral("--home"), m_dir.path()};
        QProcess process;
        process.start(qs((binDir() / "tepal").string()), arguments);
        if (!process.waitForFinished(60'000) || process.exitCode() != 0)
            qFatal("%s", process.readAllStandardError().constData());
        return process.readAllStandardOutput();
    }
    static QString iso(TimeMs time) { return qs(formatIso(time)); }

    void compareOverview(const Json &told, const ui::DriftOverview &page)
    {
        QCOMPARE(told["rows"].get<qint64>(), page.rows);
        QCOMPARE(told["windows"].get<qint64>(), page.windows);
        QCOMPARE(told["open_rows"].get<qint64>(), page.openRows);
        QCOMPARE(told["reference"]["name"].get<std::string>(), utf8(page.referenceName));
        QCOMPARE(told["reference"]["rows"].get<qint64>(), page.referenceRows);
        QCOMPARE(told["sentence"].get<std::string>(), utf8(overviewSentence(page, [](TimeMs time) {
                     return qs(monitor::weekdayTime(time));
                 })));
        QCOMPARE(told["verdict"].get<std::string>(),
                 std::string(drift::verdictName(overallVerdict(page))));
        QCOMPARE(told["columns_drifting"].get<int>(), tallyOf(page).drifting);
        QCOMPARE(told["columns"].size(), static_cast<std::size_t>(page.features.size()));
        for (const ui::FeatureDrift &feature : page.features) {
            const Json &column = told["columns"][utf8(feature.name)];
            QCOMPARE(column["verdict"].get<std::string>(),
                     std::string(drift::verdictName(feature.verdict)));
            QCOMPARE(column["reason"].get<std::string>(), utf8(feature.reason));
            QCOMPARE(column["rows_needed"].get<qint64>(), feature.rowsNeeded);
            QCOMPARE(column["since"].is_null() ? QString() : qs(column["since"].get<std::string>()),
                     feature.since == 0 ? QString() : iso(feature.since));
            QCOMPARE(column["windows"].size(), static_cast<std::size_t>(feature.scores.size()));
            for (qsizetype i = 0; i < feature.scores.size(); ++i) {
                const Json &window = column["windows"][static_cast<std::size_t>(i)];
                const ui::DriftScore &score = feature.scores[i];
                SAME(window["value"], score.value);
                SAME(window["band"][0], score.bandLow);
                SAME(window["band"][1], score.bandHigh);
                SAME(window["floor"], score.floor);
                SAME(window["p"], score.p);
                QCOMPARE(window["verdict"].get<std::string>(),
                         std::string(drift::verdictName(score.verdict)));
                QCOMPARE(window["n"].get<qint64>(), score.n);
            }
        }
    }
    /// The file that "Save as CSV" of the heat map writes.
    void compareExport(const Json &told, const ui::DriftOverview &page)
    {
        ui::HeatMap chart;
        chart.setOverview(std::make_shared<const ui::DriftOverview>(page));
        QStringList lines = chart.table().toCsv().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        QVERIFY(lines.size() > 1);
        lines.removeFirst();
        qsizetype at = 0;
        for (const ui::FeatureDrift &feature : page.features) {
            for (const Json &window : told["columns"][utf8(feature.name)]["windows"]) {
                QVERIFY(at < lines.size());
                const QStringList cells = lines[at++].trimmed().split(QLatin1Char(','));
                QCOMPARE(cells.value(0), feature.name);
                QCOMPARE(cells.value(1), qs(window["start"].get<std::string>()));
                SAME(window["value"],
                     cells.value(3).isEmpty() ? std::nan("") : cells.value(3).toDouble());
                SAME(window["p"],
                     cells.value(5).isEmpty() ? std::nan("") : cells.value(5).toDouble());
                QCOMPARE(cells.value(6).toLongLong(), window["n"].get<qint64>());
            }
        }
        QCOMPARE(at, lines.size());
    }
    void compareDetail(const Json &told, const ui::DriftDetail &page)
    {
        const Json &column = told["columns"][utf8(page.feature)];
        QCOMPARE(told["from"].get<std::string>(), formatIso(page.range.start));
        QCOMPARE(column["verdict"].get<std::string>(),
                 std::string(drift::verdictName(page.verdict)));
        QCOMPARE(column["reason"].get<std::string>(), utf8(page.reason));
        QCOMPARE(column["n"].get<qint64>(), page.n);
        QCOMPARE(column["m"].get<qint64>(), page.m);
        SAME(column["adjusted_p"], page.adjustedP);
        QCOMPARE(column["measures"].size(), static_cast<std::size_t>(page.measures.size()));
        for (const ui::MeasureResult &measure : page.measures) {
            const Json &json = column["measures"][utf8(measure.key)];
            SAME(json["value"], measure.value);
            SAME(json["band"][0], measure.bandLow);
            SAME(json["band"][1], measure.bandHigh);
            SAME(json["interval"][0], measure.intervalLow);
            SAME(json["interval"][1], measure.intervalHigh);
            SAME(json["floor"], measure.floor);
            SAME(json["p"], measure.p.value_or(std::nan("")));
            QCOMPARE(json["exact"].get<bool>(), measure.exact);
            QCOMPARE(json["method"].get<std::string>(), utf8(measure.method));
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_now = SystemClock::instance().nowMs();
        m_hour = windowStart(m_now, Granularity::Hour);
        m_store = Store::open(m_dir.filePath(QStringLiteral("tepal.db")).toStdString()).value();
        for (int hoursAgo = 80; hoursAgo > 20; --hoursAgo)
            add(hoursAgo, 0, 0);
        for (int hoursAgo = 20; hoursAgo > 1; --hoursAgo)
            add(hoursAgo, 0.5, 60);
        QVERIFY(
            References(*m_store).set("shop", "training", profileOf(3000, 0, 1, 0), 3000, "", 1));
        QVERIFY(References(*m_store).set("shop", "later", profileOf(200, 0.5, 2, 40), 200, "", 2));
    }
    void question_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("from"); // hours ago
        QTest::addColumn<int>("to");
        QTest::addColumn<QString>("reference");
        QTest::addColumn<int>("againstFrom"); // 0: no range
        QTest::addColumn<int>("againstTo");
        QTest::addColumn<QString>("preset");
        const auto row = [](const char *name, const QStringList &arguments, int from, int to,
                            const char *reference = "", int againstFrom = 0, int againstTo = 0,
                            const char *preset = "tepal") {
            QTest::newRow(name) << arguments << from << to << QString::fromLatin1(reference)
                                << againstFrom << againstTo << QString::fromLatin1(preset);
        };
        row("a day", {}, 24, 0);
        row("before it began", {}, 80, 20);
        row("one window", {}, 5, 4);
        row("another reference", {QStringLiteral("--against"), QStringLiteral("later")}, 60, 0,
            "later");
        row("another range", {}, 20, 0, "", 60, 40);
        row("itself", {}, 40, 10, "", 40, 10);
        row("whylogs", {QStringLiteral("--preset"), QStringLiteral("whylogs")}, 30, 0, "", 0, 0,
            "whylogs");
        row("evidently", {QStringLiteral("--preset"), QStringLiteral("evidently")}, 30, 0, "", 0, 0,
            "evidently");
        row("deepchecks", {QStringLiteral("--preset"), QStringLiteral("deepchecks")}, 30, 0, "", 0,
            0, "deepchecks");
        row("everything", {}, 80, 0);
    }
    void question()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, from);
        QFETCH(int, to);
        QFETCH(QString, reference);
        QFETCH(int, againstFrom);
        QFETCH(int, againstTo);
        QFETCH(QString, preset);
        const auto ago = [this](int hours) { return m_hour - hours * kHourMs; };
        ui::DriftQuery query;
        query.dataset = QStringLiteral("shop");
        query.range = {ago(from), ago(to)};
        query.against.reference = reference;
        query.preset = preset;
        if (againstFrom != 0) {
            query.against.range = TimeRange{ago(againstFrom), ago(againstTo)};
            arguments += {QStringLiteral("--against"),
                          iso(ago(againstFrom)) + QLatin1Char('/') + iso(ago(againstTo))};
        }
        arguments = QStringList{QStringLiteral("drift"), QStringLiteral("--dataset"),
                                QStringLiteral("shop"),  QStringLiteral("--from"),
                                iso(query.range.start),  QStringLiteral("--to"),
                                iso(query.range.end)} +
                    arguments;
        const auto page = queryDriftOverview(*m_store, query, m_now);
        QVERIFY2(page, page ? "" : page.error().text().c_str());
        QStringList json = arguments + QStringList{QStringLiteral("--json")};
        const Json told = Json::parse(run(json).toStdString());
        compareOverview(told, *page);
        compareExport(told, *page);
        // What people read begins with the same sentence.
        const QString table = QString::fromUtf8(run(arguments));
        QVERIFY(table.startsWith(
            overviewSentence(*page, [](TimeMs time) { return qs(monitor::weekdayTime(time)); })));
        for (const ui::FeatureDrift &feature : page->features) {
            ui::DriftDetailQuery detail{query.dataset, feature.name,  query.range,
                                        query.segment, query.against, query.preset};
            if (feature.since > query.range.start)
                detail.range.start = feature.since;
            const auto shown = queryDriftDetail(*m_store, detail);
            QVERIFY(shown);
            compareDetail(
                Json::parse(run(json + QStringList{QStringLiteral("--column"), feature.name})
                                .toStdString()),
                *shown);
        }
    }
    void threeExportsAreOneFile()
    {
        QByteArray first;
        for (int i = 0; i < 3; ++i) {
            const QString file = m_dir.filePath(QStringLiteral("%1.bin").arg(i));
            run({QStringLiteral("export"), QStringLiteral("--dataset"), QStringLiteral("shop"),
                 QStringLiteral("--from"), iso(m_hour - 70 * kHourMs), QStringLiteral("-o"), file});
            const QByteArray bytes = QByteArray::fromStdString(readAll(file.toStdString()));
            QVERIFY(bytes.size() > 1000);
            first = first.isEmpty() ? bytes : first;
            QCOMPARE(bytes, first);
        }
    }
    void withoutARangeTheLastSevenDays()
    {
        const auto datasets = Windows(*m_store).datasets().value();
        const TimeRange range = recentWindows(7 * kDayMs, Granularity::Hour, m_now,
                                              {datasets[0].first, datasets[0].last});
        ui::DriftQuery query;
        query.dataset = QStringLiteral("shop");
        query.range = range;
        const auto told = Json::parse(run({QStringLiteral("drift"), QStringLiteral("--dataset"),
                                           QStringLiteral("shop"), QStringLiteral("--json")})
                                          .toStdString());
        compareOverview(told, queryDriftOverview(*m_store, query, m_now).value());
    }
};

QTEST_MAIN(TestSameAnswer)
#include "tst_same_answer.moc"
