/// Datasets, windows and columns of made-up data.
#pragma once

#include "ui/backend/windows.h"

#include <QHash>

namespace tepal::ui::test {

class DemoBackend;

class DemoWindows final : public Windows
{
    Q_OBJECT

public:
    explicit DemoWindows(DemoBackend &demo)
        : m_demo(demo)
    {}

    StoreState store() const override;
    QList<DatasetInfo> datasets() const override;
    void requestWindows(Generation generation, const QString &dataset) override;
    void requestColumns(Generation generation, const Slice &slice) override;
    void requestColumnDetail(Generation generation, const ColumnQuery &query) override;
    void requestDatasetSettings(Generation generation, const QString &dataset) override;
    void saveDatasetSettings(Generation generation, const DatasetSettings &settings) override;
    void setRetention(DurationMs keep) override;
    void deleteWindows(const QString &dataset, TimeRange range) override;
    void restoreWindows(const QString &dataset, TimeRange range) override;
    void importProfiles(const QString &dataset, const QStringList &files) override;
    void exportProfile(const Slice &slice, const QString &file) override;

    /// Adds a second dataset, of which all rows are years old.
    void addOldDataset();
    /// The first dataset is profiled apart.
    void setSegments(const QList<Segment> &segments);

private:
    DemoBackend &m_demo;
    bool m_oldDataset = false;
    QList<Segment> m_segments;
    QHash<QString, DatasetSettings> m_datasetSettings;
    StoreState m_store; ///< What was chosen and deleted.
};

} // namespace tepal::ui::test
