#include "sides.h"

#include <cmath>
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
    Keeper(Store &store, ScoreSet set)
        : m_store(store)
        , m_set(std::move(set))
    {}
    Status add(const ScoredWindow &window)
    {
        for (const auto &[name, score] : window.byColumn)
            m_fresh.push_back(score);
        ++m_count;
        return m_count % kWindowsPerWrite == 0 ? write() : Status();
    }
    Status write()
    {
        if (m_fresh.empty())
            return {};
        auto kept = m_store.putScores(m_set, m_fresh);
        m_fresh.clear();
        return kept;
    }
    std::size_t count() const { return m_count; }

private:
    Store &m_store;
    ScoreSet m_set;
    std::vector<Score> m_fresh;
    std::size_t m_count = 0;
};

} // namespace

Result<Scoring> scoreWindows(Store &store, const Question &question, const Reference &reference,
                             const std::vector<Window> &windows, const std::stop_token &stop,
                             const Progress &progress)
{
    Scoring result;
    if (windows.empty())
        return result;
    const ScoreSet set{question.dataset, reference.key, scoreKey(question.preset, question.by),
                       reference.passing};
    std::map<TimeMs, ScoredWindow *> byStart;
    result.windows.reserve(windows.size());
    for (const Window &window : windows)
        byStart[window.range.start] = &result.windows.emplace_back(ScoredWindow{window, {}});
    if (!reference.key.empty()) {
        const auto stored =
            store.scores(set, {windows.front().range.start, windows.back().range.start + 1});
        if (!stored)
            return tl::unexpected(stored.error());
        for (const Score &score : *stored) {
            const auto it = byStart.find(score.start);
            if (it != byStart.end() && score.rowsScored == it->second->window.rows)
                it->second->byColumn[score.column] = score;
        }
    }
    std::size_t missing = 0;
    for (const ScoredWindow &window : result.windows)
        missing += window.byColumn.empty() ? 1 : 0;
    Keeper keeper(store, set);
    for (ScoredWindow &window : result.windows) {
        if (!window.byColumn.empty())
            continue;
        if (stop.stop_requested()) {
            // What was computed is kept: the next question starts there.
            if (auto kept = keeper.write(); !kept)
                return tl::unexpected(kept.error());
            return fail(ErrorCode::Cancelled, "a newer question came");
        }
        const auto profile = store.profile(question.dataset, window.window.range);
        if (!profile)
            return tl::unexpected(profile.error());
        if (!*profile)
            continue;
        for (const drift::ColumnDrift &column : reference.comparer->score(**profile).columns) {
            window.byColumn.emplace(column.name, scoreOf(column, window.window));
        }
        ++result.computed;
        if (question.keep && !window.window.open && !reference.key.empty()) {
            if (auto kept = keeper.add(window); !kept)
                return tl::unexpected(kept.error());
        }
        if (progress)
            progress(result.computed, missing);
    }
    if (auto kept = keeper.write(); !kept)
        return tl::unexpected(kept.error());
    result.kept = keeper.count();
    return result;
}

} // namespace tepal::monitor
