#include "ui/models/requests_model.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/table_helpers.h"
#include "ui/widgets/verdict.h"

#include <QRegularExpression>

#include <cmath>

namespace tepal::ui {

void RequestsModel::setSchema(const ModelSchema &schema)
{
    QStringList names;
    for (const FeatureSpec &feature : schema.features)
        names << feature.name;
    if (names == m_features && schema.classes == m_classes)
        return;
    beginResetModel();
    m_features = names;
    m_classes = schema.classes;
    m_decimals = QList<int>(names.size(), 1);
    endResetModel();
}

void RequestsModel::setRows(const QList<RequestRow> &oldestFirst)
{
    beginResetModel();
    learnDecimals(oldestFirst);
    m_rows = QList<RequestRow>(oldestFirst.rbegin(), oldestFirst.rend());
    if (m_rows.size() > kKept)
        m_rows.resize(kKept);
    endResetModel();
}

void RequestsModel::append(const QList<RequestRow> &oldestFirst)
{
    const auto count = static_cast<int>(std::min<qsizetype>(oldestFirst.size(), kKept));
    if (count == 0)
        return;
    learnDecimals(oldestFirst);
    beginInsertRows({}, 0, count - 1);
    QList<RequestRow> rows;
    rows.reserve(count + m_rows.size());
    for (qsizetype i = oldestFirst.size(); i > oldestFirst.size() - count; --i)
        rows.append(oldestFirst[i - 1]);
    rows.append(m_rows);
    m_rows = rows;
    endInsertRows();
    if (m_rows.size() > kKept) {
        beginRemoveRows({}, kKept, static_cast<int>(m_rows.size()) - 1);
        m_rows.resize(kKept);
        endRemoveRows();
    }
}

void RequestsModel::setLatencyUnit(format::LatencyUnit unit)
{
    if (unit == m_latencyUnit)
        return;
    m_latencyUnit = unit;
    Q_EMIT headerDataChanged(Qt::Horizontal, durationColumn(), durationColumn());
    if (!m_rows.isEmpty())
        Q_EMIT dataChanged(index(0, durationColumn()), index(rowCount() - 1, durationColumn()),
                           {Qt::DisplayRole});
}

void RequestsModel::learnDecimals(const QList<RequestRow> &rows)
{
    // The same decimals down a column: as many as its values have, at most four.
    for (const RequestRow &row : rows) {
        for (qsizetype f = 0; f < m_decimals.size() && f < row.features.size(); ++f) {
            int &decimals = m_decimals[f];
            double scaled = row.features[f] * std::pow(10.0, decimals);
            while (decimals < 4 && std::abs(scaled - std::round(scaled)) > 1e-6) {
                ++decimals;
                scaled *= 10;
            }
        }
    }
}

QStringList RequestsModel::columnNames() const
{
    return QStringList{tr("Time")} + m_features +
           QStringList{tr("Class"), tr("p"), format::latencyUnitName(m_latencyUnit)};
}

int RequestsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int RequestsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_features.size()) + 4;
}

QVariant RequestsModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const RequestRow &row = m_rows[index.row()];
    const int column = index.column();
    const bool failed = row.status >= 400;
    if (role == KeyRole)
        return row.id;
    if (column == 0) {
        if (role == Qt::DisplayRole)
            return format::time(row.time);
        if (role == Qt::ToolTipRole)
            return QString(format::dateTimeFull(row.time) + QStringLiteral(" · ") +
                           row.id.toHtmlEscaped());
        if (role == SortRole)
            return QVariant::fromValue<qint64>(row.time);
        return role == MutedRole ? QVariant(true) : QVariant();
    }
    if (column < classColumn()) {
        const double value = row.features.value(column - kFirstFeature, kMissing);
        if (role == Qt::DisplayRole)
            return format::fixed(value, m_decimals.value(column - kFirstFeature, 1));
        if (role == SortRole)
            return value;
    } else if (column == classColumn()) {
        if (role == Qt::DisplayRole)
            return failed                         ? tr("error %1").arg(row.status)
                   : row.predictedClass.isEmpty() ? format::missing()
                                                  : row.predictedClass;
        if (role == SortRole)
            return row.predictedClass;
        if (role == StateShapeRole) {
            // A request without a prediction has no state to show.
            return !failed && row.predictedClass.isEmpty()
                       ? QVariant()
                       : QVariant(static_cast<int>(failed ? Symbol::Octagon : Symbol::Disc));
        }
        if (role == StateColorRole) {
            const auto series = static_cast<int>(Role::Series1);
            const auto at = static_cast<int>(m_classes.indexOf(row.predictedClass));
            if (at < 0 && !failed)
                return static_cast<int>(Role::Faint);
            return failed ? static_cast<int>(Role::Alarm) : series + std::clamp(at, 0, 7);
        }
        return {};
    } else if (column == probabilityColumn()) {
        if (role == Qt::DisplayRole)
            return format::fixed(row.probability, 2);
        if (role == SortRole)
            return row.probability;
    } else {
        if (role == Qt::DisplayRole)
            return format::latencyValue(row.durationMs, m_latencyUnit);
        if (role == SortRole)
            return row.durationMs;
    }
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

QVariant RequestsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::DisplayRole || role == Qt::ToolTipRole)
        return columnNames().value(section);
    if (role == Qt::TextAlignmentRole && section != 0 && section != classColumn())
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

// ---------------------------------------------------------------- filter

RequestFilter RequestFilter::parse(const QString &text, const QStringList &features, QString *error)
{
    static const QRegularExpression splitter(QStringLiteral("\\s+and\\s+|\\s*&&?\\s*"),
                                             QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression term(
        QStringLiteral("^\\s*(.+?)\\s*(<=|>=|!=|≠|≤|≥|==|=|<|>|:)\\s*(.+?)\\s*$"));
    RequestFilter filter;
    error->clear();
    const QString trimmed = text.trimmed();
    if (trimmed.isEmpty())
        return filter;
    const QStringList parts = trimmed.split(splitter, Qt::SkipEmptyParts);
    for (const QString &part : parts) {
        const QRegularExpressionMatch match = term.match(part);
        RequestTerm t;
        if (!match.hasMatch()) {
            // A bare word looks for a class.
            t.field = QStringLiteral("class");
            t.op = RequestTerm::Op::Contains;
            t.text = part.trimmed();
            filter.terms.append(t);
            continue;
        }
        t.field = match.captured(1).toLower();
        t.text = match.captured(3);
        bool isNumber = false;
        t.number = t.text.toDouble(&isNumber);
        const QString op = match.captured(2);
        using Op = RequestTerm::Op;
        t.op = op == QStringLiteral("<")                                 ? Op::Less
               : op == QStringLiteral(">")                               ? Op::Greater
               : op == QStringLiteral("<=") || op == QStringLiteral("≤") ? Op::LessEqual
               : op == QStringLiteral(">=") || op == QStringLiteral("≥") ? Op::GreaterEqual
               : op == QStringLiteral("!=") || op == QStringLiteral("≠") ? Op::NotEqual
               : op == QStringLiteral(":")                               ? Op::Contains
                                                                         : Op::Equal;
        for (int i = 0; i < features.size(); ++i) {
            if (features[i].compare(t.field, Qt::CaseInsensitive) == 0)
                t.feature = i;
        }
        // What the head of the column says can be typed: both letters that look like a µ, and u.
        static const QStringList micro{QStringLiteral("us"), QChar(0x00b5) % QLatin1Char('s'),
                                       QChar(0x03bc) % QLatin1Char('s')};
        if (t.feature < 0 && micro.contains(t.field)) {
            t.field = QStringLiteral("ms");
            t.number /= 1000;
        }
        const bool known = t.feature >= 0 || t.field == QStringLiteral("class") ||
                           t.field == QStringLiteral("p") || t.field == QStringLiteral("ms") ||
                           t.field == QStringLiteral("status");
        if (!known) {
            *error = RequestsModel::tr("There is no “%1”. Use class, p, ms, status or a column")
                         .arg(match.captured(1));
            return {};
        }
        if (t.field != QStringLiteral("class") && !isNumber) {
            *error = RequestsModel::tr("“%1” is not a number").arg(t.text);
            return {};
        }
        filter.terms.append(t);
    }
    return filter;
}

bool RequestFilter::matches(const RequestRow &row) const
{
    using Op = RequestTerm::Op;
    for (const RequestTerm &t : terms) {
        if (t.feature < 0 && t.field == QStringLiteral("class")) {
            const bool same = row.predictedClass.compare(t.text, Qt::CaseInsensitive) == 0;
            const bool holds = t.op == Op::Contains
                                   ? row.predictedClass.contains(t.text, Qt::CaseInsensitive)
                               : t.op == Op::NotEqual ? !same
                                                      : same;
            if (!holds)
                return false;
            continue;
        }
        const double value = t.feature >= 0 ? row.features.value(t.feature, kMissing)
                             : t.field == QStringLiteral("p")  ? row.probability
                             : t.field == QStringLiteral("ms") ? row.durationMs
                                                               : static_cast<double>(row.status);
        bool holds = false;
        switch (t.op) {
        case Op::Less:
            holds = value < t.number;
            break;
        case Op::LessEqual:
            holds = value <= t.number;
            break;
        case Op::Greater:
            holds = value > t.number;
            break;
        case Op::GreaterEqual:
            holds = value >= t.number;
            break;
        case Op::NotEqual:
            holds = value != t.number;
            break;
        case Op::Equal:
        case Op::Contains:
            holds = value == t.number;
            break;
        }
        if (!holds)
            return false;
    }
    return true;
}

void RequestsProxy::setFilter(const RequestFilter &filter)
{
    m_filter = filter;
    invalidateFilter();
}

bool RequestsProxy::filterAcceptsRow(int row, const QModelIndex &) const
{
    const auto *model = static_cast<const RequestsModel *>(sourceModel());
    return m_filter.matches(model->row(row));
}

} // namespace tepal::ui
