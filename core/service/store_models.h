/// The models of a home, for the endpoint. Internal to the room.
#pragma once

#include <tepal/model/store.h>
#include <tepal/serving/server.h>

namespace tepal {

/// Each logs to the dataset that is called as it is.
class StoreModels final : public ModelProvider
{
public:
    explicit StoreModels(std::filesystem::path root)
        : m_store(root)
        , m_rollouts(std::move(root))
    {}

    Result<std::string> resolve(const std::string &name, const std::string &version) const override;
    Result<NamedModel> load(const std::string &name, const std::string &version) const override;
    std::vector<ModelEntry> list() const override;
    Result<std::optional<Rollout>> rollout(const std::string &name) const override;

private:
    ModelStore m_store;
    Rollouts m_rollouts;
};

} // namespace tepal
