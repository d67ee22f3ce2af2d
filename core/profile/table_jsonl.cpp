// JSON lines: one object per line, types as written.

#include "table_chunk.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <limits>

namespace tepal {

struct JsonlParser::Simd
{
    simdjson::dom::parser parser;
    std::deque<std::string> texts;
};

JsonlParser::JsonlParser()
    : m_simd(std::make_unique<Simd>())
{}
JsonlParser::~JsonlParser() = default;

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

bool isTensor(element array)
{
    const auto items = array.get_array().value_unsafe();
    if (items.size() == 0)
        return false;
    return std::all_of(items.begin(), items.end(), [](element item) {
        return item.is_number() || (item.is_array() && isTensor(item));
    });
}

Value valueOf(element json, std::deque<std::string> &texts)
{
    switch (json.type()) {
    case element_type::NULL_VALUE:
        return Value::null();
    case element_type::BOOL:
        return Value::boolean(json.get_bool().value_unsafe());
    case element_type::INT64:
        return Value::integral(json.get_int64().value_unsafe());
    case element_type::UINT64:
        // whylogs wraps what does not fit 63 bits.
        return Value::integral(static_cast<std::int64_t>(json.get_uint64().value_unsafe()));
    case element_type::DOUBLE:
        return Value::fractional(json.get_double().value_unsafe());
    case element_type::STRING:
        return Value::string(texts.emplace_back(json.get_string().value_unsafe()));
    case element_type::ARRAY:
        return isTensor(json) ? Value::tensor() : Value::object();
    case element_type::OBJECT:
        return Value::object();
    }
    return Value::null();
}

/// Why a line is not JSON and in which column (from 1) that shows: said by a slower parser that
/// keeps track of it.
std::string whyNot(std::string_view line, simdjson::error_code error)
{
    try {
        const auto ignored = nlohmann::json::parse(line.begin(), line.end());
        return error == simdjson::INCORRECT_TYPE
                   ? std::string("not a JSON object")
                   : fmt::format("not usable JSON ({})", simdjson::error_message(error));
    } catch (const nlohmann::json::parse_error &problem) {
        return fmt::format("column {}: not JSON", std::max<std::size_t>(1, problem.byte));
    } catch (const nlohmann::json::exception &) {
        return fmt::format("not usable JSON ({})", simdjson::error_message(error));
    }
}

ChunkColumn &columnOf(Chunk &chunk, std::string_view name)
{
    const auto [at, added] = chunk.index.try_emplace(std::string(name), chunk.columns.size());
    if (added)
        chunk.columns.emplace_back().name = name;
    return chunk.columns[at->second];
}

/// What a data frame would make of the column.
void settleTable(ChunkColumn &column, std::size_t rows)
{
    column.values.resize(rows, Value::null());
    bool fractions = false;
    bool integers = false;
    bool booleans = false;
    bool texts = false;
    bool others = false;
    for (const Value &value : column.values) {
        fractions = fractions || value.kind() == ValueKind::Fractional;
        integers = integers || value.kind() == ValueKind::Integral;
        booleans = booleans || value.kind() == ValueKind::Boolean;
        texts = texts || value.kind() == ValueKind::String;
        others = others || value.kind() == ValueKind::Tensor || value.kind() == ValueKind::Object;
        column.nulls += value.isNull() ? 1 : 0;
    }
    const bool numbers = (fractions || integers) && !booleans && !texts && !others;
    if (numbers && (fractions || column.nulls > 0)) {
        column.type = ChunkType::Fractions;
        for (Value &value : column.values) {
            if (value.isNull())
                value = Value::fractional(std::numeric_limits<double>::quiet_NaN());
            else if (value.kind() == ValueKind::Integral)
                value = Value::fractional(static_cast<double>(value.asIntegral()));
        }
    } else if (numbers) {
        column.type = ChunkType::Integers;
    } else if (booleans && !texts && !others && !fractions && !integers) {
        column.type = ChunkType::Booleans;
    } else if (texts || booleans || others || fractions || integers) {
        column.type = ChunkType::Mixed;
    }
}

} // namespace

void JsonlParser::parse(Chunk &chunk, bool table)
{
    m_simd->texts.clear();
    const std::string_view text = chunk.block.text();
    std::uint64_t line = chunk.block.firstLine;
    for (std::size_t at = 0; at < text.size(); ++line) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view record = text.substr(at, end - at);
        at = end + 1;
        if (record.find_first_not_of(" \t\r") == record.npos)
            continue;
        simdjson::dom::object object;
        // The block is padded, so that the parser may read beyond the line.
        const auto error = m_simd->parser.parse(record.data(), record.size(), false).get(object);
        if (error) {
            chunk.addBad(line, whyNot(record, error));
            continue;
        }
        for (const auto [key, json] : object) {
            ChunkColumn &column = columnOf(chunk, key);
            const auto row = static_cast<std::uint32_t>(chunk.rows);
            if (!column.rows.empty() && column.rows.back() == row) {
                column.values.pop_back(); // a key given twice: the last one counts
                column.rows.pop_back();
            }
            // A record counts what it names; in a table every row has every column.
            if (table)
                column.values.resize(chunk.rows, Value::null());
            column.values.push_back(valueOf(json, m_simd->texts));
            column.rows.push_back(row);
        }
        ++chunk.rows;
    }
    for (ChunkColumn &column : chunk.columns) {
        if (table)
            settleTable(column, chunk.rows);
        else
            column.type = column.values.empty() ? ChunkType::Nothing : ChunkType::Mixed;
    }
}

} // namespace tepal
