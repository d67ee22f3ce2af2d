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
/// In passing so many windows are compared at most …
constexpr std::size_t kPassingWindows = 16;
/// … and so many of the newest as they were logged, for the verdict: three that could be judged,
/// and some that could not.
constexpr std::size_t kPassingRecent = 5;
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

/// Where a run that reaches back to `since` or farther began at the earliest, by coarser windows: it
/// may have begun within the one before those that drift as a whole.
TimeMs startBefore(std::span<const Point> points, TimeMs since)
{
    const TimeMs whole = startOfRun(points);
    const TimeMs end = whole != 0 ? std::min(since, whole) : since;
    for (const Point &point : points) {
        if (point.window.start < end && end <= point.window.end)
            return point.window.start;
    }
    return end;
}

/// Why a column is called drifting although all rows together may say less.
std::string basisReason(const ColumnJudgement &column, std::span<const Point> points,
                        const Judgement &judgement)
{
    const Point *decisive = nullptr;
    for (const Point &point : points) {
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
    column.threshold = column.possible = std::numeric_limits<double>::quiet_NaN();
    if (const drift::Measure *measure = range.shown()) {
        column.measure = measure->key;
        column.threshold = measure->threshold;
        column.possible = measure->possible;
    }
    column.range = std::move(range);
    return column;
}

using Points = std::unordered_map<std::string_view, std::vector<Point>>;

/// By column; the names are the windows'.
Points pointsOf(const std::vector<ScoredWindow> &windows)
{
    Points points;
    for (const ScoredWindow &window : windows) {
        for (const Score &score : window.scores) {
            std::vector<Point> &column = points[score.column];
            if (column.empty())
                column.reserve(windows.size());
            column.push_back(pointOf(window, score));
        }
    }
    return points;
}

double worstOf(const ColumnJudgement &column)
{
    double worst = std::numeric_limits<double>::quiet_NaN();
    for (const Point &point : column.points) {
        const double relative = point.value / column.threshold;
        if (std::isfinite(relative) && !(relative <= worst))
            worst = relative;
    }
    return worst;
}

/// `recent`: the newest windows as they were logged, where the column's points are coarser.
void decide(ColumnJudgement &column, const std::vector<Point> *recent, const Judgement &judgement)
{
    const std::vector<Point> &decisive = recent != nullptr ? *recent : column.points;
    const Outlook seen = outlook(decisive, column.range.verdict);
    column.verdict = seen.verdict;
    column.basis = seen.basis;
    column.since = seen.since;
    if (recent != nullptr && seen.since != 0 && seen.since == recent->front().window.start)
        column.since = startBefore(column.points, seen.since);
    if (seen.basis != Basis::Range)
        column.reason = basisReason(column, decisive, judgement);
}

/// All that the points of a judgement are made from.
struct Scored
{
    Granularity granularity = Granularity::Hour;
    std::vector<ScoredWindow> windows;
    std::vector<ScoredWindow> recent; ///< Empty: `windows` are as they were logged.
};

/// Whether each of its columns could be judged, so that outlook() need not look farther back.
bool saysAll(const ScoredWindow &window)
{
    return !window.window.open && !window.scores.empty() &&
           std::all_of(window.scores.begin(), window.scores.end(),
                       [&](const Score &score) { return canJudge(pointOf(window, score)); });
}

/// The newest windows as they were logged: from the end back to the third that says all.
Result<std::vector<ScoredWindow>> scoreRecent(Store &store, const Question &question,
                                              const Reference &reference,
                                              const WindowSeries &series,
                                              const std::stop_token &stop)
{
    std::vector<ScoredWindow> recent;
    int telling = 0;
    for (auto it = series.windows.rbegin();
         it != series.windows.rend() && telling < kRecentWindows && recent.size() < kPassingRecent;
         ++it) {
        std::vector<ScoredWindow> one{{*it, {}}};
        const auto done = scoreMissing(store, question, reference, one, stop, {});
        if (!done)
            return tl::unexpected(done.error());
        telling += saysAll(one.front()) ? 1 : 0;
        recent.push_back(std::move(one.front()));
    }
    std::reverse(recent.begin(), recent.end());
    return recent;
}

/// In passing a long history that nobody compared yet is compared by coarser windows, which
/// roll-ups make cheap.
Result<Scored> scoreCoarsely(Store &store, const Question &question, const Reference &reference,
                             const std::vector<WindowInfo> &logged, const WindowSeries &series,
                             TimeMs now, const std::stop_token &stop)
{
    Scored scored;
    WindowSeries coarse = series;
    while (coarse.windows.size() > kPassingWindows && coarse.granularity < Granularity::Year)
        coarse =
            unite(logged, static_cast<Granularity>(static_cast<int>(coarse.granularity) + 1), now);
    scored.granularity = coarse.granularity;
    for (const Window &window : coarse.windows)
        scored.windows.push_back({window, {}});
    const auto done = scoreMissing(store, question, reference, scored.windows, stop, {});
    if (!done)
        return tl::unexpected(done.error());
    auto recent = scoreRecent(store, question, reference, series, stop);
    if (!recent)
        return tl::unexpected(recent.error());
    scored.recent = std::move(*recent);
    return scored;
}

Result<Scored> scoreAll(Store &store, const Question &question, const Reference &reference,
                        const std::vector<WindowInfo> &logged, const WindowSeries &series,
                        TimeMs now, const std::stop_token &stop, const Progress &progress)
{
    auto windows = keptScores(store, question, reference, series.windows);
    if (!windows)
        return tl::unexpected(windows.error());
    const auto missing =
        std::count_if(windows->begin(), windows->end(),
                      [](const ScoredWindow &window) { return window.scores.empty(); });
    if (question.passing && missing > static_cast<std::ptrdiff_t>(kPassingWindows))
        return scoreCoarsely(store, question, reference, logged, series, now, stop);
    const auto done = scoreMissing(store, question, reference, *windows, stop, progress);
    if (!done)
        return tl::unexpected(done.error());
    return Scored{series.granularity, std::move(*windows), {}};
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

Result<Judgement> judge(Store &store, const Question &asked, TimeMs now,
                        const std::stop_token &stop, const Progress &progress)
{
    const auto segment = storedSegment(Windows(store), asked.dataset, asked.segment);
    if (!segment)
        return tl::unexpected(segment.error());
    Question question = asked;
    question.segment = *segment;
    const auto reference = loadReference(store, question);
    if (!reference)
        return tl::unexpected(reference.error());
    const auto logged = listLogged(Windows(store), question);
    if (!logged)
        return tl::unexpected(logged.error());
    const WindowSeries series = unite(*logged, question.by, now);
    Judgement judgement;
    judgement.question = question;
    judgement.asOf = now;
    judgement.reference = reference->name;
    judgement.referenceRows = reference->rows;
    judgement.windows = series.windows.size();
    for (const Window &window : series.windows) {
        judgement.rows += window.rows;
        judgement.openRows += window.open ? window.rows : 0;
    }
    const auto scored = scoreAll(store, question, *reference, *logged, series, now, stop, progress);
    if (!scored)
        return tl::unexpected(scored.error());
    judgement.granularity = scored->granularity;
    const auto whole =
        Windows(store).profile(question.dataset, question.range, {}, question.segment);
    if (!whole)
        return tl::unexpected(whole.error());
    if (!*whole)
        return judgement;
    Points points = pointsOf(scored->windows);
    const Points recent = pointsOf(scored->recent);
    for (drift::ColumnDrift &range : reference->comparer->score(**whole).columns) {
        ColumnJudgement &column = judgement.columns.emplace_back(columnOf(std::move(range)));
        column.points = std::move(points[column.name]);
        column.worst = worstOf(column);
        const auto newest = recent.find(column.name);
        decide(column, newest == recent.end() ? nullptr : &newest->second, judgement);
    }
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
    const auto segment = storedSegment(Windows(store), question.dataset, question.segment);
    if (!segment)
        return tl::unexpected(segment.error());
    // All columns are compared, because the p-values are adjusted over them.
    auto profile = Windows(store).profile(question.dataset, focus, {}, *segment);
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
    detail.targetProfile = std::move(*profile);
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
    const auto logged = listLogged(Windows(store), question);
    if (!logged)
        return tl::unexpected(logged.error());
    WindowSeries series = unite(*logged, {}, now);
    std::erase_if(series.windows,
                  [&](const Window &window) { return window.open || window.range.end > now; });
    auto windows = keptScores(store, question, *reference, series.windows);
    if (!windows)
        return tl::unexpected(windows.error());
    return scoreMissing(store, question, *reference, *windows, stop, progress);
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
