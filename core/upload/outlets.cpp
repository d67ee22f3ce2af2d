#include <tepal/base/clock.h>
#include <tepal/base/paths.h>
#include <tepal/store/store.h>
#include <tepal/upload/outlets.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace tepal {
namespace {

constexpr std::size_t kLongestName = 100;

bool isNameCharacter(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_');
}

/// `my-bucket` as part of a variable's name: MY_BUCKET.
std::string variablePart(std::string_view text)
{
    std::string part;
    for (const char c : text)
        part += isNameCharacter(c) && c != '-' && c != '.'
                    ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                    : '_';
    return part;
}

bool isUrl(std::string_view text)
{
    return (text.starts_with("http://") && text.size() > 7) ||
           (text.starts_with("https://") && text.size() > 8);
}

Status checkField(const DestinationField &field, const std::string &value)
{
    if (field.type == FieldType::Secret)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} is a secret and is not kept among the settings", field.key),
                    "give it by the environment, the keychain or standard input");
    if (value.empty())
        return {};
    const auto &choices = field.choices;
    if (field.type == FieldType::Choice &&
        std::find(choices.begin(), choices.end(), value) == choices.end())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} cannot be \"{}\"", field.key, value),
                    fmt::format("it is one of {}", fmt::join(choices, ", ")));
    if (field.type == FieldType::Switch && value != "yes" && value != "no")
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} cannot be \"{}\"", field.key, value), "it is yes or no");
    // The value is not repeated: there may be a password in it.
    if (field.type == FieldType::Url && !isUrl(value))
        return fail(
            ErrorCode::InvalidArgument,
            fmt::format("{} is not an address that begins with https:// or http://", field.key),
            fmt::format("give one such as {}", field.placeholder));
    if (field.type == FieldType::Url && value.find('@') < value.find('/', 8))
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} has a user or password in it", field.key),
                    "leave them out of the address");
    // Other programs send, from other folders; and "~" is something for shells.
    if ((field.type == FieldType::Folder || field.type == FieldType::File) &&
        !std::filesystem::path(value).is_absolute())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} is not a whole path: {}", field.key, value),
                    "write it from the root on, without ~");
    return {};
}

} // namespace

Status checkDestination(const DestinationRecord &record, bool complete)
{
    const DestinationKind *kind = findDestinationKind(record.kind);
    if (!kind) {
        std::vector<std::string_view> names;
        for (const DestinationKind &one : destinationKinds())
            names.push_back(one.name);
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("there is no kind of destination \"{}\"", record.kind),
                    fmt::format("there are {}", fmt::join(names, ", ")));
    }
    // "folder:/srv" was the name of one for a folder.
    const bool former = record.name.starts_with("folder:");
    if (record.name.empty() || record.name.size() > kLongestName ||
        (!former && !std::all_of(record.name.begin(), record.name.end(), isNameCharacter)))
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("\"{}\" is not a name for a destination", record.name),
                    "use letters, digits, - . and _");
    for (const auto &[key, value] : record.settings) {
        const DestinationField *field = findField(*kind, key);
        if (!field)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("a {} destination has no setting \"{}\"", kind->name, key),
                        "see \"tepal destination add " + std::string(kind->name) + " --help\"");
        if (auto fine = checkField(*field, value); !fine)
            return fine;
    }
    if (!complete)
        return {};
    const FieldValues values = effectiveValues(record);
    for (const DestinationField &field : kind->fields) {
        const auto found = values.find(std::string(field.key));
        if (field.required && field.type != FieldType::Secret &&
            (found == values.end() || found->second.empty()))
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("a {} destination needs {}", kind->name, field.key),
                        fmt::format("give --{}", field.key));
    }
    return {};
}

std::vector<std::string> fieldVariables(const DestinationRecord &record,
                                        const DestinationField &field)
{
    if (record.name == record.kind)
        return {field.environment.begin(), field.environment.end()};
    return {fmt::format("TEPAL_{}_{}", variablePart(record.name), variablePart(field.key))};
}

FieldValues effectiveValues(const DestinationRecord &record)
{
    FieldValues values = record.settings;
    const DestinationKind *kind = findDestinationKind(record.kind);
    if (!kind)
        return values;
    for (const DestinationField &field : kind->fields) {
        if (field.type == FieldType::Secret)
            continue;
        std::string &value = values[std::string(field.key)];
        for (const std::string &variable : fieldVariables(record, field)) {
            if (std::string given = environment(variable.c_str()); !given.empty()) {
                value = std::move(given);
                break;
            }
        }
        if (value.empty())
            value = field.fallback;
    }
    return values;
}

std::string secretName(const DestinationRecord &record, std::string_view key)
{
    return fmt::format("{}/{}", record.name, key);
}

SecretReader secretReader(const DestinationRecord &record, const SecretStore &store)
{
    return [record, &store](std::string_view key) -> Result<std::string> {
        const DestinationKind *kind = findDestinationKind(record.kind);
        const DestinationField *field = kind ? findField(*kind, key) : nullptr;
        if (!field)
            return std::string();
        std::vector<std::string> names{secretName(record, key)};
        for (const std::string &variable : fieldVariables(record, *field)) {
            if (std::string given = environment(variable.c_str()); !given.empty())
                return given;
            // Before destinations had names, secrets were kept under those of their variables.
            names.push_back(variable);
        }
        for (const std::string &name : names) {
            auto found = store.read(name);
            if (!found)
                return tl::unexpected(found.error());
            if (*found && !(*found)->empty())
                return std::move(**found);
        }
        return std::string();
    };
}

Result<Outlet> makeOutlet(const DestinationRecord &record, const SecretStore &secrets)
{
    const DestinationKind *kind = findDestinationKind(record.kind);
    if (!kind)
        return fail(ErrorCode::Unsupported,
                    fmt::format("destination {} is of a kind \"{}\" that this version does not "
                                "have",
                                record.name, record.kind),
                    "update this program, or remove the destination");
    Outlet outlet;
    outlet.record = record;
    outlet.destination = kind->make(effectiveValues(record), secretReader(record, secrets));
    return outlet;
}

Status enableDestination(Store &store, const std::string &name, bool everything)
{
    const TimeMs now = SystemClock::instance().nowMs();
    std::int64_t since = 0;
    if (!everything) {
        const auto last = Outbox(store).lastChunk();
        if (!last)
            return tl::unexpected(last.error());
        since = *last;
    }
    if (auto set = Destinations(store).setEnabled(name, true, since, now); !set)
        return set;
    const auto queued = Outbox(store).enqueue(name, since, now);
    return queued ? Status() : Status(tl::unexpected(queued.error()));
}

DestinationRecord environmentDestination(const DestinationKind &kind)
{
    DestinationRecord record;
    record.name = record.kind = kind.name;
    return record;
}

std::vector<Outlet> environmentOutlets(const std::vector<DestinationRecord> &known,
                                       const SecretStore &secrets)
{
    std::vector<Outlet> outlets;
    for (const DestinationKind &kind : destinationKinds()) {
        if (std::any_of(known.begin(), known.end(),
                        [&](const DestinationRecord &one) { return one.name == kind.name; }))
            continue;
        auto outlet = makeOutlet(environmentDestination(kind), secrets);
        if (!outlet || !outlet->destination->configured())
            continue;
        outlet->passing = true;
        outlets.push_back(std::move(*outlet));
    }
    return outlets;
}

DestinationRecord folderDestination(const std::vector<DestinationRecord> &known,
                                    const std::filesystem::path &directory)
{
    std::error_code error;
    const auto path = std::filesystem::absolute(directory, error).lexically_normal();
    for (const DestinationRecord &record : known) {
        const auto found = record.settings.find("directory");
        if (record.kind == kFolderKind.name && found != record.settings.end() &&
            std::filesystem::path(found->second).lexically_normal() == path)
            return record;
    }
    DestinationRecord record;
    record.name = "folder:" + path.generic_string();
    record.kind = kFolderKind.name;
    record.settings["directory"] = path.string();
    return record;
}

Result<std::vector<RedactionRule>> redactionRules(const DestinationRecord &record,
                                                  const std::string &dataset)
{
    std::vector<RedactionRule> all;
    if (record.redaction.empty())
        return all;
    const auto json = nlohmann::json::parse(record.redaction, nullptr, false);
    // Rules that cannot be read must not be taken for none.
    if (!json.is_object())
        return fail(
            ErrorCode::Corrupt,
            fmt::format("the redaction rules of {} cannot be read", record.name),
            fmt::format("set them again with \"tepal destination redact {}\"", record.name));
    for (const auto &[of, text] : json.items()) {
        if (!of.empty() && of != dataset)
            continue;
        auto rules = parseRedaction(text.is_string() ? text.get<std::string>() : "?");
        if (!rules)
            return rules;
        all.insert(all.end(), rules->begin(), rules->end());
    }
    return all;
}

void setRedactionRules(DestinationRecord &record, const std::string &dataset,
                       const std::vector<RedactionRule> &rules)
{
    auto json = nlohmann::json::parse(record.redaction, nullptr, false);
    if (!json.is_object())
        json = nlohmann::json::object();
    json.erase(dataset);
    if (!rules.empty())
        json[dataset] = formatRedaction(rules);
    record.redaction = json.empty()
                           ? std::string()
                           : json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::map<std::string, std::string>> redactionByDataset(const DestinationRecord &record)
{
    std::map<std::string, std::string> all;
    // What cannot be read is said as it is for any dataset.
    if (const auto readable = redactionRules(record, {}); !readable)
        return tl::unexpected(readable.error());
    if (record.redaction.empty())
        return all;
    const auto json = nlohmann::json::parse(record.redaction, nullptr, false);
    for (const auto &[of, text] : json.items())
        all[of] = text.is_string() ? text.get<std::string>() : std::string();
    return all;
}

} // namespace tepal
