#include "ui/widgets/job_popover.h"

#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace tepal::ui {

class JobPopover::Row final : public QWidget
{
public:
    explicit Row(JobPopover *popover)
        : QWidget(popover)
        , m_title(new ElidedLabel(QString(), this))
        , m_detail(new QLabel(this))
        , m_bar(new QProgressBar(this))
        , m_button(new QToolButton(this))
    {
        m_title->setFontType(Type::Strong);
        m_detail->setProperty("class", QStringLiteral("caption"));
        m_detail->setTextFormat(Qt::PlainText);
        m_detail->setWordWrap(true);
        m_bar->setTextVisible(false);
        m_button->setIcon(icon(QStringLiteral("x"), Role::Muted));
        m_button->setProperty("class", QStringLiteral("icon"));
        auto *head = new QHBoxLayout;
        head->addWidget(m_title, 1);
        head->addWidget(m_button);
        auto *column = new QVBoxLayout(this);
        column->setContentsMargins(0, 4, 0, 4);
        column->setSpacing(4);
        column->addLayout(head);
        column->addWidget(m_bar);
        column->addWidget(m_detail);
        connect(m_button, &QToolButton::clicked, this, [this, popover] {
            if (job.isActive())
                Q_EMIT popover->cancelWanted(job.id);
            else
                Q_EMIT popover->dismissWanted(job.id);
        });
    }
    void setJob(const JobInfo &info)
    {
        job = info;
        m_title->setText(info.title);
        const bool active = info.isActive();
        m_bar->setVisible(active);
        m_bar->setAccessibleName(info.title);
        if (info.progress < 0) {
            m_bar->setRange(0, 0);
        } else {
            m_bar->setRange(0, 1000);
            m_bar->setValue(static_cast<int>(std::lround(info.progress * 1000)));
        }
        m_button->setVisible(!active || (info.cancellable && info.phase == JobPhase::Running));
        m_button->setToolTip(active ? JobPopover::tr("Cancel") : JobPopover::tr("Dismiss"));
        m_button->setAccessibleName(
            (active ? JobPopover::tr("Cancel %1") : JobPopover::tr("Dismiss %1")).arg(info.title));
        m_detail->setText(detail());
        m_detail->setProperty("class", info.phase == JobPhase::Failed ? QStringLiteral("error")
                                                                      : QStringLiteral("caption"));
    }
    JobInfo job;

private:
    QString detail() const
    {
        switch (job.phase) {
        case JobPhase::Running: {
            QStringList parts;
            if (job.progress >= 0)
                parts << format::percent(job.progress);
            if (!job.detail.isEmpty())
                parts << job.detail;
            return parts.join(QStringLiteral(" · "));
        }
        case JobPhase::Cancelling:
            return JobPopover::tr("Cancelling…");
        case JobPhase::Done:
            return job.detail.isEmpty() ? JobPopover::tr("Done") : job.detail;
        case JobPhase::Cancelled:
            return job.detail.isEmpty() ? JobPopover::tr("Cancelled") : job.detail;
        case JobPhase::Failed:
            break;
        }
        QString text = job.problem.text;
        if (!job.problem.next.isEmpty())
            text += QStringLiteral(". ") + job.problem.next;
        return text;
    }

    ElidedLabel *m_title;
    QLabel *m_detail;
    QProgressBar *m_bar;
    QToolButton *m_button;
};

JobPopover::JobPopover(QWidget *parent)
    : QFrame(parent)
    , m_column(new QVBoxLayout(this))
    , m_empty(new QLabel(tr("Nothing is running"), this))
{
    setProperty("class", QStringLiteral("card"));
    setAccessibleName(tr("Jobs"));
    setFixedWidth(340);
    m_empty->setProperty("class", QStringLiteral("muted"));
    m_column->setContentsMargins(kMargin, kGap, kMargin, kGap);
    m_column->addWidget(m_empty);
    hide();
}

void JobPopover::setJobs(const QList<JobInfo> &jobs)
{
    while (m_rows.size() > jobs.size()) {
        Row *row = m_rows.takeLast();
        m_column->removeWidget(row);
        row->deleteLater();
    }
    while (m_rows.size() < jobs.size()) {
        auto *row = new Row(this);
        m_column->addWidget(row);
        m_rows.append(row);
    }
    for (qsizetype i = 0; i < jobs.size(); ++i)
        m_rows[i]->setJob(jobs[i]);
    m_empty->setVisible(jobs.isEmpty());
    adjustSize();
}

QString JobPopover::summary(const QList<JobInfo> &jobs)
{
    int active = 0;
    double progress = 0;
    bool known = true;
    const JobInfo *failed = nullptr;
    for (const JobInfo &job : jobs) {
        if (job.isActive()) {
            ++active;
            known = known && job.progress >= 0;
            progress += job.progress;
        } else if (job.phase == JobPhase::Failed) {
            failed = &job;
        }
    }
    if (active > 0) {
        const QString count = format::counted(active, tr("1 job"), tr("%1 jobs"));
        return known ? count % QLatin1Char(' ') % format::percent(progress / active) : count;
    }
    return failed ? tr("%1 failed").arg(failed->title) : QString();
}

void JobPopover::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        hide();
    else
        QFrame::keyPressEvent(event);
}

} // namespace tepal::ui
