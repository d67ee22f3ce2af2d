#include "model_table.h"

#include <tepal/base/log.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal::serving {
namespace {

constexpr std::size_t kMostLoaded = 32;
constexpr std::int64_t kResolveNs = 1'000'000'000;

Error noSuchModel(const std::string &name, const std::string &version)
{
    return {ErrorCode::NotFound,
            fmt::format("there is no model {}{}{}", name, version.empty() ? "" : ":", version),
            "see GET /v1/models, or \"tepal models list\""};
}

} // namespace

Result<NamedModelPtr> ModelTable::find(const std::string &name, const std::string &version)
{
    if (m_provider == nullptr)
        return tl::unexpected(noSuchModel(name, version));
    const std::int64_t now = m_clock->monotonicNs();
    NamedModelPtr known;
    {
        const std::lock_guard guard(m_mutex);
        const auto found = m_entries.find({name, version});
        if (found != m_entries.end()) {
            found->second.used = ++m_uses;
            if (now - found->second.resolvedNs < kResolveNs)
                return found->second.model;
            known = found->second.model;
        }
    }
    auto resolved = m_provider->resolve(name, version);
    if (!resolved) {
        const std::lock_guard guard(m_mutex);
        m_entries.erase({name, version}); // It is gone since.
        return tl::unexpected(resolved.error().code == ErrorCode::NotFound
                                  ? noSuchModel(name, version)
                                  : resolved.error());
    }
    if (!known || known->version != *resolved) {
        auto loaded = m_provider->load(name, *resolved);
        if (!loaded)
            return tl::unexpected(loaded.error());
        known = std::make_shared<const NamedModel>(std::move(*loaded));
    }
    const std::lock_guard guard(m_mutex);
    m_entries[{name, version}] = {known, now, ++m_uses};
    forgetOldest();
    return known;
}

/// What is kept as long as it is the same, because it counts.
Result<RolledPtr> ModelTable::followed(const std::string &name, const RolledPtr &known)
{
    const auto plan = m_provider->rollout(name);
    if (!plan)
        return tl::unexpected(plan.error());
    if (!*plan)
        return nullptr;
    if (known && known->plan == **plan)
        return known;
    auto rolled = std::make_shared<Rolled>();
    rolled->plan = **plan;
    for (auto [version, model] : {std::pair{&(*plan)->primary, &rolled->primary},
                                  std::pair{&(*plan)->candidate, &rolled->candidate}}) {
        auto found = find(name, *version);
        if (!found)
            return tl::unexpected(found.error());
        *model = std::move(*found);
    }
    logInfo("endpoint", fmt::format("the rollout of {} begins: {} beside {}", name,
                                    rolled->candidate->version, rolled->primary->version));
    return rolled;
}

RolledPtr ModelTable::rolled(const std::string &name)
{
    if (m_provider == nullptr)
        return nullptr;
    const std::int64_t now = m_clock->monotonicNs();
    RolledPtr known;
    {
        const std::lock_guard guard(m_mutex);
        const auto found = m_rollouts.find(name);
        if (found != m_rollouts.end() && now - found->second.resolvedNs < kResolveNs)
            return found->second.rolled;
        if (found != m_rollouts.end()) {
            known = found->second.rolled;
            found->second.resolvedNs = now; // the other threads need not look
        }
    }
    auto looked = followed(name, known);
    const std::lock_guard guard(m_mutex);
    Rolling &rolling = m_rollouts[name];
    rolling.resolvedNs = now;
    rolling.rolled = looked ? *looked : nullptr;
    const std::string trouble = looked ? std::string() : looked.error().text();
    if (trouble != rolling.trouble && !trouble.empty())
        logWarning("endpoint", fmt::format("the rollout of {} is not followed: {}", name, trouble));
    rolling.trouble = trouble;
    return rolling.rolled;
}

std::vector<RolloutStats> ModelTable::rollouts() const
{
    std::vector<RolloutStats> all;
    const std::lock_guard guard(m_mutex);
    for (const auto &[name, rolling] : m_rollouts) {
        if (rolling.rolled)
            all.push_back(rolling.rolled->stats());
    }
    return all;
}

bool ModelTable::isCold(const std::string &name, const std::string &version) const
{
    const std::lock_guard guard(m_mutex);
    return m_provider != nullptr && !m_entries.contains({name, version});
}

std::vector<ModelEntry> ModelTable::list() const
{
    return m_provider != nullptr ? m_provider->list() : std::vector<ModelEntry>();
}

void ModelTable::forgetOldest()
{
    while (m_entries.size() > kMostLoaded)
        m_entries.erase(
            std::min_element(m_entries.begin(), m_entries.end(), [](const auto &a, const auto &b) {
                return a.second.used < b.second.used;
            }));
}

} // namespace tepal::serving
