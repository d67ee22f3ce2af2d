#include "onnx_find.h"

#include <tepal/base/file.h>
#include <tepal/base/paths.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace tepal::onnx {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kTableVersion = 8;

#if defined(_WIN32)
constexpr const char *kNames[] = {"onnxruntime.dll"};
#elif defined(__APPLE__)
constexpr const char *kNames[] = {"libonnxruntime.dylib"};
#else
constexpr const char *kNames[] = {"libonnxruntime.so.1", "libonnxruntime.so"};
#endif

struct Base
{
    const void *const *(*table)(std::uint32_t version);
    const char *(*version)();
};

struct Opened
{
    const Base *base = nullptr;
    fs::path file; ///< As the loader found it.
    std::string why;
};

#if defined(_WIN32)
Opened openLibrary(const fs::path &path)
{
    Opened opened;
    const HMODULE library = LoadLibraryW(path.c_str());
    if (library == nullptr) {
        opened.why = fmt::format("cannot be loaded (error {})", GetLastError());
        return opened;
    }
    using Entry = const Base *(*)();
    const auto entry =
        reinterpret_cast<Entry>(reinterpret_cast<void *>(GetProcAddress(library, "OrtGetApiBase")));
    opened.base = entry == nullptr ? nullptr : entry();
    opened.file = path;
    if (opened.base == nullptr)
        opened.why = "is not ONNX Runtime";
    return opened;
}

bool isTrusted(const fs::path &)
{
    return true;
}
#else
Opened openLibrary(const fs::path &path)
{
    Opened opened;
    void *const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char *const why = dlerror();
        opened.why = why == nullptr ? "cannot be loaded" : why;
        return opened;
    }
    void *const entry = dlsym(library, "OrtGetApiBase");
    if (entry != nullptr)
        opened.base = reinterpret_cast<const Base *(*)()>(entry)();
    if (opened.base == nullptr) {
        opened.why = "is not ONNX Runtime";
        dlclose(library);
        return opened;
    }
    Dl_info info{};
    opened.file = dladdr(entry, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : path;
    return opened;
}

/// A file that was come across, not named, is code of whoever could write it.
bool isTrusted(const fs::path &path)
{
    struct stat status
    {};
    return stat(path.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) == 0 &&
           (status.st_uid == 0 || status.st_uid == geteuid());
}
#endif

bool isLibraryName(const std::string &name)
{
#if defined(_WIN32)
    return name == "onnxruntime.dll";
#elif defined(__APPLE__)
    return name.starts_with("libonnxruntime") && name.ends_with(".dylib") &&
           name.find("providers") == name.npos;
#else
    return name.starts_with("libonnxruntime.so") && name.find("providers") == name.npos;
#endif
}

std::vector<fs::path> entries(const fs::path &folder)
{
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        found.push_back(it->path());
    // The newest version first, as far as names tell: 1.30 is above 1.4.
    std::sort(found.begin(), found.end(), [](const fs::path &a, const fs::path &b) {
        const std::string x = a.filename().string();
        const std::string y = b.filename().string();
        return x.size() == y.size() ? x > y : x.size() > y.size();
    });
    return found;
}

/// The libraries in a folder, or in its folder `lib`, as release archives have it.
std::vector<fs::path> librariesIn(const fs::path &folder)
{
    std::vector<fs::path> found;
    for (const fs::path &each : {folder, folder / "lib"}) {
        for (const fs::path &file : entries(each)) {
            if (isLibraryName(file.filename().string()))
                found.push_back(file);
        }
    }
    return found;
}

class Search
{
public:
    Finder::Found found;

    bool tryFile(const char *where, const fs::path &file)
    {
        const Opened opened = openLibrary(file);
        if (opened.base == nullptr)
            return missed(where, file, opened.why);
        const std::string version = opened.base->version();
        const void *const *const table = opened.base->table(kTableVersion);
        if (table == nullptr)
            return missed(where, file,
                          fmt::format("is version {}, which is too old: 1.8 is needed", version));
        found.library = Library{table};
        found.report.file = opened.file;
        found.report.version = version;
        found.report.places.push_back({where, file.string(), {}});
        return true;
    }

    bool missed(const char *where, const fs::path &what, std::string why)
    {
        found.report.places.push_back({where, what.string(), std::move(why)});
        return false;
    }

    /// A file, or a folder with one, that somebody named.
    bool named(const char *where, const fs::path &path)
    {
        std::error_code error;
        if (!fs::exists(path, error))
            return missed(where, path, "is not there");
        if (!fs::is_directory(path, error))
            return tryFile(where, fs::absolute(path, error));
        for (const fs::path &file : librariesIn(fs::absolute(path, error))) {
            if (tryFile(where, file))
                return true;
        }
        return missed(where, path, fmt::format("is a folder without {}", kNames[0]));
    }

    bool comeAcross(const char *where, const fs::path &file)
    {
        if (!isTrusted(file))
            return missed(where, file,
                          "belongs to another user or can be written by everybody: name it with "
                          "TEPAL_ONNXRUNTIME if it is meant");
        return tryFile(where, file);
    }

    bool beside()
    {
        const fs::path program = executablePath();
        const fs::path file = program.parent_path().parent_path() / "lib" / kNames[0];
        std::error_code error;
        if (program.empty() || !fs::exists(file, error))
            return missed("beside this program", file, "is not there");
        return tryFile("beside this program", file);
    }

    bool loaders()
    {
        for (const char *name : kNames) {
            if (tryFile("the loader's path", name))
                return true;
        }
        return false;
    }

    bool pythonRoot(const fs::path &root)
    {
        bool any = false;
        for (const char *lib : {"lib", "lib64", "local/lib", "Lib"}) {
            std::vector<fs::path> folders = entries(root / lib);
            folders.push_back(root / lib);
            for (const fs::path &folder : folders) {
                for (const char *packages : {"site-packages", "dist-packages"}) {
                    for (const fs::path &file :
                         librariesIn(folder / packages / "onnxruntime" / "capi")) {
                        any = true;
                        if (comeAcross("Python", file))
                            return true;
                    }
                }
            }
        }
        return any ? false : missed("Python", root, "has no package onnxruntime");
    }

    /// Python itself is never run: only its folders are looked at.
    bool python()
    {
        for (const char *variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
            const std::string root = environment(variable);
            if (!root.empty() && pythonRoot(root))
                return true;
        }
#if !defined(_WIN32)
        const std::string path = environment("PATH");
        for (std::size_t at = 0; at <= path.size();) {
            const std::size_t end = std::min(path.find(':', at), path.size());
            const fs::path folder = path.substr(at, end - at);
            std::error_code error;
            if (folder.is_absolute() && fs::exists(folder / "python3", error))
                return pythonRoot(folder.parent_path());
            at = end + 1;
        }
#endif
        return missed("Python", "python3", "is not on PATH");
    }

    bool npm()
    {
#if defined(__aarch64__) || defined(_M_ARM64)
        constexpr const char *kMachine = "arm64";
#else
        constexpr const char *kMachine = "x64";
#endif
#if defined(_WIN32)
        constexpr const char *kSystem = "win32";
#elif defined(__APPLE__)
        constexpr const char *kSystem = "darwin";
#else
        constexpr const char *kSystem = "linux";
#endif
        std::error_code error;
        const fs::path start = fs::current_path(error);
        bool any = false;
        for (fs::path folder = start; !folder.empty();) {
            for (const fs::path &napi :
                 entries(folder / "node_modules" / "onnxruntime-node" / "bin")) {
                for (const fs::path &file : librariesIn(napi / kSystem / kMachine)) {
                    any = true;
                    if (comeAcross("node_modules", file))
                        return true;
                }
            }
            if (folder == folder.parent_path())
                break;
            folder = folder.parent_path();
        }
        return any ? false
                   : missed("node_modules", start,
                            "neither this folder nor one above it has onnxruntime-node");
    }
};

/// The setting `onnx.runtime` of the workbench.
std::string setting()
{
    const auto text = readFile(settingsDirectory() / "workbench.json", 1u << 20);
    if (!text)
        return {};
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_object() || !json.contains("onnx.runtime") || !json["onnx.runtime"].is_string())
        return {};
    return json["onnx.runtime"].get<std::string>();
}

} // namespace

Finder::Found Finder::find()
{
    Search search;
    const auto told = [&](const char *where, const std::string &path) {
        if (!search.named(where, path))
            search.found.report.missing = fmt::format("{} names {}, which {}", where, path,
                                                      search.found.report.places.back().why);
    };
    if (const std::string path = environment("TEPAL_ONNXRUNTIME"); !path.empty()) {
        told("TEPAL_ONNXRUNTIME", path);
        return search.found;
    }
    if (const std::string path = setting(); !path.empty()) {
        told("the setting onnx.runtime", path);
        return search.found;
    }
    if (!search.beside() && !search.loaders() && !search.python() && !search.npm())
        search.found.report.missing =
            "install it with \"pip install onnxruntime\" or \"npm install onnxruntime-node\", or "
            "unpack a release of ONNX Runtime and name its folder in TEPAL_ONNXRUNTIME; \"tepal "
            "models runtime\" says where it was looked for";
    return search.found;
}

} // namespace tepal::onnx

namespace tepal {

OnnxRuntimeReport onnxRuntimeReport()
{
    return onnx::Finder::find().report;
}

} // namespace tepal
