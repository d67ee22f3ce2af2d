/// Model performance: predictions beside the truth, and whylogs' v0 files that hold it.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/profile/column.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// Records of one prediction and one truth, with the distribution of their scores.
struct PerformanceCell
{
    std::uint64_t count = 0;
    Distribution scores;

    void add(double score);
    void merge(const PerformanceCell &other);
};

/// Of one class: how many predicted ones are right, and how many true ones are found. Not a number
/// where there is nothing to divide by.
struct ClassQuality
{
    double precision = 0;
    double recall = 0;
    double f1 = 0; ///< Harmonic mean of the two.
    std::uint64_t support = 0;
};

/// Confusion matrix of a classifier; counts are exact. Not thread-safe for writing.
class ConfusionMatrix
{
public:
    /// `score` is the model's for its own prediction, in [0, 1]; 1 where there is none.
    void add(std::string_view prediction, std::string_view target, double score = 1);
    void merge(const ConfusionMatrix &other);

    /// Every label that was predicted or true, sorted; "None" last.
    std::vector<std::string> labels() const;
    std::uint64_t count(std::string_view prediction, std::string_view target) const;
    const PerformanceCell *cell(std::string_view prediction, std::string_view target) const;
    std::uint64_t total() const;
    /// Share of right predictions; NaN for no records.
    double accuracy() const;
    ClassQuality quality(std::string_view label) const;
    /// Area under the ROC curve for two classes, from the score sketches: the score speaks for the
    /// predicted class, its complement for the other. Error: at most the sum of the two sides' rank
    /// errors (KllSketch::rankErrorFor; 0 up to 1,024 records a cell). Nothing unless there are
    /// exactly two labels with records of both.
    std::optional<double> rocAuc(std::string_view positive) const;

    using Key = std::pair<std::string, std::string>; ///< Prediction, target.
    const std::map<Key, PerformanceCell> &cells() const { return m_cells; }
    void setCell(Key key, PerformanceCell cell) { m_cells[std::move(key)] = std::move(cell); }

private:
    std::map<Key, PerformanceCell> m_cells;
};

/// Errors of a regression, d = prediction − target. The sums are exact up to rounding.
struct RegressionErrors
{
    std::uint64_t count = 0;
    double sumAbsolute = 0;
    double sum = 0;
    double sumSquares = 0;

    void add(double prediction, double target);
    void merge(const RegressionErrors &other);
    double mae() const;  ///< Mean |d|; NaN for no records, as the others.
    double mse() const;  ///< Mean d².
    double rmse() const; ///< √mse().
    double bias() const; ///< Mean d.
};

/// What a v0 file holds. One that was read is written again byte for byte unless it was merged.
struct ModelPerformance
{
    TimeMs sessionTimestamp = 0;
    TimeMs dataTimestamp = 0;
    std::map<std::string, std::string> tags;
    std::map<std::string, std::string> metadata;
    std::vector<std::string> outputFields;
    std::optional<ConfusionMatrix> classification;
    std::optional<RegressionErrors> regression;
    /// The file's bytes while nothing was changed; clear it after changing anything.
    std::string original;

    void merge(const ModelPerformance &other);
};

/// True for bytes that look like a v0 file: one delimited message and nothing else.
bool looksLikeModelPerformance(std::string_view bytes);
/// Errors: Corrupt, Unsupported.
Result<ModelPerformance> parseModelPerformance(std::string_view bytes);
std::string serializeModelPerformance(const ModelPerformance &performance);
/// Counts, accuracy, per class precision, recall and F1, and the errors of a regression, as JSON.
std::string performanceJson(const ModelPerformance &performance);

/// Share of pairs (positive, negative) in which the positive has the higher score, ties half.
double rocAuc(const KllView &positives, const KllView &negatives);

} // namespace tepal
