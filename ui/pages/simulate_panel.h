/// "Make it happen": scenario, rate, seed, start and stop, and filling past days.
#pragma once

#include "ui/backend/endpoint.h"
#include "ui/backend/simulation.h"

#include <QFrame>

class QComboBox;
class QLabel;
class QPushButton;
class QSlider;
class QSpinBox;

namespace tepal::ui {

class StateLabel;

/// Drops down from the toolbar; not modal, so that the page behind it moves meanwhile.
class SimulatePanel final : public QFrame
{
    Q_OBJECT

public:
    explicit SimulatePanel(Simulation *simulation, Endpoint *endpoint, QWidget *parent = nullptr);
    SimulationOptions options() const;

Q_SIGNALS:
    void actionWanted(const QString &actionId);

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    void fillScenarios();
    void updateState();
    void updateDescription();

    Simulation *m_simulation;
    Endpoint *m_endpoint;
    QComboBox *m_scenario;
    QLabel *m_description;
    QSlider *m_rateSlider;
    QSpinBox *m_rate;
    QSpinBox *m_seed;
    StateLabel *m_state;
    QLabel *m_detail;
    QPushButton *m_start;
    QSpinBox *m_days;
    QPushButton *m_backfill;
};

} // namespace tepal::ui
