/// The model store. UI thread; `control` writes it, a pool of its own reads and asks models, so
/// that neither waits behind a table that is evaluated.
#pragma once

#include "ui/backend/host/host_core.h"
#include "ui/backend/models.h"

#include <tepal/model/import.h>

#include <QHash>
#include <QNetworkAccessManager>
#include <QSet>

#include <functional>
#include <stop_token>

namespace tepal::ui {

class HostEndpoint;

class HostModels final : public Models
{
    Q_OBJECT

public:
    HostModels(HostCore &core, HostEndpoint &endpoint);

    QList<ModelInfo> list() const override;
    QList<ModelKindInfo> kinds() const override { return m_kinds; }
    void trainIris(int k) override;
    void serveModel(const QString &tag) override;
    void deleteModel(const QString &tag) override;
    void undoDeleteModel(const QString &tag) override;
    void exportModel(const QString &tag, const QString &file) override;
    QList<RolloutInfo> rollouts() const override { return m_rollouts; }
    void startRollout(const RolloutInfo &rollout) override;
    void endRollout(const QString &name) override;
    void reload() override { refresh(); }
    void requestDetail(Generation generation, const QString &tag) override;
    void askModel(Generation generation, const QString &tag, const QStringList &cells) override;
    void previewImport(Generation generation, const ImportRequest &request) override;
    void importModel(Generation generation, const ImportRequest &request) override;
    void requestColumns(Generation generation, const QString &file) override;
    void evaluate(Generation generation, const QString &tag, const LabelledTable &table) override;
    void compareModels(Generation generation, const QString &tagA, const QString &tagB,
                       const LabelledTable &table) override;

    void refresh();
    /// Trains as a job; `done` hears of the new model in place of the endpoint.
    void trainThen(int k, const std::function<void(const QString &tag)> &done);
    /// Waits for what is being read, after all jobs were cancelled.
    void finish();

private:
    /// What the next question about the same model, or the same file, need not read again.
    struct Loaded
    {
        QString tag;
        ModelPtr model;
    };
    struct Previewed
    {
        ImportRequest request; ///< Without its row.
        std::shared_ptr<const ReadModel> read;
    };
    struct Asking;

    void lookForKinds();
    void post(Generation generation, const QString &tag, const Asking &asking);
    template <typename T>
    void answer(Generation generation, void (Models::*signal)(const Answer<T> &), Result<T> result);
    /// Runs `work(read, stop)` as a job on the pool; `signal` gets what it gives.
    template <typename T, typename Work>
    void runJob(Generation generation, const QString &title, const QString &file,
                void (Models::*signal)(const Answer<T> &), Work work);

    HostCore &m_core;
    HostEndpoint &m_endpoint;
    QThreadPool m_pool;
    QNetworkAccessManager m_network;
    QList<ModelInfo> m_models;
    QList<RolloutInfo> m_rollouts;
    QList<ModelKindInfo> m_kinds;
    QHash<QString, double> m_accuracy; ///< By tag; NaN where it was not measured.
    QSet<QString> m_hiddenModels;      ///< Deleted, but still to be undone.
    Loaded m_loaded;
    Previewed m_previewed;
    quint64 m_job = 0; ///< The evaluation or comparison that is under way.
};

} // namespace tepal::ui
