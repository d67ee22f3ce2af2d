#include "ui/backend/backend.h"

namespace tepal::ui {

BackendPart::~BackendPart() = default;
Backend::~Backend() = default;

} // namespace tepal::ui
