#include "ui/charts/traffic_charts.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QAreaSeries>
#include <QLineSeries>

#include <algorithm>
#include <cmath>

namespace tepal::ui {

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
    for (const auto &[first, end] : runs()) {
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
            widenLone(upper);
            widenLone(lower);
            QAreaSeries *layer = addArea();
            layer->upperSeries()->replace(upper);
            layer->lowerSeries()->replace(lower);
            m_layers.append(layer);
            m_layerClass.append(c);
        }
    }
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
