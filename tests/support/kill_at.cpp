// Loaded into a program by LD_PRELOAD: kills it at the n-th call that leaves something behind, on a
// disk or in a network. TEPAL_KILL_AT=n; TEPAL_KILL_HALF=1 carries out half of a write first.
// TEPAL_KILL_COUNT=FILE says how many there were when the program ends by itself.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

std::atomic<long> calls{0};

template <typename Function>
Function next(const char *name)
{
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

long killAt()
{
    static const long at = [] {
        const char *text = std::getenv("TEPAL_KILL_AT");
        return text ? std::atol(text) : 0L;
    }();
    return at;
}

bool half()
{
    static const bool wanted = std::getenv("TEPAL_KILL_HALF") != nullptr;
    return wanted;
}

[[noreturn]] void die()
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/// Whether this call is the one.
bool isIt()
{
    return ++calls == killAt();
}

bool isFile(int fd)
{
    struct stat info = {};
    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

struct Teller
{
    Teller() = default;
    ~Teller()
    {
        const char *file = std::getenv("TEPAL_KILL_COUNT");
        if (FILE *out = file ? std::fopen(file, "w") : nullptr) {
            std::fprintf(out, "%ld", calls.load());
            std::fclose(out);
        }
    }
    Teller(const Teller &) = delete;
    Teller &operator=(const Teller &) = delete;
} teller;

} // namespace

extern "C" {

int fsync(int fd)
{
    if (isIt())
        die();
    return next<int (*)(int)>("fsync")(fd);
}
int fdatasync(int fd)
{
    if (isIt())
        die();
    return next<int (*)(int)>("fdatasync")(fd);
}
int rename(const char *from, const char *to) noexcept
{
    if (isIt())
        die();
    return next<int (*)(const char *, const char *)>("rename")(from, to);
}
int renameat2(int fromDir, const char *from, int toDir, const char *to, unsigned int flags) noexcept
{
    if (isIt())
        die();
    return next<int (*)(int, const char *, int, const char *, unsigned int)>("renameat2")(
        fromDir, from, toDir, to, flags);
}
int link(const char *from, const char *to) noexcept
{
    if (isIt())
        die();
    return next<int (*)(const char *, const char *)>("link")(from, to);
}
int unlink(const char *path) noexcept
{
    if (isIt())
        die();
    return next<int (*)(const char *)>("unlink")(path);
}
int mkdir(const char *path, mode_t mode) noexcept
{
    if (isIt())
        die();
    return next<int (*)(const char *, mode_t)>("mkdir")(path, mode);
}
ssize_t write(int fd, const void *data, size_t size)
{
    const auto real = next<ssize_t (*)(int, const void *, size_t)>("write");
    if (isFile(fd) && isIt()) {
        if (half())
            static_cast<void>(real(fd, data, size / 2));
        die();
    }
    return real(fd, data, size);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    const auto real = next<ssize_t (*)(int, const void *, size_t, off64_t)>("pwrite64");
    if (isIt()) {
        if (half())
            static_cast<void>(real(fd, data, size / 2, at));
        die();
    }
    return real(fd, data, size, at);
}
ssize_t send(int fd, const void *data, size_t size, int flags)
{
    const auto real = next<ssize_t (*)(int, const void *, size_t, int)>("send");
    if (isIt()) {
        if (half())
            static_cast<void>(real(fd, data, size / 2, flags));
        die();
    }
    return real(fd, data, size, flags);
}

} // extern "C"
