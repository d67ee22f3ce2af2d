/// What leaves with a profile: its columns, and the raw texts of one.
#pragma once

#include "ui/backend/xray_values.h"
#include "ui/models/keyed_model.h"

namespace tepal::ui {

/// "E-mail address, certain", "None found"
QString riskWords(RiskGrade grade, const QString &kind);

class XrayColumnsModel final : public KeyedModel<XrayColumn>
{
    Q_OBJECT

public:
    enum Column { Name, Risk, Texts, Min, Max, ColumnCount };

    using KeyedModel::KeyedModel;
    void setRevealed(bool revealed);
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

protected:
    QVariant key(const XrayColumn &value) const override;
    bool equal(const XrayColumn &, const XrayColumn &) const override { return false; }

private:
    QString bound(const XrayColumn &column, double value) const;
    QVariant sortKey(const XrayColumn &column, int section) const;

    bool m_revealed = false;
};

class XrayTextsModel final : public KeyedModel<XrayText>
{
    Q_OBJECT

public:
    enum Column { Text, Count, Risk, ColumnCount };

    using KeyedModel::KeyedModel;
    void setRevealed(bool revealed);
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

protected:
    QVariant key(const XrayText &value) const override { return value.text; }
    bool equal(const XrayText &, const XrayText &) const override { return false; }

private:
    bool m_revealed = false;
};

} // namespace tepal::ui
