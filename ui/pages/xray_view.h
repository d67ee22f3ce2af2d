/// What exactly leaves the machine with one profile: its columns, which of them are a risk, and the
/// raw texts of the column that is looked at. Texts are masked until the user asks for them.
///
/// Shows a value and asks nobody; UI thread only.
#pragma once

#include "ui/backend/xray_values.h"

#include <QWidget>

#include <memory>

class QLabel;
class QPushButton;
class QSortFilterProxyModel;
class QTableView;
class QVBoxLayout;

namespace tepal::ui {

class ElidedLabel;
class StateLabel;
class StateStack;
class XrayColumnsModel;
class XrayTextsModel;

class XrayView final : public QWidget
{
    Q_OBJECT

public:
    explicit XrayView(QWidget *parent = nullptr);

    /// The gravest column is chosen, unless the one that was is still there. Null: nothing chosen.
    void setReport(const std::shared_ptr<const XrayReport> &report);
    void setProblem(const Problem &problem);
    void setLoading(bool loading);
    /// Texts as they leave. A new report masks them again.
    void setRevealed(bool revealed);
    bool isRevealed() const;
    QString summary() const;

Q_SIGNALS:
    void retryWanted();

private:
    QWidget *makeHead(QWidget *parent);
    QWidget *makeColumns(QWidget *parent);
    QWidget *makePanel(QWidget *parent);
    void showColumn(int row);
    void showRisks(const XrayColumn &column);
    void selectFirst();
    void applyReveal();

    std::shared_ptr<const XrayReport> m_report;
    StateStack *m_state;
    ElidedLabel *m_summary;
    StateLabel *m_note; ///< That what is shown is not what was sent.
    ElidedLabel *m_redacted;
    QPushButton *m_reveal;
    XrayColumnsModel *m_columns;
    QSortFilterProxyModel *m_order;
    QTableView *m_columnTable;
    ElidedLabel *m_title;
    ElidedLabel *m_facts; ///< Type, values, missing ones, size.
    QLabel *m_leaves;
    QVBoxLayout *m_risks;
    XrayTextsModel *m_texts;
    QTableView *m_textTable;
    QLabel *m_noTexts;
    int m_shown = -1; ///< Row of the column that is looked at.
};

} // namespace tepal::ui
