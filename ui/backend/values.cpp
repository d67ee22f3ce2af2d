#include "ui/backend/values.h"

#include <tepal/store/segment_key.h>

#include <algorithm>

namespace tepal::ui {

QString segmentText(const Segment &segment)
{
    return QString::fromStdString(segmentLabel(segment));
}

std::optional<TimeRange> rangeOf(const Against &against, TimeRange sideA, Granularity granularity)
{
    if (against.range)
        return against.range;
    if (!against.trailing)
        return against.segment ? std::optional(sideA) : std::nullopt;
    const auto [size, offset] = *against.trailing;
    const TimeMs end = sideA.start - offset;
    const TimeMs start = end - (size > 0 ? size : sideA.end - sideA.start);
    // Outwards to whole windows: half a window has no profile of its own.
    return TimeRange{windowStart(start, granularity),
                     nextWindowStart(windowStart(end - 1, granularity), granularity)};
}

} // namespace tepal::ui
