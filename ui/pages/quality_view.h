/// How right a model is: figures, confusion and calibration, or residuals.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/models.h"

#include <QHash>
#include <QWidget>

class QComboBox;
class QLabel;
class QStackedLayout;

namespace tepal::ui {

class ChartFrame;
class ConfusionChart;
class ReliabilityChart;
class ResidualChart;
class StateStack;
class StatTile;

class QualityView final : public QWidget
{
    Q_OBJECT

public:
    explicit QualityView(Models *models, QWidget *parent = nullptr);
    /// An empty tag: none is chosen. Asks when it is seen and there is something to judge by.
    void show(const QString &tag, bool keepsRows, const LabelledTable &table);
    /// Once more, for the file may be another one.
    void again();

Q_SIGNALS:
    void chooseWanted();
    void saved(const QString &file);
    void failed(const QString &text);

protected:
    void showEvent(QShowEvent *event) override;

private:
    QString key() const;
    void ask();
    void showWaiting();
    void evaluated(const Answer<ModelQuality> &answer);
    void present(const ModelQuality &quality);
    void presentClasses(const ClassificationQuality &quality);
    void presentNumbers(const RegressionQuality &quality);
    void presentCalibration();
    void presentRows(const Evaluation &evaluation);

    Models *m_models;
    Asker m_asker;
    QString m_tag;
    bool m_keepsRows = false;
    LabelledTable m_table;
    QHash<QString, std::shared_ptr<const ModelQuality>> m_known; ///< By key().
    std::shared_ptr<const ModelQuality> m_shown;
    StateStack *m_state;
    QLabel *m_rows;
    QList<StatTile *> m_tiles;
    QStackedLayout *m_charts;
    ConfusionChart *m_confusion;
    ReliabilityChart *m_reliability;
    ResidualChart *m_residuals;
    ChartFrame *m_confusionFrame;
    ChartFrame *m_reliabilityFrame;
    ChartFrame *m_residualFrame;
    QComboBox *m_event; ///< Which probability is looked at.
};

} // namespace tepal::ui
