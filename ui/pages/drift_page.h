/// "Did anything move, where, since when, and how sure are we?"
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/drift_values.h"
#include "ui/pages/page.h"

class QComboBox;
class QLabel;
class QTableView;
class QToolButton;

namespace tepal::ui {

class CdfChart;
class ChartFrame;
class Comparison;
class ElidedLabel;
class HeatMap;
class HistogramChart;
class MeasuresModel;
class ScoreChart;
class SidesBar;
class StateLabel;
class StateStack;
class TimelineStrip;
class Windows;

class DriftPage final : public Page
{
    Q_OBJECT

public:
    explicit DriftPage(Context *context, QWidget *parent = nullptr);
    void refresh() override;
    void exportShown() override;

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeSides();
    QWidget *makeHead();
    QWidget *makeCharts();
    QWidget *makeMeasures();
    void showJudgement();
    void askDetail();
    TimeRange detailRange() const;
    void showOverview();
    void showDetail(const DriftDetail &detail);
    void showScores();
    const FeatureDrift *selectedFeature() const;

    Comparison &m_comparison;
    Windows &m_windows;
    Asker m_detailAsker;
    Asker m_windowsAsker;
    std::shared_ptr<const DriftOverview> m_overview;
    QList<TimeRange> m_down;
    SidesBar *m_sides;
    StateStack *m_page;
    TimelineStrip *m_strip;
    StateLabel *m_verdict;
    ElidedLabel *m_sentence;
    QComboBox *m_presets;
    HeatMap *m_heat;
    ChartFrame *m_heatFrame;
    ScoreChart *m_scores;
    ChartFrame *m_scoresFrame;
    HistogramChart *m_bins;
    ChartFrame *m_binsFrame;
    CdfChart *m_cdf;
    ChartFrame *m_cdfFrame;
    StateLabel *m_featureVerdict;
    QLabel *m_featureTitle;
    ElidedLabel *m_reason;
    ElidedLabel *m_explanation;
    QToolButton *m_wholeRange;
    MeasuresModel *m_measures;
    QTableView *m_table;
    bool m_stale = true;
};

} // namespace tepal::ui
