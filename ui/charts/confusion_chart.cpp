#include "ui/charts/confusion_chart.h"

#include "ui/theme/metrics.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tepal::ui {

namespace {

constexpr int kTitle = 20;    ///< "answered as", above the answers' names.
constexpr int kMostName = 80; ///< Of names that stand upright.
constexpr int kFoot = 24;     ///< Precision.
constexpr int kSide = 60;     ///< Recall.
constexpr double kLargest = 96;

QColor mixed(const QColor &from, const QColor &to, double share)
{
    const auto part = [share](int a, int b) {
        return static_cast<int>(std::lround(a + (b - a) * share));
    };
    return {part(from.red(), to.red()), part(from.green(), to.green()),
            part(from.blue(), to.blue())};
}

QString share(quint64 part, quint64 whole)
{
    return whole == 0 ? format::missing()
                      : format::percent(static_cast<double>(part) / static_cast<double>(whole));
}

} // namespace

ConfusionChart::ConfusionChart(QWidget *parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Confusion matrix"));
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ConfusionChart::setQuality(const ClassificationQuality &quality)
{
    m_quality = quality;
    m_current = {};
    m_hover = {};
    regroup();
    setAccessibleDescription(describe());
    update();
}

/// Which classes stand alone: all, or those with the most errors.
void ConfusionChart::regroup()
{
    const auto count = static_cast<qsizetype>(m_quality.classes.size());
    QList<qsizetype> order(count);
    std::iota(order.begin(), order.end(), 0);
    if (count > kMostClasses) {
        const auto errors = [this](qsizetype i) {
            const ClassQuality &one = m_quality.classes[static_cast<std::size_t>(i)];
            return one.rows + one.answered - 2 * one.right;
        };
        std::stable_sort(order.begin(), order.end(),
                         [&](qsizetype a, qsizetype b) { return errors(a) > errors(b); });
        std::sort(order.begin(), order.begin() + kMostClasses - 1);
    }
    QList<qsizetype> groupOf(count);
    m_groups.clear();
    for (qsizetype i = 0; i < count; ++i) {
        const ClassQuality &one = m_quality.classes[static_cast<std::size_t>(order[i])];
        const bool united = count > kMostClasses && i >= kMostClasses - 1;
        if (!united || m_groups.size() < kMostClasses)
            m_groups.append({united ? tr("%1 others").arg(count - kMostClasses + 1)
                                    : QString::fromStdString(one.name),
                             united || one.known});
        Group &group = m_groups.last();
        group.rows += one.rows;
        group.answered += one.answered;
        group.right += one.right;
        groupOf[order[i]] = m_groups.size() - 1;
    }
    m_counts.fill(0, m_groups.size() * m_groups.size());
    for (qsizetype t = 0; t < count; ++t) {
        for (qsizetype a = 0; a < count; ++a)
            m_counts[groupOf[t] * m_groups.size() + groupOf[a]] +=
                m_quality.at(static_cast<std::size_t>(t), static_cast<std::size_t>(a));
    }
}

void ConfusionChart::layoutCells()
{
    const QFontMetrics metrics(themeFont(Type::Caption));
    int names = 40;
    for (const Group &group : m_groups)
        names = std::max(names, metrics.horizontalAdvance(group.name) + 12);
    names = std::min({names, 150, width() / 3});
    const auto n = static_cast<double>(m_groups.size());
    const double wide = std::min(kLargest * 1.5, (width() - names - kSide) / n);
    int longest = 0;
    for (const Group &group : m_groups)
        longest = std::max(longest, metrics.horizontalAdvance(group.name));
    // Where one would be cut to nothing they stand upright.
    m_upright = longest > wide - 4 && wide < 60;
    const int head = kTitle + (m_upright ? std::min(longest + 8, kMostName) : metrics.height() + 4);
    const double high = std::min(kLargest * 0.7, (height() - head - kFoot) / n);
    m_grid = QRectF(names, head, std::floor(wide) * n, std::floor(high) * n);
}

QRectF ConfusionChart::cellRect(qsizetype truth, qsizetype answer) const
{
    const auto n = static_cast<double>(m_groups.size());
    const double wide = m_grid.width() / n;
    const double high = m_grid.height() / n;
    return {m_grid.left() + static_cast<double>(answer) * wide,
            m_grid.top() + static_cast<double>(truth) * high, wide, high};
}

ConfusionChart::Cell ConfusionChart::cellAt(const QPointF &pos) const
{
    for (qsizetype t = 0; t < m_groups.size(); ++t) {
        for (qsizetype a = 0; a < m_groups.size(); ++a) {
            if (cellRect(t, a).contains(pos))
                return {t, a};
        }
    }
    return {};
}

QString ConfusionChart::cellText(const Cell &cell) const
{
    const Group &truth = m_groups[cell.truth];
    const quint64 rows = at(cell.truth, cell.answer);
    const QString of =
        tr("%1 of %2 rows (%3)")
            .arg(format::count(static_cast<qint64>(rows)),
                 format::count(static_cast<qint64>(truth.rows)), share(rows, truth.rows));
    return cell.truth == cell.answer
               ? tr("%1, answered right: %2").arg(truth.name, of)
               : tr("%1, answered as %2: %3").arg(truth.name, m_groups[cell.answer].name, of);
}

void ConfusionChart::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (isEmpty()) {
        painter.setPen(themeColor(Role::Muted));
        painter.drawText(rect(), Qt::AlignCenter, tr("No rows were answered"));
        return;
    }
    layoutCells();
    paintNames(painter);
    for (qsizetype t = 0; t < m_groups.size(); ++t) {
        for (qsizetype a = 0; a < m_groups.size(); ++a)
            paintCell(painter, t, a);
    }
    paintMargins(painter);
    if (m_current.isValid()) {
        painter.setPen(QPen(themeColor(Role::Text), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(cellRect(m_current.truth, m_current.answer).adjusted(1, 1, -2, -2),
                                3, 3);
    }
    if (hasFocus()) {
        painter.setPen(QPen(themeColor(Role::Accent), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
    }
}

void ConfusionChart::paintNames(QPainter &painter) const
{
    const QFontMetrics metrics(themeFont(Type::Caption));
    painter.setFont(themeFont(Type::Axis));
    painter.setPen(themeColor(Role::Muted));
    painter.drawText(QRectF(m_grid.left(), 0, m_grid.width(), 18), Qt::AlignCenter,
                     tr("answered as"));
    painter.drawText(QRectF(0, m_grid.top() - 20, m_grid.left() - 8, 18),
                     Qt::AlignRight | Qt::AlignVCenter, tr("true class"));
    painter.drawText(QRectF(m_grid.right(), m_grid.top() - 20, kSide, 18), Qt::AlignCenter,
                     tr("recall"));
    painter.drawText(QRectF(0, m_grid.bottom() + 4, m_grid.left() - 8, kFoot - 4),
                     Qt::AlignRight | Qt::AlignVCenter, tr("precision"));
    painter.setFont(themeFont(Type::Caption));
    for (qsizetype i = 0; i < m_groups.size(); ++i) {
        const QRectF box = cellRect(i, i);
        painter.setPen(themeColor(m_groups[i].known ? Role::Text : Role::Warn));
        const auto elided = [&](double room) {
            return metrics.elidedText(m_groups[i].name, Qt::ElideMiddle, static_cast<int>(room));
        };
        painter.drawText(QRectF(0, box.top(), m_grid.left() - 8, box.height()),
                         Qt::AlignRight | Qt::AlignVCenter, elided(m_grid.left() - 10));
        if (!m_upright) {
            painter.drawText(QRectF(box.left(), m_grid.top() - 20, box.width(), 18),
                             Qt::AlignCenter, elided(box.width() - 4));
            continue;
        }
        painter.save();
        painter.translate(box.center().x(), m_grid.top() - 4);
        painter.rotate(-90);
        const double room = m_grid.top() - kTitle - 4;
        painter.drawText(QRectF(0, -box.width() / 2, room, box.width()),
                         Qt::AlignLeft | Qt::AlignVCenter, elided(room));
        painter.restore();
    }
}

void ConfusionChart::paintCell(QPainter &painter, qsizetype truth, qsizetype answer) const
{
    const QRectF box = cellRect(truth, answer).adjusted(0, 0, -1, -1);
    const quint64 rows = at(truth, answer);
    const quint64 of = m_groups[truth].rows;
    const double part = of == 0 ? 0 : static_cast<double>(rows) / static_cast<double>(of);
    // Errors are of another hue than what is right, and a single row of thousands is still seen.
    const QColor fill = rows == 0         ? themeColor(Role::Surface2)
                        : truth == answer ? mixed(themeColor(Role::Surface1),
                                                  themeColor(Role::Accent), 0.2 + 0.7 * part)
                                          : Theme::instance().sequential(0.12 + 0.8 * part);
    painter.fillRect(box, fill);
    if (Cell{truth, answer} == m_hover) {
        painter.setPen(QPen(themeColor(Role::Text), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5));
    }
    const QString text = format::count(static_cast<qint64>(rows));
    const bool right = truth == answer;
    QFont font = themeFont(right ? Type::Strong : Type::Body);
    if (QFontMetrics(font).horizontalAdvance(text) > box.width() - 4)
        font = themeFont(Type::Axis);
    if (box.height() < 14 || QFontMetrics(font).horizontalAdvance(text) > box.width() - 2)
        return;
    const QColor dark = themeColor(Role::Text);
    const QColor light = themeColor(Role::Surface1);
    painter.setFont(font);
    painter.setPen(rows == 0 ? themeColor(Role::Faint)
                   : contrastRatio(fill, dark) >= contrastRatio(fill, light) ? dark
                                                                             : light);
    painter.drawText(box, Qt::AlignCenter, text);
}

void ConfusionChart::paintMargins(QPainter &painter) const
{
    painter.setFont(themeFont(Type::Caption));
    const QFontMetrics metrics(painter.font());
    painter.setPen(themeColor(Role::Muted));
    for (qsizetype i = 0; i < m_groups.size(); ++i) {
        const QRectF box = cellRect(i, i);
        const Group &group = m_groups[i];
        painter.drawText(QRectF(m_grid.right(), box.top(), kSide, box.height()), Qt::AlignCenter,
                         share(group.right, group.rows));
        const QString precision = share(group.right, group.answered);
        if (metrics.horizontalAdvance(precision) <= box.width())
            painter.drawText(QRectF(box.left(), m_grid.bottom() + 4, box.width(), kFoot - 4),
                             Qt::AlignCenter, precision);
    }
}

void ConfusionChart::moveTo(Cell cell)
{
    m_current = cell;
    setAccessibleDescription(cell.isValid() ? cellText(cell) : describe());
    update();
}

void ConfusionChart::mouseMoveEvent(QMouseEvent *event)
{
    const Cell cell = isEmpty() ? Cell() : cellAt(event->position());
    if (cell != m_hover) {
        m_hover = cell;
        update();
    }
}

void ConfusionChart::leaveEvent(QEvent *)
{
    m_hover = {};
    update();
}

void ConfusionChart::keyPressEvent(QKeyEvent *event)
{
    Cell to = m_current.isValid() ? m_current : Cell{0, -1};
    switch (event->key()) {
    case Qt::Key_Left:
        --to.answer;
        break;
    case Qt::Key_Right:
        ++to.answer;
        break;
    case Qt::Key_Up:
        --to.truth;
        break;
    case Qt::Key_Down:
        ++to.truth;
        break;
    case Qt::Key_Escape:
        if (m_current.isValid())
            return moveTo({});
        [[fallthrough]];
    default:
        return QWidget::keyPressEvent(event);
    }
    if (isEmpty())
        return;
    const qsizetype last = m_groups.size() - 1;
    moveTo({std::clamp<qsizetype>(to.truth, 0, last), std::clamp<qsizetype>(to.answer, 0, last)});
}

bool ConfusionChart::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip && !isEmpty()) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const Cell cell = cellAt(help->pos());
        // Names come from data: never as rich text.
        QToolTip::showText(help->globalPos(),
                           cell.isValid() ? cellText(cell).toHtmlEscaped() : QString(), this);
        return true;
    }
    return QWidget::event(event);
}

ChartTable ConfusionChart::table() const
{
    ChartTable table;
    table.headers = {tr("True class"), tr("Answered as"), tr("Rows"), tr("Share of true class")};
    for (std::size_t t = 0; t < m_quality.classes.size(); ++t) {
        for (std::size_t a = 0; a < m_quality.classes.size(); ++a) {
            const std::uint64_t rows = m_quality.at(t, a);
            if (rows == 0 && t != a)
                continue;
            const ClassQuality &truth = m_quality.classes[t];
            table.rows.append(
                {QString::fromStdString(truth.name),
                 QString::fromStdString(m_quality.classes[a].name), static_cast<qint64>(rows),
                 truth.rows == 0 ? kMissing
                                 : static_cast<double>(rows) / static_cast<double>(truth.rows)});
        }
    }
    return table;
}

QString ConfusionChart::describe() const
{
    if (isEmpty())
        return tr("No rows were answered");
    Cell worst;
    for (qsizetype t = 0; t < m_groups.size(); ++t) {
        for (qsizetype a = 0; a < m_groups.size(); ++a) {
            if (t != a && at(t, a) > 0 &&
                (!worst.isValid() || at(t, a) > at(worst.truth, worst.answer)))
                worst = {t, a};
        }
    }
    const QString all = tr("%1 of %2 rows are answered right")
                            .arg(format::count(static_cast<qint64>(m_quality.accuracy.hits)),
                                 format::count(static_cast<qint64>(m_quality.accuracy.rows)));
    return worst.isValid() ? tr("%1; the most frequent error: %2").arg(all, cellText(worst)) : all;
}

} // namespace tepal::ui
