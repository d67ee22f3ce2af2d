/// The program's own log: one line per event, to stderr and `logs/`, and into a ring buffer that
/// the log view reads. Thread-safe. Never log a secret or a request body.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
std::string_view logLevelName(LogLevel level);

struct LogEntry
{
    std::uint64_t id = 0; ///< Running number from 1; a gap means that older entries were dropped.
    TimeMs time = 0;
    LogLevel level = LogLevel::Info;
    std::string source; ///< "endpoint", "logger", "upload", "store", "app", …
    std::string text;   ///< One line; control characters replaced.
};

void logMessage(LogLevel level, std::string_view source, std::string_view text);
inline void logDebug(std::string_view source, std::string_view text)
{
    logMessage(LogLevel::Debug, source, text);
}
inline void logInfo(std::string_view source, std::string_view text)
{
    logMessage(LogLevel::Info, source, text);
}
inline void logWarning(std::string_view source, std::string_view text)
{
    logMessage(LogLevel::Warning, source, text);
}
inline void logError(std::string_view source, std::string_view text)
{
    logMessage(LogLevel::Error, source, text);
}

/// Lines below this level are dropped before they cost anything. Default Info.
void setLogLevel(LogLevel level);
/// Whether lines also go to stderr. Default on.
void setLogToStderr(bool on);
/// Starts writing to `directory/name.log` (5 MB, three files kept).
Status startLogFile(const std::filesystem::path &directory, std::string_view name);

/// Entries with id > `after`, oldest first, at most `limit`. The ring holds the last 20,000.
std::vector<LogEntry> logEntriesAfter(std::uint64_t after, std::size_t limit = 1000);
std::uint64_t lastLogId();

} // namespace tepal
