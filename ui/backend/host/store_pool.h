/// Connections to the store for worker threads: one per task at a time, kept for the next.
#pragma once

#include <tepal/store/store.h>

#include <memory>
#include <mutex>
#include <vector>

namespace tepal::ui {

/// Thread-safe.
class StorePool
{
public:
    explicit StorePool(std::filesystem::path path)
        : m_path(std::move(path))
    {}

    /// Runs `work` with a connection; opening may fail.
    template <typename T, typename Work>
    Result<T> with(Work work)
    {
        auto store = take();
        if (!store)
            return tl::unexpected(store.error());
        Result<T> result = work(**store);
        // A damaged connection is not kept.
        if (result || result.error().code != ErrorCode::Corrupt)
            give(std::move(*store));
        return result;
    }
    template <typename Work>
    Status run(Work work)
    {
        return with<void>(std::move(work));
    }

private:
    Result<std::unique_ptr<Store>> take()
    {
        {
            const std::lock_guard lock(m_mutex);
            if (!m_free.empty()) {
                auto store = std::move(m_free.back());
                m_free.pop_back();
                return store;
            }
        }
        return Store::open(m_path);
    }
    void give(std::unique_ptr<Store> store)
    {
        const std::lock_guard lock(m_mutex);
        m_free.push_back(std::move(store));
    }

    std::filesystem::path m_path;
    std::mutex m_mutex;
    std::vector<std::unique_ptr<Store>> m_free;
};

} // namespace tepal::ui
