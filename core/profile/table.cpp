#include "table_feeder.h"

#include <tepal/profile/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace tepal {
namespace {

constexpr unsigned kMaxThreads = 8;

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
