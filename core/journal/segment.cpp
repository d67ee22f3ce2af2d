#include "segment.h"

#include "crc32c.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <fstream>

namespace tepal::journal {
namespace fs = std::filesystem;
namespace {

template <typename T>
bool parseNumber(std::string_view text, T &number)
{
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

} // namespace

std::uint32_t headerCrc(const SegmentHeader &header)
{
    return crc32c(0, &header, offsetof(SegmentHeader, crc));
}

std::uint32_t frameCrc(std::uint32_t length, const char *sequenceAndPayload)
{
    return crc32c(length, sequenceAndPayload, 8 + std::size_t{length});
}

Result<SegmentHeader> readHeader(std::string_view bytes, std::uint32_t lane, std::uint64_t segment)
{
    if (bytes.size() < kHeaderBytes)
        return fail(ErrorCode::Corrupt, "the file ends inside its header");
    SegmentHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    header.firstSequence =
        loadAcquire<std::uint64_t>(bytes.data() + offsetof(SegmentHeader, firstSequence));
    if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0)
        return fail(ErrorCode::Corrupt, "the file is not a journal segment");
    if (header.crc != headerCrc(header))
        return fail(ErrorCode::Corrupt, "the header's checksum is wrong");
    if (header.version != kVersion) {
        return fail(ErrorCode::Unsupported,
                    fmt::format("the file has format version {}", header.version),
                    "use a newer tepal");
    }
    if (header.lane != lane || header.segment != segment)
        return fail(ErrorCode::Corrupt, "the header belongs to another file");
    return header;
}

Result<SegmentHeader> readHeader(const fs::path &path, std::uint32_t lane, std::uint64_t segment)
{
    alignas(8) char bytes[kHeaderBytes];
    std::ifstream file(path, std::ios::binary);
    file.read(bytes, sizeof bytes);
    return readHeader({bytes, static_cast<std::size_t>(file.gcount())}, lane, segment);
}

fs::path laneDirectory(const fs::path &journal, std::uint32_t lane)
{
    return journal / fmt::format("lane-{}", lane);
}

fs::path segmentPath(const fs::path &laneDirectory, std::uint64_t segment)
{
    return laneDirectory / fmt::format("{:010}.tpj", segment);
}

std::vector<std::uint64_t> listSegments(const fs::path &laneDirectory)
{
    std::vector<std::uint64_t> numbers;
    std::error_code error;
    for (fs::directory_iterator it(laneDirectory, error), end; !error && it != end;
         it.increment(error)) {
        const std::string name = it->path().filename().string();
        std::uint64_t number = 0;
        if (name.size() >= 14 && name.ends_with(".tpj") &&
            parseNumber(std::string_view(name).substr(0, name.size() - 4), number) && number > 0) {
            numbers.push_back(number);
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

std::vector<std::uint32_t> listLanes(const fs::path &journal)
{
    std::vector<std::uint32_t> lanes;
    std::error_code error;
    for (fs::directory_iterator it(journal, error), end; !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().string();
        std::uint32_t number = 0;
        if (name.starts_with("lane-") && parseNumber(std::string_view(name).substr(5), number) &&
            fs::path(name) == laneDirectory({}, number)) {
            lanes.push_back(number);
        }
    }
    std::sort(lanes.begin(), lanes.end());
    return lanes;
}

} // namespace tepal::journal
