// `tepal inspect`: what a profile holds; and how the commands read one.

#include "commands.h"
#include "output.h"

#include <tepal/base/file.h>
#include <tepal/profile/file.h>
#include <tepal/profile/performance.h>
#include <tepal/profile/summary.h>

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

namespace tepal::cli {

namespace {

constexpr std::uint64_t kMaxFile = 1ull << 30;

Result<std::string> readStandardInput()
{
#ifdef _WIN32
    _setmode(_fileno(stdin), _O_BINARY);
#endif
    std::string bytes;
    char buffer[1 << 16];
    while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, stdin)) {
        bytes.append(buffer, got);
        if (bytes.size() > kMaxFile)
            return tepal::fail(ErrorCode::InvalidArgument,
                               "more than 1 GiB of profiles on standard input",
                               "merge them in parts");
    }
    return bytes;
}

Result<DatasetProfile> oneProfile(const std::string &path, std::string_view bytes)
{
    std::size_t size = 0;
    auto profile = parseProfile(bytes, &size);
    if (!profile)
        return failWith(inputName(path), profile.error());
    if (bytes.substr(size).starts_with(kProfileMagic))
        return tepal::fail(ErrorCode::InvalidArgument,
                           inputName(path) + " holds several profiles, one after the other",
                           "merge them first: tepal merge - -o ALL.bin");
    return profile;
}

} // namespace

std::string inputName(const std::string &path)
{
    return path == "-" ? "standard input" : path;
}

Result<std::string> readProfileBytes(const std::string &path)
{
    auto bytes = path == "-" ? readStandardInput() : readFile(path, kMaxFile);
    if (bytes && bytes->empty())
        return tepal::fail(ErrorCode::Corrupt, inputName(path) + " is empty",
                           "look why what writes it ended early");
    return bytes;
}

Result<DatasetProfile> loadProfile(const std::string &path)
{
    const auto bytes = readProfileBytes(path);
    if (!bytes)
        return tl::unexpected(bytes.error());
    return oneProfile(path, *bytes);
}

namespace {

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

void printConditions(const DatasetProfile &profile)
{
    std::vector<std::vector<std::string>> rows{{"COLUMN", "CONDITION", "MET", "OF", "SHARE"}};
    for (const auto &[name, column] : profile.columns) {
        if (!column.conditions)
            continue;
        for (const auto &[condition, met] : column.conditions->matches) {
            const std::int64_t total = column.conditions->total;
            rows.push_back({name, condition, std::to_string(met), std::to_string(total),
                            total > 0 ? fmt::format("{:.2f} %", 100 * static_cast<double>(met) /
                                                                    static_cast<double>(total))
                                      : "–"});
        }
    }
    if (rows.size() > 1) {
        std::printf("\n");
        printTable(rows);
    }
}

/// Ranges that no text has a character of are left out.
void printUnicodeRanges(const DatasetProfile &profile)
{
    std::vector<std::vector<std::string>> rows{
        {"COLUMN", "CHARACTERS PER TEXT", "MEAN", "MIN", "MEDIAN", "MAX"}};
    for (const auto &[name, column] : profile.columns) {
        for (const UnicodeRange &range : column.unicodeRanges) {
            const auto &distribution = range.profile.distribution;
            if (!distribution || distribution->kll.empty())
                continue;
            const KllView view = distribution->kll.view();
            if (view.max > 0)
                rows.push_back({name, range.name, numberText(distribution->mean),
                                numberText(view.min), numberText(view.quantile(0.5)),
                                numberText(view.max)});
        }
    }
    if (rows.size() > 1) {
        std::printf("\n");
        printTable(rows);
    }
}

void inspect(Context &context, const std::string &file)
{
    const auto bytes = readProfileBytes(file);
    if (!bytes)
        return context.fail(bytes.error());
    if (looksLikeModelPerformance(*bytes)) {
        const auto performance = parseModelPerformance(*bytes);
        if (!performance)
            return context.fail(performance.error());
        return inspectPerformance(context, *performance);
    }
    const auto profile = oneProfile(file, *bytes);
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
        printLine(fmt::format("{} = {}", key, value));
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
    printConditions(*profile);
    printUnicodeRanges(*profile);
}

} // namespace

void addInspect(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(app, context, "inspect", "Show what a profile holds", true);
    auto file = std::make_shared<std::string>();
    command->add_option("FILE", *file, "Profile file, - for standard input")->required();
    command->callback([&context, file] { inspect(context, *file); });
}

} // namespace tepal::cli
