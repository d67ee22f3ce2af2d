// The model store.

#include "ui/backend/host/host_models.h"

#include "ui/backend/host/host_endpoint.h"

#include <tepal/base/random.h>
#include <tepal/model/evaluate.h>
#include <tepal/model/rollout.h>
#include <tepal/model/store.h>
#include <tepal/service/train.h>

#include <QTimer>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace tepal::ui {

namespace {

constexpr int kUndoMs = 10'000;
/// Leave-one-out fits a model per row; beyond this it is not asked for by itself.
constexpr std::uint64_t kMostRowsToCheck = 1000;

struct Listed
{
    std::vector<tepal::ModelInfo> models;
    std::vector<std::pair<std::string, Result<Rollout>>> rollouts;
    QHash<QString, double> accuracy;
};

RolloutInfo rolloutInfo(const std::string &name, const Result<Rollout> &rollout)
{
    RolloutInfo info;
    info.name = QString::fromStdString(name);
    if (!rollout) {
        info.problem = Problem::fromError(rollout.error());
        return info;
    }
    info.primary = QString::fromStdString(rollout->primary);
    info.candidate = QString::fromStdString(rollout->candidate);
    info.shadow = rollout->mode == Rollout::Mode::Shadow;
    info.share = rollout->share;
    info.sentence = QString::fromStdString(rolloutSentence(name, *rollout));
    return info;
}

/// Versions never change, so each is measured once.
void addAccuracy(const ModelStore &store, const tepal::ModelInfo &info,
                 QHash<QString, double> &accuracy)
{
    const QString tag = QString::fromStdString(info.tag.text());
    // A regression is not right or wrong.
    if (accuracy.contains(tag) || info.kind != "knn" || info.rows > kMostRowsToCheck ||
        info.task != Task::Classification)
        return;
    const auto model = store.load(info.tag);
    const auto left = model ? evaluateLeaveOneOut(**model) : tl::unexpected(model.error());
    accuracy.insert(tag, left ? left->classes.accuracy.value : kMissing);
}

} // namespace

HostModels::HostModels(HostCore &core, HostEndpoint &endpoint)
    : m_core(core)
    , m_endpoint(endpoint)
{
    m_pool.setMaxThreadCount(2);
    lookForKinds();
}

QList<ModelInfo> HostModels::list() const
{
    QList<ModelInfo> visible;
    for (const ModelInfo &model : m_models) {
        if (!m_hiddenModels.contains(model.tag))
            visible.append(model);
    }
    return visible;
}

void HostModels::refresh()
{
    m_core.runOn(
        m_core.control,
        [root = m_core.home.models(), known = m_accuracy]() -> Result<Listed> {
            const ModelStore store(root);
            auto models = store.list();
            if (!models)
                return tl::unexpected(models.error());
            Listed listed{std::move(*models), Rollouts(root).all(), known};
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
            m_rollouts.clear();
            std::map<std::string, Rollout> followed;
            for (const auto &[name, rollout] : listed->rollouts) {
                m_rollouts.append(rolloutInfo(name, rollout));
                if (rollout)
                    followed.emplace(name, *rollout);
            }
            const EndpointState endpoint = m_endpoint.state();
            m_models.clear();
            QSet<QString> named;
            for (const tepal::ModelInfo &info : listed->models) {
                ModelInfo model;
                model.tag = QString::fromStdString(info.tag.text());
                model.kind = QString::fromStdString(info.kind);
                model.created = info.created;
                model.bytes = static_cast<qint64>(info.bytes);
                model.rows = static_cast<qint64>(info.rows);
                model.takes = signatureText(info.features.size(), info.classes.size(), info.task);
                const QString name = QString::fromStdString(info.tag.name);
                model.latest = !named.contains(name); // the list is newest first
                named.insert(name);
                model.serving = endpoint.isAnswering() && model.tag == endpoint.modelTag;
                model.accuracy = m_accuracy.value(model.tag, kMissing);
                if (!std::isnan(model.accuracy))
                    model.accuracyMethod = tr("leave-one-out");
                model.dataset = model.serving ? endpoint.dataset : name;
                if (info.tag.name == "iris_knn")
                    model.reference = QString::fromLatin1(kTrainingReference);
                if (const auto it = followed.find(info.tag.name); it != followed.end())
                    model.rollout =
                        QString::fromStdString(rolloutPart(it->second, info.tag.version));
                m_models.append(model);
            }
            Q_EMIT modelsChanged();
        });
}

void HostModels::trainIris(int k)
{
    trainThen(k, {});
}

void HostModels::trainThen(int k, const std::function<void(const QString &)> &done)
{
    const quint64 job = m_core.jobs.add(tr("Training iris"), false, m_core.now());
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
            refresh();
            Q_EMIT m_core.storeWritten();
            if (done)
                done(tag);
            else if (m_core.host && m_endpoint.state().modelTag.isEmpty())
                serveModel(tag);
        });
}

void HostModels::serveModel(const QString &tag)
{
    if (!m_core.host) {
        EndpointOptions options;
        options.modelTag = tag;
        options.port = m_core.options.port;
        m_endpoint.startEndpoint(options);
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
            EndpointState state = m_endpoint.state();
            state.modelTag = tag;
            m_endpoint.setEndpoint(state);
            m_endpoint.refreshSchema();
            refresh();
        });
}

void HostModels::deleteModel(const QString &tag)
{
    if (m_endpoint.state().isAnswering() && tag == m_endpoint.state().modelTag) {
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
                refresh();
            });
    });
}

void HostModels::undoDeleteModel(const QString &tag)
{
    m_hiddenModels.remove(tag);
    Q_EMIT modelsChanged();
}

void HostModels::exportModel(const QString &tag, const QString &file)
{
    m_core.runOn(
        m_core.control,
        [root = m_core.home.models(), tag, file]() -> Result<std::filesystem::path> {
            const auto parsed = parseModelTag(tag.toStdString());
            if (!parsed)
                return tl::unexpected(parsed.error());
            // Overwriting was confirmed, and the old file goes only once the new one is whole.
            const std::filesystem::path target = file.toStdString();
            std::filesystem::path part = target;
            part += fmt::format(".{:016x}.part", systemEntropy());
            const auto written = ModelStore(root).exportTo(*parsed, part);
            if (!written)
                return tl::unexpected(written.error());
            std::error_code error;
            std::filesystem::rename(part, target, error);
            if (error) {
                std::error_code ignored;
                std::filesystem::remove(part, ignored);
                return tepal::fail(
                    ErrorCode::Io,
                    fmt::format("cannot write {}: {}", target.string(), error.message()),
                    "choose another file");
            }
            return target;
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

void HostModels::startRollout(const RolloutInfo &wanted)
{
    Rollout rollout;
    rollout.primary = wanted.primary.toStdString();
    rollout.candidate = wanted.candidate.toStdString();
    rollout.mode = wanted.shadow ? Rollout::Mode::Shadow : Rollout::Mode::Split;
    rollout.share = wanted.share;
    m_core.runOn(
        m_core.control,
        [root = m_core.home.models(), name = wanted.name.toStdString(), rollout] {
            return Rollouts(root).set(name, rollout);
        },
        [this](const Result<Rollout> &kept) {
            if (!kept)
                m_core.fail(QStringLiteral("rollout"), kept.error());
            else
                Q_EMIT m_core.noticeCleared(QStringLiteral("rollout"));
            refresh();
        });
}

void HostModels::endRollout(const QString &name)
{
    m_core.runOn(
        m_core.control,
        [root = m_core.home.models(), name = name.toStdString()] {
            return Rollouts(root).end(name);
        },
        [this, name](const Status &ended) {
            if (!ended)
                m_core.fail(QStringLiteral("rollout"), ended.error());
            else
                m_core.notify(
                    NoticeLevel::Success, QStringLiteral("rollout"),
                    tr("The rollout of %1 has ended; its latest version answers").arg(name), {},
                    true);
            refresh();
        });
}

} // namespace tepal::ui
