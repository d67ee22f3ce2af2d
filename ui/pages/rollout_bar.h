/// Two versions of a model side by side on real requests: begins it, says how it stands, leads to
/// where they are compared, ends it.
#pragma once

#include "ui/backend/models.h"

#include <QWidget>

class QComboBox;
class QPushButton;
class QSpinBox;

namespace tepal::ui {

class ElidedLabel;

class RolloutBar final : public QWidget
{
    Q_OBJECT

public:
    explicit RolloutBar(Models *models, QWidget *parent = nullptr);
    /// The version that would be tried, A, and the one beside it, B. Hidden while there are no two
    /// and nothing is under way.
    void setVersions(const QString &tagA, const QString &tagB);

Q_SIGNALS:
    /// What the two were asked is to be compared.
    void compareWanted(const tepal::ui::RolloutInfo &rollout);

private:
    void update();
    void start();

    Models *m_models;
    QString m_tagA;
    QString m_tagB;
    RolloutInfo m_underWay; ///< Without a name: none.
    ElidedLabel *m_sentence;
    QWidget *m_form;
    QComboBox *m_mode;
    QSpinBox *m_share; ///< Percent.
    QPushButton *m_start;
    QPushButton *m_compare;
    QPushButton *m_end;
};

} // namespace tepal::ui
