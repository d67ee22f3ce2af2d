// Numbers against published tables, closed forms and whylogs' own answers.

#include "test_support.h"

#include <tepal/drift/compare.h>
#include <tepal/drift/measures.h>
#include <tepal/drift/probability.h>
#include <tepal/profile/file.h>

#include <QTest>

#include <nlohmann/json.hpp>

#include <cmath>

using namespace tepal;
using namespace tepal::drift;
using Json = nlohmann::json;

namespace {

Json load(const std::string &relative)
{
    return Json::parse(test::readAll(test::golden(relative)));
}

bool near(double a, double b, double relative, double absolute = 0)
{
    return std::abs(a - b) <= std::max(relative * std::abs(b), absolute);
}

double number(const Json &json)
{
    if (json.is_number())
        return json.get<double>();
    return json.get<std::string>() == "inf" ? HUGE_VAL : std::nan("");
}

/// A view over raw values, every one held.
KllView viewOf(const std::vector<double> &values)
{
    KllSketch sketch;
    sketch.update(values);
    return sketch.view();
}

} // namespace

#define VERIFY_NEAR(a, b, relative, absolute)                                                      \
    QVERIFY2(near(a, b, relative, absolute),                                                       \
             qPrintable(QStringLiteral("%1, expected %2").arg(a, 0, 'g', 15).arg(b, 0, 'g', 15)))

class TestDriftVectors : public QObject
{
    Q_OBJECT

    Json m_vectors = load("drift-vectors.json");

private Q_SLOTS:
    void categorical()
    {
        for (const Json &v : m_vectors["categorical"]) {
            const auto r = v["r"].get<std::vector<double>>();
            const auto t = v["t"].get<std::vector<double>>();
            VERIFY_NEAR(hellinger(r, t), v["H"].get<double>(), 1e-11, 1e-12);
            VERIFY_NEAR(jensenShannonDistance(r, t), v["JSdist"].get<double>(), 1e-11, 1e-12);
            VERIFY_NEAR(jensenShannonDivergence(r, t), v["JSD_bits"].get<double>(), 1e-9, 1e-12);
            VERIFY_NEAR(totalVariation(r, t), v["TVD"].get<double>(), 1e-11, 1e-12);
            VERIFY_NEAR(maxDifference(r, t), v["Linf"].get<double>(), 1e-11, 1e-12);
            VERIFY_NEAR(psi(r, t), v["PSI_half"].get<double>(), 1e-11, 1e-12);
            VERIFY_NEAR(klDivergence(r, t), v["KL_qp_half"].get<double>(), 1e-11, 1e-12);
            // Symmetric, and deaf to the order of categories.
            VERIFY_NEAR(hellinger(t, r), hellinger(r, t), 1e-12, 1e-15);
            std::vector<double> rr(r.rbegin(), r.rend());
            std::vector<double> tr(t.rbegin(), t.rend());
            VERIFY_NEAR(psi(rr, tr), psi(r, t), 1e-12, 1e-15);
        }
    }
    void ksExact()
    {
        for (const Json &v : m_vectors["ks_exact"])
            VERIFY_NEAR(ksExactP(v["n"], v["m"], v["D"]), v["p"].get<double>(), 1e-9, 1e-12);
    }
    void ksLimit()
    {
        for (const Json &v : m_vectors["ks_asymptotic"])
            VERIFY_NEAR(ksLimitP(v["n"], v["m"], v["D"]), v["p_limit"].get<double>(), 1e-9, 1e-12);
    }
    void ksExactEqualsEnumeration()
    {
        // All ways to deal 4 target values among 9: D of each, and the share that reaches d.
        constexpr unsigned n = 5;
        constexpr unsigned m = 4;
        std::vector<double> all;
        for (unsigned mask = 0; mask < (1u << (n + m)); ++mask) {
            if (__builtin_popcount(mask) != static_cast<int>(m))
                continue;
            double f = 0;
            double g = 0;
            double d = 0;
            for (unsigned i = 0; i < n + m; ++i) {
                (mask >> i & 1 ? g : f) += mask >> i & 1 ? 1.0 / m : 1.0 / n;
                d = std::max(d, std::abs(f - g));
            }
            all.push_back(d);
        }
        for (const double d : {0.3, 0.45, 0.55, 0.6, 0.75, 0.8, 1.0}) {
            double hits = 0;
            for (const double x : all)
                hits += x >= d - 1e-9 ? 1 : 0;
            VERIFY_NEAR(ksExactP(n, m, d), hits / static_cast<double>(all.size()), 1e-12, 1e-12);
        }
    }
    void chiSquareTail()
    {
        for (const Json &v : m_vectors["chi2_sf"])
            VERIFY_NEAR(chiSquareSf(v["x"], v["dof"]), v["p"].get<double>(), 1e-9, 1e-300);
        for (const Json &v : load("special_functions/chi2_sf.json"))
            VERIFY_NEAR(chiSquareSf(number(v["x"]), v["df"]), v["sf"].get<double>(), 1e-9, 1e-300);
        QCOMPARE(chiSquareSf(HUGE_VAL, 3), 0.0);
        VERIFY_NEAR(chiSquareQuantile(0.05, 1), 3.841458820694124, 1e-9, 0);
    }
    void chiSquareHomogeneityTest()
    {
        for (const Json &v : m_vectors["chi2_homogeneity"]) {
            const auto chi = chiSquareHomogeneity(v["r"].get<std::vector<double>>(),
                                                  v["t"].get<std::vector<double>>(), Rare::Kept);
            VERIFY_NEAR(chi.statistic, v["chi2"].get<double>(), 1e-9, 1e-12);
            QCOMPARE(chi.dof, v["dof"].get<int>());
            VERIFY_NEAR(chi.p, v["p"].get<double>(), 1e-8, 1e-300);
            VERIFY_NEAR(chi.cramersV, v["cramers_v"].get<double>(), 1e-9, 1e-12);
        }
    }
    void rawNumeric()
    {
        for (const Json &v : m_vectors["raw_numeric"]) {
            const KllView r = viewOf(v["ref"].get<std::vector<double>>());
            const KllView t = viewOf(v["tgt"].get<std::vector<double>>());
            const Gap gap = distributionGap(r, t);
            VERIFY_NEAR(gap.ks, v["ks"].get<double>(), 1e-12, 1e-12);
            VERIFY_NEAR(gap.area, v["wasserstein1"].get<double>(), 1e-12, 1e-12);
            if (v.contains("ks_p_exact"))
                VERIFY_NEAR(ksExactP(r.n, t.n, gap.ks), v["ks_p_exact"].get<double>(), 1e-9, 1e-12);
            // Affine changes leave KS alone and scale W₁.
            std::vector<double> rs;
            std::vector<double> ts;
            for (const double x : v["ref"].get<std::vector<double>>())
                rs.push_back(-3 * x + 7);
            for (const double x : v["tgt"].get<std::vector<double>>())
                ts.push_back(-3 * x + 7);
            VERIFY_NEAR(distributionGap(viewOf(rs), viewOf(ts)).ks, gap.ks, 1e-12, 1e-12);
            VERIFY_NEAR(distributionGap(viewOf(rs), viewOf(ts)).area, 3 * gap.area, 1e-12, 1e-12);
        }
    }
    void kolmogorovOneSample()
    {
        for (const Json &v : m_vectors["kstwo_sf"])
            VERIFY_NEAR(kolmogorovSf(v["N"], v["D"]), v["sf"].get<double>(),
                        v["N"].get<int>() <= 140 ? 1e-8 : 1e-5, 1e-11);
        for (const Json &v : load("special_functions/kstwo_sf.json")) {
            const double expected = v["sf"].get<double>();
            const double ours = kolmogorovSf(v["n"], v["D"]);
            QVERIFY2(near(ours, expected, 1e-6, 1e-10),
                     qPrintable(QStringLiteral("n %1 D %2: %3, expected %4")
                                    .arg(v["n"].get<double>())
                                    .arg(v["D"].get<double>())
                                    .arg(ours, 0, 'g', 12)
                                    .arg(expected, 0, 'g', 12)));
        }
    }

    void whylogsPreset_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"drift_none", "drift_shift", "drift_small", "drift_constant"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }
    void whylogsPreset()
    {
        QFETCH(QString, name);
        const std::string dir = name.toStdString();
        const Json golden = load(dir + "/drift.json");
        const auto target = parseProfile(test::readAll(test::golden(dir + "/target.bin"))).value();
        const auto reference =
            parseProfile(test::readAll(test::golden(dir + "/reference.bin"))).value();
        Options options;
        options.preset = Preset::Whylogs;
        for (const bool forward : {true, false}) {
            const auto drift =
                forward ? compare(reference, target, options) : compare(target, reference, options);
            const char *direction = forward ? "target_vs_reference" : "reference_vs_target";
            for (const ColumnDrift &column : drift.columns) {
                if (!golden["columns"].contains(column.name))
                    continue;
                const Json &expected = golden["columns"][column.name];
                const Json &ks = expected["ks"][direction];
                const Json &chi = expected["chi-square"][direction];
                if (const Measure *ours = column.find("ks")) {
                    VERIFY_NEAR(ours->value, number(ks["statistic"]), 1e-12, 1e-12);
                    VERIFY_NEAR(*ours->p, number(ks["pvalue"]), 1e-6, 1e-300);
                    checkCategory(column, ks);
                } else if (const Measure *fit = column.find("chi2")) {
                    QVERIFY(ks.is_null());
                    if (std::isinf(fit->value))
                        QCOMPARE(chi["statistic"].get<std::string>(), std::string("inf"));
                    else
                        VERIFY_NEAR(fit->value, number(chi["statistic"]), 1e-12, 1e-12);
                    VERIFY_NEAR(*fit->p, number(chi["pvalue"]), 1e-9, 1e-300);
                    checkCategory(column, chi);
                } else {
                    QVERIFY(ks.is_null() && chi.is_null());
                }
                const Json &h = expected["hellinger"][direction];
                const Measure *ours = column.find("hellinger");
                QCOMPARE(ours == nullptr, h.is_null());
                if (ours)
                    VERIFY_NEAR(ours->value, number(h["statistic"]), 1e-9, 1e-9);
            }
        }
    }

private:
    static void checkCategory(const ColumnDrift &column, const Json &golden)
    {
        const auto expected = golden["drift_category"].get<std::string>();
        const Verdict verdict = expected == "DRIFT"            ? Verdict::Drift
                                : expected == "POSSIBLE_DRIFT" ? Verdict::PossibleDrift
                                                               : Verdict::NoDrift;
        QCOMPARE(column.verdict, verdict);
    }
};

QTEST_APPLESS_MAIN(TestDriftVectors)
#include "tst_drift_vectors.moc"
