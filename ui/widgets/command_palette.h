/// Type to find and run any action, or to jump to a column.
#pragma once

#include <QFrame>
#include <QPointer>

class QLineEdit;
class QListView;
class QStandardItemModel;

namespace tepal::ui {

class ActionRegistry;

/// How well `needle` fits `text`: letters in order, word starts and runs count more. −1: not at
/// all.
int fuzzyScore(const QString &needle, const QString &text);

class CommandPalette final : public QFrame
{
    Q_OBJECT

public:
    CommandPalette(ActionRegistry *registry, QWidget *window);

    void openCommands();
    /// Names to jump to, e.g. columns; `jumpWanted` tells the choice.
    void openNames(const QString &placeholder, const QStringList &names);
    QString currentText() const;
    int matches() const;

Q_SIGNALS:
    void jumpWanted(const QString &name);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void open(const QString &placeholder);
    void filter(const QString &text);
    void run();

    ActionRegistry *m_registry;
    QWidget *m_window;
    QLineEdit *m_edit;
    QListView *m_list;
    QStandardItemModel *m_model;
    bool m_commands = true;
    QStringList m_names;
    QPointer<QWidget> m_focusBefore;
};

} // namespace tepal::ui
