#include "digest.h"

#include <tepal/base/file.h>
#include <tepal/base/text.h>
#include <tepal/profile/file.h>
#include <tepal/upload/redaction.h>

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace tepal {
namespace {

constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kLeastSalt = 16;
using Actions = std::set<RedactionAction>;

Actions actionsFor(std::string_view column, const std::vector<RedactionRule> &rules)
{
    Actions actions;
    for (const RedactionRule &rule : rules) {
        if (rule.matches(column))
            actions.insert(rule.action);
    }
    return actions;
}

bool hasText(const ColumnProfile &column)
{
    return column.frequentStrings && column.frequentStrings->tracked() > 0;
}

void dropTexts(ColumnProfile &column, RedactedColumn &done)
{
    if (!column.frequentStrings || column.frequentStrings->empty())
        return;
    done.texts = column.frequentStrings->tracked();
    done.actions.insert(RedactionAction::DropValues);
    column.frequentStrings = FrequentStrings(column.frequentStrings->lgMax());
}

void hashTexts(ColumnProfile &column, std::string_view salt, RedactedColumn &done)
{
    if (!hasText(column))
        return;
    done.texts = column.frequentStrings->tracked();
    done.actions.insert(RedactionAction::Hash);
    column.frequentStrings = column.frequentStrings->mapped(
        [&](std::string_view text) { return std::optional(redactedText(text, salt)); });
}

/// What is left of the frequent items when those that spell a number go. Of a column without
/// numbers nothing goes: a postcode is no range.
void dropNumberTexts(ColumnProfile &column, RedactedColumn &done)
{
    if (!hasText(column) || column.types.integral + column.types.fractional == 0)
        return;
    FrequentStrings left =
        column.frequentStrings->mapped([](std::string_view text) -> std::optional<std::string> {
            if (parseDouble(text))
                return std::nullopt;
            return std::string(text);
        });
    const std::size_t gone = column.frequentStrings->tracked() - left.tracked();
    if (gone == 0)
        return;
    done.texts += gone;
    done.actions.insert(RedactionAction::DropRange);
    column.frequentStrings = left.tracked() > 0 ? std::move(left) : FrequentStrings(left.lgMax());
}

void dropRange(ColumnProfile &column, RedactedColumn &done)
{
    dropNumberTexts(column, done);
    if (!column.distribution && !column.ints)
        return;
    done.range = (column.distribution && !column.distribution->kll.empty()) ||
                 (column.ints && !column.ints->empty());
    // An empty metric goes too: whether a file has it must not depend on whether numbers came.
    column.distribution.reset();
    column.ints.reset();
    if (done.range)
        done.actions.insert(RedactionAction::DropRange);
}

void dropUnknown(ColumnProfile &column, RedactedColumn &done)
{
    done.unknown = column.otherComponents.size() + column.unknownFields.size() +
                   (column.unknownColumnFields.empty() ? 0 : 1);
    column.otherComponents.clear();
    column.unknownFields.clear();
    column.unknownColumnFields.clear();
}

void redactColumn(ColumnProfile &column, const Actions &actions, std::string_view salt,
                  RedactedColumn &done)
{
    // Numbers are recognised before texts are hashed.
    if (actions.contains(RedactionAction::DropRange) &&
        !actions.contains(RedactionAction::DropValues))
        dropRange(column, done);
    if (actions.contains(RedactionAction::DropValues)) {
        dropTexts(column, done);
        if (actions.contains(RedactionAction::DropRange))
            dropRange(column, done);
    } else if (actions.contains(RedactionAction::Hash)) {
        const std::size_t gone = done.texts;
        hashTexts(column, salt, done);
        done.texts += done.actions.contains(RedactionAction::Hash) ? gone : 0;
    }
    if (actions.contains(RedactionAction::DropDistinct) && column.cardinality) {
        column.cardinality.reset();
        done.actions.insert(RedactionAction::DropDistinct);
    }
    dropUnknown(column, done);
}

/// Also where the file says it a second time, among the tags.
void redactSegment(DatasetProfile &profile, std::pair<std::string, std::string> &tag,
                   std::string_view salt)
{
    tag.second = redactedText(tag.second, salt);
    if (const auto at = profile.metadata.find(std::string(kTagPrefix) + tag.first);
        at != profile.metadata.end())
        at->second = tag.second;
}

/// Values of segments that were merged away stand only among the tags.
bool isTagOf(const std::string &key, const std::vector<RedactionRule> &rules)
{
    return key.starts_with(kTagPrefix) &&
           !actionsFor(std::string_view(key).substr(kTagPrefix.size()), rules).empty();
}

bool needsSalt(const DatasetProfile &profile, const std::vector<RedactionRule> &rules)
{
    for (const auto &[name, column] : profile.columns) {
        if (actionsFor(name, rules).contains(RedactionAction::Hash))
            return true;
    }
    return std::any_of(profile.segment.begin(), profile.segment.end(),
                       [&](const auto &tag) { return !actionsFor(tag.first, rules).empty(); }) ||
           std::any_of(profile.metadata.begin(), profile.metadata.end(),
                       [&](const auto &entry) { return isTagOf(entry.first, rules); });
}

std::vector<std::string> unmatchedRules(const DatasetProfile &profile,
                                        const std::vector<RedactionRule> &rules)
{
    std::vector<std::string> unmatched;
    for (const RedactionRule &rule : rules) {
        const auto named = [&](const auto &entry) { return rule.matches(entry.first); };
        if (std::none_of(profile.columns.begin(), profile.columns.end(), named) &&
            std::none_of(profile.segment.begin(), profile.segment.end(), named))
            unmatched.push_back(formatRedaction({rule}));
    }
    return unmatched;
}

bool didSomething(const RedactedColumn &column)
{
    return !column.actions.empty() || column.segment || column.unknown > 0;
}

std::string countText(std::size_t count, std::string_view what)
{
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string wordsFor(const RedactedColumn &column)
{
    std::vector<std::string> words;
    const auto did = [&](RedactionAction action) { return column.actions.contains(action); };
    if (did(RedactionAction::DropColumn))
        words.emplace_back("dropped");
    else if (did(RedactionAction::Hash))
        words.push_back(countText(column.texts, "text") + " hashed");
    else if (column.texts > 0)
        words.push_back(countText(column.texts, "text") + " dropped");
    if (column.range)
        words.emplace_back("range dropped");
    if (did(RedactionAction::DropDistinct))
        words.emplace_back("distinct sketch dropped");
    if (column.segment)
        words.emplace_back("segment hashed");
    if (column.unknown > 0)
        words.push_back(countText(column.unknown, "unknown part") + " dropped");
    return fmt::format("{}: {}", column.name, fmt::join(words, ", "));
}

} // namespace

std::string redactedText(std::string_view text, std::string_view salt)
{
    return hmacSha256Hex(salt, text).substr(0, 16);
}

std::string Redaction::summary() const
{
    std::vector<std::string> words;
    for (const RedactedColumn &column : columns)
        words.push_back(wordsFor(column));
    return words.empty() ? std::string("nothing") : fmt::format("{}", fmt::join(words, "; "));
}

Result<Redaction> redact(DatasetProfile &profile, const std::vector<RedactionRule> &rules,
                         std::string_view salt)
{
    if (salt.size() < kLeastSalt && needsSalt(profile, rules))
        return fail(ErrorCode::InvalidArgument,
                    "hashing needs the home's secret, and there is none",
                    "give a secret of at least 16 bytes, or drop values instead");
    Redaction result;
    result.unmatched = unmatchedRules(profile, rules);
    std::map<std::string, RedactedColumn> done;
    for (auto at = profile.columns.begin(); at != profile.columns.end();) {
        const Actions actions = actionsFor(at->first, rules);
        if (actions.empty()) {
            ++at;
            continue;
        }
        RedactedColumn &column = done[at->first];
        if (actions.contains(RedactionAction::DropColumn)) {
            column.actions.insert(RedactionAction::DropColumn);
            column.texts = at->second.frequentStrings ? at->second.frequentStrings->tracked() : 0;
            at = profile.columns.erase(at);
            continue;
        }
        redactColumn(at->second, actions, salt, column);
        ++at;
    }
    std::vector<std::string> tags;
    for (const auto &[key, value] : profile.metadata) {
        const std::string column = key.substr(std::min(key.size(), kTagPrefix.size()));
        const auto same = [&](const auto &tag) { return tag.first == column; };
        if (isTagOf(key, rules) &&
            std::none_of(profile.segment.begin(), profile.segment.end(), same))
            tags.push_back(key);
    }
    for (const std::string &key : tags) {
        profile.metadata[key] = redactedText(profile.metadata[key], salt);
        done[key.substr(kTagPrefix.size())].segment = true;
    }
    for (auto &tag : profile.segment) {
        if (actionsFor(tag.first, rules).empty())
            continue;
        redactSegment(profile, tag, salt);
        done[tag.first].segment = true;
    }
    for (auto &[name, column] : done) {
        column.name = name;
        if (didSomething(column))
            result.columns.push_back(std::move(column));
    }
    return result;
}

namespace {

std::filesystem::path saltFile(const std::filesystem::path &folder)
{
    return folder / "redaction.key";
}

Result<std::string> readSalt(const std::filesystem::path &file)
{
    auto salt = readFile(file, 4096);
    if (!salt)
        return tl::unexpected(salt.error());
    if (salt->size() != kSaltBytes)
        return fail(ErrorCode::Corrupt, "the secret in " + file.string() + " is damaged",
                    "restore the file, or delete it and let another be made; hashes change then");
    return salt;
}

} // namespace

Result<std::string> existingRedactionSalt(const std::filesystem::path &folder)
{
    std::error_code error;
    if (!std::filesystem::exists(saltFile(folder), error) && !error)
        return std::string();
    return readSalt(saltFile(folder));
}

Result<std::string> redactionSalt(const std::filesystem::path &folder)
{
    const auto file = saltFile(folder);
    auto salt = existingRedactionSalt(folder);
    if (!salt || !salt->empty())
        return salt;
    const auto written = writeFileNew(file, randomBytes(kSaltBytes));
    // Whoever was first decides.
    if (!written && written.error().code != ErrorCode::AlreadyExists)
        return tl::unexpected(written.error());
    std::error_code ignored;
    if (written)
        std::filesystem::permissions(
            file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
            ignored);
    return readSalt(file);
}

} // namespace tepal
