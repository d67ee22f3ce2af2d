#include "ui/backend/host/host_backend_impl.h"

#include <tepal/base/log.h>

namespace tepal::ui {

std::unique_ptr<Backend> makeHostBackend(const HostBackendOptions &options)
{
    return std::make_unique<HostBackend>(options);
}

HostBackend::HostBackend(const HostBackendOptions &options)
    : m_core(options)
    , m_endpoint(m_core)
    , m_comparison(m_core)
    , m_windows(m_core, m_comparison, m_endpoint)
    , m_uploads(m_core)
    , m_models(m_core, m_endpoint)
    , m_simulation(m_core, m_endpoint, m_models)
    , m_jobs(m_core)
{
    connect(&m_core, &HostCore::noticed, this, &Backend::noticed);
    connect(&m_core, &HostCore::noticeCleared, this, &Backend::noticeCleared);
    connect(&m_endpoint, &HostEndpoint::stopping, &m_simulation, &HostSimulation::stopSimulation);
    connect(&m_endpoint, &HostEndpoint::modelSwitched, &m_models, &HostModels::refresh);
    connect(&m_endpoint, &HostEndpoint::logged, &m_windows, &HostWindows::refreshStore);
    connect(&m_endpoint, &HostEndpoint::logged, &m_uploads, &HostUploads::look);
    open();
}

HostBackend::~HostBackend()
{
    // Closing the window loses nothing: requests are answered, everything is committed.
    m_core.closing = true;
    m_core.jobs.cancelAll();
    m_comparison.stop();
    m_windows.stop();
    m_simulation.end();
    m_models.finish();
    m_core.queries.waitForDone();
    m_core.control.waitForDone();
    if (m_core.host) {
        if (const auto stopped = m_core.host->stop(); !stopped)
            logError("app", stopped.error().text());
    }
    m_uploads.finish();
}

void HostBackend::open()
{
    m_core.runOn(
        m_core.control,
        [home = m_core.home]() -> Status {
            if (auto ready = prepareHome(home); !ready)
                return ready;
            std::ignore = startLogFile(home.logs(), "workbench");
            const auto store = Store::open(home.database());
            return store ? Status() : Status(tl::unexpected(store.error()));
        },
        [this](const Status &opened) {
            m_windows.showProblem(opened ? Problem() : Problem::fromError(opened.error()));
            if (!opened)
                m_core.fail(QStringLiteral("store"), opened.error());
            m_models.refresh();
            m_windows.refreshStore();
            if (opened)
                m_uploads.begin();
            m_endpoint.attach();
        });
}

} // namespace tepal::ui
