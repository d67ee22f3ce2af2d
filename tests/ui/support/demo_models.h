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
    void trainIris(int k) override;
    void serveModel(const QString &tag) override;
    void deleteModel(const QString &tag) override;
    void undoDeleteModel(const QString &tag) override;
    void exportModel(const QString &tag, const QString &file) override;
    void importModel(const QString &file) override;

    /// The models that a full demo begins with.
    void fill();

private:
    DemoBackend &m_demo;
    QList<ModelInfo> m_models;
    QMap<QString, ModelInfo> m_deleted;
};

} // namespace tepal::ui::test
