/// How every table of ours looks and behaves.
#pragma once

#include <QStyledItemDelegate>

class QTableView;

namespace tepal::ui {

/// Roles beyond Qt's that our delegates and proxies read.
enum ItemRole {
    SortRole = Qt::UserRole + 1, ///< A comparable value; NaN and missing go last.
    ShapesRole,                  ///< QList<double> for a sparkline.
    StateShapeRole,              ///< int(Symbol): a symbol before the text.
    StateColorRole,              ///< int(Role) of the symbol.
    MutedRole,                   ///< bool: draw the text muted.
    KeyRole,                     ///< Stable identity of the row.
};

/// Row height, headers, selection by row, pixel scrolling, accessible name, Ctrl+C as TSV.
void setUpTable(QTableView *view, const QString &accessibleName);
/// Fixed widths for the given columns, the rest share what is left; 0 means "stretch".
void setColumnWidths(QTableView *view, const QList<int> &widths);

/// Paints symbols, sparklines and muted cells from the roles above.
class CellDelegate final : public QStyledItemDelegate
{
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;

protected:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override;
};

} // namespace tepal::ui
