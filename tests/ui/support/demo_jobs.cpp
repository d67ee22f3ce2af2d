#include "demo_jobs.h"

#include "demo_backend.h"

namespace tepal::ui::test {

void DemoJobs::setJobs(const QList<JobInfo> &jobs)
{
    m_jobs = jobs;
    Q_EMIT jobsChanged();
}

void DemoJobs::cancelJob(quint64 id)
{
    m_demo.call(QStringLiteral("cancelJob %1").arg(id));
    for (JobInfo &job : m_jobs) {
        if (job.id == id)
            job.phase = JobPhase::Cancelling;
    }
    Q_EMIT jobsChanged();
}

void DemoJobs::dismissJob(quint64 id)
{
    m_demo.call(QStringLiteral("dismissJob %1").arg(id));
    m_jobs.removeIf([id](const JobInfo &job) { return job.id == id; });
    Q_EMIT jobsChanged();
}

} // namespace tepal::ui::test
