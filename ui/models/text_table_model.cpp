#include "ui/models/text_table_model.h"

namespace tepal::ui {

TextTableModel::TextTableModel(const QStringList &headers, const QSet<int> &editable,
                               QObject *parent)
    : QAbstractTableModel(parent)
    , m_headers(headers)
    , m_editable(editable)
{}

void TextTableModel::setRows(const QList<QStringList> &rows)
{
    if (rows == m_rows)
        return;
    if (rows.size() == m_rows.size()) {
        m_rows = rows;
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
        return;
    }
    beginResetModel();
    m_rows = rows;
    endResetModel();
}

QStringList TextTableModel::column(int column) const
{
    QStringList out;
    for (const QStringList &row : m_rows)
        out << row.value(column);
    return out;
}

int TextTableModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int TextTableModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_headers.size());
}

QVariant TextTableModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const QString text = m_rows[index.row()].value(index.column());
    if (role == Qt::DisplayRole || role == Qt::EditRole)
        return text;
    if (role == Qt::ToolTipRole)
        return text.toHtmlEscaped(); // from files: never rich text
    return {};
}

bool TextTableModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    if (!index.isValid() || role != Qt::EditRole || !(flags(index) & Qt::ItemIsEditable))
        return false;
    QStringList &row = m_rows[index.row()];
    const QString text = value.toString().trimmed();
    if (row.value(index.column()) == text)
        return true;
    row[index.column()] = text;
    Q_EMIT dataChanged(index, index);
    Q_EMIT edited();
    return true;
}

Qt::ItemFlags TextTableModel::flags(const QModelIndex &index) const
{
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (m_editable.contains(index.column()))
        flags |= Qt::ItemIsEditable;
    return flags;
}

QVariant TextTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignLeft | Qt::AlignVCenter);
    return role == Qt::DisplayRole ? QVariant(m_headers.value(section)) : QVariant();
}

} // namespace tepal::ui
