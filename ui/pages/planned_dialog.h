/// What a dry run would send, file by file, each to be looked into.
#pragma once

#include "ui/backend/upload_values.h"

#include <QDialog>

class QLabel;
class QPushButton;
class QTableView;

namespace tepal::ui {

class PlannedModel;
class SortProxy;
class StateStack;

class PlannedDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit PlannedDialog(QWidget *parent = nullptr);
    void showReport(const UploadReport &report);

Q_SIGNALS:
    void xrayWanted(const tepal::ui::PlannedUpload &planned);

private:
    void look(const QModelIndex &index);
    void lookAtSelected();

    PlannedModel *m_model;
    SortProxy *m_proxy;
    QTableView *m_table;
    StateStack *m_state;
    QLabel *m_summary;
    QLabel *m_unmatched;
    QPushButton *m_xray;
};

} // namespace tepal::ui
