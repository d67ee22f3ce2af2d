/// Tables in request bodies: what pandas' readers make of JSON and CSV, and the body of the log
/// route.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/base/value.h>
#include <tepal/serving/json.h>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tepal {

/// Cells in row-major order. Texts point into the body, the document or `texts`.
struct Frame
{
    static constexpr std::size_t kMaxCells = 4u << 20;

    std::vector<std::string> columns;
    std::size_t rows = 0;
    std::vector<Value> cells;
    /// Node of an array or object cell, by cell.
    std::unordered_map<std::size_t, std::uint32_t> nested;
    std::vector<std::string> texts;

    Value &at(std::size_t row, std::size_t column) { return cells[row * columns.size() + column]; }
    const Value &at(std::size_t row, std::size_t column) const
    {
        return cells[row * columns.size() + column];
    }
};

/// Rows as objects, columns as arrays or objects, or rows as arrays; columns typed as pandas does.
/// InvalidArgument for anything else. `json` and `body` must outlive the frame.
Result<Frame> parseJsonFrame(std::string_view body, JsonDocument &json);
/// RFC 4180 with a header row.
Result<Frame> parseCsvFrame(std::string_view body);
/// `[{"a":1,"b":null},…]`
std::string writeRecords(const Frame &frame, const JsonDocument &json);

/// One call of the log route.
struct LogRequest
{
    std::string dataset;
    std::optional<TimeMs> time;
    Frame frame; ///< Untyped: every cell is what was sent.
};
Result<LogRequest> parseLogRequest(std::string_view body, JsonDocument &json);
/// Dataset and time from the query of the log route, `?datasetId=orders&timestamp=…`, for bodies
/// that are rows and nothing else. InvalidArgument without a dataset.
Result<LogRequest> parseLogQuery(std::string_view query);
/// One JSON object per line; untyped, as parseLogRequest. `json` must outlive the frame.
Result<Frame> parseJsonLines(std::string_view body, JsonDocument &json);

/// The journal's view of a JSON value: a non-empty array of numbers is a tensor.
Value jsonCell(const JsonDocument &json, std::uint32_t index);

} // namespace tepal
