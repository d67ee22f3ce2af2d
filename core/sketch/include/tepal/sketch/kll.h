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

    /// k in [8, 65535]. The seed drives which half a compaction keeps; 0 takes one from the system.
    explicit KllSketch(std::uint16_t k = kDefaultK, std::uint64_t seed = 0);

    /// Adds a value; NaN is ignored. Infinities are values like others.
    void update(double value)
    {
        if (value != value)
            return;
        if (m_retained >= m_capacity)
            compress();
        ++m_n;
        m_min = value < m_min ? value : m_min;
        m_max = value > m_max ? value : m_max;
        m_levels[0].push_back(value);
        m_levelZeroSorted = false;
        ++m_retained;
    }
    void update(std::span<const double> values);
    /// Adds `weight` copies of one value: the binary digits of the weight go to the levels that
    /// carry them, which adds no error at all.
    void update(double value, std::uint64_t weight);

    /// Both must have the same format parameter m; k may differ, the coarser error then applies.
    void merge(const KllSketch &other);

    bool empty() const { return m_n == 0; }
    std::uint64_t n() const { return m_n; }
    std::uint16_t k() const { return m_k; }
    /// The k that the error bound goes by: smaller than k() after merging a coarser sketch.
    std::uint16_t minK() const { return m_minK; }
    /// True while every value is held (one level only).
    bool isExact() const { return m_levels.size() == 1; }
    std::size_t retained() const { return m_retained; }
    /// Smallest and largest value ever added; NaN when empty.
    double min() const;
    double max() const;

    /// 99 % bounds as shares of n; 0 while exact.
    double rankError() const;
    double cellError() const;
    static double rankErrorFor(std::uint16_t k);
    static double cellErrorFor(std::uint16_t k);

    KllView view() const;

    /// Appends the stored form (whylogs' variant with 24 bytes before the level offsets).
    void serialize(std::string &out) const;
    /// Reads whylogs' form and the upstream DataSketches form of doubles.
    static Result<KllSketch> parse(std::string_view bytes);

private:
    void compress();
    std::size_t fullestLevel() const;
    void compactLevel(std::size_t level);
    void addLevel();
    bool randomBit();

    std::uint16_t m_k;
    std::uint16_t m_minK;
    bool m_levelZeroSorted =
        false; ///< A flag of the format; kept so that rewriting is byte-identical.
    std::size_t m_retained = 0;
    std::size_t m_capacity; ///< Of all levels together; a further value needs compress() first.
    std::uint64_t m_n = 0;
    double m_min;
    double m_max;
    /// Level h holds values of weight 2^h; level 0 in arrival order, the others sorted.
    std::vector<std::vector<double>> m_levels;
    SplitMix64 m_random;
    std::uint64_t m_bits = 0;
    int m_bitsLeft = 0;
};

/// Capacity of one level: max(m, k·(2/3)^depth) with depth counted from the top.
std::uint32_t kllLevelCapacity(std::uint16_t k, std::size_t levels, std::size_t level);
/// Sum over all levels.
std::uint32_t kllTotalCapacity(std::uint16_t k, std::size_t levels);

} // namespace tepal
