/// Counting the different values of a batch, as long as they are few: each is then typed, hashed
/// and sorted once, however often it comes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace tepal {

/// A value and how often it came.
template <typename T>
struct Counted
{
    T value{};
    std::uint64_t count = 0;
};
using CountedFraction = Counted<double>;
using CountedInteger = Counted<std::int64_t>;
using CountedUnsigned = Counted<std::uint64_t>;
using CountedText = Counted<std::string_view>;

constexpr std::uint64_t bitsOf(double value)
{
    return std::bit_cast<std::uint64_t>(value);
}
constexpr std::uint64_t bitsOf(std::int64_t value)
{
    return static_cast<std::uint64_t>(value);
}

constexpr std::uint64_t bitsOf(std::uint64_t value)
{
    return value;
}

constexpr std::uint64_t mixBits(std::uint64_t bits)
{
    // Multiplicative hashing (Knuth, TAOCP 3, 6.4): the high bits depend on all of the input.
    return bits * 0x9E3779B97F4A7C15ull;
}

/// The bytes of a text of at most eight as a number, which tells them apart together with the size.
inline std::uint64_t packedText(std::string_view text)
{
    const char *const at = text.data();
    const std::size_t size = text.size();
    if (size >= 4) {
        std::uint32_t first = 0;
        std::uint32_t last = 0;
        std::memcpy(&first, at, 4);
        std::memcpy(&last, at + size - 4, 4);
        return first | (std::uint64_t{last} << 32);
    }
    if (size == 0)
        return 0;
    const auto byte = [at](std::size_t i) {
        return std::uint64_t{static_cast<unsigned char>(at[i])};
    };
    return byte(0) | (byte(size / 2) << 8) | (byte(size - 1) << 16);
}

/// Whether `size` bytes are the same, for texts of a few words: without a call.
inline bool sameBytes(const char *a, const char *b, std::size_t size)
{
    if (size <= 8)
        return packedText({a, size}) == packedText({b, size});
    const auto word = [](const char *at) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, at, 8);
        return bytes;
    };
    for (std::size_t at = 0; at + 8 < size; at += 8) {
        if (word(a + at) != word(b + at))
            return false;
    }
    return word(a + size - 8) == word(b + size - 8);
}

/// A quick hash for one batch's table; never stored.
inline std::uint64_t quickHash(std::string_view text)
{
    std::uint64_t hash = text.size();
    while (text.size() > 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        hash = std::rotl(mixBits(hash ^ word), 29);
        text.remove_prefix(8);
    }
    hash = mixBits(hash ^ packedText(text));
    return mixBits(hash ^ (hash >> 32));
}

inline std::uint64_t quickHash(double value)
{
    return mixBits(bitsOf(value) ^ (bitsOf(value) >> 32));
}
inline std::uint64_t quickHash(std::int64_t value)
{
    return mixBits(bitsOf(value) ^ (bitsOf(value) >> 32));
}
inline std::uint64_t quickHash(std::uint64_t value)
{
    return mixBits(value ^ (value >> 32));
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
        std::memset(m_slots.data(), 0, m_slots.size() * sizeof m_slots[0]);
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
    /// Counts a whole batch; false when it has too many different values, which the first few tell.
    bool count(std::span<const T> batch)
    {
        constexpr std::size_t trial = 256;
        clear();
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (!add(batch[i]) || (i == trial && values.size() > trial / 2))
                return false;
        }
        return true;
    }
    /// Whether counting was worth it: a short batch of different values gains nothing.
    bool pays(std::size_t batch) const { return 2 * values.size() <= batch; }

    std::vector<Counted<T>> values; ///< In order of arrival.

private:
    static bool same(double a, double b) { return bitsOf(a) == bitsOf(b); }
    static bool same(std::int64_t a, std::int64_t b) { return a == b; }
    static bool same(std::uint64_t a, std::uint64_t b) { return a == b; }
    static bool same(std::string_view a, std::string_view b)
    {
        return a.size() == b.size() && sameBytes(a.data(), b.data(), a.size());
    }

    std::vector<std::uint16_t> m_slots; ///< Index into values + 1, 0 = free.
};

} // namespace tepal
