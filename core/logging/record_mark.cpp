#include "record_mark.h"

#include <tepal/base/log.h>

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>

#include <atomic>
#include <fstream>
#include <string>

namespace tepal {

namespace ipc = boost::interprocess;

/// What the file holds. Everything is written by one thread; after a death it is read as it was
/// left, and the order of the stores in begin() and end() makes every state of it meaningful.
struct RecordMark::Shared
{
    std::uint32_t busy = 0;
    std::uint32_t lane = 0;
    std::uint64_t sequence = 0;
    std::uint32_t suspectDeaths = 0;
    std::uint32_t suspectLane = 0;
    std::uint64_t suspectSequence = 0;
};

struct RecordMark::Mapping
{
    Shared own; ///< In place of the file when that cannot be used.
    ipc::mapped_region region;
};

RecordMark::RecordMark(const std::filesystem::path &file)
    : m_mapping(std::make_unique<Mapping>())
{
    m_shared = &m_mapping->own;
    try {
        std::error_code error;
        if (std::filesystem::file_size(file, error) != sizeof(Shared) || error) {
            std::ofstream out(file, std::ios::binary | std::ios::trunc);
            out << std::string(sizeof(Shared), '\0');
            out.close();
            // Touching a mapping beyond the end of its file would be a bus error.
            if (!out || std::filesystem::file_size(file, error) != sizeof(Shared) || error) {
                logWarning("logger", "records cannot be marked while they are profiled: " +
                                         file.string() + " cannot be written");
                return;
            }
        }
        const ipc::file_mapping mapping(file.string().c_str(), ipc::read_write);
        m_mapping->region = ipc::mapped_region(mapping, ipc::read_write, 0, sizeof(Shared));
        m_shared = static_cast<Shared *>(m_mapping->region.get_address());
    } catch (const ipc::interprocess_exception &error) {
        logWarning("logger", std::string("records cannot be marked while they are profiled: ") +
                                 error.what());
    }
}

RecordMark::~RecordMark() = default;

std::optional<RecordMark::Suspect> RecordMark::examine()
{
    Shared &s = *m_shared;
    if (s.busy == 0) {
        // The last logger got past whatever had been suspected before.
        s.suspectDeaths = 0;
        return std::nullopt;
    }
    s.busy = 0;
    const bool again =
        s.suspectDeaths > 0 && s.suspectLane == s.lane && s.suspectSequence == s.sequence;
    s.suspectDeaths = again ? s.suspectDeaths + 1 : 1;
    s.suspectLane = s.lane;
    s.suspectSequence = s.sequence;
    return Suspect{s.suspectLane, s.suspectSequence, s.suspectDeaths};
}

void RecordMark::acquit()
{
    m_shared->suspectDeaths = 0;
}

void RecordMark::begin(std::uint32_t lane, std::uint64_t sequence)
{
    std::atomic_ref(m_shared->lane).store(lane, std::memory_order_relaxed);
    std::atomic_ref(m_shared->sequence).store(sequence, std::memory_order_relaxed);
    std::atomic_ref(m_shared->busy).store(1, std::memory_order_release);
}

void RecordMark::end()
{
    std::atomic_ref(m_shared->busy).store(0, std::memory_order_release);
}

} // namespace tepal
