/// Small tables in memory: the bodies of requests. The same reader as for files (reader.h), with
/// the result row by row.
#pragma once

#include <tepal/base/text_arena.h>
#include <tepal/table/json.h>
#include <tepal/table/reader.h>

#include <string>
#include <string_view>
#include <vector>

namespace tepal::table {

/// Cells in row-major order. Texts point into the body, the document or `texts`.
struct Frame
{
    static constexpr std::size_t kMaxCells = 4u << 20;

    std::vector<std::string> columns;
    std::size_t rows = 0;
    std::vector<Value> cells;
    /// Of JSON: the node of each cell, 0 where the row does not have the column. Else empty.
    std::vector<std::uint32_t> nodes;
    TextArena texts{16u << 10};

    Value &at(std::size_t row, std::size_t column) { return cells[row * columns.size() + column]; }
    const Value &at(std::size_t row, std::size_t column) const
    {
        return cells[row * columns.size() + column];
    }
};

/// What pandas' to_json writes: rows as objects, also by their numbers or beside a schema, columns
/// as lists or objects, rows as lists, or names and rows apart ("split"). Every cell is what was
/// sent. InvalidArgument for anything else. The document must outlive the frame.
Result<Frame> readFrame(const JsonDocument &json);
/// The same from a text. `json` and `body` must outlive the frame.
Result<Frame> parseJsonFrame(std::string_view body, JsonDocument &json);
/// Nested cells as columns of their own (see Nested); without any, nothing is done.
Status flatten(Frame &frame, const JsonDocument &json, Nested nested);

/// CSV or JSON lines, by `options.dialect` or as found. The first bad row is an error.
Result<Frame> readFrame(std::string_view body, const ReadOptions &options);

/// The body of a call of the log route that records these rows as they are, at this time.
std::string logBody(std::string_view dataset, const Frame &rows, std::int64_t time);

/// The journal's view of a JSON value: a non-empty list of numbers is a tensor.
Value jsonCell(const JsonDocument &json, std::uint32_t index);

} // namespace tepal::table
