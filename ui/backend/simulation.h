/// Made-up traffic: now, for the past days, and on the first start. Threads and kinds of calls:
/// backend_part.h. Requests are sent by threads of their own.
#pragma once

#include "ui/backend/backend_part.h"

namespace tepal::ui {

class Simulation : public BackendPart
{
    Q_OBJECT

public:
    using BackendPart::BackendPart;

    virtual QList<Scenario> scenarios() const = 0;
    virtual SimulationState state() const = 0;
    virtual void startSimulation(const SimulationOptions &options) = 0;
    virtual void stopSimulation() = 0;
    /// Fills the last `days` days with simulated records, as a job.
    virtual void backfill(int days, const QString &scenario, quint64 seed) = 0;
    /// First start: trains iris, serves it and backfills a week, as one job.
    virtual void tryWithIris() = 0;

Q_SIGNALS:
    void simulationChanged();
};

} // namespace tepal::ui
