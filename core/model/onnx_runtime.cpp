#include "onnx_runtime.h"

#include "onnx_find.h"

#include <tepal/base/log.h>
#include <tepal/base/text.h>

#include <fmt/format.h>

#include <mutex>

namespace tepal::onnx {
namespace {

constexpr int kLogFatalOnly = 4; ///< At 3 every failed call writes coloured lines to stderr.

/// The end of the parentheses that begin at `open`, or npos.
std::size_t closing(std::string_view text, std::size_t open)
{
    int depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        if (depth == 0)
            return i;
    }
    return text.npos;
}

/// Behind the last "file.cc:123 ", or the whole.
std::string_view afterSource(std::string_view text)
{
    for (const std::string_view mark : {".cc:", ".h:"}) {
        const std::size_t at = text.rfind(mark);
        if (at == text.npos)
            continue;
        std::size_t end = at + mark.size();
        while (end < text.size() && text[end] >= '0' && text[end] <= '9')
            ++end;
        if (end == at + mark.size() || end >= text.size() || text[end] != ' ')
            continue;
        const std::string_view rest = text.substr(end + 1);
        const std::size_t open = rest.find('(');
        const std::size_t close = open == rest.npos ? rest.npos : closing(rest, open);
        if (close == rest.npos || close + 1 >= rest.size())
            return rest;
        return rest.substr(close + 1);
    }
    return text;
}

} // namespace

std::string plainMessage(std::string_view message)
{
    std::string_view rest = afterSource(message);
    constexpr std::string_view kFalse = " was false. ";
    if (const std::size_t at = rest.find(kFalse); at != rest.npos)
        rest = rest.substr(at + kFalse.size());
    while (rest.starts_with(' '))
        rest.remove_prefix(1);
    if (rest.starts_with("const "))
        rest.remove_prefix(6);
    std::string out(utf8Prefix(rest, 600));
    for (char &c : out)
        c = c == '\n' || c == '\t' ? ' ' : c;
    while (!out.empty() && (out.back() == ' ' || out.back() == '.'))
        out.pop_back();
    return out.empty() ? std::string("nothing more") : out;
}

std::string elementName(int element)
{
    constexpr std::string_view kNames[] = {"unknown", "float",  "uint8",  "int8",   "uint16",
                                           "int16",   "int32",  "int64",  "string", "bool",
                                           "float16", "double", "uint32", "uint64"};
    if (element < 0 || static_cast<std::size_t>(element) >= std::size(kNames))
        return fmt::format("type {}", element);
    return std::string(kNames[element]);
}

Status Runtime::failed(Handle status) const
{
    using Code = int (*)(const Opaque *);
    using Message = const char *(*)(const Opaque *);
    const int code = reinterpret_cast<Code>(function(Slot::GetErrorCode))(status);
    const std::string message = reinterpret_cast<Message>(function(Slot::GetErrorMessage))(status);
    release(Slot::ReleaseStatus, status);
    logDebug("models", fmt::format("ONNX Runtime, code {}: {}", code, message));
    constexpr int kBadProtobuf = 7;
    return fail(code == kBadProtobuf ? ErrorCode::Corrupt : ErrorCode::Unsupported,
                fmt::format("{}{}", kRuntimeSays, plainMessage(message)));
}

Status Runtime::start()
{
    if (auto made = call(Slot::CreateEnv, kLogFatalOnly, "tepal", &m_env); !made)
        return made;
    if (auto off = call(Slot::DisableTelemetry, static_cast<const Opaque *>(m_env)); !off)
        return off;
    constexpr int kArena = 1;
    constexpr int kDefaultMemory = 0;
    if (auto made = call(Slot::CreateMemoryInfo, kArena, kDefaultMemory, &m_memory); !made)
        return made;
    return call(Slot::DefaultAllocator, &m_allocator);
}

Result<const Runtime *> Runtime::get()
{
    static std::mutex mutex;
    static const Runtime *loaded = nullptr;
    const std::scoped_lock lock(mutex);
    if (loaded != nullptr)
        return loaded;
    auto found = Finder::find();
    if (!found.library)
        return fail(ErrorCode::Unsupported, "ONNX Runtime is not there, which computes ONNX models",
                    found.report.missing);
    // Kept until the process ends: threads of the library may live as long.
    std::unique_ptr<Runtime> runtime(new Runtime());
    runtime->m_table = found.library->table;
    runtime->m_file = found.report.file;
    runtime->m_version = found.report.version;
    if (auto started = runtime->start(); !started)
        return failWith(fmt::format("starting {}", found.report.file.string()), started.error());
    loaded = runtime.release();
    return loaded;
}

} // namespace tepal::onnx
