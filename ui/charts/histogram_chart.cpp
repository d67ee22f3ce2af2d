#include "ui/charts/histogram_chart.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QAreaSeries>
#include <QFontMetrics>
#include <QLineSeries>
#include <QPainter>

#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kStrip = 22;

/// As few decimals as tell all edges apart from rounding, at most three.
int decimalsFor(const QList<double> &edges)
{
    int decimals = 0;
    for (const double edge : edges) {
        double scaled = edge * std::pow(10.0, decimals);
        while (std::isfinite(edge) && decimals < 3 &&
               std::abs(scaled - std::round(scaled)) > 1e-6 * std::max(1.0, std::abs(scaled))) {
            ++decimals;
            scaled *= 10;
        }
    }
    return decimals;
}

bool equalWidths(const QList<double> &edges)
{
    if (edges.size() < 2)
        return false;
    const double first = edges[1] - edges[0];
    for (qsizetype i = 0; i + 1 < edges.size(); ++i) {
        const double width = edges[i + 1] - edges[i];
        if (!std::isfinite(width) || std::abs(width - first) > 1e-6 * std::abs(first))
            return false;
    }
    return true;
}

} // namespace

HistogramChart::HistogramChart(QWidget *parent)
    : Plot(XAxis::Value, parent)
{
    setAccessibleName(tr("Distribution"));
    setEmptyText(tr("No values in this time range"));
}

void HistogramChart::setHistogram(const Histogram &histogram, const QString &column,
                                  const QString &targetName, const QString &referenceName)
{
    m_histogram = histogram;
    m_column = column;
    m_targetName = targetName;
    m_referenceName = referenceName;
    m_ordinal = histogram.isCategorical() || !equalWidths(histogram.edges);
    setYTitle(tr("share of rows"));
    setXTitle(histogram.binning.isEmpty() ? column
                                          : column % QStringLiteral(" · ") % histogram.binning);
    if (!isEmpty())
        setXExtent(left(0), right(m_histogram.size() - 1));
    rebuild();
    refresh();
}

void HistogramChart::setContributions(const QList<double> &contributions, const QString &of)
{
    m_contributions = contributions;
    m_contributionOf = of;
    setBottomExtra(contributions.isEmpty() ? 0 : kStrip + 16);
}

void HistogramChart::setMarker(double value)
{
    m_marker = value;
    viewport()->update();
}

void HistogramChart::clear()
{
    m_histogram = {};
    m_contributions.clear();
    rebuild();
    refresh();
}

double HistogramChart::left(qsizetype bin) const
{
    return m_ordinal ? static_cast<double>(bin) : m_histogram.edges[bin];
}

double HistogramChart::right(qsizetype bin) const
{
    return m_ordinal ? static_cast<double>(bin + 1) : m_histogram.edges[bin + 1];
}

QString HistogramChart::binName(qsizetype bin) const
{
    if (m_histogram.isCategorical())
        return m_histogram.labels[bin];
    const double a = m_histogram.edges[bin];
    const double b = m_histogram.edges[bin + 1];
    if (std::isinf(a))
        return tr("below %1").arg(format::number(b, 4));
    if (std::isinf(b))
        return tr("%1 and above").arg(format::number(a, 4));
    const bool last = bin + 1 == m_histogram.size();
    return QStringLiteral("[%1, %2%3")
        .arg(format::number(a, 4), format::number(b, 4),
             last ? QStringLiteral("]") : QStringLiteral(")"));
}

qsizetype HistogramChart::binAt(double x) const
{
    for (qsizetype i = 0; i < m_histogram.size(); ++i) {
        if (x >= left(i) && x <= right(i))
            return i;
    }
    return -1;
}

void HistogramChart::rebuild()
{
    removeAll();
    m_bars = nullptr;
    m_outline = nullptr;
    if (isEmpty())
        return;
    const double gap = m_ordinal ? 0.12 : 0;
    QList<QPointF> base;
    QList<QPointF> bars;
    for (qsizetype i = 0; i < m_histogram.size(); ++i) {
        const double a = left(i) + gap;
        const double b = right(i) - gap;
        bars << QPointF(a, 0) << QPointF(a, m_histogram.target[i])
             << QPointF(b, m_histogram.target[i]) << QPointF(b, 0);
        base << QPointF(a, 0) << QPointF(b, 0);
    }
    m_bars = addArea();
    m_bars->upperSeries()->replace(bars);
    m_bars->lowerSeries()->replace(base);
    if (m_histogram.reference.isEmpty())
        return;
    QList<QPointF> outline;
    for (qsizetype i = 0; i < m_histogram.size(); ++i) {
        if (m_ordinal || i == 0)
            outline << QPointF(left(i), 0);
        outline << QPointF(left(i), m_histogram.reference[i])
                << QPointF(right(i), m_histogram.reference[i]);
        if (m_ordinal || i + 1 == m_histogram.size())
            outline << QPointF(right(i), 0);
    }
    m_outline = addLine();
    m_outline->replace(outline);
}

void HistogramChart::restyle()
{
    if (m_bars) {
        m_bars->setPen(Qt::NoPen);
        m_bars->setBrush(Theme::instance().color(Role::Accent, 0.55));
        m_bars->setVisible(m_showTarget);
    }
    if (m_outline) {
        m_outline->setPen(QPen(themeColor(Role::Reference), 1.5));
        m_outline->setVisible(m_showReference);
    }
}

std::pair<double, double> HistogramChart::yExtent(double xLow, double xHigh) const
{
    double high = 0;
    for (qsizetype i = 0; i < m_histogram.size(); ++i) {
        if (right(i) < xLow || left(i) > xHigh)
            continue;
        high = std::max(high, m_histogram.target[i]);
        if (!m_histogram.reference.isEmpty())
            high = std::max(high, m_histogram.reference[i]);
    }
    return {0, high > 0 ? high : 1};
}

QList<double> HistogramChart::points() const
{
    QList<double> centres;
    for (qsizetype i = 0; i < m_histogram.size(); ++i)
        centres.append((left(i) + right(i)) / 2);
    return centres;
}

QList<Tick> HistogramChart::xTicks(int most) const
{
    if (!m_ordinal || isEmpty())
        return Plot::xTicks(most);
    QList<Tick> ticks;
    const auto [low, high] = xView();
    if (m_histogram.isCategorical()) {
        const QFontMetrics metrics(themeFont(Type::Axis));
        const double room = area().width() / std::max(1.0, high - low) - 6;
        for (qsizetype i = 0; i < m_histogram.size(); ++i) {
            ticks.append({static_cast<double>(i) + 0.5,
                          metrics.elidedText(m_histogram.labels[i], Qt::ElideMiddle,
                                             static_cast<int>(std::max(24.0, room))),
                          {}});
        }
        return ticks;
    }
    const int decimals = decimalsFor(m_histogram.edges);
    const qsizetype inner = m_histogram.edges.size();
    const qsizetype every = std::max<qsizetype>(1, (inner + most - 1) / std::max(1, most));
    for (qsizetype i = 0; i < inner; i += every) {
        const double edge = m_histogram.edges[i];
        if (std::isfinite(edge))
            ticks.append({static_cast<double>(i), format::fixed(edge, decimals), {}});
    }
    return ticks;
}

HoverInfo HistogramChart::hoverAt(double x) const
{
    const qsizetype bin = binAt(x);
    if (bin < 0)
        return {};
    HoverInfo info;
    info.title = binName(bin);
    info.y = m_histogram.target[bin];
    info.rows.append(
        {themeColor(Role::Accent), m_targetName, format::percent(m_histogram.target[bin])});
    if (!m_histogram.reference.isEmpty()) {
        info.y = std::max(info.y, m_histogram.reference[bin]);
        info.rows.append({themeColor(Role::Reference), m_referenceName,
                          format::percent(m_histogram.reference[bin])});
        const double delta = (m_histogram.target[bin] - m_histogram.reference[bin]) * 100;
        info.rows.append(
            {{},
             tr("Change"),
             tr("%1%2 points")
                 .arg(delta > 0 ? QStringLiteral("+") : QString(), format::fixed(delta, 1))});
    }
    if (bin < m_contributions.size()) {
        info.rows.append({themeColor(Role::Threshold), tr("Adds to %1").arg(m_contributionOf),
                          format::number(m_contributions[bin])});
    }
    return info;
}

void HistogramChart::paintBefore(QPainter &painter)
{
    if (!std::isnan(m_marker) && !m_ordinal) {
        const double x = at(m_marker, 0).x();
        painter.setPen(QPen(themeColor(Role::Text), 1.5));
        painter.drawLine(QPointF(x, area().top()), QPointF(x, area().bottom()));
    }
    if (m_contributions.isEmpty() || m_contributions.size() != m_histogram.size())
        return;
    double worst = 0;
    for (const double c : std::as_const(m_contributions))
        worst = std::max(worst, c);
    const QFontMetrics metrics(themeFont(Type::Axis));
    const double top = area().bottom() + 2 * metrics.height() + 12;
    painter.setClipping(false);
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (qsizetype i = 0; i < m_contributions.size(); ++i) {
        const double a = std::clamp(at(left(i), 0).x(), area().left(), area().right());
        const double b = std::clamp(at(right(i), 0).x(), area().left(), area().right());
        if (b - a < 0.5)
            continue;
        painter.fillRect(QRectF(a + 0.5, top, std::max(1.0, b - a - 1), 8),
                         Theme::instance().sequential(worst > 0 ? m_contributions[i] / worst : 0));
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(themeFont(Type::Axis));
    painter.setPen(themeColor(Role::Muted));
    painter.drawText(QRectF(area().left(), top + 9, area().width(), metrics.height()),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     tr("what each bin adds to %1").arg(m_contributionOf));
}

ChartTable HistogramChart::table() const
{
    ChartTable table;
    table.headers = {m_histogram.isCategorical() ? tr("Value") : tr("Bin"), m_targetName};
    if (!m_histogram.reference.isEmpty())
        table.headers << m_referenceName;
    if (!m_contributions.isEmpty())
        table.headers << tr("Adds to %1").arg(m_contributionOf);
    for (qsizetype i = 0; i < m_histogram.size(); ++i) {
        QVariantList row{binName(i), m_histogram.target[i]};
        if (!m_histogram.reference.isEmpty())
            row << m_histogram.reference[i];
        if (i < m_contributions.size())
            row << m_contributions[i];
        table.rows.append(row);
    }
    return table;
}

QString HistogramChart::describe() const
{
    if (isEmpty())
        return tr("No values");
    const auto top = std::max_element(m_histogram.target.begin(), m_histogram.target.end());
    return tr("Distribution of %1 in %2 bins; most rows, %3, are in %4")
        .arg(m_column, format::count(m_histogram.size()), format::percent(*top),
             binName(top - m_histogram.target.begin()));
}

QList<LegendEntry> HistogramChart::legend() const
{
    if (isEmpty())
        return {};
    QList<LegendEntry> entries{{Target, m_targetName, Theme::instance().color(Role::Accent, 0.55),
                                LegendEntry::Mark::Bar, true}};
    if (!m_histogram.reference.isEmpty())
        entries.append({Reference, m_referenceName, themeColor(Role::Reference),
                        LegendEntry::Mark::Outline, true});
    return entries;
}

void HistogramChart::setEntryVisible(int id, bool visible)
{
    (id == Target ? m_showTarget : m_showReference) = visible;
    restyle();
    viewport()->update();
}

} // namespace tepal::ui
