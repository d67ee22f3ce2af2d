#include <tepal/model/quality.h>

#include <algorithm>
#include <cmath>

namespace tepal {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kZ95 = 1.959963984540054;

/// `sorted` is not empty.
double quantile(const std::vector<double> &sorted, double share)
{
    const double at = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    if (below + 1 >= sorted.size())
        return sorted.back();
    const double part = at - static_cast<double>(below);
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double ratio(std::uint64_t part, std::uint64_t whole)
{
    return whole == 0 ? kNoNumber : static_cast<double>(part) / static_cast<double>(whole);
}

} // namespace

ShareOfRows shareOfRows(std::uint64_t hits, std::uint64_t rows)
{
    ShareOfRows share{hits, rows};
    if (rows == 0)
        return share;
    const auto n = static_cast<double>(rows);
    const double p = static_cast<double>(hits) / n;
    const double z2 = kZ95 * kZ95;
    const double middle = p + z2 / (2 * n);
    const double reach = kZ95 * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    share.value = p;
    // Rounding must not leave the band short of the share itself.
    share.low = hits == 0 ? 0 : (middle - reach) / (1 + z2 / n);
    share.high = hits == rows ? 1 : (middle + reach) / (1 + z2 / n);
    return share;
}

// ---------------------------------------------------------------- classes

ClassificationCount::ClassificationCount(std::vector<std::string> classes, std::size_t bins)
    : m_classes(std::move(classes))
    , m_confidence(bins)
    , m_perClass(m_classes.size(), Bins(bins))
{
    for (std::size_t i = 0; i < m_classes.size(); ++i)
        m_index.emplace(m_classes[i], i);
    // As numpy's linspace has them, so that a probability on an edge falls as scikit-learn's.
    const double width = 1.0 / static_cast<double>(bins);
    for (std::size_t i = 1; i <= bins; ++i)
        m_edges.push_back(i == bins ? 1.0 : static_cast<double>(i) * width);
}

std::size_t ClassificationCount::indexOf(std::string_view text)
{
    if (const auto known = m_index.find(text); known != m_index.end())
        return known->second;
    const auto foreign = m_foreign.find(text);
    if (foreign != m_foreign.end())
        return foreign->second;
    const std::size_t index = m_classes.size() + m_foreign.size();
    m_foreign.emplace(std::string(text), index);
    return index;
}

void ClassificationCount::addTo(Bins &bins, double predicted, bool hit) const
{
    const auto edge = std::lower_bound(m_edges.begin(), m_edges.end() - 1, predicted);
    Bin &bin = bins[static_cast<std::size_t>(edge - m_edges.begin())];
    ++bin.rows;
    bin.hits += hit ? 1 : 0;
    bin.predicted += predicted;
}

void ClassificationCount::add(std::size_t truth, std::size_t answer,
                              std::span<const double> probabilities)
{
    ++m_rows;
    ++m_pairs[{truth, answer}];
    if (probabilities.size() != m_classes.size())
        return;
    ++m_withProbabilities;
    const double own = truth < m_classes.size() ? probabilities[truth] : 0;
    m_clipped += own < kEpsilon ? 1 : 0;
    m_loss -= std::log(std::clamp(own, kEpsilon, 1 - kEpsilon));
    addTo(m_confidence, probabilities[answer], truth == answer);
    for (std::size_t i = 0; i < m_classes.size(); ++i)
        addTo(m_perClass[i], probabilities[i], truth == i);
}

Calibration ClassificationCount::calibration(const Bins &bins) const
{
    Calibration out;
    double error = 0;
    for (std::size_t i = 0; i < bins.size(); ++i) {
        const Bin &bin = bins[i];
        ReliabilityBin one;
        one.low = i == 0 ? 0 : m_edges[i - 1];
        one.high = m_edges[i];
        one.observed = shareOfRows(bin.hits, bin.rows);
        if (bin.rows > 0) {
            one.predicted = bin.predicted / static_cast<double>(bin.rows);
            error += std::fabs(one.observed.value - one.predicted) * static_cast<double>(bin.rows);
        }
        out.rows += bin.rows;
        out.bins.push_back(one);
    }
    if (out.rows > 0)
        out.expectedError = error / static_cast<double>(out.rows);
    return out;
}

ClassificationQuality ClassificationCount::result() const
{
    ClassificationQuality out;
    const std::size_t known = m_classes.size();
    std::vector<std::size_t> place(known + m_foreign.size());
    for (std::size_t i = 0; i < known; ++i) {
        place[i] = i;
        out.classes.push_back({.name = m_classes[i]});
    }
    // The map is in order of the texts, the indices in order of arrival.
    for (const auto &[text, index] : m_foreign) {
        place[index] = out.classes.size();
        out.classes.push_back({.name = text, .known = false});
    }
    out.confusion.assign(out.classes.size() * out.classes.size(), 0);
    std::uint64_t right = 0;
    for (const auto &[pair, rows] : m_pairs) {
        ClassQuality &truth = out.classes[place[pair.first]];
        truth.rows += rows;
        out.classes[place[pair.second]].answered += rows;
        out.confusion[place[pair.first] * out.classes.size() + place[pair.second]] += rows;
        if (pair.first == pair.second) {
            truth.right += rows;
            right += rows;
        }
    }
    double recalls = 0;
    std::size_t present = 0;
    for (ClassQuality &one : out.classes) {
        one.precision = ratio(one.right, one.answered);
        one.recall = ratio(one.right, one.rows);
        one.f1 = ratio(2 * one.right, one.rows + one.answered);
        recalls += one.rows > 0 ? one.recall : 0;
        present += one.rows > 0 ? 1 : 0;
    }
    out.accuracy = shareOfRows(right, m_rows);
    if (present > 0)
        out.balancedAccuracy = recalls / static_cast<double>(present);
    if (m_withProbabilities > 0) {
        out.logLoss = m_loss / static_cast<double>(m_withProbabilities);
        out.clipped = m_clipped;
        out.confidence = calibration(m_confidence);
        for (const Bins &bins : m_perClass)
            out.perClass.push_back(calibration(bins));
    }
    return out;
}

// ---------------------------------------------------------------- numbers

void RegressionCount::add(double truth, double answer)
{
    if (m_residuals.empty())
        m_first = truth;
    m_residuals.push_back(answer - truth);
    m_sum += truth - m_first;
    m_squares += (truth - m_first) * (truth - m_first);
}

RegressionQuality RegressionCount::result() const
{
    RegressionQuality out;
    out.rows = m_residuals.size();
    if (m_residuals.empty())
        return out;
    const auto n = static_cast<double>(m_residuals.size());
    double absolute = 0;
    double squared = 0;
    double sum = 0;
    for (const double residual : m_residuals) {
        absolute += std::fabs(residual);
        squared += residual * residual;
        sum += residual;
    }
    out.mae = absolute / n;
    out.rmse = std::sqrt(squared / n);
    out.bias = sum / n;
    const double spread = m_squares - m_sum * m_sum / n;
    if (spread > 0)
        out.r2 = 1 - squared / spread;
    std::vector<double> sorted = m_residuals;
    std::sort(sorted.begin(), sorted.end());
    for (const double share : {0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0})
        out.residuals.push_back({share, quantile(sorted, share)});
    return out;
}

double mcnemar(std::uint64_t onlyA, std::uint64_t onlyB)
{
    const std::uint64_t n = onlyA + onlyB;
    if (n == 0)
        return 1;
    const auto least = static_cast<double>(std::min(onlyA, onlyB));
    const auto rows = static_cast<double>(n);
    // In logarithms: 2^-n is 0 from some thousand rows on.
    double tail = 0;
    for (double i = 0; i <= least; ++i)
        tail += std::exp(std::lgamma(rows + 1) - std::lgamma(i + 1) - std::lgamma(rows - i + 1) -
                         rows * std::log(2.0));
    return std::min(1.0, 2 * tail);
}

} // namespace tepal
