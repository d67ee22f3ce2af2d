/// What the journal carries: rows of cells under a schema (dataset and column names).
#pragma once

#include <tepal/base/time.h>
#include <tepal/base/value.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tepal {

/// The dataset a row belongs to and the names of its cells, in order.
struct JournalSchema
{
    std::string dataset;
    std::vector<std::string> columns;
    /// What all its rows have in common, by name and value: they are profiled apart under it.
    std::vector<std::pair<std::string, std::string>> segment = {};

    bool operator==(const JournalSchema &) const = default;
};

/// Longest text of one cell, in bytes.
inline constexpr std::size_t kMaxCellText = 1u << 20;

/// The rows of one record as a reader sees them. Valid during the callback only: cells, and the
/// texts in them, point into the reader's buffer and into the mapped file.
struct RowsView
{
    std::uint32_t lane = 0;
    std::uint64_t sequence = 0; ///< Grows along a lane, also across segment files and producers.
    /// Equal for equal schemas for as long as the reader lives, so that a consumer can keep what it
    /// derived from the names.
    std::uint64_t schemaId = 0;
    const JournalSchema *schema = nullptr;
    TimeMs time = 0;
    std::size_t rows = 0;
    std::span<const Value> cells; ///< Row-major, rows × schema->columns.size().

    std::span<const Value> row(std::size_t index) const
    {
        return cells.subspan(index * schema->columns.size(), schema->columns.size());
    }
};

} // namespace tepal
