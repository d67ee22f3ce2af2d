/// Two versions of a model side by side: what they take, what they are, how right they are, where
/// they differ.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/models.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QSplitter;
class QTableView;

namespace tepal::ui {

class ChartTableModel;
class RolloutBar;
class StateStack;
class TextTableModel;

class VersionsView final : public QWidget
{
    Q_OBJECT

public:
    explicit VersionsView(Models *models, QWidget *parent = nullptr);
    /// Compares with the other version that was chosen before, else with the next older one.
    void show(const QString &tag, const LabelledTable &table);

Q_SIGNALS:
    void compareWanted(const tepal::ui::RolloutInfo &rollout);

protected:
    void showEvent(QShowEvent *event) override;

private:
    void fillOthers();
    void ask();
    void compared(const Answer<ModelSides> &answer);
    void present(const ModelSides &sides);
    void presentDisagreements(const ModelSides &sides);
    ModelInfo infoOf(const QString &tag) const;

    Models *m_models;
    Asker m_asker;
    QString m_tag;
    LabelledTable m_table;
    QString m_asked; ///< The question that is shown or under way.
    RolloutBar *m_rollout;
    QComboBox *m_other;
    QLabel *m_sentence;
    TextTableModel *m_rows;
    QTableView *m_sides;
    ChartTableModel *m_differences;
    QTableView *m_differenceView;
    QSplitter *m_split;
    StateStack *m_state;
};

} // namespace tepal::ui
