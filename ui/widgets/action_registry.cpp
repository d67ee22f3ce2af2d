#include "ui/widgets/action_registry.h"

#include "ui/theme/icons.h"

#include <QAction>
#include <QWidget>

namespace tepal::ui {

ActionRegistry::ActionRegistry(QWidget *window)
    : QObject(window)
    , m_window(window)
{}

QAction *ActionRegistry::add(const ActionSpec &spec)
{
    Q_ASSERT(!m_byId.contains(spec.id));
    auto *action = new QAction(spec.text, m_window);
    action->setObjectName(spec.id);
    action->setProperty("group", spec.group);
    if (!spec.icon.isEmpty())
        action->setIcon(icon(spec.icon));
    action->setShortcut(spec.shortcut);
    action->setToolTip(toolTip(action));
    connect(action, &QAction::triggered, this, spec.run);
    m_window->addAction(action);
    m_byId.insert(spec.id, action);
    m_order.append(action);
    return action;
}

QAction *ActionRegistry::action(const QString &id) const
{
    return m_byId.value(id);
}

bool ActionRegistry::trigger(const QString &id)
{
    QAction *action = m_byId.value(id);
    if (!action || !action->isEnabled())
        return false;
    action->trigger();
    return true;
}

void ActionRegistry::setEnabled(const QString &id, bool enabled)
{
    if (QAction *action = m_byId.value(id))
        action->setEnabled(enabled);
}

QString ActionRegistry::group(const QAction *action) const
{
    return action->property("group").toString();
}

QString ActionRegistry::toolTip(const QAction *action)
{
    QString text = action->text();
    text.remove(QLatin1Char('&'));
    if (!action->shortcut().isEmpty())
        text += QStringLiteral(" (%1)").arg(action->shortcut().toString(QKeySequence::NativeText));
    return text;
}

} // namespace tepal::ui
