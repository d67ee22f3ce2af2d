/// Work that blocks, such as writing to a network share, away from the thread that sends. Internal.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace tepal {

/// One thread, started with the first work; in the order given. Work owns what it uses: one that
/// hangs is left behind when its sender ends, and may go on when nothing else of that is there.
class BlockingThread
{
public:
    using Work = std::function<Status(std::stop_token)>;
    using Done = std::pair<std::uint64_t, Status>; ///< Number of the work, and how it ended.

    /// `wake` is called on the thread when something is done.
    explicit BlockingThread(std::function<void()> wake) { m_state->wake = std::move(wake); }
    ~BlockingThread() { stop(); }

    void run(std::uint64_t id, Work work)
    {
        const std::lock_guard guard(m_state->mutex);
        m_state->work.emplace_back(id, std::move(work));
        if (!m_thread.joinable())
            m_thread = std::jthread(loop, m_state);
        m_state->changed.notify_all();
    }
    std::vector<Done> take()
    {
        const std::lock_guard guard(m_state->mutex);
        return std::exchange(m_state->done, {});
    }
    /// What has not begun never does; what is under way is waited for, but not for ever.
    void stop()
    {
        if (!m_thread.joinable())
            return;
        m_thread.request_stop();
        std::unique_lock lock(m_state->mutex);
        m_state->work.clear();
        m_state->changed.notify_all();
        m_state->changed.wait_for(lock, kLongest, [this] { return !m_state->busy; });
        m_state->wake = nullptr;
        const bool hangs = m_state->busy;
        lock.unlock();
        if (hangs)
            m_thread.detach();
        else
            m_thread.join();
    }

private:
    static constexpr std::chrono::seconds kLongest{2};

    struct State
    {
        std::mutex mutex;
        std::condition_variable_any changed;
        std::deque<std::pair<std::uint64_t, Work>> work;
        std::vector<Done> done;
        std::function<void()> wake; ///< Null once nobody waits.
        bool busy = false;
    };

    static void loop(const std::stop_token &stop, const std::shared_ptr<State> &state)
    {
        std::unique_lock lock(state->mutex);
        while (state->changed.wait(lock, stop, [&] { return !state->work.empty(); })) {
            auto [id, work] = std::move(state->work.front());
            state->work.pop_front();
            state->busy = true;
            lock.unlock();
            Status status = work(stop);
            lock.lock();
            state->busy = false;
            state->done.emplace_back(id, std::move(status));
            if (state->wake)
                state->wake();
            state->changed.notify_all();
        }
    }

    std::shared_ptr<State> m_state = std::make_shared<State>();
    std::jthread m_thread;
};

} // namespace tepal
