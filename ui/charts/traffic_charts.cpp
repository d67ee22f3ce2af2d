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

double middle(const StatsSecond &s)
{
    return static_cast<double>(s.second) + 500;
}

/// A line of one point is nothing: a lone second becomes a dash, at least as long as it lasted.
bool widenLone(QList<QPointF> &line, double halfMs)
{
    if (line.size() != 1)
        return false;
    line.append(line.first() + QPointF(halfMs, 0));
    line.first() -= QPointF(halfMs, 0);
    return true;
}

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

template <typename F>
void TrafficPlot::forRuns(F emitRun) const
{
    if (!m_stats)
        return;
    const auto &seconds = m_stats->seconds;
    qsizetype first = 0;
    for (qsizetype i = 1; i <= seconds.size(); ++i) {
        if (i < seconds.size() && seconds[i].second - seconds[i - 1].second <= 1500)
            continue;
        emitRun(first, i);
        first = i;
    }
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

double TrafficPlot::loneHalf() const
{
    // Some pixels, but not so many that it reaches into other seconds.
    return std::clamp(2.5 / area().width() * kSpanMs, 450.0, 1200.0);
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
    forRuns([this](qsizetype first, qsizetype end) {
        QList<QPointF> upper;
        QList<QPointF> lower;
        for (qsizetype i = first; i < end; ++i) {
            const StatsSecond &s = m_stats->seconds[i];
            upper.append({middle(s), s.requests});
            lower.append({middle(s), 0});
        }
        if (upper.size() == 1)
            m_lone.append(upper.first());
        widenLone(upper, loneHalf());
        widenLone(lower, loneHalf());
        QAreaSeries *area = addArea();
        area->upperSeries()->replace(upper);
        area->lowerSeries()->replace(lower);
        m_areas.append(area);
        QLineSeries *line = addLine();
        line->replace(upper);
        m_lines.append(line);
    });
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
            widenLone(*line, loneHalf());
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
    forRuns([&](qsizetype first, qsizetype end) {
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
    });
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

// ---------------------------------------------------------------- classes

ClassChart::ClassChart(QWidget *parent)
    : TrafficPlot(parent)
{
    setAccessibleName(tr("Predictions by class"));
    setYTitle(tr("predictions per second"));
    setEmptyText(tr("No predictions in the last five minutes"));
}

bool ClassChart::hasData(const StatsSecond &second) const
{
    return std::any_of(second.byClass.begin(), second.byClass.end(),
                       [](double count) { return count > 0; });
}

void ClassChart::rebuild()
{
    removeAll();
    m_layers.clear();
    m_layerClass.clear();
    if (!m_stats)
        return;
    forRuns([this](qsizetype first, qsizetype end) {
        QList<double> base(end - first, 0.0);
        for (int c = 0; c < m_stats->classes.size(); ++c) {
            if (m_hidden.contains(c))
                continue;
            QList<QPointF> upper;
            QList<QPointF> lower;
            for (qsizetype i = first; i < end; ++i) {
                const StatsSecond &s = m_stats->seconds[i];
                // Single seconds jitter; the mean of five keeps the shares readable.
                double sum = 0;
                int n = 0;
                for (qsizetype j = std::max(first, i - 2); j < std::min(end, i + 3); ++j, ++n)
                    sum += m_stats->seconds[j].byClass.value(c);
                double &at = base[i - first];
                lower.append({middle(s), at});
                at += sum / std::max(1, n);
                upper.append({middle(s), at});
            }
            widenLone(upper, loneHalf());
            widenLone(lower, loneHalf());
            QAreaSeries *layer = addArea();
            layer->upperSeries()->replace(upper);
            layer->lowerSeries()->replace(lower);
            m_layers.append(layer);
            m_layerClass.append(c);
        }
    });
}

void ClassChart::restyle()
{
    for (qsizetype i = 0; i < m_layers.size(); ++i) {
        QColor color =
            m_stale ? themeColor(Role::Faint) : Theme::instance().series(m_layerClass[i]);
        const bool dim = m_emphasized >= 0 && m_emphasized != m_layerClass[i];
        color.setAlphaF(dim ? 0.18f : 0.75f);
        m_layers[i]->setPen(QPen(themeColor(Role::Surface1), 1));
        m_layers[i]->setBrush(color);
    }
}

HoverInfo ClassChart::hoverAt(double x) const
{
    const StatsSecond *s = secondAt(x);
    if (!s)
        return {};
    HoverInfo info{format::time(s->second), {}, kMissing};
    double sum = 0;
    for (const double v : s->byClass)
        sum += v;
    info.y = sum;
    for (int c = 0; c < m_stats->classes.size(); ++c) {
        const double v = s->byClass.value(c);
        info.rows.append(
            {Theme::instance().series(c), m_stats->classes[c],
             sum > 0 ? tr("%1 (%2)").arg(format::count(std::llround(v)), format::percent(v / sum))
                     : format::missing()});
    }
    return info;
}

double ClassChart::highest() const
{
    double high = 0;
    for (const QAreaSeries *layer : m_layers) {
        const auto points = layer->upperSeries()->points();
        for (const QPointF &p : points)
            high = std::max(high, p.y());
    }
    return high;
}

ChartTable ClassChart::table() const
{
    ChartTable table;
    table.headers << tr("Second");
    if (!m_stats)
        return table;
    table.headers << m_stats->classes;
    for (const StatsSecond &s : m_stats->seconds) {
        QVariantList row{format::iso(s.second)};
        for (int c = 0; c < m_stats->classes.size(); ++c)
            row << s.byClass.value(c);
        table.rows.append(row);
    }
    return table;
}

QString ClassChart::describe() const
{
    if (isEmpty())
        return tr("No predictions in the last five minutes");
    QList<double> sums(m_stats->classes.size(), 0.0);
    double all = 0;
    for (const StatsSecond &s : m_stats->seconds) {
        for (int c = 0; c < sums.size(); ++c) {
            sums[c] += s.byClass.value(c);
            all += s.byClass.value(c);
        }
    }
    QStringList parts;
    for (int c = 0; c < sums.size(); ++c)
        parts << m_stats->classes[c] % QLatin1Char(' ') %
                     format::percent(all > 0 ? sums[c] / all : 0);
    return tr("Predictions by class over five minutes: %1").arg(parts.join(QStringLiteral(", ")));
}

QList<LegendEntry> ClassChart::legend() const
{
    QList<LegendEntry> entries;
    if (!m_stats)
        return entries;
    for (int c = 0; c < m_stats->classes.size() && c < 8; ++c) {
        entries.append({c, m_stats->classes[c],
                        m_stale ? themeColor(Role::Faint) : Theme::instance().series(c),
                        LegendEntry::Mark::Bar, true});
    }
    return entries;
}

void ClassChart::setEntryVisible(int id, bool visible)
{
    m_hidden.removeAll(id);
    if (!visible)
        m_hidden.append(id);
    rebuild();
    refresh();
}

void ClassChart::emphasize(int id)
{
    m_emphasized = id;
    restyle();
}

} // namespace tepal::ui
