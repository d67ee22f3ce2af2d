#include "ui/charts/heat_map.h"

#include "ui/charts/ticks.h"
#include "ui/theme/metrics.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/verdict.h"

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <cmath>

namespace tepal::ui {

HeatMap::HeatMap(QWidget *parent)
    : QAbstractScrollArea(parent)
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Drift by column and window"));
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    viewport()->setAutoFillBackground(false);
    setMinimumHeight(kAxis + 3 * kRow);
    const auto restyle = [this] {
        // The ramp is computed in a perceptual space: too dear for each of thousands of cells.
        m_ramp.clear();
        for (int i = 0; i <= kRamp; ++i)
            m_ramp.append(Theme::instance().sequential(static_cast<double>(i) / kRamp));
        viewport()->update();
    };
    restyle();
    connect(&Theme::instance(), &Theme::changed, this, restyle);
}

void HeatMap::setOverview(const std::shared_ptr<const DriftOverview> &overview)
{
    m_overview = overview;
    m_hover = {};
    measureNames();
    layoutColumns();
    updateScroll();
    setAccessibleDescription(describe());
    updateGeometry();
    viewport()->update();
}

void HeatMap::setSelection(const QString &feature, std::optional<TimeRange> window)
{
    m_feature = feature;
    m_window = window;
    viewport()->update();
}

QSize HeatMap::sizeHint() const
{
    const int rows =
        m_overview ? static_cast<int>(std::min<qsizetype>(10, m_overview->features.size())) : 5;
    return {600, kAxis + rows * kRow + 4};
}

void HeatMap::measureNames()
{
    // Once per data: every cell's place depends on it.
    const QFontMetrics metrics(themeFont(Type::Body));
    int width = 90;
    if (m_overview) {
        for (const FeatureDrift &f : m_overview->features)
            width = std::max(width, metrics.horizontalAdvance(f.name.left(80)) + 28);
    }
    m_namesWidth = width;
}

int HeatMap::labelWidth() const
{
    return std::min({m_namesWidth, 240, std::max(90, viewport()->width() / 4)});
}

QRectF HeatMap::grid() const
{
    const int left = labelWidth() + kVerdictWidth;
    return QRectF(left, 0, std::max(20, viewport()->width() - left - kGap),
                  std::max(0, viewport()->height() - kAxis));
}

double HeatMap::xOf(TimeMs time) const
{
    const QRectF g = grid();
    const TimeRange range = m_overview->query.range;
    return g.left() + static_cast<double>(time - range.start) /
                          static_cast<double>(range.end - range.start) * g.width();
}

double HeatMap::rowTop(qsizetype row) const
{
    return static_cast<double>(row) * kRow - verticalScrollBar()->value();
}

QRectF HeatMap::spanRect(qsizetype row, TimeRange span) const
{
    const double top = rowTop(row);
    // Edges on whole pixels, so that neighbours neither overlap nor leave hairlines.
    const double left = std::round(xOf(span.start));
    const double right = std::round(xOf(span.end));
    const double gap = right - left > 4 ? 1 : 0;
    return QRectF(left, top + 2, std::max(1.0, right - left - gap), kRow - 4);
}

void HeatMap::layoutColumns()
{
    m_cells.clear();
    m_labels.clear();
    m_utc = format::isUtc();
    m_columns = m_overview
                    ? heatColumns(m_overview->query.range, m_overview->granularity, grid().width())
                    : HeatColumns();
    m_pixels.clear();
    for (qsizetype c = 0; c < m_columns.size(); ++c) {
        const QRectF box = spanRect(0, m_columns.span(c));
        m_pixels.append({box.left(), box.width()});
    }
}

const QList<HeatCell> &HeatMap::cells(qsizetype row) const
{
    auto found = m_cells.constFind(row);
    if (found == m_cells.constEnd())
        found = m_cells.insert(row, heatCells(m_overview->features[row], m_columns));
    return *found;
}

TimeRange HeatMap::spanOf(qsizetype row, qsizetype column) const
{
    const HeatCell &cell = cells(row)[column];
    return cell.windows == 1 ? m_overview->features[row].scores[cell.first].window
                             : m_columns.span(column);
}

std::pair<qsizetype, qsizetype> HeatMap::chosenColumns() const
{
    if (!m_window || m_columns.size() == 0 || m_window->end <= m_columns.edges.first() ||
        m_window->start >= m_columns.edges.last())
        return {0, -1};
    const qsizetype first = std::max<qsizetype>(0, m_columns.at(m_window->start));
    const qsizetype last = m_columns.at(m_window->end - 1);
    return {first, last < 0 ? m_columns.size() - 1 : last};
}

void HeatMap::updateScroll()
{
    const int rows = m_overview ? static_cast<int>(m_overview->features.size()) : 0;
    const int page = std::max(0, viewport()->height() - kAxis);
    verticalScrollBar()->setRange(0, std::max(0, rows * kRow - page));
    verticalScrollBar()->setPageStep(page);
    verticalScrollBar()->setSingleStep(kRow);
}

HeatMap::Hit HeatMap::hitTest(const QPointF &pos) const
{
    Hit hit;
    if (isEmpty() || pos.y() >= grid().height() || pos.y() < 0)
        return hit;
    const auto row = static_cast<qsizetype>((pos.y() + verticalScrollBar()->value()) / kRow);
    if (row < 0 || row >= m_overview->features.size())
        return hit;
    hit.row = row;
    const QRectF g = grid();
    if (pos.x() < g.left())
        return hit;
    const TimeRange range = m_overview->query.range;
    const auto time =
        range.start + static_cast<TimeMs>((pos.x() - g.left()) / g.width() *
                                          static_cast<double>(range.end - range.start));
    const qsizetype column = m_columns.at(time);
    if (column >= 0 && !cells(row)[column].isGap())
        hit.column = column;
    return hit;
}

QString HeatMap::tooltip(const Hit &hit) const
{
    if (hit.row < 0)
        return {};
    const FeatureDrift &feature = m_overview->features[hit.row];
    if (hit.column < 0)
        return feature.name.toHtmlEscaped() % QStringLiteral(" · ") % verdictWord(feature.verdict);
    const HeatCell &cell = cells(hit.row)[hit.column];
    const DriftScore &score = feature.scores[cell.worstScore];
    const QString filling = tr(" (still filling)");
    QStringList lines{QStringLiteral("<b>%1</b>").arg(feature.name.toHtmlEscaped())};
    if (cell.windows > 1) {
        lines << format::window(m_columns.span(hit.column)) % (cell.open ? filling : QString());
        QStringList parts;
        for (std::size_t v = cell.verdicts.size(); v-- > 0;) {
            if (cell.verdicts[v] > 0)
                parts << tr("%1 × %2").arg(format::count(cell.verdicts[v]),
                                           verdictWord(static_cast<Verdict>(v)));
        }
        lines << tr("%1 windows: %2")
                     .arg(format::count(cell.windows), parts.join(QStringLiteral(", ")));
        lines << tr("the worst: %1").arg(format::window(score.window));
    } else {
        lines << format::window(score.window) % (score.open ? filling : QString());
    }
    if (score.hasValue()) {
        lines << tr("%1 %2 %3 · threshold %4")
                     .arg(feature.measureLabel.toHtmlEscaped(), format::number(score.value, 4),
                          format::band(score.bandLow, score.bandHigh),
                          format::number(feature.threshold));
        lines << tr("noise floor %1 · %2")
                     .arg(format::number(score.floor), format::pValue(score.p).toHtmlEscaped());
    }
    lines << tr("n = %1 · %2").arg(format::count(score.n), verdictWord(score.verdict));
    return lines.join(QStringLiteral("<br>"));
}

bool HeatMap::viewportEvent(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        QToolTip::showText(help->globalPos(), tooltip(hitTest(help->pos())), viewport());
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void HeatMap::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    layoutColumns();
    updateScroll();
}

void HeatMap::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const Hit hit = hitTest(event->position());
    if (hit.row < 0) {
        Q_EMIT cleared();
        return;
    }
    const FeatureDrift &feature = m_overview->features[hit.row];
    if (hit.column < 0)
        Q_EMIT featureActivated(feature.name);
    else
        Q_EMIT cellActivated(feature.name, spanOf(hit.row, hit.column));
}

void HeatMap::mouseMoveEvent(QMouseEvent *event)
{
    const Hit hit = hitTest(event->position());
    if (hit.row != m_hover.row) {
        m_hover = hit;
        viewport()->update();
    }
}

void HeatMap::leaveEvent(QEvent *event)
{
    m_hover = {};
    viewport()->update();
    QAbstractScrollArea::leaveEvent(event);
}

void HeatMap::moveBy(int rows, int columns)
{
    if (isEmpty())
        return;
    qsizetype row = 0;
    const auto &features = m_overview->features;
    for (qsizetype i = 0; i < features.size(); ++i) {
        if (features[i].name == m_feature)
            row = i;
    }
    row = std::clamp<qsizetype>(row + rows, 0, features.size() - 1);
    const FeatureDrift &feature = features[row];
    const int top = static_cast<int>(row) * kRow;
    if (top < verticalScrollBar()->value())
        verticalScrollBar()->setValue(top);
    else if (top + kRow > verticalScrollBar()->value() + grid().height())
        verticalScrollBar()->setValue(top + kRow - static_cast<int>(grid().height()));
    // Gaps are stepped over. Beyond the ends the whole range is meant.
    const QList<HeatCell> &line = cells(row);
    const auto [first, last] = chosenColumns();
    qsizetype column = first <= last ? (columns > 0 ? last : first) : -1;
    if (columns != 0) {
        column = column < 0 ? (columns < 0 ? line.size() - 1 : 0) : column + columns;
        while (column >= 0 && column < line.size() && line[column].isGap())
            column += columns;
    }
    if (column < 0 || column >= line.size() || line[column].isGap()) {
        column = -1;
        Q_EMIT featureActivated(feature.name);
    } else {
        Q_EMIT cellActivated(feature.name, spanOf(row, column));
    }
    QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
    QString spoken = tooltip({row, column});
    setAccessibleDescription(spoken.replace(QStringLiteral("<br>"), QStringLiteral(", "))
                                 .remove(QStringLiteral("<b>"))
                                 .remove(QStringLiteral("</b>")));
    QAccessible::updateAccessibility(&changed);
}

void HeatMap::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Up:
        moveBy(-1, 0);
        return;
    case Qt::Key_Down:
        moveBy(1, 0);
        return;
    case Qt::Key_Left:
        moveBy(0, -1);
        return;
    case Qt::Key_Right:
        moveBy(0, 1);
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        moveBy(0, 0);
        return;
    case Qt::Key_Escape:
        if (m_window) {
            Q_EMIT featureActivated(m_feature);
            return;
        }
        break;
    default:
        break;
    }
    QAbstractScrollArea::keyPressEvent(event);
}

void HeatMap::focusInEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void HeatMap::focusOutEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

ChartTable HeatMap::table() const
{
    ChartTable table{{tr("Column"), tr("Start"), tr("Measure"), tr("Value"), tr("Threshold"),
                      tr("p"), tr("Rows"), tr("Verdict")},
                     {}};
    if (!m_overview)
        return table;
    for (const FeatureDrift &f : m_overview->features) {
        for (const DriftScore &s : f.scores) {
            table.rows.append({f.name, format::iso(s.window.start), f.measureLabel, s.value,
                               f.threshold, s.p, s.n, verdictWord(s.verdict)});
        }
    }
    return table;
}

QString HeatMap::describe() const
{
    if (isEmpty())
        return tr("No windows to compare");
    int drifting = 0;
    for (const FeatureDrift &f : m_overview->features)
        drifting += isAlarming(f.verdict) ? 1 : 0;
    return tr("%1 columns, %2 drifting; worst is %3")
        .arg(format::count(m_overview->features.size()), format::count(drifting),
             m_overview->features.first().name);
}

} // namespace tepal::ui
