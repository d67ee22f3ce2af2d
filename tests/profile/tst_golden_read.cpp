// What we read from every profile that whylogs wrote is what whylogs reads from it.

#include "golden_support.h"

#include <tepal/profile/file.h>

#include <set>

using namespace tepal;
using namespace tepal::test;

namespace {

constexpr double kUnionTolerance = 1.5e-5;

/// Every folder of golden/; a case that is added must be added to the tests.
const std::set<std::string> &caseNames()
{
    static const std::set<std::string> names{"condition_count",
                                             "drift_constant",
                                             "drift_none",
                                             "drift_shift",
                                             "drift_small",
                                             "empty_columns",
                                             "high_cardinality",
                                             "hll_modes",
                                             "ints",
                                             "iris_predictions",
                                             "iris_train",
                                             "merge",
                                             "metadata",
                                             "mixed_dataframe",
                                             "mixed_rows",
                                             "model_performance",
                                             "none_first",
                                             "normals_1e6",
                                             "segmented_region",
                                             "segmented_region_tier",
                                             "single_row",
                                             "skewed_strings",
                                             "special_functions",
                                             "timed_rolling",
                                             "unicode_ranges"};
    return names;
}

/// Where a file's announced content ends; stray bytes may follow.
std::size_t announcedEnd(const std::string &bytes)
{
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        // The reader needs all that is announced and nothing more.
        if (parseProfile(std::string_view(bytes).substr(0, size)))
            return size;
    }
    return bytes.size();
}

void addGoldenFiles()
{
    QTest::addColumn<QString>("bin");
    QTest::addColumn<QString>("summary");
    for (const auto &entry : std::filesystem::recursive_directory_iterator(golden())) {
        const auto &path = entry.path();
        if (path.extension() != ".bin")
            continue;
        auto summary = path.parent_path() / (path.stem().string() + ".summary.json");
        if (!exists(summary))
            summary = path.parent_path() / "summary.json";
        if (!exists(summary))
            continue;
        QTest::newRow((path.parent_path().filename() / path.filename()).string().c_str())
            << qs(path.string()) << qs(summary.string());
    }
}

} // namespace

class TestGoldenRead : public QObject
{
    Q_OBJECT

    DatasetProfile m_profile;
    Json m_golden;

    void load()
    {
        QFETCH(QString, bin);
        QFETCH(QString, summary);
        const std::string bytes = readAll(bin.toStdString());
        auto profile = parseProfile(bytes);
        QVERIFY2(profile, profile ? "" : profile.error().text().c_str());
        m_profile = std::move(*profile);
        m_golden = Json::parse(readAll(summary.toStdString()));
    }

private Q_SLOTS:
    void everyCaseIsKnown()
    {
        std::set<std::string> found;
        for (const auto &entry : std::filesystem::directory_iterator(golden())) {
            if (entry.is_directory() &&
                (exists(entry.path() / "case.json") || exists(entry.path() / "drift.json")))
                found.insert(entry.path().filename().string());
        }
        for (const std::string &name : caseNames())
            QVERIFY2(found.contains(name), name.c_str());
        QCOMPARE(caseNames().size(), 25u);
    }

    /// Cut anywhere, a file is an error, never a crash, and never a profile.
    void truncations_data()
    {
        QTest::addColumn<QString>("bin");
        for (const auto &entry : std::filesystem::recursive_directory_iterator(golden())) {
            const auto &path = entry.path();
            if (path.extension() == ".bin" && path.parent_path().filename() != "model_performance")
                QTest::newRow((path.parent_path().filename() / path.filename()).string().c_str())
                    << qs(path.string());
        }
    }
    void truncations()
    {
        QFETCH(QString, bin);
        const std::string bytes = readAll(bin.toStdString());
        const std::size_t end = announcedEnd(bytes);
        QVERIFY(parseProfile(bytes));
        // Everything from there on is the stray tail that whylogs leaves in a segment file.
        QCOMPARE(bytes.size() - end, bin.contains(QStringLiteral("/segmented")) ? 9u : 0u);
        for (std::size_t cut = end; cut < bytes.size(); ++cut)
            QVERIFY(parseProfile(std::string_view(bytes).substr(0, cut)));
    }

    void summaries_data() { addGoldenFiles(); }
    void summaries()
    {
        load();
        QCOMPARE(m_profile.datasetTimestamp, m_golden["dataset_timestamp_ms"].get<TimeMs>());
        QCOMPARE(m_profile.creationTimestamp, m_golden["creation_timestamp_ms"].get<TimeMs>());
        QCOMPARE(m_profile.columns.size(), m_golden["columns"].size());
        for (const auto &[key, value] : m_golden["metadata"].items())
            QCOMPARE(m_profile.metadata[key], value.get<std::string>());
        for (const auto &[name, golden] : m_golden["columns"].items()) {
            const auto column = m_profile.columns.find(name);
            QVERIFY(column != m_profile.columns.end());
            std::map<std::string, SummaryValue> ours;
            for (auto &[field, value] : columnSummary(column->second))
                ours[field] = std::move(value);
            // After a merge of two large HLL sketches whylogs corrects the estimate by a table of
            // simulations, we by the expectation: equal to 15 parts in a million, where the
            // estimate's own error is 1.6 in a hundred.
            const bool merged =
                column->second.cardinality && column->second.cardinality->isOutOfOrder();
            for (const auto &[field, value] : golden["summary"].items()) {
                const double tolerance =
                    merged && field.starts_with("cardinality") ? kUnionTolerance : 1e-9;
                const std::string difference = compareSummaryValue(ours[field], value, tolerance);
                QVERIFY2(difference.empty(), (name + " " + field + ": " + difference).c_str());
            }
        }
    }

    void sketches_data() { addGoldenFiles(); }
    void sketches()
    {
        load();
        for (const auto &[name, golden] : m_golden["columns"].items()) {
            const ColumnProfile &column = m_profile.columns.find(name)->second;
            for (const auto &[path, sketch] : golden["sketches"].items()) {
                if (path == "distribution/kll")
                    compareKll(column.distribution->kll, sketch, name);
                else if (path == "cardinality/hll")
                    compareHll(*column.cardinality, sketch, name);
                else if (path == "frequent_items/frequent_strings")
                    compareStrings(*column.frequentStrings, sketch, name);
            }
        }
    }

    void rewriting_data() { addGoldenFiles(); }
    void rewriting()
    {
        load();
        const std::string ours = serializeProfile(m_profile);
        const auto again = parseProfile(ours);
        QVERIFY(again);
        QCOMPARE(serializeProfile(*again), ours);
        for (const auto &[name, column] : m_profile.columns) {
            const ColumnProfile &other = again->columns.find(name)->second;
            QVERIFY(other.counts == column.counts && other.types == column.types);
            QCOMPARE(other.otherComponents, column.otherComponents);
            QCOMPARE(serializeColumn(parseColumn(serializeColumn(column)).value()),
                     serializeColumn(column));
        }
    }

private:
    static void compareKll(const KllSketch &ours, const Json &golden, const std::string &name)
    {
        QCOMPARE(ours.k(), golden["k"].get<std::uint16_t>());
        QCOMPARE(ours.n(), golden["n"].get<std::uint64_t>());
        QCOMPARE(ours.retained(), golden["num_retained"].get<std::size_t>());
        QCOMPARE(!ours.isExact(), golden["estimation_mode"].get<bool>());
        QVERIFY(
            close(KllSketch::rankErrorFor(ours.minK()), golden["rank_error"].get<double>(), 1e-12));
        QVERIFY(close(KllSketch::cellErrorFor(ours.minK()), golden["rank_error_pmf"].get<double>(),
                      1e-12));
        if (ours.empty())
            return;
        QVERIFY(close(ours.min(), goldenNumber(golden["min"]), 0));
        QVERIFY(close(ours.max(), goldenNumber(golden["max"]), 0));
        const KllView view = ours.view();
        for (std::size_t i = 0; i <= 100; ++i) {
            const double rank = static_cast<double>(i) / 100;
            const double expected = goldenNumber(golden["quantiles_101"][i]);
            QVERIFY2(close(view.quantile(rank), expected, 0),
                     (name + " quantile " + std::to_string(i)).c_str());
        }
        std::string bytes;
        ours.serialize(bytes);
        QCOMPARE(bytes.size(), golden["serialized_len"].get<std::size_t>());
    }

    static void compareHll(const HllSketch &ours, const Json &golden, const std::string &name)
    {
        QCOMPARE(ours.lgK(), golden["lg_k"].get<std::uint8_t>());
        QCOMPARE(ours.isOutOfOrder(), golden["out_of_order"].get<bool>());
        constexpr const char *modes[]{"LIST", "SET", "HLL"};
        QCOMPARE(std::string(modes[static_cast<int>(ours.mode())]),
                 golden["mode"].get<std::string>());
        const double tolerance = ours.isOutOfOrder() ? kUnionTolerance : 1e-9;
        QVERIFY2(
            close(ours.estimate(), golden["est"].get<double>(), tolerance),
            (name + " " + std::to_string(ours.estimate()) + " " + golden["est"].dump()).c_str());
        for (int s = 1; s <= 3; ++s) {
            const std::string suffix = std::to_string(s);
            QVERIFY(close(ours.lower(s), golden["lower_" + suffix].get<double>(), tolerance));
            QVERIFY(close(ours.upper(s), golden["upper_" + suffix].get<double>(), tolerance));
        }
        std::string bytes;
        ours.serialize(bytes);
        QCOMPARE(bytes.size(), golden["serialized_len"].get<std::size_t>());
    }

    static void compareStrings(const FrequentStrings &ours, const Json &golden,
                               const std::string &name)
    {
        QCOMPARE(ours.totalWeight(), golden["total_weight"].get<std::uint64_t>());
        QCOMPARE(ours.tracked(), golden["num_active"].get<std::size_t>());
        const std::string positives =
            compareSummaryValue(ours.listNoFalsePositives(), golden["no_false_positives"], 0);
        QVERIFY2(positives.empty(), (name + " " + positives).c_str());
        const std::string negatives =
            compareSummaryValue(ours.listNoFalseNegatives(), golden["no_false_negatives"], 0);
        QVERIFY2(negatives.empty(), (name + " " + negatives).c_str());
        std::string bytes;
        ours.serialize(bytes);
        QCOMPARE(bytes.size(), golden["serialized_len"].get<std::size_t>());
    }
};

QTEST_APPLESS_MAIN(TestGoldenRead)
#include "tst_golden_read.moc"
