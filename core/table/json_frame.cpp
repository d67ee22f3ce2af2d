// JSON that is a whole table, in each of the forms that pandas writes.

#include "chars.h"
#include "nested.h"

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

bool isNumbered(std::string_view key)
{
    return !key.empty() && std::all_of(key.begin(), key.end(), isDigit);
}

/// {"0": {"a": 1}, "1": {"a": 2}}: rows by their numbers.
bool isByRow(const JsonDocument &json)
{
    const JsonNode &root = json.at(0);
    if (root.type != JsonType::Object || root.size == 0)
        return false;
    for (std::uint32_t key = 1; key < root.end; key = json.at(key + 1).end) {
        if (!isNumbered(json.at(key).string()) || json.at(key + 1).type != JsonType::Object)
            return false;
    }
    return json.at(2).size > 0 && !isNumbered(json.at(3).string());
}

/// The rows of {"schema": {"fields": …}, "data": [{"a": 1}]}; 0 = the object is another one.
std::uint32_t rowsBesideSchema(const JsonDocument &json)
{
    if (json.at(0).type != JsonType::Object || json.at(0).size != 2)
        return 0;
    const std::uint32_t schema = json.member(0, "schema");
    const std::uint32_t data = json.member(0, "data");
    if (schema == 0 || data == 0 || json.member(schema, "fields") == 0 ||
        json.at(data).type != JsonType::Array)
        return 0;
    return data;
}

/// [{"a": 1}, {"b": 2}] at `whole`, or the same with a key before each.
Status readRecords(Frame &frame, const JsonDocument &json, std::uint32_t whole)
{
    const JsonNode &root = json.at(whole);
    const std::uint32_t skip = root.type == JsonType::Object ? 1 : 0;
    const std::uint32_t begin = whole + 1 + skip;
    Names names(frame.columns);
    for (std::uint32_t row = begin; row < root.end; row = json.at(row).end + skip) {
        if (json.at(row).type != JsonType::Object)
            return refuse("rows of different kinds are mixed");
        for (std::uint32_t key = row + 1; key < json.at(row).end; key = json.at(key + 1).end)
            names.indexOf(json.at(key).string());
    }
    frame.rows = root.size;
    if (auto done = allocate(frame); !done)
        return done;
    std::size_t number = 0;
    for (std::uint32_t row = begin; row < root.end; row = json.at(row).end + skip, ++number) {
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
            return refuse("this is one flat object, not a table");
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

/// Where the parts of {"columns": ["a", "b"], "index": [0], "data": [[1, 2]]} are.
struct Split
{
    std::uint32_t columns = 0;
    std::uint32_t data = 0; ///< 0 = the object is another one.
};

Split splitOf(const JsonDocument &json)
{
    Split split;
    const JsonNode &root = json.at(0);
    if (root.type != JsonType::Object)
        return {};
    for (std::uint32_t key = 1; key < root.end; key = json.at(key + 1).end) {
        const std::string_view name = json.at(key).string();
        if (name != "columns" && name != "index" && name != "data")
            return {};
        if (json.at(key + 1).type != JsonType::Array)
            return {};
    }
    split.columns = json.member(0, "columns");
    const std::uint32_t data = json.member(0, "data");
    if (split.columns == 0 || data == 0)
        return {};
    for (std::uint32_t at = split.columns + 1; at < json.at(split.columns).end;
         at = json.at(at).end) {
        if (json.at(at).type == JsonType::Array || json.at(at).type == JsonType::Object)
            return {};
    }
    for (std::uint32_t row = data + 1; row < json.at(data).end; row = json.at(row).end) {
        if (json.at(row).type != JsonType::Array)
            return {};
    }
    split.data = data;
    return split;
}

Status readSplit(Frame &frame, const JsonDocument &json, const Split &split)
{
    std::vector<std::string> names;
    for (std::uint32_t at = split.columns + 1; at < json.at(split.columns).end;
         at = json.at(at).end) {
        std::string name;
        if (json.at(at).type == JsonType::String)
            name = json.at(at).string();
        else
            json.write(at, name, false);
        names.push_back(std::move(name));
    }
    frame.columns = uniqueNames(std::move(names));
    frame.rows = json.at(split.data).size;
    if (auto done = allocate(frame); !done)
        return done;
    std::size_t number = 0;
    for (std::uint32_t row = split.data + 1; row < json.at(split.data).end;
         row = json.at(row).end, ++number) {
        if (json.at(row).size != frame.columns.size())
            return refuse(fmt::format("row {} has {} values where there are {} columns", number + 1,
                                      json.at(row).size, frame.columns.size()));
        std::size_t column = 0;
        for (std::uint32_t cell = row + 1; cell < json.at(row).end; cell = json.at(cell).end)
            setCell(frame, json, number, column++, cell);
    }
    return {};
}

} // namespace

bool isTable(const JsonDocument &json, bool sure)
{
    if (splitOf(json).data != 0 || rowsBesideSchema(json) != 0 || isByRow(json))
        return true;
    const JsonNode &root = json.at(0);
    if (root.type != JsonType::Object || root.size == 0)
        return false;
    const JsonNode &first = json.at(2);
    const bool lists = first.type == JsonType::Array;
    if ((!lists && first.type != JsonType::Object) || first.size == 0)
        return false;
    if (sure && !lists && !isNumbered(json.at(3).string()))
        return false;
    for (std::uint32_t key = 1; key < root.end; key = json.at(key + 1).end) {
        const JsonNode &values = json.at(key + 1);
        if (values.type != first.type || values.size != first.size)
            return false;
        std::uint32_t known = 3; // keys of the first column
        for (std::uint32_t at = key + 2; !lists && at < values.end; at = json.at(at + 1).end) {
            if (json.at(at).string() != json.at(known).string())
                return false;
            known = json.at(known + 1).end;
        }
    }
    return true;
}

bool beginsAsColumns(std::string_view text)
{
    // An object in an object, and a number is the key of the one or of the first in the other.
    static const auto keyAfter = [](std::string_view &rest, char brace) -> std::string_view {
        const std::size_t open = rest.find(brace);
        const std::size_t quote =
            open == rest.npos ? open : rest.find_first_not_of(" \t\r\n", open + 1);
        const std::size_t end =
            quote == rest.npos || rest[quote] != '"' ? rest.npos : rest.find('"', quote + 1);
        if (end == rest.npos)
            return {};
        const std::string_view key = rest.substr(quote + 1, end - quote - 1);
        rest.remove_prefix(end + 1);
        return key;
    };
    const std::string_view outer = keyAfter(text, '{');
    text = trimmed(text, '\r');
    if (outer.empty() || !text.starts_with(':'))
        return false;
    text = trimmed(text.substr(1), '\r');
    return text.starts_with('{') && isNumbered(keyAfter(text, '{')) != isNumbered(outer);
}

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
    if (const Split split = splitOf(json); split.data != 0)
        done = readSplit(frame, json, split);
    else if (isByRow(json))
        done = readRecords(frame, json, 0);
    else if (const std::uint32_t rows = rowsBesideSchema(json); rows != 0)
        done = readRecords(frame, json, rows);
    else if (root.type == JsonType::Object)
        done = readColumns(frame, json);
    else if (root.type == JsonType::Array && root.size == 0)
        return frame;
    else if (root.type == JsonType::Array && json.at(1).type == JsonType::Object)
        done = readRecords(frame, json, 0);
    else if (root.type == JsonType::Array && json.at(1).type == JsonType::Array)
        done = readRows(frame, json);
    else
        return refuse("this is not a table");
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

} // namespace tepal::table
