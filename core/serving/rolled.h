/// Two versions of a model side by side, as all threads share them.
#pragma once

#include <tepal/model/rollout.h>
#include <tepal/serving/server.h>

#include <atomic>
#include <cstdint>
#include <memory>

namespace tepal::serving {

using NamedModelPtr = std::shared_ptr<const NamedModel>;

/// The counters are written by all threads; the rest is constant.
struct Rolled
{
    Rollout plan;
    NamedModelPtr primary;
    NamedModelPtr candidate;

    mutable std::atomic<std::uint64_t> turns{0};
    mutable std::atomic<std::uint64_t> primaryRows{0};
    mutable std::atomic<std::uint64_t> candidateRows{0}; ///< Answered by it; none in the shadow.
    /// Rows of the shadow: the same answer as the primary's, another one, or none.
    mutable std::atomic<std::uint64_t> agreeing{0};
    mutable std::atomic<std::uint64_t> differing{0};
    mutable std::atomic<std::uint64_t> unanswered{0};

    bool isShadow() const { return plan.mode == Rollout::Mode::Shadow; }
    /// Who answers the next request. Of every twenty the candidate has its share, to within one;
    /// which of them is drawn, for requests that come in a pattern must not always meet the same
    /// version.
    const NamedModelPtr &next() const;
    void count(const NamedModelPtr &who, std::uint64_t rows) const;
    RolloutStats stats() const;
};
using RolledPtr = std::shared_ptr<const Rolled>;

} // namespace tepal::serving
