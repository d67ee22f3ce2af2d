/// A card around a chart: title, legend, "show as table", export.
#pragma once

#include "ui/charts/chart_source.h"

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QStackedLayout;
class QTableView;
class QToolButton;

namespace tepal::ui {

class ElidedLabel;
class Legend;

class ChartFrame final : public QFrame
{
    Q_OBJECT

public:
    /// Takes the chart's widget as a child.
    ChartFrame(const QString &title, ChartSource *source, QWidget *parent = nullptr);

    /// Without the card's border and margins, for use inside another card.
    void setBare();
    void setTitle(const QString &title);
    /// Muted, beside the title: the comparison, the number of rows.
    void setSubtitle(const QString &subtitle);
    /// Call after the chart's data changed.
    void refresh();
    bool isTableShown() const;

public Q_SLOTS:
    void showTable(bool on);
    void savePng();
    void saveSvg();
    void saveCsv();
    /// Picture and numbers on the clipboard.
    void copy();

public:
    QPixmap render2x();
    /// Writes beside the UI thread; the outcome comes as `saved` or `failed`.
    void writePng(const QString &file);
    void writeSvg(const QString &file);
    void writeCsv(const QString &file);

Q_SIGNALS:
    void saved(const QString &file);
    void failed(const QString &text);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    /// Beside the title while its names fit there, else on a line of its own.
    void placeLegend();

    ChartSource *m_source;
    ElidedLabel *m_title;
    ElidedLabel *m_subtitle;
    Legend *m_legend;
    QToolButton *m_menu;
    QHBoxLayout *m_head;
    QHBoxLayout *m_legendLine;
    QStackedLayout *m_stack;
    QTableView *m_table;
};

} // namespace tepal::ui
