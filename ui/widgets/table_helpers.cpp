#include "ui/widgets/table_helpers.h"

#include "ui/charts/sparkline.h"
#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/theme/theme.h"
#include "ui/widgets/verdict.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QPainter>
#include <QTableView>

#include <algorithm>

namespace tepal::ui {

namespace {

constexpr int kHeaderPadding = 11;

void copySelection(QTableView *view)
{
    QModelIndexList cells = view->selectionModel()->selectedIndexes();
    std::sort(cells.begin(), cells.end(), [](const QModelIndex &a, const QModelIndex &b) {
        return a.row() != b.row() ? a.row() < b.row() : a.column() < b.column();
    });
    QString text;
    int row = -1;
    for (const QModelIndex &cell : std::as_const(cells)) {
        if (view->isColumnHidden(cell.column()))
            continue;
        if (row >= 0)
            text += cell.row() == row ? QLatin1Char('\t') : QLatin1Char('\n');
        row = cell.row();
        text += cell.data().toString();
    }
    if (!text.isEmpty())
        QGuiApplication::clipboard()->setText(text);
}

/// Headings elide instead of being cut; the sort mark stands beside the text.
class Header final : public QHeaderView
{
public:
    explicit Header(QWidget *parent)
        : QHeaderView(Qt::Horizontal, parent)
    {}

protected:
    void paintSection(QPainter *painter, const QRect &rect, int section) const override
    {
        if (!rect.isValid())
            return;
        const QVariant aligned =
            model()->headerData(section, Qt::Horizontal, Qt::TextAlignmentRole);
        const Qt::Alignment alignment =
            aligned.isValid() ? Qt::Alignment(aligned.toInt()) : defaultAlignment();
        painter->save();
        painter->fillRect(rect, themeColor(Role::Surface1));
        painter->setPen(themeColor(Role::Surface3));
        painter->drawLine(rect.bottomLeft(), rect.bottomRight());
        QRect box = rect.adjusted(kHeaderPadding, 0, -kHeaderPadding, 0);
        const QString text = model()->headerData(section, Qt::Horizontal).toString();
        const QFont font = themeFont(Type::Caption);
        const QFontMetrics metrics(font);
        if (isSortIndicatorShown() && sortIndicatorSection() == section) {
            const QString mark = sortIndicatorOrder() == Qt::AscendingOrder
                                     ? QStringLiteral("chevron-up")
                                     : QStringLiteral("chevron-down");
            const int x =
                alignment.testFlag(Qt::AlignRight)
                    ? box.left() - 8
                    : std::min(box.right() - 4, box.left() + metrics.horizontalAdvance(text) + 4);
            painter->drawPixmap(
                QPointF(x, rect.center().y() - 5),
                iconPixmap(mark, 12, Role::Muted, painter->device()->devicePixelRatio()));
        }
        painter->setFont(font);
        painter->setPen(themeColor(Role::Muted));
        painter->drawText(box, static_cast<int>(alignment | Qt::AlignVCenter),
                          metrics.elidedText(text, Qt::ElideRight, box.width()));
        painter->restore();
    }
    QSize sizeHint() const override { return {100, kRowHeight + 2}; }
};

} // namespace

void setUpTable(QTableView *view, const QString &accessibleName)
{
    auto *header = new Header(view);
    header->setSectionsClickable(true);
    view->setHorizontalHeader(header);
    view->setAccessibleName(accessibleName);
    view->setFrameShape(QFrame::NoFrame);
    view->setShowGrid(false);
    view->setWordWrap(false);
    view->setTextElideMode(Qt::ElideMiddle);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setTabKeyNavigation(false);
    view->setMouseTracking(true);
    view->setCornerButtonEnabled(false);
    view->setItemDelegate(new CellDelegate(view));
    view->verticalHeader()->hide();
    view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view->verticalHeader()->setDefaultSectionSize(kRowHeight);
    view->horizontalHeader()->setHighlightSections(false);
    view->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    view->horizontalHeader()->setMinimumSectionSize(40);
    auto *copy = new QAction(view);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    QObject::connect(copy, &QAction::triggered, view, [view] { copySelection(view); });
    view->addAction(copy);
}

void setColumnWidths(QTableView *view, const QList<int> &widths)
{
    QHeaderView *header = view->horizontalHeader();
    header->setStretchLastSection(false);
    for (int i = 0; i < widths.size() && i < header->count(); ++i) {
        if (widths[i] == 0) {
            header->setSectionResizeMode(i, QHeaderView::Stretch);
        } else {
            header->setSectionResizeMode(i, QHeaderView::Interactive);
            header->resizeSection(i, widths[i]);
        }
    }
}

void CellDelegate::initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    if (index.data(MutedRole).toBool()) {
        option->palette.setColor(QPalette::Text, themeColor(Role::Muted));
        option->palette.setColor(QPalette::HighlightedText, themeColor(Role::Muted));
    }
}

void CellDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option,
                         const QModelIndex &index) const
{
    const QVariant shapes = index.data(ShapesRole);
    const QVariant shape = index.data(StateShapeRole);
    if (!shapes.isValid() && !shape.isValid()) {
        QStyledItemDelegate::paint(painter, option, index);
        return;
    }
    QStyleOptionViewItem opt = option;
    initStyleOption(&opt, index);
    const QString text = opt.text;
    opt.text.clear();
    const QWidget *widget = option.widget;
    (widget ? widget->style() : QApplication::style())
        ->drawControl(QStyle::CE_ItemViewItem, &opt, painter, widget);
    const QRect box = option.rect.adjusted(10, 0, -10, -1);
    if (shapes.isValid()) {
        paintSparkline(*painter, QRectF(box).adjusted(0, 5, 0, -5), shapes.value<QList<double>>(),
                       Theme::instance().color(Role::Accent, 0.7));
        return;
    }
    paintSymbol(*painter, QRectF(box.left(), box.center().y() - 4, 10, 10),
                static_cast<Symbol>(shape.toInt()),
                themeColor(static_cast<Role>(index.data(StateColorRole).toInt())));
    painter->setFont(opt.font);
    painter->setPen(themeColor(index.data(MutedRole).toBool() ? Role::Muted : Role::Text));
    const QRect textBox = box.adjusted(16, 0, 0, 0);
    painter->drawText(textBox, Qt::AlignVCenter | Qt::AlignLeft,
                      QFontMetrics(opt.font).elidedText(text, Qt::ElideRight, textBox.width()));
}

} // namespace tepal::ui
