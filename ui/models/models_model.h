/// The model store as a table.
#pragma once

#include "ui/backend/values.h"
#include "ui/models/keyed_model.h"

namespace tepal::ui {

class ModelsModel final : public KeyedModel<ModelInfo>
{
    Q_OBJECT

public:
    enum Column {
        Tag,
        State,
        Kind,
        Takes,
        Dataset,
        Created,
        RowsColumn,
        Accuracy,
        Reference,
        Size,
        ColumnCount
    };

    using KeyedModel::KeyedModel;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

protected:
    QVariant key(const ModelInfo &value) const override { return value.tag; }
    bool equal(const ModelInfo &a, const ModelInfo &b) const override;
};

} // namespace tepal::ui
