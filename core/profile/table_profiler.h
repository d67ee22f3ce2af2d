/// From the blocks of a table to its profiles. Internal to the room: table.cpp goes column by
/// column, table_rows.cpp does what needs whole rows (segments, predictions beside the truth).
#pragma once

#include <tepal/profile/growth.h>
#include <tepal/profile/segments.h>
#include <tepal/profile/table.h>

#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace tepal {

class TableProfiler final : public table::Consumer
{
public:
    TableProfiler(const TableOptions &options, bool keepTexts)
        : m_options(options)
        , m_keepTexts(keepTexts)
    {}
    /// Options under which the table has to be read for this.
    table::ReadOptions readOptions() const;

    Status begin(const std::vector<std::string> &names) override;
    bool widen(const std::string &column, table::ColumnType from, table::ColumnType to) override;
    Status take(table::Block &block) override;
    void restart() override;
    Result<TableProfile> finish(table::ReadReport report);

private:
    using SegmentKey = std::vector<std::string>;

    struct Segment
    {
        DatasetProfile profile;
        std::unordered_map<std::string, ColumnGrowth> growths;
        std::uint64_t rows = 0;
    };

    bool byRows() const { return !m_options.segmentBy.empty() || m_options.performance; }
    bool isKey(const std::string &column) const;
    ColumnGrowth::Make maker(const std::string &name) const;
    Segment &segment(const SegmentTags &tags);
    /// A column of a segment, with what it missed while it did not exist.
    ColumnProfile &columnOf(Segment &segment, const std::string &name, ColumnGrowth *&growth);
    void takeColumn(Segment &segment, const table::Column &column);
    void takeRecords(Segment &segment, const std::string &name, std::span<const Value> values);

    /// A column of the block with a cell for every row.
    Result<std::vector<Value>> cellsByRow(const table::Block &block, const std::string &name) const;
    Status judge(const table::Block &block, const PerformanceColumns &columns);
    Result<std::vector<Segment *>> segmentsOfRows(const table::Block &block);
    Status takeSegments(const table::Block &block);

    const TableOptions &m_options;
    bool m_keepTexts;
    std::map<SegmentKey, Segment> m_segments;
    std::vector<std::string> m_names;      ///< Of the header.
    std::map<std::string, bool> m_missing; ///< Columns with missing cells, in any segment.
    std::optional<ModelPerformance> m_performance;
};

} // namespace tepal
