// The judge over a store: the same question has the same answer, whoever asks and how often.

#include "test_support.h"
#include "window_chunks.h"

#include <tepal/base/random.h>
#include <tepal/monitor/judge.h>
#include <tepal/monitor/report.h>
#include <tepal/monitor/views.h>
#include <tepal/store/references.h>
#include <tepal/store/scores.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>

#include <cmath>

using namespace tepal;
using namespace tepal::monitor;
using drift::Verdict;
using Json = nlohmann::ordered_json;

namespace {

/// Numbers around `centre`, and a species that follows the seed.
DatasetProfile profileOf(int rows, double centre, std::uint64_t seed, int missing = 0)
{
    SplitMix64 random(seed);
    DatasetProfile profile;
    for (int i = 0; i < rows; ++i) {
        profile.track("width", Value::fractional(centre + random.normal()));
        const std::uint64_t species = random.below(3);
        profile.track("species", Value::string(species == 0   ? "setosa"
                                               : species == 1 ? "virginica"
                                                              : "lily"));
        profile.track("length", i < missing ? Value::null() : Value::fractional(random.normal()));
    }
    return profile;
}

} // namespace

class TestJudge : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Store> m_store;

    void add(int hour, const DatasetProfile &profile, bool close = true)
    {
        QVERIFY(test::commitHour(*m_store, profile, "iris", hour * kHourMs, close));
    }
    void addHours(int first, int end, double centre, int rows = 300)
    {
        for (int hour = first; hour < end; ++hour)
            add(hour, profileOf(rows, centre, static_cast<std::uint64_t>(hour) + 1));
    }
    void addReference(const char *name = "training")
    {
        QVERIFY(References(*m_store).set("iris", name, profileOf(2000, 0, 99), 2000, "test", 1));
    }
    static Question over(int first, int end)
    {
        Question question;
        question.dataset = "iris";
        question.range = {first * kHourMs, end * kHourMs};
        return question;
    }
    Judgement ask(const Question &question, TimeMs now)
    {
        auto judgement = judge(*m_store, question, now);
        if (!judgement)
            qFatal("%s", judgement.error().text().c_str());
        return std::move(*judgement);
    }
    static const ColumnJudgement &column(const Judgement &judgement, const char *name)
    {
        for (const ColumnJudgement &one : judgement.columns) {
            if (one.name == name)
                return one;
        }
        qFatal("no column %s", name);
    }

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_store = Store::open(m_dir->filePath(QStringLiteral("tepal.db")).toStdString()).value();
    }
    void cleanup() { m_store.reset(); }

    void finishedWindows()
    {
        addReference();
        addHours(0, 40, 0);
        addHours(40, 44, 0.8);
        const Judgement judgement = ask(over(0, 48), 48 * kHourMs);
        QCOMPARE(judgement.rows, 44 * 300);
        QCOMPARE(judgement.windows, std::size_t{44});
        const ColumnJudgement &width = column(judgement, "width");
        QCOMPARE(width.verdict, Verdict::Drift);
        QCOMPARE(width.basis, Basis::Recent);
        QCOMPARE(width.since, 40 * kHourMs);
        QCOMPARE(width.detailRange(judgement.question.range).start, 40 * kHourMs);
        QCOMPARE(width.points.size(), std::size_t{44});
        QCOMPARE(judgement.columns.front().name, std::string("width"));
        QCOMPARE(column(judgement, "species").verdict, Verdict::NoDrift);
        QVERIFY(sentence(findings(judgement), 0).starts_with("1 of 3 columns drifts since Fri"));
    }
    void theOpenWindowIsJudged()
    {
        // A hundred days of history do not outvote what comes in right now.
        addReference();
        addHours(0, 100, 0);
        add(100, profileOf(500, 0.8, 7), false);
        const TimeMs now = 100 * kHourMs + 10 * kMinuteMs;
        const Judgement judgement = ask(over(0, 101), now);
        const ColumnJudgement &width = column(judgement, "width");
        QCOMPARE(width.verdict, Verdict::Drift);
        QCOMPARE(width.basis, Basis::Now);
        QCOMPARE(width.since, 100 * kHourMs);
        QCOMPARE(judgement.openRows, 500);
        QVERIFY2(sentence(findings(judgement), judgement.openRows)
                     .starts_with("1 of 3 columns drifts now, 500 rows: width."),
                 sentence(findings(judgement), judgement.openRows).c_str());
        QVERIFY2(width.reason.starts_with("now, 500 rows: W₁/σ"), width.reason.c_str());
        // Nothing of it is kept: a minute later it holds more rows.
        QCOMPARE(Scores(*m_store)
                     .get({"iris", "training", "tepal@2"}, {100 * kHourMs, 101 * kHourMs})
                     ->size(),
                 std::size_t{0});
        // When its hour is over it is a window like others.
        const Judgement later = ask(over(0, 101), 101 * kHourMs);
        QCOMPARE(later.openRows, 0);
        QVERIFY(column(later, "width").basis != Basis::Now);
    }
    void missingValuesReachTheSentence()
    {
        addReference();
        addHours(0, 4, 0);
        add(4, profileOf(300, 0, 11, 120));
        add(5, profileOf(300, 0, 12, 120));
        const Judgement judgement = ask(over(0, 6), 6 * kHourMs);
        const ColumnJudgement &length = column(judgement, "length");
        QCOMPARE(length.verdict, Verdict::Drift);
        QCOMPARE(length.points.back().cause, drift::Cause::Missing);
        QVERIFY(length.points.back().p < 1e-6);
        QCOMPARE(length.since, 4 * kHourMs);
    }
    void aRangeAgainstItself()
    {
        addReference();
        addHours(0, 60, 0.3);
        Question question = over(0, 60);
        question.against.range = question.range;
        for (const ColumnJudgement &one : ask(question, 61 * kHourMs).columns) {
            QCOMPARE(one.range.verdict, Verdict::NoDrift);
            QCOMPARE(one.range.reason, std::string("no difference at all"));
            const ColumnDetail detail =
                judgeColumn(*m_store, question, one.name, question.range).value();
            for (const drift::Measure &measure : detail.drift.measures) {
                if (measure.key != "sd_ratio")
                    QVERIFY2(std::abs(measure.value) < 1e-12, measure.key.c_str());
            }
            const Explanation nothing =
                explain(detail.drift, *detail.referenceColumn(), *detail.targetColumn());
            QVERIFY(std::isnan(nothing.explains));
            QVERIFY(std::isnan(nothing.targetShare));
        }
    }
    void twiceTheSame()
    {
        addReference();
        addHours(0, 70, 0.1);
        const Question question = over(0, 70);
        const std::string first = judgementJson(ask(question, 71 * kHourMs));
        QCOMPARE(judgementJson(ask(question, 71 * kHourMs)), first);
        // From another connection, with roll-ups made meanwhile by nobody, and without kept scores.
        m_store = Store::open(m_dir->filePath(QStringLiteral("tepal.db")).toStdString()).value();
        QVERIFY(References(*m_store).set("iris", "training", profileOf(2000, 0, 99), 2000, "", 1));
        QCOMPARE(judgementJson(ask(question, 71 * kHourMs)), first);
    }
    void scoresAreKeptAndMadeAnew()
    {
        addHours(0, 6, 0);
        QCOMPARE(scoreFinished(*m_store, "iris", kDayMs).value(), std::size_t{0});
        addReference();
        std::size_t seen = 0;
        QCOMPARE(scoreFinished(*m_store, "iris", kDayMs, {},
                               [&](std::size_t done, std::size_t total) {
                                   QCOMPARE(total, std::size_t{6});
                                   seen = done;
                               })
                     .value(),
                 std::size_t{6});
        QCOMPARE(seen, std::size_t{6});
        QCOMPARE(scoreFinished(*m_store, "iris", kDayMs).value(), std::size_t{0});
        // A window that is not over is left out.
        add(30, profileOf(300, 0, 31), false);
        QCOMPARE(scoreFinished(*m_store, "iris", 30 * kHourMs + 1).value(), std::size_t{0});
        QCOMPARE(scoreFinished(*m_store, "iris", 31 * kHourMs).value(), std::size_t{1});
        // Late rows, and another reference of the same name.
        add(2, profileOf(2000, 3, 5));
        QCOMPARE(scoreFinished(*m_store, "iris", 31 * kHourMs).value(), std::size_t{1});
        QCOMPARE(windowVerdicts(*m_store, "iris")->at(2 * kHourMs), Verdict::Drift);
        QCOMPARE(windowVerdicts(*m_store, "iris")->at(3 * kHourMs), Verdict::NoDrift);
        QVERIFY(References(*m_store).set("iris", "training", profileOf(900, 5, 3), 900, "", 2));
        QCOMPARE(scoreFinished(*m_store, "iris", 31 * kHourMs).value(), std::size_t{7});
        QCOMPARE(windowVerdicts(*m_store, "iris")->at(3 * kHourMs), Verdict::Drift);
        std::stop_source stop;
        stop.request_stop();
        QVERIFY(References(*m_store).set("iris", "training", profileOf(900, 0, 3), 900, "", 2));
        QCOMPARE(scoreFinished(*m_store, "iris", 31 * kHourMs, stop.get_token()).error().code,
                 ErrorCode::Cancelled);
    }
    void byDay()
    {
        addReference();
        addHours(0, 60, 0);
        Question question = over(12, 60);
        question.by = Granularity::Day;
        const Judgement judgement = ask(question, 61 * kHourMs);
        QCOMPARE(judgement.granularity, Granularity::Day);
        QCOMPARE(judgement.windows, std::size_t{3});
        QCOMPARE(judgement.rows, 48 * 300);
        const ColumnJudgement &width = column(judgement, "width");
        QCOMPARE(width.points.size(), std::size_t{3});
        QCOMPARE(width.points[0].n, 12 * 300); // only the part of the day that was asked for
        QCOMPARE(width.points[1].n, 24 * 300);
        // The scores of days and hours do not meet.
        QCOMPARE(column(ask(over(12, 60), 61 * kHourMs), "width").points.size(), std::size_t{48});
        QCOMPARE(judgementJson(ask(question, 61 * kHourMs)), judgementJson(judgement));
    }
    void againstFilesReferencesAndRanges()
    {
        addReference();
        addHours(0, 10, 0);
        addHours(10, 20, 0.8);
        Question question = over(10, 20);
        question.against.range = TimeRange{0, 10 * kHourMs};
        QCOMPARE(column(ask(question, kDayMs), "width").verdict, Verdict::Drift);
        Question named = over(0, 10);
        named.against.name = "training";
        QCOMPARE(column(ask(named, kDayMs), "width").verdict, Verdict::NoDrift);
        named.against.name = "gone";
        QCOMPARE(judge(*m_store, named, kDayMs).error().code, ErrorCode::NotFound);
        Question file = over(10, 20);
        file.against.profile = std::make_shared<const DatasetProfile>(profileOf(700, 0.8, 4));
        file.against.name = "week.bin";
        const Judgement judgement = ask(file, kDayMs);
        QCOMPARE(judgement.reference, std::string("week.bin"));
        QCOMPARE(column(judgement, "width").verdict, Verdict::NoDrift);
        Question empty = over(10, 20);
        empty.against.range = TimeRange{100 * kHourMs, 101 * kHourMs};
        QVERIFY(!judge(*m_store, empty, kDayMs));
    }
    /// A drag asks thirty times a second what nobody ever compared.
    void inPassingPointsAreCoarser()
    {
        addReference();
        addHours(0, 70, 0);
        addHours(70, 74, 0.8);
        add(74, profileOf(400, 0.9, 7), false);
        Question settled = over(0, 96);
        settled.against.range = TimeRange{0, 24 * kHourMs};
        Question passing = settled;
        passing.passing = true;
        const TimeMs now = 74 * kHourMs + kHourMs / 2;
        const Judgement quick = ask(passing, now);
        QCOMPARE(quick.granularity, Granularity::Day);
        QCOMPARE(column(quick, "width").points.size(), std::size_t{4});
        // Nothing was kept: the settled question compares every window.
        std::size_t computed = 0;
        const auto slow = judge(*m_store, settled, now, {},
                                [&](std::size_t done, std::size_t) { computed = done; });
        QCOMPARE(computed, std::size_t{75});
        QCOMPARE(slow->granularity, Granularity::Hour);
        for (const ColumnJudgement &each : slow->columns) {
            const ColumnJudgement &same = column(quick, each.name.c_str());
            QCOMPARE(same.verdict, each.verdict);
            QCOMPARE(same.basis, each.basis);
            QCOMPARE(same.reason, each.reason);
            QVERIFY(same.since <= each.since);
        }
        QCOMPARE(quick.rows, slow->rows);
        QCOMPARE(quick.windows, slow->windows);
        QCOMPARE(quick.openRows, slow->openRows);
        // What is scored already is not made coarser.
        const Judgement again = ask(passing, now);
        QCOMPARE(again.granularity, Granularity::Hour);
        QCOMPARE(judgementJson(again), judgementJson(*slow));
    }

    void segments()
    {
        const auto addApart = [this](int hour, const char *country, double centre) {
            const DatasetProfile profile =
                profileOf(300, centre, static_cast<std::uint64_t>(hour) * 2 + (centre > 0));
            CommitBatch batch;
            batch.chunks.push_back(test::windowChunk(profile, "iris", hour * kHourMs));
            batch.chunks.front().segment = {{"country", country}};
            batch.chunks.front().close = true;
            QVERIFY(WindowWriter(*m_store).commit(batch));
        };
        addReference();
        for (int hour = 0; hour < 6; ++hour) {
            addApart(hour, "CH", 0);
            addApart(hour, "DE", 1);
        }
        const SegmentTags ch{{"country", "CH"}};
        const SegmentTags de{{"country", "DE"}};
        QVERIFY((Windows(*m_store).segments("iris").value() == std::vector<SegmentTags>{ch, de}));

        Question question = over(0, 6);
        QCOMPARE(ask(question, kDayMs).rows, 3600);
        question.segment = ch;
        const Judgement quiet = ask(question, kDayMs);
        QCOMPARE(quiet.rows, 1800);
        QCOMPARE(quiet.windows, std::size_t{6});
        QVERIFY(column(quiet, "width").verdict < Verdict::PossibleDrift);
        QCOMPARE(Json::parse(judgementJson(quiet))["segment"].dump(),
                 std::string("{\"country\":\"CH\"}"));
        question.segment = de;
        const Judgement moved = ask(question, kDayMs);
        QCOMPARE(column(moved, "width").verdict, Verdict::Drift);
        QCOMPARE(column(moved, "width").points.size(), std::size_t{6});
        for (const Point &point : column(moved, "width").points)
            QCOMPARE(point.verdict, Verdict::Drift);
        // What is kept of one is not taken for the other.
        question.segment = ch;
        QCOMPARE(judgementJson(ask(question, kDayMs)), judgementJson(quiet));

        // A segment against another of the same time, and against itself.
        question.against.segment = de;
        const Judgement apart = ask(question, kDayMs);
        QCOMPARE(apart.reference, std::string("country=DE"));
        QCOMPARE(apart.referenceRows, 1800);
        QCOMPARE(column(apart, "width").verdict, Verdict::Drift);
        QVERIFY(std::abs(column(apart, "width").range.shown()->value -
                         column(moved, "width").range.shown()->value) < 0.15);
        question.against.segment = ch;
        QCOMPARE(column(ask(question, kDayMs), "width").range.shown()->value, 0.0);
        question.against.range = TimeRange{0, 3 * kHourMs};
        QCOMPARE(ask(question, kDayMs).referenceRows, 900);
        const auto detail = judgeColumn(*m_store, question, "width", question.range);
        QVERIFY(detail);
        QCOMPARE(detail->drift.m, 1800);
        QCOMPARE(detail->drift.n, 900);

        question = over(0, 8);
        question.segment = SegmentTags{{"tier", "gold"}, {"country", "CH"}};
        const auto profile = profileOf(300, 0, 5);
        CommitBatch batch;
        batch.chunks.push_back(test::windowChunk(profile, "iris", 7 * kHourMs));
        batch.chunks.front().segment = {{"country", "CH"}, {"tier", "gold"}};
        QVERIFY(WindowWriter(*m_store).commit(batch));
        QCOMPARE(ask(question, kDayMs).rows, 300); // In whatever order somebody names them.
        question.segment = SegmentTags{{"country", "FR"}};
        const auto unknown = judge(*m_store, question, kDayMs);
        QVERIFY(!unknown);
        QCOMPARE(unknown.error().code, ErrorCode::NotFound);
        QVERIFY(unknown.error().next.find("country=CH, ") != std::string::npos);
        question.segment = ch;
        question.against.segment = SegmentTags{{"country", "FR"}};
        QVERIFY(!judge(*m_store, question, kDayMs));
    }
    void columnsOfOneSide()
    {
        DatasetProfile reference = profileOf(500, 0, 1);
        reference.columns.erase("species");
        reference.columns["old"] = reference.columns["width"];
        QVERIFY(References(*m_store).set("iris", "training", reference, 500, "", 1));
        addHours(0, 3, 0);
        const Judgement judgement = ask(over(0, 3), kDayMs);
        QCOMPARE(column(judgement, "species").verdict, Verdict::SchemaChange);
        QCOMPARE(column(judgement, "old").verdict, Verdict::SchemaChange);
        QVERIFY(judgeColumn(*m_store, over(0, 3), "old", over(0, 3).range)->targetColumn() ==
                nullptr);
        QVERIFY(!judgeColumn(*m_store, over(0, 3), "none", over(0, 3).range));
    }
    void noRowsAndNoReference()
    {
        addHours(0, 2, 0);
        QCOMPARE(judge(*m_store, over(0, 2), kDayMs).error().code, ErrorCode::NotFound);
        addReference();
        const Judgement judgement = ask(over(50, 60), 70 * kHourMs);
        QVERIFY(judgement.columns.empty());
        QCOMPARE(sentence(findings(judgement), 0),
                 std::string("No rows to compare in this time range."));
        QVERIFY(Json::parse(judgementJson(judgement))["columns"].empty());
    }
    void namesThatAreNoUtf8()
    {
        DatasetProfile reference;
        reference.track("caf\xe9", Value::fractional(1));
        reference.track("caf\xe8", Value::fractional(1));
        QVERIFY(References(*m_store).set("iris", "training", reference, 1, "", 1));
        add(1, reference);
        QVERIFY(!judgementJson(ask(over(0, 3), kDayMs)).empty());
    }
};

QTEST_GUILESS_MAIN(TestJudge)
#include "tst_judge.moc"
