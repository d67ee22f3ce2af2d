/// Answers to tables, as BentoML gives them through pandas. Internal to the room.
#pragma once

#include <tepal/table/frame.h>

#include <string>

namespace tepal {

/// Types the columns as pandas' read_json does: dates by their names, numbers in texts, whole
/// fractions as integers. For answers only: what is logged is what was sent.
void typeColumns(table::Frame &frame);

/// What is left to do for a table that came as CSV: integers with gaps are fractions.
void typeGaps(table::Frame &frame);

/// `[{"a":1,"b":null},…]`
std::string writeRecords(const table::Frame &frame, const JsonDocument &json);

} // namespace tepal
