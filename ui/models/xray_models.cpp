#include "ui/models/xray_models.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/table_helpers.h"
#include "ui/widgets/verdict.h"

#include <QCoreApplication>

#include <cmath>

namespace tepal::ui {

namespace {

Symbol shapeOf(RiskGrade grade)
{
    switch (grade) {
    case RiskGrade::Certain:
        return Symbol::Octagon;
    case RiskGrade::Likely:
        return Symbol::Triangle;
    case RiskGrade::Possible:
        return Symbol::Ring;
    case RiskGrade::None:
        break;
    }
    return Symbol::Dash;
}

Role roleOf(RiskGrade grade)
{
    switch (grade) {
    case RiskGrade::Certain:
        return Role::Alarm;
    case RiskGrade::Likely:
    case RiskGrade::Possible:
        return Role::Warn;
    case RiskGrade::None:
        break;
    }
    return Role::Muted;
}

QVariant riskData(RiskGrade grade, const QString &kind, int role)
{
    switch (role) {
    case Qt::DisplayRole:
        return riskWords(grade, kind);
    case StateShapeRole:
        return static_cast<int>(shapeOf(grade));
    case StateColorRole:
        return static_cast<int>(roleOf(grade));
    case MutedRole:
        return grade == RiskGrade::None;
    default:
        return {};
    }
}

QVariant alignedRight()
{
    return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
}

} // namespace

QString riskWords(RiskGrade grade, const QString &kind)
{
    const auto tr = [](const char *text) { return QCoreApplication::translate("Xray", text); };
    switch (grade) {
    case RiskGrade::Certain:
        return tr("%1, certain").arg(kind);
    case RiskGrade::Likely:
        return tr("%1, likely").arg(kind);
    case RiskGrade::Possible:
        return tr("%1, possible").arg(kind);
    case RiskGrade::None:
        break;
    }
    return tr("None found");
}

// ---------------------------------------------------------------- columns

void XrayColumnsModel::setRevealed(bool revealed)
{
    if (std::exchange(m_revealed, revealed) != revealed && rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

QVariant XrayColumnsModel::key(const XrayColumn &value) const
{
    // A column may be called as the row for the file.
    return value.isFile ? QVariant(true) : QVariant(value.name);
}

int XrayColumnsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QString XrayColumnsModel::bound(const XrayColumn &column, double value) const
{
    if (std::isnan(value))
        return format::missing();
    if (column.rangeIsRisk && !m_revealed)
        return QStringLiteral("…");
    // As it leaves, unless a fraction's last digits would crowd out the first.
    constexpr qsizetype widest = 16;
    const QString exact = format::full(value);
    return exact.size() <= widest ? exact : format::full(QString::number(value, 'g', 6).toDouble());
}

QVariant XrayColumnsModel::sortKey(const XrayColumn &column, int section) const
{
    switch (section) {
    case Risk:
        return static_cast<int>(column.grade());
    case Texts:
        return column.texts.size();
    case Min:
        return column.min;
    case Max:
        return column.max;
    default:
        return column.name;
    }
}

QVariant XrayColumnsModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const XrayColumn &column = row(index.row());
    if (role == KeyRole)
        return key(column);
    if (role == SortRole)
        return sortKey(column, index.column());
    if (role == Qt::TextAlignmentRole && index.column() >= Texts)
        return alignedRight();
    if (index.column() == Risk)
        return riskData(column.grade(),
                        column.risks.isEmpty() ? QString() : column.risks.first().kind, role);
    if (role == MutedRole)
        return column.isFile && index.column() != Texts;
    if (role == Qt::ToolTipRole && (index.column() == Min || index.column() == Max)) {
        const double value = index.column() == Min ? column.min : column.max;
        return std::isnan(value) || (column.rangeIsRisk && !m_revealed)
                   ? QVariant()
                   : QVariant(format::full(value));
    }
    if (role == Qt::ToolTipRole && index.column() == Name)
        return (m_revealed ? column.name : column.maskedName).toHtmlEscaped();
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Name:
        return m_revealed ? column.name : column.maskedName;
    case Texts:
        return column.texts.isEmpty() ? format::missing() : format::count(column.texts.size());
    case Min:
        return bound(column, column.min);
    case Max:
        return bound(column, column.max);
    default:
        return {};
    }
}

QVariant XrayColumnsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole && section >= Texts)
        return alignedRight();
    if (role == Qt::ToolTipRole && (section == Min || section == Max))
        return tr("Exact: the value of somebody's row");
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Column");
    case Risk:
        return tr("Risk");
    case Texts:
        return tr("Raw texts");
    case Min:
        return tr("Smallest");
    case Max:
        return tr("Largest");
    default:
        return {};
    }
}

// ---------------------------------------------------------------- raw texts

void XrayTextsModel::setRevealed(bool revealed)
{
    if (std::exchange(m_revealed, revealed) != revealed && rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int XrayTextsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant XrayTextsModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const XrayText &text = row(index.row());
    if (index.column() == Risk)
        return riskData(text.grade, text.kind, role);
    if (role == Qt::TextAlignmentRole && index.column() == Count)
        return alignedRight();
    if (index.column() == Text && role == Qt::DisplayRole) {
        const QString &shown = m_revealed ? text.text : text.masked;
        return shown.isEmpty() ? tr("(empty)") : shown;
    }
    if (index.column() == Text && role == MutedRole)
        return text.text.isEmpty();
    if (index.column() == Count && role == Qt::DisplayRole)
        return format::estimate(text.count);
    if (index.column() == Count && role == Qt::ToolTipRole && !text.count.isExact() &&
        !std::isnan(text.count.value))
        return tr("between %1 and %2")
            .arg(format::count(static_cast<qint64>(text.count.low)),
                 format::count(static_cast<qint64>(text.count.high)));
    return {};
}

QVariant XrayTextsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole && section == Count)
        return alignedRight();
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Text:
        return tr("Raw text");
    case Count:
        return tr("Count");
    case Risk:
        return tr("Risk");
    default:
        return {};
    }
}

} // namespace tepal::ui
