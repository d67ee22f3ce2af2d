/// What is read from a file of trees, before it is a model.
#pragma once

#include "forest.h"

#include <tepal/model/signature.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tepal {

/// The last step, from the sum over the trees to what the model answers.
enum class ForestLink : std::uint8_t {
    Identity,
    SignedSquare, ///< x·|x|
    Exp,
    Sigmoid, ///< Of every output for itself.
    Softmax,
    LogOnePlusExp,
};

using XgboostForest = FlatForest<float, false>;
using LightgbmForest = FlatForest<double, true>;

struct ForestFile
{
    Signature signature;
    std::variant<XgboostForest, LightgbmForest> trees{XgboostForest(1)};
    std::vector<double> base; ///< What the sum begins with; as many as there are outputs.
    ForestLink link = ForestLink::Identity;
    double sigmoid = 1;
    double divisor = 1; ///< For averages.
    std::string objective;
    bool namedFeatures = false; ///< The file names them; else they are f0, f1, …
    bool namedClasses = false;
    /// What whoever imports it should know, as sentences without their full stop.
    std::vector<std::string> notes;
};

inline constexpr std::uint32_t kMaxForestFeatures = 100'000;
inline constexpr std::uint32_t kMaxForestClasses = 64;

/// JSON, or UBJ, which holds the same. Corrupt or Unsupported with what to do.
Result<ForestFile> readXgboost(std::string_view bytes);
/// LightGBM's text.
Result<ForestFile> readLightgbm(std::string_view text);

/// f0, f1, … and class_0, class_1, … where a file has no names.
std::vector<std::string> guessedNames(std::string_view stem, std::size_t count);

} // namespace tepal
