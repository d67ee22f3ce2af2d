/// Two versions of a model side by side: kept beside the versions in the store, followed by every
/// endpoint that serves it.
#pragma once

#include <tepal/model/store.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tepal {

/// Of the requests that name the model and no version.
struct Rollout
{
    enum class Mode : std::uint8_t {
        Split,  ///< `share` of them is answered by the candidate, the rest by the primary.
        Shadow, ///< All are answered by the primary; the candidate is asked too, for the record.
    };
    std::string primary;   ///< Version.
    std::string candidate; ///< Version.
    Mode mode = Mode::Split;
    double share = 0; ///< In (0, 1); Split only.

    bool operator==(const Rollout &) const = default;
};

/// "shop:3xyz answers 90 %, shop:7abc 10 % of the requests", or "…; … is asked too, in its shadow".
std::string rolloutSentence(const std::string &name, const Rollout &rollout);

/// "10 % of requests", "in the shadow"; empty for a version that has no part in it.
std::string rolloutPart(const Rollout &rollout, std::string_view version);

/// The segment of a dataset that holds what one version was asked: `version=<version>`.
inline constexpr const char *kVersionTag = "version";

/// One a name. Thread-safe; several processes may use one directory.
class Rollouts
{
public:
    /// `root`: of the model store.
    explicit Rollouts(std::filesystem::path root);

    /// Nothing when there is none. Corrupt when it cannot be read, NotFound when one of its
    /// versions is no longer in the store.
    Result<std::optional<Rollout>> get(const std::string &name) const;
    /// Both versions must be in the store, differ, and ask for the same features and give the same
    /// kind of answer. Versions may be unique prefixes; what is kept is returned.
    Result<Rollout> set(const std::string &name, Rollout rollout);
    /// Every one that is under way, by name; those that cannot be followed with the reason.
    std::vector<std::pair<std::string, Result<Rollout>>> all() const;
    /// NotFound when there is none.
    Status end(const std::string &name);

private:
    std::filesystem::path fileOf(const std::string &name) const;

    std::filesystem::path m_root;
    ModelStore m_store;
};

} // namespace tepal
