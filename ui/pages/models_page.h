/// "What can be served, what is being served?"
#pragma once

#include "ui/pages/page.h"

class QLabel;
class QPushButton;
class QSpinBox;
class QTableView;

namespace tepal::ui {

class Models;
class ModelsModel;
class SortProxy;
class StateStack;

class ModelsPage final : public Page
{
    Q_OBJECT

public:
    explicit ModelsPage(Context *context, QWidget *parent = nullptr);
    void refresh() override;

private:
    void updateSelection();
    QString selectedTag() const;
    void remove();

    Models &m_models;
    ModelsModel *m_rows;
    SortProxy *m_proxy;
    QTableView *m_table;
    StateStack *m_state;
    QSpinBox *m_k;
    QPushButton *m_serve;
    QPushButton *m_export;
    QPushButton *m_delete;
};

} // namespace tepal::ui
