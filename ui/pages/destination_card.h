/// A destination at a glance: where, in which state, how much waits.
#pragma once

#include "ui/backend/upload_values.h"

#include <QFrame>

class QLabel;
class QPushButton;

namespace tepal::ui {

class ElidedLabel;
class StateLabel;

class DestinationCard final : public QFrame
{
    Q_OBJECT

public:
    explicit DestinationCard(QWidget *parent = nullptr);
    /// Ages and "next try in" are told relative to `now`.
    void setDestination(const Destination &destination, TimeMs now);
    const QString &id() const { return m_id; }

Q_SIGNALS:
    void setUpWanted(const QString &id);
    void uploadWanted(const QString &id);
    void pauseWanted(const QString &id, bool paused);

private:
    QString m_id;
    QLabel *m_icon;
    ElidedLabel *m_name;
    ElidedLabel *m_target;
    StateLabel *m_state;
    QLabel *m_next;
    QPushButton *m_setUp;
    QPushButton *m_upload;
    QPushButton *m_pause;
    bool m_paused = false;
};

QString destinationIcon(const QString &kind);

} // namespace tepal::ui
