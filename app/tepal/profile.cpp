#include "commands.h"
#include "output.h"
#include "table_arguments.h"

#include <tepal/base/clock.h>
#include <tepal/base/text.h>
#include <tepal/profile/file.h>
#include <tepal/profile/performance.h>
#include <tepal/profile/segments.h>
#include <tepal/profile/table.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace tepal::cli {
namespace {

namespace fs = std::filesystem;

std::stop_source g_stop;

struct ProfileOptions
{
    std::string input;
    std::string output;
    std::string timestamp;
    std::string rowsAs = "table";
    std::vector<std::string> segmentBy;
    std::vector<std::string> tags;
    PerformanceColumns performance;
    std::string performanceAs;
    std::string schema;
    bool unicodeRanges = false;
    bool anyTime = false;
    TableArguments table;
};

Status addTags(const std::vector<std::string> &tags, DatasetProfile &profile)
{
    for (const std::string &tag : tags) {
        const std::size_t equals = tag.find('=');
        if (equals == tag.npos || equals == 0)
            return tepal::fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not a tag", tag),
                               "write it as key=value");
        profile.metadata[tag.substr(0, equals)] = tag.substr(equals + 1);
    }
    return {};
}

/// What is tracked, and how rows become profiles.
Result<TableOptions> tableOptions(const ProfileOptions &options)
{
    TableOptions table;
    auto read = options.table.options();
    if (!read)
        return tl::unexpected(read.error());
    table.read = std::move(*read);
    table.semantics = options.rowsAs == "records" ? Semantics::Row : Semantics::Table;
    table.segmentBy = options.segmentBy;
    table.creationTimestamp = SystemClock::instance().nowMs();
    table.datasetTimestamp = table.creationTimestamp;
    if (!options.timestamp.empty()) {
        const auto time =
            parseDataTime(options.timestamp, table.creationTimestamp, {options.anyTime});
        if (!time)
            return tl::unexpected(time.error());
        table.datasetTimestamp = *time;
    }
    if (options.unicodeRanges) {
        auto everyText = std::make_shared<ColumnSchema>();
        everyText->unicodeRanges = true;
        auto schema = std::make_shared<DatasetSchema>();
        schema->byType[ValueKind::String] = std::move(everyText);
        table.schema = std::move(schema);
    }
    if (!options.schema.empty()) {
        auto schema = readSchema(options.schema);
        if (!schema)
            return tl::unexpected(schema.error());
        table.schema = std::make_shared<const DatasetSchema>(std::move(*schema));
    }
    if (!options.performance.truth.empty())
        table.performance = options.performance;
    if (table.performance && !options.performanceAs.empty())
        table.performance->as = options.performanceAs == "numbers"
                                    ? PerformanceColumns::As::Numbers
                                    : PerformanceColumns::As::Classes;
    return table;
}

/// A file that is written, and what is said of it.
struct Output
{
    fs::path path;
    std::string bytes;
    std::string what; ///< "150 rows, 5 columns"
    std::int64_t rows = 0;
    std::size_t columns = 0;
};

fs::path performancePath(const fs::path &output)
{
    if (output == "-")
        return "performance.bin";
    return output.parent_path() / (output.stem().string() + "_performance.bin");
}

/// The files of segments lie beside the output, named as whylogs names them.
Result<std::vector<Output>> outputsOf(TableProfile &result, const ProfileOptions &options)
{
    const fs::path wanted(options.output);
    std::vector<Output> outputs;
    if (result.performance)
        outputs.push_back({performancePath(wanted), serializeModelPerformance(*result.performance),
                           "model performance", 0, 0});
    std::vector<SegmentTags> segments;
    for (const DatasetProfile &profile : result.profiles)
        segments.push_back(profile.segment);
    const bool segmented = !options.segmentBy.empty();
    const auto names =
        segmented ? segmentFileNames(wanted.stem().string(), segments) : std::vector<std::string>();
    for (std::size_t i = 0; i < result.profiles.size(); ++i) {
        DatasetProfile &profile = result.profiles[i];
        if (auto tagged = addTags(options.tags, profile); !tagged)
            return tl::unexpected(tagged.error());
        Output output;
        output.path =
            segmented && !profile.segment.empty() ? wanted.parent_path() / names[i] : wanted;
        output.bytes = serializeProfile(profile);
        output.rows = profile.rows();
        output.columns = profile.columns.size();
        output.what = countText(static_cast<std::uint64_t>(output.rows), "row") + ", " +
                      countText(output.columns, "column");
        outputs.push_back(std::move(output));
    }
    return outputs;
}

nlohmann::json reportOf(const table::ReadReport &read, const std::vector<Output> &outputs,
                        const fs::path &rejected)
{
    nlohmann::json report;
    report["read_as"] = table::describe(read.dialect, read.columns.size());
    report["rows"] = read.rows;
    report["rejected"] = read.badRows;
    report["rejected_file"] =
        read.badRows > 0 ? nlohmann::json(rejected.string()) : nlohmann::json();
    report["short_rows"] = read.shortRows;
    report["empty_lines"] = read.emptyLines;
    for (const auto &[name, type] : read.types)
        report["types"][name] = table::columnTypeName(type);
    report["outputs"] = nlohmann::json::array();
    for (const Output &output : outputs)
        report["outputs"].push_back({{"file", output.path.string()},
                                     {"rows", output.rows},
                                     {"columns", output.columns},
                                     {"bytes", output.bytes.size()}});
    return report;
}

void run(Context &context, const ProfileOptions &options)
{
    auto table = tableOptions(options);
    if (!table)
        return context.fail(table.error());
    const bool toStream = options.output == "-";
    if (toStream && !options.segmentBy.empty())
        return context.fail({ErrorCode::InvalidArgument,
                             "segments are files of their own and do not fit one stream",
                             "name an output file"});
    const fs::path rejectedPath = options.table.rejectedPath(options.input, options.output);
    if (auto safe = refuseOverwriting(
            {options.input}, {options.output, rejectedPath, performancePath(options.output)});
        !safe)
        return context.fail(safe.error());
    if (auto folder = checkFolder(options.output); !folder)
        return context.fail(folder.error());
    RejectedRows rejected(rejectedPath);
    table->read.rejected = [&](const table::BadRow &row) { return rejected.add(row); };
    table->read.found = sayDialect;
    std::error_code ignored;
    const auto total = options.input == "-" ? 0 : fs::file_size(options.input, ignored);
    auto progress = std::make_unique<Progress>();
    table->read.progress = [&](std::uint64_t bytes, std::uint64_t rows) {
        progress->show(total > 0 && !ignored ? fmt::format("{:.0f} %  {}",
                                                           100 * static_cast<double>(bytes) /
                                                               static_cast<double>(total),
                                                           countText(rows, "row"))
                                             : countText(rows, "row"));
    };
    table->read.stop = g_stop.get_token();
    std::signal(SIGINT, [](int) { g_stop.request_stop(); });

    auto result = profileTable(options.input, *table);
    progress.reset();
    if (!result)
        return context.failRows(result.error());
    if (auto closed = rejected.close(); !closed)
        return context.fail(closed.error());
    if (result->read.rows == 0 && result->read.badRows > 0)
        return context.failRows(
            {ErrorCode::Corrupt,
             fmt::format("none of {} can be read; see {}", countText(result->read.badRows, "row"),
                         rejected.path().string()),
             "look there for the reasons; the table may be written in another "
             "way than it was read"});
    auto outputs = outputsOf(*result, options);
    if (!outputs)
        return context.fail(outputs.error());
    for (const Output &output : *outputs) {
        if (auto safe = refuseOverwriting({options.input}, {output.path}); !safe)
            return context.fail(safe.error());
        if (const auto written = writeOutput(output.path, output.bytes); !written)
            return context.fail(written.error());
        if (!context.json)
            std::fprintf(toStream ? stderr : stdout, "Wrote %s (%s, %s)\n",
                         toStream ? "to standard output"
                                  : terminalText(output.path.string()).c_str(),
                         output.what.c_str(), sizeText(output.bytes.size()).c_str());
    }
    if (context.json)
        std::fprintf(toStream ? stderr : stdout, "%s\n",
                     reportOf(result->read, *outputs, rejected.path()).dump(2).c_str());
    std::fflush(stdout);
    sayRows(result->read, rejected);
}

} // namespace

void addProfile(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(
        app, context, "profile", "Profile a table: CSV and its relatives, JSON lines, JSON", true);
    auto options = std::make_shared<ProfileOptions>();
    command
        ->add_option(
            "INPUT", options->input,
            "FILE.csv, .tsv, .txt, .jsonl, .json, also with .gz, .zst, .bz2, .xz, .zip; - for "
            "standard input")
        ->required();
    command->add_option("-o,--output", options->output, "Profile to write, - for standard output")
        ->required();
    command->add_option(
        "--dataset-timestamp", options->timestamp,
        "Time of the data: ISO 8601, or seconds, milliseconds, … since 1970 (default: "
        "now)");
    command->add_flag("--any-time", options->anyTime,
                      "Take a time before 1980 or more than a year ahead");
    command->add_option("--segment-by", options->segmentBy, "One file per value of these columns")
        ->delimiter(',');
    command->add_option("--tag", options->tags, "key=value to store in the profile");
    command
        ->add_option("--rows-as", options->rowsAs,
                     "Follow whylogs' way with a data frame (table) or with dictionaries (records)")
        ->check(CLI::IsMember({"records", "table"}))
        ->capture_default_str();
    CLI::Option *const truth =
        command->add_option("--truth", options->performance.truth,
                            "Column with the truth: also writes OUTPUT_performance.bin");
    CLI::Option *const prediction =
        command
            ->add_option("--prediction", options->performance.prediction,
                         "Column with what the model predicted")
            ->needs(truth);
    truth->needs(prediction);
    command
        ->add_option("--score", options->performance.score,
                     "Column with the model's score for its prediction, 0 to 1")
        ->needs(truth);
    command
        ->add_option("--truth-as", options->performanceAs,
                     "Compare as classes or as numbers (default: as numbers if the first row's "
                     "have fractions)")
        ->check(CLI::IsMember({"classes", "numbers"}))
        ->needs(truth);
    CLI::Option *const schema = command->add_option("--schema", options->schema,
                                                    "JSON file with conditions, unicode ranges and "
                                                    "metrics to leave out, by column and by type");
    command
        ->add_flag("--unicode-ranges", options->unicodeRanges,
                   "Count characters per unicode range and the lengths of texts in every text "
                   "column (in a schema: \"types\": {\"string\": {\"unicode\": true}})")
        ->excludes(schema);
    options->table.addTo(*command);
    command->callback([&context, options] { run(context, *options); });
}

} // namespace tepal::cli
