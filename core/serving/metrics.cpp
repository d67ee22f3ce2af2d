#include "endpoint.h"

#include <tepal/base/text.h>
#include <tepal/base/version.h>

#include <fmt/format.h>

namespace tepal::serving {
namespace {

/// Prometheus values as floats: `3.0`, `0.25`.
std::string number(double value)
{
    std::string text = formatDouble(value);
    if (text.find_first_of(".en") == std::string::npos)
        text += ".0";
    return text;
}

void family(std::string &out, std::string_view name, std::string_view type, std::string_view help)
{
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

std::string escapedLabel(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"')
            out.push_back('\\');
        if (c == '\n')
            out += "\\n";
        else
            out.push_back(c);
    }
    return out;
}

/// Sum of one route and status over the threads.
struct Summed
{
    std::array<std::uint64_t, kDurationBuckets.size() + 1> buckets{};
    std::uint64_t count = 0;
    double seconds = 0;
};

Summed sum(const Endpoint &endpoint, std::size_t route, std::size_t code)
{
    Summed total;
    for (const auto &worker : endpoint.stats) {
        const auto &series = worker->series[route][code];
        for (std::size_t i = 0; i < total.buckets.size(); ++i) {
            total.buckets[i] += value(series.buckets[i]);
            total.count += value(series.buckets[i]);
        }
        total.seconds += static_cast<double>(value(series.nanoseconds)) * 1e-9;
    }
    return total;
}

void writeRefusals(std::string &out, const Endpoint &endpoint)
{
    constexpr std::string_view kName = "tepal_refused_requests_total";
    family(out, kName, "counter", "Requests that were turned away, by reason");
    for (const RefusalRow &row : refusalTable()) {
        std::uint64_t count = 0;
        for (const auto &worker : endpoint.stats)
            count += value(worker->refused[static_cast<std::size_t>(row.reason)]);
        out += fmt::format("{}{{reason=\"{}\"}} {}\n", kName, row.name,
                           number(static_cast<double>(count)));
    }
}

void writeRollouts(std::string &out, const std::vector<RolloutStats> &rollouts)
{
    if (rollouts.empty())
        return;
    constexpr std::string_view kRows = "tepal_rollout_rows_total";
    family(out, kRows, "counter", "Rows answered by each of two versions side by side");
    const auto rows = [&](const RolloutStats &stats, const std::string &version,
                          std::string_view role, std::uint64_t count) {
        out += fmt::format("{}{{model=\"{}\",version=\"{}\",role=\"{}\"}} {}\n", kRows, stats.model,
                           version, role, number(static_cast<double>(count)));
    };
    for (const RolloutStats &stats : rollouts) {
        rows(stats, stats.primary, "primary", stats.primaryRows);
        if (!stats.shadow)
            rows(stats, stats.candidate, "candidate", stats.candidateRows);
    }
    constexpr std::string_view kShadow = "tepal_shadow_rows_total";
    family(out, kShadow, "counter",
           "Rows of a candidate in the shadow: with the primary's answer, another one, or none");
    for (const RolloutStats &stats : rollouts) {
        for (const auto &[result, count] : {std::pair{"agrees", stats.agreeing},
                                            {"differs", stats.differing},
                                            {"unanswered", stats.unanswered}}) {
            if (stats.shadow)
                out += fmt::format("{}{{model=\"{}\",version=\"{}\",result=\"{}\"}} {}\n", kShadow,
                                   stats.model, stats.candidate, result,
                                   number(static_cast<double>(count)));
        }
    }
}

void writeUploads(std::string &out, const ServerParts &parts)
{
    const auto uploads = parts.uploads ? parts.uploads() : std::vector<UploadStats>();
    if (uploads.empty())
        return;
    const auto each = [&](std::string_view name, std::string_view type, std::string_view help,
                          auto value) {
        family(out, name, type, help);
        for (const UploadStats &one : uploads)
            out += fmt::format("{}{{destination=\"{}\"}} {}\n", name, escapedLabel(one.destination),
                               number(static_cast<double>(value(one))));
    };
    each("tepal_outbox_waiting", "gauge", "Finished pieces that wait to be sent",
         [](const UploadStats &one) { return one.waiting; });
    each("tepal_outbox_failed", "gauge", "Pieces that the destination refused",
         [](const UploadStats &one) { return one.failed; });
    each("tepal_outbox_asks", "gauge", "Pieces about which somebody has to decide",
         [](const UploadStats &one) { return one.asks; });
    each("tepal_outbox_sent_total", "counter", "Pieces that arrived",
         [](const UploadStats &one) { return one.sent; });
    each("tepal_outbox_oldest_seconds", "gauge", "Since the start of the oldest waiting window",
         [](const UploadStats &one) { return one.oldestSeconds; });
    each("tepal_outbox_gate_open", "gauge", "Whether the destination takes anything at the moment",
         [](const UploadStats &one) { return one.gate == "open" ? 1 : 0; });
}

} // namespace

std::string Endpoint::metrics() const
{
    const std::string service = fmt::format("service_name=\"{}\",service_version=\"not available\"",
                                            escapedLabel(options.serviceName));
    std::string durations;
    std::string totals;
    std::string inProgress;
    family(durations, "bentoml_api_server_request_duration_seconds", "histogram",
           "API HTTP request duration in seconds");
    family(totals, "bentoml_api_server_request_total", "counter", "Total number of HTTP requests");
    family(inProgress, "bentoml_api_server_request_in_progress", "gauge",
           "Total number of HTTP requests in progress now");
    for (std::size_t route = 0; route < kRoutes; ++route) {
        const auto label = routeLabel(static_cast<Route>(route));
        if (static_cast<Route>(route) == Route::Metrics)
            continue;
        std::uint64_t running = 0;
        for (const auto &worker : stats)
            running += worker->currentRoute.load(std::memory_order_relaxed) == route ? 1 : 0;
        inProgress +=
            fmt::format("bentoml_api_server_request_in_progress{{endpoint=\"{}\",{}}} {}\n", label,
                        service, number(static_cast<double>(running)));
        for (std::size_t code = 0; code < kStatuses.size(); ++code) {
            const Summed total = sum(*this, route, code);
            // So that rates can be taken from the first answer on.
            const bool always = isApi(static_cast<Route>(route)) &&
                                (kStatuses[code] == 200 || kStatuses[code] == 500);
            if (total.count == 0 && !always)
                continue;
            const std::string labels = fmt::format("endpoint=\"{}\",http_response_code=\"{}\",{}",
                                                   label, kStatuses[code], service);
            totals += fmt::format("bentoml_api_server_request_total{{{}}} {}\n", labels,
                                  number(static_cast<double>(total.count)));
            std::uint64_t upTo = 0;
            for (std::size_t i = 0; i < total.buckets.size(); ++i) {
                upTo += total.buckets[i];
                durations += fmt::format(
                    "bentoml_api_server_request_duration_seconds_bucket{{{},le=\"{}\"}} {}\n",
                    labels, i < kDurationBuckets.size() ? number(kDurationBuckets[i]) : "+Inf",
                    number(static_cast<double>(upTo)));
            }
            durations += fmt::format("bentoml_api_server_request_duration_seconds_count{{{}}} {}\n"
                                     "bentoml_api_server_request_duration_seconds_sum{{{}}} {}\n",
                                     labels, number(static_cast<double>(total.count)), labels,
                                     number(total.seconds));
        }
    }
    std::string out = durations + totals + inProgress;
    family(out, "tepal_build_info", "gauge", "Version and commit of the program");
    out += fmt::format("tepal_build_info{{version=\"{}\",commit=\"{}\"}} 1.0\n",
                       escapedLabel(version()),
                       escapedLabel(options.commit.empty() ? "unknown" : options.commit));
    const auto single = [&](std::string_view name, std::string_view type, std::string_view help,
                            std::uint64_t amount) {
        family(out, name, type, help);
        out += fmt::format("{} {}\n", name, number(static_cast<double>(amount)));
    };
    std::uint64_t appended = 0;
    std::uint64_t dropped = 0;
    std::uint64_t refused = 0;
    std::uint64_t connections = 0;
    std::uint64_t yielded = 0;
    for (const auto &worker : stats) {
        appended += value(worker->appendedRows);
        dropped += value(worker->droppedRows);
        refused += value(worker->refusedRows);
        connections += value(worker->connections);
        yielded += value(worker->yielded);
    }
    single("tepal_journal_appended_rows_total", "counter", "Rows written to the journal", appended);
    single("tepal_journal_dropped_rows_total", "counter",
           "Rows answered without being recorded because the journal was full", dropped);
    single("tepal_journal_refused_rows_total", "counter",
           "Rows refused with 503 because the journal was full", refused);
    writeRefusals(out, *this);
    writeRollouts(out, models->rollouts());
    if (const auto logger = parts.consumer ? parts.consumer() : std::nullopt) {
        const auto seconds = [&](std::string_view name, std::string_view help, std::int64_t ms) {
            family(out, name, "gauge", help);
            out += fmt::format("{} {}\n", name, number(static_cast<double>(ms) / 1000));
        };
        single("tepal_logger_up", "gauge", "Whether the logger runs", logger->running ? 1 : 0);
        single("tepal_journal_lag_records", "gauge", "Records the logger has not read yet",
               logger->lagRecords);
        seconds("tepal_journal_lag_seconds", "Age of the oldest unread record, at most",
                logger->lagMs);
        seconds("tepal_logger_last_commit_timestamp_seconds",
                "When windows were saved the last time", logger->lastCommit);
        single("tepal_logger_restarts_total", "counter",
               "Loggers that ended and were started again", logger->restarts);
        single("tepal_logger_quarantined_records_total", "counter",
               "Records set aside because they could not be profiled", logger->quarantined);
        single("tepal_logger_skipped_total", "counter",
               "Places of the journal that could not be read", logger->skipped);
        single("tepal_logger_future_rows_total", "counter",
               "Rows whose time lay ahead of the clock", logger->future);
    }
    writeUploads(out, parts);
    if (accessLog) {
        single("tepal_access_log_lines_total", "counter", "Lines written to the access log",
               accessLog->written());
        single("tepal_access_log_dropped_total", "counter",
               "Lines that the access log lacks because it could not take them",
               accessLog->dropped());
    }
    single("tepal_http_connections", "gauge", "Open connections", connections);
    single("tepal_http_yielded_connections_total", "counter",
           "Idle connections closed to make room for new ones, see --max-connections", yielded);
    return out;
}

ServerStats Endpoint::snapshot() const
{
    ServerStats result;
    result.perSecond.assign(60, 0);
    for (std::size_t route = 0; route < kRoutes; ++route)
        result.routes.emplace_back().route = routeLabel(static_cast<Route>(route));
    for (const RefusalRow &row : refusalTable())
        result.refused.push_back({row.reason, 0});
    const auto now = static_cast<std::uint64_t>(options.clock->monotonicNs());
    for (const auto &worker : stats)
        worker->addTo(result, now);
    std::erase_if(result.refused, [](const RefusalCount &one) { return one.count == 0; });
    result.rollouts = models->rollouts();
    result.foreignHosts = refusedHosts.names();
    return result;
}

} // namespace tepal::serving
