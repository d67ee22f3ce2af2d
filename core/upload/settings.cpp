#include <tepal/base/file.h>
#include <tepal/base/paths.h>
#include <tepal/upload/settings.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace tepal {

Result<std::optional<std::string>> EnvironmentSecrets::read(std::string_view name) const
{
    std::string value = environment(std::string(name).c_str());
    return value.empty() ? std::nullopt : std::optional(std::move(value));
}

Status EnvironmentSecrets::write(std::string_view name, const std::string &)
{
    return fail(ErrorCode::Unsupported, "secrets are read from the environment only",
                fmt::format("set the variable {}", name));
}

Status EnvironmentSecrets::remove(std::string_view name)
{
    return fail(ErrorCode::Unsupported, "secrets are read from the environment only",
                fmt::format("unset the variable {}", name));
}

Result<std::optional<std::string>> LayeredSecrets::read(std::string_view name) const
{
    auto found = m_environment.read(name);
    return found && *found ? found : m_store.read(name);
}

Status LayeredSecrets::write(std::string_view name, const std::string &value)
{
    return m_store.write(name, value);
}

Status LayeredSecrets::remove(std::string_view name)
{
    return m_store.remove(name);
}

std::filesystem::path uploadSettingsFile()
{
    return settingsDirectory() / "upload.json";
}

namespace {

/// A member if it has the type of `into`; a missing one is fine, another type is not.
template <typename T>
bool take(const nlohmann::json &object, const char *key, T &into)
{
    const auto found = object.find(key);
    if (found == object.end())
        return true;
    if constexpr (std::is_same_v<T, bool>) {
        if (!found->is_boolean())
            return false;
        into = found->template get<bool>();
    } else {
        if (!found->is_string())
            return false;
        into = found->template get<std::string>();
    }
    return true;
}

bool takeWhylabs(const nlohmann::json &json, WhylabsSettings &into)
{
    if (!json.is_object() || !take(json, "enabled", into.enabled) ||
        !take(json, "endpoint", into.endpoint) || !take(json, "organization", into.organization) ||
        !take(json, "default_dataset", into.defaultDataset) || !take(json, "ca_file", into.caFile))
        return false;
    const auto datasets = json.find("datasets");
    if (datasets == json.end())
        return true;
    if (!datasets->is_object())
        return false;
    for (const auto &[name, id] : datasets->items()) {
        if (!id.is_string())
            return false;
        into.datasets[name] = id.get<std::string>();
    }
    return true;
}

} // namespace

Result<UploadSettings> readUploadSettings(const std::filesystem::path &file)
{
    const auto bytes = readFile(file, 1u << 20);
    if (!bytes && bytes.error().code == ErrorCode::NotFound)
        return UploadSettings{};
    if (!bytes)
        return tl::unexpected(bytes.error());
    const auto json = nlohmann::json::parse(*bytes, nullptr, false);
    UploadSettings settings;
    std::string directory;
    bool fine = json.is_object();
    if (fine && json.contains("whylabs"))
        fine = takeWhylabs(json["whylabs"], settings.whylabs);
    if (fine && json.contains("folder"))
        fine = json["folder"].is_object() &&
               take(json["folder"], "enabled", settings.folder.enabled) &&
               take(json["folder"], "directory", directory);
    if (!fine)
        return fail(ErrorCode::Corrupt,
                    fmt::format("the settings in {} cannot be understood", file.string()),
                    "correct the file, or move it away and set the destinations again");
    settings.folder.directory = directory;
    return settings;
}

Status writeUploadSettings(const std::filesystem::path &file, const UploadSettings &settings)
{
    const nlohmann::ordered_json json{
        {"whylabs",
         {{"enabled", settings.whylabs.enabled},
          {"endpoint", settings.whylabs.endpoint},
          {"organization", settings.whylabs.organization},
          {"default_dataset", settings.whylabs.defaultDataset},
          {"datasets", settings.whylabs.datasets},
          {"ca_file", settings.whylabs.caFile}}},
        {"folder",
         {{"enabled", settings.folder.enabled},
          {"directory", settings.folder.directory.generic_string()}}}};
    return writeFileAtomic(
        file, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

UploadSettings withEnvironment(UploadSettings settings)
{
    const auto override = [](const char *name, std::string &value) {
        if (std::string given = environment(name); !given.empty())
            value = std::move(given);
    };
    override("WHYLABS_API_ENDPOINT", settings.whylabs.endpoint);
    override("WHYLABS_PRIVATE_API_ENDPOINT", settings.whylabs.endpoint);
    override("WHYLABS_DEFAULT_ORG_ID", settings.whylabs.organization);
    override("WHYLABS_DEFAULT_DATASET_ID", settings.whylabs.defaultDataset);
    return settings;
}

std::optional<std::string> whylabsKeyProblem(std::string_view key)
{
    constexpr std::size_t kIdSize = 10;
    const std::string_view secret = key.substr(0, key.find(':'));
    if (secret.size() < 12 || secret.size() > 80)
        return "does not have the length of a WhyLabs key (64 characters)";
    if (secret[kIdSize] != '.')
        return "has no dot after its first ten characters";
    const auto isLetterOrDigit = [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; };
    if (!std::all_of(secret.begin(), secret.begin() + kIdSize, isLetterOrDigit))
        return "does not begin with ten letters and digits";
    // Also what would end an HTTP header.
    if (std::any_of(key.begin(), key.end(), [](char c) { return c <= ' ' || c >= 0x7F; }))
        return "contains a space or a character that is not ASCII";
    return std::nullopt;
}

std::string whylabsKeyId(std::string_view key)
{
    return std::string(key.substr(0, std::min<std::size_t>(10, key.find('.'))));
}

std::string whylabsKeyOrganization(std::string_view key)
{
    const std::size_t colon = key.find(':');
    return colon == std::string_view::npos ? std::string() : std::string(key.substr(colon + 1));
}

} // namespace tepal
