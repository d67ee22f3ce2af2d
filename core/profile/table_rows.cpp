// What needs whole rows of a chunk: segments, and predictions beside the truth.

#include "table_profiler.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tepal {

using table::ColumnType;
using table::isMissing;

namespace {

std::optional<double> numberOf(Value value)
{
    if (value.kind() == ValueKind::Integral)
        return static_cast<double>(value.asIntegral());
    if (value.kind() == ValueKind::Fractional && !isMissing(value))
        return value.asFractional();
    return std::nullopt;
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
        to.classification->add(segmentText(prediction), segmentText(truth),
                               numberOf(score).value_or(1));
}

} // namespace

Result<std::vector<Value>> TableProfiler::cellsByRow(const table::Block &block,
                                                     const std::string &name) const
{
    std::vector<Value> cells(block.rows, Value::null());
    const auto at = std::find_if(block.columns.begin(), block.columns.end(),
                                 [&](const table::Column &c) { return c.name == name; });
    if (at == block.columns.end())
        return cells;
    for (std::size_t i = 0; i < at->values.size(); ++i)
        cells[at->rows.empty() ? i : at->rows[i]] = at->values[i];
    return cells;
}

Status TableProfiler::judge(const table::Block &block, const PerformanceColumns &columns)
{
    const auto predictions = cellsByRow(block, columns.prediction);
    const auto truths = cellsByRow(block, columns.truth);
    if (!predictions || !truths)
        return tl::unexpected((predictions ? truths : predictions).error());
    std::vector<Value> scores(block.rows, Value::fractional(1));
    if (!columns.score.empty()) {
        auto cells = cellsByRow(block, columns.score);
        if (!cells)
            return tl::unexpected(cells.error());
        scores = std::move(*cells);
    }
    ModelPerformance &to = m_performance ? *m_performance : m_performance.emplace();
    to.dataTimestamp = m_options.datasetTimestamp;
    to.sessionTimestamp = m_options.creationTimestamp;
    for (std::size_t row = 0; row < block.rows; ++row)
        judgeRow(to, columns.as, (*predictions)[row], (*truths)[row], scores[row]);
    return {};
}

Result<std::vector<TableProfiler::Segment *>>
TableProfiler::segmentsOfRows(const table::Block &block)
{
    std::vector<std::vector<Value>> keys;
    for (const std::string &name : m_options.segmentBy) {
        auto cells = cellsByRow(block, name);
        if (!cells)
            return tl::unexpected(cells.error());
        keys.push_back(std::move(*cells));
    }
    std::vector<Segment *> segments(block.rows, nullptr);
    for (std::size_t row = 0; row < block.rows; ++row) {
        SegmentTags tags;
        for (std::size_t i = 0; i < keys.size(); ++i)
            tags.emplace_back(m_options.segmentBy[i], segmentText(keys[i][row]));
        segments[row] = &segment(tags);
        if (m_segments.size() > m_options.maxSegments)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("more than {} segments", m_options.maxSegments),
                        "segment by columns with few different values");
    }
    return segments;
}

Status TableProfiler::takeSegments(const table::Block &block)
{
    const auto segments = segmentsOfRows(block);
    if (!segments)
        return tl::unexpected(segments.error());
    std::map<Segment *, std::vector<std::size_t>> parts;
    for (std::size_t row = 0; row < block.rows; ++row)
        parts[(*segments)[row]].push_back(row);
    for (const table::Column &column : block.columns) {
        std::map<Segment *, std::vector<Value>> values;
        for (std::size_t i = 0; i < column.values.size(); ++i)
            values[(*segments)[column.rows.empty() ? i : column.rows[i]]].push_back(
                column.values[i]);
        for (auto &[to, cells] : values) {
            if (m_options.semantics == Semantics::Row) {
                takeRecords(*to, column.name, cells);
                continue;
            }
            table::Column part;
            part.name = column.name;
            for (const Value &cell : cells)
                table::addCell(part, cell);
            part.type = part.missing == cells.size() ? ColumnType::Nothing : column.type;
            part.canonical = column.canonical;
            takeColumn(*to, part);
        }
    }
    for (auto &[to, rows] : parts)
        to->rows += rows.size();
    return {};
}

} // namespace tepal
