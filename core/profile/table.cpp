#include "table_profiler.h"

#include <tepal/profile/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace tepal {

using table::ColumnType;

table::ReadOptions TableProfiler::readOptions() const
{
    table::ReadOptions read = m_options.read;
    const bool rows = m_options.semantics == Semantics::Row;
    read.cellByCell = rows || byRows();
    read.records = rows;
    read.learnTypes = read.learnTypes || rows;
    read.rawTexts = m_keepTexts;
    return read;
}

bool TableProfiler::isKey(const std::string &column) const
{
    const auto &keys = m_options.segmentBy;
    if (std::find(keys.begin(), keys.end(), column) != keys.end())
        return true;
    const auto &performance = m_options.performance;
    return performance && (performance->prediction == column || performance->truth == column ||
                           performance->score == column);
}

ColumnGrowth::Make TableProfiler::maker(const std::string &name) const
{
    return [this, &name](ValueKind kind) {
        return ColumnProfile::forFirstValue(kind, m_options.semantics,
                                            m_options.schema ? m_options.schema->find(name, kind)
                                                             : nullptr);
    };
}

Status TableProfiler::begin(const std::vector<std::string> &names)
{
    m_names = names;
    const auto check = [&](const std::string &name) -> Status {
        if (name.empty() || std::find(names.begin(), names.end(), name) != names.end())
            return {};
        return fail(ErrorCode::InvalidArgument, fmt::format("there is no column \"{}\"", name),
                    "name a column of the header");
    };
    std::vector<std::string> needed = m_options.segmentBy;
    if (const auto &performance = m_options.performance)
        needed.insert(needed.end(),
                      {performance->prediction, performance->truth, performance->score});
    for (const std::string &name : needed) {
        if (auto there = check(name); !there)
            return there;
    }
    return {};
}

bool TableProfiler::widen(const std::string &column, ColumnType, ColumnType to)
{
    if (m_segments.empty())
        return true;
    // Values of segments and predictions have been spelled by the type that is no longer right.
    if (m_options.semantics == Semantics::Row || isKey(column))
        return false;
    for (auto &[key, segment] : m_segments) {
        const auto growth = segment.growths.find(column);
        const auto profile = segment.profile.columns.find(column);
        if (growth != segment.growths.end() &&
            !growth->second.widen(profile->second, to, maker(column)))
            return false;
    }
    return true;
}

void TableProfiler::restart()
{
    m_segments.clear();
    m_missing.clear();
    m_performance.reset();
}

TableProfiler::Segment &TableProfiler::segment(const SegmentTags &tags)
{
    SegmentKey key;
    for (const auto &[name, value] : tags)
        key.push_back(value);
    const auto [it, added] = m_segments.try_emplace(key);
    DatasetProfile &profile = it->second.profile;
    if (added) {
        profile.segment = tags;
        profile.datasetTimestamp = m_options.datasetTimestamp;
        profile.creationTimestamp = m_options.creationTimestamp;
        if (!tags.empty())
            profile.metadata = segmentMetadata(tags);
    }
    return it->second;
}

ColumnProfile &TableProfiler::columnOf(Segment &segment, const std::string &name,
                                       ColumnGrowth *&growth)
{
    const auto known = segment.growths.find(name);
    if (known != segment.growths.end()) {
        growth = &known->second;
        return segment.profile.columns.find(name)->second;
    }
    growth = &segment.growths.emplace(name, ColumnGrowth(m_keepTexts)).first->second;
    const auto make = maker(name);
    ColumnProfile &column =
        segment.profile.columns.emplace(name, make(ValueKind::Fractional)).first->second;
    growth->takeMissing(column, segment.rows, make);
    return column;
}

void TableProfiler::takeColumn(Segment &segment, const table::Column &column)
{
    ColumnGrowth *growth = nullptr;
    ColumnProfile &to = columnOf(segment, column.name, growth);
    growth->take(to, column, maker(column.name));
}

/// Value by value, as whylogs logs dictionaries; the first one decides the metrics.
void TableProfiler::takeRecords(Segment &segment, const std::string &name,
                                std::span<const Value> values)
{
    if (values.empty())
        return;
    auto at = segment.profile.columns.find(name);
    if (at == segment.profile.columns.end())
        at = segment.profile.columns.emplace(name, maker(name)(values[0].kind())).first;
    for (const Value &value : values)
        at->second.track(value, Semantics::Row);
}

Status TableProfiler::take(table::Block &block)
{
    for (table::Column &column : block.columns) {
        if (column.missing > 0 || block.rows == 0)
            m_missing[column.name] = m_missing[column.name] || column.missing > 0;
        // A cell of a delimited table that is missing is what pandas makes of it.
        if (m_options.semantics == Semantics::Row && column.rows.empty())
            std::replace_if(
                column.values.begin(), column.values.end(),
                [](const Value &value) { return value.isNull(); },
                Value::fractional(std::numeric_limits<double>::quiet_NaN()));
    }
    if (m_options.performance) {
        if (auto judged = judge(block, *m_options.performance); !judged)
            return judged;
    }
    if (!m_options.segmentBy.empty())
        return takeSegments(block);
    Segment &all = segment({});
    for (table::Column &column : block.columns) {
        if (m_options.semantics == Semantics::Row)
            takeRecords(all, column.name, column.values);
        else
            takeColumn(all, column);
    }
    all.rows += block.rows;
    return {};
}

Result<TableProfile> TableProfiler::finish(table::ReadReport report)
{
    TableProfile result;
    if (m_segments.empty())
        segment({}); // no row at all: an empty profile says so
    for (auto &[key, segment] : m_segments) {
        for (const std::string &name :
             m_options.semantics == Semantics::Table ? report.columns : m_names) {
            if (m_options.semantics == Semantics::Row && segment.profile.columns.contains(name))
                continue;
            ColumnGrowth *growth = nullptr;
            ColumnProfile &column = columnOf(segment, name, growth);
            growth->settle(column, report.types[name], m_missing[name], maker(name));
        }
        result.profiles.push_back(std::move(segment.profile));
    }
    result.performance = std::move(m_performance);
    result.read = std::move(report);
    return result;
}

namespace {

/// A table that cannot be read again is taken for text beside everything else.
bool isStream(const std::filesystem::path &path)
{
    std::error_code ignored;
    return path == "-" || !std::filesystem::is_regular_file(path, ignored);
}

} // namespace

Result<TableProfile> profileTable(const std::filesystem::path &path, const TableOptions &options)
{
    const std::string name = path == "-" ? "standard input" : path.string();
    TableProfiler profiler(options, isStream(path) && options.semantics == Semantics::Table);
    auto read = table::readTable(path, profiler.readOptions(), profiler);
    if (!read) {
        const ErrorCode code = read.error().code;
        const bool named = code == ErrorCode::NotFound || code == ErrorCode::Io;
        return named ? Result<TableProfile>(tl::unexpected(read.error()))
                     : Result<TableProfile>(failWith(name, read.error()));
    }
    return profiler.finish(std::move(*read));
}

Result<TableProfile> profileBytes(std::string_view bytes, const TableOptions &options)
{
    TableProfiler profiler(options, false);
    auto read = table::readBytes(bytes, profiler.readOptions(), profiler);
    if (!read)
        return tl::unexpected(read.error());
    return profiler.finish(std::move(*read));
}

} // namespace tepal
