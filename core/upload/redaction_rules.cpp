#include "text.h"

#include <tepal/base/text.h>
#include <tepal/upload/redaction.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace tepal {
namespace {

constexpr std::array<std::pair<RedactionAction, std::string_view>, 5> kActions{{
    {RedactionAction::DropValues, "drop-values"},
    {RedactionAction::Hash, "hash"},
    {RedactionAction::DropRange, "drop-range"},
    {RedactionAction::DropDistinct, "drop-distinct"},
    {RedactionAction::DropColumn, "drop-column"},
}};

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// One character of the name; bytes that are no UTF-8 count one by one.
std::size_t step(std::string_view name, std::size_t at)
{
    return std::max<std::size_t>(1, utf8SequenceLength(name, at));
}

/// Goes back to the last `*` when what follows does not fit: time is at most the product of the
/// lengths, whatever the pattern.
bool globMatches(std::string_view pattern, std::string_view name)
{
    std::size_t p = 0;
    std::size_t n = 0;
    std::size_t star = pattern.npos;
    std::size_t starName = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = ++p;
            starName = n;
            continue;
        }
        if (p < pattern.size() && pattern[p] == '?') {
            ++p;
            n += step(name, n);
            continue;
        }
        const std::size_t literal = p + (p + 1 < pattern.size() && pattern[p] == '\\' ? 1 : 0);
        if (literal < pattern.size() && lower(pattern[literal]) == lower(name[n])) {
            p = literal + 1;
            ++n;
            continue;
        }
        if (star == pattern.npos)
            return false;
        p = star;
        starName += step(name, starName);
        n = starName;
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

tl::unexpected<Error> wrongRule(std::string_view rule, std::string_view why)
{
    return fail(ErrorCode::InvalidArgument,
                fmt::format("redaction rule {} {}", rule.empty() ? "without text" : rule, why),
                "write COLUMN:ACTION, for example email:drop-column; actions are drop-values, "
                "hash, drop-range, drop-distinct and drop-column");
}

Result<RedactionRule> ruleOf(std::string_view columns, std::string_view action,
                             std::string_view whole)
{
    if (columns.empty())
        return wrongRule(whole, "names no column");
    const auto at = std::find_if(kActions.begin(), kActions.end(),
                                 [&](const auto &entry) { return entry.second == action; });
    if (at == kActions.end())
        return wrongRule(whole, fmt::format("has an unknown action {}", action));
    return RedactionRule{std::string(columns), at->first};
}

/// `*name*:hash`
Result<RedactionRule> parseRule(std::string_view text)
{
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos)
        return wrongRule(text, "has no action");
    return ruleOf(trimmed(text.substr(0, colon)), trimmed(text.substr(colon + 1)), text);
}

Result<std::vector<RedactionRule>> parseList(std::string_view text)
{
    std::vector<RedactionRule> rules;
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        if (at + 1 < text.size() && text[at] == '\\') {
            ++at;
            continue;
        }
        if (at < text.size() && text[at] != ',' && text[at] != '\n')
            continue;
        const std::string_view rule = trimmed(text.substr(begin, at - begin));
        begin = at + 1;
        if (rule.empty())
            continue;
        auto parsed = parseRule(rule);
        if (!parsed)
            return tl::unexpected(parsed.error());
        rules.push_back(std::move(*parsed));
    }
    return rules;
}

std::optional<std::string> textAt(const nlohmann::json &object, const char *key)
{
    const auto at = object.find(key);
    if (at == object.end() || !at->is_string())
        return std::nullopt;
    return at->get<std::string>();
}

Result<std::vector<RedactionRule>> parseJson(std::string_view text)
{
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_discarded() || !json.is_array())
        return fail(ErrorCode::InvalidArgument, "the redaction rules are no list in JSON",
                    R"(write ["email:drop-column"])");
    std::vector<RedactionRule> rules;
    for (const auto &entry : json) {
        Result<RedactionRule> rule = wrongRule(entry.dump(-1, ' ', true), "is no rule");
        if (entry.is_string()) {
            rule = parseRule(trimmed(entry.get_ref<const std::string &>()));
        } else if (entry.is_object() && entry.size() == 2) {
            const auto columns = textAt(entry, "columns");
            const auto action = textAt(entry, "action");
            if (columns && action)
                rule = ruleOf(*columns, *action, fmt::format("{}:{}", *columns, *action));
        }
        if (!rule)
            return tl::unexpected(rule.error());
        rules.push_back(std::move(*rule));
    }
    return rules;
}

} // namespace

std::string_view redactionActionName(RedactionAction action)
{
    return std::find_if(kActions.begin(), kActions.end(),
                        [&](const auto &entry) { return entry.first == action; })
        ->second;
}

bool RedactionRule::matches(std::string_view column) const
{
    return globMatches(columns, column);
}

Result<std::vector<RedactionRule>> parseRedaction(std::string_view text)
{
    text = trimmed(text);
    // A pattern may begin with a bracket too, but a list in JSON also ends with one.
    return text.starts_with('[') && text.ends_with(']') ? parseJson(text) : parseList(text);
}

std::string formatRedaction(const std::vector<RedactionRule> &rules)
{
    std::string text;
    for (const RedactionRule &rule : rules) {
        if (!text.empty())
            text += ", ";
        for (std::size_t i = 0; i < rule.columns.size(); ++i) {
            const char c = rule.columns[i];
            if (c == '\\' && i + 1 < rule.columns.size()) {
                text += c;
                text += rule.columns[++i];
                continue;
            }
            if (c == ',' || c == '\n')
                text += '\\';
            text += c;
        }
        text += ':';
        text += redactionActionName(rule.action);
    }
    return text;
}

} // namespace tepal
