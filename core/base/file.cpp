#include <tepal/base/file.h>

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

#ifdef _WIN32
#include <io.h>
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace tepal {
namespace fs = std::filesystem;
namespace {

Error ioError(std::string_view doing, const fs::path &path, int error)
{
    const auto reason = std::generic_category().message(error);
    Error result{ErrorCode::Io, fmt::format("cannot {} {}: {}", doing, path.string(), reason), {}};
    switch (error) {
    case ENOENT:
        result.code = ErrorCode::NotFound;
        result.next = "check the path";
        break;
    case EACCES:
    case EPERM:
    case EROFS:
        result.code = ErrorCode::Denied;
        result.next = "choose another place or change its permissions";
        break;
    case ENOSPC:
#ifdef EDQUOT
    case EDQUOT:
#endif
        result.code = ErrorCode::Full;
        result.next = "free some space";
        break;
    case EEXIST:
        result.code = ErrorCode::AlreadyExists;
        result.next = "choose another name";
        break;
    default:
        break;
    }
    return result;
}

/// FILE* that closes itself.
struct FileCloser
{
    void operator()(std::FILE *file) const { std::fclose(file); }
};
using FilePtr = std::unique_ptr<std::FILE, FileCloser>;

FilePtr openFile(const fs::path &path, const char *mode)
{
#ifdef _WIN32
    const std::wstring wide(mode, mode + std::char_traits<char>::length(mode));
    return FilePtr(_wfopen(path.c_str(), wide.c_str()));
#else
    return FilePtr(std::fopen(path.c_str(), mode));
#endif
}

bool syncFile(std::FILE *file)
{
    if (std::fflush(file) != 0)
        return false;
#ifdef _WIN32
    return _commit(_fileno(file)) == 0;
#else
    return ::fsync(::fileno(file)) == 0;
#endif
}

/// Writes the bytes next to `path` and returns the temporary name.
Result<fs::path> writeBeside(const fs::path &path, std::string_view bytes)
{
    if (path.has_parent_path()) {
        if (auto made = makePrivateDirectory(path.parent_path()); !made)
            return tl::unexpected(made.error());
    }
    fs::path temporary = path;
#ifdef _WIN32
    const auto id = static_cast<long>(GetCurrentProcessId());
#else
    const auto id = static_cast<long>(::getpid());
#endif
    static std::atomic<unsigned> counter{0};
    temporary += fmt::format(".part-{}-{}", id, counter++);
    FilePtr file = openFile(temporary, "wb");
    if (!file)
        return tl::unexpected(ioError("write", path, errno));
    const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size() &&
                         syncFile(file.get());
    const int error = errno;
    file.reset();
    if (!written) {
        std::error_code ignored;
        fs::remove(temporary, ignored);
        return tl::unexpected(ioError("write", path, error));
    }
    return temporary;
}

/// Where a path's last part lies; the current directory for a bare name.
fs::path directoryOf(const fs::path &path)
{
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

} // namespace

Result<std::string> readFile(const fs::path &path, std::uint64_t maxBytes)
{
    std::error_code error;
    const auto status = fs::status(path, error);
    if (fs::is_directory(status)) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("cannot read {}: it is a directory", path.string()), "name a file");
    }
    FilePtr file = openFile(path, "rb");
    if (!file)
        return tl::unexpected(ioError("read", path, errno));
    std::string bytes;
    char buffer[1 << 16];
    for (;;) {
        const std::size_t got = std::fread(buffer, 1, sizeof buffer, file.get());
        if (bytes.size() + got > maxBytes) {
            return fail(
                ErrorCode::InvalidArgument,
                fmt::format("cannot read {}: it is larger than {} bytes", path.string(), maxBytes));
        }
        bytes.append(buffer, got);
        if (got < sizeof buffer) {
            if (std::ferror(file.get()))
                return tl::unexpected(ioError("read", path, errno));
            return bytes;
        }
    }
}

Status writeFileAtomic(const fs::path &path, std::string_view bytes)
{
    auto temporary = writeBeside(path, bytes);
    if (!temporary)
        return tl::unexpected(temporary.error());
    std::error_code error;
    fs::rename(*temporary, path, error);
    if (error) {
        std::error_code ignored;
        fs::remove(*temporary, ignored);
        return tl::unexpected(ioError("write", path, error.value()));
    }
    syncDirectory(directoryOf(path));
    return {};
}

Status writeFileNew(const fs::path &path, std::string_view bytes)
{
    std::error_code error;
    if (fs::exists(path, error))
        return tl::unexpected(ioError("write", path, EEXIST));
    auto temporary = writeBeside(path, bytes);
    if (!temporary)
        return tl::unexpected(temporary.error());
    // A hard link fails when the name exists, so two writers cannot both win; where links do not
    // work (FAT, some network shares) the check above has to do.
    fs::create_hard_link(*temporary, path, error);
    if (error && error != std::errc::file_exists)
        fs::rename(*temporary, path, error);
    std::error_code ignored;
    fs::remove(*temporary, ignored);
    if (error)
        return tl::unexpected(ioError("write", path, error.value()));
    syncDirectory(directoryOf(path));
    return {};
}

Status makePrivateDirectory(const fs::path &path)
{
    std::error_code error;
    if (fs::is_directory(path, error))
        return {};
    if (path.has_parent_path() && path.parent_path() != path) {
        if (auto parent = makePrivateDirectory(path.parent_path()); !parent)
            return parent;
    }
#ifdef _WIN32
    fs::create_directory(path, error);
    const int code = error.value();
    const bool made = !error;
#else
    const bool made = ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
    const int code = errno;
#endif
    if (!made)
        return tl::unexpected(ioError("create the directory", path, code));
    if (!fs::is_directory(path, error))
        return tl::unexpected(ioError("create the directory", path, EEXIST));
    syncDirectory(directoryOf(path));
    return {};
}

void syncDirectory([[maybe_unused]] const fs::path &directory)
{
#ifndef _WIN32
    const int fd = ::open(directory.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ::fsync(fd);
    ::close(fd);
#endif
}

FileLock::FileLock(FileLock &&other) noexcept
    : m_handle(std::exchange(other.m_handle, -1))
{}

FileLock &FileLock::operator=(FileLock &&other) noexcept
{
    std::swap(m_handle, other.m_handle);
    return *this;
}

#ifdef _WIN32

FileLock::~FileLock()
{
    if (m_handle != -1)
        CloseHandle(reinterpret_cast<HANDLE>(m_handle));
}

Result<FileLock> FileLock::acquire(const fs::path &path, std::string_view note)
{
    // No share for writing: a second opener fails until this handle is closed or the process dies.
    HANDLE handle = CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ,
                                nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle == INVALID_HANDLE_VALUE) {
        return fail(ErrorCode::Busy, fmt::format("{} is in use by another process", path.string()),
                    "stop that process or use another home directory");
    }
    SetEndOfFile(handle);
    DWORD written = 0;
    WriteFile(handle, note.data(), static_cast<DWORD>(note.size()), &written, nullptr);
    FileLock lock;
    lock.m_handle = reinterpret_cast<std::intptr_t>(handle);
    return lock;
}

#else

FileLock::~FileLock()
{
    if (m_handle != -1)
        ::close(static_cast<int>(m_handle));
}

Result<FileLock> FileLock::acquire(const fs::path &path, std::string_view note)
{
    // Close-on-exec: a child must not keep the lock alive after its parent died.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd == -1)
        return tl::unexpected(ioError("lock", path, errno));
    FileLock lock;
    lock.m_handle = fd;
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        char holder[128] = {};
        const auto got = ::pread(fd, holder, sizeof holder - 1, 0);
        return fail(ErrorCode::Busy,
                    fmt::format("{} is in use{}{}", path.string(), got > 0 ? " by " : "", holder),
                    "stop that process or use another home directory");
    }
    if (::ftruncate(fd, 0) != 0 ||
        ::pwrite(fd, note.data(), note.size(), 0) != static_cast<ssize_t>(note.size()))
        return tl::unexpected(ioError("write", path, errno));
    return lock;
}

#endif

} // namespace tepal
