#include "store_models.h"

#include <tepal/base/log.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal {

Result<std::string> StoreModels::resolve(const std::string &name, const std::string &version) const
{
    const auto info = m_store.get({name, version});
    if (!info)
        return tl::unexpected(info.error());
    return info->tag.version;
}

Result<NamedModel> StoreModels::load(const std::string &name, const std::string &version) const
{
    auto model = m_store.load({name, version});
    if (!model)
        return tl::unexpected(model.error());
    logInfo("endpoint", fmt::format("model {}:{} is served by its name, its rows go to {}", name,
                                    version, name));
    return NamedModel{name, version, name, std::move(*model)};
}

Result<std::optional<Rollout>> StoreModels::rollout(const std::string &name) const
{
    return m_rollouts.get(name);
}

std::vector<ModelEntry> StoreModels::list() const
{
    std::vector<ModelEntry> entries;
    const auto all = m_store.list();
    if (!all) {
        logWarning("endpoint", all.error().text());
        return entries;
    }
    for (const ModelInfo &info : *all) {
        const auto known =
            std::find_if(entries.begin(), entries.end(),
                         [&](const ModelEntry &entry) { return entry.name == info.tag.name; });
        ModelEntry &entry = known != entries.end() ? *known : entries.emplace_back();
        entry.name = info.tag.name;
        entry.versions.push_back(info.tag.version);
    }
    return entries;
}

} // namespace tepal
