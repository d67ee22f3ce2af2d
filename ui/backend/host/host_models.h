/// The model store. UI thread; `control` reads and writes it.
#pragma once

#include "ui/backend/host/host_core.h"
#include "ui/backend/models.h"

#include <QHash>
#include <QSet>

#include <functional>

namespace tepal::ui {

class HostEndpoint;

class HostModels final : public Models
{
    Q_OBJECT

public:
    HostModels(HostCore &core, HostEndpoint &endpoint)
        : m_core(core)
        , m_endpoint(endpoint)
    {}

    QList<ModelInfo> list() const override;
    void trainIris(int k) override;
    void serveModel(const QString &tag) override;
    void deleteModel(const QString &tag) override;
    void undoDeleteModel(const QString &tag) override;
    void exportModel(const QString &tag, const QString &file) override;
    void importModel(const QString &file) override;

    void refresh();
    /// Trains as a job; `done` hears of the new model in place of the endpoint.
    void trainThen(int k, const std::function<void(const QString &tag)> &done);

private:
    HostCore &m_core;
    HostEndpoint &m_endpoint;
    QList<ModelInfo> m_models;
    QHash<QString, double> m_accuracy; ///< By tag; NaN where it was not measured.
    QSet<QString> m_hiddenModels;      ///< Deleted, but still to be undone.
};

} // namespace tepal::ui
