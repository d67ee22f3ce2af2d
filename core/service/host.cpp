#include "host_state.h"
#include "judge_thread.h"
#include "store_models.h"

#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/journal/journal.h>
#include <tepal/model/store.h>
#include <tepal/service/host.h>
#include <tepal/service/ordinary.h>
#include <tepal/store/settings.h>
#include <tepal/store/store.h>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace tepal {

namespace {

/// A logger reports every second; one that says nothing for so long is stuck.
constexpr DurationMs kSilenceMs = 5 * kSecondMs;

/// The command-line program: given, in the environment, or beside this program.
Result<std::filesystem::path> loggerProgram(const std::filesystem::path &given)
{
    std::error_code error;
    std::filesystem::path program = given;
    if (program.empty())
        program = environment("TEPAL_LOGGER_PROGRAM");
    if (program.empty())
#ifdef _WIN32
        program = executablePath().parent_path() / "tepal.exe";
#else
        program = executablePath().parent_path() / "tepal";
#endif
    if (!std::filesystem::exists(program, error))
        return fail(ErrorCode::NotFound,
                    fmt::format("the logger program {} does not exist", program.string()),
                    "reinstall, or use --logger thread");
    return program;
}

/// Somebody who only asks whether a host runs holds the lock for an instant; that is worth waiting
/// for.
Result<FileLock> lockHome(const Home &home)
{
    const std::string note = fmt::format("process {}", currentProcessId());
    for (int attempt = 0;; ++attempt) {
        auto lock = FileLock::acquire(home.hostLock(), note);
        if (lock || lock.error().code != ErrorCode::Busy || attempt == 10 || runningHost(home))
            return lock;
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
}

std::uint32_t defaultThreads()
{
    return std::min(2u, std::max(1u, std::thread::hardware_concurrency()));
}

} // namespace

Status addStoredDatasets(Settings settings, LoggerOptions &options)
{
    const auto stored = settings.all(Settings::kDataset);
    if (!stored)
        return tl::unexpected(stored.error());
    for (const auto &[name, text] : *stored) {
        auto dataset = parseDatasetOptions(text, options.defaults);
        if (!dataset)
            return failWith(fmt::format("the settings of dataset \"{}\"", name), dataset.error());
        options.datasets.try_emplace(name, std::move(*dataset));
    }
    return {};
}

struct Host::Impl
{
    HostOptions options;
    FileLock lock;
    std::unique_ptr<Journal> journal;
    std::unique_ptr<LoggerHost> logger;
    std::unique_ptr<StoreModels> storeModels;
    std::unique_ptr<Server> server;
    std::unique_ptr<JudgeThread> judge;
    std::unique_ptr<OutboxService> outbox;
    std::int64_t uploadsLeft = 0;
    /// For the logger's listener, which runs on another thread and outlives the server.
    std::atomic<const Server *> observed{nullptr};
    std::atomic<OutboxService *> observedOutbox{nullptr};
    std::atomic<std::int64_t> loggerPid{-1}; ///< The one that the log names; -1 before the first.
    /// As of the logger's last report.
    std::atomic<std::uint64_t> appendedAtReport{0};
    std::atomic<TimeMs> reportedAt{SystemClock::instance().nowMs()};
    mutable std::mutex mutex;
    std::string modelTag;
    HostState state;
    bool stopped = false;

    ~Impl() { std::ignore = stop(); }

    Status stop()
    {
        if (stopped)
            return {};
        stopped = true;
        judge.reset();
        // First no more records, then everything recorded is committed, then the files are left.
        if (server)
            server->stop();
        Status result;
        if (logger)
            result = logger->stop();
        logger.reset(); // its listener must not meet a server that is gone
        // What was open is closed now, and is to leave with the rest.
        if (outbox)
            uploadsLeft = outbox->finish(options.uploadOnStop);
        observedOutbox = nullptr;
        outbox.reset();
        if (uploadsLeft > 0)
            logWarning("upload", fmt::format("{} {} for the next start", uploadsLeft,
                                             uploadsLeft == 1 ? "piece waits" : "pieces wait"));
        observed = nullptr;
        server.reset();
        journal.reset();
        removeHostState(options.home);
        if (result && state.pid != 0)
            logInfo("endpoint", "stopped, everything recorded is committed");
        return result;
    }

    Status loadModel(const std::string &text)
    {
        const auto tag = parseModelTag(text);
        if (!tag)
            return tl::unexpected(tag.error());
        const ModelStore models(options.home.models());
        const auto info = models.get(*tag);
        if (!info)
            return tl::unexpected(info.error());
        auto model = models.load(info->tag);
        if (!model)
            return tl::unexpected(model.error());
        server->setModel(std::move(*model), info->tag);
        const std::lock_guard guard(mutex);
        modelTag = info->tag.text();
        state.model = modelTag;
        logInfo("endpoint", fmt::format("the model is {}", modelTag));
        return writeHostState(options.home, state);
    }

    /// Any thread. While no logger reports, its lag follows from what has been appended since.
    LoggerStatus loggerStatus() const
    {
        LoggerStatus status = logger->status();
        const DurationMs silent = SystemClock::instance().nowMs() - reportedAt;
        if (status.state == LoggerState::Running && silent < kSilenceMs)
            return status;
        status.report.lagRecords += journal->counters().records - appendedAtReport;
        if (status.report.lagRecords > 0)
            status.report.lagMs += silent;
        if (status.state == LoggerState::Running) {
            status.error =
                Error{ErrorCode::Unavailable,
                      fmt::format("the logger has not reported for {}",
                                  formatDuration(silent / kSecondMs * kSecondMs)),
                      "nothing is lost; look what holds it up, or end it and it is started again"};
        }
        return status;
    }

    ConsumerStats consumerStats() const
    {
        const LoggerStatus status = loggerStatus();
        const LoggerReport &report = status.report;
        ConsumerStats stats;
        stats.running = status.state == LoggerState::Running && !status.error;
        stats.lagRecords = report.lagRecords;
        stats.lagMs = report.lagMs;
        stats.lastCommit = report.committed;
        stats.quarantined = report.quarantined;
        stats.skipped = report.skipped;
        stats.future = report.future;
        stats.restarts = status.restarts;
        return stats;
    }

    std::vector<UploadStats> uploadStats() const
    {
        std::vector<UploadStats> stats;
        const OutboxService *service = observedOutbox;
        const TimeMs now = SystemClock::instance().nowMs();
        for (const UploadStatus &status :
             service ? service->status() : std::vector<UploadStatus>()) {
            if (status.name.empty())
                continue;
            UploadStats one;
            one.destination = status.name;
            one.enabled = status.enabled && !status.paused;
            one.waiting = status.waiting;
            one.failed = status.failed;
            one.asks = status.asks;
            one.sent = status.sent;
            one.oldestSeconds =
                status.oldest == 0 ? 0 : static_cast<double>(now - status.oldest) / 1000;
            one.gate = gateStateName(status.gate.state);
            stats.push_back(std::move(one));
        }
        return stats;
    }

    void onLogger(const LoggerStatus &status)
    {
        if (status.state == LoggerState::Running) {
            appendedAtReport = journal->counters().records;
            reportedAt = SystemClock::instance().nowMs();
        }
        if (status.state == LoggerState::Running && status.pid != loggerPid.exchange(status.pid))
            logInfo("logger", status.pid != 0 ? fmt::format("running as process {}", status.pid)
                                              : std::string("running as a thread"));
        const Server *running = observed.load();
        const ServerStats stats = running ? running->stats() : ServerStats();
        const std::uint64_t dropped = stats.droppedRows;
        {
            const std::lock_guard guard(mutex);
            const std::string name(loggerStateName(status.state));
            if (state.loggerState != name || state.loggerRestarts != status.restarts ||
                state.dropped != dropped || state.refused != stats.refused) {
                state.loggerState = name;
                state.loggerRestarts = status.restarts;
                state.dropped = dropped;
                state.refused = stats.refused;
                state.foreignHosts = stats.foreignHosts;
                if (state.pid != 0 && !stopped)
                    std::ignore = writeHostState(options.home, state);
            }
        }
        if (OutboxService *service = observedOutbox)
            service->wake();
        if (options.loggerListener)
            options.loggerListener(status);
    }
};

Host::Host(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}
Host::~Host() = default;

Result<std::unique_ptr<Host>> Host::start(const HostOptions &options)
{
    auto impl = std::make_unique<Impl>();
    Impl *self = impl.get();
    impl->options = options;
    const Home &home = options.home;
    if (auto ready = prepareHome(home); !ready)
        return tl::unexpected(ready.error());
    if (auto local = refuseNetworkHome(home); !local)
        return tl::unexpected(local.error());
    auto lock = lockHome(home);
    if (!lock) {
        Error error = lock.error();
        if (const auto running = runningHost(home); running && error.code == ErrorCode::Busy) {
            error.message = fmt::format("{} is already being served by process {} on {}",
                                        home.root.string(), running->pid, running->url);
            error.next = "use that endpoint, stop it, or choose another home with --home";
        }
        return tl::unexpected(std::move(error));
    }
    impl->lock = std::move(*lock);
    // Creates or checks the database before anything is accepted.
    auto store = Store::open(home.database());
    if (!store)
        return tl::unexpected(store.error());
    if (auto read = addStoredDatasets(Settings(**store), impl->options.logger); !read)
        return tl::unexpected(read.error());
    if (options.schema) {
        const Status kept = options.schema->empty()
                                ? Settings(**store).remove(kDefaultSchemaSetting)
                                : Settings(**store).set(kDefaultSchemaSetting, *options.schema);
        if (!kept)
            return tl::unexpected(kept.error());
    }
    store->reset();

    if (impl->options.server.threads == 0)
        impl->options.server.threads = defaultThreads();
    JournalOptions journalOptions;
    journalOptions.lanes = impl->options.server.threads + 1; // that of large bodies
    journalOptions.syncInterval = options.syncInterval;
    journalOptions.maxBytes = options.journalMaxBytes;
    auto journal = Journal::open(home.journal(), journalOptions);
    if (!journal)
        return tl::unexpected(journal.error());
    impl->journal = std::move(*journal);

    const auto listener = [self](const LoggerStatus &status) { self->onLogger(status); };
    if (options.loggerThread) {
        impl->logger = makeThreadLogger(home, impl->options.logger, listener);
    } else {
        const auto program = loggerProgram(options.loggerProgram);
        if (!program)
            return tl::unexpected(program.error());
        impl->logger = makeProcessLogger(home, impl->options.logger, *program, listener);
    }
    if (auto started = impl->logger->start(); !started)
        return tl::unexpected(started.error());

    ServerParts parts;
    parts.journal = impl->journal.get();
    parts.assets = options.assets;
    impl->storeModels = std::make_unique<StoreModels>(home.models());
    parts.models = impl->storeModels.get();
    parts.ordinary = [home](const std::string &dataset, const Signature &signature) {
        return referenceRow(home, dataset, signature);
    };
    parts.consumer = [self] { return std::optional(self->consumerStats()); };
    parts.uploads = [self] { return self->uploadStats(); };
    auto server = Server::start(impl->options.server, parts);
    if (!server)
        return tl::unexpected(server.error());
    impl->server = std::move(*server);
    impl->observed = impl->server.get();
    {
        const std::lock_guard guard(impl->mutex);
        impl->state.pid = currentProcessId();
        impl->state.url = impl->server->url();
        impl->state.warnings = impl->server->warnings();
        impl->state.started = SystemClock::instance().nowMs();
        impl->state.loggerState = loggerStateName(impl->logger->status().state);
        if (auto written = writeHostState(home, impl->state); !written)
            return tl::unexpected(written.error());
    }
    logInfo("endpoint",
            fmt::format("listening on {}, home {}", impl->server->url(), home.root.string()));
    for (const std::string &warning : impl->server->warnings())
        logWarning("endpoint", warning);
    if (auto loaded = impl->loadModel(options.model); !loaded)
        logWarning("endpoint", fmt::format("no model is being served: {}", loaded.error().text()));
    if (options.upload) {
        OutboxServiceOptions how;
        how.home = home;
        how.secrets = options.secrets;
        how.bytesPerSecond = options.uploadBytesPerSecond;
        how.changed = options.uploadsChanged;
        impl->outbox = std::make_unique<OutboxService>(how);
        impl->observedOutbox = impl->outbox.get();
    }
    if (options.scoreWindows)
        impl->judge = std::make_unique<JudgeThread>(home.database());
    return std::unique_ptr<Host>(new Host(std::move(impl)));
}

Status Host::stop()
{
    return m_impl->stop();
}

Server &Host::server()
{
    return *m_impl->server;
}

LoggerHost &Host::logger()
{
    return *m_impl->logger;
}

LoggerStatus Host::loggerStatus() const
{
    return m_impl->loggerStatus();
}

std::string Host::url() const
{
    return m_impl->server->url();
}

std::string Host::modelTag() const
{
    const std::lock_guard guard(m_impl->mutex);
    return m_impl->modelTag;
}

std::vector<UploadStatus> Host::uploads() const
{
    return m_impl->outbox ? m_impl->outbox->status() : std::vector<UploadStatus>();
}

void Host::wakeUploads()
{
    if (m_impl->outbox)
        m_impl->outbox->wake();
}

std::int64_t Host::uploadsLeft() const
{
    return m_impl->uploadsLeft;
}

Status Host::serveModel(const std::string &tag)
{
    return m_impl->loadModel(tag);
}

} // namespace tepal
