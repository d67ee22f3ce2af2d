/// The judge: one question, one answer, for pages, command line, service and exports alike.
///
/// The way of a comparison: profiles → pair → measures → verdict → words. This room brings the
/// profiles (windows, ranges, references of a store), lets `drift` measure them, draws the verdict
/// of a column over time, and says it (words.h). What charts draw beside it is in views.h.
///
/// Nothing here keeps state of its own: the same store and the same question give the same digits,
/// whoever asks. Scores of finished windows are kept in the store, so that a window is compared
/// once; they follow from the profiles and are made anew when rows, reference or rules change.
/// Every call belongs to the thread that owns its Store. Times are UTC milliseconds.
#pragma once

#include <tepal/drift/compare.h>
#include <tepal/monitor/words.h>
#include <tepal/store/store.h>

#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace tepal::monitor {

/// What a range is compared with, side B: one of these, the first that is set.
struct Against
{
    std::shared_ptr<const DatasetProfile> profile; ///< A file, say; `name` is what it is called.
    std::optional<TimeRange> range;                ///< Another range of the same dataset.
    /// One segment of that range; without `range` of the question's own, so that a segment is
    /// compared with another one at the same time.
    std::optional<SegmentTags> segment;
    std::string name; ///< A stored reference; empty: the dataset's current one.

    bool operator==(const Against &) const = default;
};

struct Question
{
    std::string dataset;
    TimeRange range;
    std::optional<SegmentTags> segment; ///< Only its rows; nothing: those of all segments.
    Against against;
    drift::Preset preset = drift::Preset::Tepal;
    /// Windows are put together by so much; nothing: the windows as they were logged.
    std::optional<Granularity> by;
    /// In passing, as while a range is dragged: the next question is on its way. New scores are not
    /// kept, for they would drive out what is asked again; and where many windows would have to be
    /// compared first, the points stand for days, months or years instead, by which `since` may be
    /// early. Verdicts are those of the settled question.
    bool passing = false;
};

/// One column in one window.
struct Point
{
    TimeRange window;
    bool open = false; ///< Still being filled.
    drift::Verdict verdict = drift::Verdict::NoData;
    drift::Cause cause = drift::Cause::Values;
    double value = 0; ///< Of ColumnJudgement::measure; NaN where there is none.
    double bandLow = 0;
    double bandHigh = 0;
    double floor = 0;
    double p = 1; ///< Of what decided, adjusted over all that was tested in the window.
    std::int64_t n = 0;
};

struct ColumnJudgement
{
    std::string name;
    drift::Verdict verdict = drift::Verdict::NoData;
    Basis basis = Basis::Range;
    std::string reason;  ///< Of the range or of the window that decided: one sentence.
    TimeMs since = 0;    ///< Start of the run of drift that reaches the present; 0: none does.
    std::string measure; ///< Key of what the points show.
    double threshold = 0;
    double possible = 0;
    double worst = 0; ///< Largest value of a point ÷ threshold; NaN where there is none.
    std::int64_t rowsNeeded = 0;
    drift::ColumnDrift range;  ///< All rows of the range together, without cells.
    std::vector<Point> points; ///< Oldest first, one per window that has the column.

    /// What the column's detail is about: from `since` on, for the weeks before would only dilute
    /// what drifted; else the whole range.
    TimeRange detailRange(TimeRange whole) const;
};

struct Judgement
{
    Question question;
    TimeMs asOf = 0;
    std::string reference; ///< Its name, or the other range.
    std::int64_t referenceRows = 0;
    Granularity granularity = Granularity::Hour; ///< Of the points; coarser in passing.
    std::int64_t rows = 0;                       ///< Of all windows that the range touches.
    std::size_t windows = 0;
    std::int64_t openRows = 0;            ///< Of the windows that are still being filled.
    std::vector<ColumnJudgement> columns; ///< Worst first.
};

/// The columns as the sentence about them speaks of them.
std::vector<Finding> findings(const Judgement &judgement);

/// Done and total windows of a long scoring.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// Side B, loaded.
struct Side
{
    std::string name; ///< As a sentence says it.
    std::int64_t rows = 0;
    std::shared_ptr<const DatasetProfile> profile;
};
/// NotFound when there is no reference, or the dataset has no such segment, or no rows in it then.
Result<Side> loadAgainst(Store &store, const Question &question);

/// NotFound as loadAgainst(); Cancelled by `stop` between two windows, what was scored by then is
/// kept. A judgement without columns means that the range has no rows.
Result<Judgement> judge(Store &store, const Question &question, TimeMs now,
                        const std::stop_token &stop = {}, const Progress &progress = {});

/// One column of a question with everything that can be said of it. `focus` is the part of the
/// range in question: a window, or ColumnJudgement::detailRange().
struct ColumnDetail
{
    TimeRange focus;
    std::string reference;
    drift::ColumnDrift drift;
    std::shared_ptr<const DatasetProfile> referenceProfile;
    std::shared_ptr<const DatasetProfile> targetProfile;

    const ColumnProfile *referenceColumn() const; ///< Null when that side lacks the column.
    const ColumnProfile *targetColumn() const;
};
Result<ColumnDetail> judgeColumn(Store &store, const Question &question, const std::string &column,
                                 TimeRange focus);

/// Scores every finished window of a dataset that has no score yet, against its current reference
/// by our own rules, and keeps them. Returns how many were missing; nothing to do without a
/// reference. Cancelled as judge() is.
Result<std::size_t> scoreFinished(Store &store, const std::string &dataset, TimeMs now,
                                  const std::stop_token &stop = {}, const Progress &progress = {});
/// The worst verdict of every window that has scores against the current reference, by its start.
Result<std::map<TimeMs, drift::Verdict>> windowVerdicts(Store &store, const std::string &dataset);

/// The verdict of a column over time, the most serious of: all rows together; what two of the last
/// three finished windows that could be judged agree on; and the open window, where it convinces at
/// 0.001, because it is looked at again and again. Pure.
struct Outlook
{
    drift::Verdict verdict = drift::Verdict::NoData;
    Basis basis = Basis::Range;
    TimeMs since = 0;
};
Outlook outlook(std::span<const Point> points, drift::Verdict range);

} // namespace tepal::monitor
