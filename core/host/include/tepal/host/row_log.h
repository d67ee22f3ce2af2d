/// Rows into the journal of a home on which no host runs.
#pragma once

#include <tepal/base/paths.h>
#include <tepal/base/result.h>
#include <tepal/base/time.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tepal {

/// Time of the one row in `text` (an object, or a header and a row of CSV) from a column that holds
/// milliseconds since 1970 or an ISO 8601 time. InvalidArgument otherwise.
Result<TimeMs> rowTime(const std::string &text, bool csv, const std::string &column);

/// For one thread. Holds the home while it lives, so that no host can start meanwhile.
class RowLog
{
public:
    /// Busy when a host has the home.
    static Result<std::unique_ptr<RowLog>> open(const Home &home, const std::string &dataset);
    ~RowLog();
    RowLog(const RowLog &) = delete;
    RowLog &operator=(const RowLog &) = delete;

    /// JSON objects line by line, or CSV with its header. All rows of the text are recorded when
    /// this returns without an error, and none otherwise. No time = now.
    Status append(const std::string &rows, bool csv, std::optional<TimeMs> time);
    /// Brings what was appended into windows, with the dataset's own options.
    Status finish();

private:
    struct Impl;
    explicit RowLog(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal
