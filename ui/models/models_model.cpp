#include "ui/models/models_model.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/table_helpers.h"
#include "ui/widgets/verdict.h"

#include <cmath>

namespace tepal::ui {

bool ModelsModel::equal(const ModelInfo &a, const ModelInfo &b) const
{
    return a.serving == b.serving && a.latest == b.latest && a.bytes == b.bytes &&
           a.reference == b.reference && a.rows == b.rows && a.takes == b.takes &&
           a.dataset == b.dataset && a.rollout == b.rollout &&
           (a.accuracy == b.accuracy || (std::isnan(a.accuracy) && std::isnan(b.accuracy)));
}

int ModelsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant ModelsModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const ModelInfo &m = row(index.row());
    if (role == KeyRole)
        return m.tag;
    switch (index.column()) {
    case Tag:
        if (role == Qt::DisplayRole || role == SortRole || role == Qt::ToolTipRole)
            return m.tag;
        return {};
    case State:
        if (role == Qt::DisplayRole)
            return m.serving              ? tr("Serving")
                   : !m.rollout.isEmpty() ? m.rollout
                   : m.latest             ? tr("Latest")
                                          : tr("Stored");
        if (role == Qt::ToolTipRole)
            return m.rollout.isEmpty() ? QVariant() : tr("Side by side: %1").arg(m.rollout);
        if (role == SortRole)
            return m.serving ? 3 : !m.rollout.isEmpty() ? 2 : m.latest ? 1 : 0;
        if (role == StateShapeRole)
            return static_cast<int>(m.serving || !m.rollout.isEmpty() ? Symbol::Disc
                                                                      : Symbol::Ring);
        if (role == StateColorRole)
            return static_cast<int>(m.serving              ? Role::Ok
                                    : !m.rollout.isEmpty() ? Role::Accent
                                                           : Role::Muted);
        if (role == MutedRole)
            return !m.serving && m.rollout.isEmpty();
        return {};
    case Kind:
        if (role == Qt::DisplayRole || role == SortRole)
            return m.kind;
        return {};
    case Takes:
        if (role == Qt::DisplayRole || role == SortRole)
            return m.takes;
        return {};
    case Dataset:
        if (role == Qt::DisplayRole || role == SortRole)
            return m.dataset;
        return {};
    case Created:
        if (role == Qt::DisplayRole)
            return format::dateTime(m.created);
        if (role == SortRole)
            return QVariant::fromValue<qint64>(m.created);
        return {};
    case Reference:
        if (role == Qt::DisplayRole)
            return m.reference.isEmpty() ? format::missing() : m.reference;
        return role == SortRole ? QVariant(m.reference) : QVariant();
    case RowsColumn:
        if (role == Qt::DisplayRole)
            return format::count(m.rows);
        if (role == SortRole)
            return m.rows;
        break;
    case Accuracy:
        if (role == Qt::DisplayRole)
            return std::isnan(m.accuracy)
                       ? format::missing()
                       : format::fixed(m.accuracy * 100, 1) % QChar(0x00a0) % QLatin1Char('%');
        if (role == Qt::ToolTipRole)
            return m.accuracyMethod;
        if (role == SortRole)
            return m.accuracy;
        break;
    case Size:
        if (role == Qt::DisplayRole)
            return format::bytes(m.bytes);
        if (role == SortRole)
            return m.bytes;
        break;
    default:
        return {};
    }
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

QVariant ModelsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole &&
        (section == RowsColumn || section == Accuracy || section == Size))
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Tag:
        return tr("Tag");
    case State:
        return tr("State");
    case Kind:
        return tr("Kind");
    case Takes:
        return tr("Takes → answers");
    case Dataset:
        return tr("Logged to");
    case Created:
        return tr("Created");
    case RowsColumn:
        return tr("Training rows");
    case Accuracy:
        return tr("Accuracy");
    case Reference:
        return tr("Reference");
    case Size:
        return tr("Size");
    default:
        return {};
    }
}

} // namespace tepal::ui
