/// The kinds of models: one table, from which loading, importing and the command line follow.
#pragma once

#include <tepal/model/model.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// What whoever imports a model says about it. Empty lists: as the file says, else guessed.
struct ImportNames
{
    std::string model; ///< Its name in the store.
    std::vector<std::string> features;
    std::vector<std::string> classes;
    std::vector<FeatureType> types; ///< As many as there are features, or none.
    /// Features and types are a description beside the file, in an order of its own: names that the
    /// file itself has decide which is which.
    bool described = false;
    /// Of ONNX models: the outputs that are the label and the scores, where it is not the first
    /// ones that can be.
    std::string label = {};
    std::string scores = {};
    /// Of ONNX models that answer several numbers for a row: what these are called.
    std::vector<std::string> targets = {};
};

struct ImportedModel
{
    ModelPtr model;
    /// What was guessed or may surprise, as sentences without their full stop.
    std::vector<std::string> notes;
};

struct ModelKind
{
    std::string_view name;  ///< `xgboost`; stored beside every model of it.
    std::string_view title; ///< "XGBoost"
    std::string_view files; ///< What it is made of: "JSON or UBJ, by save_model(…)".
    /// What is missing on this machine for such models to be loaded, and how to get it, as one
    /// sentence; empty when they can be.
    std::string (*missing)();
    /// Reads back what Model::serialize() wrote.
    Result<ModelPtr> (*load)(std::string_view bytes);
    /// Whether bytes look like a file of this kind; null where none is imported directly.
    bool (*recognises)(std::string_view bytes);
    Result<ImportedModel> (*import)(std::string_view bytes, const ImportNames &names);
    /// Loads what Model::serialize() wrote where it can do no harm, before load() sees bytes from
    /// elsewhere; null where load() takes anything unharmed.
    Status (*tryOut)(std::string_view bytes) = nullptr;
};

std::span<const ModelKind *const> modelKinds();
/// Null for none.
const ModelKind *findModelKind(std::string_view name);

} // namespace tepal
