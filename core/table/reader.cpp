#include "parse.h"

#include <tepal/table/reader.h>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace tepal::table {
namespace {

constexpr unsigned kMaxThreads = 8;
/// Of a block, missing ones included.
constexpr std::size_t kMaxBlockCells = std::size_t{4} << 20;

using Opener = std::function<Result<std::unique_ptr<Input>>()>;

/// What is known of a table while it is read, in every pass.
struct Known
{
    std::vector<std::string> names; ///< In order.
    std::unordered_map<std::string, std::size_t> index;
    std::vector<ColumnType> types;
    /// The types are final: no column turns out wider any more.
    bool learned = false;
    std::uint64_t rejected = 0; ///< Bad rows that were handed out, in whatever pass.

    std::size_t indexOf(const std::string &name)
    {
        const auto [at, added] = index.try_emplace(name, names.size());
        if (added) {
            names.push_back(name);
            types.push_back(ColumnType::Nothing);
        }
        return at->second;
    }
};

/// "line 17, column 3: (qty) "x" is not an integer"
std::string placeOf(const BadRow &row, Format format)
{
    if (format == Format::Json && row.kind != BadRow::Kind::Document)
        return row.line > 0 ? fmt::format("element {}: {}", row.line, row.reason) : row.reason;
    if (row.line == 0)
        return row.reason;
    return row.column > 0 ? fmt::format("line {}, column {}: {}", row.line, row.column, row.reason)
                          : fmt::format("line {}: {}", row.line, row.reason);
}

std::string nextStep(const BadRow &row, const std::string &skipAdvice)
{
    if (row.kind == BadRow::Kind::Document)
        return "correct it: a list of objects, or one object per line";
    std::string step = row.kind == BadRow::Kind::Bytes    ? "say how it is encoded"
                       : row.kind == BadRow::Kind::Header ? "take it out"
                       : row.kind == BadRow::Kind::Type   ? "correct it, declare another type"
                       : row.kind == BadRow::Kind::TooLong
                           ? "correct it, say the delimiter if it is "
                             "another one"
                           : "correct it";
    return skipAdvice.empty() ? step : step + ", or " + skipAdvice;
}

/// One pass over a table. Blocks are read one after the other, parsed side by side, and handed on
/// in their order: a thread that has parsed its block waits for its turn.
class Pass
{
public:
    Pass(Source source, const ReadOptions &options, Known &known, Consumer *consumer,
         bool canRepeat)
        : m_source(std::move(source))
        , m_options(options)
        , m_known(known)
        , m_consumer(consumer)
        , m_canRepeat(canRepeat)
        , m_rules(options)
    {
        m_rules.dialect = m_source.dialect();
        m_report.dialect = m_source.dialect();
    }

    Status run()
    {
        unsigned threads = m_options.threads;
        if (threads == 0)
            threads = std::clamp(std::thread::hardware_concurrency(), 1u, kMaxThreads);
        if (m_rules.dialect.format == Format::Json || m_options.live)
            threads = 1;
        std::vector<std::thread> helpers;
        for (unsigned i = 1; i < threads; ++i)
            helpers.emplace_back([this] { work(); });
        work();
        for (std::thread &helper : helpers)
            helper.join();
        if (m_status && !m_begun)
            m_status = fail(ErrorCode::Corrupt, "there is no header and no row in it",
                            "give a table with a header line, or JSON lines");
        return m_status;
    }
    const ReadReport &report() const { return m_report; }
    /// The pass went on to its end only to learn the types; the consumer has not seen all of it.
    bool learning() const { return m_learning; }

private:
    bool isDelimited() const { return m_rules.dialect.format == Format::Delimited; }

    /// Rows of JSON may name few columns each and thousands between them, all of which get a cell.
    bool tooManyCells(const ParsedBlock &block, std::size_t columns) const
    {
        columns = std::max({columns, block.out.columns.size(), std::size_t{1}});
        return m_options.cellByCell && !m_options.records && !isDelimited() &&
               block.out.rows > kMaxBlockCells / columns;
    }

    /// The next block and its number; false at the end.
    bool take(ParsedBlock &block, std::uint64_t &number, std::size_t &from)
    {
        const std::scoped_lock lock(m_reading);
        if (m_stopped)
            return false;
        from = 0;
        number = m_nextBlock;
        Status status;
        const auto read = m_source.next(block.text);
        if (!read)
            status = tl::unexpected(read.error());
        else if (!*read)
            return false;
        else if (block.text.first)
            status = begin(block.text, from);
        // Rows may be far shorter than the header, and each of their cells takes room.
        if (read && *read && isDelimited() && !m_rules.names.empty())
            m_source.limitRecords(block.text, kMaxBlockCells / m_rules.names.size(), from);
        ++m_nextBlock;
        if (status)
            return true;
        m_stopped = true;
        // The blocks before it come first: theirs may be the earlier error.
        waitFor(number);
        settle(number, status);
        return false;
    }

    /// Before any row: the names, where there is a header.
    Status begin(const TextBlock &text, std::size_t &from)
    {
        m_begun = true;
        if (isDelimited()) {
            auto header = readHeader(text, m_rules.dialect);
            if (!header)
                return tl::unexpected(header.error());
            m_rules.names = std::move(header->names);
            m_rules.header = std::move(header->written);
            from = header->end;
            for (const auto &[name, type] : m_options.types) {
                if (std::find(m_rules.names.begin(), m_rules.names.end(), name) ==
                    m_rules.names.end())
                    return noColumn(name);
            }
            for (const std::string &name : m_rules.names)
                m_known.indexOf(name);
        }
        for (const auto &[name, type] : m_options.types) {
            if (isDelimited())
                m_known.types[m_known.indexOf(name)] = type;
        }
        if (m_options.found && !m_known.learned)
            m_options.found(m_rules.dialect, m_rules.names.size(), m_source.doubt());
        return m_consumer && isDelimited() ? m_consumer->begin(m_rules.names) : Status();
    }

    static tl::unexpected<Error> noColumn(const std::string &name)
    {
        return fail(ErrorCode::InvalidArgument, fmt::format("there is no column \"{}\"", name),
                    "name a column of the table");
    }

    void work()
    {
        ParsedBlock block;
        JsonReader json;
        std::vector<ColumnType> types;
        std::uint64_t number = 0;
        std::size_t from = 0;
        while (take(block, number, from)) {
            block.clear();
            if (isDelimited()) {
                {
                    const std::scoped_lock lock(m_ordering);
                    types = m_known.types;
                }
                parseDelimited(block, m_rules, from, types);
            } else {
                json.parse(block, m_rules);
                const bool fine = !tooManyCells(block, 0);
                for (std::size_t i = 0; fine && i < block.out.columns.size(); ++i)
                    typeJson(block, i, m_rules, ColumnType::Nothing);
            }
            waitFor(number);
            Status status;
            if (m_status)
                status = hand(block);
            if (status && m_options.stop.stop_requested())
                status = fail(ErrorCode::Cancelled, "stopped before the end of the table");
            settle(number, status);
        }
    }

    /// In order, one thread at a time.
    Status hand(ParsedBlock &block)
    {
        if (auto done = handBad(block.bad); !done)
            return done;
        if (tooManyCells(block, m_known.names.size()))
            return fail(ErrorCode::Unsupported,
                        fmt::format("{} rows of JSON that name {} different columns between them",
                                    block.out.rows, block.out.columns.size()),
                        "write rows that name the same columns, or keep what is nested as text");
        m_report.shortRows += block.shortRows;
        m_report.emptyLines += block.emptyLines;
        block.out.rowsBefore = m_report.rows;
        m_report.rows += block.out.rows;
        for (std::size_t i = 0; i < block.out.columns.size(); ++i) {
            if (auto done = settleType(block, i); !done)
                return done;
        }
        if (!isDelimited() && !m_options.records)
            completeColumns(block);
        if (m_options.progress)
            m_options.progress(block.text.bytesRead, m_report.rows);
        if (m_learning || !m_consumer)
            return {};
        return m_consumer->take(block.out);
    }

    Status handBad(const std::vector<BadRow> &rows)
    {
        for (const BadRow &row : rows) {
            if (!m_options.skipBadRows)
                return fail(ErrorCode::Corrupt, placeOf(row, m_rules.dialect.format),
                            nextStep(row, m_options.skipAdvice));
            ++m_report.badRows;
            if (m_options.rejected && m_consumer && !m_learning &&
                m_report.badRows > m_known.rejected) {
                ++m_known.rejected;
                if (auto done = m_options.rejected(row); !done)
                    return done;
            }
        }
        return {};
    }

    /// Joins the type of a block's column to what is known, and brings both together.
    Status settleType(ParsedBlock &block, std::size_t i)
    {
        Column &column = block.out.columns[i];
        const std::size_t at = isDelimited() ? i : m_known.indexOf(column.name);
        const ColumnType known = m_known.types[at];
        if (column.type == ColumnType::Nothing)
            return {};
        const ColumnType both =
            m_known.learned ? known : joined(known, column.type, !isDelimited());
        const bool asText = both == ColumnType::Texts || both == ColumnType::BigIntegers;
        if (both != column.type && (asText || m_options.cellByCell))
            retype(block, i, both);
        else
            column.type = both;
        if (both == known)
            return {};
        {
            const std::scoped_lock lock(m_ordering);
            m_known.types[at] = both;
        }
        if (known == ColumnType::Nothing || m_learning || !m_consumer ||
            m_consumer->widen(column.name, known, both))
            return {};
        if (m_canRepeat) {
            m_learning = true;
            return {};
        }
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("column \"{}\" is {} up to here and {} in the rows before line {}",
                                column.name, columnTypeName(known), columnTypeName(both),
                                block.text.firstLine + block.out.rows + 1),
                    fmt::format("say --types {}={}, or give a file, which can be read twice",
                                column.name, columnTypeName(both)));
    }

    void retype(ParsedBlock &block, std::size_t i, ColumnType type)
    {
        Column &column = block.out.columns[i];
        if (!isDelimited()) {
            column.clear();
            typeJson(block, i, m_rules, type);
            return;
        }
        std::vector<std::string_view> cells = std::move(column.cells);
        column.clear();
        column.cells = std::move(cells);
        typeCells(column, m_rules, type);
    }

    /// In a table every row has every column: a block that lacks one misses all of it.
    void completeColumns(ParsedBlock &block)
    {
        for (const std::string &name : m_known.names) {
            if (!block.index.try_emplace(name, block.out.columns.size()).second)
                continue;
            block.json.emplace_back(name);
            Column &column = block.out.columns.emplace_back();
            column.name = name;
            column.missing = block.out.rows;
            if (m_options.cellByCell)
                column.values.assign(block.out.rows, Value::null());
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

    Source m_source;
    const ReadOptions &m_options;
    Known &m_known;
    Consumer *m_consumer;
    bool m_canRepeat;
    ParseRules m_rules; ///< Complete before the second block is taken.
    ReadReport m_report;
    bool m_begun = false;
    bool m_learning = false; ///< Written by the thread whose turn it is, as what follows.
    Status m_status;
    std::mutex m_reading;
    std::uint64_t m_nextBlock = 0;
    std::atomic<bool> m_stopped = false;
    std::mutex m_ordering;
    std::condition_variable m_turned;
    std::uint64_t m_turn = 0;
};

Result<ReadReport> readAll(const Opener &open, bool canRepeat, std::optional<Format> named,
                           const ReadOptions &options, Consumer &consumer)
{
    Known known;
    std::uint64_t rowsBefore = 0;
    const bool learnFirst = options.learnTypes && canRepeat;
    for (unsigned number = 0;; ++number) {
        auto input = open();
        if (!input)
            return tl::unexpected(input.error());
        SourceOptions sourceOptions{options.dialect,    named,        options.unpack,
                                    options.blockBytes, options.live, options.skipBadRows};
        auto source = Source::open(std::move(*input), sourceOptions);
        if (!source)
            return tl::unexpected(source.error());
        known.learned = number > 0;
        if (number > 0)
            consumer.restart();
        Pass pass(std::move(*source), options, known,
                  learnFirst && number == 0 ? nullptr : &consumer, canRepeat && number == 0);
        if (auto done = pass.run(); !done)
            return tl::unexpected(done.error());
        if (number == 0 && (pass.learning() || learnFirst)) {
            rowsBefore = pass.report().rows;
            continue;
        }
        ReadReport report = pass.report();
        if (number > 0 && report.rows != rowsBefore)
            return fail(ErrorCode::Busy, "it changed while it was read",
                        "wait until it is complete and try again");
        report.readTwice = number > 0;
        report.columns = known.names;
        for (std::size_t i = 0; i < known.names.size(); ++i)
            report.types[known.names[i]] = known.types[i];
        for (const auto &[name, type] : options.types) {
            if (!known.index.contains(name))
                return fail(ErrorCode::InvalidArgument,
                            fmt::format("there is no column \"{}\"", name),
                            "name a column of the table");
        }
        return report;
    }
}

} // namespace

Result<ReadReport> readTable(const std::filesystem::path &path, const ReadOptions &options,
                             Consumer &consumer)
{
    std::error_code ignored;
    const bool canRepeat = path != "-" && std::filesystem::is_regular_file(path, ignored);
    return readAll([&] { return openFile(path, options.live); }, canRepeat,
                   path == "-" ? std::nullopt : formatOfName(path), options, consumer);
}

Result<ReadReport> readBytes(std::string_view bytes, const ReadOptions &options, Consumer &consumer)
{
    const Opener open = [&]() -> Result<std::unique_ptr<Input>> { return openMemory(bytes); };
    return readAll(open, true, std::nullopt, options, consumer);
}

} // namespace tepal::table
