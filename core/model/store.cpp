#include "stored_format.h"

#include <tepal/base/file.h>
#include <tepal/base/hash.h>
#include <tepal/base/log.h>
#include <tepal/base/random.h>
#include <tepal/model/kinds.h>
#include <tepal/model/rollout.h>
#include <tepal/model/store.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <zstd.h>

#include <algorithm>

namespace tepal {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kFormat = 1;
constexpr const char *kInfoFile = "model.json";
constexpr const char *kDataFile = "model.data";
constexpr const char *kLatestFile = "latest";
constexpr std::uint64_t kMaxModelBytes = 1ull << 30;

/// Notices damage, guards against nothing else.
std::string checksum(std::string_view bytes)
{
    return fmt::format("{:016x}", fnv1a(bytes));
}

std::string infoText(const ModelInfo &info, std::string_view payload)
{
    Json parameters = Json::object();
    for (const auto &[name, value] : info.parameters)
        parameters[name] = value;
    const Json json{{"format", kFormat},
                    {"tag", info.tag.text()},
                    {"kind", info.kind},
                    {"task", taskName(info.task)},
                    {"created", formatIso(info.created)},
                    {"rows", info.rows},
                    {"features", info.features},
                    {"classes", info.classes},
                    {"parameters", parameters},
                    {"data_bytes", payload.size()},
                    {"data_checksum", checksum(payload)}};
    return json.dump(2) + "\n";
}

struct StoredInfo
{
    ModelInfo info;
    std::uint64_t dataBytes = 0;
    std::string dataChecksum;
};

Result<StoredInfo> parseInfo(std::string_view text)
{
    const auto corrupt = [](std::string_view what) {
        return fail(ErrorCode::Corrupt, fmt::format("the model's description is damaged: {}", what),
                    "import or train it again");
    };
    try {
        const auto json = nlohmann::json::parse(text);
        if (auto known = checkStoredFormat(json, kFormat); !known)
            return tl::unexpected(known.error());
        StoredInfo stored;
        const auto tag = parseModelTag(json.at("tag").get<std::string>());
        const auto created = parseTime(json.at("created").get<std::string>());
        if (!tag || tag->version.empty() || !created)
            return corrupt("its tag or time is not one");
        stored.info.tag = *tag;
        stored.info.created = *created;
        json.at("kind").get_to(stored.info.kind);
        // Models from before there were others tell classes apart.
        stored.info.task = json.value("task", "") == taskName(Task::Regression)
                               ? Task::Regression
                               : Task::Classification;
        json.at("rows").get_to(stored.info.rows);
        json.at("features").get_to(stored.info.features);
        json.at("classes").get_to(stored.info.classes);
        for (const auto &[name, value] : json.at("parameters").items())
            stored.info.parameters.emplace_back(name, value.get<std::string>());
        json.at("data_bytes").get_to(stored.dataBytes);
        json.at("data_checksum").get_to(stored.dataChecksum);
        return stored;
    } catch (const nlohmann::json::exception &) {
        return corrupt("it is not the JSON that is expected");
    }
}

Status checkPayload(const StoredInfo &stored, std::string_view payload)
{
    if (payload.size() != stored.dataBytes || checksum(payload) != stored.dataChecksum)
        return fail(ErrorCode::Corrupt,
                    fmt::format("the data of {} is damaged", stored.info.tag.text()),
                    "import or train it again");
    return {};
}

Error noSuchModel(const ModelTag &tag)
{
    return {ErrorCode::NotFound, fmt::format("there is no model {}", tag.text()),
            "see `tepal models list`"};
}

Error fileError(std::string_view doing, const fs::path &path, const std::error_code &why)
{
    return {
        ErrorCode::Io, fmt::format("cannot {} {}: {}", doing, path.string(), why.message()), {}};
}

} // namespace

ModelStore::ModelStore(fs::path root, const Clock &clock)
    : m_root(std::move(root))
    , m_clock(&clock)
{}

Result<ModelInfo> ModelStore::save(const Model &model)
{
    auto tag = parseModelTag(model.name());
    if (!tag || !tag->version.empty())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("\"{}\" cannot name a model", model.name()),
                    "use letters, digits, '.', '_' and '-'");
    ModelInfo info;
    info.created = m_clock->nowMs();
    info.tag = {tag->name, makeModelVersion(info.created)};
    info.kind = model.kind();
    info.task = model.signature().task;
    info.rows = model.trainingRows();
    info.features = model.featureNames();
    info.classes = model.classNames();
    info.parameters = model.parameters();
    const std::string payload = model.serialize();
    // What could not be read back must not be there.
    if (payload.size() > kMaxModelBytes)
        return fail(ErrorCode::InvalidArgument, "the model is larger than 1 GiB",
                    "learn from fewer rows or columns");
    return write(info, payload);
}

/// Everything is written beside and renamed, so a version is there whole or not at all.
Result<ModelInfo> ModelStore::write(const ModelInfo &info, std::string_view payload)
{
    const fs::path target = m_root / info.tag.name / info.tag.version;
    std::error_code error;
    if (fs::exists(target, error))
        return fail(ErrorCode::AlreadyExists,
                    fmt::format("the model {} is in the store already", info.tag.text()),
                    "delete that version first if it shall be replaced");
    const fs::path unfinished = m_root / fmt::format(".new-{:016x}", systemEntropy());
    const auto clean = [&] {
        std::error_code ignored;
        fs::remove_all(unfinished, ignored);
    };
    auto done = makePrivateDirectory(unfinished);
    if (done)
        done = writeFileAtomic(unfinished / kDataFile, payload);
    if (done)
        done = writeFileAtomic(unfinished / kInfoFile, infoText(info, payload));
    if (done)
        done = makePrivateDirectory(target.parent_path());
    if (!done) {
        clean();
        return tl::unexpected(done.error());
    }
    fs::rename(unfinished, target, error);
    if (error) {
        clean();
        return tl::unexpected(fileError("create", target, error));
    }
    if (auto moved = moveLatest(info); !moved)
        return tl::unexpected(moved.error());
    return readInfo(info.tag);
}

/// The newest wins; one as old as the present latest replaces it.
Status ModelStore::moveLatest(const ModelInfo &info)
{
    const fs::path file = m_root / info.tag.name / kLatestFile;
    if (const auto current = readFile(file, 256)) {
        const auto known = readInfo({info.tag.name, *current});
        if (known && known->created > info.created)
            return {};
    }
    return writeFileAtomic(file, info.tag.version);
}

std::vector<std::string> ModelStore::versions(const std::string &name) const
{
    std::vector<std::string> found;
    std::error_code error;
    for (fs::directory_iterator it(m_root / name, error), end; !error && it != end;
         it.increment(error)) {
        std::error_code ignored;
        const std::string version = it->path().filename().string();
        const auto tag = parseModelTag(name + ":" + version);
        if (it->is_directory(ignored) && tag && tag->version == version)
            found.push_back(version);
    }
    std::sort(found.begin(), found.end());
    return found;
}

Result<ModelInfo> ModelStore::readInfo(const ModelTag &tag) const
{
    // Tags reach this from outside; only a checked one may become a path.
    const auto checked = parseModelTag(tag.text());
    if (!checked || checked->version.empty() || *checked != tag)
        return tl::unexpected(noSuchModel(tag));
    const fs::path directory = m_root / tag.name / tag.version;
    std::error_code error;
    if (!fs::is_directory(directory, error))
        return tl::unexpected(noSuchModel(tag));
    const auto text = readFile(directory / kInfoFile, 16u << 20);
    if (!text)
        return failWith(fmt::format("reading the model {}", tag.text()), text.error());
    auto stored = parseInfo(*text);
    if (!stored)
        return failWith(fmt::format("reading the model {}", tag.text()), stored.error());
    if (stored->info.tag != tag)
        return fail(ErrorCode::Corrupt,
                    fmt::format("the folder of {} holds {}", tag.text(), stored->info.tag.text()),
                    "rename the folder or import the model again");
    stored->info.bytes = text->size();
    const auto data = fs::file_size(directory / kDataFile, error);
    stored->info.bytes += error ? 0 : data;
    return stored->info;
}

Result<ModelTag> ModelStore::resolve(const ModelTag &tag) const
{
    const auto checked = parseModelTag(tag.text());
    if (!checked)
        return tl::unexpected(checked.error());
    const auto all = versions(checked->name);
    if (all.empty())
        return tl::unexpected(noSuchModel(*checked));
    if (checked->version.empty()) {
        const auto latest = readFile(m_root / checked->name / kLatestFile, 256);
        if (latest && std::binary_search(all.begin(), all.end(), *latest))
            return ModelTag{checked->name, *latest};
        // The version it named is gone: the newest of the others.
        const auto models = list(checked->name);
        if (!models)
            return tl::unexpected(models.error());
        if (models->empty())
            return tl::unexpected(noSuchModel(*checked));
        return models->front().tag;
    }
    std::vector<std::string> matches;
    for (const std::string &version : all) {
        if (version == checked->version)
            return *checked;
        if (version.starts_with(checked->version))
            matches.push_back(version);
    }
    if (matches.empty())
        return tl::unexpected(noSuchModel(*checked));
    if (matches.size() > 1)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} versions of {} begin with {}", matches.size(), checked->name,
                                checked->version),
                    "write more of the version");
    return ModelTag{checked->name, matches.front()};
}

Result<std::vector<ModelInfo>> ModelStore::list(std::string_view name) const
{
    std::vector<std::string> names;
    if (!name.empty()) {
        const auto tag = parseModelTag(name);
        if (!tag)
            return tl::unexpected(tag.error());
        names.push_back(tag->name);
    } else {
        std::error_code error;
        for (fs::directory_iterator it(m_root, error), end; !error && it != end;
             it.increment(error))
            names.push_back(it->path().filename().string());
    }
    std::vector<ModelInfo> models;
    for (const std::string &each : names) {
        const auto tag = parseModelTag(each);
        if (!tag || tag->name != each)
            continue;
        for (const std::string &version : versions(each)) {
            auto info = readInfo({each, version});
            if (info)
                models.push_back(std::move(*info));
            else
                logWarning("models", info.error().text());
        }
    }
    std::sort(models.begin(), models.end(), [](const ModelInfo &a, const ModelInfo &b) {
        return a.created == b.created ? a.tag.text() < b.tag.text() : a.created > b.created;
    });
    return models;
}

Result<ModelInfo> ModelStore::get(const ModelTag &tag) const
{
    const auto resolved = resolve(tag);
    if (!resolved)
        return tl::unexpected(resolved.error());
    return readInfo(*resolved);
}

Result<std::shared_ptr<const Model>> ModelStore::load(const ModelTag &tag) const
{
    const auto info = get(tag);
    if (!info)
        return tl::unexpected(info.error());
    const fs::path directory = m_root / info->tag.name / info->tag.version;
    const auto text = readFile(directory / kInfoFile, 16u << 20);
    const auto payload = readFile(directory / kDataFile, kMaxModelBytes);
    if (!text || !payload)
        return failWith(fmt::format("reading the model {}", info->tag.text()),
                        text ? payload.error() : text.error());
    const auto stored = parseInfo(*text);
    if (!stored)
        return tl::unexpected(stored.error());
    if (auto checked = checkPayload(*stored, *payload); !checked)
        return tl::unexpected(checked.error());
    return loadModel(info->kind, *payload);
}

Status ModelStore::remove(const ModelTag &tag)
{
    const auto resolved = resolve(tag);
    if (!resolved)
        return tl::unexpected(resolved.error());
    // One that cannot be read, or names what is gone, stands in nobody's way.
    if (const auto rollout = Rollouts(m_root).get(resolved->name);
        rollout && *rollout &&
        (resolved->version == (*rollout)->primary || resolved->version == (*rollout)->candidate))
        return fail(ErrorCode::Busy,
                    fmt::format("{} is part of a rollout that is under way", resolved->text()),
                    fmt::format("end it first: tepal models rollout {} --end", resolved->name));
    const fs::path directory = m_root / resolved->name;
    const fs::path target = directory / resolved->version;
    const fs::path gone = m_root / fmt::format(".gone-{:016x}", systemEntropy());
    std::error_code error;
    fs::rename(target, gone, error);
    if (error)
        return tl::unexpected(fileError("delete", target, error));
    fs::remove_all(gone, error);
    if (error)
        logWarning("models", fileError("delete", gone, error).text());
    if (versions(resolved->name).empty()) {
        fs::remove(directory / kLatestFile, error);
        fs::remove(directory / kRolloutFile, error);
        fs::remove(directory, error);
        return {};
    }
    const auto latest = readFile(directory / kLatestFile, 256);
    if (latest && *latest != resolved->version)
        return {};
    const auto rest = list(resolved->name);
    if (!rest || rest->empty())
        return {};
    return writeFileAtomic(directory / kLatestFile, rest->front().tag.version);
}

Result<fs::path> ModelStore::exportTo(const ModelTag &tag, const fs::path &file) const
{
    const auto info = get(tag);
    if (!info)
        return tl::unexpected(info.error());
    const fs::path directory = m_root / info->tag.name / info->tag.version;
    const auto text = readFile(directory / kInfoFile, 16u << 20);
    const auto payload = readFile(directory / kDataFile, kMaxModelBytes);
    if (!text || !payload)
        return failWith(fmt::format("reading the model {}", info->tag.text()),
                        text ? payload.error() : text.error());
    std::error_code error;
    fs::path target = file;
    if (file.empty() || fs::is_directory(file, error))
        target /= fmt::format("{}-{}.tepalmodel", info->tag.name, info->tag.version);
    // The description on one line, then the data as it is.
    const std::string bundle =
        Json{{"bundle", "tepal-model"}, {"description", *text}}.dump() + "\n" + *payload;
    std::string packed(ZSTD_compressBound(bundle.size()), '\0');
    const std::size_t size =
        ZSTD_compress(packed.data(), packed.size(), bundle.data(), bundle.size(), 9);
    if (ZSTD_isError(size))
        return fail(ErrorCode::Internal, "the model cannot be compressed");
    packed.resize(size);
    if (auto written = writeFileNew(target, packed); !written)
        return tl::unexpected(written.error());
    return target;
}

namespace {

struct OpenedBundle
{
    ModelBundle bundle;
    std::string payload;
};

/// Takes the file apart and loads what is in it.
Result<OpenedBundle> openBundle(const fs::path &file)
{
    const auto packed = readFile(file, kMaxModelBytes);
    if (!packed)
        return tl::unexpected(packed.error());
    const auto foreign = [&] {
        return fail(ErrorCode::Corrupt,
                    fmt::format("{} is not an exported model, or it is damaged", file.string()),
                    "export it again with `tepal models export`");
    };
    const unsigned long long size = ZSTD_getFrameContentSize(packed->data(), packed->size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kMaxModelBytes)
        return foreign();
    std::string bundle(static_cast<std::size_t>(size), '\0');
    const std::size_t got =
        ZSTD_decompress(bundle.data(), bundle.size(), packed->data(), packed->size());
    if (ZSTD_isError(got) || got != bundle.size())
        return foreign();
    const std::size_t line = bundle.find('\n');
    if (line == std::string::npos)
        return foreign();
    const auto head = nlohmann::json::parse(bundle.substr(0, line), nullptr, false);
    if (!head.is_object() || head.value("bundle", "") != "tepal-model" ||
        !head.contains("description") || !head["description"].is_string())
        return foreign();
    const auto stored = parseInfo(head["description"].get<std::string>());
    if (!stored)
        return failWith(fmt::format("importing {}", file.string()), stored.error());
    std::string payload = bundle.substr(line + 1);
    if (auto checked = checkPayload(*stored, payload); !checked)
        return tl::unexpected(checked.error());
    if (const ModelKind *kind = findModelKind(stored->info.kind);
        kind != nullptr && kind->tryOut != nullptr) {
        if (auto tried = kind->tryOut(payload); !tried)
            return failWith(fmt::format("importing {}", file.string()), tried.error());
    }
    auto model = loadModel(stored->info.kind, payload);
    if (!model)
        return tl::unexpected(model.error());
    return OpenedBundle{{stored->info, std::move(*model)}, std::move(payload)};
}

} // namespace

Result<ModelBundle> readModelBundle(const fs::path &file)
{
    auto opened = openBundle(file);
    if (!opened)
        return tl::unexpected(opened.error());
    return std::move(opened->bundle);
}

Result<ModelInfo> ModelStore::importFrom(const fs::path &file)
{
    const auto opened = openBundle(file);
    if (!opened)
        return tl::unexpected(opened.error());
    return write(opened->bundle.info, opened->payload);
}

} // namespace tepal
