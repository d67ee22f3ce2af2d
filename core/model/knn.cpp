#include "kd_tree.h"
#include "stored_format.h"

#include <tepal/base/text.h>
#include <tepal/model/knn.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tepal {
namespace {

constexpr double kLeafSize = 30;
constexpr int kFormat = 1;

Status checkData(const TrainingData &data, std::uint32_t k)
{
    const std::size_t rows = data.labels.size();
    if (rows == 0 || data.features.empty() || data.classes.empty())
        return fail(ErrorCode::InvalidArgument,
                    "the training data has no rows, features or classes", "give at least one row");
    if (data.values.size() / data.features.size() != rows ||
        data.values.size() % data.features.size() != 0)
        return fail(ErrorCode::InvalidArgument,
                    "the training data has not as many rows of values as labels",
                    "give every row a label");
    if (!std::all_of(data.values.begin(), data.values.end(),
                     [](double v) { return std::isfinite(v); }))
        return fail(ErrorCode::InvalidArgument, "the training data contains NaN or infinity",
                    "remove those rows");
    if (std::any_of(data.labels.begin(), data.labels.end(),
                    [&](std::uint32_t label) { return label >= data.classes.size(); }))
        return fail(ErrorCode::InvalidArgument, "a label of the training data has no class");
    if (k == 0 || k > rows)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("k is {}, but the training data has {} rows", k, rows),
                    fmt::format("use a k from 1 to {}", rows));
    return {};
}

} // namespace

Result<std::shared_ptr<const KnnModel>> KnnModel::train(std::string name, TrainingData data,
                                                        std::uint32_t k)
{
    if (auto checked = checkData(data, k); !checked)
        return tl::unexpected(checked.error());
    std::shared_ptr<KnnModel> model(new KnnModel());
    model->m_name = std::move(name);
    model->m_data = std::move(data);
    model->m_k = k;
    for (std::size_t i = 0; i < model->m_data.features.size(); ++i) {
        Feature feature;
        feature.name = model->m_data.features[i];
        feature.sample = model->m_data.values[i];
        model->m_signature.features.push_back(std::move(feature));
    }
    model->m_signature.classes = model->m_data.classes;
    model->m_signature.outputs = outputNames(Task::Classification, true);
    model->build();
    return std::shared_ptr<const KnnModel>(std::move(model));
}

double KnnModel::leaveOneOutAccuracy() const
{
    const std::size_t rows = m_data.labels.size();
    const std::size_t width = m_data.features.size();
    if (rows <= m_k)
        return std::numeric_limits<double>::quiet_NaN();
    std::size_t right = 0;
    Prediction prediction;
    for (std::size_t left = 0; left < rows; ++left) {
        TrainingData others = m_data;
        const auto at = static_cast<std::ptrdiff_t>(left);
        const auto values = others.values.begin() + at * static_cast<std::ptrdiff_t>(width);
        others.values.erase(values, values + static_cast<std::ptrdiff_t>(width));
        others.labels.erase(others.labels.begin() + at);
        const auto model = train(m_name, std::move(others), m_k);
        const auto row = std::span(m_data.values).subspan(left * width, width);
        right += model && (*model)->predict(row, prediction) &&
                         prediction.classIndex == m_data.labels[left]
                     ? 1
                     : 0;
    }
    return static_cast<double>(right) / static_cast<double>(rows);
}

void KnnModel::build()
{
    const std::size_t rows = m_data.labels.size();
    const std::size_t features = m_data.features.size();
    const double ratio = static_cast<double>(rows - 1) / kLeafSize;
    const auto levels = static_cast<std::size_t>(1 + std::log2(std::max(1.0, ratio)));
    const std::size_t nodes = (std::size_t{1} << levels) - 1;
    m_nodes.assign(nodes, {});
    m_bounds.assign(nodes * features * 2, 0);
    m_order.resize(rows);
    std::iota(m_order.begin(), m_order.end(), 0u);
    buildNode(0, 0, rows);
    m_points.clear();
    for (const std::uint32_t row : m_order) {
        const double *values = m_data.values.data() + row * features;
        m_points.insert(m_points.end(), values, values + features);
    }
}

void KnnModel::buildNode(std::size_t node, std::size_t begin, std::size_t end)
{
    const std::size_t features = m_data.features.size();
    double *low = m_bounds.data() + node * features * 2;
    double *high = low + features;
    std::fill(low, high, std::numeric_limits<double>::infinity());
    std::fill(high, high + features, -std::numeric_limits<double>::infinity());
    for (std::size_t i = begin; i < end; ++i) {
        const double *point = m_data.values.data() + m_order[i] * features;
        for (std::size_t j = 0; j < features; ++j) {
            low[j] = std::min(low[j], point[j]);
            high[j] = std::max(high[j], point[j]);
        }
    }
    m_nodes[node] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), true};
    if (2 * node + 1 >= m_nodes.size() || end - begin < 2)
        return;
    m_nodes[node].leaf = false;
    std::size_t widest = 0;
    for (std::size_t j = 1; j < features; ++j) {
        if (high[j] - low[j] > high[widest] - low[widest])
            widest = j;
    }
    const std::size_t half = (end - begin) / 2;
    selectNth(std::span(m_order).subspan(begin, end - begin), half, m_data.values.data() + widest,
              features);
    buildNode(2 * node + 1, begin, begin + half);
    buildNode(2 * node + 2, begin + half, end);
}

/// Squared distance from the point to the node's box.
double KnnModel::lowerBound(std::size_t node, std::span<const double> point) const
{
    const double *low = m_bounds.data() + node * point.size() * 2;
    const double *high = low + point.size();
    double sum = 0;
    for (std::size_t j = 0; j < point.size(); ++j) {
        const double below = low[j] - point[j];
        const double above = point[j] - high[j];
        const double half = 0.5 * ((below + std::fabs(below)) + (above + std::fabs(above)));
        sum += half * half;
    }
    return sum;
}

void KnnModel::search(std::size_t node, double bound, std::span<const double> point,
                      NeighbourHeap &heap, std::uint32_t without) const
{
    if (bound > heap.largest())
        return;
    const Node &here = m_nodes[node];
    if (here.leaf) {
        const std::size_t features = point.size();
        const double *row = m_points.data() + here.begin * features;
        for (std::uint32_t i = here.begin; i < here.end; ++i, row += features) {
            double distance = 0;
            for (std::size_t j = 0; j < features; ++j)
                distance += (point[j] - row[j]) * (point[j] - row[j]);
            if (distance < heap.largest() && m_order[i] != without)
                heap.push(distance, m_order[i]);
        }
        return;
    }
    const std::size_t left = 2 * node + 1;
    const double toLeft = lowerBound(left, point);
    const double toRight = lowerBound(left + 1, point);
    if (toLeft <= toRight) {
        search(left, toLeft, point, heap, without);
        search(left + 1, toRight, point, heap, without);
    } else {
        search(left + 1, toRight, point, heap, without);
        search(left, toLeft, point, heap, without);
    }
}

Status KnnModel::query(std::span<const double> features, NeighbourHeap &heap,
                       std::uint32_t without) const
{
    if (features.size() != m_data.features.size()) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("the model expects {} values but got {}", m_data.features.size(),
                                features.size()),
                    fmt::format("send {}", fmt::join(m_data.features, ", ")));
    }
    for (std::size_t i = 0; i < features.size(); ++i) {
        if (!std::isfinite(features[i]))
            return fail(
                ErrorCode::InvalidArgument,
                fmt::format("the value of {} is {}", m_data.features[i], formatDouble(features[i])),
                "send finite numbers");
    }
    heap.reset(m_k);
    search(0, lowerBound(0, features), features, heap, without);
    return {};
}

Status KnnModel::nearestRows(std::span<const double> features, std::vector<Neighbour> &rows,
                             std::uint32_t without) const
{
    thread_local NeighbourHeap heap(1);
    if (auto done = query(features, heap, without); !done)
        return done;
    rows.clear();
    for (std::size_t i = 0; i < m_k; ++i)
        rows.push_back({heap.distances()[i], heap.rows()[i]});
    return {};
}

Status KnnModel::predict(std::span<const double> features, Prediction &out) const
{
    return vote(features, kNone, out);
}

Status KnnModel::predictWithout(std::uint32_t row, Prediction &out) const
{
    if (m_data.labels.size() <= m_k || row >= m_data.labels.size())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("without row {} there are fewer than {} others", row + 1, m_k),
                    "train on more rows");
    const std::size_t width = m_data.features.size();
    return vote(std::span(m_data.values).subspan(row * width, width), row, out);
}

Status KnnModel::vote(std::span<const double> features, std::uint32_t without,
                      Prediction &out) const
{
    // Reused, because this runs for every request.
    thread_local NeighbourHeap heap(1);
    if (auto done = query(features, heap, without); !done)
        return done;
    out.probabilities.assign(m_data.classes.size(), 0);
    for (const std::uint32_t row : heap.rows())
        out.probabilities[m_data.labels[row]] += 1;
    // The first of several largest ones: the smallest class index wins a tie.
    const auto most = std::max_element(out.probabilities.begin(), out.probabilities.end());
    out.classIndex = static_cast<std::size_t>(most - out.probabilities.begin());
    out.label = m_data.classes[out.classIndex];
    for (double &p : out.probabilities)
        p /= m_k;
    return {};
}

Result<std::vector<KnnModel::Neighbour>>
KnnModel::neighbours(std::span<const double> features) const
{
    NeighbourHeap heap(m_k);
    if (auto done = query(features, heap); !done)
        return tl::unexpected(done.error());
    std::vector<Neighbour> result;
    for (std::size_t i = 0; i < m_k; ++i)
        result.push_back({std::sqrt(heap.distances()[i]), heap.rows()[i]});
    std::sort(result.begin(), result.end(), [](const Neighbour &a, const Neighbour &b) {
        return a.distance == b.distance ? a.row < b.row : a.distance < b.distance;
    });
    return result;
}

std::vector<std::pair<std::string, std::string>> KnnModel::parameters() const
{
    return {{"k", std::to_string(m_k)}};
}

std::string KnnModel::serialize() const
{
    const nlohmann::ordered_json json{
        {"format", kFormat},
        {"name", m_name},
        {"k", m_k},
        {"features", m_data.features},
        {"classes", m_data.classes},
        {"values", m_data.values},
        {"labels", m_data.labels},
    };
    return json.dump();
}

Result<std::shared_ptr<const KnnModel>> KnnModel::deserialize(std::string_view bytes)
{
    const auto corrupt = [] {
        return fail(ErrorCode::Corrupt, "the stored model is damaged", "import or train it again");
    };
    try {
        const auto json = nlohmann::json::parse(bytes);
        if (auto known = checkStoredFormat(json, kFormat); !known)
            return tl::unexpected(known.error());
        TrainingData data;
        json.at("features").get_to(data.features);
        json.at("classes").get_to(data.classes);
        json.at("values").get_to(data.values);
        json.at("labels").get_to(data.labels);
        auto model = train(json.at("name").get<std::string>(), std::move(data),
                           json.at("k").get<std::uint32_t>());
        if (!model)
            return corrupt();
        return model;
    } catch (const nlohmann::json::exception &) {
        return corrupt();
    }
}

} // namespace tepal
