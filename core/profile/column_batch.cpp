// The column path: a batch of one column at a time.

#include "column_conditions.h"
#include "column_text.h"

#include <tepal/profile/column.h>
#include <tepal/sketch/moments.h>
#include <tepal/table/distinct.h>

#include <algorithm>
#include <cmath>

namespace tepal {
namespace {

/// Working memory of one thread, kept from batch to batch.
struct Scratch
{
    std::vector<double> fractions;
    std::vector<std::int64_t> integers;
    std::vector<double> numbers;
    std::vector<std::string_view> texts;
    std::vector<WeightedValue> weighted;
    Distinct<double> differentFractions;
    Distinct<std::int64_t> differentIntegers;
    Distinct<std::string_view> differentTexts;
};

Scratch &scratch()
{
    thread_local Scratch memory;
    return memory;
}

} // namespace

/// Moments of the batch, then the sketch.
void ColumnProfile::addNumbers(std::span<const double> values)
{
    if (!distribution || values.empty())
        return;
    if (values.size() == 1) {
        distribution->add(values[0]);
    } else {
        const BatchMoments moments = momentsOf(values);
        distribution->addMoments(moments.mean, moments.m2, values.size());
    }
    distribution->kll.update(values);
}

/// The same for counted values, which are put in order. Equal values may stand there twice (0.0
/// and -0.0).
void ColumnProfile::addNumbers(std::vector<WeightedValue> &values)
{
    if (!distribution || values.empty())
        return;
    std::sort(values.begin(), values.end(),
              [](const WeightedValue &a, const WeightedValue &b) { return a.value < b.value; });
    std::uint64_t n = 0;
    for (const WeightedValue &item : values)
        n += item.weight;
    const BatchMoments moments = momentsOf(std::span<const WeightedValue>(values));
    distribution->addMoments(moments.mean, moments.m2, n);
    distribution->kll.update(std::span<const WeightedValue>(values));
}

void ColumnProfile::trackNulls(std::uint64_t count)
{
    counts.n += static_cast<std::int64_t>(count);
    counts.null += static_cast<std::int64_t>(count);
}

void ColumnProfile::trackFractionals(std::span<const double> values)
{
    const SpecialValues special = specialValues(values);
    if (special.nan > 0) {
        counts.n += static_cast<std::int64_t>(special.nan);
        counts.null += static_cast<std::int64_t>(special.nan);
        counts.nan += static_cast<std::int64_t>(special.nan);
        std::vector<double> &rest = scratch().numbers;
        rest.resize(values.size());
        const auto end = std::copy_if(values.begin(), values.end(), rest.begin(),
                                      [](double value) { return value == value; });
        values = {rest.begin(), end};
    }
    if (values.empty())
        return;
    Distinct<double> &different = scratch().differentFractions;
    if (different.count(values) && different.pays(values.size())) {
        trackCounted(different.values);
        return;
    }
    counts.n += static_cast<std::int64_t>(values.size());
    counts.inf += static_cast<std::int64_t>(special.infinite);
    types.fractional += static_cast<std::int64_t>(values.size());
    addNumbers(values);
    if (cardinality)
        cardinality->update(values);
    if (frequentStrings) {
        for (const double value : values)
            frequentStrings->update(FractionText(value).view());
    }
    countConditions(values.size(), [&](std::size_t i) {
        return std::pair{Value::fractional(values[i]), std::uint64_t{1}};
    });
}

void ColumnProfile::trackCounted(std::span<const CountedFraction> values)
{
    std::vector<WeightedValue> &weighted = scratch().weighted;
    weighted.clear();
    for (const auto &[value, count] : values) {
        const auto times = static_cast<std::int64_t>(count);
        counts.n += times;
        if (std::isnan(value)) {
            counts.null += times;
            counts.nan += times;
            continue;
        }
        types.fractional += times;
        counts.inf += std::isinf(value) ? times : 0;
        weighted.push_back({value, count});
        if (cardinality)
            cardinality->update(value);
        if (frequentStrings)
            frequentStrings->update(FractionText(value).view(), count);
    }
    addNumbers(weighted);
    // Missing values are not asked.
    countConditions(values.size(), [&](std::size_t i) {
        const auto &[value, count] = values[i];
        return std::pair{Value::fractional(value), std::isnan(value) ? std::uint64_t{0} : count};
    });
}

void ColumnProfile::trackIntegrals(std::span<const std::int64_t> values)
{
    if (values.empty())
        return;
    Distinct<std::int64_t> &different = scratch().differentIntegers;
    if (different.count(values) && different.pays(values.size())) {
        trackCounted(different.values);
        return;
    }
    counts.n += static_cast<std::int64_t>(values.size());
    types.integral += static_cast<std::int64_t>(values.size());
    if (distribution) {
        std::vector<double> &numbers = scratch().numbers;
        numbers.assign(values.begin(), values.end());
        addNumbers(numbers);
    }
    if (ints) {
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        ints->min = std::min(ints->min, *least);
        ints->max = std::max(ints->max, *most);
    }
    if (cardinality)
        cardinality->update(values);
    if (frequentStrings) {
        for (const std::int64_t value : values)
            frequentStrings->update(IntegerText(value).view());
    }
    countConditions(values.size(), [&](std::size_t i) {
        return std::pair{Value::integral(values[i]), std::uint64_t{1}};
    });
}

void ColumnProfile::trackCounted(std::span<const CountedInteger> values)
{
    std::vector<WeightedValue> &weighted = scratch().weighted;
    weighted.clear();
    for (const auto &[value, count] : values) {
        const auto times = static_cast<std::int64_t>(count);
        counts.n += times;
        types.integral += times;
        weighted.push_back({static_cast<double>(value), count});
        if (ints) {
            ints->min = std::min(ints->min, value);
            ints->max = std::max(ints->max, value);
        }
        if (cardinality)
            cardinality->update(value);
        if (frequentStrings)
            frequentStrings->update(IntegerText(value).view(), count);
    }
    addNumbers(weighted);
    countConditions(values.size(), [&](std::size_t i) {
        return std::pair{Value::integral(values[i].value), values[i].count};
    });
}

void ColumnProfile::trackBooleans(std::uint64_t trues, std::uint64_t falses)
{
    const auto n = static_cast<std::int64_t>(trues + falses);
    counts.n += n;
    counts.trueCount += static_cast<std::int64_t>(trues);
    types.boolean += n;
    std::vector<WeightedValue> &weighted = scratch().weighted;
    weighted.clear();
    for (const auto &[value, count] : {std::pair{true, trues}, std::pair{false, falses}}) {
        if (count == 0)
            continue;
        weighted.push_back({value ? 1.0 : 0.0, count});
        if (cardinality)
            cardinality->update(std::int64_t{value});
        if (frequentStrings)
            frequentStrings->update(value ? "True" : "False", count);
    }
    addNumbers(weighted);
}

void ColumnProfile::trackStrings(std::span<const std::string_view> values)
{
    Distinct<std::string_view> &different = scratch().differentTexts;
    if (different.count(values) && different.pays(values.size())) {
        trackCounted(different.values);
        return;
    }
    for (const std::string_view text : values)
        track(Value::string(text));
}

void ColumnProfile::trackCounted(std::span<const CountedText> values)
{
    for (const auto &[text, count] : values) {
        const auto times = static_cast<std::int64_t>(count);
        counts.n += times;
        types.string += times;
        trackText(text, count);
    }
    countConditions(values.size(), [&](std::size_t i) {
        return std::pair{Value::string(values[i].value), values[i].count};
    });
}

void ColumnProfile::trackBatch(std::span<const Value> values)
{
    Scratch &memory = scratch();
    memory.fractions.clear();
    memory.integers.clear();
    memory.texts.clear();
    std::uint64_t booleans[2]{};
    std::uint64_t nulls = 0;
    std::int64_t tensors = 0;
    std::int64_t objects = 0;
    for (const Value &value : values) {
        switch (value.kind()) {
        case ValueKind::Null:
            ++nulls;
            break;
        case ValueKind::Boolean:
            ++booleans[value.asBoolean() ? 1 : 0];
            break;
        case ValueKind::Integral:
            memory.integers.push_back(value.asIntegral());
            break;
        case ValueKind::Fractional:
            memory.fractions.push_back(value.asFractional());
            break;
        case ValueKind::String:
            memory.texts.push_back(value.asString());
            break;
        case ValueKind::Unsigned:
            track(value);
            break;
        case ValueKind::Tensor:
            ++tensors;
            break;
        case ValueKind::Object:
            ++objects;
            break;
        }
    }
    trackFractionals(memory.fractions);
    trackIntegrals(memory.integers);
    trackStrings(memory.texts);
    trackBooleans(booleans[1], booleans[0]);
    trackNulls(nulls);
    counts.n += tensors + objects;
    types.tensor += tensors;
    types.object += objects;
    for (const auto &[value, count] :
         {std::pair{Value::tensor(), tensors}, {Value::object(), objects}}) {
        if (count > 0)
            countConditions(1, [value = value, count = count](std::size_t) {
                return std::pair{value, static_cast<std::uint64_t>(count)};
            });
    }
}

} // namespace tepal
