/// "What is in the data of this range?"
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/profile_values.h"
#include "ui/pages/page.h"

class QLabel;
class QLineEdit;
class QTableView;

namespace tepal::ui {

class ChartFrame;
class ColumnPanel;
class ColumnsModel;
class SidesBar;
class SortProxy;
class StateStack;
class TimelineStrip;
class Windows;

class ProfilesPage final : public Page
{
    Q_OBJECT

public:
    explicit ProfilesPage(Context *context, QWidget *parent = nullptr);
    void refresh() override;
    void focusFilter() override;
    void exportShown() override;

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeColumns();
    void askWindows();
    void askColumns();
    void follow();
    void showColumns(const ColumnsSummary &summary);
    void showVerdicts();
    void syncSelection();

    Windows &m_windows;
    Asker m_windowsAsker;
    Asker m_columnsAsker;
    SidesBar *m_sides;
    TimelineStrip *m_strip;
    ChartFrame *m_stripFrame;
    ColumnsModel *m_columns;
    ColumnsSummary m_shown;
    SortProxy *m_proxy;
    QTableView *m_table;
    QLineEdit *m_filter;
    QLabel *m_counts;
    StateStack *m_state;
    StateStack *m_page;
    ColumnPanel *m_panel;
    bool m_askAgain = false; ///< Something moved since the question.
    bool m_stale = true;
};

} // namespace tepal::ui
