#include "ui/charts/reliability_chart.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QFontMetrics>
#include <QLineSeries>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kCounts = 44; ///< Room for the rows of each bin below the axis.
constexpr double kBars = 22;

} // namespace

ReliabilityChart::ReliabilityChart(QWidget *parent)
    : Plot(XAxis::Value, parent)
{
    setAccessibleName(tr("Calibration"));
    setEmptyText(tr("The model gives no probabilities"));
    setXTitle(tr("predicted probability; bars: rows in each bin"));
    setYTitle(tr("observed share of rows, 95 % band"));
}

void ReliabilityChart::setCalibration(const Calibration &calibration, const QString &what)
{
    m_calibration = calibration;
    m_what = what;
    removeAll();
    m_diagonal = nullptr;
    setBottomExtra(isEmpty() ? 0 : kCounts);
    if (!isEmpty()) {
        setXExtent(0, 1);
        m_diagonal = addLine();
        m_diagonal->replace(QList<QPointF>{{0, 0}, {1, 1}});
    }
    refresh();
}

void ReliabilityChart::restyle()
{
    if (m_diagonal)
        m_diagonal->setPen(QPen(themeColor(Role::Reference), 1.5));
}

QList<double> ReliabilityChart::points() const
{
    QList<double> out;
    for (const ReliabilityBin &bin : m_calibration.bins) {
        if (bin.observed.rows > 0)
            out << bin.predicted;
    }
    return out;
}

const ReliabilityBin *ReliabilityChart::binAt(double x) const
{
    const ReliabilityBin *best = nullptr;
    for (const ReliabilityBin &bin : m_calibration.bins) {
        if (bin.observed.rows > 0 &&
            (!best || std::fabs(bin.predicted - x) < std::fabs(best->predicted - x)))
            best = &bin;
    }
    return best;
}

HoverInfo ReliabilityChart::hoverAt(double x) const
{
    HoverInfo info;
    const ReliabilityBin *bin = binAt(x);
    if (!bin)
        return info;
    info.title =
        tr("predicted %1 to %2").arg(format::fixed(bin->low, 1), format::fixed(bin->high, 1));
    info.y = bin->observed.value;
    info.rows.append({{}, tr("mean predicted"), format::number(bin->predicted)});
    info.rows.append({themeColor(Role::Accent), tr("observed"),
                      QString(format::number(bin->observed.value) % QLatin1Char(' ') %
                              format::band(bin->observed.low, bin->observed.high))});
    info.rows.append({{}, tr("rows"), format::count(static_cast<qint64>(bin->observed.rows))});
    return info;
}

void ReliabilityChart::paintBefore(QPainter &painter)
{
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor accent = themeColor(Role::Accent);
    for (const ReliabilityBin &bin : m_calibration.bins) {
        if (bin.observed.rows == 0)
            continue;
        const QPointF low = at(bin.predicted, bin.observed.low);
        const QPointF high = at(bin.predicted, bin.observed.high);
        painter.setPen(QPen(accent, 1.5));
        painter.drawLine(low, high);
        painter.drawLine(low - QPointF(3, 0), low + QPointF(3, 0));
        painter.drawLine(high - QPointF(3, 0), high + QPointF(3, 0));
        painter.setBrush(accent);
        painter.drawEllipse(at(bin.predicted, bin.observed.value), 4, 4);
    }
    paintCounts(painter);
}

/// Bars that hang under the axis, so that a bin of two rows is not taken for one of thousands.
void ReliabilityChart::paintCounts(QPainter &painter) const
{
    std::uint64_t most = 1;
    for (const ReliabilityBin &bin : m_calibration.bins)
        most = std::max(most, bin.observed.rows);
    const double bottom = viewport()->height() - 4.0;
    painter.save();
    painter.setClipping(false);
    painter.setFont(themeFont(Type::Axis));
    const QFontMetrics metrics(painter.font());
    for (const ReliabilityBin &bin : m_calibration.bins) {
        const double left = at(bin.low, 0).x();
        const double right = at(bin.high, 0).x();
        const double high =
            kBars * static_cast<double>(bin.observed.rows) / static_cast<double>(most);
        painter.fillRect(QRectF(left + 1, bottom - high, right - left - 2, high),
                         Theme::instance().color(Role::Accent, 0.35));
        const QString text = format::count(static_cast<qint64>(bin.observed.rows));
        if (metrics.horizontalAdvance(text) > right - left)
            continue;
        painter.setPen(themeColor(bin.observed.rows == 0 ? Role::Faint : Role::Muted));
        painter.drawText(
            QRectF(left, bottom - high - metrics.height(), right - left, metrics.height()),
            Qt::AlignCenter, text);
    }
    painter.restore();
}

ChartTable ReliabilityChart::table() const
{
    ChartTable table;
    table.headers = {tr("Above"),    tr("Up to"),     tr("Rows"),   tr("Mean predicted"),
                     tr("Observed"), tr("95 % from"), tr("95 % to")};
    for (const ReliabilityBin &bin : m_calibration.bins)
        table.rows.append({bin.low, bin.high, static_cast<qint64>(bin.observed.rows), bin.predicted,
                           bin.observed.value, bin.observed.low, bin.observed.high});
    return table;
}

QString ReliabilityChart::describe() const
{
    if (isEmpty())
        return tr("The model gives no probabilities");
    return tr("How often %1, by what was predicted; expected calibration error %2 over %3 rows")
        .arg(m_what, format::number(m_calibration.expectedError),
             format::count(static_cast<qint64>(m_calibration.rows)));
}

QList<LegendEntry> ReliabilityChart::legend() const
{
    if (isEmpty())
        return {};
    return {
        {0, tr("observed"), themeColor(Role::Accent), LegendEntry::Mark::Bar, false},
        {1, tr("as predicted"), themeColor(Role::Reference), LegendEntry::Mark::ThinLine, false}};
}

} // namespace tepal::ui
