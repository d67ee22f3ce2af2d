/// References and comparisons of made-up data.
#pragma once

#include "ui/backend/comparison.h"

#include <QHash>

namespace tepal::ui::test {

class DemoBackend;

class DemoComparison final : public Comparison
{
    Q_OBJECT

public:
    explicit DemoComparison(DemoBackend &demo)
        : m_demo(demo)
    {}

    QList<ReferenceInfo> references(const QString &dataset) const override;
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

    /// The references that a full demo begins with.
    void fill();
    void setReferences(const QList<ReferenceInfo> &references);
    /// With the name of the current reference in place of none, and the range that one holds.
    Against resolved(Against against) const;

private:
    DemoBackend &m_demo;
    QList<ReferenceInfo> m_references;
    QList<ReferenceInfo> m_deletedReferences;
    QHash<QString, TimeRange> m_referenceRanges; ///< Of those made from a range.
};

} // namespace tepal::ui::test
