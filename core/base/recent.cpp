#include <tepal/base/recent.h>

#include <algorithm>

namespace tepal {

TimeRange recentWindows(DurationMs span, Granularity granularity, TimeMs now)
{
    const TimeMs end = nextWindowStart(windowStart(now, granularity), granularity);
    return {std::min(windowStart(now - span, granularity), windowStart(end - 1, granularity)), end};
}

} // namespace tepal
