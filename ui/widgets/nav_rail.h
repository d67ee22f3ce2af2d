/// The slim navigation at the left: icon and word per page.
#pragma once

#include <QWidget>

class QButtonGroup;
class QVBoxLayout;

namespace tepal::ui {

class NavRail final : public QWidget
{
    Q_OBJECT

public:
    explicit NavRail(QWidget *parent = nullptr);
    /// `shortcut` is told in the tooltip. Pages after addStretch() stand at the bottom.
    void addPage(const QString &id, const QString &icon, const QString &text,
                 const QString &shortcut);
    void addStretch();
    void setCurrent(const QString &id);
    /// A dot with this number at the page's icon; 0: none.
    void setBadge(const QString &id, int count);
    int badge(const QString &id) const;

Q_SIGNALS:
    void chosen(const QString &id);

private:
    class Item;
    Item *item(const QString &id) const;

    QVBoxLayout *m_column;
    QButtonGroup *m_group;
    QList<Item *> m_items;
};

} // namespace tepal::ui
