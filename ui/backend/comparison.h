/// What is compared with what: the references of a dataset, and what the judge says to a range
/// against them. Threads and kinds of calls: backend_part.h. Questions are answered from the store
/// by worker threads; references are written one after the other.
#pragma once

#include "ui/backend/backend_part.h"
#include "ui/backend/dataset_values.h"
#include "ui/backend/drift_values.h"

namespace tepal::ui {

class Comparison : public BackendPart
{
    Q_OBJECT

public:
    using BackendPart::BackendPart;

    virtual QList<ReferenceInfo> references(const QString &dataset) const = 0;
    /// Makes it the current one.
    virtual void setReference(const QString &dataset, const QString &name) = 0;
    /// Stores the merged profile of the rows as a new reference and makes it current. Never
    /// replaces one. Its notice undoes it.
    virtual void makeReference(const Slice &slice, const QString &name) = 0;
    /// Deletes what makeReference() made; `former`, unless empty, becomes current again.
    virtual void unmakeReference(const QString &dataset, const QString &name,
                                 const QString &former) = 0;
    virtual void renameReference(const QString &dataset, const QString &from,
                                 const QString &to) = 0;
    /// After the current one the newest of the others becomes current. Its notice undoes it.
    virtual void deleteReference(const QString &dataset, const QString &name) = 0;
    /// Brings a reference back that was deleted since the program began.
    virtual void restoreReference(const QString &dataset, const QString &name) = 0;

    virtual QStringList driftPresets() const = 0;
    /// A newer question ends the older one.
    virtual void requestDriftOverview(Generation generation, const DriftQuery &query) = 0;
    virtual void requestDriftDetail(Generation generation, const DriftDetailQuery &query) = 0;

Q_SIGNALS:
    void referencesChanged(const QString &dataset);
    void driftOverviewReady(const tepal::ui::Answer<tepal::ui::DriftOverview> &answer);
    void driftDetailReady(const tepal::ui::Answer<tepal::ui::DriftDetail> &answer);
};

} // namespace tepal::ui
