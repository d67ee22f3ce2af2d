#include "commands.h"
#include "output.h"

#include <tepal/base/clock.h>
#include <tepal/base/file.h>
#include <tepal/profile/file.h>
#include <tepal/profile/performance.h>
#include <tepal/profile/segments.h>
#include <tepal/profile/summary.h>
#include <tepal/profile/table.h>

#include <fmt/format.h>

#include <atomic>
#include <cmath>
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
    if (!options.performance.truth.empty())
        table.performance = options.performance;
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

/// Reads a profile file with a size limit that fits any real one.
Result<DatasetProfile> load(const std::string &path)
{
    const auto bytes = readFile(path, 1ull << 30);
    if (!bytes)
        return tl::unexpected(bytes.error());
    auto profile = parseProfile(*bytes);
    if (!profile)
        return failWith(path, profile.error());
    return profile;
}

void inspectPerformance(Context &context, const ModelPerformance &performance)
{
    if (context.json) {
        std::printf("%s\n", performanceJson(performance).c_str());
        return;
    }
    std::printf("Dataset time  %s\nCreated       %s\n",
                formatIso(performance.dataTimestamp).c_str(),
                formatIso(performance.sessionTimestamp).c_str());
    if (performance.classification) {
        const ConfusionMatrix &matrix = *performance.classification;
        std::printf("Records %llu, accuracy %s\n", static_cast<unsigned long long>(matrix.total()),
                    numberText(matrix.accuracy()).c_str());
        std::vector<std::vector<std::string>> rows{
            {"CLASS", "SUPPORT", "PRECISION", "RECALL", "F1"}};
        for (const std::string &label : matrix.labels()) {
            const ClassQuality quality = matrix.quality(label);
            rows.push_back({label, std::to_string(quality.support), numberText(quality.precision),
                            numberText(quality.recall), numberText(quality.f1)});
        }
        printTable(rows);
    }
    if (const auto &errors = performance.regression) {
        printTable({{"RECORDS", "MAE", "RMSE", "BIAS"},
                    {std::to_string(errors->count), numberText(errors->mae()),
                     numberText(errors->rmse()), numberText(errors->bias())}});
    }
}

void inspect(Context &context, const std::string &file)
{
    if (const auto bytes = readFile(file, 1ull << 30); bytes && looksLikeModelPerformance(*bytes)) {
        const auto performance = parseModelPerformance(*bytes);
        if (!performance)
            return context.fail(performance.error());
        return inspectPerformance(context, *performance);
    }
    const auto profile = load(file);
    if (!profile)
        return context.fail(profile.error());
    if (context.json) {
        std::printf("%s\n", inspectJson(*profile).c_str());
        return;
    }
    std::printf("Dataset time  %s\nCreated       %s\n",
                formatIso(profile->datasetTimestamp).c_str(),
                formatIso(profile->creationTimestamp).c_str());
    for (const auto &[key, value] : profile->metadata)
        std::printf("%s = %s\n", key.c_str(), value.c_str());
    std::vector<std::vector<std::string>> rows{
        {"COLUMN", "N", "MISSING", "DISTINCT", "MEAN", "SD", "MIN", "MEDIAN", "MAX", "TOP VALUE"}};
    for (const auto &[name, column] : profile->columns) {
        std::vector<std::string> row{name, std::to_string(column.counts.n),
                                     std::to_string(column.counts.null)};
        row.push_back(column.cardinality ? numberText(column.cardinality->estimate()) : "–");
        if (column.distribution && !column.distribution->kll.empty()) {
            const KllView view = column.distribution->kll.view();
            for (const double value : {column.distribution->mean, column.distribution->stddev(),
                                       view.min, view.quantile(0.5), view.max})
                row.push_back(numberText(value));
        } else {
            row.insert(row.end(), 5, "–");
        }
        const auto top = column.frequentStrings ? column.frequentStrings->listNoFalsePositives()
                                                : std::vector<FrequentString>();
        row.push_back(top.empty() ? "–" : fmt::format("{} ({})", top[0].value, top[0].estimate));
        rows.push_back(std::move(row));
    }
    printTable(rows);
}

void mergePerformance(Context &context, const std::vector<std::string> &files,
                      const std::string &output)
{
    std::optional<ModelPerformance> all;
    for (const std::string &file : files) {
        const auto bytes = readFile(file, 1ull << 30);
        if (!bytes)
            return context.fail(bytes.error());
        auto performance = parseModelPerformance(*bytes);
        if (!performance)
            return context.fail(performance.error());
        if (all)
            all->merge(*performance);
        else
            all = std::move(*performance);
    }
    if (const auto written = writeFileAtomic(output, serializeModelPerformance(*all)); !written)
        return context.fail(written.error());
    std::printf("Wrote %s (model performance from %zu files)\n", output.c_str(), files.size());
}

void merge(Context &context, const std::vector<std::string> &files, const std::string &output)
{
    const auto first = readFile(files.front(), 1ull << 30);
    if (first && looksLikeModelPerformance(*first))
        return mergePerformance(context, files, output);
    std::optional<DatasetProfile> all;
    for (const std::string &file : files) {
        auto profile = load(file);
        if (!profile)
            return context.fail(profile.error());
        if (all)
            all->merge(*profile);
        else
            all = std::move(*profile);
    }
    if (const auto written = writeFileAtomic(output, serializeProfile(*all)); !written)
        return context.fail(written.error());
    std::printf("Wrote %s (%lld rows from %zu files)\n", output.c_str(),
                static_cast<long long>(all->rows()), files.size());
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
    command->add_flag("--unicode-ranges", options->unicodeRanges,
                      "Count characters per unicode range and the lengths of texts");
    command->add_flag("--strict", options->strict, "Stop at the first bad row");
    command->callback([&context, options] { run(context, *options); });
}

void addInspect(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(app, context, "inspect", "Show what a profile holds", true);
    auto file = std::make_shared<std::string>();
    command->add_option("FILE", *file, "Profile file")->required();
    command->callback([&context, file] { inspect(context, *file); });
}

void addMerge(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(app, context, "merge", "Merge profiles into one");
    auto files = std::make_shared<std::vector<std::string>>();
    auto output = std::make_shared<std::string>();
    command->add_option("FILES", *files, "Profile files")->required();
    command->add_option("-o,--output", *output, "Profile to write")->required();
    command->callback([&context, files, output] { merge(context, *files, *output); });
}

} // namespace tepal::cli
