#include "demo_windows.h"

#include "demo_backend.h"

namespace tepal::ui::test {

StoreState DemoWindows::store() const
{
    StoreState s = m_store;
    s.home = QStringLiteral("/home/ada/.local/share/tepal");
    s.bytes = m_demo.isFull() ? 31'200'000 : 98'304;
    return s;
}

QList<DatasetInfo> DemoWindows::datasets() const
{
    if (!m_demo.isFull())
        return {};
    DatasetInfo d;
    d.id = QLatin1String(DemoData::kDataset);
    d.rows = static_cast<qint64>(m_demo.data().rows().size());
    d.range = {
        windowStart(m_demo.data().rows().front().time, Granularity::Hour),
        nextWindowStart(windowStart(m_demo.data().now(), Granularity::Hour), Granularity::Hour)};
    d.reference = QStringLiteral("training");
    d.segments = m_segments;
    if (!m_oldDataset)
        return {d};
    DatasetInfo old;
    old.id = QStringLiteral("long ago");
    old.rows = 1200;
    old.range = {windowStart(d.range.start - 400 * kDayMs, Granularity::Hour),
                 windowStart(d.range.start - 390 * kDayMs, Granularity::Hour)};
    return {d, old};
}

void DemoWindows::setSegments(const QList<Segment> &segments)
{
    m_segments = segments;
    Q_EMIT datasetsChanged();
}

void DemoWindows::addOldDataset()
{
    m_oldDataset = true;
    Q_EMIT datasetsChanged();
}

void DemoWindows::requestDatasetSettings(Generation generation, const QString &dataset)
{
    DatasetSettings settings = m_datasetSettings.value(dataset);
    settings.dataset = dataset;
    m_demo.answer(generation, this, &Windows::datasetSettingsReady, settings);
}

void DemoWindows::saveDatasetSettings(Generation generation, const DatasetSettings &settings)
{
    m_demo.call(QStringLiteral("saveDatasetSettings %1").arg(settings.dataset));
    if (settings.own)
        m_datasetSettings.insert(settings.dataset, settings);
    else
        m_datasetSettings.remove(settings.dataset);
    DatasetSettings saved = m_datasetSettings.value(settings.dataset);
    saved.dataset = settings.dataset;
    m_demo.answer(generation, this, &Windows::datasetSettingsSaved, saved);
}

void DemoWindows::setRetention(DurationMs keep)
{
    m_demo.call(QStringLiteral("setRetention %1").arg(keep));
    m_store.keep = keep;
    Q_EMIT storeChanged();
}

void DemoWindows::deleteWindows(const QString &dataset, TimeRange range)
{
    m_demo.call(QStringLiteral("deleteWindows %1").arg(dataset));
    m_store.deletedWindows = 3;
    m_store.deletedRows = static_cast<qint64>(m_demo.data().rowsIn(range).size());
    Q_EMIT storeChanged();
}

void DemoWindows::restoreWindows(const QString &dataset, TimeRange)
{
    m_demo.call(QStringLiteral("restoreWindows %1").arg(dataset));
    m_store.deletedWindows = 0;
    Q_EMIT storeChanged();
}

void DemoWindows::importProfiles(const QString &, const QStringList &files)
{
    m_demo.call(QStringLiteral("importProfiles %1").arg(files.size()));
}

void DemoWindows::exportProfile(const Slice &, const QString &file)
{
    m_demo.call(QStringLiteral("exportProfile ") + file);
}

void DemoWindows::requestWindows(Generation generation, const QString &)
{
    m_demo.answer(generation, this, &Windows::windowsReady,
                  m_demo.isFull() ? m_demo.data().windows() : WindowList{});
}

void DemoWindows::requestColumns(Generation generation, const Slice &slice)
{
    m_demo.slices.append(slice);
    ColumnsSummary summary = m_demo.data().columns(slice.range);
    summary.slice = slice;
    m_demo.answer(generation, this, &Windows::columnsReady, summary);
}

void DemoWindows::requestColumnDetail(Generation generation, const ColumnQuery &query)
{
    m_demo.columnQueries.append(query);
    if (m_demo.failsUnknown(generation, query.column, this, &Windows::columnDetailReady) ||
        m_demo.failsFile(generation, query.against, this, &Windows::columnDetailReady))
        return;
    ColumnQuery full = query;
    full.against = m_demo.comparison().resolved(query.against);
    m_demo.answer(generation, this, &Windows::columnDetailReady, m_demo.data().columnDetail(full));
}

} // namespace tepal::ui::test
