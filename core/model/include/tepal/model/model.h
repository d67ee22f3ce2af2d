/// What serving needs from a model of any kind.
#pragma once

#include <tepal/base/result.h>
#include <tepal/model/signature.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// One answer. `label` points into the model that gave it.
struct Prediction
{
    std::size_t classIndex = 0;
    std::string_view label;
    /// One per class, in their order; empty where the model only names a class. They sum to 1,
    /// except where each class was learned against all others for itself.
    std::vector<double> probabilities;
    double value = 0; ///< The answer of a regression, which has no class.
    /// Of a regression that answers several numbers: all of them, `value` first; else empty.
    std::vector<double> values = {};
    /// Values that were none of their feature's categories and count as missing.
    std::size_t unknownCategories = 0;

    /// Of a regression: one number for each of its outputs.
    std::span<const double> numbers() const
    {
        return values.empty() ? std::span(&value, 1) : std::span<const double>(values);
    }
    double maxProbability() const
    {
        double best = 0;
        for (const double p : probabilities)
            best = p > best ? p : best;
        return best;
    }
};

/// Answers of many rows, in their order.
struct Predictions
{
    std::vector<std::uint32_t> classes; ///< Index of each row's class.
    std::vector<double> probabilities;  ///< Row by row, one per class; as in Prediction.
    std::vector<double> values;         ///< Of regressions, row by row: one per output.
};

/// Immutable once made; every method is thread-safe.
class Model
{
public:
    virtual ~Model() = default;

    virtual std::string_view name() const = 0; ///< `iris_knn`
    virtual std::string_view kind() const = 0; ///< `knn`; decides how stored bytes are read back.
    virtual const Signature &signature() const = 0;
    virtual const std::vector<std::string> &featureNames() const = 0;
    const std::vector<std::string> &classNames() const { return signature().classes; }

    /// One row; a feature with categories is the index of one of them, a missing value is NaN.
    /// InvalidArgument for a wrong number of values, infinity, NaN where the model does not do
    /// without a value. `out` can be reused from call to call to spare allocations; it is
    /// unspecified after an error.
    virtual Status predict(std::span<const double> features, Prediction &out) const = 0;
    Result<Prediction> predict(std::span<const double> features) const;
    /// One row as it was sent. Errors as encodeRow().
    virtual Status predictValues(std::span<const Value> features, Prediction &out) const;
    /// Many rows, row-major. Errors name the row, from 1.
    virtual Status predictRows(std::span<const double> rows, Predictions &out) const;
    /// Many rows as they were sent, row-major. What doubles cannot say, free texts and integers
    /// beyond 2^53, is asked about by predictTypedRows(), all else as doubles. Errors as
    /// encodeRow(), naming the row, from 1, where there are several.
    Status predictValueRows(std::span<const Value> rows, Predictions &out) const;

    /// Rows it was trained on, 0 where that is not known.
    virtual std::uint64_t trainingRows() const = 0;
    /// Facts for people, e.g. {"k", "5"}.
    virtual std::vector<std::pair<std::string, std::string>> parameters() const = 0;
    /// The bytes that loadModel() reads back.
    virtual std::string serialize() const = 0;

protected:
    /// Whole rows with what doubles cannot say; row by row unless a kind knows better.
    virtual Status predictTypedRows(std::span<const Value> rows, Predictions &out) const;
};

/// What a regression answers, as JSON: `3.5`, of several numbers `[3.5,-1.0]`.
void appendNumbersJson(std::string &out, std::span<const double> numbers);

using ModelPtr = std::shared_ptr<const Model>;

/// Reads what Model::serialize() wrote. Corrupt for damaged bytes, Unsupported for a kind that this
/// program does not know.
Result<ModelPtr> loadModel(std::string_view kind, std::string_view bytes);

} // namespace tepal
