#include "bytes.h"

#include <tepal/sketch/frequent_strings.h>
#include <tepal/sketch/murmur.h>

#include <algorithm>
#include <cassert>

namespace tepal {
namespace {

constexpr std::uint8_t kFamily = 10;
constexpr std::uint8_t kFlagEmptyWhylogs = 1;
constexpr std::uint8_t kFlagEmptyUpstream = 4;

std::uint64_t hashOf(std::string_view text)
{
    return murmur3(text).h1;
}

std::size_t capacityOf(std::uint8_t lgSize)
{
    return (std::size_t{1} << lgSize) / 4 * 3;
}

auto corrupt(const char *what)
{
    return fail(ErrorCode::Corrupt, std::string("the frequent-strings sketch is damaged: ") + what);
}

} // namespace

FrequentStrings::FrequentStrings(std::uint8_t lgMax)
    : m_lgMax(lgMax)
    , m_slots(8, 0)
{
    assert(lgMax >= 3 && lgMax <= 26);
}

std::size_t FrequentStrings::findSlot(std::uint64_t hash, std::string_view text) const
{
    const std::size_t mask = m_slots.size() - 1;
    std::size_t at = hash & mask;
    while (m_slots[at] != 0) {
        const Item &item = m_items[m_slots[at] - 1];
        if (item.hash == hash && item.text == text)
            break;
        at = (at + 1) & mask;
    }
    return at;
}

void FrequentStrings::rebuild(std::size_t slots)
{
    m_slots.assign(slots, 0);
    const std::size_t mask = slots - 1;
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        std::size_t at = m_items[i].hash & mask;
        while (m_slots[at] != 0)
            at = (at + 1) & mask;
        m_slots[at] = static_cast<std::uint32_t>(i + 1);
    }
}

void FrequentStrings::update(std::string_view text, const Hash128 &hash128, std::uint64_t weight)
{
    if (weight == 0)
        return;
    m_totalWeight += weight;
    const std::uint64_t hash = hash128.h1;
    const std::size_t at = findSlot(hash, text);
    if (m_slots[at] != 0) {
        m_items[m_slots[at] - 1].weight += weight;
        return;
    }
    m_items.push_back(Item{std::string(text), hash, weight});
    m_slots[at] = static_cast<std::uint32_t>(m_items.size());
    if (m_items.size() <= capacityOf(m_lgCurrent)) {
        // A parsed sketch's table may still be smaller than its stored size.
        if (4 * m_items.size() > 3 * m_slots.size())
            rebuild(m_slots.size() * 2);
        return;
    }
    if (m_lgCurrent < m_lgMax) {
        ++m_lgCurrent;
        rebuild(std::size_t{1} << m_lgCurrent);
    } else {
        purge();
    }
}

/// Takes the median weight from everybody; at least half disappear, and nobody's count is off by
/// more than what was taken in all.
void FrequentStrings::purge()
{
    std::vector<std::uint64_t> weights;
    weights.reserve(m_items.size());
    for (const Item &item : m_items)
        weights.push_back(item.weight);
    const auto middle = weights.begin() + static_cast<std::ptrdiff_t>(weights.size() / 2);
    std::nth_element(weights.begin(), middle, weights.end());
    const std::uint64_t median = *middle;
    m_offset += median;
    std::erase_if(m_items, [&](Item &item) {
        const bool gone = item.weight <= median;
        item.weight -= std::min(item.weight, median);
        return gone;
    });
    rebuild(m_slots.size());
}

void FrequentStrings::merge(const FrequentStrings &other)
{
    const std::uint64_t total = m_totalWeight + other.m_totalWeight;
    for (const Item &item : other.m_items)
        update(item.text, item.weight);
    m_offset += other.m_offset;
    m_totalWeight = total; // purged weight counts too, although no item carries it
}

FrequentString FrequentStrings::lookup(std::string_view text) const
{
    FrequentString result{std::string(text), 0, 0, m_offset};
    const std::size_t at = findSlot(hashOf(text), text);
    if (m_slots[at] != 0) {
        result.lower = m_items[m_slots[at] - 1].weight;
        result.upper = result.lower + m_offset;
        result.estimate = result.upper;
    }
    return result;
}

std::vector<FrequentString> FrequentStrings::list(bool falsePositives) const
{
    std::vector<FrequentString> result;
    for (const Item &item : m_items) {
        const std::uint64_t upper = item.weight + m_offset;
        if ((falsePositives ? upper : item.weight) > m_offset)
            result.push_back({item.text, upper, item.weight, upper});
    }
    std::sort(result.begin(), result.end(), [](const FrequentString &a, const FrequentString &b) {
        return a.estimate != b.estimate ? a.estimate > b.estimate : a.value < b.value;
    });
    return result;
}

std::vector<FrequentString> FrequentStrings::listNoFalsePositives() const
{
    return list(false);
}

std::vector<FrequentString> FrequentStrings::listNoFalseNegatives() const
{
    return list(true);
}

FrequentStrings FrequentStrings::mapped(
    const std::function<std::optional<std::string>(std::string_view)> &map) const
{
    FrequentStrings result(m_lgMax);
    std::uint64_t total = m_totalWeight;
    for (const Item &item : m_items) {
        if (const auto text = map(item.text))
            result.update(*text, item.weight);
        else
            total -= item.weight;
    }
    // The stored size tells how many there once were, unless some were never to be there.
    if (result.m_items.size() == m_items.size())
        result.m_lgCurrent = m_lgCurrent;
    result.m_totalWeight = total;
    result.m_offset += m_offset;
    return result;
}

// Stored form: 0 preamble longs (1 empty, 4 else), 1 version, 2 family 10, 3 lgMax, 4 lg of the
// current table, 5 flags; then 8 number of items uint32, 12 zero, 16 total weight, 24 offset, 32
// the weights, then each string as uint32 length + UTF-8.
void FrequentStrings::serialize(std::string &out) const
{
    const bool none = empty();
    for (const std::uint8_t byte :
         {static_cast<std::uint8_t>(none ? 1 : 4), std::uint8_t{1}, kFamily, m_lgMax, m_lgCurrent,
          none ? kFlagEmptyWhylogs : std::uint8_t{0}, std::uint8_t{0}, std::uint8_t{0}})
        bytes::put(out, byte);
    if (none)
        return;
    bytes::put(out, static_cast<std::uint32_t>(m_items.size()));
    bytes::put<std::uint32_t>(out, 0);
    bytes::put(out, m_totalWeight);
    bytes::put(out, m_offset);
    for (const Item &item : m_items)
        bytes::put(out, item.weight);
    for (const Item &item : m_items) {
        bytes::put(out, static_cast<std::uint32_t>(item.text.size()));
        out += item.text;
    }
}

Result<FrequentStrings> FrequentStrings::parse(std::string_view input)
{
    bytes::Cursor in(input);
    const auto preamble = in.get<std::uint8_t>();
    const auto version = in.get<std::uint8_t>();
    const auto family = in.get<std::uint8_t>();
    const auto lgMax = in.get<std::uint8_t>();
    const auto lgCurrent = in.get<std::uint8_t>();
    const auto flags = in.get<std::uint8_t>();
    in.skip(2);
    if (!in.ok())
        return corrupt("it is cut short");
    if (family != kFamily)
        return corrupt("it is of another kind");
    if (version != 1)
        return fail(ErrorCode::Unsupported, "the frequent-strings sketch has an unknown version");
    if (lgMax < 3 || lgMax > 26 || lgCurrent > lgMax)
        return corrupt("its parameters are out of range");
    FrequentStrings sketch(lgMax);
    // The stored size is kept for writing; the table itself only grows with its items, or a few
    // damaged bytes could ask for hundreds of megabytes.
    sketch.m_lgCurrent = std::max(sketch.m_lgCurrent, lgCurrent);
    if ((flags & (kFlagEmptyWhylogs | kFlagEmptyUpstream)) != 0)
        return sketch;
    const auto count = in.get<std::uint32_t>();
    in.skip(4);
    const auto total = in.get<std::uint64_t>();
    const auto offset = in.get<std::uint64_t>();
    if (!in.ok() || preamble != 4 || in.remaining() / 12 < count || count > capacityOf(lgMax) + 1)
        return corrupt("its number of items is out of range");
    if (total > bytes::kMaxCount || offset > total)
        return corrupt("its weights do not add up");
    std::vector<std::uint64_t> weights;
    in.getAll(weights, count);
    std::uint64_t rest = total;
    for (const std::uint64_t weight : weights) {
        if (weight == 0 || weight > rest)
            return corrupt("its weights do not add up");
        rest -= weight;
    }
    // What purges took is in nobody's count any more, and each took its median from somebody.
    if (offset > rest)
        return corrupt("its weights do not add up");
    for (const std::uint64_t weight : weights) {
        const auto size = in.get<std::uint32_t>();
        const std::string_view text = in.text(size);
        if (!in.ok())
            return corrupt("it is cut short");
        sketch.update(text, weight);
    }
    if (sketch.m_items.size() != count)
        return corrupt("a string stands in it twice");
    sketch.m_totalWeight = total;
    sketch.m_offset = offset;
    return sketch;
}

} // namespace tepal
