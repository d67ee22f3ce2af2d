#include "ui/models/measures_model.h"

#include "ui/widgets/format.h"
#include "ui/widgets/table_helpers.h"

#include <cmath>

namespace tepal::ui {

void MeasuresModel::setDeciders(const QString &effectKey, const QString &evidenceKey)
{
    m_effect = effectKey;
    m_evidence = evidenceKey;
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, 0));
}

int MeasuresModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant MeasuresModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const MeasureResult &m = row(index.row());
    const bool missing = std::isnan(m.value);
    if (role == KeyRole)
        return m.key;
    switch (index.column()) {
    case Name:
        if (role == Qt::DisplayRole) {
            return m.key == m_effect     ? tr("%1 · size").arg(m.label)
                   : m.key == m_evidence ? tr("%1 · evidence").arg(m.label)
                                         : m.label;
        }
        if (role == Qt::ToolTipRole && m.key == m_effect)
            return tr("This measure decides whether the change is big");
        if (role == Qt::ToolTipRole && m.key == m_evidence)
            return tr("This measure decides whether the change is real");
        return {};
    case Value:
        if (role == Qt::DisplayRole)
            return format::number(m.value);
        if (role == Qt::ToolTipRole)
            return missing ? m.note : format::full(m.value);
        break;
    case Band:
        if (role == Qt::DisplayRole) {
            if (missing)
                return QString();
            return m.exact ? tr("exact") : format::band(m.bandLow, m.bandHigh);
        }
        if (role == Qt::ToolTipRole && !m.exact)
            return m.bandEstimated ? tr("estimated") : tr("guaranteed at 99 %");
        if (role == MutedRole)
            return true;
        break;
    case Interval:
        if (role == Qt::DisplayRole)
            return missing ? QString() : format::band(m.intervalLow, m.intervalHigh);
        if (role == Qt::ToolTipRole)
            return tr("95 %: where infinitely many rows on both sides would lead; the sketch error "
                      "says how coarse the profile is, this how few the rows are");
        if (role == MutedRole)
            return true;
        break;
    case P:
        if (role == Qt::DisplayRole)
            return m.p ? format::bareP(*m.p) : format::missing();
        if (role == Qt::ToolTipRole && m.p)
            return format::full(*m.p);
        if (role == MutedRole)
            return !m.p;
        break;
    case Floor:
        if (role == Qt::DisplayRole)
            return format::number(m.floor);
        if (role == Qt::ToolTipRole)
            return tr("95 % of comparisons without any drift stay below this at these sizes");
        if (role == MutedRole)
            return true;
        break;
    case Threshold:
        if (role == Qt::DisplayRole)
            return format::number(m.threshold);
        if (role == MutedRole)
            return true;
        break;
    case Method: {
        if (role == MutedRole)
            return true;
        const QString text = missing && !m.note.isEmpty() ? m.note
                             : m.binning.isEmpty()        ? m.method
                                                   : m.method % QStringLiteral("; ") % m.binning;
        if (role == Qt::DisplayRole)
            return text;
        if (role == Qt::ToolTipRole) {
            return (m.note.isEmpty() || missing ? text : text % QStringLiteral(". ") % m.note)
                .toHtmlEscaped();
        }
        return {};
    }
    default:
        return {};
    }
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

QVariant MeasuresModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole && section >= Value && section <= Threshold)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Measure");
    case Value:
        return tr("Value");
    case Band:
        return tr("Sketch error");
    case Interval:
        return tr("Interval");
    case P:
        return tr("p");
    case Floor:
        return tr("Noise floor");
    case Threshold:
        return tr("Drift from");
    case Method:
        return tr("How");
    default:
        return {};
    }
}

} // namespace tepal::ui
