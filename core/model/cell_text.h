/// What a cell is as a number, and what a label or a category is called. Internal to the room.
#pragma once

#include <tepal/base/value.h>

#include <optional>
#include <string>

namespace tepal {

/// Nothing for a cell that is none; booleans are 0 and 1.
std::optional<double> numberOf(const Value &value);
/// "setosa", "True", "1" also for 1.0, "0.5".
std::string textOf(const Value &value);
bool isWhole(double value);

} // namespace tepal
