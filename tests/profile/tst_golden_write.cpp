// Our profile of whylogs' input says what whylogs' profile of it says.

#include "golden_support.h"

#include <tepal/profile/file.h>

#include <QTest>

#include <deque>

using namespace tepal;
using namespace tepal::test;

namespace {

/// A cell of input.jsonl as the value that was logged. Text lives in `arena`.
Value valueOf(const Json &cell, std::deque<std::string> &arena)
{
    if (cell.is_null())
        return Value::null();
    if (cell.is_boolean())
        return Value::boolean(cell.get<bool>());
    if (cell.is_number_integer())
        return Value::integral(cell.get<std::int64_t>());
    if (cell.is_number_float())
        return Value::fractional(cell.get<double>());
    if (cell.is_string()) {
        arena.push_back(cell.get<std::string>());
        return Value::string(arena.back());
    }
    if (cell.is_object() && cell.contains("$f64"))
        return Value::fractional(goldenNumber(cell["$f64"]));
    if (cell.is_array() && !cell.empty() && cell[0].is_number())
        return Value::tensor();
    return Value::object();
}

ValueKind kindOfDtype(const std::string &dtype)
{
    if (dtype == "int64")
        return ValueKind::Integral;
    if (dtype == "float64")
        return ValueKind::Fractional;
    return dtype == "bool" ? ValueKind::Boolean : ValueKind::String;
}

/// In a float64 column null is NaN.
Value inColumn(Value value, const std::string &dtype)
{
    if (dtype == "float64") {
        if (value.isNull())
            return Value::fractional(std::nan(""));
        if (value.kind() == ValueKind::Integral)
            return Value::fractional(static_cast<double>(value.asIntegral()));
    }
    return value;
}

} // namespace

class TestGoldenWrite : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cases_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name :
             {"iris_train", "iris_predictions", "single_row", "ints", "none_first", "empty_columns",
              "metadata", "unicode_ranges", "condition_count"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }
    void cases()
    {
        QFETCH(QString, name);
        const auto dir = golden(name.toStdString());
        const Json about = Json::parse(readAll(dir / "case.json"));
        const bool rows = about["ingest"] == "rows";
        std::vector<Json> records;
        std::istringstream lines(readAll(dir / "input.jsonl"));
        for (std::string line; std::getline(lines, line);)
            records.push_back(Json::parse(line));

        DatasetProfile ours;
        std::deque<std::string> arena;
        for (const Json &column : about["columns"]) {
            const auto columnName = column["name"].get<std::string>();
            const std::string dtype = column.value("dtype", std::string("object"));
            std::vector<Value> values;
            for (const Json &record : records) {
                if (record.contains(columnName))
                    values.push_back(valueOf(record[columnName], arena));
            }
            if (rows) {
                for (const Value &value : values)
                    ours.track(columnName, value, Semantics::Row);
                continue;
            }
            for (Value &value : values)
                value = inColumn(value, dtype);
            auto profile = ColumnProfile::forFirstValue(kindOfDtype(dtype), Semantics::Table);
            profile.trackBatch(values);
            ours.columns.emplace(columnName, std::move(profile));
        }

        // Through the bytes, so that what is compared is what a reader of our file sees.
        const auto read = parseProfile(serializeProfile(ours));
        QVERIFY(read);
        const Json summary = Json::parse(readAll(dir / "summary.json"));
        for (const auto &[columnName, expected] : summary["columns"].items()) {
            const auto it = read->columns.find(columnName);
            QVERIFY2(it != read->columns.end(), columnName.c_str());
            std::map<std::string, SummaryValue> fields;
            for (auto &[field, value] : columnSummary(it->second))
                fields[field] = std::move(value);
            const bool largeSet =
                it->second.cardinality && it->second.cardinality->mode() == HllSketch::Mode::Hll;
            for (const auto &[field, value] : expected["summary"].items()) {
                if (field.find(':') != field.npos || field.starts_with("condition_count") ||
                    field.starts_with("unicode_range"))
                    continue;
                // The estimate depends on the order of feeding once registers are in use.
                const double tolerance = largeSet && field.starts_with("cardinality") ? 0.05 : 1e-9;
                const std::string difference = compareSummaryValue(fields[field], value, tolerance);
                QVERIFY2(difference.empty(),
                         (columnName + " " + field + ": " + difference).c_str());
            }
        }
    }

    void normals()
    {
        // The rule of golden/README: mean + sd·(Σ of 12 uniforms − 6).
        const Json about = Json::parse(readAll(golden("normals_1e6/case.json")));
        const Json &rule = about["columns"][0]["rule"];
        std::uint64_t state = rule["seed"].get<std::uint64_t>();
        const auto uniform = [&state] {
            state += 0x9E3779B97F4A7C15ull;
            std::uint64_t z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
            return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
        };
        auto column = ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table);
        for (int i = 0; i < rule["n"].get<int>(); ++i) {
            double sum = uniform();
            for (int j = 1; j < 12; ++j)
                sum += uniform();
            column.track(Value::fractional(rule["mean"].get<double>() +
                                           rule["sd"].get<double>() * (sum - 6)));
        }
        const Json expected =
            Json::parse(readAll(golden("normals_1e6/summary.json")))["columns"]["x"]["summary"];
        const KllView view = column.distribution->kll.view();
        QVERIFY(close(view.min, expected["distribution/min"].get<double>(), 1e-12));
        QVERIFY(close(view.max, expected["distribution/max"].get<double>(), 1e-12));
        QVERIFY(
            close(column.distribution->mean, expected["distribution/mean"].get<double>(), 1e-9));
        QVERIFY(close(column.distribution->stddev(), expected["distribution/stddev"].get<double>(),
                      1e-9));
        // Both sketches are right within their bound; quantiles are compared by rank.
        for (const auto &[name, q] : kSummaryQuantiles) {
            const double theirs = expected[std::string("distribution/") + name].get<double>();
            QVERIFY(std::abs(view.rank(theirs) - q) < 2 * KllSketch::rankErrorFor(1024));
        }
        const double distinct = column.cardinality->estimate();
        QVERIFY(close(distinct, expected["cardinality/est"].get<double>(), 1e-9));
    }
};

QTEST_APPLESS_MAIN(TestGoldenWrite)
#include "tst_golden_write.moc"
