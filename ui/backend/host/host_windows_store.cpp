// What the pages show of the store as a whole, kept up to date while windows change.

#include "ui/backend/host/host_endpoint.h"
#include "ui/backend/host/host_windows.h"

#include <tepal/monitor/judge.h>
#include <tepal/store/deletions.h>
#include <tepal/store/references.h>
#include <tepal/store/settings.h>
#include <tepal/store/windows.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace tepal::ui {

namespace {

qint64 sizeOf(const Home &home)
{
    std::error_code error;
    qint64 total = 0;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(home.root, error)) {
        if (entry.is_regular_file(error))
            total += static_cast<qint64>(entry.file_size(error));
    }
    return total;
}

/// Datasets and references as of one moment.
struct Snapshot
{
    QList<DatasetInfo> datasets;
    QHash<QString, QList<ReferenceInfo>> references;
    qint64 bytes = 0;
    DurationMs keep = 0;
    qint64 deletedWindows = 0;
    qint64 deletedRows = 0;
    QHash<QString, qint64> openRows; ///< Of the window that time is in, per dataset.
};

Result<Snapshot> takeSnapshot(Store &store, const Home &home, TimeMs time)
{
    Snapshot snapshot;
    snapshot.bytes = sizeOf(home);
    const auto datasets = tepal::Windows(store).datasets();
    const auto references = References(store).list({});
    if (!datasets || !references)
        return tl::unexpected(datasets ? references.error() : datasets.error());
    const auto keep = Settings(store).get(Settings::kRetention);
    const auto deleted = Deletions(store).list({});
    if (!keep || !deleted)
        return tl::unexpected(keep ? deleted.error() : keep.error());
    snapshot.keep = *keep ? parseDuration(**keep).value_or(0) : 0;
    snapshot.deletedWindows = static_cast<qint64>(deleted->size());
    for (const DeletedWindow &window : *deleted)
        snapshot.deletedRows += window.window.rows;
    for (const tepal::ReferenceInfo &info : *references) {
        ReferenceInfo reference;
        reference.name = QString::fromStdString(info.name);
        reference.rows = info.rows;
        reference.created = info.created;
        reference.source = QString::fromStdString(info.description);
        reference.current = info.current;
        snapshot.references[QString::fromStdString(info.dataset)].append(reference);
    }
    for (const tepal::DatasetInfo &info : *datasets) {
        DatasetInfo dataset;
        dataset.id = QString::fromStdString(info.name);
        dataset.rows = info.rows;
        dataset.range = {info.first, info.last};
        const auto last = tepal::Windows(store).list(info.name, {info.last - 1, info.last});
        if (last && !last->empty()) {
            dataset.granularity = last->back().granularity;
            // One window per segment.
            for (const tepal::WindowInfo &window : *last) {
                if (TimeRange{window.start, window.end}.contains(time))
                    snapshot.openRows[dataset.id] += window.rows;
            }
        }
        const auto segments = tepal::Windows(store).segments(info.name);
        if (!segments)
            return tl::unexpected(segments.error());
        // The empty one: rows from before it was profiled apart.
        for (const Segment &segment : *segments) {
            if (segments->size() > 1 || !segment.empty())
                dataset.segments.append(segment);
        }
        for (const ReferenceInfo &reference : snapshot.references.value(dataset.id)) {
            if (reference.current)
                dataset.reference = reference.name;
        }
        snapshot.datasets.append(dataset);
    }
    return snapshot;
}

} // namespace

void HostWindows::showProblem(const Problem &problem)
{
    m_store.problem = problem;
    Q_EMIT storeChanged();
}

void HostWindows::stop()
{
    for (Scoring &scoring : m_scoring)
        scoring.stop.request_stop();
}

void HostWindows::refreshStore()
{
    const TimeMs time = m_core.now();
    auto pool = m_core.stores;
    m_core.runOn(
        m_core.queries,
        [pool, home = m_core.home, time] {
            return pool->with<Snapshot>(
                [&](Store &store) { return takeSnapshot(store, home, time); });
        },
        [this](Result<Snapshot> snapshot) {
            if (!snapshot)
                return;
            m_store.bytes = snapshot->bytes;
            m_store.keep = snapshot->keep;
            m_store.deletedWindows = snapshot->deletedWindows;
            m_store.deletedRows = snapshot->deletedRows;
            Q_EMIT storeChanged();
            QStringList changed;
            for (const DatasetInfo &dataset : snapshot->datasets) {
                const auto before =
                    std::find_if(m_datasets.cbegin(), m_datasets.cend(),
                                 [&](const DatasetInfo &old) { return old.id == dataset.id; });
                if (before == m_datasets.cend() || before->rows != dataset.rows ||
                    before->reference != dataset.reference)
                    changed.append(dataset.id);
            }
            m_datasets = std::move(snapshot->datasets);
            m_comparison.show(std::move(snapshot->references));
            const QString logged = m_endpoint.state().dataset;
            Granularity granularity = Granularity::Hour;
            for (const DatasetInfo &dataset : std::as_const(m_datasets)) {
                if (dataset.id == logged)
                    granularity = dataset.granularity;
            }
            m_endpoint.showWindow(granularity, snapshot->openRows.value(logged));
            Q_EMIT datasetsChanged();
            for (const QString &dataset : changed)
                Q_EMIT windowsChanged(dataset);
            for (const DatasetInfo &dataset : m_datasets)
                refreshHistory(dataset, dataset.rows - snapshot->openRows.value(dataset.id));
        });
}

/// The time line shows the verdict of every window, so those that nobody looked at yet are compared
/// in the background; a long history is a job that one sees and can cancel. The open window is left
/// out: it changes every second.
void HostWindows::refreshHistory(const DatasetInfo &dataset, qint64 finishedRows)
{
    const std::pair key(dataset.reference, finishedRows);
    if (dataset.reference.isEmpty() || m_scoredHistory.value(dataset.id) == key)
        return;
    if (m_scoring.contains(dataset.id))
        return; // When it ends, the store is looked at again.
    m_scoredHistory.insert(dataset.id, key);
    auto pool = m_core.stores;
    const auto report = [this, id = dataset.id, last = std::chrono::steady_clock::time_point()](
                            std::size_t done, std::size_t total) mutable {
        const auto here = std::chrono::steady_clock::now();
        if (done != total && here - last < std::chrono::milliseconds(100))
            return;
        last = here;
        QMetaObject::invokeMethod(
            this, [this, id, done, total] { showScoring(id, done, total); }, Qt::QueuedConnection);
    };
    const std::stop_token stop = m_scoring[dataset.id].stop.get_token();
    m_core.runOn(
        m_core.queries,
        [pool, id = dataset.id.toStdString(), time = m_core.now(), stop, report] {
            return pool->with<std::size_t>([&](Store &store) {
                return monitor::scoreFinished(store, id, time, stop, report);
            });
        },
        [this, id = dataset.id](const Result<std::size_t> &scored) {
            const Scoring scoring = std::move(m_scoring[id]);
            m_scoring.remove(id);
            if (scoring.job != 0)
                m_core.jobs.finish(scoring.job,
                                   scored || scored.error().code == ErrorCode::Cancelled
                                       ? Problem()
                                       : Problem::fromError(scored.error()),
                                   scoring.stop.stop_requested());
            if (!scored && scored.error().code == ErrorCode::Cancelled)
                return; // What is there stays; the next finished window goes on.
            if (scored && *scored > 0) {
                Q_EMIT windowsChanged(id);
                refreshStore();
            }
            if (!scored && !m_core.closing)
                m_scoredHistory.remove(id); // Asked again with the next change.
        });
}

void HostWindows::showScoring(const QString &dataset, std::size_t done, std::size_t total)
{
    constexpr std::size_t kWorthShowing = 200;
    const auto it = m_scoring.find(dataset);
    if (it == m_scoring.end() || total < kWorthShowing)
        return;
    if (it->job == 0) {
        it->job = m_core.jobs.add(tr("Comparing the windows of %1 with its reference").arg(dataset),
                                  true, m_core.now());
        it->cancelled = std::make_shared<Scoring::OnStop>(
            m_core.jobs.token(it->job), [stop = it->stop]() mutable { stop.request_stop(); });
    }
    m_core.jobs.update(it->job, static_cast<double>(done) / static_cast<double>(total),
                       tr("%1 of %2 windows").arg(done).arg(total));
}

} // namespace tepal::ui
