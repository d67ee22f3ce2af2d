/// ISO 8601 alone, for those in this room that read times.
#pragma once

#include <tepal/base/time.h>

namespace tepal {

/// A date, or a date and a time with or without an offset (then UTC).
std::optional<TimeMs> parseIso(std::string_view text);

} // namespace tepal
