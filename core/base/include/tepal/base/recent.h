/// "The last seven days" as a range of whole windows.
#pragma once

#include <tepal/base/time.h>

namespace tepal {

/// The last `span` up to now, widened to whole windows; the one that is filling now is part of it,
/// and there is at least that one. Time before the first data is no information: the range begins
/// with `data` (empty: unknown), but keeps a few windows so that a lone one has a place in time.
TimeRange recentWindows(DurationMs span, Granularity granularity, TimeMs now, TimeRange data);

} // namespace tepal
