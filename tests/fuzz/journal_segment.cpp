/// The journal reader on a segment file made of the input: as it is, or framed correctly so that
/// the decoder behind the checksum is reached.
#include "../../core/journal/segment.h"

#include <tepal/base/log.h>
#include <tepal/journal/reader.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace {

using namespace tepal;
using namespace tepal::journal;

std::string framed(const std::string &input)
{
    SegmentHeader header{};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    header.version = kVersion;
    header.segment = 1;
    header.capacity = 1u << 16;
    header.crc = headerCrc(header);
    header.firstSequence = 1;
    std::string file(reinterpret_cast<const char *>(&header), sizeof header);
    // The first byte of each piece says how long it is.
    std::uint64_t sequence = 1;
    for (std::size_t at = 0; at < input.size();) {
        const auto size =
            std::min<std::size_t>(static_cast<unsigned char>(input[at]), input.size() - at - 1);
        const std::string payload = input.substr(at + 1, size);
        at += 1 + size;
        if (payload.empty())
            continue;
        std::string frame(reinterpret_cast<const char *>(&sequence), 8);
        frame += payload;
        const auto length = static_cast<std::uint32_t>(payload.size());
        const std::uint32_t crc = frameCrc(length, frame.data());
        file.append(reinterpret_cast<const char *>(&length), 4);
        file.append(reinterpret_cast<const char *>(&crc), 4);
        file += frame;
        file.resize((file.size() + 7) / 8 * 8, '\0');
        ++sequence;
    }
    file.resize(std::max<std::size_t>(file.size(), 1u << 16), '\0');
    return file;
}

const std::filesystem::path &scratch()
{
    static const std::filesystem::path directory = [] {
        setLogLevel(LogLevel::Error);
        auto path = std::filesystem::temp_directory_path() /
                    ("tepal-fuzz-journal-" + std::to_string(::getpid()));
        std::filesystem::create_directories(path / "lane-0");
        return path;
    }();
    return directory;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string input(reinterpret_cast<const char *>(data) + 1, size - 1);
    {
        std::ofstream file(scratch() / "lane-0" / "0000000001.tpj",
                           std::ios::binary | std::ios::trunc);
        file << (data[0] % 2 == 0 ? framed(input) : input);
    }
    const auto reader = JournalReader::open(scratch());
    if (!reader)
        std::abort();
    const auto look = [](const RowsView &rows) {
        if (rows.cells.size() != rows.rows * rows.schema->columns.size())
            std::abort();
        for (const Value &cell : rows.cells) {
            if (cell.kind() == ValueKind::String && !cell.asString().empty() &&
                cell.asString().data()[cell.asString().size() - 1] == '\x7F')
                continue;
        }
    };
    while ((*reader)->poll(7, look) != 0) {
    }
    (*reader)->lag();
    // Going on from a stored cursor must end in the same place.
    const auto again = JournalReader::open(scratch(), (*reader)->cursors());
    if ((*again)->poll(1, look) != 0)
        std::abort();
    return 0;
}
