#include "commands.h"
#include "output.h"

#include <tepal/base/clock.h>
#include <tepal/base/file.h>
#include <tepal/profile/file.h>
#include <tepal/profile/performance.h>
#include <tepal/profile/segments.h>
#include <tepal/profile/table.h>

#include <fmt/format.h>

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
    std::vector<std::string> nulls;
    PerformanceColumns performance;
    std::string performanceAs;
    std::string schema;
    bool unicodeRanges = false;
    bool strict = false;
};

/// The file of a segment lies beside the output, named as whylogs names it.
fs::path segmentPath(const fs::path &output, const SegmentTags &segment)
{
    return output.parent_path() / segmentFileName(output.stem().string(), segment);
}

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

void run(Context &context, const ProfileOptions &options)
{
    const auto format = tableFormatOf(options.input);
    if (!format)
        return context.fail(format.error());
    TableOptions table;
    table.semantics = options.rowsAs == "records" ? Semantics::Row : Semantics::Table;
    table.segmentBy = options.segmentBy;
    table.strict = options.strict;
    if (!options.nulls.empty())
        table.nullTexts = options.nulls;
    table.creationTimestamp = SystemClock::instance().nowMs();
    table.datasetTimestamp = table.creationTimestamp;
    if (!options.timestamp.empty()) {
        const auto time = parseTime(options.timestamp);
        if (!time)
            return context.fail(time.error());
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
            return context.fail(schema.error());
        table.schema = std::make_shared<const DatasetSchema>(std::move(*schema));
    }
    if (!options.performance.truth.empty())
        table.performance = options.performance;
    if (table.performance && !options.performanceAs.empty())
        table.performance->as = options.performanceAs == "numbers"
                                    ? PerformanceColumns::As::Numbers
                                    : PerformanceColumns::As::Classes;
    std::error_code ignored;
    const auto total = fs::file_size(options.input, ignored);
    auto progress = std::make_unique<Progress>();
    table.progress = [&](std::uint64_t bytes, std::uint64_t rows) {
        const double share =
            total > 0 ? 100 * static_cast<double>(bytes) / static_cast<double>(total) : 0;
        progress->show(fmt::format("{:.0f} %  {} rows", share, rows));
    };
    table.stop = g_stop.get_token();
    std::signal(SIGINT, [](int) { g_stop.request_stop(); });

    auto result = profileTable(options.input, *format, table);
    progress.reset();
    if (!result)
        return context.fail(result.error());
    for (const std::string &problem : result->problems)
        std::fprintf(stderr, "tepal: skipped %s\n", problem.c_str());
    if (result->skipped > result->problems.size())
        std::fprintf(stderr, "tepal: skipped %llu rows in all\n",
                     static_cast<unsigned long long>(result->skipped));
    if (result->performance) {
        const fs::path output(options.output);
        const fs::path path = output.parent_path() / (output.stem().string() + "_performance.bin");
        const std::string bytes = serializeModelPerformance(*result->performance);
        if (const auto written = writeFileAtomic(path, bytes); !written)
            return context.fail(written.error());
        std::printf("Wrote %s (model performance, %s)\n", path.string().c_str(),
                    sizeText(bytes.size()).c_str());
    }
    for (DatasetProfile &profile : result->profiles) {
        if (const auto tagged = addTags(options.tags, profile); !tagged)
            return context.fail(tagged.error());
        const fs::path path = profile.segment.empty()
                                  ? fs::path(options.output)
                                  : segmentPath(options.output, profile.segment);
        const std::string bytes = serializeProfile(profile);
        if (const auto written = writeFileAtomic(path, bytes); !written)
            return context.fail(written.error());
        std::printf("Wrote %s (%lld rows, %zu columns, %s)\n", path.string().c_str(),
                    static_cast<long long>(profile.rows()), profile.columns.size(),
                    sizeText(bytes.size()).c_str());
    }
}

} // namespace

void addProfile(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(app, context, "profile", "Profile a CSV or JSONL file");
    auto options = std::make_shared<ProfileOptions>();
    command->add_option("INPUT", options->input, "FILE.csv or FILE.jsonl, also with .gz")
        ->required();
    command->add_option("-o,--output", options->output, "Profile to write")->required();
    command->add_option("--dataset-timestamp", options->timestamp,
                        "Time of the data, ISO 8601 or milliseconds (default: now)");
    command->add_option("--segment-by", options->segmentBy, "One file per value of these columns")
        ->delimiter(',');
    command->add_option("--tag", options->tags, "key=value to store in the profile");
    command->add_option("--null", options->nulls, "Cell texts that mean missing (CSV)");
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
    command->add_flag("--strict", options->strict, "Stop at the first bad row");
    command->callback([&context, options] { run(context, *options); });
}

} // namespace tepal::cli
