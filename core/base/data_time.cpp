// The time of data, however it is written.

#include "iso_time.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tepal {
namespace {

/// 1980-01-01: before the data of today, after every mixed-up unit.
constexpr TimeMs kEarliest = 315'532'800'000;
/// Year 1; what lies before is no date that anybody can read.
constexpr TimeMs kFirst = -62'135'596'800'000;
constexpr DurationMs kAhead = 366 * kDayMs;

struct NumberUnit
{
    double below;                ///< In absolute value.
    std::int64_t perMicrosecond; ///< Units in a microsecond, or
    std::int64_t microseconds;   ///< microseconds in a unit.
};
constexpr std::array<NumberUnit, 4> kUnits{
    {{1e11, 1, 1'000'000}, {1e14, 1, 1'000}, {1e17, 1, 1}, {1e20, 1'000, 1}}};

constexpr std::int64_t floorDiv(std::int64_t a, std::int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

tl::unexpected<Error> notATime(std::string_view written)
{
    return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not a time", written),
                "write it like 2026-01-31T14:00:00Z or as seconds, milliseconds, microseconds or "
                "nanoseconds since 1970");
}

Result<TimeMs> believed(TimeMs time, std::string_view written, TimeMs now, const TimeCheck &check)
{
    if (time < kFirst)
        return notATime(written);
    const bool early = time < kEarliest;
    if (check.any || (!early && time <= now + kAhead))
        return time;
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("\"{}\" would be the time {}, which lies {}", written, formatIso(time),
                    early ? "before 1980" : "more than a year in the future"),
        fmt::format("check the unit and the clock, or say {} if it is meant", check.option));
}

std::optional<TimeMs> timeOf(double number)
{
    for (const NumberUnit &unit : kUnits) {
        if (std::abs(number) < unit.below) {
            // To the microsecond first: 1772000000.123 is stored as a little less.
            const double microseconds = number * static_cast<double>(unit.microseconds) /
                                        static_cast<double>(unit.perMicrosecond);
            return floorDiv(std::llround(microseconds), 1000);
        }
    }
    return std::nullopt; // also for what is not a number
}

TimeMs timeOf(std::int64_t number)
{
    for (const NumberUnit &unit : kUnits) {
        if (std::abs(static_cast<double>(number)) < unit.below)
            return floorDiv(floorDiv(number, unit.perMicrosecond) * unit.microseconds, 1000);
    }
    return 0; // no integer of 64 bits reaches 1e20
}

} // namespace

Result<TimeMs> dataTimeOf(double number, TimeMs now, const TimeCheck &check)
{
    const auto time = timeOf(number);
    return time ? believed(*time, formatDouble(number), now, check)
                : Result<TimeMs>(notATime(formatDouble(number)));
}

Result<TimeMs> dataTimeOf(std::int64_t number, TimeMs now, const TimeCheck &check)
{
    return believed(timeOf(number), std::to_string(number), now, check);
}

Result<TimeMs> parseDataTime(std::string_view text, TimeMs now, const TimeCheck &check)
{
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t begin = std::min(text.find_first_not_of(blanks), text.size());
    const std::string_view bare = text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
    std::optional<TimeMs> time = parseIso(bare);
    if (!time) {
        if (const auto integer = parseInt64(bare))
            time = timeOf(*integer);
        else if (const auto number = parseDouble(bare))
            time = timeOf(*number);
    }
    const std::string written = terminalText(utf8Prefix(text, 60));
    return time ? believed(*time, written, now, check) : Result<TimeMs>(notATime(written));
}

} // namespace tepal
