#include "ui/models/planned_model.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/table_helpers.h"
#include "ui/widgets/verdict.h"

namespace tepal::ui {

namespace {

/// What somebody should know before it leaves.
QString contentWords(const PlannedUpload &planned)
{
    if (planned.problem)
        return planned.problem.next.isEmpty()
                   ? planned.problem.text
                   : planned.problem.text + QStringLiteral(". ") + planned.problem.next;
    const QString risks = planned.risks == 0
                              ? PlannedModel::tr("no risk found")
                              : format::counted(planned.risks, PlannedModel::tr("1 risk"),
                                                PlannedModel::tr("%1 risks"));
    return planned.redacted.isEmpty()
               ? risks
               : PlannedModel::tr("%1; taken out: %2").arg(risks, planned.redacted);
}

Symbol shapeOf(const PlannedUpload &planned)
{
    return planned.problem ? Symbol::Octagon : planned.risks > 0 ? Symbol::Triangle : Symbol::Disc;
}

Role roleOf(const PlannedUpload &planned)
{
    return planned.problem ? Role::Alarm : planned.risks > 0 ? Role::Warn : Role::Ok;
}

} // namespace

QVariant PlannedModel::key(const PlannedUpload &value) const
{
    return QStringLiteral("%1 %2 %3").arg(value.destination).arg(value.item).arg(value.chunk);
}

bool PlannedModel::equal(const PlannedUpload &a, const PlannedUpload &b) const
{
    return a.rows == b.rows && a.bytes == b.bytes && a.redacted == b.redacted &&
           a.risks == b.risks && a.objectName == b.objectName && a.problem == b.problem;
}

int PlannedModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant PlannedModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const PlannedUpload &planned = row(index.row());
    if (role == KeyRole)
        return key(planned);
    const bool text = role == Qt::DisplayRole || role == SortRole;
    const bool number = index.column() == RowsColumn || index.column() == Size;
    if (number && role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    switch (index.column()) {
    case Window:
        if (role == SortRole)
            return QVariant::fromValue<qint64>(planned.window.start);
        return text ? QVariant(format::window(planned.window)) : QVariant();
    case Dataset:
        if (text)
            return planned.subject.isEmpty() ? planned.dataset
                                             : tr("%1 · %2").arg(planned.dataset, planned.subject);
        return {};
    case RowsColumn:
        if (role == SortRole)
            return planned.rows;
        return text ? QVariant(format::count(planned.rows)) : QVariant();
    case Size:
        if (role == SortRole)
            return planned.bytes;
        return text ? QVariant(format::bytes(planned.bytes)) : QVariant();
    case DestinationColumn:
        if (role == Qt::ToolTipRole)
            return planned.objectName.toHtmlEscaped();
        return text ? QVariant(planned.destination) : QVariant();
    case Content:
        if (role == StateShapeRole)
            return static_cast<int>(shapeOf(planned));
        if (role == StateColorRole)
            return static_cast<int>(roleOf(planned));
        if (role == Qt::ToolTipRole)
            return contentWords(planned).toHtmlEscaped();
        if (role == SortRole)
            return planned.problem ? -1 : planned.risks;
        return text ? QVariant(contentWords(planned)) : QVariant();
    case Look:
        if (role == Qt::ForegroundRole)
            return Theme::instance().color(Role::Accent);
        return text ? QVariant(planned.problem ? QString() : tr("X-ray")) : QVariant();
    default:
        return {};
    }
}

QVariant PlannedModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole && (section == RowsColumn || section == Size))
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
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
    case Content:
        return tr("What leaves");
    default:
        return {};
    }
}

} // namespace tepal::ui
