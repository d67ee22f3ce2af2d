#include "signature_json.h"
#include "stored_format.h"

#include <tepal/base/text.h>
#include <tepal/model/evaluate.h>
#include <tepal/model/table_knn.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tepal {
namespace {

/// The first that plain KnnModel does not read.
constexpr int kFormat = 2;
/// Of all rows, with a column for every category: half a gigabyte.
constexpr std::size_t kMaxValues = std::size_t{64} << 20;

Status checkTable(const TrainingTable &table)
{
    const std::size_t width = table.features.size();
    if (width == 0 || table.rows() == 0)
        return fail(ErrorCode::InvalidArgument, "the training data has no rows or no features",
                    "give at least one row and one column besides the label");
    if (table.values.size() / width != table.rows() || table.values.size() % width != 0)
        return fail(ErrorCode::InvalidArgument,
                    "the training data has not as many rows of values as labels",
                    "give every row a label");
    std::size_t columns = 0;
    for (const Feature &feature : table.features)
        columns += std::max<std::size_t>(1, feature.categories.size());
    if (table.rows() > kMaxValues / columns)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} rows of {} columns are more than {} values", table.rows(),
                                columns, kMaxValues),
                    "learn from a sample of the rows");
    for (std::size_t i = 0; i < table.values.size(); ++i) {
        const Feature &feature = table.features[i % width];
        const double value = table.values[i];
        if (!feature.categories.empty() &&
            !(value >= 0 && value < static_cast<double>(feature.categories.size())))
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("a value of {} is none of its categories", feature.name));
    }
    for (const double target : table.targets) {
        if (!std::isfinite(target))
            return fail(ErrorCode::InvalidArgument, "a value to be learned is no finite number",
                        "remove that row");
    }
    return {};
}

} // namespace

Result<std::shared_ptr<const TableKnn>> TableKnn::train(std::string name, TrainingTable table,
                                                        std::uint32_t k, bool standardize)
{
    if (auto checked = checkTable(table); !checked)
        return tl::unexpected(checked.error());
    std::shared_ptr<TableKnn> model(new TableKnn());
    model->m_signature.features = table.features;
    model->m_signature.task = table.task;
    model->m_signature.classes = table.classes;
    model->m_signature.outputs = outputNames(table.task, true);
    if (auto checked = checkSignature(model->m_signature); !checked)
        return tl::unexpected(checked.error());
    model->m_names = tepal::featureNames(model->m_signature);
    model->m_table = std::move(table);
    model->m_standardize = standardize;
    model->scale();

    const TrainingTable &from = model->m_table;
    TrainingData data;
    for (const Feature &feature : from.features) {
        if (feature.categories.empty())
            data.features.push_back(feature.name);
        for (const std::string &category : feature.categories)
            data.features.push_back(feature.name + "=" + category);
    }
    std::vector<double> prepared;
    const std::size_t width = from.features.size();
    for (std::size_t row = 0; row < from.rows(); ++row) {
        model->prepare(std::span(from.values).subspan(row * width, width), prepared);
        data.values.insert(data.values.end(), prepared.begin(), prepared.end());
    }
    if (from.task == Task::Classification) {
        data.classes = from.classes;
        data.labels = from.labels;
    } else {
        data.classes.emplace_back(kValueOutput);
        data.labels.assign(from.rows(), 0);
    }
    auto index = KnnModel::train(std::move(name), std::move(data), k);
    if (!index)
        return tl::unexpected(index.error());
    model->m_index = std::move(*index);
    return std::shared_ptr<const TableKnn>(std::move(model));
}

/// Sums in the order of the rows and with the correction that scikit-learn makes, so that equal
/// distances stay equal.
void TableKnn::scale()
{
    const std::size_t width = m_table.features.size();
    m_means.assign(width, 0);
    m_scales.assign(width, 1);
    if (!m_standardize)
        return;
    const auto rows = static_cast<double>(m_table.rows());
    for (std::size_t i = 0; i < width; ++i) {
        if (!m_table.features[i].categories.empty())
            continue;
        double sum = 0;
        for (std::size_t at = i; at < m_table.values.size(); at += width)
            sum += m_table.values[at];
        const double mean = sum / rows;
        double correction = 0;
        double squares = 0;
        for (std::size_t at = i; at < m_table.values.size(); at += width) {
            const double away = m_table.values[at] - mean;
            correction += away;
            squares += away * away;
        }
        squares -= correction * correction / rows;
        const double variance = squares / rows;
        m_means[i] = mean;
        // What rounding leaves of a column that is the same everywhere is no spread.
        constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
        const double noise = rows * mean * kEpsilon;
        if (variance > rows * kEpsilon * variance + noise * noise)
            m_scales[i] = std::sqrt(variance);
    }
}

void TableKnn::prepare(std::span<const double> row, std::vector<double> &out) const
{
    out.clear();
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::size_t categories = m_table.features[i].categories.size();
        if (categories == 0) {
            out.push_back(m_standardize ? (row[i] - m_means[i]) / m_scales[i] : row[i]);
            continue;
        }
        out.resize(out.size() + categories, 0.0);
        out[out.size() - categories + static_cast<std::size_t>(row[i])] = 1;
    }
}

double TableKnn::mean(std::vector<KnnModel::Neighbour> &rows) const
{
    using Neighbour = KnnModel::Neighbour;
    std::sort(rows.begin(), rows.end(), [](const Neighbour &a, const Neighbour &b) {
        return a.distance == b.distance ? a.row < b.row : a.distance < b.distance;
    });
    double sum = 0;
    for (const Neighbour &one : rows)
        sum += m_table.targets[one.row];
    return sum / static_cast<double>(rows.size());
}

Status TableKnn::predict(std::span<const double> features, Prediction &out) const
{
    if (auto checked = checkRow(m_signature, features); !checked)
        return checked;
    thread_local std::vector<double> prepared;
    prepare(features, prepared);
    out.unknownCategories = 0;
    if (m_table.task == Task::Classification)
        return m_index->predict(prepared, out);
    thread_local std::vector<KnnModel::Neighbour> rows;
    if (auto done = m_index->nearestRows(prepared, rows); !done)
        return done;
    out.value = mean(rows);
    out.values.clear();
    out.probabilities.clear();
    out.label = {};
    return {};
}

Result<std::vector<KnnModel::Neighbour>>
TableKnn::neighbours(std::span<const double> features) const
{
    if (auto checked = checkRow(m_signature, features); !checked)
        return tl::unexpected(checked.error());
    std::vector<double> prepared;
    prepare(features, prepared);
    return m_index->neighbours(prepared);
}

Status TableKnn::predictWithout(std::uint32_t row, Prediction &out) const
{
    out.unknownCategories = 0;
    if (m_table.task == Task::Classification || m_table.rows() <= k() || row >= m_table.rows())
        return m_index->predictWithout(row, out);
    const std::size_t width = m_index->featureNames().size();
    const auto point = std::span(m_index->data().values).subspan(row * width, width);
    thread_local std::vector<KnnModel::Neighbour> rows;
    if (auto done = m_index->nearestRows(point, rows, row); !done)
        return done;
    out.value = mean(rows);
    out.values.clear();
    out.probabilities.clear();
    out.label = {};
    return {};
}

std::optional<LeaveOneOut> TableKnn::leaveOneOut(std::size_t most) const
{
    const auto evaluation = evaluateLeaveOneOut(*this, most);
    if (!evaluation)
        return std::nullopt;
    return LeaveOneOut{evaluation->rows.answered, evaluation->classes.accuracy.value,
                       evaluation->numbers.rmse, evaluation->numbers.r2};
}

std::vector<std::pair<std::string, std::string>> TableKnn::parameters() const
{
    return {{"k", std::to_string(k())}, {"standardize", m_standardize ? "yes" : "no"}};
}

std::string TableKnn::serialize() const
{
    nlohmann::ordered_json json{
        {"format", kFormat},
        {"name", name()},
        {"k", k()},
        {"standardize", m_standardize},
        {"signature", signatureToJson(m_signature)},
        {"values", m_table.values},
    };
    if (m_table.task == Task::Classification)
        json["labels"] = m_table.labels;
    else
        json["targets"] = m_table.targets;
    return json.dump();
}

Result<std::shared_ptr<const TableKnn>> TableKnn::deserialize(std::string_view bytes)
{
    const auto corrupt = [] {
        return fail(ErrorCode::Corrupt, "the stored model is damaged", "import or train it again");
    };
    try {
        const auto json = nlohmann::json::parse(bytes);
        if (auto known = checkStoredFormat(json, kFormat); !known)
            return tl::unexpected(known.error());
        TrainingTable table;
        Signature signature = signatureFromJson(json.at("signature"));
        table.features = std::move(signature.features);
        table.classes = std::move(signature.classes);
        table.task = signature.task;
        json.at("values").get_to(table.values);
        if (table.task == Task::Classification)
            json.at("labels").get_to(table.labels);
        else
            json.at("targets").get_to(table.targets);
        auto model = train(json.at("name").get<std::string>(), std::move(table),
                           json.at("k").get<std::uint32_t>(), json.at("standardize").get<bool>());
        if (!model)
            return corrupt();
        return model;
    } catch (const nlohmann::json::exception &) {
        return corrupt();
    }
}

} // namespace tepal
