#include <tepal/base/clock.h>
#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/base/text.h>

#include <fmt/format.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>

namespace tepal {
namespace {

constexpr std::size_t kRingEntries = 20'000;
constexpr std::size_t kLineBytes = 4096;

struct LogState
{
    std::mutex mutex;
    std::deque<LogEntry> ring;
    std::uint64_t lastId = 0;
    std::shared_ptr<spdlog::logger> file;
    std::atomic<LogLevel> level{LogLevel::Info};
    std::atomic<bool> toStderr{true};
};

LogState &state()
{
    // Never destroyed: threads may log while the process ends.
    static auto *instance = new LogState;
    return *instance;
}

std::string oneLine(std::string_view text)
{
    std::string line(text.substr(0, kLineBytes));
    for (char &c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            c = ' ';
    }
    if (text.size() > kLineBytes)
        line += " …";
    return line;
}

} // namespace

std::string_view logLevelName(LogLevel level)
{
    constexpr std::string_view names[]{"debug", "info", "warning", "error"};
    return names[static_cast<std::size_t>(level)];
}

void logMessage(LogLevel level, std::string_view source, std::string_view text)
{
    LogState &log = state();
    if (level < log.level.load(std::memory_order_relaxed))
        return;
    LogEntry entry;
    entry.time = SystemClock::instance().nowMs();
    entry.level = level;
    entry.source = source;
    entry.text = oneLine(text);
    const std::string line = fmt::format("{} [{}] [{}] {}", formatIso(entry.time),
                                         logLevelName(level), entry.source, entry.text);
    const std::lock_guard lock(log.mutex);
    entry.id = ++log.lastId;
    log.ring.push_back(std::move(entry));
    if (log.ring.size() > kRingEntries)
        log.ring.pop_front();
    if (log.file)
        log.file->info(line);
    if (log.toStderr)
        std::fprintf(stderr, "%s\n", terminalText(line).c_str());
}

void setLogLevel(LogLevel level)
{
    state().level = level;
}

void setLogToStderr(bool on)
{
    state().toStderr = on;
}

Status startLogFile(const std::filesystem::path &directory, std::string_view name)
{
    if (auto made = makePrivateDirectory(directory); !made)
        return made;
    const auto path = directory / fmt::format("{}.log", name);
    try {
        auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path.string(),
                                                                           std::size_t{5} << 20, 3);
        auto logger = std::make_shared<spdlog::logger>("tepal", std::move(sink));
        logger->set_pattern("%v");
        logger->flush_on(spdlog::level::info);
        const std::lock_guard lock(state().mutex);
        state().file = std::move(logger);
    } catch (const spdlog::spdlog_ex &error) {
        return fail(ErrorCode::Io, fmt::format("cannot write {}: {}", path.string(), error.what()));
    }
    return {};
}

std::vector<LogEntry> logEntriesAfter(std::uint64_t after, std::size_t limit)
{
    LogState &log = state();
    const std::lock_guard lock(log.mutex);
    if (log.ring.empty())
        return {};
    const std::uint64_t first = log.ring.front().id;
    const std::size_t skip = after < first ? 0 : static_cast<std::size_t>(after - first + 1);
    std::vector<LogEntry> entries;
    for (std::size_t i = skip; i < log.ring.size() && entries.size() < limit; ++i)
        entries.push_back(log.ring[i]);
    return entries;
}

std::uint64_t lastLogId()
{
    const std::lock_guard lock(state().mutex);
    return state().lastId;
}

} // namespace tepal
