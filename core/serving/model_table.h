/// The models of the store that were asked for by name, loaded once for all threads.
#pragma once

#include "rolled.h"

#include <map>
#include <mutex>

namespace tepal::serving {

/// Thread-safe. Keeps the few that were asked last; a model that is in use lives on until its last
/// answer.
class ModelTable
{
public:
    ModelTable(const ModelProvider *provider, const Clock &clock)
        : m_provider(provider)
        , m_clock(&clock)
    {}

    /// Loads what is not there yet, which takes its time. The latest version is looked up anew once
    /// a second, so that a new one is served without a restart. NotFound for what nobody has.
    Result<NamedModelPtr> find(const std::string &name, const std::string &version);
    /// Whether find() would have to load. Cheap.
    bool isCold(const std::string &name, const std::string &version) const;
    std::vector<ModelEntry> list() const;
    /// The rollout of a name that is in the store; null when there is none, or it cannot be
    /// followed, which is logged. Looked up anew once a second.
    RolledPtr rolled(const std::string &name);
    std::vector<RolloutStats> rollouts() const;

private:
    struct Entry
    {
        NamedModelPtr model;
        std::int64_t resolvedNs = 0;
        std::uint64_t used = 0;
    };
    struct Rolling
    {
        RolledPtr rolled;
        std::int64_t resolvedNs = 0;
        std::string trouble; ///< That was logged.
    };
    void forgetOldest();
    Result<RolledPtr> followed(const std::string &name, const RolledPtr &known);

    const ModelProvider *m_provider;
    const Clock *m_clock;
    mutable std::mutex m_mutex;
    std::map<std::pair<std::string, std::string>, Entry> m_entries; ///< As they were asked for.
    std::map<std::string, Rolling> m_rollouts;
    std::uint64_t m_uses = 0;
};

} // namespace tepal::serving
