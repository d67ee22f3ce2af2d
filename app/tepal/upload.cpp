#include "commands.h"
#include "interrupt.h"
#include "output.h"
#include "uploading.h"

#include <tepal/base/clock.h>
#include <tepal/base/log.h>
#include <tepal/service/outbox_service.h>
#include <tepal/profile/file.h>
#include <tepal/profile/performance.h>
#include <tepal/store/references.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

namespace tepal::cli {
namespace {

struct UploadCommand
{
    ChosenDestinations chosen;
    std::vector<std::string> files;
    std::string dataset;
    std::string reference;
    std::string rate;
    bool dryRun = false;
    bool everything = false;
    bool watch = false;
    bool secretsFromInput = false;
};

/// What is handed in: a profile, or model performance as whylogs' v0 files have it.
struct HandedIn
{
    std::string bytes;
    SegmentTags segment;
    TimeMs time = 0;
    std::int64_t rows = 0;
};

HandedIn handedIn(const DatasetProfile &profile)
{
    return {serializeProfile(profile), profile.segment, profile.datasetTimestamp, profile.rows()};
}

Result<HandedIn> readHandedIn(const std::string &file)
{
    auto bytes = readProfileBytes(file);
    if (!bytes)
        return tl::unexpected(bytes.error());
    if (looksLikeModelPerformance(*bytes)) {
        const auto performance = parseModelPerformance(*bytes);
        if (!performance)
            return failWith(file, performance.error());
        return HandedIn{std::move(*bytes), {}, performance->dataTimestamp, 0};
    }
    const auto profile = parseProfile(*bytes);
    if (!profile)
        return failWith(file, profile.error());
    return handedIn(*profile);
}

/// Files and a reference become items like any other: retried, remembered, sent once.
Status handIn(Store &store, const UploadCommand &options,
              const std::vector<DestinationRecord> &records)
{
    const auto add = [&](OutboxKind kind, const std::string &subject, const std::string &dataset,
                         const HandedIn &given) -> Status {
        for (const DestinationRecord &record : records) {
            OutboxItem item;
            item.kind = kind;
            item.subject = subject;
            item.dataset = dataset;
            item.segment = given.segment;
            item.destination = record.name;
            item.start = item.end = given.time;
            item.rows = given.rows;
            item.sha256 = sha256Hex(given.bytes);
            const auto added =
                Outbox(store).add(item, given.bytes, SystemClock::instance().nowMs());
            if (!added && added.error().code != ErrorCode::AlreadyExists)
                return tl::unexpected(added.error());
            if (!added)
                logWarning("upload", added.error().text());
        }
        return {};
    };
    for (const std::string &file : options.files) {
        const auto given = readHandedIn(file);
        if (!given)
            return tl::unexpected(given.error());
        const std::string name = std::filesystem::path(file).filename().string();
        if (auto done = add(OutboxKind::File, name, options.dataset, *given); !done)
            return done;
    }
    if (options.reference.empty())
        return {};
    const auto profile = References(store).get(options.dataset, options.reference);
    if (!profile)
        return tl::unexpected(profile.error());
    return add(OutboxKind::Reference, options.reference, options.dataset, handedIn(*profile));
}

Result<std::vector<Outlet>> outletsFor(Store &store, const UploadCommand &options,
                                       const SecretStore &secrets)
{
    const auto records = chooseDestinations(store, options.chosen, !options.dryRun);
    if (!records)
        return tl::unexpected(records.error());
    std::vector<Outlet> outlets;
    const auto known = Destinations(store).list();
    if (!known)
        return tl::unexpected(known.error());
    for (const DestinationRecord &record : *records) {
        auto outlet = makeOutlet(record, secrets);
        if (!outlet)
            return tl::unexpected(outlet.error());
        if (auto set = outlet->destination->configured(); !set)
            return fail(ErrorCode::NotFound, set.error().message, set.error().next);
        outlet->passing = std::none_of(known->begin(), known->end(),
                                       [&](const auto &one) { return one.name == record.name; });
        outlets.push_back(std::move(*outlet));
    }
    if (!options.dryRun) {
        if (auto done = handIn(store, options, *records); !done)
            return tl::unexpected(done.error());
    }
    return outlets;
}

void report(Context &context, const std::vector<UploadRun> &runs)
{
    if (context.json) {
        auto json = nlohmann::ordered_json::array();
        for (const UploadRun &run : runs)
            json.push_back(runJson(run));
        std::printf("%s\n", jsonText(json).c_str());
    }
    for (const UploadRun &run : runs) {
        if (!context.json)
            printRun(run);
        if (const auto trouble = troubleOf(run)) {
            context.fail(*trouble);
            context.exitStatus = 1;
        }
    }
}

Result<std::vector<UploadRun>> run(Store &store, std::vector<Outlet> outlets,
                                   const UploadCommand &options, const Home &home,
                                   std::int64_t rate)
{
    const Interrupt interrupt;
    std::vector<UploadRun> runs;
    if (options.dryRun) {
        for (const Outlet &outlet : outlets) {
            auto rehearsed = rehearseUpload(store, outlet, options.everything, interrupt.token());
            if (!rehearsed)
                return tl::unexpected(rehearsed.error());
            runs.push_back(std::move(*rehearsed));
        }
        return runs;
    }
    Progress progress;
    UploadRunOptions how;
    how.everything = options.everything;
    how.sender.lockDirectory = senderDirectory(home.root);
    how.sender.bytesPerSecond = rate;
    how.progress = [&progress](const UploadProgress &now) {
        progress.show(fmt::format("{} of {}: {}", now.done, now.total, now.text));
    };
    return uploadNow(store, std::move(outlets), how, interrupt.token());
}

void watch(Context &context, const Home &home, const SecretStore &secrets, std::int64_t rate)
{
    setLogToStderr(true);
    OutboxServiceOptions how;
    how.home = home;
    how.secrets = &secrets;
    how.bytesPerSecond = rate;
    const Interrupt interrupt;
    OutboxService service(how);
    printLine("Sending finished pieces as they come; Ctrl-C ends it");
    std::fflush(stdout);
    while (!interrupt.token().stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        service.wake(); // the logger is another program's
    }
    if (const auto left = service.finish(10 * kSecondMs); left > 0)
        context.fail({ErrorCode::Unavailable,
                      countText(static_cast<std::uint64_t>(left), "piece") + " not sent",
                      "the next upload sends what waits"});
}

void upload(Context &context, const UploadCommand &options)
{
    const auto rate = parseRate(options.rate);
    if (!rate)
        return context.fail(rate.error());
    const auto secrets = readSecrets(options.secretsFromInput);
    if (!secrets)
        return context.fail(secrets.error());
    const Home home = context.home();
    auto store = Store::open(home.database(),
                             options.dryRun ? Store::Access::ReadOnly : Store::Access::ReadWrite);
    if (!store)
        return context.fail(store.error());
    setLogToStderr(false);
    std::ignore = startLogFile(home.logs(), "upload");
    if (options.watch)
        return watch(context, home, **secrets, *rate);
    auto outlets = outletsFor(**store, options, **secrets);
    if (!outlets)
        return context.fail(outlets.error());
    const auto runs = run(**store, std::move(*outlets), options, home, *rate);
    if (!runs)
        return context.fail(runs.error());
    report(context, *runs);
}

nlohmann::ordered_json itemJson(const OutboxItem &item)
{
    auto segment = nlohmann::ordered_json::object();
    for (const auto &[key, value] : item.segment)
        segment[key] = value;
    return {{"id", item.id},
            {"kind", outboxKindName(item.kind)},
            {"dataset", item.dataset},
            {"segment", segment},
            {"subject", item.subject},
            {"destination", item.destination},
            {"start", formatIso(item.start)},
            {"end", formatIso(item.end)},
            {"rows", item.rows},
            {"bytes", item.bytes},
            {"state", outboxStateName(item.state)},
            {"may_have_arrived", item.mayHaveArrived},
            {"attempts", item.attempts},
            {"next_try", item.nextTry == 0 ? nlohmann::ordered_json(nullptr)
                                           : nlohmann::ordered_json(formatIso(item.nextTry))},
            {"place", item.place},
            {"sha256", item.sha256},
            {"error", item.error},
            {"next", item.nextStep}};
}

std::string segmentText(const OutboxItem &item)
{
    std::string text = item.subject;
    for (const auto &[key, value] : item.segment)
        text += (text.empty() ? "" : ", ") + key + "=" + value;
    return text;
}

struct ListCommand
{
    std::string destination;
    std::vector<std::string> states;
    std::size_t limit = 0; ///< 0 = all.
};

Result<OutboxFilter> filterOf(const ListCommand &options)
{
    OutboxFilter filter;
    if (!options.destination.empty())
        filter.destination = options.destination;
    for (const std::string &name : options.states) {
        for (std::size_t i = 0; i < kOutboxStates; ++i) {
            if (outboxStateName(static_cast<OutboxState>(i)) == name)
                filter.states.push_back(static_cast<OutboxState>(i));
        }
    }
    filter.limit = options.limit == 0 ? std::size_t{1} << 40 : options.limit;
    return filter;
}

void listOutbox(Context &context, const ListCommand &options)
{
    auto store = Store::open(context.home().database(), Store::Access::ReadOnly);
    if (!store)
        return context.fail(store.error());
    const auto filter = filterOf(options);
    const auto items = Outbox(**store).list(*filter);
    if (!items)
        return context.fail(items.error());
    if (context.json) {
        auto json = nlohmann::ordered_json::array();
        for (const OutboxItem &item : *items)
            json.push_back(itemJson(item));
        std::printf("%s\n", jsonText(json).c_str());
        return;
    }
    if (items->empty()) {
        const bool all = options.destination.empty() && options.states.empty();
        printLine(all ? "The outbox is empty. Finished pieces arrive here on the write schedule."
                      : "Nothing in the outbox is like that.");
        return;
    }
    std::vector<std::vector<std::string>> rows{{"ID", "DATASET", "START", "SEGMENT", "ROWS",
                                                "STATE", "TRIES", "DESTINATION", "PLACE", "WHY"}};
    for (const OutboxItem &item : *items) {
        const std::string why =
            item.nextStep.empty() ? item.error : item.error + "; " + item.nextStep;
        rows.push_back({std::to_string(item.id), item.dataset, formatIso(item.start),
                        segmentText(item), std::to_string(item.rows),
                        std::string(outboxStateName(item.state)), std::to_string(item.attempts),
                        item.destination, item.place, why});
    }
    printTable(rows);
}

void changeOutbox(Context &context, const std::vector<std::int64_t> &ids, bool retry)
{
    auto store = Store::open(context.home().database());
    if (!store)
        return context.fail(store.error());
    const TimeMs now = SystemClock::instance().nowMs();
    Outbox outbox(**store);
    const auto changed = retry ? outbox.retry(ids, now) : outbox.drop(ids, now);
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
    if (!ids.empty() && *changed < static_cast<int>(ids.size()))
        context.fail({ErrorCode::NotFound,
                      fmt::format("{} of {} items were not in a state for this",
                                  static_cast<int>(ids.size()) - *changed, ids.size()),
                      "see \"tepal outbox list\""});
}

Status checkUpload(const UploadCommand &options)
{
    const auto &to = options.chosen.to;
    if (!options.chosen.directory.empty() &&
        (to.size() > 1 || (to.size() == 1 && to.front() != kFolderKind.name)))
        return fail(ErrorCode::InvalidArgument, "--dir is for --to folder",
                    "leave one of them out");
    const bool handsIn = !options.files.empty() || !options.reference.empty();
    if (handsIn && options.dataset.empty())
        return fail(ErrorCode::InvalidArgument, "it is not said which dataset this belongs to",
                    "give --dataset NAME");
    if (!handsIn && !options.dataset.empty())
        return fail(ErrorCode::InvalidArgument, "--dataset is for files and references",
                    "name some, or see \"tepal dataset set --destination\" for what goes where");
    if (handsIn && options.dryRun)
        return fail(ErrorCode::InvalidArgument,
                    "--dry-run tells what of the home's own would be sent",
                    "use \"tepal xray FILE\" to see what a file contains");
    if (options.watch && (handsIn || options.dryRun || !to.empty()))
        return fail(ErrorCode::InvalidArgument,
                    "--watch sends to what is enabled, for as long as it runs",
                    "use it alone, after \"tepal destination enable\"");
    return {};
}

} // namespace

void addUpload(CLI::App &app, Context &context)
{
    CLI::App *command =
        addCommand(app, context, "upload", "Send finished profiles to destinations", true);
    auto options = std::make_shared<UploadCommand>();
    command->add_option("FILE", options->files, "Profile files to send as they are, for a dataset");
    command->add_option("--dataset", options->dataset, "Whose the files or the reference are");
    command->add_option("--reference", options->reference,
                        "Send this reference profile of the dataset, under its name");
    command->add_option("--to", options->chosen.to,
                        "Destination, or a kind that the environment sets up (default: every one "
                        "that is enabled)");
    command->add_option("--dir", options->chosen.directory, "Folder to write profiles to");
    command->add_flag("--dry-run", options->dryRun, "Say what would be sent, and send nothing");
    command->add_flag("--everything", options->everything,
                      "Also what was finished before the destination was enabled");
    command->add_flag("--watch", options->watch,
                      "Keep running, and send to what is enabled as pieces are finished");
    command->add_option("--limit-rate", options->rate,
                        "Bytes a second to each destination, such as 200KiB");
    command->add_flag("--secrets-stdin", options->secretsFromInput,
                      "Read secrets from standard input, a line each: whylabs.key=…");
    command->callback([&context, options] {
        if (const auto fine = checkUpload(*options); !fine)
            return context.fail(fine.error());
        upload(context, *options);
    });
}

void addOutbox(CLI::App &app, Context &context)
{
    CLI::App *outbox = app.add_subcommand("outbox", "What waits to be sent, and what became of it");
    outbox->require_subcommand(1);
    auto listing = std::make_shared<ListCommand>();
    auto ids = std::make_shared<std::vector<std::int64_t>>();
    CLI::App *list = addCommand(*outbox, context, "list", "Every item, newest first", true);
    list->add_option("--to", listing->destination, "Of this destination only");
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kOutboxStates; ++i)
        names.emplace_back(outboxStateName(static_cast<OutboxState>(i)));
    list->add_option("--state", listing->states, "In these states only")
        ->check(CLI::IsMember(names))
        ->delimiter(',');
    list->add_option("--limit", listing->limit, "At most so many; 0 = all")->capture_default_str();
    list->callback([&context, listing] { listOutbox(context, *listing); });
    CLI::App *retry = addCommand(*outbox, context, "retry",
                                 "Let failed items wait again (default: all that failed); by "
                                 "number also dropped ones and those that ask",
                                 true);
    retry->add_option("ID", *ids);
    retry->callback([&context, ids] { changeOutbox(context, *ids, true); });
    CLI::App *drop = addCommand(*outbox, context, "drop", "Never send these items", true);
    drop->add_option("ID", *ids)->required();
    drop->callback([&context, ids] { changeOutbox(context, *ids, false); });
}

} // namespace tepal::cli
