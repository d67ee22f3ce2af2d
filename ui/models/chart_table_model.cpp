#include "ui/models/chart_table_model.h"

#include "ui/widgets/format.h"
#include "ui/widgets/table_helpers.h"

namespace tepal::ui {

void ChartTableModel::setTable(const ChartTable &table)
{
    beginResetModel();
    m_table = table;
    endResetModel();
}

int ChartTableModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_table.rows.size());
}

int ChartTableModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_table.headers.size());
}

QVariant ChartTableModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const QVariant cell = m_table.rows[index.row()].value(index.column());
    const bool isNumber =
        cell.typeId() == QMetaType::Double || cell.typeId() == QMetaType::LongLong;
    switch (role) {
    case Qt::DisplayRole:
        return cell.typeId() == QMetaType::Double ? format::number(cell.toDouble(), 6)
               : isNumber                         ? format::count(cell.toLongLong())
                                                  : cell.toString();
    case Qt::TextAlignmentRole:
        return QVariant::fromValue((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case SortRole:
        return cell;
    default:
        return {};
    }
}

QVariant ChartTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole && !m_table.rows.isEmpty()) {
        const int type = m_table.rows.first().value(section).typeId();
        const bool isNumber = type == QMetaType::Double || type == QMetaType::LongLong;
        return QVariant::fromValue((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    return role == Qt::DisplayRole ? QVariant(m_table.headers.value(section)) : QVariant();
}

} // namespace tepal::ui
