/// Where reading the journal goes on, as the store keeps it.
#pragma once

#include <tepal/journal/reader.h>
#include <tepal/store/store.h>

namespace tepal {

/// The cursors of the last commit: everything before them is in a window. Empty in a new home.
Result<Cursors> committedCursors(Store &store);

} // namespace tepal
