#include "model_table.h"

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
