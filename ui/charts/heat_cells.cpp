#include "ui/charts/heat_cells.h"

#include "ui/widgets/format.h"
#include "ui/widgets/utc.h"

#include <QCoreApplication>
#include <QDateTime>

#include <algorithm>

namespace tepal::ui {

namespace {

static_assert(std::tuple_size_v<decltype(HeatCell::verdicts)> ==
              static_cast<std::size_t>(Verdict::TypeChange) + 1);

struct Step
{
    DurationMs length; ///< About; calendar steps are counted by the calendar.
    const char *name;
};

constexpr DurationMs kWeek = 7 * kDayMs;
constexpr DurationMs kMonth = 30 * kDayMs;
constexpr DurationMs kQuarter = 91 * kDayMs;
constexpr DurationMs kYear = 365 * kDayMs;

constexpr std::array kSteps{Step{5 * kMinuteMs, QT_TRANSLATE_NOOP("HeatCells", "5 minutes")},
                            Step{15 * kMinuteMs, QT_TRANSLATE_NOOP("HeatCells", "15 minutes")},
                            Step{kHourMs, QT_TRANSLATE_NOOP("HeatCells", "hour")},
                            Step{3 * kHourMs, QT_TRANSLATE_NOOP("HeatCells", "3 hours")},
                            Step{6 * kHourMs, QT_TRANSLATE_NOOP("HeatCells", "6 hours")},
                            Step{12 * kHourMs, QT_TRANSLATE_NOOP("HeatCells", "12 hours")},
                            Step{kDayMs, QT_TRANSLATE_NOOP("HeatCells", "day")},
                            Step{kWeek, QT_TRANSLATE_NOOP("HeatCells", "week")},
                            Step{kMonth, QT_TRANSLATE_NOOP("HeatCells", "month")},
                            Step{kQuarter, QT_TRANSLATE_NOOP("HeatCells", "quarter")},
                            Step{kYear, QT_TRANSLATE_NOOP("HeatCells", "year")}};

DurationMs lengthOf(Granularity granularity)
{
    switch (granularity) {
    case Granularity::Minute:
        return kMinuteMs;
    case Granularity::Hour:
        return kHourMs;
    case Granularity::Day:
        return kDayMs;
    case Granularity::Month:
        return kMonth;
    case Granularity::Year:
        break;
    }
    return kYear;
}

/// Days of the shown zone, except where windows are days themselves: those are UTC.
struct Calendar
{
    bool utc = true;

    QDate dayOf(TimeMs at) const { return zonedTime(at, utc).date(); }
    TimeMs startOf(QDate day) const
    {
        return (utc ? day.startOfDay(kUtc) : day.startOfDay()).toMSecsSinceEpoch();
    }
};

QDate firstDayOf(QDate day, DurationMs step)
{
    if (step >= kYear)
        return {day.year(), 1, 1};
    if (step >= kQuarter)
        return {day.year(), (day.month() - 1) / 3 * 3 + 1, 1};
    if (step >= kMonth)
        return {day.year(), day.month(), 1};
    return step >= kWeek ? day.addDays(1 - day.dayOfWeek()) : day; // Mondays
}

QDate nextDayOf(QDate day, DurationMs step)
{
    if (step >= kYear)
        return day.addYears(1);
    if (step >= kMonth)
        return day.addMonths(step >= kQuarter ? 3 : 1);
    return day.addDays(step >= kWeek ? 7 : 1);
}

TimeMs wholeWindow(TimeMs at, Granularity granularity)
{
    const TimeMs start = windowStart(at, granularity);
    return start == at ? at : nextWindowStart(start, granularity);
}

void addEdge(QList<TimeMs> &edges, TimeMs at, TimeRange range, Granularity granularity)
{
    const TimeMs edge = wholeWindow(at, granularity);
    if (edge > edges.last() && edge < range.end)
        edges.append(edge);
}

/// Strong colour is for what was shown to be real; the rest keeps to the pale end. The ramp ends at
/// twice the threshold, where a changed schema or type is as well.
float shadeOf(const FeatureDrift &feature, const DriftScore &score)
{
    const bool changed = score.verdict >= Verdict::SchemaChange;
    if (!score.hasValue() && !changed)
        return std::numeric_limits<float>::quiet_NaN();
    double effect = score.hasValue() && feature.threshold > 0 ? score.value / feature.threshold
                    : changed                                 ? 2
                                                              : 0;
    if (score.verdict < Verdict::PossibleDrift)
        effect = std::min(effect, 0.5);
    return static_cast<float>(std::clamp(effect / 2, 0.0, 1.0));
}

} // namespace

qsizetype HeatColumns::at(TimeMs time) const
{
    if (edges.size() < 2 || time < edges.first() || time >= edges.last())
        return -1;
    return std::upper_bound(edges.begin(), edges.end(), time) - edges.begin() - 1;
}

HeatColumns heatColumns(TimeRange range, Granularity granularity, double pixels, double atLeast)
{
    HeatColumns columns;
    if (range.end <= range.start)
        return columns;
    const double most = std::max(1.0, pixels / atLeast);
    const auto span = static_cast<double>(range.end - range.start);
    const auto fits = [&](DurationMs step) { return span / static_cast<double>(step) <= most; };
    columns.edges << range.start;
    columns.unit = format::granularity(granularity);
    if (fits(lengthOf(granularity))) {
        for (TimeMs at = nextWindowStart(windowStart(range.start, granularity), granularity);
             at < range.end; at = nextWindowStart(at, granularity))
            columns.edges << at;
        columns.edges << range.end;
        return columns;
    }
    DurationMs step = kYear;
    for (const Step &candidate : kSteps) {
        step = candidate.length;
        columns.unit = QCoreApplication::translate("HeatCells", candidate.name);
        if (step > lengthOf(granularity) && fits(step))
            break;
    }
    columns.united = true;
    const Calendar calendar{format::isUtc() || granularity >= Granularity::Day};
    // Hours begin anew at midnight: a day may have 23 or 25 of them.
    QDate day = firstDayOf(calendar.dayOf(range.start), step);
    for (TimeMs at = calendar.startOf(day); at < range.end; at = calendar.startOf(day)) {
        day = nextDayOf(day, step);
        const TimeMs end = std::min(range.end, calendar.startOf(day));
        for (TimeMs inner = at; inner < end; inner += step < kDayMs ? step : end - at)
            addEdge(columns.edges, inner, range, granularity);
    }
    columns.edges << range.end;
    return columns;
}

QList<HeatCell> heatCells(const FeatureDrift &feature, const HeatColumns &columns)
{
    QList<HeatCell> cells(columns.size());
    if (cells.isEmpty())
        return cells;
    for (qsizetype i = 0; i < feature.scores.size(); ++i) {
        const DriftScore &score = feature.scores[i];
        if (score.window.end <= columns.edges.first() || score.window.start >= columns.edges.last())
            continue;
        // A window may be longer than a column when the dataset's windows were longer once.
        const qsizetype from = std::max<qsizetype>(0, columns.at(score.window.start));
        const qsizetype last = columns.at(score.window.end - 1);
        for (qsizetype c = from; c <= (last < 0 ? columns.size() - 1 : last); ++c) {
            HeatCell &cell = cells[c];
            if (cell.isGap())
                cell.first = i;
            ++cell.windows;
            ++cell.verdicts[static_cast<std::size_t>(score.verdict)];
            cell.rows += score.n;
            cell.open = cell.open || score.open;
            const DriftScore *shown =
                cell.worstScore < 0 ? nullptr : &feature.scores[cell.worstScore];
            if (!shown || score.verdict > cell.worst ||
                (score.verdict == cell.worst && (!shown->hasValue() || score.value > shown->value)))
                cell.worstScore = i;
            cell.worst = std::max(cell.worst, score.verdict);
        }
    }
    for (HeatCell &cell : cells) {
        if (!cell.isGap())
            cell.shade = shadeOf(feature, feature.scores[cell.worstScore]);
    }
    return cells;
}

} // namespace tepal::ui
