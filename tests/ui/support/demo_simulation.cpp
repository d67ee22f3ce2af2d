#include "demo_simulation.h"

#include "demo_backend.h"

namespace tepal::ui::test {

QList<Scenario> DemoSimulation::scenarios() const
{
    return {{QStringLiteral("steady"), QStringLiteral("Steady"),
             QStringLiteral("Requests like the training data, with a day rhythm. Nothing drifts.")},
            {QStringLiteral("sensor-offset"), QStringLiteral("Sensor offset"),
             QStringLiteral("After a while, petal width reads 0.4 cm too high.")},
            {QStringLiteral("new-class-mix"), QStringLiteral("New class mix"),
             QStringLiteral("Virginica becomes three times as frequent.")}};
}

void DemoSimulation::startSimulation(const SimulationOptions &options)
{
    m_demo.call(QStringLiteral("startSimulation %1 %2").arg(options.scenario).arg(options.rate));
    m_state.running = true;
    m_state.options = options;
    m_state.achievedRate = options.rate * 0.99;
    m_state.sent = 1240;
    Q_EMIT simulationChanged();
}

void DemoSimulation::stopSimulation()
{
    m_demo.call(QStringLiteral("stopSimulation"));
    m_state.running = false;
    Q_EMIT simulationChanged();
}

void DemoSimulation::backfill(int days, const QString &scenario, quint64)
{
    m_demo.call(QStringLiteral("backfill %1 %2").arg(days).arg(scenario));
}

void DemoSimulation::tryWithIris()
{
    m_demo.call(QStringLiteral("tryWithIris"));
    m_demo.fill();
}

} // namespace tepal::ui::test
