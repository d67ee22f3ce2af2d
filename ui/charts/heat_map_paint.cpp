#include "ui/charts/heat_map.h"
#include "ui/charts/ticks.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/verdict.h"

#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace tepal::ui {

namespace {

/// The hatching of a cell. A pattern brush costs ten times as much as these few lines; their phase
/// is that of the viewport, so that neighbours join.
void addHatch(QList<QLine> &lines, const QRect &cell)
{
    constexpr int kStep = 6;
    const int first = (cell.left() + cell.top()) / kStep * kStep;
    for (int sum = first; sum <= cell.right() + cell.bottom(); sum += kStep) {
        const int from = std::max(cell.left(), sum - cell.bottom());
        const int to = std::min(cell.right(), sum - cell.top());
        if (from <= to)
            lines.append(QLine(from, sum - from, to, sum - to));
    }
}

} // namespace

void HeatMap::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    if (isEmpty()) {
        painter.setPen(themeColor(Role::Muted));
        painter.drawText(viewport()->rect().adjusted(16, 0, -16, 0), Qt::AlignCenter,
                         tr("No windows to compare in this time range"));
        return;
    }
    if (m_utc != format::isUtc()) // Another zone has other midnights.
        layoutColumns();
    const QRectF g = grid();
    painter.save();
    painter.setClipRect(QRectF(0, 0, viewport()->width(), g.height()));
    const auto rows = m_overview->features.size();
    for (qsizetype row = verticalScrollBar()->value() / kRow; row < rows; ++row) {
        const double top = rowTop(row);
        if (top > g.height())
            break;
        paintRow(painter, row, QRectF(0, top, viewport()->width(), kRow));
    }
    painter.restore();
    paintScale(painter);
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(themeColor(Role::Accent), 2));
        painter.drawRoundedRect(QRectF(viewport()->rect()).adjusted(1, 1, -1, -1), 4, 4);
    }
}

void HeatMap::paintRow(QPainter &painter, qsizetype row, const QRectF &line) const
{
    const FeatureDrift &feature = m_overview->features[row];
    const bool selected = feature.name == m_feature;
    if (selected || m_hover.row == row)
        painter.fillRect(line.adjusted(0, 1, 0, -1),
                         themeColor(selected ? Role::AccentSoft : Role::Surface2));
    const int names = labelWidth();
    painter.setPen(themeColor(Role::Text));
    drawLabel(painter, feature.name, selected ? Type::Strong : Type::Body, 8, line.top(),
              names - 16);
    paintSymbol(painter, QRectF(names, line.top() + 8, 10, 10), verdictSymbol(feature.verdict),
                themeColor(verdictRole(feature.verdict)));
    painter.setPen(themeColor(Role::Muted));
    drawLabel(painter, verdictWord(feature.verdict), Type::Caption, names + 16, line.top(),
              kVerdictWidth - 16);

    painter.setRenderHint(QPainter::Antialiasing, false);
    paintCells(painter, row);
    const auto [first, last] = chosenColumns();
    if (selected && first <= last) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(themeColor(Role::Text), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(spanRect(row, {m_columns.edges[first], m_columns.edges[last + 1]})
                                    .adjusted(-1, -1, 1, 1),
                                2, 2);
    }
}

/// Text that was shaped and elided once: a screenful of names is most of the work otherwise.
void HeatMap::drawLabel(QPainter &painter, const QString &text, Type type, double left, double top,
                        int width) const
{
    const QFont font = themeFont(type);
    const auto key = std::make_pair(text, static_cast<int>(type));
    auto found = m_labels.constFind(key);
    if (found == m_labels.constEnd()) {
        if (m_labels.size() > 2000) // Who scrolled through that many looks at few of them.
            m_labels.clear();
        QStaticText label(QFontMetrics(font).elidedText(text, Qt::ElideMiddle, width));
        label.setTextFormat(Qt::PlainText);
        label.prepare({}, font);
        found = m_labels.insert(key, label);
    }
    painter.setFont(font);
    painter.drawStaticText(QPointF(left, top + std::round((kRow - found->size().height()) / 2)),
                           *found);
}

void HeatMap::paintCells(QPainter &painter, qsizetype row) const
{
    const QList<HeatCell> &cells = this->cells(row);
    QList<QLine> undecided;
    QList<QLine> withoutValue;
    const double top = rowTop(row) + 2;
    for (qsizetype c = 0; c < cells.size(); ++c) {
        const HeatCell &cell = cells[c];
        if (cell.isGap())
            continue;
        const QRectF box(m_pixels[c].first, top, m_pixels[c].second, kRow - 4);
        if (std::isnan(cell.shade)) {
            if (cell.rows > 0)
                addHatch(withoutValue, box.toRect());
            continue;
        }
        painter.fillRect(box, m_ramp[static_cast<qsizetype>(cell.shade * kRamp)]);
        if (cell.worst == Verdict::Undecided || cell.worst == Verdict::LowEvidence)
            addHatch(undecided, box.toRect());
        if (cell.open) {
            painter.setPen(QPen(themeColor(Role::Muted), 1, Qt::DotLine));
            painter.drawRect(box.adjusted(0, 0, -1, -1));
        }
    }
    painter.setPen(QPen(Theme::instance().color(Role::Text, 0.35), 0));
    painter.drawLines(undecided);
    painter.setPen(QPen(themeColor(Role::Surface3), 0));
    painter.drawLines(withoutValue);
}

void HeatMap::paintScale(QPainter &painter) const
{
    const QRectF g = grid();
    const TimeRange range = m_overview->query.range;
    const QFontMetrics metrics(themeFont(Type::Axis));
    painter.setFont(themeFont(Type::Axis));
    double free = -1;
    double freeDate = -1;
    for (const Tick &tick : timeTicks(range.start, range.end, std::max(2, int(g.width()) / 84))) {
        const double x = std::round(xOf(static_cast<TimeMs>(tick.at)));
        painter.setPen(QPen(themeColor(Role::Surface3), 0));
        painter.drawLine(QPointF(x, g.bottom() + 1), QPointF(x, g.bottom() + 5));
        painter.setPen(themeColor(Role::Muted));
        const double width = metrics.horizontalAdvance(tick.label);
        if (x > free && x + width < viewport()->width()) {
            painter.drawText(QPointF(x, g.bottom() + 6 + metrics.ascent()), tick.label);
            free = x + width + 8;
        }
        const double dateWidth = metrics.horizontalAdvance(tick.date);
        if (!tick.date.isEmpty() && x > freeDate && x + dateWidth < viewport()->width()) {
            painter.drawText(QPointF(x, g.bottom() + 6 + metrics.height() + metrics.ascent()),
                             tick.date);
            freeDate = x + dateWidth + 12;
        }
    }
    paintKey(painter);
}

void HeatMap::paintKey(QPainter &painter) const
{
    // Colour key under the names.
    const QFontMetrics metrics(themeFont(Type::Axis));
    const double top = grid().bottom() + 8;
    const double width = 72;
    for (int i = 0; i < static_cast<int>(width); ++i) {
        painter.fillRect(QRectF(8 + i, top, 1, 8), Theme::instance().sequential(i / width));
    }
    painter.setPen(themeColor(Role::Threshold));
    painter.drawLine(QPointF(8 + width / 2, top - 2), QPointF(8 + width / 2, top + 10));
    painter.setPen(themeColor(Role::Muted));
    painter.drawText(QPointF(8, top + 10 + metrics.ascent()), tr("0"));
    painter.drawText(QRectF(8, top + 10, width, metrics.height()), Qt::AlignHCenter, tr("drift"));
    painter.drawText(QRectF(8, top + 10, width, metrics.height()), Qt::AlignRight, tr("2×"));
    QList<QLine> hatch;
    addHatch(hatch, QRectF(8 + width + 16, top, 14, 9).toRect());
    painter.setPen(QPen(Theme::instance().color(Role::Text, 0.5), 0));
    painter.drawLines(hatch);
    painter.setPen(themeColor(Role::Muted));
    painter.drawText(QPointF(8 + width + 36, top + metrics.ascent() - 1), tr("undecided"));
    if (m_columns.united) {
        painter.drawText(QPointF(8 + width + 16, top + 10 + metrics.ascent()),
                         tr("one cell: %1").arg(m_columns.unit));
    }
}

} // namespace tepal::ui
