#include "demo_models.h"

#include "demo_backend.h"

namespace tepal::ui::test {

void DemoModels::fill()
{
    const TimeMs now = m_demo.data().now();
    const auto model = [](const char *tag, const char *kind, TimeMs created, qint64 rows,
                          double accuracy) {
        ModelInfo m;
        m.tag = QLatin1String(tag);
        m.kind = QLatin1String(kind);
        m.created = created;
        m.bytes = 6'184 + rows;
        m.rows = rows;
        m.accuracy = accuracy;
        m.accuracyMethod = QStringLiteral("leave-one-out");
        m.reference = QStringLiteral("training");
        return m;
    };
    m_models = {model(DemoData::kTag, "k nearest neighbours, k = 5", now - 7 * kDayMs, 150, 0.967),
                model("iris_knn:c2wqnyrgrs3dkk5p", "k nearest neighbours, k = 3", now - 9 * kDayMs,
                      150, 0.96),
                model("churn_xgb:b5ogaicwhg5mdhaz", "XGBoost, 120 trees", now - 20 * kDayMs, 41'300,
                      kMissing)};
    m_models[0].serving = true;
    m_models[0].latest = true;
    m_models[2].bytes = 1'284'000;
    m_models[2].reference.clear();
}

void DemoModels::trainIris(int k)
{
    m_demo.call(QStringLiteral("trainIris %1").arg(k));
}

void DemoModels::serveModel(const QString &tag)
{
    m_demo.call(QStringLiteral("serveModel ") + tag);
    for (ModelInfo &m : m_models)
        m.serving = m.tag == tag;
    Q_EMIT modelsChanged();
    EndpointState endpoint = m_demo.endpoint().state();
    endpoint.modelTag = tag;
    m_demo.endpoint().setEndpoint(endpoint);
}

void DemoModels::deleteModel(const QString &tag)
{
    m_demo.call(QStringLiteral("deleteModel ") + tag);
    for (qsizetype i = 0; i < m_models.size(); ++i) {
        if (m_models[i].tag == tag) {
            m_deleted.insert(tag, m_models.takeAt(i));
            break;
        }
    }
    Q_EMIT modelsChanged();
}

void DemoModels::undoDeleteModel(const QString &tag)
{
    m_demo.call(QStringLiteral("undoDeleteModel ") + tag);
    if (m_deleted.contains(tag))
        m_models.append(m_deleted.take(tag));
    Q_EMIT modelsChanged();
}

void DemoModels::exportModel(const QString &tag, const QString &)
{
    m_demo.call(QStringLiteral("exportModel ") + tag);
}

void DemoModels::importModel(const QString &file)
{
    m_demo.call(QStringLiteral("importModel ") + file);
}

} // namespace tepal::ui::test
