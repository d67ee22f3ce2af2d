/// Small generators with known algorithms, so that a seed gives the same numbers on every platform
/// (the standard library's distributions do not).
#pragma once

#include <cstdint>

namespace tepal {

/// splitmix64 (Steele, Lea, Flood 2014): one multiply-xorshift mix per output. Not thread-safe.
class SplitMix64
{
public:
    explicit SplitMix64(std::uint64_t seed = 0)
        : m_state(seed)
    {}

    std::uint64_t next()
    {
        m_state += 0x9E3779B97F4A7C15ull;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }
    /// Uniform in [0, 1) with 53 bits.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    /// Uniform in [0, bound), bound > 0; unbiased (Lemire 2019, with rejection).
    std::uint64_t below(std::uint64_t bound);
    /// Standard normal (Marsaglia's polar method).
    double normal();

private:
    std::uint64_t m_state;
    double m_spare = 0;
    bool m_hasSpare = false;
};

/// 64 bits from the operating system, for seeds and identifiers.
std::uint64_t systemEntropy();

} // namespace tepal
