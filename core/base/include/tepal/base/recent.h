/// "The last seven days" as a range of whole windows.
#pragma once

#include <tepal/base/time.h>

namespace tepal {

/// The last `span` up to now, widened to whole windows; the one that is filling now is part of it,
/// and there is at least that one.
TimeRange recentWindows(DurationMs span, Granularity granularity, TimeMs now);

} // namespace tepal
