#include "ui/models/log_model.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/table_helpers.h"
#include "ui/widgets/verdict.h"

namespace tepal::ui {

namespace {

constexpr std::size_t kShownCharacters = 4096;
constexpr std::size_t kBatch = 2000;

qint64 sizeOf(const LogEntry &entry)
{
    return static_cast<qint64>(entry.text.size() + entry.source.size() + sizeof(LogEntry));
}

} // namespace

LogModel::LogModel(QObject *parent, int mostEntries, qint64 mostBytes)
    : QAbstractTableModel(parent)
    , m_mostEntries(mostEntries)
    , m_mostBytes(mostBytes)
{}

void LogModel::poll()
{
    append(logEntriesAfter(m_lastId, kBatch));
}

void LogModel::append(const std::vector<LogEntry> &entries)
{
    if (entries.empty())
        return;
    // Running numbers: a gap is what the ring overwrote before we came.
    if (m_lastId != 0 && entries.front().id > m_lastId + 1)
        m_dropped += static_cast<qint64>(entries.front().id - m_lastId - 1);
    m_lastId = entries.back().id;
    const int first = rowCount();
    beginInsertRows({}, first, first + static_cast<int>(entries.size()) - 1);
    bool newSource = false;
    for (const LogEntry &entry : entries) {
        m_bytes += sizeOf(entry);
        m_entries.push_back(entry);
        const QString source = QString::fromStdString(entry.source);
        if (!m_sources.contains(source)) {
            m_sources.append(source);
            newSource = true;
        }
    }
    endInsertRows();
    trim();
    if (newSource) {
        m_sources.sort();
        Q_EMIT sourcesChanged();
    }
}

void LogModel::trim()
{
    int count = 0;
    qint64 bytes = m_bytes;
    while (count + 1 < rowCount() && (rowCount() - count > m_mostEntries || bytes > m_mostBytes)) {
        bytes -= sizeOf(m_entries[static_cast<std::size_t>(count)]);
        ++count;
    }
    if (count == 0)
        return;
    beginRemoveRows({}, 0, count - 1);
    m_entries.erase(m_entries.begin(), m_entries.begin() + count);
    m_bytes = bytes;
    m_dropped += count;
    endRemoveRows();
}

void LogModel::clear()
{
    beginResetModel();
    m_entries.clear();
    m_bytes = 0;
    m_dropped = 0;
    endResetModel();
}

int LogModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
}

int LogModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QString LogModel::levelWord(LogLevel level)
{
    switch (level) {
    case LogLevel::Debug:
        return tr("Debug");
    case LogLevel::Info:
        return tr("Info");
    case LogLevel::Warning:
        return tr("Warning");
    case LogLevel::Error:
        return tr("Error");
    }
    return {};
}

QVariant LogModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const LogEntry &e = entry(index.row());
    switch (role) {
    case LevelRole:
        return static_cast<int>(e.level);
    case SourceRole:
        return QString::fromStdString(e.source);
    case TextRole:
        return QString::fromStdString(e.text);
    case KeyRole:
        return QVariant::fromValue<qulonglong>(e.id);
    case Qt::FontRole:
        return themeFont(Type::Mono);
    default:
        break;
    }
    switch (index.column()) {
    case Time:
        if (role == Qt::DisplayRole)
            return format::timeMs(e.time);
        if (role == Qt::ToolTipRole)
            return format::dateTimeFull(e.time);
        return role == MutedRole ? QVariant(true) : QVariant();
    case Level:
        if (role == Qt::DisplayRole)
            return levelWord(e.level);
        if (role == StateShapeRole) {
            return static_cast<int>(e.level == LogLevel::Error     ? Symbol::Octagon
                                    : e.level == LogLevel::Warning ? Symbol::Triangle
                                                                   : Symbol::Ring);
        }
        if (role == StateColorRole) {
            return static_cast<int>(e.level == LogLevel::Error     ? Role::Alarm
                                    : e.level == LogLevel::Warning ? Role::Warn
                                                                   : Role::Faint);
        }
        return role == MutedRole ? QVariant(e.level < LogLevel::Warning) : QVariant();
    case Source:
        if (role == Qt::DisplayRole)
            return QString::fromStdString(e.source);
        return role == MutedRole ? QVariant(true) : QVariant();
    case Text:
        if (role == Qt::DisplayRole) {
            return e.text.size() <= kShownCharacters
                       ? QString::fromStdString(e.text)
                       : QString::fromStdString(e.text.substr(0, kShownCharacters)) % QChar(0x2026);
        }
        return {};
    default:
        return {};
    }
}

QVariant LogModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Time:
        return tr("Time");
    case Level:
        return tr("Level");
    case Source:
        return tr("Source");
    case Text:
        return tr("Message");
    default:
        return {};
    }
}

void LogProxy::setLevel(LogLevel least)
{
    m_level = least;
    invalidateFilter();
}

void LogProxy::setSource(const QString &source)
{
    m_source = source;
    invalidateFilter();
}

void LogProxy::setPattern(const QRegularExpression &pattern)
{
    m_pattern = pattern;
    invalidateFilter();
}

bool LogProxy::filterAcceptsRow(int row, const QModelIndex &) const
{
    const LogEntry &e = static_cast<const LogModel *>(sourceModel())->entry(row);
    if (e.level < m_level)
        return false;
    if (!m_source.isEmpty() && QString::fromStdString(e.source) != m_source)
        return false;
    return m_pattern.pattern().isEmpty() ||
           m_pattern.match(QString::fromStdString(e.text)).hasMatch();
}

} // namespace tepal::ui
