#include "ui/models/outbox_model.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/table_helpers.h"
#include "ui/widgets/verdict.h"

namespace tepal::ui {

namespace {

Symbol shapeOf(OutboxPhase phase)
{
    switch (phase) {
    case OutboxPhase::Sent:
        return Symbol::Disc;
    case OutboxPhase::Sending:
        return Symbol::Half;
    case OutboxPhase::Retrying:
        return Symbol::Triangle;
    case OutboxPhase::Failed:
        return Symbol::Octagon;
    case OutboxPhase::Asks:
        return Symbol::Triangle;
    case OutboxPhase::Waiting:
        break;
    }
    return Symbol::Ring;
}

Role roleOf(OutboxPhase phase)
{
    switch (phase) {
    case OutboxPhase::Sent:
        return Role::Ok;
    case OutboxPhase::Sending:
        return Role::Accent;
    case OutboxPhase::Retrying:
    case OutboxPhase::Asks:
        return Role::Warn;
    case OutboxPhase::Failed:
        return Role::Alarm;
    case OutboxPhase::Waiting:
        break;
    }
    return Role::Muted;
}

} // namespace

QString OutboxModel::phaseWord(OutboxPhase phase)
{
    switch (phase) {
    case OutboxPhase::Waiting:
        return tr("Waiting");
    case OutboxPhase::Sending:
        return tr("Sending");
    case OutboxPhase::Sent:
        return tr("Sent");
    case OutboxPhase::Retrying:
        return tr("Will retry");
    case OutboxPhase::Failed:
        return tr("Refused");
    case OutboxPhase::Asks:
        return tr("Asks you");
    }
    return {};
}

bool OutboxModel::equal(const OutboxItem &a, const OutboxItem &b) const
{
    return a.phase == b.phase && a.attempts == b.attempts && a.rows == b.rows &&
           a.bytes == b.bytes && a.nextTry == b.nextTry && a.updated == b.updated &&
           a.problem == b.problem && a.destinationName == b.destinationName &&
           a.objectName == b.objectName;
}

QString OutboxModel::message(const OutboxItem &item) const
{
    if (item.problem) {
        QString text = item.problem.text;
        if (item.phase == OutboxPhase::Retrying && item.nextTry > m_now)
            text += tr(", next try in %1").arg(format::duration(item.nextTry - m_now));
        else if (!item.problem.next.isEmpty())
            text += QStringLiteral(". ") + item.problem.next;
        return text;
    }
    if (item.phase == OutboxPhase::Sent)
        return item.objectName;
    return {};
}

int OutboxModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant OutboxModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const OutboxItem &item = row(index.row());
    if (role == KeyRole)
        return item.id;
    switch (index.column()) {
    case State:
        if (role == Qt::DisplayRole)
            return phaseWord(item.phase);
        if (role == SortRole)
            return static_cast<int>(item.phase);
        if (role == StateShapeRole)
            return static_cast<int>(shapeOf(item.phase));
        if (role == StateColorRole)
            return static_cast<int>(roleOf(item.phase));
        return {};
    case Window:
        if (role == Qt::DisplayRole)
            return format::window(item.window);
        if (role == SortRole)
            return QVariant::fromValue<qint64>(item.window.start);
        return {};
    case Dataset:
        if (role == Qt::DisplayRole || role == SortRole)
            return item.subject.isEmpty() ? item.dataset
                                          : tr("%1 · %2").arg(item.dataset, item.subject);
        return {};
    case RowsColumn:
        if (role == Qt::DisplayRole)
            return format::count(item.rows);
        if (role == SortRole)
            return item.rows;
        break;
    case Size:
        // The file is made when it is sent.
        if (role == Qt::DisplayRole)
            return item.bytes == 0 ? format::missing() : format::bytes(item.bytes);
        if (role == SortRole)
            return item.bytes;
        break;
    case DestinationColumn:
        if (role == Qt::DisplayRole || role == SortRole)
            return item.destinationName.isEmpty() ? tr("none yet") : item.destinationName;
        return role == MutedRole ? QVariant(item.destinationName.isEmpty()) : QVariant();
    case Attempts:
        if (role == Qt::DisplayRole)
            return item.attempts == 0 ? format::missing() : QString::number(item.attempts);
        if (role == SortRole)
            return item.attempts;
        if (role == MutedRole)
            return item.attempts == 0;
        break;
    case Message:
        if (role == Qt::DisplayRole || role == SortRole)
            return message(item);
        if (role == Qt::ToolTipRole)
            return message(item).toHtmlEscaped();
        return role == MutedRole ? QVariant(!item.problem) : QVariant();
    default:
        return {};
    }
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

QVariant OutboxModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole &&
        (section == RowsColumn || section == Size || section == Attempts))
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case State:
        return tr("State");
    case Window:
        return tr("Window");
    case Dataset:
        return tr("Dataset");
    case RowsColumn:
        return tr("Rows");
    case Size:
        return tr("Size");
    case DestinationColumn:
        return tr("Destination");
    case Attempts:
        return tr("Tries");
    case Message:
        return tr("What happened");
    default:
        return {};
    }
}

} // namespace tepal::ui
