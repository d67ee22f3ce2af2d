/// All measures of one comparison, each with its uncertainty.
#pragma once

#include "ui/backend/drift_values.h"
#include "ui/models/keyed_model.h"

namespace tepal::ui {

class MeasuresModel final : public KeyedModel<MeasureResult>
{
    Q_OBJECT

public:
    enum Column { Name, Value, Band, Interval, P, Floor, Threshold, Method, ColumnCount };

    using KeyedModel::KeyedModel;
    /// Which measures decide: marked in the first column.
    void setDeciders(const QString &effectKey, const QString &evidenceKey);
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

protected:
    QVariant key(const MeasureResult &value) const override { return value.key; }
    bool equal(const MeasureResult &, const MeasureResult &) const override { return false; }

private:
    QString m_effect;
    QString m_evidence;
};

} // namespace tepal::ui
