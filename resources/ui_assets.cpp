#include <tepal/ui_assets.h>

#include <QResource>

extern "C" const unsigned char tepal_ui_bundle_begin[];

namespace tepal::ui {

void registerUiAssets()
{
    static const bool registered = QResource::registerResource(tepal_ui_bundle_begin);
    Q_ASSERT(registered);
    Q_UNUSED(registered)
}

} // namespace tepal::ui
