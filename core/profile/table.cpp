#include "table_chunk.h"

#include <tepal/base/text.h>
#include <tepal/profile/segments.h>
#include <tepal/profile/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>

namespace tepal {
namespace {

constexpr std::size_t kProblemsKept = 10;
constexpr unsigned kMaxThreads = 8;

using SegmentKey = std::vector<std::string>;

std::string keyText(Value value)
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

bool isMissing(Value value)
{
    return value.isNull() ||
           (value.kind() == ValueKind::Fractional && value.asFractional() != value.asFractional());
}

std::optional<double> numberOf(Value value)
{
    if (value.kind() == ValueKind::Integral)
        return static_cast<double>(value.asIntegral());
    if (value.kind() == ValueKind::Fractional && !isMissing(value))
        return value.asFractional();
    return std::nullopt;
}

/// The data frame's column type: mixed columns are objects and profiled like text.
ValueKind frameKind(ChunkType type, std::span<const Value> values)
{
    switch (type) {
    case ChunkType::Nothing:
        return ValueKind::Null;
    case ChunkType::Booleans:
        // Missing values among booleans make objects of them.
        return std::any_of(values.begin(), values.end(), isMissing) ? ValueKind::String
                                                                    : ValueKind::Boolean;
    case ChunkType::Integers:
        return ValueKind::Integral;
    case ChunkType::Fractions:
        return ValueKind::Fractional;
    default:
        return ValueKind::String;
    }
}

/// Takes chunks in the order of the file and profiles them. Used by one thread at a time.
class Feeder
{
public:
    Feeder(TableFormat format, const TableOptions &options, const NullTexts &nulls)
        : m_format(format)
        , m_options(options)
        , m_nulls(nulls)
    {}

    /// Whole columns at a time, or value by value.
    bool byValue() const
    {
        return m_options.semantics == Semantics::Row || !m_options.segmentBy.empty() ||
               m_options.performance || m_format == TableFormat::Jsonl;
    }

    Status feed(Chunk &chunk)
    {
        if (chunk.badCount > 0 && m_options.strict) {
            const BadRow &first = chunk.bad.front();
            return fail(ErrorCode::Corrupt, fmt::format("line {}: {}", first.line, first.what),
                        "mend the row or run without --strict");
        }
        m_result.skipped += chunk.badCount;
        for (const BadRow &row : chunk.bad) {
            if (m_result.problems.size() < kProblemsKept)
                m_result.problems.push_back(fmt::format("line {}: {}", row.line, row.what));
        }
        for (ChunkColumn &column : chunk.columns)
            settleType(column);
        if (m_options.performance) {
            if (auto judged = judge(chunk, *m_options.performance); !judged)
                return judged;
        }
        if (!m_options.segmentBy.empty()) {
            if (auto fed = feedSegments(chunk); !fed)
                return fed;
        } else if (chunk.rows > 0) {
            DatasetProfile &profile = segment({});
            for (ChunkColumn &column : chunk.columns)
                feedColumn(profile, column);
            m_result.rows += chunk.rows;
            padMissing(profile);
            return {};
        }
        m_result.rows += chunk.rows;
        return {};
    }

    std::uint64_t rows() const { return m_result.rows; }

    Result<TableProfile> finish()
    {
        if (m_result.rows == 0 && m_format == TableFormat::Jsonl && m_result.skipped > 0)
            return fail(ErrorCode::Corrupt, "no line is a JSON object: " + m_result.problems[0],
                        "give one JSON object per line");
        if (m_options.segmentBy.empty()) {
            DatasetProfile &profile = segment({});
            for (const auto &[name, nulls] : m_onlyNulls) {
                // pandas reads an empty column as fractions, all of them NaN.
                ColumnProfile &column = columnFor(profile, name, ValueKind::Fractional);
                addMissing(column, nulls);
            }
        }
        if (m_segments.empty())
            segment({}); // no row belongs to any: an empty profile says so
        for (auto &[key, profile] : m_segments)
            m_result.profiles.push_back(std::move(profile));
        return std::move(m_result);
    }

private:
    /// A column keeps the widest type that it ever had.
    void settleType(ChunkColumn &column)
    {
        if (column.type == ChunkType::Nothing || m_options.semantics == Semantics::Row)
            return;
        ChunkType &known = m_known[column.name];
        if (known > ChunkType::Nothing && known != column.type) {
            if (m_format == TableFormat::Csv) {
                const std::vector<std::string_view> cells = std::move(column.cells);
                column.clear();
                column.cells = cells;
                inferColumn(column, m_nulls, known);
                if (byValue())
                    listValues(column, m_nulls);
            } else if (known == ChunkType::Fractions && column.type == ChunkType::Integers) {
                column.type = ChunkType::Fractions;
                for (Value &value : column.values) {
                    if (value.kind() == ValueKind::Integral)
                        value = Value::fractional(static_cast<double>(value.asIntegral()));
                }
            }
        }
        known = std::max(known, column.type);
    }

    DatasetProfile &segment(const SegmentTags &tags)
    {
        SegmentKey key;
        for (const auto &[name, value] : tags)
            key.push_back(value);
        const auto [it, added] = m_segments.try_emplace(key);
        if (added) {
            it->second.segment = tags;
            it->second.datasetTimestamp = m_options.datasetTimestamp;
            it->second.creationTimestamp = m_options.creationTimestamp;
            if (!tags.empty())
                it->second.metadata = segmentMetadata(tags);
        }
        return it->second;
    }

    ColumnProfile &columnFor(DatasetProfile &profile, const std::string &name, ValueKind kind)
    {
        const auto at = profile.columns.find(name);
        if (at != profile.columns.end())
            return at->second;
        auto fresh = ColumnProfile::forFirstValue(
            kind, m_options.semantics,
            m_options.schema ? m_options.schema->find(name, kind) : nullptr);
        return profile.columns.emplace(name, std::move(fresh)).first->second;
    }

    static void addMissing(ColumnProfile &column, std::uint64_t count)
    {
        column.trackNulls(count);
        column.counts.nan += static_cast<std::int64_t>(count);
    }

    void feedColumn(DatasetProfile &profile, ChunkColumn &column)
    {
        if (byValue()) {
            feedValues(profile, column, column.values);
            return;
        }
        if (column.type == ChunkType::Nothing && !profile.columns.contains(column.name)) {
            m_onlyNulls[column.name] += column.nulls;
            return;
        }
        const bool objects = column.type == ChunkType::Booleans && column.nulls > 0;
        ColumnProfile &to = columnFor(profile, column.name,
                                      objects ? ValueKind::String : frameKind(column.type, {}));
        if (const auto before = m_onlyNulls.find(column.name); before != m_onlyNulls.end()) {
            addMissing(to, before->second);
            m_onlyNulls.erase(before);
        }
        addMissing(to, column.nulls);
        to.trackCounted(column.countedFractions);
        to.trackFractionals(column.fractions);
        to.trackCounted(column.countedIntegers);
        to.trackIntegrals(column.integers);
        to.trackCounted(column.countedTexts);
        to.trackStrings(column.texts);
        to.trackBooleans(column.trues, column.falses);
    }

    void feedValues(DatasetProfile &profile, const ChunkColumn &column,
                    std::span<const Value> values)
    {
        if (values.empty())
            return;
        const bool rowWise = m_options.semantics == Semantics::Row;
        ColumnProfile &to = columnFor(profile, column.name,
                                      rowWise ? values[0].kind() : frameKind(column.type, values));
        if (!rowWise) {
            to.trackBatch(values);
            return;
        }
        for (const Value &value : values)
            to.track(value, Semantics::Row);
    }

    /// In a table, a row that does not name a JSON column has nothing in it.
    void padMissing(DatasetProfile &profile)
    {
        if (m_format != TableFormat::Jsonl || m_options.semantics != Semantics::Table)
            return;
        for (auto &[name, column] : profile.columns) {
            const std::uint64_t missing =
                m_result.rows - static_cast<std::uint64_t>(column.counts.n);
            if (m_known[name] == ChunkType::Fractions)
                addMissing(column, missing);
            else
                column.trackNulls(missing);
        }
    }

    /// A column of the chunk with a cell for every row.
    Result<std::vector<Value>> cellsByRow(const Chunk &chunk, const std::string &name) const
    {
        std::vector<Value> cells(chunk.rows, Value::null());
        const auto at = std::find_if(chunk.columns.begin(), chunk.columns.end(),
                                     [&](const ChunkColumn &c) { return c.name == name; });
        if (at == chunk.columns.end() && m_format == TableFormat::Csv)
            return fail(ErrorCode::InvalidArgument, fmt::format("there is no column \"{}\"", name),
                        "name a column of the header");
        if (at != chunk.columns.end()) {
            for (std::size_t i = 0; i < at->values.size(); ++i)
                cells[rowOf(*at, i, chunk)] = at->values[i];
        }
        return cells;
    }

    Status judge(const Chunk &chunk, const PerformanceColumns &columns)
    {
        const auto predictions = cellsByRow(chunk, columns.prediction);
        const auto truths = cellsByRow(chunk, columns.truth);
        if (!predictions || !truths)
            return tl::unexpected((predictions ? truths : predictions).error());
        std::vector<Value> scores(chunk.rows, Value::fractional(1));
        if (!columns.score.empty()) {
            auto cells = cellsByRow(chunk, columns.score);
            if (!cells)
                return tl::unexpected(cells.error());
            scores = std::move(*cells);
        }
        ModelPerformance &to =
            m_result.performance ? *m_result.performance : m_result.performance.emplace();
        to.dataTimestamp = m_options.datasetTimestamp;
        to.sessionTimestamp = m_options.creationTimestamp;
        for (std::size_t row = 0; row < chunk.rows; ++row)
            judgeRow(to, (*predictions)[row], (*truths)[row], scores[row]);
        return {};
    }

    /// The first usable row decides between numbers and classes.
    static void judgeRow(ModelPerformance &to, Value prediction, Value truth, Value score)
    {
        if (isMissing(prediction) || isMissing(truth))
            return;
        const auto p = numberOf(prediction);
        const auto t = numberOf(truth);
        if (!to.classification && !to.regression) {
            const bool fractions =
                prediction.kind() == ValueKind::Fractional || truth.kind() == ValueKind::Fractional;
            if (p && t && fractions)
                to.regression.emplace();
            else
                to.classification.emplace();
        }
        if (to.regression && p && t)
            to.regression->add(*p, *t);
        if (to.classification)
            to.classification->add(keyText(prediction), keyText(truth),
                                   numberOf(score).value_or(1));
    }

    /// With one key column rows without a key are left out, with several a missing key is "nan": as
    /// whylogs does. Null where the row belongs nowhere.
    Result<std::vector<DatasetProfile *>> segmentsOfRows(const Chunk &chunk)
    {
        std::vector<std::vector<Value>> keys;
        for (const std::string &name : m_options.segmentBy) {
            auto cells = cellsByRow(chunk, name);
            if (!cells)
                return tl::unexpected(cells.error());
            keys.push_back(std::move(*cells));
        }
        std::vector<DatasetProfile *> segments(chunk.rows, nullptr);
        for (std::size_t row = 0; row < chunk.rows; ++row) {
            if (keys.size() == 1 && isMissing(keys[0][row]))
                continue;
            SegmentTags tags;
            for (std::size_t i = 0; i < keys.size(); ++i)
                tags.emplace_back(m_options.segmentBy[i], keyText(keys[i][row]));
            segments[row] = &segment(tags);
            if (m_segments.size() > m_options.maxSegments)
                return fail(ErrorCode::InvalidArgument,
                            fmt::format("more than {} segments", m_options.maxSegments),
                            "segment by columns with few different values");
        }
        return segments;
    }

    /// Values of a table stand row by row; those of records say which row they are of.
    static std::size_t rowOf(const ChunkColumn &column, std::size_t i, const Chunk &chunk)
    {
        return column.values.size() == chunk.rows ? i : column.rows[i];
    }

    Status feedSegments(Chunk &chunk)
    {
        const auto segments = segmentsOfRows(chunk);
        if (!segments)
            return tl::unexpected(segments.error());
        std::map<DatasetProfile *, std::vector<Value>> parts;
        for (const ChunkColumn &column : chunk.columns) {
            for (auto &[profile, values] : parts)
                values.clear();
            for (std::size_t i = 0; i < column.values.size(); ++i) {
                if (DatasetProfile *const profile = (*segments)[rowOf(column, i, chunk)])
                    parts[profile].push_back(column.values[i]);
            }
            for (auto &[profile, values] : parts)
                feedValues(*profile, column, values);
        }
        return {};
    }

    TableFormat m_format;
    const TableOptions &m_options;
    const NullTexts &m_nulls;
    std::map<SegmentKey, DatasetProfile> m_segments;
    std::map<std::string, ChunkType> m_known;
    std::map<std::string, std::uint64_t> m_onlyNulls; ///< Columns without any value so far.
    TableProfile m_result;
};

/// Blocks are read one after the other, parsed side by side, and profiled in their order: a thread
/// that has parsed its block waits for its turn. So the profile does not depend on the threads.
class Pipeline
{
public:
    Pipeline(BlockSource source, TableFormat format, const TableOptions &options)
        : m_source(std::move(source))
        , m_format(format)
        , m_options(options)
        , m_nulls(options.nullTexts)
        , m_feeder(format, options, m_nulls)
    {}

    Result<TableProfile> run()
    {
        unsigned threads = m_options.threads;
        if (threads == 0)
            threads = std::clamp(std::thread::hardware_concurrency(), 1u, kMaxThreads);
        std::vector<std::thread> helpers;
        for (unsigned i = 1; i < threads; ++i)
            helpers.emplace_back([this] { work(); });
        work();
        for (std::thread &helper : helpers)
            helper.join();
        if (!m_status)
            return tl::unexpected(m_status.error());
        if (m_nextBlock == 0 && m_format == TableFormat::Csv)
            return fail(ErrorCode::Corrupt, "the file is empty", "a CSV file needs a header line");
        return m_feeder.finish();
    }

private:
    /// The next block and its number; false at the end.
    bool take(Chunk &chunk, std::uint64_t &number, std::size_t &begin)
    {
        const std::scoped_lock lock(m_reading);
        if (m_stopped)
            return false;
        begin = 0;
        number = m_nextBlock;
        Status status;
        const auto read = m_source.next(chunk.block);
        if (!read) {
            status = tl::unexpected(read.error());
        } else if (!*read) {
            return false;
        } else if (m_nextBlock == 0 && m_format == TableFormat::Csv) {
            auto header = readCsvHeader(chunk.block.text(), begin);
            if (header)
                m_header = std::move(*header);
            else
                status = tl::unexpected(header.error());
        }
        ++m_nextBlock;
        if (!status) {
            m_stopped = true;
            // The blocks before it come first: theirs may be the earlier error.
            waitFor(number);
            settle(number, status);
            return false;
        }
        return true;
    }

    void work()
    {
        Chunk chunk;
        JsonlParser jsonl;
        std::uint64_t number = 0;
        std::size_t begin = 0;
        while (take(chunk, number, begin)) {
            chunk.clear();
            if (m_format == TableFormat::Jsonl) {
                jsonl.parse(chunk, m_options.semantics == Semantics::Table);
            } else {
                const std::string_view header = chunk.block.text().substr(0, begin);
                const auto lines = std::count(header.begin(), header.end(), '\n');
                parseCsv(chunk, m_header, begin,
                         chunk.block.firstLine + static_cast<std::uint64_t>(lines), m_nulls,
                         m_feeder.byValue());
            }
            waitFor(number);
            Status status;
            if (m_status)
                status = m_feeder.feed(chunk);
            if (status && m_options.progress)
                m_options.progress(chunk.block.bytesRead, m_feeder.rows());
            if (status && m_options.stop.stop_requested())
                status = fail(ErrorCode::Cancelled, "stopped before the end of the file");
            settle(number, status);
        }
    }

    void waitFor(std::uint64_t number)
    {
        std::unique_lock lock(m_ordering);
        m_turned.wait(lock, [&] { return m_turn == number; });
    }

    void settle(std::uint64_t number, const Status &status)
    {
        const std::scoped_lock lock(m_ordering);
        if (!status && m_status)
            m_status = status;
        if (!m_status)
            m_stopped = true;
        m_turn = number + 1;
        m_turned.notify_all();
    }

    BlockSource m_source;
    TableFormat m_format;
    const TableOptions &m_options;
    NullTexts m_nulls;
    CsvHeader m_header; ///< Written before any other block is taken.
    Feeder m_feeder;
    std::mutex m_reading;
    std::uint64_t m_nextBlock = 0;
    std::atomic<bool> m_stopped = false;
    std::mutex m_ordering;
    std::condition_variable m_turned;
    std::uint64_t m_turn = 0;
    Status m_status; ///< Written by the thread whose turn it is.
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
    auto source = BlockSource::open(path, format == TableFormat::Csv);
    if (!source)
        return tl::unexpected(source.error());
    auto profile = Pipeline(std::move(*source), format, options).run();
    if (!profile)
        return failWith(path.string(), profile.error());
    return profile;
}

} // namespace tepal
