/// MurmurHash3 x64 128-bit with the seed that the stored HLL sketches use.
///
/// Source: Austin Appleby, MurmurHash3 (public domain), x64 128-bit variant.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace tepal {

struct Hash128
{
    std::uint64_t h1 = 0;
    std::uint64_t h2 = 0;
};

inline constexpr std::uint64_t kSketchHashSeed = 9001;

Hash128 murmur3(std::string_view bytes, std::uint64_t seed = kSketchHashSeed);

namespace detail {
constexpr std::uint64_t kMurmurC1 = 0x87c37b91114253d5ull;
constexpr std::uint64_t kMurmurC2 = 0x4cf5ad432745937full;
constexpr std::uint64_t murmurMix(std::uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdull;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ull;
    return x ^ (x >> 33);
}
} // namespace detail

/// Hash of one 8-byte little-endian word: the same as murmur3 of those bytes, without the loop.
constexpr Hash128 murmur3Word(std::uint64_t word, std::uint64_t seed = kSketchHashSeed)
{
    using namespace detail;
    std::uint64_t h1 = seed ^ (std::rotl(word * kMurmurC1, 31) * kMurmurC2);
    std::uint64_t h2 = seed;
    h1 ^= 8;
    h2 ^= 8;
    h1 += h2;
    h2 += h1;
    h1 = murmurMix(h1);
    h2 = murmurMix(h2);
    h1 += h2;
    h2 += h1;
    return {h1, h2};
}

} // namespace tepal
