// Loaded before everything else (LD_PRELOAD): lets the n-th call of one system function fail for
// files below one directory.
//
//   TEPAL_FAULT       write, fsync, fallocate, rename, mmap, truncate, open
//   TEPAL_FAULT_AT    n, from 1
//   TEPAL_FAULT_ERROR the errno value
//   TEPAL_FAULT_LAST  how many calls fail from there on
//   TEPAL_FAULT_BELOW the directory
//   TEPAL_FAULT_MARK  a file that is created when the fault happens

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Plan
{
    const char *kind = std::getenv("TEPAL_FAULT");
    const char *below = std::getenv("TEPAL_FAULT_BELOW");
    const char *mark = std::getenv("TEPAL_FAULT_MARK");
    long at = number("TEPAL_FAULT_AT");
    long last = number("TEPAL_FAULT_LAST");
    int error = static_cast<int>(number("TEPAL_FAULT_ERROR"));

    static long number(const char *name)
    {
        const char *text = std::getenv(name);
        return text ? std::atol(text) : 0;
    }
};

const Plan &plan()
{
    static const Plan instance;
    return instance;
}

template <typename F>
F real(const char *name)
{
    return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

bool below(const char *path)
{
    return path != nullptr && plan().below != nullptr &&
           std::strncmp(path, plan().below, std::strlen(plan().below)) == 0;
}

bool below(int fd)
{
    char link[64];
    char path[4096];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const auto size = ::readlink(link, path, sizeof path - 1);
    if (size <= 0)
        return false;
    path[size] = '\0';
    return below(path);
}

/// Counts a call of this kind on one of our files; true when it is to fail (errno is set).
template <typename Where>
bool fails(const char *kind, Where where)
{
    static std::atomic<long> calls{0};
    const Plan &p = plan();
    if (p.kind == nullptr || std::strcmp(p.kind, kind) != 0 || !below(where))
        return false;
    const long call = ++calls;
    if (call < p.at || call >= p.at + p.last)
        return false;
    if (p.mark != nullptr) {
        const int fd =
            real<int (*)(const char *, int, ...)>("open")(p.mark, O_CREAT | O_WRONLY, 0600);
        if (fd >= 0)
            ::close(fd);
    }
    errno = p.error;
    return true;
}

} // namespace

extern "C" {

ssize_t write(int fd, const void *data, size_t size)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t)>("write");
    return fails("write", fd) ? -1 : next(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t, off_t)>("pwrite");
    return fails("write", fd) ? -1 : next(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t, off64_t)>("pwrite64");
    return fails("write", fd) ? -1 : next(fd, data, size, at);
}
int fsync(int fd)
{
    static const auto next = real<int (*)(int)>("fsync");
    return fails("fsync", fd) ? -1 : next(fd);
}
int fdatasync(int fd)
{
    static const auto next = real<int (*)(int)>("fdatasync");
    return fails("fsync", fd) ? -1 : next(fd);
}
int msync(void *data, size_t size, int flags)
{
    // A mapping does not tell its file; every shared mapping that is synced here is a segment.
    static const auto next = real<int (*)(void *, size_t, int)>("msync");
    return fails("msync", plan().below) ? -1 : next(data, size, flags);
}
int posix_fallocate(int fd, off_t at, off_t size)
{
    static const auto next = real<int (*)(int, off_t, off_t)>("posix_fallocate");
    return fails("fallocate", fd) ? errno : next(fd, at, size);
}
int posix_fallocate64(int fd, off64_t at, off64_t size)
{
    static const auto next = real<int (*)(int, off64_t, off64_t)>("posix_fallocate64");
    return fails("fallocate", fd) ? errno : next(fd, at, size);
}
int ftruncate(int fd, off_t size)
{
    static const auto next = real<int (*)(int, off_t)>("ftruncate");
    return fails("truncate", fd) ? -1 : next(fd, size);
}
int ftruncate64(int fd, off64_t size)
{
    static const auto next = real<int (*)(int, off64_t)>("ftruncate64");
    return fails("truncate", fd) ? -1 : next(fd, size);
}
int rename(const char *from, const char *to)
{
    static const auto next = real<int (*)(const char *, const char *)>("rename");
    return fails("rename", to) ? -1 : next(from, to);
}
void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t at)
{
    static const auto next = real<void *(*)(void *, size_t, int, int, int, off_t)>("mmap");
    return fd >= 0 && fails("mmap", fd) ? MAP_FAILED : next(where, size, protection, flags, fd, at);
}
void *mmap64(void *where, size_t size, int protection, int flags, int fd, off64_t at)
{
    static const auto next = real<void *(*)(void *, size_t, int, int, int, off64_t)>("mmap64");
    return fd >= 0 && fails("mmap", fd) ? MAP_FAILED : next(where, size, protection, flags, fd, at);
}
int open(const char *path, int flags, ...)
{
    static const auto next = real<int (*)(const char *, int, ...)>("open");
    va_list arguments;
    va_start(arguments, flags);
    const int mode = va_arg(arguments, int);
    va_end(arguments);
    return fails("open", path) ? -1 : next(path, flags, mode);
}
int open64(const char *path, int flags, ...)
{
    static const auto next = real<int (*)(const char *, int, ...)>("open64");
    va_list arguments;
    va_start(arguments, flags);
    const int mode = va_arg(arguments, int);
    va_end(arguments);
    return fails("open", path) ? -1 : next(path, flags, mode);
}

} // extern "C"
