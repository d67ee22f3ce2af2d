/// Counting the different values of a batch, as long as they are few. Internal to the room.
#pragma once

#include <tepal/profile/column.h>

#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace tepal {

constexpr std::uint64_t bitsOf(double value)
{
    return std::bit_cast<std::uint64_t>(value);
}
constexpr std::uint64_t bitsOf(std::int64_t value)
{
    return static_cast<std::uint64_t>(value);
}

constexpr std::uint64_t mixBits(std::uint64_t bits)
{
    // Multiplicative hashing (Knuth, TAOCP 3, 6.4): the high bits depend on all of the input.
    return bits * 0x9E3779B97F4A7C15ull;
}

/// A quick hash for one batch's table; never stored.
inline std::uint64_t quickHash(std::string_view text)
{
    std::uint64_t hash = text.size();
    const char *at = text.data();
    std::size_t left = text.size();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        hash = std::rotl(mixBits(hash ^ word), 29);
    }
    if (left > 0) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, left);
        hash ^= word;
    }
    return mixBits(hash);
}

inline std::uint64_t quickHash(double value)
{
    return mixBits(bitsOf(value) ^ (bitsOf(value) >> 32));
}
inline std::uint64_t quickHash(std::int64_t value)
{
    return mixBits(bitsOf(value) ^ (bitsOf(value) >> 32));
}

/// A small table of the different values of a batch with their counts. `add` gives up (false) once
/// there are more than it is good for.
template <typename T>
class Distinct
{
public:
    static constexpr unsigned kLgSlots = 11;
    static constexpr std::size_t kMost = 1024;

    Distinct()
        : m_slots(std::size_t{1} << kLgSlots, 0)
    {}

    void clear()
    {
        std::fill(m_slots.begin(), m_slots.end(), std::uint16_t{0});
        values.clear();
    }
    bool add(T value)
    {
        std::size_t at = quickHash(value) >> (64 - kLgSlots);
        for (;;) {
            const std::uint16_t slot = m_slots[at];
            if (slot == 0)
                break;
            Counted<T> &known = values[slot - 1u];
            if (same(known.value, value)) {
                ++known.count;
                return true;
            }
            at = (at + 1) & (m_slots.size() - 1);
        }
        if (values.size() == kMost)
            return false;
        values.push_back({value, 1});
        m_slots[at] = static_cast<std::uint16_t>(values.size());
        return true;
    }
    /// Counts a whole batch; false when it has too many different values to be worth it, which the
    /// first few tell.
    bool count(std::span<const T> batch)
    {
        constexpr std::size_t trial = 256;
        clear();
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (!add(batch[i]) || (i == trial && values.size() > trial / 2))
                return false;
        }
        // A short batch of different values gains nothing.
        return 2 * values.size() <= batch.size();
    }

    std::vector<Counted<T>> values; ///< In order of arrival.

private:
    static bool same(double a, double b) { return bitsOf(a) == bitsOf(b); }
    static bool same(std::int64_t a, std::int64_t b) { return a == b; }
    static bool same(std::string_view a, std::string_view b) { return a == b; }

    std::vector<std::uint16_t> m_slots; ///< Index into values + 1, 0 = free.
};

} // namespace tepal
