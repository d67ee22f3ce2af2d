/// Target as bars, reference as an outline, in the same bins.
#pragma once

#include "ui/backend/profile_values.h"
#include "ui/charts/plot.h"

namespace tepal::ui {

/// Equal bins stand on a number axis; bins of different or infinite width (and categories) each get
/// the same room, because a share drawn over an unequal width would read as a density.
class HistogramChart final : public Plot
{
    Q_OBJECT

public:
    explicit HistogramChart(QWidget *parent = nullptr);

    void setHistogram(const Histogram &histogram, const QString &column, const QString &targetName,
                      const QString &referenceName);
    /// Per bin, drawn as a strip below the axis; empty: no strip.
    void setContributions(const QList<double> &contributions, const QString &of);
    /// A value to point at, e.g. that of a selected request. NaN: none.
    void setMarker(double value);
    void clear();

    ChartTable table() const override;
    QString describe() const override;
    QList<LegendEntry> legend() const override;
    void setEntryVisible(int id, bool visible) override;
    bool isEmpty() const override { return m_histogram.size() == 0; }

protected:
    QList<double> points() const override;
    HoverInfo hoverAt(double x) const override;
    std::pair<double, double> yExtent(double xLow, double xHigh) const override;
    QList<Tick> xTicks(int most) const override;
    void paintBefore(QPainter &painter) override;
    void restyle() override;

private:
    enum Entry { Target, Reference };

    double left(qsizetype bin) const;
    double right(qsizetype bin) const;
    QString binName(qsizetype bin) const;
    qsizetype binAt(double x) const;
    void rebuild();

    Histogram m_histogram;
    QString m_column;
    QString m_targetName;
    QString m_referenceName;
    QList<double> m_contributions;
    QString m_contributionOf;
    bool m_ordinal = false;
    bool m_showReference = true;
    bool m_showTarget = true;
    double m_marker = kMissing;
    QAreaSeries *m_bars = nullptr;
    QLineSeries *m_outline = nullptr;
};

} // namespace tepal::ui
