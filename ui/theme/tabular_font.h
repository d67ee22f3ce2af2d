/// Figures of equal width in a font that keeps them behind an OpenType feature.
#pragma once

#include <QByteArray>

namespace tepal::ui {

/// Qt before 6.7 cannot switch on the `tnum` feature, and numbers that change must not jump. This
/// returns the font with its character map pointing at the tabular digits instead, under the family
/// name "Tepal" (so that an installed copy of the original is not picked). A font without the
/// feature, or one we cannot read, comes back unchanged.
QByteArray withTabularDigits(const QByteArray &font);

} // namespace tepal::ui
