#include "iso_time.h"

#include <tepal/base/text.h>
#include <tepal/base/time.h>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <limits>

namespace tepal {
namespace {

constexpr std::array<std::string_view, 5> kGranularityNames{"minute", "hour", "day", "month",
                                                            "year"};

/// Division rounding towards minus infinity, so that times before 1970 truncate down too.
constexpr std::int64_t floorDiv(std::int64_t a, std::int64_t b)
{
    return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

std::optional<int> digits(std::string_view &text, std::size_t count)
{
    if (text.size() < count)
        return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool skip(std::string_view &text, char c)
{
    if (text.empty() || text.front() != c)
        return false;
    text.remove_prefix(1);
    return true;
}

bool parseDate(std::string_view &text, CivilTime &civil)
{
    const auto year = digits(text, 4);
    if (!year || !skip(text, '-'))
        return false;
    const auto month = digits(text, 2);
    if (!month || !skip(text, '-'))
        return false;
    const auto day = digits(text, 2);
    if (!day)
        return false;
    civil.year = *year;
    civil.month = *month;
    civil.day = *day;
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    return date.ok();
}

bool parseClock(std::string_view &text, CivilTime &civil)
{
    const auto hour = digits(text, 2);
    if (!hour || !skip(text, ':'))
        return false;
    const auto minute = digits(text, 2);
    if (!minute)
        return false;
    civil.hour = *hour;
    civil.minute = *minute;
    if (skip(text, ':')) {
        const auto second = digits(text, 2);
        if (!second)
            return false;
        civil.second = *second;
        if (skip(text, '.')) {
            int scale = 100;
            if (text.empty() || text.front() < '0' || text.front() > '9')
                return false;
            while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
                civil.millisecond += (text.front() - '0') * scale;
                scale /= 10;
                text.remove_prefix(1);
            }
        }
    }
    return civil.hour < 24 && civil.minute < 60 && civil.second < 60;
}

/// "Z", "+01:00", "-0530" or nothing; the offset in minutes.
bool parseZone(std::string_view &text, int &offsetMinutes)
{
    offsetMinutes = 0;
    if (text.empty() || skip(text, 'Z') || skip(text, 'z'))
        return text.empty();
    const int sign = text.front() == '-' ? -1 : text.front() == '+' ? 1 : 0;
    if (sign == 0)
        return false;
    text.remove_prefix(1);
    const auto hours = digits(text, 2);
    if (!hours)
        return false;
    skip(text, ':');
    const auto minutes = digits(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59)
        return false;
    offsetMinutes = sign * (*hours * 60 + *minutes);
    return text.empty();
}

} // namespace

std::string_view granularityName(Granularity granularity)
{
    return kGranularityNames[static_cast<std::size_t>(granularity)];
}

Result<Granularity> parseGranularity(std::string_view text)
{
    for (std::size_t i = 0; i < kGranularityNames.size(); ++i) {
        if (kGranularityNames[i] == text)
            return static_cast<Granularity>(i);
    }
    return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not a granularity", text),
                "use minute, hour, day, month or year");
}

CivilTime toCivil(TimeMs time)
{
    const std::int64_t days = floorDiv(time, kDayMs);
    const std::chrono::year_month_day date{
        std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
    auto rest = static_cast<int>(time - days * kDayMs);
    CivilTime civil;
    civil.year = static_cast<int>(date.year());
    civil.month = static_cast<int>(static_cast<unsigned>(date.month()));
    civil.day = static_cast<int>(static_cast<unsigned>(date.day()));
    civil.millisecond = rest % 1000;
    rest /= 1000;
    civil.second = rest % 60;
    rest /= 60;
    civil.minute = rest % 60;
    civil.hour = rest / 60;
    return civil;
}

TimeMs fromCivil(const CivilTime &civil)
{
    const std::chrono::sys_days date = std::chrono::year(civil.year) /
                                       std::chrono::month(static_cast<unsigned>(civil.month)) /
                                       std::chrono::day(static_cast<unsigned>(civil.day));
    return static_cast<std::int64_t>(date.time_since_epoch().count()) * kDayMs +
           civil.hour * kHourMs + civil.minute * kMinuteMs + civil.second * kSecondMs +
           civil.millisecond;
}

TimeMs windowStart(TimeMs time, Granularity granularity)
{
    switch (granularity) {
    case Granularity::Minute:
        return floorDiv(time, kMinuteMs) * kMinuteMs;
    case Granularity::Hour:
        return floorDiv(time, kHourMs) * kHourMs;
    case Granularity::Day:
        return floorDiv(time, kDayMs) * kDayMs;
    case Granularity::Month:
    case Granularity::Year:
        break;
    }
    CivilTime civil;
    const CivilTime full = toCivil(time);
    civil.year = full.year;
    civil.month = granularity == Granularity::Month ? full.month : 1;
    return fromCivil(civil);
}

TimeMs nextWindowStart(TimeMs start, Granularity granularity)
{
    switch (granularity) {
    case Granularity::Minute:
        return start + kMinuteMs;
    case Granularity::Hour:
        return start + kHourMs;
    case Granularity::Day:
        return start + kDayMs;
    case Granularity::Month:
    case Granularity::Year:
        break;
    }
    CivilTime civil = toCivil(windowStart(start, granularity));
    if (granularity == Granularity::Year || civil.month == 12) {
        civil.year += 1;
        civil.month = 1;
    } else {
        civil.month += 1;
    }
    return fromCivil(civil);
}

TimeRange windowOf(TimeMs time, Granularity granularity)
{
    const TimeMs start = windowStart(time, granularity);
    return {start, nextWindowStart(start, granularity)};
}

std::string formatIso(TimeMs time)
{
    const CivilTime c = toCivil(time);
    std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day,
                                   c.hour, c.minute, c.second);
    if (c.millisecond != 0)
        text += fmt::format(".{:03}", c.millisecond);
    return text + "Z";
}

std::optional<TimeMs> parseIso(std::string_view text)
{
    CivilTime civil;
    int offset = 0;
    bool ok = parseDate(text, civil);
    if (ok && !text.empty())
        ok = (skip(text, 'T') || skip(text, 't') || skip(text, ' ')) && parseClock(text, civil) &&
             parseZone(text, offset);
    if (!ok)
        return std::nullopt;
    return fromCivil(civil) - offset * kMinuteMs;
}

Result<TimeMs> parseTime(std::string_view text)
{
    if (const auto ms = parseInt64(text))
        return *ms;
    if (const auto time = parseIso(text))
        return *time;
    return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not a time", terminalText(text)),
                "write it like 2026-01-31T14:00:00Z or as milliseconds since 1970");
}

namespace {
struct Unit
{
    std::string_view suffix;
    DurationMs ms;
};
constexpr std::array<Unit, 5> kUnits{
    {{"ms", 1}, {"s", kSecondMs}, {"m", kMinuteMs}, {"h", kHourMs}, {"d", kDayMs}}};
} // namespace

Result<DurationMs> parseDuration(std::string_view text)
{
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error == std::errc() && count >= 0) {
        const std::string_view suffix(end,
                                      static_cast<std::size_t>(text.data() + text.size() - end));
        for (const Unit &unit : kUnits) {
            if (unit.suffix == suffix &&
                count <= std::numeric_limits<DurationMs>::max() / 4 / unit.ms)
                return count * unit.ms;
        }
    }
    return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not a duration", text),
                "write it like 200ms, 1s, 10m, 1h or 7d");
}

std::string formatDuration(DurationMs duration)
{
    for (std::size_t i = kUnits.size(); i-- > 0;) {
        if (duration != 0 && duration % kUnits[i].ms == 0)
            return fmt::format("{}{}", duration / kUnits[i].ms, kUnits[i].suffix);
    }
    return "0s";
}

} // namespace tepal
