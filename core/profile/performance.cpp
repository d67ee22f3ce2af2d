#include <tepal/profile/performance.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace tepal {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : kNaN;
}

/// Scores in order with their cumulated weights, put together from several cells.
class Scores
{
public:
    void add(const KllView &view, bool complement)
    {
        std::uint64_t before = 0;
        for (std::size_t i = 0; i < view.values.size(); ++i) {
            m_items.emplace_back(complement ? 1 - view.values[i] : view.values[i],
                                 view.cumulative[i] - before);
            before = view.cumulative[i];
        }
    }
    KllView view()
    {
        std::sort(m_items.begin(), m_items.end());
        KllView view;
        for (const auto &[value, weight] : m_items) {
            view.n += weight;
            view.values.push_back(value);
            view.cumulative.push_back(view.n);
        }
        return view;
    }

private:
    std::vector<std::pair<double, std::uint64_t>> m_items;
};

nlohmann::ordered_json number(double value)
{
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json classificationJson(const ConfusionMatrix &matrix)
{
    nlohmann::ordered_json json;
    json["n"] = matrix.total();
    json["accuracy"] = number(matrix.accuracy());
    const auto labels = matrix.labels();
    json["labels"] = labels;
    json["cells"] = nlohmann::ordered_json::array();
    for (const auto &[key, cell] : matrix.cells()) {
        json["cells"].push_back({{"prediction", key.first},
                                 {"target", key.second},
                                 {"n", cell.count},
                                 {"score_mean", number(cell.scores.mean)},
                                 {"score_m2", number(cell.scores.m2)}});
    }
    for (const std::string &label : labels) {
        const ClassQuality quality = matrix.quality(label);
        auto &entry = json["classes"][label];
        entry = {{"precision", number(quality.precision)},
                 {"recall", number(quality.recall)},
                 {"f1", number(quality.f1)},
                 {"support", quality.support}};
        if (const auto area = matrix.rocAuc(label))
            entry["roc_auc"] = *area;
    }
    return json;
}

} // namespace

void PerformanceCell::add(double score)
{
    ++count;
    scores.add(score);
    scores.kll.update(score);
}

void PerformanceCell::merge(const PerformanceCell &other)
{
    count += other.count;
    scores.merge(other.scores);
}

void ConfusionMatrix::add(std::string_view prediction, std::string_view target, double score)
{
    m_cells[Key(prediction, target)].add(score);
}

void ConfusionMatrix::merge(const ConfusionMatrix &other)
{
    for (const auto &[key, cell] : other.m_cells)
        m_cells[key].merge(cell);
}

std::vector<std::string> ConfusionMatrix::labels() const
{
    std::set<std::string> all;
    for (const auto &[key, cell] : m_cells) {
        all.insert(key.first);
        all.insert(key.second);
    }
    std::vector<std::string> labels(all.begin(), all.end());
    std::stable_partition(labels.begin(), labels.end(),
                          [](const std::string &label) { return label != "None"; });
    return labels;
}

const PerformanceCell *ConfusionMatrix::cell(std::string_view prediction,
                                             std::string_view target) const
{
    const auto at = m_cells.find(Key(prediction, target));
    return at == m_cells.end() ? nullptr : &at->second;
}

std::uint64_t ConfusionMatrix::count(std::string_view prediction, std::string_view target) const
{
    const PerformanceCell *const found = cell(prediction, target);
    return found ? found->count : 0;
}

std::uint64_t ConfusionMatrix::total() const
{
    std::uint64_t total = 0;
    for (const auto &[key, cell] : m_cells)
        total += cell.count;
    return total;
}

double ConfusionMatrix::accuracy() const
{
    std::uint64_t right = 0;
    for (const auto &[key, cell] : m_cells)
        right += key.first == key.second ? cell.count : 0;
    return ratio(static_cast<double>(right), static_cast<double>(total()));
}

ClassQuality ConfusionMatrix::quality(std::string_view label) const
{
    std::uint64_t predicted = 0;
    ClassQuality quality;
    for (const auto &[key, cell] : m_cells) {
        predicted += key.first == label ? cell.count : 0;
        quality.support += key.second == label ? cell.count : 0;
    }
    const auto right = static_cast<double>(count(label, label));
    quality.precision = ratio(right, static_cast<double>(predicted));
    quality.recall = ratio(right, static_cast<double>(quality.support));
    quality.f1 = ratio(2 * right, static_cast<double>(predicted + quality.support));
    return quality;
}

std::optional<double> ConfusionMatrix::rocAuc(std::string_view positive) const
{
    if (labels().size() != 2)
        return std::nullopt;
    Scores positives;
    Scores negatives;
    for (const auto &[key, cell] : m_cells)
        (key.second == positive ? positives : negatives)
            .add(cell.scores.kll.view(), key.first != positive);
    const KllView p = positives.view();
    const KllView n = negatives.view();
    if (p.empty() || n.empty())
        return std::nullopt;
    return tepal::rocAuc(p, n);
}

double rocAuc(const KllView &positives, const KllView &negatives)
{
    double pairs = 0;
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < positives.values.size(); ++i) {
        const auto weight = static_cast<double>(positives.cumulative[i] - before);
        before = positives.cumulative[i];
        const double x = positives.values[i];
        const auto below = static_cast<double>(negatives.weightBelow(x));
        const double above = std::nextafter(x, std::numeric_limits<double>::infinity());
        const auto upTo = static_cast<double>(negatives.weightBelow(above));
        pairs += weight * (below + upTo) / 2;
    }
    return pairs / (static_cast<double>(positives.n) * static_cast<double>(negatives.n));
}

void RegressionErrors::add(double prediction, double target)
{
    const double difference = prediction - target;
    ++count;
    sumAbsolute += std::abs(difference);
    sum += difference;
    sumSquares += difference * difference;
}

void RegressionErrors::merge(const RegressionErrors &other)
{
    count += other.count;
    sumAbsolute += other.sumAbsolute;
    sum += other.sum;
    sumSquares += other.sumSquares;
}

double RegressionErrors::mae() const
{
    return ratio(sumAbsolute, static_cast<double>(count));
}

double RegressionErrors::mse() const
{
    return ratio(sumSquares, static_cast<double>(count));
}

double RegressionErrors::rmse() const
{
    return std::sqrt(mse());
}

double RegressionErrors::bias() const
{
    return ratio(sum, static_cast<double>(count));
}

void ModelPerformance::merge(const ModelPerformance &other)
{
    original.clear();
    sessionTimestamp = std::min(sessionTimestamp, other.sessionTimestamp);
    dataTimestamp = std::min(dataTimestamp, other.dataTimestamp);
    for (const auto &[key, value] : other.tags)
        tags[key] = value;
    for (const auto &[key, value] : other.metadata)
        metadata[key] = value;
    if (classification && other.classification)
        classification->merge(*other.classification);
    else if (other.classification)
        classification = other.classification;
    if (regression && other.regression)
        regression->merge(*other.regression);
    else if (other.regression)
        regression = other.regression;
}

std::string performanceJson(const ModelPerformance &performance)
{
    nlohmann::ordered_json root;
    root["dataset_timestamp_ms"] = performance.dataTimestamp;
    root["creation_timestamp_ms"] = performance.sessionTimestamp;
    root["metadata"] = nlohmann::ordered_json::object();
    for (const auto &[key, value] : performance.tags)
        root["metadata"][key] = value;
    for (const auto &[key, value] : performance.metadata)
        root["metadata"][key] = value;
    root["columns"] = nlohmann::ordered_json::object();
    auto &json = root["model_performance"];
    json = nlohmann::ordered_json::object();
    if (performance.classification)
        json["classification"] = classificationJson(*performance.classification);
    if (performance.regression) {
        const RegressionErrors &errors = *performance.regression;
        json["regression"] = {{"n", errors.count},
                              {"mae", number(errors.mae())},
                              {"mse", number(errors.mse())},
                              {"rmse", number(errors.rmse())},
                              {"bias", number(errors.bias())}};
    }
    return root.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace tepal
