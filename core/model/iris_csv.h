#pragma once

#include <string_view>

namespace tepal {
/// The text of resources/iris/iris.csv.
extern const std::string_view kIrisCsv;
} // namespace tepal
