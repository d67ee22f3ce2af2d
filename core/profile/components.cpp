#include "components.h"

#include <tepal/base/wire.h>

#include <algorithm>
#include <array>

namespace tepal {
namespace {

using wire::Field;
using wire::Reader;
using wire::Type;
using wire::Writer;

// Field numbers of MetricComponent.
constexpr std::uint32_t kTypeId = 1;
constexpr std::uint32_t kInt = 2;
constexpr std::uint32_t kDouble = 3;
constexpr std::uint32_t kFrequentItems = 4;
constexpr std::uint32_t kHll = 5;
constexpr std::uint32_t kKll = 6;
// How a component merges, for readers that do not know its metric.
constexpr std::uint64_t kMergeSum = 0;
constexpr std::uint64_t kMergeMin = 1;
constexpr std::uint64_t kMergeMax = 2;

/// Nobody counts further; sums of many such counters cannot overflow.
constexpr std::int64_t kMaxCount = std::int64_t{1} << 56;

struct CounterField
{
    std::string_view path;
    std::int64_t &(*get)(ColumnProfile &);
};

/// Every column has these eleven counters.
constexpr std::array<CounterField, 11> kCounters{{
    {"counts/inf", [](ColumnProfile &c) -> std::int64_t & { return c.counts.inf; }},
    {"counts/n", [](ColumnProfile &c) -> std::int64_t & { return c.counts.n; }},
    {"counts/nan", [](ColumnProfile &c) -> std::int64_t & { return c.counts.nan; }},
    {"counts/null", [](ColumnProfile &c) -> std::int64_t & { return c.counts.null; }},
    {"counts/true", [](ColumnProfile &c) -> std::int64_t & { return c.counts.trueCount; }},
    {"types/boolean", [](ColumnProfile &c) -> std::int64_t & { return c.types.boolean; }},
    {"types/fractional", [](ColumnProfile &c) -> std::int64_t & { return c.types.fractional; }},
    {"types/integral", [](ColumnProfile &c) -> std::int64_t & { return c.types.integral; }},
    {"types/object", [](ColumnProfile &c) -> std::int64_t & { return c.types.object; }},
    {"types/string", [](ColumnProfile &c) -> std::int64_t & { return c.types.string; }},
    {"types/tensor", [](ColumnProfile &c) -> std::int64_t & { return c.types.tensor; }},
}};

constexpr std::string_view kMean = "distribution/mean";
constexpr std::string_view kM2 = "distribution/m2";
constexpr std::string_view kKllPath = "distribution/kll";
constexpr std::string_view kHllPath = "cardinality/hll";
constexpr std::string_view kStringsPath = "frequent_items/frequent_strings";
constexpr std::string_view kIntsMax = "ints/max";
constexpr std::string_view kIntsMin = "ints/min";
constexpr std::string_view kConditions = "condition_count/";
constexpr std::string_view kConditionTotal = "total";
constexpr std::string_view kRanges = "unicode_range/";

std::string intComponent(std::int64_t value, std::uint64_t typeId = kMergeSum)
{
    std::string out;
    Writer writer(out);
    if (typeId != kMergeSum)
        writer.uint64(kTypeId, typeId);
    writer.int64(kInt, value);
    return out;
}

std::string doubleComponent(double value)
{
    std::string out;
    Writer(out).fixed64(kDouble, value);
    return out;
}

template <typename Sketch>
std::string sketchComponent(std::uint32_t field, const Sketch &sketch)
{
    thread_local std::string bytes; // its memory is used again
    bytes.clear();
    sketch.serialize(bytes);
    std::string out;
    out.reserve(bytes.size() + 12);
    Writer writer(out);
    writer.tag(field, Type::Bytes);
    writer.varint(1 + wire::varintSize(bytes.size()) + bytes.size());
    writer.bytes(1, bytes);
    return out;
}

std::string joined(std::string_view a, std::string_view b)
{
    std::string text;
    text.reserve(a.size() + b.size());
    text.append(a);
    text.append(b);
    return text;
}

class Collector
{
public:
    std::vector<Component> components;

    void add(const ColumnProfile &column, const std::string &prefix)
    {
        m_prefix = prefix;
        // The accessors give references to write through; reading does not change the column.
        auto &source = const_cast<ColumnProfile &>(column);
        if (column.cardinality)
            put(kHllPath, sketchComponent(kHll, *column.cardinality));
        for (const CounterField &counter : kCounters)
            put(counter.path, intComponent(counter.get(source)));
        if (column.distribution) {
            put(kKllPath, sketchComponent(kKll, column.distribution->kll));
            put(kM2, doubleComponent(column.distribution->m2));
            put(kMean, doubleComponent(column.distribution->mean));
        }
        if (column.frequentStrings)
            put(kStringsPath, sketchComponent(kFrequentItems, *column.frequentStrings));
        if (column.ints) {
            put(kIntsMax, intComponent(column.ints->max, kMergeMax));
            put(kIntsMin, intComponent(column.ints->min, kMergeMin));
        }
        if (column.conditions) {
            put(joined(kConditions, kConditionTotal), intComponent(column.conditions->total));
            for (const auto &[name, count] : column.conditions->matches)
                put(joined(kConditions, name), intComponent(count));
        }
        for (const auto &[path, message] : column.otherComponents)
            put(path, message);
        if (!column.unknownFields.empty())
            appendUnknown(column);
        for (const UnicodeRange &range : column.unicodeRanges)
            add(range.profile, joined(joined(prefix, kRanges), joined(range.name, ":")));
    }

private:
    void put(std::string_view path, std::string message)
    {
        components.push_back({joined(m_prefix, path), std::move(message)});
    }
    void appendUnknown(const ColumnProfile &column)
    {
        for (Component &component : components) {
            const auto at = column.unknownFields.find(component.path);
            if (at != column.unknownFields.end())
                component.message += at->second;
        }
    }

    std::string m_prefix;
};

/// A decoded MetricComponent.
struct Decoded
{
    std::uint64_t typeId = 0;
    std::uint32_t field = 0; ///< Which alternative of the oneof; 0 = none.
    std::int64_t n = 0;
    double d = 0;
    std::string_view sketch;
    std::string unknown; ///< Other fields as they lie there.
};

Result<Decoded> decode(std::string_view message)
{
    Decoded component;
    Reader reader(message);
    Field field;
    while (reader.next(field)) {
        if (field.number == kTypeId && field.type == Type::Varint) {
            component.typeId = field.value;
        } else if (field.number == kInt && field.type == Type::Varint) {
            component.field = kInt;
            component.n = field.asInt64();
        } else if (field.number == kDouble && field.type == Type::Fixed64) {
            component.field = kDouble;
            component.d = field.asDouble();
        } else if (field.number >= kFrequentItems && field.number <= kKll &&
                   field.type == Type::Bytes) {
            component.field = field.number;
            Reader inner(field.bytes);
            Field sketch;
            while (inner.next(sketch)) {
                if (sketch.number == 1 && sketch.type == Type::Bytes)
                    component.sketch = sketch.bytes;
            }
            if (inner.failed())
                return corruptProfile("a component cannot be read");
        } else {
            component.unknown += field.whole;
        }
    }
    if (reader.failed())
        return corruptProfile("a component cannot be read");
    return component;
}

template <typename Sketch>
Status readSketch(const Decoded &component, std::uint32_t field, std::optional<Sketch> &to)
{
    if (component.field != field)
        return corruptProfile("a component has another type than its name says");
    auto sketch = Sketch::parse(component.sketch);
    if (!sketch)
        return tl::unexpected(sketch.error());
    to = std::move(*sketch);
    return {};
}

Status addCount(const Decoded &component, std::int64_t &count)
{
    if (component.n < 0 || component.n > kMaxCount - count)
        return corruptProfile("a count is out of range");
    count += component.n;
    return {};
}

/// The profile of a unicode range; made when its first component comes.
ColumnProfile &rangeOf(ColumnProfile &column, std::string_view name)
{
    auto at = std::lower_bound(
        column.unicodeRanges.begin(), column.unicodeRanges.end(), name,
        [](const UnicodeRange &range, std::string_view n) { return range.name < n; });
    if (at == column.unicodeRanges.end() || at->name != name)
        at = column.unicodeRanges.insert(at, UnicodeRange{std::string(name), {}});
    return at->profile;
}

/// Metrics that not every column has.
Status applyOptional(ColumnProfile &column, std::string_view path, const Decoded &component,
                     std::string_view message)
{
    if (path.starts_with(kConditions) && component.field == kInt && component.typeId == kMergeSum) {
        ConditionCounts &conditions =
            column.conditions ? *column.conditions : column.conditions.emplace();
        const std::string_view name = path.substr(kConditions.size());
        return addCount(component, name == kConditionTotal ? conditions.total
                                                           : conditions.matches[std::string(name)]);
    }
    const std::size_t colon = path.find(':');
    if (path.starts_with(kRanges) && colon != path.npos) {
        const std::string_view name = path.substr(kRanges.size(), colon - kRanges.size());
        const std::string_view inner = path.substr(colon + 1);
        // One level only, or a damaged path could nest without end.
        if (!inner.starts_with(kRanges))
            return applyComponent(rangeOf(column, name), inner, message);
    }
    column.otherComponents[std::string(path)] = std::string(message);
    return {};
}

template <typename Sketch>
void mergeSketch(std::string &to, std::uint32_t field, std::string_view a, std::string_view b)
{
    auto left = Sketch::parse(a);
    const auto right = Sketch::parse(b);
    if (!left || !right)
        return;
    left->merge(*right);
    to = sketchComponent(field, *left);
}

} // namespace

tl::unexpected<Error> corruptProfile(std::string_view what)
{
    return fail(ErrorCode::Corrupt, "the profile is damaged: " + std::string(what),
                "get the file again from where it was made");
}

std::vector<Component> componentsOf(const ColumnProfile &column)
{
    Collector collector;
    collector.add(column, {});
    const auto byPath = [](const Component &a, const Component &b) { return a.path < b.path; };
    if (!std::is_sorted(collector.components.begin(), collector.components.end(), byPath))
        std::sort(collector.components.begin(), collector.components.end(), byPath);
    return std::move(collector.components);
}

Status applyComponent(ColumnProfile &column, std::string_view path, std::string_view message)
{
    const auto component = decode(message);
    if (!component)
        return tl::unexpected(component.error());
    const auto distribution = [&]() -> Distribution & {
        return column.distribution ? *column.distribution : column.distribution.emplace();
    };
    const auto ints = [&]() -> IntRange & {
        return column.ints ? *column.ints : column.ints.emplace();
    };
    Status status;
    const auto counter = std::find_if(kCounters.begin(), kCounters.end(),
                                      [&](const CounterField &c) { return c.path == path; });
    if (counter != kCounters.end()) {
        status = addCount(*component, counter->get(column));
    } else if (path == kMean) {
        distribution().mean = component->d;
    } else if (path == kM2) {
        distribution().m2 = component->d;
    } else if (path == kKllPath) {
        std::optional<KllSketch> sketch;
        status = readSketch(*component, kKll, sketch);
        if (status)
            distribution().kll = std::move(*sketch);
    } else if (path == kIntsMax) {
        ints().max = component->n;
    } else if (path == kIntsMin) {
        ints().min = component->n;
    } else if (path == kHllPath) {
        status = readSketch(*component, kHll, column.cardinality);
    } else if (path == kStringsPath) {
        status = readSketch(*component, kFrequentItems, column.frequentStrings);
    } else {
        return applyOptional(column, path, *component, message);
    }
    if (status && !component->unknown.empty())
        column.unknownFields[std::string(path)] = component->unknown;
    return status;
}

void mergeUnknown(std::string &to, const std::string &from)
{
    const auto left = decode(to);
    const auto right = decode(from);
    if (!left || !right || left->field != right->field || left->typeId != right->typeId)
        return;
    if (left->field == kInt && left->typeId <= kMergeMax) {
        const std::int64_t a = left->n;
        const std::int64_t b = right->n;
        // Sums wrap as the other implementations' do.
        const auto sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(a) +
                                                   static_cast<std::uint64_t>(b));
        to = intComponent(left->typeId == kMergeSum   ? sum
                          : left->typeId == kMergeMin ? std::min(a, b)
                                                      : std::max(a, b),
                          left->typeId);
    } else if (left->typeId == kMergeSum && left->field == kKll) {
        mergeSketch<KllSketch>(to, kKll, left->sketch, right->sketch);
    } else if (left->typeId == kMergeSum && left->field == kHll) {
        mergeSketch<HllSketch>(to, kHll, left->sketch, right->sketch);
    } else if (left->typeId == kMergeSum && left->field == kFrequentItems) {
        mergeSketch<FrequentStrings>(to, kFrequentItems, left->sketch, right->sketch);
    } else {
        return;
    }
    to += left->unknown;
}

} // namespace tepal
