/// Models of made-up data.
#pragma once

#include "ui/backend/models.h"

#include <QMap>

namespace tepal::ui::test {

class DemoBackend;

class DemoModels final : public Models
{
    Q_OBJECT

public:
    explicit DemoModels(DemoBackend &demo)
        : m_demo(demo)
    {}

    QList<ModelInfo> list() const override { return m_models; }
    QList<ModelKindInfo> kinds() const override;
    void trainIris(int k) override;
    void serveModel(const QString &tag) override;
    void deleteModel(const QString &tag) override;
    void undoDeleteModel(const QString &tag) override;
    void exportModel(const QString &tag, const QString &file) override;
    QList<RolloutInfo> rollouts() const override { return m_rollouts; }
    void startRollout(const RolloutInfo &rollout) override;
    void endRollout(const QString &name) override;
    void reload() override {}
    /// One whose candidate is gone.
    void breakRollout(const QString &name);
    void requestDetail(Generation generation, const QString &tag) override;
    void askModel(Generation generation, const QString &tag, const QStringList &cells) override;
    /// Of the file "broken.json" it cannot make anything; "old.tepalmodel" was exported.
    void previewImport(Generation generation, const ImportRequest &request) override;
    void importModel(Generation generation, const ImportRequest &request) override;
    void requestColumns(Generation generation, const QString &file) override;
    void evaluate(Generation generation, const QString &tag, const LabelledTable &table) override;
    void compareModels(Generation generation, const QString &tagA, const QString &tagB,
                       const LabelledTable &table) override;

    /// The models that a full demo begins with.
    void fill();
    /// So many classes has every model that is judged from now on; 0: a number.
    int classes = 3;

private:
    DemoBackend &m_demo;
    QList<ModelInfo> m_models;
    QList<RolloutInfo> m_rollouts;
    QMap<QString, ModelInfo> m_deleted;
};

} // namespace tepal::ui::test
