/// A judgement as JSON, for the command line and for exports.
#pragma once

#include <tepal/monitor/judge.h>

#include <string>

namespace tepal::monitor {

/// {"dataset", "from", "to", "as_of", "reference", "rows", "windows", "verdict", "sentence",
/// "columns": {name: {"verdict", "basis", "since", "reason", "measure", "range": {…} as in
/// driftJson, "windows": [{"start", "end", "value", "band", "floor", "p", "verdict", "n",
/// "open"}]}}}
std::string judgementJson(const Judgement &judgement);
/// {"from", "to", "reference", "columns": {name: {…}}} as in driftJson, with all measures.
std::string detailJson(const ColumnDetail &detail);

} // namespace tepal::monitor
