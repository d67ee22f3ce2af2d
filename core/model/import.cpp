#include "foreign.h"
#include "mlflow.h"
#include "onnx_external.h"
#include "onnx_file.h"

#include <tepal/base/file.h>
#include <tepal/model/import.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = 512ull << 20;

Result<std::string> readModelFile(const fs::path &path)
{
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (!error && size > kMaxFileBytes)
        return fail(ErrorCode::Unsupported, fmt::format("{} is larger than 512 MiB", path.string()),
                    "train a smaller model");
    return readFile(path, kMaxFileBytes);
}

bool isExported(std::string_view bytes)
{
    return bytes.starts_with("\x28\xB5\x2F\xFD");
}

/// Everything has its name and its place in the tag of what was exported.
Result<ReadModel> readExported(const fs::path &path, const ImportNames &names)
{
    if (!names.model.empty() || !names.features.empty() || !names.classes.empty())
        return fail(ErrorCode::InvalidArgument,
                    "an exported model keeps the names that it was exported with",
                    "leave --name, --features and --classes away");
    auto bundle = readModelBundle(path);
    if (!bundle)
        return tl::unexpected(bundle.error());
    return ReadModel{std::move(bundle->model),
                     bundle->info.tag.name,
                     "exported model",
                     {},
                     std::move(bundle->info)};
}

Result<ReadModel> readBytes(std::string_view bytes, const fs::path &path, const ImportNames &names)
{
    for (const ModelKind *kind : modelKinds()) {
        if (kind->recognises == nullptr || !kind->recognises(bytes))
            continue;
        if (std::string missing = kind->missing(); !missing.empty())
            return fail(ErrorCode::Unsupported,
                        fmt::format("{} is a model of kind {}, which cannot be loaded here",
                                    path.string(), kind->title),
                        std::move(missing));
        // What lies beside the file becomes part of what is stored.
        std::string whole;
        if (onnx::looksLikeModel(bytes)) {
            auto made = onnx::withWeights(bytes, path.parent_path());
            if (!made)
                return failWith(path.string(), made.error());
            whole = std::move(*made);
        }
        auto imported = kind->import(whole.empty() ? bytes : std::string_view(whole), names);
        if (!imported)
            return failWith(path.string(), imported.error());
        const std::string name(imported->model->name());
        return ReadModel{std::move(imported->model), name, std::string(kind->title),
                         std::move(imported->notes), std::nullopt};
    }
    return tl::unexpected(foreignModel(bytes, path.string()));
}

/// A folder with an MLmodel file.
Result<ReadModel> readFolder(const fs::path &folder, const ImportNames &names)
{
    const auto text = readFile(folder / "MLmodel", 16u << 20);
    if (!text)
        return fail(ErrorCode::NotFound,
                    fmt::format("{} is a folder without an MLmodel file", folder.string()),
                    "name the model's file, or a folder that MLflow wrote");
    auto model = parseMlflow(*text);
    if (!model)
        return failWith((folder / "MLmodel").string(), model.error());
    const fs::path file = folder / model->data;
    std::error_code error;
    // A link could lead anywhere.
    const fs::path real = fs::canonical(file, error);
    const fs::path home = fs::canonical(folder, error);
    if (error ||
        std::mismatch(home.begin(), home.end(), real.begin(), real.end()).first != home.end())
        return fail(ErrorCode::NotFound,
                    fmt::format("the MLmodel file names {}, which is not there", model->data),
                    "import the model's file itself");
    const auto bytes = readModelFile(file);
    if (!bytes)
        return tl::unexpected(bytes.error());
    ImportNames own = names;
    if (own.features.empty()) {
        own.features = model->features;
        own.types = model->types;
        own.described = true;
    }
    if (own.targets.empty() && own.features == model->features) {
        own.targets = model->outputs;
        own.described = true;
    }
    if (own.model.empty()) {
        const fs::path named = home.filename() == "model" ? home.parent_path() : home;
        own.model = modelNameOf(named.filename());
    }
    auto read = readBytes(*bytes, file, own);
    if (read) {
        read->from = "MLflow, " + read->from;
        read->notes.insert(read->notes.begin(), model->notes.begin(), model->notes.end());
    }
    return read;
}

} // namespace

std::string modelNameOf(const fs::path &path)
{
    std::string name;
    for (const char c : path.stem().string()) {
        const bool upper = c >= 'A' && c <= 'Z';
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (upper)
            name.push_back(static_cast<char>(c - 'A' + 'a'));
        else if (plain || c == '-' || c == '.' || c == '_')
            name.push_back(c);
        else if (!name.empty() && name.back() != '_')
            name.push_back('_');
    }
    const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    name.erase(name.begin(), std::find_if(name.begin(), name.end(), alnum));
    name.resize(std::min<std::size_t>(name.size(), 63));
    while (!name.empty() && !alnum(name.back()))
        name.pop_back();
    return name.empty() ? "model" : name;
}

Result<ReadModel> readImport(const fs::path &path, const ImportNames &names)
{
    std::error_code error;
    if (fs::is_directory(path, error))
        return readFolder(path, names);
    if (path.filename() == "MLmodel")
        return readFolder(path.has_parent_path() ? path.parent_path() : fs::path("."), names);
    const auto bytes = readModelFile(path);
    if (!bytes)
        return tl::unexpected(bytes.error());
    if (isExported(*bytes))
        return readExported(path, names);
    ImportNames own = names;
    if (own.model.empty())
        own.model = modelNameOf(path);
    return readBytes(*bytes, path, own);
}

Result<ImportReport> importModel(ModelStore &store, const fs::path &path, const ImportNames &names)
{
    auto read = readImport(path, names);
    if (!read)
        return tl::unexpected(read.error());
    auto info = read->exported ? store.importFrom(path) : store.save(*read->model);
    if (!info)
        return tl::unexpected(info.error());
    return ImportReport{std::move(*info), std::move(read->model), std::move(read->from),
                        std::move(read->notes)};
}

} // namespace tepal
