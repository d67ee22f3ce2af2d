#pragma once

#include <tepal/serving/frame.h>

namespace tepal {

/// Gives every column the type that pandas' JSON reader would: dates for names that look like one,
/// numbers where every value is or spells a number, whole numbers where all are whole and none is
/// missing.
void typeColumns(Frame &frame);

} // namespace tepal
