/// "Try it": sliders over the features, the answer while dragging, the same as a curl line.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/endpoint.h"

#include <QFrame>
#include <QTimer>

class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace tepal::ui {

class ElidedLabel;
class ReferenceSlider;

/// Bars of the class probabilities, the winner on top.
class ProbabilityBars final : public QWidget
{
    Q_OBJECT

public:
    explicit ProbabilityBars(QWidget *parent = nullptr);
    void setPrediction(const std::shared_ptr<const Prediction> &prediction);
    void setStale(bool stale);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    std::shared_ptr<const Prediction> m_prediction;
    bool m_stale = false;
};

class TryItPanel final : public QFrame
{
    Q_OBJECT

public:
    explicit TryItPanel(Endpoint *endpoint, QWidget *parent = nullptr);
    /// Fills the sliders from a request that was made.
    void setRequest(const RequestRow &row);
    QList<double> values() const;
    QString curlCommand() const;

public Q_SLOTS:
    void send();

Q_SIGNALS:
    void actionWanted(const QString &actionId);

private:
    struct Row
    {
        ElidedLabel *name = nullptr;
        ReferenceSlider *slider = nullptr;
        QDoubleSpinBox *spin = nullptr;
        QLabel *hint = nullptr;
    };

    void rebuild();
    void valueChanged(qsizetype row, double value, bool fromSlider);
    void updateHint(qsizetype row);
    void updateState();
    void answered(const Answer<Prediction> &answer);

    Endpoint *m_endpoint;
    Asker m_asker;
    ModelSchema m_schema;
    QGridLayout *m_grid;
    QList<Row> m_rows;
    ProbabilityBars *m_bars;
    QLabel *m_outcome;
    ElidedLabel *m_curl;
    QToolButton *m_copy;
    QPushButton *m_send;
    QTimer m_debounce;
};

} // namespace tepal::ui
