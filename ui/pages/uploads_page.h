/// "What leaves, what left, what is stuck?"
#pragma once

#include "ui/backend/asker.h"
#include "ui/pages/page.h"

class QComboBox;
class QHBoxLayout;
class QLabel;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace tepal::ui {

class DestinationCard;
class DestinationForm;
class OutboxModel;
class PlannedDialog;
class SortProxy;
class XrayDialog;
class StateStack;
class Uploads;
struct UploadReport;

class UploadsPage final : public Page
{
    Q_OBJECT

public:
    explicit UploadsPage(Context *context, QWidget *parent = nullptr);
    void refresh() override;
    /// Uploads what waits, or opens the form of a destination when none is set up.
    void uploadNow();
    void setUp(const QString &destination);
    /// Shows what is in a profile file.
    void showFile(const QString &path);

protected:
    /// A profile file that is dropped here is looked into.
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    XrayDialog *xrayDialog();
    void showXray();
    void showPlanned(const UploadReport &report);
    QWidget *makeOutbox();
    QWidget *makeDetail();
    void updateDestinations();
    void updateOutbox();
    void updateDetail();
    void send(const QString &destination, bool dryRun);
    QList<qint64> selectedIds() const;

    Uploads &m_uploads;
    Asker m_uploadAsker;
    QHBoxLayout *m_cards;
    QList<DestinationCard *> m_cardList;
    OutboxModel *m_outbox;
    SortProxy *m_proxy;
    QTableView *m_table;
    StateStack *m_state;
    QLabel *m_counts;
    QPushButton *m_retry;
    QPushButton *m_drop;
    QPushButton *m_xray;
    XrayDialog *m_xrayDialog = nullptr;
    PlannedDialog *m_plannedDialog = nullptr;
    QStackedWidget *m_side;
    QLabel *m_detailTitle;
    QLabel *m_detail;
    DestinationForm *m_form;
};

} // namespace tepal::ui
