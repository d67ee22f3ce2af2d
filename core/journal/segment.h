/// Layout of a segment file. All numbers little-endian, as every machine we run on stores them.
#pragma once

#include "mapped_file.h"

#include <tepal/base/time.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <string_view>
#include <vector>

namespace tepal::journal {

static_assert(std::endian::native == std::endian::little);

inline constexpr char kMagic[8] = {'T', 'P', 'J', 'S', 'E', 'G', '\r', '\n'};
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::uint64_t kHeaderBytes = 128;
inline constexpr std::uint64_t kFrameBytes = 16; ///< Length, checksum, sequence.
inline constexpr std::uint64_t kMaxSegmentBytes = 1ull << 31;

/// What a frame of this payload takes, padding included.
constexpr std::uint64_t frameSize(std::uint64_t payload)
{
    return (kFrameBytes + payload + 7) & ~std::uint64_t{7};
}

/// The first bytes of a file. `crc` covers everything before it. The three fields after it change
/// while the file is in use and are accessed atomically through the functions below.
struct SegmentHeader
{
    char magic[8];
    std::uint32_t version;
    std::uint32_t lane;
    std::uint64_t segment;
    std::uint64_t producer; ///< Random per opened journal.
    std::uint64_t capacity; ///< Bytes of the file.
    TimeMs created;
    std::uint32_t reserved;
    std::uint32_t crc;
    /// Sequence of the first frame; 0 while the file is only prepared. A reader that sees it set
    /// knows that the lane's previous file is finished.
    std::uint64_t firstSequence;
    /// Hints for measuring the lag, never used for reading: end of the last frame, its sequence.
    std::uint64_t tailOffset;
    std::uint64_t tailSequence;
    char padding[48];
};
static_assert(sizeof(SegmentHeader) == kHeaderBytes);

template <typename T>
T loadAcquire(const void *from)
{
    // The mapping is shared with other processes; atomic_ref wants a non-const object.
    return std::atomic_ref<T>(*static_cast<T *>(const_cast<void *>(from)))
        .load(std::memory_order_acquire);
}
template <typename T>
void storeRelease(void *to, T value)
{
    std::atomic_ref<T>(*static_cast<T *>(to)).store(value, std::memory_order_release);
}
template <typename T>
void storeRelaxed(void *to, T value)
{
    std::atomic_ref<T>(*static_cast<T *>(to)).store(value, std::memory_order_relaxed);
}

std::uint32_t headerCrc(const SegmentHeader &header);
/// A copy of the header if the bytes are one for this lane and segment.
Result<SegmentHeader> readHeader(std::string_view bytes, std::uint32_t lane, std::uint64_t segment);
/// The same from the file, without mapping it.
Result<SegmentHeader> readHeader(const std::filesystem::path &path, std::uint32_t lane,
                                 std::uint64_t segment);

/// `lane-3` below the journal's directory.
std::filesystem::path laneDirectory(const std::filesystem::path &journal, std::uint32_t lane);
std::filesystem::path segmentPath(const std::filesystem::path &laneDirectory,
                                  std::uint64_t segment);
/// Numbers of the segment files in a lane's directory, ascending. Other files are ignored.
std::vector<std::uint64_t> listSegments(const std::filesystem::path &laneDirectory);
/// Numbers of the lanes in a journal's directory, ascending.
std::vector<std::uint32_t> listLanes(const std::filesystem::path &journal);

/// Checksum of a frame, over length, sequence and payload.
std::uint32_t frameCrc(std::uint32_t length, const char *sequenceAndPayload);

} // namespace tepal::journal
