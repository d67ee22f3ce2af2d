#include <tepal/sketch/murmur.h>

#include <cstring>

namespace tepal {

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
        h1 ^= rotl(k1 * kMurmurC1, 31) * kMurmurC2;
        h1 = (rotl(h1, 27) + h2) * 5 + 0x52dce729;
        h2 ^= rotl(k2 * kMurmurC2, 33) * kMurmurC1;
        h2 = (rotl(h2, 31) + h1) * 5 + 0x38495ab5;
    }
    const std::size_t tail = bytes.size() & 15;
    char rest[16] = {};
    if (tail > 0)
        std::memcpy(rest, data + blocks * 16, tail);
    if (tail > 8) {
        std::uint64_t k2 = 0;
        std::memcpy(&k2, rest + 8, 8);
        h2 ^= rotl(k2 * kMurmurC2, 33) * kMurmurC1;
    }
    if (tail > 0) {
        std::uint64_t k1 = 0;
        std::memcpy(&k1, rest, 8);
        h1 ^= rotl(k1 * kMurmurC1, 31) * kMurmurC2;
    }
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
