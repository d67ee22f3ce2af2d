/// From the chunks of a table to its profiles. Internal to the room: table_feeder.cpp goes column
/// by column, table_rows.cpp does what needs whole rows (segments, predictions beside the truth).
#pragma once

#include "table_chunk.h"

#include <tepal/profile/segments.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace tepal {

inline bool isMissing(Value value)
{
    return value.isNull() ||
           (value.kind() == ValueKind::Fractional && value.asFractional() != value.asFractional());
}

/// Takes chunks in the order of the file and profiles them. Used by one thread at a time.
class Feeder
{
public:
    Feeder(TableFormat format, const TableOptions &options, const NullTexts &nulls)
        : m_format(format)
        , m_options(options)
        , m_nulls(nulls)
    {}

    /// Whole columns at a time, or value by value.
    bool byValue() const
    {
        return m_options.semantics == Semantics::Row || !m_options.segmentBy.empty() ||
               m_options.performance || m_format == TableFormat::Jsonl;
    }
    Status feed(Chunk &chunk);
    std::uint64_t rows() const { return m_result.rows; }
    Result<TableProfile> finish();

private:
    /// A column keeps the widest type that it ever had.
    void settleType(ChunkColumn &column);
    DatasetProfile &segment(const SegmentTags &tags);
    ColumnProfile &columnFor(DatasetProfile &profile, const std::string &name, ValueKind kind);
    void feedColumn(DatasetProfile &profile, ChunkColumn &column);
    void feedValues(DatasetProfile &profile, const ChunkColumn &column,
                    std::span<const Value> values);
    /// In a table, a row that does not name a JSON column has nothing in it.
    void padMissing(DatasetProfile &profile);

    /// A column of the chunk with a cell for every row.
    Result<std::vector<Value>> cellsByRow(const Chunk &chunk, const std::string &name) const;
    Status judge(const Chunk &chunk, const PerformanceColumns &columns);
    /// With one key column rows without a key are left out, with several a missing key is "nan": as
    /// whylogs does. Null where the row belongs nowhere.
    Result<std::vector<DatasetProfile *>> segmentsOfRows(const Chunk &chunk);
    Status feedSegments(Chunk &chunk);

    using SegmentKey = std::vector<std::string>;

    TableFormat m_format;
    const TableOptions &m_options;
    const NullTexts &m_nulls;
    std::map<SegmentKey, DatasetProfile> m_segments;
    std::map<std::string, ChunkType> m_known;
    std::map<std::string, std::uint64_t> m_onlyNulls; ///< Columns without any value so far.
    TableProfile m_result;
};

} // namespace tepal
