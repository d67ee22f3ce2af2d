#include <tepal/serving/frame.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
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

Result<TimeMs> timeOf(const JsonNode &node)
{
    // Year 1 to 9999, like the ISO form.
    constexpr double kFirst = -62'135'596'800'000.0;
    constexpr double kLast = 253'402'300'799'999.0;
    if (node.isNumber() && node.asDouble() >= kFirst && node.asDouble() <= kLast)
        return static_cast<TimeMs>(std::floor(node.asDouble()));
    if (node.type == JsonType::String) {
        if (const auto time = parseTime(node.string()))
            return *time;
    }
    return refuse("\"timestamp\" is neither milliseconds since 1970 nor an ISO 8601 time");
}

tl::unexpected<Error> refuseLine(std::string message)
{
    return fail(ErrorCode::InvalidArgument, std::move(message), "send one JSON object per line");
}

std::string queryText(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
                text.data() + i + 3) {
            out += static_cast<char>(value);
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

} // namespace

Result<LogRequest> parseLogQuery(std::string_view query)
{
    LogRequest request;
    while (!query.empty()) {
        const std::string_view part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), part.size() + 1));
        const std::size_t equals = std::min(part.find('='), part.size());
        const std::string_view name = part.substr(0, equals);
        const std::string value = queryText(part.substr(std::min(equals + 1, part.size())));
        if (name == "datasetId") {
            request.dataset = value;
        } else if (name == "timestamp") {
            const auto time = parseTime(value);
            if (!time)
                return tl::unexpected(time.error());
            request.time = *time;
        }
    }
    if (request.dataset.empty() || request.dataset.size() > 255)
        return fail(ErrorCode::InvalidArgument, "the dataset is not named",
                    "send rows to /v1/log?datasetId=NAME, with &timestamp=TIME for past ones");
    return request;
}

Result<Frame> parseJsonLines(std::string_view body, JsonDocument &json)
{
    // As one array, so that one document holds every row.
    Frame frame;
    std::string &text = frame.texts.emplace_back("[");
    std::size_t number = 0;
    while (!body.empty()) {
        std::string_view line = body.substr(0, body.find('\n'));
        body.remove_prefix(std::min(body.size(), line.size() + 1));
        ++number;
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first == line.npos)
            continue;
        line = line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
        if (line.front() != '{' || line.back() != '}')
            return refuseLine(fmt::format("line {} is not an object", number));
        if (text.size() > 1)
            text += ',';
        text += line;
    }
    text += ']';
    if (auto parsed = json.parse(text); !parsed)
        return tl::unexpected(parsed.error());
    std::unordered_map<std::string_view, std::size_t> index;
    for (std::uint32_t row = 1; row < json.at(0).end; row = json.at(row).end) {
        if (json.at(row).type != JsonType::Object)
            return refuseLine("a line is not an object");
        for (std::uint32_t key = row + 1; key < json.at(row).end; key = json.at(key + 1).end) {
            if (index.try_emplace(json.at(key).string(), frame.columns.size()).second)
                frame.columns.emplace_back(json.at(key).string());
        }
    }
    frame.rows = frame.columns.empty() ? 0 : json.at(0).size;
    if (frame.rows > Frame::kMaxCells / std::max<std::size_t>(frame.columns.size(), 1))
        return refuseLine(fmt::format("the table has more than {} cells", Frame::kMaxCells));
    frame.cells.assign(frame.rows * frame.columns.size(), Value::null());
    std::size_t at = 0;
    for (std::uint32_t row = 1; frame.rows > 0 && row < json.at(0).end; row = json.at(row).end) {
        for (std::uint32_t key = row + 1; key < json.at(row).end; key = json.at(key + 1).end)
            frame.at(at, index[json.at(key).string()]) = jsonCell(json, key + 1);
        ++at;
    }
    return frame;
}

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
        const auto parsed = timeOf(json.at(time));
        if (!parsed)
            return tl::unexpected(parsed.error());
        request.time = *parsed;
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
