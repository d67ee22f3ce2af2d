#include "leaves.h"

#include <tepal/base/text.h>
#include <tepal/serving/row.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tepal {
namespace {

tl::unexpected<Error> refuse(const Signature &signature, std::string message)
{
    return fail(ErrorCode::InvalidArgument, std::move(message),
                signature.features.size() > 50 ? std::string("see /docs.json for a sample")
                                               : "send one row like " + sampleRow(signature));
}

/// What was sent as its feature's type. A value that is none is left as it is: what the model then
/// says about it names the feature.
Result<Value> typed(const Signature &signature, const Feature &feature, const Value &value)
{
    if (feature.type == FeatureType::Text || value.kind() == ValueKind::Tensor ||
        value.kind() == ValueKind::Object || value.isNull())
        return value;
    double number = 0;
    switch (value.kind()) {
    case ValueKind::String: {
        const auto parsed = numberInText(value.asString());
        if (!parsed)
            return refuse(signature,
                          fmt::format("the value of {} is a text that is not a number: \"{}\"",
                                      feature.name, utf8Prefix(value.asString(), 40)));
        number = *parsed;
        break;
    }
    case ValueKind::Boolean:
        number = value.asBoolean() ? 1 : 0;
        break;
    case ValueKind::Integral:
        if (feature.type == FeatureType::Integer)
            return value;
        number = static_cast<double>(value.asIntegral());
        break;
    case ValueKind::Unsigned:
        number = static_cast<double>(value.asNatural());
        break;
    default:
        number = value.asFractional();
    }
    if (std::isnan(number))
        return Value::null();
    if (std::isinf(number))
        return refuse(
            signature,
            fmt::format("the value of {} is infinite or too large for a number", feature.name));
    if (feature.type == FeatureType::Integer && number == std::trunc(number) &&
        std::fabs(number) < 9e15)
        return Value::integral(static_cast<std::int64_t>(number));
    return Value::fractional(number);
}

Value valueOf(const JsonNode &node)
{
    switch (node.type) {
    case JsonType::Null:
        return Value::null();
    case JsonType::Boolean:
        return Value::boolean(node.boolean);
    case JsonType::Integer:
        return Value::integral(node.integer);
    case JsonType::Unsigned:
    case JsonType::BigInteger:
    case JsonType::Float:
        return Value::fractional(node.asDouble());
    case JsonType::String:
        return Value::string(node.string());
    default:
        return Value::object();
    }
}

/// Leaves as the features they are of.
class Cells
{
public:
    Cells(const Signature &signature, std::vector<Value> &row)
        : m_signature(signature)
        , m_row(row)
    {}
    std::size_t expected() const { return m_signature.features.size(); }
    tl::unexpected<Error> refuse(std::string message) const
    {
        return tepal::refuse(m_signature, std::move(message));
    }
    Status leaf(const JsonNode &node, std::size_t at)
    {
        if (at >= expected())
            return {}; // Too many, which is said at the end.
        const Feature &feature = m_signature.features[at];
        if (node.type == JsonType::Object)
            return refuse(fmt::format("the value of {} is an object", feature.name));
        auto value = typed(m_signature, feature, valueOf(node));
        if (!value)
            return tl::unexpected(value.error());
        m_row[at] = *value;
        return {};
    }

private:
    const Signature &m_signature;
    std::vector<Value> &m_row;
};

/// An object whose members are no tables of their own.
bool isFlat(const JsonDocument &json, std::uint32_t object)
{
    for (std::uint32_t at = object + 1; at < json.at(object).end;) {
        const std::uint32_t value = json.at(at).end;
        if (json.at(value).type == JsonType::Object || json.at(value).type == JsonType::Array)
            return false;
        at = json.at(value).end;
    }
    return true;
}

} // namespace

RowParser::RowParser(const Signature &signature)
    : m_signature(&signature)
{
    for (std::size_t i = 0; i < signature.features.size(); ++i)
        m_index.emplace(signature.features[i].name, i);
}

Status RowParser::parse(std::string_view body, std::vector<Value> &row)
{
    row.assign(m_signature->features.size(), Value::null());
    if (auto parsed = m_json.parse(body); !parsed)
        return refuse(*m_signature, parsed.error().message);
    const JsonNode &root = m_json.at(m_json.root());
    const bool rowsByName = root.type == JsonType::Array && root.size > 0 &&
                            m_json.at(m_json.root() + 1).type == JsonType::Object;
    if (root.type == JsonType::Object || rowsByName)
        return byNames(row);
    Cells cells(*m_signature, row);
    return Leaves(m_json, cells).collect();
}

Status RowParser::byNames(std::vector<Value> &row)
{
    const JsonNode &root = m_json.at(m_json.root());
    const std::uint32_t object = root.type == JsonType::Object ? m_json.root() : m_json.root() + 1;
    if (root.type == JsonType::Array && root.size > 1)
        return refuse(*m_signature, fmt::format("the body holds {} rows, but this route answers "
                                                "one",
                                                root.size));
    m_seen.assign(row.size(), false);
    if (!isFlat(m_json, object))
        return byColumns(row);
    for (std::uint32_t at = object + 1; at < m_json.at(object).end;) {
        const std::uint32_t value = m_json.at(at).end;
        if (auto done = place(m_json.at(at).string(), valueOf(m_json.at(value)), row); !done)
            return done;
        at = m_json.at(value).end;
    }
    return nothingAbsent();
}

/// A data frame in any of the forms that pandas writes.
Status RowParser::byColumns(std::vector<Value> &row)
{
    const auto frame = table::readFrame(m_json);
    if (!frame)
        return refuse(*m_signature, frame.error().message);
    if (frame->rows != 1)
        return refuse(*m_signature, fmt::format("the body holds {} rows, but this route answers "
                                                "one",
                                                frame->rows));
    return named(*frame, 0, row);
}

Status RowParser::named(const table::Frame &frame, std::size_t row, std::vector<Value> &cells)
{
    cells.assign(m_signature->features.size(), Value::null());
    m_seen.assign(cells.size(), false);
    for (std::size_t i = 0; i < frame.columns.size(); ++i) {
        if (auto done = place(frame.columns[i], frame.at(row, i), cells); !done)
            return done;
    }
    return nothingAbsent();
}

Result<std::size_t> RowParser::indexOf(std::string_view feature) const
{
    const auto at = m_index.find(feature);
    if (at == m_index.end())
        return refuse(*m_signature,
                      fmt::format("the model has no feature \"{}\"", utf8Prefix(feature, 60)));
    return at->second;
}

tl::unexpected<Error> RowParser::refuseRows(std::string message) const
{
    return refuse(*m_signature, std::move(message));
}

Status RowParser::cell(const JsonDocument &json, std::uint32_t value, std::size_t feature,
                       std::size_t row, std::vector<Value> &cells) const
{
    const Feature &of = m_signature->features[feature];
    const JsonNode &node = json.at(value);
    if (node.type == JsonType::Object || node.type == JsonType::Array)
        return refuse(*m_signature, fmt::format("the value of {} is a list or an object", of.name));
    return cell(valueOf(node), feature, row, cells);
}

Status RowParser::cell(const Value &value, std::size_t feature, std::size_t row,
                       std::vector<Value> &cells) const
{
    auto made = typed(*m_signature, m_signature->features[feature], value);
    if (!made)
        return tl::unexpected(made.error());
    cells[row * m_signature->features.size() + feature] = *made;
    return {};
}

Status RowParser::place(std::string_view name, const Value &value, std::vector<Value> &row)
{
    const auto at = indexOf(name);
    if (!at)
        return tl::unexpected(at.error());
    auto cell = typed(*m_signature, m_signature->features[*at], value);
    if (!cell)
        return tl::unexpected(cell.error());
    row[*at] = *cell;
    m_seen[*at] = true;
    return {};
}

/// A name that is not there may be one that was misspelt; a value that is missing is said as null.
Status RowParser::nothingAbsent() const
{
    std::string absent;
    std::size_t count = 0;
    for (std::size_t i = 0; i < m_seen.size(); ++i) {
        if (!m_seen[i] && count++ < 8)
            absent += (absent.empty() ? "" : ", ") + m_signature->features[i].name;
    }
    if (count == 0)
        return {};
    if (count > 8)
        absent += fmt::format(" and {} more", count - 8);
    const bool canMiss = m_signature->allowsMissing();
    return fail(ErrorCode::InvalidArgument, fmt::format("the body has no {}", absent),
                canMiss ? "send every feature; null where a value is missing"
                        : "send every feature");
}

} // namespace tepal
