/// References and comparisons over the real store. UI thread; `control` writes, `queries` compares.
#pragma once

#include "ui/backend/comparison.h"
#include "ui/backend/host/host_core.h"
#include "ui/backend/host/reference_bin.h"

#include <QHash>

#include <stop_token>

namespace tepal::ui {

class HostComparison final : public Comparison
{
    Q_OBJECT

public:
    explicit HostComparison(HostCore &core)
        : m_core(core)
    {}

    QList<ReferenceInfo> references(const QString &dataset) const override
    {
        return m_references.value(dataset);
    }
    void setReference(const QString &dataset, const QString &name) override;
    void makeReference(const Slice &slice, const QString &name) override;
    void unmakeReference(const QString &dataset, const QString &name,
                         const QString &former) override;
    void renameReference(const QString &dataset, const QString &from, const QString &to) override;
    void deleteReference(const QString &dataset, const QString &name) override;
    void restoreReference(const QString &dataset, const QString &name) override;
    QStringList driftPresets() const override;
    void requestDriftOverview(Generation generation, const DriftQuery &query) override;
    void requestDriftDetail(Generation generation, const DriftDetailQuery &query) override;

    /// Those of all datasets as the store was read; says which datasets' are others now.
    void show(QHash<QString, QList<ReferenceInfo>> references);
    /// The latest question is not worth finishing.
    void stop() { m_overviewStop.request_stop(); }

private:
    HostCore &m_core;
    QHash<QString, QList<ReferenceInfo>> m_references;
    std::shared_ptr<ReferenceBin> m_bin = std::make_shared<ReferenceBin>(); ///< Of `control`.
    std::stop_source m_overviewStop; ///< Of the latest drift question; a newer one ends it.
};

} // namespace tepal::ui
