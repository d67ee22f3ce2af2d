/// The last five minutes of the endpoint: throughput, latency, predictions by class. Three charts
/// over one x axis instead of one chart with two y axes.
#pragma once

#include "ui/backend/values.h"
#include "ui/charts/plot.h"
#include "ui/widgets/format.h"

namespace tepal::ui {

using LiveStatsPtr = std::shared_ptr<const LiveStats>;

/// The largest latency that is shown for these numbers, anywhere; it decides the unit of all of
/// them (format::latencyUnit). NaN: none.
double largestLatencyMs(const LiveStats &stats);

class TrafficPlot : public Plot
{
    Q_OBJECT

public:
    explicit TrafficPlot(QWidget *parent = nullptr);
    /// Call at most ten times a second; skipped while hidden.
    void setStats(const LiveStatsPtr &stats);
    /// Greys the chart: these are the last numbers of a stopped endpoint.
    void setStale(bool stale);
    bool isEmpty() const override;

protected:
    virtual void rebuild() = 0;
    /// Whether that second has anything this chart would draw.
    virtual bool hasData(const StatsSecond &second) const { return second.requests > 0; }
    QList<double> points() const override;
    /// The largest y of these numbers; 0 or NaN: none.
    virtual double highest() const = 0;
    /// What a number is multiplied with to be drawn; 1 unless the chart changes units.
    virtual double scale() const { return 1; }
    std::pair<double, double> yExtent(double xLow, double xHigh) const final;
    const StatsSecond *secondAt(double x) const;
    /// Stretches without a missing second: first, and one behind the last.
    QList<std::pair<qsizetype, qsizetype>> runs() const;
    static double middle(const StatsSecond &s) { return static_cast<double>(s.second) + 500; }
    /// A line of one point is nothing: a lone second becomes a dash, at least as long as it lasted.
    void widenLone(QList<QPointF> &line) const;
    Role lineRole(Role role) const { return m_stale ? Role::Faint : role; }
    void paintBehind(QPainter &painter) override;
    void paintBefore(QPainter &painter) override;
    void showEvent(QShowEvent *event) override;

    LiveStatsPtr m_stats;
    bool m_stale = false;
    QList<QPointF> m_lone; ///< Seconds without neighbours, marked with a dot; rebuild() finds them.

private:
    void updateHigh();

    double m_high = 0; ///< 0: nothing was drawn yet.
    TimeMs m_highAsOf = 0;
};

class RateChart final : public TrafficPlot
{
    Q_OBJECT

public:
    explicit RateChart(QWidget *parent = nullptr);
    ChartTable table() const override;
    QString describe() const override;

protected:
    void rebuild() override;
    void restyle() override;
    HoverInfo hoverAt(double x) const override;
    double highest() const override;

private:
    QList<QAreaSeries *> m_areas;
    QList<QLineSeries *> m_lines;
};

class LatencyChart final : public TrafficPlot
{
    Q_OBJECT

public:
    explicit LatencyChart(QWidget *parent = nullptr);
    ChartTable table() const override;
    QString describe() const override;
    QList<LegendEntry> legend() const override;

protected:
    void rebuild() override;
    bool hasData(const StatsSecond &second) const override;
    void restyle() override;
    HoverInfo hoverAt(double x) const override;
    double scale() const override { return format::inLatencyUnit(1, m_unit); }
    double highest() const override;

private:
    QList<QAreaSeries *> m_bands;
    QList<QLineSeries *> m_medians;
    QList<QLineSeries *> m_tails;
    format::LatencyUnit m_unit = format::LatencyUnit::Milliseconds;
};

class ClassChart final : public TrafficPlot
{
    Q_OBJECT

public:
    explicit ClassChart(QWidget *parent = nullptr);
    ChartTable table() const override;
    QString describe() const override;
    QList<LegendEntry> legend() const override;
    void setEntryVisible(int id, bool visible) override;
    void emphasize(int id) override;

protected:
    void rebuild() override;
    bool hasData(const StatsSecond &second) const override;
    void restyle() override;
    HoverInfo hoverAt(double x) const override;
    double highest() const override;

private:
    QList<QAreaSeries *> m_layers;
    QList<int> m_layerClass; ///< Parallel to m_layers.
    QList<int> m_hidden;
    int m_emphasized = -1;
};

} // namespace tepal::ui
