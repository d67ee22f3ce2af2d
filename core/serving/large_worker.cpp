#include "large_worker.h"

#include <tepal/base/log.h>

#include <fmt/format.h>

#include <utility>

namespace tepal::serving {

LargeWorker::LargeWorker(Endpoint &endpoint, std::uint32_t index)
    : m_handler(endpoint, index)
    , m_thread([this] { run(); })
{}

LargeWorker::~LargeWorker()
{
    {
        const std::lock_guard guard(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    m_thread.join();
}

void LargeWorker::submit(Task task)
{
    {
        const std::lock_guard guard(m_mutex);
        m_tasks.push_back(std::move(task));
    }
    m_wake.notify_one();
}

void LargeWorker::run()
{
    for (;;) {
        Task task;
        {
            std::unique_lock guard(m_mutex);
            m_wake.wait(guard, [this] { return m_stopping || !m_tasks.empty(); });
            if (m_tasks.empty())
                return;
            task = std::move(m_tasks.front());
            m_tasks.pop_front();
        }
        try {
            m_handler.handle(*task.request, *task.response, task.arrived);
        } catch (const std::exception &problem) {
            // Memory ran out for this one; that is no reason to end the others.
            logError("endpoint", fmt::format("a large request failed: {}", problem.what()));
            task.response->reset();
            task.response->error(503, "ServiceUnavailable",
                                 "There is not enough memory for this request",
                                 "send less at once");
        }
        // What is answered may belong to a model, or to buffers that the next task fills.
        task.response->own();
        m_handler.releaseMemory();
        task.done();
    }
}

} // namespace tepal::serving
