#include "commands.h"
#include "output.h"
#include "time_range.h"

#include <tepal/base/clock.h>
#include <tepal/base/recent.h>
#include <tepal/drift/compare.h>
#include <tepal/monitor/report.h>
#include <tepal/store/segment_key.h>
#include <tepal/store/store.h>
#include <tepal/store/windows.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

namespace tepal::cli {
namespace {

struct DriftOptions
{
    std::string target;
    std::string reference;
    std::string dataset;
    TimeRangeText range;
    std::string by;
    std::string segment;
    std::string against;
    std::string againstSegment;
    std::string column;
    std::string preset = "tepal";
    std::string adjust = "bh";
    double alpha = 0.05;
};

std::string pText(double p)
{
    return std::isnan(p) ? "–" : p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", p);
}

std::string rangeText(double low, double high)
{
    if (std::isnan(low) || std::isnan(high))
        return "–";
    return fmt::format("{:.4g}–{:.4g}", low, high);
}

std::string bandText(const drift::Measure &measure)
{
    return measure.exact ? "exact" : rangeText(measure.bandLow, measure.bandHigh);
}

/// Few values on a side are said beside whatever follows from them.
std::string verdictText(drift::Verdict verdict, bool lowEvidence)
{
    return fmt::format("{}{}", drift::verdictName(verdict), lowEvidence ? " (low evidence)" : "");
}

void addMeasure(std::vector<std::string> &row, const drift::ColumnDrift &column)
{
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
}

void print(const drift::DatasetDrift &result)
{
    std::vector<std::vector<std::string>> rows{
        {"COLUMN", "VERDICT", "MEASURE", "VALUE", "BAND", "FLOOR", "P", "N REF", "N TARGET"}};
    for (const drift::ColumnDrift &column : result.columns) {
        std::vector<std::string> row{column.name, verdictText(column.verdict, column.lowEvidence)};
        addMeasure(row, column);
        rows.push_back(std::move(row));
    }
    printTable(rows);
    std::printf("\n");
    for (const drift::ColumnDrift &column : result.columns)
        printLine(fmt::format("{}: {}", column.name, column.reason));
}

/// One column with everything that can be said of it.
void print(const monitor::ColumnDetail &detail)
{
    const drift::ColumnDrift &column = detail.drift;
    printLine(fmt::format("{}: {}", column.name, drift::verdictName(column.verdict)));
    printLine(column.reason);
    printLine(fmt::format("{} to {}, n {} against {} of {}", formatIso(detail.focus.start),
                          formatIso(detail.focus.end), monitor::grouped(column.m),
                          monitor::grouped(column.n), detail.reference));
    std::printf("\n");
    std::vector<std::vector<std::string>> rows{
        {"MEASURE", "VALUE", "BAND", "INTERVAL", "P", "FLOOR", "DRIFT FROM", "HOW"}};
    for (const drift::Measure &measure : column.measures)
        rows.push_back({measure.key, numberText(measure.value), bandText(measure),
                        rangeText(measure.intervalLow, measure.intervalHigh),
                        measure.p ? pText(*measure.p) : "–", numberText(measure.floor),
                        numberText(measure.threshold), measure.method});
    printTable(rows);
}

void print(const monitor::Judgement &judgement)
{
    printLine(monitor::sentence(monitor::findings(judgement), judgement.openRows));
    const auto counted = [](std::int64_t count, std::string_view one, std::string_view many) {
        return fmt::format("{} {}", monitor::grouped(count), count == 1 ? one : many);
    };
    const auto &segment = judgement.question.segment;
    printLine(fmt::format(
        "{}{} in {} from {} to {}, against {} ({})", counted(judgement.rows, "row", "rows"),
        segment ? " of " + segmentLabel(*segment) : "",
        counted(static_cast<std::int64_t>(judgement.windows), "window", "windows"),
        formatIso(judgement.question.range.start), formatIso(judgement.question.range.end),
        judgement.reference, counted(judgement.referenceRows, "row", "rows")));
    if (judgement.columns.empty())
        return;
    std::printf("\n");
    std::vector<std::vector<std::string>> rows{{"COLUMN", "VERDICT", "SINCE", "MEASURE", "VALUE",
                                                "BAND", "FLOOR", "P", "N REF", "N TARGET"}};
    for (const monitor::ColumnJudgement &column : judgement.columns) {
        std::vector<std::string> row{column.name,
                                     verdictText(column.verdict, column.range.lowEvidence),
                                     column.since != 0 ? monitor::weekdayTime(column.since) : "–"};
        addMeasure(row, column.range);
        rows.push_back(std::move(row));
    }
    printTable(rows);
    std::printf("\n");
    for (const monitor::ColumnJudgement &column : judgement.columns)
        printLine(fmt::format("{}: {}", column.name, column.reason));
}

void compareFiles(Context &context, const DriftOptions &options, const drift::Options &settings)
{
    const auto target = loadProfile(options.target);
    if (!target)
        return context.fail(target.error());
    const auto reference = loadProfile(options.reference);
    if (!reference)
        return context.fail(reference.error());
    const auto result = drift::compare(*reference, *target, settings);
    if (context.json)
        std::printf("%s\n", drift::driftJson(result).c_str());
    else
        print(result);
}

Result<std::optional<SegmentTags>> parseSide(const std::string &option, const std::string &text)
{
    if (text.empty())
        return std::nullopt;
    auto segment = parseSegment(text);
    if (!segment)
        return failWith(option, segment.error());
    return *segment;
}

/// The name of a reference, or FROM/TO.
Result<monitor::Against> parseAgainst(const std::string &text, const std::string &segmentText)
{
    monitor::Against against;
    const auto segment = parseSide("--against-segment", segmentText);
    if (!segment)
        return tl::unexpected(segment.error());
    against.segment = *segment;
    const auto slash = text.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
        if (against.segment && !text.empty())
            return fail(ErrorCode::InvalidArgument, "a reference is not kept by segments",
                        "leave --against out, or give it a range as FROM/TO");
        against.name = text;
        return against;
    }
    const auto range = parseRange({text.substr(0, slash), text.substr(slash + 1)}, allTime());
    if (!range)
        return failWith("--against", range.error());
    against.range = *range;
    return against;
}

/// What is not given is what the Drift page shows at first: the last seven days.
Result<TimeRange> rangeOf(Windows windows, const DriftOptions &options, TimeMs now)
{
    const auto datasets = windows.datasets();
    if (!datasets)
        return tl::unexpected(datasets.error());
    const auto dataset = std::find_if(datasets->begin(), datasets->end(), [&](const auto &info) {
        return info.name == options.dataset;
    });
    if (dataset == datasets->end())
        return fail(ErrorCode::NotFound, fmt::format("there is no dataset \"{}\"", options.dataset),
                    "see \"tepal windows\"");
    if (options.range.given())
        return parseRange(options.range, {dataset->first, dataset->last});
    const auto last = windows.list(options.dataset, {dataset->last - 1, dataset->last});
    if (!last)
        return tl::unexpected(last.error());
    const Granularity granularity = last->empty() ? Granularity::Hour : last->back().granularity;
    return recentWindows(7 * kDayMs, granularity, now, {dataset->first, dataset->last});
}

void judgeDataset(Context &context, const DriftOptions &options, drift::Preset preset)
{
    auto store = Store::open(context.home().database());
    if (!store)
        return context.fail(store.error());
    const TimeMs now = SystemClock::instance().nowMs();
    const auto range = rangeOf(Windows(**store), options, now);
    if (!range)
        return context.fail(range.error());
    monitor::Question question;
    question.dataset = options.dataset;
    question.range = *range;
    question.preset = preset;
    if (!options.by.empty()) {
        const auto by = parseGranularity(options.by);
        if (!by)
            return context.fail(by.error());
        question.by = *by;
    }
    const auto segment = parseSide("--segment", options.segment);
    if (!segment)
        return context.fail(segment.error());
    question.segment = *segment;
    auto against = parseAgainst(options.against, options.againstSegment);
    if (!against)
        return context.fail(against.error());
    question.against = *against;
    Progress progress;
    const auto judgement =
        monitor::judge(**store, question, now, {}, [&](std::size_t done, std::size_t total) {
            progress.show(fmt::format("{} of {} windows", done, total));
        });
    if (!judgement)
        return context.fail(judgement.error());
    if (options.column.empty()) {
        if (context.json)
            std::printf("%s\n", monitor::judgementJson(*judgement).c_str());
        else
            print(*judgement);
        return;
    }
    TimeRange focus = *range;
    for (const monitor::ColumnJudgement &column : judgement->columns) {
        if (column.name == options.column)
            focus = column.detailRange(*range);
    }
    const auto detail = monitor::judgeColumn(**store, question, options.column, focus);
    if (!detail)
        return context.fail(detail.error());
    if (context.json)
        std::printf("%s\n", monitor::detailJson(*detail).c_str());
    else
        print(*detail);
}

void run(Context &context, const DriftOptions &options)
{
    drift::Options settings;
    const auto preset = drift::parsePreset(options.preset);
    if (!preset)
        return context.fail(preset.error());
    const auto adjust = drift::parseAdjust(options.adjust);
    if (!adjust)
        return context.fail(adjust.error());
    settings.preset = *preset;
    settings.adjust = *adjust;
    settings.alpha = options.alpha;
    if (!options.dataset.empty())
        return judgeDataset(context, options, *preset);
    if (options.reference.empty())
        return context.fail({ErrorCode::InvalidArgument, "there is nothing to compare",
                             "give a profile and a reference, or --dataset"});
    compareFiles(context, options, settings);
}

} // namespace

void addDrift(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(
        app, context, "drift", "Compare a profile, or a dataset's windows, with a reference", true);
    auto options = std::make_shared<DriftOptions>();
    CLI::Option *target = command->add_option("TARGET", options->target, "Profile to judge");
    command->add_option("REFERENCE", options->reference, "Profile to compare with");
    CLI::Option *dataset = command->add_option(
        "--dataset", options->dataset, "Judge the windows of this dataset, as the Drift page does");
    dataset->excludes(target);
    CLI::Option *from =
        command->add_option("--from", options->range.from,
                            "From this time on; without --from and --to the last 7 days");
    CLI::Option *to = command->add_option("--to", options->range.to, "Up to this time");
    CLI::Option *by =
        command->add_option("--by", options->by, "Put windows together: hour, day, month or year");
    CLI::Option *against = command->add_option(
        "--against", options->against,
        "A reference's name, or another range as FROM/TO; else the current one");
    CLI::Option *segment = command->add_option("--segment", options->segment,
                                               "Only the rows of this segment, such as country=CH");
    CLI::Option *other =
        command->add_option("--against-segment", options->againstSegment,
                            "Compare with this segment, of the same range or of that of --against");
    CLI::Option *column =
        command->add_option("--column", options->column, "All measures of this column");
    for (CLI::Option *option : {from, to, by, segment, against, other, column})
        option->needs(dataset);
    command->add_option("--preset", options->preset, "Rules of " + drift::presetNames())
        ->capture_default_str();
    CLI::Option *adjust = command->add_option("--adjust", options->adjust,
                                              "For testing many columns at once: bh "
                                              "(Benjamini-Hochberg), holm or none");
    adjust->capture_default_str()->excludes(dataset);
    CLI::Option *alpha = command->add_option("--alpha", options->alpha, "Level of significance");
    alpha->check(CLI::Range(0.0, 1.0))->capture_default_str()->excludes(dataset);
    command->callback([&context, options] { run(context, *options); });
}

} // namespace tepal::cli
