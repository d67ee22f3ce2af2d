/// The program's log over the core's ring buffer; bounded in entries and bytes.
#pragma once

#include <tepal/base/log.h>

#include <QAbstractListModel>
#include <QRegularExpression>
#include <QSortFilterProxyModel>

#include <deque>

namespace tepal::ui {

class LogModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Time, Level, Source, Text, ColumnCount };
    enum Roles { LevelRole = Qt::UserRole + 100, SourceRole, TextRole };

    /// Beyond either limit the oldest lines go and are counted as dropped.
    explicit LogModel(QObject *parent = nullptr, int mostEntries = 20'000,
                      qint64 mostBytes = 8'000'000);

    /// Entries that came since the last call. Call at most 20 times a second.
    void poll();
    void append(const std::vector<LogEntry> &entries);
    void clear();
    /// Lines that were never shown or have gone.
    qint64 dropped() const { return m_dropped; }
    const LogEntry &entry(int row) const { return m_entries[static_cast<std::size_t>(row)]; }
    QStringList sources() const { return m_sources; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

    static QString levelWord(LogLevel level);

Q_SIGNALS:
    void sourcesChanged();

private:
    void trim();

    int m_mostEntries;
    qint64 m_mostBytes;
    qint64 m_bytes = 0;
    qint64 m_dropped = 0;
    std::uint64_t m_lastId = 0;
    std::deque<LogEntry> m_entries;
    QStringList m_sources;
};

class LogProxy final : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setLevel(LogLevel least);
    /// Empty: every source.
    void setSource(const QString &source);
    void setPattern(const QRegularExpression &pattern);

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override;

private:
    LogLevel m_level = LogLevel::Info;
    QString m_source;
    QRegularExpression m_pattern;
};

} // namespace tepal::ui
