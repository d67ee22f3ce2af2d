/// Time as the program uses it: UTC milliseconds since the epoch, calendar-aware granularities,
/// ISO 8601 texts and durations such as `10m`. Pure functions, thread-safe, no time zone database.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tepal {

/// Milliseconds since 1970-01-01T00:00:00Z. Leap seconds do not exist, as in POSIX.
using TimeMs = std::int64_t;
/// A span in milliseconds.
using DurationMs = std::int64_t;

inline constexpr DurationMs kSecondMs = 1000;
inline constexpr DurationMs kMinuteMs = 60 * kSecondMs;
inline constexpr DurationMs kHourMs = 60 * kMinuteMs;
inline constexpr DurationMs kDayMs = 24 * kHourMs;

/// Length of a profile window. Stored as the integer; never renumber.
enum class Granularity : std::uint8_t { Minute = 0, Hour = 1, Day = 2, Month = 3, Year = 4 };

/// "minute", "hour", "day", "month", "year".
std::string_view granularityName(Granularity granularity);
Result<Granularity> parseGranularity(std::string_view text);

/// Half-open range [start, end).
struct TimeRange
{
    TimeMs start = 0;
    TimeMs end = 0;

    bool contains(TimeMs time) const { return start <= time && time < end; }
    bool operator==(const TimeRange &) const = default;
};

/// Start of the window that holds `time`: truncated down in UTC (also before 1970).
TimeMs windowStart(TimeMs time, Granularity granularity);
/// Start of the following window; months and years go by the calendar.
TimeMs nextWindowStart(TimeMs start, Granularity granularity);
TimeRange windowOf(TimeMs time, Granularity granularity);

/// `2026-01-31T14:00:00Z`, with `.123` only when the milliseconds are not zero.
std::string formatIso(TimeMs time);
/// Accepts a date, date and time to minutes, seconds or milliseconds, with `T` or a space, and `Z`,
/// an offset such as `+01:00`, or nothing (UTC); also plain integer milliseconds. For what this
/// program wrote itself; times of data come through parseDataTime.
Result<TimeMs> parseTime(std::string_view text);

/// How far a time of data is believed.
struct TimeCheck
{
    bool any = false; ///< Whoever asks has said that any time is meant.
    /// What says so, for the refusal: `--any-time`, `"anyTime": true`.
    std::string_view option = "--any-time";
};
/// The time of data as people, programs and files write it: ISO 8601 as parseTime reads it (`t` and
/// `z` too, blanks around it), or a number, also with a fraction, whose unit follows from its size:
///
///     below 1e11    seconds         1772000000            (1e11 s: the year 5138)
///     below 1e14    milliseconds    1772000000000         (1e11 ms: 1973)
///     below 1e17    microseconds    1772000000000000
///     below 1e20    nanoseconds     1772000000000000000
///
/// Negative ones alike. Parts of a millisecond are cut off. A result before 1980 or more than a
/// year after `now` is refused unless `check.any`: such times come from mixed-up units, unset
/// clocks and typing errors, and a row in a window of 1970 or 2099 is not found again.
Result<TimeMs> parseDataTime(std::string_view text, TimeMs now, const TimeCheck &check = {});
Result<TimeMs> dataTimeOf(double number, TimeMs now, const TimeCheck &check = {});
Result<TimeMs> dataTimeOf(std::int64_t number, TimeMs now, const TimeCheck &check = {});

/// `200ms`, `1s`, `10m`, `1h`, `7d`; zero only as `0s` and the like. Never negative.
Result<DurationMs> parseDuration(std::string_view text);
/// The shortest exact spelling that parseDuration reads back.
std::string formatDuration(DurationMs duration);

/// Civil date of a UTC time.
struct CivilTime
{
    int year = 1970;
    int month = 1; ///< 1–12
    int day = 1;   ///< 1–31
    int hour = 0;
    int minute = 0;
    int second = 0;
    int millisecond = 0;
};
CivilTime toCivil(TimeMs time);
TimeMs fromCivil(const CivilTime &civil);

} // namespace tepal
