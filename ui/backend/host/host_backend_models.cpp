// The model store, and what the served model takes.

#include "ui/backend/host/host_backend_impl.h"

#include <tepal/host/train.h>
#include <tepal/model/iris.h>
#include <tepal/model/knn.h>

#include <QTimer>

#include <algorithm>
#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kUndoMs = 10'000;
/// Leave-one-out fits a model per row; beyond this it is not asked for by itself.
constexpr std::uint64_t kMostRowsToCheck = 1000;

struct Listed
{
    std::vector<tepal::ModelInfo> models;
    QHash<QString, double> accuracy;
};

/// Versions never change, so each is measured once.
void addAccuracy(const ModelStore &store, const tepal::ModelInfo &info,
                 QHash<QString, double> &accuracy)
{
    const QString tag = QString::fromStdString(info.tag.text());
    if (accuracy.contains(tag) || info.kind != "knn" || info.rows > kMostRowsToCheck)
        return;
    const auto model = store.load(info.tag);
    const auto *knn = model ? dynamic_cast<const KnnModel *>(model->get()) : nullptr;
    accuracy.insert(tag, knn ? knn->leaveOneOutAccuracy() : kMissing);
}

} // namespace

QList<ModelInfo> HostBackend::models() const
{
    QList<ModelInfo> visible;
    for (const ModelInfo &model : m_models) {
        if (!m_hiddenModels.contains(model.tag))
            visible.append(model);
    }
    return visible;
}

void HostBackend::refreshModels()
{
    m_core.runOn(
        m_core.control,
        [root = m_core.home.models(), known = m_accuracy]() -> Result<Listed> {
            const ModelStore store(root);
            auto models = store.list();
            if (!models)
                return tl::unexpected(models.error());
            Listed listed{std::move(*models), known};
            for (const tepal::ModelInfo &info : listed.models)
                addAccuracy(store, info, listed.accuracy);
            return listed;
        },
        [this](Result<Listed> listed) {
            if (!listed) {
                m_core.fail(QStringLiteral("models"), listed.error());
                return;
            }
            m_accuracy = std::move(listed->accuracy);
            m_models.clear();
            QSet<QString> named;
            for (const tepal::ModelInfo &info : listed->models) {
                ModelInfo model;
                model.tag = QString::fromStdString(info.tag.text());
                model.kind = QString::fromStdString(info.kind);
                model.created = info.created;
                model.bytes = static_cast<qint64>(info.bytes);
                model.rows = static_cast<qint64>(info.rows);
                const QString name = QString::fromStdString(info.tag.name);
                model.latest = !named.contains(name); // the list is newest first
                named.insert(name);
                model.serving = m_endpoint.isAnswering() && model.tag == m_endpoint.modelTag;
                model.accuracy = m_accuracy.value(model.tag, kMissing);
                if (!std::isnan(model.accuracy))
                    model.accuracyMethod = tr("leave-one-out");
                if (info.tag.name == "iris_knn")
                    model.reference = QString::fromLatin1(kTrainingReference);
                m_models.append(model);
            }
            Q_EMIT modelsChanged();
        });
}

void HostBackend::refreshSchema()
{
    const QString tag = m_endpoint.modelTag;
    struct Loaded
    {
        std::shared_ptr<const Model> model;
        ModelSchema schema;
    };
    auto pool = m_core.stores;
    m_core.runOn(
        m_core.control,
        [pool, root = m_core.home.models(), tag,
         dataset = m_endpoint.dataset.toStdString()]() -> Result<Loaded> {
            Loaded loaded;
            loaded.schema.modelTag = tag;
            if (tag.isEmpty())
                return loaded;
            const auto parsed = parseModelTag(tag.toStdString());
            if (!parsed)
                return tl::unexpected(parsed.error());
            auto model = ModelStore(root).load(*parsed);
            if (!model)
                return tl::unexpected(model.error());
            loaded.model = std::move(*model);
            for (const std::string &name : loaded.model->classNames())
                loaded.schema.classes.append(QString::fromStdString(name));
            // The reference says what is usual; without one the sliders have no marks.
            std::optional<DatasetProfile> reference;
            QString referenceName;
            std::ignore = pool->run([&](Store &store) -> Status {
                const auto all = store.references(dataset);
                if (!all)
                    return tl::unexpected(all.error());
                for (const tepal::ReferenceInfo &info : *all) {
                    if (!info.current)
                        continue;
                    auto profile = store.reference(dataset, info.name);
                    if (!profile)
                        return tl::unexpected(profile.error());
                    reference = std::move(*profile);
                    referenceName = QString::fromStdString(info.name);
                }
                return {};
            });
            for (const std::string &name : loaded.model->featureNames()) {
                FeatureSpec spec;
                spec.name = QString::fromStdString(name);
                if (loaded.model->name() == "iris_knn")
                    spec.unit = QStringLiteral("cm");
                const auto column =
                    reference ? reference->columns.find(name)
                              : std::map<std::string, ColumnProfile, std::less<>>::iterator{};
                if (reference && column != reference->columns.end() &&
                    column->second.distribution && !column->second.distribution->kll.empty()) {
                    const KllView view = column->second.distribution->kll.view();
                    spec.referenceName = referenceName;
                    spec.min = view.min;
                    spec.q05 = view.quantile(0.05);
                    spec.q25 = view.quantile(0.25);
                    spec.q50 = view.quantile(0.5);
                    spec.q75 = view.quantile(0.75);
                    spec.q95 = view.quantile(0.95);
                    spec.max = view.max;
                    spec.mean = column->second.distribution->mean;
                    spec.stddev = column->second.distribution->stddev();
                }
                loaded.schema.features.append(spec);
            }
            return loaded;
        },
        [this](Result<Loaded> loaded) {
            if (!loaded) {
                m_core.fail(QStringLiteral("model"), loaded.error());
                return;
            }
            m_model = std::move(loaded->model);
            m_schema = std::move(loaded->schema);
            m_monitor.reset(m_schema.classes);
            Q_EMIT schemaChanged();
        });
}

void HostBackend::trainIris(int k)
{
    trainThen(k, {});
}

void HostBackend::trainThen(int k, std::function<void(const QString &)> done)
{
    const quint64 job = m_core.jobs.add(tr("Training iris"), false, now());
    m_core.runOn(
        m_core.control,
        [home = m_core.home, k] { return trainIrisInto(home, static_cast<std::uint32_t>(k)); },
        [this, job, done](const Result<TrainedModel> &trained) {
            m_core.jobs.finish(job, trained ? Problem() : Problem::fromError(trained.error()));
            if (!trained) {
                m_core.fail(QStringLiteral("train"), trained.error());
                return;
            }
            const QString tag = QString::fromStdString(trained->info.tag.text());
            m_core.notify(NoticeLevel::Success, QStringLiteral("train"),
                          tr("Trained %1: %2 % of the training rows are classified right")
                              .arg(tag)
                              .arg(trained->accuracy * 100, 0, 'f', 1),
                          {}, true);
            refreshModels();
            refreshStore();
            if (done)
                done(tag);
            else if (m_core.host && m_endpoint.modelTag.isEmpty())
                serveModel(tag);
        });
}

void HostBackend::serveModel(const QString &tag)
{
    if (!m_core.host) {
        EndpointOptions options;
        options.modelTag = tag;
        options.port = m_core.options.port;
        startEndpoint(options);
        return;
    }
    auto host = m_core.host;
    m_core.runOn(
        m_core.control, [host, tag] { return host->serveModel(tag.toStdString()); },
        [this, tag](const Status &served) {
            if (!served) {
                m_core.fail(QStringLiteral("model"), served.error());
                return;
            }
            Q_EMIT m_core.noticeCleared(QStringLiteral("model"));
            EndpointState state = m_endpoint;
            state.modelTag = tag;
            setEndpoint(state);
            refreshSchema();
            refreshModels();
        });
}

void HostBackend::deleteModel(const QString &tag)
{
    if (m_endpoint.isAnswering() && tag == m_endpoint.modelTag) {
        m_core.notify(NoticeLevel::Warning, QStringLiteral("models"),
                      tr("%1 is being served").arg(tag), tr("serve another model first"));
        return;
    }
    m_hiddenModels.insert(tag);
    Q_EMIT modelsChanged();
    QTimer::singleShot(kUndoMs, this, [this, tag] {
        if (!m_hiddenModels.contains(tag))
            return; // undone
        m_core.runOn(
            m_core.control,
            [root = m_core.home.models(), tag]() -> Status {
                const auto parsed = parseModelTag(tag.toStdString());
                if (!parsed)
                    return tl::unexpected(parsed.error());
                return ModelStore(root).remove(*parsed);
            },
            [this, tag](const Status &removed) {
                m_hiddenModels.remove(tag);
                if (!removed)
                    m_core.fail(QStringLiteral("models"), removed.error());
                refreshModels();
            });
    });
}

void HostBackend::undoDeleteModel(const QString &tag)
{
    m_hiddenModels.remove(tag);
    Q_EMIT modelsChanged();
}

void HostBackend::exportModel(const QString &tag, const QString &file)
{
    m_core.runOn(
        m_core.control,
        [root = m_core.home.models(), tag, file]() -> Result<std::filesystem::path> {
            const auto parsed = parseModelTag(tag.toStdString());
            if (!parsed)
                return tl::unexpected(parsed.error());
            return ModelStore(root).exportTo(*parsed, file.toStdString());
        },
        [this](const Result<std::filesystem::path> &written) {
            if (!written)
                m_core.fail(QStringLiteral("models"), written.error());
            else
                m_core.notify(
                    NoticeLevel::Success, QStringLiteral("models"),
                    tr("Model written to %1").arg(QString::fromStdString(written->string())), {},
                    true);
        });
}

void HostBackend::importModel(const QString &file)
{
    m_core.runOn(
        m_core.control,
        [root = m_core.home.models(), file] {
            return ModelStore(root).importFrom(file.toStdString());
        },
        [this](const Result<tepal::ModelInfo> &info) {
            if (!info) {
                m_core.fail(QStringLiteral("models"), info.error());
                return;
            }
            m_core.notify(NoticeLevel::Success, QStringLiteral("models"),
                          tr("Imported %1").arg(QString::fromStdString(info->tag.text())), {},
                          true);
            refreshModels();
        });
}

} // namespace tepal::ui
