/// Short tables of texts, some columns of which can be written in.
#pragma once

#include <QAbstractTableModel>
#include <QSet>
#include <QStringList>

namespace tepal::ui {

class TextTableModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    explicit TextTableModel(const QStringList &headers, const QSet<int> &editable = {},
                            QObject *parent = nullptr);

    /// Keeps what is selected and being edited where as many rows come as there were.
    void setRows(const QList<QStringList> &rows);
    const QList<QStringList> &rows() const { return m_rows; }
    QStringList column(int column) const;
    void setEditableColumns(const QSet<int> &columns) { m_editable = columns; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

Q_SIGNALS:
    /// By the user.
    void edited();

private:
    QStringList m_headers;
    QSet<int> m_editable;
    QList<QStringList> m_rows;
};

} // namespace tepal::ui
