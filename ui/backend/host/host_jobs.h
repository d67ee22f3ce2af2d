/// The jobs that the parts began. UI thread.
#pragma once

#include "ui/backend/host/host_core.h"
#include "ui/backend/jobs.h"

namespace tepal::ui {

class HostJobs final : public Jobs
{
    Q_OBJECT

public:
    explicit HostJobs(HostCore &core)
        : m_core(core)
    {
        connect(&core, &HostCore::jobsChanged, this, &Jobs::jobsChanged);
    }

    QList<JobInfo> list() const override { return m_core.jobs.list(); }
    void cancelJob(quint64 id) override { m_core.jobs.cancel(id); }
    void dismissJob(quint64 id) override { m_core.jobs.dismiss(id); }

private:
    HostCore &m_core;
};

} // namespace tepal::ui
