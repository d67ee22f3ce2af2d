#include "time_range.h"

#include <tepal/base/clock.h>

#include <limits>

namespace tepal::cli {

void addRange(CLI::App *command, TimeRangeText &text)
{
    command->add_option("--from", text.from,
                        "From this time on (ISO 8601, or seconds to nanoseconds since 1970)");
    command->add_option("--to", text.to, "Up to this time");
}

TimeRange allTime()
{
    return {std::numeric_limits<TimeMs>::min() / 2, std::numeric_limits<TimeMs>::max() / 2};
}

Result<TimeRange> parseRange(const TimeRangeText &text, TimeRange whole)
{
    TimeRange range = whole;
    for (const auto &[written, to] :
         {std::pair{&text.from, &range.start}, {&text.to, &range.end}}) {
        if (written->empty())
            continue;
        // Any time, since nothing is written to it; numbers as for the times of data.
        const auto time =
            parseDataTime(*written, SystemClock::instance().nowMs(), {.any = true, .option = {}});
        if (!time)
            return tl::unexpected(time.error());
        *to = *time;
    }
    if (range.start >= range.end)
        return fail(ErrorCode::InvalidArgument, "the range ends before it begins",
                    "give --from a time before --to");
    return range;
}

} // namespace tepal::cli
