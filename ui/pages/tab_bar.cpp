#include "ui/pages/tab_bar.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QPushButton>

namespace tepal::ui {

TabBar::TabBar(QWidget *parent)
    : QWidget(parent)
    , m_row(new QHBoxLayout(this))
    , m_group(new QButtonGroup(this))
{
    m_row->setContentsMargins(0, 0, 0, 0);
    m_row->setSpacing(4);
    m_row->addStretch();
    connect(m_group, &QButtonGroup::idClicked, this, &TabBar::currentChanged);
}

void TabBar::addTab(const QString &text)
{
    auto *button = new QPushButton(text, this);
    button->setProperty("class", QStringLiteral("tab"));
    button->setCheckable(true);
    button->setAccessibleName(text);
    const int id = static_cast<int>(m_group->buttons().size());
    m_group->addButton(button, id);
    m_row->insertWidget(id, button);
    if (id == 0)
        button->setChecked(true);
}

void TabBar::setCurrent(int index)
{
    if (QAbstractButton *button = m_group->button(index))
        button->setChecked(true);
}

int TabBar::current() const
{
    return m_group->checkedId();
}

void TabBar::setTabEnabled(int index, bool enabled)
{
    if (QAbstractButton *button = m_group->button(index))
        button->setEnabled(enabled);
}

} // namespace tepal::ui
