#include "line_source.h"

#include <tepal/base/text.h>
#include <tepal/profile/table.h>

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <unordered_map>

namespace tepal {
namespace {

constexpr std::size_t kChunkRows = 65'536;
constexpr std::size_t kProblemsKept = 10;
constexpr std::string_view kBom = "\xEF\xBB\xBF";

/// Rows of one chunk, column by column. Text lives in an arena that is cleared with the chunk.
class Chunk
{
public:
    std::vector<std::string> names;
    std::vector<std::vector<Value>>
        cells; ///< cells[column][row]; short columns miss their last rows.
    std::size_t rows = 0;

    std::size_t columnIndex(std::string_view name)
    {
        const auto [it, added] = m_index.try_emplace(std::string(name), names.size());
        if (added) {
            names.emplace_back(name);
            cells.emplace_back();
        }
        return it->second;
    }
    Value text(std::string_view text)
    {
        m_arena.emplace_back(text);
        return Value::string(m_arena.back());
    }
    void clear()
    {
        for (auto &column : cells)
            column.clear();
        m_arena.clear();
        rows = 0;
    }

private:
    std::unordered_map<std::string, std::size_t> m_index;
    std::deque<std::string> m_arena;
};

/// Splits a CSV record (RFC 4180). False when a quote stands where none may.
bool splitCsv(std::string_view line, std::vector<std::string> &cells)
{
    cells.clear();
    std::size_t at = 0;
    for (;;) {
        std::string &cell = cells.emplace_back();
        if (at < line.size() && line[at] == '"') {
            ++at;
            for (;;) {
                const std::size_t quote = line.find('"', at);
                if (quote == line.npos)
                    return false;
                cell.append(line.substr(at, quote - at));
                at = quote + 1;
                if (at < line.size() && line[at] == '"') {
                    cell += '"';
                    ++at;
                } else {
                    break;
                }
            }
            if (at < line.size() && line[at] != ',')
                return false;
        } else {
            const std::size_t comma = std::min(line.find(',', at), line.size());
            cell = line.substr(at, comma - at);
            at = comma;
        }
        if (at >= line.size())
            return true;
        ++at;
    }
}

class Profiler
{
public:
    Profiler(LineSource source, TableFormat format, const TableOptions &options)
        : m_source(std::move(source))
        , m_format(format)
        , m_options(options)
    {}

    Result<TableProfile> run()
    {
        if (auto read = m_format == TableFormat::Csv ? readCsv() : readJsonl(); !read)
            return tl::unexpected(read.error());
        if (!m_source.status())
            return tl::unexpected(m_source.status().error());
        flush();
        if (m_segments.empty()) {
            if (m_result.rows == 0 && m_format == TableFormat::Jsonl && m_result.skipped > 0)
                return fail(ErrorCode::Corrupt, "no line is a JSON object: " + m_result.problems[0],
                            "give one JSON object per line");
            segment({});
        }
        for (auto &[key, profile] : m_segments)
            m_result.profiles.push_back(std::move(profile));
        return std::move(m_result);
    }

private:
    /// Notes a bad row; with --strict it is the end.
    Status bad(std::string problem)
    {
        problem = fmt::format("line {}: {}", m_source.lineNumber(), problem);
        if (m_options.strict)
            return fail(ErrorCode::Corrupt, problem, "mend the row or run without --strict");
        ++m_result.skipped;
        if (m_result.problems.size() < kProblemsKept)
            m_result.problems.push_back(std::move(problem));
        return {};
    }

    Status rowDone()
    {
        ++m_result.rows;
        if (++m_chunk.rows == kChunkRows) {
            flush();
            if (m_options.progress)
                m_options.progress(m_source.bytesRead(), m_result.rows);
            if (m_options.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "stopped before the end of the file");
        }
        return {};
    }

    Status readCsv()
    {
        std::string_view line;
        std::vector<std::string> cells;
        if (!m_source.next(line, true))
            return m_source.status() ? Status(fail(ErrorCode::Corrupt, "the file is empty",
                                                   "a CSV file needs a header line"))
                                     : m_source.status();
        if (line.starts_with(kBom))
            line.remove_prefix(kBom.size());
        if (!splitCsv(line, cells))
            return fail(ErrorCode::Corrupt, "the header line has a stray quote", "mend line 1");
        for (const std::string &name : cells) {
            const std::size_t before = m_chunk.names.size();
            if (m_chunk.columnIndex(name) != before)
                return fail(ErrorCode::Corrupt, fmt::format("the header names \"{}\" twice", name),
                            "give every column its own name");
        }
        const std::size_t width = cells.size();
        while (m_source.next(line, true)) {
            if (line.empty() && width > 1)
                continue;
            Status status;
            if (!splitCsv(line, cells)) {
                status = bad("a stray quote");
            } else if (cells.size() != width) {
                status = bad(fmt::format("{} cells where the header has {}", cells.size(), width));
            } else {
                for (std::size_t i = 0; i < width; ++i) {
                    m_chunk.cells[i].push_back(isNull(cells[i]) ? Value::null()
                                                                : m_chunk.text(cells[i]));
                }
                status = rowDone();
            }
            if (!status)
                return status;
        }
        return {};
    }

    bool isNull(const std::string &cell) const
    {
        return cell.empty() || std::find(m_options.nullTexts.begin(), m_options.nullTexts.end(),
                                         cell) != m_options.nullTexts.end();
    }

    Status readJsonl()
    {
        std::string_view line;
        simdjson::dom::parser parser;
        while (m_source.next(line, false)) {
            if (m_source.lineNumber() == 1 && line.starts_with(kBom))
                line.remove_prefix(kBom.size());
            if (line.find_first_not_of(" \t") == line.npos)
                continue;
            simdjson::dom::object object;
            const auto error = parser.parse(line.data(), line.size(), true).get(object);
            Status status;
            if (error) {
                status = bad(error == simdjson::INCORRECT_TYPE
                                 ? std::string("not a JSON object")
                                 : fmt::format("not JSON ({})", simdjson::error_message(error)));
            } else {
                for (const auto [key, element] : object) {
                    auto &column = m_chunk.cells[m_chunk.columnIndex(key)];
                    if (column.size() > m_chunk.rows)
                        column.pop_back(); // a key given twice: the last one counts
                    column.resize(m_chunk.rows, Value::null());
                    column.push_back(jsonValue(element));
                }
                // A table has every column in every row; a record only what it names.
                status = rowDone();
            }
            if (!status)
                return status;
        }
        return {};
    }

    Value jsonValue(simdjson::dom::element element)
    {
        using simdjson::dom::element_type;
        switch (element.type()) {
        case element_type::NULL_VALUE:
            return Value::null();
        case element_type::BOOL:
            return Value::boolean(element.get_bool().value_unsafe());
        case element_type::INT64:
            return Value::integral(element.get_int64().value_unsafe());
        case element_type::UINT64:
            // whylogs wraps what does not fit 63 bits.
            return Value::integral(static_cast<std::int64_t>(element.get_uint64().value_unsafe()));
        case element_type::DOUBLE:
            return Value::fractional(element.get_double().value_unsafe());
        case element_type::STRING:
            return m_chunk.text(element.get_string().value_unsafe());
        case element_type::ARRAY:
            return isTensor(element) ? Value::tensor() : Value::object();
        case element_type::OBJECT:
            return Value::object();
        }
        return Value::null();
    }

    static bool isTensor(simdjson::dom::element element)
    {
        const auto array = element.get_array().value_unsafe();
        if (array.size() == 0)
            return false;
        return std::all_of(array.begin(), array.end(), [](simdjson::dom::element item) {
            return item.is_number() || (item.is_array() && isTensor(item));
        });
    }

    /// Gives a column of the chunk one type, as a data frame would.
    void inferTypes(std::vector<Value> &column) const
    {
        bool numbers = true;
        bool integers = true;
        bool booleans = true;
        bool nulls = false;
        for (const Value &cell : column) {
            if (cell.isNull()) {
                nulls = true;
                continue;
            }
            const bool text = m_format == TableFormat::Csv;
            const std::string_view t = text ? cell.asString() : std::string_view();
            const bool integer =
                text ? parseInt64(t).has_value() : cell.kind() == ValueKind::Integral;
            integers = integers && integer;
            numbers = numbers && (integer || (text ? parseDouble(t).has_value()
                                                   : cell.kind() == ValueKind::Fractional));
            booleans = booleans && text &&
                       (t == "True" || t == "False" || t == "true" || t == "false" || t == "TRUE" ||
                        t == "FALSE");
        }
        if (!numbers && !(booleans && !nulls))
            return;
        const bool fractions = numbers && (!integers || nulls);
        for (Value &cell : column) {
            if (cell.isNull()) {
                if (fractions)
                    cell = Value::fractional(std::numeric_limits<double>::quiet_NaN());
            } else if (!numbers) {
                cell = Value::boolean(cell.asString()[0] == 'T' || cell.asString()[0] == 't');
            } else if (m_format == TableFormat::Csv) {
                cell = fractions ? Value::fractional(*parseDouble(cell.asString()))
                                 : Value::integral(*parseInt64(cell.asString()));
            } else if (fractions && cell.kind() == ValueKind::Integral) {
                cell = Value::fractional(static_cast<double>(cell.asIntegral()));
            }
        }
    }

    DatasetProfile &segment(const SegmentTags &tags)
    {
        std::vector<std::string> key;
        for (const auto &[name, value] : tags)
            key.push_back(value);
        const auto [it, added] = m_segments.try_emplace(key);
        if (added) {
            it->second.segment = tags;
            it->second.datasetTimestamp = m_options.datasetTimestamp;
            it->second.creationTimestamp = m_options.creationTimestamp;
        }
        return it->second;
    }

    static std::string keyText(Value value)
    {
        switch (value.kind()) {
        case ValueKind::Boolean:
            return value.asBoolean() ? "True" : "False";
        case ValueKind::Integral:
            return std::to_string(value.asIntegral());
        case ValueKind::Fractional: {
            // Python writes a whole number as 2.0.
            const std::string text = formatDouble(value.asFractional());
            return text.find_first_not_of("-0123456789") == text.npos ? text + ".0" : text;
        }
        case ValueKind::String:
            return std::string(value.asString());
        default:
            return "nan";
        }
    }

    /// Rows of the chunk by segment. With one key column rows without a key are left out, with
    /// several a missing key is "nan": as whylogs does.
    std::map<std::vector<std::string>, std::vector<std::size_t>> rowsBySegment()
    {
        std::map<std::vector<std::string>, std::vector<std::size_t>> groups;
        for (std::size_t row = 0; row < m_chunk.rows; ++row) {
            std::vector<std::string> key;
            for (const std::string &name : m_options.segmentBy) {
                const auto &column = m_chunk.cells[m_chunk.columnIndex(name)];
                key.push_back(keyText(row < column.size() ? column[row] : Value::null()));
            }
            if (key.size() == 1 && key[0] == "nan")
                continue;
            groups[key].push_back(row);
        }
        return groups;
    }

    void feed(DatasetProfile &profile, const std::string &name, std::span<const Value> values)
    {
        if (values.empty())
            return;
        auto it = profile.columns.find(name);
        if (it == profile.columns.end()) {
            const auto first = std::find_if(values.begin(), values.end(),
                                            [](const Value &v) { return !v.isNull(); });
            const ValueKind kind = m_options.semantics == Semantics::Row ? values[0].kind()
                                   : first == values.end()               ? ValueKind::Null
                                                                         : frameKind(values);
            it = profile.columns
                     .emplace(name, ColumnProfile::forFirstValue(kind, m_options.semantics))
                     .first;
        }
        if (m_options.semantics == Semantics::Table) {
            it->second.trackBatch(values);
        } else {
            for (const Value &value : values)
                it->second.track(value, Semantics::Row);
        }
    }

    /// The data frame's column type: mixed columns are objects and profiled like text.
    static ValueKind frameKind(std::span<const Value> values)
    {
        const ValueKind first = values[0].kind();
        const bool same = std::all_of(values.begin(), values.end(),
                                      [&](const Value &v) { return v.kind() == first; });
        return same ? first : ValueKind::String;
    }

    void flush()
    {
        const bool table = m_options.semantics == Semantics::Table;
        for (auto &column : m_chunk.cells) {
            if (table || m_format == TableFormat::Csv) {
                column.resize(m_chunk.rows, Value::null());
                inferTypes(column);
            }
        }
        if (m_options.segmentBy.empty()) {
            if (m_chunk.rows > 0) {
                DatasetProfile &profile = segment({});
                for (std::size_t i = 0; i < m_chunk.names.size(); ++i)
                    feed(profile, m_chunk.names[i], m_chunk.cells[i]);
            }
        } else {
            for (const auto &[key, rows] : rowsBySegment()) {
                SegmentTags tags;
                for (std::size_t i = 0; i < key.size(); ++i)
                    tags.emplace_back(m_options.segmentBy[i], key[i]);
                DatasetProfile &profile = segment(tags);
                std::vector<Value> values;
                for (std::size_t i = 0; i < m_chunk.names.size(); ++i) {
                    values.clear();
                    for (const std::size_t row : rows) {
                        if (row < m_chunk.cells[i].size())
                            values.push_back(m_chunk.cells[i][row]);
                    }
                    feed(profile, m_chunk.names[i], values);
                }
            }
        }
        m_chunk.clear();
    }

    LineSource m_source;
    TableFormat m_format;
    const TableOptions &m_options;
    Chunk m_chunk;
    std::map<std::vector<std::string>, DatasetProfile> m_segments;
    TableProfile m_result;
};

} // namespace

Result<TableFormat> tableFormatOf(const std::filesystem::path &path)
{
    std::filesystem::path name = path.filename();
    if (name.extension() == ".gz")
        name = name.stem();
    if (name.extension() == ".csv")
        return TableFormat::Csv;
    if (name.extension() == ".jsonl" || name.extension() == ".ndjson")
        return TableFormat::Jsonl;
    return fail(ErrorCode::InvalidArgument,
                fmt::format("cannot tell the format of {}", path.string()),
                "name it .csv or .jsonl (also with .gz)");
}

Result<TableProfile> profileTable(const std::filesystem::path &path, TableFormat format,
                                  const TableOptions &options)
{
    auto source = LineSource::open(path);
    if (!source)
        return tl::unexpected(source.error());
    auto profile = Profiler(std::move(*source), format, options).run();
    if (!profile)
        return failWith(path.string(), profile.error());
    return profile;
}

} // namespace tepal
