#include "ui/charts/ticks.h"

#include "ui/widgets/format.h"
#include "ui/widgets/utc.h"

#include <QDateTime>
#include <QLocale>

#include <array>
#include <cmath>

namespace tepal::ui {

double niceStep(double span, int wanted)
{
    if (!(span > 0) || !std::isfinite(span))
        return 1;
    const double raw = span / std::max(1, wanted);
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    const double part = raw / power;
    return power * (part <= 1.0 ? 1 : part <= 2.0 ? 2 : part <= 5.0 ? 5 : 10);
}

std::pair<double, double> niceRange(double low, double high, int wanted)
{
    if (!(high > low)) {
        const double pad = low == 0 ? 1 : std::abs(low) * 0.1;
        low -= pad;
        high += pad;
    }
    const double step = niceStep(high - low, wanted);
    return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step};
}

QList<Tick> niceTicks(double low, double high, int wanted)
{
    QList<Tick> ticks;
    if (!std::isfinite(low) || !std::isfinite(high) || !(high > low))
        return ticks;
    const double step = niceStep(high - low, wanted);
    const double largest = std::max(std::abs(low), std::abs(high));
    // Closer than doubles can tell apart at this size: nothing between the ends has a name.
    if (!std::isfinite(step) || largest / step > 1e15) {
        ticks.append({low, format::full(low), {}});
        return ticks;
    }
    const int magnitude = static_cast<int>(std::floor(std::log10(step) + 1e-9));
    const bool powers = largest >= 1e7 || step < 1e-6;
    const auto first = static_cast<qint64>(std::ceil(low / step - 1e-9));
    const auto last = static_cast<qint64>(std::floor(high / step + 1e-9));
    for (qint64 i = first; i <= last && ticks.size() < 100; ++i) {
        const double at = static_cast<double>(i) * step;
        // As many digits as tell neighbours apart, whatever power of ten the value itself has.
        const int digits =
            i == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(at)) + 1e-9)) - magnitude;
        ticks.append(
            {at,
             powers ? format::scientific(at, digits) : format::fixed(at, std::max(0, -magnitude)),
             {}});
    }
    return ticks;
}

QList<Tick> powerTicks(double low, double high, int wanted)
{
    QList<Tick> ticks;
    if (!std::isfinite(low) || !std::isfinite(high) || !(high > low))
        return ticks;
    if (high - low < 1) { // Within a decade round numbers are those of a plain axis.
        ticks = niceTicks(std::pow(10.0, low), std::pow(10.0, high), wanted);
        for (Tick &tick : ticks)
            tick.at = std::log10(tick.at);
        return ticks;
    }
    const int every = std::max(1, static_cast<int>(std::ceil((high - low) / std::max(1, wanted))));
    const QList<double> parts =
        (high - low) * 3 <= wanted ? QList<double>{1, 2, 5} : QList<double>{1};
    for (int power = static_cast<int>(std::floor(low)); power <= high; ++power) {
        for (const double part : power % every == 0 ? parts : QList<double>()) {
            const double value = part * std::pow(10.0, power);
            const double at = std::log10(value);
            if (at < low - 1e-9 || at > high + 1e-9)
                continue;
            ticks.append({at,
                          power >= 6 || power < -4 ? format::scientific(value, 0)
                                                   : format::fixed(value, std::max(0, -power)),
                          {}});
        }
    }
    return ticks;
}

namespace {

constexpr std::array kSteps{
    kSecondMs,     5 * kSecondMs,  15 * kSecondMs, 30 * kSecondMs, kMinuteMs,  2 * kMinuteMs,
    5 * kMinuteMs, 10 * kMinuteMs, 15 * kMinuteMs, 30 * kMinuteMs, kHourMs,    3 * kHourMs,
    6 * kHourMs,   12 * kHourMs,   kDayMs,         2 * kDayMs,     7 * kDayMs, 14 * kDayMs,
    31 * kDayMs,   92 * kDayMs,    366 * kDayMs};

QDateTime shown(TimeMs at)
{
    return zonedTime(at, format::isUtc());
}

TimeMs startOfDay(QDate day)
{
    return (format::isUtc() ? day.startOfDay(kUtc) : day.startOfDay()).toMSecsSinceEpoch();
}

/// Calendar steps: never 24 × 3600, a day may have 23 or 25 hours.
QDate nextDay(QDate day, DurationMs step)
{
    if (step == 366 * kDayMs)
        return QDate(day.year() + 1, 1, 1);
    if (step == 92 * kDayMs || step == 31 * kDayMs) {
        const int months = step == 31 * kDayMs ? 1 : 3;
        return QDate(day.year(), day.month(), 1).addMonths(months);
    }
    return day.addDays(step / kDayMs);
}

QDate firstDay(QDate day, DurationMs step)
{
    if (step == 366 * kDayMs)
        return QDate(day.year(), 1, 1);
    if (step == 92 * kDayMs)
        return QDate(day.year(), (day.month() - 1) / 3 * 3 + 1, 1);
    if (step == 31 * kDayMs)
        return QDate(day.year(), day.month(), 1);
    if (step >= 7 * kDayMs)
        return day.addDays(1 - day.dayOfWeek()); // Mondays
    return day;
}

QList<Tick> dayTicks(TimeMs from, TimeMs to, DurationMs step)
{
    QList<Tick> ticks;
    int year = 0;
    for (QDate day = firstDay(shown(from).date(), step); ticks.size() < 200;
         day = nextDay(day, step)) {
        const TimeMs at = startOfDay(day);
        if (at >= to)
            break;
        if (at < from)
            continue;
        Tick tick{static_cast<double>(at), {}, {}};
        const QLocale locale;
        if (step == 366 * kDayMs)
            tick.label = QString::number(day.year());
        else if (step >= 31 * kDayMs)
            tick.label = locale.monthName(day.month(), QLocale::ShortFormat);
        else
            tick.label = locale.dayName(day.dayOfWeek(), QLocale::ShortFormat) % QLatin1Char(' ') %
                         day.toString(QStringLiteral("MM-dd"));
        if (day.year() != year && step < 366 * kDayMs)
            tick.date = QString::number(day.year());
        year = day.year();
        ticks.append(tick);
    }
    return ticks;
}

QList<Tick> clockTicks(TimeMs from, TimeMs to, DurationMs step)
{
    QList<Tick> ticks;
    // Anchored at midnight of each shown day, so 3 h steps fall on 00, 03, 06 … also on the days
    // when the clock changes.
    QDate last;
    for (QDate day = shown(from).date(); ticks.size() < 200; day = day.addDays(1)) {
        const TimeMs midnight = startOfDay(day);
        if (midnight >= to)
            break;
        const TimeMs end = std::min(to, startOfDay(day.addDays(1)));
        for (TimeMs at = midnight; at < end; at += step) {
            if (at < from)
                continue;
            Tick tick{static_cast<double>(at),
                      step < kMinuteMs ? format::time(at) : format::timeShort(at),
                      {}};
            if (day != last)
                tick.date = QLocale().dayName(day.dayOfWeek(), QLocale::ShortFormat) %
                            QLatin1Char(' ') % day.toString(QStringLiteral("yyyy-MM-dd"));
            last = day;
            ticks.append(tick);
        }
    }
    return ticks;
}

} // namespace

QList<Tick> timeTicks(TimeMs from, TimeMs to, int most)
{
    if (to <= from || most < 1)
        return {};
    DurationMs step = kSteps.back();
    for (const DurationMs candidate : kSteps) {
        if ((to - from) / candidate <= most) {
            step = candidate;
            break;
        }
    }
    return step < kDayMs ? clockTicks(from, to, step) : dayTicks(from, to, step);
}

} // namespace tepal::ui
