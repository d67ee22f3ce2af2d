/// The backend over the real core. Internal: the rest of the program knows makeHostBackend() only.
/// It owns the core and the parts, and says what one part does when another one changed something.
///
/// Threads: this object and its parts live on the UI thread; the others are HostCore's.
#pragma once

#include "ui/backend/backend.h"
#include "ui/backend/host/host_comparison.h"
#include "ui/backend/host/host_core.h"
#include "ui/backend/host/host_endpoint.h"
#include "ui/backend/host/host_jobs.h"
#include "ui/backend/host/host_models.h"
#include "ui/backend/host/host_simulation.h"
#include "ui/backend/host/host_uploads.h"
#include "ui/backend/host/host_windows.h"

namespace tepal::ui {

class HostBackend final : public Backend
{
    Q_OBJECT

public:
    explicit HostBackend(const HostBackendOptions &options);
    ~HostBackend() override;

    TimeMs now() const override { return HostCore::now(); }
    Endpoint &endpoint() override { return m_endpoint; }
    Windows &windows() override { return m_windows; }
    Comparison &comparison() override { return m_comparison; }
    Uploads &uploads() override { return m_uploads; }
    Models &models() override { return m_models; }
    Simulation &simulation() override { return m_simulation; }
    Jobs &jobs() override { return m_jobs; }

private:
    void open();

    HostCore m_core;
    HostEndpoint m_endpoint;
    HostComparison m_comparison;
    HostWindows m_windows;
    HostUploads m_uploads;
    HostModels m_models;
    HostSimulation m_simulation;
    HostJobs m_jobs;
};

} // namespace tepal::ui
