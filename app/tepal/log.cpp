// `tepal log`: rows from a pipe or a file into a dataset, through the endpoint of the home, or
// straight into its journal when none runs.

#include "commands.h"

#include <tepal/base/log.h>
#include <tepal/host/host.h>
#include <tepal/host/row_log.h>
#include <tepal/traffic/log_client.h>

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace tepal::cli {
namespace {

struct LogOptions
{
    std::string dataset;
    std::string input;
    std::string format;
    std::string url;
    std::string timestamp;
    std::string timeColumn;
};

/// Rows as lines: what is read, and how it is sent.
class LineReader
{
public:
    explicit LineReader(std::FILE *file)
        : m_file(file)
    {}
    /// Whole lines that are there now, at least one; empty at the end. `csv`: a line break inside
    /// quotes does not end a line.
    std::vector<std::string> next(bool csv)
    {
        std::vector<std::string> lines;
        while (lines.empty() && !m_ended) {
            char buffer[1 << 16];
#ifdef _WIN32
            const auto got = _read(_fileno(m_file), buffer, sizeof buffer);
#else
            const auto got = ::read(fileno(m_file), buffer, sizeof buffer);
#endif
            m_ended = got <= 0;
            m_text.append(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
            cut(lines, csv);
        }
        if (m_ended && !m_text.empty())
            lines.push_back(std::exchange(m_text, {}));
        return lines;
    }

private:
    void cut(std::vector<std::string> &lines, bool csv)
    {
        std::size_t begin = 0;
        bool quoted = false;
        for (std::size_t i = 0; i < m_text.size(); ++i) {
            if (csv && m_text[i] == '"')
                quoted = !quoted;
            if (m_text[i] != '\n' || quoted)
                continue;
            lines.push_back(m_text.substr(begin, i - begin));
            begin = i + 1;
        }
        m_text.erase(0, begin);
    }

    std::FILE *m_file;
    std::string m_text;
    bool m_ended = false;
};

/// Sends lines through the endpoint that runs, or appends them to the journal.
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
    Status send(const std::string &rows, bool csv, std::optional<TimeMs> time)
    {
        return m_client ? m_client->send(rows, csv ? "text/csv" : "application/x-ndjson", time)
                        : m_log->append(rows, csv, time);
    }
    Status finish() { return m_log ? m_log->finish() : Status(); }

private:
    std::unique_ptr<traffic::LogClient> m_client;
    std::unique_ptr<RowLog> m_log;
};

constexpr std::size_t kBatchLines = 2'000;

/// Lines of one batch that belong to the same minute, the shortest window there is.
struct Batch
{
    std::string rows;
    std::size_t lines = 0;
    std::optional<TimeMs> time;
};

Status sendAll(Sender &sender, LineReader &reader, const LogOptions &options, std::uint64_t &rows)
{
    std::optional<TimeMs> fixed;
    if (!options.timestamp.empty()) {
        const auto time = parseTime(options.timestamp);
        if (!time)
            return tl::unexpected(time.error());
        fixed = *time;
    }
    bool csv = options.format == "csv";
    std::string header;
    Batch batch;
    const auto flush = [&]() -> Status {
        if (batch.lines == 0)
            return {};
        if (auto sent = sender.send(header + batch.rows, csv, batch.time); !sent)
            return failWith(fmt::format("{} rows are recorded, those after them are not", rows),
                            sent.error());
        rows += batch.lines;
        batch = {};
        return {};
    };
    for (bool first = true;;) {
        const auto lines = reader.next(csv);
        if (lines.empty())
            return {};
        for (const std::string &line : lines) {
            if (line.find_first_not_of(" \t\r") == line.npos)
                continue;
            if (std::exchange(first, false)) {
                if (options.format.empty())
                    csv = line[line.find_first_not_of(" \t")] != '{';
                if (csv) {
                    header = line + "\n";
                    continue;
                }
            }
            std::optional<TimeMs> time = fixed;
            if (!options.timeColumn.empty()) {
                const auto found = rowTime(header + line, csv, options.timeColumn);
                if (!found)
                    return failWith(fmt::format("row {}", rows + batch.lines + 1), found.error());
                time = *found;
            }
            const bool fits = !batch.time || !time ||
                              windowStart(*batch.time, Granularity::Minute) ==
                                  windowStart(*time, Granularity::Minute);
            if (!fits || batch.lines >= kBatchLines) {
                if (auto sent = flush(); !sent)
                    return sent;
            }
            batch.rows += line + "\n";
            batch.time = batch.lines == 0 ? time : batch.time;
            ++batch.lines;
        }
        // What is there now is sent now: a slow pipe shows up at once.
        if (auto sent = flush(); !sent)
            return sent;
    }
}

void log(Context &context, const LogOptions &options)
{
    std::FILE *file = stdin;
    std::unique_ptr<std::FILE, int (*)(std::FILE *)> owned(nullptr, std::fclose);
    if (!options.input.empty() && options.input != "-") {
        owned.reset(std::fopen(options.input.c_str(), "rb"));
        file = owned.get();
        if (!file)
            return context.fail({ErrorCode::NotFound, fmt::format("cannot read {}", options.input),
                                 "check the name and the permissions"});
    }
    setLogLevel(LogLevel::Error);
    auto sender = Sender::open(context.home(), options);
    if (!sender)
        return context.fail(sender.error());
    LineReader reader(file);
    std::uint64_t rows = 0;
    const auto sent = sendAll(**sender, reader, options, rows);
    const auto finished = (*sender)->finish();
    if (!sent) {
        context.fail(sent.error());
        context.exitStatus = 1; // the rows are at fault, not the way the command was used
        return;
    }
    if (!finished)
        return context.fail(finished.error());
    std::printf("Logged %llu rows to %s\n", static_cast<unsigned long long>(rows),
                options.dataset.c_str());
}

} // namespace

void addLog(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(app, context, "log", "Log rows from a pipe or a file");
    auto options = std::make_shared<LogOptions>();
    command->add_option("INPUT", options->input,
                        "FILE.jsonl or FILE.csv (default: standard input)");
    command->add_option("--dataset", options->dataset, "Dataset that the rows belong to")
        ->required();
    command
        ->add_option("--format", options->format, "jsonl or csv (default: as the first line looks)")
        ->check(CLI::IsMember({"jsonl", "csv"}));
    command->add_option("--timestamp", options->timestamp,
                        "Time of all rows (ISO 8601 or milliseconds; default: now)");
    command->add_option("--time-column", options->timeColumn, "Column that holds each row's time");
    command->add_option("--url", options->url,
                        "Endpoint (default: the one that runs on this home)");
    command->callback([&context, options] { log(context, *options); });
}

} // namespace tepal::cli
