/// "What is there, what can be loaded, what does it take, what does it answer, how right is it?"
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/models.h"
#include "ui/pages/page.h"

class QLabel;
class QPushButton;
class QSpinBox;
class QSplitter;
class QStackedLayout;
class QTableView;

namespace tepal::ui {

class AskPanel;
class ElidedLabel;
class KindsStrip;
class LabelBar;
class ModelsModel;
class QualityView;
class SortProxy;
class StateStack;
class TabBar;
class TextTableModel;
class VersionsView;

class ModelsPage final : public Page
{
    Q_OBJECT

public:
    explicit ModelsPage(Context *context, QWidget *parent = nullptr);
    void refresh() override;
    /// Asks for a file, then shows what it is.
    void chooseImport();
    /// A file or folder that was dropped or chosen: a table becomes the one that models are judged
    /// by, everything else is taken for a model.
    void takeFile(const QString &path);

protected:
    void showEvent(QShowEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    QWidget *makeList();
    QWidget *makeDetail();
    QWidget *makeSignature();
    void connectParts();
    void showModels();
    void updateSelection();
    void requestDetail();
    void showDetail(const std::shared_ptr<const ModelDetail> &detail);
    void showQuality();
    void compareSegments(const RolloutInfo &rollout);
    void chooseTable();
    void exportSelected();
    QString selectedTag() const;
    void select(const QString &tag);
    void remove();

    Models &m_models;
    Asker m_detailAsker;
    std::shared_ptr<const ModelDetail> m_detail;
    QString m_wanted; ///< To be selected as soon as it is in the list.
    ModelsModel *m_rows;
    SortProxy *m_proxy;
    QTableView *m_table;
    StateStack *m_state;
    KindsStrip *m_kinds;
    QSpinBox *m_k;
    QPushButton *m_train;
    QPushButton *m_import;
    QPushButton *m_serve;
    QPushButton *m_export;
    QPushButton *m_delete;
    AskPanel *m_ask;
    ElidedLabel *m_title;
    TabBar *m_tabs;
    LabelBar *m_label;
    QStackedLayout *m_stack;
    QualityView *m_quality;
    VersionsView *m_versions;
    QLabel *m_route;
    TextTableModel *m_features;
    StateStack *m_signatureState;
};

} // namespace tepal::ui
