/// Traffic that is only claimed.
#pragma once

#include "ui/backend/simulation.h"

namespace tepal::ui::test {

class DemoBackend;

class DemoSimulation final : public Simulation
{
    Q_OBJECT

public:
    explicit DemoSimulation(DemoBackend &demo)
        : m_demo(demo)
    {}

    QList<Scenario> scenarios() const override;
    SimulationState state() const override { return m_state; }
    void startSimulation(const SimulationOptions &options) override;
    void stopSimulation() override;
    void backfill(int days, const QString &scenario, quint64 seed) override;
    void tryWithIris() override;

private:
    DemoBackend &m_demo;
    SimulationState m_state;
};

} // namespace tepal::ui::test
