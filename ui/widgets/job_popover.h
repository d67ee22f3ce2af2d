/// What is being worked on, above the status bar.
#pragma once

#include "ui/backend/values.h"

#include <QFrame>

class QLabel;
class QVBoxLayout;

namespace tepal::ui {

class JobPopover final : public QFrame
{
    Q_OBJECT

public:
    explicit JobPopover(QWidget *parent = nullptr);
    void setJobs(const QList<JobInfo> &jobs);
    /// "1 job 43 %", "2 jobs", "Backfill failed", or empty.
    static QString summary(const QList<JobInfo> &jobs);

Q_SIGNALS:
    void cancelWanted(quint64 id);
    void dismissWanted(quint64 id);

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    class Row;

    QVBoxLayout *m_column;
    QLabel *m_empty;
    QList<Row *> m_rows;
};

} // namespace tepal::ui
