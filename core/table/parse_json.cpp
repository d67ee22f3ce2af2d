// JSON into columns of cells: objects line by line, or a document that is a table.

#include "chars.h"
#include "json_parser.h"
#include "nested.h"
#include "parse.h"
#include "recognise.h"

#include <tepal/base/text.h>
#include <tepal/table/frame.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal::table {
namespace {

/// More columns than this come from lists that grow, not from a table.
constexpr std::size_t kMaxColumns = 10'000;

} // namespace

JsonCells::JsonCells(std::string_view name)
{
    appendJsonString(key, name);
    if (key.size() == name.size() + 2)
        key += ':';
    else
        key.clear();
}

void JsonCells::takeBack()
{
    if (isBig())
        bigRows.pop_back();
    rows.pop_back();
    values.pop_back();
    types = kUnknown;
}

void JsonCells::clear()
{
    values.clear();
    rows.clear();
    bigRows.clear();
    types = 0;
}

std::size_t JsonReader::columnOf(std::string_view name)
{
    auto &columns = m_block->out.columns;
    if (m_place < m_order.size()) {
        const std::size_t hint = m_order[m_place];
        if (hint < columns.size() && columns[hint].name == name)
            return hint;
    }
    const auto [at, added] = m_block->index.try_emplace(std::string(name), columns.size());
    if (added) {
        columns.emplace_back().name = name;
        m_block->json.emplace_back(name);
    }
    return at->second;
}

inline void JsonReader::put(JsonCells &cells, const JsonNode &json, std::uint32_t index)
{
    switch (json.type) {
    case JsonType::Integer:
        return cells.add(Value::integral(json.integer), ColumnType::Integers);
    case JsonType::Float:
        return cells.add(Value::fractional(json.number),
                         json.number == json.number ? ColumnType::Fractions : ColumnType::Nothing);
    case JsonType::String: {
        const std::string_view text = json.string();
        const std::string_view all = m_block->text.text();
        const bool inBlock = text.data() >= all.data() && text.data() < all.data() + all.size();
        return cells.add(Value::string(inBlock ? text : m_block->arena.keep(text)),
                         ColumnType::Texts);
    }
    case JsonType::BigInteger:
        cells.bigRows.push_back(static_cast<std::uint32_t>(m_block->out.rows));
        return cells.add(Value::string(m_block->arena.keep(json.string())),
                         ColumnType::BigIntegers);
    case JsonType::Array:
    case JsonType::Object:
        if (m_rules->nested == Nested::Text) {
            std::string text;
            m_json.write(index, text, false);
            return cells.add(Value::string(m_block->arena.keep(text)), ColumnType::Texts);
        }
        return cells.add(jsonCell(m_json, index), ColumnType::Objects);
    case JsonType::Null:
        return cells.add(Value::null(), ColumnType::Nothing);
    case JsonType::Boolean:
        return cells.add(Value::boolean(json.boolean), ColumnType::Booleans);
    case JsonType::Unsigned:
        return cells.add(Value::natural(json.natural), ColumnType::Unsigned);
    }
}

/// False when the row is a bad one; m_problem says why.
inline bool JsonReader::leaf(std::size_t column, const JsonNode &value, std::uint32_t index,
                             int depth)
{
    if (m_place == m_order.size())
        m_order.push_back(column);
    m_order[m_place++] = column;
    JsonCells &cells = m_block->json[column];
    const auto row = static_cast<std::uint32_t>(m_block->out.rows);
    if (cells.isIn(row)) {
        if (cells.depth != depth) {
            m_problem =
                fmt::format("two members are both named {}", m_block->out.columns[column].name);
            return false;
        }
        // A key given twice: the last one counts, as everywhere in Python.
        cells.takeBack();
    }
    put(cells, value, index);
    cells.rows.push_back(row);
    cells.depth = depth;
    if (m_block->out.columns.size() > kMaxColumns) {
        m_problem =
            fmt::format("more than {} columns; nested lists can be kept as text", kMaxColumns);
        return false;
    }
    return true;
}

/// Rows mostly name the same columns in the same order: then a key is compared, not read.
inline std::size_t JsonReader::expected(std::string_view rest)
{
    m_known.reset();
    if (m_place >= m_order.size() || m_order[m_place] >= m_block->json.size())
        return 0;
    const std::string &key = m_block->json[m_order[m_place]].key;
    if (key.empty() || rest.size() < key.size() || !sameBytes(rest.data(), key.data(), key.size()))
        return 0;
    m_known = m_order[m_place];
    return key.size();
}

inline void JsonReader::key(std::string_view name)
{
    m_key = name;
}

/// Whether a member of this key was there before such that the two have different columns.
bool JsonReader::isRepeated(std::string_view key, bool isSpread)
{
    m_repeated = std::find(m_spread.begin(), m_spread.end(), key) != m_spread.end();
    if (!isSpread || m_repeated)
        return m_repeated;
    const auto whole = m_block->index.find(std::string(key));
    if (whole != m_block->index.end()) {
        const JsonCells &cells = m_block->json[whole->second];
        m_repeated = cells.isIn(static_cast<std::uint32_t>(m_block->out.rows)) && cells.depth == 0;
    }
    m_spread.emplace_back(key);
    return m_repeated;
}

inline bool JsonReader::scalar(const JsonNode &value)
{
    const std::size_t column = m_known ? *m_known : columnOf(m_key);
    if (!m_spread.empty() && isRepeated(m_block->out.columns[column].name, false))
        return false;
    return leaf(column, value, 0, 0);
}

bool JsonReader::nested(std::uint32_t index)
{
    const std::string name(m_known ? std::string_view(m_block->out.columns[*m_known].name) : m_key);
    if (m_rules->nested == Nested::Flatten && isRepeated(name, true))
        return false;
    return member(name, index);
}

/// A member of the document: one column, or several.
bool JsonReader::member(std::string_view name, std::uint32_t index)
{
    m_path = name;
    return forEachLeaf(m_json, index, m_path, m_rules->nested, 0,
                       [&](std::string_view path, std::uint32_t at, int depth) {
                           return leaf(columnOf(path), m_json.at(at), at, depth);
                       });
}

namespace {

/// Whether a cell may stand in a column that is declared to be of a type.
bool fits(const Value &cell, ColumnType declared, bool big)
{
    if (isMissing(cell))
        return true;
    switch (cell.kind()) {
    case ValueKind::Boolean:
        return declared == ColumnType::Booleans;
    case ValueKind::Integral:
        return declared == ColumnType::Integers || declared == ColumnType::Fractions;
    case ValueKind::Fractional:
    case ValueKind::Unsigned:
        return declared == ColumnType::Fractions;
    case ValueKind::String:
        return big && declared == ColumnType::Fractions;
    default:
        return false;
    }
}

/// Takes back what a row has given so far, and the columns that only it has named.
void takeBack(ParsedBlock &block, std::size_t columns)
{
    while (block.out.columns.size() > columns) {
        block.index.erase(block.out.columns.back().name);
        block.out.columns.pop_back();
        block.json.pop_back();
    }
    const auto row = static_cast<std::uint32_t>(block.out.rows);
    for (JsonCells &cells : block.json) {
        if (cells.isIn(row))
            cells.takeBack();
    }
}

} // namespace

void JsonReader::checkDeclared()
{
    for (std::size_t c = 0; c < m_block->json.size() && m_problem.empty(); ++c) {
        const auto declared = m_rules->declared.find(m_block->out.columns[c].name);
        const JsonCells &cells = m_block->json[c];
        if (declared == m_rules->declared.end() || declared->second == ColumnType::Texts ||
            !cells.isIn(static_cast<std::uint32_t>(m_block->out.rows)) ||
            fits(cells.values.back(), declared->second, cells.isBig()))
            continue;
        m_problem = fmt::format("({}) is not of the type {}", declared->first,
                                columnTypeName(declared->second));
        m_kind = BadRow::Kind::Type;
    }
}

void JsonReader::beginRow()
{
    m_place = 0;
    m_spread.clear();
    m_repeated = false;
    m_problem.clear();
    m_kind = BadRow::Kind::NotJson;
    m_columns = m_block->out.columns.size();
}

void JsonReader::endRow(std::uint64_t line, std::string_view text)
{
    if (m_problem.empty() && !m_rules->declared.empty())
        checkDeclared();
    if (m_problem.empty()) {
        ++m_block->out.rows;
        return;
    }
    takeBack(*m_block, m_columns);
    m_block->bad.push_back({line, 0, m_kind, m_problem, text});
}

void JsonReader::parseLines()
{
    ParsedBlock &block = *m_block;
    const std::string_view text = block.text.text();
    const bool suspect = !isValidUtf8(text);
    std::uint64_t line = block.text.firstLine;
    for (std::size_t at = 0; at < text.size(); ++line) {
        const std::size_t begin = at;
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view record = trimmed(text.substr(at, end - at), '\r');
        at = end + 1;
        if (record.empty())
            continue;
        if (suspect && !isValidUtf8(record)) {
            block.bad.push_back(
                {line, 0, BadRow::Kind::Bytes,
                 fmt::format("bytes that are no {}", encodingName(m_rules->dialect.encoding)),
                 record});
            continue;
        }
        beginRow();
        bool read = JsonParser(m_json, record).runMembers(*this);
        if (m_repeated) {
            takeBack(block, m_columns);
            read = m_json.parseKnownUtf8(record);
            if (read)
                rowOf(0);
        }
        if (read || !m_problem.empty()) {
            endRow(line, record);
            continue;
        }
        takeBack(block, m_columns);
        const bool json = m_json.problem() == JsonParser::kNotObject;
        const auto indent = static_cast<std::size_t>(record.data() - text.data()) - begin;
        block.bad.push_back(
            {line, json ? 0 : indent + m_json.problemAt() + 1, BadRow::Kind::NotJson,
             json ? std::string(m_json.problem()) : fmt::format("not JSON: {}", m_json.problem()),
             record});
    }
}

/// An object of the document into the row.
void JsonReader::rowOf(std::uint32_t object)
{
    beginRow();
    forEachMember(m_json, object, [&](std::string_view key, std::uint32_t node) {
        return member(key, node) && m_problem.empty();
    });
}

/// An array of objects, an object that is a row, or columns and rows as lists.
void JsonReader::parseDocument()
{
    ParsedBlock &block = *m_block;
    const std::string_view text = block.text.text();
    const auto refuse = [&](std::uint64_t line, std::uint64_t column, std::string why) {
        block.bad.push_back({line, column, BadRow::Kind::Document, std::move(why), {}});
    };
    if (!isValidUtf8(text))
        return refuse(0, 0, "bytes that are no UTF-8");
    if (!m_json.parseKnownUtf8(text)) {
        const std::string_view before = text.substr(0, m_json.problemAt());
        const std::size_t newline = before.rfind('\n');
        return refuse(block.text.firstLine + countOf(before, '\n'),
                      before.size() - (newline == before.npos ? 0 : newline + 1) + 1,
                      fmt::format("not JSON: {}", m_json.problem()));
    }
    const auto isNested = [&](std::uint32_t node) {
        return m_json.at(node).type == JsonType::Array || m_json.at(node).type == JsonType::Object;
    };
    const JsonNode &root = m_json.at(0);
    const bool objects =
        root.type == JsonType::Array && root.size > 0 && m_json.at(1).type == JsonType::Object;
    bool columns = root.type == JsonType::Object && root.size > 0;
    for (std::uint32_t key = 1; columns && key < root.end; key = m_json.at(key + 1).end)
        columns = isNested(key + 1);
    if (root.type != JsonType::Object && !objects)
        return parseFrame();
    if (columns)
        return parseFrame();
    std::uint64_t number = 0;
    for (std::uint32_t at = objects ? 1 : 0; at < root.end; at = m_json.at(at).end) {
        ++number;
        if (m_json.at(at).type != JsonType::Object) {
            block.bad.push_back({number, 0, BadRow::Kind::NotJson, "not an object", {}});
            continue;
        }
        rowOf(at);
        endRow(number, {});
    }
}

/// Lists of columns or rows.
void JsonReader::parseFrame()
{
    const auto frame = readFrame(m_json);
    if (!frame) {
        m_block->bad.push_back({0, 0, BadRow::Kind::Document, frame.error().message, {}});
        return;
    }
    for (std::size_t r = 0; r < frame->rows; ++r) {
        beginRow();
        for (std::size_t c = 0; c < frame->columns.size() && m_problem.empty(); ++c) {
            const std::size_t cell = r * frame->columns.size() + c;
            if (frame->nodes[cell] != 0)
                member(frame->columns[c], frame->nodes[cell]);
        }
        endRow(r + 1, {});
    }
}

void JsonReader::parse(ParsedBlock &block, const ParseRules &rules)
{
    m_block = &block;
    m_rules = &rules;
    if (rules.dialect.format == Format::JsonLines)
        parseLines();
    else
        parseDocument();
}

} // namespace tepal::table
