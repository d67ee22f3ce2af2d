/// Before a range becomes the reference: its name, what it holds, and what follows.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/comparison.h"
#include "ui/backend/profile_values.h"

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;

namespace tepal::ui {

class Windows;

class ReferenceDialog final : public QDialog
{
    Q_OBJECT

public:
    ReferenceDialog(Comparison *comparison, Windows *windows, const Slice &slice,
                    QWidget *parent = nullptr);

Q_SIGNALS:
    /// Just before the reference is asked for.
    void making();

private:
    void showRows(const ColumnsSummary &rows);
    void check();
    void make();
    bool isTaken(const QString &name) const;
    QString suggestedName() const;

    Comparison *m_comparison;
    Slice m_slice;
    Asker m_asker;
    qint64 m_rows = -1; ///< Not known yet.
    QLineEdit *m_name;
    QLabel *m_facts;
    QLabel *m_error;
    QPushButton *m_make;
};

} // namespace tepal::ui
