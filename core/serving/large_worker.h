/// A thread for large bodies, so that small requests never wait behind a table of a million rows.
#pragma once

#include "endpoint.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>

namespace tepal::serving {

/// Bodies from this size on are not answered by the thread that read them.
inline constexpr std::size_t kLargeBody = 512u << 10;

/// Answers one after the other, in the order in which they came. submit() from any thread.
class LargeWorker
{
public:
    struct Task
    {
        Request *request;
        Response *response;
        std::int64_t arrived = 0;
        /// Called by this thread when the answer stands; nothing of the task is touched afterwards.
        std::function<void()> done;
    };

    /// `index` is that of its counters and of its lane.
    LargeWorker(Endpoint &endpoint, std::uint32_t index);
    ~LargeWorker();
    LargeWorker(const LargeWorker &) = delete;
    LargeWorker &operator=(const LargeWorker &) = delete;

    void submit(Task task);

private:
    void run();

    Handler m_handler;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<Task> m_tasks;
    bool m_stopping = false;
    std::thread m_thread;
};

} // namespace tepal::serving
