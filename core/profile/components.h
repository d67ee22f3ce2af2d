/// The components of a column: their paths, and their messages (MetricComponent of whylogs.proto).
/// Internal to the room.
#pragma once

#include <tepal/profile/column.h>

#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// One component, ready to be written.
struct Component
{
    std::string path;
    std::string message;
};

/// All components of a column in order of their paths.
std::vector<Component> componentsOf(const ColumnProfile &column);

/// Puts one component where it belongs; unknown paths are kept as they are. Errors: Corrupt,
/// Unsupported.
Status applyComponent(ColumnProfile &column, std::string_view path, std::string_view message);

/// Merges a component that nobody interprets, by its type: sums, minima, maxima, sketches. What
/// cannot be merged stays as it is on the left.
void mergeUnknown(std::string &to, const std::string &from);

/// The error that every reader of this room reports damage with.
tl::unexpected<Error> corruptProfile(std::string_view what);

} // namespace tepal
