/// Settings of a home.
#pragma once

#include <tepal/base/result.h>
#include <tepal/store/store.h>

#include <map>
#include <optional>
#include <string>

namespace tepal {

/// Texts by key; what they mean is up to who uses them.
class Settings
{
public:
    explicit Settings(Store &store)
        : m_impl(&store.impl())
    {}

    /// Keys of a dataset's own settings, to be followed by its name: how it is logged (see
    /// parseDatasetOptions), and the destinations its chunks go to in place of all that are
    /// enabled, separated by commas.
    static constexpr const char *kDataset = "dataset.";
    static constexpr const char *kDestination = "destination.";
    /// How long windows are kept, as parseDuration reads it; absent = for good.
    static constexpr const char *kRetention = "retention";

    Result<std::optional<std::string>> get(const std::string &key);
    Status set(const std::string &key, const std::string &value);
    Status remove(const std::string &key);
    /// Key without the prefix → value.
    Result<std::map<std::string, std::string>> all(const std::string &prefix);

private:
    Store::Impl *m_impl;
};

} // namespace tepal
