#include "sides.h"

#include <tepal/store/scores.h>
#include <tepal/store/windows.h>

#include <algorithm>
#include <limits>

namespace tepal::monitor {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// So many windows are written in one transaction: few enough that a stop loses little.
constexpr std::size_t kWindowsPerWrite = 64;

Score scoreOf(const drift::ColumnDrift &column, const Window &window)
{
    Score score;
    score.column = column.name;
    score.start = window.range.start;
    score.verdict = static_cast<int>(column.verdict);
    score.cause = static_cast<int>(column.cause);
    score.n = column.m;
    score.rowsScored = window.rows;
    score.p = column.cause == drift::Cause::Missing       ? column.missing.adjustedP
              : column.cause == drift::Cause::ForeignType ? column.foreign.adjustedP
                                                          : column.adjustedP;
    score.value = score.bandLow = score.bandHigh = score.floor = kNaN;
    if (const drift::Measure *measure = column.shown()) {
        score.value = measure->value;
        score.bandLow = measure->bandLow;
        score.bandHigh = measure->bandHigh;
        score.floor = measure->floor;
    }
    return score;
}

/// Scores on their way into the store.
class Keeper
{
public:
    Keeper(Scores scores, ScoreSet set)
        : m_scores(scores)
        , m_set(std::move(set))
    {}
    Status add(const ScoredWindow &window)
    {
        m_fresh.insert(m_fresh.end(), window.scores.begin(), window.scores.end());
        ++m_count;
        return m_count % kWindowsPerWrite == 0 ? write() : Status();
    }
    Status write()
    {
        if (m_fresh.empty())
            return {};
        auto kept = m_scores.put(m_set, m_fresh);
        m_fresh.clear();
        return kept;
    }

private:
    Scores m_scores;
    ScoreSet m_set;
    std::vector<Score> m_fresh;
    std::size_t m_count = 0;
};

ScoreSet setOf(const Question &question, const Reference &reference)
{
    return {question.dataset, reference.key, scoreKey(question), reference.passing};
}

} // namespace

Result<std::vector<ScoredWindow>> keptScores(Store &store, const Question &question,
                                             const Reference &reference,
                                             const std::vector<Window> &windows)
{
    std::vector<ScoredWindow> result;
    result.reserve(windows.size());
    for (const Window &window : windows)
        result.push_back({window, {}});
    if (reference.key.empty() || windows.empty())
        return result;
    auto stored = Scores(store).get(setOf(question, reference),
                                    {windows.front().range.start, windows.back().range.start + 1});
    if (!stored)
        return tl::unexpected(stored.error());
    // Both are in the order of time.
    auto window = result.begin();
    for (Score &score : *stored) {
        while (window != result.end() && window->window.range.start < score.start)
            ++window;
        if (window != result.end() && window->window.range.start == score.start &&
            window->window.rows == score.rowsScored)
            window->scores.push_back(std::move(score));
    }
    return result;
}

Result<std::size_t> scoreMissing(Store &store, const Question &question, const Reference &reference,
                                 std::vector<ScoredWindow> &windows, const std::stop_token &stop,
                                 const Progress &progress)
{
    const auto missing = static_cast<std::size_t>(
        std::count_if(windows.begin(), windows.end(),
                      [](const ScoredWindow &window) { return window.scores.empty(); }));
    std::size_t computed = 0;
    Keeper keeper(Scores(store), setOf(question, reference));
    for (ScoredWindow &window : windows) {
        if (!window.scores.empty())
            continue;
        if (stop.stop_requested()) {
            // What was computed is kept: the next question starts there.
            if (auto kept = keeper.write(); !kept)
                return tl::unexpected(kept.error());
            return fail(ErrorCode::Cancelled, "a newer question came");
        }
        const auto profile =
            Windows(store).profile(question.dataset, window.window.range, {}, question.segment);
        if (!profile)
            return tl::unexpected(profile.error());
        if (!*profile)
            continue;
        for (const drift::ColumnDrift &column : reference.comparer->score(**profile).columns)
            window.scores.push_back(scoreOf(column, window.window));
        ++computed;
        if (!question.passing && !window.window.open && !reference.key.empty()) {
            if (auto kept = keeper.add(window); !kept)
                return tl::unexpected(kept.error());
        }
        if (progress)
            progress(computed, missing);
    }
    if (auto kept = keeper.write(); !kept)
        return tl::unexpected(kept.error());
    return computed;
}

} // namespace tepal::monitor
