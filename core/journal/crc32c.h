/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), with the processor's instruction where there is
/// one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tepal::journal {

/// Continues a checksum; begin with 0. Thread-safe.
std::uint32_t crc32c(std::uint32_t crc, const void *data, std::size_t size);
/// The table version, for tests on machines that have the instruction.
std::uint32_t crc32cPortable(std::uint32_t crc, const void *data, std::size_t size);

} // namespace tepal::journal
