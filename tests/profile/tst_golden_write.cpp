// Our profile of whylogs' input says what whylogs' profile of it says, within the rules at the end
// of golden/README.md: case by case, by their names.

#include "golden_input.h"

#include <tepal/profile/file.h>
#include <tepal/profile/segments.h>
#include <tepal/profile/table.h>

#include <QTest>

#include <cmath>

using namespace tepal;
using namespace tepal::test;

namespace {

/// Distance in rank from x to the share q; equal values span a range of ranks.
double rankDistance(const KllView &view, double x, double q)
{
    const double below = view.rank(x);
    const double upTo = view.rank(std::nextafter(x, HUGE_VAL));
    return std::max({0.0, below - q, q - upTo});
}

/// Bounds of both sides must overlap; without a purge there is nothing between them.
std::string compareStrings(const FrequentStrings &ours, const Json &golden)
{
    const auto overlap = [&](const Json &item) {
        const FrequentString mine = ours.lookup(item["value"].get<std::string>());
        return mine.lower <= item["upper"].get<std::uint64_t>() &&
               mine.upper >= item["lower"].get<std::uint64_t>();
    };
    for (const Json &item : golden) {
        if (!overlap(item))
            return item.dump();
    }
    return "";
}

bool isPurged(const ColumnProfile &column, const Json &golden)
{
    return column.frequentStrings->maximumError() > 0 ||
           (!golden.empty() && golden[0]["upper"] != golden[0]["lower"]);
}

std::string compareField(const ColumnProfile &column, const std::string &field,
                         const SummaryValue &ours, const Json &golden)
{
    if (field == "frequent_items/frequent_strings" && isPurged(column, golden))
        return compareStrings(*column.frequentStrings, golden);
    if (field.starts_with("cardinality") && column.cardinality->mode() == HllSketch::Mode::Hll) {
        // The estimate depends on the order of feeding: two sketches, each within 3 σ.
        const double theirs = golden.get<double>();
        return theirs >= column.cardinality->lower(3) * 0.96 &&
                       theirs <= column.cardinality->upper(3) * 1.04
                   ? ""
                   : "expected " + golden.dump();
    }
    if (field.starts_with("distribution/") && !column.distribution->kll.isExact()) {
        const KllView view = column.distribution->kll.view();
        for (const auto &[name, q] : kSummaryQuantiles) {
            if (field == std::string("distribution/") + name)
                return rankDistance(view, goldenNumber(golden), q) <=
                               2 * KllSketch::rankErrorFor(1024)
                           ? ""
                           : "expected " + golden.dump();
        }
    }
    // A variance that overflows is infinite here; in whylogs it is that or not a number, by the way
    // the values came.
    if (field == "distribution/stddev" && golden == "nan" && column.distribution &&
        std::isinf(column.distribution->m2))
        return {};
    return compareSummaryValue(ours, golden, 1e-9);
}

/// Through the bytes, so that what is compared is what a reader of our file sees.
void compareProfiles(const DatasetProfile &ours, const Json &summary)
{
    const std::string bytes = serializeProfile(ours);
    const auto read = parseProfile(bytes);
    QVERIFY(read);
    QCOMPARE(serializeProfile(*read), bytes);
    QCOMPARE(read->columns.size(), summary["columns"].size());
    for (const auto &[name, expected] : summary["columns"].items()) {
        const auto it = read->columns.find(name);
        QVERIFY2(it != read->columns.end(), name.c_str());
        std::map<std::string, SummaryValue> fields;
        for (auto &[field, value] : columnSummary(it->second))
            fields[field] = std::move(value);
        QCOMPARE(fields.size(), expected["summary"].size());
        for (const auto &[field, value] : expected["summary"].items()) {
            QVERIFY2(fields.contains(field), (name + " " + field).c_str());
            const std::string difference = compareField(it->second, field, fields[field], value);
            QVERIFY2(difference.empty(), (name + " " + field + ": " + difference).c_str());
        }
    }
}

Json caseOf(const std::string &name)
{
    return Json::parse(readAll(golden(name + "/case.json")));
}

Json summaryOf(const std::string &file)
{
    return Json::parse(readAll(golden(file)));
}

} // namespace

class TestGoldenWrite : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rows_data()
    {
        QTest::addColumn<QString>("summary");
        for (const char *name : {"condition_count", "empty_columns", "ints", "iris_predictions",
                                 "iris_train", "metadata", "mixed_dataframe", "mixed_rows",
                                 "none_first", "single_row", "unicode_ranges"})
            QTest::newRow(name) << QStringLiteral("summary.json");
        QTest::newRow("timed_rolling") << QStringLiteral("iris.2026-11-23.summary.json");
    }
    void rows()
    {
        QFETCH(QString, summary);
        const std::string name = QTest::currentDataTag();
        compareProfiles(profileOfRows(golden(name), caseOf(name)),
                        summaryOf(name + "/" + summary.toStdString()));
    }

    void rules_data()
    {
        QTest::addColumn<int>("unused");
        for (const char *name : {"high_cardinality", "normals_1e6", "skewed_strings"})
            QTest::newRow(name) << 0;
    }
    void rules()
    {
        const std::string name = QTest::currentDataTag();
        compareProfiles(profileOfRules(caseOf(name)["columns"]), summaryOf(name + "/summary.json"));
    }

    void hll_modes()
    {
        const Json about = caseOf("hll_modes");
        QCOMPARE(about["sizes"].size(), 19u);
        for (const Json &size : about["sizes"])
            compareProfiles(profileOfRules(size["columns"]),
                            summaryOf("hll_modes/" + size["summary"].get<std::string>()));
    }

    void merge()
    {
        const Json about = caseOf("merge");
        std::vector<DatasetProfile> parts;
        for (const Json &part : about["parts"]) {
            DatasetProfile ours = profileOfRules(part["columns"]);
            for (const auto &[key, value] : part["metadata"].items())
                ours.metadata[key] = value.get<std::string>();
            const auto file = part["profile"].get<std::string>();
            compareProfiles(
                ours, summaryOf("merge/" + file.substr(0, file.size() - 4) + ".summary.json"));
            // As whylogs merged them: after a write and a read.
            parts.push_back(parseProfile(serializeProfile(ours)).value());
        }
        const Json expected = summaryOf("merge/merged.summary.json");
        for (const bool forward : {true, false}) {
            DatasetProfile merged = parts[forward ? 0 : 1];
            merged.merge(parts[forward ? 1 : 0]);
            compareProfiles(merged, expected);
            QCOMPARE(merged.metadata["src"], std::string(forward ? "part1" : "part0"));
            QCOMPARE(merged.metadata["k0"] + merged.metadata["k1"], std::string("vv"));
        }
    }

    void segments_data()
    {
        QTest::addColumn<QStringList>("columns");
        QTest::newRow("segmented_region") << QStringList{QStringLiteral("region")};
        QTest::newRow("segmented_region_tier")
            << QStringList{QStringLiteral("region"), QStringLiteral("tier")};
    }
    void segments()
    {
        QFETCH(QStringList, columns);
        const std::string name = QTest::currentDataTag();
        const Json about = caseOf(name);
        TableOptions options;
        for (const QString &column : columns)
            options.segmentBy.push_back(column.toStdString());
        const auto table = profileTable(golden(name + "/input.jsonl"), options);
        QVERIFY(table);
        QCOMPARE(table->profiles.size(), about["files"].size());
        for (const Json &file : about["files"]) {
            const auto key = file["segment_key"].get<std::vector<std::string>>();
            const auto ours = std::find_if(
                table->profiles.begin(), table->profiles.end(), [&](const DatasetProfile &p) {
                    return std::equal(
                        p.segment.begin(), p.segment.end(), key.begin(), key.end(),
                        [](const auto &tag, const auto &k) { return tag.second == k; });
                });
            QVERIFY(ours != table->profiles.end());
            const auto bin = file["file"].get<std::string>();
            const Json summary =
                summaryOf(name + "/" + bin.substr(0, bin.size() - 4) + ".summary.json");
            compareProfiles(*ours, summary);
            QCOMPARE(segmentFileName("profile", ours->segment),
                     "profile_" + file["default_filename_part"].get<std::string>() + ".bin");
            for (const auto &[tag, value] : summary["metadata"].items()) {
                if (tag.starts_with("segp_") || tag.starts_with("whylogs.tag."))
                    QCOMPARE(ours->metadata.at(tag), value.get<std::string>());
            }
            // The segment in the header, too, is what whylogs writes.
            const auto theirs = parseProfile(readAll(golden(name + "/" + bin)));
            QVERIFY(parseProfile(serializeProfile(*ours))->segment == theirs->segment);
        }
    }

    void metadataAndTimes()
    {
        const DatasetProfile theirs = parseProfile(readAll(golden("metadata/profile.bin"))).value();
        const Json about = caseOf("metadata");
        DatasetProfile ours = profileOfRows(golden("metadata"), about);
        for (const auto &[key, value] : about["metadata"].items())
            ours.metadata[key] = value.get<std::string>();
        ours.datasetTimestamp = theirs.datasetTimestamp;
        ours.creationTimestamp = theirs.creationTimestamp;
        const auto read = parseProfile(serializeProfile(ours));
        QCOMPARE(read->metadata, theirs.metadata);
        QCOMPARE(read->datasetTimestamp, theirs.datasetTimestamp);
        QCOMPARE(read->creationTimestamp, theirs.creationTimestamp);
    }

    /// The reader of files makes the same columns of the same rows.
    void filesOfTables_data()
    {
        QTest::addColumn<QString>("input");
        QTest::newRow("iris_train") << QStringLiteral("input.csv");
        QTest::newRow("iris_predictions") << QStringLiteral("input.csv");
        QTest::newRow("timed_rolling") << QStringLiteral("input.jsonl");
    }
    void filesOfTables()
    {
        QFETCH(QString, input);
        const std::string name = QTest::currentDataTag();
        const auto path = golden(name + "/" + input.toStdString());
        const auto table = profileTable(path, {});
        QVERIFY(table);
        compareProfiles(table->profiles.at(0),
                        summaryOf(name + (name == "timed_rolling" ? "/iris.2026-11-23.summary.json"
                                                                  : "/summary.json")));
    }
};

QTEST_APPLESS_MAIN(TestGoldenWrite)
#include "tst_golden_write.moc"
