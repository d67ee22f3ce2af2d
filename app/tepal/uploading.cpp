#include "uploading.h"

#include "output.h"

#include <tepal/base/text.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace tepal::cli {
namespace {

Error nothingToChoose(const std::vector<DestinationRecord> &known)
{
    if (known.empty())
        return {ErrorCode::NotFound, "no destination is set up, so nothing was sent",
                "name one: --to folder --dir DIR, or --to whylabs with WHYLABS_API_ENDPOINT and "
                "WHYLABS_API_KEY set; or set one up with \"tepal destination add\""};
    std::vector<std::string> names;
    for (const DestinationRecord &record : known)
        names.push_back(record.name);
    return {ErrorCode::NotFound,
            fmt::format("no destination is enabled, so nothing was sent ({} {} set up)",
                        fmt::join(names, ", "), names.size() == 1 ? "is" : "are"),
            fmt::format("name it: --to {0}, or \"tepal destination enable {0}\"", names.front())};
}

} // namespace

Result<std::vector<DestinationRecord>>
chooseDestinations(Store &store, const ChosenDestinations &options, bool mayWrite)
{
    const auto known = homeDestinations(store, mayWrite);
    if (!known)
        return tl::unexpected(known.error());
    // The shell leaves it as it is in --dir=~/profiles, and a folder of that name is not meant.
    if (options.directory.starts_with("~"))
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} is not a whole path", options.directory),
                    "write it without ~, or as --dir ~/profiles");
    std::vector<DestinationRecord> chosen;
    for (const std::string &name : options.to) {
        const auto found = std::find_if(known->begin(), known->end(),
                                        [&](const auto &one) { return one.name == name; });
        const DestinationKind *kind = findDestinationKind(name);
        if (!options.directory.empty() && name == kFolderKind.name)
            chosen.push_back(folderDestination(*known, options.directory));
        else if (found != known->end())
            chosen.push_back(*found);
        else if (kind)
            chosen.push_back(environmentDestination(*kind));
        else
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("there is no destination \"{}\"", name),
                        "see \"tepal destination list\"");
    }
    if (!chosen.empty())
        return chosen;
    if (!options.directory.empty())
        return std::vector{folderDestination(*known, options.directory)};
    std::copy_if(known->begin(), known->end(), std::back_inserter(chosen),
                 [](const auto &one) { return one.enabled && !one.paused; });
    if (chosen.empty()) {
        static const EnvironmentSecrets secrets;
        for (Outlet &outlet : environmentOutlets(*known, secrets))
            chosen.push_back(std::move(outlet.record));
    }
    if (chosen.empty())
        return tl::unexpected(nothingToChoose(*known));
    return chosen;
}

Result<std::unique_ptr<SecretStore>> readSecrets(bool fromStandardInput)
{
    auto secrets = std::make_unique<MemorySecrets>();
    if (!fromStandardInput)
        return secrets;
    for (std::string line; std::getline(std::cin, line);) {
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        if (line.empty())
            continue;
        const std::size_t equals = line.find('=');
        const std::size_t dot = line.rfind('.', equals);
        // Not repeated: it may be the secret itself.
        if (equals == line.npos || dot == line.npos || dot == 0 || dot + 1 == equals)
            return fail(ErrorCode::InvalidArgument,
                        "a line of standard input names no destination and setting",
                        "write it as whylabs.key=…");
        std::ignore =
            secrets->write(line.substr(0, dot) + "/" + line.substr(dot + 1, equals - dot - 1),
                           line.substr(equals + 1));
    }
    return secrets;
}

Result<std::int64_t> parseRate(std::string text)
{
    if (text.empty())
        return 0;
    if (text.ends_with("/s"))
        text.resize(text.size() - 2);
    const auto size = parseSize(text);
    if (!size)
        return tl::unexpected(size.error());
    if (*size < 1024)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} a second is too slow for a profile to arrive", text),
                    "give 1KiB or more");
    return static_cast<std::int64_t>(*size);
}

nlohmann::ordered_json runJson(const UploadRun &run)
{
    auto items = nlohmann::ordered_json::array();
    for (const UploadedItem &item : run.items) {
        auto segment = nlohmann::ordered_json::object();
        for (const auto &[key, value] : item.segment)
            segment[key] = value;
        items.push_back({{"id", item.id},
                         {"kind", outboxKindName(item.kind)},
                         {"dataset", item.dataset},
                         {"segment", segment},
                         {"subject", item.subject},
                         {"start", formatIso(item.start)},
                         {"rows", item.rows},
                         {"bytes", item.bytes},
                         {"state", outboxStateName(item.state)},
                         {"attempts", item.attempts},
                         {"place", item.place},
                         {"error", item.error},
                         {"next", item.nextStep}});
        if (run.dryRun) {
            items.back()["redaction"] = item.redaction;
            items.back()["content"] =
                item.content ? xrayJson(*item.content, false) : nlohmann::ordered_json(nullptr);
        }
    }
    nlohmann::ordered_json json{{"destination", run.destination},
                                {"dry_run", run.dryRun},
                                {"sent", run.sent},
                                {"failed", run.failed},
                                {"asks", run.asks},
                                {"waiting", run.waiting},
                                {"bytes", run.bytes},
                                {"error", run.stopped ? run.stopped->message : std::string()},
                                {"items", items}};
    if (run.dryRun) {
        json["unmatched"] = run.unmatched;
        json["unseen_segments"] = run.unseenSegments;
    }
    return json;
}

namespace {

/// What somebody should know before it leaves.
void printRisks(const UploadRun &run)
{
    std::size_t risks = 0;
    std::size_t redacted = 0;
    for (const UploadedItem &item : run.items) {
        risks += item.content && item.content->riskCount() > 0 ? 1 : 0;
        redacted += item.redaction.empty() ? 0 : 1;
    }
    if (redacted > 0)
        printLine(fmt::format("{} would be redacted", countText(redacted, "profile")));
    for (const std::string &rule : run.unmatched)
        printLine("No column     for rule " + rule);
    for (const std::string &segment : run.unseenSegments)
        printLine("No window     of segment " + segment);
    if (risks > 0)
        printLine(fmt::format("{} may contain personal data or secrets: see --json, and \"tepal "
                              "destination redact\"",
                              countText(risks, "profile")));
}

} // namespace

void printRun(const UploadRun &run)
{
    const auto bytes = sizeText(static_cast<std::uint64_t>(run.bytes));
    if (!run.dryRun) {
        printLine(fmt::format("{}: {} sent ({}), {} failed, {} waiting{}", run.destination,
                              run.sent, bytes, run.failed, run.waiting,
                              run.asks == 0 ? std::string()
                                            : fmt::format(", {} for you to decide", run.asks)));
        return;
    }
    std::vector<std::vector<std::string>> rows{{"DATASET", "START", "ROWS", "SIZE", "NAME"}};
    for (const UploadedItem &item : run.items)
        rows.push_back({item.dataset, formatIso(item.start), std::to_string(item.rows),
                        sizeText(static_cast<std::uint64_t>(item.bytes)), item.place});
    if (!run.items.empty())
        printTable(rows);
    printRisks(run);
    printLine(
        fmt::format("{}: {} would be sent ({}); nothing was", run.destination, run.waiting, bytes));
}

std::optional<Error> troubleOf(const UploadRun &run)
{
    if (run.stopped)
        return run.stopped;
    if (run.cancelled)
        return Error{ErrorCode::Cancelled, "stopped; what was not sent waits in the outbox",
                     "run it again"};
    const int left = run.failed + run.asks + run.waiting;
    if (run.dryRun || left == 0)
        return std::nullopt;
    for (const UploadedItem &item : run.items) {
        if (item.state != OutboxState::Sent && !item.error.empty())
            return Error{ErrorCode::Unavailable,
                         fmt::format("{} of {} items were not sent, the first because: {}", left,
                                     run.sent + left, item.error),
                         item.nextStep.empty() ? "see \"tepal outbox list\"" : item.nextStep};
    }
    return Error{ErrorCode::Unavailable,
                 fmt::format("{} of {} items are not sent yet", left, run.sent + left),
                 "see \"tepal outbox list\"; another program may be sending them"};
}

} // namespace tepal::cli
