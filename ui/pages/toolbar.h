/// Global context (endpoint, model, dataset, time range) and two verbs.
#pragma once

#include "ui/pages/context.h"

#include <QWidget>

class QComboBox;
class QMenu;
class QPushButton;
class QToolButton;

namespace tepal::ui {

class ActionRegistry;
class StateLabel;

class Toolbar final : public QWidget
{
    Q_OBJECT

public:
    Toolbar(Context *context, ActionRegistry *actions, QWidget *parent = nullptr);
    QToolButton *simulateButton() const { return m_simulate; }
    TimeRangePicker *timePicker() const { return m_time; }

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void updateEndpoint();
    void updateModels();
    void updateDatasets();
    void updateTime();
    void updateSimulation();
    QMenu *makeMenu();

    Context *m_context;
    ActionRegistry *m_actions;
    StateLabel *m_state;
    QToolButton *m_copy;
    QPushButton *m_startStop;
    QComboBox *m_models;
    QComboBox *m_datasets;
    TimeRangePicker *m_time;
    QToolButton *m_simulate;
    QToolButton *m_upload;
    QToolButton *m_menu;
};

} // namespace tepal::ui
