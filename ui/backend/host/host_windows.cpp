// Questions about profiles, import and export.

#include "ui/backend/host/host_windows.h"

#include "ui/backend/host/host_endpoint.h"
#include "ui/backend/host/judge_values.h"
#include "ui/backend/host/profile_queries.h"

#include <tepal/base/file.h>
#include <tepal/profile/file.h>
#include <tepal/store/references.h>
#include <tepal/store/windows.h>

#include <QFileInfo>

#include <memory>
#include <utility>
#include <vector>

namespace tepal::ui {

HostWindows::HostWindows(HostCore &core, HostComparison &comparison, HostEndpoint &endpoint)
    : m_core(core)
    , m_comparison(comparison)
    , m_endpoint(endpoint)
{
    m_store.home = QString::fromStdString(core.home.root.string());
    connect(&core, &HostCore::storeWritten, this, &HostWindows::refreshStore);
}

void HostWindows::importProfiles(const QString &into, const QStringList &files)
{
    const QString dataset = into.isEmpty() ? m_endpoint.state().dataset : into;
    auto names = std::make_shared<QStringList>();
    m_core.change(
        QStringLiteral("import"),
        [files, dataset, names, time = m_core.now()](Store &store) -> Status {
            // All are read before the first is stored: one that cannot be read changes nothing.
            std::vector<std::pair<QFileInfo, std::shared_ptr<const DatasetProfile>>> profiles;
            for (const QString &file : files) {
                auto profile = loadProfileFile(file);
                if (!profile)
                    return tl::unexpected(profile.error());
                profiles.emplace_back(file, std::move(*profile));
            }
            References references(store);
            for (const auto &[file, profile] : profiles) {
                const auto name = freeName(references, dataset.toStdString(),
                                           file.completeBaseName().toStdString());
                if (!name)
                    return tl::unexpected(name.error());
                if (auto saved =
                        references.set(dataset.toStdString(), *name, *profile, profile->rows(),
                                       "file " + file.fileName().toStdString(), time);
                    !saved)
                    return saved;
                names->append(qs(*name));
            }
            return {};
        },
        [this, names, dataset] {
            m_core.notify(NoticeLevel::Success, QStringLiteral("import"),
                          names->size() == 1
                              ? tr("Imported as reference “%1” of %2").arg(names->first(), dataset)
                              : tr("%1 profiles imported as references of %2: %3")
                                    .arg(names->size())
                                    .arg(dataset, names->join(QStringLiteral(", "))),
                          {}, true);
        });
}

void HostWindows::exportProfile(const Slice &slice, const QString &file)
{
    m_core.change(
        QStringLiteral("export"),
        [slice, file](Store &store) -> Status {
            const auto profile = tepal::Windows(store).profile(slice.dataset.toStdString(),
                                                               slice.range, {}, slice.segment);
            if (!profile)
                return tl::unexpected(profile.error());
            if (!*profile)
                return tepal::fail(ErrorCode::NotFound, "there are no records in this range",
                                   "choose a longer range");
            return writeFileAtomic(file.toStdString(), serializeProfile(**profile));
        },
        [this, file] {
            m_core.notify(NoticeLevel::Success, QStringLiteral("export"),
                          tr("Profile written to %1").arg(file), {}, true);
        });
}

void HostWindows::requestWindows(Generation generation, const QString &dataset)
{
    m_core.ask(generation, this, &Windows::windowsReady,
               [dataset, time = m_core.now()](Store &store) {
                   return queryWindows(store, dataset, time);
               });
}

void HostWindows::requestColumns(Generation generation, const Slice &slice)
{
    m_core.ask(
        generation, this, &Windows::columnsReady,
        [slice, time = m_core.now()](Store &store) { return queryColumns(store, slice, time); });
}

void HostWindows::requestColumnDetail(Generation generation, const ColumnQuery &query)
{
    m_core.ask(generation, this, &Windows::columnDetailReady,
               [query](Store &store) { return queryColumnDetail(store, query); });
}

} // namespace tepal::ui
