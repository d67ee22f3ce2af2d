/// The bridge between store and pages: what live requests, time line and drift answers are made of.
#include "test_support.h"
#include "ui/backend/host/drift_queries.h"
#include "ui/backend/host/judge_values.h"
#include "ui/backend/host/live_monitor.h"
#include "ui/backend/host/profile_queries.h"
#include "ui/backend/host/reference_bin.h"
#include "ui/backend/reference_notices.h"
#include "window_chunks.h"

#include <tepal/base/random.h>
#include <tepal/drift/compare.h>
#include <tepal/monitor/judge.h>
#include <tepal/profile/file.h>
#include <tepal/store/references.h>
#include <tepal/store/scores.h>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <functional>

using namespace tepal;
using namespace tepal::ui;

namespace {

const QString kDataset = QStringLiteral("model-1");

/// Values around `centre`, the same for the same seed.
DatasetProfile profileOf(int rows, double centre, std::uint64_t seed)
{
    SplitMix64 random(seed);
    DatasetProfile profile;
    for (int i = 0; i < rows; ++i) {
        const double noise = static_cast<double>(random.next() >> 11) * 0x1p-53;
        profile.track("x", Value::fractional(centre + noise));
    }
    return profile;
}

} // namespace

class TestHostQueries : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Store> m_store;

    void addWindow(int hour, double centre, int rows = 400)
    {
        const DatasetProfile profile =
            profileOf(rows, centre, static_cast<std::uint64_t>(hour) + 1);
        QVERIFY(test::commitHour(*m_store, profile, "model-1", hour * kHourMs));
    }
    void addReference()
    {
        QVERIFY(References(*m_store).set("model-1", "training", profileOf(2000, 0, 99), 2000,
                                         "test", 1));
    }

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_store = Store::open(m_dir->filePath(QStringLiteral("tepal.db")).toStdString()).value();
    }
    void cleanup() { m_store.reset(); }

    void historyGetsItsVerdicts()
    {
        addReference();
        for (int hour = 0; hour < 4; ++hour)
            addWindow(hour, hour < 2 ? 0 : 1);
        const TimeMs now = 5 * kHourMs;
        const WindowList before = queryWindows(*m_store, kDataset, now).value();
        QCOMPARE(before.windows.size(), qsizetype{4});
        for (const auto &window : before.windows)
            QCOMPARE(window.worst, Verdict::NoData);
        QCOMPARE(monitor::scoreFinished(*m_store, "model-1", now).value(), std::size_t{4});
        const WindowList list = queryWindows(*m_store, kDataset, now).value();
        QCOMPARE(list.windows.size(), qsizetype{4});
        QCOMPARE(list.windows[1].worst, Verdict::NoDrift);
        QCOMPARE(list.windows[2].worst, Verdict::Drift);
        QVERIFY(!monitor::scoreFinished(*m_store, "model-1", now).value()); // nothing is left to do
        // Late records make one window's score stale; only that one is computed again.
        addWindow(1, 1, 4000);
        QVERIFY(monitor::scoreFinished(*m_store, "model-1", now).value());
        QCOMPARE(queryWindows(*m_store, kDataset, now)->windows[1].worst, Verdict::Drift);
    }
    void historyWithoutReferenceOrStopped()
    {
        addWindow(0, 0);
        QVERIFY(!monitor::scoreFinished(*m_store, "model-1", kDayMs).value());
        addReference();
        std::stop_source stop;
        stop.request_stop();
        const auto stopped = monitor::scoreFinished(*m_store, "model-1", kDayMs, stop.get_token());
        QVERIFY(!stopped);
        QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
        QVERIFY(monitor::scoreFinished(*m_store, "model-1", kDayMs).value());
    }
    QStringList referenceNames()
    {
        QStringList names;
        const auto all = References(*m_store).list("model-1").value();
        for (const tepal::ReferenceInfo &info : all)
            names << qs(info.name) + QLatin1String(info.current ? "*" : "");
        return names;
    }
    void aReferenceNeverReplacesAnother()
    {
        addWindow(0, 0);
        const TimeRange range{0, kHourMs};
        const auto first = makeReference(*m_store, {kDataset, range, {}}, "a", 1).value();
        QCOMPARE(first.former, std::string());
        QCOMPARE(first.rows, std::int64_t{400});
        QCOMPARE(makeReference(*m_store, {kDataset, range, {}}, "a", 2).error().code,
                 ErrorCode::AlreadyExists);
        QCOMPARE(makeReference(*m_store, {kDataset, {kDayMs, 2 * kDayMs}, {}}, "b", 2).error().code,
                 ErrorCode::NotFound);
        QCOMPARE(makeReference(*m_store, {kDataset, range, {}}, "", 2).error().code,
                 ErrorCode::InvalidArgument);
        QCOMPARE(makeReference(*m_store, {kDataset, range, {}}, "b", 2)->former, std::string("a"));
        QCOMPARE(referenceNames(), QStringList({QStringLiteral("a"), QStringLiteral("b*")}));
        QVERIFY(unmakeReference(References(*m_store), "model-1", "b", "a"));
        QCOMPARE(referenceNames(), QStringList{QStringLiteral("a*")});
        // The former one is gone: the new one stays rather than none.
        QVERIFY(makeReference(*m_store, {kDataset, range, {}}, "b", 3));
        QVERIFY(References(*m_store).remove("model-1", "a"));
        QVERIFY(!unmakeReference(References(*m_store), "model-1", "b", "a"));
        QCOMPARE(referenceNames(), QStringList{QStringLiteral("b*")});
    }
    void aDeletedReferenceComesBackWhole()
    {
        addReference();
        QVERIFY(References(*m_store).set("model-1", "other", profileOf(30, 1, 5), 30, "file", 7));
        const DatasetProfile before = References(*m_store).get("model-1", "training").value();
        ReferenceBin bin;
        const auto removed = bin.remove(References(*m_store), "model-1", "training").value();
        QVERIFY(removed.wasCurrent);
        QCOMPARE(removed.current, std::string("other"));
        QCOMPARE(referenceNames(), QStringList{QStringLiteral("other*")});
        QCOMPARE(bin.restore(References(*m_store), "model-1", "training").value(),
                 std::string("training"));
        QCOMPARE(referenceNames(),
                 QStringList({QStringLiteral("training*"), QStringLiteral("other")}));
        QCOMPARE(serializeProfile(References(*m_store).get("model-1", "training").value()),
                 serializeProfile(before));
        const tepal::ReferenceInfo info = References(*m_store).list("model-1").value().front();
        QCOMPARE(info.created, TimeMs{1});
        QCOMPARE(info.rows, std::int64_t{2000});
        QCOMPARE(info.description, std::string("test"));
        QVERIFY(!bin.restore(References(*m_store), "model-1", "training")); // only once
        // Its name was taken meanwhile: what took it stays.
        QVERIFY(bin.remove(References(*m_store), "model-1", "training"));
        QVERIFY(References(*m_store).rename("model-1", "other", "training"));
        QCOMPARE(bin.restore(References(*m_store), "model-1", "training").value(),
                 std::string("training (2)"));
        QVERIFY(!bin.remove(References(*m_store), "model-1", "nobody"));
    }
    void aProfileFileIsASide()
    {
        addReference();
        addWindow(0, 0);
        const auto write = [&](const char *name, const std::string &bytes) {
            QFile file(m_dir->filePath(QLatin1String(name)));
            if (file.open(QIODevice::WriteOnly))
                file.write(bytes.data(), static_cast<qint64>(bytes.size()));
            return file.fileName();
        };
        DriftQuery query;
        query.dataset = kDataset;
        query.range = {0, kDayMs};
        query.against.file = write("march 1.bin", serializeProfile(profileOf(500, 1, 3)));
        const auto overview = queryDriftOverview(*m_store, query, kDayMs);
        QVERIFY(overview);
        QCOMPARE(overview->referenceName, QStringLiteral("march 1.bin"));
        QCOMPARE(overview->features.first().verdict, Verdict::Drift);
        const auto column = queryColumnDetail(
            *m_store, {kDataset, QStringLiteral("x"), query.range, {}, query.against, 20});
        QVERIFY(column);
        QCOMPARE(column->referenceName, QStringLiteral("march 1.bin"));
        QCOMPARE(column->referenceRows, qint64{500});
        query.against.file = write("holiday.bin", "no profile at all");
        const auto wrong = queryDriftOverview(*m_store, query, kDayMs);
        QVERIFY(!wrong);
        QVERIFY(wrong.error().message.find("holiday.bin") != std::string::npos);
        query.against.file = m_dir->filePath(QStringLiteral("gone.bin"));
        QVERIFY(!queryDriftOverview(*m_store, query, kDayMs));
        QVERIFY(!queryColumnDetail(
            *m_store, {kDataset, QStringLiteral("x"), query.range, {}, query.against, 20}));
    }
    void aQuestionInPassingLeavesNothing()
    {
        addReference();
        for (int hour = 0; hour < 4; ++hour)
            addWindow(hour, 0);
        DriftQuery query;
        query.dataset = kDataset;
        query.range = {2 * kHourMs, 4 * kHourMs};
        query.against.range = TimeRange{0, 2 * kHourMs};
        query.passing = true;
        const auto kept = [&] {
            return Scores(*m_store)
                .get({"model-1", "range:0-7200000:800", "tepal@2"}, query.range)
                .value()
                .size();
        };
        const auto passing = queryDriftOverview(*m_store, query, kDayMs);
        QVERIFY(passing && passing->windows == 2);
        QCOMPARE(kept(), std::size_t{0});
        query.passing = false;
        const auto settled = queryDriftOverview(*m_store, query, kDayMs);
        QVERIFY(settled);
        QCOMPARE(kept(), std::size_t{2});
        QCOMPARE(settled->features.first().scores.last().value,
                 passing->features.first().scores.last().value);
    }
    void trailingRangesAreWholeWindows()
    {
        Against against;
        const TimeRange day{10 * kDayMs, 11 * kDayMs};
        QVERIFY(!rangeOf(against, day, Granularity::Hour));
        against.trailing = Trailing{};
        QCOMPARE(*rangeOf(against, day, Granularity::Hour), (TimeRange{9 * kDayMs, 10 * kDayMs}));
        against.trailing = Trailing{7 * kDayMs, kDayMs};
        QCOMPARE(*rangeOf(against, day, Granularity::Hour), (TimeRange{2 * kDayMs, 9 * kDayMs}));
        against.trailing = Trailing{kHourMs, 0};
        QCOMPARE(*rangeOf(against, day, Granularity::Day), (TimeRange{9 * kDayMs, 10 * kDayMs}));
        against.range = TimeRange{1, 2};
        QCOMPARE(*rangeOf(against, day, Granularity::Hour), (TimeRange{1, 2}));
    }
    void driftNeedsAReference()
    {
        addWindow(0, 0);
        DriftQuery query;
        query.dataset = kDataset;
        query.range = {0, kDayMs};
        const auto overview = queryDriftOverview(*m_store, query, kDayMs);
        QVERIFY(!overview);
        QCOMPARE(overview.error().code, ErrorCode::NotFound);
        QVERIFY(!overview.error().next.empty());
    }
    void driftNamesTheFeature()
    {
        addReference();
        addWindow(0, 0);
        addWindow(1, 1);
        DriftQuery query;
        query.dataset = kDataset;
        query.range = {0, kDayMs};
        const DriftOverview overview = queryDriftOverview(*m_store, query, kDayMs).value();
        QCOMPARE(overview.rows, 800);
        QCOMPARE(overview.features.size(), qsizetype{1});
        QCOMPARE(overview.features[0].verdict, Verdict::Drift);
        QCOMPARE(overview.features[0].scores.size(), qsizetype{2});
        QCOMPARE(overview.features[0].measureLabel, QStringLiteral("W₁/σ"));
        DriftDetailQuery detail;
        detail.dataset = kDataset;
        detail.feature = QStringLiteral("x");
        detail.range = {kHourMs, 2 * kHourMs};
        const DriftDetail found = queryDriftDetail(*m_store, detail).value();
        QVERIFY(found.reason.startsWith(QStringLiteral("W₁/σ")));
        detail.feature = QStringLiteral("nothing");
        QCOMPARE(queryDriftDetail(*m_store, detail).error().code, ErrorCode::NotFound);
    }

    void conditionsAreCounted()
    {
        DatasetProfile profile = profileOf(400, 0, 1);
        profile.columns.at("x").conditions = ConditionCounts{400, {{"positive", 100}}};
        DatasetProfile training = profileOf(2000, 0, 99);
        training.columns.at("x").conditions = ConditionCounts{2000, {{"positive", 1000}}};
        QVERIFY(References(*m_store).set("model-1", "training", training, 2000, "test", 1));
        QVERIFY(test::commitHour(*m_store, profile, "model-1", 0));
        ColumnQuery query;
        query.dataset = kDataset;
        query.column = QStringLiteral("x");
        query.range = {0, kDayMs};
        const ColumnDetail detail = queryColumnDetail(*m_store, query).value();
        QCOMPARE(detail.conditions.size(), qsizetype{1});
        QCOMPARE(detail.conditions[0].name, QStringLiteral("positive"));
        QCOMPARE(detail.conditions[0].met, 100);
        QCOMPARE(detail.conditions[0].share, 0.25);
        QCOMPARE(detail.conditions[0].referenceShare, 0.5);
    }

    void everyPresetAnswers()
    {
        addReference();
        addWindow(0, 0);
        addWindow(1, 1);
        for (const drift::PresetRow &row : drift::presetTable()) {
            DriftQuery query;
            query.dataset = kDataset;
            query.range = {0, kDayMs};
            const std::string name(row.name);
            query.preset = QString::fromStdString(name);
            const auto overview = queryDriftOverview(*m_store, query, kDayMs);
            QVERIFY2(overview && overview->features.size() == 1, name.c_str());
            QCOMPARE(overview->features[0].scores.size(), qsizetype{2});
            QVERIFY(!overview->features[0].measureLabel.isEmpty());
        }
    }
    /// The curve is the share of values up to x, for few different values as for many.
    void cumulativeCurve_data()
    {
        QTest::addColumn<bool>("tied");
        QTest::addColumn<int>("rows");
        QTest::newRow("tied, exact") << true << 800;
        QTest::newRow("tied") << true << 200'000;
        QTest::newRow("continuous, exact") << false << 1'000;
        QTest::newRow("continuous") << false << 200'000;
    }
    void cumulativeCurve()
    {
        QFETCH(bool, tied);
        QFETCH(int, rows);
        SplitMix64 random(5);
        std::vector<double> values(static_cast<std::size_t>(rows));
        for (double &value : values) {
            value = random.normal();
            if (tied)
                value = std::round(value * 10) / 10;
        }
        ColumnProfile column =
            ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table);
        column.trackFractionals(values);
        std::sort(values.begin(), values.end());
        const Cdf cdf = toCdf(monitor::makeCdf(column));
        QVERIFY(cdf.x.size() > 20 && cdf.x.size() < 2500);
        QVERIFY(std::is_sorted(cdf.x.begin(), cdf.x.end(), std::less_equal<>()));
        QCOMPARE(cdf.f.last(), 1.0);
        for (double x = -3.05; x < 3.1; x += 0.1) {
            const auto upTo = std::upper_bound(values.begin(), values.end(), x) - values.begin();
            const auto at = std::upper_bound(cdf.x.begin(), cdf.x.end(), x) - cdf.x.begin();
            const double shown = at > 0 ? cdf.f[at - 1] : 0;
            const double right = static_cast<double>(upTo) / rows;
            QVERIFY2(std::abs(shown - right) <= 1.5 * cdf.rankError + 0.0011,
                     qPrintable(QStringLiteral("at %1: %2 for %3").arg(x).arg(shown).arg(right)));
        }
        // The same question, the same picture.
        QCOMPARE(toCdf(monitor::makeCdf(column)).x, cdf.x);
    }
    /// A step rises from where the values before it end, however little they have risen.
    void feetOfSteps()
    {
        SplitMix64 random(6);
        constexpr int rows = 200'000;
        std::vector<double> values(rows);
        for (double &value : values) {
            value = 90 * (static_cast<double>(random.next() >> 11) * 0x1p-53);
            if (random.below(5) < 2)
                value = 10.0 * static_cast<double>(1 + random.below(8));
        }
        ColumnProfile column =
            ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table);
        column.trackFractionals(values);
        const KllView view = column.distribution->kll.view();
        QVERIFY(view.values.size() > 1000);
        const Cdf cdf = toCdf(monitor::makeCdf(column));
        for (double step = 10; step <= 80; step += 10) {
            const auto foot = std::lower_bound(view.values.begin(), view.values.end(), step);
            const auto shown = std::lower_bound(cdf.x.begin(), cdf.x.end(), step);
            QVERIFY(foot != view.values.begin() && shown != cdf.x.begin());
            QCOMPARE(*shown, step);
            QCOMPARE(*(shown - 1), *(foot - 1));
        }
    }
    void onlyPredictionsAreListed()
    {
        LiveMonitor monitor;
        monitor.reset({QStringLiteral("a"), QStringLiteral("b")});
        RecentRequest prediction;
        prediction.id = 1;
        prediction.time = 10 * kSecondMs;
        prediction.status = 200;
        prediction.latencyUs = 250;
        prediction.features = {1, 2};
        prediction.predictedClass =
            std::string("b"); // from the literal GCC 12 warns of memory far away
        prediction.probability = 0.8;
        prediction.predicts = true;
        RecentRequest logged = prediction;
        logged.id = 2;
        logged.features.clear();
        logged.predictedClass.clear();
        logged.predicts = false;
        logged.status = 400;
        const auto rows = monitor.add({prediction, logged});
        QCOMPARE(rows.size(), qsizetype{1});
        QCOMPARE(rows[0].predictedClass, QStringLiteral("b"));
        QCOMPARE(rows[0].durationMs, 0.25);
        // A second is shown once it is over.
        const LiveStats stats = monitor.snapshot(11 * kSecondMs);
        QCOMPARE(stats.seconds.last().byClass, (QList<double>{0, 1}));
        QCOMPARE(stats.seconds.last().errors, 1.0); // a refused log post is an error all the same
    }
};

QTEST_GUILESS_MAIN(TestHostQueries)
#include "tst_host_queries.moc"
