/// The columns of a dataset in a time range.
#pragma once

#include "ui/backend/profile_values.h"
#include "ui/models/keyed_model.h"

#include <QSortFilterProxyModel>

namespace tepal::ui {

class ColumnsModel final : public KeyedModel<ColumnSummary>
{
    Q_OBJECT

public:
    enum Column { Name, Type, Rows, Missing, Distinct, Typical, Shape, VerdictColumn, ColumnCount };

    using KeyedModel::KeyedModel;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

protected:
    QVariant key(const ColumnSummary &value) const override { return value.name; }
    bool equal(const ColumnSummary &a, const ColumnSummary &b) const override;
};

/// Sorts by SortRole with missing values last in both directions; filters by the name.
class SortProxy final : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    explicit SortProxy(QObject *parent = nullptr);

protected:
    bool lessThan(const QModelIndex &left, const QModelIndex &right) const override;
};

} // namespace tepal::ui
