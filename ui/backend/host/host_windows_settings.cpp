// How datasets are logged, how long windows are kept, deleting and restoring them.

#include "ui/backend/host/host_windows.h"

#include <tepal/logging/logger.h>
#include <tepal/profile/schema.h>
#include <tepal/store/deletions.h>
#include <tepal/store/settings.h>

#include <QLocale>

namespace tepal::ui {

namespace {

Result<DatasetSettings> readDatasetSettings(Settings stored, const QString &dataset)
{
    const std::string name = dataset.toStdString();
    const auto text = stored.get(Settings::kDataset + name);
    const auto destination = stored.get(Settings::kDestination + name);
    const auto schema = stored.get(kSchemaSetting + name);
    for (const auto *setting : {&text, &destination, &schema}) {
        if (!*setting)
            return tl::unexpected(setting->error());
    }
    const auto options = parseDatasetOptions(text->value_or(""));
    if (!options)
        return tl::unexpected(options.error());
    DatasetSettings settings;
    settings.dataset = dataset;
    settings.own = *text || *destination || *schema;
    settings.granularity = options->aggregateBy;
    for (const std::string &column : options->segmentBy)
        settings.segmentBy.append(QString::fromStdString(column));
    settings.writeEvery = options->writeEvery.value_or(0);
    settings.distribution = options->metrics.distribution;
    settings.cardinality = options->metrics.cardinality;
    settings.frequentItems = options->metrics.frequentItems;
    settings.ints = options->metrics.ints;
    settings.destination = QString::fromStdString(destination->value_or(""));
    settings.schema = QString::fromStdString(schema->value_or(""));
    return settings;
}

QString number(std::int64_t count)
{
    return QLocale::c().toString(static_cast<qlonglong>(count));
}

QString rowsText(std::int64_t rows)
{
    return rows == 1 ? HostWindows::tr("1 row") : HostWindows::tr("%1 rows").arg(number(rows));
}

Status setOrRemove(Settings stored, const std::string &key, const std::string &value)
{
    return value.empty() ? stored.remove(key) : stored.set(key, value);
}

Status writeDatasetSettings(Settings into, const DatasetSettings &settings)
{
    const std::string name = settings.dataset.toStdString();
    std::string options;
    std::string schema;
    if (settings.own) {
        tepal::DatasetOptions chosen;
        chosen.aggregateBy = settings.granularity;
        for (const QString &column : settings.segmentBy) {
            if (column.contains(QLatin1Char('+')) || column.contains(QLatin1Char(',')))
                return tepal::fail(ErrorCode::InvalidArgument,
                                   "segments by a column whose name contains + or , cannot be "
                                   "stored in the settings",
                                   "rename the column");
            chosen.segmentBy.push_back(column.toStdString());
        }
        if (settings.writeEvery > 0)
            chosen.writeEvery = settings.writeEvery;
        chosen.metrics = {settings.distribution, settings.cardinality, settings.frequentItems,
                          settings.ints};
        options = formatDatasetOptions(chosen);
        if (!settings.schema.trimmed().isEmpty()) {
            const auto stored =
                parseSchema(settings.schema.toStdString()).and_then([](const auto &read) {
                    return formatSchema(read);
                });
            if (!stored)
                return tl::unexpected(stored.error());
            schema = *stored;
        }
    }
    if (auto done = setOrRemove(into, Settings::kDataset + name, options); !done)
        return done;
    if (auto done = setOrRemove(into, kSchemaSetting + name, schema); !done)
        return done;
    return setOrRemove(into, Settings::kDestination + name,
                       settings.own ? settings.destination.toStdString() : std::string());
}

} // namespace

void HostWindows::requestDatasetSettings(Generation generation, const QString &dataset)
{
    m_core.ask(generation, this, &Windows::datasetSettingsReady,
               [dataset](Store &store) { return readDatasetSettings(Settings(store), dataset); });
}

void HostWindows::saveDatasetSettings(Generation generation, const DatasetSettings &settings)
{
    m_core.ask(generation, this, &Windows::datasetSettingsSaved,
               [settings](Store &store) -> Result<DatasetSettings> {
                   if (auto done = writeDatasetSettings(Settings(store), settings); !done)
                       return tl::unexpected(done.error());
                   return readDatasetSettings(Settings(store), settings.dataset);
               });
}

void HostWindows::setRetention(DurationMs keep)
{
    m_core.change(QStringLiteral("retention"), [keep](Store &store) {
        return setOrRemove(Settings(store), Settings::kRetention,
                           keep > 0 ? formatDuration(keep) : std::string());
    });
}

void HostWindows::deleteWindows(const QString &dataset, TimeRange range)
{
    auto report = std::make_shared<DeletionReport>();
    m_core.change(
        QStringLiteral("windows"),
        [report, dataset, range, time = m_core.now()](Store &store) -> Status {
            const auto deleted = Deletions(store).remove(dataset.toStdString(), range, time);
            if (!deleted)
                return tl::unexpected(deleted.error());
            if (deleted->windows == 0)
                return tepal::fail(ErrorCode::NotFound,
                                   "no finished window lies wholly in this time range",
                                   "choose a longer range");
            *report = *deleted;
            return {};
        },
        [this, report, dataset, range] {
            Q_EMIT windowsChanged(dataset);
            Notice notice;
            notice.key = QStringLiteral("windows");
            notice.text = tr("Windows deleted: %1, with %2")
                              .arg(number(report->windows), rowsText(report->rows));
            notice.next = tr("they can be restored for a week");
            notice.actionId = QStringLiteral("windows.restore:%1:%2:%3")
                                  .arg(range.start)
                                  .arg(range.end)
                                  .arg(dataset);
            notice.actionText = tr("Undo");
            Q_EMIT m_core.noticed(notice);
        });
}

void HostWindows::restoreWindows(const QString &dataset, TimeRange range)
{
    auto report = std::make_shared<DeletionReport>();
    m_core.change(
        QStringLiteral("windows"),
        [report, dataset, range](Store &store) -> Status {
            std::vector<std::string> names{dataset.toStdString()};
            if (dataset.isEmpty()) {
                const auto deleted = Deletions(store).list({});
                if (!deleted)
                    return tl::unexpected(deleted.error());
                names.clear();
                for (const DeletedWindow &window : *deleted) {
                    if (names.empty() || names.back() != window.window.dataset)
                        names.push_back(window.window.dataset);
                }
            }
            for (const std::string &name : names) {
                const auto restored = Deletions(store).restore(name, range);
                if (!restored)
                    return tl::unexpected(restored.error());
                report->windows += restored->windows;
                report->rows += restored->rows;
            }
            return {};
        },
        [this, report, dataset] {
            for (const DatasetInfo &info : m_datasets) {
                if (dataset.isEmpty() || info.id == dataset)
                    Q_EMIT windowsChanged(info.id);
            }
            Notice notice;
            notice.key = QStringLiteral("windows");
            notice.text = tr("Windows restored: %1, with %2")
                              .arg(number(report->windows), rowsText(report->rows));
            notice.passing = true;
            Q_EMIT m_core.noticed(notice);
        });
}

} // namespace tepal::ui
