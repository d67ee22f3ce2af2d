/// A row of flat tabs over a stack, reachable by keyboard.
#pragma once

#include <QWidget>

class QButtonGroup;
class QHBoxLayout;

namespace tepal::ui {

class TabBar final : public QWidget
{
    Q_OBJECT

public:
    explicit TabBar(QWidget *parent = nullptr);
    void addTab(const QString &text);
    void setCurrent(int index);
    int current() const;
    void setTabEnabled(int index, bool enabled);

Q_SIGNALS:
    void currentChanged(int index);

private:
    QHBoxLayout *m_row;
    QButtonGroup *m_group;
};

} // namespace tepal::ui
