// `tepal destination`: made from the list of kinds.

#include "commands.h"
#include "interrupt.h"
#include "output.h"
#include "uploading.h"

#include <tepal/base/clock.h>
#include <tepal/service/outbox_service.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

namespace tepal::cli {
namespace {

struct AddCommand
{
    std::string name;
    std::map<std::string, std::string> values;
    std::vector<std::string> segments;
    bool enable = false;
    bool everything = false;
};

using Change = std::function<Status(Store &, const DestinationRecord &)>;

Result<DestinationRecord> findRecord(Store &store, const std::string &name)
{
    const auto list = homeDestinations(store, true);
    if (!list)
        return tl::unexpected(list.error());
    for (const DestinationRecord &record : *list) {
        if (record.name == name)
            return record;
    }
    return fail(ErrorCode::NotFound, fmt::format("there is no destination \"{}\"", name),
                list->empty() ? "set one up with \"tepal destination add\""
                              : "see \"tepal destination list\"");
}

void add(Context &context, const DestinationKind &kind, const AddCommand &options)
{
    DestinationRecord record;
    record.name = options.name.empty() ? std::string(kind.name) : options.name;
    record.kind = kind.name;
    for (const auto &[key, value] : options.values) {
        const DestinationField *field = findField(kind, key);
        // A relative one is meant from here, whoever sends later.
        std::error_code error;
        const bool path = !value.empty() && !value.starts_with('~') &&
                          (field->type == FieldType::Folder || field->type == FieldType::File);
        if (!value.empty())
            record.settings[key] =
                path ? std::filesystem::absolute(value, error).lexically_normal().string() : value;
    }
    auto segments = parseSegmentFilter(options.segments);
    if (!segments)
        return context.fail(segments.error());
    record.segments = std::move(*segments);
    if (const auto fine = checkDestination(record, true); !fine)
        return context.fail(fine.error());
    auto store = Store::open(context.home().database());
    if (!store)
        return context.fail(store.error());
    const auto known = homeDestinations(**store, true);
    if (!known)
        return context.fail(known.error());
    const auto before = std::find_if(known->begin(), known->end(),
                                     [&](const auto &one) { return one.name == record.name; });
    if (before != known->end() && before->kind != record.kind)
        return context.fail(
            {ErrorCode::AlreadyExists,
             fmt::format("there is a destination \"{}\" of kind {}", record.name, before->kind),
             "choose another name with --name"});
    if (before != known->end()) {
        record.enabled = before->enabled;
        record.paused = before->paused;
        record.sinceChunk = before->sinceChunk;
        record.redaction = before->redaction;
    }
    const TimeMs now = SystemClock::instance().nowMs();
    if (const auto put = Destinations(**store).put(record, now); !put)
        return context.fail(put.error());
    if (options.enable) {
        if (const auto done = enableDestination(**store, record.name, options.everything); !done)
            return context.fail(done.error());
    }
    printLine(fmt::format("{} {}; {}", before == known->end() ? "Added" : "Changed", record.name,
                          options.enable || record.enabled
                              ? "finished pieces go there by themselves"
                              : "\"tepal destination enable " + record.name +
                                    "\" makes finished pieces go there by themselves"));
    const EnvironmentSecrets secrets;
    const auto outlet = makeOutlet(record, secrets);
    if (outlet) {
        if (const auto ready = outlet->destination->configured(); !ready)
            printLine("It is not complete yet: " + ready.error().text());
    }
}

std::string gateText(const UploadStatus &status)
{
    if (!status.enabled)
        return "off";
    if (status.paused)
        return "paused";
    if (status.gate.state == GateState::Open)
        return status.gate.lastSent == 0 ? "on"
                                         : "on, last sent " + formatIso(status.gate.lastSent);
    if (status.gate.state == GateState::Refused)
        return "refused: " + status.gate.reason;
    return fmt::format("closed until {}: {}", formatIso(status.gate.until), status.gate.reason);
}

void list(Context &context)
{
    auto store = Store::open(context.home().database(), Store::Access::ReadOnly);
    if (!store)
        return context.fail(store.error());
    const auto records = homeDestinations(**store, false);
    const auto statuses = uploadStatus(**store);
    if (!records || !statuses)
        return context.fail(records ? statuses.error() : records.error());
    const EnvironmentSecrets secrets;
    auto json = nlohmann::ordered_json::array();
    std::vector<std::vector<std::string>> rows{
        {"NAME", "KIND", "TARGET", "STATE", "WAITING", "FAILED", "ASKS", "SENT"}};
    for (const DestinationRecord &record : *records) {
        const auto outlet = makeOutlet(record, secrets);
        const std::string target = outlet ? outlet->destination->target() : std::string();
        const Status ready =
            outlet ? outlet->destination->configured() : Status(tl::unexpected(outlet.error()));
        const auto status = std::find_if(statuses->begin(), statuses->end(),
                                         [&](const auto &one) { return one.name == record.name; });
        json.push_back(
            {{"name", record.name},
             {"kind", record.kind},
             {"target", target},
             {"settings", record.settings},
             {"enabled", record.enabled},
             {"redaction", record.redaction.empty()
                               ? nlohmann::ordered_json::object()
                               : nlohmann::ordered_json::parse(record.redaction, nullptr, false)},
             {"paused", record.paused},
             {"ready", ready.has_value()},
             {"missing", ready ? std::string() : ready.error().message},
             {"gate", gateStateName(record.gate.state)},
             {"reason", record.gate.reason},
             {"waiting", status->waiting},
             {"failed", status->failed},
             {"asks", status->asks},
             {"sent", status->sent}});
        rows.push_back({record.name, record.kind, target,
                        gateText(*status) + (ready ? "" : " (" + ready.error().message + ")"),
                        std::to_string(status->waiting), std::to_string(status->failed),
                        std::to_string(status->asks), std::to_string(status->sent)});
    }
    if (context.json)
        std::printf("%s\n", jsonText(json).c_str());
    else if (rows.size() == 1)
        printLine("No destination is set up: nothing leaves this machine. \"tepal destination add\""
                  " sets one up.");
    else
        printTable(rows);
}

/// Prints what was done or tried, step by step; the first that failed makes the status.
void showChecks(Context &context, const Destination &destination,
                const std::vector<DestinationCheck> &checks)
{
    auto json = nlohmann::ordered_json::array();
    for (const DestinationCheck &check : checks) {
        const std::string text = destination.scrub(check.text);
        json.push_back({{"ok", check.ok}, {"text", text}, {"next", check.next}});
        if (!context.json && check.ok)
            printLine("ok  " + text);
        if (!check.ok) {
            context.fail({ErrorCode::Unavailable, text, check.next});
            context.exitStatus = 1;
        }
    }
    if (context.json)
        std::printf("%s\n", jsonText(json).c_str());
}

/// One destination by name, ready for use, with what it needs to live.
struct Opened
{
    std::unique_ptr<SecretStore> secrets;
    std::unique_ptr<Store> store;
    Outlet outlet;
};

Result<Opened> openNamed(const Context &context, const std::string &name, bool secretsFromInput)
{
    auto secrets = readSecrets(secretsFromInput);
    if (!secrets)
        return tl::unexpected(secrets.error());
    auto store = Store::open(context.home().database());
    if (!store)
        return tl::unexpected(store.error());
    const auto records = chooseDestinations(**store, {{name}, {}}, true);
    if (!records)
        return tl::unexpected(records.error());
    auto outlet = makeOutlet(records->front(), **secrets);
    if (!outlet)
        return tl::unexpected(outlet.error());
    return Opened{std::move(*secrets), std::move(*store), std::move(*outlet)};
}

void test(Context &context, const std::string &name, bool secretsFromInput)
{
    const auto opened = openNamed(context, name, secretsFromInput);
    if (!opened)
        return context.fail(opened.error());
    const Outlet &outlet = opened->outlet;
    const Interrupt interrupt;
    const auto checks = outlet.destination->test(interrupt.token());
    showChecks(context, *outlet.destination, checks);
    // What works now is to be asked again.
    const bool well = std::all_of(checks.begin(), checks.end(), [](const auto &c) { return c.ok; });
    if (well && outlet.record.gate.state != GateState::Open)
        std::ignore = Destinations(*opened->store).openGate(name);
}

struct TagCommand
{
    ColumnTags tags;
    std::vector<std::string> metrics; ///< LABEL=COLUMN.
    bool secretsFromInput = false;
};

void tag(Context &context, const std::string &name, TagCommand options)
{
    for (const std::string &text : options.metrics) {
        const std::size_t equals = text.rfind('=');
        if (equals == 0 || equals == text.npos || equals + 1 == text.size())
            return context.fail({ErrorCode::InvalidArgument,
                                 fmt::format("--metric \"{}\" names no label and column", text),
                                 "write it as accuracy=accuracy_column"});
        options.tags.metrics.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    if (options.tags.inputs.empty() && options.tags.outputs.empty() && options.tags.metrics.empty())
        return context.fail({ErrorCode::InvalidArgument, "no column is named",
                             "give --input, --output or --metric"});
    const auto opened = openNamed(context, name, options.secretsFromInput);
    if (!opened)
        return context.fail(opened.error());
    const Outlet &outlet = opened->outlet;
    const Interrupt interrupt;
    const auto done = outlet.destination->tag(options.tags, interrupt.token());
    if (!done)
        return context.fail(done.error());
    showChecks(context, *outlet.destination, *done);
}

void change(Context &context, const std::string &name, const std::string &done,
            const Change &change)
{
    auto store = Store::open(context.home().database());
    if (!store)
        return context.fail(store.error());
    const auto record = findRecord(**store, name);
    if (!record)
        return context.fail(record.error());
    if (const auto changed = change(**store, *record); !changed)
        return context.fail(changed.error());
    printLine(fmt::format("{} {}", name, done));
}

void addAdd(CLI::App &app, Context &context)
{
    CLI::App *add_ = app.add_subcommand("add", "Set a destination up, or change its settings");
    add_->require_subcommand(1);
    for (const DestinationKind &kind : destinationKinds()) {
        CLI::App *command = addCommand(*add_, context, std::string(kind.name).c_str(),
                                       std::string(kind.summary).c_str());
        auto options = std::make_shared<AddCommand>();
        command->add_option("--name", options->name,
                            fmt::format("What to call it (default: {})", kind.name));
        for (const DestinationField &field : kind.fields) {
            if (field.type == FieldType::Secret)
                continue;
            std::string help(field.help);
            if (!field.fallback.empty())
                help += fmt::format(" (default: {})", field.fallback);
            if (!field.environment.empty())
                help += fmt::format(" [{}]", fmt::join(field.environment, ", "));
            CLI::Option *option = command->add_option(
                fmt::format("--{}", field.key), options->values[std::string(field.key)], help);
            if (field.type == FieldType::Choice)
                option->check(CLI::IsMember(
                    std::vector<std::string>(field.choices.begin(), field.choices.end())));
        }
        command->add_option("--segment", options->segments,
                            "Only this segment, such as country=CH (repeatable; default: all)");
        command->add_flag("--enable", options->enable,
                          "Finished pieces go there by themselves from now on");
        command->add_flag("--everything", options->everything,
                          "With --enable: also everything that is stored");
        std::string secrets;
        for (const DestinationField &field : kind.fields) {
            if (field.type == FieldType::Secret)
                secrets += fmt::format("{}{} ({})", secrets.empty() ? "" : ", ", field.key,
                                       fmt::join(field.environment, ", "));
        }
        if (!secrets.empty())
            command->footer("Secrets are never given on the command line: " + secrets +
                            ". Other names than \"" + std::string(kind.name) +
                            "\" read TEPAL_<NAME>_<SETTING>.");
        command->callback([&context, &kind, options] { add(context, kind, *options); });
    }
}

} // namespace

void addDestination(CLI::App &app, Context &context)
{
    CLI::App *destination = app.add_subcommand("destination", "Where finished profiles go");
    destination->require_subcommand(1);
    CLI::App *listing =
        addCommand(*destination, context, "list", "What is set up, and how it stands", true);
    listing->callback([&context] { list(context); });
    addAdd(*destination, context);

    const auto named = [&](const char *verb, const char *help, bool json = false) {
        CLI::App *command = addCommand(*destination, context, verb, help, json);
        auto name = std::make_shared<std::string>();
        command->add_option("NAME", *name)->required();
        return std::pair(command, name);
    };
    {
        const auto [command, name] =
            named("test", "Try address, secrets and permissions out", true);
        auto secrets = std::make_shared<bool>(false);
        command->add_flag("--secrets-stdin", *secrets,
                          "Read secrets from standard input, a line each: whylabs.key=…");
        command->callback([&context, name, secrets] { test(context, *name, *secrets); });
    }
    {
        const auto [command, name] = named("tag",
                                           "Say which columns of a dataset are inputs and "
                                           "outputs, and what is a metric (WhyLabs)",
                                           true);
        auto options = std::make_shared<TagCommand>();
        command->add_option("--dataset", options->tags.dataset, "Our name of it")->required();
        command->add_option("--input", options->tags.inputs, "Columns that are inputs")
            ->delimiter(',');
        command->add_option("--output", options->tags.outputs, "Columns that are outputs")
            ->delimiter(',');
        command->add_option("--metric", options->metrics,
                            "LABEL=COLUMN: the mean of a column as a metric (repeatable)");
        command->add_flag("--secrets-stdin", options->secretsFromInput,
                          "Read secrets from standard input, a line each: whylabs.key=…");
        command->callback([&context, name, options] { tag(context, *name, *options); });
    }
    {
        const auto [command, name] =
            named("enable", "Finished pieces go there by themselves, from now on");
        auto everything = std::make_shared<bool>(false);
        command->add_flag("--everything", *everything, "Also everything that is stored");
        command->callback([&context, name, everything] {
            change(context, *name,
                   *everything ? "gets everything that is stored, and what comes"
                               : "gets what is finished from now on",
                   [&](Store &store, const DestinationRecord &record) {
                       return enableDestination(store, record.name, *everything);
                   });
        });
    }
    {
        const auto [command, name] = named("redact", "What is taken out of profiles for it, before "
                                                     "their bytes are made");
        auto rules = std::make_shared<std::vector<std::string>>();
        auto dataset = std::make_shared<std::string>();
        command->add_option("RULE", *rules,
                            "COLUMNS:ACTION, such as email:drop-column or *name*:hash; actions are "
                            "drop-values, hash, drop-range, drop-distinct, drop-column (none: no "
                            "rules)");
        command->add_option("--dataset", *dataset, "For this dataset only (default: for all)");
        command->callback([&context, name, rules, dataset] {
            const auto parsed = parseRedaction(fmt::format("{}", fmt::join(*rules, "\n")));
            if (!parsed)
                return context.fail(parsed.error());
            change(context, *name,
                   parsed->empty() ? "gets profiles as they are"
                                   : "gets profiles without that: " + formatRedaction(*parsed),
                   [&](Store &store, DestinationRecord record) {
                       setRedactionRules(record, *dataset, *parsed);
                       return Destinations(store).put(record, SystemClock::instance().nowMs());
                   });
        });
    }
    const auto simple = [&](const char *verb, const char *help, const char *done,
                            const Change &how) {
        const auto [command, name] = named(verb, help);
        command->callback([&context, name, done, how] { change(context, *name, done, how); });
    };
    simple("disable", "Nothing goes there by itself any more", "gets nothing by itself any more",
           [](Store &store, const DestinationRecord &record) {
               return Destinations(store).setEnabled(record.name, false, record.sinceChunk,
                                                     SystemClock::instance().nowMs());
           });
    simple("pause", "Nothing goes there until it is resumed; what is finished waits", "is paused",
           [](Store &store, const DestinationRecord &record) {
               return Destinations(store).setPaused(record.name, true);
           });
    simple("resume", "What waits goes there again", "is no longer paused",
           [](Store &store, const DestinationRecord &record) {
               return Destinations(store).setPaused(record.name, false);
           });
    simple("remove", "Forget it; what waits for it waits for another one", "is removed",
           [](Store &store, const DestinationRecord &record) {
               return Destinations(store).remove(record.name, SystemClock::instance().nowMs());
           });
}

} // namespace tepal::cli
