/// The peers' own recipes, traps included, for numbers that can be held against theirs. Internal.
#pragma once

#include <tepal/drift/compare.h>

namespace tepal::drift {

/// One column by the rules of any preset but ours. The documentation of each recipe is in the
/// guide's chapter about drift.
ColumnDrift comparePeer(const std::string &name, const ColumnProfile *reference,
                        const ColumnProfile *target, Preset preset);

// Each fills `drift` from two columns that both exist.
void compareWhylogs(ColumnDrift &drift, const ColumnProfile &reference,
                    const ColumnProfile &target);
void compareWhylabs(ColumnDrift &drift, const ColumnProfile &reference,
                    const ColumnProfile &target);
void compareEvidently(ColumnDrift &drift, const ColumnProfile &reference,
                      const ColumnProfile &target);
void compareNannyml(ColumnDrift &drift, const ColumnProfile &reference,
                    const ColumnProfile &target);
void compareDeepchecks(ColumnDrift &drift, const ColumnProfile &reference,
                       const ColumnProfile &target);

} // namespace tepal::drift
