/// One list of everything that can be done: menus, toolbar, palette and the shortcut sheet read it.
#pragma once

#include <QHash>
#include <QKeySequence>
#include <QObject>

#include <functional>

class QAction;
class QWidget;

namespace tepal::ui {

struct ActionSpec
{
    QString id;    ///< "endpoint.start"
    QString group; ///< Heading in the palette and the sheet: "Endpoint".
    QString text;  ///< Verb first.
    QString icon;  ///< May be empty.
    QKeySequence shortcut;
    std::function<void()> run;
};

class ActionRegistry final : public QObject
{
    Q_OBJECT

public:
    /// Actions and their shortcuts live on `window`.
    explicit ActionRegistry(QWidget *window);

    QAction *add(const ActionSpec &spec);
    QAction *action(const QString &id) const;
    bool trigger(const QString &id);
    void setEnabled(const QString &id, bool enabled);
    QString group(const QAction *action) const;
    QList<QAction *> all() const { return m_order; }
    /// "Start endpoint (Ctrl+R)"
    static QString toolTip(const QAction *action);

private:
    QWidget *m_window;
    QHash<QString, QAction *> m_byId;
    QList<QAction *> m_order;
};

} // namespace tepal::ui
