/// Keys and passwords of destinations: where they come from, and how they stay out of every text.
#pragma once

#include <tepal/base/result.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// Thread-safe. May block (a keychain can ask the user).
class SecretStore
{
public:
    virtual ~SecretStore() = default;
    /// Nothing when there is none.
    virtual Result<std::optional<std::string>> read(std::string_view name) const = 0;
    virtual Status write(std::string_view name, const std::string &value) = 0;
    virtual Status remove(std::string_view name) = 0;
};

/// Environment variables; cannot be written (Unsupported).
class EnvironmentSecrets final : public SecretStore
{
public:
    Result<std::optional<std::string>> read(std::string_view name) const override;
    Status write(std::string_view name, const std::string &value) override;
    Status remove(std::string_view name) override;
};

/// Kept until the program ends.
class MemorySecrets final : public SecretStore
{
public:
    Result<std::optional<std::string>> read(std::string_view name) const override;
    Status write(std::string_view name, const std::string &value) override;
    Status remove(std::string_view name) override;

private:
    mutable std::mutex m_mutex;
    std::map<std::string, std::string, std::less<>> m_values;
};

/// The environment first, then another store, which also takes what is written.
class LayeredSecrets final : public SecretStore
{
public:
    /// `store` must outlive this.
    explicit LayeredSecrets(SecretStore &store)
        : m_store(store)
    {}
    Result<std::optional<std::string>> read(std::string_view name) const override;
    Status write(std::string_view name, const std::string &value) override;
    Status remove(std::string_view name) override;

private:
    EnvironmentSecrets m_environment;
    SecretStore &m_store;
};

/// Takes secrets out of what others say, whole or in part, percent-encoded or not: any eight
/// characters in a row of one become "…".
class Scrubber
{
public:
    static constexpr std::size_t kShortestPart = 8;

    void add(std::string secret);
    std::string operator()(std::string_view text) const;

private:
    std::vector<std::string> m_secrets;
};

} // namespace tepal
