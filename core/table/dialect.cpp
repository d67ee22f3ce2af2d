#include "sample.h"

#include <tepal/table/cells.h>
#include <tepal/table/dialect.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace tepal::table {
namespace {

constexpr std::size_t kMostTitleLines = 20;

LineEnd findLineEnd(std::string_view text)
{
    std::size_t lf = 0;
    std::size_t crLf = 0;
    std::size_t cr = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && c == '\n') {
            ++lf;
        } else if (!quoted && c == '\r') {
            const bool both = i + 1 < text.size() && text[i + 1] == '\n';
            ++(both ? crLf : cr);
            i += both ? 1 : 0;
        }
    }
    // At the very end of what is known a CR may be half of a pair.
    if (cr > lf + crLf && cr > (text.ends_with('\r') && cr == 1 ? 1u : 0u))
        return LineEnd::Cr;
    return crLf > lf ? LineEnd::CrLf : LineEnd::Lf;
}

/// Excel's first line `sep=;`. Gives the separator.
std::optional<char> separatorLine(std::string_view text)
{
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    if (line.size() != 5 || line[3] != '=')
        return std::nullopt;
    for (std::size_t i = 0; i < 3; ++i) {
        if (std::tolower(static_cast<unsigned char>(line[i])) != "sep"[i])
            return std::nullopt;
    }
    return line[4];
}

bool isNumber(std::string_view cell, NumberStyle style)
{
    return isInteger(cell, style) || fractionOf(cell, style).has_value();
}

/// Years one after the other, or the positions that pandas gives columns without a name: 0, 1, 2.
bool isNumberedHeader(const std::vector<SampleCell> &cells)
{
    std::optional<std::int64_t> before;
    std::size_t numbers = 0;
    for (const SampleCell &cell : cells) {
        const auto number = integerOf(cell.text, {});
        if (!number) {
            if (fractionOf(cell.text, {}))
                return false;
            continue;
        }
        const bool first = *number == 0 || (*number >= 1900 && *number <= 2100);
        if (before ? *number != *before + 1 : !first)
            return false;
        ++numbers;
        before = number;
    }
    return numbers >= 2;
}

/// Whether a line names the columns of what follows it. Undecided (all columns are text, or nothing
/// follows) is `fallback`.
bool looksLikeHeader(const std::vector<SampleRecord> &records, std::size_t at, NumberStyle style,
                     bool fallback)
{
    const auto &names = records[at].cells;
    const MissingWords missing;
    bool decided = false;
    bool header = false;
    for (std::size_t c = 0; c < names.size(); ++c) {
        std::size_t numbers = 0;
        std::size_t others = 0;
        for (std::size_t i = at + 1; i < records.size(); ++i) {
            if (c >= records[i].cells.size() || missing.contains(records[i].cells[c].text))
                continue;
            const std::string_view cell = records[i].cells[c].text;
            ++(isNumber(cell, style) || booleanOf(cell) ? numbers : others);
        }
        if (numbers == 0 || numbers < 9 * others)
            continue; // a column of texts says nothing
        decided = true;
        const std::string_view name = names[c].text;
        header = header || !(isNumber(name, style) || booleanOf(name) ||
                             (missing.contains(name) && !name.empty()));
    }
    return decided ? header || isNumberedHeader(names) : fallback;
}

/// How well a sample reads under a delimiter and a way of quoting.
struct Trial
{
    Dialect dialect;
    std::size_t first = 0; ///< Record that the table begins with.
    std::size_t width = 0;
    double fit = -1;    ///< Share of records as wide as the first; worse for wider and broken ones.
    double numeric = 0; ///< Share of cells that are numbers.
    bool broken = false;    ///< A record has quotes in the wrong places.
    std::size_t common = 0; ///< Width that most of the records have.
    double commonShare = 0;
};

double shareOfNumbers(const std::vector<SampleRecord> &records, std::size_t first)
{
    std::size_t all = 0;
    std::size_t numbers = 0;
    for (std::size_t i = first; i < records.size(); ++i) {
        for (const SampleCell &cell : records[i].cells) {
            ++all;
            numbers +=
                cell.text.empty() || isNumber(cell.text, {'.', 0}) || isNumber(cell.text, {',', 0})
                    ? 1
                    : 0;
        }
    }
    return all == 0 ? 0 : static_cast<double>(numbers) / static_cast<double>(all);
}

void findCommonWidth(const std::vector<SampleRecord> &records, Trial &trial)
{
    std::vector<std::size_t> widths;
    for (std::size_t i = 1; i < records.size(); ++i)
        widths.push_back(records[i].cells.size());
    std::sort(widths.begin(), widths.end());
    std::size_t most = 0;
    for (std::size_t i = 0, from = 0; i < widths.size(); ++i) {
        if (widths[i] != widths[from])
            from = i;
        if (i - from + 1 > most) {
            most = i - from + 1;
            trial.common = widths[i];
        }
    }
    if (!widths.empty())
        trial.commonShare = static_cast<double>(most) / static_cast<double>(widths.size());
}

/// Lines of one cell (spreadsheets fill them up with empty ones), or of comments, before a line of
/// several that names the columns below it.
std::size_t titleRecords(const std::vector<SampleRecord> &records)
{
    std::size_t at = 0;
    const auto isTitle = [&](const SampleRecord &record) {
        const auto &cells = record.cells;
        if (cells.empty() || cells[0].text.starts_with('#'))
            return !cells.empty();
        return std::all_of(cells.begin() + 1, cells.end(),
                           [](const SampleCell &cell) { return cell.text.empty(); });
    };
    while (at < records.size() && at < kMostTitleLines && !records[at].broken &&
           isTitle(records[at]))
        ++at;
    if (at == 0 || at + 2 > records.size() || records[at].cells.size() < 2)
        return 0;
    for (std::size_t i = at; i < records.size(); ++i) {
        if (records[i].cells.size() > records[at].cells.size())
            return 0;
    }
    // A commented line as wide as the table is its header.
    if (records[at - 1].cells.size() == records[at].cells.size() &&
        records[at - 1].cells[0].text.starts_with('#'))
        return at - 1;
    // Where texts do not tell: a header of three and more columns names more than the first.
    const auto &cells = records[at].cells;
    const bool filled = records[at - 1].cells.size() == cells.size() && cells.size() >= 3 &&
                        std::none_of(cells.begin(), cells.end(),
                                     [](const SampleCell &cell) { return cell.text.empty(); });
    return looksLikeHeader(records, at, {'.', 0}, filled) ? at : 0;
}

Trial tryOut(std::string_view text, bool whole, const Dialect &dialect, bool findTitle)
{
    Trial trial;
    trial.dialect = dialect;
    const Sample sample(text, whole, Marks(dialect));
    const auto &records = sample.records();
    if (records.empty())
        return trial;
    trial.first = findTitle ? titleRecords(records) : 0;
    trial.width = records[trial.first].cells.size();
    double points = records[trial.first].broken ? -2 : 0;
    for (std::size_t i = trial.first + 1; i < records.size(); ++i) {
        std::size_t width = records[i].cells.size();
        // Empty cells at the end are no cells too many.
        while (width > trial.width && records[i].cells[width - 1].text.empty())
            --width;
        trial.broken = trial.broken || records[i].broken;
        points += records[i].broken      ? -2
                  : width == trial.width ? 1
                  : width < trial.width  ? 0.5
                                         : -1;
    }
    const std::size_t rest = records.size() - trial.first - 1;
    trial.fit = trial.width < 2 ? -1 : rest == 0 ? 0.5 : points / static_cast<double>(rest);
    trial.numeric = shareOfNumbers(records, trial.first);
    findCommonWidth(records, trial);
    return trial;
}

bool isBetter(const Trial &a, const Trial &b)
{
    if (std::fabs(a.fit - b.fit) > 0.05)
        return a.fit > b.fit;
    if (std::fabs(a.numeric - b.numeric) > 0.02)
        return a.numeric > b.numeric;
    return a.width > b.width;
}

/// Cells that begin with a single quote, where there are no double ones.
bool mayQuoteSingly(std::string_view text, char delimiter)
{
    if (text.find('"') != text.npos)
        return false;
    const char begin[]{delimiter, '\''};
    const std::string_view cell(begin, 2);
    const std::size_t first = text.find(cell);
    return first != text.npos && text.find(cell, first + 1) != text.npos;
}

std::vector<char> delimiters(const DialectOptions &known)
{
    if (known.delimiter)
        return {*known.delimiter};
    return {',', ';', '\t', '|'};
}

/// The best of all that may be tried.
Trial findParts(std::string_view text, bool whole, const Dialect &base, const DialectOptions &known)
{
    std::vector<Trial> trials;
    const bool escapes = !known.escape && text.find("\\\"") != text.npos;
    for (const char delimiter : delimiters(known)) {
        Dialect dialect = base;
        dialect.delimiter = delimiter;
        const bool findTitle = !known.skippedLines && base.skippedLines == 0;
        trials.push_back(tryOut(text, whole, dialect, findTitle));
        if (escapes) {
            dialect.escape = '\\';
            trials.push_back(tryOut(text, whole, dialect, findTitle));
        }
        if (!known.quote && mayQuoteSingly(text, delimiter)) {
            dialect.quote = '\'';
            dialect.escape = base.escape;
            trials.push_back(tryOut(text, whole, dialect, findTitle));
            // They are there for a reason, unless they break records.
            trials.back().fit += trials.back().broken ? 0 : 0.1;
        }
    }
    Trial best = trials.front();
    for (const Trial &trial : trials) {
        if (isBetter(trial, best))
            best = trial;
    }
    if (best.fit > 0 || known.delimiter)
        return best;
    // No delimiter suits the first line. If the lines below have one in common, they are what is
    // wrong with the first; otherwise this is a table of one column.
    for (const Trial &trial : trials) {
        if (trial.common >= 2 && trial.commonShare > 0.5)
            return trial;
    }
    for (const Trial &trial : trials) {
        if (trial.width >= 2)
            return trial;
    }
    Dialect one = base;
    one.delimiter = 0;
    return tryOut(text, whole, one, false);
}

std::size_t skipLines(std::string_view text, std::size_t lines, char end)
{
    std::size_t at = 0;
    for (; lines > 0 && at < text.size(); --lines)
        at = std::min(text.find(end, at), text.size() - 1) + 1;
    return at;
}

} // namespace

DialectFound findDialect(std::string_view text, bool whole, const DialectOptions &known)
{
    DialectFound found;
    Dialect base;
    base.lineEnd = findLineEnd(text);
    base.quote = known.quote.value_or('"');
    base.escape = known.escape.value_or(0);
    DialectOptions given = known;
    if (const auto separator = separatorLine(text);
        separator && known.skippedLines.value_or(1) == 1) {
        base.skippedLines = 1;
        if (!given.delimiter)
            given.delimiter = *separator;
    }
    base.skippedLines = known.skippedLines.value_or(base.skippedLines);
    const char end = base.lineEnd == LineEnd::Cr ? '\r' : '\n';
    text.remove_prefix(skipLines(text, base.skippedLines, end));
    const Trial best = findParts(text, whole, base, given);
    found.dialect = best.dialect;
    const Sample sample(text, whole, Marks(best.dialect));
    const auto &records = sample.records();
    for (std::size_t i = 0; i < best.first; ++i)
        found.dialect.skippedLines += records[i].lines;
    StyleFound style;
    if (!records.empty())
        // Without what may be the header: whether it is one depends on how numbers are written.
        style = findNumberStyle(records, best.first + (records.size() > best.first + 1 ? 1 : 0),
                                best.dialect.delimiter);
    // A point that is said to part thousands is no decimal mark, and the same of a comma.
    if (known.thousands == style.decimal)
        style.decimal = style.decimal == '.' ? ',' : '.';
    found.dialect.decimal = known.decimal.value_or(style.decimal);
    found.dialect.thousands = known.thousands.value_or(
        known.decimal && style.thousands == *known.decimal ? char{0} : style.thousands);
    if (!known.decimal && !known.thousands)
        found.doubt = style.doubt;
    if (!known.delimiter && best.width < 2 && found.doubt.empty())
        found.doubt = oneColumnDoubt(records);
    found.dialect.skipBlanks = known.skipBlanks.value_or(
        found.dialect.delimiter != ' ' && hasBlanksBehindDelimiters(records, best.first));
    if (known.header)
        found.dialect.header = *known.header;
    else if (!records.empty())
        found.dialect.header = looksLikeHeader(
            records, best.first, {found.dialect.decimal, found.dialect.thousands}, true);
    return found;
}

DialectOptions optionsOf(const Dialect &dialect)
{
    DialectOptions options;
    options.format = dialect.format;
    options.encoding = dialect.encoding;
    if (dialect.format != Format::Delimited)
        return options;
    options.delimiter = dialect.delimiter;
    options.quote = dialect.quote;
    options.escape = dialect.escape;
    options.decimal = dialect.decimal;
    options.thousands = dialect.thousands;
    options.header = dialect.header;
    options.skipBlanks = dialect.skipBlanks;
    options.skippedLines = dialect.skippedLines;
    return options;
}

namespace {

std::string shown(char c)
{
    return c == '\t' ? "tab" : c == ' ' ? "space" : fmt::format("\"{}\"", c);
}

std::string_view packedName(Compression compression)
{
    static constexpr std::array<std::string_view, 6> kNames{"",      "gzip", "zstd",
                                                            "bzip2", "xz",   "zip"};
    return kNames[static_cast<std::size_t>(compression)];
}

} // namespace

std::string describe(const Dialect &dialect, std::size_t columns)
{
    std::vector<std::string> parts;
    if (dialect.compression != Compression::None)
        parts.emplace_back(packedName(dialect.compression));
    parts.emplace_back(encodingName(dialect.encoding));
    if (dialect.format == Format::JsonLines) {
        parts.emplace_back("JSON lines");
    } else if (dialect.format == Format::Json) {
        parts.emplace_back("JSON");
    } else {
        if (dialect.skippedLines > 0)
            parts.push_back(fmt::format("{} line{} before the table left out", dialect.skippedLines,
                                        dialect.skippedLines == 1 ? "" : "s"));
        if (dialect.delimiter != 0)
            parts.push_back(shown(dialect.delimiter));
        if (dialect.quote == '\'')
            parts.emplace_back("single quotes");
        if (dialect.escape != 0)
            parts.push_back(fmt::format("quotes escaped by {}", dialect.escape));
        if (dialect.lineEnd == LineEnd::Cr)
            parts.emplace_back("CR line ends");
        if (dialect.decimal != '.')
            parts.push_back(dialect.decimal == ','
                                ? std::string("decimal comma")
                                : fmt::format("decimal mark {}", shown(dialect.decimal)));
        if (dialect.thousands != 0)
            parts.push_back(fmt::format("thousands mark {}", shown(dialect.thousands)));
        if (dialect.skipBlanks)
            parts.emplace_back("blanks behind delimiters left out");
        parts.emplace_back(dialect.header ? "header" : "no header");
    }
    if (columns > 0)
        parts.push_back(fmt::format("{} column{}", columns, columns == 1 ? "" : "s"));
    return fmt::format("{}", fmt::join(parts, ", "));
}

Result<char> parseSeparator(std::string_view text)
{
    if (text == "tab" || text == "\\t")
        return '\t';
    if (text == "space")
        return ' ';
    if (text == "comma")
        return ',';
    if (text == "semicolon")
        return ';';
    if (text == "pipe")
        return '|';
    if (text == "none")
        return '\0';
    if (text.size() == 1 && text[0] != '\n' && text[0] != '\r' &&
        static_cast<unsigned char>(text[0]) < 0x80 && text[0] != '\0')
        return text[0];
    return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not one character", text),
                "write the character itself, or tab, space or none");
}

Result<Encoding> parseEncoding(std::string_view text)
{
    std::string name;
    for (const char c : text)
        name += static_cast<char>(c == '_' ? '-' : std::tolower(static_cast<unsigned char>(c)));
    if (name == "utf-8" || name == "utf8" || name == "utf-8-sig" || name == "ascii")
        return Encoding::Utf8;
    if (name == "utf-16" || name == "utf16" || name == "utf-16le" || name == "utf-16-le")
        return Encoding::Utf16Le;
    if (name == "utf-16be" || name == "utf-16-be")
        return Encoding::Utf16Be;
    if (name == "windows-1252" || name == "cp1252" || name == "latin-1" || name == "latin1" ||
        name == "iso-8859-1" || name == "iso8859-1")
        return Encoding::Windows1252;
    return fail(ErrorCode::InvalidArgument, fmt::format("the encoding \"{}\" is not known", text),
                "use utf-8, utf-16, utf-16be or windows-1252, or convert the file with iconv");
}

std::string_view encodingName(Encoding encoding)
{
    static constexpr std::array<std::string_view, 4> kNames{"UTF-8", "UTF-16", "UTF-16 BE",
                                                            "Windows-1252"};
    return kNames[static_cast<std::size_t>(encoding)];
}

std::optional<Format> formatOfName(const std::filesystem::path &path)
{
    std::string name = path.filename().string();
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const std::string_view packed : {".gz", ".zst", ".zstd", ".bz2", ".xz", ".zip"}) {
        if (name.ends_with(packed)) {
            name.resize(name.size() - packed.size());
            break;
        }
    }
    for (const std::string_view ending : {".csv", ".tsv", ".txt", ".tab", ".psv"}) {
        if (name.ends_with(ending))
            return Format::Delimited;
    }
    if (name.ends_with(".jsonl") || name.ends_with(".ndjson"))
        return Format::JsonLines;
    if (name.ends_with(".json"))
        return Format::Json;
    return std::nullopt;
}

} // namespace tepal::table
