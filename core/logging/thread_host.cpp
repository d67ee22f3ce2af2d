#include "report_schedule.h"

#include <tepal/base/log.h>
#include <tepal/logging/logger_host.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

namespace tepal {
namespace {

using namespace std::chrono_literals;

/// How long the loop sleeps when the journal is empty: the delay until a request shows in memory.
constexpr auto kIdle = 20ms;
constexpr auto kRestartDelay = 500ms;

class ThreadLogger final : public LoggerHost
{
public:
    ThreadLogger(const Home &home, const LoggerOptions &options, LoggerListener listener)
        : m_home(home)
        , m_options(options)
        , m_listener(std::move(listener))
    {}

    ~ThreadLogger() override
    {
        if (const auto stopped = stop(); !stopped)
            logError("logger", stopped.error().text());
    }

    Status start() override
    {
        if (m_thread.joinable())
            return {};
        auto logger = Logger::open(m_home, m_options);
        if (!logger) {
            change(LoggerState::Failed, logger.error());
            return tl::unexpected(logger.error());
        }
        m_logger = std::move(*logger);
        change(LoggerState::Running, std::nullopt);
        m_thread = std::jthread([this](const std::stop_token &stop) { loop(stop); });
        return {};
    }

    Status flush(bool closeChunks) override { return ask(closeChunks); }

    Status stop() override
    {
        if (!m_thread.joinable())
            return {};
        const Status flushed = ask(true);
        m_thread.request_stop();
        m_wake.notify_all();
        m_thread.join();
        m_thread = {};
        m_logger.reset();
        change(LoggerState::Stopped, flushed ? std::nullopt : std::optional(flushed.error()));
        return flushed;
    }

    LoggerStatus status() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_status;
    }

private:
    struct Request
    {
        bool closeChunks;
        std::promise<Status> done;
    };

    Status ask(bool closeChunks)
    {
        std::future<Status> done;
        {
            const std::lock_guard lock(m_mutex);
            if (!m_thread.joinable())
                return fail(ErrorCode::Unavailable, "the logger does not run", "start it first");
            auto &request = m_requests.emplace_back(Request{closeChunks, {}});
            done = request.done.get_future();
        }
        m_wake.notify_all();
        return done.get();
    }

    void loop(const std::stop_token &stop)
    {
        ReportSchedule schedule;
        while (!stop.stop_requested()) {
            answerRequests();
            const auto read = m_logger ? m_logger->work() : Result<std::size_t>(std::size_t{0});
            if (!read) {
                reopen(read.error());
                continue;
            }
            if (m_logger && schedule.isDue(m_logger->committedAt()))
                update(m_logger->report());
            if (*read == 0) {
                std::unique_lock lock(m_mutex);
                m_wake.wait_for(lock, kIdle,
                                [&] { return stop.stop_requested() || !m_requests.empty(); });
            }
        }
    }

    /// After a failure memory and cursors disagree: begin again from the last commit.
    void reopen(const Error &error)
    {
        logError("logger", error.text());
        change(LoggerState::Restarting, error);
        std::this_thread::sleep_for(kRestartDelay);
        m_logger.reset();
        auto logger = Logger::open(m_home, m_options);
        if (logger) {
            m_logger = std::move(*logger);
            const std::lock_guard lock(m_mutex);
            ++m_status.restarts;
            m_status.state = LoggerState::Running;
        } else {
            answerRequests(logger.error());
        }
    }

    void answerRequests(const std::optional<Error> &trouble = std::nullopt)
    {
        std::deque<Request> requests;
        {
            const std::lock_guard lock(m_mutex);
            requests.swap(m_requests);
        }
        for (Request &request : requests) {
            if (trouble || !m_logger)
                request.done.set_value(tl::unexpected(
                    trouble.value_or(Error{ErrorCode::Unavailable, "the logger restarts", {}})));
            else
                request.done.set_value(m_logger->drain(request.closeChunks));
        }
        if (!requests.empty() && m_logger)
            update(m_logger->report());
    }

    void update(const LoggerReport &report)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_status.report = report;
            m_status.error.reset();
        }
        if (m_listener)
            m_listener(status());
    }

    void change(LoggerState state, std::optional<Error> error)
    {
        const LoggerStatus status = [&] {
            const std::lock_guard lock(m_mutex);
            m_status.state = state;
            m_status.error = std::move(error);
            return m_status;
        }();
        if (m_listener)
            m_listener(status);
    }

    Home m_home;
    LoggerOptions m_options;
    LoggerListener m_listener;
    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    LoggerStatus m_status;
    std::deque<Request> m_requests;
    std::unique_ptr<Logger> m_logger; ///< Used by the loop only, once that runs.
    std::jthread m_thread;
};

} // namespace

std::unique_ptr<LoggerHost> makeThreadLogger(const Home &home, const LoggerOptions &options,
                                             LoggerListener listener)
{
    return std::make_unique<ThreadLogger>(home, options, std::move(listener));
}

} // namespace tepal
