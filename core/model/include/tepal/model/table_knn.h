/// k nearest neighbours on any table: classification and regression, numbers and, one column per
/// value, texts.
#pragma once

#include <tepal/model/knn.h>

#include <optional>

namespace tepal {

/// A table to learn from, without missing values.
struct TrainingTable
{
    /// Numbers, and texts with their categories; samples are ordinary values.
    std::vector<Feature> features;
    std::vector<double> values; ///< rows() × features, row-major; of texts the category's index.
    Task task = Task::Classification;
    std::vector<std::string> classes;
    std::vector<std::uint32_t> labels; ///< Of classification: the class of each row.
    std::vector<double> targets;       ///< Of regression: the value of each row.

    std::size_t rows() const
    {
        return task == Task::Classification ? labels.size() : targets.size();
    }
};

/// How well rows are told by all the others.
struct LeaveOneOut
{
    std::size_t rows = 0; ///< That were asked about.
    double accuracy = 0;  ///< Of classification.
    double rmse = 0;      ///< Of regression.
    double r2 = 0;        ///< NaN where all values are the same.
};

class TableKnn final : public Model
{
public:
    /// Equal to scikit-learn's KNeighborsClassifier and KNeighborsRegressor with uniform weights
    /// and algorithm="kd_tree", behind a StandardScaler when `standardize` (of the numbers alone)
    /// and a OneHotEncoder for texts. Errors as KnnModel::train().
    static Result<std::shared_ptr<const TableKnn>> train(std::string name, TrainingTable table,
                                                         std::uint32_t k, bool standardize);
    static Result<std::shared_ptr<const TableKnn>> deserialize(std::string_view bytes);

    std::string_view name() const override { return m_index->name(); }
    std::string_view kind() const override { return "knn"; }
    const Signature &signature() const override { return m_signature; }
    const std::vector<std::string> &featureNames() const override { return m_names; }
    using Model::predict;
    Status predict(std::span<const double> features, Prediction &out) const override;
    std::uint64_t trainingRows() const override { return m_table.rows(); }
    std::vector<std::pair<std::string, std::string>> parameters() const override;
    std::string serialize() const override;

    std::uint32_t k() const { return m_index->k(); }
    const TrainingTable &table() const { return m_table; }
    /// The nearest training rows with their distances, nearest first.
    Result<std::vector<KnnModel::Neighbour>> neighbours(std::span<const double> features) const;

    /// What all other training rows say about one of them; scaling stays that of all rows. Errors
    /// as KnnModel::predictWithout().
    Status predictWithout(std::uint32_t row, Prediction &out) const;

    /// Asks about at most `most` rows, evenly spread; nothing when
    /// fewer than k rows would be left.
    std::optional<LeaveOneOut> leaveOneOut(std::size_t most = 20'000) const;

private:
    TableKnn() = default;
    /// The row as distances are taken: scaled, and a column for each category.
    void prepare(std::span<const double> row, std::vector<double> &out) const;
    void scale();
    /// Mean of the neighbours' values; in the order of distance, as scikit-learn adds them.
    double mean(std::vector<KnnModel::Neighbour> &rows) const;

    TrainingTable m_table;
    Signature m_signature;
    std::vector<std::string> m_names;
    bool m_standardize = false;
    std::vector<double> m_means; ///< Per feature; 0 and 1 where nothing is scaled.
    std::vector<double> m_scales;
    std::shared_ptr<const KnnModel> m_index;
};

} // namespace tepal
