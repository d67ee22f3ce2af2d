/// k nearest neighbours with a KD-tree that visits points in the order scikit-learn's does, so that
/// equal distances are decided alike.
#pragma once

#include <tepal/model/model.h>

#include <utility>

namespace tepal {

class NeighbourHeap;

/// Rows, row-major, and the class index of each.
struct TrainingData
{
    std::vector<std::string> features;
    std::vector<std::string> classes;
    std::vector<double> values; ///< labels.size() × features.size()
    std::vector<std::uint32_t> labels;
};

class KnnModel final : public Model
{
public:
    /// InvalidArgument for empty or ragged data, values that are not finite, labels without a
    /// class, or k outside 1…number of rows.
    static Result<std::shared_ptr<const KnnModel>> train(std::string name, TrainingData data,
                                                         std::uint32_t k = 5);
    static Result<std::shared_ptr<const KnnModel>> deserialize(std::string_view bytes);

    std::string_view name() const override { return m_name; }
    std::string_view kind() const override { return "knn"; }
    const Signature &signature() const override { return m_signature; }
    const std::vector<std::string> &featureNames() const override { return m_data.features; }
    using Model::predict;
    Status predict(std::span<const double> features, Prediction &out) const override;
    std::uint64_t trainingRows() const override { return m_data.labels.size(); }
    std::vector<std::pair<std::string, std::string>> parameters() const override;
    std::string serialize() const override;

    std::uint32_t k() const { return m_k; }
    const TrainingData &data() const { return m_data; }

    struct Neighbour
    {
        double distance = 0; ///< Infinite when the squares overflow.
        std::uint32_t row = 0;
    };
    /// The k nearest rows, nearest first. Same errors as predict().
    Result<std::vector<Neighbour>> neighbours(std::span<const double> features) const;

    /// The same as bare rows, in no order, for whoever asks often: `rows` is reused. `without` is a
    /// row that is passed over, as if it had not been there.
    static constexpr std::uint32_t kNone = 0xFFFFFFFFu;
    Status nearestRows(std::span<const double> features, std::vector<Neighbour> &rows,
                       std::uint32_t without = kNone) const;

    /// What all other training rows say about one of them. InvalidArgument where fewer than k are
    /// left.
    Status predictWithout(std::uint32_t row, Prediction &out) const;

    /// Share of the training rows that a model of all the others classifies right (leave-one-out
    /// cross-validation). Fits as many models as there are rows: for thousands, not for millions.
    /// NaN when fewer rows than k would be left.
    double leaveOneOutAccuracy() const;

private:
    KnnModel() = default;
    struct Node
    {
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
        bool leaf = true;
    };
    void build();
    void buildNode(std::size_t node, std::size_t begin, std::size_t end);
    void search(std::size_t node, double bound, std::span<const double> point, NeighbourHeap &heap,
                std::uint32_t without = kNone) const;
    Status vote(std::span<const double> features, std::uint32_t without, Prediction &out) const;
    double lowerBound(std::size_t node, std::span<const double> point) const;
    /// Fills the heap, or says what is wrong with the values.
    Status query(std::span<const double> features, NeighbourHeap &heap,
                 std::uint32_t without = kNone) const;

    std::string m_name;
    TrainingData m_data;
    Signature m_signature;
    std::uint32_t m_k = 5;
    std::vector<Node> m_nodes;
    std::vector<double> m_bounds; ///< Per node: lower bounds, then upper bounds.
    std::vector<std::uint32_t> m_order;
    std::vector<double>
        m_points; ///< The rows in that order, so that a leaf is one stretch of memory.
};

} // namespace tepal
