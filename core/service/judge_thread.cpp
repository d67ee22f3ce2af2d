#include "judge_thread.h"

#include <tepal/base/clock.h>
#include <tepal/base/log.h>
#include <tepal/monitor/judge.h>
#include <tepal/store/references.h>
#include <tepal/store/windows.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <thread>

namespace tepal {
namespace {

constexpr std::chrono::seconds kPeriod{5};
constexpr TimeRange kAllTime{std::numeric_limits<TimeMs>::min() / 2,
                             std::numeric_limits<TimeMs>::max() / 2};

/// What a dataset's scores follow from; while it stays there is nothing to do.
struct Basis
{
    std::string reference;
    TimeMs created = 0;
    std::int64_t finishedRows = 0;

    bool operator==(const Basis &) const = default;
};

} // namespace

struct JudgeThread::Impl
{
    std::filesystem::path database;
    std::unique_ptr<Store> store;
    std::map<std::string, Basis> done;
    std::int64_t version = -1;
    TimeMs nextEnd = 0; ///< When the next window is over.
    std::mutex mutex;
    std::condition_variable_any wake;
    std::jthread thread; // last: it uses all of the above

    void run(const std::stop_token &stop)
    {
        while (!stop.stop_requested()) {
            if (auto looked = look(stop); !looked && looked.error().code != ErrorCode::Cancelled)
                logWarning("judge", looked.error().text());
            std::unique_lock guard(mutex);
            wake.wait_for(guard, stop, kPeriod, [] { return false; });
        }
    }
    Status look(const std::stop_token &stop)
    {
        if (!store) {
            auto opened = Store::open(database);
            if (!opened)
                return tl::unexpected(opened.error());
            store = std::move(*opened);
        }
        const TimeMs now = SystemClock::instance().nowMs();
        const std::int64_t here = store->dataVersion();
        if (here == version && now < nextEnd)
            return {};
        version = here;
        nextEnd = std::numeric_limits<TimeMs>::max();
        const auto references = References(*store).list({});
        if (!references)
            return tl::unexpected(references.error());
        for (const ReferenceInfo &reference : *references) {
            if (!reference.current)
                continue;
            if (auto judged = judge(reference, now, stop); !judged)
                return judged;
        }
        return {};
    }
    Status judge(const ReferenceInfo &reference, TimeMs now, const std::stop_token &stop)
    {
        const auto windows = Windows(*store).list(reference.dataset, kAllTime);
        if (!windows)
            return tl::unexpected(windows.error());
        Basis basis{reference.name, reference.created, 0};
        for (const WindowInfo &window : *windows) {
            if (window.end <= now)
                basis.finishedRows += window.rows;
            else
                nextEnd = std::min(nextEnd, window.end);
        }
        Basis &last = done[reference.dataset];
        if (last == basis)
            return {};
        const auto scored = monitor::scoreFinished(*store, reference.dataset, now, stop);
        if (!scored)
            return tl::unexpected(scored.error());
        last = basis;
        if (*scored > 0)
            logInfo("judge", fmt::format("{}: {} compared with \"{}\"", reference.dataset,
                                         *scored == 1 ? "1 window was"
                                                      : fmt::format("{} windows were", *scored),
                                         reference.name));
        return {};
    }
};

JudgeThread::JudgeThread(std::filesystem::path database)
    : m_impl(std::make_unique<Impl>())
{
    m_impl->database = std::move(database);
    m_impl->thread =
        std::jthread([impl = m_impl.get()](const std::stop_token &stop) { impl->run(stop); });
}

JudgeThread::~JudgeThread() = default;

} // namespace tepal
