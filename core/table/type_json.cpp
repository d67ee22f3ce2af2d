// The type of a column of JSON cells, and its cells as that.

#include "parse.h"

#include <tepal/base/text.h>

#include <algorithm>

namespace tepal::table {
namespace {

ColumnType typeOfValue(const Value &value, bool big)
{
    if (isMissing(value))
        return ColumnType::Nothing;
    switch (value.kind()) {
    case ValueKind::Boolean:
        return ColumnType::Booleans;
    case ValueKind::Integral:
        return ColumnType::Integers;
    case ValueKind::Unsigned:
        return ColumnType::Unsigned;
    case ValueKind::Fractional:
        return ColumnType::Fractions;
    case ValueKind::String:
        return big ? ColumnType::BigIntegers : ColumnType::Texts;
    default:
        return ColumnType::Objects;
    }
}

/// A cell as its column's type has it.
Value converted(ParsedBlock &block, const Value &value, ColumnType type)
{
    if (type == ColumnType::Fractions) {
        if (value.kind() == ValueKind::Integral)
            return Value::fractional(static_cast<double>(value.asIntegral()));
        if (value.kind() == ValueKind::Unsigned)
            return Value::fractional(static_cast<double>(value.asNatural()));
        if (value.kind() == ValueKind::String)
            return Value::fractional(parseDouble(value.asString()).value_or(0));
    }
    if (type == ColumnType::BigIntegers || type == ColumnType::Texts) {
        if (value.kind() == ValueKind::Integral)
            return Value::string(block.arena.keep(std::to_string(value.asIntegral())));
        if (value.kind() == ValueKind::Unsigned)
            return Value::string(block.arena.keep(std::to_string(value.asNatural())));
        if (value.kind() == ValueKind::Fractional)
            return Value::string(block.arena.keep(formatDouble(value.asFractional())));
        if (value.kind() == ValueKind::Boolean)
            return Value::string(value.asBoolean() ? "True" : "False");
    }
    return value;
}

} // namespace

void addCell(Column &column, const Value &value)
{
    if (isMissing(value)) {
        ++column.missing;
        return;
    }
    switch (value.kind()) {
    case ValueKind::Null:
        break;
    case ValueKind::Boolean:
        ++(value.asBoolean() ? column.trues : column.falses);
        break;
    case ValueKind::Integral:
        column.integers.push_back(value.asIntegral());
        break;
    case ValueKind::Unsigned:
        column.unsignedIntegers.push_back(value.asNatural());
        break;
    case ValueKind::Fractional:
        column.fractions.push_back(value.asFractional());
        break;
    case ValueKind::String:
        column.texts.push_back(value.asString());
        break;
    case ValueKind::Tensor:
        ++column.tensors;
        break;
    case ValueKind::Object:
        ++column.objects;
        break;
    }
}

namespace {

unsigned typesOf(const JsonCells &cells)
{
    if (cells.types != JsonCells::kUnknown)
        return cells.types;
    unsigned types = 0;
    auto big = cells.bigRows.begin();
    for (std::size_t i = 0; i < cells.values.size(); ++i) {
        const bool isBig = big != cells.bigRows.end() && *big == cells.rows[i];
        big += isBig ? 1 : 0;
        types |= bitOf(typeOfValue(cells.values[i], isBig));
    }
    return types;
}

/// Lists values that are all of one kind, none of them missing.
template <typename T, typename Get>
void listAll(std::vector<T> &to, const std::vector<Value> &values, const Get &get)
{
    to.resize(values.size());
    std::transform(values.begin(), values.end(), to.begin(), get);
}

/// A column of one usual type without gaps. False for all others.
bool listUniform(Column &column, const std::vector<Value> &values, unsigned types)
{
    if (types == bitOf(ColumnType::Integers) && column.type == ColumnType::Integers)
        listAll(column.integers, values, [](const Value &value) { return value.asIntegral(); });
    else if (types == bitOf(ColumnType::Fractions) && column.type == ColumnType::Fractions)
        listAll(column.fractions, values, [](const Value &value) { return value.asFractional(); });
    else if (types == bitOf(ColumnType::Texts) && column.type == ColumnType::Texts)
        listAll(column.texts, values, [](const Value &value) { return value.asString(); });
    else
        return false;
    return true;
}

} // namespace

void typeJson(ParsedBlock &block, std::size_t index, const ParseRules &rules, ColumnType atLeast)
{
    Column &column = block.out.columns[index];
    const JsonCells &cells = block.json[index];
    const unsigned types = typesOf(cells);
    column.type = ColumnType::Nothing;
    if ((types & ~bitOf(ColumnType::Nothing)) != 0) {
        const auto declared = rules.declared.find(column.name);
        column.type = atLeast;
        for (unsigned i = 0; i < kColumnTypes; ++i) {
            if (const auto type = static_cast<ColumnType>(i); (types & bitOf(type)) != 0)
                column.type = joined(column.type, type, true);
        }
        if (declared != rules.declared.end())
            column.type = declared->second;
    }
    if (rules.records) {
        column.missing = 0;
        column.values = cells.values;
        column.rows = cells.rows;
        return;
    }
    column.missing = block.out.rows - cells.values.size();
    if (!rules.cellByCell && listUniform(column, cells.values, types))
        return;
    if (rules.cellByCell)
        column.values.assign(block.out.rows, Value::null());
    for (std::size_t i = 0; i < cells.values.size(); ++i) {
        const Value value = isMissing(cells.values[i])
                                ? Value::null()
                                : converted(block, cells.values[i], column.type);
        addCell(column, value);
        if (rules.cellByCell)
            column.values[cells.rows[i]] = value;
    }
}

} // namespace tepal::table
