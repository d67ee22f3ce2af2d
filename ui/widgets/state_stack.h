/// The states every view has: empty, loading, error, full (with a thin bar while it reloads).
#pragma once

#include "ui/backend/values.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedLayout;

namespace tepal::ui {

class StateStack final : public QWidget
{
    Q_OBJECT

public:
    /// Takes the content as a child.
    explicit StateStack(QWidget *content, QWidget *parent = nullptr);

    void showContent();
    /// `actionText` empty: no button.
    void showEmpty(const QString &icon, const QString &title, const QString &text,
                   const QString &actionText = {}, const QString &actionId = {});
    void showProblem(const Problem &problem);
    /// Over whatever is shown: nothing for 150 ms, then a bar; once seen it stays 400 ms.
    void setLoading(bool loading);
    bool isContentShown() const;
    QString shownText() const;

Q_SIGNALS:
    void actionWanted(const QString &actionId);
    void retryWanted();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void showMessage(const QString &icon, int role, const QString &title, const QString &text);

    QWidget *m_content;
    QWidget *m_message;
    QLabel *m_icon;
    QLabel *m_title;
    QLabel *m_text;
    QPushButton *m_action;
    QString m_actionId;
    QString m_iconName;
    int m_iconRole = 0;
    QStackedLayout *m_stack;
    QProgressBar *m_bar;
    QTimer m_showBar;
    QTimer m_hideBar;
};

} // namespace tepal::ui
