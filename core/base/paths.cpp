#include <tepal/base/file.h>
#include <tepal/base/paths.h>

#include <cstdlib>
#include <system_error>

#if defined(_WIN32)
#include <windows.h>
#elif defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

namespace tepal {
namespace fs = std::filesystem;

std::string environment(const char *name)
{
    const char *value = std::getenv(name);
    return value ? value : "";
}

namespace {

fs::path userDirectory(const char *xdgVariable, const char *xdgDefault)
{
#if defined(_WIN32)
    (void)xdgVariable;
    (void)xdgDefault;
    return fs::path(environment("LOCALAPPDATA"));
#elif defined(__APPLE__)
    (void)xdgVariable;
    (void)xdgDefault;
    return fs::path(environment("HOME")) / "Library" / "Application Support";
#else
    const std::string xdg = environment(xdgVariable);
    return xdg.empty() ? fs::path(environment("HOME")) / xdgDefault : fs::path(xdg);
#endif
}

} // namespace

Home resolveHome(const std::string &explicitRoot)
{
    fs::path root = explicitRoot;
    if (root.empty())
        root = environment("TEPAL_HOME");
    if (root.empty())
        root = userDirectory("XDG_DATA_HOME", ".local/share") / "tepal";
    std::error_code error;
    const fs::path absolute = fs::absolute(root, error);
    return Home{error ? root : absolute.lexically_normal()};
}

Status prepareHome(const Home &home)
{
    for (const fs::path &path : {home.root, home.journal(), home.models(), home.logs()}) {
        if (auto made = makePrivateDirectory(path); !made)
            return made;
    }
    const fs::path probe = home.root / ".writable";
    if (auto written = writeFileAtomic(probe, ""); !written)
        return written;
    std::error_code ignored;
    fs::remove(probe, ignored);
    return {};
}

fs::path settingsDirectory()
{
    return userDirectory("XDG_CONFIG_HOME", ".config") / "tepal";
}

fs::path executablePath()
{
#if defined(_WIN32)
    wchar_t buffer[32768];
    const DWORD size = GetModuleFileNameW(nullptr, buffer, 32768);
    return fs::path(std::wstring(buffer, size));
#elif defined(__APPLE__)
    char buffer[4096];
    uint32_t size = sizeof buffer;
    return _NSGetExecutablePath(buffer, &size) == 0 ? fs::path(buffer) : fs::path();
#else
    std::error_code error;
    const fs::path path = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path() : path;
#endif
}

} // namespace tepal
