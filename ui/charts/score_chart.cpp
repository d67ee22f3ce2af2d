#include "ui/charts/score_chart.h"

#include "ui/charts/min_max.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/verdict.h"

#include <QAreaSeries>
#include <QLineSeries>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace tepal::ui {

namespace {

double centre(TimeRange window)
{
    return static_cast<double>(window.start) + static_cast<double>(window.end - window.start) / 2;
}

} // namespace

ScoreChart::ScoreChart(QWidget *parent)
    : Plot(XAxis::Time, parent)
{
    setAccessibleName(tr("Measure over time"));
    setEmptyText(tr("No scores in this time range"));
    connect(this, &Plot::activated, this, [this](double x) {
        if (const DriftScore *score = scoreAt(x))
            Q_EMIT windowActivated(score->window);
    });
}

void ScoreChart::setFeature(const FeatureDrift &feature, const QString &referenceName,
                            TimeRange range, const QList<TimeRange> &downTimes)
{
    m_feature = feature;
    m_reference = referenceName;
    m_down = downTimes;
    m_centres.clear();
    for (const DriftScore &score : m_feature.scores)
        m_centres.append(centre(score.window));
    setYTitle(tr("%1 against %2").arg(feature.measureLabel, referenceName));
    setXExtent(static_cast<double>(range.start), static_cast<double>(range.end));
    rebuild();
    refresh();
}

void ScoreChart::clear()
{
    m_feature = {};
    m_centres.clear();
    rebuild();
    refresh();
}

void ScoreChart::setSelected(std::optional<TimeRange> window)
{
    m_selected = window;
    viewport()->update();
}

void ScoreChart::rebuild()
{
    removeAll();
    m_lines.clear();
    m_bands.clear();
    m_floors.clear();
    m_lone.clear();
    if (isDense())
        return;
    // A run is a stretch of neighbouring windows with values; between runs the line is broken.
    QList<QPointF> values;
    QList<QPointF> low;
    QList<QPointF> high;
    QList<QPointF> floor;
    qsizetype last = -1;
    const auto flush = [&] {
        if (values.size() == 1) {
            m_lone.append(last); // Painted by ourselves: a line of one point is nothing.
        } else if (!values.isEmpty()) {
            QAreaSeries *band = addArea();
            band->lowerSeries()->replace(low);
            band->upperSeries()->replace(high);
            m_bands.append(band);
            QLineSeries *floorLine = addLine();
            floorLine->replace(floor);
            m_floors.append(floorLine);
            QLineSeries *line = addLine();
            line->replace(values);
            m_lines.append(line);
        }
        values.clear();
        low.clear();
        high.clear();
        floor.clear();
    };
    TimeMs end = 0;
    for (qsizetype i = 0; i < m_feature.scores.size(); ++i) {
        const DriftScore &score = m_feature.scores[i];
        if (!score.hasValue() || (end != 0 && score.window.start != end))
            flush();
        end = score.window.end;
        if (!score.hasValue())
            continue;
        const double x = m_centres[i];
        last = i;
        values.append({x, score.value});
        if (!std::isnan(score.bandLow)) {
            low.append({x, score.bandLow});
            high.append({x, score.bandHigh});
        }
        if (!std::isnan(score.floor))
            floor.append({x, score.floor});
    }
    flush();
}

void ScoreChart::restyle()
{
    const QColor accent = themeColor(Role::Accent);
    for (QLineSeries *line : std::as_const(m_lines))
        line->setPen(QPen(accent, 2));
    for (QAreaSeries *band : std::as_const(m_bands)) {
        band->setPen(Qt::NoPen);
        band->setBrush(Theme::instance().color(Role::Accent, 0.20));
        band->setVisible(m_showBand);
    }
    for (QLineSeries *line : std::as_const(m_floors)) {
        line->setPen(QPen(themeColor(Role::Reference), 1));
        line->setVisible(m_showFloor);
    }
}

std::pair<double, double> ScoreChart::yExtent(double xLow, double xHigh) const
{
    double high = std::isnan(m_feature.threshold) ? 0.1 : m_feature.threshold * 1.15;
    for (qsizetype i = 0; i < m_centres.size(); ++i) {
        if (m_centres[i] < xLow || m_centres[i] > xHigh)
            continue;
        const DriftScore &score = m_feature.scores[i];
        for (const double v : {score.value, m_showBand ? score.bandHigh : kMissing,
                               m_showFloor ? score.floor : kMissing})
            high = std::isnan(v) ? high : std::max(high, v);
    }
    return {0, high};
}

const DriftScore *ScoreChart::scoreAt(double x) const
{
    for (qsizetype i = 0; i < m_centres.size(); ++i) {
        if (m_centres[i] == x)
            return &m_feature.scores[i];
    }
    return nullptr;
}

HoverInfo ScoreChart::hoverAt(double x) const
{
    const DriftScore *score = scoreAt(x);
    if (!score)
        return {};
    HoverInfo info;
    info.title = format::window(score->window);
    info.y = score->value;
    QString value = format::number(score->value, 4);
    const QString band = format::band(score->bandLow, score->bandHigh);
    if (!band.isEmpty())
        value += QLatin1Char(' ') + band;
    info.rows.append({themeColor(Role::Accent), m_feature.measureLabel, value});
    info.rows.append(
        {themeColor(Role::Reference), tr("Noise floor"), format::number(score->floor)});
    info.rows.append(
        {themeColor(Role::Threshold), tr("Threshold"), format::number(m_feature.threshold)});
    info.rows.append({{}, tr("Evidence"), format::pValue(score->p)});
    info.rows.append({{},
                      tr("Rows"),
                      score->open ? tr("%1, still filling").arg(format::count(score->n))
                                  : format::count(score->n)});
    info.rows.append(
        {themeColor(verdictRole(score->verdict)), tr("Verdict"), verdictWord(score->verdict)});
    return info;
}

void ScoreChart::paintBehind(QPainter &painter)
{
    for (const TimeRange &down : std::as_const(m_down)) {
        const QPointF a = at(static_cast<double>(down.start), 0);
        const QPointF b = at(static_cast<double>(down.end), 0);
        painter.fillRect(QRectF(a.x(), area().top(), b.x() - a.x(), area().height()),
                         QBrush(themeColor(Role::Surface3), Qt::BDiagPattern));
    }
    if (m_selected) {
        const double a = at(static_cast<double>(m_selected->start), 0).x();
        const double b = at(static_cast<double>(m_selected->end), 0).x();
        const double width = std::max(2.0, b - a);
        painter.fillRect(QRectF(a, area().top(), width, area().height()),
                         Theme::instance().color(Role::Accent, 0.14));
    }
    if (isDense()) {
        const auto [low, high] = xView();
        const double yHigh = yExtent(low, high).second;
        QList<QPointF> values;
        values.reserve(m_centres.size());
        for (qsizetype i = 0; i < m_centres.size(); ++i)
            values.append({m_centres[i], m_feature.scores[i].value});
        painter.setPen(themeColor(Role::Accent));
        const double top = at(0, yHigh).y();
        QRectF box = area();
        box.setTop(top);
        paintColumns(painter, minMaxColumns(values, low, high, static_cast<int>(area().width())),
                     box, 0, yHigh);
    }
}

void ScoreChart::paintBefore(QPainter &painter)
{
    if (!std::isnan(m_feature.threshold)) {
        dashedLine(painter, m_feature.threshold,
                   tr("drift from %1").arg(format::number(m_feature.threshold)),
                   themeColor(Role::Threshold));
    }
    if (isDense())
        return;
    const double spacing =
        m_centres.size() < 2 ? 100 : area().width() / static_cast<double>(m_centres.size());
    const double size = spacing > 7 ? 8 : 5;
    for (qsizetype i = 0; i < m_centres.size(); ++i) {
        const DriftScore &score = m_feature.scores[i];
        if (!score.hasValue() || m_centres[i] < xView().first || m_centres[i] > xView().second)
            continue;
        // Only what needs attention is marked; a hundred green dots would say nothing. A window
        // without neighbours has no line, so there the mark is all that is seen of it.
        const bool alone = std::binary_search(m_lone.begin(), m_lone.end(), i);
        if (!isAlarming(score.verdict) && score.verdict != Verdict::PossibleDrift && !alone)
            continue;
        if (alone)
            paintLone(painter, score, size);
        const QPointF p = at(m_centres[i], score.value);
        const QRectF box(p.x() - size / 2, p.y() - size / 2, size, size);
        paintSymbol(painter, box.adjusted(-1.5, -1.5, 1.5, 1.5), verdictSymbol(score.verdict),
                    themeColor(Role::Surface1));
        paintSymbol(painter, box, verdictSymbol(score.verdict),
                    themeColor(verdictRole(score.verdict)));
    }
}

/// Band and floor of one window, as wide as the window but at least wider than its mark.
void ScoreChart::paintLone(QPainter &painter, const DriftScore &score, double size) const
{
    const double x = at(centre(score.window), 0).x();
    const double half = std::max(size, (at(static_cast<double>(score.window.end), 0).x() -
                                        at(static_cast<double>(score.window.start), 0).x()) /
                                           2);
    if (m_showFloor && !std::isnan(score.floor)) {
        const double y = std::round(at(0, score.floor).y()) + 0.5;
        painter.setPen(QPen(themeColor(Role::Reference), 1));
        painter.drawLine(QPointF(x - half, y), QPointF(x + half, y));
    }
    if (!m_showBand || std::isnan(score.bandLow) || std::isnan(score.bandHigh))
        return;
    const double top = at(0, score.bandHigh).y();
    const double bottom = at(0, score.bandLow).y();
    painter.fillRect(QRectF(x - half, top, 2 * half, bottom - top),
                     Theme::instance().color(Role::Accent, 0.20));
    painter.setPen(QPen(themeColor(Role::Accent), 1.5));
    painter.drawLine(QPointF(x, top), QPointF(x, bottom));
    for (const double y : {top, bottom})
        painter.drawLine(QPointF(x - size / 2, y), QPointF(x + size / 2, y));
}

ChartTable ScoreChart::table() const
{
    ChartTable table;
    table.headers = {tr("Start"),    tr("End"),       m_feature.measureLabel,
                     tr("Band low"), tr("Band high"), tr("Noise floor"),
                     tr("p"),        tr("Rows"),      tr("Verdict")};
    for (qsizetype i = 0; i < m_centres.size(); ++i) {
        if (m_centres[i] < xView().first || m_centres[i] > xView().second)
            continue;
        const DriftScore &s = m_feature.scores[i];
        table.rows.append({format::iso(s.window.start), format::iso(s.window.end), s.value,
                           s.bandLow, s.bandHigh, s.floor, s.p, s.n, verdictWord(s.verdict)});
    }
    return table;
}

QString ScoreChart::describe() const
{
    if (isEmpty())
        return tr("No scores");
    double worst = -1;
    const DriftScore *worstScore = nullptr;
    int above = 0;
    for (const DriftScore &score : m_feature.scores) {
        if (score.hasValue() && score.value > worst) {
            worst = score.value;
            worstScore = &score;
        }
        above += score.value >= m_feature.threshold ? 1 : 0;
    }
    if (!worstScore)
        return tr("%1 of %2: no window has enough rows")
            .arg(m_feature.measureLabel, m_feature.name);
    return tr("%1 of %2, %3 windows, at most %4 at %5, %6 at or above %7")
        .arg(m_feature.measureLabel, m_feature.name, format::count(m_feature.scores.size()),
             format::number(worst), format::window(worstScore->window), format::count(above),
             format::number(m_feature.threshold));
}

QList<LegendEntry> ScoreChart::legend() const
{
    if (isEmpty())
        return {};
    const LegendEntry value{Value, m_feature.measureLabel, themeColor(Role::Accent),
                            LegendEntry::Mark::Line, false};
    if (isDense()) // So many windows are drawn without the rest.
        return {value};
    return {
        value,
        {Band, tr("sketch error"), Theme::instance().color(Role::Accent, 0.3),
         LegendEntry::Mark::Band, true},
        {Floor, tr("noise floor"), themeColor(Role::Reference), LegendEntry::Mark::ThinLine, true}};
}

void ScoreChart::setEntryVisible(int id, bool visible)
{
    if (id == Band)
        m_showBand = visible;
    else if (id == Floor)
        m_showFloor = visible;
    refresh();
}

} // namespace tepal::ui
