/// Datasets, windows and columns over the real store. UI thread; `control` writes, `queries` reads,
/// and compares finished windows with their reference in the background.
#pragma once

#include "ui/backend/host/host_comparison.h"
#include "ui/backend/host/host_core.h"
#include "ui/backend/windows.h"

#include <QHash>

#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

namespace tepal::ui {

class HostEndpoint;

class HostWindows final : public Windows
{
    Q_OBJECT

public:
    HostWindows(HostCore &core, HostComparison &comparison, HostEndpoint &endpoint);

    StoreState store() const override { return m_store; }
    QList<DatasetInfo> datasets() const override { return m_datasets; }
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

    void refreshStore();
    /// What is wrong with the home directory, if anything.
    void showProblem(const Problem &problem);
    /// What is being compared in the background is not worth finishing.
    void stop();

private:
    void refreshHistory(const DatasetInfo &dataset, qint64 finishedRows);
    void showScoring(const QString &dataset, std::size_t done, std::size_t total);

    /// A dataset's finished windows being scored.
    struct Scoring
    {
        using OnStop = std::stop_callback<std::function<void()>>;
        std::stop_source stop;
        quint64 job = 0; ///< 0 while it is not worth showing.
        std::shared_ptr<OnStop> cancelled;
    };

    HostCore &m_core;
    HostComparison &m_comparison;
    HostEndpoint &m_endpoint;
    StoreState m_store;
    QList<DatasetInfo> m_datasets;
    QHash<QString, Scoring> m_scoring;
    /// Per dataset: reference and rows for which every finished window has its score.
    QHash<QString, std::pair<QString, qint64>> m_scoredHistory;
};

} // namespace tepal::ui
