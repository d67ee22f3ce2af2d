#include "commands.h"
#include "interrupt.h"
#include "output.h"

#include <tepal/base/clock.h>
#include <tepal/service/host.h>
#include <tepal/service/train.h>
#include <tepal/model/store.h>
#include <tepal/traffic/backfill.h>
#include <tepal/traffic/simulator.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace tepal::cli {
namespace {

using namespace tepal::traffic;

struct SimulateOptions
{
    SimulatorOptions run;
    std::string scenario;
    std::string duration;
    std::string backfill;
    double driftDays = 0;
    double rowsPerHour = 150;
};

/// How long an endpoint may give no answer at all before there is nothing to wait for.
constexpr double kDeadAfterSeconds = 3;

bool isDead(const SimulatorReport &report)
{
    return report.ok == 0 && report.failed > 0 && report.seconds >= kDeadAfterSeconds;
}

std::string liveLine(const SimulatorReport &report)
{
    std::string line =
        fmt::format("{} sent, {} answered, {:.0f}/s", report.sent, report.ok, report.achievedRate);
    if (report.failed > 0)
        line += fmt::format(", {} failed: {}", report.failed, report.lastError);
    if (report.late > 0)
        line += fmt::format(", {} late", report.late);
    return line;
}

nlohmann::ordered_json runJson(const SimulatorReport &report)
{
    return {{"sent", report.sent},
            {"ok", report.ok},
            {"failed", report.failed},
            {"late", report.late},
            {"max_late_ms", report.maxLateMs},
            {"unsent", report.unsent},
            {"seconds", report.seconds},
            {"rate", report.achievedRate},
            {"latency_p50_ms", report.latencyP50Ms},
            {"latency_p99_ms", report.latencyP99Ms},
            {"stopped", report.stopped},
            {"last_error", report.lastError}};
}

/// The model whose answers the past gets: the one being served, or the latest.
Result<std::shared_ptr<const Model>> modelOf(const Home &home)
{
    const auto running = runningHost(home);
    const auto tag =
        parseModelTag(running && !running->model.empty() ? running->model : "iris_knn");
    if (!tag)
        return tl::unexpected(tag.error());
    auto model = ModelStore(home.models()).load(*tag);
    if (!model)
        return fail(model.error().code, model.error().message,
                    "train it with \"tepal train iris\"");
    return model;
}

/// Returns false when the command is over.
bool runBackfill(Context &context, const SimulateOptions &options, const Interrupt &interrupt,
                 nlohmann::ordered_json &summary)
{
    BackfillOptions past;
    past.url = options.run.url;
    past.dataset = options.run.dataset;
    past.seed = options.run.seed;
    past.rowsPerHour = options.rowsPerHour;
    past.now = SystemClock::instance().nowMs();
    past.driftSpan = static_cast<DurationMs>(options.driftDays * kDayMs);
    past.scenario = options.scenario.empty() ? ScenarioKind::PetalWidthShift : options.run.scenario;
    const auto span = parseDuration(options.backfill);
    if (!span) {
        context.fail(span.error());
        return false;
    }
    past.span = *span;
    const auto model = modelOf(context.home());
    if (!model) {
        context.fail(model.error());
        return false;
    }
    Result<BackfillReport> report;
    {
        Progress progress;
        report = backfill(
            past, *model,
            [&](const BackfillReport &now) {
                progress.show(fmt::format("backfill: {} of {} hours, {}", now.hours, now.totalHours,
                                          countText(now.rows, "row")));
            },
            interrupt.token());
    }
    if (!report) {
        context.fail(report.error());
        return false;
    }
    summary["backfill"] = {{"hours", report->hours},
                           {"rows", report->rows},
                           {"seconds", report->seconds},
                           {"cancelled", report->cancelled}};
    if (!context.json)
        std::printf("Filled %s with %s in %.1f s%s\n", countText(report->hours, "hour").c_str(),
                    countText(report->rows, "row").c_str(), report->seconds,
                    report->cancelled ? ", then stopped" : "");
    return !report->cancelled;
}

void runLive(Context &context, const SimulateOptions &options, const Interrupt &interrupt,
             nlohmann::ordered_json &summary)
{
    std::stop_source stop;
    const std::stop_callback onInterrupt(interrupt.token(), [&] { stop.request_stop(); });
    Result<SimulatorReport> report;
    {
        Progress progress;
        report = simulate(
            options.run,
            [&](const SimulatorReport &now) {
                progress.show(liveLine(now));
                if (!now.finished && isDead(now))
                    stop.request_stop();
            },
            stop.get_token());
    }
    if (!report)
        return context.fail(report.error());
    summary["simulation"] = runJson(*report);
    const std::string latency = report->ok == 0
                                    ? std::string()
                                    : fmt::format("; p50 {:.2f} ms, p99 {:.2f} ms",
                                                  report->latencyP50Ms, report->latencyP99Ms);
    if (!context.json)
        std::printf("Sent %llu requests in %.1f s (%.0f/s): %llu answered, %llu failed, %llu late, "
                    "%llu unsent%s\n",
                    static_cast<unsigned long long>(report->sent), report->seconds,
                    report->achievedRate, static_cast<unsigned long long>(report->ok),
                    static_cast<unsigned long long>(report->failed),
                    static_cast<unsigned long long>(report->late),
                    static_cast<unsigned long long>(report->unsent), latency.c_str());
    if (report->ok == 0 && report->failed > 0)
        context.fail(
            {ErrorCode::Unavailable,
             fmt::format("no request to {} succeeded: {}", options.run.url, report->lastError),
             "start the endpoint with \"tepal serve\", or name it with --url"});
}

void simulateCommand(Context &context, SimulateOptions &options)
{
    if (options.run.url.empty()) {
        const auto running = runningHost(context.home());
        options.run.url = running ? running->url : SimulatorOptions{}.url;
    }
    if (!options.scenario.empty()) {
        const auto scenario = findScenario(options.scenario);
        if (!scenario)
            return context.fail(scenario.error());
        options.run.scenario = scenario->kind;
    }
    if (!options.duration.empty()) {
        // Plain seconds, as load generators take them, or a duration.
        const bool plain = options.duration.find_first_not_of("0123456789") == std::string::npos;
        const auto duration = parseDuration(options.duration + (plain ? "s" : ""));
        if (!duration)
            return context.fail(duration.error());
        options.run.duration = *duration;
    }
    const Interrupt interrupt;
    nlohmann::ordered_json summary{{"url", options.run.url}};
    bool goOn = true;
    if (!options.backfill.empty())
        goOn = runBackfill(context, options, interrupt, summary) &&
               (options.run.duration > 0 || options.run.count > 0);
    if (goOn)
        runLive(context, options, interrupt, summary);
    if (context.json && summary.size() > 1)
        std::printf("%s\n", jsonText(summary).c_str());
}

} // namespace

void addSimulate(CLI::App &app, Context &context)
{
    CLI::App *command =
        addCommand(app, context, "simulate", "Send simulated requests to an endpoint", true);
    auto options = std::make_shared<SimulateOptions>();
    options->run.url.clear();
    command->add_option("--url", options->run.url,
                        "Endpoint (default: the one running on this home, else port 3000 here)");
    std::string known;
    for (const ScenarioInfo &info : scenarios())
        known += (known.empty() ? "" : ", ") + std::string(info.id);
    command->add_option("--scenario", options->scenario, "What to play: " + known);
    command->add_option("--rate", options->run.rate, "Requests per second; 0 = as fast as possible")
        ->capture_default_str();
    command->add_option("--duration", options->duration,
                        "How long, such as 60s (default: until Ctrl-C)");
    command->add_option("--count", options->run.count, "How many requests");
    command->add_option("--seed", options->run.seed, "The same seed plays the same rows")
        ->capture_default_str();
    command->add_option("--connections", options->run.connections, "Connections kept open")
        ->capture_default_str();
    command->add_option(
        "--backfill", options->backfill,
        "Fill the past instead, such as 7d; goes on live with --duration or --count");
    command
        ->add_option("--drift-days", options->driftDays,
                     "Days at the end of the past in which the scenario plays")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command->add_option("--rows-per-hour", options->rowsPerHour, "Average volume of the past")
        ->capture_default_str();
    command->callback([&context, options] { simulateCommand(context, *options); });
}

} // namespace tepal::cli
