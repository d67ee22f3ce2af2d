#include "control.h"

#include <tepal/base/log.h>
#include <tepal/logging/logger_host.h>

#include <boost/process.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <future>
#include <map>
#include <mutex>
#include <thread>

namespace tepal {
namespace {

namespace bp = boost::process;
using namespace std::chrono_literals;

constexpr auto kFirstDelay = 200ms;
constexpr auto kLongestDelay = 10s;
/// A child that has run this long is healthy; its next death begins the count anew.
constexpr auto kHealthy = 30s;
constexpr auto kStartPatience = 20s;
constexpr auto kAnswerPatience = 120s;

class ProcessLogger final : public LoggerHost
{
public:
    ProcessLogger(const Home &home, const LoggerOptions &options, std::filesystem::path program,
                  LoggerListener listener)
        : m_home(home)
        , m_options(options)
        , m_program(std::move(program))
        , m_listener(std::move(listener))
    {
#ifndef _WIN32
        std::signal(SIGPIPE, SIG_IGN); // writing to a child that just died is an ordinary error
#endif
    }

    ~ProcessLogger() override
    {
        if (const auto stopped = stop(); !stopped)
            logError("logger", stopped.error().text());
    }

    Status start() override
    {
        if (m_supervisor.joinable())
            return {};
        m_stopping = false;
        change(LoggerState::Starting);
        m_supervisor = std::thread([this] { supervise(); });
        std::unique_lock lock(m_mutex);
        const bool settled = m_changed.wait_for(lock, kStartPatience, [&] {
            return m_status.state == LoggerState::Running || m_status.error.has_value();
        });
        if (m_status.state == LoggerState::Running)
            return {};
        const Error error = settled
                                ? *m_status.error
                                : Error{ErrorCode::Unavailable, "the logger process does not start",
                                        "look into the logs directory of the home"};
        lock.unlock();
        halt();
        return tl::unexpected(error);
    }

    Status flush(bool closeChunks) override
    {
        return request(control::Kind::Flush, closeChunks);
    }

    Status stop() override
    {
        if (!m_supervisor.joinable())
            return {};
        Status closed = request(control::Kind::Close, true);
        if (!closed && closed.error().code == ErrorCode::Unavailable) {
            // It died under our hands. What it had not committed is in the journal: one more child.
            std::unique_lock lock(m_mutex);
            m_changed.wait_for(lock, kStartPatience,
                               [&] { return m_status.state == LoggerState::Running; });
            lock.unlock();
            closed = request(control::Kind::Close, true);
        }
        halt();
        change(LoggerState::Stopped);
        return closed;
    }

    LoggerStatus status() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_status;
    }

private:
    /// Ends supervision: the end of the child's input makes it drain and go.
    void halt()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_stopping = true;
            if (m_input)
                m_input->close();
        }
        m_changed.notify_all();
        m_supervisor.join();
        m_supervisor = {};
    }

    Status request(control::Kind kind, bool closeChunks)
    {
        std::future<Status> answer;
        {
            const std::lock_guard lock(m_mutex);
            if (m_status.state != LoggerState::Running || !m_input)
                return fail(ErrorCode::Unavailable, "the logger process does not run",
                            "it is started again by itself");
            const std::uint64_t id = ++m_lastId;
            if (kind == control::Kind::Close)
                m_closeId = id;
            answer = m_pending[id].get_future();
            const std::string bytes = control::encode(control::Request{kind, id, closeChunks});
            writeAll(bytes);
        }
        if (answer.wait_for(kAnswerPatience) != std::future_status::ready)
            return fail(ErrorCode::Unavailable, "the logger process does not answer",
                        "stop it and start again; nothing is lost");
        return answer.get();
    }

    /// A child that just died cannot read; that its answer never comes is noticed elsewhere.
    void writeAll(const std::string &bytes)
    {
        try {
            for (std::size_t at = 0; at < bytes.size();)
                at += static_cast<std::size_t>(
                    m_input->write(bytes.data() + at, static_cast<int>(bytes.size() - at)));
        } catch (const bp::process_error &error) {
            logDebug("logger", error.what());
        }
    }

    void supervise()
    {
        auto delay = std::chrono::milliseconds(0);
        for (bool first = true;; first = false) {
            if (!first) {
                std::unique_lock lock(m_mutex);
                m_changed.wait_for(lock, delay, [&] { return m_stopping; });
                if (m_stopping)
                    return;
                ++m_status.restarts;
            }
            const auto born = std::chrono::steady_clock::now();
            runChild();
            {
                const std::lock_guard lock(m_mutex);
                if (m_stopping || m_closed) {
                    m_closed = false;
                    m_status.state = LoggerState::Stopped;
                    return;
                }
            }
            change(LoggerState::Restarting);
            const bool healthy = std::chrono::steady_clock::now() - born > kHealthy;
            if (healthy || first)
                delay = std::chrono::milliseconds(0);
            else
                delay =
                    std::clamp<std::chrono::milliseconds>(delay * 2, kFirstDelay, kLongestDelay);
        }
    }

    /// Starts one child and reads what it says until it is gone.
    void runChild()
    {
        bp::pipe output;
        std::error_code error;
        std::vector<std::string> arguments{"logger", "--home", m_home.root.string()};
        for (const std::string &argument : loggerArguments(m_options))
            arguments.push_back(argument);
        bp::child child;
        {
            const std::lock_guard lock(m_mutex);
            m_input = std::make_unique<bp::pipe>();
            child = bp::child(m_program.string(), bp::args(arguments),
                              bp::std_in<*m_input, bp::std_out> output, error);
            if (!error)
                m_status.pid = child.id();
        }
        if (error) {
            trouble({ErrorCode::NotFound,
                     fmt::format("cannot start {} as the logger: {}", m_program.string(),
                                 error.message()),
                     "reinstall the program or use --logger thread"});
            return;
        }
        listen(output);
        child.wait(error);
        const std::string end =
            error ? error.message() : fmt::format("exit status {}", child.exit_code());
        const std::lock_guard lock(m_mutex);
        m_input.reset();
        m_status.pid = 0;
        for (auto &[id, promise] : m_pending)
            promise.set_value(fail(ErrorCode::Unavailable, "the logger process ended", {}));
        m_pending.clear();
        if (!m_stopping && !m_closed) {
            logWarning("logger",
                       fmt::format("the logger process ended ({}); starting it again", end));
        }
    }

    void listen(bp::pipe &output)
    {
        control::Framer framer;
        char buffer[4096];
        for (;;) {
            int got = 0;
            try {
                got = output.read(buffer, sizeof buffer);
            } catch (const bp::process_error &error) {
                logDebug("logger", error.what());
            }
            if (got <= 0)
                return;
            framer.append({buffer, static_cast<std::size_t>(got)});
            while (auto message = framer.next()) {
                if (const auto report = control::decodeReport(*message))
                    take(*report);
            }
        }
    }

    void take(const control::Report &report)
    {
        if (report.answers == 0 && report.error) {
            trouble(*report.error);
            return;
        }
        LoggerStatus status;
        {
            const std::lock_guard lock(m_mutex);
            m_status.report = report.report;
            m_status.state = LoggerState::Running;
            m_status.error.reset();
            m_closed = m_closed || (report.answers == m_closeId && !report.error);
            if (const auto it = m_pending.find(report.answers); it != m_pending.end()) {
                it->second.set_value(report.error ? Status(tl::unexpected(*report.error))
                                                  : Status());
                m_pending.erase(it);
            }
            status = m_status;
        }
        m_changed.notify_all();
        if (m_listener)
            m_listener(status);
    }

    void trouble(const Error &error)
    {
        logError("logger", error.text());
        LoggerStatus status;
        {
            const std::lock_guard lock(m_mutex);
            m_status.error = error;
            status = m_status;
        }
        m_changed.notify_all();
        if (m_listener)
            m_listener(status);
    }

    void change(LoggerState state)
    {
        LoggerStatus status;
        {
            const std::lock_guard lock(m_mutex);
            m_status.state = state;
            status = m_status;
        }
        m_changed.notify_all();
        if (m_listener)
            m_listener(status);
    }

    Home m_home;
    LoggerOptions m_options;
    std::filesystem::path m_program;
    LoggerListener m_listener;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    LoggerStatus m_status;
    std::map<std::uint64_t, std::promise<Status>> m_pending;
    std::uint64_t m_lastId = 0;
    bool m_stopping = false;
    std::uint64_t m_closeId = ~std::uint64_t{0};
    bool m_closed = false; ///< The close request was answered; the child's end is expected.
    std::unique_ptr<bp::pipe> m_input; ///< The living child's standard input.
    std::thread m_supervisor;
};

} // namespace

std::unique_ptr<LoggerHost> makeProcessLogger(const Home &home, const LoggerOptions &options,
                                              const std::filesystem::path &program,
                                              LoggerListener listener)
{
    return std::make_unique<ProcessLogger>(home, options, program, std::move(listener));
}

} // namespace tepal
