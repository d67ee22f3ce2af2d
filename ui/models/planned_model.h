/// What a dry run would send.
#pragma once

#include "ui/backend/upload_values.h"
#include "ui/models/keyed_model.h"

namespace tepal::ui {

class PlannedModel final : public KeyedModel<PlannedUpload>
{
    Q_OBJECT

public:
    enum Column {
        Window,
        Dataset,
        RowsColumn,
        Size,
        DestinationColumn,
        Content,
        Look,
        ColumnCount
    };

    using KeyedModel::KeyedModel;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

protected:
    QVariant key(const PlannedUpload &value) const override;
    bool equal(const PlannedUpload &a, const PlannedUpload &b) const override;
};

} // namespace tepal::ui
