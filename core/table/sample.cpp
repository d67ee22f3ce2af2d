#include "sample.h"

#include "chars.h"

#include <tepal/table/cells.h>

#include <algorithm>

namespace tepal::table {
namespace {

constexpr std::size_t kRecords = 1'000;

bool isBlankLine(const SampleRecord &record)
{
    return record.cells.size() == 1 && !record.cells[0].quoted && isBlank(record.cells[0].text);
}

} // namespace

Sample::Sample(std::string_view text, bool whole, const Marks &marks)
    : m_text(text)
{
    m_text.append(64, '\0'); // the finder looks beyond the end
    const std::size_t size = text.size();
    text = std::string_view(m_text).substr(0, size);
    PartFinder parts(text, marks);
    std::uint32_t lines = 0;
    unsigned unclosed = 0;
    for (std::size_t at = 0; at < size && m_records.size() < kRecords;) {
        const std::size_t begin = at;
        SampleRecord record;
        bool cut = false;
        for (;;) {
            const CellFound found = takeCell(text, at, marks, parts, m_kept);
            cut = found.end >= size;
            if (found.problem != CellFound::Problem::None) {
                record.broken = true;
                at = skipRecord(text, begin, marks, unclosed);
                break;
            }
            record.cells.push_back({found.cell, found.quoted});
            at = found.end;
            if (at >= size || text[at] == marks.end)
                break;
            ++at;
        }
        if (!record.broken)
            at = std::min(at + 1, size);
        if (cut && !whole)
            break;
        lines += static_cast<std::uint32_t>(
            std::count(text.begin() + static_cast<std::ptrdiff_t>(begin),
                       text.begin() + static_cast<std::ptrdiff_t>(at), marks.end));
        if (at == size && at > begin && text[at - 1] != marks.end)
            ++lines;
        if (!record.broken && isBlankLine(record))
            continue;
        record.lines = std::exchange(lines, 0);
        m_records.push_back(std::move(record));
    }
}

namespace {

/// A number with marks, by its groups of digits: 1.234,50 has the groups 1, 234 and 50.
struct MarkedNumber
{
    std::vector<std::size_t> groups;
    std::string marks;
    bool zeroFirst = false;

    bool read(std::string_view text)
    {
        text = trimmed(text);
        if (!text.empty() && (text.front() == '-' || text.front() == '+'))
            text.remove_prefix(1);
        if (const std::size_t e = text.find_first_of("eE"); e != text.npos && e > 0)
            text = text.substr(0, e);
        if (text.empty())
            return false;
        zeroFirst = text.size() > 1 && text[0] == '0';
        groups.assign(1, 0);
        for (const char c : text) {
            if (isDigit(c)) {
                ++groups.back();
            } else if (c == ',' || c == '.' || c == '\'' || c == ' ') {
                marks.push_back(c);
                groups.push_back(0);
            } else {
                return false;
            }
        }
        return groups.size() > 1 || groups[0] > 0;
    }
    /// Groups of three behind a first one of at most three, up to the mark at `until`.
    bool grouped(std::size_t until) const
    {
        if (zeroFirst || groups[0] == 0 || groups[0] > 3)
            return false;
        for (std::size_t i = 1; i <= until; ++i) {
            if (groups[i] != 3)
                return false;
        }
        return true;
    }
};

/// What the cells of one column say about the marks in them.
struct Evidence
{
    std::size_t cells = 0;        ///< Not missing.
    std::size_t plain = 0;        ///< Numbers without marks.
    std::size_t decimalComma = 0; ///< Beyond doubt.
    std::size_t decimalPoint = 0;
    std::size_t groupedComma = 0; ///< 1,234,567 or 1,234.5
    std::size_t groupedPoint = 0;
    std::size_t oneComma = 0; ///< 1,234: could be either.
    std::size_t onePoint = 0;
    std::size_t groupedOther = 0; ///< 1'234.5 or 1 234,5, by `other`.
    char other = 0;

    void add(std::string_view cell)
    {
        ++cells;
        MarkedNumber number;
        if (!number.read(cell))
            return;
        const std::string &marks = number.marks;
        if (marks.empty()) {
            ++plain;
            return;
        }
        const char last = marks.back();
        const bool lastDiffers = last != marks[0];
        const bool groups = number.grouped(marks.size() - (lastDiffers ? 1 : 0)) &&
                            std::all_of(marks.begin(), marks.end() - (lastDiffers ? 1 : 0),
                                        [&](char c) { return c == marks[0]; });
        const bool pointOrComma = marks[0] == ',' || marks[0] == '.';
        if (marks.size() == 1 && pointOrComma) {
            const bool comma = last == ',';
            if (groups)
                ++(comma ? oneComma : onePoint);
            else if (number.groups[1] > 0 || !comma)
                ++(comma ? decimalComma : decimalPoint);
        } else if (groups && (!lastDiffers || last == ',' || last == '.')) {
            ++(marks[0] == ',' ? groupedComma : marks[0] == '.' ? groupedPoint : groupedOther);
            if (!pointOrComma)
                other = marks[0];
            if (lastDiffers)
                ++(last == ',' ? decimalComma : decimalPoint);
        }
    }
    std::size_t numbersWithComma() const
    {
        return plain + decimalComma + oneComma + wholeGroups(groupedPoint, decimalComma) +
               onePoint + wholeGroups(groupedOther, decimalComma);
    }
    std::size_t numbersWithPoint() const
    {
        return plain + decimalPoint + onePoint + wholeGroups(groupedComma, decimalPoint) +
               oneComma + wholeGroups(groupedOther, decimalPoint);
    }
    /// Grouped numbers that are not among those with decimals already.
    static std::size_t wholeGroups(std::size_t grouped, std::size_t decimals)
    {
        return grouped > decimals ? grouped - decimals : 0;
    }
    bool mostly(std::size_t some) const { return cells > 0 && 10 * some >= 9 * cells; }
};

/// What could be meant in two ways, where no thousands mark is beyond doubt.
std::string doubtOf(const std::vector<Evidence> &columns, char decimal, bool comma, bool point,
                    char delimiter)
{
    const auto any = [&](const auto &applies) {
        return std::any_of(columns.begin(), columns.end(), applies);
    };
    if (comma && point)
        return "cells such as 1,5 are read as text, because others are such as 1.5; say --decimal "
               ", "
               "if the comma is the decimal mark";
    if (decimal == '.' && any([](const Evidence &column) {
            return column.oneComma > 0 && column.decimalComma == 0 && column.groupedComma == 0 &&
                   column.mostly(column.numbersWithPoint());
        }))
        return "cells such as 1,234 are read as text; say --decimal , or --thousands , if they are "
               "numbers";
    const bool points = any([](const Evidence &column) {
        return column.onePoint > 0 && column.decimalPoint == 0 &&
               column.mostly(column.numbersWithComma());
    });
    if (decimal == ',' && points)
        return "cells such as 1.234 are read as text; say --thousands . if they are numbers";
    if (any([](const Evidence &column) {
            return column.groupedPoint > 0 && column.decimalPoint == 0 &&
                   column.mostly(column.numbersWithComma());
        }))
        return "cells such as 1.234.567 are read as text; say --thousands . if they are numbers";
    // Semicolons come from where the comma is the decimal mark.
    if (delimiter == ';' && points && !point)
        return "cells such as 1.234 are read as fractions; say --thousands . if the point stands "
               "between thousands";
    return {};
}

} // namespace

StyleFound findNumberStyle(const std::vector<SampleRecord> &records, std::size_t first,
                           char delimiter)
{
    const MissingWords missing;
    std::vector<Evidence> columns;
    for (std::size_t i = first; i < records.size(); ++i) {
        const auto &cells = records[i].cells;
        columns.resize(std::max(columns.size(), cells.size()));
        for (std::size_t c = 0; c < cells.size(); ++c) {
            if (!missing.contains(cells[c].text))
                columns[c].add(cells[c].text);
        }
    }
    StyleFound found;
    bool comma = false;
    bool point = false;
    for (const Evidence &column : columns) {
        comma = comma || (column.decimalComma > 0 && column.groupedComma == 0 &&
                          column.decimalPoint == 0 && column.mostly(column.numbersWithComma()));
        point = point || (column.decimalPoint > 0 && column.decimalComma == 0 &&
                          column.mostly(column.numbersWithPoint()));
    }
    if (comma && !point)
        found.decimal = ',';
    for (const Evidence &column : columns) {
        if (column.groupedOther > 0 && column.other != delimiter &&
            column.mostly(found.decimal == ',' ? column.numbersWithComma()
                                               : column.numbersWithPoint()))
            found.thousands = column.other;
        if (found.decimal == ',' && column.groupedPoint > 0 &&
            column.mostly(column.numbersWithComma()))
            found.thousands = '.';
        if (found.decimal == '.' && column.groupedComma > 0 &&
            column.mostly(column.numbersWithPoint()))
            found.thousands = ',';
    }
    if (found.thousands == 0)
        found.doubt = doubtOf(columns, found.decimal, comma, point, delimiter);
    return found;
}

std::string oneColumnDoubt(const std::vector<SampleRecord> &records)
{
    if (records.size() < 2)
        return {};
    for (const char c : {',', ';', '\t', '|', ':', '^', '~', ' '}) {
        const auto partsOf = [c](const SampleRecord &record) {
            const std::string_view text =
                record.cells.empty() ? std::string_view() : trimmed(record.cells[0].text);
            std::size_t parts = 0;
            for (std::size_t i = 0; i < text.size(); ++i)
                parts += text[i] == c && (c != ' ' || text[i - 1] != ' ') ? 1 : 0;
            return parts;
        };
        const std::size_t parts = partsOf(records[0]);
        const bool quoted = !records[0].cells.empty() && records[0].cells[0].quoted;
        if (parts == 0 || !std::all_of(records.begin(), records.end(), [&](const auto &record) {
                return record.cells.size() == 1 && partsOf(record) == parts;
            }))
            continue;
        if (c == ' ' && std::any_of(records.begin(), records.end(), [](const auto &record) {
                return trimmed(record.cells[0].text).find("  ") != std::string_view::npos;
            }))
            return "every line is one cell, but all have as many words; a table in columns of a "
                   "fixed width is better written as CSV";
        const std::string name = c == '\t' ? "tab" : c == ' ' ? "space" : std::string{'"', c, '"'};
        return "every line is one cell, but all have " + name + " as often; say " +
               (quoted ? "--quote none" : "--delimiter " + name) + " if that parts cells";
    }
    return {};
}

bool hasBlanksBehindDelimiters(const std::vector<SampleRecord> &records, std::size_t first)
{
    std::size_t blanks = 0;
    for (std::size_t i = first; i < records.size(); ++i) {
        const auto &cells = records[i].cells;
        for (std::size_t c = 1; c < cells.size(); ++c) {
            if (cells[c].quoted || cells[c].text.empty())
                continue;
            if (cells[c].text.front() != ' ')
                return false;
            ++blanks;
        }
    }
    return blanks > 0;
}

} // namespace tepal::table
