/// Models as the files people have: found out by their content, never run, never unpickled.
#pragma once

#include <tepal/model/kinds.h>
#include <tepal/model/store.h>

#include <filesystem>

namespace tepal {

/// A file as the model it is, before anything is stored.
struct ReadModel
{
    ModelPtr model;
    std::string name; ///< What it would be called in the store.
    std::string from; ///< What was read, as a person would say it: "XGBoost (trees)".
    std::vector<std::string> notes;
    /// Of an exported model: what it was, and stays.
    std::optional<ModelInfo> exported;
};

struct ImportReport
{
    ModelInfo info;
    ModelPtr model;
    std::string from; ///< What was read, as a person would say it: "XGBoost (trees)".
    std::vector<std::string> notes;
};

/// What importModel() stores, without storing it; the same errors.
Result<ReadModel> readImport(const std::filesystem::path &path, const ImportNames &names);

/// A file of a kind in the catalogue, an exported model, or a folder that MLflow wrote, whose
/// MLmodel names what it does not. `names.model` empty: named after the file. Unsupported says what
/// a file is when it is known and cannot be read, and how to make one that can be.
Result<ImportReport> importModel(ModelStore &store, const std::filesystem::path &path,
                                 const ImportNames &names);

/// A name for a model out of a file's: lower case, what is not allowed as "_"; "model" when nothing
/// is left.
std::string modelNameOf(const std::filesystem::path &path);

} // namespace tepal
