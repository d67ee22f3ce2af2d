/// The workbench's icons, fonts, licence texts and guide, under ":/tepal/" once registered.
#pragma once

namespace tepal::ui {

/// Makes ":/tepal/…" available; later calls do nothing. Call before the first widget.
void registerUiAssets();

} // namespace tepal::ui
