/// How right answers are: what is counted and computed from pairs of what was answered and what was
/// so. Pure; no models, no tables.
///
/// Formulas, each checked against scikit-learn:
/// - accuracy, precision, recall, F1, balanced accuracy: Manning, Raghavan, Schütze, "Introduction
///   to Information Retrieval", ch. 8; balanced accuracy is the mean recall of the classes that
///   rows have.
/// - log loss: mean of −ln p(true class). p is clipped to [ε, 1 − ε], ε = 2⁻⁵² (the step of a
///   double at 1), so that one certain error costs 36.04 and not infinity; how many rows were
///   clipped from below is said.
/// - calibration: Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017): bins (low,
///   high] of equal width over what was predicted; the expected calibration error is the mean
///   |observed − predicted| of the bins, weighted by their rows.
/// - bands: Wilson's score interval at 95 % (Wilson 1927), which holds for few rows and for shares
///   of 0 and 1.
/// - R²: 1 − Σ(y − ŷ)² / Σ(y − ȳ)². Quantiles: linear between order statistics (Hyndman and Fan's
///   type 7, numpy's default).
/// - which of two classifiers is better: McNemar's exact test, the two-sided binomial over the rows
///   on which exactly one is right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tepal {

/// Where no number is, there is NaN: a share of nothing, a class that was never answered.
inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// A share of rows with its 95 % band by Wilson.
struct ShareOfRows
{
    std::uint64_t hits = 0;
    std::uint64_t rows = 0;
    double value = kNoNumber;
    double low = kNoNumber;
    double high = kNoNumber;
};
ShareOfRows shareOfRows(std::uint64_t hits, std::uint64_t rows);

struct ClassQuality
{
    std::string name;
    bool known = true;          ///< The model can answer it; else only the table has it.
    std::uint64_t rows = 0;     ///< That are of this class.
    std::uint64_t answered = 0; ///< That were said to be.
    std::uint64_t right = 0;
    double precision = kNoNumber; ///< right / answered
    double recall = kNoNumber;    ///< right / rows
    double f1 = kNoNumber;        ///< 2 right / (rows + answered)
};

struct ReliabilityBin
{
    double low = 0; ///< Exclusive, but for the first.
    double high = 0;
    double predicted = kNoNumber; ///< Mean of what was predicted.
    ShareOfRows observed;         ///< The share that was so, with its band; rows = of the bin.
};

struct Calibration
{
    std::vector<ReliabilityBin> bins;
    double expectedError = kNoNumber; ///< NaN without rows.
    std::uint64_t rows = 0;
};

struct ClassificationQuality
{
    /// The model's in its order, then those that only the table has, in order of their texts.
    std::vector<ClassQuality> classes;
    std::vector<std::uint64_t> confusion; ///< Row-major: [true class][answer], classes².
    ShareOfRows accuracy;
    double balancedAccuracy = kNoNumber;
    double logLoss = kNoNumber; ///< NaN where the model gives no probabilities.
    std::uint64_t clipped = 0;  ///< Rows whose class was given less than ε, as 0 is.
    Calibration confidence;     ///< Of the class that was answered; no bins without probabilities.
    std::vector<Calibration> perClass; ///< Of each class the model knows, against all others.

    std::uint64_t at(std::size_t truth, std::size_t answer) const
    {
        return confusion[truth * classes.size() + answer];
    }
};

struct Quantile
{
    double share = 0;
    double value = kNoNumber;
};

struct RegressionQuality
{
    std::uint64_t rows = 0;
    double mae = kNoNumber;
    double rmse = kNoNumber;
    double r2 = kNoNumber;   ///< NaN where all values are the same.
    double bias = kNoNumber; ///< Mean of answer − truth.
    /// Of answer − truth at 0, 0.05, 0.25, 0.5, 0.75, 0.95 and 1.
    std::vector<Quantile> residuals;
};

/// Counts answers of a classifier. Not thread-safe.
class ClassificationCount
{
public:
    explicit ClassificationCount(std::vector<std::string> classes, std::size_t bins = 10);

    /// Index of a class, of the model's or, after them, one that the table alone has. The same for
    /// the same text.
    std::size_t indexOf(std::string_view text);
    std::size_t foreignClasses() const { return m_foreign.size(); }
    /// `probabilities` empty or one per class of the model, whether they sum to 1 or not.
    void add(std::size_t truth, std::size_t answer, std::span<const double> probabilities);
    ClassificationQuality result() const;

private:
    struct Bin
    {
        std::uint64_t rows = 0;
        std::uint64_t hits = 0;
        double predicted = 0;
    };
    using Bins = std::vector<Bin>;

    void addTo(Bins &bins, double predicted, bool hit) const;
    Calibration calibration(const Bins &bins) const;

    std::vector<std::string> m_classes;
    std::map<std::string, std::size_t, std::less<>> m_index;
    std::map<std::string, std::size_t, std::less<>> m_foreign; ///< Behind m_classes.
    std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> m_pairs;
    std::vector<double> m_edges; ///< Upper ends of the bins.
    Bins m_confidence;
    std::vector<Bins> m_perClass;
    std::uint64_t m_rows = 0;
    std::uint64_t m_withProbabilities = 0;
    std::uint64_t m_clipped = 0;
    double m_loss = 0;
};

/// Counts answers of a regression. Keeps eight bytes a row. Not thread-safe.
class RegressionCount
{
public:
    void add(double truth, double answer);
    RegressionQuality result() const;

private:
    std::vector<double> m_residuals;
    double m_first = 0; ///< Sums are taken around it, so that large numbers do not drown.
    double m_sum = 0;
    double m_squares = 0;
};

/// Two-sided p of McNemar's exact test; 1 where no row tells them apart.
double mcnemar(std::uint64_t onlyA, std::uint64_t onlyB);

} // namespace tepal
