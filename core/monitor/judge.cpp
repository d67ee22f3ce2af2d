#include "sides.h"

#include <tepal/monitor/judge.h>
#include <tepal/store/references.h>
#include <tepal/store/scores.h>
#include <tepal/store/windows.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace tepal::monitor {
namespace {

using drift::Verdict;

/// Of the last three windows two must agree before a column is said to drift.
constexpr int kRecentWindows = 3;
constexpr int kRecentAgree = 2;
/// An open window is looked at again and again while it fills.
constexpr double kOpenAlpha = 0.001;
constexpr TimeRange kAllTime{std::numeric_limits<TimeMs>::min() / 2,
                             std::numeric_limits<TimeMs>::max() / 2};

Point pointOf(const ScoredWindow &window, const Score &score)
{
    Point point;
    point.window = window.window.range;
    point.open = window.window.open;
    point.verdict = static_cast<Verdict>(score.verdict);
    point.cause = static_cast<drift::Cause>(score.cause);
    point.value = score.value;
    point.bandLow = score.bandLow;
    point.bandHigh = score.bandHigh;
    point.floor = score.floor;
    point.p = score.p;
    point.n = score.n;
    return point;
}

bool canJudge(const Point &point)
{
    return point.verdict != Verdict::NoData && point.verdict != Verdict::LowEvidence;
}

/// The present run: back from the end while windows drift; nights in which nothing can be said do
/// not end it.
TimeMs startOfRun(std::span<const Point> points)
{
    TimeMs since = 0;
    for (auto it = points.rbegin(); it != points.rend(); ++it) {
        if (it->verdict == Verdict::Drift)
            since = it->window.start;
        else if (!it->open &&
                 (it->verdict == Verdict::NoDrift || it->verdict == Verdict::Negligible))
            break;
    }
    return since;
}

/// Why a column is called drifting although all rows together may say less.
std::string basisReason(const ColumnJudgement &column, const Judgement &judgement)
{
    const Point *decisive = nullptr;
    for (const Point &point : column.points) {
        if (point.verdict == column.verdict && point.open == (column.basis == Basis::Now))
            decisive = &point;
    }
    if (decisive == nullptr)
        return column.reason;
    std::string what =
        decisive->cause == drift::Cause::Missing ? "the share of missing values"
        : decisive->cause == drift::Cause::ForeignType
            ? "the share of values of another type"
            : fmt::format("{} {:.3g}", drift::measureLabel(column.measure), decisive->value);
    return fmt::format("{}: {}; all rows of the range: {}",
                       basisText(column.basis, judgement.openRows), what, column.reason);
}

/// What the range says, before the windows do.
ColumnJudgement columnOf(drift::ColumnDrift range)
{
    ColumnJudgement column;
    column.name = range.name;
    column.reason = range.reason;
    column.rowsNeeded = range.rowsNeeded;
    column.threshold = column.possible = column.worst = std::numeric_limits<double>::quiet_NaN();
    if (const drift::Measure *measure = range.shown()) {
        column.measure = measure->key;
        column.threshold = measure->threshold;
        column.possible = measure->possible;
    }
    column.range = std::move(range);
    return column;
}

void addPoints(std::vector<ColumnJudgement> &columns, const Scoring &scoring)
{
    std::unordered_map<std::string_view, ColumnJudgement *> byName;
    for (ColumnJudgement &column : columns) {
        byName.emplace(column.name, &column);
        column.points.reserve(scoring.windows.size());
    }
    for (const ScoredWindow &window : scoring.windows) {
        for (const Score &score : window.scores) {
            const auto it = byName.find(score.column);
            if (it == byName.end())
                continue;
            ColumnJudgement &column = *it->second;
            const Point &point = column.points.emplace_back(pointOf(window, score));
            const double relative = point.value / column.threshold;
            if (std::isfinite(relative) && !(relative <= column.worst))
                column.worst = relative;
        }
    }
}

void decide(ColumnJudgement &column, const Judgement &judgement)
{
    const Outlook seen = outlook(column.points, column.range.verdict);
    column.verdict = seen.verdict;
    column.basis = seen.basis;
    column.since = seen.since;
    if (seen.basis != Basis::Range)
        column.reason = basisReason(column, judgement);
}

} // namespace

TimeRange ColumnJudgement::detailRange(TimeRange whole) const
{
    return since > whole.start && since < whole.end ? TimeRange{since, whole.end} : whole;
}

Outlook outlook(std::span<const Point> points, Verdict range)
{
    Outlook result{range, Basis::Range, 0};
    int seen = 0;
    int drifting = 0;
    int possible = 0;
    for (auto it = points.rbegin(); it != points.rend() && seen < kRecentWindows; ++it) {
        if (!canJudge(*it) || it->open)
            continue;
        ++seen;
        drifting += it->verdict == Verdict::Drift ? 1 : 0;
        possible += it->verdict == Verdict::PossibleDrift || it->verdict == Verdict::Drift ? 1 : 0;
    }
    const auto raise = [&](Verdict verdict, Basis basis) {
        if (verdict > result.verdict) {
            result.verdict = verdict;
            result.basis = basis;
        }
    };
    if (drifting >= kRecentAgree)
        raise(Verdict::Drift, Basis::Recent);
    else if (possible >= kRecentAgree)
        raise(Verdict::PossibleDrift, Basis::Recent);
    if (!points.empty() && points.back().open && points.back().p < kOpenAlpha &&
        (points.back().verdict == Verdict::Drift ||
         points.back().verdict == Verdict::PossibleDrift))
        raise(points.back().verdict, Basis::Now);
    if (result.verdict == Verdict::Drift)
        result.since = startOfRun(points);
    return result;
}

std::vector<Finding> findings(const Judgement &judgement)
{
    std::vector<Finding> result;
    for (const ColumnJudgement &column : judgement.columns)
        result.push_back(
            {column.name, column.verdict, column.basis, column.since, column.rowsNeeded});
    return result;
}

Result<Judgement> judge(Store &store, const Question &question, TimeMs now,
                        const std::stop_token &stop, const Progress &progress)
{
    if (auto known = checkSegment(Windows(store), question.dataset, question.segment); !known)
        return tl::unexpected(known.error());
    const auto reference = loadReference(store, question);
    if (!reference)
        return tl::unexpected(reference.error());
    const auto listed = listWindows(Windows(store), question, now);
    if (!listed)
        return tl::unexpected(listed.error());
    Judgement judgement;
    judgement.question = question;
    judgement.asOf = now;
    judgement.reference = reference->name;
    judgement.referenceRows = reference->rows;
    judgement.granularity = listed->granularity;
    judgement.windows = listed->windows.size();
    for (const Window &window : listed->windows) {
        judgement.rows += window.rows;
        judgement.openRows += window.open ? window.rows : 0;
    }
    const auto scoring = scoreWindows(store, question, *reference, listed->windows, stop, progress);
    if (!scoring)
        return tl::unexpected(scoring.error());
    const auto whole =
        Windows(store).profile(question.dataset, question.range, {}, question.segment);
    if (!whole)
        return tl::unexpected(whole.error());
    if (!*whole)
        return judgement;
    for (drift::ColumnDrift &column : reference->comparer->score(**whole).columns)
        judgement.columns.push_back(columnOf(std::move(column)));
    addPoints(judgement.columns, *scoring);
    for (ColumnJudgement &column : judgement.columns)
        decide(column, judgement);
    std::stable_sort(judgement.columns.begin(), judgement.columns.end(),
                     [](const ColumnJudgement &a, const ColumnJudgement &b) {
                         if (a.verdict != b.verdict)
                             return a.verdict > b.verdict;
                         return a.worst > b.worst;
                     });
    return judgement;
}

const ColumnProfile *ColumnDetail::referenceColumn() const
{
    const auto it = referenceProfile->columns.find(drift.name);
    return it == referenceProfile->columns.end() ? nullptr : &it->second;
}

const ColumnProfile *ColumnDetail::targetColumn() const
{
    const auto it = targetProfile->columns.find(drift.name);
    return it == targetProfile->columns.end() ? nullptr : &it->second;
}

Result<ColumnDetail> judgeColumn(Store &store, const Question &question, const std::string &column,
                                 TimeRange focus)
{
    const auto reference = loadReference(store, question);
    if (!reference)
        return tl::unexpected(reference.error());
    // All columns are compared, because the p-values are adjusted over them.
    auto profile = Windows(store).profile(question.dataset, focus, {}, question.segment);
    if (!profile)
        return tl::unexpected(profile.error());
    if (!*profile)
        return fail(ErrorCode::NotFound, "there are no records in this range",
                    "choose a longer range");
    ColumnDetail detail;
    detail.focus = focus;
    detail.reference = reference->name;
    detail.referenceProfile = std::shared_ptr<const DatasetProfile>(
        reference->comparer, &reference->comparer->reference());
    detail.targetProfile = std::make_shared<const DatasetProfile>(std::move(**profile));
    auto compared = reference->comparer->compare(*detail.targetProfile);
    const auto found = std::find_if(compared.columns.begin(), compared.columns.end(),
                                    [&](const auto &other) { return other.name == column; });
    if (found == compared.columns.end())
        return fail(ErrorCode::NotFound,
                    fmt::format("there is no column \"{}\" on either side", column));
    detail.drift = std::move(*found);
    return detail;
}

Result<std::size_t> scoreFinished(Store &store, const std::string &dataset, TimeMs now,
                                  const std::stop_token &stop, const Progress &progress)
{
    Question question;
    question.dataset = dataset;
    question.range = kAllTime;
    const auto references = References(store).list(dataset);
    if (!references)
        return tl::unexpected(references.error());
    if (std::none_of(references->begin(), references->end(),
                     [](const ReferenceInfo &info) { return info.current; }))
        return 0;
    const auto reference = loadReference(store, question);
    if (!reference)
        return tl::unexpected(reference.error());
    auto listed = listWindows(Windows(store), question, now);
    if (!listed)
        return tl::unexpected(listed.error());
    std::erase_if(listed->windows,
                  [&](const Window &window) { return window.open || window.range.end > now; });
    const auto scoring = scoreWindows(store, question, *reference, listed->windows, stop, progress);
    if (!scoring)
        return tl::unexpected(scoring.error());
    return scoring->computed;
}

Result<std::map<TimeMs, Verdict>> windowVerdicts(Store &store, const std::string &dataset)
{
    std::map<TimeMs, Verdict> worst;
    const auto references = References(store).list(dataset);
    if (!references)
        return tl::unexpected(references.error());
    for (const ReferenceInfo &info : *references) {
        if (!info.current)
            continue;
        const auto scores = Scores(store).get({dataset, info.name, scoreKey(Question())}, kAllTime);
        if (!scores)
            return tl::unexpected(scores.error());
        for (const Score &score : *scores) {
            Verdict &verdict = worst[score.start];
            verdict = std::max(verdict, static_cast<Verdict>(score.verdict));
        }
    }
    return worst;
}

} // namespace tepal::monitor
