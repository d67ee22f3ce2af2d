/// Who runs the logger: a supervised child process, or a thread of this one.
#pragma once

#include <tepal/logging/logger.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace tepal {

enum class LoggerState : std::uint8_t { Stopped, Starting, Running, Restarting, Failed };
std::string_view loggerStateName(LoggerState state);

struct LoggerStatus
{
    LoggerState state = LoggerState::Stopped;
    LoggerReport report;
    std::int64_t pid = 0; ///< Of the child; 0 for a thread or when none runs.
    std::uint64_t restarts = 0;
    std::optional<Error> error; ///< The latest trouble while it lasts.
};

/// Thread-safe.
class LoggerHost
{
public:
    virtual ~LoggerHost() = default;
    /// Starts it; returns once it runs or has failed for the first time.
    virtual Status start() = 0;
    /// Everything appended to the journal before this call is committed when it returns. With
    /// `closeChunks` the open chunks have gone to the outbox.
    virtual Status flush(bool closeChunks) = 0;
    /// Drains, commits, closes the open chunks and ends the logger. Appending must have ended.
    virtual Status stop() = 0;
    virtual LoggerStatus status() const = 0;
};

/// Called on a thread of the logger host after every commit and every change of state.
using LoggerListener = std::function<void(const LoggerStatus &)>;

std::unique_ptr<LoggerHost> makeThreadLogger(const Home &home, const LoggerOptions &options,
                                             LoggerListener listener = {});

/// `program` is the command-line program whose `logger` command is run as the child. A child that
/// dies is started again: at once, then after 0.2 s, 0.4 s, … up to 10 s; the count begins anew
/// once it has run for half a minute.
std::unique_ptr<LoggerHost> makeProcessLogger(const Home &home, const LoggerOptions &options,
                                              const std::filesystem::path &program,
                                              LoggerListener listener = {});

/// Closes everything but the standard streams that this process was born with: a child must not
/// keep its parent's sockets and pipes alive. To be called before anything is opened.
void closeInheritedHandles();

/// What `tepal logger` does: serves the control protocol on standard input and output until input
/// ends or a close request comes. Returns the exit status.
int runLoggerProcess(const Home &home, const LoggerOptions &options);

} // namespace tepal
