#include "ui/charts/traffic_charts.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QAreaSeries>
#include <QLineSeries>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace tepal::ui {

namespace {

constexpr double kSpanMs = 300'000;

} // namespace

double largestLatencyMs(const LiveStats &stats)
{
    double largest = kMissing;
    const auto take = [&largest](double ms) {
        if (std::isfinite(ms))
            largest = std::isnan(largest) ? ms : std::max(largest, ms);
    };
    for (const double ms : {stats.p50Ms, stats.p95Ms, stats.p99Ms})
        take(ms);
    for (const StatsSecond &s : stats.seconds)
        take(s.p99Ms);
    return largest;
}

// ---------------------------------------------------------------- common

TrafficPlot::TrafficPlot(QWidget *parent)
    : Plot(XAxis::Time, parent)
{
    setEmptyText(tr("No requests in the last five minutes"));
}

bool TrafficPlot::isEmpty() const
{
    if (!m_stats || m_stats->seconds.size() < 2)
        return true;
    // An endpoint that nobody calls draws words, not a flat line.
    return std::none_of(m_stats->seconds.begin(), m_stats->seconds.end(),
                        [this](const StatsSecond &s) { return hasData(s); });
}

void TrafficPlot::setStats(const LiveStatsPtr &stats)
{
    m_stats = stats;
    if (!isVisible())
        return;
    if (!isEmpty()) {
        const double end = static_cast<double>(m_stats->seconds.last().second) + 1000;
        setXExtent(end - kSpanMs, end);
    }
    m_lone.clear();
    rebuild();
    updateHigh();
    refresh();
}

void TrafficPlot::setStale(bool stale)
{
    if (stale == m_stale)
        return;
    m_stale = stale;
    refresh();
}

void TrafficPlot::showEvent(QShowEvent *event)
{
    Plot::showEvent(event);
    setStats(m_stats);
}

QList<double> TrafficPlot::points() const
{
    QList<double> xs;
    if (m_stats) {
        for (const StatsSecond &s : m_stats->seconds)
            xs.append(middle(s));
    }
    return xs;
}

void TrafficPlot::updateHigh()
{
    const double wanted = highest();
    if (!(wanted > 0))
        return;
    // Grows at once, shrinks slowly and once for each second, so that the axis neither breathes nor
    // moves because the window is resized.
    const TimeMs asOf = m_stats->seconds.last().second;
    if (wanted > m_high)
        m_high = wanted;
    else if (wanted < m_high * 0.6 && asOf != m_highAsOf)
        m_high = std::max(wanted, m_high * 0.9);
    m_highAsOf = asOf;
}

std::pair<double, double> TrafficPlot::yExtent(double, double) const
{
    return {0, m_high > 0 ? m_high * scale() : 1};
}

const StatsSecond *TrafficPlot::secondAt(double x) const
{
    if (!m_stats)
        return nullptr;
    for (const StatsSecond &s : m_stats->seconds) {
        if (middle(s) == x)
            return &s;
    }
    return nullptr;
}

QList<std::pair<qsizetype, qsizetype>> TrafficPlot::runs() const
{
    QList<std::pair<qsizetype, qsizetype>> out;
    if (!m_stats)
        return out;
    const auto &seconds = m_stats->seconds;
    qsizetype first = 0;
    for (qsizetype i = 1; i <= seconds.size(); ++i) {
        if (i < seconds.size() && seconds[i].second - seconds[i - 1].second <= 1500)
            continue;
        out.append({first, i});
        first = i;
    }
    return out;
}

void TrafficPlot::paintBehind(QPainter &painter)
{
    // A hole between seconds means that the endpoint was down.
    double previous = kMissing;
    for (const double x : points()) {
        if (!std::isnan(previous) && x - previous > 1500) {
            const double a = at(previous + 500, 0).x();
            const double b = at(x - 500, 0).x();
            painter.fillRect(QRectF(a, area().top(), b - a, area().height()),
                             QBrush(themeColor(Role::Surface3), Qt::BDiagPattern));
        }
        previous = x;
    }
}

void TrafficPlot::paintBefore(QPainter &painter)
{
    painter.setPen(QPen(themeColor(Role::Surface1), 1));
    painter.setBrush(themeColor(lineRole(Role::Accent)));
    for (const QPointF &point : std::as_const(m_lone))
        painter.drawEllipse(at(point.x(), point.y()), 3.5, 3.5);
}

void TrafficPlot::widenLone(QList<QPointF> &line) const
{
    if (line.size() != 1)
        return;
    // Some pixels, but not so many that it reaches into other seconds.
    const double half = std::clamp(2.5 / area().width() * kSpanMs, 450.0, 1200.0);
    line.append(line.first() + QPointF(half, 0));
    line.first() -= QPointF(half, 0);
}

// ---------------------------------------------------------------- throughput

RateChart::RateChart(QWidget *parent)
    : TrafficPlot(parent)
{
    setAccessibleName(tr("Throughput"));
    setYTitle(tr("requests per second"));
}

void RateChart::rebuild()
{
    removeAll();
    m_areas.clear();
    m_lines.clear();
    for (const auto &[first, end] : runs()) {
        QList<QPointF> upper;
        QList<QPointF> lower;
        for (qsizetype i = first; i < end; ++i) {
            const StatsSecond &s = m_stats->seconds[i];
            upper.append({middle(s), s.requests});
            lower.append({middle(s), 0});
        }
        if (upper.size() == 1)
            m_lone.append(upper.first());
        widenLone(upper);
        widenLone(lower);
        QAreaSeries *area = addArea();
        area->upperSeries()->replace(upper);
        area->lowerSeries()->replace(lower);
        m_areas.append(area);
        QLineSeries *line = addLine();
        line->replace(upper);
        m_lines.append(line);
    }
}

void RateChart::restyle()
{
    const Role role = lineRole(Role::Accent);
    for (QAreaSeries *area : std::as_const(m_areas)) {
        area->setPen(Qt::NoPen);
        area->setBrush(Theme::instance().color(role, 0.16));
    }
    for (QLineSeries *line : std::as_const(m_lines))
        line->setPen(QPen(themeColor(role), 1.5));
}

HoverInfo RateChart::hoverAt(double x) const
{
    const StatsSecond *s = secondAt(x);
    if (!s)
        return {};
    HoverInfo info{format::time(s->second), {}, s->requests};
    info.rows.append(
        {themeColor(Role::Accent), tr("Requests"), format::count(std::llround(s->requests))});
    info.rows.append({themeColor(s->errors > 0 ? Role::Alarm : Role::Faint), tr("Errors"),
                      format::count(std::llround(s->errors))});
    return info;
}

double RateChart::highest() const
{
    double high = 0;
    if (m_stats) {
        for (const StatsSecond &s : m_stats->seconds)
            high = std::max(high, s.requests);
    }
    return high;
}

ChartTable RateChart::table() const
{
    ChartTable table{{tr("Second"), tr("Requests"), tr("Errors")}, {}};
    if (m_stats) {
        for (const StatsSecond &s : m_stats->seconds)
            table.rows.append({format::iso(s.second), s.requests, s.errors});
    }
    return table;
}

QString RateChart::describe() const
{
    if (isEmpty())
        return tr("No requests in the last five minutes");
    return tr("Requests per second over five minutes, now %1")
        .arg(format::rate(m_stats->requestsPerSecond));
}

// ---------------------------------------------------------------- latency

LatencyChart::LatencyChart(QWidget *parent)
    : TrafficPlot(parent)
{
    setAccessibleName(tr("Latency"));
    setYTitle(tr("latency, %1").arg(format::latencyUnitName(m_unit)));
    setEmptyText(tr("No predictions in the last five minutes"));
}

bool LatencyChart::hasData(const StatsSecond &second) const
{
    return !std::isnan(second.p50Ms);
}

void LatencyChart::rebuild()
{
    removeAll();
    m_bands.clear();
    m_medians.clear();
    m_tails.clear();
    m_unit = format::latencyUnit(m_stats ? largestLatencyMs(*m_stats) : kMissing);
    setYTitle(tr("latency, %1").arg(format::latencyUnitName(m_unit)));
    QList<QPointF> p50;
    QList<QPointF> p95;
    QList<QPointF> p99;
    const auto flush = [&] {
        if (p50.size() == 1)
            m_lone.append(p50.first());
        for (QList<QPointF> *line : {&p50, &p95, &p99})
            widenLone(*line);
        if (!p50.isEmpty()) {
            QAreaSeries *band = addArea();
            band->upperSeries()->replace(p95);
            band->lowerSeries()->replace(p50);
            m_bands.append(band);
            QLineSeries *tail = addLine();
            tail->replace(p99);
            m_tails.append(tail);
            QLineSeries *median = addLine();
            median->replace(p50);
            m_medians.append(median);
        }
        p50.clear();
        p95.clear();
        p99.clear();
    };
    for (const auto &[first, end] : runs()) {
        for (qsizetype i = first; i < end; ++i) {
            const StatsSecond &s = m_stats->seconds[i];
            if (std::isnan(s.p50Ms)) {
                flush();
                continue;
            }
            p50.append({middle(s), s.p50Ms * scale()});
            p95.append({middle(s), s.p95Ms * scale()});
            p99.append({middle(s), s.p99Ms * scale()});
        }
        flush();
    }
}

void LatencyChart::restyle()
{
    const Role role = lineRole(Role::Accent);
    for (QAreaSeries *band : std::as_const(m_bands)) {
        band->setPen(Qt::NoPen);
        band->setBrush(Theme::instance().color(role, 0.22));
    }
    for (QLineSeries *line : std::as_const(m_medians))
        line->setPen(QPen(themeColor(role), 1.5));
    for (QLineSeries *line : std::as_const(m_tails))
        line->setPen(QPen(themeColor(Role::Faint), 1));
}

HoverInfo LatencyChart::hoverAt(double x) const
{
    const StatsSecond *s = secondAt(x);
    if (!s)
        return {};
    HoverInfo info{format::time(s->second), {}, s->p50Ms * scale()};
    info.rows.append({themeColor(Role::Faint), tr("p99"), format::latency(s->p99Ms, m_unit)});
    info.rows.append(
        {Theme::instance().color(Role::Accent, 0.4), tr("p95"), format::latency(s->p95Ms, m_unit)});
    info.rows.append({themeColor(Role::Accent), tr("p50"), format::latency(s->p50Ms, m_unit)});
    return info;
}

double LatencyChart::highest() const
{
    double high = 0;
    if (m_stats) {
        for (const StatsSecond &s : m_stats->seconds)
            high = std::isfinite(s.p99Ms) ? std::max(high, s.p99Ms) : high;
    }
    return high;
}

ChartTable LatencyChart::table() const
{
    const QString unit = format::latencyUnitName(m_unit);
    ChartTable table{
        {tr("Second"), tr("p50 %1").arg(unit), tr("p95 %1").arg(unit), tr("p99 %1").arg(unit)}, {}};
    if (m_stats) {
        for (const StatsSecond &s : m_stats->seconds)
            table.rows.append(
                {format::iso(s.second), s.p50Ms * scale(), s.p95Ms * scale(), s.p99Ms * scale()});
    }
    return table;
}

QString LatencyChart::describe() const
{
    if (isEmpty())
        return tr("No requests in the last five minutes");
    return tr("Latency over five minutes, last minute: median %1, 95 % below %2, 99 % below %3")
        .arg(format::latency(m_stats->p50Ms, m_unit), format::latency(m_stats->p95Ms, m_unit),
             format::latency(m_stats->p99Ms, m_unit));
}

QList<LegendEntry> LatencyChart::legend() const
{
    const QColor accent = themeColor(Role::Accent);
    return {{0, tr("p50"), accent, LegendEntry::Mark::Line, false},
            {1, tr("to p95"), Theme::instance().color(Role::Accent, 0.3), LegendEntry::Mark::Band,
             false},
            {2, tr("p99"), themeColor(Role::Faint), LegendEntry::Mark::ThinLine, false}};
}

} // namespace tepal::ui
