#include "host_state.h"

#include <tepal/base/clock.h>
#include <tepal/base/file.h>
#include <tepal/host/row_log.h>
#include <tepal/journal/journal.h>
#include <tepal/serving/frame.h>
#include <tepal/store/store.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal {

struct RowLog::Impl
{
    Home home;
    std::string dataset;
    FileLock lock;
    std::unique_ptr<Journal> journal;
    JsonDocument json;
};

RowLog::RowLog(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}
RowLog::~RowLog() = default;

Result<TimeMs> rowTime(const std::string &text, bool csv, const std::string &column)
{
    JsonDocument json;
    const auto frame = csv ? parseCsvFrame(text) : parseJsonLines(text, json);
    if (!frame)
        return tl::unexpected(frame.error());
    const auto at = std::find(frame->columns.begin(), frame->columns.end(), column);
    if (at == frame->columns.end() || frame->rows != 1)
        return fail(ErrorCode::InvalidArgument, fmt::format("there is no column \"{}\"", column),
                    "name the column that holds the time");
    const Value cell = frame->at(0, static_cast<std::size_t>(at - frame->columns.begin()));
    if (cell.kind() == ValueKind::Integral)
        return cell.asIntegral();
    if (cell.kind() == ValueKind::Fractional)
        return static_cast<TimeMs>(cell.asFractional());
    if (cell.kind() == ValueKind::String)
        return parseTime(cell.asString());
    return fail(ErrorCode::InvalidArgument, fmt::format("column \"{}\" holds no time", column),
                "use milliseconds since 1970 or ISO 8601");
}

Result<std::unique_ptr<RowLog>> RowLog::open(const Home &home, const std::string &dataset)
{
    auto impl = std::make_unique<Impl>();
    impl->home = home;
    impl->dataset = dataset;
    if (auto ready = prepareHome(home); !ready)
        return tl::unexpected(ready.error());
    if (auto local = refuseNetworkHome(home); !local)
        return tl::unexpected(local.error());
    auto lock = FileLock::acquire(home.hostLock(), fmt::format("process {}", currentProcessId()));
    if (!lock)
        return tl::unexpected(lock.error());
    impl->lock = std::move(*lock);
    auto journal = Journal::open(home.journal());
    if (!journal)
        return tl::unexpected(journal.error());
    impl->journal = std::move(*journal);
    return std::unique_ptr<RowLog>(new RowLog(std::move(impl)));
}

Status RowLog::append(const std::string &rows, bool csv, std::optional<TimeMs> time)
{
    auto frame = csv ? parseCsvFrame(rows) : parseJsonLines(rows, m_impl->json);
    if (!frame)
        return tl::unexpected(frame.error());
    if (frame->rows == 0)
        return {};
    const JournalSchema schema{m_impl->dataset, std::move(frame->columns)};
    const Append done = m_impl->journal->lane(0).append(
        schema, time.value_or(SystemClock::instance().nowMs()), frame->cells);
    return done == Append::Done ? Status() : Status(tl::unexpected(appendError(done)));
}

Status RowLog::finish()
{
    m_impl->journal.reset();
    LoggerOptions options;
    {
        auto store = Store::open(m_impl->home.database());
        if (!store)
            return tl::unexpected(store.error());
        if (auto read = addStoredDatasets(**store, options); !read)
            return read;
    }
    auto logger = Logger::open(m_impl->home, options);
    if (!logger)
        return tl::unexpected(logger.error());
    return (*logger)->drain(true);
}

} // namespace tepal
