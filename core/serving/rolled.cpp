#include "rolled.h"

#include <cmath>

namespace tepal::serving {

const NamedModelPtr &Rolled::next() const
{
    if (isShadow())
        return primary;
    const auto turn = static_cast<double>(turns.fetch_add(1, std::memory_order_relaxed));
    const bool due = std::floor((turn + 1) * plan.share) > std::floor(turn * plan.share);
    return due ? candidate : primary;
}

void Rolled::count(const NamedModelPtr &who, std::uint64_t rows) const
{
    (who == candidate ? candidateRows : primaryRows).fetch_add(rows, std::memory_order_relaxed);
}

RolloutStats Rolled::stats() const
{
    RolloutStats stats;
    stats.model = primary->name;
    stats.primary = primary->version;
    stats.candidate = candidate->version;
    stats.shadow = isShadow();
    stats.share = plan.share;
    stats.primaryRows = primaryRows.load(std::memory_order_relaxed);
    stats.candidateRows = candidateRows.load(std::memory_order_relaxed);
    stats.agreeing = agreeing.load(std::memory_order_relaxed);
    stats.differing = differing.load(std::memory_order_relaxed);
    stats.unanswered = unanswered.load(std::memory_order_relaxed);
    return stats;
}

} // namespace tepal::serving
