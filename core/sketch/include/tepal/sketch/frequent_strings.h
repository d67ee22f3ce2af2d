/// Frequent strings ("heavy hitters") with guaranteed bounds, in the byte format that whylogs
/// stores.
///
/// Source: Anderson, Bevan, Lang et al., "A High-Performance Algorithm for Identifying Frequent
/// Items in Data Streams", IMC 2017 (Misra-Gries with batched decrements).
#pragma once

#include <tepal/base/result.h>
#include <tepal/sketch/murmur.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// One tracked string: lower ≤ true count ≤ upper.
struct FrequentString
{
    std::string value;
    std::uint64_t estimate = 0; ///< = upper
    std::uint64_t lower = 0;
    std::uint64_t upper = 0;
};

/// Error: upper − lower = maximumError() ≤ 3.5/2^lgMax of the total weight (lgMax = 10: 0.34 %);
/// zero while no more than 0.75·2^lgMax (768) different strings came. A string seen more often than
/// maximumError() is always listed.
///
/// Not thread-safe for writing; const members may run in parallel.
class FrequentStrings
{
public:
    static constexpr std::uint8_t kDefaultLgMax = 10;

    /// lgMax in [3, 26].
    explicit FrequentStrings(std::uint8_t lgMax = kDefaultLgMax);

    void update(std::string_view text, std::uint64_t weight = 1)
    {
        update(text, murmur3(text), weight);
    }
    /// The same for a text whose hash (seed kSketchHashSeed) is at hand.
    void update(std::string_view text, const Hash128 &hash, std::uint64_t weight);
    void merge(const FrequentStrings &other);

    bool empty() const { return m_items.empty() && m_totalWeight == 0; }
    std::uint64_t totalWeight() const { return m_totalWeight; }
    /// Largest possible difference between an upper and a lower bound.
    std::uint64_t maximumError() const { return m_offset; }
    std::size_t tracked() const { return m_items.size(); }
    std::uint8_t lgMax() const { return m_lgMax; }

    /// Tracked strings whose lower bound exceeds the error (no false positives) or whose upper
    /// bound does (no false negatives), most frequent first, ties by text.
    std::vector<FrequentString> listNoFalsePositives() const;
    std::vector<FrequentString> listNoFalseNegatives() const;
    /// Bounds of one string; lower 0 and upper maximumError() when it is not tracked.
    FrequentString lookup(std::string_view text) const;

    /// The same counts under other texts: each tracked one becomes what `map` says, or goes where
    /// it says nothing. The error stays. As long as `map` keeps different texts different, mapping
    /// merged sketches and merging mapped ones give the same.
    FrequentStrings
    mapped(const std::function<std::optional<std::string>(std::string_view)> &map) const;

    void serialize(std::string &out) const;
    static Result<FrequentStrings> parse(std::string_view bytes);

private:
    struct Item
    {
        std::string text;
        std::uint64_t hash = 0;
        std::uint64_t weight = 0;
    };

    std::size_t findSlot(std::uint64_t hash, std::string_view text) const;
    void rebuild(std::size_t slots);
    void purge();
    std::vector<FrequentString> list(bool falsePositives) const;

    std::uint8_t m_lgMax;
    std::uint8_t m_lgCurrent = 3;
    std::uint64_t m_totalWeight = 0;
    std::uint64_t m_offset = 0;
    std::vector<Item> m_items;          ///< In order of arrival, which the stored form keeps.
    std::vector<std::uint32_t> m_slots; ///< Hash table: index into m_items + 1, 0 = free.
};

} // namespace tepal
