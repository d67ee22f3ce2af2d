#include "ui/models/columns_model.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/table_helpers.h"
#include "ui/widgets/verdict.h"

#include <cmath>

namespace tepal::ui {

namespace {

/// Equal, or both missing.
bool same(double a, double b)
{
    return a == b || (std::isnan(a) && std::isnan(b));
}

} // namespace

bool ColumnsModel::equal(const ColumnSummary &a, const ColumnSummary &b) const
{
    return a.rows == b.rows && a.missing == b.missing && a.kind == b.kind &&
           a.verdict == b.verdict && same(a.distinct.value, b.distinct.value) &&
           a.topValue == b.topValue && same(a.mean, b.mean) && a.shape == b.shape;
}

int ColumnsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant ColumnsModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const ColumnSummary &c = row(index.row());
    if (role == KeyRole)
        return c.name;
    const double missingShare =
        c.rows > 0 ? static_cast<double>(c.missing) / static_cast<double>(c.rows) : kMissing;
    switch (index.column()) {
    case Name:
        if (role == Qt::DisplayRole || role == SortRole)
            return c.name;
        if (role == Qt::ToolTipRole) {
            return c.isOutput ? tr("%1 (output of the model)").arg(c.name).toHtmlEscaped()
                              : c.name.toHtmlEscaped();
        }
        return {};
    case Type:
        if (role == Qt::DisplayRole || role == SortRole)
            return format::kind(c.kind);
        return role == MutedRole ? QVariant(true) : QVariant();
    case Rows:
        if (role == Qt::DisplayRole)
            return format::shortCount(static_cast<double>(c.rows));
        if (role == Qt::ToolTipRole)
            return format::count(c.rows);
        if (role == SortRole)
            return c.rows;
        break;
    case Missing:
        if (role == Qt::DisplayRole)
            return c.missing == 0 ? format::missing() : format::percent(missingShare);
        if (role == Qt::ToolTipRole)
            return tr("%1 of %2 rows").arg(format::count(c.missing), format::count(c.rows));
        if (role == SortRole)
            return missingShare;
        if (role == MutedRole)
            return c.missing == 0;
        break;
    case Distinct:
        if (role == Qt::DisplayRole)
            return format::estimate(c.distinct);
        if (role == SortRole)
            return c.distinct.value;
        break;
    case Typical:
        if (role == Qt::DisplayRole) {
            return std::isnan(c.mean) ? c.topValue % QLatin1Char(' ') % format::percent(c.topShare)
                                      : format::meanSd(c.mean, c.stddev);
        }
        if (role == Qt::ToolTipRole) {
            return std::isnan(c.mean)
                       ? tr("most frequent: %1").arg(c.topValue).toHtmlEscaped()
                       : tr("mean ± standard deviation; %1 to %2")
                             .arg(format::number(c.min, 5), format::number(c.max, 5));
        }
        if (role == SortRole)
            return c.mean;
        break;
    case Shape:
        if (role == ShapesRole)
            return QVariant::fromValue(c.shape);
        if (role == Qt::AccessibleTextRole)
            return tr("distribution of %1").arg(c.name);
        return {};
    case VerdictColumn:
        if (role == Qt::DisplayRole)
            return verdictWord(c.verdict);
        if (role == SortRole)
            return static_cast<int>(c.verdict);
        if (role == StateShapeRole)
            return static_cast<int>(verdictSymbol(c.verdict));
        if (role == StateColorRole)
            return static_cast<int>(verdictRole(c.verdict));
        if (role == MutedRole)
            return verdictRole(c.verdict) == Role::Muted;
        return {};
    default:
        return {};
    }
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

QVariant ColumnsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole && section >= Rows && section <= Typical)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Column");
    case Type:
        return tr("Type");
    case Rows:
        return tr("Rows");
    case Missing:
        return tr("Missing");
    case Distinct:
        return tr("Distinct");
    case Typical:
        return tr("Mean ± sd / top");
    case Shape:
        return tr("Shape");
    case VerdictColumn:
        return tr("Verdict");
    default:
        return {};
    }
}

SortProxy::SortProxy(QObject *parent)
    : QSortFilterProxyModel(parent)
{
    setSortRole(SortRole);
    setFilterCaseSensitivity(Qt::CaseInsensitive);
    setSortCaseSensitivity(Qt::CaseInsensitive);
}

bool SortProxy::lessThan(const QModelIndex &left, const QModelIndex &right) const
{
    const QVariant a = left.data(SortRole);
    const QVariant b = right.data(SortRole);
    const auto isMissing = [](const QVariant &v) {
        return !v.isValid() || (v.typeId() == QMetaType::Double && std::isnan(v.toDouble()));
    };
    const bool missingA = isMissing(a);
    const bool missingB = isMissing(b);
    if (missingA || missingB)
        return missingA != missingB && missingB == (sortOrder() == Qt::AscendingOrder);
    return QVariant::compare(a, b) == QPartialOrdering::Less;
}

} // namespace tepal::ui
