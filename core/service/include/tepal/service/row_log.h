/// Rows into the journal of a home on which no host runs.
#pragma once

#include <tepal/base/paths.h>
#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/table/frame.h>

#include <memory>
#include <string>

namespace tepal {

/// For one thread. Holds the home while it lives, so that no host can start meanwhile.
class RowLog
{
public:
    /// Busy when a host has the home.
    static Result<std::unique_ptr<RowLog>> open(const Home &home, const std::string &dataset);
    ~RowLog();
    RowLog(const RowLog &) = delete;
    RowLog &operator=(const RowLog &) = delete;

    /// All rows are recorded when this returns without an error, and none otherwise.
    Status append(const table::Frame &rows, TimeMs time);
    /// Brings what was appended into windows, with the dataset's own options.
    Status finish();

private:
    struct Impl;
    explicit RowLog(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal
