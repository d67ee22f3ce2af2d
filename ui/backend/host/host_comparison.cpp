// References: choose, make, rename, delete, and the way back; what differs from them.

#include "ui/backend/host/host_comparison.h"

#include "ui/backend/host/drift_queries.h"
#include "ui/backend/host/judge_values.h"
#include "ui/backend/host/profile_queries.h"
#include "ui/backend/reference_notices.h"

#include <tepal/drift/compare.h>
#include <tepal/store/references.h>

#include <QSet>

#include <utility>

namespace tepal::ui {

namespace {
const QString kReferenceKey = QStringLiteral("reference");
}

void HostComparison::setReference(const QString &dataset, const QString &name)
{
    m_core.change(kReferenceKey, [dataset, name](Store &store) {
        return References(store).makeCurrent(dataset.toStdString(), name.toStdString());
    });
}

void HostComparison::makeReference(const Slice &slice, const QString &name)
{
    auto made = std::make_shared<MadeReference>();
    m_core.change(
        kReferenceKey,
        [slice, name, made, time = m_core.now()](Store &store) -> Status {
            auto result = ui::makeReference(store, slice, name.toStdString(), time);
            if (!result)
                return tl::unexpected(result.error());
            *made = *result;
            return {};
        },
        [this, dataset = slice.dataset, name, made] {
            Q_EMIT m_core.noticed(referenceMadeNotice(
                dataset, name, QString::fromStdString(made->former), made->rows));
        });
}

void HostComparison::unmakeReference(const QString &dataset, const QString &name,
                                     const QString &former)
{
    m_core.change(
        kReferenceKey,
        [dataset, name, former](Store &store) {
            return ui::unmakeReference(References(store), dataset.toStdString(), name.toStdString(),
                                       former.toStdString());
        },
        [this, former] {
            m_core.notify(NoticeLevel::Success, kReferenceKey,
                          former.isEmpty() ? tr("There is no reference, as before")
                                           : tr("Verdicts are against “%1” again").arg(former),
                          {}, true);
        });
}

void HostComparison::renameReference(const QString &dataset, const QString &from, const QString &to)
{
    m_core.change(kReferenceKey, [dataset, from, to](Store &store) {
        return References(store).rename(dataset.toStdString(), from.toStdString(),
                                        to.toStdString());
    });
}

void HostComparison::deleteReference(const QString &dataset, const QString &name)
{
    auto removed = std::make_shared<ReferenceBin::Removed>();
    m_core.change(
        kReferenceKey,
        [dataset, name, removed, bin = m_bin](Store &store) -> Status {
            auto result = bin->remove(References(store), dataset.toStdString(), name.toStdString());
            if (!result)
                return tl::unexpected(result.error());
            *removed = *result;
            return {};
        },
        [this, dataset, name, removed] {
            Q_EMIT m_core.noticed(referenceDeletedNotice(dataset, name, removed->wasCurrent,
                                                         QString::fromStdString(removed->current)));
        });
}

void HostComparison::restoreReference(const QString &dataset, const QString &name)
{
    auto restored = std::make_shared<std::string>();
    m_core.change(
        kReferenceKey,
        [dataset, name, restored, bin = m_bin](Store &store) -> Status {
            auto result =
                bin->restore(References(store), dataset.toStdString(), name.toStdString());
            if (!result)
                return tl::unexpected(result.error());
            *restored = *result;
            return {};
        },
        [this, name, restored] {
            const QString now = QString::fromStdString(*restored);
            m_core.notify(
                NoticeLevel::Success, kReferenceKey,
                now == name
                    ? tr("Reference “%1” is back").arg(name)
                    : tr("Reference “%1” is back as “%2”: its name was taken").arg(name, now),
                {}, true);
        });
}

QStringList HostComparison::driftPresets() const
{
    QStringList names;
    for (const drift::PresetRow &row : drift::presetTable())
        names.append(qs(row.name));
    return names;
}

void HostComparison::requestDriftOverview(Generation generation, const DriftQuery &query)
{
    m_overviewStop.request_stop();
    m_overviewStop = {};
    m_core.ask(generation, this, &Comparison::driftOverviewReady,
               [query, time = m_core.now(), stop = m_overviewStop.get_token()](Store &store) {
                   return queryDriftOverview(store, query, time, stop);
               });
}

void HostComparison::requestDriftDetail(Generation generation, const DriftDetailQuery &query)
{
    m_core.ask(generation, this, &Comparison::driftDetailReady,
               [query](Store &store) { return queryDriftDetail(store, query); });
}

void HostComparison::show(QHash<QString, QList<ReferenceInfo>> references)
{
    const auto before = std::exchange(m_references, std::move(references));
    QSet<QString> owners;
    for (const auto &all : {&before, &std::as_const(m_references)})
        owners.unite(QSet<QString>(all->keyBegin(), all->keyEnd()));
    for (const QString &dataset : std::as_const(owners)) {
        if (before.value(dataset) != m_references.value(dataset))
            Q_EMIT referencesChanged(dataset);
    }
}

} // namespace tepal::ui
