#include <tepal/sketch/murmur.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace tepal {
namespace {

/// One to eight bytes as a little-endian number, read without going beyond them and without a loop.
std::uint64_t wordOf(const char *at, std::size_t size)
{
    if (size == 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        return word;
    }
    if (size >= 4) {
        // The two overlap where they are the same bytes.
        std::uint32_t low = 0;
        std::uint32_t high = 0;
        std::memcpy(&low, at, 4);
        std::memcpy(&high, at + size - 4, 4);
        return low | std::uint64_t{high} << (8 * (size - 4));
    }
    const auto byte = [at](std::size_t i) {
        return std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
    };
    return byte(0) | byte(size / 2) | byte(size - 1);
}

} // namespace

Hash128 murmur3(std::string_view bytes, std::uint64_t seed)
{
    using namespace detail;
    std::uint64_t h1 = seed;
    std::uint64_t h2 = seed;
    const char *data = bytes.data();
    const std::size_t blocks = bytes.size() / 16;
    for (std::size_t i = 0; i < blocks; ++i) {
        std::uint64_t k1 = 0;
        std::uint64_t k2 = 0;
        std::memcpy(&k1, data + i * 16, 8);
        std::memcpy(&k2, data + i * 16 + 8, 8);
        h1 ^= std::rotl(k1 * kMurmurC1, 31) * kMurmurC2;
        h1 = (std::rotl(h1, 27) + h2) * 5 + 0x52dce729;
        h2 ^= std::rotl(k2 * kMurmurC2, 33) * kMurmurC1;
        h2 = (std::rotl(h2, 31) + h1) * 5 + 0x38495ab5;
    }
    const std::size_t tail = bytes.size() & 15;
    const char *const rest = data + blocks * 16;
    if (tail > 8)
        h2 ^= std::rotl(wordOf(rest + 8, tail - 8) * kMurmurC2, 33) * kMurmurC1;
    if (tail > 0)
        h1 ^= std::rotl(wordOf(rest, std::min<std::size_t>(tail, 8)) * kMurmurC1, 31) * kMurmurC2;
    h1 ^= bytes.size();
    h2 ^= bytes.size();
    h1 += h2;
    h2 += h1;
    h1 = murmurMix(h1);
    h2 = murmurMix(h2);
    h1 += h2;
    h2 += h1;
    return {h1, h2};
}

} // namespace tepal
