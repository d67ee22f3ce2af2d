#include <tepal/serving/frame.h>

#include <fmt/format.h>

#include <cmath>
#include <set>

namespace tepal {
namespace {

tl::unexpected<Error> refuse(std::string message)
{
    return fail(ErrorCode::InvalidArgument, std::move(message),
                R"(send {"datasetId": "model-1", "single": {"a": 1}} or )"
                R"({"datasetId": "model-1", "multiple": {"columns": ["a"], "data": [[1]]}})");
}

Status readSingle(Frame &frame, const JsonDocument &json, std::uint32_t object)
{
    const JsonNode &node = json.at(object);
    if (node.type != JsonType::Object)
        return refuse("\"single\" is not an object");
    std::unordered_map<std::string_view, std::size_t> index;
    frame.rows = node.size > 0 ? 1 : 0;
    for (std::uint32_t key = object + 1; key < node.end; key = json.at(key + 1).end) {
        const std::string_view name = json.at(key).string();
        const auto [it, added] = index.try_emplace(name, frame.cells.size());
        if (added) {
            frame.columns.emplace_back(name);
            frame.cells.emplace_back();
        }
        frame.cells[it->second] = jsonCell(json, key + 1);
    }
    return {};
}

Status readMultiple(Frame &frame, const JsonDocument &json, std::uint32_t object)
{
    const std::uint32_t columns = json.member(object, "columns");
    const std::uint32_t data = json.member(object, "data");
    if (columns == 0 || data == 0 || json.at(columns).type != JsonType::Array ||
        json.at(data).type != JsonType::Array)
        return refuse("\"multiple\" needs the arrays \"columns\" and \"data\"");
    std::set<std::string_view> seen;
    for (std::uint32_t at = columns + 1; at < json.at(columns).end; at = json.at(at).end) {
        if (json.at(at).type != JsonType::String)
            return refuse("a column's name is not a text");
        if (!seen.insert(json.at(at).string()).second)
            return refuse("a column is named twice");
        frame.columns.emplace_back(json.at(at).string());
    }
    frame.rows = json.at(data).size;
    if (frame.rows > 0 && frame.columns.empty())
        return refuse("there are rows but no columns");
    for (std::uint32_t row = data + 1; row < json.at(data).end; row = json.at(row).end) {
        if (json.at(row).type != JsonType::Array || json.at(row).size != frame.columns.size())
            return refuse(fmt::format("a row of \"data\" is not an array of {} values",
                                      frame.columns.size()));
        if (frame.cells.size() + frame.columns.size() > Frame::kMaxCells)
            return refuse(fmt::format("the table has more than {} cells", Frame::kMaxCells));
        for (std::uint32_t cell = row + 1; cell < json.at(row).end; cell = json.at(cell).end)
            frame.cells.push_back(jsonCell(json, cell));
    }
    return {};
}

} // namespace

Result<LogRequest> parseLogRequest(std::string_view body, JsonDocument &json)
{
    if (auto parsed = json.parse(body); !parsed)
        return tl::unexpected(parsed.error());
    LogRequest request;
    if (json.at(0).type != JsonType::Object)
        return refuse("the body is not an object");
    const std::uint32_t dataset = json.member(0, "datasetId");
    if (dataset == 0 || json.at(dataset).type != JsonType::String || json.at(dataset).size == 0 ||
        json.at(dataset).size > 255)
        return refuse("\"datasetId\" is not a text of 1 to 255 bytes");
    request.dataset = json.at(dataset).string();
    if (const std::uint32_t time = json.member(0, "timestamp");
        time != 0 && json.at(time).type != JsonType::Null) {
        const JsonNode &node = json.at(time);
        // Year 1 to 9999, like the ISO form.
        constexpr double kFirst = -62'135'596'800'000.0;
        constexpr double kLast = 253'402'300'799'999.0;
        if (node.isNumber() && node.asDouble() >= kFirst && node.asDouble() <= kLast)
            request.time = static_cast<TimeMs>(std::floor(node.asDouble()));
        else if (node.type == JsonType::String && parseTime(node.string()))
            request.time = *parseTime(node.string());
        else
            return refuse("\"timestamp\" is neither milliseconds since 1970 nor an ISO 8601 time");
    }
    const std::uint32_t single = json.member(0, "single");
    const std::uint32_t multiple = json.member(0, "multiple");
    const bool hasSingle = single != 0 && json.at(single).type != JsonType::Null;
    const bool hasMultiple = multiple != 0 && json.at(multiple).type != JsonType::Null;
    if (hasSingle == hasMultiple)
        return refuse(hasSingle ? "both \"single\" and \"multiple\" are given"
                                : "neither \"single\" nor \"multiple\" is given");
    auto done = hasSingle ? readSingle(request.frame, json, single)
                          : readMultiple(request.frame, json, multiple);
    if (!done)
        return tl::unexpected(done.error());
    return request;
}

} // namespace tepal
