/// Spacing on a 4 px grid, in logical pixels.
#pragma once

namespace tepal::ui {

inline constexpr int kGap = 8;
inline constexpr int kMargin = 12;
inline constexpr int kPageMargin = 16;
inline constexpr int kRowHeight = 28;
inline constexpr int kControlHeight = 28;
inline constexpr int kRailWidth = 72;
inline constexpr int kToolbarHeight = 48;
inline constexpr int kStatusHeight = 28;
inline constexpr int kRadius = 6;
inline constexpr int kCardRadius = 8;

} // namespace tepal::ui
