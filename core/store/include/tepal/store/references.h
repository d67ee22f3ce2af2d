/// Profiles to compare with, by dataset and name.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>
#include <tepal/store/store.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tepal {

struct ReferenceInfo
{
    std::string dataset;
    std::string name;
    TimeMs created = 0;
    std::int64_t rows = 0;
    std::string description;
    bool current = false; ///< The one that drift is judged against by default.
};

/// Naming one that the dataset does not have is NotFound.
class References
{
public:
    explicit References(Store &store)
        : m_impl(&store.impl())
    {}

    /// By dataset (empty = all) and age.
    Result<std::vector<ReferenceInfo>> list(const std::string &dataset);
    Result<DatasetProfile> get(const std::string &dataset, const std::string &name);
    /// Replaces one of the same name, and forgets the scores against that; the first reference of a
    /// dataset becomes current.
    Status set(const std::string &dataset, const std::string &name, const DatasetProfile &profile,
               std::int64_t rows, const std::string &description, TimeMs now);
    /// In place of the one that was.
    Status makeCurrent(const std::string &dataset, const std::string &name);
    /// Its scores go along.
    Status remove(const std::string &dataset, const std::string &name);
    /// Its scores go along. AlreadyExists when the dataset has one of the new name.
    Status rename(const std::string &dataset, const std::string &from, const std::string &to);

private:
    Store::Impl *m_impl;
};

} // namespace tepal
