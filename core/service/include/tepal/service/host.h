/// The serving host: endpoint, journal, logger and store of one home.
#pragma once

#include <tepal/base/paths.h>
#include <tepal/logging/logger_host.h>
#include <tepal/service/outbox_service.h>
#include <tepal/serving/server.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tepal {

struct HostOptions
{
    Home home;
    ServerOptions server;
    LoggerOptions logger;
    /// What is tracked about columns of datasets without a schema of their own, as formatSchema
    /// writes it; remembered by the home. Nothing: as it was; empty: no schema from now on.
    std::optional<std::string> schema;
    /// A child process (default) or a thread of this one.
    bool loggerThread = false;
    /// The command-line program that is run as the logger; empty = found beside this program.
    std::filesystem::path loggerProgram;
    /// How often the journal is forced to the device; 0 = before every answer.
    DurationMs syncInterval = kSecondMs;
    /// Largest size of the journal's files together; 0 = the disk.
    std::uint64_t journalMaxBytes = 0;
    /// Which model to serve; a missing one is no error: the route answers 503 until one is set.
    std::string model = "iris_knn";
    const AssetProvider *assets = nullptr;
    /// Sends finished pieces to the destinations that are enabled, by itself and at the end.
    bool upload = true;
    DurationMs uploadOnStop = 10 * kSecondMs; ///< How long stop() lets uploads go on.
    std::int64_t uploadBytesPerSecond = 0;    ///< To each destination; 0 = any.
    const SecretStore *secrets = nullptr;     ///< Must outlive the host; null = the environment.
    std::function<void()> uploadsChanged;     ///< On a thread of its own.
    /// Scores windows against their reference as they finish.
    bool scoreWindows = true;
    LoggerListener loggerListener;
};

/// Public methods may be called from any thread.
class Host
{
public:
    /// Busy when another host has this home or the port is taken. What an earlier host left in the
    /// journal is logged before anything new.
    static Result<std::unique_ptr<Host>> start(const HostOptions &options);
    /// Stops if that has not happened.
    ~Host();
    Host(const Host &) = delete;
    Host &operator=(const Host &) = delete;

    /// Requests that have begun are answered, the journal is drained and committed, open chunks are
    /// closed. Returns the first thing that went wrong; everything is stopped all the same.
    Status stop();

    Server &server();
    LoggerHost &logger();
    /// What the logger reports; when it is silent or gone, with the lag that follows from what has
    /// been appended meanwhile, and with an error that says so.
    LoggerStatus loggerStatus() const;
    std::string url() const;
    /// Tag of the model being served; empty while there is none.
    std::string modelTag() const;
    /// How each destination stands; empty without uploads.
    std::vector<UploadStatus> uploads() const;
    /// Destinations were set differently, or somebody wants items tried again.
    void wakeUploads();
    /// Pieces that wait for the next start; known once stop() has returned.
    std::int64_t uploadsLeft() const;
    /// Serves another model from the next request on.
    Status serveModel(const std::string &tag);

private:
    struct Impl;
    explicit Host(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

/// What a running host of a home says about itself, for other processes.
struct HostState
{
    std::int64_t pid = 0;
    std::string url;
    std::string model;
    TimeMs started = 0;
    std::string loggerState;
    std::uint64_t loggerRestarts = 0;
    std::uint64_t dropped = 0;         ///< Rows answered without a record.
    std::vector<RefusalCount> refused; ///< Requests that were turned away.
    std::vector<std::string> foreignHosts;
    std::vector<std::string> warnings; ///< Server::warnings()
};
/// Nothing when no host runs on this home (a leftover file of a dead one does not count).
std::optional<HostState> runningHost(const Home &home);

/// {"endpoint", "logger": {"state", "lag_records", "lag_seconds", "last_commit", "restarts"},
/// "dropped", "refused": [{"reason", "count", "text"}], "quarantined", "warnings": [text],
/// "rollouts": [{"model", "followed", "text"}], "ahead":
/// [{"dataset", "rows", "first", "last"}], "uploads":
/// [{"destination", "kind", "enabled", "paused", "waiting", "failed", "asks", "sent", "oldest",
/// "gate", "gate_until", "reason", "next", "last_sent"}]} as JSON, from the home alone: no running
/// host is needed.
Result<std::string> statusJson(const Home &home);

} // namespace tepal
