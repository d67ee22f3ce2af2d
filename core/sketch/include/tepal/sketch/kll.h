/// KLL quantile sketch of doubles, in the byte format that whylogs stores.
///
/// Source: Karnin, Lang, Liberty, "Optimal Quantile Approximation in Streams", FOCS 2016, with the
/// level capacities of Apache DataSketches, whose stored form this class reads and writes.
#pragma once

#include <tepal/base/random.h>
#include <tepal/base/result.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// The retained values in order with their weights: what every query is answered from.
///
/// Ranks are *exclusive*: rank(x) is the share of values strictly below x, as in whylogs.
struct KllView
{
    std::vector<double> values;
    /// cumulative[i] = weight of values[0..i]; the last entry is n.
    std::vector<std::uint64_t> cumulative;
    std::uint64_t n = 0;
    double min = 0;
    double max = 0;

    bool empty() const { return n == 0; }
    /// The stored value at `rank` in [0, 1] by whylogs' rule: 0 gives min, 1 gives max, else the
    /// first value whose preceding weight is at least floor(rank·n). NaN when empty.
    double quantile(double rank) const;
    /// Weight of values strictly below x.
    std::uint64_t weightBelow(double x) const;
    /// Share of values strictly below x; NaN when empty.
    double rank(double x) const;
    /// Masses of (-inf, s0), [s0, s1), …, [s_last, inf) for strictly increasing splits, as shares.
    std::vector<double> pmf(std::span<const double> splits) const;
};

/// A value and how many times it came.
struct WeightedValue
{
    double value = 0;
    std::uint64_t weight = 0;
};

/// Error: for a stream of any order, |estimated rank − true rank| ≤ 2.296 / k^0.9723 of n with
/// probability 99 % for any one query (k = 1024: 0.272 %); a difference of two ranks (a histogram
/// cell) stays within 2.446 / k^0.9433 (0.354 %). min, max and n are exact. While isExact() every
/// value is still held and the error is 0.
///
/// Memory: at most about 3·k values. Not thread-safe for writing; const members may run in
/// parallel.
class KllSketch
{
public:
    static constexpr std::uint16_t kDefaultK = 1024;
    static constexpr std::uint8_t kMinLevelWidth = 8; ///< "m" of the format.

    /// k in [8, 65535]. The seed drives which half a compaction keeps; 0 takes the coin from the
    /// content, so that the same values in the same order give the same sketch to the byte.
    explicit KllSketch(std::uint16_t k = kDefaultK, std::uint64_t seed = 0);

    /// Adds a value; NaN is ignored. Infinities are values like others.
    void update(double value)
    {
        if (value != value)
            return;
        if (m_begin == 0)
            makeRoom();
        ++m_n;
        m_min = value < m_min ? value : m_min;
        m_max = value > m_max ? value : m_max;
        m_items[--m_begin] = value;
        m_levelZeroSorted = false;
    }
    /// The same for many, NaN left out; several times faster from some thousand values on.
    void update(std::span<const double> values);
    /// Adds `weight` copies of one value: the binary digits of the weight go to the levels that
    /// carry them, which adds no error at all. Readers refuse an n above 2^56.
    void update(double value, std::uint64_t weight);
    /// Adds different values in ascending order, each with its number of copies; no NaN.
    void update(std::span<const WeightedValue> values);

    /// Both must have the same format parameter m; k may differ, the coarser error then applies.
    /// The coin comes from the content of both: the same two sketches give the same bytes,
    /// whenever, wherever and in whichever process they are merged. Another order or grouping of
    /// the same pieces gives the same n, min and max, and ranks within the error; while no piece
    /// was compacted and all fit together also the same view.
    void merge(const KllSketch &other);

    bool empty() const { return m_n == 0; }
    std::uint64_t n() const { return m_n; }
    std::uint16_t k() const { return m_k; }
    /// The k that the error bound goes by: smaller than k() after merging a coarser sketch.
    std::uint16_t minK() const { return m_minK; }
    /// True while every value is held (one level only).
    bool isExact() const { return m_ends.size() == 1; }
    std::size_t retained() const { return m_items.size() - m_begin; }
    /// Smallest and largest value ever added; NaN when empty.
    double min() const;
    double max() const;

    /// 99 % bounds as shares of n; 0 while exact.
    double rankError() const;
    double cellError() const;
    static double rankErrorFor(std::uint16_t k);
    static double cellErrorFor(std::uint16_t k);

    KllView view() const;
    /// view().quantile(rank) without building the view: the faster way to a few quantiles.
    double quantile(double rank) const;
    /// The same for several ranks, in their order: what all need is prepared once.
    std::vector<double> quantiles(std::span<const double> ranks) const;

    /// Appends the stored form (whylogs' variant with 24 bytes before the level offsets).
    void serialize(std::string &out) const;
    /// Reads whylogs' form and the upstream DataSketches form of doubles.
    static Result<KllSketch> parse(std::string_view bytes);

private:
    std::size_t levels() const { return m_ends.size(); }
    std::size_t levelBegin(std::size_t level) const
    {
        return level == 0 ? m_begin : m_ends[level - 1];
    }
    std::span<const double> level(std::size_t level) const
    {
        return {m_items.data() + levelBegin(level), m_ends[level] - levelBegin(level)};
    }
    std::vector<double> sortedLevelZero() const;
    void makeRoom();
    void grow(std::size_t size);
    void compress(std::size_t room);
    std::size_t levelToCompact() const;
    void compactLevel(std::size_t level);
    void insertRun(std::size_t level, std::span<const double> run);
    void insertBlock(double *values, std::size_t rows);
    void addLevel();
    void joinLevels(const KllSketch &other);
    bool randomBit();
    std::uint64_t contentHash() const;

    std::uint16_t m_k;
    std::uint16_t m_minK;
    /// A flag of the format; kept so that rewriting is byte-identical.
    bool m_levelZeroSorted = false;
    /// Where level 0 begins in m_items; what lies before is free.
    std::uint32_t m_begin = 0;
    /// Of all levels together; more values need compress() first.
    std::uint32_t m_capacity;
    std::uint64_t m_n = 0;
    double m_min;
    double m_max;
    /// As in the stored form: level 0 first, newest value first, then the other levels, sorted.
    /// Values of level h weigh 2^h. Grows up to m_capacity on demand.
    std::vector<double> m_items;
    std::vector<std::uint32_t> m_ends; ///< Where each level ends in m_items.
    bool m_seeded;                     ///< The coin comes from m_random, else from the content.
    SplitMix64 m_random;
    std::uint64_t m_bits = 0;
    int m_bitsLeft = 0;
};

/// Capacity of one level: max(m, k·(2/3)^depth) with depth counted from the top.
std::uint32_t kllLevelCapacity(std::uint16_t k, std::size_t levels, std::size_t level);
/// Sum over all levels.
std::uint32_t kllTotalCapacity(std::uint16_t k, std::size_t levels);

} // namespace tepal
