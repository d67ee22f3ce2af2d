/// The versioned model store: `<root>/<name>/<version>/` and `<root>/<name>/latest`.
#pragma once

#include <tepal/base/clock.h>
#include <tepal/model/model.h>

#include <filesystem>
#include <optional>

namespace tepal {

/// `name:version`. Both parts are lower-case letters, digits, `.`, `_` and `-`, begin and end with
/// a letter or digit, and have at most 63 characters.
struct ModelTag
{
    std::string name;
    std::string version; ///< Empty = the latest; may be a unique prefix where one is looked up.

    std::string text() const { return version.empty() ? name : name + ":" + version; }
    bool operator==(const ModelTag &) const = default;
};

/// Upper case is lowered. `name`, `name:latest`, `name:version`; a trailing `:` is InvalidArgument.
Result<ModelTag> parseModelTag(std::string_view text);

/// Where an endpoint answers one row for a model of its store: `/v1/models/name:version/predict`.
/// What is asked there is logged to the dataset that is called as the model is.
std::string predictPath(const ModelTag &tag);

struct ModelInfo
{
    ModelTag tag;
    std::string kind;
    Task task = Task::Classification;
    TimeMs created = 0;
    std::uint64_t bytes = 0; ///< Of the files of this version.
    std::uint64_t rows = 0;  ///< Training rows, 0 where that is not known.
    std::vector<std::string> features;
    std::vector<std::string> classes;
    std::vector<std::pair<std::string, std::string>> parameters;
};

/// What exportTo() wrote, as the model it is.
struct ModelBundle
{
    ModelInfo info; ///< Its tag and time are those of the store it came from.
    std::shared_ptr<const Model> model;
};
/// Corrupt for what is no such file or damaged; else as loadModel().
Result<ModelBundle> readModelBundle(const std::filesystem::path &file);

/// 16 characters a–z2–7, from the time-based UUID recipe: differ mostly at the start.
std::string makeModelVersion(TimeMs now);

/// Thread-safe; several processes may use one directory (changes are renames of whole versions).
class ModelStore
{
public:
    explicit ModelStore(std::filesystem::path root, const Clock &clock = SystemClock::instance());

    /// Saves under a new version and moves `latest` to it.
    Result<ModelInfo> save(const Model &model);
    /// Newest first. Directories that are not models are left out and logged.
    Result<std::vector<ModelInfo>> list(std::string_view name = {}) const;
    /// Resolves `latest` and unique prefixes. NotFound, or InvalidArgument when several match.
    Result<ModelInfo> get(const ModelTag &tag) const;
    Result<std::shared_ptr<const Model>> load(const ModelTag &tag) const;
    /// Deletes one version; the last one takes the name's directory with it.
    Status remove(const ModelTag &tag);

    /// Writes one file (zstd-compressed JSON). A directory, or an empty path, gets
    /// `<name>-<version>.tepalmodel`. An existing file is AlreadyExists. Returns the file's path.
    Result<std::filesystem::path> exportTo(const ModelTag &tag,
                                           const std::filesystem::path &file) const;
    /// AlreadyExists when the tag is in the store.
    Result<ModelInfo> importFrom(const std::filesystem::path &file);

private:
    Result<ModelTag> resolve(const ModelTag &tag) const;
    Result<ModelInfo> readInfo(const ModelTag &tag) const;
    Result<ModelInfo> write(const ModelInfo &info, std::string_view payload);
    Status moveLatest(const ModelInfo &info);
    std::vector<std::string> versions(const std::string &name) const;

    std::filesystem::path m_root;
    const Clock *m_clock;
};

} // namespace tepal
