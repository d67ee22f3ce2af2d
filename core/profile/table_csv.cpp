// CSV (RFC 4180): cells, and what their texts mean.

#include "table_chunk.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace tepal {
namespace {

constexpr std::size_t kBadKept = 10;

/// One cell from `at` on. Doubled quotes are undone in place. Gives the position behind the cell
/// (of the comma or line end, or the end of the text), or nothing for a stray quote.
std::optional<std::size_t> takeCell(char *text, std::size_t size, std::size_t at,
                                    std::string_view &cell)
{
    if (at < size && text[at] == '"') {
        const std::size_t begin = ++at;
        bool doubled = false;
        for (; at < size; ++at) {
            if (text[at] != '"')
                continue;
            if (at + 1 >= size || text[at + 1] != '"')
                break;
            doubled = true;
            ++at;
        }
        const std::size_t close = at++;
        if (at < size && text[at] == '\r' && at + 1 < size && text[at + 1] == '\n')
            ++at;
        if (close >= size || (at < size && text[at] != ',' && text[at] != '\n'))
            return std::nullopt;
        std::size_t out = close;
        if (doubled) {
            out = begin;
            for (std::size_t i = begin; i < close; ++i) {
                text[out++] = text[i];
                i += text[i] == '"' ? 1 : 0;
            }
        }
        cell = {text + begin, out - begin};
        return at;
    }
    const std::size_t begin = at;
    while (at < size && text[at] != ',' && text[at] != '\n')
        ++at;
    std::size_t end = at;
    if (end > begin && text[end - 1] == '\r' && (at == size || text[at] == '\n'))
        --end;
    cell = {text + begin, end - begin};
    return at;
}

/// Behind the end of the record whose cell at `at` has a stray quote.
std::size_t skipRecord(const char *text, std::size_t size, std::size_t at)
{
    CsvState state = CsvState::CellStart;
    for (; at < size; ++at) {
        if (text[at] == '\n' && state != CsvState::Quoted)
            return at + 1;
        state = afterChar(state, text[at]);
    }
    return size;
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

std::optional<std::int64_t> integerOf(std::string_view cell)
{
    cell = trimmed(cell);
    if (cell.size() > 1 && cell.front() == '+' && cell[1] != '-')
        cell.remove_prefix(1);
    return parseInt64(cell);
}

std::optional<double> fractionOf(std::string_view cell)
{
    return parseDouble(trimmed(cell));
}

std::optional<bool> booleanOf(std::string_view cell)
{
    if (cell == "True" || cell == "true" || cell == "TRUE")
        return true;
    if (cell == "False" || cell == "false" || cell == "FALSE")
        return false;
    return std::nullopt;
}

/// The narrowest type that holds all of these texts, missing ones left out.
ChunkType typeOf(const std::vector<CountedText> &texts, const NullTexts &nulls,
                 std::uint64_t &missing)
{
    bool any = false;
    bool booleans = true;
    bool integers = true;
    bool numbers = true;
    for (const auto &[text, count] : texts) {
        if (nulls.contains(text)) {
            missing += count;
            continue;
        }
        any = true;
        booleans = booleans && booleanOf(text);
        integers = integers && integerOf(text);
        numbers = numbers && (integers || fractionOf(text));
    }
    if (!any)
        return ChunkType::Nothing;
    if (booleans)
        return ChunkType::Booleans;
    if (integers)
        return missing > 0 ? ChunkType::Fractions : ChunkType::Integers;
    return numbers ? ChunkType::Fractions : ChunkType::Texts;
}

/// From different texts to different values.
void convertCounted(ChunkColumn &column, const std::vector<CountedText> &texts,
                    const NullTexts &nulls)
{
    for (const auto &[text, count] : texts) {
        if (nulls.contains(text))
            continue;
        switch (column.type) {
        case ChunkType::Booleans:
            (*booleanOf(text) ? column.trues : column.falses) += count;
            break;
        case ChunkType::Integers:
            column.countedIntegers.push_back({*integerOf(text), count});
            break;
        case ChunkType::Fractions:
            column.countedFractions.push_back({*fractionOf(text), count});
            break;
        default:
            column.countedTexts.push_back({text, count});
        }
    }
}

/// Many different texts: tried as integers, from the first that is none on as fractions, and from
/// the first that is no number as texts.
void convertEach(ChunkColumn &column, const NullTexts &nulls, ChunkType atLeast)
{
    ChunkType type = std::max(atLeast, ChunkType::Integers);
    column.nulls = 0;
    for (const std::string_view cell : column.cells) {
        if (nulls.contains(cell)) {
            ++column.nulls;
            continue;
        }
        if (type == ChunkType::Integers) {
            if (const auto integer = integerOf(cell)) {
                column.integers.push_back(*integer);
                continue;
            }
            type = ChunkType::Fractions;
            column.fractions.assign(column.integers.begin(), column.integers.end());
        }
        if (type == ChunkType::Fractions) {
            if (const auto fraction = fractionOf(cell)) {
                column.fractions.push_back(*fraction);
                continue;
            }
            type = ChunkType::Texts;
            break;
        }
        break;
    }
    if (type == ChunkType::Texts) {
        column.nulls = 0;
        for (const std::string_view cell : column.cells) {
            if (nulls.contains(cell))
                ++column.nulls;
            else
                column.texts.push_back(cell);
        }
    } else if (type == ChunkType::Integers && column.nulls > 0) {
        type = ChunkType::Fractions;
        column.fractions.assign(column.integers.begin(), column.integers.end());
    }
    column.type = type;
}

} // namespace

void ChunkColumn::clear()
{
    type = ChunkType::Nothing;
    nulls = trues = falses = 0;
    counted = false;
    countedFractions.clear();
    countedIntegers.clear();
    countedTexts.clear();
    fractions.clear();
    integers.clear();
    texts.clear();
    cells.clear();
    values.clear();
    rows.clear();
}

void Chunk::clear()
{
    for (ChunkColumn &column : columns)
        column.clear();
    rows = 0;
    bad.clear();
    badCount = 0;
}

void Chunk::addBad(std::uint64_t line, std::string what)
{
    ++badCount;
    if (bad.size() < kBadKept)
        bad.push_back({line, std::move(what)});
}

NullTexts::NullTexts(const std::vector<std::string> &texts)
    : m_texts(texts)
{
    for (const std::string &text : m_texts) {
        if (!text.empty())
            m_first[static_cast<unsigned char>(text[0])] = true;
        m_longest = std::max(m_longest, text.size());
    }
}

bool NullTexts::contains(std::string_view cell) const
{
    if (cell.empty())
        return true;
    if (!m_first[static_cast<unsigned char>(cell[0])] || cell.size() > m_longest)
        return false;
    return std::find(m_texts.begin(), m_texts.end(), cell) != m_texts.end();
}

Result<CsvHeader> readCsvHeader(std::string_view text, std::size_t &end)
{
    std::string copy(text);
    CsvHeader header;
    std::size_t at = 0;
    for (;;) {
        std::string_view cell;
        const auto behind = takeCell(copy.data(), copy.size(), at, cell);
        if (!behind)
            return fail(ErrorCode::Corrupt,
                        fmt::format("line 1, column {}: a stray quote in the header",
                                    header.names.size() + 1),
                        "mend line 1");
        if (std::find(header.names.begin(), header.names.end(), cell) != header.names.end())
            return fail(ErrorCode::Corrupt,
                        fmt::format("line 1, column {}: the header names \"{}\" twice",
                                    header.names.size() + 1, cell),
                        "give every column its own name");
        header.names.emplace_back(cell);
        at = *behind;
        if (at >= copy.size() || copy[at] == '\n')
            break;
        ++at;
    }
    end = std::min(at + 1, copy.size());
    return header;
}

void inferColumn(ChunkColumn &column, const NullTexts &nulls, ChunkType atLeast)
{
    thread_local Distinct<std::string_view> different;
    column.counted = different.count(column.cells);
    if (!column.counted) {
        convertEach(column, nulls, atLeast);
        return;
    }
    column.nulls = 0;
    const ChunkType own = typeOf(different.values, nulls, column.nulls);
    // Booleans and numbers together are no numbers but objects, which are profiled like texts.
    const bool clash = own == ChunkType::Booleans && atLeast > ChunkType::Booleans;
    const bool other = atLeast == ChunkType::Booleans && own > ChunkType::Booleans;
    column.type = own == ChunkType::Nothing ? ChunkType::Nothing
                  : clash || other          ? ChunkType::Texts
                                            : std::max(own, atLeast);
    convertCounted(column, different.values, nulls);
}

void listValues(ChunkColumn &column, const NullTexts &nulls)
{
    const Value missing = Value::fractional(std::numeric_limits<double>::quiet_NaN());
    column.values.reserve(column.cells.size());
    for (const std::string_view cell : column.cells) {
        if (nulls.contains(cell)) {
            column.values.push_back(missing);
            continue;
        }
        switch (column.type) {
        case ChunkType::Booleans:
            column.values.push_back(Value::boolean(*booleanOf(cell)));
            break;
        case ChunkType::Integers:
            column.values.push_back(Value::integral(*integerOf(cell)));
            break;
        case ChunkType::Fractions:
            column.values.push_back(Value::fractional(*fractionOf(cell)));
            break;
        default:
            column.values.push_back(Value::string(cell));
        }
    }
}

void parseCsv(Chunk &chunk, const CsvHeader &header, std::size_t from, std::uint64_t firstLine,
              const NullTexts &nulls, bool asValues)
{
    const std::size_t width = header.names.size();
    if (chunk.columns.size() != width) {
        chunk.columns.assign(width, {});
        for (std::size_t i = 0; i < width; ++i)
            chunk.columns[i].name = header.names[i];
    }
    char *const text = chunk.block.memory.data();
    const std::size_t size = chunk.block.size;
    std::uint64_t line = firstLine;
    std::vector<std::string_view> cells(width);
    for (std::size_t at = from; at < size;) {
        const std::size_t begin = at;
        const std::uint64_t recordLine = line;
        std::size_t count = 0;
        bool stray = false;
        for (;;) {
            std::string_view cell;
            const auto behind = takeCell(text, size, at, cell);
            if (!behind) {
                stray = true;
                break;
            }
            if (count < width)
                cells[count] = cell;
            ++count;
            at = *behind;
            if (at >= size || text[at] == '\n')
                break;
            ++at;
        }
        if (stray) {
            chunk.addBad(recordLine, fmt::format("column {}{}: a stray quote", count + 1,
                                                 count < width ? " (" + header.names[count] + ")"
                                                               : std::string()));
            at = skipRecord(text, size, at);
            line += static_cast<std::uint64_t>(std::count(text + begin, text + at, '\n'));
            continue;
        }
        at = std::min(at + 1, size);
        line += chunk.block.quotes
                    ? static_cast<std::uint64_t>(std::count(text + begin, text + at, '\n'))
                    : 1;
        if (count == 1 && cells[0].empty() && text[begin] != '"')
            continue; // an empty line
        if (count != width) {
            chunk.addBad(
                recordLine,
                count < width
                    ? fmt::format("{} cells where the header has {}: column {} ({}) is missing",
                                  count, width, count + 1, header.names[count])
                    : fmt::format("{} cells where the header has {}", count, width));
            continue;
        }
        for (std::size_t i = 0; i < width; ++i)
            chunk.columns[i].cells.push_back(cells[i]);
        ++chunk.rows;
    }
    for (ChunkColumn &column : chunk.columns) {
        inferColumn(column, nulls, ChunkType::Nothing);
        if (asValues)
            listValues(column, nulls);
    }
}

} // namespace tepal
