/// A table of values with stable keys. Updating touches only rows that changed, so that views keep
/// their selection and scroll position.
#pragma once

#include <QAbstractTableModel>

namespace tepal::ui {

/// Derived needs: `key(const T &)`, `equal(const T &, const T &)`, columnCount, data, headerData.
template <typename T>
class KeyedModel : public QAbstractTableModel
{
public:
    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
    }
    const QList<T> &rows() const { return m_rows; }
    const T &row(int i) const { return m_rows[i]; }

    void setRows(const QList<T> &rows)
    {
        if (!sameKeys(rows)) {
            // Rows left out are removed one run at a time, new ones appended or inserted in place;
            // when the order itself changed there is nothing to keep.
            if (!merge(rows)) {
                beginResetModel();
                m_rows = rows;
                endResetModel();
            }
            return;
        }
        for (int i = 0; i < static_cast<int>(rows.size()); ++i)
            update(i, rows[i]);
    }

protected:
    virtual QVariant key(const T &value) const = 0;
    virtual bool equal(const T &a, const T &b) const = 0;

private:
    bool sameKeys(const QList<T> &rows) const
    {
        if (rows.size() != m_rows.size())
            return false;
        for (qsizetype i = 0; i < rows.size(); ++i) {
            if (key(rows[i]) != key(m_rows[i]))
                return false;
        }
        return true;
    }
    void update(int i, const T &value)
    {
        if (equal(m_rows[i], value))
            return;
        m_rows[i] = value;
        Q_EMIT this->dataChanged(index(i, 0), index(i, this->columnCount() - 1));
    }
    /// Walks both lists; fails (returns false, nothing broken: the caller resets) on a reorder.
    bool merge(const QList<T> &rows)
    {
        const auto contains = [this](const QList<T> &list, const QVariant &wanted) {
            for (const T &value : list) {
                if (key(value) == wanted)
                    return true;
            }
            return false;
        };
        if (rows.size() > 2000 || m_rows.size() > 2000)
            return false;
        for (int i = static_cast<int>(m_rows.size()) - 1; i >= 0; --i) {
            if (contains(rows, key(m_rows[i])))
                continue;
            this->beginRemoveRows({}, i, i);
            m_rows.removeAt(i);
            this->endRemoveRows();
        }
        for (int i = 0; i < static_cast<int>(rows.size()); ++i) {
            if (i < m_rows.size() && key(m_rows[i]) == key(rows[i])) {
                update(i, rows[i]);
            } else if (contains(m_rows, key(rows[i]))) {
                return false;
            } else {
                this->beginInsertRows({}, i, i);
                m_rows.insert(i, rows[i]);
                this->endInsertRows();
            }
        }
        return true;
    }

    QList<T> m_rows;
};

} // namespace tepal::ui
