/// One line about the logger: its state, how far it is behind, when it saved last, and whatever was
/// not counted.
#pragma once

#include <QFrame>
#include <QTimer>

class QLabel;

namespace tepal::ui {

class Backend;
class StateLabel;

class LoggerCard final : public QFrame
{
    Q_OBJECT

public:
    /// From here on the logger counts as behind; more than any interval of saving we start with.
    static constexpr double kLateSeconds = 10;

    explicit LoggerCard(Backend *backend, QWidget *parent = nullptr);

protected:
    void showEvent(QShowEvent *event) override;

private:
    QLabel *addFact(const QString &name);
    void refresh();

    Backend *m_backend;
    StateLabel *m_state;
    QLabel *m_behind;
    QLabel *m_saved;
    QLabel *m_restarts;
    QLabel *m_dropped;
    QLabel *m_quarantined;
    QTimer m_clock; ///< Ages grow while nothing else happens.
};

} // namespace tepal::ui
