/// The table with the true answers by which models are judged: its file, and the column they are
/// in.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/models.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;

namespace tepal::ui {

class ElidedLabel;

class LabelBar final : public QWidget
{
    Q_OBJECT

public:
    explicit LabelBar(Models *models, QWidget *parent = nullptr);
    /// Of the model that is judged: its features are no labels. Null: none.
    void setModel(const SignaturePtr &signature, bool keepsRows);
    /// Reads the names of the columns, then takes the table.
    void setFile(const QString &path);
    const LabelledTable &table() const { return m_table; }

Q_SIGNALS:
    void changed();
    void chooseWanted();

private:
    void columnsRead(const Answer<TableColumns> &answer);
    void takeLabel();
    void showState();

    Models *m_models;
    Asker m_asker;
    SignaturePtr m_signature;
    bool m_keepsRows = false;
    LabelledTable m_table;
    ElidedLabel *m_file;
    QLabel *m_in;
    QComboBox *m_label;
    QPushButton *m_own;
    QPushButton *m_choose;
    QLabel *m_error;
};

} // namespace tepal::ui
