#include "crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define TEPAL_CRC_X86 1
#include <nmmintrin.h>
#endif

namespace tepal::journal {
namespace {

/// Reflected polynomial 0x1EDC6F41.
constexpr std::uint32_t kPolynomial = 0x82F63B78u;

/// Eight tables: table[n][b] is the checksum of byte b followed by n zero bytes.
constexpr std::array<std::array<std::uint32_t, 256>, 8> makeTables()
{
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ ((crc & 1u) != 0 ? kPolynomial : 0u);
        tables[0][byte] = crc;
    }
    for (std::size_t n = 1; n < 8; ++n) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t before = tables[n - 1][byte];
            tables[n][byte] = (before >> 8) ^ tables[0][before & 0xFFu];
        }
    }
    return tables;
}
constexpr auto kTables = makeTables();

#ifdef TEPAL_CRC_X86
__attribute__((target("sse4.2"))) std::uint32_t
crc32cHardware(std::uint32_t crc, const unsigned char *bytes, std::size_t size)
{
    std::uint64_t state = ~crc;
    while (size >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, 8);
        state = _mm_crc32_u64(state, word);
        bytes += 8;
        size -= 8;
    }
    auto narrow = static_cast<std::uint32_t>(state);
    while (size-- > 0)
        narrow = _mm_crc32_u8(narrow, *bytes++);
    return ~narrow;
}
const bool kHasInstruction = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") != 0;
}();
#endif

} // namespace

std::uint32_t crc32cPortable(std::uint32_t crc, const void *data, std::size_t size)
{
    const auto *bytes = static_cast<const unsigned char *>(data);
    crc = ~crc;
    while (size >= 8) {
        const std::uint32_t low = crc ^ (static_cast<std::uint32_t>(bytes[0]) |
                                         static_cast<std::uint32_t>(bytes[1]) << 8 |
                                         static_cast<std::uint32_t>(bytes[2]) << 16 |
                                         static_cast<std::uint32_t>(bytes[3]) << 24);
        crc = kTables[7][low & 0xFFu] ^ kTables[6][(low >> 8) & 0xFFu] ^
              kTables[5][(low >> 16) & 0xFFu] ^ kTables[4][low >> 24] ^ kTables[3][bytes[4]] ^
              kTables[2][bytes[5]] ^ kTables[1][bytes[6]] ^ kTables[0][bytes[7]];
        bytes += 8;
        size -= 8;
    }
    while (size-- > 0)
        crc = (crc >> 8) ^ kTables[0][(crc ^ *bytes++) & 0xFFu];
    return ~crc;
}

std::uint32_t crc32c(std::uint32_t crc, const void *data, std::size_t size)
{
#ifdef TEPAL_CRC_X86
    if (kHasInstruction)
        return crc32cHardware(crc, static_cast<const unsigned char *>(data), size);
#endif
    return crc32cPortable(crc, data, size);
}

} // namespace tepal::journal
