#include "window.h"

#include <tepal/logging/logger.h>
#include <tepal/profile/segments.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal {

namespace {
constexpr std::size_t kMaxQuarantineText = 64u << 10;
}

std::string rowsText(const RowsView &rows)
{
    std::string text;
    for (std::size_t i = 0; i < rows.rows && text.size() < kMaxQuarantineText; ++i) {
        const auto row = rows.row(i);
        for (std::size_t c = 0; c < row.size(); ++c)
            text += fmt::format("{}{}={}", c == 0 ? "" : ", ", rows.schema->columns[c],
                                row[c].isNull() ? "null" : segmentText(row[c]));
        text += '\n';
    }
    text.resize(std::min(text.size(), kMaxQuarantineText));
    return text;
}

DurationMs lagTime(std::uint64_t records, std::optional<TimeMs> oldest,
                   std::optional<TimeMs> notBefore, TimeMs caughtUpAt, TimeMs now)
{
    if (records == 0)
        return 0;
    DurationMs lag = now - caughtUpAt;
    if (notBefore)
        lag = std::min(lag, now - *notBefore);
    // A live record's own time is the best witness; a backfilled one's is long past, a wrong
    // clock's is ahead, and both say nothing.
    if (oldest && *oldest <= now)
        lag = std::min(lag, now - *oldest);
    return std::max<DurationMs>(lag, 0);
}

} // namespace tepal
