/// A file in memory: created at full size for writing, or mapped read-only.
#pragma once

#include <tepal/base/result.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace tepal::journal {

/// Movable, not copyable. The mapping and the handle end with the object.
class MappedFile
{
public:
    MappedFile() = default;
    MappedFile(MappedFile &&other) noexcept;
    MappedFile &operator=(MappedFile &&other) noexcept;
    ~MappedFile();

    /// Creates `path` (which must not exist) with `size` zero bytes whose blocks are allocated, so
    /// that a later write to the mapping cannot hit a full disk. Full when there is no room.
    static Result<MappedFile> create(const std::filesystem::path &path, std::uint64_t size);
    /// Maps at most `size` bytes, less when the file is shorter.
    static Result<MappedFile> openRead(const std::filesystem::path &path, std::uint64_t size);

    char *data() const { return m_data; }
    std::uint64_t size() const { return m_size; }
    bool isOpen() const { return m_data != nullptr; }
    /// The file's length now; 0 when it cannot be told.
    std::uint64_t fileSize() const;
    /// Touches every page for writing. Only before the file is in use.
    void prefault();
    /// Forces the pages that hold bytes [from, to) to the device. Others stay as they are: a page
    /// that is written back faults at its next change, which the producer would have to pay for.
    Status sync(std::uint64_t from, std::uint64_t to) const;
    void close();

private:
    char *m_data = nullptr;
    std::uint64_t m_size = 0;
    std::intptr_t m_handle = -1;
};

/// Identifies this process in lock files and headers.
std::uint64_t processId();

} // namespace tepal::journal
