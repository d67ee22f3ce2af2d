/// The line at the foot of a form that says how the same is asked from a terminal.
#pragma once

#include <QString>

#include <functional>

class QToolButton;

namespace tepal::ui {

class ElidedLabel;

/// How label and button look, and what the button does: `command` goes to the clipboard, as it is
/// at that moment. `name` is the button's accessible one.
void setUpCurlLine(ElidedLabel *label, QToolButton *copy, const QString &name,
                   std::function<QString()> command);

} // namespace tepal::ui
