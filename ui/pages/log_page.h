/// The program's log, live.
#pragma once

#include "ui/pages/page.h"

#include <QTimer>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;

namespace tepal::ui {

class LogModel;
class LogProxy;
class StateStack;

class LogPage final : public Page
{
    Q_OBJECT

public:
    explicit LogPage(Context *context, QWidget *parent = nullptr);
    void focusFilter() override;
    void exportShown() override;
    LogModel *model() const { return m_log; }

protected:
    void showEvent(QShowEvent *event) override;

private:
    void poll();
    bool isAtEnd() const;
    void followTail();
    void updateSources();
    void updatePattern();

    LogModel *m_log;
    LogProxy *m_proxy;
    QTableView *m_table;
    StateStack *m_state;
    QComboBox *m_level;
    QComboBox *m_source;
    QLineEdit *m_filter;
    QPushButton *m_newLines;
    QLabel *m_counts;
    QTimer m_poll;
    QTimer m_debounce;
    int m_unseen = 0;
};

} // namespace tepal::ui
