#include "ui/backend/backend.h"

namespace tepal::ui {

Backend::~Backend() = default;

} // namespace tepal::ui
