// The type of a column of cells, and its cells as that.

#include "parse.h"

#include <algorithm>
#include <charconv>

namespace tepal::table {
namespace {

/// Whether a cell that is an integer is written in the one usual way, judged by its first and last
/// characters. Where there may be thousands marks nothing is taken for granted.
bool looksCanonical(std::string_view cell, NumberStyle style)
{
    if (style.thousands != 0)
        return false;
    const char last = cell.back();
    if (last < '0' || last > '9')
        return false;
    const char first = cell[0] == '-' && cell.size() > 1 ? cell[1] : cell[0];
    return (first >= '1' && first <= '9') || cell == "0";
}

/// Where the values of one type go, listed or counted.
template <typename T>
void put(std::vector<T> &listed, std::vector<Counted<T>> &counted, bool asCounted, T value,
         std::uint64_t times)
{
    if (asCounted)
        counted.push_back({value, times});
    else
        listed.push_back(value);
}

/// One cell that is not missing, `times` times, in the type of its column.
void addTyped(Column &to, std::string_view cell, std::uint64_t times, NumberStyle style)
{
    switch (to.type) {
    case ColumnType::Nothing:
        break;
    case ColumnType::Booleans:
        (*booleanOf(cell) ? to.trues : to.falses) += times;
        break;
    case ColumnType::Integers:
    case ColumnType::Unsigned:
        to.canonical = to.canonical && looksCanonical(cell, style);
        if (const auto integer = integerOf(cell, style))
            put(to.integers, to.countedIntegers, to.counted, *integer, times);
        else
            put(to.unsignedIntegers, to.countedUnsigned, to.counted, *unsignedOf(cell, style),
                times);
        break;
    case ColumnType::Fractions:
        put(to.fractions, to.countedFractions, to.counted, *fractionOf(cell, style), times);
        break;
    default:
        put(to.texts, to.countedTexts, to.counted, cell, times);
    }
}

/// Many different cells: read as integers or fractions as long as they are.
/// False where the column is of another type, which is then known.
bool readNumbers(Column &column, const ParseRules &rules, ColumnType &type)
{
    const NumberStyle style = rules.style();
    const auto roomFor = [&](auto &values) {
        if (values.capacity() < column.cells.size())
            values.reserve(column.cells.size() + column.cells.size() / 8);
    };
    if (type == ColumnType::Fractions)
        roomFor(column.fractions);
    for (const std::string_view cell : column.cells) {
        if (rules.missing.contains(cell)) {
            ++column.missing;
            continue;
        }
        if (type == ColumnType::Integers) {
            if (const auto integer = integerOf(cell, style)) {
                column.canonical = column.canonical && looksCanonical(cell, style);
                column.integers.push_back(*integer);
                continue;
            }
            type = joined(type, typeOfCell(cell, style), false);
            if (type != ColumnType::Fractions)
                return false;
            roomFor(column.fractions);
            column.fractions.assign(column.integers.begin(), column.integers.end());
            column.integers = {};
        }
        const auto fraction = fractionOf(cell, style);
        if (!fraction) {
            type = joined(type, typeOfCell(cell, style), false);
            return false;
        }
        column.fractions.push_back(*fraction);
    }
    column.type = type;
    return true;
}

void readEach(Column &column, const ParseRules &rules, ColumnType atLeast)
{
    ColumnType type = std::max(atLeast, ColumnType::Integers);
    if (type == ColumnType::Integers || type == ColumnType::Fractions) {
        if (atLeast != ColumnType::Booleans && readNumbers(column, rules, type))
            return;
        column.integers.clear();
        column.fractions.clear();
        column.missing = 0;
        column.canonical = true;
    }
    type = atLeast;
    for (const std::string_view cell : column.cells) {
        if (rules.missing.contains(cell))
            ++column.missing;
        else if (type != ColumnType::Texts)
            type = joined(type, typeOfCell(cell, rules.style()), false);
    }
    column.type = type;
    for (const std::string_view cell : column.cells) {
        if (!rules.missing.contains(cell))
            addTyped(column, cell, 1, rules.style());
    }
}

void listValues(Column &column, const ParseRules &rules)
{
    const NumberStyle style = rules.style();
    column.values.reserve(column.cells.size());
    for (const std::string_view cell : column.cells) {
        if (rules.missing.contains(cell)) {
            column.values.push_back(Value::null());
            continue;
        }
        switch (column.type) {
        case ColumnType::Booleans:
            column.values.push_back(Value::boolean(*booleanOf(cell)));
            break;
        case ColumnType::Integers:
        case ColumnType::Unsigned:
            if (const auto integer = integerOf(cell, style))
                column.values.push_back(Value::integral(*integer));
            else
                column.values.push_back(Value::natural(*unsignedOf(cell, style)));
            break;
        case ColumnType::Fractions:
            column.values.push_back(Value::fractional(*fractionOf(cell, style)));
            break;
        default:
            column.values.push_back(Value::string(cell));
        }
    }
}

void listRaw(Column &column, const ParseRules &rules, std::span<const CountedText> different)
{
    if (column.counted) {
        std::copy_if(different.begin(), different.end(), std::back_inserter(column.raw),
                     [&](const CountedText &cell) { return !rules.missing.contains(cell.value); });
        return;
    }
    for (const std::string_view cell : column.cells) {
        if (!rules.missing.contains(cell))
            column.raw.push_back({cell, 1});
    }
}

} // namespace

void typeCells(Column &column, const ParseRules &rules, ColumnType atLeast)
{
    thread_local Distinct<std::string_view> different;
    column.counted = different.count(column.cells);
    if (!column.counted) {
        readEach(column, rules, atLeast);
    } else {
        bool any = false;
        ColumnType type = atLeast;
        for (const auto &[cell, times] : different.values) {
            if (rules.missing.contains(cell)) {
                column.missing += times;
                continue;
            }
            any = true;
            if (type != ColumnType::Texts)
                type = joined(type, typeOfCell(cell, rules.style()), false);
        }
        column.type = any ? type : ColumnType::Nothing;
        for (const auto &[cell, times] : different.values) {
            if (!rules.missing.contains(cell))
                addTyped(column, cell, times, rules.style());
        }
    }
    if (rules.rawTexts && column.type != ColumnType::Texts && column.type != ColumnType::Nothing)
        listRaw(column, rules, different.values);
    if (rules.cellByCell)
        listValues(column, rules);
}

} // namespace tepal::table
