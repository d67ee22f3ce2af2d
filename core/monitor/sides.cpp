#include "sides.h"

#include <tepal/store/references.h>
#include <tepal/store/windows.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal::monitor {
namespace {

std::string rangeName(TimeRange range)
{
    return formatIso(range.start) + " – " + formatIso(range.end);
}

/// Of a dataset: the current one's name, or nothing.
Result<std::optional<ReferenceInfo>>
findReference(References references, const std::string &dataset, const std::string &name)
{
    const auto all = references.list(dataset);
    if (!all)
        return tl::unexpected(all.error());
    for (const ReferenceInfo &info : *all) {
        if (name.empty() ? info.current : info.name == name)
            return info;
    }
    return std::nullopt;
}

/// Whether columns are numbers or categories is decided once per dataset, by its current reference:
/// it must not change with what somebody compares today.
Result<drift::Options> optionsFor(References references, const Question &question)
{
    drift::Options options;
    options.preset = question.preset;
    if (!question.against.profile && !question.against.range && question.against.name.empty())
        return options;
    const auto current = findReference(references, question.dataset, {});
    if (!current)
        return tl::unexpected(current.error());
    if (!*current)
        return options;
    const auto profile = references.get(question.dataset, (*current)->name);
    if (!profile)
        return tl::unexpected(profile.error());
    options.categorical = drift::decideCategorical(*profile);
    return options;
}

Error noReference()
{
    return {ErrorCode::NotFound, "this dataset has no reference to compare with",
            "make one from a range of windows, or train a model"};
}

} // namespace

Result<Reference> loadReference(Store &store, const Question &question)
{
    References references(store);
    const Against &against = question.against;
    Reference reference;
    std::shared_ptr<const DatasetProfile> profile = against.profile;
    if (profile) {
        reference.name = against.name;
        reference.rows = profile->rows();
    } else if (against.range) {
        auto merged = Windows(store).profile(question.dataset, *against.range);
        if (!merged)
            return tl::unexpected(merged.error());
        if (!*merged)
            return fail(ErrorCode::NotFound,
                        fmt::format("there are no records from {}", rangeName(*against.range)),
                        "compare with another range, or with a reference");
        reference.name = rangeName(*against.range);
        reference.rows = (*merged)->rows();
        // Late rows change what it holds.
        reference.key =
            fmt::format("range:{}-{}:{}", against.range->start, against.range->end, reference.rows);
        reference.passing = true;
        profile = std::make_shared<const DatasetProfile>(std::move(**merged));
    } else {
        const auto info = findReference(references, question.dataset, against.name);
        if (!info)
            return tl::unexpected(info.error());
        if (!*info && against.name.empty())
            return tl::unexpected(noReference());
        if (!*info)
            return fail(ErrorCode::NotFound,
                        fmt::format("dataset \"{}\" has no reference \"{}\"", question.dataset,
                                    against.name),
                        "see \"tepal reference list\"");
        auto stored = references.get(question.dataset, (*info)->name);
        if (!stored)
            return tl::unexpected(stored.error());
        reference.name = reference.key = (*info)->name;
        reference.rows = (*info)->rows;
        profile = std::make_shared<const DatasetProfile>(std::move(*stored));
    }
    auto options = optionsFor(references, question);
    if (!options)
        return tl::unexpected(options.error());
    reference.comparer =
        std::make_shared<const drift::Comparer>(std::move(profile), std::move(*options));
    return reference;
}

Result<WindowSeries> listWindows(Windows windows, const std::string &dataset, TimeRange range,
                                 std::optional<Granularity> by, TimeMs now)
{
    const auto stored = windows.list(dataset, range);
    if (!stored)
        return tl::unexpected(stored.error());
    WindowSeries result;
    TimeRange bucket;
    for (const WindowInfo &info : *stored) {
        // Coarser windows than asked for stay as they are.
        const bool united = by && *by > info.granularity;
        const TimeRange here = united ? windowOf(info.start, *by) : TimeRange{info.start, info.end};
        result.granularity = united ? *by : info.granularity;
        // Where a dataset changed its granularity an hour and a day may begin together.
        if (result.windows.empty() ||
            (bucket != here && result.windows.back().range.start != info.start))
            result.windows.push_back({{info.start, info.end}, 0, false});
        bucket = here;
        // Of a day that the range cuts only the part in it, which is what its profile holds.
        Window &last = result.windows.back();
        last.range.end = std::max(last.range.end, info.end);
        last.rows += info.rows;
        // A window whose time is over may still wait for its chunk to be closed; it does not fill.
        last.open = last.open || (info.open && now < info.end);
    }
    return result;
}

std::string scoreKey(drift::Preset preset, std::optional<Granularity> by)
{
    // To be raised whenever the same profiles would be scored otherwise.
    constexpr int kRules = 2;
    std::string key = fmt::format("{}@{}", drift::presetName(preset), kRules);
    if (by)
        key += fmt::format("/{}", granularityName(*by));
    return key;
}

} // namespace tepal::monitor
