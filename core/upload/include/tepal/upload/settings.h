/// Where destinations get their settings from: the environment first, then the settings file.
/// Secrets come from a SecretStore and are never written to the file.
#pragma once

#include <tepal/base/result.h>
#include <tepal/upload/destination.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tepal {

/// Name of a secret = name of its environment variable.
inline constexpr std::string_view kWhylabsKeySecret = "WHYLABS_API_KEY";

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

struct WhylabsSettings
{
    bool enabled = false;     ///< Finished chunks go there on schedule.
    std::string endpoint;     ///< `https://whylabs.example`; there is no default.
    std::string organization; ///< Used when the key does not name one.
    /// Stands for the endpoint's own dataset, `model-1`.
    std::string defaultDataset;
    /// Ids at WhyLabs by our dataset names; a dataset that is not named keeps its own.
    std::map<std::string, std::string> datasets;
    std::string caFile; ///< PEM bundle; empty = the system's.
};

struct FolderSettings
{
    bool enabled = false;
    std::filesystem::path directory;
};

struct UploadSettings
{
    WhylabsSettings whylabs;
    FolderSettings folder;
};

/// `upload.json` in settingsDirectory().
std::filesystem::path uploadSettingsFile();
/// As the file says; a missing file gives defaults. Corrupt for one that cannot be understood.
Result<UploadSettings> readUploadSettings(const std::filesystem::path &file);
Status writeUploadSettings(const std::filesystem::path &file, const UploadSettings &settings);
/// The environment's WHYLABS_PRIVATE_API_ENDPOINT, WHYLABS_API_ENDPOINT, WHYLABS_DEFAULT_ORG_ID and
/// WHYLABS_DEFAULT_DATASET_ID on top.
UploadSettings withEnvironment(UploadSettings settings);

/// What is unusual about a key, e.g. "has no dot after its first ten characters". Nothing when it
/// looks right.
std::optional<std::string> whylabsKeyProblem(std::string_view key);
/// The part of a key that may be shown: its first ten characters.
std::string whylabsKeyId(std::string_view key);
/// The organisation after the colon; empty when there is none.
std::string whylabsKeyOrganization(std::string_view key);

} // namespace tepal
