/// What bodies of requests mean: rows to be logged, and tables with what they are answered. How
/// rows are read is the business of the room table.
#pragma once

#include <tepal/base/time.h>
#include <tepal/table/frame.h>

#include <optional>
#include <string>
#include <string_view>

namespace tepal {

/// One call of the log route.
struct LogRequest
{
    std::string dataset;
    std::optional<TimeMs> time;
    table::Nested nested = table::Nested::Flatten;
    table::Frame frame; ///< Every cell is what was sent; nested ones are columns of their own.
};

/// `{"datasetId", "timestamp", "single": {…}}` or `"multiple": {"columns", "data"}`; also
/// `"anyTime": true` and `"nested": "flatten" | "text" | "count"`. `json` must outlive the frame.
Result<LogRequest> parseLogRequest(std::string_view body, JsonDocument &json, TimeMs now);
/// The same from the query, `?datasetId=orders&timestamp=…&anyTime=true&nested=text`, for bodies
/// that are rows and nothing else. InvalidArgument without a dataset.
Result<LogRequest> parseLogQuery(std::string_view query, TimeMs now);

/// Rows of a body that is CSV or JSON lines, by its media type: `text/csv; charset=utf-16;
/// header=absent`. Nothing for other types. One bad row refuses all of them. `texts` are columns
/// of CSV that are texts whatever they look like, and that must be there.
std::optional<Result<table::Frame>> readRows(std::string_view body, std::string_view contentType,
                                             table::Nested nested,
                                             const std::vector<std::string> &texts = {});

/// Types the columns as pandas' read_json does: dates by their names, numbers in texts, whole
/// fractions as integers. For answers only: what is logged is what was sent.
void typeColumns(table::Frame &frame);

/// What is left to do for a table that came as CSV: integers with gaps are fractions.
void typeGaps(table::Frame &frame);

/// `[{"a":1,"b":null},…]`
std::string writeRecords(const table::Frame &frame, const JsonDocument &json);

} // namespace tepal
