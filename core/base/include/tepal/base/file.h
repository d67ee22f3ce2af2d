/// Whole-file reading and atomic writing. Paths are UTF-8 `std::filesystem::path`s.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tepal {

/// Reads a regular file of at most `maxBytes`; a larger one is an error, not a truncation.
Result<std::string> readFile(const std::filesystem::path &path,
                             std::uint64_t maxBytes = 1ull << 32);

/// Writes to a temporary name in the same directory, flushes to the device and renames over `path`:
/// a reader sees the old bytes or the new ones, also after a power failure. Creates missing parent
/// directories (0700).
Status writeFileAtomic(const std::filesystem::path &path, std::string_view bytes);

/// As writeFileAtomic, but an existing file is AlreadyExists and stays untouched.
Status writeFileNew(const std::filesystem::path &path, std::string_view bytes);

/// Forces the names of a directory to the device, so that what was created or renamed there is
/// still found after a power failure. Does nothing where the platform cannot (Windows writes names
/// through).
void syncDirectory(const std::filesystem::path &directory);

/// Creates the directory and its parents readable by the owner only, and makes their names durable.
/// An existing one is fine.
Status makePrivateDirectory(const std::filesystem::path &path);

/// An exclusive advisory lock that lives as long as the object and is released by the system when
/// the process dies. Not copyable; movable.
class FileLock
{
public:
    FileLock() = default;
    FileLock(FileLock &&other) noexcept;
    FileLock &operator=(FileLock &&other) noexcept;
    ~FileLock();

    /// Busy when somebody else holds it; the message names the holder if the file says who.
    /// `note` is written into the file for that purpose (for example a process id).
    static Result<FileLock> acquire(const std::filesystem::path &path, std::string_view note);
    bool held() const { return m_handle != -1; }

private:
    std::intptr_t m_handle = -1;
};

} // namespace tepal
