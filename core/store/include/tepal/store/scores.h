/// Drift scores that were computed once.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/store/store.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tepal {

/// What scores belong together: one dataset, judged against one reference by one set of rules.
struct ScoreSet
{
    std::string dataset;
    std::string reference;
    std::string rules;
    /// Of a comparison that may never be asked again: of such sets the newest few are kept.
    bool passing = false;
};

/// A drift score of one column in one window, as charts draw it.
struct Score
{
    std::string column;
    TimeMs start = 0;
    double value = 0;
    double bandLow = 0;
    double bandHigh = 0;
    double floor = 0; ///< What no drift looks like at these sizes (95 %).
    double p = 1;
    int verdict = 0;             ///< What the judge says, in its own numbers …
    int cause = 0;               ///< … and what it rests on.
    std::int64_t n = 0;          ///< Usable values of the window.
    std::int64_t rowsScored = 0; ///< Rows the window had when it was scored; more = stale.
};

/// What is missing here can be computed from the profiles.
class Scores
{
public:
    explicit Scores(Store &store)
        : m_impl(&store.impl())
    {}

    /// All of a window together: what is kept of the windows named here is replaced.
    Status put(const ScoreSet &set, const std::vector<Score> &scores);
    /// Of windows that start in the range, by start. A window whose scores are damaged has none:
    /// they follow from its profile and can be made anew.
    Result<std::vector<Score>> get(const ScoreSet &set, TimeRange range);

private:
    Store::Impl *m_impl;
};

} // namespace tepal
