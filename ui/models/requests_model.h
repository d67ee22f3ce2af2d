/// The latest requests, newest first, and a filter such as `class = virginica and p < 0.8`.
#pragma once

#include "ui/backend/values.h"
#include "ui/widgets/format.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

namespace tepal::ui {

class RequestsModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    /// Columns: time, one per feature, class, p, latency.
    static constexpr int kFirstFeature = 1;
    static constexpr int kKept = 5000;

    using QAbstractTableModel::QAbstractTableModel;

    void setSchema(const ModelSchema &schema);
    void setRows(const QList<RequestRow> &oldestFirst);
    /// Oldest first; beyond kKept the oldest go.
    void append(const QList<RequestRow> &oldestFirst);
    /// Of the last column, as the charts beside the table tell them.
    void setLatencyUnit(format::LatencyUnit unit);

    const RequestRow &row(int i) const { return m_rows[i]; }
    int classColumn() const { return kFirstFeature + static_cast<int>(m_features.size()); }
    int probabilityColumn() const { return classColumn() + 1; }
    int durationColumn() const { return classColumn() + 2; }
    QStringList columnNames() const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    void learnDecimals(const QList<RequestRow> &rows);

    QStringList m_features;
    QStringList m_classes;
    format::LatencyUnit m_latencyUnit = format::LatencyUnit::Milliseconds;
    QList<int> m_decimals;    ///< Parallel to m_features.
    QList<RequestRow> m_rows; ///< Newest first.
};

/// One comparison of a filter.
struct RequestTerm
{
    enum class Op : std::uint8_t {
        Equal,
        NotEqual,
        Less,
        LessEqual,
        Greater,
        GreaterEqual,
        Contains
    };

    QString field; ///< "class", "p", "ms" ("µs" becomes it), "status" or a feature's name.
    int feature = -1;
    Op op = Op::Equal;
    QString text;
    double number = kMissing;
};

/// All terms must hold. Parsing fails with a sentence that names the part that is not understood.
struct RequestFilter
{
    QList<RequestTerm> terms;

    static RequestFilter parse(const QString &text, const QStringList &features, QString *error);
    bool matches(const RequestRow &row) const;
};

class RequestsProxy final : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setFilter(const RequestFilter &filter);

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override;

private:
    RequestFilter m_filter;
};

} // namespace tepal::ui
