#include "column_text.h"

#include <tepal/base/text.h>
#include <tepal/profile/growth.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <utility>

namespace tepal {
namespace {

using table::ColumnType;

/// The metrics of a column of this type, as whylogs chooses them for a data frame's.
ValueKind kindOf(ColumnType type, bool missing)
{
    switch (type) {
    case ColumnType::Booleans:
        return missing ? ValueKind::String : ValueKind::Boolean; // gaps make objects of booleans
    case ColumnType::Integers:
        return missing ? ValueKind::Fractional : ValueKind::Integral;
    case ColumnType::Nothing:
    case ColumnType::Unsigned:
    case ColumnType::Fractions:
        return ValueKind::Fractional;
    default:
        return ValueKind::String;
    }
}

bool isText(ColumnType type)
{
    return type == ColumnType::Texts || type == ColumnType::BigIntegers;
}

/// Working memory of one thread, kept from batch to batch.
struct Scratch
{
    std::vector<double> numbers;
    std::vector<CountedFraction> counted;
    std::vector<CountedUnsigned> each;
    std::deque<std::string> spelled;
    table::Column cells;
};

Scratch &scratch()
{
    thread_local Scratch memory;
    return memory;
}

template <typename Integer>
std::span<const CountedFraction> asFractions(std::span<const Counted<Integer>> values)
{
    auto &to = scratch().counted;
    to.clear();
    for (const auto &[value, count] : values)
        to.push_back({static_cast<double>(value), count});
    return to;
}

std::span<const double> asFractions(std::span<const std::int64_t> values)
{
    auto &to = scratch().numbers;
    to.assign(values.begin(), values.end());
    return to;
}

/// Integers whose text is longer than any of 64 bits may be spelled as texts in JSON.
bool isBigInteger(std::string_view text)
{
    return text.size() >= 19 && table::isCanonicalInteger(text) && !table::integerOf(text, {}) &&
           !table::unsignedOf(text, {});
}

} // namespace

ColumnGrowth ColumnGrowth::resumed(const ColumnProfile &column)
{
    ColumnGrowth growth;
    growth.m_missing = column.counts.null > 0;
    const TypeCounts &types = column.types;
    const bool numbers = types.integral + types.fractional > 0;
    const bool others = types.object + types.tensor > 0;
    if (others || (numbers && types.boolean + types.string > 0) ||
        (types.boolean > 0 && types.string > 0))
        growth.m_type = ColumnType::Objects;
    else if (types.string > 0)
        growth.m_type = ColumnType::Texts;
    else if (types.boolean > 0)
        growth.m_type = ColumnType::Booleans;
    else if (types.fractional > 0)
        growth.m_type = ColumnType::Fractions;
    else if (types.integral > 0)
        growth.m_type = ColumnType::Integers;
    growth.m_form = types.integral > 0 ? Form::Integers : Form::Fractions;
    return growth;
}

/// The first cells that are not missing: only now is it known what the column is.
void ColumnGrowth::decide(ColumnProfile &to, ColumnType type, bool missing, const Make &make)
{
    const Counts counts = to.counts;
    m_type = type;
    m_missing = missing;
    to = make(kindOf(type, missing));
    to.counts = counts;
    if (type == ColumnType::Integers || type == ColumnType::Unsigned) {
        m_others = Others();
        const ColumnProfile whole = make(ValueKind::Integral);
        m_others->digits = whole.frequentStrings;
        m_others->range = whole.ints;
        m_form = type == ColumnType::Unsigned ? Form::Unsigned
                 : missing                    ? Form::Fractions
                                              : Form::Integers;
    }
    if (m_others && m_form == Form::Integers) {
        m_others->digits.reset(); // they are in the profile
        m_others->range.reset();
    }
    if (m_keepTexts && type != ColumnType::Texts && type != ColumnType::Objects)
        m_text = make(ValueKind::String);
}

/// Shows the integers so far as something else. Of a profile that was stored nothing else is known.
void ColumnGrowth::present(ColumnProfile &to, Form form)
{
    if (!m_others || form == m_form)
        return;
    if (m_form == Form::Integers) {
        m_others->digits = std::exchange(to.frequentStrings, std::nullopt);
        m_others->range = std::exchange(to.ints, std::nullopt);
        to.types.fractional += to.types.integral;
        to.types.integral = 0;
    }
    if (to.cardinality) {
        HllSketch &now = m_form == Form::Fractions ? m_others->fractions : m_others->integers;
        now = std::move(*to.cardinality);
        to.cardinality =
            std::move(form == Form::Fractions ? m_others->fractions : m_others->integers);
    }
    if (form == Form::Integers) {
        to.types.integral += to.types.fractional;
        to.types.fractional = 0;
        to.frequentStrings = std::exchange(m_others->digits, std::nullopt);
        to.ints = std::exchange(m_others->range, std::nullopt);
    }
    m_form = form;
}

bool ColumnGrowth::toTexts(ColumnProfile &to, const Make &make)
{
    ColumnProfile text = make(ValueKind::String);
    const Counts counts = to.counts;
    if (m_text) {
        text = std::move(*m_text);
        m_text.reset();
    } else if (m_others && m_others->exactTexts && !text.conditions && text.unicodeRanges.empty()) {
        text.types.string = to.types.integral + to.types.fractional;
        if (text.cardinality)
            text.cardinality = std::move(m_others->texts);
        auto &digits = m_form == Form::Integers ? to.frequentStrings : m_others->digits;
        if (text.frequentStrings && digits)
            text.frequentStrings = std::move(digits);
    } else {
        return false;
    }
    to = std::move(text);
    to.counts.n = counts.n;
    to.counts.null = counts.null;
    to.counts.nan = counts.nan;
    m_others.reset();
    return true;
}

/// Objects have the metrics of text, and every cell its own type.
void ColumnGrowth::toObjects(ColumnProfile &to, const Make &make)
{
    if (m_others && m_type == ColumnType::Integers)
        present(to, Form::Integers);
    m_others.reset();
    m_text.reset();
    to.ints.reset();
    ColumnProfile text = make(ValueKind::String);
    if (!to.frequentStrings && text.frequentStrings)
        to.frequentStrings = std::move(text.frequentStrings);
    if (to.unicodeRanges.empty())
        to.unicodeRanges = std::move(text.unicodeRanges);
}

bool ColumnGrowth::widen(ColumnProfile &to, ColumnType wider, const Make &make)
{
    if (m_type == ColumnType::Nothing || m_type == wider)
        return true;
    switch (wider) {
    case ColumnType::Unsigned:
        if (!m_others)
            return false;
        present(to, Form::Unsigned);
        break;
    case ColumnType::Fractions:
        if (!m_others)
            return false;
        present(to, Form::Fractions);
        m_others.reset();
        break;
    case ColumnType::BigIntegers:
    case ColumnType::Texts:
        if (!isText(m_type) && !toTexts(to, make))
            return false;
        break;
    case ColumnType::Objects:
        // Numbers that were counted as fractions may have been integers.
        if (m_type == ColumnType::Fractions || m_type == ColumnType::Unsigned ||
            m_type == ColumnType::BigIntegers || (m_type == ColumnType::Integers && !m_others))
            return false;
        toObjects(to, make);
        break;
    default:
        return false;
    }
    m_type = wider;
    return true;
}

/// As widen, and where that cannot be done exactly the cells stand side by side from here on.
void ColumnGrowth::become(ColumnProfile &to, ColumnType type, bool missing, const Make &make)
{
    if (m_type == ColumnType::Nothing)
        return decide(to, type, missing || m_missing, make);
    if (!widen(to, type, make)) {
        if (type != ColumnType::Fractions && type != ColumnType::Unsigned) {
            toObjects(to, make);
            type = ColumnType::Objects;
        }
        m_type = isText(m_type) ? ColumnType::Objects : type;
        m_others.reset();
    }
    if (missing && !m_missing) {
        if (m_type == ColumnType::Integers)
            present(to, Form::Fractions);
        else if (m_type == ColumnType::Booleans)
            to.ints.reset();
    }
    m_missing = m_missing || missing;
}

void ColumnGrowth::settle(ColumnProfile &to, ColumnType type, bool missing, const Make &make)
{
    if (type != ColumnType::Nothing)
        become(to, type, missing, make);
}

void ColumnGrowth::addMissing(ColumnProfile &to, std::uint64_t count) const
{
    to.trackNulls(count);
    to.counts.nan += static_cast<std::int64_t>(count);
}

void ColumnGrowth::takeMissing(ColumnProfile &to, std::uint64_t count, const Make &make)
{
    if (count == 0)
        return;
    if (m_type == ColumnType::Nothing)
        m_missing = true;
    else
        become(to, m_type, true, make);
    addMissing(to, count);
}

void ColumnGrowth::Others::note(std::string_view text, std::uint64_t count)
{
    const Hash128 hash = murmur3(text);
    texts.updateCoupon(hllCoupon(hash));
    if (digits)
        digits->update(text, hash, count);
}

void ColumnGrowth::Others::bound(std::int64_t value)
{
    if (!range)
        return;
    range->min = std::min(range->min, value);
    range->max = std::max(range->max, value);
}

/// Whether an integer is counted as one.
bool ColumnGrowth::countsIntegers() const
{
    return m_type == ColumnType::Objects ||
           (m_type == ColumnType::Integers && m_form == Form::Integers);
}

/// Numbers whose distinct values are told apart by `keys`, not as the fractions they are counted
/// as.
template <typename Track, typename Keys>
void ColumnGrowth::addByKeys(ColumnProfile &to, const Track &track, const Keys &keys)
{
    if (m_form != Form::Unsigned || !m_others)
        return track();
    auto cardinality = std::exchange(to.cardinality, std::nullopt);
    track();
    to.cardinality = std::move(cardinality);
    if (to.cardinality)
        keys(*to.cardinality);
}

void ColumnGrowth::addIntegers(ColumnProfile &to, std::span<const CountedInteger> values)
{
    if (values.empty())
        return;
    if (countsIntegers())
        to.trackCounted(values);
    else
        addByKeys(
            to, [&] { to.trackCounted(asFractions(values)); },
            [&](HllSketch &keys) {
                for (const auto &[value, count] : values)
                    keys.update(value);
            });
    if (!m_others)
        return;
    for (const auto &[value, count] : values) {
        if (m_form == Form::Fractions)
            m_others->integers.update(value);
        else
            m_others->fractions.update(static_cast<double>(value));
        m_others->note(IntegerText(value).view(), count);
        m_others->bound(value);
    }
}

void ColumnGrowth::addIntegers(ColumnProfile &to, std::span<const std::int64_t> values)
{
    thread_local Distinct<std::int64_t> different;
    if (values.empty() || (different.count(values) && different.pays(values.size())))
        return addIntegers(to, values.empty() ? std::span<const CountedInteger>()
                                              : std::span<const CountedInteger>(different.values));
    if (countsIntegers())
        to.trackIntegrals(values);
    else
        addByKeys(
            to, [&] { to.trackFractionals(asFractions(values)); },
            [&](HllSketch &keys) { keys.update(values); });
    if (!m_others)
        return;
    if (m_form == Form::Fractions)
        m_others->integers.update(values);
    else
        m_others->fractions.update(asFractions(values));
    for (const std::int64_t value : values)
        m_others->note(IntegerText(value).view(), 1);
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    m_others->bound(*least);
    m_others->bound(*most);
}

void ColumnGrowth::addUnsigned(ColumnProfile &to, std::span<const CountedUnsigned> values)
{
    if (values.empty())
        return;
    addByKeys(
        to, [&] { to.trackCounted(asFractions(values)); },
        [&](HllSketch &keys) {
            for (const auto &[value, count] : values)
                keys.update(static_cast<std::int64_t>(value)); // the same eight bytes
        });
    if (!m_others)
        return;
    for (const auto &[value, count] : values) {
        m_others->fractions.update(static_cast<double>(value));
        m_others->note(IntegerText(value).view(), count);
    }
}

void ColumnGrowth::take(ColumnProfile &to, const table::Column &cells, const Make &make)
{
    if (cells.type != ColumnType::Nothing)
        become(to, cells.type, cells.missing > 0, make);
    takeMissing(to, cells.missing, make);
    if (m_others)
        m_others->exactTexts = m_others->exactTexts && cells.canonical;
    if (m_text)
        m_text->trackCounted(cells.raw);
    to.trackCounted(cells.countedFractions);
    to.trackFractionals(cells.fractions);
    addIntegers(to, cells.countedIntegers);
    addIntegers(to, cells.integers);
    addUnsigned(to, cells.countedUnsigned);
    auto &each = scratch().each;
    each.clear();
    for (const std::uint64_t value : cells.unsignedIntegers)
        each.push_back({value, 1});
    addUnsigned(to, each);
    to.trackCounted(cells.countedTexts);
    to.trackStrings(cells.texts);
    to.trackBooleans(cells.trues, cells.falses);
    if (cells.tensors + cells.objects > 0) {
        std::vector<Value> others(cells.tensors, Value::tensor());
        others.resize(cells.tensors + cells.objects, Value::object());
        to.trackBatch(others);
    }
}

namespace {

/// Integers beyond 64 bits among texts, by their column's type: as what they are with other
/// integers, as fractions among fractions.
void bringTogether(table::Column &cells, ColumnType type)
{
    Scratch &memory = scratch();
    if (type == ColumnType::Fractions) {
        for (const std::string_view text : cells.texts)
            cells.fractions.push_back(parseDouble(text).value_or(0));
        cells.texts.clear();
    } else if (type == ColumnType::BigIntegers) {
        memory.spelled.clear();
        for (const std::int64_t value : cells.integers)
            cells.texts.push_back(memory.spelled.emplace_back(std::to_string(value)));
        for (const std::uint64_t value : cells.unsignedIntegers)
            cells.texts.push_back(memory.spelled.emplace_back(std::to_string(value)));
        cells.integers.clear();
        cells.unsignedIntegers.clear();
    }
}

} // namespace

void ColumnGrowth::take(ColumnProfile &to, std::span<const Value> values, const Make &make)
{
    table::Column &cells = scratch().cells;
    cells.clear();
    for (const Value &value : values)
        table::addCell(cells, value);
    ColumnType type = m_type;
    const auto has = [&](bool some, ColumnType of) {
        type = some ? table::joined(type, of, true) : type;
    };
    const bool big = std::all_of(cells.texts.begin(), cells.texts.end(), isBigInteger);
    has(cells.trues + cells.falses > 0, ColumnType::Booleans);
    has(!cells.integers.empty(), ColumnType::Integers);
    has(!cells.unsignedIntegers.empty(), ColumnType::Unsigned);
    has(!cells.fractions.empty(), ColumnType::Fractions);
    has(!cells.texts.empty(), big ? ColumnType::BigIntegers : ColumnType::Texts);
    has(cells.tensors + cells.objects > 0, ColumnType::Objects);
    cells.type = cells.missing == values.size() ? ColumnType::Nothing : type;
    bringTogether(cells, cells.type);
    take(to, cells, make);
}

} // namespace tepal
