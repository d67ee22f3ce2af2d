#include "ui/charts/heat_map.h"

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

namespace {

constexpr int kRow = 26;
constexpr int kAxis = 36;
constexpr int kVerdictWidth = 118;

double effect(const FeatureDrift &feature, const DriftScore &score)
{
    return feature.threshold > 0 ? score.value / feature.threshold : kMissing;
}

} // namespace

HeatMap::HeatMap(QWidget *parent)
    : QAbstractScrollArea(parent)
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Drift by feature and window"));
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    viewport()->setAutoFillBackground(false);
    setMinimumHeight(kAxis + 3 * kRow);
    connect(&Theme::instance(), &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void HeatMap::setOverview(const std::shared_ptr<const DriftOverview> &overview)
{
    m_overview = overview;
    m_hover = {};
    measureNames();
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

QRectF HeatMap::cellRect(qsizetype row, const DriftScore &score) const
{
    const double top = static_cast<double>(row) * kRow - verticalScrollBar()->value();
    // Edges on whole pixels, so that neighbours neither overlap nor leave hairlines.
    const double left = std::round(xOf(score.window.start));
    const double right = std::round(xOf(score.window.end));
    const double gap = right - left > 4 ? 1 : 0;
    return QRectF(left, top + 2, std::max(1.0, right - left - gap), kRow - 4);
}

void HeatMap::updateScroll()
{
    const int rows = m_overview ? static_cast<int>(m_overview->features.size()) : 0;
    const int page = std::max(0, viewport()->height() - kAxis);
    verticalScrollBar()->setRange(0, std::max(0, rows * kRow - page));
    verticalScrollBar()->setPageStep(page);
    verticalScrollBar()->setSingleStep(kRow);
}

void HeatMap::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    if (isEmpty()) {
        painter.setPen(themeColor(Role::Muted));
        painter.drawText(viewport()->rect().adjusted(16, 0, -16, 0), Qt::AlignCenter,
                         tr("No windows to compare in this time range"));
        return;
    }
    const QRectF g = grid();
    painter.save();
    painter.setClipRect(QRectF(0, 0, viewport()->width(), g.height()));
    const auto rows = m_overview->features.size();
    for (qsizetype row = verticalScrollBar()->value() / kRow; row < rows; ++row) {
        const double top = static_cast<double>(row) * kRow - verticalScrollBar()->value();
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
    painter.setFont(themeFont(selected ? Type::Strong : Type::Body));
    painter.setPen(themeColor(Role::Text));
    painter.drawText(
        QRectF(8, line.top(), names - 16, kRow), Qt::AlignVCenter | Qt::AlignLeft,
        QFontMetrics(painter.font()).elidedText(feature.name, Qt::ElideMiddle, names - 16));
    paintSymbol(painter, QRectF(names, line.top() + 8, 10, 10), verdictSymbol(feature.verdict),
                themeColor(verdictRole(feature.verdict)));
    painter.setFont(themeFont(Type::Caption));
    painter.setPen(themeColor(Role::Muted));
    painter.drawText(QRectF(names + 16, line.top(), kVerdictWidth - 20, kRow),
                     Qt::AlignVCenter | Qt::AlignLeft, verdictWord(feature.verdict));

    painter.setRenderHint(QPainter::Antialiasing, false);
    const DriftScore *chosen = nullptr;
    // Several windows on one pixel: the worst of them is shown.
    double lastRight = -1;
    double worstHere = -1;
    for (const DriftScore &score : feature.scores) {
        const QRectF cell = cellRect(row, score);
        if (selected && m_window && *m_window == score.window)
            chosen = &score;
        if (!score.hasValue()) {
            if (score.n > 0)
                painter.fillRect(cell, QBrush(themeColor(Role::Surface3), Qt::BDiagPattern));
            continue;
        }
        // Strong colour is for what was shown to be real; the rest keeps to the pale end.
        const bool real = score.verdict >= Verdict::PossibleDrift;
        const double e = real ? effect(feature, score) : std::min(effect(feature, score), 0.5);
        if (cell.left() < lastRight && e <= worstHere)
            continue;
        lastRight = cell.right();
        worstHere = e;
        // 1 is the threshold; the ramp ends at twice that.
        painter.fillRect(cell, Theme::instance().sequential(std::min(1.0, e / 2)));
        if (score.verdict == Verdict::Undecided || score.verdict == Verdict::LowEvidence) {
            painter.fillRect(cell,
                             QBrush(Theme::instance().color(Role::Text, 0.35), Qt::BDiagPattern));
        }
        if (score.open) {
            painter.setPen(QPen(themeColor(Role::Muted), 1, Qt::DotLine));
            painter.drawRect(cell.adjusted(0, 0, -1, -1));
        }
    }
    if (chosen) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(themeColor(Role::Text), 2));
        painter.drawRoundedRect(cellRect(row, *chosen).adjusted(-1, -1, 1, 1), 2, 2);
    }
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
    // Colour key under the names.
    const double top = g.bottom() + 8;
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
    painter.fillRect(QRectF(8 + width + 16, top, 14, 9),
                     QBrush(Theme::instance().color(Role::Text, 0.5), Qt::BDiagPattern));
    painter.drawText(QPointF(8 + width + 36, top + metrics.ascent() - 1), tr("undecided"));
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
    const auto &scores = m_overview->features[row].scores;
    for (qsizetype i = 0; i < scores.size(); ++i) {
        if (scores[i].window.contains(time))
            hit.score = i;
    }
    return hit;
}

QString HeatMap::tooltip(const Hit &hit) const
{
    if (hit.row < 0)
        return {};
    const FeatureDrift &feature = m_overview->features[hit.row];
    if (hit.score < 0)
        return feature.name.toHtmlEscaped() % QStringLiteral(" · ") % verdictWord(feature.verdict);
    const DriftScore &score = feature.scores[hit.score];
    QStringList lines;
    lines << QStringLiteral("<b>%1</b>").arg(feature.name.toHtmlEscaped())
          << format::window(score.window) % (score.open ? tr(" (still filling)") : QString());
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
    if (hit.score < 0)
        Q_EMIT featureActivated(feature.name);
    else
        Q_EMIT cellActivated(feature.name, feature.scores[hit.score].window);
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
    qsizetype score = -1;
    for (qsizetype i = 0; m_window && i < feature.scores.size(); ++i) {
        if (feature.scores[i].window == *m_window)
            score = i;
    }
    if (columns != 0)
        score = score < 0 ? (columns < 0 ? feature.scores.size() - 1 : 0) : score + columns;
    if (score < 0 || score >= feature.scores.size())
        Q_EMIT featureActivated(feature.name);
    else
        Q_EMIT cellActivated(feature.name, feature.scores[score].window);
    QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
    QString spoken = tooltip({row, score});
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
    ChartTable table{{tr("Feature"), tr("Start"), tr("Measure"), tr("Value"), tr("Threshold"),
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
    return tr("%1 features, %2 drifting; worst is %3")
        .arg(format::count(m_overview->features.size()), format::count(drifting),
             m_overview->features.first().name);
}

} // namespace tepal::ui
