// References: choose, make, rename, delete, and the way back.

#include "ui/backend/host/host_backend_impl.h"
#include "ui/backend/reference_notices.h"

namespace tepal::ui {

namespace {
const QString kReferenceKey = QStringLiteral("reference");
}

void HostBackend::setReference(const QString &dataset, const QString &name)
{
    change(kReferenceKey, [dataset, name](Store &store) {
        return store.makeCurrent(dataset.toStdString(), name.toStdString());
    });
}

void HostBackend::makeReference(const QString &dataset, TimeRange range, const QString &name)
{
    auto made = std::make_shared<MadeReference>();
    change(
        kReferenceKey,
        [dataset, range, name, made, time = now()](Store &store) -> Status {
            auto result =
                makeRangeReference(store, dataset.toStdString(), range, name.toStdString(), time);
            if (!result)
                return tl::unexpected(result.error());
            *made = *result;
            return {};
        },
        [this, dataset, name, made] {
            Q_EMIT noticed(referenceMadeNotice(dataset, name, QString::fromStdString(made->former),
                                               made->rows));
        });
}

void HostBackend::unmakeReference(const QString &dataset, const QString &name,
                                  const QString &former)
{
    change(
        kReferenceKey,
        [dataset, name, former](Store &store) {
            return ui::unmakeReference(store, dataset.toStdString(), name.toStdString(),
                                       former.toStdString());
        },
        [this, former] {
            notify(NoticeLevel::Success, kReferenceKey,
                   former.isEmpty() ? tr("There is no reference, as before")
                                    : tr("Verdicts are against “%1” again").arg(former),
                   {}, true);
        });
}

void HostBackend::renameReference(const QString &dataset, const QString &from, const QString &to)
{
    change(kReferenceKey, [dataset, from, to](Store &store) {
        return store.renameReference(dataset.toStdString(), from.toStdString(), to.toStdString());
    });
}

void HostBackend::deleteReference(const QString &dataset, const QString &name)
{
    auto removed = std::make_shared<ReferenceBin::Removed>();
    change(
        kReferenceKey,
        [dataset, name, removed, bin = m_bin](Store &store) -> Status {
            auto result = bin->remove(store, dataset.toStdString(), name.toStdString());
            if (!result)
                return tl::unexpected(result.error());
            *removed = *result;
            return {};
        },
        [this, dataset, name, removed] {
            Q_EMIT noticed(referenceDeletedNotice(dataset, name, removed->wasCurrent,
                                                  QString::fromStdString(removed->current)));
        });
}

void HostBackend::restoreReference(const QString &dataset, const QString &name)
{
    auto restored = std::make_shared<std::string>();
    change(
        kReferenceKey,
        [dataset, name, restored, bin = m_bin](Store &store) -> Status {
            auto result = bin->restore(store, dataset.toStdString(), name.toStdString());
            if (!result)
                return tl::unexpected(result.error());
            *restored = *result;
            return {};
        },
        [this, name, restored] {
            const QString now = QString::fromStdString(*restored);
            notify(NoticeLevel::Success, kReferenceKey,
                   now == name
                       ? tr("Reference “%1” is back").arg(name)
                       : tr("Reference “%1” is back as “%2”: its name was taken").arg(name, now),
                   {}, true);
        });
}

} // namespace tepal::ui
