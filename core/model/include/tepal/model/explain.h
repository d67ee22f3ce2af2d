/// Why a model answered as it did: by occlusion, for every model, and by the rows that voted, for
/// nearest neighbours.
///
/// Occlusion asks the model once for each feature, with that one value replaced by an ordinary one
/// and all others as they are. What the answer loses by it is the feature's effect. Effects need
/// not sum to anything: features that say the same stand in for each other, and each alone has
/// little effect then.
#pragma once

#include <tepal/model/model.h>

#include <optional>

namespace tepal {

/// Each feature costs a prediction; a model with more than so many is not explained.
inline constexpr std::size_t kMostExplained = 1000;

/// What is ordinary in a feature: the median of numbers, the most frequent text.
struct OrdinaryValue
{
    enum class Kind : std::uint8_t { Unknown, Number, Integer, Text };
    Kind kind = Kind::Unknown;
    double number = 0;        ///< Of a Number.
    std::int64_t integer = 0; ///< Of an Integer.
    std::string text;         ///< Of a Text; why there is nothing where the kind is Unknown.

    /// Points into this.
    Value value() const;
};

/// A row of ordinary values, in the order of the features.
struct OrdinaryRow
{
    std::string from; ///< Where they are from: `reference "training" of dataset "model-1"`.
    std::vector<OrdinaryValue> values;
};

/// Of a number of either type the value as the feature has it: for integers a whole number.
OrdinaryValue ordinaryNumber(const Feature &feature, double median);

/// Medians and most frequent values of the rows that a nearest neighbours' model learned from;
/// nothing for other kinds, which do not keep them. The median is the value at index n/2 in order,
/// as sketches have it. Costs a look at every value.
std::optional<OrdinaryRow> trainingRow(const Model &model);

struct FeatureEffect
{
    std::size_t feature = 0;
    OrdinaryValue replacedBy;
    /// Probability of the class that was answered, or the number of a regression: as it is, less
    /// what it is with the replacement. Positive: this value speaks for the answer, or raises the
    /// number. Nothing where the model only names a class, or nothing is known that is ordinary.
    std::optional<double> effect;
    std::string_view label; ///< The class with the replacement; points into the model.
};

/// A row of the training table that voted.
struct Neighbour
{
    std::uint32_t row = 0; ///< In the training table, from 0.
    double distance = 0;   ///< As the model takes it; infinite where squares overflow.
    std::string_view label;
    double value = 0;            ///< Of a regression.
    std::vector<Value> features; ///< Texts point into the model.
};

struct Explanation
{
    Prediction answer;
    std::string from; ///< OrdinaryRow::from
    std::vector<FeatureEffect> effects;
    std::vector<Neighbour> neighbours; ///< Nearest first; of nearest neighbours' models alone.
};

/// `row` as it was sent. InvalidArgument as encodeRow(), and for more than kMostExplained features.
/// Thread-safe; what it gives lives no longer than the model.
Result<Explanation> explain(const Model &model, std::span<const Value> row,
                            const OrdinaryRow &ordinary);

/// `{"answer", "probabilities", "replaced_from", "effects": [{"feature", "value", "replaced_by",
/// "effect", "answer"}], "neighbours": [{"row", "distance", "label", "features"}]}`; what is not
/// finite is null.
std::string explanationJson(const Model &model, std::span<const Value> row,
                            const Explanation &explanation);

} // namespace tepal
