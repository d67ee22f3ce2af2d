/// The peers' own recipes, traps included, for numbers that can be held against theirs. Internal.
#pragma once

#include <tepal/drift/compare.h>

namespace tepal::drift {

ColumnDrift comparePeer(const std::string &name, const ColumnProfile *reference,
                        const ColumnProfile *target, Preset preset);

} // namespace tepal::drift
