#include <tepal/base/text.h>
#include <tepal/model/signature.h>
#include <tepal/table/cells.h>
#include <tepal/table/json.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_set>

namespace tepal {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Status refuse(const Feature &feature, std::string_view what, std::string next)
{
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the value of {} is {}", feature.name, what), std::move(next));
}

/// The text that stands for a value among categories; `buffer` is room for a number.
std::string_view categoryText(const Value &value, std::span<char> buffer)
{
    const auto written = [&](auto number) {
        const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
        return std::string_view(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
    };
    switch (value.kind()) {
    case ValueKind::String:
        return value.asString();
    case ValueKind::Boolean:
        return value.asBoolean() ? "true" : "false";
    case ValueKind::Integral:
        return written(value.asIntegral());
    case ValueKind::Unsigned:
        return written(value.asNatural());
    case ValueKind::Fractional:
        // 3.0 is the category 3: data frames make fractions of whole numbers beside gaps.
        if (std::fabs(value.asFractional()) < 1e15 &&
            value.asFractional() == std::trunc(value.asFractional()))
            return written(static_cast<std::int64_t>(value.asFractional()));
        return written(value.asFractional());
    default:
        return {};
    }
}

Status missing(const Feature &feature, double &out)
{
    if (!feature.missing)
        return refuse(feature, "missing", "send a value: this model does not do without one");
    out = kNaN;
    return {};
}

Status category(const Feature &feature, const Value &value, double &out, std::size_t &unknown)
{
    char buffer[40];
    const std::string_view text = categoryText(value, buffer);
    const auto at = std::find(feature.categories.begin(), feature.categories.end(), text);
    if (at != feature.categories.end()) {
        out = static_cast<double>(at - feature.categories.begin());
        return {};
    }
    if (feature.unknownIsMissing && feature.missing) {
        ++unknown;
        out = kNaN;
        return {};
    }
    std::string known;
    for (std::size_t i = 0; i < std::min<std::size_t>(feature.categories.size(), 8); ++i)
        known += fmt::format("{}\"{}\"", i > 0 ? ", " : "", feature.categories[i]);
    if (feature.categories.size() > 8)
        known += fmt::format(" and {} more", feature.categories.size() - 8);
    return refuse(feature, fmt::format("\"{}\", which the model does not know", text),
                  fmt::format("it knows {}", known));
}

Status number(const Feature &feature, const Value &value, double &out)
{
    switch (value.kind()) {
    case ValueKind::Boolean:
        out = value.asBoolean() ? 1 : 0;
        return {};
    case ValueKind::Integral:
        out = static_cast<double>(value.asIntegral());
        return {};
    case ValueKind::Unsigned:
        out = static_cast<double>(value.asNatural());
        return {};
    case ValueKind::Fractional:
        out = value.asFractional();
        if (std::isinf(out))
            return refuse(feature, "infinite", "send finite numbers");
        if (feature.type == FeatureType::Integer && out != std::trunc(out))
            return refuse(feature, formatDouble(out), "send a whole number");
        return {};
    case ValueKind::String:
        return refuse(feature, fmt::format("the text \"{}\"", utf8Prefix(value.asString(), 40)),
                      "send a number");
    default:
        return refuse(feature, "an array or an object", "send a number");
    }
}

Status encode(const Feature &feature, const Value &value, double &out, std::size_t &unknown)
{
    if (value.isNull() ||
        (value.kind() == ValueKind::Fractional && std::isnan(value.asFractional())))
        return missing(feature, out);
    if (value.kind() == ValueKind::Tensor || value.kind() == ValueKind::Object)
        return refuse(feature, "an array or an object", "send one value");
    if (!feature.categories.empty())
        return category(feature, value, out, unknown);
    if (feature.type == FeatureType::Text)
        return fail(ErrorCode::Unsupported,
                    fmt::format("{} takes any text, which is no number", feature.name));
    return number(feature, value, out);
}

/// A value as a person writes it.
Result<Value> written(const Feature &feature, const std::string &cell)
{
    if (feature.type == FeatureType::Text)
        return cell.empty() && feature.missing ? Value::null() : Value::string(cell);
    if (cell.empty())
        return Value::null();
    const bool category = !feature.categories.empty();
    if (const auto whole = table::integerOf(cell, {});
        whole && (category || feature.type == FeatureType::Integer))
        return Value::integral(*whole);
    const auto number = table::fractionOf(cell, {});
    if (!number)
        return fail(
            ErrorCode::InvalidArgument,
            fmt::format("the value of {} is no number: \"{}\"", feature.name, utf8Prefix(cell, 40)),
            "write it like 5.1");
    return Value::fractional(*number);
}

Status wrongWidth(const Signature &signature, std::size_t given)
{
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(signature.features.size(), 20); ++i)
        names += (i > 0 ? ", " : "") + signature.features[i].name;
    if (signature.features.size() > 20)
        names += fmt::format(" and {} more", signature.features.size() - 20);
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("the model expects {} values but got {}", signature.features.size(), given),
        "send " + names);
}

Status checkNames(const std::vector<std::string> &names, std::string_view what)
{
    std::unordered_set<std::string_view> seen;
    for (const std::string &name : names) {
        if (name.empty())
            return fail(ErrorCode::InvalidArgument, fmt::format("a {} has no name", what),
                        "give every one a name");
        if (!isUtf8(name))
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("the name of a {} is not UTF-8", what), "give other names");
        if (!seen.insert(name).second)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("two {}{} are called \"{}\"", what,
                                    what.ends_with('s') ? "es" : "s", name),
                        fmt::format("give every {} a name of its own", what));
    }
    return {};
}

} // namespace

std::string_view featureTypeName(FeatureType type)
{
    switch (type) {
    case FeatureType::Number:
        return "number";
    case FeatureType::Integer:
        return "integer";
    case FeatureType::Text:
        return "text";
    }
    return "number";
}

std::string_view taskName(Task task)
{
    return task == Task::Classification ? "classification" : "regression";
}

bool Signature::isPlain() const
{
    return std::all_of(features.begin(), features.end(), [](const Feature &feature) {
        return feature.type == FeatureType::Number && feature.categories.empty();
    });
}

bool Signature::allowsMissing() const
{
    return std::any_of(features.begin(), features.end(),
                       [](const Feature &feature) { return feature.missing; });
}

std::vector<std::string> featureNames(const Signature &signature)
{
    std::vector<std::string> names;
    names.reserve(signature.features.size());
    for (const Feature &feature : signature.features)
        names.push_back(feature.name);
    return names;
}

std::vector<std::string> outputNames(Task task, bool probabilities)
{
    std::vector<std::string> names;
    names.emplace_back(task == Task::Regression ? kValueOutput : kClassOutput);
    if (task == Task::Classification && probabilities)
        names.emplace_back(kProbabilityOutput);
    return names;
}

Status checkSignature(const Signature &signature)
{
    if (signature.features.empty())
        return fail(ErrorCode::InvalidArgument, "the model has no features",
                    "give it at least one column to judge by");
    const auto names = featureNames(signature);
    if (auto checked = checkNames(names, "feature"); !checked)
        return checked;
    for (const std::string &name : names) {
        if (std::find(signature.outputs.begin(), signature.outputs.end(), name) !=
            signature.outputs.end())
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("a feature is called \"{}\", which is the column that the "
                                    "model's answer is logged as",
                                    name),
                        "give that feature another name");
    }
    if (signature.task == Task::Regression)
        return {};
    if (signature.classes.size() < 2)
        return fail(ErrorCode::InvalidArgument, "the model tells fewer than two classes apart",
                    "give it at least two");
    return checkNames(signature.classes, "class");
}

Status encodeRow(const Signature &signature, std::span<const Value> row, std::span<double> out,
                 std::size_t &unknown)
{
    if (row.size() != signature.features.size() || out.size() != row.size())
        return wrongWidth(signature, row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (auto done = encode(signature.features[i], row[i], out[i], unknown); !done)
            return done;
    }
    return {};
}

Status checkRow(const Signature &signature, std::span<const double> row)
{
    if (row.size() != signature.features.size())
        return wrongWidth(signature, row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        const Feature &feature = signature.features[i];
        const double value = row[i];
        if (std::isnan(value)) {
            double ignored = 0;
            if (auto done = missing(feature, ignored); !done)
                return done;
        } else if (std::isinf(value)) {
            return refuse(feature, "infinite", "send finite numbers");
        } else if (!feature.categories.empty()) {
            if (value < 0 || value >= static_cast<double>(feature.categories.size()))
                return refuse(feature, "none of its categories", "send one that is known");
        } else if (feature.type == FeatureType::Integer && value != std::trunc(value)) {
            return refuse(feature, formatDouble(value), "send a whole number");
        }
    }
    return {};
}

Result<std::vector<Value>> parseRow(const Signature &signature, std::span<const std::string> cells)
{
    if (cells.size() != signature.features.size())
        return tl::unexpected(wrongWidth(signature, cells.size()).error());
    std::vector<Value> row;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto value = written(signature.features[i], cells[i]);
        if (!value)
            return tl::unexpected(value.error());
        row.push_back(*value);
    }
    return row;
}

std::vector<std::string> sampleCells(const Signature &signature)
{
    std::vector<std::string> cells;
    for (const Feature &feature : signature.features) {
        if (!feature.categories.empty()) {
            const auto at = static_cast<std::size_t>(feature.sample);
            cells.push_back(feature.categories[at < feature.categories.size() ? at : 0]);
        } else if (feature.type == FeatureType::Text) {
            cells.emplace_back("a");
        } else if (feature.type == FeatureType::Integer) {
            cells.push_back(fmt::format("{}", static_cast<std::int64_t>(feature.sample)));
        } else {
            cells.push_back(formatDouble(feature.sample));
        }
    }
    return cells;
}

std::string rowJson(std::span<const Value> row)
{
    std::string out = "[[";
    for (std::size_t i = 0; i < row.size(); ++i) {
        out += i > 0 ? ", " : "";
        const Value &value = row[i];
        if (value.kind() == ValueKind::String)
            appendJsonString(out, value.asString());
        else if (value.kind() == ValueKind::Integral)
            out += fmt::format("{}", value.asIntegral());
        else if (value.kind() == ValueKind::Fractional)
            appendJsonFraction(out, value.asFractional());
        else if (value.kind() == ValueKind::Boolean)
            out += value.asBoolean() ? "true" : "false";
        else
            out += "null";
    }
    return out + "]]";
}

std::string requestLine(std::string_view rowJson, std::string_view url)
{
    // Within single quotes a shell takes everything as it is but the quote itself.
    std::string row;
    for (const char c : rowJson)
        row += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return fmt::format("curl -H 'Content-Type: application/json' -d '{}' {}", row, url);
}

std::string sampleRow(const Signature &signature)
{
    const auto cells = sampleCells(signature);
    const auto row = parseRow(signature, cells);
    // Samples are values of their features.
    return rowJson(row.value_or(std::vector<Value>(cells.size(), Value::null())));
}

std::string sampleRequest(const Signature &signature, std::string_view url)
{
    return requestLine(sampleRow(signature), url);
}

} // namespace tepal
