/// How an ONNX model's inputs and outputs become features and answers.
#pragma once

#include "onnx_file.h"
#include "onnx_session.h"

#include <tepal/model/kinds.h>

#include <optional>
#include <unordered_map>

namespace tepal::onnx {

struct InputPlan
{
    std::string name;
    Element element = Element::Float;
    std::size_t width = 1;
    bool column = false; ///< The shape is [rows], not [rows, width].
};

/// Where a feature goes.
struct Place
{
    std::size_t input = 0;
    std::size_t offset = 0;
};

/// An output of a regression.
struct Target
{
    std::size_t output = 0;
    std::size_t width = 1; ///< Numbers for each row.
};

enum class ScoreForm : std::uint8_t { None, Tensor, Maps };

/// Names of classes in the order of the scores, and the labels that stand for them in the file.
struct ClassIndex
{
    std::unordered_map<std::int64_t, std::uint32_t> byNumber;
    std::unordered_map<std::string, std::uint32_t> byText;
};

struct Plan
{
    std::vector<InputPlan> inputs;
    std::vector<Place> places; ///< One per feature.
    std::size_t batch = 0;     ///< Rows of every run; 0: any number.
    bool texts = false;        ///< Some feature is a text.
    bool oneNumber = false;    ///< Of a regression only the first number counts.
    std::optional<std::size_t> label;
    std::optional<std::size_t> scores; ///< Of classification.
    std::vector<Target> targets;       ///< Of a regression.
    ScoreForm form = ScoreForm::None;
    bool probabilities = false; ///< The scores of every row that was tried were.
    ClassIndex index;
    Signature signature;
    std::vector<std::string> notes;
};

/// What is known of a model before its outputs are: the features.
Status planInputs(const Session &session, const FileFacts &facts, const ImportNames &names,
                  Plan &plan);
/// `shapes` are the outputs as they came out for one row, or as the file declares them.
/// `mapped` are the classes that maps had, by output.
Status planOutputs(const std::vector<Port> &shapes, const FileFacts &facts,
                   const std::vector<Unwrapped> &unwrapped, const ImportNames &names, Plan &plan);

} // namespace tepal::onnx
