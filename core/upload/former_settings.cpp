// Destinations as versions before kept them: in one settings file per user.

#include <tepal/base/clock.h>
#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/base/paths.h>
#include <tepal/store/settings.h>
#include <tepal/store/store.h>
#include <tepal/upload/outlets.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tepal {
namespace {

using nlohmann::json;

/// SHA-256 of the file as it was left: one that somebody has written since is taken over again.
constexpr const char *kTakenOverSetting = "destinations_taken_over";
/// In the file: the home that took its destinations over as they were.
constexpr const char *kTakenOverBy = "taken_over_by";

struct Former
{
    json file;
    std::string sha256; ///< Empty: there is no file.
    std::vector<DestinationRecord> records;
    bool claimed = false; ///< Another home has them.
};

/// A member as text; a missing one is empty, another type is nothing.
std::optional<std::string> text(const json &object, const char *key)
{
    const auto found = object.find(key);
    if (found == object.end())
        return std::string();
    return found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

std::optional<bool> flag(const json &object, const char *key)
{
    const auto found = object.find(key);
    if (found == object.end())
        return false;
    return found->is_boolean() ? std::optional(found->get<bool>()) : std::nullopt;
}

std::optional<DestinationRecord>
readSection(const json &section, std::string_view kind,
            std::initializer_list<std::pair<const char *, const char *>> keys)
{
    if (!section.is_object())
        return std::nullopt;
    DestinationRecord record;
    record.name = record.kind = kind;
    const auto enabled = flag(section, "enabled");
    if (!enabled)
        return std::nullopt;
    record.enabled = *enabled;
    for (const auto &[from, to] : keys) {
        const auto value = text(section, from);
        if (!value)
            return std::nullopt;
        if (!value->empty())
            record.settings[to] = *value;
    }
    if (const auto datasets = section.find("datasets"); datasets != section.end()) {
        std::string pairs;
        if (!datasets->is_object())
            return std::nullopt;
        for (const auto &[name, id] : datasets->items()) {
            if (!id.is_string())
                return std::nullopt;
            pairs += (pairs.empty() ? "" : ", ") + name + "=" + id.get<std::string>();
        }
        if (!pairs.empty())
            record.settings["datasets"] = pairs;
    }
    return record;
}

Result<Former> readFormer(const std::filesystem::path &path, const std::string &home)
{
    Former former;
    const auto bytes = readFile(path, 1u << 20);
    if (!bytes && bytes.error().code == ErrorCode::NotFound)
        return former;
    if (!bytes)
        return tl::unexpected(bytes.error());
    former.sha256 = sha256Hex(*bytes);
    former.file = json::parse(*bytes, nullptr, false);
    bool fine = former.file.is_object();
    const auto take = [&](const char *name, auto keys) {
        if (!fine || !former.file.contains(name))
            return;
        auto record = readSection(former.file[name], name, keys);
        fine = record.has_value();
        // What was never filled in is nothing to take over.
        if (record && !record->settings.empty())
            former.records.push_back(std::move(*record));
    };
    using Keys = std::initializer_list<std::pair<const char *, const char *>>;
    take("whylabs", Keys{{"endpoint", "endpoint"},
                         {"organization", "organization"},
                         {"default_dataset", "dataset"},
                         {"ca_file", "ca-file"}});
    take("folder", Keys{{"directory", "directory"}});
    if (!fine)
        return fail(ErrorCode::Corrupt,
                    fmt::format("the settings in {} cannot be understood", path.string()),
                    "correct the file, or move it away and set the destinations again");
    former.claimed = former.file.contains(kTakenOverBy) && former.file[kTakenOverBy] != home;
    if (former.claimed) {
        for (DestinationRecord &record : former.records)
            record.enabled = false;
    }
    return former;
}

std::string homeOf(const Store &store)
{
    return store.path().parent_path().string();
}

Status takeOver(Store &store, Former &former, const std::filesystem::path &path)
{
    const TimeMs now = SystemClock::instance().nowMs();
    Destinations destinations(store);
    for (const DestinationRecord &record : former.records) {
        if (auto put = destinations.put(record, now); !put)
            return put;
        // Items were named after the folder; what was sent there is not sent again.
        if (const auto directory = record.settings.find("directory");
            directory != record.settings.end()) {
            const auto old = folderDestination({}, directory->second).name;
            if (auto renamed = Outbox(store).rename(old, record.name); !renamed)
                return renamed;
        }
        if (record.enabled) {
            if (auto queued = Outbox(store).enqueue(record.name, 0, now); !queued)
                return tl::unexpected(queued.error());
        }
        logInfo("upload", fmt::format("destination {} was taken over from {}{}", record.name,
                                      path.string(), record.enabled ? "" : ", switched off"));
    }
    if (!former.claimed && !former.records.empty()) {
        // A new home sends nothing unasked because another one did.
        former.file[kTakenOverBy] = homeOf(store);
        const std::string marked =
            former.file.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
        if (writeFileAtomic(path, marked))
            former.sha256 = sha256Hex(marked);
    }
    return Settings(store).set(kTakenOverSetting, former.sha256);
}

} // namespace

std::filesystem::path formerSettingsFile()
{
    return settingsDirectory() / "upload.json";
}

Result<std::vector<DestinationRecord>> homeDestinations(Store &store, bool mayWrite)
{
    const auto taken = Settings(store).get(kTakenOverSetting);
    if (!taken)
        return tl::unexpected(taken.error());
    const auto path = formerSettingsFile();
    auto former = readFormer(path, homeOf(store));
    if (!former)
        return tl::unexpected(former.error());
    const bool isNew = !former->sha256.empty() && *taken != former->sha256;
    if (isNew && mayWrite) {
        if (auto done = takeOver(store, *former, path); !done)
            return tl::unexpected(done.error());
    }
    auto list = Destinations(store).list();
    if (!list || !isNew || mayWrite)
        return list;
    for (DestinationRecord &record : former->records) {
        std::erase_if(*list, [&](const auto &known) { return known.name == record.name; });
        list->push_back(std::move(record));
    }
    return list;
}

} // namespace tepal
