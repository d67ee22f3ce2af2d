#include "rolled.h"

#include <tepal/base/random.h>

#include <cmath>

namespace tepal::serving {

namespace {

constexpr std::uint64_t kBlock = 20;

/// Whether this turn is among those of its block that are drawn, each block anew.
bool isDrawn(std::uint64_t turn, double share)
{
    const std::uint64_t block = turn / kBlock;
    const auto upTo = [&](std::uint64_t blocks) {
        return std::floor(static_cast<double>(blocks * kBlock) * share);
    };
    auto wanted = static_cast<std::uint64_t>(upTo(block + 1) - upTo(block));
    SplitMix64 random(block);
    // Selection sampling: as many as are wanted, from as many as are left.
    for (std::uint64_t at = 0;; ++at) {
        const bool drawn = random.below(kBlock - at) < wanted;
        if (at == turn % kBlock)
            return drawn;
        wanted -= drawn ? 1 : 0;
    }
}

} // namespace

const NamedModelPtr &Rolled::next() const
{
    if (isShadow())
        return primary;
    return isDrawn(turns.fetch_add(1, std::memory_order_relaxed), plan.share) ? candidate : primary;
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
