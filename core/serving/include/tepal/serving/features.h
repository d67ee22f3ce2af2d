/// The body of the predict route: one row of numbers as nested JSON arrays.
#pragma once

#include <tepal/base/result.h>

#include <span>
#include <string_view>

namespace tepal {

/// The usual body alone: arrays of plain, finite numbers around one row. False when anything else
/// turns up, which is then to be looked at in full; `out` is unspecified.
bool scanFeatures(std::string_view body, std::span<double> out);

/// Reads the leaves of regularly nested arrays in row-major order into `out`; any nesting will do
/// as long as the leaves are out.size(). Numeric texts and booleans are converted. InvalidArgument
/// for everything else, NaN and infinities included. Thread-safe.
Status parseFeatures(std::string_view body, std::span<double> out);

} // namespace tepal
