/// What serving needs from a model, and the k-nearest-neighbours classifier.
#pragma once

#include <tepal/base/result.h>

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
    std::vector<double> probabilities; ///< One per class, summing to 1.

    double maxProbability() const
    {
        double best = 0;
        for (const double p : probabilities)
            best = p > best ? p : best;
        return best;
    }
};

/// Immutable once made; every method is thread-safe.
class Model
{
public:
    virtual ~Model() = default;

    virtual std::string_view name() const = 0; ///< `iris_knn`
    virtual std::string_view kind() const = 0; ///< `knn`; decides how stored bytes are read back.
    virtual const std::vector<std::string> &featureNames() const = 0;
    virtual const std::vector<std::string> &classNames() const = 0;

    /// InvalidArgument for a wrong number of values, NaN or infinity. `out` can be reused from call
    /// to call to spare allocations; it is unspecified after an error.
    virtual Status predict(std::span<const double> features, Prediction &out) const = 0;
    Result<Prediction> predict(std::span<const double> features) const;

    /// Rows it was trained on.
    virtual std::uint64_t trainingRows() const = 0;
    /// Facts for people, e.g. {"k", "5"}.
    virtual std::vector<std::pair<std::string, std::string>> parameters() const = 0;
    /// The bytes that loadModel() reads back.
    virtual std::string serialize() const = 0;
};

/// Reads what Model::serialize() wrote. Corrupt for damaged bytes, Unsupported for a kind that this
/// program does not know.
Result<std::shared_ptr<const Model>> loadModel(std::string_view kind, std::string_view bytes);

} // namespace tepal
