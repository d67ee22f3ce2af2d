/// A row of names with markers as the chart draws them. Click isolates, Ctrl+click toggles, hover
/// emphasises.
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
    QSize minimumSizeHint() const override { return {0, 24}; }

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    class Item;
    void place();
    void clicked(int id, Qt::KeyboardModifiers modifiers);

    ChartSource *m_source;
    QList<Item *> m_items;
    QList<int> m_hidden;
};

} // namespace tepal::ui
