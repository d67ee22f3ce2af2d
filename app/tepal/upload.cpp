#include "commands.h"
#include "interrupt.h"
#include "output.h"

#include <tepal/base/clock.h>
#include <tepal/base/log.h>
#include <tepal/store/outbox.h>
#include <tepal/store/store.h>
#include <tepal/upload/folder.h>
#include <tepal/upload/settings.h>
#include <tepal/upload/whylabs.h>
#include <tepal/upload/worker.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace tepal::cli {
namespace {

struct UploadCommand
{
    std::string to;
    std::string directory;
    bool dryRun = false;
    std::vector<std::int64_t> ids;
};

using Destinations = std::vector<std::unique_ptr<Destination>>;

/// The ones named, or all that are set up.
Result<Destinations> destinationsOf(const UploadCommand &options, const SecretStore &secrets)
{
    const auto file = readUploadSettings(uploadSettingsFile());
    if (!file)
        return tl::unexpected(file.error());
    const UploadSettings settings = withEnvironment(*file);
    auto whylabs = std::make_unique<WhylabsDestination>(settings.whylabs, secrets);
    auto folder = std::make_unique<FolderDestination>(
        options.directory.empty() ? settings.folder.directory
                                  : std::filesystem::path(options.directory));
    Destinations chosen;
    const bool any = options.to.empty() && options.directory.empty();
    if (options.to == "whylabs" || (any && whylabs->configured()))
        chosen.push_back(std::move(whylabs));
    if (options.to == "folder" || (any && folder->configured()) ||
        (options.to.empty() && !options.directory.empty()))
        chosen.push_back(std::move(folder));
    if (chosen.empty()) {
        // A half-done set-up is worth more words than none.
        const auto missing = whylabs->configured();
        if (!settings.whylabs.endpoint.empty() && !missing)
            return tl::unexpected(missing.error());
        return fail(ErrorCode::NotFound, "no destination is set up, so nothing was sent",
                    "name one: --to folder --dir DIR, or --to whylabs with WHYLABS_API_ENDPOINT "
                    "and WHYLABS_API_KEY set");
    }
    return chosen;
}

nlohmann::ordered_json itemJson(const UploadedItem &item)
{
    return {{"id", item.id},
            {"dataset", item.dataset},
            {"start", formatIso(item.start)},
            {"rows", item.rows},
            {"bytes", item.bytes},
            {"state", outboxStateName(item.state)},
            {"attempts", item.attempts},
            {"place", item.place},
            {"error", item.error},
            {"next", item.nextStep}};
}

nlohmann::ordered_json runJson(const Destination &destination, const UploadRun &run)
{
    auto items = nlohmann::ordered_json::array();
    for (const UploadedItem &item : run.items)
        items.push_back(itemJson(item));
    return {{"destination", destination.name()},
            {"dry_run", run.dryRun},
            {"sent", run.sent},
            {"failed", run.failed},
            {"waiting", run.waiting},
            {"bytes", run.bytes},
            {"error", run.stopped ? run.stopped->message : std::string()},
            {"items", items}};
}

void printRun(const Destination &destination, const UploadRun &run)
{
    const auto bytes = sizeText(static_cast<std::uint64_t>(run.bytes));
    if (!run.dryRun) {
        std::printf("%s: %d sent (%s), %d failed, %d waiting\n", destination.name().c_str(),
                    run.sent, bytes.c_str(), run.failed, run.waiting);
        return;
    }
    std::vector<std::vector<std::string>> rows{{"DATASET", "START", "ROWS", "SIZE", "NAME"}};
    for (const UploadedItem &item : run.items)
        rows.push_back({item.dataset, formatIso(item.start), std::to_string(item.rows),
                        sizeText(static_cast<std::uint64_t>(item.bytes)), item.place});
    if (!run.items.empty())
        printTable(rows);
    std::printf("%s: %d would be sent (%s); nothing was\n", destination.name().c_str(), run.waiting,
                bytes.c_str());
}

/// What the command fails with, if it does.
std::optional<Error> troubleOf(const UploadRun &run)
{
    if (run.stopped)
        return run.stopped;
    if (run.cancelled)
        return Error{ErrorCode::Cancelled, "stopped; what was not sent waits in the outbox",
                     "run it again"};
    if (run.dryRun || run.failed + run.waiting == 0)
        return std::nullopt;
    for (const UploadedItem &item : run.items) {
        if (item.state != OutboxState::Sent && !item.error.empty())
            return Error{ErrorCode::Unavailable,
                         fmt::format("{} of {} items were not sent, the first because: {}",
                                     run.failed + run.waiting, run.sent + run.failed + run.waiting,
                                     item.error),
                         item.nextStep.empty() ? "see \"tepal outbox list\"" : item.nextStep};
    }
    return std::nullopt;
}

void upload(Context &context, const UploadCommand &options)
{
    const EnvironmentSecrets secrets;
    const auto destinations = destinationsOf(options, secrets);
    if (!destinations)
        return context.fail(destinations.error());
    // Before the store is opened: what is missing is the same for any home.
    for (const auto &destination : *destinations) {
        if (const auto set = destination->configured(); !set)
            return context.fail({ErrorCode::NotFound, set.error().message, set.error().next});
    }
    const Home home = context.home();
    auto store = Store::open(home.database(),
                             options.dryRun ? Store::Access::ReadOnly : Store::Access::ReadWrite);
    if (!store)
        return context.fail(store.error());
    setLogToStderr(false);
    std::ignore = startLogFile(home.logs(), "upload");

    const Interrupt interrupt;
    OutboxWorker worker(**store);
    auto json = nlohmann::ordered_json::array();
    for (const auto &destination : *destinations) {
        Result<UploadRun> run;
        {
            Progress progress;
            UploadRunOptions how;
            how.dryRun = options.dryRun;
            how.lockFile = uploadLockFile(home.root);
            how.progress = [&progress](const UploadProgress &now) {
                progress.show(fmt::format("{} of {}: {}", now.done, now.total, now.text));
            };
            run = worker.runOnce(*destination, how, interrupt.token());
        }
        if (!run) {
            context.fail(run.error());
            break;
        }
        if (context.json)
            json.push_back(runJson(*destination, *run));
        else
            printRun(*destination, *run);
        if (const auto trouble = troubleOf(*run)) {
            context.fail(*trouble);
            context.exitStatus = 1;
        }
        if (run->cancelled)
            break;
    }
    if (context.json && !json.empty())
        std::printf("%s\n", jsonText(json).c_str());
}

void listOutbox(Context &context)
{
    auto store = Store::open(context.home().database(), Store::Access::ReadOnly);
    if (!store)
        return context.fail(store.error());
    const auto items = Outbox(**store).outbox();
    if (!items)
        return context.fail(items.error());
    if (context.json) {
        auto json = nlohmann::ordered_json::array();
        for (const OutboxItem &item : *items)
            json.push_back({{"id", item.id},
                            {"dataset", item.dataset},
                            {"destination", item.destination},
                            {"start", formatIso(item.start)},
                            {"state", outboxStateName(item.state)},
                            {"attempts", item.attempts},
                            {"error", item.error}});
        std::printf("%s\n", jsonText(json).c_str());
        return;
    }
    if (items->empty()) {
        std::printf("The outbox is empty. Finished pieces arrive here on the write schedule.\n");
        return;
    }
    std::vector<std::vector<std::string>> rows{
        {"ID", "DATASET", "START", "ROWS", "STATE", "TRIES", "DESTINATION", "WHY"}};
    for (const OutboxItem &item : *items)
        rows.push_back({std::to_string(item.id), item.dataset, formatIso(item.start),
                        std::to_string(item.rows), std::string(outboxStateName(item.state)),
                        std::to_string(item.attempts), item.destination, item.error});
    printTable(rows);
}

void changeOutbox(Context &context, const UploadCommand &options, bool retry)
{
    auto store = Store::open(context.home().database());
    if (!store)
        return context.fail(store.error());
    const TimeMs now = SystemClock::instance().nowMs();
    const auto changed = retry ? Outbox(**store).retryItems(options.ids, now)
                               : Outbox(**store).dropItems(options.ids, now);
    if (!changed)
        return context.fail(changed.error());
    if (context.json)
        std::printf(
            "%s\n",
            nlohmann::ordered_json{{retry ? "retried" : "dropped", *changed}}.dump().c_str());
    else
        std::printf("%d %s\n", *changed,
                    retry ? "will be sent by the next upload"
                          : "dropped; \"retry\" brings it back");
    if (!options.ids.empty() && *changed < static_cast<int>(options.ids.size()))
        context.fail(
            {ErrorCode::NotFound,
             fmt::format("{} of {} items were not in a state for this",
                         static_cast<int>(options.ids.size()) - *changed, options.ids.size()),
             "see \"tepal outbox list\""});
}

} // namespace

void addUpload(CLI::App &app, Context &context)
{
    CLI::App *command =
        addCommand(app, context, "upload", "Send finished profiles to a destination", true);
    auto options = std::make_shared<UploadCommand>();
    command->add_option("--to", options->to, "Destination (default: every one that is set up)")
        ->check(CLI::IsMember({"whylabs", "folder"}));
    command->add_option("--dir", options->directory, "Folder to write profiles to");
    command->add_flag("--dry-run", options->dryRun, "Say what would be sent, and send nothing");
    command->callback([&context, options] {
        if (options->to == "whylabs" && !options->directory.empty())
            return context.fail(
                {ErrorCode::InvalidArgument, "--dir is for --to folder", "leave one of them out"});
        upload(context, *options);
    });
}

void addOutbox(CLI::App &app, Context &context)
{
    CLI::App *outbox = app.add_subcommand("outbox", "What waits to be sent, and what became of it");
    outbox->require_subcommand(1);
    auto options = std::make_shared<UploadCommand>();
    CLI::App *list = addCommand(*outbox, context, "list", "Every item, newest first", true);
    list->callback([&context] { listOutbox(context); });
    CLI::App *retry =
        addCommand(*outbox, context, "retry",
                   "Let failed or dropped items wait again (default: all failed)", true);
    retry->add_option("ID", options->ids);
    retry->callback([&context, options] { changeOutbox(context, *options, true); });
    CLI::App *drop = addCommand(*outbox, context, "drop", "Never send these items", true);
    drop->add_option("ID", options->ids)->required();
    drop->callback([&context, options] { changeOutbox(context, *options, false); });
}

} // namespace tepal::cli
