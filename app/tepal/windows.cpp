#include "commands.h"
#include "output.h"
#include "time_range.h"

#include <tepal/base/clock.h>
#include <tepal/base/file.h>
#include <tepal/base/text.h>
#include <tepal/profile/file.h>
#include <tepal/store/deletions.h>
#include <tepal/store/references.h>
#include <tepal/store/segment_key.h>
#include <tepal/store/store.h>
#include <tepal/store/windows.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>
#include <limits>
#include <memory>

namespace tepal::cli {
namespace {

struct RangeOptions
{
    std::string dataset;
    TimeRangeText times;
    std::string output;
    bool deleted = false;
    bool yes = false;
};

Result<TimeRange> rangeOf(const RangeOptions &options)
{
    return parseRange(options.times, allTime());
}

nlohmann::ordered_json segmentJson(const SegmentTags &segment)
{
    auto json = nlohmann::ordered_json::object();
    for (const auto &[name, value] : segment)
        json[name] = value;
    return json;
}

void listWindows(Context &context, const RangeOptions &options)
{
    const auto range = rangeOf(options);
    if (!range)
        return context.fail(range.error());
    auto store = Store::open(context.home().database(), Store::Access::ReadOnly);
    if (!store)
        return context.fail(store.error());
    const auto windows = Windows(**store).list(options.dataset, *range);
    if (!windows)
        return context.fail(windows.error());
    if (context.json) {
        auto json = nlohmann::ordered_json::array();
        for (const WindowInfo &window : *windows) {
            json.push_back({{"dataset", window.dataset},
                            {"segment", segmentJson(window.segment)},
                            {"start", formatIso(window.start)},
                            {"end", formatIso(window.end)},
                            {"rows", window.rows}});
        }
        std::printf("%s\n", jsonText(json).c_str());
        return;
    }
    if (windows->empty()) {
        std::printf("No windows yet. Send a request to the endpoint, or run \"tepal simulate\".\n");
        return;
    }
    std::vector<std::vector<std::string>> rows{{"DATASET", "START", "LENGTH", "ROWS", "SEGMENT"}};
    for (const WindowInfo &window : *windows) {
        rows.push_back({window.dataset, formatIso(window.start),
                        std::string(granularityName(window.granularity)),
                        std::to_string(window.rows) + (window.open ? " (filling)" : ""),
                        segmentLabel(window.segment)});
    }
    printTable(rows);
    for (const RowsAhead &ahead : rowsAhead(*windows, SystemClock::instance().nowMs()))
        printLine(
            aheadText(ahead.dataset, ahead.rows, formatIso(ahead.first), formatIso(ahead.last)));
}

void listDeleted(Context &context, const RangeOptions &options)
{
    auto store = Store::open(context.home().database(), Store::Access::ReadOnly);
    if (!store)
        return context.fail(store.error());
    const auto windows = Deletions(**store).list(options.dataset);
    if (!windows)
        return context.fail(windows.error());
    if (context.json) {
        auto json = nlohmann::ordered_json::array();
        for (const DeletedWindow &deleted : *windows)
            json.push_back({{"dataset", deleted.window.dataset},
                            {"segment", segmentJson(deleted.window.segment)},
                            {"start", formatIso(deleted.window.start)},
                            {"end", formatIso(deleted.window.end)},
                            {"rows", deleted.window.rows},
                            {"deleted", formatIso(deleted.deletedAt)},
                            {"kept_until", formatIso(deleted.deletedAt + Deletions::kPurgeAfter)}});
        std::printf("%s\n", jsonText(json).c_str());
        return;
    }
    if (windows->empty()) {
        std::printf("No deleted windows.\n");
        return;
    }
    std::vector<std::vector<std::string>> rows{
        {"DATASET", "START", "LENGTH", "ROWS", "DELETED", "GONE FROM"}};
    for (const DeletedWindow &deleted : *windows)
        rows.push_back({deleted.window.dataset, formatIso(deleted.window.start),
                        std::string(granularityName(deleted.window.granularity)),
                        std::to_string(deleted.window.rows), formatIso(deleted.deletedAt),
                        formatIso(deleted.deletedAt + Deletions::kPurgeAfter)});
    printTable(rows);
}

/// "12 windows of orders with 3400 rows"
std::string amountText(const std::string &dataset, const DeletionReport &report)
{
    return fmt::format("{} of {} with {}",
                       countText(static_cast<std::uint64_t>(report.windows), "window"), dataset,
                       countText(static_cast<std::uint64_t>(report.rows), "row"));
}

/// Whether the person at the terminal agrees; a script says --yes.
Result<bool> agreed(const std::string &question, bool yes)
{
    if (yes)
        return true;
    if (!stdinIsTerminal())
        return fail(ErrorCode::InvalidArgument, "this has to be confirmed", "add --yes");
    std::fprintf(stderr, "%s [y/N] ", terminalText(question).c_str());
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

Result<TimeRange> namedRange(const RangeOptions &options)
{
    if (!options.times.given())
        return fail(ErrorCode::InvalidArgument, "it is not said which windows are meant",
                    "name a range with --from, --to or both");
    return rangeOf(options);
}

void deleteRange(Context &context, const RangeOptions &options)
{
    const auto range = namedRange(options);
    if (!range)
        return context.fail(range.error());
    auto store = Store::open(context.home().database());
    if (!store)
        return context.fail(store.error());
    const auto plan = Deletions(**store).deletable(options.dataset, *range);
    if (!plan)
        return context.fail(plan.error());
    if (plan->filling > 0)
        std::fprintf(stderr, "%lld of the windows stay: they are being filled\n",
                     static_cast<long long>(plan->filling));
    if (plan->unsent > 0)
        std::fprintf(stderr, "%lld of the windows have not been sent and will not be\n",
                     static_cast<long long>(plan->unsent));
    if (plan->windows == 0)
        return context.fail({ErrorCode::NotFound,
                             fmt::format("no window of dataset \"{}\" that can be deleted lies "
                                         "wholly in this range",
                                         options.dataset),
                             "see \"tepal windows\""});
    const auto agreement =
        agreed(fmt::format("Delete {}?", amountText(options.dataset, *plan)), options.yes);
    if (!agreement)
        return context.fail(agreement.error());
    if (!*agreement) {
        std::printf("Nothing was deleted\n");
        return;
    }
    const auto done =
        Deletions(**store).remove(options.dataset, *range, SystemClock::instance().nowMs());
    if (!done)
        return context.fail(done.error());
    printLine(fmt::format("Deleted {}. For {} \"tepal windows restore\" takes that back.",
                          amountText(options.dataset, *done),
                          formatDuration(Deletions::kPurgeAfter)));
}

void restoreRange(Context &context, const RangeOptions &options)
{
    const auto range = rangeOf(options);
    if (!range)
        return context.fail(range.error());
    auto store = Store::open(context.home().database());
    if (!store)
        return context.fail(store.error());
    const auto done = Deletions(**store).restore(options.dataset, *range);
    if (!done)
        return context.fail(done.error());
    if (done->windows == 0)
        return context.fail(
            {ErrorCode::NotFound,
             fmt::format("dataset \"{}\" has no deleted window in this range", options.dataset),
             "see \"tepal windows --deleted\""});
    printLine("Restored " + amountText(options.dataset, *done));
}

void purgeDeleted(Context &context, const RangeOptions &options)
{
    constexpr int kAtOnce = 100; // so that nobody waits long for the database
    auto store = Store::open(context.home().database());
    if (!store)
        return context.fail(store.error());
    const auto deleted = Deletions(**store).list({});
    if (!deleted)
        return context.fail(deleted.error());
    if (deleted->empty()) {
        std::printf("No deleted windows.\n");
        return;
    }
    const auto agreement =
        agreed(fmt::format("Remove {} deleted windows for good?", deleted->size()), options.yes);
    if (!agreement)
        return context.fail(agreement.error());
    if (!*agreement) {
        std::printf("Nothing was removed\n");
        return;
    }
    const TimeMs now = SystemClock::instance().nowMs();
    long long purged = 0;
    for (;;) {
        const auto some = Deletions(**store).purge(now, now, kAtOnce);
        if (!some)
            return context.fail(some.error());
        purged += *some;
        if (*some < kAtOnce)
            break;
    }
    std::printf("Removed %lld windows for good; their room in the database is used again\n",
                purged);
}

void exportRange(Context &context, const RangeOptions &options)
{
    const auto range = rangeOf(options);
    if (!range)
        return context.fail(range.error());
    auto store = Store::open(context.home().database(), Store::Access::ReadOnly);
    if (!store)
        return context.fail(store.error());
    const auto profile = Windows(**store).profile(options.dataset, *range);
    if (!profile)
        return context.fail(profile.error());
    if (!*profile)
        return context.fail(
            {ErrorCode::NotFound,
             fmt::format("dataset \"{}\" has no window in this range", options.dataset),
             "see \"tepal windows\""});
    if (const auto written = writeOutput(options.output, serializeProfile(**profile)); !written)
        return context.fail(written.error());
    if (options.output != "-")
        printLine(fmt::format("Wrote {} ({})", options.output,
                              countText(static_cast<std::uint64_t>((*profile)->rows()), "row")));
}

void listReferences(Context &context, const std::string &dataset)
{
    auto store = Store::open(context.home().database(), Store::Access::ReadOnly);
    if (!store)
        return context.fail(store.error());
    const auto references = References(**store).list(dataset);
    if (!references)
        return context.fail(references.error());
    if (context.json) {
        auto json = nlohmann::ordered_json::array();
        for (const ReferenceInfo &info : *references)
            json.push_back({{"dataset", info.dataset},
                            {"name", info.name},
                            {"created", formatIso(info.created)},
                            {"rows", info.rows},
                            {"current", info.current},
                            {"description", info.description}});
        std::printf("%s\n", jsonText(json).c_str());
        return;
    }
    std::vector<std::vector<std::string>> rows{{"DATASET", "NAME", "ROWS", "CREATED", "", ""}};
    for (const ReferenceInfo &info : *references)
        rows.push_back({info.dataset, info.name, std::to_string(info.rows), formatIso(info.created),
                        info.current ? "current" : "", info.description});
    printTable(rows);
}

struct ReferenceOptions
{
    std::string dataset;
    std::string name;
    std::string file;
    RangeOptions range;
};

/// From a file, from a range of windows, or, with neither, an existing one is made current.
void setReference(Context &context, ReferenceOptions &options)
{
    auto store = Store::open(context.home().database());
    if (!store)
        return context.fail(store.error());
    DatasetProfile profile;
    std::string description;
    if (!options.file.empty()) {
        const auto bytes = readFile(options.file, 1ull << 30);
        if (!bytes)
            return context.fail(bytes.error());
        auto parsed = parseProfile(*bytes);
        if (!parsed)
            return context.fail(parsed.error());
        profile = std::move(*parsed);
        description = "from a file";
    } else if (options.range.times.given()) {
        const auto range = rangeOf(options.range);
        if (!range)
            return context.fail(range.error());
        auto merged = Windows(**store).profile(options.dataset, *range);
        if (!merged)
            return context.fail(merged.error());
        if (!*merged)
            return context.fail(
                {ErrorCode::NotFound, "there is no window in this range", "see \"tepal windows\""});
        profile = **merged;
        description = "from " + options.range.times.from + " to " + options.range.times.to;
    } else {
        if (const auto made = References(**store).makeCurrent(options.dataset, options.name); !made)
            return context.fail(made.error());
        printLine(fmt::format("Reference \"{}\" of {} is current", options.name, options.dataset));
        return;
    }
    const TimeMs now = SystemClock::instance().nowMs();
    if (const auto saved = References(**store).set(options.dataset, options.name, profile,
                                                   profile.rows(), description, now);
        !saved)
        return context.fail(saved.error());
    if (const auto made = References(**store).makeCurrent(options.dataset, options.name); !made)
        return context.fail(made.error());
    printLine(fmt::format("Reference \"{}\" of {} holds {} and is current", options.name,
                          options.dataset,
                          countText(static_cast<std::uint64_t>(profile.rows()), "row")));
}

} // namespace

void addWindows(CLI::App &app, Context &context)
{
    CLI::App *command =
        addCommand(app, context, "windows", "List the windows and their rows", true);
    auto options = std::make_shared<RangeOptions>();
    command->add_option("--dataset", options->dataset, "Only this dataset");
    addRange(command, options->times);
    command->add_flag("--deleted", options->deleted,
                      "Those that were deleted and can still be restored");
    command->callback([&context, options, command] {
        if (!command->get_subcommands().empty())
            return; // one of those below was meant
        if (options->deleted)
            listDeleted(context, *options);
        else
            listWindows(context, *options);
    });
    const auto ranged = [&](CLI::App *sub, void (*run)(Context &, const RangeOptions &)) {
        auto own = std::make_shared<RangeOptions>();
        sub->add_option("DATASET", own->dataset)->required();
        addRange(sub, own->times);
        sub->callback([&context, own, run] { run(context, *own); });
        return own;
    };
    CLI::App *remove =
        addCommand(*command, context, "delete", "Delete the windows that lie wholly in a range");
    remove->add_flag("--yes", ranged(remove, deleteRange)->yes, "Do not ask");
    ranged(addCommand(*command, context, "restore", "Take deletions back"), restoreRange);
    CLI::App *purge =
        addCommand(*command, context, "purge", "Remove deleted windows for good, now");
    auto own = std::make_shared<RangeOptions>();
    purge->add_flag("--yes", own->yes, "Do not ask");
    purge->callback([&context, own] { purgeDeleted(context, *own); });
}

void addExport(CLI::App &app, Context &context)
{
    CLI::App *command =
        addCommand(app, context, "export", "Write the merged profile of a range of windows");
    auto options = std::make_shared<RangeOptions>();
    command->add_option("--dataset", options->dataset)->required();
    addRange(command, options->times);
    command->add_option("-o,--output", options->output, "Profile to write")->required();
    command->callback([&context, options] { exportRange(context, *options); });
}

void addReference(CLI::App &app, Context &context)
{
    CLI::App *reference =
        app.add_subcommand("reference", "Named profiles that drift is judged against");
    reference->require_subcommand(1);
    auto options = std::make_shared<ReferenceOptions>();

    CLI::App *list = addCommand(*reference, context, "list", "All references", true);
    list->add_option("--dataset", options->dataset, "Only of this dataset");
    list->callback([&context, options] { listReferences(context, options->dataset); });

    const auto named = [options](CLI::App *command) {
        command->add_option("NAME", options->name)->required();
        command->add_option("--dataset", options->dataset)->default_val("model-1");
    };
    CLI::App *set = addCommand(*reference, context, "set",
                               "Make a reference from a file or a range, or make one current");
    named(set);
    set->add_option("--file", options->file, "Profile file");
    addRange(set, options->range.times);
    set->callback([&context, options] { setReference(context, *options); });

    CLI::App *save = addCommand(*reference, context, "export", "Write a reference to a file");
    named(save);
    save->add_option("-o,--output", options->file)->required();
    save->callback([&context, options] {
        auto store = Store::open(context.home().database(), Store::Access::ReadOnly);
        if (!store)
            return context.fail(store.error());
        const auto profile = References(**store).get(options->dataset, options->name);
        if (!profile)
            return context.fail(profile.error());
        if (const auto written = writeOutput(options->file, serializeProfile(*profile)); !written)
            return context.fail(written.error());
        if (options->file != "-")
            printLine("Wrote " + options->file);
    });

    CLI::App *rename = addCommand(*reference, context, "rename", "Give a reference another name");
    named(rename);
    rename->add_option("TO", options->file, "The new name")->required();
    rename->callback([&context, options] {
        auto store = Store::open(context.home().database());
        if (!store)
            return context.fail(store.error());
        if (const auto renamed =
                References(**store).rename(options->dataset, options->name, options->file);
            !renamed)
            return context.fail(renamed.error());
        printLine(fmt::format("Reference \"{}\" of {} is \"{}\" now", options->name,
                              options->dataset, options->file));
    });

    CLI::App *remove = addCommand(*reference, context, "delete", "Delete a reference");
    named(remove);
    remove->callback([&context, options] {
        auto store = Store::open(context.home().database());
        if (!store)
            return context.fail(store.error());
        if (const auto deleted = References(**store).remove(options->dataset, options->name);
            !deleted)
            return context.fail(deleted.error());
        printLine(fmt::format("Deleted reference \"{}\" of {}", options->name, options->dataset));
    });
}

} // namespace tepal::cli
