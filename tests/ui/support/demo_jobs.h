/// Jobs that a test sets.
#pragma once

#include "ui/backend/jobs.h"

namespace tepal::ui::test {

class DemoBackend;

class DemoJobs final : public Jobs
{
    Q_OBJECT

public:
    explicit DemoJobs(DemoBackend &demo)
        : m_demo(demo)
    {}

    QList<JobInfo> list() const override { return m_jobs; }
    void cancelJob(quint64 id) override;
    void dismissJob(quint64 id) override;

    void setJobs(const QList<JobInfo> &jobs);

private:
    DemoBackend &m_demo;
    QList<JobInfo> m_jobs;
};

} // namespace tepal::ui::test
