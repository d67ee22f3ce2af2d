/// The body and query of the log route. Internal to the room.
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
/// header=absent`. Nothing for other types. One bad row refuses all of them.
std::optional<Result<table::Frame>> readRows(std::string_view body, std::string_view contentType,
                                             table::Nested nested);

} // namespace tepal
