#include "host_state.h"

#include <tepal/base/file.h>
#include <tepal/logging/cursors.h>
#include <tepal/model/rollout.h>
#include <tepal/store/store.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <nlohmann/json.hpp>

#include <limits>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace tepal {

std::int64_t currentProcessId()
{
#ifdef _WIN32
    return _getpid();
#else
    return ::getpid();
#endif
}

Status writeHostState(const Home &home, const HostState &state)
{
    nlohmann::ordered_json json;
    json["pid"] = state.pid;
    json["url"] = state.url;
    json["model"] = state.model;
    json["started"] = formatIso(state.started);
    json["logger"] = state.loggerState;
    json["logger_restarts"] = state.loggerRestarts;
    json["dropped"] = state.dropped;
    json["refused"] = nlohmann::ordered_json::object();
    for (const RefusalCount &one : state.refused)
        json["refused"][std::string(refusalRow(one.reason).name)] = one.count;
    json["foreign_hosts"] = state.foreignHosts;
    json["warnings"] = state.warnings;
    // A host that somebody named need not be UTF-8.
    return writeFileAtomic(
        home.hostState(),
        json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

void removeHostState(const Home &home)
{
    std::error_code ignored;
    std::filesystem::remove(home.hostState(), ignored);
}

std::optional<HostState> runningHost(const Home &home)
{
    const auto bytes = readFile(home.hostState(), 1 << 16);
    if (!bytes)
        return std::nullopt;
    // Whoever can take the lock proves that the writer of the file is dead.
    if (const auto lock = FileLock::acquire(home.hostLock(), ""); lock)
        return std::nullopt;
    const auto json = nlohmann::json::parse(*bytes, nullptr, false);
    if (!json.is_object())
        return std::nullopt;
    HostState state;
    state.pid = json.value("pid", std::int64_t{0});
    state.url = json.value("url", std::string());
    state.model = json.value("model", std::string());
    state.started = parseTime(json.value("started", std::string())).value_or(0);
    state.loggerState = json.value("logger", std::string());
    state.loggerRestarts = json.value("logger_restarts", std::uint64_t{0});
    state.dropped = json.value("dropped", std::uint64_t{0});
    const auto refused = json.value("refused", nlohmann::json::object());
    for (const RefusalRow &row : refusalTable()) {
        if (const auto count = refused.value(std::string(row.name), std::uint64_t{0}); count > 0)
            state.refused.push_back({row.reason, count});
    }
    state.foreignHosts = json.value("foreign_hosts", std::vector<std::string>());
    state.warnings = json.value("warnings", std::vector<std::string>());
    return state;
}

Result<std::string> statusJson(const Home &home)
{
    nlohmann::ordered_json json;
    const auto host = runningHost(home);
    json["home"] = home.root.string();
    json["endpoint"] = host ? nlohmann::ordered_json(host->url) : nlohmann::ordered_json(nullptr);
    if (host) {
        json["pid"] = host->pid;
        json["model"] = host->model;
        json["started"] = formatIso(host->started);
    }
    auto store = Store::open(home.database(), Store::Access::ReadOnly);
    if (!store)
        return tl::unexpected(store.error());
    const auto cursors = committedCursors(**store);
    const auto beat = WindowWriter(**store).heartbeat();
    if (!cursors || !beat)
        return tl::unexpected(cursors ? beat.error() : cursors.error());
    auto reader = JournalReader::open(home.journal(), *cursors);
    if (!reader)
        return tl::unexpected(reader.error());
    const JournalLag lag = (*reader)->lag();
    auto &logger = json["logger"];
    logger["state"] = host ? host->loggerState : "stopped";
    logger["lag_records"] = lag.records;
    logger["lag_seconds"] = static_cast<double>(lagTime(lag.records, lag.oldest, lag.notBefore,
                                                        *beat ? (*beat)->caughtUpAt : 0,
                                                        SystemClock::instance().nowMs())) /
                            1000;
    logger["last_commit"] = *beat ? nlohmann::ordered_json(formatIso((*beat)->committedAt))
                                  : nlohmann::ordered_json(nullptr);
    logger["restarts"] = host ? host->loggerRestarts : 0;
    json["dropped"] = host ? host->dropped : 0;
    json["refused"] = nlohmann::ordered_json::array();
    for (const RefusalCount &one : host ? host->refused : std::vector<RefusalCount>())
        json["refused"].push_back({{"reason", refusalRow(one.reason).name},
                                   {"count", one.count},
                                   {"text", refusalSentence(one, host->foreignHosts)}});
    json["warnings"] = host ? host->warnings : std::vector<std::string>();
    json["rollouts"] = nlohmann::ordered_json::array();
    for (const auto &[name, rollout] : Rollouts(home.models()).all())
        json["rollouts"].push_back(
            {{"model", name},
             {"followed", rollout.has_value()},
             {"text", rollout ? rolloutSentence(name, *rollout) : rollout.error().text()}});
    json["future"] = *beat ? (*beat)->future : 0;
    const TimeMs now = SystemClock::instance().nowMs();
    // Further than any window, and not so far that sums overflow.
    const auto windows = Windows(**store).list({}, {now, std::numeric_limits<TimeMs>::max() / 2});
    if (!windows)
        return tl::unexpected(windows.error());
    json["ahead"] = nlohmann::ordered_json::array();
    for (const RowsAhead &ahead : rowsAhead(*windows, now))
        json["ahead"].push_back({{"dataset", ahead.dataset},
                                 {"rows", ahead.rows},
                                 {"first", formatIso(ahead.first)},
                                 {"last", formatIso(ahead.last)}});
    const auto uploads = uploadStatus(**store);
    if (!uploads)
        return tl::unexpected(uploads.error());
    const auto time = [](TimeMs at) {
        return at == 0 ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(formatIso(at));
    };
    json["uploads"] = nlohmann::ordered_json::array();
    for (const UploadStatus &one : *uploads)
        json["uploads"].push_back({{"destination", one.name},
                                   {"kind", one.kind},
                                   {"enabled", one.enabled},
                                   {"paused", one.paused},
                                   {"waiting", one.waiting},
                                   {"failed", one.failed},
                                   {"asks", one.asks},
                                   {"sent", one.sent},
                                   {"oldest", time(one.oldest)},
                                   {"gate", gateStateName(one.gate.state)},
                                   {"gate_until", time(one.gate.until)},
                                   {"reason", one.gate.reason},
                                   {"next", one.gate.next},
                                   {"last_sent", time(one.gate.lastSent)}});
    json["skipped"] = *beat ? (*beat)->skipped : 0;
    json["quarantined"] = *beat ? (*beat)->quarantined : 0;
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace tepal
