// Questions about profiles, import and export.

#include "ui/backend/host/host_windows.h"

#include "ui/backend/host/host_endpoint.h"
#include "ui/backend/host/profile_queries.h"

#include <tepal/base/file.h>
#include <tepal/profile/file.h>
#include <tepal/store/references.h>
#include <tepal/store/windows.h>

#include <QFileInfo>

namespace tepal::ui {

namespace {
constexpr std::uint64_t kLargestProfile = 1ull << 30;
}

HostWindows::HostWindows(HostCore &core, HostComparison &comparison, HostEndpoint &endpoint)
    : m_core(core)
    , m_comparison(comparison)
    , m_endpoint(endpoint)
{
    m_store.home = QString::fromStdString(core.home.root.string());
    connect(&core, &HostCore::storeWritten, this, &HostWindows::refreshStore);
}

void HostWindows::importProfiles(const QStringList &files)
{
    const QString dataset = m_endpoint.state().dataset;
    m_core.change(
        QStringLiteral("import"),
        [files, dataset, time = m_core.now()](Store &store) -> Status {
            for (const QString &file : files) {
                const auto bytes = readFile(file.toStdString(), kLargestProfile);
                if (!bytes)
                    return tl::unexpected(bytes.error());
                const auto profile = parseProfile(*bytes);
                if (!profile)
                    return failWith(file.toStdString(), profile.error());
                const QString name = QFileInfo(file).completeBaseName();
                if (auto saved = References(store).set(
                        dataset.toStdString(), name.toStdString(), *profile, profile->rows(),
                        "file " + QFileInfo(file).fileName().toStdString(), time);
                    !saved)
                    return saved;
            }
            return {};
        },
        [this, files, dataset] {
            m_core.notify(NoticeLevel::Success, QStringLiteral("import"),
                          tr("%n profile(s) imported as reference(s) of %1", nullptr,
                             static_cast<int>(files.size()))
                              .arg(dataset),
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
