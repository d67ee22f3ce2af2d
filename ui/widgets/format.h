/// The one place that turns numbers, times and states into text for people.
///
/// Typography: true minus, no-break space before units, an en dash for "missing"; NaN and infinity
/// are words of their own. Exports do not go through here except `plain`.
#pragma once

#include "ui/backend/profile_values.h"

#include <QString>

namespace tepal::ui::format {

/// "–"
QString missing();
/// Significant digits, at least one; thousands grouped from 10,000 on; "–" for NaN.
QString number(double value, int digits = 3);
/// Fixed decimals, for columns and axes.
QString fixed(double value, int decimals);
/// As many digits as are needed to read the value back. For tooltips.
QString full(double value);
/// The same for files: C locale, plain hyphen, empty for NaN.
QString plain(double value);
/// Grouped by locale.
QString count(qint64 value);
/// "1.23 M" from 100,000 on; tiles only.
QString shortCount(double value);
/// A share 0–1: "38 %", "0.27 %", "< 0.01 %".
QString percent(double share);
/// "p < 0.001", "p = 0.031"
QString pValue(double p);
/// "0.31", "0.001 or less" for tables whose header says p.
QString bareP(double p);
/// "[0.30, 0.32]"; "exact" when both ends are the same; empty when there is no band.
QString band(double low, double high);
/// "43", "43 ± 1"
QString estimate(const Estimate &value);
QString meanSd(double mean, double stddev);
/// Fixed decimals after a power of ten, for axes of very large or small numbers: "1.25e+09".
QString scientific(double value, int decimals);

// ---------------------------------------------------------------- latencies
/// Latencies that are seen together (a chart, its tile, its table) share one unit. They travel as
/// milliseconds; only the text is in the unit.
enum class LatencyUnit : std::uint8_t { Microseconds, Milliseconds, Seconds };
/// The unit in which the largest of them has one to three digits before the point.
LatencyUnit latencyUnit(double largestMs);
QString latencyUnitName(LatencyUnit unit); ///< "µs"
double inLatencyUnit(double ms, LatencyUnit unit);
/// Three significant digits, at most three decimals, without the unit: "20.4", "412", "0.021".
QString latencyValue(double ms, LatencyUnit unit);
QString latency(double ms, LatencyUnit unit);
/// In the unit it has when it stands alone: "21.3 µs", "12.3 ms", "1.23 s".
QString latency(double ms);

// ---------------------------------------------------------------- rates, spans, sizes
/// "212", "4.2", "1.23 k"
QString rate(double perSecond);
/// "1 m 12 s", "2 h 5 m", "3 d 4 h"
QString duration(DurationMs span);
/// "now", "12 s ago", "3 min ago", "2 h ago", "4 d ago"
QString age(TimeMs then, TimeMs now);
QString bytes(qint64 size);

// ---------------------------------------------------------------- times
/// All times below are shown local or, after setUtc(true), in UTC. UI thread only.
void setUtc(bool utc);
bool isUtc();
/// "UTC", "UTC+1", "UTC−3:30"
QString zoneName(TimeMs at);
/// Offset of the shown zone at that instant.
DurationMs zoneOffset(TimeMs at);
QString time(TimeMs at);         ///< "14:22:07"
QString timeMs(TimeMs at);       ///< "14:22:07.123"
QString timeShort(TimeMs at);    ///< "14:22"
QString date(TimeMs at);         ///< "2026-01-31"
QString dateTime(TimeMs at);     ///< "2026-01-31 14:22"
QString dateTimeFull(TimeMs at); ///< "2026-01-31 14:22:07"
QString weekdayTime(TimeMs at);  ///< "Thu 2026-03-12 14:00"
QString iso(TimeMs at);          ///< "2026-01-31T14:22:07Z", for files
QString window(TimeRange range); ///< "Thu 2026-01-31 14:00–15:00"
QString range(TimeRange range);  ///< "2026-01-24 14:00 – 2026-01-31 14:00"

// ---------------------------------------------------------------- words
/// `one` for exactly one, else `many`; "%1" in either becomes the grouped count.
QString counted(qint64 n, const QString &one, const QString &many);
QString kind(ColumnKind kind);
QString granularity(Granularity granularity);

} // namespace tepal::ui::format
