#include "host_state.h"

#include <tepal/base/file.h>
#include <tepal/journal/journal.h>
#include <tepal/service/row_log.h>
#include <tepal/store/settings.h>
#include <tepal/store/store.h>

#include <fmt/format.h>

namespace tepal {

struct RowLog::Impl
{
    Home home;
    std::string dataset;
    FileLock lock;
    std::unique_ptr<Journal> journal;
};

RowLog::RowLog(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}
RowLog::~RowLog() = default;

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

Status RowLog::append(const table::Frame &rows, TimeMs time)
{
    if (rows.rows == 0)
        return {};
    const Append done =
        m_impl->journal->lane(0).append({m_impl->dataset, rows.columns}, time, rows.cells);
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
        if (auto read = addStoredDatasets(Settings(**store), options); !read)
            return read;
    }
    auto logger = Logger::open(m_impl->home, options);
    if (!logger)
        return tl::unexpected(logger.error());
    return (*logger)->drain(true);
}

} // namespace tepal
