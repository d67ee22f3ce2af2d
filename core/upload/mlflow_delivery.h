/// One profile on its way into a run. Internal.
#pragma once

#include "mlflow_api.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>

namespace tepal::mlflow {

/// What is known of the server, and whose turn it is to find out about a day. Thread-safe: waiting
/// is done elsewhere than sending.
class RunBook
{
public:
    std::string experiment() const
    {
        const std::lock_guard guard(m_mutex);
        return m_experiment;
    }
    void keepExperiment(const std::string &id)
    {
        const std::lock_guard guard(m_mutex);
        m_experiment = id;
    }
    /// `key`: a day, or the id of a run.
    std::optional<Run> find(const std::string &key) const
    {
        const std::lock_guard guard(m_mutex);
        const auto found = m_runs.find(key);
        if (found == m_runs.end() || found->second.until < std::chrono::steady_clock::now())
            return std::nullopt;
        return found->second.run;
    }
    void keep(const std::string &key, const Run &run)
    {
        const std::lock_guard guard(m_mutex);
        std::erase_if(m_runs, [](const auto &entry) {
            return entry.second.until < std::chrono::steady_clock::now();
        });
        m_runs[key] = {run, std::chrono::steady_clock::now() + kBelieved};
    }
    void forget(const std::string &id)
    {
        const std::lock_guard guard(m_mutex);
        std::erase_if(m_runs, [&](const auto &entry) { return entry.second.run.id == id; });
    }
    /// False = another delivery is finding out.
    bool begin(const std::string &day)
    {
        const std::lock_guard guard(m_mutex);
        return m_asking.insert(day).second;
    }
    void end(const std::string &day)
    {
        const std::lock_guard guard(m_mutex);
        m_asking.erase(day);
        m_told.notify_all();
    }
    /// Until nobody is finding out any more.
    Status wait(const std::string &day, const std::stop_token &stop)
    {
        std::unique_lock lock(m_mutex);
        if (m_told.wait(lock, stop, [&] { return m_asking.count(day) == 0; }))
            return {};
        return fail(ErrorCode::Cancelled, "stopped while waiting for a run");
    }

private:
    /// Somebody may delete a run.
    static constexpr std::chrono::minutes kBelieved{10};
    struct Entry
    {
        Run run;
        std::chrono::steady_clock::time_point until;
    };
    mutable std::mutex m_mutex;
    std::condition_variable_any m_told;
    std::string m_experiment;
    std::map<std::string, Entry> m_runs;
    std::set<std::string> m_asking;
};

/// `settings` and `item` outlive it.
std::unique_ptr<Delivery> makeDelivery(const Settings &settings, Result<web::Login> login,
                                       const UploadItem &item, std::shared_ptr<RunBook> book);

} // namespace tepal::mlflow
