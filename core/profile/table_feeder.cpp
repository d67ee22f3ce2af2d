// Whole columns of a chunk into profiles.

#include "table_feeder.h"

#include <fmt/format.h>

#include <algorithm>

namespace tepal {
namespace {

constexpr std::size_t kProblemsKept = 10;

/// The data frame's column type: mixed columns are objects and profiled like text.
ValueKind frameKind(ChunkType type, std::span<const Value> values)
{
    switch (type) {
    case ChunkType::Nothing:
        return ValueKind::Null;
    case ChunkType::Booleans:
        // Missing values among booleans make objects of them.
        return std::any_of(values.begin(), values.end(), isMissing) ? ValueKind::String
                                                                    : ValueKind::Boolean;
    case ChunkType::Integers:
        return ValueKind::Integral;
    case ChunkType::Fractions:
        return ValueKind::Fractional;
    default:
        return ValueKind::String;
    }
}

void addMissing(ColumnProfile &column, std::uint64_t count)
{
    column.trackNulls(count);
    column.counts.nan += static_cast<std::int64_t>(count);
}

} // namespace

Status Feeder::feed(Chunk &chunk)
{
    if (chunk.badCount > 0 && m_options.strict) {
        const BadRow &first = chunk.bad.front();
        return fail(ErrorCode::Corrupt, fmt::format("line {}: {}", first.line, first.what),
                    "mend the row or run without --strict");
    }
    m_result.skipped += chunk.badCount;
    for (const BadRow &row : chunk.bad) {
        if (m_result.problems.size() < kProblemsKept)
            m_result.problems.push_back(fmt::format("line {}: {}", row.line, row.what));
    }
    for (ChunkColumn &column : chunk.columns)
        settleType(column);
    if (m_options.performance) {
        if (auto judged = judge(chunk, *m_options.performance); !judged)
            return judged;
    }
    if (!m_options.segmentBy.empty()) {
        if (auto fed = feedSegments(chunk); !fed)
            return fed;
    } else if (chunk.rows > 0) {
        DatasetProfile &profile = segment({});
        for (ChunkColumn &column : chunk.columns)
            feedColumn(profile, column);
        m_result.rows += chunk.rows;
        padMissing(profile);
        return {};
    }
    m_result.rows += chunk.rows;
    return {};
}

Result<TableProfile> Feeder::finish()
{
    if (m_result.rows == 0 && m_format == TableFormat::Jsonl && m_result.skipped > 0)
        return fail(ErrorCode::Corrupt, "no line is a JSON object: " + m_result.problems[0],
                    "give one JSON object per line");
    if (m_options.segmentBy.empty()) {
        DatasetProfile &profile = segment({});
        for (const auto &[name, nulls] : m_onlyNulls) {
            // pandas reads an empty column as fractions, all of them NaN.
            ColumnProfile &column = columnFor(profile, name, ValueKind::Fractional);
            addMissing(column, nulls);
        }
    }
    if (m_segments.empty())
        segment({}); // no row belongs to any: an empty profile says so
    for (auto &[key, profile] : m_segments)
        m_result.profiles.push_back(std::move(profile));
    return std::move(m_result);
}

void Feeder::settleType(ChunkColumn &column)
{
    if (column.type == ChunkType::Nothing || m_options.semantics == Semantics::Row)
        return;
    ChunkType &known = m_known[column.name];
    if (known > ChunkType::Nothing && known != column.type) {
        if (m_format == TableFormat::Csv) {
            const std::vector<std::string_view> cells = std::move(column.cells);
            column.clear();
            column.cells = cells;
            inferColumn(column, m_nulls, known);
            if (byValue())
                listValues(column, m_nulls);
        } else if (known == ChunkType::Fractions && column.type == ChunkType::Integers) {
            column.type = ChunkType::Fractions;
            for (Value &value : column.values) {
                if (value.kind() == ValueKind::Integral)
                    value = Value::fractional(static_cast<double>(value.asIntegral()));
            }
        }
    }
    known = std::max(known, column.type);
}

DatasetProfile &Feeder::segment(const SegmentTags &tags)
{
    SegmentKey key;
    for (const auto &[name, value] : tags)
        key.push_back(value);
    const auto [it, added] = m_segments.try_emplace(key);
    if (added) {
        it->second.segment = tags;
        it->second.datasetTimestamp = m_options.datasetTimestamp;
        it->second.creationTimestamp = m_options.creationTimestamp;
        if (!tags.empty())
            it->second.metadata = segmentMetadata(tags);
    }
    return it->second;
}

ColumnProfile &Feeder::columnFor(DatasetProfile &profile, const std::string &name, ValueKind kind)
{
    const auto at = profile.columns.find(name);
    if (at != profile.columns.end())
        return at->second;
    auto fresh = ColumnProfile::forFirstValue(
        kind, m_options.semantics, m_options.schema ? m_options.schema->find(name, kind) : nullptr);
    return profile.columns.emplace(name, std::move(fresh)).first->second;
}

void Feeder::feedColumn(DatasetProfile &profile, ChunkColumn &column)
{
    if (byValue()) {
        feedValues(profile, column, column.values);
        return;
    }
    if (column.type == ChunkType::Nothing && !profile.columns.contains(column.name)) {
        m_onlyNulls[column.name] += column.nulls;
        return;
    }
    const bool objects = column.type == ChunkType::Booleans && column.nulls > 0;
    ColumnProfile &to =
        columnFor(profile, column.name, objects ? ValueKind::String : frameKind(column.type, {}));
    if (const auto before = m_onlyNulls.find(column.name); before != m_onlyNulls.end()) {
        addMissing(to, before->second);
        m_onlyNulls.erase(before);
    }
    addMissing(to, column.nulls);
    to.trackCounted(column.countedFractions);
    to.trackFractionals(column.fractions);
    to.trackCounted(column.countedIntegers);
    to.trackIntegrals(column.integers);
    to.trackCounted(column.countedTexts);
    to.trackStrings(column.texts);
    to.trackBooleans(column.trues, column.falses);
}

void Feeder::feedValues(DatasetProfile &profile, const ChunkColumn &column,
                        std::span<const Value> values)
{
    if (values.empty())
        return;
    const bool rowWise = m_options.semantics == Semantics::Row;
    ColumnProfile &to = columnFor(profile, column.name,
                                  rowWise ? values[0].kind() : frameKind(column.type, values));
    if (!rowWise) {
        to.trackBatch(values);
        return;
    }
    for (const Value &value : values)
        to.track(value, Semantics::Row);
}

void Feeder::padMissing(DatasetProfile &profile)
{
    if (m_format != TableFormat::Jsonl || m_options.semantics != Semantics::Table)
        return;
    for (auto &[name, column] : profile.columns) {
        const std::uint64_t missing = m_result.rows - static_cast<std::uint64_t>(column.counts.n);
        if (m_known[name] == ChunkType::Fractions)
            addMissing(column, missing);
        else
            column.trackNulls(missing);
    }
}

} // namespace tepal
