#include <tepal/base/text.h>
#include <tepal/serving/bodies.h>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <unordered_map>

namespace tepal {

using table::Frame;
using table::Nested;

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
            frame.nodes.emplace_back();
        }
        frame.cells[it->second] = table::jsonCell(json, key + 1);
        frame.nodes[it->second] = key + 1;
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
    for (std::uint32_t at = columns + 1; at < json.at(columns).end; at = json.at(at).end) {
        if (json.at(at).type != JsonType::String)
            return refuse("a column's name is not a text");
        frame.columns.emplace_back(json.at(at).string());
    }
    frame.columns = table::uniqueNames(std::move(frame.columns));
    frame.rows = json.at(data).size;
    if (frame.rows > 0 && frame.columns.empty())
        return refuse("there are rows but no columns");
    for (std::uint32_t row = data + 1; row < json.at(data).end; row = json.at(row).end) {
        if (json.at(row).type != JsonType::Array || json.at(row).size != frame.columns.size())
            return refuse(fmt::format("a row of \"data\" is not an array of {} values",
                                      frame.columns.size()));
        if (frame.cells.size() + frame.columns.size() > Frame::kMaxCells)
            return refuse(fmt::format("the table has more than {} cells", Frame::kMaxCells));
        for (std::uint32_t cell = row + 1; cell < json.at(row).end; cell = json.at(cell).end) {
            frame.cells.push_back(table::jsonCell(json, cell));
            frame.nodes.push_back(cell);
        }
    }
    return {};
}

Result<TimeMs> timeOf(const JsonNode &node, TimeMs now, bool any)
{
    const TimeCheck check{any, R"("anyTime": true)"};
    if (node.type == JsonType::Integer)
        return dataTimeOf(node.integer, now, check);
    if (node.isNumber())
        return dataTimeOf(node.asDouble(), now, check);
    if (node.type == JsonType::String)
        return parseDataTime(node.string(), now, check);
    return refuse("\"timestamp\" is neither a number nor an ISO 8601 time");
}

Result<Nested> nestedOf(std::string_view text)
{
    if (text == "flatten")
        return Nested::Flatten;
    if (text == "text")
        return Nested::Text;
    if (text == "count")
        return Nested::Count;
    return fail(ErrorCode::InvalidArgument,
                fmt::format("\"{}\" is no way to treat nested values", text),
                "use flatten, text or count");
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

Result<LogRequest> parseLogQuery(std::string_view query, TimeMs now)
{
    LogRequest request;
    std::optional<std::string> time;
    bool any = false;
    while (!query.empty()) {
        const std::string_view part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), part.size() + 1));
        const std::size_t equals = std::min(part.find('='), part.size());
        const std::string_view name = part.substr(0, equals);
        const std::string value = queryText(part.substr(std::min(equals + 1, part.size())));
        if (name == "datasetId") {
            request.dataset = value;
        } else if (name == "timestamp") {
            time = value;
        } else if (name == "anyTime") {
            any = value == "true" || value == "1";
        } else if (name == "nested") {
            const auto nested = nestedOf(value);
            if (!nested)
                return tl::unexpected(nested.error());
            request.nested = *nested;
        }
    }
    if (request.dataset.empty() || request.dataset.size() > 255)
        return fail(ErrorCode::InvalidArgument, "the dataset is not named",
                    "send rows to /v1/log?datasetId=NAME, with &timestamp=TIME for past ones");
    if (!isUtf8(request.dataset))
        return fail(ErrorCode::InvalidArgument, "the name of the dataset is not valid UTF-8",
                    "write it in UTF-8, each byte beyond ASCII as %XX");
    if (time) {
        const auto parsed = parseDataTime(*time, now, {any, "&anyTime=true"});
        if (!parsed)
            return tl::unexpected(parsed.error());
        request.time = *parsed;
    }
    return request;
}

namespace {

std::string lowered(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// A parameter of a media type, lower case, without its quotes; empty when it is not there.
std::string parameter(std::string_view type, std::string_view name)
{
    while (!type.empty()) {
        std::string_view part = type.substr(0, type.find(';'));
        type.remove_prefix(std::min(type.size(), part.size() + 1));
        part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
        const std::size_t equals = part.find('=');
        if (equals == part.npos || lowered(part.substr(0, equals)) != name)
            continue;
        std::string value = lowered(part.substr(equals + 1));
        value.erase(std::remove(value.begin(), value.end(), '"'), value.end());
        while (value.ends_with(' '))
            value.pop_back();
        return value;
    }
    return {};
}

} // namespace

std::optional<Result<Frame>> readRows(std::string_view body, std::string_view contentType,
                                      Nested nested, const std::vector<std::string> &texts)
{
    const std::string type = lowered(contentType.substr(0, contentType.find_first_of("; ")));
    table::ReadOptions options;
    options.nested = nested;
    options.skipAdvice.clear();
    options.unpack = false;
    if (type == "text/csv" || type == "text/tab-separated-values") {
        options.dialect.format = table::Format::Delimited;
        for (const std::string &column : texts)
            options.types[column] = table::ColumnType::Texts;
    } else if (type == "application/x-ndjson" || type == "application/jsonl" ||
               type == "application/x-jsonlines" || type == "application/x-jsonl") {
        options.dialect.format = table::Format::JsonLines;
    } else {
        return std::nullopt;
    }
    // Text in a request is UTF-8 unless a mark in it or the charset says otherwise.
    const bool marked = body.starts_with("\xFF\xFE") || body.starts_with("\xFE\xFF");
    const std::string charset = parameter(contentType, "charset");
    if (!marked) {
        const auto encoding = table::parseEncoding(charset.empty() ? "utf-8" : charset);
        if (!encoding)
            return Result<Frame>(tl::unexpected(encoding.error()));
        options.dialect.encoding = *encoding;
    }
    if (const std::string header = parameter(contentType, "header"); !header.empty())
        options.dialect.header = header != "absent";
    auto frame = table::readFrame(body, options);
    if (!frame)
        return Result<Frame>(
            fail(ErrorCode::InvalidArgument, frame.error().message, frame.error().next));
    return frame;
}

Result<LogRequest> parseLogRequest(std::string_view body, JsonDocument &json, TimeMs now)
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
    const std::uint32_t any = json.member(0, "anyTime");
    if (const std::uint32_t time = json.member(0, "timestamp");
        time != 0 && json.at(time).type != JsonType::Null) {
        const auto parsed =
            timeOf(json.at(time), now,
                   any != 0 && json.at(any).type == JsonType::Boolean && json.at(any).boolean);
        if (!parsed)
            return tl::unexpected(parsed.error());
        request.time = *parsed;
    }
    if (const std::uint32_t nested = json.member(0, "nested");
        nested != 0 && json.at(nested).type == JsonType::String) {
        const auto chosen = nestedOf(json.at(nested).string());
        if (!chosen)
            return tl::unexpected(chosen.error());
        request.nested = *chosen;
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
    if (done)
        done = table::flatten(request.frame, json, request.nested);
    if (!done)
        return tl::unexpected(done.error());
    return request;
}

} // namespace tepal
