// The evidence process against its vectors, and what must hold of it whatever the counts.

#include "test_support.h"

#include <tepal/base/random.h>
#include <tepal/drift/evidence.h>

#include <QTest>

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

using namespace tepal;
using namespace tepal::drift;
using Json = nlohmann::json;

namespace {

bool near(double a, double b, double absolute = 1e-9)
{
    return std::abs(a - b) <= std::max(1e-9 * std::abs(b), absolute);
}

std::vector<double> doubles(const Json &json)
{
    return json.get<std::vector<double>>();
}

std::uint64_t hex(const Json &json)
{
    return std::stoull(json.get<std::string>(), nullptr, 16);
}

std::vector<std::uint64_t> keysOf(const std::vector<double> &values)
{
    std::vector<std::uint64_t> keys;
    for (const double value : values)
        keys.push_back(orderedKey(value));
    return keys;
}

std::vector<double> countedIn(const CellEdges &edges, const std::vector<std::uint64_t> &live)
{
    std::vector<double> counts(edges.cells().size());
    for (std::uint64_t i = 0; i < live.size(); ++i)
        counts[edges.cellOf(live[i], i)] += 1;
    return counts;
}

/// Windows without a change: the urn itself draws them.
std::vector<double> drawn(SplitMix64 &random, const std::vector<double> &urn, int rows)
{
    double total = 0;
    for (const double one : urn)
        total += one;
    std::vector<double> counts(urn.size());
    for (int i = 0; i < rows; ++i) {
        double at = random.uniform() * (total + i);
        std::size_t c = 0;
        while (c + 1 < urn.size() && at >= urn[c] + counts[c]) {
            at -= urn[c] + counts[c];
            ++c;
        }
        counts[c] += 1;
    }
    return counts;
}

} // namespace

#define VERIFY_NEAR(a, b)                                                                          \
    QVERIFY2(near(a, b),                                                                           \
             qPrintable(QStringLiteral("%1, expected %2").arg(a, 0, 'g', 15).arg(b, 0, 'g', 15)))

class TestEvidence : public QObject
{
    Q_OBJECT

    Json m_vectors = Json::parse(test::readAll(test::golden("drift-monitoring-vectors.json")));

private Q_SLOTS:
    // ------------------------------------------------------------ vectors

    void cells()
    {
        for (const auto &one : m_vectors["cells"])
            QCOMPARE(evidenceCells(one["n"].get<std::uint64_t>()),
                     one["b"].get<std::vector<std::uint32_t>>());
        for (std::uint64_t n = 0; n < 3000; ++n) {
            const auto b = evidenceCells(n);
            if (n < 5) {
                QVERIFY(b.empty());
                continue;
            }
            std::uint64_t sum = 0;
            for (const auto one : b) {
                QVERIFY(one > 0);
                sum += one;
            }
            QCOMPARE(sum, n + 1);
        }
    }

    void tieKeys()
    {
        for (const auto &one : m_vectors["tie_keys"]) {
            const auto column = one["column"].get<std::string>();
            const auto stream = one["stream"].get<std::string>();
            const TieKeys keys({column, stream, std::stoull(one["seed"].get<std::string>())},
                               one["side"] == "R" ? EvidenceSide::Reference : EvidenceSide::Live);
            QCOMPARE(keys(one["index"].get<std::uint64_t>()), hex(one["u"]));
        }
    }

    void categoryKeys()
    {
        for (const auto &one : m_vectors["category_keys"])
            QCOMPARE(categoryKey(one["text"].get<std::string>()), hex(one["key"]));
    }

    void edges()
    {
        for (const auto &one : m_vectors["edges"]) {
            const CellEdges edges(keysOf(doubles(one["reference"])), {"", "value", 0});
            const auto ends = keysOf(doubles(one["edges"]));
            QCOMPARE(edges.ends().size(), ends.size());
            for (std::size_t i = 0; i < ends.size(); ++i)
                QCOMPARE(edges.ends()[i].key, ends[i]);
            QCOMPARE(countedIn(edges, keysOf(doubles(one["live"]))), doubles(one["counts"]));
        }
    }

    void ties()
    {
        for (const auto &one : m_vectors["ties"]) {
            const auto column = one["column"].get<std::string>();
            const StreamId id{column, "value", std::stoull(one["seed"].get<std::string>())};
            const CellEdges edges(keysOf(doubles(one["reference"])), id);
            for (std::size_t i = 0; i < edges.ends().size(); ++i) {
                QCOMPARE(edges.ends()[i].key, orderedKey(one["edges"][i][0].get<double>()));
                QCOMPARE(edges.ends()[i].tie, hex(one["edges"][i][1]));
            }
            const auto live = keysOf(doubles(one["live"]));
            QCOMPARE(countedIn(edges, live), doubles(one["counts"]));
            // As they were stored they count the same.
            const CellEdges again(edges.cells(), edges.ends(), id);
            QCOMPARE(countedIn(again, live), doubles(one["counts"]));
        }
    }

    void dirichletMultinomial()
    {
        for (const auto &one : m_vectors["dirichlet_multinomial"])
            VERIFY_NEAR(logDirichletMultinomial(doubles(one["d"]), doubles(one["a"])),
                        one["log"].get<double>());
    }

    void evidenceOfOneStart()
    {
        for (const auto &one : m_vectors["evidence"]) {
            const auto cells = evidenceCells(one["n"].get<std::uint64_t>());
            VERIFY_NEAR(
                logLikelihoodRatio(cells, std::vector<double>(cells.size()), doubles(one["d"])),
                one["log_l"].get<double>());
        }
        for (const auto &one : m_vectors["evidence_later_start"]) {
            const auto cells = evidenceCells(one["n"].get<std::uint64_t>());
            const double got = logLikelihoodRatio(cells, doubles(one["before"]), doubles(one["d"]));
            const double want = one["log_l"].get<double>();
            QVERIFY2(near(got, want, one.contains("note") ? 1e-6 : 1e-9),
                     qPrintable(QStringLiteral("%1, expected %2").arg(got, 0, 'g', 15).arg(want)));
        }
    }

    void keptStarts()
    {
        for (const auto &one : m_vectors["kept_starts"]) {
            const auto w = one["w"].get<std::uint64_t>();
            std::vector<std::uint64_t> kept;
            for (std::uint64_t j = 1; j <= w; ++j) {
                if (EvidenceProcess::isKept(j, w))
                    kept.push_back(j);
            }
            if (one.contains("kept"))
                QCOMPARE(kept, one["kept"].get<std::vector<std::uint64_t>>());
            else
                QCOMPARE(kept.size(), one["number"].get<std::size_t>());
        }
        // A start that was dropped never fits again.
        for (std::uint64_t j = 1; j < 200; ++j) {
            bool kept = true;
            for (std::uint64_t w = j; w < 3000; ++w) {
                const bool now = EvidenceProcess::isKept(j, w);
                QVERIFY(kept || !now);
                kept = now;
            }
        }
    }

    void streams()
    {
        for (const auto &one : m_vectors["streams"]) {
            EvidenceProcess process(evidenceCells(one["n"].get<std::uint64_t>()));
            std::size_t firstAlarm = 0;
            for (std::size_t w = 0; w < one["counts"].size(); ++w) {
                process.addWindow(doubles(one["counts"][w]));
                const auto reading = process.reading();
                VERIFY_NEAR(reading.logE, one["log_e"][w].get<double>());
                VERIFY_NEAR(reading.logS, one["log_s"][w].get<double>());
                QCOMPARE(reading.since, one["since"][w].get<std::uint64_t>());
                if (!firstAlarm && reading.logE >= -std::log(0.05))
                    firstAlarm = w + 1;
            }
            QCOMPARE(firstAlarm, one["first_alarm_at_alpha_0.05"].get<std::size_t>());
            std::vector<std::uint64_t> starts;
            for (const auto &start : process.state().starts)
                starts.push_back(start.window);
            QCOMPARE(starts, one["starts_at_end"].get<std::vector<std::uint64_t>>());
        }
    }

    // ------------------------------------------------------------ what must hold

    void logGammaIsExact()
    {
        long double factorial = 0; // lnΓ(n) as a sum of logarithms
        for (int n = 1; n <= 2000; ++n) {
            const auto exact = static_cast<double>(factorial);
            QVERIFY2(std::abs(logGamma(n) - exact) <= 1e-13 * std::max(1.0, exact),
                     qPrintable(QString::number(n)));
            factorial += std::log(static_cast<long double>(n));
        }
        for (const double x : {1e-9, 0.003, 0.5, 1.5, 9.999999, 10.0, 1e7 + 0.25})
            QVERIFY2(std::abs(logGamma(x + 1) - logGamma(x) - std::log(x)) <=
                         1e-12 * std::max(1.0, std::abs(logGamma(x))),
                     qPrintable(QString::number(x)));
        QVERIFY(std::abs(logGamma(0.5) - 0.57236494292470008707) < 1e-13);
    }

    void keysAreOrderedAsTheValuesAre()
    {
        const double inf = std::numeric_limits<double>::infinity();
        const std::vector<double> ascending{-inf, -1e300, -2, -1, -1e-320, 0, 1e-320, 1, 2, inf};
        for (std::size_t i = 1; i < ascending.size(); ++i)
            QVERIFY(orderedKey(ascending[i - 1]) < orderedKey(ascending[i]));
        QCOMPARE(orderedKey(-0.0), orderedKey(0.0));
    }

    void aConstantReferenceStillHasCells()
    {
        // 150 equal values: rows of the same value spread over all cells, another one does not.
        const CellEdges edges(std::vector<std::uint64_t>(150, orderedKey(3)), {"c", "value", 7});
        const auto same = countedIn(edges, std::vector<std::uint64_t>(15000, orderedKey(3)));
        for (std::size_t c = 0; c < same.size(); ++c) {
            const double expected = 15000.0 * edges.cells()[c] / 151;
            QVERIFY2(same[c] > 0 || expected < 200, qPrintable(QString::number(c)));
        }
        const auto above = countedIn(edges, std::vector<std::uint64_t>(10, orderedKey(4)));
        QCOMPARE(above.back(), 10.0);
    }

    void fewRowsAreNoProcess()
    {
        for (const std::uint64_t n : {0u, 1u, 4u}) {
            EvidenceProcess process(evidenceCells(n));
            process.addWindow({});
            QCOMPARE(process.reading().logE, 0.0);
            QCOMPARE(process.windows(), 0u);
        }
    }

    void aWindowWithoutRowsChangesNothing()
    {
        EvidenceProcess process(evidenceCells(150));
        const std::vector<double> some(process.state().cells.begin(), process.state().cells.end());
        process.addWindow(some);
        const auto before = process.reading();
        process.addWindow(std::vector<double>(some.size()));
        QCOMPARE(process.windows(), 1u);
        QCOMPARE(process.reading().logE, before.logE);
    }

    void tenMillionRowsStayFinite()
    {
        EvidenceProcess process(evidenceCells(150));
        std::vector<double> counts;
        for (const auto b : process.state().cells)
            counts.push_back(std::floor(1e7 * b / 151));
        process.addWindow(counts);
        QVERIFY(std::isfinite(process.reading().logE));
        counts.assign(counts.size(), 0);
        counts.back() = 1e7;
        process.addWindow(counts);
        QVERIFY(process.reading().logE > 1000);
        QVERIFY(std::isfinite(process.reading().logE));
        QCOMPARE(process.reading().since, 2u);
    }

    void goneOnWithItIsTheSameToTheBit()
    {
        SplitMix64 random(11);
        const auto cells = evidenceCells(150);
        EvidenceProcess one(cells);
        EvidenceProcess killed(cells);
        for (int w = 0; w < 120; ++w) {
            std::vector<double> urn(cells.begin(), cells.end());
            for (std::size_t c = 0; c < urn.size(); ++c)
                urn[c] += one.state().counts[c];
            const auto counts = drawn(random, urn, 150);
            one.addWindow(counts);
            killed =
                EvidenceProcess(EvidenceProcess::State(killed.state())); // nothing but its state
            killed.addWindow(counts);
            QCOMPARE(killed.reading().logE, one.reading().logE);
            QCOMPARE(killed.reading().logS, one.reading().logS);
        }
        QVERIFY(killed.state() == one.state());
    }

    /// E is a fair game while nothing changes: on average it stays at one.
    void itIsAFairGame()
    {
        const auto cells = evidenceCells(60);
        const std::vector<double> urn(cells.begin(), cells.end());
        SplitMix64 random(5);
        double sum = 0;
        constexpr int kGames = 4000;
        for (int game = 0; game < kGames; ++game) {
            EvidenceProcess process(cells);
            process.addWindow(drawn(random, urn, 30));
            sum += std::exp(process.reading().logE);
        }
        const double mean = sum / kGames;
        QVERIFY2(mean > 0.9 && mean < 1.1, qPrintable(QString::number(mean)));
    }
};

QTEST_APPLESS_MAIN(TestEvidence)
#include "tst_evidence.moc"
