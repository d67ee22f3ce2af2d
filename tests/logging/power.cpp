// Loaded before everything else (LD_PRELOAD): keeps a second copy of the files below one directory
// with nothing in it but what was forced to the disk, and ends the program at the n-th such call,
// before it is carried out. What the copy holds then is what a power failure would leave at worst.
//
//   TEPAL_POWER_BELOW   the directory, on a file system that does not use inode numbers again
//   TEPAL_POWER_DISK    where the copy is kept: `file-<inode>` holds the forced bytes of a file,
//                       `dir-<inode>` a line `<f or d> <inode> <name>` per entry of a directory
//   TEPAL_POWER_AT      n, from 1
//
// The status is kPowerStatus when the program was ended.

#include "power.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace {

struct Mapping
{
    std::size_t size;
    ino_t file;
    off_t offset;
};

struct State
{
    const char *below = std::getenv("TEPAL_POWER_BELOW");
    const char *disk = std::getenv("TEPAL_POWER_DISK");
    long at = std::getenv("TEPAL_POWER_AT") ? std::atol(std::getenv("TEPAL_POWER_AT")) : 0;
    long calls = 0;
    std::map<char *, Mapping> mappings; ///< By address.
    std::mutex mutex;
};

State &state()
{
    static State *const instance = new State; // used until the very end of the program
    return *instance;
}

template <typename F>
F real(const char *name)
{
    return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

/// The path of an open file below the directory, else empty.
std::string pathBelow(int fd)
{
    char link[64];
    char path[4096];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const auto size = ::readlink(link, path, sizeof path - 1);
    if (size <= 0 || state().below == nullptr)
        return {};
    path[size] = '\0';
    return std::strncmp(path, state().below, std::strlen(state().below)) == 0 ? path
                                                                              : std::string();
}

/// Counts a call that would force something to the disk; the last one does not return.
void count()
{
    if (++state().calls == state().at)
        ::_exit(tepal::test::kPowerStatus);
}

std::string onDisk(const char *kind, ino_t number)
{
    return std::string(state().disk) + '/' + kind + '-' + std::to_string(number);
}

/// Bytes of the copy of a file, which gets the file's length.
void keep(ino_t number, const void *data, std::size_t size, off_t at, off_t length)
{
    static const auto open = real<int (*)(const char *, int, ...)>("open");
    const int fd = open(onDisk("file", number).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 || ::ftruncate(fd, length) != 0 ||
        ::pwrite(fd, data, size, at) != static_cast<ssize_t>(size))
        ::abort();
    ::close(fd);
}

void keepFile(int fd, const struct stat &status)
{
    std::vector<char> bytes(static_cast<std::size_t>(status.st_size));
    // By another descriptor: this one may be for writing only.
    char link[64];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const int reader = ::open(link, O_RDONLY | O_CLOEXEC);
    if (reader < 0 ||
        ::pread(reader, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        ::abort();
    ::close(reader);
    keep(status.st_ino, bytes.data(), bytes.size(), 0, status.st_size);
}

void keepDirectory(const std::string &path, ino_t number)
{
    std::string lines;
    DIR *const directory = ::opendir(path.c_str());
    if (directory == nullptr)
        ::abort();
    while (const dirent *entry = ::readdir(directory)) {
        if (entry->d_name[0] == '.' && (entry->d_name[1] == '\0' || entry->d_name[1] == '.'))
            continue;
        lines += entry->d_type == DT_DIR ? "d " : "f ";
        lines += std::to_string(entry->d_ino) + ' ' + entry->d_name + '\n';
    }
    ::closedir(directory);
    const std::string to = onDisk("dir", number);
    std::FILE *const out = std::fopen((to + ".new").c_str(), "w");
    if (out == nullptr || std::fwrite(lines.data(), 1, lines.size(), out) != lines.size() ||
        std::fclose(out) != 0 || std::rename((to + ".new").c_str(), to.c_str()) != 0)
        ::abort();
}

void forced(int fd)
{
    const std::string path = pathBelow(fd);
    struct stat status
    {};
    if (path.empty() || ::fstat(fd, &status) != 0)
        return;
    const std::lock_guard guard(state().mutex);
    count();
    if (S_ISDIR(status.st_mode))
        keepDirectory(path, status.st_ino);
    else
        keepFile(fd, status);
}

void forced(char *data, std::size_t size)
{
    const std::lock_guard guard(state().mutex);
    auto it = state().mappings.upper_bound(data);
    if (it == state().mappings.begin())
        return;
    --it;
    const auto &[begin, mapping] = *it;
    if (data >= begin + mapping.size)
        return;
    count();
    keep(mapping.file, data, size, mapping.offset + (data - begin),
         mapping.offset + static_cast<off_t>(mapping.size));
}

void mapped(void *data, std::size_t size, int flags, int fd, off_t at)
{
    struct stat status
    {};
    if (data == MAP_FAILED || (flags & MAP_SHARED) == 0 || fd < 0 || pathBelow(fd).empty() ||
        ::fstat(fd, &status) != 0)
        return;
    const std::lock_guard guard(state().mutex);
    state().mappings[static_cast<char *>(data)] = {size, status.st_ino, at};
}

} // namespace

extern "C" {

int fsync(int fd)
{
    forced(fd);
    return 0;
}
int fdatasync(int fd)
{
    forced(fd);
    return 0;
}
int msync(void *data, size_t size, int)
{
    forced(static_cast<char *>(data), size);
    return 0;
}
void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t at)
{
    static const auto next = real<void *(*)(void *, size_t, int, int, int, off_t)>("mmap");
    void *const data = next(where, size, protection, flags, fd, at);
    mapped(data, size, flags, fd, at);
    return data;
}
void *mmap64(void *where, size_t size, int protection, int flags, int fd, off64_t at)
{
    static const auto next = real<void *(*)(void *, size_t, int, int, int, off64_t)>("mmap64");
    void *const data = next(where, size, protection, flags, fd, at);
    mapped(data, size, flags, fd, at);
    return data;
}
int munmap(void *data, size_t size)
{
    static const auto next = real<int (*)(void *, size_t)>("munmap");
    {
        const std::lock_guard guard(state().mutex);
        state().mappings.erase(static_cast<char *>(data));
    }
    return next(data, size);
}

} // extern "C"
