// Records of a delimited block into columns of cells.

#include "chars.h"
#include "parse.h"
#include "recognise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_set>

namespace tepal::table {

void Column::clear()
{
    type = ColumnType::Nothing;
    missing = trues = falses = tensors = objects = 0;
    counted = false;
    canonical = true;
    countedIntegers.clear();
    countedUnsigned.clear();
    countedFractions.clear();
    countedTexts.clear();
    integers.clear();
    unsignedIntegers.clear();
    fractions.clear();
    texts.clear();
    raw.clear();
    values.clear();
    rows.clear();
    cells.clear();
}

void ParsedBlock::clear()
{
    for (Column &column : out.columns)
        column.clear();
    for (JsonCells &cells : json)
        cells.clear();
    out.rows = 0;
    bad.clear();
    shortRows = emptyLines = 0;
    kept.clear();
    arena.clear();
}

std::vector<std::string> uniqueNames(std::vector<std::string> names)
{
    std::unordered_set<std::string> taken(names.begin(), names.end());
    std::unordered_set<std::string> seen;
    std::unordered_map<std::string, std::size_t> numbers; // the last that a name was given
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].empty())
            names[i] = fmt::format("Unnamed: {}", i);
        std::string name = names[i];
        while (seen.contains(name)) {
            name = fmt::format("{}.{}", names[i], ++numbers[names[i]]);
            if (taken.contains(name) && !seen.contains(name))
                name = names[i]; // somebody else's own name: the next number
        }
        seen.insert(name);
        names[i] = std::move(name);
    }
    return names;
}

namespace {

/// Goes from record to record of a block.
class RowReader
{
public:
    RowReader(ParsedBlock &block, const ParseRules &rules, std::size_t from)
        : m_block(block)
        , m_rules(rules)
        , m_marks(rules.dialect)
        , m_text(block.text.text())
        , m_parts(m_text, m_marks)
        , m_cells(rules.names.size())
        , m_at(from)
        , m_line(block.text.firstLine)
        , m_suspect(!isValidUtf8(m_text) || m_text.find('\0') != m_text.npos)
        , m_carriages(m_marks.end == '\n' && m_text.find('\r') != m_text.npos)
        , m_loneCarriage(hasLoneCarriage())
    {
        for (Column &column : block.out.columns)
            m_targets.push_back(&column.cells);
        for (const std::string &name : rules.names) {
            const auto declared = rules.declared.find(name);
            m_declared.push_back(declared == rules.declared.end() ? ColumnType::Texts
                                                                  : declared->second);
            m_anyDeclared = m_anyDeclared || m_declared.back() != ColumnType::Texts;
        }
    }

    void run()
    {
        while (m_at < m_text.size())
            record();
    }

private:
    void record()
    {
        const std::size_t begin = m_at;
        std::size_t count = 0;
        std::size_t last = 0; // the last cell beyond the header that holds something
        CellFound found;
        for (std::size_t at = begin;; ++at) {
            take(found, at);
            if (found.problem != CellFound::Problem::None)
                break;
            if (m_rules.dialect.skipBlanks && !found.quoted)
                found.cell.remove_prefix(
                    std::min(found.cell.find_first_not_of(' '), found.cell.size()));
            if (count < m_cells.size())
                m_cells[count] = found.cell;
            else if (!found.cell.empty())
                last = count + 1;
            ++count;
            at = found.end;
            if (at >= m_text.size() || m_text[at] == m_marks.end)
                break;
        }
        const bool broken = found.problem != CellFound::Problem::None;
        m_at = broken ? skipRecord(m_text, begin, m_marks, m_unclosed)
                      : std::min(found.end + 1, m_text.size());
        const std::string_view row = m_text.substr(begin, m_at - begin);
        if (broken)
            return bad(row, count + 1, BadRow::Kind::Quote,
                       found.problem == CellFound::Problem::NeverClosed
                           ? "a quote is opened and never closed"
                           : "text stands behind a closing quote");
        if (count == 1 && !found.quoted && isBlank(found.cell)) {
            m_block.emptyLines += m_cells.size() == 1 ? 1 : 0;
            return;
        }
        if (last > 0)
            return bad(row, m_cells.size() + 1, BadRow::Kind::TooLong,
                       fmt::format("{} cells where the {} has {}", last,
                                   m_rules.dialect.header ? "header" : "first row",
                                   m_cells.size()));
        if ((m_suspect || m_loneCarriage || m_anyDeclared) &&
            !usable(row, std::min(count, m_cells.size())))
            return;
        if (isHeader(count))
            return bad(row, 0, BadRow::Kind::Header, "the header once more");
        keep(count);
    }

    /// Whether a row is the header again, also behind a byte order mark. In a table of one column
    /// it may well be a value.
    bool isHeader(std::size_t count) const
    {
        const auto &header = m_rules.header;
        if (count != header.size() || count < 2 || !m_cells[0].ends_with(header[0]))
            return false;
        std::string_view first = m_cells[0];
        if (first.starts_with("\xEF\xBB\xBF"))
            first.remove_prefix(3);
        return first == header[0] &&
               std::equal(m_cells.begin() + 1, m_cells.end(), header.begin() + 1);
    }

    /// The cell at `at`. The usual ones here: without quotes, or in quotes with none inside.
    void take(CellFound &found, std::size_t at)
    {
        const char first = at < m_text.size() ? m_text[at] : '\0';
        found.problem = CellFound::Problem::None;
        if (first != ' ' && (first != m_marks.quote || m_marks.quote == 0)) {
            found.end = m_parts.next(at);
            found.cell = m_text.substr(at, found.end - at);
            found.quoted = false;
            if (m_carriages && found.cell.ends_with('\r') && atEnd(found.end))
                found.cell.remove_suffix(1);
            return;
        }
        if (first == m_marks.quote && m_marks.escape == 0) {
            const std::size_t close = m_parts.nextQuote(at + 1);
            const char next = close + 1 < m_text.size() ? m_text[close + 1] : '\0';
            if (next == m_marks.delimiter || next == m_marks.end) {
                found.end = close + 1;
                found.cell = m_text.substr(at + 1, close - at - 1);
                found.quoted = true;
                return;
            }
        }
        found = takeCell(m_text, at, m_marks, m_parts, m_block.kept);
    }

    void keep(std::size_t count)
    {
        if (count < m_cells.size()) {
            std::fill(m_cells.begin() + static_cast<std::ptrdiff_t>(count), m_cells.end(),
                      std::string_view());
            ++m_block.shortRows;
        }
        for (std::size_t i = 0; i < m_cells.size(); ++i)
            m_targets[i]->push_back(m_cells[i]);
        ++m_block.out.rows;
    }

    /// What is rarely wrong with the cells of a row.
    bool usable(std::string_view row, std::size_t count)
    {
        for (std::size_t i = 0; i < count; ++i) {
            const std::string_view cell = m_cells[i];
            const bool inner = cell.data() >= row.data() && cell.data() < row.data() + row.size();
            const bool quoted =
                !inner || (cell.data() > m_text.data() && *(cell.data() - 1) == m_marks.quote);
            if (m_suspect && (!isValidUtf8(cell) || cell.find('\0') != cell.npos)) {
                bad(row, i + 1, BadRow::Kind::Bytes,
                    cell.find('\0') != cell.npos
                        ? "a byte of value 0"
                        : fmt::format("bytes that are no {}",
                                      encodingName(m_rules.dialect.encoding)));
                return false;
            }
            if (m_loneCarriage && !quoted &&
                cell.find(m_marks.end == '\n' ? '\r' : '\n') != cell.npos) {
                bad(row, i + 1, BadRow::Kind::Quote,
                    "another kind of line end in a cell without quotes");
                return false;
            }
            if (m_declared[i] != ColumnType::Texts && !m_rules.missing.contains(cell) && !fits(i)) {
                bad(row, i + 1, BadRow::Kind::Type,
                    fmt::format("\"{}\" is not {} {}", cell,
                                m_declared[i] == ColumnType::Integers ? "an" : "a",
                                columnTypeName(m_declared[i])));
                return false;
            }
        }
        return true;
    }
    bool fits(std::size_t column) const
    {
        const ColumnType own = typeOfCell(m_cells[column], m_rules.style());
        switch (m_declared[column]) {
        case ColumnType::Booleans:
            return own == ColumnType::Booleans;
        case ColumnType::Integers:
            return own == ColumnType::Integers;
        default:
            return isNumeric(own) || own == ColumnType::BigIntegers;
        }
    }

    bool atEnd(std::size_t at) const { return at == m_text.size() || m_text[at] == m_marks.end; }
    bool hasLoneCarriage() const
    {
        if (m_marks.end == '\r')
            return m_text.find('\n') != m_text.npos;
        for (std::size_t at = m_text.find('\r'); at != m_text.npos;
             at = m_text.find('\r', at + 1)) {
            if (at + 1 < m_text.size() && m_text[at + 1] != '\n')
                return true;
        }
        return false;
    }

    void bad(std::string_view row, std::size_t column, BadRow::Kind kind, std::string reason)
    {
        // Lines are counted only where somebody is told.
        const auto at = static_cast<std::size_t>(row.data() - m_text.data());
        m_line += countOf(m_text.substr(m_counted, at - m_counted), m_marks.end);
        m_counted = at;
        while (!row.empty() && (row.back() == '\n' || row.back() == '\r'))
            row.remove_suffix(1);
        if (column > 0 && column <= m_rules.names.size() && kind != BadRow::Kind::TooLong)
            reason = fmt::format("({}) {}", m_rules.names[column - 1], reason);
        m_block.bad.push_back({m_line, column, kind, std::move(reason), row});
    }

    ParsedBlock &m_block;
    const ParseRules &m_rules;
    Marks m_marks;
    std::string_view m_text;
    PartFinder m_parts;
    std::vector<std::string_view> m_cells;
    std::vector<std::vector<std::string_view> *> m_targets; ///< Of each column.
    std::vector<ColumnType> m_declared;
    bool m_anyDeclared = false;
    std::size_t m_at;
    unsigned m_unclosed = 0;
    std::uint64_t m_line;      ///< Number of the line at m_counted.
    std::size_t m_counted = 0; ///< Up to here lines are counted.
    bool m_suspect;
    bool m_carriages; ///< Line ends may be CR LF.
    bool m_loneCarriage;
};

} // namespace

Result<Header> readHeader(const TextBlock &block, const Dialect &dialect)
{
    const std::string_view text = block.text();
    const Marks marks(dialect);
    PartFinder parts(text, marks);
    TextArena kept;
    std::uint64_t line = block.firstLine;
    Header header;
    for (std::size_t begin = 0; begin < text.size();) {
        header.names.clear();
        CellFound found;
        for (std::size_t at = begin;; at = found.end + 1) {
            found = takeCell(text, at, marks, parts, kept);
            if (found.problem != CellFound::Problem::None)
                return fail(ErrorCode::Corrupt,
                            fmt::format("line {}, column {}: a quote that is not closed in the "
                                        "header",
                                        line, header.names.size() + 1),
                            "mend that line");
            header.names.emplace_back(found.cell);
            if (dialect.skipBlanks && !found.quoted)
                header.names.back().erase(0, header.names.back().find_first_not_of(' '));
            if (found.end >= text.size() || text[found.end] == marks.end)
                break;
        }
        header.end = std::min(found.end + 1, text.size());
        if (header.names.size() > 1 || found.quoted || !isBlank(header.names[0])) {
            if (dialect.header) {
                header.written = header.names;
            } else {
                header.end = begin;
                for (std::size_t i = 0; i < header.names.size(); ++i)
                    header.names[i] = std::to_string(i);
            }
            for (const std::string &name : header.names) {
                if (!isValidUtf8(name) || name.find('\0') != name.npos)
                    return fail(ErrorCode::Corrupt,
                                fmt::format("line {}: the header has bytes that are no {}", line,
                                            encodingName(dialect.encoding)),
                                "say what it is with --encoding");
            }
            header.names = uniqueNames(std::move(header.names));
            return header;
        }
        begin = header.end;
        ++line;
    }
    return fail(ErrorCode::Corrupt, "there is no header and no row in it",
                "give a table with a header line, or JSON lines");
}

void parseDelimited(ParsedBlock &block, const ParseRules &rules, std::size_t from,
                    std::span<const ColumnType> types)
{
    const std::size_t width = rules.names.size();
    if (block.out.columns.size() != width) {
        block.out.columns.assign(width, {});
        for (std::size_t i = 0; i < width; ++i)
            block.out.columns[i].name = rules.names[i];
    }
    // Room for every row there can be, or doubling would take up to twice the memory.
    const std::size_t lines = block.text.lines + 1;
    for (Column &column : block.out.columns) {
        if (column.cells.capacity() < lines && lines * width <= block.text.size)
            column.cells.reserve(lines + lines / 8);
    }
    RowReader(block, rules, from).run();
    for (std::size_t i = 0; i < width; ++i)
        typeCells(block.out.columns[i], rules, types[i]);
}

} // namespace tepal::table
