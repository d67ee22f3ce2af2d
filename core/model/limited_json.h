/// JSON and UBJSON from outside as a document: no deeper and no larger than the bytes justify.
#pragma once

#include <tepal/base/result.h>

#include <nlohmann/json.hpp>

#include <string_view>

namespace tepal {

enum class JsonForm : std::uint8_t { Text, Ubjson };

/// Corrupt when it is neither, deeper than 64 levels, or has more values than bytes, which UBJSON
/// can say in a few of them.
Result<nlohmann::json> parseLimitedJson(std::string_view bytes, JsonForm form);

} // namespace tepal
