// Conditions, and which choices a column gets.

#include <tepal/base/text.h>
#include <tepal/profile/column.h>
#include <tepal/profile/schema.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace tepal {
namespace {

using Json = nlohmann::json;

/// What of a text an expression is asked about, and how long it may be itself: the worst of them
/// then takes some tenths of a second, ordinary ones a fraction of a microsecond.
constexpr std::size_t kMatchedBytes = 16u << 10;
constexpr std::size_t kExpressionBytes = 1000;
constexpr std::int64_t kExpressionMemory = 1 << 20;

std::optional<double> numberOf(Value value)
{
    if (value.kind() == ValueKind::Integral)
        return static_cast<double>(value.asIntegral());
    if (value.kind() == ValueKind::Fractional)
        return value.asFractional();
    return std::nullopt;
}

bool holds(Condition::Comparison comparison, double a, double b)
{
    switch (comparison) {
    case Condition::Comparison::Less:
        return a < b;
    case Condition::Comparison::LessEqual:
        return a <= b;
    case Condition::Comparison::Equal:
        return a == b;
    case Condition::Comparison::NotEqual:
        return a != b;
    case Condition::Comparison::GreaterEqual:
        return a >= b;
    case Condition::Comparison::Greater:
        return a > b;
    }
    return false;
}

const char *keyOf(Condition::Comparison comparison)
{
    switch (comparison) {
    case Condition::Comparison::Less:
        return "less";
    case Condition::Comparison::LessEqual:
        return "at-most";
    case Condition::Comparison::Equal:
        return "equal";
    case Condition::Comparison::NotEqual:
        return "not-equal";
    case Condition::Comparison::GreaterEqual:
        return "at-least";
    case Condition::Comparison::Greater:
        return "greater";
    }
    return "";
}

/// JSON has no infinities: a question with one has no text.
std::string questionText(const char *key, std::initializer_list<double> numbers)
{
    Json list = Json::array();
    for (const double number : numbers) {
        if (!std::isfinite(number))
            return {};
        // 0 and not 0.0, as people write it.
        if (number == std::floor(number) && std::abs(number) < 0x1p53)
            list.push_back(static_cast<std::int64_t>(number));
        else
            list.push_back(number);
    }
    return Json{{key, list.size() == 1 ? list[0] : list}}.dump();
}

/// Texts for texts, and the numbers that they are for numbers.
class Members
{
public:
    explicit Members(const std::vector<std::string> &texts)
        : m_texts(texts.begin(), texts.end())
    {
        for (const std::string &text : texts) {
            if (const auto whole = parseInt64(text))
                m_integers.insert(*whole);
            if (const auto number = parseDouble(text); number && !std::isnan(*number))
                m_numbers.insert(*number);
        }
    }
    bool contains(Value value) const
    {
        switch (value.kind()) {
        case ValueKind::String:
            return m_texts.contains(value.asString());
        case ValueKind::Integral: {
            // As fractions, large integers are not told apart.
            const std::int64_t whole = value.asIntegral();
            constexpr std::int64_t exact = std::int64_t{1} << 53;
            return m_integers.contains(whole) || (whole > -exact && whole < exact &&
                                                  m_numbers.contains(static_cast<double>(whole)));
        }
        case ValueKind::Fractional:
            return !std::isnan(value.asFractional()) && m_numbers.contains(value.asFractional());
        default:
            return false;
        }
    }

private:
    std::set<std::string, std::less<>> m_texts;
    std::set<std::int64_t> m_integers;
    std::set<double> m_numbers;
};

/// The longest beginning that ends with a whole character.
std::string_view matchedPart(std::string_view text)
{
    if (text.size() <= kMatchedBytes)
        return text;
    std::size_t end = kMatchedBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end;
    return text.substr(0, end);
}

} // namespace

Condition Condition::compare(std::string name, Comparison comparison, double with)
{
    return {std::move(name),
            [comparison, with](Value value) {
                const auto number = numberOf(value);
                return number && holds(comparison, *number, with);
            },
            questionText(keyOf(comparison), {with})};
}

Condition Condition::between(std::string name, double least, double most)
{
    return {std::move(name),
            [least, most](Value value) {
                const auto number = numberOf(value);
                return number && *number >= least && *number <= most;
            },
            questionText("between", {least, most})};
}

Condition Condition::among(std::string name, std::vector<std::string> texts)
{
    Json list = Json::array();
    for (const std::string &text : texts)
        list.push_back(toUtf8(text));
    return {std::move(name),
            [members = Members(texts)](Value value) { return members.contains(value); },
            Json{{"among", std::move(list)}}.dump()};
}

Result<Condition> Condition::regex(std::string name, const std::string &expression)
{
    const auto refuse = [&](std::string_view why) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("\"{}\" is not a regular expression that can be used: {}",
                                utf8Prefix(toUtf8(expression), 80), why),
                    "write it in RE2's syntax (no back references, no looking around)");
    };
    if (expression.size() > kExpressionBytes)
        return refuse(fmt::format("it is longer than {} bytes", kExpressionBytes));
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kExpressionMemory);
    options.set_never_capture(true);
    const auto compiled = std::make_shared<const RE2>(expression, options);
    if (!compiled->ok())
        return refuse(compiled->error());
    return Condition{std::move(name),
                     [compiled](Value value) {
                         if (value.kind() != ValueKind::String)
                             return false;
                         const std::string_view text = matchedPart(value.asString());
                         return compiled->Match({text.data(), text.size()}, 0, text.size(),
                                                RE2::ANCHOR_START, nullptr, 0);
                     },
                     Json{{"regex", expression}}.dump()};
}

ColumnSchemaPtr DatasetSchema::find(std::string_view column, ValueKind firstValue) const
{
    if (const auto named = byName.find(column); named != byName.end())
        return named->second;
    auto typed = byType.find(firstValue);
    if (typed == byType.end() && firstValue == ValueKind::Null)
        typed = byType.find(ValueKind::String);
    return typed == byType.end() ? nullptr : typed->second;
}

ColumnSchemaPtr DatasetSchema::findFor(std::string_view column, const ColumnProfile &profile) const
{
    const ColumnSchemaPtr first = find(column, profile.dominantKind());
    if (byName.contains(column) || !profile.conditions)
        return first;
    const auto asksTheSame = [&](const ColumnSchemaPtr &schema) {
        const auto &matches = profile.conditions->matches;
        return schema && schema->conditions.size() == matches.size() &&
               std::all_of(schema->conditions.begin(), schema->conditions.end(),
                           [&](const Condition &c) { return matches.contains(c.name); });
    };
    if (asksTheSame(first))
        return first;
    const auto other = std::find_if(byType.begin(), byType.end(),
                                    [&](const auto &entry) { return asksTheSame(entry.second); });
    return other == byType.end() ? first : other->second;
}

} // namespace tepal
