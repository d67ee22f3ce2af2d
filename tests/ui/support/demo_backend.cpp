#include "demo_backend.h"

#include <QTimer>

namespace tepal::ui::test {

namespace {

// Thursday, 12 March 2026, 14:22:30 UTC.
constexpr TimeMs kNow = 1'773'325'350'000;

} // namespace

bool VerbLog::contains(const QString &start) const
{
    for (const QString &c : calls) {
        if (c.startsWith(start))
            return true;
    }
    return false;
}

DemoBackend::DemoBackend(Start start, QObject *parent)
    : Backend(parent)
    , m_data(kNow)
    , m_full(start == Start::Full)
{
    m_uploads.make(m_full);
    if (m_full) {
        m_models.fill();
        m_comparison.fill();
        m_endpoint.fill();
    }
}

void DemoBackend::fill()
{
    m_full = true;
    m_models.fill();
    m_comparison.fill();
    m_endpoint.fill();
    Q_EMIT m_models.modelsChanged();
    Q_EMIT m_windows.datasetsChanged();
    Q_EMIT m_endpoint.schemaChanged();
    Q_EMIT m_endpoint.endpointChanged();
    Q_EMIT m_endpoint.requestsReset();
    Q_EMIT m_endpoint.liveStatsChanged();
    Q_EMIT m_endpoint.loggerChanged();
    Q_EMIT m_comparison.referencesChanged(QLatin1String(DemoData::kDataset));
    Q_EMIT m_windows.windowsChanged(QLatin1String(DemoData::kDataset));
}

// ---------------------------------------------------------------- answers

void DemoBackend::later(std::function<void()> deliver)
{
    if (hold)
        m_held.append(std::move(deliver));
    else
        QTimer::singleShot(0, this, std::move(deliver));
}

void DemoBackend::release()
{
    hold = false;
    const auto held = std::exchange(m_held, {});
    for (const auto &deliver : held)
        deliver();
}

} // namespace tepal::ui::test
