#include <tepal/base/recent.h>

#include <algorithm>

namespace tepal {

TimeRange recentWindows(DurationMs span, Granularity granularity, TimeMs now, TimeRange data)
{
    constexpr int kFewestWindows = 6;
    const TimeMs end = nextWindowStart(windowStart(now, granularity), granularity);
    TimeMs start =
        std::min(windowStart(now - span, granularity), windowStart(end - 1, granularity));
    if (data.end > start && data.start > start && data.start < end) {
        TimeMs fitted = windowStart(end - 1, granularity);
        for (int i = 1; i < kFewestWindows; ++i)
            fitted = windowStart(fitted - 1, granularity);
        start = std::max(start, std::min(fitted, windowStart(data.start, granularity)));
    }
    return {start, end};
}

} // namespace tepal
