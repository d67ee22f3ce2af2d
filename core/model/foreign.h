/// Files of models that are not read, and what to do about each.
#pragma once

#include <tepal/base/result.h>

#include <string_view>

namespace tepal {

/// Unsupported for what is recognised, Corrupt for what is not.
Error foreignModel(std::string_view bytes, std::string_view name);

} // namespace tepal
