/// Outline icons from the bundle, recoloured from the theme whenever they are painted.
#pragma once

#include "ui/theme/theme.h"

#include <QIcon>
#include <QPixmap>
#include <QString>

namespace tepal::ui {

/// `name` as in resources/icons.txt. The icon follows the theme: `normal` role, `active` role
/// when selected or switched on, Faint when disabled.
QIcon icon(const QString &name, Role normal = Role::Text, Role active = Role::Accent);

/// One picture of `size` logical pixels for painters and labels.
QPixmap iconPixmap(const QString &name, int size, Role role, qreal ratio);

} // namespace tepal::ui
