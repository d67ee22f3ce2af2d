/// An empty home shows one card and nothing else competes.
#pragma once

#include "ui/backend/values.h"

#include <QWidget>

class QAbstractButton;
class QLabel;
class QProgressBar;

namespace tepal::ui {

class FirstStart final : public QWidget
{
    Q_OBJECT

public:
    explicit FirstStart(QWidget *parent = nullptr);
    /// While a job runs the card shows its progress instead of offering the choices again.
    void setJobs(const QList<JobInfo> &jobs);

Q_SIGNALS:
    void actionWanted(const QString &actionId);

private:
    QList<QAbstractButton *> m_choices;
    QLabel *m_progressText;
    QProgressBar *m_progress;
};

} // namespace tepal::ui
