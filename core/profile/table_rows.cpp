// What needs whole rows of a chunk: segments, and predictions beside the truth.

#include "table_feeder.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tepal {
namespace {

std::string keyText(Value value)
{
    switch (value.kind()) {
    case ValueKind::Boolean:
        return value.asBoolean() ? "True" : "False";
    case ValueKind::Integral:
        return std::to_string(value.asIntegral());
    case ValueKind::Fractional: {
        // Python writes a whole number as 2.0.
        const std::string text = formatDouble(value.asFractional());
        return text.find_first_not_of("-0123456789") == text.npos ? text + ".0" : text;
    }
    case ValueKind::String:
        return std::string(value.asString());
    default:
        return "nan";
    }
}

std::optional<double> numberOf(Value value)
{
    if (value.kind() == ValueKind::Integral)
        return static_cast<double>(value.asIntegral());
    if (value.kind() == ValueKind::Fractional && !isMissing(value))
        return value.asFractional();
    return std::nullopt;
}

/// Values of a table stand row by row; those of records say which row they are of.
std::size_t rowOf(const ChunkColumn &column, std::size_t i, const Chunk &chunk)
{
    return column.values.size() == chunk.rows ? i : column.rows[i];
}

/// The first usable row decides between numbers and classes unless that was said.
void judgeRow(ModelPerformance &to, PerformanceColumns::As as, Value prediction, Value truth,
              Value score)
{
    using As = PerformanceColumns::As;
    if (isMissing(prediction) || isMissing(truth))
        return;
    const auto p = numberOf(prediction);
    const auto t = numberOf(truth);
    if (!to.classification && !to.regression) {
        const bool fractions =
            prediction.kind() == ValueKind::Fractional || truth.kind() == ValueKind::Fractional;
        if (as == As::Numbers || (as == As::ByFirstRow && p && t && fractions))
            to.regression.emplace();
        else
            to.classification.emplace();
    }
    if (to.regression && p && t)
        to.regression->add(*p, *t);
    if (to.classification)
        to.classification->add(keyText(prediction), keyText(truth), numberOf(score).value_or(1));
}

} // namespace

Result<std::vector<Value>> Feeder::cellsByRow(const Chunk &chunk, const std::string &name) const
{
    std::vector<Value> cells(chunk.rows, Value::null());
    const auto at = std::find_if(chunk.columns.begin(), chunk.columns.end(),
                                 [&](const ChunkColumn &c) { return c.name == name; });
    if (at == chunk.columns.end() && m_format == TableFormat::Csv)
        return fail(ErrorCode::InvalidArgument, fmt::format("there is no column \"{}\"", name),
                    "name a column of the header");
    if (at != chunk.columns.end()) {
        for (std::size_t i = 0; i < at->values.size(); ++i)
            cells[rowOf(*at, i, chunk)] = at->values[i];
    }
    return cells;
}

Status Feeder::judge(const Chunk &chunk, const PerformanceColumns &columns)
{
    const auto predictions = cellsByRow(chunk, columns.prediction);
    const auto truths = cellsByRow(chunk, columns.truth);
    if (!predictions || !truths)
        return tl::unexpected((predictions ? truths : predictions).error());
    std::vector<Value> scores(chunk.rows, Value::fractional(1));
    if (!columns.score.empty()) {
        auto cells = cellsByRow(chunk, columns.score);
        if (!cells)
            return tl::unexpected(cells.error());
        scores = std::move(*cells);
    }
    ModelPerformance &to =
        m_result.performance ? *m_result.performance : m_result.performance.emplace();
    to.dataTimestamp = m_options.datasetTimestamp;
    to.sessionTimestamp = m_options.creationTimestamp;
    for (std::size_t row = 0; row < chunk.rows; ++row)
        judgeRow(to, columns.as, (*predictions)[row], (*truths)[row], scores[row]);
    return {};
}

Result<std::vector<DatasetProfile *>> Feeder::segmentsOfRows(const Chunk &chunk)
{
    std::vector<std::vector<Value>> keys;
    for (const std::string &name : m_options.segmentBy) {
        auto cells = cellsByRow(chunk, name);
        if (!cells)
            return tl::unexpected(cells.error());
        keys.push_back(std::move(*cells));
    }
    std::vector<DatasetProfile *> segments(chunk.rows, nullptr);
    for (std::size_t row = 0; row < chunk.rows; ++row) {
        if (keys.size() == 1 && isMissing(keys[0][row]))
            continue;
        SegmentTags tags;
        for (std::size_t i = 0; i < keys.size(); ++i)
            tags.emplace_back(m_options.segmentBy[i], keyText(keys[i][row]));
        segments[row] = &segment(tags);
        if (m_segments.size() > m_options.maxSegments)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("more than {} segments", m_options.maxSegments),
                        "segment by columns with few different values");
    }
    return segments;
}

Status Feeder::feedSegments(Chunk &chunk)
{
    const auto segments = segmentsOfRows(chunk);
    if (!segments)
        return tl::unexpected(segments.error());
    std::map<DatasetProfile *, std::vector<Value>> parts;
    for (const ChunkColumn &column : chunk.columns) {
        for (auto &[profile, values] : parts)
            values.clear();
        for (std::size_t i = 0; i < column.values.size(); ++i) {
            if (DatasetProfile *const profile = (*segments)[rowOf(column, i, chunk)])
                parts[profile].push_back(column.values[i]);
        }
        for (auto &[profile, values] : parts)
            feedValues(*profile, column, values);
    }
    return {};
}

} // namespace tepal
