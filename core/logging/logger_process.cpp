// The child's side of the control protocol.

#include "control.h"
#include "report_schedule.h"

#include <tepal/base/log.h>
#include <tepal/base/text.h>
#include <tepal/logging/logger_host.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#else
#include <unistd.h>
#endif

namespace tepal {
namespace {

using namespace std::chrono_literals;

constexpr auto kIdle = 20ms;
/// A new logger may meet its predecessor still draining; it waits this long for the home.
constexpr auto kLockPatience = 15s;

/// Reads requests on its own thread, because reading a pipe blocks.
class RequestQueue
{
public:
    RequestQueue()
        : m_thread([this] { read(); })
    {}
    ~RequestQueue() { m_thread.detach(); } // it may sit in a read that never returns

    /// Waits up to kIdle for a request.
    std::optional<control::Request> next(bool wait)
    {
        std::unique_lock lock(m_mutex);
        if (wait)
            m_wake.wait_for(lock, kIdle, [&] { return !m_requests.empty() || m_ended; });
        if (m_requests.empty())
            return std::nullopt;
        const control::Request request = m_requests.front();
        m_requests.pop_front();
        return request;
    }
    bool ended()
    {
        const std::lock_guard lock(m_mutex);
        return m_ended && m_requests.empty();
    }

private:
    void read()
    {
        control::Framer framer;
        char buffer[4096];
        for (;;) {
#ifdef _WIN32
            const auto got = _read(0, buffer, sizeof buffer);
#else
            const auto got = ::read(0, buffer, sizeof buffer);
#endif
            const std::lock_guard lock(m_mutex);
            if (got <= 0) {
                m_ended = true;
                m_wake.notify_all();
                return;
            }
            framer.append({buffer, static_cast<std::size_t>(got)});
            while (auto message = framer.next()) {
                if (const auto request = control::decodeRequest(*message))
                    m_requests.push_back(*request);
            }
            m_wake.notify_all();
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<control::Request> m_requests;
    bool m_ended = false;
    std::thread m_thread;
};

void send(const control::Report &report)
{
    const std::string bytes = control::encode(report);
    // A host that is gone cannot listen; the end of input will tell.
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
    std::fflush(stdout);
}

Result<std::unique_ptr<Logger>> openPatiently(const Home &home, const LoggerOptions &options)
{
    const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
    for (;;) {
        auto logger = Logger::open(home, options);
        if (logger || logger.error().code != ErrorCode::Busy ||
            std::chrono::steady_clock::now() > deadline)
            return logger;
        std::this_thread::sleep_for(50ms);
    }
}

} // namespace

void closeInheritedHandles()
{
#ifndef _WIN32
    // Windows hands down only what is named; elsewhere everything without close-on-exec comes
    // along.
    std::error_code error;
    std::vector<int> open;
    for (const auto &entry : std::filesystem::directory_iterator("/dev/fd", error))
        open.push_back(static_cast<int>(parseInt64(entry.path().filename().string()).value_or(0)));
    for (const int fd : open) {
        if (fd > 2)
            ::close(fd);
    }
#endif
}

int runLoggerProcess(const Home &home, const LoggerOptions &options)
{
    // Ctrl-C goes to the whole group; the host says when it is time to end.
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
#ifdef _WIN32
    _setmode(0, _O_BINARY);
    _setmode(1, _O_BINARY);
#else
    std::signal(SIGPIPE, SIG_IGN);
#endif
    auto opened = openPatiently(home, options);
    if (!opened) {
        send({0, opened.error(), {}});
        return 1;
    }
    Logger &logger = **opened;
    send({0, std::nullopt, logger.report()});

    static auto *queue = new RequestQueue; // lives as long as its reading thread
    ReportSchedule schedule;
    for (;;) {
        const auto read = logger.work();
        if (!read) {
            // Memory and cursors disagree now. The host starts a fresh process from the last
            // commit.
            send({0, read.error(), {}});
            return 1;
        }
        if (schedule.isDue(logger.committedAt()))
            send({0, std::nullopt, logger.report()});
        if (const auto request = queue->next(*read == 0)) {
            const bool close = request->kind == control::Kind::Close;
            const Status done = logger.drain(close || request->closeChunks);
            send({request->id, done ? std::nullopt : std::optional(done.error()), logger.report()});
            if (close || !done)
                return done ? 0 : 1;
        } else if (queue->ended()) {
            const Status done = logger.drain(false);
            if (!done)
                logError("logger", done.error().text());
            return done ? 0 : 1;
        }
    }
}

} // namespace tepal
