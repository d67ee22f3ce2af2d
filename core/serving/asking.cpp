#include "asking.h"

#include <tepal/base/text.h>
#include <tepal/model/rollout.h>
#include <tepal/serving/features.h>
#include <tepal/table/json.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace tepal::serving {
namespace {

/// What a list of recent requests shows of a value: there are only numbers.
double shownNumber(const Value &value)
{
    if (value.kind() == ValueKind::Integral)
        return static_cast<double>(value.asIntegral());
    return value.kind() == ValueKind::Fractional ? value.asFractional()
                                                 : std::numeric_limits<double>::quiet_NaN();
}

} // namespace

Asking::Asking(std::shared_ptr<const Model> model, const std::string &dataset, Journal *journal,
               const std::string &version)
    : m_model(std::move(model))
    , m_dataset(dataset)
    , m_plainModel(m_model->signature().isPlain())
    , m_parser(m_model->signature())
{
    const Signature &signature = m_model->signature();
    if (journal == nullptr)
        return;
    JournalSchema schema{dataset, m_model->featureNames()};
    if (!version.empty())
        schema.segment = {{kVersionTag, version}};
    schema.columns.insert(schema.columns.end(), signature.outputs.begin(), signature.outputs.end());
    if (const auto handle = journal->schema(schema))
        m_schema = *handle;
}

Status Asking::ask(std::string_view body)
{
    m_rowCount = 1;
    m_features.resize(m_model->signature().features.size());
    m_plainRow = m_plainModel && scanFeatures(body, m_features);
    if (m_plainRow) [[likely]]
        return m_model->predict(m_features, m_prediction);
    if (auto parsed = m_parser.parse(body, m_row); !parsed)
        return parsed;
    return m_model->predictValues(m_row, m_prediction);
}

Status Asking::askRows(const ReadRows &read)
{
    m_plainRow = false;
    if (auto parsed = read(m_parser, m_row, m_rowCount); !parsed)
        return parsed;
    if (m_rowCount == 1)
        return m_model->predictValues(m_row, m_prediction);
    if (m_rowCount == 0)
        return {};
    return m_model->predictValueRows(m_row, m_predictions);
}

Result<OrdinaryRow> Asking::ordinaryRow(const OrdinaryRows &rows) const
{
    Result<OrdinaryRow> found = fail(ErrorCode::NotFound, "there is no reference here");
    if (rows)
        found = rows(m_dataset, m_model->signature());
    if (found || found.error().code != ErrorCode::NotFound)
        return found;
    if (auto own = trainingRow(*m_model))
        return std::move(*own);
    return fail(ErrorCode::InvalidArgument,
                "the answer cannot be explained: " + found.error().message,
                found.error().next.empty() ? "set a reference for dataset " + m_dataset
                                           : found.error().next);
}

Result<std::string> Asking::explain(std::string_view body, const OrdinaryRows &ordinary)
{
    m_rowCount = 0;
    m_plainRow = false;
    if (auto parsed = m_parser.parse(body, m_row); !parsed)
        return tl::unexpected(parsed.error());
    const auto usual = ordinaryRow(ordinary);
    if (!usual)
        return tl::unexpected(usual.error());
    auto found = tepal::explain(*m_model, m_row, *usual);
    if (!found)
        return tl::unexpected(found.error());
    std::string json = explanationJson(*m_model, m_row, *found);
    m_prediction = std::move(found->answer);
    m_rowCount = 1;
    return json;
}

std::string_view Asking::answer(std::size_t row)
{
    if (m_model->signature().task == Task::Regression) {
        const auto all = numbers(row);
        m_text.clear();
        if (all.size() == 1)
            m_text = formatDouble(all[0]);
        else
            appendAnswer(row, m_text);
        return m_text;
    }
    // The label belongs to the model, which lives as long as this does.
    return m_rowCount == 1 ? m_prediction.label
                           : std::string_view(m_model->classNames()[m_predictions.classes[row]]);
}

void Asking::appendAnswer(std::size_t row, std::string &out)
{
    if (m_model->signature().task == Task::Regression)
        appendNumbersJson(out, numbers(row));
    else
        appendJsonString(out, answer(row));
}

std::span<const double> Asking::numbers(std::size_t row) const
{
    if (m_rowCount == 1)
        return m_prediction.numbers();
    const std::size_t targets = m_model->signature().targets();
    return std::span(m_predictions.values).subspan(row * targets, targets);
}

std::span<const double> Asking::probabilities(std::size_t row) const
{
    if (m_rowCount == 1)
        return m_prediction.probabilities;
    const std::size_t classes = m_model->classNames().size();
    return m_predictions.probabilities.empty()
               ? std::span<const double>()
               : std::span(m_predictions.probabilities).subspan(row * classes, classes);
}

Append Asking::record(Lane &lane, TimeMs time)
{
    if (m_rowCount == 0)
        return Append::Done;
    if (!m_schema.valid())
        return Append::Failed;
    const Signature &signature = m_model->signature();
    const std::size_t width = signature.features.size();
    m_cells.clear();
    for (std::size_t row = 0; row < m_rowCount; ++row) {
        if (m_plainRow) {
            for (const double feature : m_features)
                m_cells.push_back(Value::fractional(feature));
        } else {
            const auto first = m_row.begin() + static_cast<std::ptrdiff_t>(row * width);
            m_cells.insert(m_cells.end(), first, first + static_cast<std::ptrdiff_t>(width));
        }
        if (signature.task == Task::Regression) {
            for (const double value : numbers(row))
                m_cells.push_back(Value::fractional(value));
            continue;
        }
        m_cells.push_back(Value::string(answer(row)));
        if (signature.outputs.size() > 1) {
            const auto all = probabilities(row);
            m_cells.push_back(Value::fractional(*std::max_element(all.begin(), all.end())));
        }
    }
    return lane.append(m_schema, time, m_cells);
}

void Asking::fill(RecentData &recent)
{
    if (m_rowCount == 0)
        return;
    recent.featureCount = static_cast<std::uint8_t>(
        std::min(m_model->signature().features.size(), recent.features.size()));
    for (std::size_t i = 0; i < recent.featureCount; ++i)
        recent.features[i] = m_plainRow ? m_features[i] : shownNumber(m_row[i]);
    // A regression is as sure of itself as it is; there is no figure for it.
    const auto all = probabilities(0);
    recent.probability = all.empty() ? std::numeric_limits<double>::quiet_NaN()
                                     : *std::max_element(all.begin(), all.end());
    const std::string_view shown = utf8Prefix(answer(0), sizeof recent.predicted - 1);
    std::memcpy(recent.predicted, shown.data(),
                std::min(shown.size(), sizeof recent.predicted - 1));
}

} // namespace tepal::serving
