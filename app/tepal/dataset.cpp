#include "commands.h"
#include "output.h"

#include <tepal/base/file.h>
#include <tepal/logging/logger.h>
#include <tepal/store/settings.h>
#include <tepal/store/store.h>
#include <tepal/store/windows.h>
#include <tepal/upload/outlets.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <sstream>

namespace tepal::cli {
namespace {

struct DatasetCommand
{
    std::string name;
    std::string aggregateBy;
    std::vector<std::string> segmentBy;
    std::string writeEvery;
    std::string metrics;
    std::string destination;
    std::string schema; ///< A file or "none".
};

/// "2 columns, 1 type, 5 conditions" of a stored schema.
std::string schemaWords(const std::string &text)
{
    const auto schema = parseSchema(text);
    if (!schema)
        return "cannot be read";
    std::size_t conditions = 0;
    for (const auto &[name, column] : schema->byName)
        conditions += column->conditions.size();
    for (const auto &[kind, column] : schema->byType)
        conditions += column->conditions.size();
    std::string words;
    const auto add = [&](std::size_t count, const char *one, const char *many) {
        if (count > 0)
            words +=
                fmt::format("{}{} {}", words.empty() ? "" : ", ", count, count == 1 ? one : many);
    };
    add(schema->byName.size(), "column", "columns");
    add(schema->byType.size(), "type", "types");
    add(conditions, "condition", "conditions");
    return words.empty() ? "nothing chosen" : words;
}

nlohmann::ordered_json schemaJson(const std::string &text)
{
    const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
    return json.is_discarded() ? nlohmann::ordered_json() : json;
}

void list(Context &context)
{
    auto store = Store::open(context.home().database(), Store::Access::ReadOnly);
    if (!store)
        return context.fail(store.error());
    const auto known = Windows(**store).datasets();
    const auto options = Settings(**store).all(Settings::kDataset);
    const auto destinations = Settings(**store).all(Settings::kDestination);
    const auto schemas = Settings(**store).all(kSchemaSetting);
    if (!known)
        return context.fail(known.error());
    for (const auto *settings : {&options, &destinations, &schemas}) {
        if (!*settings)
            return context.fail(settings->error());
    }
    std::map<std::string, std::int64_t> rows;
    for (const DatasetInfo &info : *known)
        rows[info.name] = info.rows;
    for (const auto *settings : {&*options, &*destinations, &*schemas}) {
        for (const auto &[name, value] : *settings)
            rows.try_emplace(name, 0);
    }
    const auto text = [](const std::map<std::string, std::string> &settings,
                         const std::string &name) {
        const auto it = settings.find(name);
        return it == settings.end() ? std::string() : it->second;
    };
    auto json = nlohmann::ordered_json::array();
    std::vector<std::vector<std::string>> table{
        {"DATASET", "ROWS", "OPTIONS", "SCHEMA", "DESTINATION"}};
    for (const auto &[name, count] : rows) {
        json.push_back({{"dataset", name},
                        {"rows", count},
                        {"options", text(*options, name)},
                        {"schema", schemaJson(text(*schemas, name))},
                        {"destination", text(*destinations, name)}});
        const std::string schema = text(*schemas, name);
        table.push_back({name, std::to_string(count), text(*options, name),
                         schema.empty() ? "" : schemaWords(schema), text(*destinations, name)});
    }
    if (context.json)
        std::printf("%s\n", jsonText(json).c_str());
    else
        printTable(table);
}

/// How a dataset is logged, or without a name those that have no settings of their own.
void show(Context &context, const std::string &name)
{
    auto store = Store::open(context.home().database(), Store::Access::ReadOnly);
    if (!store)
        return context.fail(store.error());
    const auto options = Settings(**store).get(Settings::kDataset + name);
    const auto destination = Settings(**store).get(Settings::kDestination + name);
    const auto ownSchema = Settings(**store).get(kSchemaSetting + name);
    const bool own = ownSchema && *ownSchema;
    const auto schema = own ? ownSchema : Settings(**store).get(kDefaultSchemaSetting);
    for (const auto *setting : {&options, &destination, &ownSchema, &schema}) {
        if (!*setting)
            return context.fail(setting->error());
    }
    const std::string text = (*schema).value_or("");
    if (context.json) {
        const nlohmann::ordered_json json{{"dataset", name},
                                          {"options", options->value_or("")},
                                          {"destination", destination->value_or("")},
                                          {"schema", schemaJson(text)},
                                          {"schema_of", own            ? "dataset"
                                                        : text.empty() ? "none"
                                                                       : "default"}};
        std::printf("%s\n", jsonText(json).c_str());
        return;
    }
    const auto orDefault = [](const std::optional<std::string> &given) {
        return given ? given->c_str() : "as all datasets";
    };
    printLine(fmt::format("Options      {}", orDefault(*options)));
    printLine(fmt::format("Destination  {}", orDefault(*destination)));
    printLine(fmt::format("Schema       {}{}", own || name.empty() ? "" : "as all datasets: ",
                          text.empty() ? "none" : schemaWords(text)));
    if (text.empty())
        return;
    std::istringstream lines(jsonText(schemaJson(text)));
    for (std::string line; std::getline(lines, line);)
        printLine(line);
}

/// What a file says, as it is stored; "none" is a schema that chooses nothing.
Result<std::string> schemaToStore(const std::string &file)
{
    const auto schema = file == "none" ? Result<DatasetSchema>(DatasetSchema{}) : readSchema(file);
    return schema.and_then([](const auto &read) { return formatSchema(read); });
}

/// Changes what is given; the rest stays as it is.
Status set(Settings settings, const DatasetCommand &given)
{
    const std::string key = Settings::kDataset + given.name;
    const auto stored = settings.get(key);
    if (!stored)
        return tl::unexpected(stored.error());
    std::string text;
    const auto part = [&](const char *name, const std::string &value) {
        if (!value.empty())
            text += fmt::format("{}{}={}", text.empty() ? "" : ",", name, value);
    };
    part("aggregate-by", given.aggregateBy);
    std::string columns;
    for (const std::string &column : given.segmentBy) {
        if (column.find_first_of("+,") != column.npos)
            return fail(
                ErrorCode::InvalidArgument,
                fmt::format("a column named \"{}\" cannot be stored in the settings", column),
                "rename it, it contains + or ,");
        columns += (columns.empty() ? "" : "+") + column;
    }
    part("segment-by", columns);
    part("write-every", given.writeEvery);
    part("metrics", given.metrics);
    const auto before = parseDatasetOptions(stored->value_or(""));
    const auto after = before ? parseDatasetOptions(text, *before) : before;
    if (!after)
        return tl::unexpected(after.error());
    if (!given.schema.empty()) {
        const auto schema = schemaToStore(given.schema);
        const Status done = schema ? settings.set(kSchemaSetting + given.name, *schema)
                                   : Status(tl::unexpected(schema.error()));
        if (!done)
            return done;
    }
    if (!text.empty()) {
        if (auto done = settings.set(key, formatDatasetOptions(*after)); !done)
            return done;
    }
    if (!given.destination.empty())
        return settings.set(Settings::kDestination + given.name, given.destination);
    return {};
}

/// A dataset that is sent to a name that is nothing would go nowhere without a word.
Status checkDestinations(Store &store, const std::string &names)
{
    const auto known = homeDestinations(store, true);
    if (!known)
        return tl::unexpected(known.error());
    std::stringstream list(names);
    for (std::string name; std::getline(list, name, ',');) {
        const bool there = std::any_of(known->begin(), known->end(),
                                       [&](const auto &one) { return one.name == name; });
        if (!there && !findDestinationKind(name))
            return fail(
                ErrorCode::InvalidArgument, fmt::format("there is no destination \"{}\"", name),
                "see \"tepal destination list\"; separate several by commas, without spaces");
    }
    return {};
}

void change(Context &context, const DatasetCommand &given, bool reset)
{
    auto store = Store::open(context.home().database());
    if (!store)
        return context.fail(store.error());
    if (const auto fine = checkDestinations(**store, given.destination); !fine)
        return context.fail(fine.error());
    Settings settings(**store);
    Status done;
    if (!reset) {
        done = set(settings, given);
    } else {
        for (const char *setting : {Settings::kDataset, Settings::kDestination, kSchemaSetting}) {
            if (done)
                done = settings.remove(setting + given.name);
        }
    }
    if (!done)
        return context.fail(done.error());
    const auto stored = settings.get(Settings::kDataset + given.name);
    printLine(fmt::format("{}: {}", given.name, stored && *stored ? **stored : "as all datasets"));
    std::printf("An endpoint that runs takes it over when it starts again%s.\n",
                given.schema.empty() ? "" : ", a schema with the dataset's next piece");
}

} // namespace

Result<DatasetSchema> readSchema(const std::string &path)
{
    const auto text = readFile(path, kMaxSchemaBytes + 1);
    if (!text)
        return tl::unexpected(text.error());
    auto schema = parseSchema(*text);
    if (!schema)
        return failWith(path, schema.error());
    return schema;
}

void addDataset(CLI::App &app, Context &context)
{
    CLI::App *dataset = app.add_subcommand("dataset", "How a dataset is logged");
    dataset->require_subcommand(1);
    auto given = std::make_shared<DatasetCommand>();
    CLI::App *all =
        addCommand(*dataset, context, "list", "Datasets with their rows and options", true);
    all->callback([&context] { list(context); });

    CLI::App *one = addCommand(*dataset, context, "show",
                               "How one dataset is logged, or without a name the others", true);
    one->add_option("DATASET", given->name);
    one->callback([&context, given] { show(context, given->name); });

    CLI::App *setting = addCommand(*dataset, context, "set", "Give a dataset options of its own");
    setting->add_option("DATASET", given->name)->required();
    setting->add_option("--aggregate-by", given->aggregateBy, "minute, hour, day, month or year");
    setting->add_option("--segment-by", given->segmentBy, "Columns to profile apart")
        ->delimiter(',');
    setting->add_option("--write-every", given->writeEvery,
                        "When finished pieces go to the outbox, such as 30s, 10m, 6h or 1d");
    setting->add_option(
        "--metrics", given->metrics,
        "all, or counts, distribution, cardinality, frequent-items, ints joined by +");
    setting->add_option("--schema", given->schema,
                        "JSON file with conditions, unicode ranges and metrics to leave out, by "
                        "column and by type; \"none\" for none");
    setting->add_option(
        "--destination", given->destination,
        "Destinations its profiles are sent to, and no others; separated by commas");
    setting->callback([&context, given] { change(context, *given, false); });

    CLI::App *reset = addCommand(*dataset, context, "reset", "Log a dataset as all others");
    reset->add_option("DATASET", given->name)->required();
    reset->callback([&context, given] { change(context, *given, true); });
}

} // namespace tepal::cli
