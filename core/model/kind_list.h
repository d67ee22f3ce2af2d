/// Every kind has a file of its own, which defines one of these; and what several of them check.
#pragma once

#include <tepal/model/kinds.h>

namespace tepal {

extern const ModelKind kKnnKind;
extern const ModelKind kXgboostKind;
extern const ModelKind kLightgbmKind;
extern const ModelKind kOnnxKind;

/// InvalidArgument unless there are as many names and types as features, or none.
Status checkFeatureNames(const ImportNames &names, std::size_t features);

} // namespace tepal
