/// What waits to leave the machine, what left, what is stuck.
#pragma once

#include "ui/backend/upload_values.h"
#include "ui/models/keyed_model.h"

namespace tepal::ui {

class OutboxModel final : public KeyedModel<OutboxItem>
{
    Q_OBJECT

public:
    enum Column {
        State,
        Window,
        Dataset,
        RowsColumn,
        Size,
        DestinationColumn,
        Attempts,
        Message,
        ColumnCount
    };

    using KeyedModel::KeyedModel;
    /// Ages and "next try in" are told relative to this.
    void setNow(TimeMs now) { m_now = now; }
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

    static QString phaseWord(OutboxPhase phase);

protected:
    QVariant key(const OutboxItem &value) const override { return value.id; }
    bool equal(const OutboxItem &a, const OutboxItem &b) const override;

private:
    QString message(const OutboxItem &item) const;

    TimeMs m_now = 0;
};

} // namespace tepal::ui
