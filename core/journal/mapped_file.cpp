#include "mapped_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#ifdef _WIN32
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace tepal::journal {
namespace fs = std::filesystem;
namespace {

/// The smallest page anywhere.
constexpr std::uint64_t kPage = 4096;

tl::unexpected<Error> fileError(const char *doing, const fs::path &path, const std::error_code &why)
{
    ErrorCode code = ErrorCode::Io;
    std::string next;
    if (why == std::errc::no_space_on_device || why == std::errc::file_too_large
#if !defined(_WIN32)
        || why.value() == EDQUOT
#endif
    ) {
        code = ErrorCode::Full;
        next = "free some space";
    } else if (why == std::errc::no_such_file_or_directory) {
        code = ErrorCode::NotFound;
    } else if (why == std::errc::permission_denied) {
        code = ErrorCode::Denied;
        next = "change the directory's permissions";
    }
    return fail(code, fmt::format("cannot {} {}: {}", doing, path.string(), why.message()), next);
}

} // namespace

MappedFile::MappedFile(MappedFile &&other) noexcept
    : m_data(std::exchange(other.m_data, nullptr))
    , m_size(std::exchange(other.m_size, 0))
    , m_handle(std::exchange(other.m_handle, -1))
{}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept
{
    if (this != &other) {
        close();
        m_data = std::exchange(other.m_data, nullptr);
        m_size = std::exchange(other.m_size, 0);
        m_handle = std::exchange(other.m_handle, -1);
    }
    return *this;
}

MappedFile::~MappedFile()
{
    close();
}

void MappedFile::prefault()
{
    for (std::uint64_t at = 0; at < m_size; at += kPage) {
        volatile char *page = m_data + at;
        *page = *page;
    }
}

#ifdef _WIN32

namespace {
std::error_code lastSystemError()
{
    return {static_cast<int>(GetLastError()), std::system_category()};
}
} // namespace

Result<MappedFile> MappedFile::create(const fs::path &path, std::uint64_t size)
{
    MappedFile file;
    const HANDLE handle =
        CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE,
                    nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle == INVALID_HANDLE_VALUE)
        return fileError("create", path, lastSystemError());
    file.m_handle = reinterpret_cast<std::intptr_t>(handle);
    LARGE_INTEGER end;
    end.QuadPart = static_cast<LONGLONG>(size);
    HANDLE mapping = nullptr;
    if (SetFilePointerEx(handle, end, nullptr, FILE_BEGIN) && SetEndOfFile(handle))
        mapping = CreateFileMappingW(handle, nullptr, PAGE_READWRITE, 0, 0, nullptr);
    if (mapping != nullptr) {
        file.m_data = static_cast<char *>(MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, size));
        CloseHandle(mapping);
    }
    if (file.m_data == nullptr) {
        const auto why = lastSystemError();
        file.close();
        std::error_code ignored;
        fs::remove(path, ignored);
        return fileError("create", path, why);
    }
    file.m_size = size;
    return file;
}

Result<MappedFile> MappedFile::openRead(const fs::path &path, std::uint64_t size)
{
    MappedFile file;
    const HANDLE handle = CreateFileW(path.c_str(), GENERIC_READ,
                                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                      nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle == INVALID_HANDLE_VALUE)
        return fileError("read", path, lastSystemError());
    file.m_handle = reinterpret_cast<std::intptr_t>(handle);
    const std::uint64_t length = std::min(size, file.fileSize());
    if (length == 0)
        return fail(ErrorCode::Corrupt, fmt::format("{} is empty", path.string()));
    HANDLE mapping = CreateFileMappingW(handle, nullptr, PAGE_READONLY, 0, 0, nullptr);
    if (mapping != nullptr) {
        file.m_data = static_cast<char *>(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, length));
        CloseHandle(mapping);
    }
    if (file.m_data == nullptr)
        return fileError("map", path, lastSystemError());
    file.m_size = length;
    return file;
}

std::uint64_t MappedFile::fileSize() const
{
    LARGE_INTEGER size;
    return GetFileSizeEx(reinterpret_cast<HANDLE>(m_handle), &size)
               ? static_cast<std::uint64_t>(size.QuadPart)
               : 0;
}

Status MappedFile::sync(std::uint64_t from, std::uint64_t to) const
{
    if (!FlushViewOfFile(m_data + from, static_cast<SIZE_T>(to - from)) ||
        !FlushFileBuffers(reinterpret_cast<HANDLE>(m_handle)))
        return fileError("flush", "a segment file", lastSystemError());
    return {};
}

void MappedFile::close()
{
    if (m_data != nullptr)
        UnmapViewOfFile(m_data);
    if (m_handle != -1)
        CloseHandle(reinterpret_cast<HANDLE>(m_handle));
    m_data = nullptr;
    m_size = 0;
    m_handle = -1;
}

std::uint64_t processId()
{
    return GetCurrentProcessId();
}

#else

namespace {

std::error_code lastSystemError()
{
    return {errno, std::generic_category()};
}

int descriptor(std::intptr_t handle)
{
    return static_cast<int>(handle);
}

/// 0 or an errno value.
int allocateBlocks(int file, std::uint64_t size)
{
#ifdef __APPLE__
    fstore_t request{F_ALLOCATEALL, F_PEOFPOSMODE, 0, static_cast<off_t>(size), 0};
    if (::fcntl(file, F_PREALLOCATE, &request) == -1)
        return errno;
    return ::ftruncate(file, static_cast<off_t>(size)) == 0 ? 0 : errno;
#else
    return ::posix_fallocate(file, 0, static_cast<off_t>(size));
#endif
}

} // namespace

Result<MappedFile> MappedFile::create(const fs::path &path, std::uint64_t size)
{
    MappedFile file;
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fileError("create", path, lastSystemError());
    file.m_handle = fd;
    std::error_code why(allocateBlocks(fd, size), std::generic_category());
    if (!why) {
        void *memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED)
            why = lastSystemError();
        else
            file.m_data = static_cast<char *>(memory);
    }
    if (why) {
        ::unlink(path.c_str());
        return fileError("create", path, why);
    }
    file.m_size = size;
    return file;
}

Result<MappedFile> MappedFile::openRead(const fs::path &path, std::uint64_t size)
{
    MappedFile file;
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fileError("read", path, lastSystemError());
    file.m_handle = fd;
    const std::uint64_t length = std::min(size, file.fileSize());
    if (length == 0)
        return fail(ErrorCode::Corrupt, fmt::format("{} is empty", path.string()));
    void *memory = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return fileError("map", path, lastSystemError());
    file.m_data = static_cast<char *>(memory);
    file.m_size = length;
    return file;
}

std::uint64_t MappedFile::fileSize() const
{
    struct stat status
    {};
    if (::fstat(descriptor(m_handle), &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    return static_cast<std::uint64_t>(status.st_size);
}

Status MappedFile::sync(std::uint64_t from, std::uint64_t to) const
{
    static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const std::uint64_t begin = from / page * page;
    bool done = ::msync(m_data + begin, to - begin, MS_SYNC) == 0;
#ifdef __APPLE__
    // Elsewhere msync reaches the device by itself.
    done = done && ::fsync(descriptor(m_handle)) == 0;
#endif
    if (!done)
        return fileError("flush", "a segment file", lastSystemError());
    return {};
}

void MappedFile::close()
{
    if (m_data != nullptr)
        ::munmap(m_data, m_size);
    if (m_handle != -1)
        ::close(descriptor(m_handle));
    m_data = nullptr;
    m_size = 0;
    m_handle = -1;
}

std::uint64_t processId()
{
    return static_cast<std::uint64_t>(::getpid());
}

#endif

} // namespace tepal::journal
