/// Target as bars, reference as an outline, in the same bins.
#pragma once

#include "ui/backend/profile_values.h"
#include "ui/charts/bin_axis.h"
#include "ui/charts/plot.h"

namespace tepal::ui {

/// Numeric bins stand on a number axis at their true width. Equal ones have the share as height;
/// where widths differ the area is the share (see BinAxis) and the axis says so. Categories, and
/// bins whose edges make no sense, stand side by side.
class HistogramChart final : public Plot
{
    Q_OBJECT

public:
    explicit HistogramChart(QWidget *parent = nullptr);

    void setHistogram(const Histogram &histogram, const QString &column, const QString &targetName,
                      const QString &referenceName);
    /// Per bin, drawn as a strip below the axis; empty: no strip.
    void setContributions(const QList<double> &contributions, const QString &of);
    /// How far the values really go, for bins that are open; call before setHistogram. NaN: not
    /// known.
    void setDataRange(double low, double high);
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
    double pointAt(double x) const override;
    HoverInfo hoverAt(double x) const override;
    std::pair<double, double> yExtent(double xLow, double xHigh) const override;
    QList<Tick> xTicks(int most) const override;
    void paintBehind(QPainter &painter) override;
    void paintBefore(QPainter &painter) override;
    void restyle() override;

private:
    enum Entry { Target, Reference };

    struct Pixels
    {
        double left = 0;
        double right = 0;
    };

    double left(qsizetype bin) const;
    double right(qsizetype bin) const;
    double middle(qsizetype bin) const;
    QString nameOf(qsizetype bin) const;
    qsizetype binAt(double x) const;
    bool hasReference() const { return m_histogram.reference.size() == m_histogram.size(); }
    bool isByArea() const { return m_axis.byArea; }
    /// Where a bin by area is painted; at least some pixels, so that single values are seen.
    Pixels pixels(qsizetype bin) const;
    double density(qsizetype bin, double share) const;
    void rebuild();
    void paintBin(QPainter &painter, qsizetype bin) const;
    void paintTornEdge(QPainter &painter, qsizetype bin, const Pixels &x, double top) const;
    void paintCuts(QPainter &painter) const;
    void paintStrip(QPainter &painter) const;

    Histogram m_histogram;
    QString m_column;
    QString m_targetName;
    QString m_referenceName;
    QList<double> m_contributions;
    QString m_contributionOf;
    BinAxis m_axis; ///< Not valid: the bins stand side by side.
    double m_dataLow = kMissing;
    double m_dataHigh = kMissing;
    bool m_showReference = true;
    bool m_showTarget = true;
    double m_marker = kMissing;
    QAreaSeries *m_bars = nullptr;
    QLineSeries *m_outline = nullptr;
};

} // namespace tepal::ui
