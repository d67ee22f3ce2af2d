/// What was logged in a golden case: rows of input.jsonl[.gz], or the rules of golden/README.md.
#pragma once

#include "golden_support.h"

#include <tepal/profile/dataset.h>

#include <zlib.h>

#include <deque>

namespace tepal::test {

inline std::string readMaybeGzip(const std::filesystem::path &path)
{
    std::string text;
    const gzFile file = gzopen(path.c_str(), "rb");
    char buffer[65536];
    for (int got = 0; (got = gzread(file, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(got));
    gzclose(file);
    return text;
}

/// A cell of input.jsonl as the value that was logged. Text lives in `arena`.
inline Value valueOf(const Json &cell, std::deque<std::string> &arena)
{
    if (cell.is_null())
        return Value::null();
    if (cell.is_boolean())
        return Value::boolean(cell.get<bool>());
    if (cell.is_number_integer())
        return Value::integral(cell.get<std::int64_t>());
    if (cell.is_number_float())
        return Value::fractional(cell.get<double>());
    if (cell.is_string())
        return Value::string(arena.emplace_back(cell.get<std::string>()));
    if (cell.is_object() && cell.contains("$f64"))
        return Value::fractional(goldenNumber(cell["$f64"]));
    const auto isTensor = [](const auto &self, const Json &array) -> bool {
        return array.is_array() && !array.empty() &&
               std::all_of(array.begin(), array.end(), [&](const Json &item) {
                   return item.is_number() || (item.is_object() && item.contains("$f64")) ||
                          self(self, item);
               });
    };
    return isTensor(isTensor, cell) ? Value::tensor() : Value::object();
}

inline ValueKind kindOfDtype(const std::string &dtype)
{
    if (dtype == "int64")
        return ValueKind::Integral;
    if (dtype == "float64")
        return ValueKind::Fractional;
    return dtype == "bool" ? ValueKind::Boolean : ValueKind::String;
}

/// In a float64 column null is NaN.
inline Value inColumn(Value value, const std::string &dtype)
{
    if (dtype == "float64") {
        if (value.isNull())
            return Value::fractional(std::nan(""));
        if (value.kind() == ValueKind::Integral)
            return Value::fractional(static_cast<double>(value.asIntegral()));
    }
    return value;
}

/// The numbers and texts that a rule makes.
class Rule
{
public:
    explicit Rule(const Json &rule)
        : m_rule(rule)
        , m_name(rule["rule"].get<std::string>())
        , m_state(rule.value("seed", std::uint64_t{0}))
    {}

    std::vector<Value> values(std::deque<std::string> &arena)
    {
        std::vector<Value> values;
        const auto n = m_rule["n"].get<std::int64_t>();
        for (std::int64_t i = 0; i < n; ++i)
            values.push_back(next(i, arena));
        return values;
    }
    ValueKind kind() const
    {
        if (m_name == "uniform53" || m_name == "irwin_hall12")
            return ValueKind::Fractional;
        return m_name == "range" || m_name == "mod" ? ValueKind::Integral : ValueKind::String;
    }

private:
    double uniform()
    {
        m_state += 0x9E3779B97F4A7C15ull;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
    }
    Value next(std::int64_t i, std::deque<std::string> &arena)
    {
        if (m_name == "uniform53") {
            const double lo = m_rule["lo"].get<double>();
            return Value::fractional(lo + (m_rule["hi"].get<double>() - lo) * uniform());
        }
        if (m_name == "irwin_hall12") {
            double sum = uniform();
            for (int j = 1; j < 12; ++j)
                sum += uniform();
            return Value::fractional(m_rule["mean"].get<double>() +
                                     m_rule["sd"].get<double>() * (sum - 6));
        }
        if (m_name == "range")
            return Value::integral(m_rule["start"].get<std::int64_t>() +
                                   i * m_rule.value("step", std::int64_t{1}));
        if (m_name == "mod")
            return Value::integral(
                (i * m_rule["mult"].get<std::int64_t>() + m_rule["add"].get<std::int64_t>()) %
                m_rule["mod"].get<std::int64_t>());
        if (m_name == "skewed") {
            const double u = uniform();
            const auto rank =
                static_cast<std::int64_t>(m_rule["card"].get<double>() * ((u * u) * u));
            return Value::string(
                arena.emplace_back(m_rule["prefix"].get<std::string>() + std::to_string(rank)));
        }
        if (m_name != "format")
            qFatal("unknown rule %s", m_name.c_str());
        const auto format = m_rule["format"].get<std::string>();
        const std::size_t place = format.find('%');
        const bool constant = format.find("%.0s") != format.npos;
        return Value::string(arena.emplace_back(
            constant ? format.substr(0, place)
                     : format.substr(0, place) +
                           std::to_string(m_rule["start"].get<std::int64_t>() + i)));
    }

    const Json &m_rule;
    std::string m_name;
    std::uint64_t m_state;
};

/// What was asked for beyond the standard metrics.
inline ColumnSchemaPtr schemaOf(const Json &about)
{
    auto schema = std::make_shared<ColumnSchema>();
    schema->unicodeRanges = about.contains("schema") && about["schema"].contains("metric_config") &&
                            about["schema"]["metric_config"].value("track_unicode_ranges", false);
    if (about.contains("conditions")) {
        schema->conditions.push_back(Condition::between("in_unit", 0, 1));
        schema->conditions.push_back(Condition::compare("gt1", Condition::Comparison::Greater, 1));
    }
    return schema;
}

/// Our profile of the columns of a case (or of one part of it) that are made by rules.
inline DatasetProfile profileOfRules(const Json &columns)
{
    DatasetProfile profile;
    std::deque<std::string> arena;
    for (const Json &column : columns) {
        Rule rule(column["rule"]);
        auto ours = ColumnProfile::forFirstValue(rule.kind(), Semantics::Table);
        ours.trackBatch(rule.values(arena));
        profile.columns.emplace(column["name"].get<std::string>(), std::move(ours));
    }
    return profile;
}

/// Our profile of the rows of a case, logged as whylogs logged them.
inline DatasetProfile profileOfRows(const std::filesystem::path &dir, const Json &about)
{
    std::vector<Json> records;
    std::istringstream lines(readMaybeGzip(dir / about["input"].get<std::string>()));
    for (std::string line; std::getline(lines, line);)
        records.push_back(Json::parse(line));
    DatasetProfile profile;
    std::deque<std::string> arena;
    const ColumnSchemaPtr schema = schemaOf(about);
    for (const Json &column : about["columns"]) {
        const auto name = column["name"].get<std::string>();
        const std::string dtype = column.value("dtype", std::string("object"));
        std::vector<Value> values;
        for (const Json &record : records) {
            if (record.contains(name))
                values.push_back(valueOf(record[name], arena));
        }
        if (about.value("ingest", std::string()) == "rows") {
            for (const Value &value : values)
                profile.track(name, value, Semantics::Row);
            continue;
        }
        for (Value &value : values)
            value = inColumn(value, dtype);
        auto ours = ColumnProfile::forFirstValue(kindOfDtype(dtype), Semantics::Table, schema);
        std::vector<std::size_t> calls{values.size()};
        if (about.contains("log_calls"))
            calls = about["log_calls"].get<std::vector<std::size_t>>();
        std::size_t at = 0;
        for (const std::size_t rows : calls) {
            ours.trackBatch(std::span(values).subspan(at, rows));
            at += rows;
        }
        profile.columns.emplace(name, std::move(ours));
    }
    return profile;
}

} // namespace tepal::test
