/// Profiles for a question. Internal.
#pragma once

#include <tepal/monitor/judge.h>
#include <tepal/store/scores.h>
#include <tepal/store/windows.h>

namespace tepal::monitor {

/// What a range is compared with, loaded and made ready.
struct Reference
{
    std::string name;
    std::int64_t rows = 0;
    std::string key;      ///< What scores against it are filed under; empty: they are not kept.
    bool passing = false; ///< Another range, a segment: somebody may never ask for it again.
    std::shared_ptr<const drift::Comparer> comparer;
};
Result<Reference> loadReference(Store &store, const Question &question);

/// A window of a question: logged windows of one start (its segments), or of one hour, day, ….
struct Window
{
    TimeRange range;
    std::int64_t rows = 0;
    bool open = false;
};
struct WindowSeries
{
    Granularity granularity = Granularity::Hour;
    std::vector<Window> windows; ///< By start.
};
/// The logged windows of a question's side A, by start.
Result<std::vector<WindowInfo>> listLogged(Windows windows, const Question &question);
WindowSeries unite(const std::vector<WindowInfo> &logged, std::optional<Granularity> by,
                   TimeMs now);

/// Under which name the scores of a question are filed. Changes with what would judge otherwise.
std::string scoreKey(const Question &question);
/// The segment as the dataset orders its columns. NotFound, naming some that there are, when it has
/// none such.
Result<std::optional<SegmentTags>> storedSegment(Windows windows, const std::string &dataset,
                                                 const std::optional<SegmentTags> &segment);

/// Scores of a window by column; empty until they are known.
struct ScoredWindow
{
    Window window;
    std::vector<Score> scores;
};
/// With those that are kept and still right.
Result<std::vector<ScoredWindow>> keptScores(Store &store, const Question &question,
                                             const Reference &reference,
                                             const std::vector<Window> &windows);
/// Computes what is missing and keeps it, unless the window is open or the question in passing.
/// Returns how many windows that were.
Result<std::size_t> scoreMissing(Store &store, const Question &question, const Reference &reference,
                                 std::vector<ScoredWindow> &windows, const std::stop_token &stop,
                                 const Progress &progress);

} // namespace tepal::monitor
