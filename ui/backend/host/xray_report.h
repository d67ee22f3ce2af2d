/// The core's X-ray as the pages show it. Pure; any thread.
#pragma once

#include "ui/backend/xray_values.h"

#include <tepal/upload/redaction.h>
#include <tepal/upload/xray.h>

namespace tepal::ui {

/// `redaction`: what was taken out before, or null.
XrayReport xrayReport(const XRay &xray, const Redaction *redaction = nullptr);

} // namespace tepal::ui
