#include <tepal/base/text.h>
#include <tepal/model/explain.h>
#include <tepal/model/table_knn.h>
#include <tepal/table/json.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tepal {
namespace {

/// The training rows of the two kinds of nearest neighbours, looked at alike.
struct TrainingView
{
    const std::vector<Feature> *features = nullptr;
    std::span<const double> values;
    std::size_t rows = 0;

    double at(std::size_t row, std::size_t feature) const
    {
        return values[row * features->size() + feature];
    }
};

std::optional<TrainingView> viewOf(const Model &model)
{
    if (const auto *plain = dynamic_cast<const KnnModel *>(&model))
        return TrainingView{&plain->signature().features, plain->data().values,
                            plain->data().labels.size()};
    if (const auto *table = dynamic_cast<const TableKnn *>(&model))
        return TrainingView{&table->signature().features, table->table().values,
                            table->table().rows()};
    return std::nullopt;
}

Value shown(const Feature &feature, double value)
{
    if (!feature.categories.empty())
        return Value::string(feature.categories[static_cast<std::size_t>(value)]);
    if (feature.type == FeatureType::Integer)
        return Value::integral(static_cast<std::int64_t>(value));
    return Value::fractional(value);
}

OrdinaryValue ordinaryOf(const TrainingView &table, std::size_t at)
{
    const Feature &feature = (*table.features)[at];
    std::vector<double> column;
    column.reserve(table.rows);
    for (std::size_t row = 0; row < table.rows; ++row)
        column.push_back(table.at(row, at));
    if (feature.categories.empty()) {
        const auto middle = column.begin() + static_cast<std::ptrdiff_t>(column.size() / 2);
        std::nth_element(column.begin(), middle, column.end());
        return ordinaryNumber(feature, *middle);
    }
    std::vector<std::size_t> counts(feature.categories.size(), 0);
    for (const double value : column)
        ++counts[static_cast<std::size_t>(value)];
    const auto most = std::max_element(counts.begin(), counts.end()) - counts.begin();
    OrdinaryValue found;
    found.kind = OrdinaryValue::Kind::Text;
    found.text = feature.categories[static_cast<std::size_t>(most)];
    return found;
}

Result<std::vector<KnnModel::Neighbour>> nearest(const Model &model, std::span<const Value> row)
{
    std::vector<double> encoded(row.size());
    std::size_t unknown = 0;
    if (auto done = encodeRow(model.signature(), row, encoded, unknown); !done)
        return tl::unexpected(done.error());
    if (const auto *plain = dynamic_cast<const KnnModel *>(&model))
        return plain->neighbours(encoded);
    return dynamic_cast<const TableKnn &>(model).neighbours(encoded);
}

Result<std::vector<Neighbour>> neighboursOf(const Model &model, std::span<const Value> row)
{
    std::vector<Neighbour> found;
    const auto view = viewOf(model);
    if (!view)
        return found;
    const auto rows = nearest(model, row);
    if (!rows)
        return tl::unexpected(rows.error());
    const auto *plain = dynamic_cast<const KnnModel *>(&model);
    for (const KnnModel::Neighbour &one : *rows) {
        Neighbour &next = found.emplace_back();
        next.row = one.row;
        next.distance = one.distance;
        if (plain != nullptr) {
            next.label = plain->classNames()[plain->data().labels[one.row]];
        } else {
            const TrainingTable &table = dynamic_cast<const TableKnn &>(model).table();
            if (table.task == Task::Regression)
                next.value = table.targets[one.row];
            else
                next.label = model.classNames()[table.labels[one.row]];
        }
        for (std::size_t i = 0; i < view->features->size(); ++i)
            next.features.push_back(shown((*view->features)[i], view->at(one.row, i)));
    }
    return found;
}

/// What is said of the answer as one number: of the class that was answered, or the number itself.
std::optional<double> figure(const Model &model, const Prediction &prediction, std::size_t answered)
{
    if (model.signature().task == Task::Regression)
        return prediction.value;
    return answered < prediction.probabilities.size()
               ? std::optional(prediction.probabilities[answered])
               : std::nullopt;
}

void appendNumber(std::string &out, double value)
{
    if (std::isfinite(value))
        appendJsonFraction(out, value);
    else
        out += "null"; // JSON has no word for it.
}

void appendValue(std::string &out, const Value &value)
{
    switch (value.kind()) {
    case ValueKind::Boolean:
        out += value.asBoolean() ? "true" : "false";
        break;
    case ValueKind::Integral:
        out += std::to_string(value.asIntegral());
        break;
    case ValueKind::Unsigned:
        out += std::to_string(value.asNatural());
        break;
    case ValueKind::Fractional:
        appendNumber(out, value.asFractional());
        break;
    case ValueKind::String:
        appendJsonString(out, value.asString());
        break;
    default:
        out += "null";
    }
}

void appendLabel(std::string &out, const Model &model, std::string_view label, double value)
{
    if (model.signature().task == Task::Regression)
        appendNumber(out, value);
    else
        appendJsonString(out, label);
}

void appendEffect(std::string &out, const Model &model, std::span<const Value> row,
                  const FeatureEffect &effect)
{
    out += out.back() == '[' ? "{\"feature\":" : ",{\"feature\":";
    appendJsonString(out, model.featureNames()[effect.feature]);
    out += ",\"value\":";
    appendValue(out, row[effect.feature]);
    if (effect.replacedBy.kind == OrdinaryValue::Kind::Unknown) {
        out += ",\"effect\":null,\"why\":";
        appendJsonString(out, effect.replacedBy.text);
        out += '}';
        return;
    }
    out += ",\"replaced_by\":";
    appendValue(out, effect.replacedBy.value());
    out += ",\"effect\":";
    if (effect.effect)
        appendNumber(out, *effect.effect);
    else
        out += "null";
    if (model.signature().task == Task::Classification) {
        out += ",\"answer\":";
        appendJsonString(out, effect.label);
    }
    out += '}';
}

void appendNeighbour(std::string &out, const Model &model, const Neighbour &one)
{
    out += out.back() == '[' ? "{" : ",{";
    out += fmt::format("\"row\":{},\"distance\":", one.row);
    appendNumber(out, one.distance);
    out += ",\"label\":";
    appendLabel(out, model, one.label, one.value);
    out += ",\"features\":{";
    for (std::size_t i = 0; i < one.features.size(); ++i) {
        out += i > 0 ? "," : "";
        appendJsonString(out, model.featureNames()[i]);
        out += ':';
        appendValue(out, one.features[i]);
    }
    out += "}}";
}

} // namespace

Value OrdinaryValue::value() const
{
    switch (kind) {
    case Kind::Number:
        return Value::fractional(number);
    case Kind::Integer:
        return Value::integral(integer);
    case Kind::Text:
        return Value::string(text);
    case Kind::Unknown:
        break;
    }
    return Value::null();
}

OrdinaryValue ordinaryNumber(const Feature &feature, double median)
{
    constexpr double kLargest = 9e15; // Beyond it a double is no longer a count.
    OrdinaryValue found;
    if (!std::isfinite(median)) {
        found.text = "its median is not finite";
    } else if (feature.type == FeatureType::Integer && std::fabs(median) < kLargest) {
        found.kind = OrdinaryValue::Kind::Integer;
        found.integer = static_cast<std::int64_t>(std::floor(median));
    } else {
        found.kind = OrdinaryValue::Kind::Number;
        found.number = median;
    }
    return found;
}

std::optional<OrdinaryRow> trainingRow(const Model &model)
{
    const auto view = viewOf(model);
    if (!view)
        return std::nullopt;
    OrdinaryRow row;
    row.from = fmt::format("the {} rows that the model learned from", view->rows);
    for (std::size_t i = 0; i < view->features->size(); ++i)
        row.values.push_back(ordinaryOf(*view, i));
    return row;
}

Result<Explanation> explain(const Model &model, std::span<const Value> row,
                            const OrdinaryRow &ordinary)
{
    const std::size_t width = model.signature().features.size();
    if (width > kMostExplained)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("the model has {} features, and an answer is explained for up to "
                                "{}, because each costs a prediction",
                                width, kMostExplained),
                    "ask for the answer alone");
    Explanation found;
    found.from = ordinary.from;
    if (auto done = model.predictValues(row, found.answer); !done)
        return tl::unexpected(done.error());
    const std::size_t answered = found.answer.classIndex;
    const auto whole = figure(model, found.answer, answered);
    found.effects.reserve(width);
    std::vector<Value> changed(row.begin(), row.end());
    Prediction other;
    for (std::size_t i = 0; i < width; ++i) {
        FeatureEffect &effect = found.effects.emplace_back();
        effect.feature = i;
        effect.replacedBy = ordinary.values[i];
        if (effect.replacedBy.kind == OrdinaryValue::Kind::Unknown)
            continue;
        changed[i] = effect.replacedBy.value();
        if (auto done = model.predictValues(changed, other); !done)
            return failWith(
                fmt::format("with {} replaced as in {}", model.featureNames()[i], ordinary.from),
                done.error());
        changed[i] = row[i];
        effect.label = other.label;
        if (const auto without = figure(model, other, answered); whole && without)
            effect.effect = *whole - *without;
    }
    auto neighbours = neighboursOf(model, row);
    if (!neighbours)
        return tl::unexpected(neighbours.error());
    found.neighbours = std::move(*neighbours);
    return found;
}

std::string explanationJson(const Model &model, std::span<const Value> row,
                            const Explanation &explanation)
{
    std::string out = "{\"answer\":";
    const Prediction &answer = explanation.answer;
    if (model.signature().targets() > 1) {
        appendNumbersJson(out, answer.numbers());
        // Effects are differences of one number.
        out += ",\"effects_on\":";
        appendJsonString(out, model.signature().outputs[0]);
    } else {
        appendLabel(out, model, answer.label, answer.value);
    }
    if (!answer.probabilities.empty()) {
        out += ",\"probabilities\":{";
        for (std::size_t i = 0; i < answer.probabilities.size(); ++i) {
            out += i > 0 ? "," : "";
            appendJsonString(out, model.classNames()[i]);
            out += ':';
            appendNumber(out, answer.probabilities[i]);
        }
        out += '}';
    }
    out += ",\"replaced_from\":";
    appendJsonString(out, explanation.from);
    out += ",\"effects\":[";
    for (const FeatureEffect &effect : explanation.effects)
        appendEffect(out, model, row, effect);
    out += ']';
    if (!explanation.neighbours.empty()) {
        out += ",\"neighbours\":[";
        for (const Neighbour &one : explanation.neighbours)
            appendNeighbour(out, model, one);
        out += ']';
    }
    return out + "}";
}

} // namespace tepal
