/// The store: its datasets, how they are logged, their windows and columns. Threads and kinds of
/// calls: backend_part.h. Questions are answered from the store by worker threads; verbs are done
/// one after the other.
#pragma once

#include "ui/backend/backend_part.h"
#include "ui/backend/dataset_values.h"
#include "ui/backend/profile_values.h"

namespace tepal::ui {

class Windows : public BackendPart
{
    Q_OBJECT

public:
    using BackendPart::BackendPart;

    virtual StoreState store() const = 0;
    virtual QList<DatasetInfo> datasets() const = 0;

    virtual void requestWindows(Generation generation, const QString &dataset) = 0;
    virtual void requestColumns(Generation generation, const Slice &slice) = 0;
    virtual void requestColumnDetail(Generation generation, const ColumnQuery &query) = 0;

    virtual void requestDatasetSettings(Generation generation, const QString &dataset) = 0;
    /// Answered by datasetSettingsSaved(). With `own` false the dataset is logged as all others.
    virtual void saveDatasetSettings(Generation generation, const DatasetSettings &settings) = 0;
    /// Windows that are older are deleted once they were sent; 0 keeps all.
    virtual void setRetention(DurationMs keep) = 0;
    /// Hides the windows that lie wholly in the range; they can be restored for a week.
    virtual void deleteWindows(const QString &dataset, TimeRange range) = 0;
    /// Of all datasets when it is empty.
    virtual void restoreWindows(const QString &dataset, TimeRange range) = 0;
    /// As references of the dataset (empty: of the one that the endpoint logs), named as the files
    /// are; none replaces another.
    virtual void importProfiles(const QString &dataset, const QStringList &files) = 0;
    virtual void exportProfile(const Slice &slice, const QString &file) = 0;

Q_SIGNALS:
    void storeChanged();
    void datasetsChanged();
    /// New or changed windows of a dataset: whoever shows them asks again.
    void windowsChanged(const QString &dataset);

    void windowsReady(const tepal::ui::Answer<tepal::ui::WindowList> &answer);
    void columnsReady(const tepal::ui::Answer<tepal::ui::ColumnsSummary> &answer);
    void columnDetailReady(const tepal::ui::Answer<tepal::ui::ColumnDetail> &answer);

    void datasetSettingsReady(const tepal::ui::Answer<tepal::ui::DatasetSettings> &answer);
    void datasetSettingsSaved(const tepal::ui::Answer<tepal::ui::DatasetSettings> &answer);
};

} // namespace tepal::ui
