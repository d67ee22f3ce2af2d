// What live traffic does to the verdict and the sentence: on a home without history, and on one
// with a hundred days of hourly windows that do not outvote it.

#include "test_support.h"
#include "window_chunks.h"

#include <tepal/base/random.h>
#include <tepal/monitor/judge.h>
#include <tepal/store/deletions.h>
#include <tepal/store/references.h>
#include <tepal/store/window_writer.h>

#include <QTemporaryDir>
#include <QTest>

#include <functional>

using namespace tepal;
using namespace tepal::monitor;
using drift::Verdict;

namespace {

/// A flower as the endpoint logs it.
struct Row
{
    double width = 0;
    double length = 0;
    bool lengthMissing = false;
    const char *species = "setosa";
};

Row steadyRow(SplitMix64 &random)
{
    Row row;
    row.width = 1.2 + 0.7 * random.normal();
    row.length = 3.7 + 1.8 * random.normal();
    // A twentieth of the lengths was never measured.
    row.lengthMissing = random.uniform() < 0.02;
    const std::uint64_t kind = random.below(3);
    row.species = kind == 0 ? "setosa" : kind == 1 ? "versicolor" : "virginica";
    return row;
}

using Change = std::function<void(Row &, SplitMix64 &)>;

DatasetProfile profileOf(int rows, std::uint64_t seed, const Change &change = {})
{
    SplitMix64 random(seed);
    DatasetProfile profile;
    for (int i = 0; i < rows; ++i) {
        Row row = steadyRow(random);
        if (change)
            change(row, random);
        profile.track("petal width", Value::fractional(row.width));
        profile.track("petal length",
                      row.lengthMissing ? Value::null() : Value::fractional(row.length));
        profile.track("class_output", Value::string(row.species));
    }
    return profile;
}

struct Scenario
{
    const char *name;
    Change change;
    int rows; ///< Of the window that is being filled: ten seconds of traffic.
    const char *column;
    Verdict verdict;
    const char *reason; ///< Found in the reason.
};

const std::vector<Scenario> kScenarios{
    {"steady", {}, 500, "petal width", Verdict::NoDrift, ""},
    {"shift", [](Row &row, SplitMix64 &) { row.width += 0.4; }, 500, "petal width", Verdict::Drift,
     "W₁/σ"},
    {"scale", [](Row &row, SplitMix64 &) { row.width = 1.2 + 1.8 * (row.width - 1.2); }, 500,
     "petal width", Verdict::Drift, "W₁/σ"},
    {"2 % outliers",
     [](Row &row, SplitMix64 &random) { row.width += random.uniform() < 0.02 ? 14 : 0; }, 2000,
     "petal width", Verdict::Drift, "W₁/σ"},
    {"class mix",
     [](Row &row, SplitMix64 &random) {
         if (random.uniform() < 0.55)
             row.species = "virginica";
     },
     500, "class_output", Verdict::Drift, "TVD"},
    {"missing 2 to 7 %",
     [](Row &row, SplitMix64 &random) {
         row.lengthMissing = row.lengthMissing || random.uniform() < 0.05;
     },
     2000, "petal length", Verdict::PossibleDrift, "missing"},
    {"missing 2 to 40 %",
     [](Row &row, SplitMix64 &random) {
         row.lengthMissing = row.lengthMissing || random.uniform() < 0.38;
     },
     500, "petal length", Verdict::Drift, "missing"},
    {"new category",
     [](Row &row, SplitMix64 &random) {
         if (random.uniform() < 0.3)
             row.species = "lily";
     },
     500, "class_output", Verdict::Drift, "TVD"},
    {"unit swap", [](Row &row, SplitMix64 &) { row.width *= 10; }, 500, "petal width",
     Verdict::Drift, "W₁/σ"},
};

} // namespace

class TestScenarios : public QObject
{
    Q_OBJECT

    static constexpr int kHours = 2400;
    QTemporaryDir m_dir;
    /// With a hundred days, and with nothing.
    std::unique_ptr<Store> m_long;
    std::unique_ptr<Store> m_empty;

    std::unique_ptr<Store> open(const char *name)
    {
        return Store::open(
                   (m_dir.path() + QLatin1Char('/') + QString::fromLatin1(name)).toStdString())
            .value();
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_long = open("long.db");
        m_empty = open("empty.db");
        for (int hour = 0; hour < kHours; ++hour)
            QVERIFY(test::commitHour(*m_long, profileOf(150, static_cast<std::uint64_t>(hour) + 10),
                                     "model-1", hour * kHourMs));
        const DatasetProfile training = profileOf(600, 1);
        for (Store *store : {m_long.get(), m_empty.get()})
            QVERIFY(References(*store).set("model-1", "training", training, 600, "", 1));
        QCOMPARE(scoreFinished(*m_long, "model-1", kHours * kHourMs).value(),
                 static_cast<std::size_t>(kHours));
    }
    void liveTraffic_data()
    {
        QTest::addColumn<int>("index");
        QTest::addColumn<bool>("history");
        for (std::size_t i = 0; i < kScenarios.size(); ++i) {
            for (const bool history : {false, true})
                QTest::addRow("%s, %s", kScenarios[i].name, history ? "100 days" : "empty home")
                    << static_cast<int>(i) << history;
        }
    }
    void liveTraffic()
    {
        QFETCH(int, index);
        QFETCH(bool, history);
        const Scenario &scenario = kScenarios[static_cast<std::size_t>(index)];
        Store &store = history ? *m_long : *m_empty;
        // Each scenario has an hour of its own; those before it are finished and steady, or none.
        const int hour = history ? kHours + 10 * index : 10 * index;
        const DatasetProfile live =
            profileOf(scenario.rows, 77 + static_cast<std::uint64_t>(index), scenario.change);
        QVERIFY(test::commitHour(store, live, "model-1", hour * kHourMs, false));
        const TimeMs now = hour * kHourMs + 10 * kSecondMs;
        Question question;
        question.dataset = "model-1";
        question.range = {history ? kMinuteMs : hour * kHourMs, (hour + 1) * kHourMs};
        const Judgement judgement = judge(store, question, now).value();
        QCOMPARE(judgement.openRows, scenario.rows);
        const std::string said = sentence(findings(judgement), judgement.openRows);
        for (const ColumnJudgement &column : judgement.columns) {
            const std::string text = column.name + ": " +
                                     std::string(drift::verdictName(column.verdict)) + ", " +
                                     column.reason + " | " + said;
            if (column.name != scenario.column) {
                QVERIFY2(column.verdict < Verdict::Drift, text.c_str()); // one in twenty is chance
                continue;
            }
            if (scenario.verdict == Verdict::NoDrift) {
                QVERIFY2(column.verdict <= Verdict::Undecided, text.c_str());
                continue;
            }
            QVERIFY2(column.verdict == scenario.verdict, text.c_str());
            QVERIFY2(column.reason.find(scenario.reason) != std::string::npos ||
                         column.reason.find("missing") != std::string::npos,
                     text.c_str());
            if (scenario.verdict == Verdict::Drift) {
                QVERIFY2(said.starts_with("1 of 3 columns drifts"), said.c_str());
                QVERIFY2(said.find(scenario.column) != std::string::npos, said.c_str());
                QCOMPARE(column.since, hour * kHourMs);
                if (history)
                    QVERIFY2(said.find("now, ") != std::string::npos, said.c_str());
            } else {
                QVERIFY2(said.starts_with("No column drifts. 1 possibly drifting"), said.c_str());
            }
        }
        // The hour is over, and the next scenario does not see it.
        QVERIFY(WindowWriter(store).closeOpenChunks());
        QVERIFY(Deletions(store).remove("model-1", {hour * kHourMs, (hour + 1) * kHourMs}, now));
    }
};

QTEST_GUILESS_MAIN(TestScenarios)
#include "tst_scenarios.moc"
