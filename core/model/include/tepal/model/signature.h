/// What a model takes and gives, for whoever asks it, writes it down or shows it.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/value.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

enum class FeatureType : std::uint8_t {
    Number,
    Integer, ///< A whole number; a fraction is refused.
    Text,
};
std::string_view featureTypeName(FeatureType type); ///< "number", "integer", "text"

enum class Task : std::uint8_t { Classification, Regression };
std::string_view taskName(Task task); ///< "classification", "regression"

struct Feature
{
    std::string name;
    FeatureType type = FeatureType::Number;
    bool missing = false; ///< The model can do without a value.
    /// Of a feature that is one of several: what it can be, as texts. As a double it is the index
    /// in this list. Empty for a feature that is the number it is, and for free texts.
    std::vector<std::string> categories = {};
    /// Whether a value that is none of the categories counts as missing; else it is refused.
    bool unknownIsMissing = false;
    double sample = 1; ///< Something ordinary, for examples; an index where there are categories.

    bool operator==(const Feature &) const = default;
};

struct Signature
{
    std::vector<Feature> features;
    Task task = Task::Classification;
    std::vector<std::string> classes; ///< Empty for regression.
    /// Columns that are logged behind the features: what it answers, how sure it is.
    std::vector<std::string> outputs;

    bool operator==(const Signature &) const = default;

    /// Every feature is any number: a row of doubles says all there is to say.
    bool isPlain() const;
    bool allowsMissing() const; ///< Some feature may be missing.
    /// How many numbers a regression answers for a row; 0 for classification.
    std::size_t targets() const
    {
        return task != Task::Regression ? 0 : outputs.empty() ? 1 : outputs.size();
    }
};

/// The names under which predictions are logged, everywhere.
inline constexpr std::string_view kClassOutput = "class_output";
inline constexpr std::string_view kProbabilityOutput = "proba_output";
inline constexpr std::string_view kValueOutput = "output";

std::vector<std::string> featureNames(const Signature &signature);
/// class_output with proba_output where there are probabilities; output for regression.
std::vector<std::string> outputNames(Task task, bool probabilities);

/// InvalidArgument for a signature that nobody could use: no features, names that are empty, come
/// twice or are those of the outputs, classes that are empty or come twice, fewer than two.
Status checkSignature(const Signature &signature);

/// One typed row as doubles. InvalidArgument names the feature: missing where it must not be, a
/// text for a number, a fraction for an integer, an unknown category, infinity. `unknown` is raised
/// by the number of unknown categories that were taken as missing. No allocation.
Status encodeRow(const Signature &signature, std::span<const Value> row, std::span<double> out,
                 std::size_t &unknown);

/// What Model::predict() asks of a row of doubles. InvalidArgument names the feature.
Status checkRow(const Signature &signature, std::span<const double> row);

/// A row as a person writes it, a text for each feature; an empty one is a missing value, of a text
/// that must not be missing the empty text. InvalidArgument names the feature. Texts point into
/// `cells`.
Result<std::vector<Value>> parseRow(const Signature &signature, std::span<const std::string> cells);
/// The features' samples in that form.
std::vector<std::string> sampleCells(const Signature &signature);

/// `[[5.1, "red", null]]`: one row as the predict routes take it.
std::string rowJson(std::span<const Value> row);
/// A line for a shell that asks for such a row; `url` is where.
std::string requestLine(std::string_view rowJson, std::string_view url);

/// `[[5.1, "red"]]`: a row made of the features' samples.
std::string sampleRow(const Signature &signature);
/// A line for a shell that asks for the sample row.
std::string sampleRequest(const Signature &signature, std::string_view url);

} // namespace tepal
