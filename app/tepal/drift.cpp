#include "commands.h"
#include "output.h"

#include <tepal/drift/compare.h>

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <memory>

namespace tepal::cli {
namespace {

struct DriftOptions
{
    std::string target;
    std::string reference;
    std::string preset = "tepal";
    double alpha = 0.05;
};

std::string pText(double p)
{
    return std::isnan(p) ? "–" : p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", p);
}

std::string bandText(const drift::Measure &measure)
{
    if (measure.exact)
        return "exact";
    if (std::isnan(measure.bandLow) || std::isnan(measure.bandHigh))
        return "–";
    return fmt::format("{:.4g}–{:.4g}", measure.bandLow, measure.bandHigh);
}

/// Few values on a side are said beside whatever follows from them.
std::string verdictText(const drift::ColumnDrift &column)
{
    return fmt::format("{}{}", drift::verdictName(column.verdict),
                       column.lowEvidence ? " (low evidence)" : "");
}

void print(const drift::DatasetDrift &result)
{
    std::vector<std::vector<std::string>> rows{
        {"COLUMN", "VERDICT", "MEASURE", "VALUE", "BAND", "FLOOR", "P", "N REF", "N TARGET"}};
    for (const drift::ColumnDrift &column : result.columns) {
        std::vector<std::string> row{column.name, verdictText(column)};
        if (const drift::Measure *effect = column.find(column.effectKey)) {
            row.push_back(effect->key);
            row.push_back(numberText(effect->value));
            row.push_back(bandText(*effect));
            row.push_back(numberText(effect->floor));
            row.push_back(pText(column.adjustedP));
        } else {
            row.insert(row.end(), 5, "–");
        }
        row.push_back(std::to_string(column.n));
        row.push_back(std::to_string(column.m));
        rows.push_back(std::move(row));
    }
    printTable(rows);
    std::printf("\n");
    for (const drift::ColumnDrift &column : result.columns)
        printLine(fmt::format("{}: {}", column.name, column.reason));
}

void run(Context &context, const DriftOptions &options)
{
    const auto preset = drift::parsePreset(options.preset);
    if (!preset)
        return context.fail(preset.error());
    const auto target = loadProfile(options.target);
    if (!target)
        return context.fail(target.error());
    const auto reference = loadProfile(options.reference);
    if (!reference)
        return context.fail(reference.error());
    drift::Options settings;
    settings.preset = *preset;
    settings.alpha = options.alpha;
    const auto result = drift::compare(*reference, *target, settings);
    if (context.json)
        std::printf("%s\n", drift::driftJson(result).c_str());
    else
        print(result);
}

} // namespace

void addDrift(CLI::App &app, Context &context)
{
    CLI::App *command =
        addCommand(app, context, "drift", "Compare a profile with a reference", true);
    auto options = std::make_shared<DriftOptions>();
    command->add_option("TARGET", options->target, "Profile to judge")->required();
    command->add_option("REFERENCE", options->reference, "Profile to compare with")->required();
    command
        ->add_option("--preset", options->preset,
                     "Rules of tepal, whylogs, whylabs, evidently, nannyml or deepchecks")
        ->capture_default_str();
    command->add_option("--alpha", options->alpha, "Level of significance")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command->callback([&context, options] { run(context, *options); });
}

} // namespace tepal::cli
