#include "ui/charts/histogram_chart.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QAreaSeries>
#include <QFontMetrics>
#include <QLineSeries>
#include <QPainter>
#include <QPolygonF>

#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kStrip = 22;

constexpr double kPin = 7;       ///< Pixels of a bin without width.
constexpr double kThin = 1.5;    ///< Pixels of a bin that is too narrow to see at this zoom.
constexpr double kReadable = 10; ///< Pixels from which on a bin decides how high the axis is.
/// Narrower bins may raise the axis by this; what is higher still is cut and gets its number.
constexpr double kRaise = 2.2;

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
    m_axis = {};
    if (!histogram.isCategorical() && histogram.edges.size() == histogram.size() + 1)
        m_axis = layBins(histogram.edges, m_dataLow, m_dataHigh);
    setYTitle(isByArea() ? tr("density: the area of a bar is its share of rows")
                         : tr("share of rows"));
    QStringList title{column};
    if (!histogram.binning.isEmpty())
        title << histogram.binning;
    if (m_axis.logarithmic)
        title << tr("logarithmic axis");
    setXTitle(title.join(QStringLiteral(" · ")));
    if (m_axis.isValid())
        setXExtent(m_axis.low, m_axis.high);
    else if (!isEmpty())
        setXExtent(0, static_cast<double>(m_histogram.size()));
    rebuild();
    refresh();
}

void HistogramChart::setContributions(const QList<double> &contributions, const QString &of)
{
    m_contributions = contributions;
    m_contributionOf = of;
    setBottomExtra(contributions.isEmpty() ? 0 : kStrip + 18);
}

void HistogramChart::setMarker(double value)
{
    m_marker = value;
    viewport()->update();
}

void HistogramChart::setDataRange(double low, double high)
{
    m_dataLow = low;
    m_dataHigh = high;
}

void HistogramChart::clear()
{
    m_histogram = {};
    m_axis = {};
    m_contributions.clear();
    rebuild();
    refresh();
}

double HistogramChart::left(qsizetype bin) const
{
    return m_axis.isValid() ? m_axis.bins[bin].left : static_cast<double>(bin);
}

double HistogramChart::right(qsizetype bin) const
{
    return m_axis.isValid() ? m_axis.bins[bin].right : static_cast<double>(bin + 1);
}

double HistogramChart::middle(qsizetype bin) const
{
    return m_axis.isValid() ? m_axis.middle(bin) : static_cast<double>(bin) + 0.5;
}

QString HistogramChart::nameOf(qsizetype bin) const
{
    return m_histogram.isCategorical() ? m_histogram.labels.value(bin)
                                       : binName(m_histogram.edges, bin);
}

qsizetype HistogramChart::binAt(double x) const
{
    if (m_axis.isValid())
        return m_axis.at(x, kPin / 2 / area().width() * (xView().second - xView().first));
    const auto bin = static_cast<qsizetype>(std::floor(x));
    return x < 0 || bin > m_histogram.size() ? -1 : std::min(bin, m_histogram.size() - 1);
}

HistogramChart::Pixels HistogramChart::pixels(qsizetype bin) const
{
    const double a = at(left(bin), 0).x();
    const double b = at(right(bin), 0).x();
    const double least = m_axis.bins[bin].point ? kPin : kThin;
    if (b - a >= least)
        return {a, b};
    const double centre = (a + b) / 2;
    return {centre - least / 2, centre + least / 2};
}

double HistogramChart::density(qsizetype bin, double share) const
{
    if (!isByArea())
        return share;
    const auto [low, high] = xView();
    const Pixels x = pixels(bin);
    const double width = (x.right - x.left) / area().width() * (high - low);
    return std::isnan(share) ? 0 : share / width;
}

void HistogramChart::rebuild()
{
    removeAll();
    m_bars = nullptr;
    m_outline = nullptr;
    if (isEmpty() || isByArea()) // Those depend on the zoom and are painted by ourselves.
        return;
    const bool apart = !m_axis.isValid();
    const double gap = apart ? 0.12 : 0;
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
    if (!hasReference())
        return;
    QList<QPointF> outline;
    for (qsizetype i = 0; i < m_histogram.size(); ++i) {
        if (apart || i == 0)
            outline << QPointF(left(i), 0);
        outline << QPointF(left(i), m_histogram.reference[i])
                << QPointF(right(i), m_histogram.reference[i]);
        if (apart || i + 1 == m_histogram.size())
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
    double wide = 0;
    double narrow = 0;
    for (qsizetype i = 0; i < m_histogram.size(); ++i) {
        if (right(i) < xLow || left(i) > xHigh)
            continue;
        double high = density(i, m_histogram.target[i]);
        if (hasReference())
            high = std::max(high, density(i, m_histogram.reference[i]));
        const bool readable = !isByArea() || pixels(i).right - pixels(i).left >= kReadable;
        double &side = readable ? wide : narrow;
        side = std::max(side, std::isnan(high) ? 0 : high);
    }
    const double high = wide > 0 ? std::max(wide, std::min(narrow, wide * kRaise)) : narrow;
    return {0, high > 0 ? high : 1};
}

QList<double> HistogramChart::points() const
{
    QList<double> centres;
    for (qsizetype i = 0; i < m_histogram.size(); ++i)
        centres.append(middle(i));
    return centres;
}

double HistogramChart::pointAt(double x) const
{
    // The bin under the pointer; with unequal widths that is often not the nearest middle.
    const qsizetype bin = binAt(x);
    return bin < 0 ? Plot::pointAt(x) : middle(bin);
}

QList<Tick> HistogramChart::xTicks(int most) const
{
    const auto [low, high] = xView();
    if (m_axis.logarithmic)
        return powerTicks(low, high, most);
    if (m_axis.isValid() || isEmpty())
        return Plot::xTicks(most);
    QList<Tick> ticks;
    const QFontMetrics metrics(themeFont(Type::Axis));
    const double room = area().width() / std::max(1.0, high - low) - 6;
    for (qsizetype i = 0; i < m_histogram.size(); ++i) {
        ticks.append(
            {static_cast<double>(i) + 0.5,
             metrics.elidedText(nameOf(i), Qt::ElideMiddle, static_cast<int>(std::max(24.0, room))),
             {}});
    }
    return ticks;
}

HoverInfo HistogramChart::hoverAt(double x) const
{
    const qsizetype bin = binAt(x);
    if (bin < 0)
        return {};
    HoverInfo info;
    info.title = nameOf(bin);
    info.y = density(bin, m_histogram.target[bin]);
    info.rows.append(
        {themeColor(Role::Accent), m_targetName, format::percent(m_histogram.target[bin])});
    if (hasReference()) {
        info.y = std::max(info.y, density(bin, m_histogram.reference[bin]));
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
    if (m_axis.isValid() && m_axis.bins[bin].cut) {
        const bool below = m_axis.bins[bin].openLeft;
        info.rows.append({{},
                          below ? tr("Values from") : tr("Values up to"),
                          format::number(below ? m_dataLow : m_dataHigh, 4)});
    }
    return info;
}

void HistogramChart::paintBehind(QPainter &painter)
{
    if (!isByArea())
        return;
    // Single values stand before the wide bins around them, not behind.
    for (const bool points : {false, true}) {
        for (qsizetype i = 0; i < m_histogram.size(); ++i) {
            if (m_axis.bins[i].point == points && right(i) >= xView().first &&
                left(i) <= xView().second)
                paintBin(painter, i);
        }
    }
}

void HistogramChart::paintBin(QPainter &painter, qsizetype bin) const
{
    const Pixels x = pixels(bin);
    const double base = area().bottom();
    const bool point = m_axis.bins[bin].point;
    const double gap = x.right - x.left > 4 && !point ? 0.5 : 0;
    const double top = std::max(area().top() - 2, at(0, density(bin, m_histogram.target[bin])).y());
    if (m_showTarget && m_histogram.target[bin] > 0) {
        // A bin that is not empty shows at least one pixel.
        const double height = std::max(1.0, base - top);
        const QRectF bar(x.left + gap, base - height, x.right - x.left - 2 * gap, height);
        if (point)
            painter.fillRect(bar, themeColor(Role::Surface1));
        painter.fillRect(bar, Theme::instance().color(Role::Accent, point ? 0.8 : 0.55));
        paintTornEdge(painter, bin, x, top);
    }
    if (!m_showReference || !hasReference())
        return;
    const double y =
        std::max(area().top() - 2, at(0, density(bin, m_histogram.reference[bin])).y());
    painter.setPen(QPen(themeColor(Role::Reference), 1.5));
    painter.setBrush(Qt::NoBrush);
    const DrawnBin &drawn = m_axis.bins[bin];
    const QPolygonF outline{{x.left, base}, {x.left, y}, {x.right, y}, {x.right, base}};
    // No wall where the bin has no edge.
    painter.drawPolyline(outline.mid(drawn.openLeft ? 1 : 0,
                                     4 - (drawn.openLeft ? 1 : 0) - (drawn.openRight ? 1 : 0)));
}

void HistogramChart::paintTornEdge(QPainter &painter, qsizetype bin, const Pixels &x,
                                   double top) const
{
    const DrawnBin &drawn = m_axis.bins[bin];
    const double base = area().bottom();
    for (const bool atLeft : {true, false}) {
        if (!(atLeft ? drawn.openLeft : drawn.openRight))
            continue;
        // Teeth of the ground colour bite into the bar from outside.
        const double edge = atLeft ? x.left : x.right;
        const double depth = std::min(4.0, (x.right - x.left) / 2) * (atLeft ? 1 : -1);
        QPolygonF teeth{{edge, base}};
        for (double y = base; y > top - 6; y -= 6)
            teeth << QPointF(edge + depth, y - 3) << QPointF(edge, y - 6);
        painter.setPen(Qt::NoPen);
        painter.setBrush(themeColor(Role::Surface1));
        painter.drawPolygon(teeth);
    }
}

void HistogramChart::paintCuts(QPainter &painter) const
{
    const QFontMetrics metrics(themeFont(Type::Axis));
    painter.setFont(themeFont(Type::Axis));
    const double top = area().top();
    double free = area().left();
    for (qsizetype i = 0; i < m_histogram.size(); ++i) {
        const Pixels x = pixels(i);
        const double target = m_showTarget ? m_histogram.target[i] : 0;
        const double reference = m_showReference && hasReference() ? m_histogram.reference[i] : 0;
        const double y = at(0, density(i, std::max(target, reference))).y();
        if (y >= top - 1 || x.right < area().left() || x.left > area().right())
            continue;
        // Two strokes of the ground colour break the bar; its area no longer tells, so the numbers
        // stand beside it.
        painter.setPen(QPen(themeColor(Role::Surface1), 2));
        for (const double dy : {7.0, 11.0})
            painter.drawLine(QPointF(x.left - 2, top + dy + 2), QPointF(x.right + 2, top + dy - 2));
        QString text = format::percent(target);
        if (hasReference() && m_showReference)
            text = m_showTarget ? tr("%1 vs %2").arg(text, format::percent(reference))
                                : format::percent(reference);
        const double width = metrics.horizontalAdvance(text) + 4;
        double left = x.right + 3;
        if (left + width > area().right())
            left = x.left - 3 - width;
        if (left < free)
            continue;
        const QRectF box(left, top + 1, width, metrics.height());
        painter.fillRect(box, Theme::instance().color(Role::Surface1, 0.8));
        painter.setPen(themeColor(Role::Text));
        painter.drawText(box, Qt::AlignCenter, text);
        free = left + width + 4;
    }
}

void HistogramChart::paintBefore(QPainter &painter)
{
    if (isByArea()) {
        paintCuts(painter);
        // An open end is also said on the axis, for the bin there may be empty.
        painter.setPen(QPen(themeColor(Role::Muted), 1.5));
        painter.setBrush(Qt::NoBrush);
        const double y = area().bottom();
        const auto arrow = [&](double x, double back) {
            painter.drawPolyline(QPolygonF{{x + back, y - 3.5}, {x, y}, {x + back, y + 3.5}});
        };
        // Inside on the left: beside the axis stands its lowest number.
        if (m_axis.bins.first().openLeft && xView().first <= m_axis.low)
            arrow(area().left(), 4);
        if (m_axis.bins.last().openRight && xView().second >= m_axis.high)
            arrow(area().right() + 5, -4);
    }
    if (m_axis.isValid() && std::isfinite(m_axis.place(m_marker))) {
        const double x = at(m_axis.place(m_marker), 0).x();
        painter.setPen(QPen(themeColor(Role::Text), 1.5));
        painter.drawLine(QPointF(x, area().top()), QPointF(x, area().bottom()));
    }
    if (!m_contributions.isEmpty() && m_contributions.size() == m_histogram.size())
        paintStrip(painter);
}

void HistogramChart::paintStrip(QPainter &painter) const
{
    double worst = 0;
    for (const double c : std::as_const(m_contributions))
        worst = std::max(worst, c);
    const QFontMetrics metrics(themeFont(Type::Axis));
    const double top = area().bottom() + 2 * metrics.height() + 12;
    painter.setClipping(false);
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (const bool points : {false, true}) {
        for (qsizetype i = 0; i < m_contributions.size(); ++i) {
            if ((m_axis.isValid() && m_axis.bins[i].point) != points)
                continue;
            const Pixels x =
                isByArea() ? pixels(i) : Pixels{at(left(i), 0).x(), at(right(i), 0).x()};
            const double a = std::clamp(x.left, area().left(), area().right());
            const double b = std::clamp(x.right, area().left(), area().right());
            if (b - a < 0.5)
                continue;
            QRectF cell(a + 0.5, top, std::max(1.0, b - a - 1), 8);
            if (points) { // Set off from the bin that it stands before.
                painter.fillRect(cell.adjusted(-1, 0, 1, 0), themeColor(Role::Surface1));
                cell.adjust(0, -2, 0, 2);
            }
            const double share = worst > 0 ? m_contributions[i] / worst : 0;
            painter.fillRect(cell, Theme::instance().sequential(std::isnan(share) ? 0 : share));
        }
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(themeFont(Type::Axis));
    painter.setPen(themeColor(Role::Muted));
    painter.drawText(QRectF(area().left(), top + 11, area().width(), metrics.height()),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     tr("what each bin adds to %1").arg(m_contributionOf));
}

ChartTable HistogramChart::table() const
{
    ChartTable table;
    table.headers = {m_histogram.isCategorical() ? tr("Value") : tr("Bin"), m_targetName};
    if (hasReference())
        table.headers << m_referenceName;
    if (!m_contributions.isEmpty())
        table.headers << tr("Adds to %1").arg(m_contributionOf);
    for (qsizetype i = 0; i < m_histogram.size(); ++i) {
        QVariantList row{nameOf(i), m_histogram.target[i]};
        if (hasReference())
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
             nameOf(top - m_histogram.target.begin()));
}

QList<LegendEntry> HistogramChart::legend() const
{
    if (isEmpty())
        return {};
    QList<LegendEntry> entries{{Target, m_targetName, Theme::instance().color(Role::Accent, 0.55),
                                LegendEntry::Mark::Bar, true}};
    if (hasReference())
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
