/// A row of names with markers as the chart draws them. Click isolates, Ctrl+click toggles, hover
/// emphasises. No entry is ever left out: where room is short the longest names give way first, in
/// their middle, down to the bare marker, and the tooltip has the whole name.
#pragma once

#include "ui/charts/chart_source.h"

#include <QWidget>

namespace tepal::ui {

class Legend final : public QWidget
{
    Q_OBJECT

public:
    explicit Legend(ChartSource *source, QWidget *parent = nullptr);
    /// Rereads the entries; keeps what is hidden.
    void update();
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    /// From this width on every name is whole or has still enough of it to be told by.
    int readableWidth() const;

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    class Item;
    void place();
    /// Widths of the texts that fit into `room` together.
    QList<int> textWidths(int room) const;
    void clicked(int id, Qt::KeyboardModifiers modifiers);

    ChartSource *m_source;
    QList<Item *> m_items;
    QList<int> m_hidden;
};

} // namespace tepal::ui
