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
Result<WindowSeries> listWindows(Windows windows, const Question &question, TimeMs now);

/// Under which name the scores of a question are filed. Changes with what would judge otherwise.
std::string scoreKey(const Question &question);
/// NotFound, naming some that there are, when the dataset has no such segment.
Status checkSegment(Windows windows, const std::string &dataset,
                    const std::optional<SegmentTags> &segment);

/// Scores of windows by column: those that are kept and still right, the rest computed and (unless
/// the window is open) kept.
struct ScoredWindow
{
    Window window;
    std::vector<Score> scores;
};
struct Scoring
{
    std::vector<ScoredWindow> windows;
    std::size_t computed = 0;
    std::size_t kept = 0; ///< Of those computed.
};
Result<Scoring> scoreWindows(Store &store, const Question &question, const Reference &reference,
                             const std::vector<Window> &windows, const std::stop_token &stop,
                             const Progress &progress);

} // namespace tepal::monitor
