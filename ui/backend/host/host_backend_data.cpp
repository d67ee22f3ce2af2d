// Questions about profiles and drift, references, import and export.

#include "ui/backend/host/drift_queries.h"
#include "ui/backend/host/host_backend_impl.h"
#include "ui/backend/host/judge_values.h"
#include "ui/backend/host/profile_queries.h"

#include <tepal/base/file.h>
#include <tepal/drift/compare.h>
#include <tepal/profile/file.h>

#include <QFileInfo>

namespace tepal::ui {

namespace {
constexpr std::uint64_t kLargestProfile = 1ull << 30;
}

QList<ReferenceInfo> HostBackend::references(const QString &dataset) const
{
    return m_references.value(dataset);
}

void HostBackend::change(const QString &key, std::function<Status(Store &)> work,
                         std::function<void()> done)
{
    auto pool = m_stores;
    runOn(
        m_control, [pool, work = std::move(work)] { return pool->run(work); },
        [this, key, done = std::move(done)](const Status &changed) {
            if (!changed) {
                fail(key, changed.error());
                return;
            }
            Q_EMIT noticeCleared(key);
            if (done)
                done();
            refreshStore();
        });
}

void HostBackend::importProfiles(const QStringList &files)
{
    const QString dataset = m_endpoint.dataset;
    change(
        QStringLiteral("import"),
        [files, dataset, time = now()](Store &store) -> Status {
            for (const QString &file : files) {
                const auto bytes = readFile(file.toStdString(), kLargestProfile);
                if (!bytes)
                    return tl::unexpected(bytes.error());
                const auto profile = parseProfile(*bytes);
                if (!profile)
                    return failWith(file.toStdString(), profile.error());
                const QString name = QFileInfo(file).completeBaseName();
                if (auto saved = store.setReference(
                        dataset.toStdString(), name.toStdString(), *profile, profile->rows(),
                        "file " + QFileInfo(file).fileName().toStdString(), time);
                    !saved)
                    return saved;
            }
            return {};
        },
        [this, files, dataset] {
            notify(NoticeLevel::Success, QStringLiteral("import"),
                   tr("%n profile(s) imported as reference(s) of %1", nullptr,
                      static_cast<int>(files.size()))
                       .arg(dataset),
                   {}, true);
        });
}

void HostBackend::exportProfile(const QString &dataset, TimeRange range, const QString &file)
{
    change(
        QStringLiteral("export"),
        [dataset, range, file](Store &store) -> Status {
            const auto profile = store.profile(dataset.toStdString(), range);
            if (!profile)
                return tl::unexpected(profile.error());
            if (!*profile)
                return tepal::fail(ErrorCode::NotFound, "there are no records in this range",
                                   "choose a longer range");
            return writeFileAtomic(file.toStdString(), serializeProfile(**profile));
        },
        [this, file] {
            notify(NoticeLevel::Success, QStringLiteral("export"),
                   tr("Profile written to %1").arg(file), {}, true);
        });
}

void HostBackend::requestWindows(Generation generation, const QString &dataset)
{
    ask<WindowList>(generation, &Backend::windowsReady, [dataset, time = now()](Store &store) {
        return queryWindows(store, dataset, time);
    });
}

void HostBackend::requestColumns(Generation generation, const QString &dataset, TimeRange range)
{
    ask<ColumnsSummary>(generation, &Backend::columnsReady, [dataset, range](Store &store) {
        return queryColumns(store, dataset, range);
    });
}

void HostBackend::requestColumnDetail(Generation generation, const ColumnQuery &query)
{
    ask<ColumnDetail>(generation, &Backend::columnDetailReady,
                      [query](Store &store) { return queryColumnDetail(store, query); });
}

QStringList HostBackend::driftPresets() const
{
    QStringList names;
    for (const drift::PresetRow &row : drift::presetTable())
        names.append(qs(row.name));
    return names;
}

void HostBackend::requestDriftOverview(Generation generation, const DriftQuery &query)
{
    m_overviewStop.request_stop();
    m_overviewStop = {};
    ask<DriftOverview>(generation, &Backend::driftOverviewReady,
                       [query, time = now(), stop = m_overviewStop.get_token()](Store &store) {
                           return queryDriftOverview(store, query, time, stop);
                       });
}

void HostBackend::requestDriftDetail(Generation generation, const DriftDetailQuery &query)
{
    ask<DriftDetail>(generation, &Backend::driftDetailReady,
                     [query](Store &store) { return queryDriftDetail(store, query); });
}

} // namespace tepal::ui
