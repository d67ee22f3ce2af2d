/// Work that blocks, such as writing to a network share, away from the thread that sends. Internal.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace tepal {

/// One thread, started with the first work; in the order given.
class BlockingThread
{
public:
    using Work = std::function<void(std::stop_token)>;

    ~BlockingThread() { stop(); }
    void run(Work work)
    {
        const std::lock_guard guard(m_mutex);
        m_work.push_back(std::move(work));
        if (!m_thread.joinable())
            m_thread = std::jthread([this](const std::stop_token &stop) { loop(stop); });
        m_wake.notify_one();
    }
    /// Waits for the work under way; what has not begun never does.
    void stop()
    {
        {
            const std::lock_guard guard(m_mutex);
            m_work.clear();
        }
        if (m_thread.joinable()) {
            m_thread.request_stop();
            m_thread.join();
        }
    }

private:
    void loop(const std::stop_token &stop)
    {
        std::unique_lock lock(m_mutex);
        while (m_wake.wait(lock, stop, [this] { return !m_work.empty(); })) {
            const Work work = std::move(m_work.front());
            m_work.pop_front();
            lock.unlock();
            work(stop);
            lock.lock();
        }
    }

    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<Work> m_work;
    std::jthread m_thread;
};

} // namespace tepal
