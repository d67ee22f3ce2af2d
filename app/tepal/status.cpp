#include "commands.h"
#include "output.h"

#include <tepal/service/host.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace tepal::cli {

namespace {

std::string textOr(const nlohmann::json &json, const char *key, const char *otherwise)
{
    const auto it = json.find(key);
    return it != json.end() && it->is_string() ? it->get<std::string>() : otherwise;
}

void printUploads(const nlohmann::json &status)
{
    for (const nlohmann::json &upload : status.value("uploads", nlohmann::json::array())) {
        const std::string name = textOr(upload, "destination", "–");
        const auto count = [&](const char *key) { return upload.value(key, std::int64_t{0}); };
        std::string text = fmt::format("{} waiting", count("waiting"));
        if (count("waiting") > 0)
            text += ", oldest " + textOr(upload, "oldest", "–");
        for (const char *state : {"failed", "asks"}) {
            if (count(state) > 0)
                text += fmt::format(", {} {}", count(state), state);
        }
        if (name.empty()) {
            printLine("Outbox       " + text + ", no destination chosen");
            continue;
        }
        const std::string gate = textOr(upload, "gate", "open");
        if (!upload.value("enabled", false))
            text += ", off";
        else if (upload.value("paused", false))
            text += ", paused";
        else if (gate != "open")
            text += fmt::format(", {}{}: {}", gate,
                                gate == "closed" ? " until " + textOr(upload, "gate_until", "–")
                                                 : std::string(),
                                textOr(upload, "reason", "–"));
        else if (!textOr(upload, "reason", "").empty())
            text += ", " + textOr(upload, "reason", "–");
        printLine(fmt::format("Uploads      {}: {}", name, text));
    }
}

void print(const nlohmann::json &status)
{
    std::string endpoint = textOr(status, "endpoint", "stopped");
    if (status.contains("pid"))
        endpoint += fmt::format(" (process {}, since {})", status["pid"].get<std::int64_t>(),
                                textOr(status, "started", "–"));
    const nlohmann::json &logger = status["logger"];
    const auto behind = logger.value("lag_records", std::uint64_t{0});
    const std::string lag = behind == 0 ? std::string("up to date")
                                        : fmt::format("{} records and {:.1f} s behind", behind,
                                                      logger.value("lag_seconds", 0.0));
    printLine("Home         " + textOr(status, "home", "–"));
    printLine("Endpoint     " + endpoint);
    if (status.contains("model"))
        printLine("Model        " + textOr(status, "model", "–"));
    printLine(fmt::format("Logger       {}, {}, saved {}, restarted {} times",
                          textOr(logger, "state", "–"), lag, textOr(logger, "last_commit", "never"),
                          logger.value("restarts", std::uint64_t{0})));
    std::printf("Not counted  %llu dropped, %llu in quarantine\n",
                static_cast<unsigned long long>(status.value("dropped", std::uint64_t{0})),
                static_cast<unsigned long long>(status.value("quarantined", std::uint64_t{0})));
    for (const nlohmann::json &warning : status.value("warnings", nlohmann::json::array()))
        printLine("Warning      " + (warning.is_string() ? warning.get<std::string>() : "–"));
    for (const nlohmann::json &rollout : status.value("rollouts", nlohmann::json::array()))
        printLine("Rollout      " + textOr(rollout, "text", "–"));
    for (const nlohmann::json &refused : status.value("refused", nlohmann::json::array()))
        printLine("Turned away  " + textOr(refused, "text", "–"));
    for (const nlohmann::json &ahead : status.value("ahead", nlohmann::json::array()))
        printLine("Ahead        " +
                  aheadText(textOr(ahead, "dataset", "–"), ahead.value("rows", std::int64_t{0}),
                            textOr(ahead, "first", "–"), textOr(ahead, "last", "–")));
    printUploads(status);
}

} // namespace

void addStatus(CLI::App &app, Context &context)
{
    CLI::App *command =
        addCommand(app, context, "status", "What runs on this home, and how far behind", true);
    command->callback([&context] {
        const auto json = statusJson(context.home());
        if (!json)
            return context.fail(json.error());
        if (context.json)
            std::printf("%s\n", json->c_str());
        else
            print(nlohmann::json::parse(*json));
    });
}

} // namespace tepal::cli
