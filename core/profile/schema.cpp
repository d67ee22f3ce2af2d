#include "column_text.h"

#include <tepal/profile/schema.h>

#include <regex>
#include <set>

namespace tepal {
namespace {

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

} // namespace

Condition Condition::compare(std::string name, Comparison comparison, double with)
{
    return {std::move(name), [comparison, with](Value value) {
                const auto number = numberOf(value);
                return number && holds(comparison, *number, with);
            }};
}

Condition Condition::between(std::string name, double least, double most)
{
    return {std::move(name), [least, most](Value value) {
                const auto number = numberOf(value);
                return number && *number >= least && *number <= most;
            }};
}

Condition Condition::among(std::string name, std::vector<std::string> texts)
{
    std::set<std::string, std::less<>> all(texts.begin(), texts.end());
    return {std::move(name), [all = std::move(all)](Value value) {
                switch (value.kind()) {
                case ValueKind::String:
                    return all.contains(value.asString());
                case ValueKind::Integral:
                    return all.contains(IntegerText(value.asIntegral()).view());
                case ValueKind::Fractional:
                    return all.contains(fmt::format("{}", value.asFractional()));
                default:
                    return false;
                }
            }};
}

Result<Condition> Condition::regex(std::string name, const std::string &expression)
{
    try {
        std::regex compiled(expression, std::regex::ECMAScript | std::regex::optimize);
        return Condition{std::move(name), [compiled = std::move(compiled)](Value value) {
                             if (value.kind() != ValueKind::String)
                                 return false;
                             // The matcher recurses once a character: very long texts are judged by
                             // their beginning.
                             constexpr std::size_t most = 2'000;
                             const std::string_view text = value.asString().substr(0, most);
                             return std::regex_search(text.begin(), text.end(), compiled,
                                                      std::regex_constants::match_continuous);
                         }};
    } catch (const std::regex_error &error) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("\"{}\" is not a regular expression: {}", expression, error.what()),
                    "mend the expression");
    }
}

ColumnSchemaPtr DatasetSchema::find(std::string_view column, ValueKind firstValue) const
{
    if (const auto named = byName.find(column); named != byName.end())
        return named->second;
    const auto typed = byType.find(firstValue);
    return typed == byType.end() ? nullptr : typed->second;
}

} // namespace tepal
