/// One connection to `tepal.db`. What is in it is read and written through the repositories beside
/// this file; the room's README says which is for what.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace tepal {

/// For one thread at a time, like the repositories over it, which keep nothing of their own and are
/// made where they are needed: `Settings(store).get(key)`. The store must outlive them. Expected
/// failures of all their calls: Busy (locked by a stranger for 10 s), Full, Corrupt.
class Store
{
public:
    enum class Access : std::uint8_t { ReadWrite, ReadOnly };

    /// Opens or creates and migrates. A damaged or foreign file is Corrupt, one of a newer version
    /// Unsupported; neither is ever changed.
    static Result<std::unique_ptr<Store>> open(const std::filesystem::path &path,
                                               Access access = Access::ReadWrite);
    ~Store();
    Store(const Store &) = delete;
    Store &operator=(const Store &) = delete;

    const std::filesystem::path &path() const;
    /// Changes whenever another connection committed something.
    std::int64_t dataVersion();
    /// Lets another thread cancel the statement that runs now.
    void interrupt();

    struct Impl;
    /// For the repositories; defined inside this room only.
    Impl &impl() { return *m_impl; }

private:
    explicit Store(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal
