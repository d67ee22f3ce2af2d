#include "ui/widgets/format.h"

#include "ui/widgets/utc.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QTimeZone>

#include <array>
#include <cmath>

namespace tepal::ui::format {

namespace {

bool g_utc = false;

QString tr(const char *text)
{
    return QCoreApplication::translate("format", text);
}

const QChar kMinus(0x2212);
const QChar kNarrow(0x00a0);

/// Numbers are built in the C locale and dressed here: minus, decimal point and grouping.
QString dress(QString text, bool group)
{
    const QLocale locale;
    qsizetype point = text.indexOf(QLatin1Char('.'));
    const qsizetype exponent = text.indexOf(QLatin1Char('e'));
    qsizetype end = point >= 0 ? point : (exponent >= 0 ? exponent : text.size());
    if (point >= 0)
        text.replace(point, 1, locale.decimalPoint());
    if (group) {
        const qsizetype first = text.startsWith(QLatin1Char('-')) ? 1 : 0;
        for (end -= 3; end > first; end -= 3)
            text.insert(end, locale.groupSeparator());
    }
    text.replace(QLatin1Char('-'), kMinus);
    return text;
}

/// NaN is how "no value" travels; infinities are values.
bool special(double value, QString &text)
{
    if (std::isnan(value)) {
        text = missing();
        return true;
    }
    if (std::isinf(value)) {
        text = value > 0 ? QString(QChar(0x221e)) : kMinus % QString(QChar(0x221e));
        return true;
    }
    return false;
}

QDateTime at(TimeMs time)
{
    return zonedTime(time, g_utc);
}

QString spanPart(qint64 value, const QString &unit)
{
    return QString::number(value) % kNarrow % unit;
}

} // namespace

QString missing()
{
    return QString(QChar(0x2013));
}

QString number(double value, int digits)
{
    QString text;
    if (special(value, text))
        return text;
    if (value == 0)
        return QStringLiteral("0");
    const double size = std::abs(value);
    if (size >= 1e15 || size < 1e-6)
        return dress(QString::number(value, 'e', std::max(0, digits - 1)), false);
    const int magnitude = static_cast<int>(std::floor(std::log10(size)));
    const int decimals = std::clamp(digits - 1 - magnitude, 0, 12);
    return dress(QString::number(value, 'f', decimals), size >= 10'000);
}

QString fixed(double value, int decimals)
{
    QString text;
    if (special(value, text))
        return text;
    QString raw = QString::number(value, 'f', decimals);
    // "−0.0" says nothing that "0.0" does not.
    if (raw.startsWith(QLatin1Char('-')) && raw.toDouble() == 0)
        raw.remove(0, 1);
    return dress(raw, std::abs(value) >= 10'000);
}

QString full(double value)
{
    QString text;
    if (special(value, text))
        return text;
    return dress(QString::number(value, 'g', QLocale::FloatingPointShortest), false);
}

QString plain(double value)
{
    return std::isnan(value) ? QString()
                             : QString::number(value, 'g', QLocale::FloatingPointShortest);
}

QString count(qint64 value)
{
    return dress(QString::number(value), true);
}

QString shortCount(double value)
{
    QString text;
    if (special(value, text))
        return text;
    if (std::abs(value) < 99'999.5)
        return count(std::llround(value));
    static constexpr std::array<std::pair<double, char>, 4> units{
        {{1e12, 'T'}, {1e9, 'G'}, {1e6, 'M'}, {1e3, 'k'}}};
    for (const auto &[size, unit] : units) {
        if (std::abs(value) >= size * 0.9995)
            return number(value / size) % kNarrow % QLatin1Char(unit);
    }
    return count(std::llround(value));
}

QString percent(double share)
{
    QString text;
    if (special(share, text))
        return text;
    const double value = share * 100;
    const double size = std::abs(value);
    if (size > 0 && size < 0.01)
        return QStringLiteral("< ") % dress(QStringLiteral("0.01"), false) % kNarrow %
               QLatin1Char('%');
    const int decimals = size >= 9.95 || size == 0 ? 0 : (size >= 0.995 ? 1 : 2);
    return fixed(value, decimals) % kNarrow % QLatin1Char('%');
}

QString pValue(double p)
{
    if (std::isnan(p))
        return QStringLiteral("p ") % missing();
    if (p < 0.001)
        return QStringLiteral("p < ") % dress(QStringLiteral("0.001"), false);
    return QStringLiteral("p = ") % fixed(p, p < 0.1 ? 3 : 2);
}

QString bareP(double p)
{
    if (std::isnan(p))
        return missing();
    if (p < 0.001)
        return QStringLiteral("< ") % dress(QStringLiteral("0.001"), false);
    return fixed(p, 3);
}

QString band(double low, double high)
{
    if (std::isnan(low) || std::isnan(high))
        return {};
    if (low == high)
        return tr("exact");
    // Enough decimals to tell the two ends apart.
    const double gap = high - low;
    const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(gap))) + 1, 2, 6);
    return QLatin1Char('[') % fixed(low, decimals) % QStringLiteral(", ") % fixed(high, decimals) %
           QLatin1Char(']');
}

QString estimate(const Estimate &value)
{
    if (std::isnan(value.value))
        return missing();
    const double error = std::max(value.high - value.value, value.value - value.low);
    if (value.isExact() || std::isnan(error) || std::llround(error) == 0)
        return count(std::llround(value.value));
    return count(std::llround(value.value)) % QStringLiteral(" ± ") % count(std::llround(error));
}

QString meanSd(double mean, double stddev)
{
    if (std::isnan(mean))
        return missing();
    if (std::isnan(stddev) || stddev == 0)
        return number(mean);
    // The spread decides how many decimals of the mean mean anything.
    const int decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(stddev))), 0, 9);
    return fixed(mean, decimals) % QStringLiteral(" ± ") % fixed(stddev, decimals);
}

QString scientific(double value, int decimals)
{
    QString text;
    if (special(value, text))
        return text;
    if (value == 0)
        return QStringLiteral("0");
    return dress(QString::number(value, 'e', std::clamp(decimals, 0, 15)), false);
}

LatencyUnit latencyUnit(double largestMs)
{
    // At the edges as the rounded text reads: 999.6 µs would be "1000".
    if (std::isnan(largestMs) || largestMs == 0)
        return LatencyUnit::Milliseconds;
    return largestMs < 0.9995  ? LatencyUnit::Microseconds
           : largestMs < 999.5 ? LatencyUnit::Milliseconds
                               : LatencyUnit::Seconds;
}

QString latencyUnitName(LatencyUnit unit)
{
    switch (unit) {
    case LatencyUnit::Microseconds:
        return QChar(0x00b5) % QLatin1Char('s');
    case LatencyUnit::Seconds:
        return QStringLiteral("s");
    case LatencyUnit::Milliseconds:
        break;
    }
    return QStringLiteral("ms");
}

double inLatencyUnit(double ms, LatencyUnit unit)
{
    return unit == LatencyUnit::Microseconds ? ms * 1000
           : unit == LatencyUnit::Seconds    ? ms / 1000
                                             : ms;
}

QString latencyValue(double ms, LatencyUnit unit)
{
    const double value = inLatencyUnit(ms, unit);
    QString text;
    if (special(value, text))
        return text;
    if (value > 0 && value < 0.0005)
        return QStringLiteral("< ") % dress(QStringLiteral("0.001"), false);
    const double size = std::abs(value);
    return fixed(value, size == 0 || size >= 99.95 ? 0
                        : size >= 9.995            ? 1
                        : size >= 0.9995           ? 2
                                                   : 3);
}

QString latency(double ms, LatencyUnit unit)
{
    return std::isnan(ms) ? missing() : latencyValue(ms, unit) % kNarrow % latencyUnitName(unit);
}

QString latency(double ms)
{
    return latency(ms, latencyUnit(ms));
}

QString rate(double perSecond)
{
    if (std::isnan(perSecond))
        return missing();
    if (perSecond >= 1000)
        return number(perSecond / 1000) % kNarrow % QLatin1Char('k');
    if (perSecond >= 10 || perSecond == 0)
        return QString::number(std::llround(perSecond));
    return fixed(perSecond, 1);
}

QString duration(DurationMs span)
{
    if (span < kSecondMs)
        return spanPart(span, tr("ms"));
    if (span < 10 * kSecondMs && span % kSecondMs != 0)
        return fixed(static_cast<double>(span) / 1000, 1) % kNarrow % tr("s");
    const qint64 seconds = span / kSecondMs;
    const QString gap(QLatin1Char(' '));
    const auto two = [&](qint64 a, const QString &unitA, qint64 b, const QString &unitB) {
        return b == 0 ? spanPart(a, unitA) : spanPart(a, unitA) % gap % spanPart(b, unitB);
    };
    if (seconds < 60)
        return spanPart(seconds, tr("s"));
    if (seconds < 3600)
        return two(seconds / 60, tr("m"), seconds % 60, tr("s"));
    if (seconds < 86'400)
        return two(seconds / 3600, tr("h"), seconds % 3600 / 60, tr("m"));
    return two(seconds / 86'400, tr("d"), seconds % 86'400 / 3600, tr("h"));
}

QString age(TimeMs then, TimeMs now)
{
    const qint64 seconds = (now - then) / kSecondMs;
    if (seconds < 1)
        return tr("now");
    if (seconds < 60)
        return tr("%1 s ago").arg(seconds);
    if (seconds < 3600)
        return tr("%1 min ago").arg(seconds / 60);
    if (seconds < 86'400)
        return tr("%1 h ago").arg(seconds / 3600);
    return tr("%1 d ago").arg(seconds / 86'400);
}

QString bytes(qint64 size)
{
    static constexpr std::array<const char *, 5> units{"B", "kB", "MB", "GB", "TB"};
    double value = static_cast<double>(size);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    return (unit == 0 ? QString::number(size) : number(value)) % kNarrow %
           QLatin1String(units[unit]);
}

void setUtc(bool utc)
{
    g_utc = utc;
}

bool isUtc()
{
    return g_utc;
}

DurationMs zoneOffset(TimeMs time)
{
    return at(time).offsetFromUtc() * kSecondMs;
}

QString zoneName(TimeMs time)
{
    const int minutes = at(time).offsetFromUtc() / 60;
    if (minutes == 0)
        return QStringLiteral("UTC");
    QString text = QStringLiteral("UTC") % (minutes < 0 ? kMinus : QChar(QLatin1Char('+'))) %
                   QString::number(std::abs(minutes) / 60);
    if (minutes % 60 != 0)
        text += QLatin1Char(':') %
                QString::number(std::abs(minutes) % 60).rightJustified(2, QLatin1Char('0'));
    return text;
}

QString time(TimeMs t)
{
    return at(t).toString(QStringLiteral("HH:mm:ss"));
}

QString timeMs(TimeMs t)
{
    return at(t).toString(QStringLiteral("HH:mm:ss.zzz"));
}

QString timeShort(TimeMs t)
{
    return at(t).toString(QStringLiteral("HH:mm"));
}

QString date(TimeMs t)
{
    return at(t).toString(QStringLiteral("yyyy-MM-dd"));
}

QString dateTime(TimeMs t)
{
    return at(t).toString(QStringLiteral("yyyy-MM-dd HH:mm"));
}

QString dateTimeFull(TimeMs t)
{
    return at(t).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
}

QString weekdayTime(TimeMs t)
{
    const QDateTime when = at(t);
    return QLocale().dayName(when.date().dayOfWeek(), QLocale::ShortFormat) % QLatin1Char(' ') %
           when.toString(QStringLiteral("yyyy-MM-dd HH:mm"));
}

QString iso(TimeMs t)
{
    return QString::fromStdString(formatIso(t));
}

QString window(TimeRange r)
{
    const QDateTime start = at(r.start);
    const QDateTime end = at(r.end);
    const QString day = QLocale().dayName(start.date().dayOfWeek(), QLocale::ShortFormat);
    const QString from =
        day % QLatin1Char(' ') % start.toString(QStringLiteral("yyyy-MM-dd HH:mm"));
    if (r.end - r.start < kDayMs)
        return from % QChar(0x2013) % end.toString(QStringLiteral("HH:mm"));
    return from % QStringLiteral(" – ") % end.toString(QStringLiteral("yyyy-MM-dd HH:mm"));
}

QString range(TimeRange r)
{
    return dateTime(r.start) % QStringLiteral(" – ") % dateTime(r.end);
}

QString counted(qint64 n, const QString &one, const QString &many)
{
    QString text = n == 1 ? one : many;
    return text.replace(QStringLiteral("%1"), count(n));
}

QString kind(ColumnKind kind)
{
    switch (kind) {
    case ColumnKind::Integral:
        return tr("integer");
    case ColumnKind::Fractional:
        return tr("fractional");
    case ColumnKind::Boolean:
        return tr("boolean");
    case ColumnKind::Text:
        return tr("text");
    case ColumnKind::Object:
        return tr("object");
    case ColumnKind::Unknown:
        break;
    }
    return tr("unknown");
}

QString granularity(Granularity granularity)
{
    switch (granularity) {
    case Granularity::Minute:
        return tr("minute");
    case Granularity::Hour:
        return tr("hour");
    case Granularity::Day:
        return tr("day");
    case Granularity::Month:
        return tr("month");
    case Granularity::Year:
        return tr("year");
    }
    return {};
}

} // namespace tepal::ui::format
