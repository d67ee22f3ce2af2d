#include "ui/charts/cdf_chart.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QAreaSeries>
#include <QFontMetrics>
#include <QLineSeries>
#include <QPainter>

#include <cmath>

namespace tepal::ui {

namespace {

/// The staircase of a distribution; `shift` moves it within [0, 1].
QList<QPointF> staircase(const Cdf &cdf, double low, double high, double shift)
{
    QList<QPointF> points;
    const auto bound = [shift](double f) { return std::clamp(f + shift, 0.0, 1.0); };
    double before = 0;
    points << QPointF(low, bound(0));
    for (qsizetype i = 0; i < cdf.x.size(); ++i) {
        points << QPointF(cdf.x[i], bound(before)) << QPointF(cdf.x[i], bound(cdf.f[i]));
        before = cdf.f[i];
    }
    points << QPointF(high, bound(1));
    return points;
}

} // namespace

CdfChart::CdfChart(QWidget *parent)
    : Plot(XAxis::Value, parent)
{
    setAccessibleName(tr("Cumulative distribution"));
    setEmptyText(tr("No numeric values in this time range"));
}

double CdfChart::valueAt(const Cdf &cdf, double x)
{
    const auto after = std::upper_bound(cdf.x.begin(), cdf.x.end(), x);
    return after == cdf.x.begin() ? 0 : cdf.f[after - cdf.x.begin() - 1];
}

void CdfChart::setCdfs(const Cdf &target, const Cdf &reference, const QString &column,
                       const QString &targetName, const QString &referenceName, double gapAt)
{
    m_target = target;
    m_reference = reference;
    m_column = column;
    m_targetName = targetName;
    m_referenceName = referenceName;
    m_gapAt = gapAt;
    m_points = target.x;
    m_points.append(reference.x);
    std::sort(m_points.begin(), m_points.end());
    m_points.erase(std::unique(m_points.begin(), m_points.end()), m_points.end());
    removeAll();
    m_error = nullptr;
    m_targetLine = nullptr;
    m_referenceLine = nullptr;
    setYTitle(tr("share of rows at or below"));
    setXTitle(column);
    if (!isEmpty()) {
        const double span = m_points.last() - m_points.first();
        const double pad = span > 0 ? span * 0.03 : 1;
        const double low = m_points.first() - pad;
        const double high = m_points.last() + pad;
        setXExtent(low, high);
        if (target.rankError > 0) {
            m_error = addArea();
            m_error->upperSeries()->replace(staircase(target, low, high, target.rankError));
            m_error->lowerSeries()->replace(staircase(target, low, high, -target.rankError));
        }
        if (!reference.x.isEmpty()) {
            m_referenceLine = addLine();
            m_referenceLine->replace(staircase(reference, low, high, 0));
        }
        m_targetLine = addLine();
        m_targetLine->replace(staircase(target, low, high, 0));
    }
    refresh();
}

void CdfChart::clear()
{
    setCdfs({}, {}, {}, {}, {}, kMissing);
}

void CdfChart::restyle()
{
    if (m_error) {
        m_error->setPen(Qt::NoPen);
        m_error->setBrush(Theme::instance().color(Role::Accent, 0.2));
        m_error->setVisible(m_show[Error]);
    }
    if (m_referenceLine) {
        m_referenceLine->setPen(QPen(themeColor(Role::Reference), 1.5));
        m_referenceLine->setVisible(m_show[Reference]);
    }
    if (m_targetLine) {
        m_targetLine->setPen(QPen(themeColor(Role::Accent), 2));
        m_targetLine->setVisible(m_show[Target]);
    }
}

HoverInfo CdfChart::hoverAt(double x) const
{
    HoverInfo info;
    info.title = m_column % QStringLiteral(" ≤ ") % format::number(x, 4);
    const double t = valueAt(m_target, x);
    info.y = t;
    QString text = format::percent(t);
    if (m_target.rankError > 0)
        text += QStringLiteral(" ± ") % format::percent(m_target.rankError);
    info.rows.append({themeColor(Role::Accent), m_targetName, text});
    if (!m_reference.x.isEmpty()) {
        const double r = valueAt(m_reference, x);
        info.rows.append({themeColor(Role::Reference), m_referenceName, format::percent(r)});
        info.rows.append({{}, tr("Gap"), format::number(std::abs(t - r))});
    }
    return info;
}

void CdfChart::paintBefore(QPainter &painter)
{
    if (std::isnan(m_gapAt) || m_reference.x.isEmpty())
        return;
    const double t = valueAt(m_target, m_gapAt);
    const double r = valueAt(m_reference, m_gapAt);
    const QPointF a = at(m_gapAt, std::max(t, r));
    const QPointF b = at(m_gapAt, std::min(t, r));
    painter.setPen(QPen(themeColor(Role::Threshold), 2));
    painter.drawLine(a, b);
    painter.drawLine(a - QPointF(4, 0), a + QPointF(4, 0));
    painter.drawLine(b - QPointF(4, 0), b + QPointF(4, 0));
    painter.setFont(themeFont(Type::Axis));
    const QFontMetrics metrics(painter.font());
    const QString label =
        tr("KS %1 at %2").arg(format::number(std::abs(t - r)), format::number(m_gapAt));
    const double width = metrics.horizontalAdvance(label) + 8;
    const bool toRight = a.x() + width + 8 < area().right();
    const QRectF box(toRight ? a.x() + 8 : a.x() - 8 - width,
                     (a.y() + b.y()) / 2 - metrics.height() / 2.0, width, metrics.height());
    painter.fillRect(box, Theme::instance().color(Role::Surface1, 0.85));
    painter.drawText(box, Qt::AlignCenter, label);
}

ChartTable CdfChart::table() const
{
    ChartTable table;
    table.headers = {m_column, m_targetName};
    if (!m_reference.x.isEmpty())
        table.headers << m_referenceName;
    for (const double x : m_points) {
        QVariantList row{x, valueAt(m_target, x)};
        if (!m_reference.x.isEmpty())
            row << valueAt(m_reference, x);
        table.rows.append(row);
    }
    return table;
}

QString CdfChart::describe() const
{
    if (isEmpty())
        return tr("No values");
    if (std::isnan(m_gapAt))
        return tr("Cumulative distribution of %1").arg(m_column);
    const double gap = std::abs(valueAt(m_target, m_gapAt) - valueAt(m_reference, m_gapAt));
    return tr("Cumulative distributions of %1; the largest gap to %2 is %3, at %4")
        .arg(m_column, m_referenceName, format::number(gap), format::number(m_gapAt));
}

QList<LegendEntry> CdfChart::legend() const
{
    QList<LegendEntry> entries;
    if (isEmpty())
        return entries;
    entries.append({Target, m_targetName, themeColor(Role::Accent), LegendEntry::Mark::Line, true});
    if (m_referenceLine)
        entries.append({Reference, m_referenceName, themeColor(Role::Reference),
                        LegendEntry::Mark::ThinLine, true});
    if (m_error)
        entries.append({Error, tr("± %1").arg(format::percent(m_target.rankError)),
                        Theme::instance().color(Role::Accent, 0.3), LegendEntry::Mark::Band, true});
    return entries;
}

void CdfChart::setEntryVisible(int id, bool visible)
{
    m_show[id] = visible;
    restyle();
    viewport()->update();
}

} // namespace tepal::ui
