#include "ui/charts/history_chart.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QAreaSeries>
#include <QLineSeries>
#include <QPainter>

#include <cmath>

namespace tepal::ui {

HistoryChart::HistoryChart(QWidget *parent)
    : Plot(XAxis::Time, parent)
{
    setAccessibleName(tr("Distribution over time"));
    setEmptyText(tr("No numeric history in this time range"));
}

void HistoryChart::setHistory(const QList<ColumnPoint> &history, const QString &column,
                              TimeRange range)
{
    m_history = history;
    m_column = column;
    m_centres.clear();
    m_outer.clear();
    m_inner.clear();
    m_medians.clear();
    m_lone.clear();
    removeAll();
    setYTitle(column);
    setXExtent(static_cast<double>(range.start), static_cast<double>(range.end));

    QList<QPointF> q05, q25, q50, q75, q95;
    qsizetype last = -1;
    const auto flush = [&] {
        if (q50.size() == 1) {
            m_lone.append(last); // Painted by ourselves: a line of one point is nothing.
        } else if (!q50.isEmpty()) {
            QAreaSeries *outer = addArea();
            outer->upperSeries()->replace(q95);
            outer->lowerSeries()->replace(q05);
            m_outer.append(outer);
            QAreaSeries *inner = addArea();
            inner->upperSeries()->replace(q75);
            inner->lowerSeries()->replace(q25);
            m_inner.append(inner);
            QLineSeries *median = addLine();
            median->replace(q50);
            m_medians.append(median);
        }
        for (auto *list : {&q05, &q25, &q50, &q75, &q95})
            list->clear();
    };
    TimeMs end = 0;
    for (const ColumnPoint &p : history) {
        const double x = static_cast<double>(p.window.start + p.window.end) / 2;
        m_centres.append(x);
        if (std::isnan(p.q50) || (end != 0 && p.window.start != end))
            flush();
        end = p.window.end;
        if (std::isnan(p.q50))
            continue;
        last = m_centres.size() - 1;
        q05.append({x, p.q05});
        q25.append({x, p.q25});
        q50.append({x, p.q50});
        q75.append({x, p.q75});
        q95.append({x, p.q95});
    }
    flush();
    refresh();
}

void HistoryChart::restyle()
{
    const Theme &theme = Theme::instance();
    for (QAreaSeries *area : std::as_const(m_outer)) {
        area->setPen(Qt::NoPen);
        area->setBrush(theme.color(Role::Accent, 0.13));
    }
    for (QAreaSeries *area : std::as_const(m_inner)) {
        area->setPen(Qt::NoPen);
        area->setBrush(theme.color(Role::Accent, 0.24));
    }
    for (QLineSeries *line : std::as_const(m_medians))
        line->setPen(QPen(theme.color(Role::Accent), 2));
}

void HistoryChart::paintBefore(QPainter &painter)
{
    // A window without neighbours: bands and line have no length, so it gets bars and a dot.
    const Theme &theme = Theme::instance();
    for (const qsizetype i : std::as_const(m_lone)) {
        const ColumnPoint &p = m_history[i];
        const double x = at(m_centres[i], 0).x();
        const double half = std::clamp((at(static_cast<double>(p.window.end), 0).x() -
                                        at(static_cast<double>(p.window.start), 0).x()) /
                                           2,
                                       3.0, 12.0);
        const auto bar = [&](double low, double high, double alpha) {
            const double top = at(0, high).y();
            painter.fillRect(QRectF(x - half, top, 2 * half, std::max(1.0, at(0, low).y() - top)),
                             theme.color(Role::Accent, alpha));
        };
        bar(p.q05, p.q95, 0.13);
        bar(p.q25, p.q75, 0.24);
        painter.setPen(QPen(themeColor(Role::Surface1), 1));
        painter.setBrush(theme.color(Role::Accent));
        painter.drawEllipse(at(m_centres[i], p.q50), 3.5, 3.5);
    }
}

HoverInfo HistoryChart::hoverAt(double x) const
{
    const qsizetype i = m_centres.indexOf(x);
    if (i < 0)
        return {};
    const ColumnPoint &p = m_history[i];
    HoverInfo info{format::window(p.window), {}, p.q50};
    const QColor outer = Theme::instance().color(Role::Accent, 0.25);
    const QColor inner = Theme::instance().color(Role::Accent, 0.5);
    info.rows = {{outer, tr("q95"), format::number(p.q95, 4)},
                 {inner, tr("q75"), format::number(p.q75, 4)},
                 {themeColor(Role::Accent), tr("median"), format::number(p.q50, 4)},
                 {inner, tr("q25"), format::number(p.q25, 4)},
                 {outer, tr("q05"), format::number(p.q05, 4)},
                 {{}, tr("mean"), format::number(p.mean, 4)},
                 {{}, tr("missing"), format::percent(p.missingShare)},
                 {{}, tr("rows"), format::count(p.n)}};
    return info;
}

std::pair<double, double> HistoryChart::yExtent(double xLow, double xHigh) const
{
    double low = kMissing;
    double high = kMissing;
    for (qsizetype i = 0; i < m_centres.size(); ++i) {
        const ColumnPoint &p = m_history[i];
        if (m_centres[i] < xLow || m_centres[i] > xHigh || std::isnan(p.q50))
            continue;
        low = std::isnan(low) ? p.q05 : std::min(low, p.q05);
        high = std::isnan(high) ? p.q95 : std::max(high, p.q95);
    }
    return {low, high};
}

ChartTable HistoryChart::table() const
{
    ChartTable table{{tr("Start"), tr("End"), tr("Rows"), tr("Missing share"), tr("Mean"),
                      tr("q05"), tr("q25"), tr("Median"), tr("q75"), tr("q95")},
                     {}};
    for (const ColumnPoint &p : m_history) {
        table.rows.append({format::iso(p.window.start), format::iso(p.window.end), p.n,
                           p.missingShare, p.mean, p.q05, p.q25, p.q50, p.q75, p.q95});
    }
    return table;
}

QString HistoryChart::describe() const
{
    if (isEmpty())
        return tr("No history");
    return tr("Quantiles of %1 over %2 windows, last median %3")
        .arg(m_column, format::count(m_history.size()), format::number(m_history.last().q50));
}

QList<LegendEntry> HistoryChart::legend() const
{
    const Theme &theme = Theme::instance();
    return {{0, tr("median"), theme.color(Role::Accent), LegendEntry::Mark::Line, false},
            {1, tr("q25–q75"), theme.color(Role::Accent, 0.4), LegendEntry::Mark::Band, false},
            {2, tr("q05–q95"), theme.color(Role::Accent, 0.2), LegendEntry::Mark::Band, false}};
}

} // namespace tepal::ui
