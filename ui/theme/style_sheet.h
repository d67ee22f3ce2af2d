#pragma once

#include <QString>

namespace tepal::ui {

class Theme;

/// The small sheet on top of Fusion and the palette. Widgets opt into looks by dynamic properties:
/// `class` = "card" | "primary" | "quiet" | "danger" | "tab" | "chip".
QString styleSheet(const Theme &theme);

} // namespace tepal::ui
