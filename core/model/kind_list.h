/// Every kind has a file of its own, which defines one of these.
#pragma once

#include <tepal/model/kinds.h>

namespace tepal {

extern const ModelKind kKnnKind;
extern const ModelKind kXgboostKind;
extern const ModelKind kLightgbmKind;

} // namespace tepal
