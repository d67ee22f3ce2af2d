/// A form made from any model's signature, its answer, and the line that asks the same.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/models.h"

#include <QFrame>

class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QScrollArea;
class QToolButton;

namespace tepal::ui {

class ElidedLabel;
class Endpoint;
class ProbabilityBars;

class AskPanel final : public QFrame
{
    Q_OBJECT

public:
    AskPanel(Models *models, Endpoint *endpoint, QWidget *parent = nullptr);
    /// Null: no model is chosen.
    void setDetail(const std::shared_ptr<const ModelDetail> &detail);
    QStringList cells() const;
    QString curlLine() const;

public Q_SLOTS:
    void ask();

Q_SIGNALS:
    void actionWanted(const QString &actionId);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Field
    {
        QLineEdit *edit = nullptr;   ///< One of the two.
        QComboBox *choice = nullptr; ///< Of categories; an empty text is a missing value.
    };

    void build();
    Field makeField(const Feature &feature, int row);
    void fillSamples();
    void changed();
    void answered(const Answer<Prediction> &answer);
    void updateState();
    QString url() const;

    Models *m_models;
    Endpoint *m_endpoint;
    Asker m_asker;
    std::shared_ptr<const ModelDetail> m_detail;
    QList<Field> m_fields; ///< Of the first features; further ones keep their samples.
    QStringList m_samples;
    QScrollArea *m_scroll;
    QLabel *m_recorded;
    ProbabilityBars *m_bars;
    QLabel *m_outcome;
    ElidedLabel *m_curl;
    QToolButton *m_copy;
    QPushButton *m_reset;
    QPushButton *m_ask;
};

} // namespace tepal::ui
