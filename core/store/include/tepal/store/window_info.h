/// What is known of windows without reading their profiles.
#pragma once

#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tepal {

struct DatasetInfo
{
    std::string name;
    std::int64_t rows = 0;
    TimeMs first = 0; ///< Start of the first window, 0 without windows.
    TimeMs last = 0;  ///< End of the last window.
};

struct WindowInfo
{
    std::string dataset;
    SegmentTags segment;
    Granularity granularity = Granularity::Hour;
    TimeMs start = 0;
    TimeMs end = 0;
    std::int64_t rows = 0; ///< Records counted, exactly.
    bool open = false;     ///< A chunk of it is still being filled.
};

/// Rows of a dataset in windows that have not begun: their times are wrong, or somebody's clock is.
struct RowsAhead
{
    std::string dataset;
    std::int64_t rows = 0;
    TimeMs first = 0; ///< Start of the first such window …
    TimeMs last = 0;  ///< … and of the last.
};
/// By dataset, in the order of the windows. A minute of difference between clocks is nothing.
std::vector<RowsAhead> rowsAhead(const std::vector<WindowInfo> &windows, TimeMs now);

} // namespace tepal
