/// One measure of one feature over the profile windows, with its band, floor and threshold.
#pragma once

#include "ui/backend/drift_values.h"
#include "ui/charts/plot.h"

namespace tepal::ui {

class ScoreChart final : public Plot
{
    Q_OBJECT

public:
    explicit ScoreChart(QWidget *parent = nullptr);

    /// `downTimes`: ranges without an answering endpoint, hatched.
    void setFeature(const FeatureDrift &feature, const QString &referenceName, TimeRange range,
                    const QList<TimeRange> &downTimes);
    void clear();
    /// The window shown elsewhere; nothing: none.
    void setSelected(std::optional<TimeRange> window);

    ChartTable table() const override;
    QString describe() const override;
    QList<LegendEntry> legend() const override;
    void setEntryVisible(int id, bool visible) override;
    bool isEmpty() const override { return m_feature.scores.isEmpty(); }

Q_SIGNALS:
    void windowActivated(tepal::TimeRange window);

protected:
    QList<double> points() const override { return m_centres; }
    HoverInfo hoverAt(double x) const override;
    std::pair<double, double> yExtent(double xLow, double xHigh) const override;
    void paintBehind(QPainter &painter) override;
    void paintBefore(QPainter &painter) override;
    void restyle() override;

private:
    enum Entry { Value, Band, Floor };

    const DriftScore *scoreAt(double x) const;
    void rebuild();
    void paintLone(QPainter &painter, const DriftScore &score, double size) const;
    /// More points than the chart library draws in time: painted by ourselves.
    bool isDense() const { return m_centres.size() > 1000; }

    FeatureDrift m_feature;
    QString m_reference;
    QList<TimeRange> m_down;
    QList<double> m_centres; ///< Parallel to m_feature.scores.
    QList<QLineSeries *> m_lines;
    QList<QAreaSeries *> m_bands;
    QList<QLineSeries *> m_floors;
    QList<qsizetype> m_lone; ///< Scores without a neighbour: no line leads to them.
    std::optional<TimeRange> m_selected;
    bool m_showBand = true;
    bool m_showFloor = true;
};

} // namespace tepal::ui
