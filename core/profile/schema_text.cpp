// The choices for a dataset as a JSON document, and back.

#include <tepal/base/text.h>
#include <tepal/profile/schema.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace tepal {
namespace {

using Json = nlohmann::json;
using Comparison = Condition::Comparison;

constexpr std::size_t kMaxNameBytes = 200;
/// In a whole schema: a compiled expression takes up to a megabyte.
constexpr std::size_t kMaxConditions = 1000;

struct NamedKind
{
    const char *name;
    ValueKind kind;
};
constexpr std::array<NamedKind, 6> kKinds{{{"integral", ValueKind::Integral},
                                           {"fractional", ValueKind::Fractional},
                                           {"boolean", ValueKind::Boolean},
                                           {"string", ValueKind::String},
                                           {"object", ValueKind::Object},
                                           {"tensor", ValueKind::Tensor}}};

struct NamedMetric
{
    const char *name;
    bool ColumnSchema::*kept;
};
constexpr std::array<NamedMetric, 4> kMetrics{{{"distribution", &ColumnSchema::distribution},
                                               {"cardinality", &ColumnSchema::cardinality},
                                               {"frequent-items", &ColumnSchema::frequentItems},
                                               {"ints", &ColumnSchema::ints}}};

struct NamedComparison
{
    const char *name;
    Comparison comparison;
};
constexpr std::array<NamedComparison, 6> kComparisons{{{"less", Comparison::Less},
                                                       {"at-most", Comparison::LessEqual},
                                                       {"equal", Comparison::Equal},
                                                       {"not-equal", Comparison::NotEqual},
                                                       {"at-least", Comparison::GreaterEqual},
                                                       {"greater", Comparison::Greater}}};

/// The way from the top to what is being read, for messages.
class Place
{
public:
    Place() = default;
    Place inner(std::string_view key) const
    {
        Place place = *this;
        if (!m_path.empty())
            place.m_path += '.';
        place.m_path += key;
        return place;
    }
    tl::unexpected<Error> error(std::string_view what, std::string next) const
    {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{}: {}", m_path.empty() ? "the schema" : m_path, what),
                    std::move(next));
    }

private:
    std::string m_path;
};

/// "line 3, column 7" of a byte, both from 1.
std::string lineAndColumn(std::string_view text, std::size_t byte)
{
    const std::string_view before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t start = before.rfind('\n');
    return fmt::format("line {}, column {}", line,
                       before.size() - (start == before.npos ? 0 : start + 1) + 1);
}

/// The document; a key that stands twice in one object is an error, where others let the last win.
Result<Json> parseJson(std::string_view text)
{
    if (text.size() > kMaxSchemaBytes)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("the schema is larger than {} KiB", kMaxSchemaBytes >> 10),
                    "choose by types what is the same for many columns");
    std::vector<std::set<std::string>> objects;
    std::optional<std::string> twice;
    const auto watch = [&](int, Json::parse_event_t event, Json &parsed) {
        if (event == Json::parse_event_t::object_start)
            objects.emplace_back();
        else if (event == Json::parse_event_t::object_end)
            objects.pop_back();
        else if (event == Json::parse_event_t::key &&
                 !objects.back().insert(parsed.get<std::string>()).second)
            twice = parsed.get<std::string>();
        return true;
    };
    try {
        Json json = Json::parse(text, watch);
        if (twice)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("the schema has the key \"{}\" twice in one place", *twice),
                        "put what belongs to it together");
        return json;
    } catch (const Json::parse_error &error) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("the schema is not JSON ({})", lineAndColumn(text, error.byte)),
                    "mend it there; keys and texts stand in double quotes");
    } catch (const Json::exception &) {
        return fail(ErrorCode::InvalidArgument, "the schema has a number that no double can hold",
                    "write a smaller one");
    }
}

/// Numbers and texts as among takes them.
std::optional<std::string> memberText(const Json &member)
{
    if (member.is_string())
        return member.get<std::string>();
    if (member.is_number_unsigned())
        return std::to_string(member.get<std::uint64_t>());
    if (member.is_number_integer())
        return std::to_string(member.get<std::int64_t>());
    if (member.is_number())
        return formatDouble(member.get<double>());
    return std::nullopt;
}

Result<Condition> readAmong(const Json &json, const Place &place)
{
    const char *const next = "list texts and numbers, such as [\"a\", \"b\", 3]";
    if (!json.is_array() || json.empty())
        return place.error("this is not a list with something in it", next);
    std::vector<std::string> texts;
    for (const Json &member : json) {
        auto text = memberText(member);
        if (!text)
            return place.error(
                fmt::format("{} is neither a text nor a number", utf8Prefix(member.dump(), 60)),
                next);
        texts.push_back(std::move(*text));
    }
    return Condition::among({}, std::move(texts));
}

/// `equal` and `not-equal` of a text.
Condition textComparison(const std::string &text, bool equal)
{
    return {{},
            [text, equal](Value value) {
                return value.kind() == ValueKind::String && (value.asString() == text) == equal;
            },
            {}};
}

/// One key of a question. Names and texts are given by the caller.
Result<Condition> readPart(const std::string &key, const Json &json, const Place &place)
{
    const auto comparison =
        std::find_if(kComparisons.begin(), kComparisons.end(),
                     [&](const NamedComparison &named) { return key == named.name; });
    if (comparison != kComparisons.end()) {
        const bool equality = comparison->comparison == Comparison::Equal ||
                              comparison->comparison == Comparison::NotEqual;
        if (json.is_number())
            return Condition::compare({}, comparison->comparison, json.get<double>());
        if (json.is_string() && equality)
            return textComparison(json.get<std::string>(),
                                  comparison->comparison == Comparison::Equal);
        return place.error(equality ? "this is neither a number nor a text"
                                    : "this is not a number",
                           "booleans are not asked: counts/true counts them");
    }
    if (key == "between") {
        const bool two = json.is_array() && json.size() == 2 && json[0].is_number() &&
                         json[1].is_number() && json[0].get<double>() <= json[1].get<double>();
        if (!two)
            return place.error("this is not a range", "write [least, most], both included");
        return Condition::between({}, json[0].get<double>(), json[1].get<double>());
    }
    if (key == "among")
        return readAmong(json, place);
    if (key == "regex") {
        if (!json.is_string())
            return place.error("this is not a text", "write the expression as a text");
        auto condition = Condition::regex({}, json.get<std::string>());
        if (!condition)
            return place.error(condition.error().message, condition.error().next);
        return condition;
    }
    return place.error("this is not a question",
                       "use less, at-most, equal, not-equal, at-least, greater, between, among or "
                       "regex");
}

Result<Condition> readCondition(const std::string &name, const Json &json, const Place &place)
{
    // What the file format and its other readers cannot keep apart.
    if (name.empty() || name.size() > kMaxNameBytes || name == "total" ||
        name.find('/') != name.npos)
        return place.error(
            "a condition cannot be called that",
            fmt::format("use another name than total, without /, of 1 to {} bytes", kMaxNameBytes));
    if (!json.is_object() || json.empty())
        return place.error("this is not a question", "write it as {\"greater\": 0}");
    std::vector<std::function<bool(Value)>> parts;
    for (const auto &[key, value] : json.items()) {
        auto part = readPart(key, value, place.inner(key));
        if (!part)
            return part;
        parts.push_back(std::move(part->isMet));
    }
    Condition condition{name, {}, json.dump()};
    if (parts.size() == 1) {
        condition.isMet = std::move(parts[0]);
    } else {
        condition.isMet = [parts = std::move(parts)](Value value) {
            return std::all_of(parts.begin(), parts.end(),
                               [&](const auto &isMet) { return isMet(value); });
        };
    }
    return condition;
}

Status readWithout(const Json &json, const Place &place, ColumnSchema &schema)
{
    const char *const next = "list some of distribution, cardinality, frequent-items and ints";
    if (!json.is_array())
        return place.error("this is not a list", next);
    for (const Json &metric : json) {
        const auto at = std::find_if(kMetrics.begin(), kMetrics.end(), [&](const NamedMetric &m) {
            return metric.is_string() && metric.get_ref<const std::string &>() == m.name;
        });
        if (at == kMetrics.end())
            return place.error(fmt::format("{} is not a metric that can be left out",
                                           utf8Prefix(metric.dump(), 60)),
                               next);
        schema.*at->kept = false;
    }
    return {};
}

Result<ColumnSchemaPtr> readColumn(const Json &json, const Place &place, std::size_t &conditions)
{
    if (!json.is_object())
        return place.error("this is not an object", "write the column's choices in { }");
    auto schema = std::make_shared<ColumnSchema>();
    for (const auto &[key, value] : json.items()) {
        const Place here = place.inner(key);
        if (key == "conditions") {
            if (!value.is_object())
                return here.error("this is not an object", "write it as {\"name\": {question}}");
            for (const auto &[name, question] : value.items()) {
                auto condition = readCondition(name, question, here.inner(name));
                if (!condition)
                    return tl::unexpected(condition.error());
                if (++conditions > kMaxConditions)
                    return here.error(
                        fmt::format("the schema has more than {} conditions", kMaxConditions),
                        "ask less");
                schema->conditions.push_back(std::move(*condition));
            }
        } else if (key == "unicode") {
            if (!value.is_boolean())
                return here.error("this is neither true nor false", "write true or false");
            schema->unicodeRanges = value.get<bool>();
        } else if (key == "without") {
            if (auto read = readWithout(value, here, *schema); !read)
                return tl::unexpected(read.error());
        } else {
            return here.error("this is not a choice for a column",
                              "use conditions, unicode or without");
        }
    }
    return schema;
}

Json columnJson(const ColumnSchema &schema)
{
    Json json = Json::object();
    for (const Condition &condition : schema.conditions)
        json["conditions"][condition.name] = Json::parse(condition.question);
    if (schema.unicodeRanges)
        json["unicode"] = true;
    for (const NamedMetric &metric : kMetrics) {
        if (!(schema.*metric.kept))
            json["without"].push_back(metric.name);
    }
    return json;
}

} // namespace

Result<DatasetSchema> parseSchema(std::string_view text)
{
    const auto json = parseJson(text);
    if (!json)
        return tl::unexpected(json.error());
    const Place top;
    if (!json->is_object())
        return top.error("this is not an object", "write { \"columns\": { … } }");
    DatasetSchema schema;
    std::size_t conditions = 0;
    for (const auto &[key, value] : json->items()) {
        const Place here = top.inner(key);
        const bool named = key == "columns";
        if (!named && key != "types")
            return here.error("this is not a part of a schema", "use columns or types");
        if (!value.is_object())
            return here.error("this is not an object", named ? "write it as {\"name\": { … }}"
                                                             : "write it as {\"string\": { … }}");
        for (const auto &[name, choices] : value.items()) {
            auto column = readColumn(choices, here.inner(name), conditions);
            if (!column)
                return tl::unexpected(column.error());
            const auto kind =
                std::find_if(kKinds.begin(), kKinds.end(),
                             [&name = name](const NamedKind &k) { return name == k.name; });
            if (named)
                schema.byName[name] = std::move(*column);
            else if (kind != kKinds.end())
                schema.byType[kind->kind] = std::move(*column);
            else
                return here.inner(name).error(
                    "this is not a type",
                    "use integral, fractional, boolean, string, object or tensor");
        }
    }
    return schema;
}

Result<std::string> formatSchema(const DatasetSchema &schema, int indent)
{
    const auto check = [](const ColumnSchemaPtr &column) -> Status {
        if (!column)
            return {};
        for (const Condition &condition : column->conditions) {
            if (Json::parse(condition.question, nullptr, false).is_discarded())
                return fail(ErrorCode::Unsupported,
                            fmt::format("the condition \"{}\" has no text", condition.name),
                            "use comparisons with finite numbers, among or regex");
        }
        return {};
    };
    Json json = Json::object();
    for (const auto &[name, column] : schema.byName) {
        if (auto writable = check(column); !writable)
            return tl::unexpected(writable.error());
        json["columns"][name] = column ? columnJson(*column) : Json::object();
    }
    for (const NamedKind &named : kKinds) {
        const auto at = schema.byType.find(named.kind);
        if (at == schema.byType.end() || !at->second)
            continue;
        if (auto writable = check(at->second); !writable)
            return tl::unexpected(writable.error());
        json["types"][named.name] = columnJson(*at->second);
    }
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

} // namespace tepal
