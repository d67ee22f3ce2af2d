#include "frame_types.h"

#include <tepal/base/text.h>
#include <tepal/serving/frame.h>

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace tepal {
namespace {

tl::unexpected<Error> refuse(std::string message)
{
    return fail(ErrorCode::InvalidArgument, std::move(message),
                R"(send rows like [{"a": 1, "b": 2}], or columns like {"a": [1], "b": [2]})");
}

/// Names in order of first appearance.
class Names
{
public:
    explicit Names(std::vector<std::string> &names)
        : m_names(names)
    {}
    std::size_t indexOf(std::string_view name)
    {
        const auto [it, added] = m_index.try_emplace(std::string(name), m_names.size());
        if (added)
            m_names.emplace_back(name);
        return it->second;
    }

private:
    std::vector<std::string> &m_names;
    std::unordered_map<std::string, std::size_t> m_index;
};

Status allocate(Frame &frame)
{
    if (!frame.columns.empty() && frame.rows > Frame::kMaxCells / frame.columns.size())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("the table has {} rows and {} columns, more than {} cells",
                                frame.rows, frame.columns.size(), Frame::kMaxCells),
                    "send fewer rows at once");
    frame.cells.assign(frame.rows * frame.columns.size(), Value::null());
    return {};
}

void setCell(Frame &frame, const JsonDocument &json, std::size_t row, std::size_t column,
             std::uint32_t node)
{
    const Value cell = jsonCell(json, node);
    frame.at(row, column) = cell;
    if (cell.kind() == ValueKind::Tensor || cell.kind() == ValueKind::Object)
        frame.nested[row * frame.columns.size() + column] = node;
}

/// [{"a": 1}, {"b": 2}]
Status readRecords(Frame &frame, const JsonDocument &json)
{
    const JsonNode &root = json.at(0);
    Names names(frame.columns);
    for (std::uint32_t row = 1; row < root.end; row = json.at(row).end) {
        if (json.at(row).type != JsonType::Object)
            return refuse("rows of different kinds are mixed");
        for (std::uint32_t key = row + 1; key < json.at(row).end; key = json.at(key + 1).end)
            names.indexOf(json.at(key).string());
    }
    frame.rows = root.size;
    if (auto done = allocate(frame); !done)
        return done;
    std::size_t number = 0;
    for (std::uint32_t row = 1; row < root.end; row = json.at(row).end, ++number) {
        for (std::uint32_t key = row + 1; key < json.at(row).end; key = json.at(key + 1).end)
            setCell(frame, json, number, names.indexOf(json.at(key).string()), key + 1);
    }
    return {};
}

/// [[1, 2], [3, 4]] with columns "0", "1"
Status readRows(Frame &frame, const JsonDocument &json)
{
    const JsonNode &root = json.at(0);
    std::size_t width = 0;
    for (std::uint32_t row = 1; row < root.end; row = json.at(row).end) {
        if (json.at(row).type != JsonType::Array)
            return refuse("rows of different kinds are mixed");
        width = std::max<std::size_t>(width, json.at(row).size);
    }
    for (std::size_t column = 0; column < width; ++column)
        frame.columns.push_back(std::to_string(column));
    frame.rows = root.size;
    if (auto done = allocate(frame); !done)
        return done;
    std::size_t number = 0;
    for (std::uint32_t row = 1; row < root.end; row = json.at(row).end, ++number) {
        std::size_t column = 0;
        for (std::uint32_t cell = row + 1; cell < json.at(row).end; cell = json.at(cell).end)
            setCell(frame, json, number, column++, cell);
    }
    return {};
}

/// {"a": [1, 2]} or {"a": {"0": 1, "1": 2}}
Status readColumns(Frame &frame, const JsonDocument &json)
{
    const JsonNode &root = json.at(0);
    const JsonType kind = root.size > 0 ? json.at(2).type : JsonType::Object;
    Names names(frame.columns);
    std::vector<std::string> rowNames;
    Names rows(rowNames);
    std::size_t length = 0;
    for (std::uint32_t key = 1; key < root.end; key = json.at(key + 1).end) {
        const std::uint32_t column = key + 1;
        const JsonNode &values = json.at(column);
        if (values.type != JsonType::Array && values.type != JsonType::Object)
            return refuse("the body is one flat object, not a table");
        if (values.type != kind)
            return refuse("columns of different kinds are mixed");
        names.indexOf(json.at(key).string());
        if (kind == JsonType::Array) {
            if (key != 1 && values.size != length)
                return refuse("the columns differ in length");
            length = values.size;
        } else {
            for (std::uint32_t row = column + 1; row < values.end; row = json.at(row + 1).end)
                rows.indexOf(json.at(row).string());
        }
    }
    frame.rows = kind == JsonType::Array ? length : rowNames.size();
    if (auto done = allocate(frame); !done)
        return done;
    for (std::uint32_t key = 1; key < root.end; key = json.at(key + 1).end) {
        const std::uint32_t values = key + 1;
        const std::size_t column = names.indexOf(json.at(key).string());
        std::size_t number = 0;
        for (std::uint32_t at = values + 1; at < json.at(values).end; at = json.at(at).end) {
            if (kind == JsonType::Object) {
                number = rows.indexOf(json.at(at).string());
                ++at;
            }
            setCell(frame, json, number, column, at);
            ++number;
        }
    }
    return {};
}

/// At most ten decimals, at least one, as pandas writes floats; very large ones in full precision.
void appendFloat(std::string &out, double value)
{
    if (std::fabs(value) >= 1e15) {
        out += formatDouble(value);
        return;
    }
    std::string text = fmt::format("{:.10f}", value);
    text.erase(std::max(text.find_last_not_of('0') + 1, text.find('.') + 2));
    out += text == "-0.0" && value != 0 ? "0.0" : text;
}

} // namespace

Value jsonCell(const JsonDocument &json, std::uint32_t index)
{
    const JsonNode &node = json.at(index);
    switch (node.type) {
    case JsonType::Null:
        return Value::null();
    case JsonType::Boolean:
        return Value::boolean(node.boolean);
    case JsonType::Integer:
        return Value::integral(node.integer);
    case JsonType::Float:
        return Value::fractional(node.number);
    case JsonType::String:
        return Value::string(node.string());
    case JsonType::Object:
        return Value::object();
    case JsonType::Array:
        break;
    }
    // Nested arrays of numbers only, with at least one number.
    bool number = false;
    for (std::uint32_t at = index + 1; at < node.end; ++at) {
        if (json.at(at).isNumber())
            number = true;
        else if (json.at(at).type != JsonType::Array)
            return Value::object();
    }
    return number ? Value::tensor() : Value::object();
}

Result<Frame> parseJsonFrame(std::string_view body, JsonDocument &json)
{
    if (auto parsed = json.parse(body); !parsed)
        return tl::unexpected(parsed.error());
    Frame frame;
    const JsonNode &root = json.at(0);
    Status done;
    if (root.type == JsonType::Object)
        done = readColumns(frame, json);
    else if (root.type == JsonType::Array && root.size == 0)
        return frame;
    else if (root.type == JsonType::Array && json.at(1).type == JsonType::Object)
        done = readRecords(frame, json);
    else if (root.type == JsonType::Array && json.at(1).type == JsonType::Array)
        done = readRows(frame, json);
    else
        return refuse("the body is not a table");
    if (!done)
        return tl::unexpected(done.error());
    typeColumns(frame);
    return frame;
}

std::string writeRecords(const Frame &frame, const JsonDocument &json)
{
    std::vector<std::string> keys;
    for (const std::string &column : frame.columns) {
        appendJsonString(keys.emplace_back(), column, true);
        keys.back() += ':';
    }
    std::string out = "[";
    for (std::size_t row = 0; row < frame.rows; ++row) {
        out += row == 0 ? "{" : ",{";
        for (std::size_t column = 0; column < keys.size(); ++column) {
            if (column > 0)
                out.push_back(',');
            out += keys[column];
            const Value &cell = frame.at(row, column);
            switch (cell.kind()) {
            case ValueKind::Null:
                out += "null";
                break;
            case ValueKind::Boolean:
                out += cell.asBoolean() ? "true" : "false";
                break;
            case ValueKind::Integral:
                out += std::to_string(cell.asIntegral());
                break;
            case ValueKind::Fractional:
                if (std::isfinite(cell.asFractional()))
                    appendFloat(out, cell.asFractional());
                else
                    out += "null";
                break;
            case ValueKind::String:
                appendJsonString(out, cell.asString(), true);
                break;
            case ValueKind::Tensor:
            case ValueKind::Object:
                json.write(frame.nested.at(row * keys.size() + column), out);
                break;
            }
        }
        out.push_back('}');
    }
    out.push_back(']');
    return out;
}

} // namespace tepal
