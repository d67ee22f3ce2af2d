#include "column_conditions.h"
#include "column_text.h"
#include "components.h"

#include <tepal/base/text.h>
#include <tepal/profile/column.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tepal {
namespace {

/// whylogs cuts frequent strings at this many code points.
constexpr std::size_t kFrequentCodePoints = 128;

/// The mean of two means with weights that add up to 1, where the plain formula overflows or meets
/// an infinity: finite as long as both are, else infinite, or not a number for both infinities.
double extremeMean(double a, double weightA, double b, double weightB)
{
    const double delta = b - a;
    return std::isfinite(delta) ? a + delta * weightB : a * weightA + b * weightB;
}

} // namespace

double Distribution::stddev() const
{
    return kll.n() <= 1 ? 0 : std::sqrt(m2 / (static_cast<double>(kll.n()) - 1));
}

void Distribution::add(double value)
{
    const double n = static_cast<double>(kll.n()) + 1;
    const double delta = value - mean;
    // An infinity stays in the mean; without one only the difference can be too large.
    if (std::isfinite(delta))
        mean += delta / n;
    else
        mean = extremeMean(mean, (n - 1) / n, value, 1 / n);
    m2 += delta * (value - mean);
}

void Distribution::addMoments(double batchMean, double batchM2, std::uint64_t batchN)
{
    if (batchN == 0)
        return;
    if (kll.n() == 0) {
        mean = batchMean;
        m2 = batchM2;
        return;
    }
    const auto a = static_cast<double>(kll.n());
    const auto b = static_cast<double>(batchN);
    const double n = a + b;
    const double delta = batchMean - mean;
    const double sum = mean * a + batchMean * b;
    mean = std::isfinite(sum) ? sum / n : extremeMean(mean, a / n, batchMean, b / n);
    m2 += batchM2 + delta * delta * a * b / n;
}

/// Weighted as whylogs does it. Whatever stands beside no values at all counts nothing.
void Distribution::merge(const Distribution &other)
{
    const auto a = static_cast<double>(kll.n());
    const auto b = static_cast<double>(other.kll.n());
    const double n = a + b;
    if (a > 0 && b > 0) {
        const double delta = other.mean - mean;
        const double weighted = (a / n) * mean + (b / n) * other.mean;
        mean = std::isfinite(weighted) ? weighted : extremeMean(mean, a / n, other.mean, b / n);
        m2 += other.m2 + delta * delta * a * b / n;
    } else if (a == 0) {
        mean = b > 0 ? other.mean : 0;
        m2 = b > 0 ? other.m2 : 0;
    }
    kll.merge(other.kll);
}

void ConditionCounts::merge(const ConditionCounts &other)
{
    total += other.total;
    std::erase_if(matches, [&](const auto &entry) { return !other.matches.contains(entry.first); });
    for (auto &[name, count] : matches)
        count += other.matches.find(name)->second;
}

ColumnProfile ColumnProfile::forFirstValue(ValueKind kind, Semantics semantics,
                                           ColumnSchemaPtr schema)
{
    ColumnProfile column;
    column.m_schema = std::move(schema);
    static const ColumnSchema standard;
    const ColumnSchema &chosen = column.m_schema ? *column.m_schema : standard;
    if (!chosen.conditions.empty()) {
        column.conditions.emplace();
        for (const Condition &condition : chosen.conditions)
            column.conditions->matches[condition.name] = 0;
    }
    const bool untyped =
        kind == ValueKind::Null || kind == ValueKind::Object || kind == ValueKind::Tensor;
    if (untyped && semantics == Semantics::Row)
        return column;
    if (chosen.distribution)
        column.distribution.emplace();
    if (chosen.cardinality)
        column.cardinality.emplace();
    if (kind != ValueKind::Fractional && chosen.frequentItems)
        column.frequentStrings.emplace();
    if (chosen.unicodeRanges && (kind == ValueKind::String || untyped))
        column.unicodeRanges = emptyUnicodeRanges();
    if (chosen.ints && (kind == ValueKind::Integral || kind == ValueKind::Boolean))
        column.ints.emplace();
    return column;
}

void ColumnProfile::continueWith(ColumnSchemaPtr schema)
{
    m_schema = std::move(schema);
    if (!m_schema || m_schema->conditions.empty())
        return;
    ConditionCounts asked;
    for (const Condition &condition : m_schema->conditions)
        asked.matches[condition.name] = 0;
    if (conditions)
        conditions->merge(asked);
    else
        conditions = std::move(asked);
}

void ColumnProfile::trackNumber(double value)
{
    if (distribution) {
        distribution->add(value);
        distribution->kll.update(value);
    }
}

void ColumnProfile::trackFractional(double value, Semantics semantics)
{
    if (std::isnan(value)) {
        ++counts.null;
        ++counts.nan;
        if (semantics == Semantics::Table)
            return;
    }
    ++types.fractional;
    if (std::isinf(value))
        ++counts.inf;
    trackNumber(value);
    if (cardinality)
        cardinality->update(value);
    if (frequentStrings)
        frequentStrings->update(FractionText(value).view());
}

void ColumnProfile::trackIntegral(std::int64_t value)
{
    ++types.integral;
    trackNumber(static_cast<double>(value));
    if (ints) {
        ints->max = std::max(ints->max, value);
        ints->min = std::min(ints->min, value);
    }
    if (cardinality)
        cardinality->update(value);
    if (frequentStrings)
        frequentStrings->update(IntegerText(value).view());
}

void ColumnProfile::trackUnsigned(std::uint64_t value)
{
    ++types.fractional;
    trackNumber(static_cast<double>(value));
    if (cardinality)
        cardinality->update(static_cast<std::int64_t>(value)); // the same eight bytes
    if (frequentStrings)
        frequentStrings->update(std::to_string(value));
}

void ColumnProfile::trackBoolean(bool value)
{
    ++types.boolean;
    counts.trueCount += value ? 1 : 0;
    trackNumber(value ? 1.0 : 0.0);
    if (cardinality)
        cardinality->update(std::int64_t{value});
    if (frequentStrings)
        frequentStrings->update(value ? "True" : "False");
}

void ColumnProfile::trackString(std::string_view text)
{
    ++types.string;
    trackText(text, 1);
}

/// One hash serves both sketches, unless the text is cut for one of them.
void ColumnProfile::trackText(std::string_view text, std::uint64_t count)
{
    if (!unicodeRanges.empty())
        trackUnicodeRanges(unicodeRanges, text, count);
    if (!cardinality && !frequentStrings)
        return;
    const Hash128 hash = murmur3(text);
    if (cardinality && !text.empty())
        cardinality->updateCoupon(hllCoupon(hash));
    if (frequentStrings) {
        const std::string_view prefix = utf8Prefix(text, kFrequentCodePoints);
        if (prefix.size() == text.size())
            frequentStrings->update(text, hash, count);
        else
            frequentStrings->update(prefix, count);
    }
}

void ColumnProfile::track(Value value, Semantics semantics)
{
    ++counts.n;
    switch (value.kind()) {
    case ValueKind::Null:
        ++counts.null;
        break;
    case ValueKind::Boolean:
        trackBoolean(value.asBoolean());
        break;
    case ValueKind::Integral:
        trackIntegral(value.asIntegral());
        break;
    case ValueKind::Fractional:
        trackFractional(value.asFractional(), semantics);
        break;
    case ValueKind::Unsigned:
        trackUnsigned(value.asNatural());
        break;
    case ValueKind::String:
        trackString(value.asString());
        break;
    case ValueKind::Tensor:
        ++types.tensor;
        break;
    case ValueKind::Object:
        ++types.object;
        break;
    }
    if (conditions && value.kind() != ValueKind::Null && value.kind() != ValueKind::Boolean &&
        !(value.kind() == ValueKind::Fractional && std::isnan(value.asFractional())))
        countConditions(1, [&](std::size_t) { return std::pair{value, std::uint64_t{1}}; });
}

namespace {

/// A metric that only one side has is taken as it is.
template <typename T, typename Merge>
void mergeMetric(std::optional<T> &to, const std::optional<T> &from, Merge merge)
{
    if (!from)
        return;
    if (to)
        merge(*to, *from);
    else
        to = from;
}

} // namespace

void ColumnProfile::merge(const ColumnProfile &other)
{
    counts.n += other.counts.n;
    counts.null += other.counts.null;
    counts.nan += other.counts.nan;
    counts.inf += other.counts.inf;
    counts.trueCount += other.counts.trueCount;
    types.integral += other.types.integral;
    types.fractional += other.types.fractional;
    types.boolean += other.types.boolean;
    types.string += other.types.string;
    types.object += other.types.object;
    types.tensor += other.types.tensor;
    const auto byMerge = [](auto &to, const auto &from) { to.merge(from); };
    mergeMetric(distribution, other.distribution, byMerge);
    mergeMetric(cardinality, other.cardinality, byMerge);
    mergeMetric(frequentStrings, other.frequentStrings, byMerge);
    mergeMetric(ints, other.ints, [](IntRange &to, const IntRange &from) {
        to.max = std::max(to.max, from.max);
        to.min = std::min(to.min, from.min);
    });
    mergeMetric(conditions, other.conditions,
                [](ConditionCounts &to, const ConditionCounts &from) { to.merge(from); });
    for (const UnicodeRange &range : other.unicodeRanges) {
        const auto at = std::lower_bound(
            unicodeRanges.begin(), unicodeRanges.end(), range.name,
            [](const UnicodeRange &r, const std::string &name) { return r.name < name; });
        if (at != unicodeRanges.end() && at->name == range.name)
            at->profile.merge(range.profile);
        else
            unicodeRanges.insert(at, range);
    }
    for (const auto &[path, component] : other.otherComponents) {
        const auto [at, added] = otherComponents.try_emplace(path, component);
        if (!added)
            mergeUnknown(at->second, component);
    }
    for (const auto &[path, fields] : other.unknownFields)
        unknownFields.try_emplace(path, fields);
    if (unknownColumnFields.empty())
        unknownColumnFields = other.unknownColumnFields;
}

ValueKind ColumnProfile::dominantKind() const
{
    const std::array<std::pair<std::int64_t, ValueKind>, 6> byCount{{
        {types.integral, ValueKind::Integral},
        {types.fractional, ValueKind::Fractional},
        {types.boolean, ValueKind::Boolean},
        {types.string, ValueKind::String},
        {types.object, ValueKind::Object},
        {types.tensor, ValueKind::Tensor},
    }};
    const auto best = std::max_element(byCount.begin(), byCount.end(),
                                       [](auto &a, auto &b) { return a.first < b.first; });
    return best->first == 0 ? ValueKind::Null : best->second;
}

} // namespace tepal
