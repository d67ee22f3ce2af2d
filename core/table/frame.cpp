#include "nested.h"

#include <tepal/base/time.h>
#include <tepal/table/frame.h>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace tepal::table {
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
    frame.nodes.assign(frame.cells.size(), 0);
    return {};
}

void setCell(Frame &frame, const JsonDocument &json, std::size_t row, std::size_t column,
             std::uint32_t node)
{
    frame.at(row, column) = jsonCell(json, node);
    frame.nodes[row * frame.columns.size() + column] = node;
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
    case JsonType::Unsigned:
        return Value::natural(node.natural);
    case JsonType::BigInteger:
        return Value::string(node.string()); // its digits
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

Result<Frame> readFrame(const JsonDocument &json)
{
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
    return frame;
}

Result<Frame> parseJsonFrame(std::string_view body, JsonDocument &json)
{
    if (auto parsed = json.parse(body); !parsed)
        return tl::unexpected(parsed.error());
    return readFrame(json);
}

Status flatten(Frame &frame, const JsonDocument &json, Nested nested)
{
    const auto isNested = [](const Value &cell) {
        return cell.kind() == ValueKind::Tensor || cell.kind() == ValueKind::Object;
    };
    if (nested == Nested::Count || std::none_of(frame.cells.begin(), frame.cells.end(), isNested))
        return {};
    Frame flat;
    flat.rows = frame.rows;
    Names names(flat.columns);
    // First which columns there are, then what is in them.
    struct Leaf
    {
        std::size_t row;
        std::size_t column;
        std::uint32_t node;
    };
    std::vector<Leaf> leaves;
    std::string path;
    for (std::size_t row = 0; row < frame.rows; ++row) {
        for (std::size_t c = 0; c < frame.columns.size(); ++c) {
            const std::uint32_t node = frame.nodes[row * frame.columns.size() + c];
            path = frame.columns[c];
            if (node == 0)
                continue;
            forEachLeaf(json, node, path, nested, 0,
                        [&](std::string_view name, std::uint32_t at, int) {
                            leaves.push_back({row, names.indexOf(name), at});
                            return leaves.size() <= Frame::kMaxCells;
                        });
        }
    }
    if (leaves.size() > Frame::kMaxCells)
        return refuse("the table has too many nested values");
    if (auto done = allocate(flat); !done)
        return done;
    for (const Leaf &leaf : leaves) {
        if (flat.nodes[leaf.row * flat.columns.size() + leaf.column] != 0)
            return refuse(
                fmt::format("two values of one row are both named {}", flat.columns[leaf.column]));
        setCell(flat, json, leaf.row, leaf.column, leaf.node);
        if (nested == Nested::Text && isNested(flat.at(leaf.row, leaf.column))) {
            std::string text;
            json.write(leaf.node, text, false);
            flat.at(leaf.row, leaf.column) = Value::string(flat.texts.keep(text));
        }
    }
    frame = std::move(flat);
    return {};
}

namespace {

/// Collects the columns of a small table cell by cell.
class Collector final : public Consumer
{
public:
    Status begin(const std::vector<std::string> &names) override
    {
        for (const std::string &name : names)
            columnOf(name);
        return {};
    }
    bool widen(const std::string &, ColumnType, ColumnType) override { return m_rows == 0; }
    void restart() override
    {
        m_rows = 0;
        m_texts.clear();
        for (auto &column : m_columns)
            column.clear();
    }
    Status take(Block &block) override
    {
        m_rows += block.rows;
        for (const Column &column : block.columns) {
            auto &to = m_columns[columnOf(column.name)];
            to.resize(m_rows - block.rows, Value::null());
            for (const Value &value : column.values)
                to.push_back(m_texts.keep(value));
        }
        if (m_names.size() * m_rows > Frame::kMaxCells)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("the table has more than {} cells", Frame::kMaxCells),
                        "send fewer rows at once");
        return {};
    }
    Frame frame()
    {
        Frame frame;
        // Rows of empty objects have nothing that could be counted.
        frame.rows = m_names.empty() ? 0 : m_rows;
        frame.columns = std::move(m_names);
        frame.texts = std::move(m_texts);
        frame.cells.assign(frame.rows * frame.columns.size(), Value::null());
        for (std::size_t c = 0; c < m_columns.size(); ++c) {
            for (std::size_t r = 0; r < m_columns[c].size(); ++r)
                frame.at(r, c) = m_columns[c][r];
        }
        return frame;
    }

private:
    std::size_t columnOf(const std::string &name)
    {
        const auto [at, added] = m_index.try_emplace(name, m_names.size());
        if (added) {
            m_names.push_back(name);
            m_columns.emplace_back();
        }
        return at->second;
    }

    std::vector<std::string> m_names;
    std::unordered_map<std::string, std::size_t> m_index;
    std::vector<std::vector<Value>> m_columns;
    TextArena m_texts{16u << 10};
    std::size_t m_rows = 0;
};

} // namespace

Result<Frame> readFrame(std::string_view body, const ReadOptions &options)
{
    ReadOptions own = options;
    own.cellByCell = true;
    own.threads = 1;
    own.blockBytes = std::min(own.blockBytes, std::max<std::size_t>(body.size(), 64));
    Collector collector;
    const auto read = readBytes(body, own, collector);
    if (!read)
        return tl::unexpected(read.error());
    return collector.frame();
}

namespace {

/// A cell such that it is read back as what it is.
void appendCell(std::string &out, const Value &cell)
{
    switch (cell.kind()) {
    case ValueKind::Null:
        out += "null";
        return;
    case ValueKind::Boolean:
        out += cell.asBoolean() ? "true" : "false";
        return;
    case ValueKind::Integral:
        fmt::format_to(std::back_inserter(out), "{}", cell.asIntegral());
        return;
    case ValueKind::Unsigned:
        fmt::format_to(std::back_inserter(out), "{}", cell.asNatural());
        return;
    case ValueKind::Fractional:
        appendJsonFraction(out, cell.asFractional());
        return;
    case ValueKind::String:
        appendJsonString(out, cell.asString());
        return;
    case ValueKind::Tensor:
        out += "[0]";
        return;
    case ValueKind::Object:
        out += "{}";
        return;
    }
}

} // namespace

std::string logBody(std::string_view dataset, const Frame &rows, std::int64_t time)
{
    std::string out = "{\"datasetId\":";
    appendJsonString(out, dataset);
    // Only presence is known of what is nested, and that is what is to be counted.
    out += fmt::format(",\"timestamp\":\"{}\",\"anyTime\":true,\"nested\":\"count\","
                       "\"multiple\":{{\"columns\":[",
                       formatIso(time));
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        out += i > 0 ? "," : "";
        appendJsonString(out, rows.columns[i]);
    }
    out += "],\"data\":[";
    for (std::size_t row = 0; row < rows.rows; ++row) {
        out += row > 0 ? ",[" : "[";
        for (std::size_t i = 0; i < rows.columns.size(); ++i) {
            out += i > 0 ? "," : "";
            appendCell(out, rows.at(row, i));
        }
        out += ']';
    }
    out += "]}}";
    return out;
}

} // namespace tepal::table
