#include <tepal/base/text.h>
#include <tepal/profile/file.h>
#include <tepal/upload/xray.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace tepal {
namespace {

std::string counted(std::uint64_t count, std::string_view one, std::string_view many)
{
    const std::string digits = std::to_string(count);
    std::string grouped;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0)
            grouped += ',';
        grouped += digits[i];
    }
    return fmt::format("{} {}", grouped, count == 1 ? one : many);
}

void gravestFirst(std::vector<Risk> &risks)
{
    std::stable_sort(risks.begin(), risks.end(),
                     [](const Risk &a, const Risk &b) { return a.level > b.level; });
}

XRayNumbers numbersOf(const Distribution &distribution)
{
    const KllSketch &kll = distribution.kll;
    XRayNumbers numbers;
    numbers.n = kll.n();
    numbers.min = kll.min();
    numbers.max = kll.max();
    numbers.mean = distribution.mean;
    numbers.stddev = distribution.stddev();
    numbers.kept = kll.retained();
    numbers.all = kll.isExact();
    return numbers;
}

// ---------------------------------------------------------------- risks

/// What a redaction made of a text; there is nothing of a person left in it.
bool isRedacted(std::string_view text)
{
    return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == text.npos &&
           text.find_first_of("abcdef") != text.npos; // sixteen digits may be a card's
}

bool allRedacted(const XRayColumn &column)
{
    const auto redacted =
        std::count_if(column.texts.begin(), column.texts.end(),
                      [](const XRayText &text) { return isRedacted(text.value); });
    // One hash in two thousand happens to have digits only.
    return 10 * static_cast<std::size_t>(redacted) >= 9 * column.texts.size();
}

/// The texts of one column by what was found in them.
void addTextRisks(XRayColumn &column)
{
    std::map<RiskKind, Risk> byKind;
    for (const XRayText &text : column.texts) {
        if (!text.risk)
            continue;
        const auto [at, added] = byKind.try_emplace(text.risk->kind);
        Risk &risk = at->second;
        risk.count = added ? 1 : risk.count + 1;
        if (added || text.risk->level > risk.level) {
            risk.kind = text.risk->kind;
            risk.level = text.risk->level;
            risk.value = text.value;
        }
    }
    for (auto &[kind, risk] : byKind) {
        risk.name = column.name;
        risk.evidence = fmt::format(
            "{} of {} {} {}: {}", risk.count, counted(column.texts.size(), "raw text", "raw texts"),
            risk.count == 1 ? "looks like" : "look like", riskKindText(kind), maskText(risk.value));
        column.risks.push_back(std::move(risk));
    }
}

bool hasRisk(const XRayColumn &column, RiskKind kind)
{
    return std::any_of(column.risks.begin(), column.risks.end(),
                       [&](const Risk &risk) { return risk.kind == kind; });
}

bool isNumeric(ValueKind kind)
{
    return kind == ValueKind::Integral || kind == ValueKind::Unsigned ||
           kind == ValueKind::Fractional;
}

/// Whether values of rows leave as numbers.
bool hasNumbers(const XRayColumn &column)
{
    return isNumeric(column.kind) &&
           ((column.numbers && column.numbers->n > 0) || column.integers.has_value());
}

/// "most of them": the column's texts together.
void addTogether(XRayColumn &column)
{
    std::vector<std::string_view> texts;
    for (const XRayText &text : column.texts)
        texts.push_back(text.value);
    const auto finding = riskOfTexts(texts);
    if (!finding)
        return;
    const std::string words =
        fmt::format("most of {} look like {}", counted(texts.size(), "raw text", "raw texts"),
                    riskKindText(finding->kind));
    for (Risk &risk : column.risks) {
        if (risk.kind == finding->kind) { // the same, found one by one
            risk.level = std::max(risk.level, finding->level);
            return;
        }
    }
    column.risks.push_back({finding->kind, finding->level, Risk::Place::Value, column.name,
                            texts.size(), std::string(texts.front()), words});
}

/// What the column is called, as far as its values leave at all.
void addNamed(XRayColumn &column, const RiskFinding &finding)
{
    const bool texts = !column.texts.empty() && column.kind != ValueKind::Boolean &&
                       !isNumeric(column.kind) && !allRedacted(column);
    const bool numbers = hasNumbers(column);
    if ((!texts && !numbers) || hasRisk(column, finding.kind))
        return;
    column.risks.push_back(
        {finding.kind, finding.level, texts ? Risk::Place::Value : Risk::Place::Numbers,
         column.name, texts ? column.texts.size() : 1,
         texts ? column.texts.front().value : std::string(),
         fmt::format("a column called so holds {}, and {} leave",
                     finding.kind == RiskKind::Identifier ? "identifiers"
                                                          : riskKindText(finding.kind),
                     texts ? counted(column.texts.size(), "raw text", "raw texts")
                           : std::string("its smallest and largest number"))});
}

void addNumberRisks(XRayColumn &column, const ColumnProfile &profile)
{
    if (!hasNumbers(column) || !profile.distribution)
        return;
    const KllView view = profile.distribution->kll.view();
    const auto finding = riskOfNumbers(view.values, column.distinct ? column.distinct->estimate : 0,
                                       static_cast<double>(view.n));
    if (!finding)
        return;
    // A column of whole numbers has each also as a text; it is one risk all the same.
    std::erase_if(column.risks, [&](const Risk &risk) { return risk.kind == finding->kind; });
    const std::string largest = fmt::format("{:.0f}", view.max);
    column.risks.push_back({finding->kind, finding->level, Risk::Place::Numbers, column.name,
                            view.values.size(), largest,
                            fmt::format("{} look like {}, the largest {}",
                                        counted(view.values.size(), "kept number", "kept numbers"),
                                        riskKindText(finding->kind), maskText(largest))});
}

/// Numbers are texts among the frequent items too. What they look like is asked of all of them
/// together; words between them are texts like others.
bool isJudged(const XRayColumn &column, const XRayText &text)
{
    return !isRedacted(text.value) && !(isNumeric(column.kind) && parseDouble(text.value));
}

void findRisks(XRayColumn &column, const ColumnProfile &profile)
{
    const auto named = riskOfColumnName(column.name);
    const auto hint = named ? std::optional(named->kind) : std::nullopt;
    for (XRayText &text : column.texts) {
        if (isJudged(column, text))
            text.risk = riskOfText(text.value, hint);
    }
    addTextRisks(column);
    if (!isNumeric(column.kind))
        addTogether(column);
    addNumberRisks(column, profile);
    if (named)
        addNamed(column, *named);
    if (const auto finding = riskOfText(column.name))
        column.risks.push_back({finding->kind, finding->level, Risk::Place::ColumnName, column.name,
                                1, column.name,
                                fmt::format("the name of the column looks like {}: {}",
                                            riskKindText(finding->kind), maskText(column.name))});
    for (const XRayCondition &condition : column.conditions) {
        if (const auto finding = riskOfText(condition.name))
            column.risks.push_back(
                {finding->kind, finding->level, Risk::Place::Condition, column.name, 1,
                 condition.name,
                 fmt::format("the name of a condition looks like {}: {}",
                             riskKindText(finding->kind), maskText(condition.name))});
    }
    gravestFirst(column.risks);
}

/// What whylogs and this program write into the metadata of every file, of no person.
bool isOurs(std::string_view key)
{
    constexpr std::array<std::string_view, 7> keys{"whylabs.traceId", "whylogs.creationTimestamp",
                                                   "whylogs.version", "segp_id",
                                                   "segp_name",       "segp_col",
                                                   "segp_cols"};
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

void addPairRisk(std::vector<Risk> &risks, XRayPair &pair, Risk::Place place)
{
    const auto named = riskOfColumnName(pair.key);
    auto finding = isRedacted(pair.value)
                       ? std::nullopt
                       : riskOfText(pair.value, named ? std::optional(named->kind) : std::nullopt);
    if (!finding && named && named->level >= RiskLevel::Likely && !pair.value.empty() &&
        !isRedacted(pair.value))
        finding = named;
    if (!finding)
        return;
    pair.masked = true;
    risks.push_back({finding->kind, finding->level, place, pair.key, 1, pair.value,
                     fmt::format("the value of {} looks like {}: {}",
                                 place == Risk::Place::Segment ? "the segment" : "the metadata",
                                 riskKindText(finding->kind), maskText(pair.value))});
}

// ---------------------------------------------------------------- what is in the file

void addTexts(XRayColumn &column, const FrequentStrings &strings)
{
    column.hasTexts = true;
    for (FrequentString &item : strings.listNoFalseNegatives())
        column.texts.push_back({std::move(item.value), item.estimate, item.lower, item.upper, {}});
}

void addUnknown(XRayColumn &column, const ColumnProfile &profile)
{
    for (const auto &[path, message] : profile.otherComponents)
        column.unknown.push_back({path, message.size()});
    for (const auto &[path, fields] : profile.unknownFields)
        column.unknown.push_back({path, fields.size()});
    if (!profile.unknownColumnFields.empty())
        column.unknown.push_back({std::string(), profile.unknownColumnFields.size()});
}

XRayColumn columnOf(const std::string &name, const ColumnProfile &profile)
{
    XRayColumn column;
    column.name = name;
    column.kind = profile.dominantKind();
    column.bytes = serializeColumn(profile).size() + name.size();
    column.counts = profile.counts;
    column.types = profile.types;
    if (profile.distribution)
        column.numbers = numbersOf(*profile.distribution);
    if (profile.ints && !profile.ints->empty())
        column.integers = *profile.ints;
    if (profile.cardinality)
        column.distinct = XRayDistinct{profile.cardinality->estimate(),
                                       profile.cardinality->lower(1), profile.cardinality->upper(1),
                                       profile.cardinality->mode() != HllSketch::Mode::Hll};
    if (profile.frequentStrings)
        addTexts(column, *profile.frequentStrings);
    if (profile.conditions) {
        column.asked = profile.conditions->total;
        for (const auto &[condition, met] : profile.conditions->matches)
            column.conditions.push_back({condition, met});
    }
    for (const UnicodeRange &range : profile.unicodeRanges) {
        if (range.profile.distribution)
            column.ranges.push_back({range.name, numbersOf(*range.profile.distribution)});
    }
    addUnknown(column, profile);
    findRisks(column, profile);
    return column;
}

} // namespace

std::size_t XRay::texts() const
{
    std::size_t count = 0;
    for (const XRayColumn &column : columns)
        count += column.texts.size();
    return count;
}

std::size_t XRay::riskCount() const
{
    std::size_t count = risks.size();
    for (const XRayColumn &column : columns)
        count += column.risks.size();
    return count;
}

std::string XRay::summary() const
{
    return fmt::format("{}, {}, {}, {}", counted(columns.size(), "column", "columns"),
                       counted(static_cast<std::uint64_t>(rows), "row", "rows"),
                       counted(texts(), "raw text", "raw texts"),
                       riskCount() == 0 ? std::string("no risk found")
                                        : counted(riskCount(), "risk", "risks"));
}

XRay xray(const DatasetProfile &profile, std::size_t bytes)
{
    XRay result;
    result.bytes = bytes > 0 ? bytes : serializeProfile(profile).size();
    result.rows = profile.rows();
    result.datasetTimestamp = profile.datasetTimestamp;
    result.creationTimestamp = profile.creationTimestamp;
    for (const auto &[column, value] : profile.segment) {
        result.segment.push_back({column, value, true});
        addPairRisk(result.risks, result.segment.back(), Risk::Place::Segment);
    }
    for (const auto &[key, value] : profile.metadata) {
        result.metadata.push_back({key, value, key.starts_with(kTagPrefix)});
        // A segment's values stand among the tags again; they are told of once.
        const bool isSegment =
            key.starts_with(kTagPrefix) &&
            std::any_of(profile.segment.begin(), profile.segment.end(), [&](const auto &tag) {
                return key.substr(kTagPrefix.size()) == tag.first && value == tag.second;
            });
        if (!isOurs(key) && !isSegment)
            addPairRisk(result.risks, result.metadata.back(), Risk::Place::Metadata);
    }
    gravestFirst(result.risks);
    for (const auto &[name, column] : profile.columns)
        result.columns.push_back(columnOf(name, column));
    if (!profile.unknownHeaderFields.empty())
        result.unknown.push_back({"header", profile.unknownHeaderFields.size()});
    if (!profile.unknownProperties.empty())
        result.unknown.push_back({"properties", profile.unknownProperties.size()});
    return result;
}

std::string keptText(const XRayNumbers &numbers)
{
    if (numbers.n == 0)
        return "no numbers";
    if (numbers.all && numbers.kept == 1)
        return "the only value as it is";
    if (numbers.all)
        return fmt::format("all {} as they are, smallest and largest among them",
                           counted(numbers.kept, "value", "values"));
    return fmt::format("the smallest, the largest and {} of {}",
                       counted(numbers.kept, "single value", "single values"),
                       counted(numbers.n, "value", "values"));
}

} // namespace tepal
