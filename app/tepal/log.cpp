// `tepal log`: rows from a pipe or a file into a dataset, through the endpoint of the home, or
// straight into its journal when none runs.

#include "commands.h"
#include "output.h"
#include "table_arguments.h"

#include <tepal/base/clock.h>
#include <tepal/base/log.h>
#include <tepal/base/text.h>
#include <tepal/service/host.h>
#include <tepal/service/row_log.h>
#include <tepal/table/frame.h>
#include <tepal/traffic/log_client.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>

namespace tepal::cli {
namespace {

struct LogOptions
{
    std::string dataset;
    std::string input = "-";
    std::string url;
    std::string timestamp;
    std::string timeColumn;
    bool anyTime = false;
    TableArguments table;
};

/// Sends rows through the endpoint that runs, or appends them to the journal.
class Sender
{
public:
    static Result<std::unique_ptr<Sender>> open(const Home &home, const LogOptions &options)
    {
        auto sender = std::make_unique<Sender>();
        std::string url = options.url;
        if (url.empty()) {
            if (const auto host = runningHost(home))
                url = host->url;
        }
        if (!url.empty()) {
            auto client = traffic::LogClient::open(url, options.dataset);
            if (!client)
                return tl::unexpected(client.error());
            sender->m_client = std::move(*client);
        } else {
            auto log = RowLog::open(home, options.dataset);
            if (!log)
                return tl::unexpected(log.error());
            sender->m_log = std::move(*log);
        }
        return sender;
    }
    Status send(const table::Frame &rows, TimeMs time)
    {
        return m_client ? m_client->send(rows, time) : m_log->append(rows, time);
    }
    Status finish() { return m_log ? m_log->finish() : Status(); }

private:
    std::unique_ptr<traffic::LogClient> m_client;
    std::unique_ptr<RowLog> m_log;
};

constexpr std::size_t kBatchRows = 2'000;
constexpr std::size_t kBatchCells = 100'000;

/// Rows of a table in batches that belong to the same minute, the shortest window there is.
class RowSender final : public table::Consumer
{
public:
    RowSender(Sender &sender, const LogOptions &options, std::optional<TimeMs> fixed)
        : m_sender(sender)
        , m_options(options)
        , m_fixed(fixed)
    {}
    std::uint64_t sent() const { return m_sent; }

    /// What was sent as a number stays one.
    bool widen(const std::string &column, table::ColumnType from, table::ColumnType to) override
    {
        if (m_sent > 0 && to >= table::ColumnType::Texts && m_told.insert(column).second)
            std::fprintf(
                stderr, "tepal: column %s: its rows so far are logged as %s, from here on as %s\n",
                terminalText(column).c_str(), std::string(table::columnTypeName(from)).c_str(),
                std::string(table::columnTypeName(to)).c_str());
        return true;
    }
    void restart() override {}

    Status take(table::Block &block) override
    {
        const table::Column *times = nullptr;
        if (!m_options.timeColumn.empty()) {
            for (const table::Column &column : block.columns)
                times = column.name == m_options.timeColumn ? &column : times;
            if (!times)
                return fail(ErrorCode::InvalidArgument,
                            fmt::format("there is no column \"{}\"", m_options.timeColumn),
                            "name the column that holds the time");
        }
        table::Frame batch;
        for (const table::Column &column : block.columns)
            batch.columns.push_back(column.name);
        TimeMs time = 0;
        for (std::size_t row = 0; row < block.rows; ++row) {
            const auto own = timeOf(times, row, block.rowsBefore + row + 1);
            if (!own)
                return recorded(tl::unexpected(own.error()));
            const bool sameMinute =
                windowStart(*own, Granularity::Minute) == windowStart(time, Granularity::Minute);
            if (batch.rows > 0 &&
                (!sameMinute || batch.rows >= kBatchRows || batch.cells.size() >= kBatchCells)) {
                if (auto done = send(batch, time); !done)
                    return done;
            }
            if (batch.rows == 0)
                time = *own;
            for (const table::Column &column : block.columns)
                batch.cells.push_back(column.values[row]);
            ++batch.rows;
        }
        return send(batch, time);
    }
    /// An error with what has been recorded before it.
    Status recorded(Status status) const
    {
        if (status)
            return status;
        return failWith(fmt::format("{} {} recorded, those behind are not",
                                    countText(m_sent, "row"), m_sent == 1 ? "is" : "are"),
                        status.error());
    }

private:
    Result<TimeMs> timeOf(const table::Column *times, std::size_t row, std::uint64_t number) const
    {
        const TimeMs now = SystemClock::instance().nowMs();
        if (!times)
            return m_fixed.value_or(now);
        const Value &cell = times->values[row];
        const TimeCheck check{m_options.anyTime, "--any-time"};
        Result<TimeMs> time = fail(ErrorCode::InvalidArgument,
                                   fmt::format("column \"{}\" holds no time", times->name),
                                   "use ISO 8601, or seconds or milliseconds since 1970");
        if (cell.kind() == ValueKind::Integral)
            time = dataTimeOf(cell.asIntegral(), now, check);
        else if (cell.kind() == ValueKind::Fractional)
            time = dataTimeOf(cell.asFractional(), now, check);
        else if (cell.kind() == ValueKind::Unsigned)
            time = dataTimeOf(static_cast<double>(cell.asNatural()), now, check);
        else if (cell.kind() == ValueKind::String)
            time = parseDataTime(cell.asString(), now, check);
        if (!time)
            return failWith(fmt::format("row {}", number), time.error());
        return time;
    }

    Status send(table::Frame &batch, TimeMs time)
    {
        if (batch.rows == 0)
            return {};
        if (auto done = m_sender.send(batch, time); !done)
            return recorded(done);
        m_sent += batch.rows;
        batch.rows = 0;
        batch.cells.clear();
        return {};
    }

    Sender &m_sender;
    const LogOptions &m_options;
    std::optional<TimeMs> m_fixed;
    std::uint64_t m_sent = 0;
    std::set<std::string> m_told;
};

/// Reads the table and sends it; the error says how much of it was recorded.
Result<table::ReadReport> readAndSend(RowSender &rows, const LogOptions &options,
                                      RejectedRows &rejected)
{
    auto read = options.table.options();
    if (!read)
        return tl::unexpected(read.error());
    std::error_code ignored;
    const bool file =
        options.input != "-" && std::filesystem::is_regular_file(options.input, ignored);
    read->cellByCell = true;
    read->threads = 1;
    // A file's types are known before its first row is sent; a pipe's rows are sent as they come.
    read->learnTypes = file;
    read->live = !file;
    read->found = sayDialect;
    read->rejected = [&](const table::BadRow &row) { return rejected.add(row); };
    auto report = table::readTable(options.input, *read, rows);
    if (report || report.error().code == ErrorCode::NotFound)
        return report;
    Error error = report.error();
    // What went wrong while sending has said how far it came.
    if (error.code == ErrorCode::Corrupt)
        error = rows.recorded(tl::unexpected(error)).error();
    return failWith(options.input == "-" ? "standard input" : options.input, error);
}

void log(Context &context, const LogOptions &options)
{
    if (options.dataset.empty() || options.dataset.size() > 255 || !isUtf8(options.dataset))
        return context.fail({ErrorCode::InvalidArgument, "the dataset is not named",
                             "say --dataset NAME, at most 255 bytes of UTF-8"});
    std::optional<TimeMs> fixed;
    if (!options.timestamp.empty()) {
        const auto time = parseDataTime(options.timestamp, SystemClock::instance().nowMs(),
                                        {options.anyTime, "--any-time"});
        if (!time)
            return context.fail(time.error());
        fixed = *time;
    }
    setLogLevel(LogLevel::Error);
    RejectedRows rejected(options.table.rejectedPath(options.input, {}));
    if (auto safe = refuseOverwriting({options.input}, {rejected.path()}); !safe)
        return context.fail(safe.error());
    auto sender = Sender::open(context.home(), options);
    if (!sender)
        return context.fail(sender.error());
    RowSender rows(**sender, options, fixed);
    const auto report = readAndSend(rows, options, rejected);
    const auto finished = (*sender)->finish();
    if (!report)
        return context.failRows(report.error());
    if (!finished)
        return context.fail(finished.error());
    if (auto closed = rejected.close(); !closed)
        return context.fail(closed.error());
    std::printf("Logged %s to %s\n", countText(rows.sent(), "row").c_str(),
                terminalText(options.dataset).c_str());
    std::fflush(stdout);
    sayRows(*report, rejected);
}

} // namespace

void addLog(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(app, context, "log", "Log rows from a pipe or a file");
    auto options = std::make_shared<LogOptions>();
    command->add_option("INPUT", options->input,
                        "A table, as \"tepal profile\" reads it (default: standard input)");
    command->add_option("--dataset", options->dataset, "Dataset that the rows belong to")
        ->required();
    CLI::Option *const timestamp = command->add_option(
        "--timestamp", options->timestamp,
        "Time of all rows: ISO 8601, or seconds, milliseconds, … since 1970 (default: "
        "now)");
    command->add_flag("--any-time", options->anyTime,
                      "Take times before 1980 or more than a year ahead");
    command->add_option("--time-column", options->timeColumn, "Column that holds each row's time")
        ->excludes(timestamp);
    command->add_option("--url", options->url,
                        "Endpoint (default: the one that runs on this home)");
    options->table.addTo(*command);
    command->callback([&context, options] { log(context, *options); });
}

} // namespace tepal::cli
