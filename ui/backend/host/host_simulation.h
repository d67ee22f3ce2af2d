/// Simulated traffic, backfill and the first start, over the endpoint that serves. UI thread; the
/// simulator has its own thread, a backfill is one of `queries`.
#pragma once

#include "ui/backend/host/host_core.h"
#include "ui/backend/simulation.h"

#include <tepal/traffic/simulator.h>

#include <functional>
#include <memory>

namespace tepal::ui {

class HostEndpoint;
class HostModels;

class HostSimulation final : public Simulation
{
    Q_OBJECT

public:
    HostSimulation(HostCore &core, HostEndpoint &endpoint, HostModels &models)
        : m_core(core)
        , m_endpoint(endpoint)
        , m_models(models)
    {}

    QList<Scenario> scenarios() const override;
    SimulationState state() const override { return m_state; }
    void startSimulation(const SimulationOptions &options) override;
    void stopSimulation() override;
    void backfill(int days, const QString &scenario, quint64 seed) override;
    void tryWithIris() override;

    /// Stops and waits for its thread.
    void end() { m_simulator.reset(); }

private:
    void runBackfill(int days, const QString &scenario, quint64 seed, double driftDays, quint64 job,
                     const std::function<void(const Problem &)> &done);

    HostCore &m_core;
    HostEndpoint &m_endpoint;
    HostModels &m_models;
    SimulationState m_state;
    std::unique_ptr<traffic::Simulator> m_simulator; ///< While it runs.
};

} // namespace tepal::ui
