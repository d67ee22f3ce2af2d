#include "sides.h"

#include <tepal/store/references.h>
#include <tepal/store/segment_key.h>
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

/// Side B is windows of the dataset, not a reference or a file.
bool isWindows(const Against &against)
{
    return against.range.has_value() || against.segment.has_value();
}

/// Whether columns are numbers or categories is decided once per dataset, by its current reference:
/// it must not change with what somebody compares today.
Result<drift::Options> optionsFor(References references, const Question &question)
{
    drift::Options options;
    options.preset = question.preset;
    const Against &against = question.against;
    if (!against.profile && !isWindows(against) && against.name.empty())
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

Result<std::optional<SegmentTags>> storedSegment(Windows windows, const std::string &dataset,
                                                 const std::optional<SegmentTags> &segment)
{
    constexpr std::size_t kNamed = 5;
    if (!segment)
        return std::nullopt;
    const auto all = windows.segments(dataset);
    if (!all)
        return tl::unexpected(all.error());
    const auto found = std::find_if(all->begin(), all->end(), [&](const SegmentTags &each) {
        return std::is_permutation(each.begin(), each.end(), segment->begin(), segment->end());
    });
    if (found != all->end())
        return *found;
    std::string known;
    std::size_t named = 0;
    for (const SegmentTags &each : *all) {
        if (each.empty() || ++named > kNamed)
            continue;
        known += (known.empty() ? "" : ", ") + segmentLabel(each);
    }
    if (named > kNamed)
        known += fmt::format(" and {} more", named - kNamed);
    return fail(ErrorCode::NotFound,
                fmt::format("dataset \"{}\" has no segment {}", dataset, segmentLabel(*segment)),
                known.empty() ? "it is not profiled apart: see \"tepal dataset set --segment-by\""
                              : "there are " + known);
}

namespace {

/// Side B where it is windows of the dataset: another range, or another segment.
Result<Side> loadWindows(Windows windows, const Question &question)
{
    const Against &against = question.against;
    const auto segment = storedSegment(windows, question.dataset, against.segment);
    if (!segment)
        return tl::unexpected(segment.error());
    const TimeRange range = against.range.value_or(question.range);
    auto merged = windows.profile(question.dataset, range, {}, *segment);
    if (!merged)
        return tl::unexpected(merged.error());
    std::string name = against.segment ? segmentLabel(*against.segment) : std::string();
    if (against.range)
        name += (name.empty() ? "" : ", ") + rangeName(range);
    if (!*merged)
        return fail(ErrorCode::NotFound,
                    against.segment ? fmt::format("{} has no records from {}",
                                                  segmentLabel(*against.segment), rangeName(range))
                                    : fmt::format("there are no records from {}", rangeName(range)),
                    "compare with another range, or with a reference");
    return Side{std::move(name), (*merged)->rows(), std::move(*merged)};
}

Result<Side> loadStored(References references, const Question &question)
{
    const std::string &name = question.against.name;
    const auto info = findReference(references, question.dataset, name);
    if (!info)
        return tl::unexpected(info.error());
    if (!*info && name.empty())
        return tl::unexpected(noReference());
    if (!*info)
        return fail(ErrorCode::NotFound,
                    fmt::format("dataset \"{}\" has no reference \"{}\"", question.dataset, name),
                    "see \"tepal reference list\"");
    auto stored = references.get(question.dataset, (*info)->name);
    if (!stored)
        return tl::unexpected(stored.error());
    Side side{(*info)->name, (*info)->rows, {}};
    side.profile = std::make_shared<const DatasetProfile>(std::move(*stored));
    return side;
}

} // namespace

Result<Side> loadAgainst(Store &store, const Question &question)
{
    const Against &against = question.against;
    if (against.profile)
        return Side{against.name, against.profile->rows(), against.profile};
    if (isWindows(against))
        return loadWindows(Windows(store), question);
    return loadStored(References(store), question);
}

Result<Reference> loadReference(Store &store, const Question &question)
{
    auto side = loadAgainst(store, question);
    if (!side)
        return tl::unexpected(side.error());
    const Against &against = question.against;
    Reference reference{side->name, side->rows, {}, question.segment.has_value(), {}};
    if (!against.profile && isWindows(against)) {
        // Late rows change what it holds.
        const TimeRange range = against.range.value_or(question.range);
        reference.key = fmt::format("range:{}-{}:{}", range.start, range.end, side->rows);
        if (against.segment)
            reference.key += ":" + segmentKey(*against.segment);
        reference.passing = true;
    } else if (!against.profile) {
        reference.key = side->name;
    }
    auto options = optionsFor(References(store), question);
    if (!options)
        return tl::unexpected(options.error());
    reference.comparer =
        std::make_shared<const drift::Comparer>(std::move(side->profile), std::move(*options));
    return reference;
}

Result<std::vector<WindowInfo>> listLogged(Windows windows, const Question &question)
{
    auto logged = windows.list(question.dataset, question.range);
    if (logged && question.segment)
        std::erase_if(
            *logged, [&](const WindowInfo &window) { return window.segment != *question.segment; });
    return logged;
}

WindowSeries unite(const std::vector<WindowInfo> &logged, std::optional<Granularity> by, TimeMs now)
{
    WindowSeries result;
    TimeRange bucket;
    for (const WindowInfo &info : logged) {
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

std::string scoreKey(const Question &question)
{
    // To be raised whenever the same profiles would be scored otherwise.
    constexpr int kRules = 2;
    std::string key = fmt::format("{}@{}", drift::presetName(question.preset), kRules);
    if (question.by)
        key += fmt::format("/{}", granularityName(*question.by));
    if (question.segment)
        key += "/" + segmentKey(*question.segment);
    return key;
}

} // namespace tepal::monitor
